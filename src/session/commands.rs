//! What a person does while stepping: any action of the scenario format, now.
//!
//! The words become an `[[action]]`, read and checked as a file's are, and its command is played in the present as a step of
//! its own. The session keeps it with its step: so going back and on plays it again, taking it back is leaving it out, and
//! what is saved replays to the same bytes, because the file's action comes just where it was played.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Script, Walk};
use crate::scenario::format::{ACTION, Kind, VERBS};
use crate::scenario::values::Nouns;
use crate::scenario::{self, Action, Diagnostics, tree};
use crate::time::{Span, Time};
use crate::world::Commanded;

/// What a person has done.
#[derive(Clone, Debug)]
pub struct Done {
    /// The step that plays it.
    pub step: u64,
    pub action: Arc<Action>,
    /// Its `[[action]]` in the scenario.
    toml: String,
    /// Where the person stood: after how many steps, and when.
    stood: (u64, Time),
    /// What had been done later, on the line that this one has left.
    dropped: Arc<[Done]>,
}

impl Done {
    /// What later actions doing this has dropped, in words; None: there were none.
    pub fn drops(&self, start: Time) -> Option<String> {
        let words = self.later(start, "is dropped", "are dropped")?;
        Some(format!("{words}; `undo` brings {} back", if self.dropped.len() == 1 { "it" } else { "them" }))
    }
    /// What taking this back has brought back, in words.
    pub fn brings_back(&self, start: Time) -> Option<String> {
        self.later(start, "is back", "are back")
    }
    fn later(&self, start: Time, one: &str, many: &str) -> Option<String> {
        let told = |done: &Done| format!("{} (at {})", done.action.words, done.stood.1.since(start));
        let list: Vec<String> = self.dropped.iter().map(told).collect();
        match list.len() {
            0 => None,
            1 => Some(format!("1 later action {one}: {}", list[0])),
            count => Some(format!("{count} later actions {many}: {}", list.join(", "))),
        }
    }
}

impl Walk {
    /// Does something now (`delete pod/web gracePeriodSeconds=5`), one microsecond after everything that has happened at
    /// this instant. What was known of the future is forgotten: it has become another one. Stands after the action, and
    /// tells what was answered.
    ///
    /// # Errors
    /// What is wrong with the words, or why it cannot be done; nothing has changed then.
    pub fn act(&mut self, words: &str) -> Result<Arc<Commanded>, String> {
        let spoken = parse(words)?;
        let at = self.clock.max(self.session.world.now) + Span::from_micros(1);
        if at > self.plan().until {
            return Err(format!(
                "the run ends at {}: nothing can be done at its end (raise `until` with --until)",
                self.plan().until.since(self.plan().start)
            ));
        }
        let toml = action_toml(at.since(self.plan().start), &spoken);
        let w = &self.session.world;
        let earlier = w.live.iter().map(Arc::as_ref);
        let action = scenario::action(&toml, &w.plan, &w.templates, earlier)
            .map_err(|problems| problems.render(false))?;
        let action = Arc::new(Action { words: words.trim().to_owned(), ..Arc::unwrap_or_clone(action) });

        let stood = (self.position(), self.clock);
        let dropped = self.done().iter().filter(|done| done.step > stood.0).cloned().collect();
        self.forget_after(self.position());
        // As the file's last action it would have the number after all that the run begins with.
        while self.session.world.queue.peek().is_some_and(|next| next < (at, self.first.1)) && self.play() {}
        let done = Done { step: self.position() + 1, action, toml, stood, dropped };
        self.session.done = self.session.done.iter().cloned().chain([done]).collect();
        self.play();
        self.world().log.last().cloned().ok_or_else(|| "nothing was done".to_owned())
    }

