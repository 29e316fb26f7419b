//! What a scenario expects of its run, held against what happened.

use std::sync::Arc;

use super::summary::Ways;
use crate::scenario::Plan;
use crate::session;
use crate::time::Time;
use crate::world::World;

/// Plays the scenario again up to each expectation and compares; says in words what did not hold.
pub fn failures(plan: &Arc<Plan>, seed: u64, ways: &Ways) -> Vec<String> {
    let mut list: Vec<&crate::scenario::plan::Expect> = plan.expects.iter().collect();
    list.sort_by_key(|e| e.at);
    if list.is_empty() {
        return Vec::new();
    }
    let mut session = session::Session::new(plan, seed);
    let mut failures = Vec::new();
    for expect in list {
        while session.world.queue.peek_time().is_some_and(|at| at <= expect.at) && session.step().is_some() {
            session.world.outbox.clear();
        }
        failures.extend(compare(expect, &session.world, ways, plan.start));
    }
    failures
}

fn compare(expect: &crate::scenario::plan::Expect, w: &World, ways: &Ways, start: Time) -> Option<String> {
    let found = w.pods.iter().enumerate().rev().find(|(_, p)| {
        p.ident.name.to_string() == expect.pod
            && expect.namespace.as_deref().is_none_or(|n| p.ident.namespace == n)
    });
    let at = format!("{:.1}s", expect.at.since(start).secs_f64());
    let fail = |what: &str, wanted: &str, seen: &str| {
        Some(format!(
            "line {}: at {at} pod {}: expected {what} {wanted}, saw {seen}",
            expect.line, expect.pod
        ))
    };
    let Some((ix, p)) = found else {
        return if expect.gone == Some(true) {
            None
        } else {
            fail("the pod", "to exist", "none of that name")
        };
    };
    if let Some(gone) = expect.gone
        && gone == p.exists
    {
        return fail("gone", &gone.to_string(), &(!p.exists).to_string());
    }
    let node = p.node.map_or("", |n| w.nodes[n.ix()].spec.name.as_str());
    let seen = [
        ("phase", &expect.phase, p.status.phase.to_string()),
        ("STATUS", &expect.status, p.shown.status.to_string()),
        ("READY", &expect.ready, format!("{}/{}", p.shown.ready.0, p.shown.ready.1)),
        ("restarts", &expect.restarts.map(|n| n.to_string()), p.shown.restarts.to_string()),
        ("node", &expect.node, node.to_owned()),
    ];
    for (what, wanted, seen) in &seen {
        if let Some(wanted) = wanted
            && wanted != seen
        {
            return fail(what, wanted, seen);
        }
    }
    for (kind, wanted) in &expect.conditions {
        let seen = p
            .status
            .conditions
            .iter()
            .find(|c| c.kind == *kind.as_str())
            .map_or("none", |c| c.status.as_str());
        if seen != wanted {
            return fail(kind, wanted, seen);
        }
    }
    if let Some(reason) = &expect.event {
        let seen = ways
            .events
            .iter()
            .any(|(pod, at, r)| *pod as usize == ix && *at <= expect.at && *r == reason.as_str());
        if !seen {
            return fail("event", reason, "none of that reason");
        }
    }
    None
}
