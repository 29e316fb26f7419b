//! What can be done to what is selected: a menu, and a form for each entry with the present values.
//!
//! An entry is one line of a table: for which kinds of objects, what it is called, and the command line that it makes, as kubectl
//! is asked for it. Its fields are the words in braces, so that the form, its present values and the command that is shown
//! while it is filled in follow from that line alone: `scale {of} --replicas={replicas}`. What stands in brackets is left out
//! while its fields are empty. Whoever fills in a form learns the command by it; what the simulation says to the command is
//! told in the form.

use serde_json::Value;

use super::app::App;
use super::input::Input;
use crate::actors::api_server;
use crate::api::Tri;
use crate::session::tree;
use crate::world::NodeId;
use crate::world::node::NodeConditionKind;
use crate::world::workloads::ObjectKey;

/// What something is done to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// A pod, a workload, a Service and the like.
    Object(ObjectKey),
    /// A node.
    Node(NodeId),
}

/// Something that can be done.
#[derive(Debug)]
pub struct Entry {
    /// Kinds of objects, in kubectl's words for one.
    of: &'static [&'static str],
    /// As the menu has it.
    pub title: &'static str,
    /// The command.
    line: &'static str,
}

const TEMPLATES: &[&str] = &["deployment", "statefulset", "daemonset"];
const SCALED: &[&str] = &["deployment", "statefulset", "replicaset", "replicationcontroller"];
const OBJECTS: &[&str] = &[
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "replicationcontroller",
    "job",
    "cronjob",
    "service",
    "poddisruptionbudget",
    "horizontalpodautoscaler",
    "resourcequota",
    "limitrange",
];

/// Everything that the menu knows, in its order: what comes first is not what cannot be taken back.
static ENTRIES: [Entry; 33] = [
    Entry { of: SCALED, title: "scale", line: "scale {of} --replicas={replicas}" },
    Entry { of: TEMPLATES, title: "set image", line: "set image {of} {container}={image}" },
    Entry {
        of: TEMPLATES,
        title: "set resources",
        line: "set resources {of} -c {container}[ --requests={requests}][ --limits={limits}]",
    },
    Entry { of: TEMPLATES, title: "set env", line: "set env {of} {variable}" },
    Entry { of: TEMPLATES, title: "rollout restart", line: "rollout restart {of}" },
    Entry { of: TEMPLATES, title: "rollout undo", line: "rollout undo {of}[ --to-revision={revision}]" },
    Entry { of: &["deployment"], title: "rollout pause", line: "rollout pause {of}" },
    Entry { of: &["deployment"], title: "rollout resume", line: "rollout resume {of}" },
    Entry { of: TEMPLATES, title: "rollout status", line: "rollout status {of}" },
    Entry { of: &["cronjob"], title: "run it now", line: "create job {job} --from={of}" },
    Entry {
        of: &["cronjob"],
        title: "suspend or let it go on",
        line: "patch {of} --type merge -p '{\"spec\":{\"suspend\":{suspend}}}'",
    },
    Entry {
        of: &["job"],
        title: "set parallelism",
        line: "patch {of} --type merge -p '{\"spec\":{\"parallelism\":{parallelism}}}'",
    },
    Entry { of: &["service"], title: "set selector", line: "set selector {of} {selector}" },
    Entry {
        of: &["poddisruptionbudget"],
        title: "set minAvailable",
        line: "patch {of} --type merge -p '{\"spec\":{\"minAvailable\":{minAvailable}}}'",
    },
    Entry {
        of: &["horizontalpodautoscaler"],
        title: "set bounds",
        line: "patch {of} --type merge -p '{\"spec\":{\"minReplicas\":{minReplicas},\"maxReplicas\":{maxReplicas}}}'",
    },
    Entry { of: &["pod"], title: "set image", line: "set image {of} {container}={image}" },
    Entry { of: &["pod"], title: "label", line: "label {of} {labels}" },
    Entry { of: &["pod"], title: "debug", line: "debug {of} --image={debug}" },
    Entry {
        of: &["pod"],
        title: "kill its process",
        line: "kill {of} container={container} signal={signal}",
    },
    Entry {
        of: &["pod"],
        title: "let a probe fail",
        line: "setProbe {of} container={container} probe={probe} ok={ok}",
    },
    Entry { of: &["pod"], title: "evict", line: "evict {of}[ gracePeriodSeconds={gracePeriodSeconds}]" },
    Entry {
        of: &["pod"],
        title: "delete",
        line: "delete {of}[ --grace-period={gracePeriodSeconds}][ --force={force}]",
    },
    Entry { of: &["node"], title: "cordon", line: "cordon {of}" },
    Entry { of: &["node"], title: "uncordon", line: "uncordon {of}" },
    Entry {
        of: &["node"],
        title: "drain",
        line: "drain {of}[ ignoreDaemonsets={ignoreDaemonsets}][ deleteEmptydirData={deleteEmptydirData}][ force={force}]",
    },
    Entry { of: &["node"], title: "taint, or take a taint away", line: "taint {of} {taint}" },
    Entry { of: &["node"], title: "label", line: "label {of} {labels}" },
    Entry { of: &["node"], title: "take its power", line: "stop {of}" },
    Entry { of: &["node"], title: "give it power again", line: "start {of}" },
    Entry { of: &["node"], title: "restart its kubelet", line: "restartKubelet {of}[ takes={takes}]" },
    Entry { of: &["node"], title: "delete", line: "delete {of}" },
    Entry { of: OBJECTS, title: "label", line: "label {of} {labels}" },
    Entry { of: OBJECTS, title: "delete", line: "delete {of}[ --cascade={cascade}]" },
];

