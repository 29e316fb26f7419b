//! No corner left: every restart policy × end of the process × probe result × init and sidecar shape, in the first
//! document's version and the newest. The laws hold in each, and the phase at the end is what a rule of five lines predicts.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::compare::laws::breaches;
use kubelapse::compare::life::rows_of;
use kubelapse::session::{self, Session};
use plan::plan;
use rayon::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Zero,
    One,
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    None,
    Good,
    Bad,
}

#[derive(Clone, Copy, Debug)]
struct World {
    version: &'static str,
    policy: &'static str,
    end: End,
    liveness: Part,
    readiness: Part,
    init: Part,
    sidecar: Part,
}

fn worlds() -> Vec<World> {
    let parts = [Part::None, Part::Good, Part::Bad];
    let mut list = Vec::new();
    for version in ["1.32", "1.36"] {
        for policy in ["Always", "OnFailure", "Never"] {
            for end in [End::Zero, End::One, End::Never] {
                for liveness in [Part::None, Part::Bad] {
                    for readiness in parts {
                        for init in parts {
                            for sidecar in parts {
                                list.push(World { version, policy, end, liveness, readiness, init, sidecar });
                            }
                        }
                    }
                }
            }
        }
    }
    list
}

fn scenario_of(world: World) -> String {
    let mut text = format!(
        "name = \"small\"\nkubernetes = \"{}\"\nuntil = \"10m\"\n[[node]]\nname = \"n1\"\nimages = [\"registry.example/local/app:1.0\"]\n[[pod]]\nname = \"web\"\n[pod.spec]\nrestartPolicy = \"{}\"\nterminationGracePeriodSeconds = 2\n",
        world.version, world.policy
    );
    let image = "image = \"registry.example/local/app:1.0\"\n";
    if world.sidecar != Part::None {
        text += &format!("[[pod.spec.initContainers]]\nname = \"side\"\nrestartPolicy = \"Always\"\n{image}");
    }
    if world.init != Part::None {
        text += &format!("[[pod.spec.initContainers]]\nname = \"init\"\n{image}");
    }
    text += &format!("[[pod.spec.containers]]\nname = \"app\"\n{image}");
    let probe = |kind: &str| {
        format!(
            "{kind} = {{ exec = {{ command = [\"probe\"] }}, periodSeconds = 2, failureThreshold = 1 }}\n"
        )
    };
    if world.liveness != Part::None {
        text += &probe("livenessProbe");
    }
    if world.readiness != Part::None {
        text += &probe("readinessProbe");
    }
    let runs = match world.end {
        End::Zero => "runs = \"20s\", exit = 0",
        End::One => "runs = \"20s\", exit = 1",
        End::Never => "runs = \"forever\"",
    };
    text += &format!(
        "[pod.behavior.containers.app]\nattempts = [{{ {runs}, onTerm = {{ after = \"100ms\", exit = 143 }}, liveness = [{{ at = \"0s\", ok = {} }}], readiness = [{{ at = \"0s\", ok = {} }}] }}]\n",
        world.liveness != Part::Bad,
        world.readiness != Part::Bad
    );
    if world.init != Part::None {
        let exit = u8::from(world.init == Part::Bad);
        text += &format!("[pod.behavior.containers.init]\nattempts = [{{ runs = \"1s\", exit = {exit} }}]\n");
    }
    match world.sidecar {
        Part::Bad => text += "[pod.behavior.containers.side]\nattempts = [{ runs = \"7s\", exit = 1 }]\n",
        Part::Good => {
            text += "[pod.behavior.containers.side]\nattempts = [{ runs = \"forever\", onTerm = { after = \"1s\", exit = 143 } }]\n"
        }
        Part::None => {}
    }
    text
}

/// The phases that the end may show.
fn predicted(world: World) -> &'static [&'static str] {
    let for_ever = world.policy == "Always";
    if world.init == Part::Bad {
        return if world.policy == "Never" { &["Failed"] } else { &["Pending"] };
    }
    let fails = world.liveness == Part::Bad || world.end == End::One;
    let ends = world.liveness == Part::Bad || world.end != End::Never;
    match (ends, fails) {
        (true, false) if !for_ever => &["Succeeded"],
        (true, true) if world.policy == "Never" => &["Failed"],
        // Beside a sidecar the phase of 1.32 falls back to Pending while every main container waits in a back-off.
        (true, _) if world.version == "1.32" && world.sidecar != Part::None => &["Running", "Pending"],
        _ => &["Running"],
    }
}

#[test]
fn every_small_world_ends_as_predicted() {
    let worlds = worlds();
    assert_eq!(worlds.len(), 2 * 3 * 3 * 2 * 3 * 3 * 3);
    let wrong: Vec<String> = worlds
        .par_iter()
        .filter_map(|world| {
            let plan = plan(&scenario_of(*world));
            let mut session = Session::new(&plan, 1);
            while session.step().is_some() {}
            let phase = session.world.pods[0].status.phase().as_sym().to_string();
            if !predicted(*world).contains(&phase.as_str()) {
                return Some(format!("{world:?}: {phase}, predicted {:?}", predicted(*world)));
            }
            let lived = session::live(&plan, 1);
            let broken = breaches(&rows_of(&lived.directory, &lived.transitions));
            broken.first().map(|breach| format!("{world:?}: {breach:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), worlds.len(), wrong.join("\n"));
}
