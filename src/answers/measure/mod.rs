//! What is measured of a run. Every figure is a whole number of millionths, of seconds or of whatever is counted, so that sums
//! are exact in any order.

mod own;
mod pods;
mod workloads;

use std::sync::Arc;

use crate::scenario::Plan;
use crate::scenario::diagnostic::nearest;
use crate::scenario::sweep::{OwnMeasure, Take};
use crate::session::{self, Lives, Session};
use crate::world::World;

/// So many make one.
pub const MILLION: i64 = 1_000_000;

/// A figure in millionths; None: it did not happen.
pub type Figure = Option<i64>;

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Pods, restarts, runs, rows.
    Count,
    /// A phase, by its place in [`PHASES`].
    Phase,
}

impl Unit {
    /// Its word, in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Count => "count",
            Unit::Phase => "phase",
        }
    }
    /// From its word.
    pub fn parse(word: &str) -> Option<Unit> {
        [Unit::Seconds, Unit::Count, Unit::Phase].into_iter().find(|unit| unit.as_str() == word)
    }
    /// A figure as a cell shows it; what did not happen is empty.
    pub fn cell(self, figure: Figure) -> String {
        match (self, figure) {
            (_, None) => String::new(),
            (Unit::Phase, Some(place)) => {
                let place = usize::try_from(place / MILLION).unwrap_or(0);
                PHASES.get(place).copied().unwrap_or_default().to_owned()
            }
            (_, Some(figure)) => decimal(figure),
        }
    }
}

/// From the best to the worst.
pub const PHASES: [&str; 5] = ["Succeeded", "Running", "Pending", "Unknown", "Failed"];

/// Millionths as a decimal number, without zeros at its end.
pub fn decimal(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, part) = (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
    let part = format!("{part:06}");
    let part = part.trim_end_matches('0');
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// What is measured, before several pods or workloads become one figure.
#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    TimeToReady,
    TimeRunning,
    Downtime,
    Restarts,
    FalseRestarts,
    CrashLoopTime,
    LastPhase,
    RolloutTime,
    FewestAvailable,
    TimeUnder(i32),
    TimeWithoutEndpoint,
    ServedAfterRemoval,
    Tries,
    JobTime,
    MissedRuns,
    OverlappingRuns,
    DrainTime,
    Own(OwnMeasure),
}

/// A built-in measure: its name, what it is, its unit, and what it says in a sentence.
type Builtin = (&'static str, What, Unit, &'static str);

/// All that every run has.
const BUILTIN: [Builtin; 17] = [
    (
        "timeToReady",
        What::TimeToReady,
        Unit::Seconds,
        "of a pod: from its creation to the first time that it is Ready",
    ),
    ("timeRunning", What::TimeRunning, Unit::Seconds, "of a pod: how long its phase is Running"),
    (
        "downtime",
        What::Downtime,
        Unit::Seconds,
        "of a pod: not Ready after it was for the first time, until its end or deletion; empty where it never was",
    ),
    ("restarts", What::Restarts, Unit::Count, "of a pod: restarts of its containers"),
    (
        "falseRestarts",
        What::FalseRestarts,
        Unit::Count,
        "of a pod: containers that a probe had killed though the program would have answered it in time",
    ),
    (
        "crashLoopTime",
        What::CrashLoopTime,
        Unit::Seconds,
        "of a pod: how long the crash-loop back-off keeps containers from a restart",
    ),
    ("lastPhase", What::LastPhase, Unit::Phase, "of a pod: its phase at the end"),
    ("rolloutTime", What::RolloutTime, Unit::Seconds, "of a workload: how long its last rollout takes"),
    (
        "fewestAvailable",
        What::FewestAvailable,
        Unit::Count,
        "of a workload: the fewest available pods since it was complete for the first time",
    ),
    (
        "timeUnder",
        What::TimeUnder(0),
        Unit::Seconds,
        "of a workload, timeUnder=N: how long fewer than N pods are available, from then on",
    ),
    (
        "timeWithoutEndpoint",
        What::TimeWithoutEndpoint,
        Unit::Seconds,
        "of a Service: without a ready endpoint after it had one for the first time",
    ),
    (
        "servedAfterRemoval",
        What::ServedAfterRemoval,
        Unit::Seconds,
        "of a pod: how long its containers run on after it has left the endpoints",
    ),
    (
        "tries",
        What::Tries,
        Unit::Count,
        "of a Job or CronJob: pods that it made, and restarts of their containers",
    ),
    ("jobTime", What::JobTime, Unit::Seconds, "of a Job: from its creation to its end, good or bad"),
    ("missedRuns", What::MissedRuns, Unit::Count, "of a CronJob: scheduled times without a Job"),
    (
        "overlappingRuns",
        What::OverlappingRuns,
        Unit::Count,
        "of a CronJob: Jobs that began while another was not over",
    ),
    (
        "drainTime",
        What::DrainTime,
        Unit::Seconds,
        "of a drain: from the command to its end; empty where it ends badly or never",
    ),
];

