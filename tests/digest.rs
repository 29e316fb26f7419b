//! Two runs with one digest told the same: whatever a reader of the timeline could tell apart changes it.

#[path = "support/plan.rs"]
mod plan;

use kubelapse::session;
use plan::plan;

fn digest(container: &str, attempt: &str) -> String {
    let text = format!(
        "until = \"5m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"{container}\"\nimage = \"x\"\n\
         [pod.behavior.containers.{container}]\nattempts = [{attempt}]\n"
    );
    let plan = plan(&text);
    session::live(&plan, 0).digest
}

/// The same events at the same instants, and other names, codes and messages.
#[test]
fn what_is_told_counts_and_not_only_when() {
    let all = [
        digest("app", "{ runs = \"2s\", exit = 1 }"),
        digest("other", "{ runs = \"2s\", exit = 1 }"),
        digest("app", "{ runs = \"2s\", exit = 42 }"),
        digest("app", "{ runs = \"2s\", exit = 1, message = \"quite another\" }"),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(one.starts_with("2:"), "{one}");
        assert!(!all[..at].contains(one), "run {at} has the digest of another");
    }
    assert_eq!(all[0], digest("app", "{ runs = \"2s\", exit = 1 }"));
}
