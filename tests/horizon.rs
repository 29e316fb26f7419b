//! A walk that is to know its last steps alone goes on as one that knows all, and its memory does not grow with the run: counted in
//! what it keeps.

#[allow(dead_code, reason = "each test takes what it needs")]
#[path = "support/walk.rs"]
mod walk;

use kubelapse::record::{Change, Transition};
use kubelapse::scenario::builtin;
use kubelapse::session::Walk;
use kubelapse::time::Span;
use walk::{walk_beside, walk_of};

const KEPT: usize = 1_000;

fn long(name: &str) -> Walk {
    let found = builtin::find(name).expect("it is shipped");
    let text = found.text.split("\n[lesson]").next().unwrap_or_default();
    walk_of(&format!("{name}.toml"), text, &["until=60h".to_owned()])
}

/// A pair that has been played to the end: one that forgets, and one that does not.
fn both(name: &str, on_the_way: &dyn Fn(&mut Walk)) -> (Walk, Walk) {
    let (mut short, mut whole) = (long(name), long(name));
    short.keep_steps(KEPT);
    for walk in [&mut short, &mut whole] {
        on_the_way(walk);
        while walk.play() {}
    }
    (short, whole)
}

fn kept(walk: &Walk) -> Vec<u64> {
    (1..=walk.known()).filter(|step| walk.step_record(*step).is_some()).collect()
}

#[test]
fn what_is_kept_does_not_grow_with_the_run() {
    let (short, whole) = both("crash-loop", &|_| {});
    assert_eq!(kept(&whole).len() as u64, whole.known());
    assert!(whole.known() > 10 * KEPT as u64, "{} steps", whole.known());
    let steps = kept(&short);
    assert!((KEPT..=3 * KEPT).contains(&steps.len()), "{} steps", steps.len());
    assert!(short.history().len() <= 3 * KEPT, "{} rows", short.history().len());
    assert!(short.checkpoints().len() <= 64, "{} copies", short.checkpoints().len());
    assert!(short.checkpoints().steps()[0] < steps[0]);
    // The rows of the steps that are known are those of the whole run.
    let from = steps[0];
    let of =
        |walk: &Walk| -> Vec<Transition> { walk.history().iter().filter(|row| row.step >= from).collect() };
    assert_eq!(of(&short), of(&whole));
    assert_eq!(short.world().digest.to_string(), whole.world().digest.to_string());
}

#[test]
fn what_was_forgotten_is_known_as_it_stood() {
    let (short, whole) = both("crash-loop", &|_| {});
    let from = kept(&short)[0];
    let last = |walk: &Walk, is_it: &dyn Fn(&Change) -> bool| {
        walk.history().iter().rfind(|row| row.step < from && is_it(&row.change))
    };
    let kinds: [&dyn Fn(&Change) -> bool; 4] = [
        &|change| matches!(change, Change::Phase { .. }),
        &|change| matches!(change, Change::Status { .. }),
        &|change| matches!(change, Change::Container { .. }),
        &|change| matches!(change, Change::Node { .. }),
    ];
    for is_it in kinds {
        let told = last(&whole, is_it);
        assert!(told.is_some());
        assert_eq!(last(&short, is_it), told);
    }
    let view = String::from_utf8(short.view()).expect("JSON");
    assert!(view.contains("orders") && view.len() * 2 < whole.view().len());
}

#[test]
fn one_goes_back_to_where_what_is_known_begins_and_on_from_there() {
    let (mut short, whole) = both("crash-loop", &|_| {});
    let earliest = short.earliest();
    assert!(earliest > short.plan().start + Span::from_secs(3600));
    short.seek(0);
    assert_eq!((short.now(), short.position() + 1), (earliest, kept(&short)[0]));
    short.seek_time(short.plan().start);
    assert_eq!(short.now(), earliest);
    while short.play() {}
    assert_eq!(short.world().digest.to_string(), whole.world().digest.to_string());
    assert!(short.horizon_words().contains("is not kept"));
}

#[test]
fn what_somebody_did_is_saved_however_long_ago_and_cannot_be_taken_back() {
    let (mut short, whole) = both("crash-loop", &|walk| {
        walk.seek_time(walk.plan().start + Span::from_secs(60));
        walk.act("cordon node/node").expect("it can be done");
    });
    assert_eq!(short.saved(), whole.saved());
    assert!(short.saved().contains("cordon = \"node/node\""));
    let before = short.position();
    let refused = short.undo().expect_err("it lies too far back");
    assert!(refused.contains("is not kept"), "{refused}");
    assert_eq!(short.position(), before);
    // What is done now can be taken back.
    short.seek_time(short.now() - Span::from_secs(60));
    short.act("uncordon node/node").expect("it can be done");
    short.undo().expect("it was just done");
    assert_eq!(short.done().len(), 1);
}

/// Of what came and is long gone nothing is kept.
#[test]
fn pods_that_are_gone_are_forgotten() {
    let text = "name = \"often\"\nuntil = \"12h\"\n[[node]]\nname = \"node\"\n[[apply]]\nmanifest = \"often.yaml\"\n\
                [[program]]\nimage = \"registry.example/job:1\"\nattempts = [{ runs = \"1s\" }]\n";
    let manifests = |_: &str| {
        let pod = "{ spec: { restartPolicy: Never, containers: [{ name: app, image: \"registry.example/job:1\" }] } }";
        Ok(format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: often }}\n\
             spec: {{ schedule: \"* * * * *\", jobTemplate: {{ spec: {{ template: {pod} }} }} }}\n"
        ))
    };
    let mut walk = walk_beside("often.toml", text, &[], manifests);
    walk.keep_steps(KEPT);
    while walk.play() {}
    let pods = walk.world().pods.len();
    let told: std::collections::BTreeSet<u32> = walk.history().iter().filter_map(|row| row.pod).collect();
    assert!(pods > 600 && told.len() < 200, "{} of {pods}", told.len());
    assert!(walk.history().len() < 4 * KEPT, "{} rows", walk.history().len());
}
