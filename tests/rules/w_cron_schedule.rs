//! W: when a CronJob is due (`rules::controllers::cron_schedule`).

use kubelapse::rules::controllers::cron_schedule::{Missed, Schedule, Zone, due, earliest, names_a_zone};
use kubelapse::time::{Span, Time};
use serde_json::{Value, json};

use super::harness::{Case, check_where};

#[test]
fn schedules_come_when_the_parser_of_kubernetes_says() {
    check_where("W_cronjob", |case| case.family == "next", next);
}

#[test]
fn what_was_missed_is_counted_as_the_controller_counts() {
    check_where("W_cronjob", |case| case.family == "missed", missed);
}

fn time(value: &Value) -> Option<Time> {
    value.as_str().map(|text| Time::parse_rfc3339(text).expect("an instant"))
}

fn next(case: &Case) -> Value {
    let text = case.input["schedule"].as_str().unwrap_or_default();
    let zone = case.input["timeZone"].as_str();
    assert!(zone.is_none_or(|zone| Zone::named(zone).is_ok()), "every zone of the cases is one");
    // The event is the controller's; what it is about is ours.
    let unsupported = format!(
        "Warning UnsupportedSchedule CRON_TZ or TZ used in schedule {text:?} is not officially supported, see \
         https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
    );
    let events: Vec<String> = names_a_zone(text).then_some(unsupported).into_iter().collect();
    let schedule = match Schedule::of(text, zone) {
        Ok(schedule) => schedule,
        Err(told) => return json!({"events": events, "parseError": told}),
    };
    let mut at = time(&case.input["from"]).expect("from");
    let mut times = Vec::new();
    for _ in 0..4 {
        match schedule.next(at) {
            Some(next) => {
                times.push(next.rfc3339_secs());
                at = next;
            }
            None => {
                times.push("never".to_owned());
                break;
            }
        }
    }
    json!({"events": events, "next": times})
}

fn missed(case: &Case) -> Value {
    let cron_job = &case.input["cronJob"];
    let spec = &cron_job["spec"];
    let schedule = Schedule::of(spec["schedule"].as_str().unwrap_or_default(), spec["timeZone"].as_str());
    let schedule = schedule.expect("a schedule");
    let now = time(&case.input["now"]).expect("now");
    let deadline = case.input["includeStartingDeadline"].as_bool().unwrap_or(false);
    let deadline = spec["startingDeadlineSeconds"].as_i64().filter(|_| deadline).map(Span::from_secs);
    let created = time(&cron_job["metadata"]["creationTimestamp"]).expect("created");
    let since = earliest(created, time(&cron_job["status"]["lastScheduleTime"]), deadline, now);
    let earliest = since.rfc3339_secs();
    match due(&schedule, since, now) {
        Err(told) => json!({"earliest": earliest, "missed": "none", "error": told}),
        Ok(due) => {
            let missed = match due.missed {
                Missed::None => "none",
                Missed::Few => "few",
                Missed::Many => "many",
            };
            let most_recent = due.most_recent.map(Time::rfc3339_secs);
            json!({"earliest": earliest, "missed": missed, "mostRecent": most_recent})
        }
    }
}