/// What the menu has for a kind.
pub fn entries(kind: &str) -> Vec<&'static Entry> {
    ENTRIES.iter().filter(|entry| entry.of.contains(&kind)).collect()
}

/// A form that is being filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// What is done.
    pub title: &'static str,
    /// How its command is made.
    pub line: &'static str,
    /// To what.
    pub of: String,
    /// What is asked for.
    pub fields: Vec<Field>,
    /// Which of them is typed in.
    pub at: usize,
    /// Why it could not be done.
    pub problem: Option<String>,
}

/// One value of a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// As the command has it.
    pub name: &'static str,
    /// As it stands, or as it is typed.
    pub value: Input,
    /// What it takes.
    pub takes: &'static str,
    /// It may be left empty.
    pub may_be_empty: bool,
}

/// What a field takes.
fn takes(field: &str) -> &'static str {
    match field {
        "replicas" | "minReplicas" | "maxReplicas" | "parallelism" => "a number of pods",
        "revision" => "a number; empty: the one before",
        "gracePeriodSeconds" => "seconds; empty: the pod's own",
        "container" => "a container's name",
        "image" | "debug" => "a reference",
        "requests" | "limits" => "cpu=200m,memory=256Mi; empty: as they are",
        "variable" => "NAME=VALUE, NAME-",
        "labels" => "KEY=VALUE, KEY- takes one away",
        "selector" => "KEY=VALUE",
        "taint" => "KEY=VALUE:NoSchedule, KEY:NoExecute, KEY- takes it away",
        "minAvailable" => "a number, or \"50%\" in quotes",
        "suspend" | "ok" | "force" | "ignoreDaemonsets" | "deleteEmptydirData" => "true or false",
        "probe" => "startup, readiness or liveness",
        "signal" => "KILL, TERM",
        "cascade" => "background, foreground or orphan",
        "takes" => "5s",
        "job" => "a name",
        _ => "",
    }
}

/// The words in braces, each once, and whether they stand in brackets. Braces of JSON hold no words alone.
fn fields(line: &'static str) -> Vec<(&'static str, bool)> {
    let mut all: Vec<(&'static str, bool)> = Vec::new();
    let mut depth = 0;
    for (at, c) in line.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '{' => {
                let rest = &line[at + 1..];
                let word = rest.split('}').next().unwrap_or_default();
                let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
                if is_word && word != "of" && all.iter().all(|(known, _)| *known != word) {
                    all.push((word, depth > 0));
                }
            }
            _ => {}
        }
    }
    all
}

