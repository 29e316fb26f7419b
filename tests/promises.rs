//! What `docs/limits.md` promises of memory, counted and not timed: by the pod, by the row, by the watch, and what happens at a limit.
//!
//! A counting allocator sees every byte that the program's own code holds; the tests of this file run one after the other, as they
//! share it. The figures are upper bounds with some room: what costs more than is promised fails here.

#![cfg(all(feature = "serve", feature = "html"))]

#[path = "../fuzz/play/served.rs"]
mod served;

use std::alloc::System;
use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kubelapse::record::{Change, Directory, Fan, Sink, Transition, csv, jsonl};
use kubelapse::scenario::{self, no_files};
use kubelapse::serve::store::Store;
use kubelapse::session::{self, Script, Session, Silent, Walk};
use serde_json::json;
use served::{Asked, Served};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes that are held now.
fn held() -> i64 {
    let stats = COUNTED.stats();
    // What is asked for anew and given back when something changes its size is counted in both.
    stats.bytes_allocated as i64 - stats.bytes_deallocated as i64
}

/// So many bytes that page names for it.
fn promised(of: &str) -> i64 {
    let page = include_str!("../docs/limits.md");
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("| {of} |")))
        .unwrap_or_else(|| panic!("no row `{of}`"));
    let cell = line.split('|').nth(2).expect("a figure").trim();
    let (number, unit) = cell.split_once(' ').expect("a figure and its unit");
    let unit = match unit {
        "bytes" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        other => panic!("{other} is no unit"),
    };
    number.replace(',', "").parse::<i64>().expect("a number") * unit
}

fn fleet_text(pods: usize, attempts: &str, until: &str) -> String {
    format!(
        "until = \"{until}\"\n[[node]]\nname = \"n\"\ncount = 20\ncapacity.pods = 100000\n[[pod]]\nname = \"web\"\nreplicas = {pods}\n\
         spec.containers = [{{ name = \"app\", image = \"x\" }}]\n[pod.behavior.containers.app]\nattempts = [{attempts}]\n"
    )
}

fn fleet(pods: usize, attempts: &str, until: &str) -> Session {
    let text = fleet_text(pods, attempts, until);
    let plan = scenario::load("fleet.toml", &text, &no_files, &[])
        .unwrap_or_else(|told| panic!("{}", told.render(false)));
    Session::new(&Arc::new(plan), 0)
}

fn played(mut session: Session) -> Session {
    while session.step().is_some() {
        // As a sink takes them.
        session.world.outbox.clear();
    }
    session.world.outbox = Vec::new();
    session
}

/// What a pod costs that lives, and what is kept of one that is gone.
#[test]
fn memory_by_the_pod() {
    let _alone = alone();
    let cost = |pods: usize| {
        let before = held();
        let session = played(fleet(pods, "{ runs = \"forever\" }", "3m"));
        assert_eq!(session.world.pods.len(), pods);
        let cost = held() - before;
        drop(session);
        cost
    };
    // What is made once is paid before.
    cost(100);
    let (few, many) = (cost(2_000), cost(6_000));
    let each = (many - few) / 4_000;
    let promise = promised("a pod that runs");
    assert!(each <= promise, "{each} bytes a pod, and {promise} are promised");
    assert!(each * 2 >= promise, "{each} bytes a pod: the promise of {promise} says nothing");
}

/// What is left of a pod that has ended, and that nobody has deleted yet.
#[test]
fn memory_by_the_pod_that_is_over() {
    let _alone = alone();
    let cost = |pods: usize| {
        let text = fleet_text(pods, "{ runs = \"20s\" }", "5m")
            .replace("spec.containers", "spec.restartPolicy = \"Never\"\nspec.containers");
        let plan = scenario::load("over.toml", &text, &no_files, &[])
            .unwrap_or_else(|told| panic!("{}", told.render(false)));
        let before = held();
        let session = played(Session::new(&Arc::new(plan), 0));
        assert!(session.world.pods.iter().all(|pod| pod.exists && pod.status.phase().is_terminal()));
        let cost = held() - before;
        drop(session);
        cost
    };
    cost(100);
    let (few, many) = (cost(2_000), cost(6_000));
    let each = (many - few) / 4_000;
    let promise = promised("a pod that is over");
    assert!(each <= promise, "{each} bytes a pod, and {promise} are promised");
    assert!(each * 2 >= promise, "{each} bytes a pod: the promise of {promise} says nothing");
}

