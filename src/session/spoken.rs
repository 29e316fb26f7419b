//! Reads an action as it is typed: in the scenario's own words, or as kubectl is asked for it.
//!
//! Whatever the spelling, it becomes one verb of the scenario format with its target and keys. What cannot be read is
//! answered with how that verb is spelled.

use serde_json::Value;

use super::changes::{self, Change};
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::format::{ACTION, Kind, VERBS, VerbKeys};
use crate::scenario::tree;
use crate::scenario::values::{Nouns, OBJECT_KINDS};

/// A verb, its target, and further keys with their values in TOML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    pub verb: &'static str,
    pub target: String,
    pub keys: Vec<(&'static str, String)>,
    /// What a patch depends on that the words do not say: how the object stands.
    pub change: Option<Change>,
}

pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// kubectl's flags and what the scenario format calls them.
const FLAGS: [(&str, &str); 15] = [
    ("--replicas", "replicas"),
    ("--to-revision", "toRevision"),
    ("--cascade", "cascade"),
    ("--for", "for"),
    ("--timeout", "timeout"),
    ("--grace-period", "gracePeriodSeconds"),
    ("--force", "force"),
    ("--ignore-daemonsets", "ignoreDaemonsets"),
    ("--delete-emptydir-data", "deleteEmptydirData"),
    ("--now", "gracePeriodSeconds=1"),
    ("-n", "namespace"),
    ("--namespace", "namespace"),
    ("-c", "container"),
    ("--container", "container"),
    ("--image", "image"),
];
/// kubectl's verbs of two words, and what the scenario format calls them.
const TWO_WORDS: [(&str, &str, &str); 6] = [
    ("set", "image", "setImage"),
    ("rollout", "restart", "rolloutRestart"),
    ("rollout", "pause", "rolloutPause"),
    ("rollout", "resume", "rolloutResume"),
    ("rollout", "undo", "rolloutUndo"),
    ("rollout", "status", "rolloutStatus"),
];
/// Flags that ask for what is done anyway.
const IMPLIED: [(&str, &[&str]); 3] =
    [("label", &["--overwrite"]), ("taint", &["--overwrite"]), ("debug", &["-it", "-i", "-t"])];
