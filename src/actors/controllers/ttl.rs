//! The TTL-after-finished controller: a Job that is over is deleted, with its pods, once it has been so for long enough.
//!
//! Source: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (v1.36.3). Nobody is told.

use super::job_pods::expiry;
use super::work::add_at;
use crate::actors::api_server::{self, Propagation};
use crate::world::manager::{Controller, Request, Script};
use crate::world::{JobId, ObjectKey, World};

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
