//! A question that is made of the run, a part at a time.
//!
//! What is right is found by playing on, which of a large fleet, or of a pod to which nothing happens for long, takes long. So
//! the walk stays where it is, a copy of its world goes ahead, and whoever waits is shown something between two parts and can
//! leave. What the copy plays for the first time is known from then on, as if the walk had gone there and come back.

use super::kept::Scout;
use super::predict::{Asked, NextStatus};
use super::{Move, Session, Walk, Why};
use crate::api::{InstanceState, Sym};
use crate::engine::random::entity;
use crate::record::{Change, Transition};
use crate::world::PodId;

/// A question on its way.
pub struct Asking {
    stage: Stage,
    /// What decides which question it is.
    pick: u64,
    /// One that has been of use, and is not freed yet.
    spent: Option<Box<Scout>>,
}

enum Stage {
    /// The next change is looked for, of a pod or of anything: only one of STATUS is asked about.
    Deciding(Option<Box<Scout>>, Option<u32>),
    /// The next change of STATUS is looked for, of this pod or of any.
    Looking(Option<Box<Scout>>, Option<PodId>),
    /// The causes of what was written there are looked up.
    Explaining(Found),
    /// What is asked, of so many kinds of questions those from here on.
    Choosing(NextStatus, usize),
    /// When a container starts is looked for.
    Starting(Option<Box<Scout>>, NextStatus, usize, Sym),
    /// A question waits, or there is none.
    Over(bool),
}

/// A change of STATUS.
struct Found {
    row: Transition,
    pod: PodId,
    from: Sym,
    to: Sym,
}

impl Found {
    /// The first of these rows that is one, of this pod or of any.
    fn among(rows: &[Transition], pod: Option<PodId>) -> Option<Found> {
        rows.iter().find_map(|row| match row.change {
            Change::Status { from, to, .. } if from != to && !from.is_empty() => {
                let own = PodId(row.pod?);
                pod.is_none_or(|pod| pod == own).then_some(Found { row: *row, pod: own, from, to })
            }
            _ => None,
        })
    }
}

/// How many kinds of questions there are.
const KINDS: usize = 3;

impl Walk {
    /// A question about what comes next for the selected pod, or for the one that changes first; with a move before which it is
    /// to be asked only where STATUS is what changes next.
    pub fn begin_asking(&mut self, before: Option<&Move>) -> Asking {
        let pick =
            entity(&[&self.plan().name, &self.position().to_string(), &self.quiz.asked.len().to_string()]);
        let stage = match before {
            None => Stage::Looking(None, self.selected),
            Some(Move::PodChange(pod)) => Stage::Deciding(None, Some(pod.0)),
            Some(_) => Stage::Deciding(None, None),
        };
        self.make_room();
        Asking { stage, pick, spent: None }
    }

