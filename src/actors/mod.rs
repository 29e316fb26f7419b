//! Who acts: event -> decision (asked of `rules`) -> change of the world -> next events.
//!
//! The match on [`SimEvent`] is the table of contents of everything that can happen. What a component *knows* is
//! delayed as in reality: the watch, the scheduler's queue, the PLEG's relist, the pod worker's queue, the reason cache
//! and the status manager's write are modelled mechanisms, because most of what people see in kubectl comes from them.
//!
//! Objects are written in [`api_server`] alone; who learns of a write stands in [`watch`] alone; what somebody outside does
//! is a command, played in [`command`] alone.

pub mod api_server;
pub mod attach_detach;
pub mod command;
pub mod disruption;
pub mod events;
pub mod kubectl;
pub mod kubelet;
pub mod memory;
pub mod node_lifecycle;
pub mod pod_gc;
pub mod runtime;
pub mod scheduler;
pub mod start;
pub mod taint_eviction;
pub mod watch;

use crate::engine::Distribution;
use crate::scenario::plan::{Attempt, ContainerBehavior, Exit, HookBehavior, OnTerm};
use crate::time::Span;
use crate::world::{SimEvent, World};

/// Plays one event.
pub fn play(w: &mut World, event: SimEvent) {
    match event {
        SimEvent::CreatePod { template, ordinal } => start::create_pod(w, template, ordinal),
        SimEvent::Action { index } => command::play(w, index),
        SimEvent::CreateObject { index } => api_server::objects::create(w, index as usize, &[]),
        SimEvent::BindClaim { index } => api_server::objects::bind_claim(w, index as usize),
        SimEvent::Schedule { generation } => scheduler::schedule(w, generation),
        SimEvent::QueueTimer { pod, generation } => scheduler::timer(w, pod, generation),
        SimEvent::Preempt { pod, victim, node } => scheduler::preempt(w, pod, victim, node),
        SimEvent::SeriesWrite { pod } => scheduler::write_series(w, pod),
        SimEvent::DrainRetry { pod } => command::drain(w, pod),
        SimEvent::CordonTaint { node } => node_lifecycle::cordon_taint(w, node),
        SimEvent::Bind { pod, node } => scheduler::bind(w, pod, node),
        SimEvent::PodSeen { pod } => kubelet::pod_seen(w, pod),
        SimEvent::Sync { pod, generation } => kubelet::sync::go_on(w, pod, generation),
        SimEvent::WorkDue { pod, generation } => kubelet::pod_worker::work_due(w, pod, generation),
        SimEvent::Deadline { pod, generation } => kubelet::pod_worker::deadline_due(w, pod, generation),
        SimEvent::Relist { node, generation } => kubelet::pleg::relist(w, node, generation),
        SimEvent::RelistPod { pod } => kubelet::pleg::relist_pod(w, pod),
        SimEvent::Mount { pod, generation } => kubelet::volumes::mount(w, pod, generation),
        SimEvent::ClaimMount { pod, claim, generation } => kubelet::claims::go_on(w, pod, claim, generation),
        SimEvent::NodeStatus { node, generation } => kubelet::claims::write_status(w, node, generation),
        SimEvent::AttachDetach => attach_detach::reconcile(w),
        SimEvent::VolumeOperation { volume, node, attach } => {
            attach_detach::operation_done(w, volume, node, attach);
        }
        SimEvent::Pulled { node, pull } => kubelet::images::pulled(w, node, pull),
        // A pod that was forgotten has no containers for what was still queued about them.
        SimEvent::Kill { pod, .. }
        | SimEvent::HookFails { pod, .. }
        | SimEvent::Exit { pod, .. }
        | SimEvent::TermExit { pod, .. }
        | SimEvent::DiskWritten { pod, .. }
        | SimEvent::MemoryUsed { pod, .. }
        | SimEvent::Probe { pod, .. }
        | SimEvent::ProbeDone { pod, .. }
            if w.places[pod.ix()].runtime.containers.is_empty() => {}
        SimEvent::Kill { pod, container, generation } => kubelet::kill::go_on(w, pod, container, generation),
        SimEvent::HookFails { pod, container, generation } => {
            kubelet::kill::hook_fails(w, pod, container, generation);
        }
        SimEvent::Exit { pod, container, generation } => runtime::exit(w, pod, container, generation),
        SimEvent::TermExit { pod, container, generation } => {
            runtime::term_exit(w, pod, container, generation)
        }
        SimEvent::DiskWritten { pod, container, point, generation } => {
            kubelet::local_storage::written(w, pod, container, point, generation);
        }
        SimEvent::MemoryUsed { pod, container, generation } => memory::used(w, pod, container, generation),
        SimEvent::Probe { pod, container, kind, generation } => {
            kubelet::prober::tick(w, pod, container, kind, generation);
        }
        SimEvent::ProbeDone { pod, container, kind, generation } => {
            kubelet::prober::done(w, pod, container, kind, generation);
        }
        SimEvent::StatusWrite { node, generation } => kubelet::status_manager::write(w, node, generation),
        SimEvent::StatusRetry { node, generation } => kubelet::status_manager::retry(w, node, generation),
        SimEvent::ResizeRetry { node, generation } => kubelet::allocation::retry_due(w, node, generation),
        SimEvent::KubeletStart { node, generation } => kubelet::start(w, node, generation),
        SimEvent::Shutdown { node, generation } => kubelet::shutdown::go_on(w, node, generation),
        SimEvent::Evict { node, generation } => kubelet::eviction::round(w, node, generation),
        SimEvent::StorageRound { pod, generation } => kubelet::local_storage::round(w, pod, generation),
        SimEvent::DevicesReported { node, generation } => kubelet::devices::reported(w, node, generation),
        SimEvent::NodeMonitor { generation } => node_lifecycle::monitor(w, generation),
        SimEvent::NodeTaint { node, generation } => node_lifecycle::taint(w, node, generation),
        SimEvent::TaintEvict { pod, generation } => taint_eviction::evict(w, pod, generation),
        SimEvent::PodGc => pod_gc::pass(w),
        SimEvent::PodGcDelete => pod_gc::delete_next(w),
    }
}

/// A container that no behaviour describes: it runs until it is told to stop.
pub fn default_container_behavior() -> ContainerBehavior {
    let hook = || HookBehavior { takes: Distribution::Constant(Span::ZERO), exit: 0, output: "".into() };
    ContainerBehavior {
        attempts: vec![Attempt {
            runs: None,
            exit: Exit::Code(0),
            reason: "".into(),
            pre_create_error: None,
            create_error: None,
            pre_start_error: None,
            start_error: None,
            on_term: OnTerm::After { after: Distribution::Constant(Span::ZERO), exit: 143 },
            startup: Vec::new(),
            readiness: Vec::new(),
            liveness: Vec::new(),
            post_start: hook(),
            pre_stop: hook(),
            writes: Vec::new(),
            memory: Vec::new(),
            log: Vec::new(),
            message: None,
        }],
    }
}
