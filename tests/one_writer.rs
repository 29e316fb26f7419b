//! What went wrong while several wrote, each telling others: now there is one writer, and what a kubelet remembers goes with
//! its process.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::api::Sym;
use kubelapse::record::{Change, Transition};
use kubelapse::session::{self, Lived};
use plan::plan;

fn live(text: &str) -> Lived {
    let plan = plan(text);
    session::live(&plan, 0)
}

fn rows<'a>(lived: &'a Lived, pod: &'a str) -> impl Iterator<Item = &'a Transition> {
    let names = &lived.directory.pods;
    lived
        .transitions
        .iter()
        .filter(move |t| t.pod.is_some_and(|ix| names[ix as usize].name.to_string() == pod))
}

fn statuses(lived: &Lived, pod: &str) -> Vec<Sym> {
    rows(lived, pod)
        .filter_map(|t| if let Change::Status { to, .. } = t.change { Some(to) } else { None })
        .collect()
}

fn reasons(lived: &Lived, pod: &str) -> Vec<Sym> {
    rows(lived, pod)
        .filter_map(|t| if let Change::Event(e) = t.change { Some(e.reason) } else { None })
        .collect()
}

const TWO_NODES: &str = "until = \"5m\"\n[[node]]\nname = \"n1\"\n[[node]]\nname = \"n2\"\n";

fn pod(name: &str, at: &str, spec: &str) -> String {
    format!(
        "[[pod]]\nname = \"{name}\"\nat = \"{at}\"\n[pod.spec]\n{spec}\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n"
    )
}

/// A node that is deleted takes no pod any more, whatever is done to other nodes.
#[test]
fn a_deleted_node_gets_no_pods() {
    let action = "[[action]]\nat = \"10s\"\ndelete = \"node/n1\"\n[[action]]\nat = \"1m\"\nlabel = \"node/n2\"\nlabels = { zone = \"b\" }\n";
    let pinned = pod("pinned", "20s", "nodeSelector = { \"kubernetes.io/hostname\" = \"n1\" }");
    let any: String = (0..6).map(|ix| pod(&format!("any-{ix}"), "20s", "")).collect();
    let lived = live(&format!("{TWO_NODES}{action}{pinned}{any}"));
    assert_eq!(statuses(&lived, "pinned"), [Sym::PENDING]);
    assert_eq!(reasons(&lived, "pinned")[0], Sym::FAILED_SCHEDULING);
    let n1 = lived.directory.nodes.iter().position(|node| *node == "n1").map(|ix| ix as u32);
    assert!(
        lived.records.iter().all(|record| record.node != n1),
        "nobody is placed on the node that is gone"
    );
    assert!(lived.records.iter().filter(|record| record.started.is_some()).count() == 6);
}

/// What names the deleted node itself is taken by its kubelet, which does not ask for the object, and collected as an orphan.
#[test]
fn a_pod_that_names_a_deleted_node_is_collected() {
    let action = "[[action]]\nat = \"10s\"\ndelete = \"node/n1\"\n";
    let lived = live(&format!("{TWO_NODES}{action}{}", pod("named", "20s", "nodeName = \"n1\"")));
    let gone = lived.records[0].removed.map(|at| at.since(lived.directory.start).secs());
    assert!(gone.is_some_and(|secs| (60..=100).contains(&secs)), "{gone:?}");
}

/// The inhibitor lock goes with the kubelet's process: the machine goes off, and no new kubelet stands there for ever that
/// remembers to reject every pod.
#[test]
fn a_restart_of_the_kubelet_ends_a_graceful_shutdown() {
    let nodes =
        "until = \"10m\"\n[[node]]\nname = \"n1\"\n  [node.kubelet]\n  shutdownGracePeriod = \"2m\"\n";
    let old = pod("old", "0s", "terminationGracePeriodSeconds = 100");
    let old =
        old + "[pod.behavior.containers.app]\nattempts = [{ runs = \"forever\", onTerm = \"ignore\" }]\n";
    let actions = "[[action]]\nat = \"30s\"\nshutdown = \"node/n1\"\n[[action]]\nat = \"40s\"\nrestartKubelet = \"node/n1\"\ntakes = \"2s\"\n";
    let start = "[[action]]\nat = \"3m\"\nstart = \"node/n1\"\n";
    let young = pod("young", "4m", "");
    let lived = live(&format!("{nodes}{old}{young}{actions}{start}"));
    assert!(!reasons(&lived, "young").contains(&Sym::NODE_SHUTDOWN), "{:?}", reasons(&lived, "young"));
    assert_eq!(statuses(&lived, "young").last(), Some(&Sym::RUNNING));
    let ready = lived.transitions.iter().filter_map(|t| match t.change {
        Change::Node { kind: Sym::READY, to: Some(to), .. } => {
            Some((t.time.since(lived.directory.start).secs(), to.as_str()))
        }
        _ => None,
    });
    let ready = ready.collect::<Vec<_>>();
    assert_eq!(ready[..2], [(0, "True"), (30, "False")]);
    assert!(ready.iter().any(|(secs, to)| *to == "True" && (180..190).contains(secs)), "{ready:?}");
}