const KINDS: [(&str, &str); 22] = [
    ("pod", "pod"),
    ("pods", "pod"),
    ("po", "pod"),
    ("node", "node"),
    ("nodes", "node"),
    ("no", "node"),
    ("configmap", "ConfigMap"),
    ("configmaps", "ConfigMap"),
    ("cm", "ConfigMap"),
    ("secret", "Secret"),
    ("secrets", "Secret"),
    ("persistentvolumeclaim", "PersistentVolumeClaim"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("pvc", "PersistentVolumeClaim"),
    ("serviceaccount", "ServiceAccount"),
    ("serviceaccounts", "ServiceAccount"),
    ("sa", "ServiceAccount"),
    ("priorityclass", "PriorityClass"),
    ("pc", "PriorityClass"),
    ("runtimeclass", "RuntimeClass"),
    ("poddisruptionbudget", "PodDisruptionBudget"),
    ("pdb", "PodDisruptionBudget"),
];

/// Reads `delete pod/web gracePeriodSeconds=5` as well as `kubectl delete pod web --grace-period=5`.
///
/// # Errors
/// Says what is wrong, and what would be accepted.
pub fn parse(words: &str) -> Result<Spoken, String> {
    let mut list = by_hand(split(words)?).into_iter().peekable();
    list.next_if(|word| word == "kubectl");
    if list.peek().is_some_and(|word| word == "set") {
        let words: Vec<String> = list.clone().skip(1).collect();
        if let Some(set) = changes::set(&words) {
            return set;
        }
    }
    let Some(mut word) = list.next() else {
        return Err(format!("what is to be done? One of {}", verbs().join(", ")));
    };
    if let Some(told) = only_looks(&word, list.peek().map(String::as_str)) {
        return Err(told);
    }
    // kubectl's verbs of two words.
    if let Some(second) = list.peek()
        && let Some((.., verb)) = TWO_WORDS.iter().find(|(first, next, _)| *first == word && next == second)
    {
        list.next();
        (*verb).clone_into(&mut word);
    }
    let Some(keys) = VERBS.iter().find(|v| v.verb.eq_ignore_ascii_case(&word)) else {
        let all = verbs();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let near = crate::scenario::diagnostic::nearest(&word, &all);
        let hint = match near.and_then(|near| VERBS.iter().find(|v| as_kubectl_says(v.verb) == near)) {
            Some(near) => {
                format!("did you mean `{}`, as in `{}`?", as_kubectl_says(near.verb), near.example)
            }
            None => format!("verbs are {}", all.join(", ")),
        };
        return Err(format!("`{word}` is nothing that can be done here; {hint}"));
    };
    let read = Reader::new(keys).read(list);
    let joint = |problem: &str| if problem.ends_with('?') { " As in" } else { "; as in" };
    read.map_err(|problem| format!("{problem}{} `{}`", joint(&problem), keys.example))
}

/// A verb as kubectl spells it, where it has one of two words for it.
fn as_kubectl_says(verb: &str) -> String {
    let two = TWO_WORDS.iter().find(|(.., own)| *own == verb);
    two.map_or_else(|| verb.to_owned(), |(first, second, _)| format!("{first} {second}"))
}

/// All that can be done.
fn verbs() -> Vec<String> {
    VERBS.iter().map(|own| as_kubectl_says(own.verb)).collect()
}

/// kubectl's verbs that only look, and those of two words whose second is missing, or is none.
fn only_looks(word: &str, next: Option<&str>) -> Option<String> {
    let looks = ["get", "describe", "logs", "events", "top", "explain", "diff", "api-resources", "version"];
    if looks.contains(&word) || (word, next) == ("rollout", Some("history")) {
        let said = if word == "rollout" { "rollout history" } else { word };
        return Some(format!("`{said}` only looks, and here something is done"));
    }
    let seconds: Vec<&str> =
        TWO_WORDS.iter().filter(|(first, ..)| *first == word).map(|(_, second, _)| *second).collect();
    if seconds.is_empty() || next.is_some_and(|next| seconds.contains(&next)) {
        return None;
    }
    let more: &[&str] = if word == "set" { &["resources", "env", "selector"] } else { &[] };
    let known = [&seconds[..], more].concat();
    let what = next.map_or_else(String::new, |next| format!("`{next}` is none; "));
    Some(format!("`{word}` what? {what}there are {}", known.join(", ")))
}

/// `create job NAME --from=cronjob/report`: what comes first there is no target here.
fn by_hand(words: Vec<String>) -> Vec<String> {
    let own = usize::from(words.first().is_some_and(|word| word == "kubectl"));
    let [create, job, name, rest @ ..] = &words[own..] else { return words };
    if create != "create" || job != "job" {
        return words;
    }
    let mut told = vec!["trigger".to_owned()];
    let mut others = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        match word.strip_prefix("--from=") {
            Some(from) => told.push(from.to_owned()),
            None if word == "--from" => told.extend(rest.next().cloned()),
            None => others.push(word.clone()),
        }
    }
    told.push(format!("name={name}"));
    told.extend(others);
    told
}

/// What has been read of an action's words.
struct Reader {
    keys: &'static VerbKeys,
    action: Spoken,
    /// The word for a kind that a name is to follow.
    kind: Option<String>,
    /// In TOML, as they came.
    labels: Vec<String>,
    taints: Vec<String>,
    untaints: Vec<String>,
    /// A patch, and which kind of patch it is.
    patch: Option<String>,
    patch_type: Option<String>,
    /// What is applied.
    manifests: Vec<String>,
}

