//! W: Jobs: one sync, whole lives, sets of indexes, back-off (`rules::controllers::job`).

use std::collections::{BTreeMap, BTreeSet};

use kubelapse::api::job::{
    COMPLETION_INDEX, INDEX_FAILURES, INDEX_IGNORED_FAILURES, Job, TRACKING_FINALIZER,
};
use kubelapse::api::text::Uid;
use kubelapse::api::wire::{self, Pod};
use kubelapse::api::wire_jobs::{job, job_status_value};
use kubelapse::api::{Phase, Sym, Tri};
use kubelapse::rules::controllers::deletion_order::Candidate;
use kubelapse::rules::controllers::job::back_off::{self, Record, finished, latest_end};
use kubelapse::rules::controllers::job::failure_policy::verdict;
use kubelapse::rules::controllers::job::indexes::Indexes;
use kubelapse::rules::controllers::job::{BATCH, Done, Look, MadePod, SeenPod, Sight, Todo, made};
use kubelapse::rules::controllers::{pod_control, told::Told};
use kubelapse::time::{Span, Time};
use serde_json::{Value, json};

use super::harness::{Case, check, gates};

#[test]
fn syncs_are_those_of_the_controller() {
    check("W_job", |case| match case.family.as_str() {
        "indexString" => {
            let completions = case.input["completions"].as_i64().and_then(|n| i32::try_from(n).ok());
            let indexes = Indexes::parse(
                case.input["indexes"].as_str().expect("a text"),
                completions.expect("a number"),
            );
            json!({ "indexes": indexes.to_string(), "count": indexes.total() })
        }
        "backoffDelay" => {
            let number = |name: &str| case.input[name].as_i64().expect("a number");
            let failures = i32::try_from(number("failures")).expect("few");
            let last = Time::from_secs(1_000_000 - number("secondsSinceLastFailure"));
            json!({ "remainingSeconds": back_off::rest(failures, Some(last), Time::from_secs(1_000_000)).secs() })
        }
        _ => sync(case),
    });
}

#[test]
fn lives_are_those_of_the_controller() {
    check("W_job_life", life);
}

fn ready_since(pod: &Pod) -> (Option<Time>, Option<Time>) {
    let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
    let since = |status| {
        ready.filter(|ready| ready.status == status).map(|ready| ready.last_transition.unwrap_or_default())
    };
    (since(Tri::True), since(Tri::False))
}

fn seen(pod: &Pod, grace: i64, job: &Job) -> SeenPod {
    let (ready, not_ready) = ready_since(pod);
    let (main, init) = (&pod.status.containers, &pod.status.init);
    let is_sidecar = |name: Sym| {
        pod.spec.init_containers.iter().any(|one| one.name == name && one.restart_policy.is_some())
    };
    let end =
        |one: &kubelapse::api::ContainerStatus| one.state.terminated().and_then(|ended| ended.finished_at);
    let ends = latest_end(None, main.iter().map(end));
    let ends = latest_end(ends, init.iter().filter(|one| is_sidecar(one.name)).map(end));
    let restarts = |list: &mut dyn Iterator<Item = &kubelapse::api::ContainerStatus>| {
        let counts: Vec<i32> = list.map(|one| one.restart_count).collect();
        (counts.iter().max().copied().unwrap_or_default(), counts.iter().sum::<i32>())
    };
    let annotation = |key: &str| pod.meta.annotations.get(key).map(String::as_str);
    let deletion = pod.deletion().map(|at| Time::from_micros(at.micros() - Span::from_secs(grace).micros()));
    let ended = main
        .iter()
        .chain(init.iter())
        .filter_map(|one| one.state.terminated().map(|ended| (one.name, ended.exit_code)));
    let conditions = pod.status.conditions.iter().map(|one| (one.kind, one.status));
    SeenPod {
        candidate: Candidate {
            node: pod.spec.node_name,
            phase: pod.status.phase,
            ready,
            cost: 0,
            rank: 0,
            restarts: restarts(&mut main.iter()).0,
            sidecar_restarts: restarts(&mut init.iter().filter(|one| is_sidecar(one.name))).0,
            created: pod.created().unwrap_or_default(),
            uid: Uid::Given(Sym::new(&pod.meta.uid)),
        },
        is_deleted: pod.meta.deletion_timestamp.is_some(),
        is_tracked: pod.meta.finalizers.iter().any(|name| name == TRACKING_FINALIZER),
        index: made::index(annotation(COMPLETION_INDEX)),
        failures: made::failures(annotation(INDEX_FAILURES)),
        ignored: made::failures(annotation(INDEX_IGNORED_FAILURES)),
        finished: finished(ends, not_ready, deletion, pod.created().unwrap_or_default()),
        restarts: restarts(&mut main.iter()).1 + restarts(&mut init.iter()).1,
        verdict: job
            .spec
            .failure_policy
            .as_ref()
            .and_then(|rules| verdict(rules, &ended.collect::<Vec<_>>(), &conditions.collect::<Vec<_>>())),
    }
}

