//! Who acts: event -> decision (asked of `rules`) -> change of the world -> next events.
//!
//! The match on [`SimEvent`] is the table of contents of everything that can happen. What a component *knows* is
//! delayed as in reality: the watch, the scheduler's queue, the PLEG's relist, the pod worker's queue, the reason cache
//! and the status manager's write are modelled mechanisms, because most of what people see in kubectl comes from them.
//!
//! Objects are written in [`api_server`] alone; who learns of a write stands in [`watch`] alone; what somebody outside does
//! is a command, played in [`command`] alone.
//!
//! # Who calls whom
//!
//! Calls go down, and no file imports in a circle (a test follows the paths). From above:
//!
//! | | |
//! | --- | --- |
//! | what happens | this file; [`command`]: what somebody does; [`start`]: what a run begins with |
//! | who acts | [`kubelet`] and the [`machine`] that it runs on, [`memory`], [`node_lifecycle`], [`taint_eviction`], [`pod_gc`], the scheduler's cycle: what they want written they ask for |
//! | who writes | [`api_server`] |
//! | who is told | [`watch`] |
//! | who hears | the scheduler's queue and cache, [`taint_eviction::queue`], [`pod_gc::queue`], [`attach_detach`], [`kubelet::status_manager`]: they note it and queue an event, and act when that comes |
//! | what all stand on | [`runtime`], which knows of the kubelet only what a relist will see; [`events`], [`disruption`] |
//!
//! Where a call would lead up, one of three things stands in its place. A step is *returned*: what it leaves is data, which
//! its caller takes up. A component that hears and acts is *two files*, one below the API server and one above. And what
//! somebody below has to say to somebody above in the same instant is a [`Signal`]: it is taken up once the event that is
//! being played is done with, by the second match here.

pub mod api_server;
pub mod attach_detach;
pub mod command;
pub mod disruption;
pub mod events;
pub mod kubectl;
pub mod kubelet;
pub mod machine;
pub mod memory;
pub mod node_lifecycle;
pub mod pod_gc;
pub mod runtime;
pub mod scheduler;
pub mod start;
pub mod taint_eviction;
pub mod watch;

use crate::world::{Signal, SimEvent, World};

/// Plays one event, and what it sets off in the same instant.
pub fn play(w: &mut World, event: SimEvent) {
    begin(w, event);
    while let Some(signal) = w.signals.pop_front() {
        take_up(w, signal);
    }
}

fn begin(w: &mut World, event: SimEvent) {
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
        SimEvent::PodSeen { pod } => kubelet::intake::pod_seen(w, pod),
        SimEvent::Sync { pod, generation } => kubelet::pod_worker::go_on(w, pod, generation),
        SimEvent::WorkDue { pod, generation } => kubelet::pod_worker::work_due(w, pod, generation),
        SimEvent::Deadline { pod, generation } => kubelet::pod_worker::deadline_due(w, pod, generation),
        SimEvent::Relist { node, generation } => kubelet::relist::relist(w, node, generation),
        SimEvent::RelistPod { pod } => kubelet::relist::relist_pod(w, pod),
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
        SimEvent::Kill { pod, container, generation } => {
            kubelet::pod_worker::kill_goes_on(w, pod, container, generation)
        }
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
            kubelet::probe::tick(w, pod, container, kind, generation);
        }
        SimEvent::ProbeDone { pod, container, kind, generation } => {
            kubelet::probe::done(w, pod, container, kind, generation);
        }
        SimEvent::StatusWrite { node, generation } => kubelet::status_writer::write(w, node, generation),
        SimEvent::StatusRetry { node, generation } => kubelet::status_writer::retry(w, node, generation),
        SimEvent::ResizeRetry { node, generation } => kubelet::allocation::retry_due(w, node, generation),
        SimEvent::KubeletStart { node, generation } => kubelet::process::start(w, node, generation),
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

/// Takes up what somebody below has said while an event was played.
fn take_up(w: &mut World, signal: Signal) {
    match signal {
        Signal::ProcessEnded { pod, container } => kubelet::pod_worker::process_ended(w, pod, container),
        Signal::Pulled { pod, container, error } => kubelet::pod_worker::pulled(w, pod, container, error),
        Signal::ResizeTried { pod } => kubelet::pod_worker::update_pod(w, pod),
    }
}
