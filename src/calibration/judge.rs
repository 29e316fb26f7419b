//! One recording, played with many seeds and judged by them.

use std::sync::Arc;

use super::recording::Recording;
use crate::compare::fidelity::{Referee, SHORT};
use crate::compare::life::{self, Life};
use crate::compare::ranks::Gap;
use crate::compare::workloads::{Bench, Judged, Outputs, Room, Run, Verdict};
use crate::record::{Fan, Sink, csv, tables};
use crate::scenario::Plan;
use crate::session::{self, Progress, Silent};

/// What many seeds say of a recording.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Of each workload, Service and pod.
    pub verdict: Verdict,
    /// All gaps that can be ranked.
    pub gaps: Vec<Gap>,
    /// Less than 2 % of the seeds have the sequence of some object.
    pub is_rare: bool,
    /// Why it could not be played or read.
    pub trouble: Option<String>,
}

impl Seen {
    /// Everything is as recorded.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.trouble.is_none() && self.verdict.holds()
    }

    /// Sequence; sequence and times; sequence, times and events: whether they hold of all objects.
    #[must_use]
    pub fn parts(&self) -> [bool; 3] {
        let well = self.trouble.is_none();
        let all = |holds: &dyn Fn(&Judged) -> bool| well && self.verdict.all().all(holds);
        let sequence = all(&|one| one.judgement.sequence) && self.verdict.strangers.is_empty();
        let times = sequence && all(&|one| one.judgement.times);
        [sequence, times, times && all(&|one| one.judgement.events)]
    }

    /// What does not hold first, in words; nothing where all does.
    #[must_use]
    pub fn difference(&self) -> Option<String> {
        let failed = || self.verdict.all().find(|one| !one.holds());
        let stranger = || self.verdict.strangers.first();
        self.trouble
            .clone()
            .or_else(|| failed().map(|one| format!("{}: {}", one.name, one.judgement.difference)))
            .or_else(|| {
                stranger().map(|name| format!("{name}: every seed has it, and the recording has not"))
            })
    }
}

/// Plays the seeds 0 to `seeds - 1` of a recording's scenario; `played` is told after each.
pub fn judge(recording: &Recording, seeds: u64, played: &dyn Fn()) -> Seen {
    let seen = match (&recording.plan, recording.has_workloads) {
        (Err(problem), _) => Err(problem.clone()),
        (Ok(plan), true) => of_workloads(recording, plan, seeds, played),
        (Ok(plan), false) => of_pods(recording, plan, seeds, played),
    };
    match seen {
        Ok((mut verdict, mut gaps)) => {
            if recording.in_whole_seconds {
                gaps.clear();
                verdict.without_times();
            }
            let rare = |one: &Judged| one.judgement.sequence && one.judgement.seeds as u64 * 50 < seeds;
            let is_rare = verdict.all().any(rare);
            Seen { verdict, gaps, is_rare, trouble: None }
        }
        Err(trouble) => Seen { trouble: Some(trouble), ..Seen::default() },
    }
}

type Judgements = Result<(Verdict, Vec<Gap>), String>;

fn of_pods(recording: &Recording, plan: &Arc<Plan>, seeds: u64, played: &dyn Fn()) -> Judgements {
    let rows = life::read_csv(&recording.tables.timeline).map_err(|problem| problem.to_string())?;
    let recorded = life::lives(&rows, recording.end);
    if recorded.is_empty() {
        return Err("its timeline tells of no pod".to_owned());
    }
    let judged = || recorded.iter().filter(|((_, pod), _)| !recording.is_background(pod));
    let mut referees: Vec<(&(String, String), Referee<'_>)> =
        judged().map(|(key, life)| (key, Referee::new(life, SHORT, recording.allowances()))).collect();
    let none = Life::default();
    for seed in 0..seeds {
        let lived = session::live(plan, seed);
        let lives = life::lives(&life::rows_of(&lived.directory, &lived.transitions), recording.end);
        for (key, referee) in &mut referees {
            referee.see(seed as usize, lives.get(*key).unwrap_or(&none));
        }
        played();
    }
    let pods =
        referees.iter().map(|(key, referee)| Judged { name: key.1.clone(), judgement: referee.judge() });
    let verdict = Verdict { pods: pods.collect(), ..Verdict::default() };
    Ok((verdict, referees.iter().flat_map(|(key, referee)| referee.gaps(&key.1)).collect()))
}

fn of_workloads(recording: &Recording, plan: &Arc<Plan>, seeds: u64, played: &dyn Fn()) -> Judgements {
    let read = |tables: &Outputs| {
        let mut run = Run::read(tables, recording.end).map_err(|problem| problem.to_string())?;
        if recording.is_stream {
            // Of workloads a stream tells the names alone.
            run.workloads.clear();
            run.services.clear();
        }
        Ok::<Run, String>(run)
    };
    let recorded = read(&recording.tables)?;
    let mut bench = Bench::new(&recorded, Room::default());
    for seed in 0..seeds {
        bench.see(&read(&simulate(plan, seed)?)?);
        played();
    }
    Ok((bench.judge(), bench.gaps()))
}

/// One run in memory, in the tables that it writes.
///
/// # Errors
/// What the tables could not hold, in words.
pub fn simulate(plan: &Arc<Plan>, seed: u64) -> Result<Outputs, String> {
    simulate_while(plan, seed, &Silent).map(|(outputs, _)| outputs)
}

/// The same for somebody who may want it to stop; and whether it was cut short.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_while(
    plan: &Arc<Plan>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<(Outputs, bool), String> {
    let (mut timeline, mut workloads, mut endpoints) = (Vec::new(), Vec::new(), Vec::new());
    let sinks: Vec<Box<dyn Sink + '_>> = vec![
        Box::new(csv::Timeline::new(&mut timeline)),
        Box::new(tables::Workloads::new(&mut workloads)),
        Box::new(tables::Endpoints::new(&mut endpoints)),
    ];
    let outcome = session::run(plan, seed, &mut Fan { sinks }, progress);
    let is_partial = outcome.map_err(|problem| problem.to_string())?.partial;
    let text = |bytes| String::from_utf8(bytes).map_err(|problem| problem.to_string());
    let outputs =
        Outputs { timeline: text(timeline)?, workloads: text(workloads)?, endpoints: text(endpoints)? };
    Ok((outputs, is_partial))
}
