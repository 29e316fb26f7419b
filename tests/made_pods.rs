//! Pods that somebody makes while the run goes on: of a template that came late, with generated names and an owner.

#[path = "support/plan.rs"]
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use kubelapse::actors::api_server::{Name, NewPod, create_pod};
use kubelapse::api::{OwnerReference, PodName, Sym};
use kubelapse::engine::random::{entity, made_by};
use kubelapse::scenario::Plan;
use kubelapse::session::Session;
use kubelapse::time::Span;
use kubelapse::world::PodId;

const SCENARIO: &str = "until = \"10m\"\n[[node]]\nname = \"n1\"\n\
    [[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"registry.example/web:1\"\n\
    [pod.behavior.containers.app]\nattempts = [{ runs = { uniform = [\"5s\", \"60s\"] }, exit = 1 }]\n";

fn plan() -> Arc<Plan> {
    plan::plan(SCENARIO)
}

fn play_until(session: &mut Session, secs: i64) {
    let at = session.world.plan.start + Span::from_secs(secs);
    while session.world.queue.peek_time().is_some_and(|next| next <= at) && session.step().is_some() {}
    // Between two events time passes.
    session.world.now = session.world.now.max(at);
}

/// The owner that stands for a ReplicaSet.
fn owner() -> OwnerReference {
    OwnerReference {
        api_version: Sym::new("apps/v1"),
        kind: Sym::new("ReplicaSet"),
        name: Sym::new("shop-7c9f"),
        uid: "5f1c".to_owned(),
        controller: true,
        block_owner_deletion: true,
    }
}

/// Makes pods of a template that the scenario did not have; answers the session and their numbers.
fn with_made(count: u64, late: i64) -> (Session, Vec<PodId>) {
    let mut session = Session::new(&plan(), 3);
    play_until(&mut session, late);
    let w = &mut session.world;
    let mut template = (*w.templates[0]).clone();
    template.name = Sym::new("shop-7c9f");
    let template = w.add_template(template, true);
    let maker = entity(&["default", "replicaset", "shop-7c9f"]);
    let made = (0..count).map(|number| {
        let name = Name::Generate(Sym::new("shop-7c9f-"));
        let (entity, owners) = (made_by(maker, number), Some(Arc::new(vec![owner()])));
        let new = NewPod { template, name, entity, owners, controller: None, spec: None };
        create_pod(w, new).expect("its name is free")
    });
    let made = made.collect();
    (session, made)
}

#[test]
fn made_pods_live_as_others_do() {
    let (mut session, made) = with_made(40, 30);
    play_until(&mut session, 300);
    let w = &session.world;
    let mut names: Vec<String> = made.iter().map(|pod| w.pods[pod.ix()].ident.name.to_string()).collect();
    for name in &names {
        let letters = name.strip_prefix("shop-7c9f-").expect("generateName");
        assert!(
            letters.len() == 5 && letters.bytes().all(|c| b"bcdfghjklmnpqrstvwxz2456789".contains(&c)),
            "{name}"
        );
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 40);
    for pod in &made {
        let record = &w.records[pod.ix()];
        assert!(record.started.is_some_and(|at| at.since(w.plan.start).secs() >= 30), "{pod:?} runs");
        assert_eq!(w.pods[pod.ix()].owners.as_deref(), Some(&vec![owner()]));
    }
    let mut addresses: Vec<&str> =
        w.places.iter().filter_map(|place| Some(place.runtime.live.ips.first()?.as_str())).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 41, "each has an address of its own");
}

/// Whom a controller makes changes nobody else's luck, and the how-manieth has its own, whatever it is called.
#[test]
fn the_how_manieth_has_its_own_luck() {
    // How long each instance ran. When that was depends on the neighbours, too: one relist looks at all pods of a node.
    let lives =
        |count, late| {
            let (mut session, made) = with_made(count, late);
            let mut ran = BTreeMap::<(PodId, i32), Span>::new();
            while session.step().is_some() {
                for pod in made.iter().copied().chain([PodId(0)]) {
                    let ended =
                        session.world.places[pod.ix()].runtime.live.containers.iter().filter_map(|c| {
                            Some(((pod, c.restart_count), c.finished_at?.since(c.started_at?)))
                        });
                    ran.extend(ended);
                }
            }
            let of =
                |pod: PodId| ran.range((pod, 0)..=(pod, i32::MAX)).map(|(_, span)| *span).collect::<Vec<_>>();
            (of(PodId(0)), made.iter().map(|pod| of(*pod)).collect::<Vec<_>>())
        };
    let alike = |a: &[Span], b: &[Span]| {
        let known = a.len().min(b.len());
        known > 0 && a[..known] == b[..known]
    };
    let (alone, none) = lives(0, 30);
    let (beside, three) = lives(3, 30);
    assert!(none.is_empty());
    assert!(alike(&alone, &beside), "the pod of the scenario lives as without them: {alone:?}, {beside:?}");
    assert!(!alike(&three[0], &three[1]));
    let five = lives(5, 30).1;
    assert!(three.iter().zip(&five).all(|(a, b)| alike(a, b)), "more of them change nothing for the first");
}

/// The same twice: names, digest and all.
#[test]
fn what_is_made_is_made_again() {
    let play = || {
        let (mut session, made) = with_made(7, 45);
        while session.step().is_some() {}
        let w = session.world;
        (
            w.digest.to_string(),
            made.iter().map(|pod| w.pods[pod.ix()].ident.name.to_string()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(play(), play());
}

/// A given name is refused while it is taken, however it came about.
#[test]
fn a_taken_name_is_refused() {
    let (mut session, made) = with_made(1, 30);
    let w = &mut session.world;
    let taken = w.pods[made[0].ix()].ident.name.to_string();
    let template = w.pods[made[0].ix()].template;
    let new = |name: &str| NewPod {
        template,
        name: Name::Given(PodName::plain(Sym::new(name))),
        entity: entity(&["default", name]),
        owners: None,
        controller: None,
        spec: None,
    };
    let refused = create_pod(w, new(&taken)).expect_err("it is taken");
    assert_eq!(
        refused.told(None),
        format!("Error from server (AlreadyExists): pods \"{taken}\" already exists")
    );
    assert!(create_pod(w, new("web-new")).is_ok());
}
