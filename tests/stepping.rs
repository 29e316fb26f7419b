//! A walk is the run: back and forth any number of times gives the bytes of a straight run, on every shipped scenario;
//! and every change on the way is explained down to what the scenario says.

#[path = "support/walk.rs"]
mod walk;

use kubelapse::api::Sym;
use kubelapse::record::{Change, Transition};
use kubelapse::scenario::builtin;
use kubelapse::session::{self, Breakpoint, Direction, Move, Stop, Way, WhyOf, get, kubectl};
use kubelapse::time::Span;
use walk::{bytes, run_out, shipped, walk_of};

#[test]
fn back_and_forth_gives_the_bytes_of_a_straight_run() {
    for scenario in builtin::small() {
        let mut walk = shipped(scenario.name);
        let straight = session::live(walk.plan(), walk.seed());
        // A fixed sequence of hops, different for every scenario: far, near, to an instant, by rows, by steps.
        let mut hop = kubelapse::engine::random::entity(&[scenario.name]);
        let length = walk.plan().until.since(walk.plan().start).micros();
        for _ in 0..60 {
            hop = hop.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = (hop >> 33) as i64;
            let direction = if pick % 5 < 2 { Direction::Back } else { Direction::Forward };
            match pick / 5 % 6 {
                0 => walk.seek(pick as u64 % (straight.steps + 1)),
                1 => walk.seek_time(walk.plan().start + Span::from_micros(pick * 7919 % length)),
                2 => drop(walk.go(direction, &Move::Event)),
                3 => drop(walk.go(direction, &Move::Failure)),
                4 => drop(walk.go(Direction::Back, &Move::Change)),
                _ => drop(walk.go(direction, &Move::Change)),
            }
            let here = walk.position() as usize;
            let expected = straight.transitions.iter().filter(|row| row.step as usize <= here).count();
            assert_eq!(walk.history().to_vec(), straight.transitions[..expected], "{}", scenario.name);
        }
        run_out(&mut walk);
        assert_eq!(walk.world().digest.to_string(), straight.digest, "{} differs", scenario.name);
        assert_eq!(walk.position(), straight.steps);
        assert_eq!(
            bytes(&walk.history().to_vec(), &walk.world().directory),
            bytes(&straight.transitions, &straight.directory),
            "{} writes other bytes",
            scenario.name
        );
    }
}

/// A move that goes a part at a time ends where the whole move does, whatever the parts; in between it stands at a place of the run.
#[test]
fn a_move_in_parts_is_the_move() {
    let until = |text: &str| Move::Until(Breakpoint::parse(text).expect("a breakpoint"));
    for name in ["crash-loop", "rollout-stalls", "deadline-clock"] {
        let mut walk = shipped(name);
        let start = walk.plan().start;
        let moves = [
            (Direction::Forward, Move::To(start + Span::from_secs(100))),
            (Direction::Back, Move::Change),
            (Direction::Back, until("event=Started")),
            (Direction::Forward, until("condition=Ready:True")),
            (Direction::Forward, Move::End),
            (Direction::Back, Move::Failure),
            (Direction::Back, Move::Event),
            (Direction::Back, Move::To(start + Span::from_millis(31_500))),
            (Direction::Forward, Move::Failure),
            (Direction::Forward, Move::Step(200)),
            (Direction::Back, until("status=Nonsense")),
            (Direction::Forward, until("status=Nonsense")),
            (Direction::Back, Move::End),
        ];
        for (ix, (direction, to)) in moves.iter().enumerate() {
            let mut parts = walk.clone();
            let mut way = Way::new(*direction, to.clone());
            let stop = loop {
                if let Some(stop) = parts.go_on(&mut way, 1 + 7 * ix) {
                    break stop;
                }
                let here = parts.position();
                let last = parts.step_record(here).map_or(start, |record| record.at);
                assert!(parts.now() >= last, "{name}: {to:?} at {here}");
            };
            let whole = walk.go(*direction, to);
            assert_eq!(stop, whole, "{name}: {direction:?} {to:?}");
            let place = |walk: &session::Walk| (walk.position(), walk.now(), walk.history().len());
            assert_eq!(place(&parts), place(&walk), "{name}: {direction:?} {to:?}");
            assert_eq!(parts.world().digest.to_string(), walk.world().digest.to_string());
        }
    }
}

