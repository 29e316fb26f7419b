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
//! | what happens | this file; [`command`]: what somebody does; [`start`]: what a run begins with; [`resume`], [`anew`]: what it goes on with |
//! | who acts | [`kubelet`] and the [`machine`] that it runs on, [`memory`], [`node_lifecycle`], [`taint_eviction`], [`pod_gc`], [`namespaces`], the scheduler's cycle: what they want written they ask for |
//! | who writes | [`api_server`] |
//! | who is told | [`watch`] |
//! | who hears | the scheduler's queue and cache, [`taint_eviction::queue`], [`pod_gc::queue`], [`attach_detach`], [`kubelet::status_manager`]: they note it and queue an event, and act when that comes |
//! | what all stand on | [`runtime`], which knows of the kubelet only what a relist will see; [`heartbeats`]; [`events`] |
//!
//! Where a call would lead up, one of three things stands in its place. A step is *returned*: what it leaves is data, which
//! its caller takes up. A component that hears and acts is *two files*, one below the API server and one above. And what
//! somebody below has to say to somebody above in the same instant is a [`Signal`]: it is taken up once the event that is
//! being played is done with, by the second match here.

pub(crate) mod anew;
pub mod api_server;
pub(crate) mod attach_detach;
pub(crate) mod command;
pub(crate) mod controllers;
pub(crate) mod events;
pub(crate) mod heartbeats;
pub(crate) mod kubectl;
pub(crate) mod kubelet;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod namespaces;
pub(crate) mod node_lifecycle;
pub(crate) mod pod_gc;
pub(crate) mod resume;
pub(crate) mod runtime;
pub(crate) mod scheduler;
pub(crate) mod start;
pub(crate) mod taint_eviction;
pub(crate) mod watch;

use crate::world::{Signal, SimEvent, World};

/// Plays one event, and what it sets off in the same instant; one that is stale is a step in which nothing happens.
pub fn play(w: &mut World, event: SimEvent) {
    if w.is_stale(event) {
        return;
    }
    begin(w, event);
    if !w.signals.is_empty() {
        take_up_all(w);
    }
}