impl Reader {
    fn new(keys: &'static VerbKeys) -> Reader {
        let action = Spoken { verb: keys.verb, target: String::new(), keys: Vec::new(), change: None };
        let (labels, taints, untaints, manifests) = Default::default();
        Reader {
            keys,
            action,
            kind: None,
            labels,
            taints,
            untaints,
            patch: None,
            patch_type: None,
            manifests,
        }
    }

    fn read(mut self, mut list: impl Iterator<Item = String>) -> Result<Spoken, String> {
        while let Some(word) = list.next() {
            let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
            if IMPLIED.iter().any(|(verb, flags)| *verb == self.keys.verb && flags.contains(&flag)) {
                continue;
            }
            let mut value = || match word.split_once('=') {
                Some((_, value)) => value.to_owned(),
                None => list.next().unwrap_or_default(),
            };
            match (self.keys.verb, flag) {
                ("patch", "-p" | "--patch") => self.patch = Some(value()),
                ("patch", "--type") => self.patch_type = Some(value()),
                ("apply", "-f" | "--filename") => self.manifests.push(plain(&value()).to_owned()),
                (_, "-l" | "--selector") => self.selector(&value())?,
                _ => {
                    let word = match FLAGS.iter().find(|(name, _)| *name == flag) {
                        Some((_, "gracePeriodSeconds=1")) => "gracePeriodSeconds=1".to_owned(),
                        Some((_, key @ ("force" | "ignoreDaemonsets" | "deleteEmptydirData"))) => {
                            format!("{key}=true")
                        }
                        Some((_, key)) => format!("{key}={}", value()),
                        None => word,
                    };
                    self.word(&word)?;
                }
            }
        }
        self.finish()
    }

    /// What kind of thing the verb is for, where it says so.
    fn own_kind(&self) -> Option<&'static str> {
        match ACTION.key(self.keys.verb).map(|k| k.kind) {
            Some(Kind::Target(Nouns::Node)) => Some("node"),
            Some(Kind::Target(Nouns::Pod)) => Some("pod"),
            Some(Kind::Target(Nouns::Workload | Nouns::Rolled | Nouns::Applied)) => Some("deployment"),
            _ => None,
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        let verb = self.keys.verb;
        // kubectl lets what is to be written follow the name.
        let follows = matches!(verb, "label" | "taint" | "untaint" | "setImage");
        if let Some((key, value)) = word.split_once('=')
            && let Some(known) = ACTION.key(key)
            && (!follows || self.keys.needs.contains(&key) || self.keys.takes.contains(&key))
        {
            self.action.keys.push((known.name, value_toml(known.kind, value)?));
            return Ok(());
        }
        let is_name = !word.contains(['=', ':']) && !word.ends_with('-');
        if self.action.target.is_empty() && is_name {
            return self.name(word);
        }
        if self.action.target.is_empty() {
            self.named_like_a_kind();
        }
        match verb {
            _ if !follows => {
                let takes = self.keys.needs.iter().chain(self.keys.takes);
                let takes: Vec<String> = takes.map(|k| format!("{k}=…")).collect();
                let takes = if takes.is_empty() { "nothing further".to_owned() } else { takes.join(", ") };
                Err(format!("`{word}` means nothing to `{verb}`, which takes {takes}"))
            }
            _ if self.action.target.is_empty() => Err(format!("`{word}` of what? The name comes first")),
            "label" => self.label(word),
            "setImage" => self.image(word),
            _ => self.taint(word),
        }
    }

    /// `-l app=web,tier=front`: pods are meant by their labels.
    fn selector(&mut self, selector: &str) -> Result<(), String> {
        let mut labels = Vec::new();
        for part in plain(selector).split(',') {
            let Some((key, value)) = part.split_once('=').filter(|(key, _)| !key.ends_with('!')) else {
                return Err(format!("`{part}` is not KEY=VALUE: other selectors are not read here"));
            };
            labels.push(format!("{} = {}", quoted(key), quoted(value.trim_start_matches('='))));
        }
        self.action.keys.push(("matchLabels", format!("{{ {} }}", labels.join(", "))));
        Ok(())
    }