fn spelled(told: &Told) -> String {
    format!("{} {} {}", told.kind.as_str(), told.reason, told.message)
}

/// What one sync did.
struct Synced {
    created: Vec<MadePod>,
    deleted: Vec<usize>,
    finalizer_gone: Vec<usize>,
    told: Vec<Told>,
    again: Vec<Span>,
    record: Record,
    writes: usize,
}

/// One sync, in which the API server grants everything.
fn one_sync(job: &mut Job, pods: &[SeenPod], names: &[String], record: Record, now: Time) -> Synced {
    let gates = gates();
    let namespace = job.meta.namespace;
    let mut done = Synced {
        created: Vec::new(),
        deleted: Vec::new(),
        finalizer_gone: Vec::new(),
        told: Vec::new(),
        again: Vec::new(),
        record,
        writes: 0,
    };
    if job.finished().is_some() || !job.is_kept_here() {
        return done;
    }
    let seen_job = job.clone();
    let sight =
        Sight { job: &seen_job, pods, record, is_up_to_date: true, goes_on: false, now, gates: &gates };
    let look = Look::at(&sight, |at| format!("{namespace}/{}", names[at]));
    let mut answers = Done::default();
    match &look.todo {
        Todo::Nothing | Todo::Wait => {}
        Todo::End(pods) => done.deleted = pods.clone(),
        Todo::Delete(pods) => {
            done.deleted = pods.clone();
            done.finalizer_gone.extend(pods.iter().filter(|at| sight.pods[**at].is_tracked));
        }
        Todo::Create(pods) => done.created = pods.clone(),
    }
    answers.made = i32::try_from(done.created.len()).expect("few");
    answers.deleted = i32::try_from(done.deleted.len()).expect("few");
    done.told.extend(done.deleted.iter().map(|at| pod_control::deleted(&names[*at])));
    done.told.extend(
        done.created.iter().map(|pod| {
            pod_control::created(format!("{}<new>", pod.generate_name(seen_job.meta.name.as_str())))
        }),
    );
    done.again = look.again.clone();
    let new_record = look.record;
    let mut settled = look.settle(&sight, answers);
    done.told.append(&mut settled.told);
    if settled.is_written {
        done.record = new_record;
        done.writes += 1;
        job.status = settled.status.clone();
    }
    let gone: Vec<Uid> = settled.counted.iter().map(|at| sight.pods[*at].candidate.uid).collect();
    done.finalizer_gone.extend(&settled.counted);
    let (is_written, mut told) = settled.count(&gone, now);
    if is_written {
        done.writes += 1;
        job.status = settled.status.clone();
        done.told.append(&mut told);
    }
    done
}