/// What is asked of the run a part at a time is what is asked at once; meanwhile nobody has moved, and what was looked at ahead is
/// known from then on.
#[test]
fn a_question_in_parts_is_the_question() {
    let mut asked = 0;
    for name in ["crash-loop", "image-pull-back-off", "node-lost"] {
        for at in [1, 40, 100, 250] {
            let mut whole = shipped(name);
            whole.seek_time(whole.plan().start + Span::from_secs(at));
            let mut parts = whole.clone();
            let place = |walk: &session::Walk| {
                (walk.position(), walk.now(), walk.history().len(), walk.world().digest.to_string())
            };
            let before = place(&whole);
            let is_asked = whole.ask();
            assert_eq!(place(&whole), before, "{name} at {at} s");
            let mut asking = parts.begin_asking(None);
            let told = loop {
                if let Some(told) = parts.ask_on(&mut asking, 7) {
                    break told;
                }
                assert_eq!(place(&parts), before, "{name} at {at} s");
            };
            assert_eq!((told, place(&parts)), (is_asked, before), "{name} at {at} s");
            assert_eq!(parts.quiz.pending(), whole.quiz.pending(), "{name} at {at} s");
            assert_eq!(parts.known(), whole.known(), "{name} at {at} s");
            asked += usize::from(is_asked);
            // Who goes on comes to what was looked at.
            let straight = session::live(whole.plan(), whole.seed());
            run_out(&mut parts);
            assert_eq!(parts.history().to_vec(), straight.transitions, "{name} at {at} s");
            assert_eq!(parts.world().digest.to_string(), straight.digest, "{name} at {at} s");
        }
    }
    assert!(asked > 8, "{asked} questions");
}

/// Causes that are looked up a part at a time are those that are told at once, of pods, of what is no pod, and of a workload.
#[test]
fn causes_in_parts_are_the_causes() {
    for name in ["crash-loop", "rollout-stalls", "cron-overlap"] {
        let mut walk = shipped(name);
        run_out(&mut walk);
        let rows = walk.history().to_vec();
        let keys = get::objects(walk.world()).map(WhyOf::Workload);
        let all: Vec<WhyOf> =
            rows.iter().step_by(rows.len() / 12).map(|row| WhyOf::Row(*row)).chain(keys).collect();
        for about in all {
            let mut parts = walk.clone();
            let Ok(reasons) = parts.begin_why(about) else { continue };
            let told = loop {
                if let Some(told) = parts.why_on(&reasons, 9) {
                    break told;
                }
            };
            let whole = match about {
                WhyOf::Row(row) => Ok(walk.clone().why(&row)),
                WhyOf::Workload(key) => walk.clone().why_workload(key),
            };
            assert_eq!(told, whole, "{name}: {about:?}");
        }
    }
}

/// What is known already is gone to from the nearest world that was kept, forwards as well as back.
#[test]
fn a_way_that_is_known_is_not_played_from_where_one_stands() {
    let text = "name = \"many\"\nuntil = \"1h\"\n[[pod]]\nname = \"web\"\nreplicas = 20\n\
                spec.containers = [{ name = \"app\", image = \"web:1\" }]\n\
                behavior.containers.app.attempts = [{ runs = \"2s\", exit = 1 }]\n";
    let mut walk = walk_of("many.toml", text, &[]);
    run_out(&mut walk);
    let end = walk.position();
    let kept = walk.checkpoints().steps();
    let last = *kept.last().expect("there are some");
    assert!(last > 256 && end > last, "{kept:?} of {end}");
    walk.seek(0);
    let mut way = Way::to_step(end);
    let mut parts = 1;
    while walk.go_on(&mut way, 1).is_none() {
        parts += 1;
    }
    assert_eq!(walk.position(), end);
    assert!(parts <= end - last + 2, "{parts} steps were played of {end}, from {last}");
}

