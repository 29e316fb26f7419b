//! What a scenario tells of its pods, as lines of text that tests can look through.

use super::plan::plan;
use kubelapse::record::Change;
use kubelapse::session;

/// Every event, phase, condition and STATUS of a run: `12.8 web Warning Failed …`, `0.0 web STATUS Pending`.
pub fn told(text: &str, seed: u64) -> Vec<String> {
    let plan = plan(text);
    let lived = session::live(&plan, seed);
    let mut lines = Vec::new();
    for row in &lived.transitions {
        let Some(ident) = row.pod.map(|pod| lived.directory.pods[pod as usize]) else { continue };
        let secs = row.time.since(lived.directory.start).secs_f64();
        match &row.change {
            Change::Event(e) => {
                let kind = e.kind.as_str();
                lines.push(format!(
                    "{secs:.1} {} {kind} {} {} ×{}",
                    ident.name,
                    e.reason,
                    e.message.show(&ident),
                    e.count
                ));
            }
            Change::Phase { to, .. } => lines.push(format!("{secs:.1} {} PHASE {to}", ident.name)),
            Change::Condition { kind, to: Some(to), .. } => {
                lines.push(format!("{secs:.1} {} CONDITION {kind} {}", ident.name, to.as_str()));
            }
            Change::Status { to, .. } => lines.push(format!("{secs:.1} {} STATUS {to}", ident.name)),
            _ => {}
        }
    }
    lines
}
