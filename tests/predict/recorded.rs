//! Recordings of real clusters, cut in the middle: what kubectl had printed by then is predicted from, and what came is held
//! against it. What somebody was going to do no prediction can know: each looks ahead up to the next thing that is done.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kubelapse::answers::predict::{Asked, Fit, Played, play, workloads_of};
use kubelapse::api::wire;
use kubelapse::rules::api_server::objects::ObjectType;
use kubelapse::rules::kubectl::printing;
use kubelapse::scenario::given::{self, Beside, SetUp};
use kubelapse::scenario::{self, Plan};
use kubelapse::time::{Span, Time};
use rayon::prelude::*;
use serde_json::Value;

use super::bench::{Cut, Luck, Next, pods};

/// A stream of a recording, its lines in the order of time.
pub struct Stream {
    pub name: String,
    /// Its name and its set's.
    life: String,
    /// Its family, the first word of its name, is each second one of all.
    is_held_out: bool,
    plan: Plan,
    lines: Vec<(f64, Value)>,
    /// What workloads came to: when, whose it is (`deployment/web`), from and to.
    states: Vec<(f64, String, String, String)>,
}

fn text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let packed = PathBuf::from(format!("{}.gz", path.display()));
    let read = match std::fs::File::open(&packed) {
        Ok(packed) => flate2::read::GzDecoder::new(packed).read_to_string(&mut text),
        Err(_) => std::fs::File::open(path).and_then(|mut plain| plain.read_to_string(&mut text)),
    };
    read.map(|_| text).map_err(|problem| problem.to_string())
}

impl Stream {
    /// What it had told by an instant, in seconds since its begin.
    pub fn until(&self, at: f64) -> String {
        let seen = self.lines.iter().filter(|(t, _)| *t <= at);
        seen.map(|(_, line)| line.to_string() + "\n").collect()
    }

    /// As who has it sees it that knows of no scenario: nobody says what programs do.
    pub fn unsaid(mut self) -> Stream {
        self.plan.programs.clear();
        self
    }
}

/// The family of a recording: the first word of its name.
fn family(name: &str) -> &str {
    name.split('-').next().unwrap_or_default()
}

/// All that there are, of a set. Families in alphabetical order: the first is one to look at, the second is held out, and so on,
/// whatever is in them.
pub fn streams(set: &str) -> Vec<Stream> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-workloads").join(set);
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).expect("recordings").flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("stream.jsonl.gz").exists());
    folders.sort();
    let mut streams: Vec<Stream> = folders.iter().map(|folder| stream(folder)).collect();
    let families: BTreeSet<String> = streams.iter().map(|own| family(&own.name).to_owned()).collect();
    for own in &mut streams {
        own.life = format!("{set}/{}", own.name);
        own.is_held_out =
            families.iter().position(|of| of == family(&own.name)).is_some_and(|ix| ix % 2 == 1);
    }
    streams
}

fn stream(folder: &Path) -> Stream {
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let scenario = text(&folder.join("scenario.toml")).expect("a scenario");
    let loader = |path: &str| text(&folder.join(path));
    let plan = scenario::load("scenario.toml", &scenario, &loader, &[]);
    let plan = plan.unwrap_or_else(|problems| panic!("{name}: {}", problems.render(false)));
    let lines = text(&folder.join("stream.jsonl")).expect("a stream");
    let mut lines: Vec<(f64, Value)> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|line| (line["t"].as_f64().unwrap_or_default(), line))
        .collect();
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let table = text(&folder.join("timeline.csv")).expect("a timeline");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let heads = rows.headers().expect("heads").clone();
    let column = |name: &str| heads.iter().position(|head| head == name).expect("the column is there");
    let [time, kind, from, to, owner] = ["time", "kind", "from", "to", "owner"].map(column);
    let states = rows.records().map(|row| row.expect("a row")).filter(|row| &row[kind] == "workload");
    let states = states
        .map(|row| {
            let at = row[time].parse().expect("seconds");
            (at, row[owner].to_owned(), row[from].to_owned(), row[to].to_owned())
        })
        .collect();
    Stream { life: String::new(), is_held_out: false, name, plan, lines, states }
}

/// What the workloads of a cut came to next, and the next pod or Job that they made.
fn workloads(stream: &Stream, up: &SetUp, played: &[Played], at: f64, now: Time, until: Time) -> Vec<Next> {
    let time_of = |t: f64| stream.plan.start + Span::from_micros((t * 1e6) as i64);
    let mut found = Vec::new();
    for (ix, own) in workloads_of(up).iter().enumerate() {
        let name = format!("{}/{}", own.kind.singular(), own.name);
        let within = |t: f64| t > at && time_of(t) <= until;
        let change =
            stream.states.iter().find(|(t, owner, from, to)| within(*t) && *owner == name && from != to);
        let since = |t: f64| time_of(t).since(now).micros();
        let came = change.map(|(t, _, _, to)| (to.clone(), since(*t)));
        let futures = played.iter().map(|one| {
            let first = one.workloads[ix]
                .states
                .first()
                .map(|(at, to)| (to.map_or("", |to| to.as_str()).to_owned(), at.since(now).micros()));
            (Fit::Exact, first)
        });
        let kind = format!("{} {}", own.kind.singular(), came.as_ref().map_or("-", |(to, _)| to.as_str()));
        found.push(Next { name: name.clone(), kind, came, futures: futures.collect(), is_supposed: false });
        if own.kind == ObjectType::CronJob {
            let begins = format!("job/{}-", own.name);
            let change = stream
                .states
                .iter()
                .find(|(t, owner, from, _)| within(*t) && owner.starts_with(&begins) && from.is_empty());
            let came = change.map(|(t, ..)| ("a Job".to_owned(), since(*t)));
            let futures = played.iter().map(|one| {
                (Fit::Exact, one.workloads[ix].job.map(|at| ("a Job".to_owned(), at.since(now).micros())))
            });
            found.push(Next {
                name,
                kind: "next Job".to_owned(),
                came,
                futures: futures.collect(),
                is_supposed: false,
            });
        } else {
            let made = stream.lines.iter().find(|(t, line)| {
                within(*t)
                    && line["type"] == "ADDED"
                    && line["object"]["kind"] == "Pod"
                    && of(line, stream, &name)
            });
            let came = made.map(|(t, _)| ("a pod".to_owned(), since(*t)));
            let futures = played.iter().map(|one| {
                (Fit::Exact, one.workloads[ix].made.map(|at| ("a pod".to_owned(), at.since(now).micros())))
            });
            let kind = format!("next pod of a {}", own.kind.singular());
            found.push(Next { name, kind, came, futures: futures.collect(), is_supposed: false });
        }
    }
    found
}

