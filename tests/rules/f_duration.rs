//! Set F: pkg/util/duration of apimachinery, and Go's `time.Duration.String`.

use kubelapse::rules::kubectl::humanize::{HumanDuration, ShortHumanDuration};
use kubelapse::time::GoDuration;
use serde_json::json;

use super::harness::check;

#[test]
fn durations_are_kubectls_and_gos() {
    check("F_duration", |case| {
        let nanos = case.input["nanos"].as_i64().expect("nanoseconds");
        json!({
            "goString": GoDuration(nanos).to_string(),
            "human": HumanDuration(i128::from(nanos)).to_string(),
            "short": ShortHumanDuration(i128::from(nanos)).to_string(),
        })
    });
}