    /// A kind, a name, or both.
    fn name(&mut self, word: &str) -> Result<(), String> {
        if self.keys.verb == "apply" {
            self.manifests.push(plain(word).to_owned());
        } else if let Some((kind, name)) = word.split_once('/') {
            self.action.target = format!("{}/{name}", noun(kind));
        } else if self.kind.is_none() && is_kind(word) {
            self.kind = Some(word.to_owned());
        } else if self.kind.as_deref().is_some_and(|kind| noun(kind) == "Secret")
            && matches!(word, "generic" | "tls" | "docker-registry")
        {
            // `create secret generic NAME`
        } else {
            // `cordon node-0`, `evict web`: the verb says what kind it is.
            let is_object = matches!(self.keys.verb, "create" | "remove" | "bind");
            let own = self.kind.take().map(|kind| noun(&kind));
            let own = own.or_else(|| (!is_object).then(|| self.own_kind().unwrap_or("pod").to_owned()));
            let Some(own) = own else { return Err(format!("`{word}`: of what kind?")) };
            self.action.target = format!("{own}/{word}");
        }
        Ok(())
    }

    /// `cordon node`: what was taken for a kind is the name of one.
    fn named_like_a_kind(&mut self) {
        if let (Some(own), Some(name)) = (self.own_kind(), self.kind.take()) {
            self.action.target = format!("{own}/{name}");
        }
    }

    fn label(&mut self, word: &str) -> Result<(), String> {
        let label = match (word.split_once('='), word.ends_with('-')) {
            (Some((key, value)), _) => format!("{} = {}", quoted(key), quoted(plain(value))),
            (None, true) => format!("{} = \"\"", quoted(word)),
            (None, false) => return Err(format!("`{word}` is neither KEY=VALUE nor KEY-")),
        };
        self.labels.push(label);
        Ok(())
    }

    fn image(&mut self, word: &str) -> Result<(), String> {
        let Some((container, image)) = word.split_once('=') else {
            return Err(format!("`{word}` is not CONTAINER=IMAGE"));
        };
        if self.has("image") {
            return Err(format!("`{word}` comes on top: one container at a time"));
        }
        self.action.keys.push(("container", quoted(container)));
        self.action.keys.push(("image", quoted(plain(image))));
        Ok(())
    }

    fn taint(&mut self, word: &str) -> Result<(), String> {
        let (taint, goes) = match word.strip_suffix('-') {
            Some(taint) => (taint, true),
            None => (word, self.keys.verb == "untaint"),
        };
        let (name, effect) = match taint.split_once(':') {
            Some((name, effect)) => (name, Some(effect)),
            None => (taint, None),
        };
        let (key, value) = name.split_once('=').unwrap_or((name, ""));
        let mut text = format!("{{ key = {}", quoted(key));
        if !value.is_empty() {
            text.push_str(&format!(", value = {}", quoted(plain(value))));
        }
        if let Some(effect) = effect {
            text.push_str(&format!(", effect = {}", quoted(effect)));
        }
        text.push_str(" }");
        match (goes, effect) {
            (true, _) => self.untaints.push(text),
            (false, Some(_)) => self.taints.push(text),
            (false, None) => return Err(format!("`{word}`: a new taint needs an effect")),
        }
        Ok(())
    }

    fn has(&self, key: &str) -> bool {
        self.action.keys.iter().any(|(own, _)| *own == key)
    }