#[test]
fn every_step_names_an_earlier_step_or_the_scenario_as_its_cause() {
    let mut walk = shipped("crash-loop");
    run_out(&mut walk);
    for step in 1..=walk.position() {
        let cause = walk.cause(step);
        assert!(cause < step, "step {step} is caused by {cause}");
        if cause > 0 {
            let queued_before = walk.step_record(cause - 1).map_or(0, |record| record.queued_to);
            let played = walk.step_record(step).expect("it was played");
            let cause = walk.step_record(cause).expect("it was played");
            assert!(queued_before <= played.sequence && played.sequence < cause.queued_to);
            assert!(cause.at <= played.at);
        }
    }
    assert_eq!(walk.cause(1), 0);
}

#[test]
fn moves_stop_where_they_are_told_in_both_directions() {
    let mut walk = shipped("crash-loop");
    let until = |text: &str| Move::Until(Breakpoint::parse(text).expect("a breakpoint"));
    let crash_loop = until("status=CrashLoopBackOff pod=orders");
    assert_eq!(walk.go(Direction::Forward, &crash_loop), Stop::There);
    assert_eq!(walk.world().pods[0].shown.status, *"CrashLoopBackOff");
    let first = walk.position();
    assert_eq!(walk.go(Direction::Forward, &until("restarts>=3")), Stop::There);
    assert_eq!(walk.world().pods[0].shown.restarts, 3);
    assert_eq!(walk.go(Direction::Back, &until("restarts>=3")), Stop::NotFound);
    assert_eq!(walk.position(), 0);
    assert_eq!(walk.go(Direction::Forward, &until("restarts>=3")), Stop::There);
    while walk.go(Direction::Back, &crash_loop) == Stop::There && walk.position() != first {
        assert!(walk.position() > first);
    }
    assert_eq!(walk.position(), first);
    assert_eq!(walk.go(Direction::Forward, &until("event=BackOff")), Stop::There);
    assert_eq!(walk.go(Direction::Forward, &until("condition=Ready:True")), Stop::There);
    assert_eq!(walk.go(Direction::Forward, &until("phase=Failed")), Stop::NotFound);
    assert!(walk.at_end());
    assert_eq!(walk.now(), walk.plan().until);
}

#[test]
fn breakpoints_that_cannot_be_read_say_what_could() {
    for (text, hint) in [
        ("", "status=CrashLoopBackOff"),
        ("staus=Running", "did you mean `status"),
        ("restarts>=many", "number"),
        ("condition=Ready:Maybe", "True, False or Unknown"),
        ("phase=CrashLoopBackOff", "is no phase"),
        ("status>=3", "only restarts"),
    ] {
        let problem = Breakpoint::parse(text).expect_err("it is none");
        assert!(problem.contains(hint), "{text}: {problem}");
    }
}

/// A hook of the container is not the runtime's fault, and stands in the table of reasons as all others do.
#[test]
fn a_hook_that_fails_is_blamed_in_words_of_its_own() {
    let mut walk = shipped("post-start-fails");
    walk.seek_time(walk.plan().start + Span::from_secs(400));
    let rows: Vec<Transition> = walk.history().to_vec();
    let is_it = |row: &&Transition| {
        matches!(row.change, Change::Container { reason: Sym::POST_START_HOOK_ERROR, .. })
    };
    let row = rows.iter().find(is_it).expect("a container shows it");
    let told = walk.why(row).render(walk.plan().start);
    assert!(
        told.contains("the postStart hook of ") && told.contains("failed, so it was stopped: "),
        "{told}"
    );
    assert!(!told.contains("could not be started"), "{told}");
}

