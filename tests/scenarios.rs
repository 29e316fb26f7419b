//! Every shipped scenario still tells its story: it is read without a problem, runs to its end, and twice the same.

#[path = "support/plan.rs"]
mod plan;

use std::sync::Arc;

use kubelapse::scenario::{self, builtin};
use kubelapse::session;
use plan::plan;

#[test]
fn shipped_scenarios_run_and_run_alike() {
    for shipped in builtin::small() {
        let plan = plan(shipped.text);
        let first = session::live(&plan, 7);
        let second = session::live(&plan, 7);
        assert!(!first.transitions.is_empty(), "{} writes nothing", shipped.name);
        assert_eq!(first.digest, second.digest, "{} differs from itself", shipped.name);
        assert_eq!(first.transitions, second.transitions, "{} differs from itself", shipped.name);
    }
}

/// The first document's own example: the image takes seven seconds, and what turns True when differs by version.
#[test]
fn nginx_test_shows_what_the_document_shows() {
    use kubelapse::api::{Sym, Tri};
    use kubelapse::record::Change;
    let shipped = builtin::find("nginx-test").expect("it is shipped");
    let second_of = |version: &str, kind: Sym| {
        let overrides = [format!("kubernetes={version}")];
        let plan = scenario::load("nginx-test.toml", shipped.text, &scenario::no_files, &overrides)
            .expect("it is read");
        let lived = session::live(&Arc::new(plan), 0);
        let found = lived.transitions.iter().find_map(|t| match t.change {
            Change::Condition { kind: k, to: Some(Tri::True), .. } if k == kind => {
                Some(t.time.rfc3339_secs())
            }
            _ => None,
        });
        found.expect("it becomes True")
    };
    assert_eq!(second_of("1.32", Sym::POD_SCHEDULED), "2025-04-29T04:33:19Z");
    assert_eq!(second_of("1.32", Sym::INITIALIZED), "2025-04-29T04:33:19Z");
    assert_eq!(second_of("1.32", Sym::READY), "2025-04-29T04:33:27Z");
    assert_eq!(second_of("1.32", Sym::CONTAINERS_READY), "2025-04-29T04:33:27Z");
    assert_eq!(second_of("1.32", Sym::POD_READY_TO_START_CONTAINERS), "2025-04-29T04:33:27Z");
    assert!(second_of("1.36", Sym::POD_READY_TO_START_CONTAINERS).as_str() < "2025-04-29T04:33:22Z");
}

/// No event per idle second: a month of a healthy pod costs what its start costs.
#[test]
fn a_healthy_pod_costs_nothing_while_it_is_healthy() {
    let text = r#"
name = "idle"
until = "720h"
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  readinessProbe = { httpGet = { path = "/healthz", port = 8080 }, periodSeconds = 5 }
"#;
    let plan = plan(text);
    let lived = session::live(&plan, 0);
    assert!(lived.steps < 60, "{} steps", lived.steps);
}

/// An expectation sees everything of its own instant, and nothing of the next.
#[test]
fn an_expectation_is_judged_after_its_instant() {
    let at = |expect: &str| {
        let text = format!(
            "until = \"1m\"\n[[pod]]\nname = \"web\"\nat = \"10s\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
             [[expect]]\npod = \"web\"\n{expect}\n"
        );
        session::expect::check(&plan(&text), 0).len()
    };
    assert_eq!(at("at = \"10s\"\nphase = \"Pending\""), 0);
    assert_eq!(at("at = \"9999ms\"\nphase = \"Pending\""), 1);
    assert_eq!(at("at = \"10s\"\nconditions = { PodScheduled = \"none\" }"), 0);
    assert_eq!(at("at = \"30s\"\nphase = \"Pending\""), 1);
}
