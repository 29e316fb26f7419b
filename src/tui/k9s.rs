//! What hands do that know k9s: words behind `:` and keys, in one table.
//!
//! What this screen has works as there; what it cannot have (contexts, shells, dumps) is answered in one line that says what
//! there is instead. Words are those of k9s (`internal/view/cmd/types.go` and `loadDefaults` in `internal/config/alias.go` of
//! derailed/k9s), keys those that it shows above its tables. Help and the documentation are made of, or held against, this table.

use std::fmt::Write as _;

use ratatui::crossterm::event::KeyEvent;

use super::app::App;
use super::keys;
use super::page::Page;
use super::views::{self, Filter, View};

/// What somebody types or presses who knows k9s.
pub struct Habit {
    /// Words behind `:` that mean the same, the most usual one first, or keys as this screen calls them.
    pub typed: &'static [&'static str],
    /// What there is here, in one line.
    pub told: &'static str,
    does: Does,
}

/// What it does here.
enum Does {
    /// It cannot be had: what there is instead is told.
    Instead,
    /// A view of another name.
    Shows(&'static str),
    /// The first view, as what it draws stands there.
    Tree,
    /// The names of all views.
    Lists,
    /// The keys.
    Helps,
    /// Leaves.
    Leaves,
    /// It is a key of this screen that does something else: help alone tells of it.
    Else,
}

const fn habit(typed: &'static [&'static str], told: &'static str, does: Does) -> Habit {
    Habit { typed, told, does }
}

/// Words behind `:`.
pub static WORDS: [Habit; 17] = [
    habit(&["q", "quit", "q!", "qa", "exit"], "leaves", Does::Leaves),
    habit(&["help", "h", "?"], "the keys", Does::Helps),
    habit(&["alias", "aliases", "a"], "the names of all views; Ctrl-A as well", Does::Lists),
    habit(&["dp"], "the view `:deploy`", Does::Shows("deploy")),
    habit(&["jo"], "the view `:job`", Does::Shows("job")),
    habit(&["wk", "workload", "workloads"], "the first view, `:all`", Does::Shows("all")),
    habit(&["xray", "xr", "x"], "the tree is the first view already: `:all`", Does::Tree),
    habit(
        &["pulse", "pulses", "pu", "hz"],
        "no pulses: `:all` has curves of who is available, 8 shows the nodes",
        Does::Instead,
    ),
    habit(
        &["ctx", "context", "contexts"],
        "one cluster stands here, the run's: `:no` lists its nodes, `:ns` namespaces",
        Does::Instead,
    ),
    habit(&["0"], "all namespaces are listed already; `:ns` and Enter keep one", Does::Instead),
    habit(
        &["crd", "crds", "customresourcedefinition", "customresourcedefinitions"],
        "kinds of one's own are not played; `kubelapse serve` keeps them",
        Does::Instead,
    ),
    habit(
        &[
            "role",
            "roles",
            "ro",
            "rolebinding",
            "rolebindings",
            "rb",
            "clusterrole",
            "clusterroles",
            "cr",
            "clusterrolebinding",
            "clusterrolebindings",
            "crb",
            "usr",
            "user",
            "users",
            "grp",
            "group",
            "groups",
            "can",
        ],
        "there is no RBAC in a run: whoever does something may do it",
        Does::Instead,
    ),
    habit(
        &["ing", "ingress", "ingresses", "netpol", "np", "networkpolicy", "networkpolicies"],
        "there is no network here: `:svc` and `:ep` tell who is behind a Service",
        Does::Instead,
    ),
    habit(
        &["pf", "portforward", "portforwards", "port-forward", "bench", "benchmark", "benchmarks", "be"],
        "containers run no code here: there is nothing to connect to",
        Does::Instead,
    ),
    habit(
        &["screendump", "screendumps", "sd"],
        "no dumps: `s` saves what was done, `kubelapse run --format html` draws it",
        Does::Instead,
    ),
    habit(
        &["popeye", "pop", "sanitize", "sanitizer"],
        "after leaving, `kubelapse audit` says what a manifest does not stand",
        Does::Instead,
    ),
    habit(
        &[
            "get", "describe", "logs", "delete", "edit", "scale", "apply", "patch", "rollout", "set",
            "drain", "cordon", "uncordon", "label", "taint", "kubectl", "dir", "ls",
        ],
        "commands are typed behind `x`; `d` describes, `l` shows logs, `y` the YAML",
        Does::Instead,
    ),
];

/// Keys.
pub static PRESSED: [Habit; 11] = [
    habit(&["Ctrl-A"], "the names of all views, as there", Does::Else),
    habit(&["0"], "all namespaces are listed already; `:ns` and Enter keep one", Does::Instead),
    habit(&["e"], "edit: Enter has forms with the values of now; x takes `patch`", Does::Instead),
    habit(&["i"], "set image: Enter has a form for it; x takes `set image`", Does::Instead),
    habit(&["Ctrl-K"], "kill: Enter, delete, grace 0; or x delete pod/NAME --now", Does::Instead),
    habit(&["Ctrl-D"], "scrolls; to delete: Enter, delete", Does::Else),
    habit(&["Ctrl-W", "Ctrl-E"], "columns come with the width; Z gives one pane the screen", Does::Instead),
    habit(&["["], "back: Esc goes back to the view before", Does::Instead),
    habit(&["s"], "saves what was done; no shell: containers run no code", Does::Else),
    habit(&["p"], "plays; previous logs: l, then v", Does::Else),
    habit(&["F"], "goes back to the failure before; no port is forwarded", Does::Else),
];