fn begin(w: &mut World, event: SimEvent) {
    match event {
        SimEvent::CreatePod { template, ordinal } => start::create_pod(w, template, ordinal),
        SimEvent::Action { index } => command::play(w, index),
        SimEvent::Apply { index } => command::begin_apply(w, index),
        SimEvent::ApplyNext { command, object } => command::apply_next(w, command, object),
        SimEvent::CreateObject { index } => {
            api_server::objects::create(w, index as usize, &[]);
            controllers::claims::came(w, index as usize);
        }
        SimEvent::Provisioned { index } => controllers::provisioner::provisioned(w, index as usize),
        SimEvent::BindClaim { index } => api_server::objects::bind_claim(w, index as usize),
        SimEvent::Schedule { .. } => scheduler::schedule(w),
        SimEvent::QueueTimer { pod, .. } => scheduler::timer(w, pod),
        SimEvent::Preempt { pod, victim, node } => scheduler::preempt(w, pod, victim, node),
        SimEvent::SeriesWrite { pod } => scheduler::write_series(w, pod),
        SimEvent::DrainTurn { command, pod } => command::drain_turn(w, command, pod),
        SimEvent::WaitOver { command } => command::wait_over(w, command),
        SimEvent::DrainBegin { command } => command::drain_begins(w, command),
        SimEvent::Evicted { pod } => api_server::evicted(w, pod),
        SimEvent::CordonTaint { node } => node_lifecycle::cordon_taint(w, node),
        SimEvent::Bind { pod, node } => scheduler::bind(w, pod, node),
        SimEvent::PodSeen { pod } => kubelet::intake::pod_seen(w, pod),
        SimEvent::Sync { pod, .. } => kubelet::pod_worker::go_on(w, pod),
        SimEvent::WorkDue { pod, .. } => kubelet::pod_worker::update_pod(w, pod),
        SimEvent::Deadline { pod, .. } => kubelet::pod_worker::deadline_due(w, pod),
        SimEvent::Relist { node, .. } => kubelet::relist::relist(w, node),
        SimEvent::RelistPod { pod } => kubelet::relist::relist_pod(w, pod),
        SimEvent::Mount { pod, .. } => kubelet::volumes::mount(w, pod),
        SimEvent::ClaimMount { pod, claim, .. } => kubelet::claims::go_on(w, pod, claim),
        SimEvent::NodeStatus { node, .. } => kubelet::process::write_status(w, node),
        SimEvent::AttachDetach => attach_detach::reconcile(w),
        SimEvent::VolumeOperation { volume, node, attach } => {
            attach_detach::operation_done(w, volume, node, attach)
        }
        SimEvent::Pulled { node, pull } => kubelet::images::pulled(w, node, pull),
        SimEvent::Kill { pod, container, .. } => kubelet::pod_worker::kill_goes_on(w, pod, container),
        SimEvent::HookFails { pod, container, .. } => kubelet::kill::hook_fails(w, pod, container),
        SimEvent::Exit { pod, container, .. } => runtime::exit(w, pod, container),
        SimEvent::TermExit { pod, container, .. } => runtime::term_exit(w, pod, container),
        SimEvent::DiskWritten { pod, container, point, .. } => memory::written(w, pod, container, point),
        SimEvent::MemoryUsed { pod, container, .. } => memory::used(w, pod, container),
        SimEvent::Probe { pod, container, kind, .. } => kubelet::probe::tick(w, pod, container, kind),
        SimEvent::ProbeDone { pod, container, kind, .. } => kubelet::probe::done(w, pod, container, kind),
        SimEvent::StatusWrite { node, .. } => kubelet::status_writer::write(w, node),
        SimEvent::StatusRetry { node, .. } => kubelet::status_writer::retry(w, node),
        SimEvent::ResizeRetry { node, .. } => kubelet::allocation::retry_due(w, node),
        SimEvent::KubeletStart { node, .. } => kubelet::process::start(w, node),
        SimEvent::Shutdown { node, .. } => kubelet::shutdown::go_on(w, node),
        SimEvent::Evict { node, .. } => kubelet::eviction::round(w, node),
        SimEvent::StorageRound { pod, .. } => kubelet::local_storage::round(w, pod),
        SimEvent::EndOverdue { pod, .. } => kubelet::ending::overdue(w, pod),
        SimEvent::DevicesReported { node, .. } => kubelet::devices::report(w, node),
        SimEvent::NodeMonitor => node_lifecycle::monitor(w),
        SimEvent::NodeTaint { node, .. } => node_lifecycle::taint(w, node),
        SimEvent::TaintEvict { pod, .. } => taint_eviction::evict(w, pod),
        SimEvent::TaintAnswered { pod, request } => taint_eviction::answered(w, pod, request),
        SimEvent::Informed { controller, of } => controllers::informed(w, controller, of),
        SimEvent::NodeInformed { node } => controllers::node_informed(w, node),
        SimEvent::Work { controller } => controllers::take(w, controller),
        SimEvent::Answered { controller, worker, request } => {
            controllers::answered(w, controller, worker, request);
        }
        SimEvent::Requeued { controller, key } => controllers::requeued(w, controller, key),
        SimEvent::Told { controller } => controllers::told(w, controller),
        SimEvent::NamespaceSync { namespace } => namespaces::sync(w, namespace),
        SimEvent::PodGc => pod_gc::pass(w),
        SimEvent::PodGcDelete => pod_gc::delete_next(w),
    }
}

/// Takes up what somebody below has said while an event was played, in that order; it may be more by then.
fn take_up_all(w: &mut World) {
    while let Some(signal) = w.signals.pop_front() {
        take_up(w, signal);
    }
}

fn take_up(w: &mut World, signal: Signal) {
    match signal {
        Signal::ProcessEnded { pod, container } => kubelet::pod_worker::process_ended(w, pod, container),
        Signal::Pulled { pod, of, error } => kubelet::pod_worker::pulled(w, pod, of, error),
        Signal::ObjectSeen { key } => command::object_seen(w, key),
        Signal::PodGone { pod } => command::pod_gone(w, pod),
        Signal::ResizeTried { pod } => kubelet::pod_worker::update_pod(w, pod),
    }
}