/// Names of living pods are theirs: a second pod of one name is refused, and comes once the first is gone.
#[test]
fn a_name_is_given_once_at_a_time() {
    let again = |at: &str| pod("web", at, "");
    let delete = "[[action]]\nat = \"1m\"\ndelete = \"pod/web\"\ngracePeriodSeconds = 0\nforce = true\n";
    let lived = live(&format!("until = \"5m\"\n{}{}{}{delete}", again("0s"), again("30s"), again("2m")));
    assert_eq!(lived.answers, ["30s: Error from server (AlreadyExists): pods \"web\" already exists"]);
    let created: Vec<i64> =
        lived.records.iter().filter_map(|r| Some(r.created?.since(lived.directory.start).secs())).collect();
    assert_eq!(created, [0, 120]);
}

/// A thousand pods that run at once have a thousand addresses.
#[test]
fn addresses_are_unique_while_they_are_in_use() {
    let text = "until = \"5m\"\n[[node]]\nname = \"n\"\ncount = 10\ncapacity = { cpu = \"64\", memory = \"256Gi\", pods = 200 }\n\
                [[pod]]\nname = \"web\"\nreplicas = 1000\nevery = \"10ms\"\n\
                [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n";
    let plan = plan(text);
    let mut session = session::Session::new(&plan, 0);
    while session.step().is_some() {}
    let w = &session.world;
    let mut addresses: Vec<&str> =
        w.places.iter().filter_map(|place| Some(place.runtime.live.ips.first()?.as_str())).collect();
    assert_eq!(addresses.len(), 1000, "all run");
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 1000);
}

/// What is done to a machine needs no object of its node; and a kubelet that starts without one registers it.
#[test]
fn a_machine_outlives_its_node_object() {
    let crash =
        pod("crash", "0s", "") + "[pod.behavior.containers.app]\nattempts = [{ runs = \"3s\", exit = 1 }]\n";
    let late = pod("late", "2m", "");
    let actions = "[[action]]\nat = \"4s\"\ndelete = \"node/n1\"\n[[action]]\nat = \"5s\"\nstop = \"node/n1\"\n\
                   [[action]]\nat = \"90s\"\nstart = \"node/n1\"\n";
    let lived = live(&format!("until = \"5m\"\n[[node]]\nname = \"n1\"\n{crash}{late}{actions}"));
    assert!(lived.answers.is_empty(), "{:?}", lived.answers);
    let start = lived.directory.start;
    let dark = rows(&lived, "crash").filter(|t| matches!(t.change, Change::Container { .. }));
    let dark: Vec<i64> =
        dark.map(|t| t.time.since(start).secs()).filter(|secs| (6..90).contains(secs)).collect();
    assert!(dark.is_empty(), "the machine is off: {dark:?}");
    assert_eq!(statuses(&lived, "late").last(), Some(&Sym::RUNNING), "the node is back");
    let ready = lived.transitions.iter().filter_map(|t| match t.change {
        Change::Node { kind: Sym::READY, from, to, .. } => Some((t.time.since(start).secs(), from, to)),
        _ => None,
    });
    assert_eq!(
        ready.collect::<Vec<_>>().pop().map(|(secs, from, _)| (secs, from)),
        Some((91, None)),
        "a new object"
    );
}

/// A pod that names a node which never was is bound to it for the API server: it keeps its grace.
#[test]
fn a_pod_on_a_node_that_never_was_is_terminating_until_it_is_collected() {
    let delete = "[[action]]\nat = \"10s\"\ndelete = \"pod/ghost\"\n";
    let lived = live(&format!("until = \"5m\"\n{}{delete}", pod("ghost", "0s", "nodeName = \"nowhere\"")));
    assert_eq!(statuses(&lived, "ghost"), [Sym::PENDING, Sym::TERMINATING, Sym::FAILED, Sym::EMPTY]);
    let gone = lived.records[0].removed.map(|at| at.since(lived.directory.start).secs());
    assert!(gone.is_some_and(|secs| (40..=80).contains(&secs)), "{gone:?}");
}

/// The server's rules see that a pod is being deleted.
#[test]
fn no_finalizer_is_added_to_a_pod_that_is_being_deleted() {
    let held =
        pod("held", "0s", "").replacen("name = \"held\"", "name = \"held\"\nfinalizers = [\"ex.com/f\"]", 1);
    let actions = "[[action]]\nat = \"10s\"\ndelete = \"pod/held\"\n[[action]]\nat = \"11s\"\npatch = \"pod/held\"\n\
                   merge = { metadata = { finalizers = [\"ex.com/f\", \"ex.com/new\"] } }\n";
    let lived = live(&format!("until = \"2m\"\n{held}{actions}"));
    let [refused] = &lived.answers[..] else { panic!("{:?}", lived.answers) };
    assert!(refused.contains("no new finalizers can be added if the object is being deleted"), "{refused}");
}
