//! The bench: a recorded run, shown simulated ones seed by seed, and then asked.

use std::collections::{BTreeMap, BTreeSet};

use super::run::{Numbers, Run};
use crate::compare::fidelity::{Aligned, Allowances, Judgement, Referee, SHORT};
use crate::compare::life::{Life, State};
use crate::compare::ranks::Gap;

/// A state of a workload or of endpoints that is shorter than this on its own side may be left out: two pods that become
/// ready one after the other give one update or two.
pub const SHORT_OF_WORKLOADS: i64 = 250_000;

/// What somebody judges by.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// A pod's state that is shorter than this may be left out.
    pub short_of_pods: i64,
    /// So much more than the measure's own room may a gap differ, in microseconds.
    pub slack: i64,
}

impl Default for Room {
    fn default() -> Room {
        Room { short_of_pods: SHORT, slack: 0 }
    }
}

/// One recorded run and what simulated ones showed of it.
#[derive(Clone, Debug)]
pub struct Bench<'a> {
    recorded: &'a Run,
    workloads: BTreeMap<&'a str, Referee<'a, Numbers>>,
    services: BTreeMap<&'a str, Referee<'a, Numbers>>,
    /// In the order of creation.
    pods: BTreeMap<&'a str, Vec<Referee<'a, State>>>,
    /// What every run until now had and the recording has not; None before the first.
    strangers: Option<BTreeSet<String>>,
    alike: usize,
    /// How many runs were seen.
    runs: usize,
}

/// How one object or pod was judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// `default/deployment/web`; of a pod what made it and its place: `default/web/2/0`.
    pub name: String,
    /// What holds.
    pub judgement: Judgement,
}

impl Judged {
    /// Sequence, times, conditions and events.
    pub fn holds(&self) -> bool {
        self.judgement.sequence && self.judgement.times && self.judgement.events
    }
}

/// How a run was judged.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Deployments, ReplicaSets, Jobs, …
    pub workloads: Vec<Judged>,
    /// Their endpoints.
    pub services: Vec<Judged>,
    /// Each of them.
    pub pods: Vec<Judged>,
    /// What every simulated run has and the recording has not.
    pub strangers: Vec<String>,
    /// How many seeds have the sequences of all together.
    pub alike: usize,
}

impl Verdict {
    /// All of all, workloads, Services and pods.
    pub fn all(&self) -> impl Iterator<Item = &Judged> {
        self.workloads.iter().chain(&self.services).chain(&self.pods)
    }
    /// Nobody knows the times: they are not judged.
    pub fn without_times(&mut self) {
        for one in self.workloads.iter_mut().chain(&mut self.services).chain(&mut self.pods) {
            let judged = &mut one.judgement;
            judged.times = judged.sequence;
            if judged.times && judged.events {
                judged.difference.clear();
            }
        }
    }
    /// Nothing is missing and nothing too much.
    pub fn holds(&self) -> bool {
        self.strangers.is_empty() && self.all().all(Judged::holds)
    }
}

