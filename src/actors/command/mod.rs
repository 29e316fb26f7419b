//! The one player of commands: the scenario's `[[action]]`s and what somebody does while a run goes on.
//!
//! Each command is answered with what kubectl prints, or in a plain sentence where kubectl has no such verb. What is not
//! done is refused in the API server's words ([`World::answer`]) and is part of what the run tells; what is done is told
//! ([`World::tell`]) to whoever commanded it.

mod apply;
mod drain;
mod drain_filters;
mod machines;
mod meant;
mod namespaces;
mod nodes;
mod objects;
mod pods;
mod processes;
mod waiting;
mod workloads;
mod write;

use std::sync::Arc;

pub use apply::next as apply_next;
pub use drain::{go_on as drain_begins, pod_gone, turn as drain_turn};
pub use pods::apply as apply_pod;
pub use waiting::{object_seen, over as wait_over};

use crate::api::{Condition, Text};
use crate::engine::Distribution;
use crate::scenario::command::{Action, Command};
use crate::scenario::plan::ProbePoint;
use crate::time::Span;
use crate::world::World;

/// Plays an action: the scenario's, or one that is commanded now.
pub fn play(w: &mut World, index: u32) {
    let Some(action) = w.action(index).cloned() else { return };
    w.commanded(Arc::clone(&action));
    obey(w, &action.command);
}

/// Plays an `[[apply]]`.
pub fn begin_apply(w: &mut World, index: u32) {
    let Some(plan) = w.plan.applies.get(index as usize).cloned() else { return };
    let words = "apply".to_owned();
    let command = Command::Apply { apply: Arc::clone(&plan) };
    w.commanded(Arc::new(Action { at: plan.at, id: plan.id, command, words }));
    apply::send(w, &plan);
}

fn obey(w: &mut World, command: &Command) {
    match command {
        Command::DeletePod { pod, grace_secs, force } => pods::delete(w, pod, *grace_secs, *force),
        Command::Evict { pod, grace_secs } => pods::evict(w, pod, *grace_secs),
        Command::SetCondition { pod, kind, status, reason, message } => {
            let condition = Condition::new(*kind, *status).because(*reason, Text::Is(*message));
            pods::set_condition(w, pod, condition);
        }
        Command::Ungate { pod, gate } => pods::ungate(w, pod, *gate),
        Command::SetImage { pod, container, image } => pods::set_image(w, pod, *container, *image),
        Command::Patch { pod, merge } => pods::patch(w, pod, merge),
        Command::Resize { pod, container, resources } => pods::resize(w, pod, *container, resources),
        Command::LabelPod { pod, labels } => pods::label(w, pod, labels),
        Command::Debug { pod, container, image } => pods::debug(w, pod, *container, *image),
        Command::Kill { pod, container, signal } => processes::kill(w, pod, *container, *signal),
        Command::KillSandbox { pod } => processes::kill_sandbox(w, pod),
        Command::SetProbe { pod, container, probe, ok, takes, output } => {
            let takes = takes.map(Distribution::Constant);
            let failure_rate = if *ok { 0.0 } else { 1.0 };
            let answer = ProbePoint { at: Span::ZERO, failure_rate, takes, output: *output };
            processes::set_probe(w, pod, *container, *probe, &answer);
        }
        Command::Create { kind, namespace, name, keys } => objects::create(w, *kind, *namespace, *name, keys),
        Command::Reapply { kind, namespace, name, keys, without, differs } => {
            objects::apply(w, (*kind, *namespace, *name), keys, without, *differs);
        }
        Command::Remove { kind, namespace, name } => objects::remove(w, *kind, *namespace, *name),
        Command::BindClaim { namespace, name } => objects::bind_claim(w, *namespace, *name),
        Command::Write { write } => write::write(w, write.read()),
        Command::Cordon { node } => nodes::set_unschedulable(w, node, true),
        Command::Uncordon { node } => nodes::set_unschedulable(w, node, false),
        Command::Drain { node, flags, timeout } => drain::drain(w, node, *flags, *timeout),
        Command::Taint { node, taints } => nodes::taint(w, node, taints),
        Command::Untaint { node, taints } => nodes::untaint(w, node, taints),
        Command::LabelNode { node, labels } => nodes::label(w, node, labels),
        Command::DeleteNamespace { name } => namespaces::delete(w, *name),
        Command::DeleteNode { node } => nodes::delete(w, node),
        Command::StopNode { node } => machines::stop(w, node),
        Command::StartNode { node } => machines::start(w, node),
        Command::RestartKubelet { node, takes } => machines::restart_kubelet(w, node, *takes),
        Command::Shutdown { node } => machines::shut_down(w, node),
        Command::Pressure { node, resource, lasts, soft } => {
            machines::press(w, node, *resource, *lasts, *soft);
        }
        Command::Apply { .. }
        | Command::Scale { .. }
        | Command::SetTemplateImage { .. }
        | Command::RolloutRestart { .. }
        | Command::RolloutPause { .. }
        | Command::RolloutResume { .. }
        | Command::RolloutUndo { .. }
        | Command::RolloutStatus { .. }
        | Command::Trigger { .. }
        | Command::Wait { .. }
        | Command::PatchObject { .. }
        | Command::LabelObject { .. }
        | Command::DeleteObject { .. } => workloads::obey(w, command),
    }
}