/// Whether a pod is a workload's, directly or by a ReplicaSet of it.
fn of(line: &Value, stream: &Stream, name: &str) -> bool {
    let owner = &line["object"]["metadata"]["ownerReferences"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let direct = format!("{}/{}", text(&owner["kind"]).to_lowercase(), text(&owner["name"]));
    let above = stream.lines.iter().find(|(_, other)| other["object"]["metadata"]["uid"] == owner["uid"]);
    let above = above.map(|(_, other)| {
        let top = &other["object"]["metadata"]["ownerReferences"][0];
        format!("{}/{}", text(&top["kind"]).to_lowercase(), text(&top["name"]))
    });
    direct == name || above.is_some_and(|above| above == name)
}

/// Cuts of streams, at instants that are as good as any.
pub fn cuts(streams: &[Stream], count: u64, futures: u64, salt: u64) -> Vec<(String, Cut)> {
    let all: Vec<(usize, f64)> = (0..count)
        .map(|number| {
            let mut luck = Luck(salt << 32 | number);
            ((luck.unit() * streams.len() as f64) as usize, luck.unit())
        })
        .collect();
    let cut = |stream: &Stream, part: f64| at(stream, stream.lines.last()?.0 * part, futures);
    all.par_iter().filter_map(|(ix, part)| cut(&streams[*ix], *part)).collect()
}

/// One of a set by its name.
pub fn named(set: &str, name: &str) -> Stream {
    stream(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-workloads").join(set).join(name))
}

/// A stream that is cut at an instant, in seconds since its begin; None: there was no pod yet, or something is done at once.
pub fn at(stream: &Stream, at: f64, futures: u64) -> Option<(String, Cut)> {
    let start = stream.plan.start;
    let now = start + Span::from_micros((at * 1e6) as i64);
    let done =
        stream.plan.actions.iter().map(|own| own.at).chain(stream.plan.applies.iter().map(|own| own.at));
    let next = done.filter(|own| *own > now).min();
    // Not up to the last line: a recording that is silent once all is done would tell by its end when that was.
    let until = stream.plan.until;
    let ahead = next.map_or(until, |next| next.min(until)).since(now);
    let seen: Vec<String> =
        stream.lines.iter().filter(|(t, _)| *t <= at).map(|(_, line)| line.to_string()).collect();
    let beside = Beside { now: Some(now), start: Some(start), clock: None };
    let given =
        given::read(&seen.join("\n"), &beside).unwrap_or_else(|why| panic!("{}: {why:?}", stream.name));
    if given.pods.is_empty() || ahead < Span::from_millis(500) {
        return None;
    }
    let up = SetUp::new(given, &stream.plan, &[]);
    let asked = Asked { seeds: futures, ahead, ..Asked::default() };
    let played: Vec<Played> = (0..futures).map(|seed| play(&up, seed, &asked)).collect();
    let later = changes(stream, at, now, now + ahead);
    let found = pods(&up, &played, now, |name| later.get(name).cloned());
    let mut found = found;
    found.extend(workloads(stream, &up, &played, at, now, now + ahead));
    Some((
        format!("{} at {at:.1}", stream.name),
        Cut { life: stream.life.clone(), is_held_out: stream.is_held_out, now, pods: found },
    ))
}

/// The first change of each pod after a cut.
fn changes(stream: &Stream, at: f64, now: Time, until: Time) -> BTreeMap<String, (String, i64)> {
    let gates = &stream.plan.gates;
    let mut shown: BTreeMap<String, (String, i64)> = BTreeMap::new();
    let mut first = BTreeMap::new();
    for (t, line) in stream.lines.iter().filter(|(_, line)| line["object"]["kind"] == "Pod") {
        let pod = wire::pod(&line["object"]);
        let columns = printing::columns(&pod.spec, &pod.status, pod.meta.deletion_timestamp.is_some(), gates);
        let own = match line["type"] == "DELETED" {
            true => format!(" {}", columns.ready_cell()),
            false => format!("{} {}", columns.status, columns.ready_cell()),
        };
        let own = (own, columns.restarts as i64);
        let before = shown.insert(pod.meta.name.clone(), own.clone());
        let time = stream.plan.start + Span::from_micros((t * 1e6) as i64);
        if *t > at && time <= until && before.as_ref().is_some_and(|before| *before != own) {
            first.entry(pod.meta.name).or_insert((own.0, time.since(now).micros()));
        }
    }
    first
}