/// A copy of a world shares what it can: of a pod that is over all that does not change any more. And it grows as its original does, which
/// has room for as many pods as its scenario promises: lists that double would hold half of their room for nothing.
#[test]
fn memory_by_the_copy() {
    let _alone = alone();
    let copied = |pods: usize| {
        let text = fleet_text(pods, "{ runs = \"20s\" }", "5m")
            .replace("spec.containers", "spec.restartPolicy = \"Never\"\nspec.containers");
        let plan = scenario::load("over.toml", &text, &no_files, &[])
            .unwrap_or_else(|told| panic!("{}", told.render(false)));
        let session = played(Session::new(&Arc::new(plan), 0));
        let before = held();
        let copy = session.clone();
        let cost = held() - before;
        drop(copy);
        cost
    };
    let each = (copied(6_000) - copied(2_000)) / 4_000;
    let promise = promised("a pod that is over, in a copy of its world");
    assert!(each <= promise, "{each} bytes a pod, and {promise} are promised");
    assert!(each * 2 >= promise, "{each} bytes a pod: the promise of {promise} says nothing");

    const PODS: usize = 3_000;
    // What a run holds at its end that was taken over by a copy of itself when most of its pods had come; or was not.
    let at_end = |is_copy: bool| {
        let text = fleet_text(PODS, "{ runs = \"forever\" }", "3m")
            .replace("replicas =", "every = \"10ms\"\nreplicas =");
        let plan = scenario::load("grows.toml", &text, &no_files, &[])
            .unwrap_or_else(|told| panic!("{}", told.render(false)));
        let before = held();
        let mut session = Session::new(&Arc::new(plan), 0);
        while session.world.pods.len() < PODS * 9 / 10 && session.step().is_some() {
            session.world.outbox.clear();
        }
        if is_copy {
            session = session.clone();
        }
        let session = played(session);
        assert_eq!(session.world.pods.len(), PODS);
        held() - before
    };
    at_end(false);
    let (original, copy) = (at_end(false), at_end(true));
    assert!(copy * 50 <= original * 51, "{copy} bytes of a copy that has grown, {original} of its original");
}

/// Counts the rows that it is given, and the most that was held meanwhile; keeps none of it.
struct Counting(Rc<Cell<(usize, i64)>>);

impl Sink for Counting {
    fn batch(&mut self, _: &Directory, rows: &[Transition]) -> std::io::Result<()> {
        let (count, most) = self.0.get();
        self.0.set((count + rows.len(), most.max(held())));
        Ok(())
    }
}

/// Rows leave as they come: twice as many of a crash loop that pulls at each start take no more than the
/// promise says, spelled in two formats.
#[test]
fn memory_by_the_row() {
    let _alone = alone();
    let peak = |until: &str| {
        let before = held();
        let session = fleet(20, "{ runs = \"2s\", exit = 1 }", until);
        let plan = Arc::clone(&session.world.plan);
        drop(session);
        let seen = Rc::new(Cell::new((0, 0)));
        let sinks: Vec<Box<dyn Sink + '_>> = vec![
            Box::new(csv::Timeline::new(std::io::sink())),
            Box::new(jsonl::Timeline::new(std::io::sink())),
            Box::new(Counting(Rc::clone(&seen))),
        ];
        session::run(&plan, 0, &mut Fan { sinks }, &Silent).expect("nothing is written");
        let (rows, most) = seen.get();
        (rows as i64, most - before)
    };
    peak("5m");
    let ((few, short), (many, long)) = (peak("6h"), peak("12h"));
    assert!(many * 10 > few * 18 && few > 10_000, "{few} and {many} rows");
    let promise = promised("a row of the timeline");
    let each = (long - short) as f64 / (many - few) as f64;
    assert!(
        each <= promise as f64,
        "{each} bytes a row, and {promise} are promised: {short} for {few} rows, {long} for {many}"
    );
}

/// All that a walk remembers of its run, so that it can go back and tell of it: by the step with the rows that it wrote, and by
/// what is held once for all of them. Of one pod over days, so that the copies of its world, of which a run twice as long has a few
/// more, weigh little.
#[test]
fn memory_by_the_walk() {
    let _alone = alone();
    let walked = |until: &str| {
        let text = fleet_text(1, "{ runs = \"2s\", exit = 1 }", until);
        let (script, loaded) = Script::load("fleet.toml", &text, &no_files, &[]).expect("it is read");
        let plan = Arc::new(loaded.plan);
        let before = held();
        let mut walk = Walk::new(script, &plan, 0);
        while walk.play() {}
        // Copies of the world are few, however long the run.
        let copies = walk.checkpoints().len();
        let cost = held() - before;
        (walk.known() as i64, walk.written() as i64, copies, cost)
    };
    walked("5m");
    let ((few, short_rows, copies, short), (many, long_rows, more, long)) = (walked("960h"), walked("1920h"));
    let (steps, rows) = (many - few, long_rows - short_rows);
    assert!(steps > 20_000 && rows * 4 > steps, "{steps} steps, {rows} rows");
    let each = (long - short) as f64 / steps as f64;
    let promise = promised("a step of a walk (`step`, `serve`), with the rows that it wrote");
    assert!(
        each <= promise as f64,
        "{each} bytes a step and {rows} rows of {steps}, and {promise} are promised: {short} of {few} with {copies} copies, \
         {long} of {many} with {more}"
    );
    assert!(each * 3.0 >= promise as f64, "{each} bytes a step: the promise of {promise} says nothing");
}

