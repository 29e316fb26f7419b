//! What is packed is what was played, whichever way it is read, and also when something of it is forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::record::numbers::numbers;
use crate::scenario::builtin;
use crate::session::{Script, Session, Walk};
use crate::time::Span;

/// The same, kept as it comes.
struct Plain {
    steps: Vec<StepRecord>,
    rows: Vec<Transition>,
    /// How many of them the run begins with.
    first: usize,
}

impl Plain {
    fn rows_of(&self, step: u64) -> &[Transition] {
        let to = |step: u64| match step.checked_sub(1) {
            None => self.first,
            Some(last) => self.steps[last as usize].rows_to,
        };
        if step == 0 { &self.rows[..self.first] } else { &self.rows[to(step - 1)..to(step)] }
    }
    fn about(&self, is_about: impl Fn(&Transition) -> bool, until: usize) -> Vec<Transition> {
        self.rows[..until].iter().filter(|row| is_about(row)).copied().collect()
    }
}

fn played(name: &str, until: &str) -> (Walk, Plain) {
    let found = builtin::find(name).expect("it is shipped");
    let until = [format!("until={until}")];
    let (script, loaded) =
        Script::load("test.toml", found.text, &builtin::manifest, &until).expect("it is read");
    let plan = Arc::new(loaded.plan);
    let mut walk = Walk::new(script, &plan, 0);
    while walk.play() {}
    let mut session = Session::new(&plan, 0);
    let rows = session.take_transitions();
    let mut plain = Plain { steps: Vec::new(), first: rows.len(), rows };
    while let Some(Played { at, sequence, event }) = session.play() {
        plain.rows.extend(session.take_transitions());
        let (queued_to, rows_to) = (session.world.queue.next_number(), plain.rows.len());
        plain.steps.push(StepRecord { at, event, sequence, queued_to, rows_to });
    }
    (walk, plain)
}

/// Both have the same to tell, however it is asked for.
fn are_alike(past: &Past, plain: &Plain, what: &str) {
    let (known, rows) = (plain.steps.len() as u64, plain.rows.len());
    assert_eq!((past.known(), past.rows_to(u64::MAX)), (known, rows), "{what}");
    let mut reader = past.reader();
    for step in 0..=known {
        assert_eq!(past.rows_of(step), plain.rows_of(step), "{what}: rows of step {step}");
        assert_eq!(reader.rows_of(step), plain.rows_of(step), "{what}: rows of step {step}");
        let own = step.checked_sub(1).map(|at| plain.steps[at as usize]);
        assert_eq!((past.step(step), reader.step(step)), (own, own), "{what}: step {step}");
    }
    assert_eq!((past.step(known + 1), past.rows_of(known + 1).len()), (None, 0), "{what}");
    let history = past.history(0..rows);
    assert!(history.iter().eq(plain.rows.iter().copied()), "{what}: forwards");
    assert!(history.iter().rev().eq(plain.rows.iter().rev().copied()), "{what}: backwards");
    for at in 0..=rows {
        assert_eq!(history.get(at), plain.rows.get(at).copied(), "{what}: row {at}");
        let nth = (history.iter().nth(at), history.last(at).iter().next());
        let own = (plain.rows.get(at), plain.rows[rows - at..].first());
        assert_eq!(nth, (own.0.copied(), own.1.copied()), "{what}: row {at}");
    }
    // Of every instant at which something was, and of those beside it.
    for step in &plain.steps {
        for at in [step.at - Span::from_micros(1), step.at, step.at + Span::from_micros(1)] {
            let by = plain.steps.partition_point(|step| step.at <= at);
            assert_eq!(past.step_by(at), by as u64, "{what}: by {at:?}");
            let rows = plain.rows.partition_point(|row| row.time <= at);
            assert_eq!(past.rows_by(at), rows, "{what}: rows by {at:?}");
        }
        let by = plain.steps.partition_point(|own| own.queued_to <= step.sequence);
        assert_eq!(past.queued_by(step.sequence), by as u64 + 1, "{what}: who queued {}", step.sequence);
    }
    let pods: BTreeSet<u32> = plain.rows.iter().filter_map(|row| row.pod).collect();
    let object = |row: &Transition| match (row.pod, row.change) {
        (None, Change::Object { object, .. }) => Some(object),
        _ => None,
    };
    let objects: BTreeSet<u32> = plain.rows.iter().filter_map(object).collect();
    for until in [rows, rows * 2 / 3, 0] {
        for pod in pods.iter().copied().chain([u32::MAX]) {
            let own = plain.about(|row| row.pod == Some(pod), until);
            assert!(past.about_pod(PodId(pod), until).eq(own.iter().copied()), "{what}: pod {pod}");
            let back = past.about_pod(PodId(pod), until).rev();
            assert!(back.eq(own.iter().rev().copied()), "{what}: pod {pod}, backwards");
        }
        for own in &objects {
            let rows = plain.about(|row| object(row) == Some(*own), until);
            assert!(past.about_object(*own, until).eq(rows), "{what}: object {own}");
        }
    }
}

