//! The TTL-after-finished controller: a Job that is over is deleted, with its pods, once it has been so for long enough.
//!
//! Source: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (v1.36.3). Nobody is told.

use super::work::add_at;
use crate::actors::api_server::{self, Propagation};
use crate::rules::controllers::job::expires;
use crate::time::Time;
use crate::world::manager::{Controller, Request, Script};
use crate::world::{JobId, ObjectKey, World};

/// Whether a Job is over, and will be deleted for that (`needsCleanup`).
pub fn is_waiting(w: &World, id: JobId) -> bool {
    expiry(w, id).is_some()
}

fn expiry(w: &World, id: JobId) -> Option<Time> {
    let held = &w.workloads.jobs[id.ix()];
    expires(&held.object).filter(|_| held.exists && held.object.meta.deletion.is_none())
}

/// A worker takes a Job: what is due is asked for once more before it is deleted.
pub fn look(w: &mut World, id: JobId) -> Option<(Script, Vec<Request>)> {
    let at = expiry(w, id)?;
    if at > w.now {
        add_at(w, Controller::TtlAfterFinished, ObjectKey::Job(id), at);
        return None;
    }
    Some((Script::Row([Request::Expire(id)].into()), vec![Request::Get]))
}

/// DELETE of a Job whose time is over: its pods go first.
pub fn expire(w: &mut World, id: JobId) -> Option<String> {
    if expiry(w, id).is_some_and(|at| at <= w.now) {
        api_server::delete(w, ObjectKey::Job(id), Propagation::Foreground);
    }
    None
}
