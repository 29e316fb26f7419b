//! Set G, the scheduler's texts: `FitError.Error`.

use kubelapse::api::Sym;
use kubelapse::rules::scheduler::placement::Reason;
use kubelapse::rules::scheduler::placement::fit_error::{count, fit_error};
use serde_json::{Value, json};

use super::harness::check;

#[test]
fn reasons_are_counted_and_sorted_as_the_scheduler_does() {
    check("G_fiterror", |case| {
        let input = &case.input;
        let number = |value: &Value| u32::try_from(value.as_u64().unwrap_or_default()).unwrap_or(u32::MAX);
        let reasons = |value: &Value| -> Vec<Reason> {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(|text| Reason::Other(Sym::new(text))).collect()
        };
        let mut counts = Vec::new();
        let mut named = 0;
        for group in input["groups"].as_array().into_iter().flatten() {
            named += number(&group["count"]);
            for reason in reasons(&group["reasons"]) {
                count(&mut counts, reason, number(&group["count"]));
            }
        }
        let all = number(&input["numAllNodes"]);
        if named < all {
            for reason in reasons(&input["absentReasons"]) {
                count(&mut counts, reason, all - named);
            }
        }
        let before = input["preFilterMsg"].as_str().filter(|text| !text.is_empty());
        let before = before.as_ref().map(|text| text as &dyn std::fmt::Display);
        let after = input["postFilterMsg"].as_str().unwrap_or_default();
        json!({ "message": fit_error(all as usize, before, &counts, after) })
    });
}