impl Form {
    /// Of an entry, for what is chosen, with what stands there now.
    pub fn new(app: &App, chosen: Chosen, entry: &Entry) -> Form {
        let object = whole(app, chosen);
        let field = |(name, may_be_empty)| Field {
            name,
            value: Input::of(&present(app, chosen, &object, name)),
            takes: takes(name),
            may_be_empty,
        };
        Form {
            title: entry.title,
            line: entry.line,
            of: spoken(app, chosen),
            fields: fields(entry.line).into_iter().map(field).collect(),
            at: 0,
            problem: None,
        }
    }

    /// The command that it makes.
    pub fn command(&self) -> String {
        let mut out = String::new();
        let mut rest = self.line;
        while let Some(open) = rest.find('[') {
            let (before, after) = rest.split_at(open);
            let (inside, behind) = after[1..].split_once(']').unwrap_or((&after[1..], ""));
            out += &self.filled(before);
            let is_empty = |field: &Field| {
                inside.contains(&format!("{{{}}}", field.name)) && field.value.text().is_empty()
            };
            if !self.fields.iter().any(is_empty) {
                out += &self.filled(inside);
            }
            rest = behind;
        }
        out + &self.filled(rest)
    }

    fn filled(&self, text: &str) -> String {
        let text = text.replace("{of}", &self.of);
        self.fields
            .iter()
            .fold(text, |text, field| text.replace(&format!("{{{}}}", field.name), field.value.text().trim()))
    }

    /// The first field that must not be empty and is.
    pub fn lacks(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.value.text().trim().is_empty() && !field.may_be_empty)
    }
}

/// How kubectl names the kind of what is chosen.
pub fn kind(app: &App, chosen: Chosen) -> String {
    match chosen {
        Chosen::Node(_) => "node".to_owned(),
        Chosen::Object(ObjectKey::Pod(_)) => "pod".to_owned(),
        Chosen::Object(key) => api_server::type_of(app.walk.world(), key).singular().to_string(),
    }
}

/// `deployment/web`
pub fn spoken(app: &App, chosen: Chosen) -> String {
    let w = app.walk.world();
    match chosen {
        Chosen::Node(node) => format!("node/{}", w.nodes[node.ix()].spec.name),
        Chosen::Object(ObjectKey::Pod(pod)) => format!("pod/{}", w.pods[pod.ix()].ident.name),
        Chosen::Object(key) => tree::name(w, key),
    }
}

/// The object as the API has it.
fn whole(app: &App, chosen: Chosen) -> Value {
    match chosen {
        Chosen::Object(key) if !matches!(key, ObjectKey::Pod(_)) => api_server::object(app.walk.world(), key),
        _ => Value::Null,
    }
}

/// What a field's value is now.
fn present(app: &App, chosen: Chosen, object: &Value, field: &str) -> String {
    let w = app.walk.world();
    let spec = &object["spec"];
    let container = &spec["template"]["spec"]["containers"][0];
    let plain = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let pairs = |value: &Value| {
        let pairs = value.as_object().into_iter().flatten();
        pairs.map(|(key, value)| format!("{key}={}", plain(value))).collect::<Vec<_>>().join(",")
    };
    let pod = match chosen {
        Chosen::Object(ObjectKey::Pod(pod)) => w.pods[pod.ix()].spec.containers.first(),
        _ => None,
    };
    match field {
        "replicas" | "parallelism" | "minReplicas" | "maxReplicas" => plain(&spec[field]),
        "minAvailable" => spec[field].to_string(),
        "container" => pod.map_or_else(|| plain(&container["name"]), |own| own.name.to_string()),
        "image" => pod.map_or_else(|| plain(&container["image"]), |own| own.image.to_string()),
        "requests" | "limits" => pairs(&container["resources"][field]),
        "selector" => pairs(&spec[field]).replace(',', " "),
        // What one wants is mostly the other one.
        "suspend" => (spec[field] != true).to_string(),
        "job" => "by-hand".to_owned(),
        "debug" => "busybox".to_owned(),
        "signal" => "KILL".to_owned(),
        "probe" => "readiness".to_owned(),
        "ok" => "false".to_owned(),
        "cascade" => "background".to_owned(),
        "ignoreDaemonsets" => "true".to_owned(),
        _ => String::new(),
    }
}