/// Crashes, a node that is lost, a rollout with its Deployment and Service, Jobs that are made by a CronJob, a drain.
const STORIES: [(&str, &str); 5] = [
    ("crash-loop", "6h"),
    ("node-lost", "6h"),
    ("rollout-stalls", "2h"),
    ("drain-budget", "2h"),
    ("cron-overlap", "2h"),
];

#[test]
fn what_is_packed_is_what_was_played() {
    let mut packed = 0;
    for (name, until) in STORIES {
        let (walk, plain) = played(name, until);
        are_alike(&walk.past, &plain, name);
        packed += walk.past.packed.len();
    }
    assert!(packed > 3 * STORIES.len(), "{packed} stretches");
}

#[test]
fn what_comes_after_a_step_is_forgotten_and_comes_again() {
    let (walk, plain) = played("crash-loop", "3h");
    assert!(walk.past.packed.volumes() > 2, "{} volumes", walk.past.packed.volumes());
    let known = walk.known();
    // At the end of a stretch, at its beginning, within, and all of it.
    for step in [known - 1, 2 * STEPS as u64, STEPS as u64 + 1, STEPS as u64 / 2, 0] {
        let mut past = walk.past.clone();
        past.forget_after(step);
        let rows_to = step.checked_sub(1).map_or(plain.first, |last| plain.steps[last as usize].rows_to);
        let (steps, rows) = (plain.steps[..step as usize].to_vec(), plain.rows[..rows_to].to_vec());
        are_alike(&past, &Plain { steps, rows, first: plain.first }, &format!("after {step}"));
        for again in step + 1..=known {
            let StepRecord { at, event, sequence, queued_to, .. } = plain.steps[again as usize - 1];
            past.push(Played { at, sequence, event }, queued_to, plain.rows_of(again));
        }
        are_alike(&past, &plain, &format!("again from {step}"));
    }
}

#[test]
fn a_run_begins_later_with_the_rows_that_stand_for_what_was_before() {
    let (walk, plain) = played("crash-loop", "3h");
    for step in [0, 5, STEPS as u64, walk.known() - 3] {
        let standing = plain.rows[..4].to_vec();
        let past = walk.past.from(step, standing.clone());
        assert_eq!((past.base(), past.known()), (step, walk.known()));
        assert_eq!(past.rows_of(step), standing);
        assert_eq!(past.step(step), None);
        for later in step + 1..=walk.known() {
            assert_eq!(past.rows_of(later), plain.rows_of(later), "step {later} from {step}");
            let (own, other) = (past.step(later), walk.past.step(later));
            let told =
                |own: Option<StepRecord>| own.map(|own| (own.at, own.event, own.sequence, own.queued_to));
            assert_eq!(told(own), told(other), "step {later} from {step}");
        }
        let left: Vec<Transition> = standing
            .into_iter()
            .chain((step + 1..=walk.known()).flat_map(|step| plain.rows_of(step).to_vec()))
            .collect();
        assert_eq!(past.history(0..left.len()).to_vec(), left, "from {step}");
        let own: Vec<Transition> = left.iter().filter(|row| row.pod == Some(0)).copied().collect();
        assert_eq!(past.about_pod(PodId(0), left.len()).collect::<Vec<_>>(), own, "from {step}");
        assert_eq!(past.rows_by(Time::FAR), left.len());
    }
}

/// Rows of a run that says the same things again and again differ in their numbers alone.
#[test]
fn shapes_are_few() {
    let (walk, plain) = played("crash-loop", "3h");
    let shapes = (walk.past.shapes.changes.len(), walk.past.shapes.events.len());
    assert!(plain.rows.len() > 3 * shapes.0 && plain.steps.len() > 10 * shapes.1, "{shapes:?}");
    for row in &plain.rows {
        let (mut shape, mut taken) = (row.change, Vec::new());
        numbers(&mut shape, &mut |_, number| taken.push(std::mem::take(number)));
        let mut rest = taken.into_iter();
        numbers(&mut shape, &mut |_, number| *number = rest.next().expect("as many"));
        assert_eq!((shape, rest.next()), (row.change, None));
    }
}