/// Of events whose words are new each time, as those of pulls are, a component remembers as many as client-go does and no more: twice
/// as many of them leave no more behind.
#[test]
fn memory_by_the_event() {
    let _alone = alone();
    let cost = |days: u32| {
        let before = held();
        // Further apart than what is combined; each start pulls, and says how long that took.
        let mut session = fleet(1, "{ runs = \"12m\", exit = 1 }", &format!("{}h", days * 24));
        let mut pulls = 0;
        while session.step().is_some() {
            let is_pull =
                |row: &&Transition| matches!(&row.change, Change::Event(event) if event.reason == "Pulled");
            pulls += session.world.outbox.iter().filter(is_pull).count();
            session.world.outbox.clear();
        }
        session.world.outbox = Vec::new();
        (pulls, held() - before)
    };
    cost(1);
    let ((few, short), (many, long)) = (cost(42), cost(84));
    assert!(few > 4_500 && many > 9_000, "{few} and {many} pulls");
    let promise = promised("events of a pod, however many");
    assert!(short <= promise, "{short} bytes after {few} pulls, and {promise} are promised");
    assert!(long - short < promise / 10, "{short} bytes after {few} pulls, {long} after {many}");
}

/// A watch holds what it has not sent yet, and little more.
#[test]
fn memory_by_the_watch() {
    let _alone = alone();
    let served = Served::open();
    served.ask(&Asked::get("/api/v1/pods")).expect("it can be asked");
    let open = |count: usize| {
        let before = held();
        let all: Vec<_> = (0..count)
            .map(|_| served.hold(&Asked::get("/api/v1/pods?watch=true&resourceVersion=0")).expect("a watch"))
            .collect();
        let cost = held() - before;
        drop(all);
        cost
    };
    open(3);
    let each = open(200) / 200;
    let promise = promised("a watch");
    assert!(each <= promise, "{each} bytes a watch, and {promise} are promised");
    served.close();
}

/// So much that page names for what happens at a limit: the first number of a row.
fn limit(of: &str) -> usize {
    let page = include_str!("../docs/limits.md");
    let line = page
        .lines()
        .find(|line| line.starts_with("| ") && line.contains(of))
        .unwrap_or_else(|| panic!("no row `{of}`"));
    let digits: String =
        line.chars().skip(2).take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
    digits.parse().expect("it begins with a number")
}

/// Changes that a watch may be behind: as many as are promised, or as many as their bytes allow; whoever is further behind is told so,
/// and what is forgotten takes no memory.
#[test]
fn memory_of_what_has_changed() {
    let _alone = alone();
    let configs = Store::default().find("", "v1", "configmaps").expect("they are served");
    let kept = |changes: usize, data: &str| {
        let before = held();
        let mut store = Store::default();
        let first = store.version();
        for number in 0..changes {
            let object = json!({ "metadata": { "namespace": "default", "name": "set" }, "data": { "a": data, "n": number.to_string() } });
            store.put(configs, "default", "set", Some(object));
        }
        let known = store.since(store.forgotten()).map_or(0, Iterator::count);
        assert_eq!(store.version() - first, changes as u64);
        assert_eq!(store.since(first).is_none(), known < changes, "{known} of {changes}");
        (known, held() - before)
    };
    let most = limit("that a watch may be behind");
    assert_eq!(kept(most, "").0, most);
    let (known, few) = kept(most + 1_000, "");
    assert_eq!(known, most);
    let (_, more) = kept(2 * most, "");
    assert!(more < few + few / 20, "{few} bytes, and {more} of twice as many changes");
    // Long ones: their bytes are counted, with what is made of them once they are sent.
    let (known, bytes) = kept(3_000, &"x".repeat(100_000));
    assert!(known > 100 && known < 1_000, "{known} changes of 100 kB");
    assert!(bytes < 128_000_000, "{bytes} bytes");
    // Many short ones: what each value takes beside its text is counted, too.
    let short: serde_json::Map<String, serde_json::Value> =
        (0..2_000).map(|key| (format!("k{key}"), json!("v"))).collect();
    let before = held();
    let mut store = Store::default();
    for _ in 0..1_500 {
        let object = json!({ "metadata": { "namespace": "default", "name": "set" }, "data": short });
        store.put(configs, "default", "set", Some(object));
    }
    let (known, bytes) = (store.since(store.forgotten()).map_or(0, Iterator::count), held() - before);
    assert!(known > 100 && known < 1_500, "{known} changes of 2,000 values");
    assert!(bytes < 128_000_000, "{bytes} bytes of {known} changes");
}

