//! What `kubectl get pods` makes of an object: the columns READY, STATUS and RESTARTS, written down here once more from its printer.
//!
//! Source: pkg/printers/internalversion/printers.go (`printPod`, 1.36.3).

use serde_json::Value;

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}

fn reason_of_end(ended: &Value) -> String {
    match (text(ended, "reason"), ended["signal"].as_i64().unwrap_or(0)) {
        ("", 0) => format!("ExitCode:{}", ended["exitCode"].as_i64().unwrap_or(0)),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn restarts(of: &Value) -> i64 {
    of["restartCount"].as_i64().unwrap_or(0)
}

/// READY, STATUS, RESTARTS
pub fn columns(pod: &Value) -> (String, String, i64) {
    let (spec, status) = (&pod["spec"], &pod["status"]);
    let is_sidecar = |name: &str| {
        list(spec, "initContainers")
            .iter()
            .any(|own| text(own, "name") == name && text(own, "restartPolicy") == "Always")
    };
    let condition = |kind: &str| list(status, "conditions").iter().find(|own| text(own, "type") == kind);
    let is_true = |kind: &str| condition(kind).is_some_and(|own| text(own, "status") == "True");
    let sidecars = list(spec, "initContainers").iter().filter(|own| is_sidecar(text(own, "name"))).count();
    let all = list(spec, "containers").len() + sidecars;
    let (mut ready, mut count, mut of_sidecars) = (0, 0, 0);
    let mut reason =
        if text(status, "reason").is_empty() { text(status, "phase") } else { text(status, "reason") }
            .to_owned();
    if condition("PodScheduled").is_some_and(|own| text(own, "reason") == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut reason);
    }
    let mut is_initializing = false;
    for (ix, own) in list(status, "initContainerStatuses").iter().enumerate() {
        count += restarts(own);
        let (ended, waiting) = (&own["state"]["terminated"], &own["state"]["waiting"]);
        let sidecar = is_sidecar(text(own, "name"));
        if sidecar {
            of_sidecars += restarts(own);
        }
        if ended["exitCode"] == 0 {
            continue;
        }
        if sidecar && own["started"] == true {
            ready += usize::from(own["ready"] == true);
            continue;
        }
        reason = match text(waiting, "reason") {
            _ if !ended.is_null() => format!("Init:{}", reason_of_end(ended)),
            "" | "PodInitializing" => format!("Init:{ix}/{}", list(spec, "initContainers").len()),
            waits => format!("Init:{waits}"),
        };
        is_initializing = true;
        break;
    }
    if !is_initializing || is_true("Initialized") {
        count = of_sidecars;
        let mut has_running = false;
        for own in list(status, "containerStatuses").iter().rev() {
            count += restarts(own);
            let (ended, waiting) = (&own["state"]["terminated"], &own["state"]["waiting"]);
            if !text(waiting, "reason").is_empty() {
                text(waiting, "reason").clone_into(&mut reason);
            } else if !ended.is_null() {
                reason = reason_of_end(ended);
            } else if own["ready"] == true && !own["state"]["running"].is_null() {
                has_running = true;
                ready += 1;
            }
        }
        if reason == "Completed" && has_running {
            reason = if is_true("Ready") { "Running" } else { "NotReady" }.to_owned();
        }
    }
    if !pod["metadata"]["deletionTimestamp"].is_null() {
        if text(status, "reason") == "NodeLost" {
            "Unknown".clone_into(&mut reason);
        } else if !matches!(text(status, "phase"), "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut reason);
        }
    }
    (format!("{ready}/{all}"), reason, count)
}
