//! A prediction as people and programs read it.

use std::fmt::Write as _;

use crate::answers::predict::{DrainFuture, Event, PodFuture, Prediction, Step, WorkloadFuture};
use crate::scenario::given::priors::Supposed;

/// `13:02:10` of `2026-11-22T13:02:10Z`; another day's with its date.
fn clock<'a>(instant: &'a str, now: &str) -> &'a str {
    let same_day = instant.get(..10) == now.get(..10);
    instant.trim_end_matches('Z').get(if same_day { 11 } else { 0 }..).unwrap_or(instant)
}

/// `between 13:02:10 and 13:02:26`
fn between(earliest: &str, latest: &str, now: &str) -> String {
    match (clock(earliest, now), clock(latest, now)) {
        (from, to) if from == to => format!("at {from}"),
        (from, to) => format!("between {from} and {to}"),
    }
}

fn when(step: &Step, now: &str) -> String {
    between(&step.earliest, &step.latest, now)
}

/// What comes of a workload, a line each.
fn of_workload(own: &WorkloadFuture, prediction: &Prediction) -> Vec<String> {
    let line = |event: &Event| {
        let when = between(&event.earliest, &event.latest, &prediction.now);
        let chance =
            if event.chance < 0.995 { format!(", {}", percent(event.chance)) } else { String::new() };
        format!("{} {when}{chance}", event.what)
    };
    let mut lines: Vec<String> = own.events.iter().map(line).collect();
    let fails = |event: &Event| event.what == "failed" && event.chance >= 0.995;
    if let Some(why) = &own.never {
        lines.push(match own.kind.as_str() {
            "cronjob" => format!("no Job within {}: {why}", ahead(prediction)),
            // What has failed stays so.
            "job" if own.events.iter().any(fails) => format!("never complete: {why}"),
            _ => format!("not complete within {}: {why}", ahead(prediction)),
        });
    } else if lines.is_empty() {
        lines.push(format!("nothing changes within {}", ahead(prediction)));
    }
    lines
}

/// What comes of a drain, in a line.
fn of_drain(own: &DrainFuture, prediction: &Prediction) -> String {
    let mut parts = Vec::new();
    if let Some(event) = &own.event {
        let chance =
            if event.chance < 0.995 { format!(", {}", percent(event.chance)) } else { String::new() };
        parts.push(format!("drained {}{chance}", between(&event.earliest, &event.latest, &prediction.now)));
    } else {
        parts.push(format!("not drained within {}", ahead(prediction)));
    }
    if let [first, others @ ..] = own.kept.as_slice() {
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        parts.push(format!("a disruption budget keeps {first}{more}"));
    }
    parts.join("; ")
}

fn what(step: &Step) -> String {
    match step.status.as_str() {
        "" => "gone".to_owned(),
        status => format!("{status} {}", step.ready),
    }
}