#[test]
fn every_change_of_every_shipped_scenario_is_explained_down_to_the_scenario() {
    for scenario in builtin::small() {
        let mut walk = shipped(scenario.name);
        walk.seek_time(walk.plan().start + Span::from_secs(400));
        let mut rows: Vec<Transition> = walk.history().to_vec();
        rows.sort_by_key(|row| row.pod);
        for row in &rows {
            let why = walk.why(row);
            let say = || why.render(walk.plan().start);
            let last = why.links.last().unwrap_or_else(|| panic!("{}: no cause: {}", scenario.name, say()));
            assert_eq!(last.component, "scenario", "{}: {}", scenario.name, say());
            assert!(why.links.iter().all(|link| link.at <= row.time), "{}: {}", scenario.name, say());
            // Every cause lies before its effect.
            let ordered = why.links.windows(2).all(|pair| pair[0].at >= pair[1].at);
            assert!(ordered, "{}: {}", scenario.name, say());
        }
    }
}

#[test]
fn a_crash_loop_is_explained_in_words_that_teach() {
    let mut walk = shipped("crash-loop");
    let crash_loop = Breakpoint::parse("status=CrashLoopBackOff").expect("a breakpoint");
    walk.go(Direction::Forward, &Move::Until(crash_loop));
    let row = walk.last_change(None).expect("there is one");
    let why = walk.why(&row);
    insta::assert_snapshot!(why.render(walk.plan().start));
}

#[test]
fn what_a_person_did_stands_at_the_end_of_its_chain() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    walk.act("delete pod/orders").expect("it can be done");
    let row = walk.last_change(None).expect("there is one");
    let why = walk.why(&row);
    let last = why.links.last().expect("there is one");
    assert_eq!((last.component.as_str(), last.text.as_str()), ("you", "delete pod/orders"));
}

#[test]
fn what_comes_does_come() {
    for scenario in builtin::small() {
        let mut walk = shipped(scenario.name);
        walk.seek_time(walk.plan().start + Span::from_secs(12));
        let coming = walk.coming(None);
        for next in coming {
            walk.seek_time(next.at);
            let played = walk.step_record(walk.position()).is_some_and(|record| record.at == next.at);
            assert!(played, "{}: {} does not come", scenario.name, next.words.text);
        }
    }
}

const CROWDED: &str = r#"
name = "crowded"
until = "3m"
[[node]]
name = "n1"
capacity = { cpu = "1", memory = "4Gi", pods = 10 }
[[object]]
kind = "Secret"
name = "regcred"
missing = true
[[object]]
kind = "PriorityClass"
name = "high"
value = 1000
[[image]]
ref = "registry.example/shop/private:1"
secret = "regcred"
[[pod]]
name = "first"
  [pod.spec]
  containers = [{ name = "app", image = "web:1", resources = { requests = { cpu = "600m" } } }]
  [pod.behavior.containers.app]
  attempts = [{ onTerm = { after = "20s", exit = 0 } }]
[[pod]]
name = "refused"
at = "5s"
  [pod.spec]
  nodeName = "n1"
  containers = [{ name = "app", image = "web:1", resources = { requests = { cpu = "2" } } }]
[[pod]]
name = "private"
at = "5s"
  [pod.spec]
  imagePullSecrets = [{ name = "regcred" }]
  containers = [{ name = "app", image = "registry.example/shop/private:1" }]
[[pod]]
name = "vip"
at = "30s"
  [pod.spec]
  priorityClassName = "high"
  containers = [{ name = "app", image = "web:1", resources = { requests = { cpu = "600m" } } }]
"#;