    fn finish(mut self) -> Result<Spoken, String> {
        match self.manifests.as_slice() {
            [] => {}
            [only] => self.action.target.clone_from(only),
            [_, next, ..] => return Err(format!("`{next}` comes on top: one manifest at a time")),
        }
        // `delete pods -l app=web`: the kind alone, by labels.
        if self.action.target.is_empty() && self.has("matchLabels") {
            match self.kind.take().map_or("pod".to_owned(), |kind| noun(&kind)).as_str() {
                "pod" => "pods".clone_into(&mut self.action.target),
                other => return Err(format!("only pods are chosen by labels here, no `{other}`")),
            }
        }
        if self.action.target.is_empty() {
            self.named_like_a_kind();
        }
        if self.action.target.is_empty() {
            return Err(format!("`{}` what?", self.keys.verb));
        }
        if !self.labels.is_empty() {
            self.action.keys.push(("labels", format!("{{ {} }}", self.labels.join(", "))));
        }
        if !self.taints.is_empty() && !self.untaints.is_empty() {
            return Err("a taint is set or taken away, not both at once".to_owned());
        }
        if !self.untaints.is_empty() {
            self.action.verb = "untaint";
        }
        let taints = [self.taints.as_slice(), &self.untaints].concat();
        if !taints.is_empty() {
            self.action.keys.push(("taints", format!("[{}]", taints.join(", "))));
        }
        if let Some(patch) = &self.patch {
            match patched(patch, self.patch_type.as_deref())? {
                Patched::Merge(merge) => self.action.keys.push(("merge", merge)),
                Patched::Strategic(patch) => self.action.change = Some(Change::Strategic(patch)),
            }
        }
        if let Some(missing) = self.keys.needs.iter().find(|need| !self.has(need))
            && self.action.change.is_none()
        {
            return Err(format!("`{}` needs `{missing}`", self.keys.verb));
        }
        // kubectl deletes everything; here objects are removed.
        let kind = self.action.target.split('/').next().unwrap_or_default();
        if self.keys.verb == "delete"
            && OBJECT_KINDS.iter().any(|(known, _)| known.eq_ignore_ascii_case(kind))
        {
            self.action.verb = "remove";
            // Clients say it of everything; these own nothing.
            self.action.keys.retain(|(key, _)| *key != "cascade");
        }
        Ok(self.action)
    }
}

/// What stands after kubectl's `-p`.
enum Patched {
    /// A merge patch as a value in TOML.
    Merge(String),
    /// One whose lists are merged by name, for which the object's own are needed.
    Strategic(Value),
}

fn patched(patch: &str, patch_type: Option<&str>) -> Result<Patched, String> {
    let text = ['\'', '"'].iter().find_map(|quote| patch.strip_prefix(*quote)?.strip_suffix(*quote));
    let patch: Value = serde_json::from_str(text.unwrap_or(patch))
        .map_err(|problem| format!("the patch is no JSON ({problem})"))?;
    if !patch.is_object() {
        return Err("the patch is no JSON object".to_owned());
    }
    match patch_type.map(plain) {
        None | Some("strategic") if has_list(&patch) => Ok(Patched::Strategic(patch)),
        None | Some("strategic" | "merge") => Ok(Patched::Merge(merge_toml(&patch))),
        Some(other) => {
            Err(format!("a patch of type `{other}` is not read here, only `strategic` and `merge`"))
        }
    }
}

fn has_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(map) => map.values().any(has_list),
        _ => false,
    }
}

/// A merge patch as TOML on one line: as a table; one with nulls, which TOML does not have, as a text in JSON.
pub(super) fn merge_toml(patch: &Value) -> String {
    toml(patch).unwrap_or_else(|| quoted(&patch.to_string()))
}

/// JSON as TOML on one line; None where there is a null.
fn toml(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(toml).collect::<Option<_>>()?;
            format!("[{}]", list.join(", "))
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Some(format!("{} = {}", quoted(key), toml(value)?));
            let list: Vec<String> = map.iter().map(entry).collect::<Option<_>>()?;
            format!("{{ {} }}", list.join(", "))
        }
        plain => plain.to_string(),
    })
}

/// Whether a word is a kind's, in one of kubectl's spellings.
fn is_kind(word: &str) -> bool {
    let lower = word.to_lowercase();
    KINDS.iter().any(|(k, _)| *k == lower) || ObjectType::parse(word).is_some()
}