    /// Takes the last thing back that was done, wherever that was, and stands there; what it had dropped is to come again.
    /// Tells what it was.
    ///
    /// # Errors
    /// When nothing has been done.
    pub fn undo(&mut self) -> Result<Done, String> {
        let Some(last) = self.session.done.last().cloned() else {
            return Err("nothing has been done that could be taken back".to_owned());
        };
        let (position, clock) = last.stood;
        self.seek(position);
        self.forget_after(last.step - 1);
        self.clock = clock;
        // The run up to here is the one on which they were done: their steps are the same.
        self.session.done = self.session.done.iter().chain(last.dropped.iter()).cloned().collect();
        Ok(last)
    }

    /// What the cluster has answered so far where something was not done.
    pub fn answers(&self) -> &[String] {
        &self.session.world.answers
    }

    /// The scenario with everything that was done up to here, as a file that replays to the same bytes. Overrides and
    /// another seed are written into it; then it is spelled anew, without the comments of the original.
    pub fn saved(&self) -> String {
        let here = self.position();
        let done = self.done().iter().filter(|done| done.step <= here);
        let actions = done.fold(String::new(), |text, done| format!("{text}\n{}", done.toml));
        let mut overrides = self.script.overrides.clone();
        if self.seed != self.plan().seed {
            overrides.push(format!("seed={}", self.seed));
        }
        if overrides.is_empty() {
            let mut text = self.script.text.clone();
            if !text.ends_with('\n') && !actions.is_empty() {
                text.push('\n');
            }
            text.push_str(&actions);
            if is_toml(&text) {
                return text;
            }
        }
        // Either there is more to be written into it, or its list of actions stands on one line and has to be opened.
        Script { overrides, ..self.script.clone() }.merged(&actions)
    }
}

fn is_toml(text: &str) -> bool {
    let mut problems = Diagnostics::default();
    tree::parse(0, text, &mut problems);
    problems.errors() == 0
}

