//! Lines that are typed at the foot of the screen: what for, and what they take.

use crate::scenario::format::VERBS;
use crate::session::{Breakpoint, Direction};

/// What a line is typed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prompt {
    Goto,
    Until(Direction),
    Break,
    Do,
    Save,
    View,
    Filter,
    Again,
}

impl Prompt {
    pub fn asks(self) -> (&'static str, &'static str) {
        match self {
            Prompt::Goto => ("Go to", "1m30s, +10s, -10s"),
            Prompt::Until(Direction::Forward) => ("Forward until", "status=CrashLoopBackOff pod=web"),
            Prompt::Until(Direction::Back) => ("Back until", "condition=Ready:True"),
            Prompt::Break => ("Breakpoint", "restarts>=3; empty clears all"),
            Prompt::Do => ("Do now", "delete pod/web gracePeriodSeconds=5"),
            Prompt::Save => ("Save as", "lesson.toml"),
            Prompt::View => ("View", "deploy, po, no, ev, all"),
            Prompt::Again => ("Which question again", "2; empty: the last one"),
            Prompt::Filter => ("Keep rows with", "CrashLoop, !Running, -l app=web, -n shop; empty: all"),
        }
    }
}

impl Prompt {
    /// Everything that may be typed, by examples.
    pub fn takes(self) -> Vec<&'static str> {
        const WORDS: [&str; 16] = [
            "status=CrashLoopBackOff pod=web",
            "phase=Failed",
            "condition=Ready:False",
            "event=BackOff",
            "restarts>=3",
            "exit=137",
            "ready=0/1",
            "ready>=3 service=web",
            "container=app:terminated",
            "gone pod=web",
            "rollout=complete deployment=web",
            "pod=web-*",
            "deployment=web",
            "namespace=shop",
            "node=node-0",
            "reason=Evicted",
        ];
        match self {
            Prompt::Do => VERBS.iter().map(|verb| verb.example).collect(),
            Prompt::Until(_) | Prompt::Break => {
                WORDS.into_iter().filter(|words| Breakpoint::parse(words).is_ok()).collect()
            }
            Prompt::View => super::views::TAKES.to_vec(),
            Prompt::Filter => vec![
                "CrashLoop    rows with these words, whatever their case",
                "!Running     rows without them",
                "-l app=web   what has these labels",
                "-n shop      what is in this namespace",
            ],
            Prompt::Again => {
                vec!["empty        the last one that was asked", "2            the lesson's second question"]
            }
            Prompt::Goto => {
                vec!["1m30s        since the start", "+10s         from here", "-10s         back from here"]
            }
            Prompt::Save => vec!["lesson.toml", "lesson.toml --force    over a file that is there"],
        }
    }
}