pub(super) fn noun(word: &str) -> String {
    let lower = word.to_lowercase();
    if let Some(kind) = ObjectType::parse(word) {
        return kind.key().to_owned();
    }
    KINDS.iter().find(|(k, _)| *k == lower).map_or_else(|| word.to_owned(), |(_, kind)| (*kind).to_owned())
}

/// Splits at blanks that stand in no quotes and no brackets.
pub(super) fn split(words: &str) -> Result<Vec<String>, String> {
    let mut list = Vec::new();
    let mut word = String::new();
    let (mut depth, mut quote) = (0i32, None);
    for c in words.trim().chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ' ' | '\t') if depth == 0 => {
                if !word.is_empty() {
                    list.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if quote.is_some() || depth != 0 {
        return Err(format!("a quote or bracket is not closed: {words}"));
    }
    if !word.is_empty() {
        list.push(word);
    }
    Ok(list)
}

/// A text without its quotes.
pub(super) fn plain(value: &str) -> &str {
    value.trim_matches(['"', '\''])
}

/// A value as TOML: as it is where the format wants a number, a truth or a table, quoted where it wants a text.
fn value_toml(kind: Kind, value: &str) -> Result<String, String> {
    let bare = match kind {
        Kind::Integer(..) | Kind::Bool | Kind::Chance => true,
        Kind::Map(_) | Kind::List(_) | Kind::Any | Kind::Value | Kind::Table(_) => true,
        Kind::Signal => plain(value).parse::<u8>().is_ok(),
        // A table as TOML has it, or a text in JSON.
        Kind::Patch => tree::parse_value(0, value).is_some(),
        _ => false,
    };
    let text = if bare { value.to_owned() } else { quoted(plain(value)) };
    if tree::parse_value(0, &text).is_none() {
        return Err(format!("`{value}` cannot be read (a table is written {{ key = \"value\" }})"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> String {
        let spoken = parse(words).unwrap_or_else(|problem| panic!("{words}: {problem}"));
        let keys = spoken.keys.iter().map(|(key, value)| format!(" {key}={value}"));
        format!("{} {}{}", spoken.verb, spoken.target, keys.collect::<String>())
    }

    #[test]
    fn kubectls_forms_are_read() {
        for (words, meant) in [
            ("set image pod/orders app=x:2.4", "setImage pod/orders container=\"app\" image=\"x:2.4\""),
            ("kubectl set image pod orders app=x", "setImage pod/orders container=\"app\" image=\"x\""),
            ("setImage orders image=x container=app", "setImage pod/orders image=\"x\" container=\"app\""),
            (
                "label pod/orders app=x tier- --overwrite",
                "label pod/orders labels={ \"app\" = \"x\", \"tier-\" = \"\" }",
            ),
            (
                "label pods orders example.com/status=ok",
                "label pod/orders labels={ \"example.com/status\" = \"ok\" }",
            ),
            ("label node n type=db", "label node/n labels={ \"type\" = \"db\" }"),
            (
                "taint node/n a=b:NoExecute",
                "taint node/n taints=[{ key = \"a\", value = \"b\", effect = \"NoExecute\" }]",
            ),
            (
                "taint nodes n a=b:NoSchedule-",
                "untaint node/n taints=[{ key = \"a\", value = \"b\", effect = \"NoSchedule\" }]",
            ),
            ("taint n a-", "untaint node/n taints=[{ key = \"a\" }]"),
            ("taint node a:NoExecute", "taint node/node taints=[{ key = \"a\", effect = \"NoExecute\" }]"),
            (
                "patch pod/orders -p '{\"spec\":{\"activeDeadlineSeconds\":5}}'",
                "patch pod/orders merge={ \"spec\" = { \"activeDeadlineSeconds\" = 5 } }",
            ),
            (
                "patch pod orders --type=merge --patch={\"metadata\":{\"finalizers\":[\"a/b\"]}}",
                "patch pod/orders merge={ \"metadata\" = { \"finalizers\" = [\"a/b\"] } }",
            ),
            ("cordon n", "cordon node/n"),
            ("cordon node", "cordon node/node"),
            (
                "drain node n --ignore-daemonsets --delete-emptydir-data --force",
                "drain node/n ignoreDaemonsets=true deleteEmptydirData=true force=true",
            ),
            ("delete configmap settings", "remove ConfigMap/settings"),
            ("delete cm/settings -n shop", "remove ConfigMap/settings namespace=\"shop\""),
            ("delete pod orders --grace-period=5", "delete pod/orders gracePeriodSeconds=5"),
            ("create secret generic regcred", "create Secret/regcred"),
            ("debug pod/orders -it --image=busybox", "debug pod/orders image=\"busybox\""),
            ("kubectl scale deployment/web --replicas=5", "scale deployment/web replicas=5"),
            ("scale deploy web --replicas 5", "scale deployment/web replicas=5"),
            ("scale rs web --replicas=0", "scale replicaSet/web replicas=0"),
            ("kubectl rollout restart deployment/web", "rolloutRestart deployment/web"),
            ("rollout pause deploy/web", "rolloutPause deployment/web"),
            ("rollout resume deployment web", "rolloutResume deployment/web"),
            ("rollout undo deployment/web --to-revision=2", "rolloutUndo deployment/web toRevision=2"),
            ("rollout status deployment/web --timeout=90s", "rolloutStatus deployment/web timeout=\"90s\""),
            ("set image deployment/web app=x:2", "setImage deployment/web container=\"app\" image=\"x:2\""),
            ("delete deployment/web --cascade=orphan", "delete deployment/web cascade=\"orphan\""),
            ("delete svc web", "delete service/web"),
            ("kubectl create job again --from=cronjob/report", "trigger cronJob/report name=\"again\""),
            (
                "create job again --from cj/report -n shop",
                "trigger cronJob/report name=\"again\" namespace=\"shop\"",
            ),
            ("label deployment/web tier=front", "label deployment/web labels={ \"tier\" = \"front\" }"),
            (
                "wait deployment/web --for=condition=Available",
                "wait deployment/web for=\"condition=Available\"",
            ),
            ("kubectl apply -f web.yaml -n shop", "apply web.yaml namespace=\"shop\""),
            ("delete pods -l app=web limit=1", "delete pods matchLabels={ \"app\" = \"web\" } limit=1"),
        ] {
            assert_eq!(read(words), meant);
        }
    }

    #[test]
    fn every_verb_has_an_example_that_is_read() {
        for verb in &VERBS {
            assert!(read(verb.example).starts_with(&format!("{} ", verb.verb)), "{}", verb.verb);
        }
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_an_example_of_its_verb() {
        for (words, problem) in [
            ("label pod/orders", "`label` needs `labels`"),
            ("label app=x", "`app=x` of what? The name comes first"),
            ("label pod/orders app", "`app` is neither KEY=VALUE nor KEY-"),
            ("taint node/n a=b", "`a=b`: a new taint needs an effect"),
            ("taint node/n a:NoExecute b-", "a taint is set or taken away, not both at once"),
            ("set image pod/orders app=x side=y", "`side=y` comes on top: one container at a time"),
            ("patch pod/orders -p '{spec}'", "the patch is no JSON"),
            ("patch pod/orders -p '[]' --type json", "the patch is no JSON object"),
            ("cordon", "`cordon` what?"),
            (
                "drain node/n soon",
                "`soon` means nothing to `drain`, which takes ignoreDaemonsets=…, force=…, deleteEmptydirData=…",
            ),
            ("cordon node/n soon", "`soon` means nothing to `cordon`, which takes nothing further"),
        ] {
            let told = parse(words).expect_err("it cannot be read");
            assert!(told.starts_with(problem), "{words}: {told}");
            let verb = words.split(' ').next().unwrap_or_default();
            assert!(told.to_lowercase().contains(&format!(" as in `{verb} ")), "{words}: {told}");
            assert_eq!(told.lines().count(), 1, "{told}");
        }
    }
}