fn restart(step: &Step, before: i64) -> String {
    match i64::from(step.restarts) > before {
        true => format!(" (restart {})", step.restarts),
        false => String::new(),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn ahead(prediction: &Prediction) -> String {
    crate::time::Span::from_secs(prediction.ahead_seconds).to_string()
}

/// On what a future stands that nothing tells of.
fn if_as_most(of: Supposed) -> &'static str {
    match of {
        Supposed::Boots => "if it starts as most do; nothing is known of its program",
        Supposed::Stops => "if it stops as most do; nothing is known of its program",
        Supposed::Runs => "if it ends as most do; nothing is known of its program",
    }
}

/// The first line of a pod's future, for who reads no other.
pub fn only_line(pod: &PodFuture, prediction: &Prediction) -> String {
    let supposed = pod.supposed.map_or(String::new(), |of| format!(", {}", if_as_most(of)));
    format!("{}{supposed}", first_line(pod, prediction))
}

fn first_line(pod: &PodFuture, prediction: &Prediction) -> String {
    match pod.steps.first() {
        None => {
            let why = pod.keeps.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("nothing changes within {}{why}", ahead(prediction))
        }
        Some(step) => line(step, pod.restarts, prediction),
    }
}

fn line(step: &Step, restarts: i64, prediction: &Prediction) -> String {
    let mut text = format!("{} {}{}", what(step), when(step, &prediction.now), restart(step, restarts));
    if step.chance < 0.995 {
        let _ = write!(text, ", {}", percent(step.chance));
    }
    text
}

fn lines(pod: &PodFuture, prediction: &Prediction) -> Vec<String> {
    let mut lines = vec![first_line(pod, prediction)];
    let mut restarts = pod.steps.first().map_or(0, |step| i64::from(step.restarts));
    for step in pod.steps.iter().skip(1) {
        lines.push(format!("then {}", line(step, restarts, prediction)));
        restarts = i64::from(step.restarts);
    }
    lines.extend(pod.supposed.map(|of| format!("({})", if_as_most(of))));
    if pod.presents == 0 {
        lines.push("(no course leads to just what is printed: told from what is near)".to_owned());
    }
    if !pod.steps.is_empty() && pod.stays >= 0.005 {
        lines.push(format!("or nothing changes within {}, {}", ahead(prediction), percent(pod.stays)));
    }
    lines
}

fn head(pod: &PodFuture) -> String {
    let place = format!("{}/{}", pod.namespace, pod.name);
    let restarts = match pod.restarts {
        0 => String::new(),
        1 => ", 1 restart".to_owned(),
        count => format!(", {count} restarts"),
    };
    format!("{place}: {} {}{restarts}", pod.status, pod.ready)
}

pub fn table(prediction: &Prediction) -> String {
    let mut text = format!(
        "At {}, Kubernetes {}; windows hold {} of {} possible presents, for {}\n",
        prediction.now,
        prediction.kubernetes,
        percent(prediction.level),
        prediction.seeds,
        ahead(prediction)
    );
    for own in &prediction.workloads {
        let state = own.state.as_ref().map_or_else(String::new, |state| format!(": {state}"));
        let _ = writeln!(text, "\n{}/{}/{}{state}", own.namespace, own.kind, own.name);
        for line in of_workload(own, prediction) {
            let _ = writeln!(text, "  {line}");
        }
    }
    for own in &prediction.drains {
        let _ = writeln!(text, "\nnode/{}\n  {}", own.node, of_drain(own, prediction));
    }
    // What stands alike and has the same before it is told once.
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for pod in &prediction.pods {
        let lines = lines(pod, prediction);
        match told.iter_mut().find(|(_, own)| pod.steps.is_empty() && *own == lines) {
            Some((heads, _)) => {
                heads.push('\n');
                heads.push_str(&head(pod));
            }
            None => told.push((head(pod), lines)),
        }
    }
    for (heads, lines) in told {
        let _ = writeln!(text, "\n{heads}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !prediction.assumed.is_empty() {
        text.push_str("\nAssumed (--assume, --scenario):\n");
        for words in &prediction.assumed {
            let _ = writeln!(text, "  {words}");
        }
    }
    text
}

pub fn json(prediction: &Prediction) -> String {
    let json = serde_json::to_string_pretty(prediction).unwrap_or_default();
    format!("{json}\n")
}

pub fn csv(prediction: &Prediction) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heads =
        ["namespace", "object", "step", "status", "ready", "restarts", "earliest", "latest", "chance"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for pod in &prediction.pods {
        for (ix, step) in pod.steps.iter().enumerate() {
            rows.push(vec![
                pod.namespace.clone(),
                pod.name.clone(),
                (ix + 1).to_string(),
                step.status.clone(),
                step.ready.clone(),
                step.restarts.to_string(),
                step.earliest.clone(),
                step.latest.clone(),
                format!("{:.3}", step.chance),
            ]);
        }
    }
    for own in &prediction.workloads {
        for event in &own.events {
            let name = format!("{}/{}", own.kind, own.name);
            let blank = String::new;
            let (earliest, latest) = (event.earliest.clone(), event.latest.clone());
            let chance = format!("{:.3}", event.chance);
            let what = event.what.to_owned();
            rows.push(vec![
                own.namespace.clone(),
                name,
                blank(),
                what,
                blank(),
                blank(),
                earliest,
                latest,
                chance,
            ]);
        }
    }
    for own in &prediction.drains {
        if let Some(event) = &own.event {
            let (chance, blank) = (format!("{:.3}", event.chance), String::new);
            let (name, what) = (format!("node/{}", own.node), event.what.to_owned());
            let (earliest, latest) = (event.earliest.clone(), event.latest.clone());
            rows.push(vec![blank(), name, blank(), what, blank(), blank(), earliest, latest, chance]);
        }
    }
    for row in rows {
        // A writer into memory does not fail.
        let _ = writer.write_record(&row);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn markdown(prediction: &Prediction) -> String {
    let mut text = format!(
        "At {}, Kubernetes {}:\n\n| object | now | next |\n| --- | --- | --- |\n",
        prediction.now, prediction.kubernetes
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for own in &prediction.workloads {
        let name = cell(&format!("{}/{}/{}", own.namespace, own.kind, own.name));
        let state = own.state.as_deref().unwrap_or_default();
        let _ = writeln!(text, "| {name} | {state} | {} |", cell(&of_workload(own, prediction).join("; ")));
    }
    for own in &prediction.drains {
        let _ = writeln!(text, "| node/{} | | {} |", cell(&own.node), cell(&of_drain(own, prediction)));
    }
    for pod in &prediction.pods {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} |",
            cell(&format!("{}/{}", pod.namespace, pod.name)),
            cell(&pod.status),
            pod.ready,
            cell(&lines(pod, prediction).join("; "))
        );
    }
    text
}
