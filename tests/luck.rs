//! Luck by address: what is drawn for one thing is the same whatever stands beside it, so that two runs that differ in one
//! thing can be compared. A probe, a container, a pod or another version more changes nobody else's draws.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::session::Session;
use kubelapse::time::Span;
use plan::plan;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What was drawn for a container's instance: how long it ran, what it exited with.
type Instances = BTreeMap<(String, String, i32), (Span, i32)>;
/// How long pulls took, by the pod and the container that asked for them, in their order.
type Pulls = BTreeMap<(String, String), Vec<String>>;

/// A life as the runtime knows it: what of it was drawn.
fn drawn(text: &str, seed: u64) -> (Instances, Pulls) {
    let plan = plan(text);
    let mut session = Session::new(&plan, seed);
    let (mut instances, mut pulls) = (Instances::new(), Pulls::new());
    while session.step().is_some() {
        let w = &session.world;
        for (pod, place) in w.pods.iter().zip(w.places.iter()) {
            for c in &place.runtime.live.containers {
                if let (Some(started), Some(finished)) = (c.started_at, c.finished_at) {
                    let key = (pod.ident.name.to_string(), c.name.to_string(), c.restart_count);
                    instances.insert(key, (finished.since(started), c.exit_code));
                }
            }
        }
        for row in session.take_transitions() {
            let pod = row.pod.map(|pod| &session.world.directory.pods[pod as usize]);
            if let (Some(pod), kubelapse::record::Change::Event(event)) = (pod, row.change) {
                let words = event.message.show(pod).to_string();
                let took = words
                    .strip_prefix("Successfully pulled image \"")
                    .and_then(|rest| rest.split_once("\" in ")?.1.split_once(" ("));
                if let Some((took, _)) = took {
                    let key = (pod.name.to_string(), event.field_path.to_string());
                    pulls.entry(key).or_default().push(took.to_owned());
                }
            }
        }
    }
    (instances, pulls)
}

/// A pod whose containers end by themselves, again and again.
#[derive(Clone, Debug)]
struct Life {
    containers: usize,
    inits: usize,
    mean: u32,
    hooks: bool,
}

fn life() -> impl Strategy<Value = Life> {
    (1usize..4, 0usize..3, 1u32..40, any::<bool>()).prop_map(|(containers, inits, mean, hooks)| Life {
        containers,
        inits,
        mean,
        hooks,
    })
}

/// What stands beside: the change whose effect is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Beside {
    Nothing,
    Probe,
    Container,
    Pod,
    Version,
}

fn written(lives: &[Life], beside: Beside) -> String {
    let version = if beside == Beside::Version { "1.32" } else { "1.36" };
    let mut text = format!(
        "name = \"luck\"\nuntil = \"20m\"\nkubernetes = \"{version}\"\n\n[[node]]\nname = \"n\"\n\n\
         [[image]]\nref = \"registry.example/app:1.0\"\npull = {{ exponential = \"4s\" }}\n\n\
         [[image]]\nref = \"registry.example/init:1.0\"\npull = {{ exponential = \"2s\" }}\n\n"
    );
    for (at, life) in lives.iter().enumerate() {
        pod(&mut text, &format!("p{at}"), life, beside);
    }
    if beside == Beside::Pod {
        // It comes when the others are on their way, and first in the file's order of names.
        let own = Life { containers: 2, inits: 1, mean: 7, hooks: true };
        pod(&mut text, "a-stranger", &own, Beside::Nothing);
    }
    text
}

fn pod(text: &mut String, name: &str, life: &Life, beside: Beside) {
    *text += &format!("[[pod]]\nname = \"{name}\"\n  [pod.spec]\n");
    let mut behavior = String::new();
    let mut container =
        |text: &mut String, list: &str, name: &str, image: &str, probed: bool, attempts: &str| {
            *text += &format!(
                "  [[pod.spec.{list}]]\n  name = \"{name}\"\n  image = \"registry.example/{image}:1.0\"\n"
            );
            if probed {
                *text += "  readinessProbe = { httpGet = { port = 80 }, periodSeconds = 1 }\n";
            }
            if life.hooks && list == "containers" {
                *text += "  lifecycle = { postStart = { exec = { command = [\"x\"] } } }\n";
            }
            behavior += &format!("  [pod.behavior.containers.{name}]\n  attempts = [{attempts}]\n");
        };
    for init in 0..life.inits {
        let attempts = "{ runs = { exponential = \"2s\" }, exit = 0 }";
        container(text, "initContainers", &format!("i{init}"), "init", false, attempts);
    }
    if beside == Beside::Container {
        container(
            text,
            "containers",
            "another",
            "app",
            true,
            "{ runs = { exponential = \"9s\" }, exit = 1 }",
        );
    }
    let attempts =
        format!("{{ runs = {{ exponential = \"{}s\" }}, exit = {{ 0 = 1, 1 = 2, 3 = 1 }} }}", life.mean);
    for main in 0..life.containers {
        container(text, "containers", &format!("c{main}"), "app", beside == Beside::Probe, &attempts);
    }
    *text += &behavior;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// What the other run has too it has with the same luck.
    #[test]
    fn what_stands_beside_changes_nobody(lives in prop::collection::vec(life(), 1..4), seed in 0u64..1000) {
        let (instances, pulls) = drawn(&written(&lives, Beside::Nothing), seed);
        prop_assert!(!instances.is_empty());
        for beside in [Beside::Probe, Beside::Container, Beside::Pod, Beside::Version] {
            let (others, other_pulls) = drawn(&written(&lives, beside), seed);
            let mut both = 0;
            for (key, own) in &instances {
                if let Some(other) = others.get(key) {
                    prop_assert_eq!(own, other, "{:?} with {:?} beside", key, beside);
                    both += 1;
                }
            }
            prop_assert!(both * 10 >= instances.len() * 7, "{} of {} with {:?}", both, instances.len(), beside);
            for (key, own) in &pulls {
                if let Some(other) = other_pulls.get(key) {
                    let both = own.len().min(other.len());
                    prop_assert_eq!(&own[..both], &other[..both], "{:?} with {:?} beside", key, beside);
                }
            }
        }
    }
}

/// Restarts, containers and seeds have their own.
#[test]
fn every_draw_is_another() {
    let life = Life { containers: 3, inits: 0, mean: 20, hooks: false };
    let text = written(&[life.clone(), life], Beside::Nothing);
    let mut lengths: Vec<Span> = Vec::new();
    for seed in 0..3 {
        lengths.extend(drawn(&text, seed).0.values().map(|(length, _)| *length));
    }
    let all = lengths.len();
    lengths.sort_unstable();
    lengths.dedup();
    assert!(all > 100, "{all}");
    assert!(lengths.len() + 2 >= all, "{} of {all} lengths differ", lengths.len());
}