fn sync(case: &Case) -> Value {
    let now = wire::time(&case.input["now"]).expect("an instant");
    let mut own = job(&case.input["job"]);
    let was_finished = own.finished().is_some();
    let values: Vec<&Value> = case.input["pods"].as_array().into_iter().flatten().collect();
    let pods: Vec<Pod> = values.iter().map(|value| wire::pod(value)).collect();
    let grace = |at: usize| values[at]["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or_default();
    let seen: Vec<SeenPod> = pods.iter().enumerate().map(|(at, pod)| seen(pod, grace(at), &own)).collect();
    let names: Vec<String> = pods.iter().map(|pod| pod.meta.name.clone()).collect();
    let done = one_sync(&mut own, &seen, &names, Record::default(), now);
    let named = |list: &[usize]| {
        let mut all: Vec<&String> = list.iter().map(|at| &names[*at]).collect();
        all.sort();
        json!(all)
    };
    let mut events: Vec<String> = done.told.iter().map(spelled).collect();
    events.sort();
    let created = done.created.iter().map(|pod| {
        json!({
            "generateName": pod.generate_name(own.meta.name.as_str()),
            "index": pod.index,
            "hostname": pod.hostname(own.meta.name.as_str()),
            "failureCount": pod.failures.map(|(count, _)| count.to_string()),
        })
    });
    let mut requeue: Vec<i64> = done.again.iter().map(|wait| wait.secs()).collect();
    requeue.sort_unstable();
    let is_told = !was_finished || case.expected["status"].is_object();
    json!({
        "created": created.collect::<Vec<_>>(),
        "deleted": named(&done.deleted),
        "finalizerRemoved": named(&done.finalizer_gone),
        "status": is_told.then(|| job_status_value(&own.status)),
        "statusUpdates": done.writes,
        "requeue": requeue.into_iter().map(|seconds| json!({ "seconds": seconds })).collect::<Vec<_>>(),
        "events": events,
    })
}

/// A pod of a life: when it was made, and how and when it ends.
struct Living {
    pod: SeenPod,
    ends: Time,
    exit_code: i64,
    is_gone: bool,
}

const START: Time = Time::from_secs(1_782_907_200);

fn life(case: &Case) -> Value {
    let mut own = job(&case.input["job"]);
    own.meta.created = START;
    let lives = case.input["lives"].as_array().expect("lives");
    let mut pods: Vec<Living> = Vec::new();
    let mut record = Record::default();
    let mut due = BTreeSet::from([START]);
    let mut steps = Vec::new();
    while let Some(now) = due.pop_first() {
        if now.since(START) > Span::from_secs(3600) {
            break;
        }
        live(&mut pods, now);
        let there: Vec<usize> = (0..pods.len()).filter(|at| !pods[*at].is_gone).collect();
        let seen: Vec<SeenPod> = there.iter().map(|at| pods[*at].pod).collect();
        let name = |pod: &SeenPod| match pod.index {
            Some(index) => format!("{}-{index}-<new>", own.meta.name),
            None => format!("{}-<new>", own.meta.name),
        };
        let names: Vec<String> = seen.iter().map(name).collect();
        let before = own.status.clone();
        let done = one_sync(&mut own, &seen, &names, record, now);
        record = done.record;
        // The earliest counts: what was planned later and is not needed any more only looks once more.
        due.extend(done.again.iter().map(|wait| now + (*wait).max(Span::from_millis(1))));
        for at in &done.deleted {
            let pod = &mut pods[there[*at]];
            pod.pod.is_deleted = true;
            pod.ends = pod.ends.min(now + BATCH);
            pod.exit_code = 143;
            due.insert(pod.ends + BATCH);
        }
        for at in &done.finalizer_gone {
            pods[there[*at]].pod.is_tracked = false;
        }
        for made in &done.created {
            let (uid, exit) = (pods.len(), &lives[pods.len().min(lives.len() - 1)]);
            let ends = now + Span::from_secs(exit["seconds"].as_i64().expect("seconds"));
            pods.push(Living {
                pod: made_pod(*made, uid, now),
                ends,
                exit_code: exit["exitCode"].as_i64().expect("a code"),
                is_gone: false,
            });
            due.insert(ends + BATCH);
        }
        if done.writes > 0 {
            due.insert(now + BATCH);
        }
        let has_acted = !done.created.is_empty() || !done.deleted.is_empty();
        if own.status != before || has_acted {
            steps.push(step(&own, &done, now));
        }
    }
    json!({ "steps": steps, "end": ended(&own) })
}

/// Pods that have ended by now, one after the other.
fn live(pods: &mut [Living], now: Time) {
    for one in pods {
        if one.ends <= now && !one.pod.candidate.phase.is_terminal() {
            let phase = if one.exit_code == 0 { Phase::Succeeded } else { Phase::Failed };
            one.pod.candidate.phase = phase;
            one.pod.candidate.ready = None;
            one.pod.finished = one.ends;
        }
        one.is_gone = one.pod.is_deleted && one.pod.candidate.phase.is_terminal() && !one.pod.is_tracked;
    }
}

fn made_pod(made: MadePod, uid: usize, now: Time) -> SeenPod {
    SeenPod {
        candidate: Candidate {
            node: Sym::new("n1"),
            phase: Phase::Running,
            ready: Some(now),
            cost: 0,
            rank: 0,
            restarts: 0,
            sidecar_restarts: 0,
            created: now,
            uid: Uid::Given(Sym::new(&uid.to_string())),
        },
        is_deleted: false,
        is_tracked: true,
        index: made.index,
        failures: made.failures.map_or(0, |(count, _)| count),
        ignored: made.failures.map_or(0, |(_, ignored)| ignored),
        finished: now,
        restarts: 0,
        verdict: None,
    }
}

fn step(own: &Job, done: &Synced, now: Time) -> Value {
    let status = &own.status;
    let mut events: Vec<String> = done.told.iter().map(spelled).collect();
    events.sort();
    let mut step = numbers(own);
    let more = json!({
        "at": now.since(START).secs(),
        "created": done.created.iter().map(|pod| pod.index).collect::<Vec<_>>(),
        "deleted": done.deleted.len(),
        "events": events,
        "active": status.active,
        "ready": status.ready,
        "terminating": status.terminating,
        "conditions": status.conditions.iter()
            .map(|one| format!("{}={} {}", one.kind, one.status.as_str(), one.reason)).collect::<Vec<_>>(),
    });
    let members: BTreeMap<String, Value> = serde_json::from_value(more).expect("an object");
    step.as_object_mut().expect("an object").extend(members);
    step
}

fn numbers(own: &Job) -> Value {
    let status = &own.status;
    json!({
        "succeeded": status.succeeded,
        "failed": status.failed,
        "completedIndexes": &*status.completed_indexes,
        "failedIndexes": status.failed_indexes.as_deref(),
    })
}

fn ended(own: &Job) -> Value {
    let mut end = numbers(own);
    let completed = own.status.completion_time.map(|at| at.since(START).secs());
    end["completionTimeSeconds"] = json!(completed);
    end["conditions"] = own
        .status
        .conditions
        .iter()
        .map(|one| {
            json!({ "type": one.kind.as_str(), "status": one.status.as_str(), "reason": one.reason.as_str(),
                "message": one.message.as_str() })
        })
        .collect();
    end
}