/// One object more than are stored is answered as by an API server whose etcd is full, and takes nothing; what is there can still be
/// changed, and goes.
#[test]
fn a_store_is_full() {
    let _alone = alone();
    let served = Served::open();
    let most = limit("objects that are stored as they come");
    served.fill(most);
    let path = "/api/v1/namespaces/default/configmaps";
    let (before, version) = (held(), served.version());
    let body = br#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"more"}}"#;
    let post = Asked { method: "POST", content_type: "application/json", body, ..Asked::get(path) };
    let (code, words) = served.ask(&post).expect("it can be asked");
    let words = String::from_utf8_lossy(&words).into_owned();
    assert!(code == 500 && words.contains("database space exceeded"), "{code} {words}");
    assert_eq!(served.version(), version);
    assert!(held() - before < 1_000_000, "{} bytes", held() - before);
    let one = format!("{path}/set");
    let asked = |method, body, content_type| {
        served.ask(&Asked { method, content_type, body, ..Asked::get(&one) }).expect("it can be asked").0
    };
    assert_eq!(asked("PATCH", br#"{"data":{"b":"c"}}"#, "application/merge-patch+json"), 200);
    assert_eq!(asked("DELETE", b"", ""), 200);
    // There is room for one again.
    assert_eq!(served.ask(&post).expect("it can be asked").0, 201);
    served.close();
}

/// The README names the same figures.
#[test]
fn the_readme_promises_the_same() {
    let readme = include_str!("../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let [pod, row, watch] = ["a pod that runs", "a row of the timeline", "a watch"].map(promised);
    let words = format!(
        "A pod that runs takes {}.{} kB, a row of the timeline {row} bytes, a watch of `serve` {} kB",
        pod / 1_000,
        pod % 1_000 / 100,
        watch / 1_000
    );
    assert!(readme.contains(&words), "no `{words}`");
}

/// Bodies that are under way: how many bytes, and how long (what happens then is tested beside them, `src/serve/body.rs`).
#[test]
fn bodies_are_bounded() {
    use kubelapse::serve::body::{MOST, MOST_AT_ONCE, SLOWEST};
    assert_eq!(limit("MB in a request to `serve`") << 20, MOST);
    assert_eq!(limit("MB of requests under way at once") << 20, MOST_AT_ONCE);
    assert_eq!(limit("seconds to send a request") as u64, SLOWEST.as_secs());
}

/// What is too large is refused in the words of the API, or of the file's reader, before it is made.
#[test]
fn limits_are_told() {
    let _alone = alone();
    let served = Served::open();
    let mut body =
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":\""
            .to_owned();
    body += &"x".repeat(3 << 20);
    body += "\"}}";
    let asked = Asked {
        method: "POST",
        content_type: "application/json",
        body: body.as_bytes(),
        ..Asked::get("/api/v1/namespaces/default/configmaps")
    };
    assert_eq!(served.ask(&asked).expect("it can be asked").0, 413);
    // One watch more than there may be.
    let watch = Asked::get("/api/v1/pods?watch=true&resourceVersion=0");
    let all: Vec<_> = (0..2_048).map(|_| served.hold(&watch).expect("a watch")).collect();
    let (code, words) = served.ask(&watch).expect("it can be asked");
    assert_eq!(code, 429, "{}", String::from_utf8_lossy(&words));
    drop(all);
    served.close();
    let before = held();
    let mut text = "[[node]]\nname = \"n\"\n".to_owned();
    let _ = write!(
        text,
        "[[pod]]\nname = \"web\"\nreplicas = {}\nspec.containers = [{{ name = \"a\", image = \"x\" }}]\n",
        10_000_001
    );
    let told = scenario::load("many.toml", &text, &no_files, &[]).expect_err("too many").render(false);
    assert!(told.contains("10000000") || told.contains("10,000,000"), "{told}");
    assert!(held() - before < 1_000_000, "they were not made first");
}
