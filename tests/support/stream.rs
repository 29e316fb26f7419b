//! What a watch of a simulated cluster prints: pods as they change, and events, each with its instant.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use kubelapse::api::wire;
use kubelapse::record::{Change, Directory, PodRow, Sink, Transition, Written};
use kubelapse::scenario::Plan;
use kubelapse::session::{self, Silent};
use serde_json::{Value, json};

/// Lines of the two watches together, in the order of their instants.
#[derive(Default)]
struct Watch {
    pods: BTreeMap<PodRow, Value>,
    events: BTreeMap<u32, String>,
    lines: Vec<(i64, Value)>,
}

impl Sink for Watch {
    fn wants_objects(&self) -> bool {
        true
    }
    fn written(&mut self, _: &Directory, written: &Written) -> io::Result<()> {
        for (row, pod) in &written.pods {
            let (kind, object) = match pod {
                Some(pod) => {
                    let mut object = wire::pod_value(pod);
                    object["metadata"]["resourceVersion"] = json!((written.step + 1).to_string());
                    let known = self.pods.insert(*row, object.clone());
                    (if known.is_some() { "MODIFIED" } else { "ADDED" }, object)
                }
                None => match self.pods.remove(row) {
                    Some(mut object) => {
                        object["metadata"]["resourceVersion"] = json!((written.step + 1).to_string());
                        ("DELETED", object)
                    }
                    None => continue,
                },
            };
            let at = written.time.rfc3339_micros();
            self.lines.push((written.time.micros(), json!({ "t": at, "type": kind, "object": object })));
        }
        Ok(())
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            let (Some(pod), Change::Event(event)) = (row.pod, row.change) else { continue };
            let ident = &directory.pods[pod as usize];
            let first = self.events.entry(event.object).or_insert_with(|| row.time.rfc3339_secs()).clone();
            let object = json!({
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": { "name": format!("e.{}", event.object), "uid": format!("e-{}", event.object) },
                "involvedObject": {
                    "kind": "Pod", "namespace": ident.namespace.as_str(), "name": ident.name.to_string(),
                    "uid": ident.uid.to_string(), "fieldPath": event.field_path.as_str(),
                },
                "type": event.kind.as_str(),
                "reason": event.reason.as_str(),
                "message": event.message.show(ident).to_string(),
                "count": event.count,
                "firstTimestamp": first,
                "lastTimestamp": row.time.rfc3339_secs(),
            });
            let kind = if event.count > 1 { "MODIFIED" } else { "ADDED" };
            let line = json!({ "t": row.time.rfc3339_micros(), "type": kind, "object": object });
            self.lines.push((row.time.micros(), line));
        }
        Ok(())
    }
}

/// A run's lines, each a JSON value.
pub fn lines(plan: &Arc<Plan>, seed: u64) -> Vec<Value> {
    let mut watch = Watch::default();
    session::run(plan, seed, &mut watch, &Silent).expect("a watch takes everything");
    watch.lines.sort_by_key(|(at, _)| *at);
    watch.lines.into_iter().map(|(_, line)| line).collect()
}

/// As text, with or without instants.
pub fn text(lines: &[Value], stamped: bool) -> String {
    let line = |line: &Value| {
        let mut line = line.clone();
        if !stamped && let Some(members) = line.as_object_mut() {
            members.shift_remove("t");
        }
        format!("{line}\n")
    };
    lines.iter().map(line).collect()
}