impl<'a> Bench<'a> {
    /// A bench for one recorded run.
    pub fn new(recorded: &'a Run, room: Room) -> Bench<'a> {
        let allowances = Allowances { made: true, slack: room.slack, ..Allowances::default() };
        let numbers = |lives: &'a BTreeMap<String, Life<Numbers>>| {
            let referee = |life| Referee::new(life, SHORT_OF_WORKLOADS, allowances);
            lives.iter().map(|(key, life)| (key.as_str(), referee(life))).collect()
        };
        let of_pods = |lives: &'a Vec<Life>| {
            lives.iter().map(|life| Referee::new(life, room.short_of_pods, allowances)).collect()
        };
        Bench {
            recorded,
            workloads: numbers(&recorded.workloads),
            services: numbers(&recorded.services),
            pods: recorded.pods.iter().map(|(key, lives)| (key.as_str(), of_pods(lives))).collect(),
            strangers: None,
            alike: 0,
            runs: 0,
        }
    }

    /// One more simulated run.
    pub fn see(&mut self, run: &Run) {
        let mut alike = true;
        let number = self.runs;
        self.runs += 1;
        for (referees, lives) in [(&mut self.workloads, &run.workloads), (&mut self.services, &run.services)]
        {
            for (key, referee) in referees {
                alike &= lives.get(*key).is_some_and(|life| referee.see(number, life));
            }
        }
        for (key, referees) in &mut self.pods {
            alike &= see_pods(number, referees, run.pods.get(*key).map_or(&[], Vec::as_slice));
        }
        let strangers = strangers(self.recorded, run);
        alike &= strangers.is_empty();
        self.alike += usize::from(alike);
        match &mut self.strangers {
            Some(all) => all.retain(|name| strangers.contains(name)),
            none => *none = Some(strangers),
        }
    }

    /// All gaps between states that the matching runs have, for ranking.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let objects = self.workloads.iter().chain(&self.services);
        let objects = objects.flat_map(|(key, referee)| referee.gaps(key));
        let pods = self.pods.iter().flat_map(|(key, own)| own.iter().flat_map(|referee| referee.gaps(key)));
        objects.chain(pods).collect()
    }

    /// The verdict, after the last run.
    #[must_use]
    pub fn judge(&self) -> Verdict {
        let judged = |referees: &BTreeMap<&str, Referee<'_, Numbers>>| {
            let judged = |(key, referee): (&&str, &Referee<'_, Numbers>)| Judged {
                name: (*key).to_owned(),
                judgement: referee.judge(),
            };
            referees.iter().map(judged).collect()
        };
        let pods = self.pods.iter().flat_map(|(key, referees)| {
            let named = referees.len() == 1 && key.matches('/').count() == 1;
            referees.iter().enumerate().map(move |(ix, referee)| Judged {
                name: if named { (*key).to_owned() } else { format!("{key}/{ix}") },
                judgement: referee.judge(),
            })
        });
        Verdict {
            workloads: judged(&self.workloads),
            services: judged(&self.services),
            pods: pods.collect(),
            strangers: self.strangers.iter().flatten().cloned().collect(),
            alike: self.alike,
        }
    }
}

/// Objects, and pods of a maker beyond the recorded number.
fn strangers(recorded: &Run, run: &Run) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (ours, theirs) in [(&run.workloads, &recorded.workloads), (&run.services, &recorded.services)] {
        found.extend(ours.keys().filter(|key| !theirs.contains_key(*key)).cloned());
    }
    for (key, lives) in &run.pods {
        let known = recorded.pods.get(key).map_or(0, Vec::len);
        found.extend((known..lives.len()).map(|ix| format!("pod {key}/{ix}")));
    }
    found
}

/// Who stands for whom: as many as can be have the recorded sequence, and among those the order of creation is kept as
/// far as it can be. Who finds no like is measured by the one in the same place.
fn see_pods(run: usize, referees: &mut [Referee<'_, State>], lives: &[Life]) -> bool {
    let mut tried: Vec<Vec<Option<Aligned>>> = vec![vec![None; lives.len()]; referees.len()];
    let mut taken: Vec<Option<usize>> = vec![None; lives.len()];
    for pod in 0..referees.len() {
        let mut asked = vec![false; lives.len()];
        place(pod, referees, lives, &mut tried, &mut taken, &mut asked);
    }
    let mut all = true;
    for (pod, referee) in referees.iter_mut().enumerate() {
        let stand_in = taken.iter().position(|by| *by == Some(pod)).or((pod < lives.len()).then_some(pod));
        let pairs = stand_in.and_then(|ix| Some((ix, tried[pod][ix].as_ref()?)));
        let placed = taken.contains(&Some(pod));
        all &= placed;
        if let Some((ix, pairs)) = pairs
            && (placed || pairs.is_err())
        {
            referee.note(run, &lives[ix], pairs);
        }
    }
    all
}

/// Finds a life for a recorded pod; who had it may find another (Kuhn's matching).
fn place(
    pod: usize,
    referees: &[Referee<'_, State>],
    lives: &[Life],
    tried: &mut [Vec<Option<Aligned>>],
    taken: &mut [Option<usize>],
    asked: &mut [bool],
) -> bool {
    // The one in the same place first, then the others in their order; those that are free before those that are taken.
    let same = (pod < lives.len()).then_some(pod);
    let order: Vec<usize> = same.into_iter().chain((0..lives.len()).filter(|ix| *ix != pod)).collect();
    let mut fits = Vec::new();
    for ix in order {
        if asked[ix] {
            continue;
        }
        let pairs = tried[pod][ix].get_or_insert_with(|| referees[pod].pairs(&lives[ix]));
        if pairs.is_ok() {
            if taken[ix].is_none() {
                taken[ix] = Some(pod);
                return true;
            }
            fits.push(ix);
        }
    }
    for ix in fits {
        if std::mem::replace(&mut asked[ix], true) {
            continue;
        }
        if taken[ix].is_none_or(|other| place(other, referees, lives, tried, taken, asked)) {
            taken[ix] = Some(pod);
            return true;
        }
    }
    false
}
