//! Events as components send them and the API server keeps them; [`crate::rules::machinery::events`] says what becomes of each.

use crate::api::{Note, Sym};
use crate::engine::random;
use crate::record::Event;
use crate::rules::machinery::events::{Correlator, Sent, Written};
use crate::world::{LocalMut, PodId, Purpose, World};

/// An event of a component that uses the core/v1 recorder (kubelet, controllers).
pub fn send(w: &mut World, pod: PodId, component: Sym, note: Note) {
    let Note { kind, reason, message, container } = note;
    let World { pods, places, controllers, field_paths, event_objects, now, seed, plan, .. } = w;
    let p = LocalMut::of(pods, places, pod);
    let field_path = container.map_or(Sym::EMPTY, |ix| {
        let which = (p.list_of(ix), p.container(ix).name);
        // Nearly all are known.
        match field_paths.get(&which) {
            Some(path) => *path,
            None => *field_paths.entry(which).or_insert_with(|| p.field_path(ix)),
        }
    });
    let event = Sent { component, kind, reason, message, field_path };
    let (purpose, entity) = (Purpose::SimilarEvents as u64, p.entity);
    let pick = |of: usize| {
        let number = now.since(plan.start).micros().cast_unsigned();
        random::Draw::new(*seed, purpose, entity, number).below(of as u64) as usize
    };
    let mut nothing;
    let recorder = match p.worker {
        Some(worker) if component == Sym::KUBELET => &mut **worker.events.get_or_insert_default(),
        // A kubelet has nothing to remember of a pod that it does not take.
        None if component == Sym::KUBELET => {
            nothing = Correlator::default();
            &mut nothing
        }
        _ => controllers.recorders.entry(pod).or_default(),
    };
    let Some(written) = recorder.send(&event, &p.pod.ident, *now, event_objects, pick) else { return };
    let Written { message, field_path, count, object } = written;
    w.record_event(pod, Event { component, kind, reason, message, field_path, count, object });
}

/// The kubelet's event about a pod or one of its containers.
pub fn kubelet(w: &mut World, pod: PodId, note: Note) {
    send(w, pod, Sym::KUBELET, note);
}
