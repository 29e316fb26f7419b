//! The API server: the only writer of what clients see.
//!
//! Whatever is to be changed of a pod, a node or another object is asked for here, by whoever asks: a person, a controller,
//! a kubelet. Each write gets a version (`resourceVersion`), what a client sees change of it is recorded at that instant, and
//! [`super::watch`] tells those who listen. Nobody else writes objects, and nobody here knows who listens.

mod evict;
mod found;
mod limits;
pub mod namespaces;
pub mod nodes;
pub mod objects;
mod patch;
mod pods;
mod requests;
mod resize;
mod service_addresses;
mod stored;
mod workloads;

pub use crate::rules::api_server::pod_status::put_condition;
#[cfg(test)]
pub use evict::pay;
pub use evict::{evict, evicted};
pub use found::{FoundPod, found_object, found_owner, found_pod};
pub use limits::{charge_object, counted};
pub use patch::{patch, replace as replace_pod};
pub use pods::{
    Edit, Name, NewPod, bind, create_pod, delete_pod, find_pod, let_go, object as pod_object,
    own_and_hold_pod, own_pod, replace_status, update, update_status,
};
pub use requests::{
    create as create_object, create_as as create_object_as, find as find_object, object,
    replace as replace_object, type_of,
};
pub use resize::resize;
pub use stored::{store, uid_of_stored};
pub use workloads::{
    FOREGROUND, ORPHAN, Propagation, beside, create, delete, makes, owns, put_slice, remove_slices,
    update as update_object, update_meta, update_status_of,
};

use crate::world::World;

/// The version of the write that is under way: one counter for all objects, as in etcd.
fn next_version(w: &mut World) -> u64 {
    w.resource_version += 1;
    w.resource_version
}
