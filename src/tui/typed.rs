//! Lines that are typed at the foot of the screen, and what is done with them: where to go, what to do, what to list and to keep. A
//! filter is applied as it is typed; Tab completes, and the arrow up asks for what was typed before.

use std::collections::BTreeMap;

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::app::{App, Mode};
use super::input::Input;
use super::prompt::Prompt;
use super::views::Filter;
use crate::session::{Breakpoint, Direction, Move, get, tree};
use crate::time::Time;
use crate::world::PodId;

/// A line that is being typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typing {
    /// What for.
    pub prompt: Prompt,
    /// So far.
    pub input: Input,
    /// The filter that Esc brings back.
    before: Filter,
}

/// What was typed before, by what it was typed for.
#[derive(Default)]
pub(super) struct Said(BTreeMap<&'static str, Vec<String>>);

impl Said {
    fn of(&self, prompt: Prompt) -> &[String] {
        self.0.get(prompt.asks().0).map_or(&[][..], Vec::as_slice)
    }
    fn keep(&mut self, prompt: Prompt, text: &str) {
        let all = self.0.entry(prompt.asks().0).or_default();
        if !text.is_empty() && all.last().is_none_or(|last| last != text) {
            all.push(text.to_owned());
        }
    }
}

/// A file's name with the ending of a scenario, where it has none.
fn as_scenario(text: &str) -> String {
    const FORCE: &str = " --force";
    let (name, force) = text.strip_suffix(FORCE).map_or((text, ""), |name| (name.trim_end(), FORCE));
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.contains('.') { text.to_owned() } else { format!("{name}.toml{force}") }
}

/// What to press instead, where somebody has typed a command of kubectl as if this were a shell: its first letter has opened a line
/// for something else.
fn meant(prompt: Prompt, text: &str) -> Option<String> {
    let letter = match prompt {
        Prompt::Goto => 'g',
        Prompt::Until(Direction::Forward) => 'u',
        Prompt::Save => 's',
        _ => return None,
    };
    let line = format!("{letter}{text}");
    let verb = line.split_whitespace().next().filter(|verb| verb.len() > 1)?;
    match verb {
        "get" => Some(format!(
            "`{line}`: `:` lists (:po, :deploy, :no), y shows the YAML, d describes, l shows logs"
        )),
        "set" | "scale" | "uncordon" | "undo" => {
            Some(format!("`{line}`: press x first, and then type the command"))
        }
        _ => None,
    }
}

impl App {
    /// A line is typed for this.
    pub fn ask_for(&mut self, prompt: Prompt) {
        let before = self.filter.clone();
        if prompt == Prompt::Filter {
            self.sift(Filter::default());
        }
        self.mode = Mode::Typing(Typing { prompt, input: Input::default(), before });
    }

    pub(super) fn sift(&mut self, filter: Filter) {
        self.filter = filter;
        self.row = 0;
        self.kept.look_on();
    }

    pub(super) fn typing_key(&mut self, key: KeyEvent, mut typing: Typing, save: super::Save<'_>) {
        match key.code {
            KeyCode::Esc => {
                if typing.prompt == Prompt::Filter {
                    self.sift(typing.before);
                }
                return;
            }
            KeyCode::Enter => {
                let text = typing.input.take();
                self.said.keep(typing.prompt, text.trim());
                return self.typed(typing.prompt, &text, save);
            }
            KeyCode::Tab => {
                let words = self.words_for(typing.prompt, typing.input.text());
                typing.input.complete(&words);
            }
            KeyCode::Backspace if typing.input.text().is_empty() => {
                if typing.prompt == Prompt::Filter {
                    self.sift(typing.before);
                }
                return;
            }
            _ => drop(typing.input.key(key, self.said.of(typing.prompt))),
        }
        let words = typing.input.text();
        if typing.prompt == Prompt::Filter && self.filter.words != words {
            self.sift(Filter { words: words.to_owned() });
        }
        self.mode = Mode::Typing(typing);
    }

    /// The words that the last one of a line may be.
    fn words_for(&self, prompt: Prompt, text: &str) -> Vec<String> {
        let first = |line: &&str| line.split(' ').next().unwrap_or_default().to_owned();
        let is_first = !text.contains(' ');
        match prompt {
            Prompt::Do if is_first => {
                let kubectl =
                    ["set", "rollout", "apply", "drain", "scale", "delete", "patch", "label", "taint"];
                prompt.takes().iter().map(first).chain(kubectl.map(str::to_owned)).collect()
            }
            Prompt::Do => self.names(text),
            Prompt::Until(_) | Prompt::Break => prompt
                .takes()
                .iter()
                .flat_map(|line| line.split(' '))
                .filter_map(|word| word.split_inclusive(['=', '>']).next())
                .map(str::to_owned)
                .collect(),
            Prompt::View if is_first => super::views::names().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// What there is by kind and name, and the words that follow kubectl's verbs.
    fn names(&self, text: &str) -> Vec<String> {
        let w = self.walk.world();
        let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mut all: Vec<String> = match text.split_whitespace().next() {
            Some("set") => of(&["image", "resources", "env", "selector"]),
            Some("rollout") => of(&["undo", "restart", "pause", "resume", "status"]),
            _ => Vec::new(),
        };
        all.extend(get::objects(w).map(|key| tree::name(w, key)));
        let nodes = w.nodes.iter().filter(|node| node.exists);
        all.extend(nodes.map(|node| format!("node/{}", node.spec.name)));
        let pods = PodId::all(w.pods.len()).filter(|pod| w.pods[pod.ix()].exists);
        all.extend(pods.map(|pod| format!("pod/{}", w.pods[pod.ix()].ident.name)));
        all
    }

    /// A line was typed to its end.
    pub fn typed(&mut self, prompt: Prompt, text: &str, save: super::Save<'_>) {
        self.mode = Mode::Walk;
        let text = text.trim();
        if let Some(told) = meant(prompt, text) {
            return self.refuse(told);
        }
        let done = match prompt {
            Prompt::Goto => self.instant(text).map(|at| self.go_to(at)),
            Prompt::Until(direction) => {
                Breakpoint::parse(text).map(|breakpoint| self.moved(direction, &Move::Until(breakpoint)))
            }
            Prompt::Break if text.is_empty() => {
                self.walk.breakpoints.clear();
                self.tell("no breakpoints");
                Ok(())
            }
            Prompt::Break => Breakpoint::parse(text).map(|breakpoint| {
                self.tell(format!("breakpoint: {breakpoint} (c goes there, C back)"));
                self.walk.breakpoints.push(breakpoint);
            }),
            Prompt::Do => {
                self.do_line(text, None);
                Ok(())
            }
            Prompt::Again => {
                self.ask_again(text);
                Ok(())
            }
            Prompt::View => self.show_named(text),
            Prompt::Filter => {
                self.sift(Filter { words: text.to_owned() });
                Ok(())
            }
            Prompt::Save => save(&self.walk, &as_scenario(text)).map(|told| {
                self.saved = self.changes;
                self.tell(told);
            }),
        };
        if let Err(problem) = done {
            self.refuse(problem);
        }
    }

    fn instant(&self, text: &str) -> Result<Time, String> {
        let span = |text: &str| {
            crate::scenario::values::parse_duration(text)
                .map_err(|why| format!("`{text}`: {why}; as in 1m30s, +10s, -10s"))
        };
        Ok(match text.chars().next() {
            Some('+') => self.walk.now() + span(&text[1..])?,
            Some('-') => self.walk.now() - span(&text[1..])?,
            _ => self.walk.plan().start + span(text)?,
        })
    }
}