/// A verb, its target, and further keys with their values in TOML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spoken {
    verb: &'static str,
    target: String,
    keys: Vec<(&'static str, String)>,
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn action_toml(at: Span, action: &Spoken) -> String {
    let mut text = String::new();
    let micros = at.micros();
    let _ = writeln!(text, "[[action]]\nat = \"{}.{:06}s\"", micros / 1_000_000, micros % 1_000_000);
    let _ = writeln!(text, "{} = {}", action.verb, quoted(&action.target));
    for (key, value) in &action.keys {
        let _ = writeln!(text, "{key} = {value}");
    }
    text
}

/// kubectl's flags and what the scenario format calls them.
const FLAGS: [(&str, &str); 6] = [
    ("--grace-period", "gracePeriodSeconds"),
    ("--force", "force"),
    ("--now", "gracePeriodSeconds=1"),
    ("-n", "namespace"),
    ("--namespace", "namespace"),
    ("-c", "container"),
];
const KINDS: [(&str, &str); 12] = [
    ("pod", "pod"),
    ("pods", "pod"),
    ("po", "pod"),
    ("node", "node"),
    ("nodes", "node"),
    ("no", "node"),
    ("configmap", "ConfigMap"),
    ("cm", "ConfigMap"),
    ("secret", "Secret"),
    ("pvc", "PersistentVolumeClaim"),
    ("serviceaccount", "ServiceAccount"),
    ("sa", "ServiceAccount"),
];

/// Reads `delete pod/web gracePeriodSeconds=5` as well as `kubectl delete pod web --grace-period=5`.
///
/// # Errors
/// Says what is wrong, and what would be accepted.
pub fn parse(words: &str) -> Result<Spoken, String> {
    let mut list = split(words)?.into_iter().peekable();
    if list.peek().is_some_and(|word| word == "kubectl") {
        list.next();
    }
    let verbs = || VERBS.iter().map(|v| v.verb).collect::<Vec<_>>();
    let Some(word) = list.next() else {
        return Err(format!("what is to be done? One of {}", verbs().join(", ")));
    };
    let Some(keys) = VERBS.iter().find(|v| v.verb.eq_ignore_ascii_case(&word)) else {
        let near = crate::scenario::diagnostic::nearest(&word, &verbs());
        let hint = near
            .map_or_else(|| format!("verbs are {}", verbs().join(", ")), |n| format!("did you mean `{n}`?"));
        return Err(format!("`{word}` is nothing that can be done here; {hint}"));
    };
    let mut action = Spoken { verb: keys.verb, target: String::new(), keys: Vec::new() };
    let mut kind = None;
    while let Some(word) = list.next() {
        let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
        let word = match FLAGS.iter().find(|(name, _)| *name == flag) {
            Some((_, "gracePeriodSeconds=1")) => "gracePeriodSeconds=1".to_owned(),
            Some((_, "force")) => "force=true".to_owned(),
            Some((_, key)) => match word.split_once('=') {
                Some((_, value)) => format!("{key}={value}"),
                None => format!("{key}={}", list.next().unwrap_or_default()),
            },
            None => word,
        };
        if let Some((key, value)) = word.split_once('=')
            && let Some(known) = ACTION.key(key)
        {
            action.keys.push((known.name, value_toml(known.kind, value)?));
        } else if action.target.is_empty() && word.contains('/') {
            let (own, name) = word.split_once('/').unwrap_or_default();
            action.target = format!("{}/{name}", noun(own));
        } else if action.target.is_empty() && KINDS.iter().any(|(k, _)| *k == word.to_lowercase()) {
            kind = Some(noun(&word));
        } else if action.target.is_empty() {
            // `cordon node-0`, `evict web`: the verb says what kind it is.
            let own = kind.take().or_else(|| match ACTION.key(keys.verb).map(|k| k.kind) {
                Some(Kind::Target(Nouns::Node)) => Some("node".to_owned()),
                Some(Kind::Target(Nouns::Object)) => None,
                _ => Some("pod".to_owned()),
            });
            let Some(own) = own else {
                return Err(format!("`{word}`: of what kind? As in {} ConfigMap/{word}", keys.verb));
            };
            action.target = format!("{own}/{word}");
        } else {
            let takes: Vec<String> = keys.needs.iter().chain(keys.takes).map(|k| format!("{k}=…")).collect();
            let takes = if takes.is_empty() { "nothing further".to_owned() } else { takes.join(", ") };
            return Err(format!("`{word}` means nothing to `{}`, which takes {takes}", keys.verb));
        }
    }
    if action.target.is_empty() {
        let nouns = match ACTION.key(keys.verb).map(|k| k.kind) {
            Some(Kind::Target(Nouns::Node)) => "{} node/node-0",
            Some(Kind::Target(Nouns::Object)) => "{} ConfigMap/settings",
            Some(Kind::Target(Nouns::Pod)) => "{} pod/web",
            _ => "{} pod/web, {} node/node-0",
        };
        return Err(format!("`{}` what? As in {}", keys.verb, nouns.replace("{}", keys.verb)));
    }
    Ok(action)
}

fn noun(word: &str) -> String {
    let lower = word.to_lowercase();
    KINDS.iter().find(|(k, _)| *k == lower).map_or_else(|| word.to_owned(), |(_, kind)| (*kind).to_owned())
}

/// Splits at blanks that stand in no quotes and no brackets.
fn split(words: &str) -> Result<Vec<String>, String> {
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

/// A value as TOML: as it is where the format wants a number, a truth or a table, quoted where it wants a text.
fn value_toml(kind: Kind, value: &str) -> Result<String, String> {
    let plain = value.trim_matches(['"', '\'']);
    let bare = match kind {
        Kind::Integer(..) | Kind::Bool | Kind::Chance => true,
        Kind::Map(_) | Kind::List(_) | Kind::Any | Kind::Table(_) => true,
        Kind::Signal => plain.parse::<u8>().is_ok(),
        _ => false,
    };
    let text = if bare { value.to_owned() } else { quoted(plain) };
    if tree::parse_value(0, &text).is_none() {
        return Err(format!("`{value}` cannot be read (a table is written {{ key = \"value\" }})"));
    }
    Ok(text)
}