/// How several pods or workloads become one figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Over {
    Worst,
    Mean,
    Sum,
}

/// One of them, as it was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measure {
    /// As it was written, and as its column is called.
    pub name: String,
    /// What its figures count.
    pub unit: Unit,
    what: What,
    over: Over,
}

impl Measure {
    /// From its words: `timeToReady`, `mean:restarts`, `timeUnder=3`, or the name of one of the scenario's own.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str, own: &[OwnMeasure]) -> Result<Measure, String> {
        let (over, rest) = match text.split_once(':') {
            Some(("mean", rest)) => (Over::Mean, rest),
            Some(("sum", rest)) => (Over::Sum, rest),
            Some(("worst", rest)) => (Over::Worst, rest),
            Some((other, _)) => {
                return Err(format!("`{text}`: `{other}:` is none of mean:, sum: and worst:"));
            }
            None => (Over::Worst, text),
        };
        let measure = |unit, what| Ok(Measure { name: text.to_owned(), unit, what, over });
        if let Some(own) = own.iter().find(|own| own.name == rest) {
            let unit = if own.take == Take::Count { Unit::Count } else { Unit::Seconds };
            return measure(unit, What::Own(own.clone()));
        }
        let (name, number) = rest.split_once('=').map_or((rest, None), |(name, number)| (name, Some(number)));
        let Some((_, what, unit, _)) = BUILTIN.iter().find(|(known, ..)| *known == name) else {
            let names: Vec<&str> = BUILTIN
                .iter()
                .map(|(known, ..)| *known)
                .chain(own.iter().map(|own| own.name.as_str()))
                .collect();
            let hint = match nearest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            return Err(format!("there is no measure `{name}`; {hint}"));
        };
        match (what, number.map(str::parse)) {
            (What::TimeUnder(_), Some(Ok(number))) if number > 0 => measure(*unit, What::TimeUnder(number)),
            (What::TimeUnder(_), _) => Err(format!("`{text}`: under how many? As in timeUnder=3")),
            (What::LastPhase, None) if over != Over::Worst => {
                Err(format!("`{text}`: phases have no mean and no sum"))
            }
            (what, None) => measure(*unit, what.clone()),
            (_, Some(_)) => Err(format!("`{text}`: `{name}` takes no number")),
        }
    }
    /// What there is, a line each, for help.
    pub fn help() -> String {
        BUILTIN.iter().map(|(name, _, _, says)| format!("  {name:<20} {says}\n")).collect()
    }
    /// One that was read of a file: its figures are known, only its name and unit count.
    pub fn named(name: &str, unit: Unit) -> Measure {
        Measure { name: name.to_owned(), unit, what: What::Restarts, over: Over::Worst }
    }

    /// What stands in a table where the measure of this name has no figure: what is waited for has not come, or there was nothing to
    /// be measured.
    pub fn absent(name: &str) -> &'static str {
        match BUILTIN.iter().find(|(known, ..)| Some(*known) == name.rsplit(':').next()) {
            Some((_, What::Downtime | What::ServedAfterRemoval, ..)) => "-",
            _ => "never",
        }
    }

    /// Figures of several subjects as one; the worst of those that did not happen is that.
    fn combined(&self, figures: &[Figure]) -> Figure {
        let known: Vec<i64> = figures.iter().copied().collect::<Option<_>>()?;
        let sum = || known.iter().fold(0i64, |sum, figure| sum.saturating_add(*figure));
        match self.over {
            _ if known.is_empty() => None,
            Over::Worst if self.what == What::FewestAvailable => known.iter().min().copied(),
            Over::Worst => known.iter().max().copied(),
            Over::Mean => Some(sum().div_euclid(known.len() as i64)),
            Over::Sum => Some(sum()),
        }
    }
}

/// What is seen of a run while it is played.
struct Meter {
    pods: pods::Pods,
    workloads: workloads::Workloads,
    own: Vec<own::Own>,
}

impl Meter {
    fn new(measures: &[Measure]) -> Meter {
        let levels = measures.iter().filter_map(|measure| match measure.what {
            What::TimeUnder(level) => Some(level),
            _ => None,
        });
        let own = measures.iter().filter_map(|measure| match &measure.what {
            What::Own(own) => Some(own::Own::new(own)),
            _ => None,
        });
        Meter {
            pods: pods::Pods::default(),
            workloads: workloads::Workloads::new(levels.collect()),
            own: own.collect(),
        }
    }

