//! What a page asks of the WebAssembly module, called natively: a list of requests in JSON, of either door.

use kubelapse::scenario::assumed::{self, Given};
use kubelapse::scenario::{builtin, load};
use serde_json::Value;

use super::bounded;

#[path = "../../web/src/held.rs"]
mod held;
#[path = "../../web/src/played.rs"]
mod played;

/// So many requests are answered, and so far a run is played at once.
const REQUESTS: usize = 8;
const STEPS: u64 = 1_000;
/// A run ends there, if it ends by itself: what somebody does in it could make it longer than its scenario.
const UNTIL: &str = "until=90s";

/// Whether what would be opened is small, and soon over.
fn is_short(text: &str, set: &[String]) -> bool {
    let files = [("manifest.yaml".to_owned(), text.to_owned())];
    let (scenario, own) = match assumed::is_manifest(text) {
        false => (text.to_owned(), None),
        true => {
            let given = Given { name: None, files: &files, against: &[], nodes: None, templates_of: &[] };
            match assumed::around(given) {
                Ok(made) => (made.text, Some(text)),
                // It is refused, which is soon done.
                Err(_) => return true,
            }
        }
    };
    let beside = |path: &str| own.map_or_else(|| builtin::manifest(path), |own| Ok(own.to_owned()));
    load("scenario.toml", &scenario, &beside, set).map_or(true, bounded::is_soon_over)
}

/// A request with its run cut short; None: it would take long.
fn bounded_ask(mut asked: Value) -> Option<Value> {
    if let Some(open) = asked.get_mut("open").and_then(Value::as_object_mut) {
        let set = open.entry("set").or_insert_with(|| Value::Array(Vec::new()));
        set.as_array_mut()?.push(UNTIL.into());
        let set: Vec<String> = serde_json::from_value(set.clone()).ok()?;
        if !is_short(open.get("text")?.as_str()?, &set) {
            return None;
        }
    }
    if let Some(steps) = asked.get_mut("go").and_then(|go| go.get_mut("steps")) {
        *steps = steps.as_u64().map_or(Value::Null, |steps| steps.min(STEPS).into());
    }
    Some(asked)
}

pub fn page(bytes: &[u8]) {
    let Ok(Value::Array(requests)) = serde_json::from_slice(bytes) else { return };
    let mut open = None;
    for asked in requests.into_iter().take(REQUESTS) {
        if asked.get("scenario").is_some() {
            let Ok(mut asked) = serde_json::from_value::<played::Request>(asked) else { continue };
            asked.set.push(UNTIL.to_owned());
            let beside = |path: &str| asked.manifests.get(path).cloned().ok_or_else(String::new);
            if load("scenario.toml", &asked.scenario, &beside, &asked.set)
                .is_ok_and(|plan| !bounded::is_soon_over(plan))
            {
                continue;
            }
            serde_json::to_vec(&played::played(&asked)).expect("an answer is JSON");
            continue;
        }
        let Some(asked) = bounded_ask(asked) else { continue };
        let Ok(asked) = serde_json::from_value::<held::Ask>(asked) else { continue };
        match held::answer(&mut open, asked) {
            held::Said::Value(value) => drop(value.to_string()),
            held::Said::Bytes(bytes) => {
                drop(serde_json::from_slice::<Value>(&bytes).expect("a view is JSON"))
            }
        }
    }
}
