//! Set E: crash loops (`doBackOff` of the kubelet's runtime manager), image pulls (`EnsureImageExists`), and the back-off
//! of client-go under both.

use std::collections::BTreeMap;

use kubelapse::api::text::{PodIdent, PodName, Uid};
use kubelapse::api::{EventText, Note, Sym, Text};
use kubelapse::rules::kubelet::images::{self, PullMemory, Verdict};
use kubelapse::rules::machinery::backoff::{Entry, Limits, Restart, crash_loop};
use kubelapse::time::{Span, Time};
use serde_json::{Map, Value, json};

use super::harness::{check, gates};

#[test]
fn back_offs_are_the_kubelets() {
    check("E_backoff", |case| {
        let limits = limits(&case.input);
        let steps = case.input["steps"].as_array().expect("steps");
        let answers = match case.family.as_str() {
            "image" => pulls(steps),
            "raw" => entries(steps, &limits),
            _ => crashes(steps, &limits),
        };
        json!({ "steps": answers })
    });
}

fn limits(input: &Value) -> Limits {
    let span = |name: &str| Span::from_secs(input[name].as_i64().unwrap_or(0));
    let max = span("maxSeconds");
    let expiry = match span("expirySeconds") {
        Span::ZERO => max * 2,
        expiry => expiry,
    };
    Limits { first: span("initialSeconds"), max, expiry }
}

/// Seconds since the base instant, exact to a millisecond.
fn time(value: &Value) -> Time {
    let millis = value.as_f64().map_or(0, |secs| (secs * 1000.0).round() as i64);
    Time::EPOCH + Span::from_millis(millis)
}

fn text<'a>(step: &'a Value, name: &str) -> &'a str {
    step[name].as_str().unwrap_or_default()
}

fn value_of(entry: Option<Entry>) -> String {
    entry.map_or(Span::ZERO, |entry| entry.value).to_string()
}

fn crashes(steps: &[Value], limits: &Limits) -> Vec<Value> {
    let pod = PodIdent {
        name: PodName::plain(Sym::new("web")),
        namespace: Sym::new("default"),
        uid: Uid::Given(Sym::new("11111111-2222-3333-4444-555555555555")),
    };
    let container = Sym::new("app");
    let (mut finished, mut entry) = (None, None);
    let answer = |step: &Value| {
        let now = time(&step["at"]);
        if step["op"] == "exit" {
            finished = Some(now);
            return json!({});
        }
        match crash_loop(limits, entry, finished, now) {
            Restart::Starts(next) => {
                entry = next;
                json!({ "inBackOff": false, "backOffNow": value_of(entry) })
            }
            Restart::Waits { delay, until } => {
                let event = Text::BackOffRestarting { container };
                json!({
                    "inBackOff": true,
                    "backOffNow": value_of(entry),
                    "reason": Sym::CRASH_LOOP_BACK_OFF.as_str(),
                    "message": Text::CrashBackOff { container, delay: delay.into() }.show(&pod).to_string(),
                    "events": [format!("Warning BackOff {}", event.show(&pod))],
                    "until": seconds(until),
                })
            }
        }
    };
    steps.iter().map(answer).collect()
}

/// As the cases write it: a whole number without a point.
fn seconds(at: Time) -> Value {
    let millis = at.micros() / 1000;
    if millis % 1000 == 0 { json!(millis / 1000) } else { json!(millis as f64 / 1000.0) }
}

fn entries(steps: &[Value], limits: &Limits) -> Vec<Value> {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    let mut answers = Vec::new();
    for step in steps {
        let (now, since, key) = (time(&step["at"]), time(&step["since"]), text(step, "key"));
        let entry = entries.get(key).copied();
        answers.push(match text(step, "op") {
            "inSince" => json!({ "in": limits.holds_since(entry, since, now).is_some() }),
            "inSinceUpdate" => json!({ "in": limits.holds_since_update(entry, since) }),
            "get" => json!({ "backOffNow": value_of(entry) }),
            "next" => {
                entries.insert(key, limits.next(entry, since, now));
                json!({ "backOffNow": value_of(entries.get(key).copied()) })
            }
            "gc" => {
                entries.retain(|_, entry| !limits.expired(*entry, now));
                json!({})
            }
            "reset" => {
                entries.remove(key);
                json!({})
            }
            other => panic!("unknown step {other}"),
        });
    }
    answers
}

fn pulls(steps: &[Value]) -> Vec<Value> {
    let gates = gates();
    let mut memories: BTreeMap<(&str, &str), PullMemory> = BTreeMap::new();
    let mut answers = Vec::new();
    for step in steps {
        let (now, image) = (time(&step["at"]), Sym::new(text(step, "image")));
        let memory = memories.entry((text(step, "key"), text(step, "image"))).or_default();
        let presence = || Ok(images::presence::<&str>(step["present"] == true, &[], &[], &gates));
        let mut answer = Map::new();
        let mut collects = false;
        let events = match images::ensure(
            image,
            kubelapse::rules::machinery::image_name::problem(&image).map(Sym::from),
            text(step, "policy"),
            presence,
            memory,
            now,
            &gates,
        ) {
            Verdict::Present(event) => {
                answer.insert("imageRef".into(), json!("sha256:present"));
                answer.insert("message".into(), json!(words(event.message)));
                vec![event]
            }
            Verdict::Fails { reason, message, event } => {
                answer.insert("error".into(), json!(reason.as_str()));
                answer.insert("message".into(), json!(words(message)));
                vec![event]
            }
            Verdict::Pulls(event) if text(step, "result").is_empty() => {
                memory.last_failure = None;
                collects = true;
                answer.insert("imageRef".into(), json!("sha256:pulled"));
                vec![event, images::works(image, Span::ZERO, Span::ZERO, 1000)]
            }
            Verdict::Pulls(event) => {
                let error = Sym::new(text(step, "result"));
                let (failure, failed) = images::fails(image, error, memory, now);
                answer.insert("error".into(), json!(failure.reason.as_str()));
                answer.insert("message".into(), json!(failure.message.as_str()));
                vec![event, failed]
            }
        };
        answer.insert("events".into(), events.into_iter().map(told).collect());
        // A pull that worked ends with `GC`: of all images, also of its own, what is too old is gone.
        if collects {
            for memory in memories.values_mut() {
                memory.back_off = memory.back_off.filter(|entry| !Limits::IMAGE.expired(*entry, now));
            }
        }
        let memory = &memories[&(text(step, "key"), text(step, "image"))];
        answer.insert("backOffNow".into(), json!(value_of(memory.back_off)));
        answers.push(Value::Object(answer));
    }
    answers
}

fn words(message: impl Into<EventText>) -> String {
    let nobody =
        PodIdent { name: PodName::plain(Sym::EMPTY), namespace: Sym::EMPTY, uid: Uid::Given(Sym::EMPTY) };
    // The cases mask what depends on the clock of the machine that made them.
    message
        .into()
        .show(&nobody)
        .to_string()
        .replace("in 0s (0s including waiting)", "in <d> (<d> including waiting)")
}

fn told(event: Note) -> Value {
    let kind = event.kind.as_str();
    json!(format!("{kind} {} {}", event.reason, words(event.message)))
}