    /// Looks at what the last step has written.
    fn look(&mut self, w: &World) {
        for row in &w.outbox {
            self.pods.row(row, w);
            self.workloads.row(row, w, &mut self.pods);
            self.own.iter_mut().for_each(|own| own.row(row, w));
        }
        self.workloads.figures(w);
        self.workloads.commands(w);
    }

    fn figure(&self, measure: &Measure, end: &End<'_>) -> Figure {
        if let What::Own(own) = &measure.what {
            return self.own.iter().find(|known| known.is(own)).and_then(|known| known.figure(end));
        }
        let figures = match measure.what {
            What::RolloutTime
            | What::FewestAvailable
            | What::TimeUnder(_)
            | What::TimeWithoutEndpoint
            | What::Tries
            | What::JobTime
            | What::MissedRuns
            | What::OverlappingRuns
            | What::DrainTime => self.workloads.figures_of(&measure.what, end),
            _ => self.pods.figures_of(&measure.what, end),
        };
        measure.combined(&figures)
    }
}

/// How a run stands at its end.
struct End<'a> {
    w: &'a World,
    at: crate::time::Time,
    records: Vec<crate::record::PodRecord>,
}

/// Plays a plan to its end under a seed, and measures it; None where somebody wants it to stop.
pub fn play(
    plan: &Arc<Plan>,
    seed: u64,
    measures: &[Measure],
    stop: &dyn Fn() -> bool,
) -> Option<Vec<Figure>> {
    measured(&mut Session::new(plan, seed), measures, stop)
}

/// The same of one of many lives of a plan, which know what those before them have learned.
pub fn play_among(
    lives: &mut Lives,
    seed: u64,
    measures: &[Measure],
    stop: &dyn Fn() -> bool,
) -> Option<Vec<Figure>> {
    let mut session = lives.begin(seed);
    let figures = measured(&mut session, measures, stop);
    lives.learn_from(&mut session);
    figures
}

fn measured(session: &mut Session, measures: &[Measure], stop: &dyn Fn() -> bool) -> Option<Vec<Figure>> {
    /// So often it is asked whether to stop.
    const ASK: u32 = 4096;
    let mut meter = Meter::new(measures);
    session.world.figures = Some(Vec::new());
    let mut played = 0u32;
    loop {
        let w = &mut session.world;
        meter.look(w);
        w.outbox.clear();
        w.figures.iter_mut().for_each(Vec::clear);
        if session.step().is_none() {
            break;
        }
        played = played.wrapping_add(1);
        if played.is_multiple_of(ASK) && stop() {
            return None;
        }
    }
    let at = session.stands_until(false);
    let records = session::closed_records(&session.world, at);
    let end = End { w: &session.world, at, records };
    Some(measures.iter().map(|measure| meter.figure(measure, &end)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_read_and_slips_told() {
        let own = [OwnMeasure { name: "pulls".to_owned(), ..OwnMeasure::default() }];
        for text in
            ["timeToReady", "mean:restarts", "sum:downtime", "timeUnder=3", "mean:timeUnder=1", "pulls"]
        {
            assert_eq!(Measure::parse(text, &own).map(|measure| measure.name), Ok(text.to_owned()));
        }
        for (text, part) in [
            ("timeToRedy", "did you mean `timeToReady`?"),
            ("median:restarts", "none of mean:"),
            ("timeUnder", "under how many?"),
            ("timeUnder=x", "under how many?"),
            ("restarts=3", "takes no number"),
            ("mean:lastPhase", "no mean"),
            ("puls", "did you mean `pulls`?"),
        ] {
            let problem = Measure::parse(text, &own).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    #[test]
    fn millionths_are_written_as_people_do() {
        for (number, text) in
            [(0, "0"), (1_500_000, "1.5"), (-250_000, "-0.25"), (7_000_000, "7"), (1, "0.000001")]
        {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(Unit::Phase.cell(Some(4 * MILLION)), "Failed");
        assert_eq!(Unit::Seconds.cell(None), "");
    }

    #[test]
    fn several_figures_become_one() {
        let of = |text: &str, figures: &[Figure]| {
            Measure::parse(text, &[]).map(|measure| measure.combined(figures)).unwrap_or_default()
        };
        let figures = [Some(2), Some(7), Some(3)];
        assert_eq!(of("restarts", &figures), Some(7));
        assert_eq!(of("fewestAvailable", &figures), Some(2));
        assert_eq!(of("mean:restarts", &figures), Some(4));
        assert_eq!(of("sum:restarts", &figures), Some(12));
        assert_eq!(of("restarts", &[]), None);
        assert_eq!(of("timeToReady", &[Some(2), None]), None, "never is the worst");
    }
}