/// A node's line in words: whether it is Ready and takes pods.
pub fn node_words(app: &App, node: NodeId) -> String {
    let own = &app.walk.world().nodes[node.ix()];
    let ready = match own.condition(NodeConditionKind::Ready).status {
        Tri::True => "Ready",
        _ => "NotReady",
    };
    if own.spec.unschedulable { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_the_words_in_braces() {
        assert_eq!(fields("scale {of} --replicas={replicas}"), [("replicas", false)]);
        assert_eq!(fields("rollout undo {of}[ --to-revision={revision}]"), [("revision", true)]);
        let patch = "patch {of} --type merge -p '{\"spec\":{\"suspend\":{suspend}}}'";
        assert_eq!(fields(patch), [("suspend", false)]);
    }

    #[test]
    fn a_form_makes_the_line_that_one_would_type() {
        let field = |(name, may_be_empty)| Field { name, value: Input::default(), takes: "", may_be_empty };
        let form = |line: &'static str, values: &[&str]| {
            let mut all: Vec<Field> = fields(line).into_iter().map(field).collect();
            for (field, value) in all.iter_mut().zip(values) {
                field.value.set(value);
            }
            Form { title: "", line, of: "deployment/web".to_owned(), fields: all, at: 0, problem: None }
        };
        let undo = "rollout undo {of}[ --to-revision={revision}]";
        assert_eq!(form(undo, &[""]).command(), "rollout undo deployment/web");
        assert_eq!(form(undo, &["2"]).command(), "rollout undo deployment/web --to-revision=2");
        let bounds =
            "patch {of} -p '{\"spec\":{\"minReplicas\":{minReplicas},\"maxReplicas\":{maxReplicas}}}'";
        let two = form(bounds, &["2", "5"]);
        assert_eq!(
            two.command(),
            "patch deployment/web -p '{\"spec\":{\"minReplicas\":2,\"maxReplicas\":5}}'"
        );
        assert_eq!(two.lacks(), None);
        assert_eq!(form("scale {of} --replicas={replicas}", &[""]).lacks(), Some(0));
        assert_eq!(form(undo, &[""]).lacks(), None);
    }

    /// What the menu offers can be typed as well, word by word.
    #[test]
    fn every_entry_is_read_by_those_who_read_commands() {
        for entry in &ENTRIES {
            let sample = |name: &str| match name {
                "variable" | "labels" | "selector" => "a=b",
                "taint" => "a=b:NoSchedule",
                "requests" | "limits" => "cpu=1",
                "signal" => "TERM",
                "probe" => "readiness",
                "cascade" => "orphan",
                "takes" => "5s",
                "container" | "image" | "debug" | "job" => "app",
                "suspend" | "ok" | "force" | "ignoreDaemonsets" | "deleteEmptydirData" => "true",
                _ => "1",
            };
            let field = |(name, may_be_empty)| Field {
                name,
                value: Input::of(sample(name)),
                takes: "",
                may_be_empty,
            };
            for kind in entry.of {
                let form = Form {
                    title: entry.title,
                    line: entry.line,
                    of: format!("{kind}/web"),
                    fields: fields(entry.line).into_iter().map(field).collect(),
                    at: 0,
                    problem: None,
                };
                let read = crate::session::spoken::parse(&form.command());
                assert!(read.is_ok(), "{}: {read:?}", form.command());
                for own in &form.fields {
                    assert!(!takes(own.name).is_empty(), "{} says what it takes", own.name);
                }
            }
        }
    }
}
