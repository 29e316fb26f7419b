//! A node is lost: when are its pods elsewhere?

use super::case::Variant;
use super::{Case, Question, Rank, Told};
use crate::api::Sym;
use crate::record::Change;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::Command;
use crate::scenario::command::Target;
use crate::time::Span;

pub(super) const QUESTION: Question =
    Question { name: "node", asks: "a node is lost, or short of memory: when are its pods elsewhere?", ask };

/// So long it is waited for.
const WAITS: Span = Span::from_secs(1800);

fn ask(case: &Case<'_>, told: &mut Told) {
    if !case.subject.serves() || case.spec.is_none() || case.plan.nodes.len() < 2 {
        return;
    }
    // A daemon has nowhere else to go.
    if case.subject.kind == ObjectType::DaemonSet {
        return;
    }
    pressed(case, told);
    let lost = case.settled();
    let until = lost + WAITS;
    let figure = case.over_seeds(|seed| {
        // Which node its first pod is on is known once it is there.
        let node = first_node(case, lost, seed)?;
        let actions = vec![(lost, Command::StopNode { node })];
        let life = case
            .play(&Variant { attempts: vec![case.attempt()], actions, until, ..Variant::default() }, seed);
        let from = life.instant(lost);
        let missing = life.level(from, |available, desired| available < desired)?;
        Some(life.level(missing, |available, desired| available >= desired)?.since(from))
    });
    let tolerates =
        "node-monitor-grace-period (50 s), then tolerationSeconds of node.kubernetes.io/unreachable (300 s)";
    let field = case.subject.pod_path("tolerations");
    if figure.is_some() {
        told.answer(&QUESTION, "a lost node to all available again", figure, "").by(tolerates, field);
        return;
    }
    let words = "not within 30 min: nobody replaces a pod as long as its old one may still run";
    told.answer(&QUESTION, "a lost node to all available again", None, words).by(tolerates, field);
    let words = match case.subject.kind {
        ObjectType::StatefulSet => {
            "a lost node's pods are nowhere after 30 min: a StatefulSet waits until the node is back, deleted or tainted out-of-service"
        }
        _ => "a lost node's pods are nowhere after 30 min",
    };
    let rank = if case.subject.kind == ObjectType::StatefulSet { Rank::Note } else { Rank::Risky };
    told.find(&QUESTION, rank, words.to_owned());
}

/// Its first pod's node runs short of memory for ten minutes.
fn pressed(case: &Case<'_>, told: &mut Told) {
    let at = case.settled();
    let lasts = Some(Span::from_secs(600));
    let figure = case.over_seeds(|seed| {
        let node = first_node(case, at, seed)?;
        let pressure = Command::Pressure { node, resource: Sym::new("memory"), lasts, soft: false };
        let actions = vec![(at, pressure)];
        let until = at + WAITS;
        let life = case
            .play(&Variant { attempts: vec![case.attempt()], actions, until, ..Variant::default() }, seed);
        let from = life.instant(at);
        let Some(missing) = life.level(from, |available, desired| available < desired) else {
            return Some(Span::ZERO);
        };
        Some(life.level(missing, |available, desired| available >= desired)?.since(from))
    });
    let words = match figure {
        None => "not within 30 min",
        Some(figure) if figure.high == 0.0 => "none of its pods is evicted",
        Some(_) => "evicted pods are replaced, and stay as Failed",
    };
    told.answer(&QUESTION, "a node short of memory to all available again", figure, words).by(
        "the kubelet's eviction, one pod after the other: who uses more than it requests first",
        case.subject.pod_path("containers.resources.requests"),
    );
}

/// The node of its first pod, as a command names it.
fn first_node(case: &Case<'_>, at: Span, seed: u64) -> Option<Target> {
    let quiet = Variant { attempts: vec![case.attempt()], until: at, ..Variant::default() };
    let before = case.play(&quiet, seed);
    let first = before.own.iter().find(|pod| before.w.pods[**pod as usize].exists)?;
    let node = before.w.pods[*first as usize].node?;
    let name = before.w.nodes[node.ix()].spec.name.to_string();
    Some(Target { name, ..Target::default() })
}

/// Whether a pod was bound to a node of that name in a run.
pub(super) fn was_on(life: &super::life::Life, pod: u32, node: Sym) -> bool {
    let scheduled = |row: &crate::record::Transition| {
        matches!(row.change, Change::Status { .. })
            && row.node.is_some_and(|own| life.w.directory.nodes[own as usize] == node)
    };
    life.of(pod).any(scheduled)
}