/// Who refused a pod and by which sum, whom a preemptor waits for, which Secret a registry misses.
#[test]
fn why_names_who_refused_and_what_is_waited_for() {
    let mut walk = walk_of("crowded.toml", CROWDED, &[]);
    let start = walk.plan().start;
    walk.seek_time(start + Span::from_secs(35));
    let mut why = |pod: &str, what: &str| {
        let found = kubectl::find(walk.world(), pod).expect("it exists");
        walk.selected = Some(found);
        let row = walk.change_called(what).expect("it changed");
        walk.why(&row).render(start)
    };
    let refused = why("refused", "status");
    let sum = "OutOfcpu: Node didn't have enough resource: cpu, requested: 2000, used: 600, capacity: 1000 (in \
               thousandths of a core)";
    assert!(refused.contains("kubelet: admission  refused the pod, ") && refused.contains(sum), "{refused}");
    assert!(refused.contains("spec.nodeName names the node"), "{refused}");
    let private = why("private", "status");
    assert!(
        private.contains("wants the Secret regcred, which does not exist in the namespace default"),
        "{private}"
    );
    let vip = why("vip", "PodScheduled");
    assert!(vip.contains("nominated n1 and preempts first of lower priority there"), "{vip}");
    assert!(vip.contains("found no node: 0/1 nodes are available: 1 Insufficient cpu."), "{vip}");
    let found = kubectl::find(walk.world(), "vip").expect("it exists");
    let coming = walk.coming(Some(found));
    assert!(
        coming.iter().any(|next| next.words.text == "app of first ends because of SIGTERM"),
        "{coming:?}"
    );
}

/// To ask at the instant of a lesson's question is to hear that question again.
#[test]
fn an_open_question_of_a_lesson_is_repeated_and_not_replaced() {
    let text = format!(
        "{CROWDED}[lesson]\ntitle = \"Crowded\"\n[[lesson.question]]\nat = \"10s\"\nask = \"What now?\"\n\
         choices = [\"this\", \"that\"]\nanswer = 1\n"
    );
    let mut walk = walk_of("crowded.toml", &text, &[]);
    assert_eq!(walk.go(Direction::Forward, &Move::End), Stop::Question);
    for _ in 0..2 {
        assert!(walk.ask());
        assert_eq!(walk.quiz.pending().map(|asked| asked.ask.as_str()), Some("What now?"));
    }
    assert_eq!(walk.quiz.asked.len(), 1);
    walk.quiz.answer(1);
    assert_eq!(walk.quiz.score(), (1, 1));
}

/// The kernel's kill and the eviction manager's find their reason in what a container uses.
#[test]
fn why_names_memory_where_memory_was_the_cause() {
    let text = r#"
name = "memory"
until = "5m"
[[node]]
name = "n1"
capacity = { cpu = "4", memory = "2Gi" }
[[pod]]
name = "limited"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
resources = { limits = { memory = "64Mi" } }
[pod.behavior.containers.app]
attempts = [{ memory = [{ at = "30s", size = "65Mi" }] }, {}]
[[pod]]
name = "unlimited"
[[pod.spec.containers]]
name = "app"
image = "registry.example/shop/web:1"
[pod.behavior.containers.app]
attempts = [{ memory = [{ at = "90s", size = "2000Mi" }] }]
"#;
    let mut walk = walk_of("memory.toml", text, &[]);
    let start = walk.plan().start;
    let mut why = |secs: i64, pod: &str, what: &str| {
        walk.seek_time(start + Span::from_secs(secs));
        let found = kubectl::find(walk.world(), pod).expect("it exists");
        walk.selected = Some(found);
        let row = walk.change_called(what).expect("it changed");
        walk.why(&row).render(start)
    };
    let killed = why(60, "limited", "app");
    assert!(killed.contains("exit code 137") && killed.contains("with memory as it says"), "{killed}");
    let evicted = why(130, "unlimited", "event");
    assert!(
        evicted.contains("eviction manager") && evicted.contains("app uses more memory since then"),
        "{evicted}"
    );
}