/// What is told of it where it is typed.
fn word(word: &str) -> Option<&'static Habit> {
    WORDS.iter().find(|habit| habit.typed.contains(&word))
}

/// What there is instead of what a key does in k9s that does nothing here.
pub(super) fn instead(key: KeyEvent) -> Option<&'static str> {
    let name = keys::name(key)?;
    let found = PRESSED.iter().find(|habit| habit.typed.contains(&name.as_str()))?;
    matches!(found.does, Does::Instead).then_some(found.told)
}

/// All words, for who looks for the nearest one.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|habit| habit.typed.iter().copied())
}

/// Other names of a view.
fn others(view: &str) -> impl Iterator<Item = &'static str> {
    let is_it = move |habit: &&Habit| matches!(habit.does, Does::Shows(own) if own == view);
    WORDS.iter().filter(is_it).flat_map(|habit| habit.typed.iter().copied())
}

/// The names of all views.
fn listed() -> String {
    let mut text = String::new();
    for line in views::TAKES {
        let (name, what) = line.split_once(' ').unwrap_or((line, ""));
        let others: Vec<&str> = views::others(name).into_iter().chain(others(name)).collect();
        let others = if others.is_empty() { String::new() } else { format!(" (also {})", others.join(", ")) };
        let _ = writeln!(text, ":{name:<8}{}{others}", what.trim());
    }
    text + "\nBehind a name: a namespace, /words, or labels (app=web), of which rows are kept.\n"
}

impl App {
    /// A line behind `:`: a view, with a namespace, words or labels that are kept of it; or what k9s does by it.
    pub(super) fn show_named(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim().trim_start_matches(':').trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let first = first.to_lowercase();
        if first.is_empty() {
            return Ok(());
        }
        let name = match word(&first) {
            None => first.as_str(),
            Some(habit) => match habit.does {
                Does::Shows(view) => view,
                Does::Instead | Does::Else => return Err(habit.told.to_owned()),
                Does::Tree => {
                    self.show(View::All);
                    self.tell(habit.told);
                    return Ok(());
                }
                Does::Lists => {
                    self.read_views();
                    return Ok(());
                }
                Does::Helps => {
                    self.mode = super::app::Mode::Reading(Page::keys());
                    return Ok(());
                }
                Does::Leaves => {
                    self.leave();
                    return Ok(());
                }
            },
        };
        let view = View::named(name)?;
        let filter = self.kept_of(name, rest.trim())?;
        match (&view, filter) {
            (_, None) => self.show(view),
            // As Enter on a namespace does.
            (View::Lines(views::NAMESPACES), Some(filter)) if filter.words.starts_with("-n ") => {
                self.show(View::Pods);
                self.sift(filter);
            }
            (View::Lines(_) | View::Nodes | View::Coming, Some(filter)) if filter.words.starts_with('-') => {
                return Err(format!(
                    "`:{name}` has no namespaces and labels to keep; `:{name} /words` keeps rows"
                ));
            }
            (_, Some(filter)) => {
                self.show(view);
                self.sift(filter);
            }
        }
        Ok(())
    }

    /// Opens the names of all views.
    pub(super) fn read_views(&mut self) {
        self.read("Views".to_owned(), listed());
    }

    /// Which rows of a view are kept by what stands behind its name.
    fn kept_of(&self, view: &str, rest: &str) -> Result<Option<Filter>, String> {
        let own = |words: String| Ok(Some(Filter { words }));
        let known = || self.walk.get("namespaces -o name").unwrap_or_default();
        match rest {
            "" | "all" | "-A" => Ok(None),
            _ if rest.starts_with('@') => Err(word("ctx").map_or("", |habit| habit.told).to_owned()),
            _ if rest.starts_with('/') => own(rest.trim_start_matches('/').trim().to_owned()),
            _ if rest.starts_with(['-', '!']) => own(rest.to_owned()),
            _ if rest.contains('=') => own(format!("-l {rest}")),
            _ if known().lines().any(|own| own.strip_prefix("namespace/") == Some(rest)) => {
                own(format!("-n {rest}"))
            }
            _ => Err(format!("there is no namespace `{rest}`; `:{view} /{rest}` keeps rows with that word")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No word stands in two rows, and none hides a view but for what means it.
    #[test]
    fn each_word_has_one_meaning() {
        let mut all: Vec<&str> = words().collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
        let views: Vec<&&str> = all.iter().filter(|word| View::named(word).is_ok()).collect();
        assert!(views.is_empty(), "views as well: {views:?}");
        for habit in &WORDS {
            if let Does::Shows(view) = habit.does {
                assert!(View::named(view).is_ok(), "{view}");
            }
        }
    }

    /// The smallest screen has room for what is told in a line.
    #[test]
    fn what_is_told_fits_into_a_line() {
        for habit in WORDS.iter().chain(&PRESSED) {
            let told = format!("! `Ctrl-K`: {}", habit.told);
            let width = if PRESSED.iter().any(|own| std::ptr::eq(own, habit)) {
                told.len()
            } else {
                habit.told.len() + 2
            };
            assert!(width <= 80, "{width}: {}", habit.told);
        }
    }
}