    /// Goes on with it by no more than about so many steps; whether a question waits now, None where more is left to do.
    pub fn ask_on(&mut self, asking: &mut Asking, steps: usize) -> Option<bool> {
        let mut left = steps;
        self.checkpoints.free_some();
        loop {
            asking.spent = None;
            if let Stage::Over(is_asked) = asking.stage {
                return Some(is_asked);
            }
            if left == 0 {
                return None;
            }
            let stage = std::mem::replace(&mut asking.stage, Stage::Over(false));
            asking.stage = match stage {
                Stage::Deciding(mut scout, pod) => {
                    let is_own = |row: &&Transition| pod.is_none_or(|pod| row.pod == Some(pod));
                    let next = self.look_ahead_of(&mut scout, &mut left, |rows, _| {
                        let mut own = rows.iter().filter(is_own).peekable();
                        own.peek()?;
                        Some(own.any(|row| Found::among(std::slice::from_ref(row), None).is_some()))
                    });
                    match next {
                        Looked::MoreIsLeft => Stage::Deciding(scout, pod),
                        found => {
                            asking.spent = scout;
                            match found {
                                Looked::Found(true) => Stage::Looking(None, self.selected),
                                _ => Stage::Over(false),
                            }
                        }
                    }
                }
                Stage::Looking(mut scout, pod) => {
                    match self.look_ahead_of(&mut scout, &mut left, |rows, _| Found::among(rows, pod)) {
                        Looked::MoreIsLeft => Stage::Looking(scout, pod),
                        found => {
                            asking.spent = scout;
                            match found {
                                Looked::Found(found) => Stage::Explaining(found),
                                // The pod may have vanished, or ended for good: another one will do.
                                _ if pod.is_some() => Stage::Looking(None, None),
                                _ => Stage::Over(false),
                            }
                        }
                    }
                }
                Stage::Explaining(found) => {
                    let part = std::mem::take(&mut left);
                    match self.look_up_ahead(&found.row, part) {
                        false => Stage::Explaining(found),
                        true => {
                            left = (part / 2).saturating_sub(self.world().pods.len());
                            let why = in_short(&self.why_ahead(&found.row));
                            let Found { row, pod, from, to } = found;
                            Stage::Choosing(NextStatus { pod, from, to, at: row.time, why }, 0)
                        }
                    }
                }
                Stage::Choosing(next, kind) => self.choose(next, kind, asking.pick),
                Stage::Starting(mut scout, next, kind, name) => {
                    let started = self.look_ahead_of(&mut scout, &mut left, |_, there| {
                        let live = there.world.find_local(next.pod)?.live().newest(name).copied()?;
                        live.started_at.filter(|_| live.state == InstanceState::Running)
                    });
                    let asked = match started {
                        Looked::MoreIsLeft => {
                            asking.stage = Stage::Starting(scout, next, kind, name);
                            continue;
                        }
                        Looked::Nothing => None,
                        Looked::Found(at) => self.restart_question(&next, name, at, asking.pick),
                    };
                    asking.spent = scout;
                    self.put(asked).unwrap_or(Stage::Choosing(next, kind + 1))
                }
                over @ Stage::Over(_) => over,
            };
        }
    }

    /// The kinds of questions in the order in which they are tried here, from one of them on.
    fn choose(&mut self, next: NextStatus, kind: usize, pick: u64) -> Stage {
        let asked = match (kind + (pick >> 20) as usize % KINDS) % KINDS {
            _ if kind == KINDS => return Stage::Over(false),
            0 => self.status_question(&next, pick),
            1 => self.phase_question(&next, pick),
            _ => match self.waits_for_start(next.pod) {
                Some(name) => return Stage::Starting(None, next, kind, name),
                None => None,
            },
        };
        self.put(asked).unwrap_or(Stage::Choosing(next, kind + 1))
    }

    /// Puts a question, unless there is none: nobody is asked the same thing at the same place twice.
    fn put(&mut self, asked: Option<Asked>) -> Option<Stage> {
        let asked = asked?;
        let is_again = self.quiz.asked.iter().any(|other| other.at == asked.at && other.ask == asked.ask);
        if is_again {
            return None;
        }
        self.quiz.asked.push(asked);
        Some(Stage::Over(true))
    }

    /// A scout, sent out where there is none yet, goes on until something is found in what it writes, or in its world.
    fn look_ahead_of<T>(
        &mut self,
        scout: &mut Option<Box<Scout>>,
        left: &mut usize,
        look: impl Fn(&[Transition], &Session) -> Option<T>,
    ) -> Looked<T> {
        /// What so many steps tell is held before it is known.
        const MOST: usize = 1 << 16;
        let scout = scout.get_or_insert_with(|| {
            let mut scout = Box::new(Scout::here(&mut self.session));
            scout.looks_alone();
            scout
        });
        while *left > 0 {
            let (played, is_over, found) = self.play_ahead(scout, (*left).min(MOST), &look);
            *left -= played;
            match found {
                Some(found) => return Looked::Found(found),
                None if is_over => return Looked::Nothing,
                None => {}
            }
        }
        Looked::MoreIsLeft
    }
}

/// Why a row was written, in short. Who wrote it, and that a sync computed it, is so of every status.
fn in_short(why: &Why) -> String {
    let links = why.links.iter().skip(1).filter(|link| link.component != "kubelet: pod worker").take(4);
    let reasons: Vec<String> = links.map(|link| format!("{}: {}", link.component, link.text)).collect();
    reasons.join(". ")
}

enum Looked<T> {
    Found(T),
    /// The run ends before.
    Nothing,
    MoreIsLeft,
}
