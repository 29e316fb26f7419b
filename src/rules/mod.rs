//! The law: pure functions from values to values, one file per upstream room, each naming its source.
//!
//! Nothing here sees a clock, a generator or a world: an instant, a set of feature gates or a draw that a rule needs
//! is an argument. The actors only ask; the tests ask the same functions.

pub mod admission;
pub mod admission_plugins;
pub mod api_status;
pub mod attach_detach;
pub mod backoff;
pub mod conditions;
pub mod container_status;
pub mod decode;
pub mod defaults;
pub mod devices;
pub mod event_series;
pub mod events;
pub mod eviction;
pub mod gates;
pub mod humanize;
pub mod image_name;
pub mod images;
pub mod local_storage;
pub mod manifest;
pub mod phase;
pub mod placement;
pub mod pod;
pub mod printing;
pub mod probe_text;
pub mod qos;
pub mod quantity;
pub mod queueing;
pub mod resize;
pub mod restart;
pub mod sandbox;
pub mod status_change;
pub mod status_manager;
pub mod sync_actions;
pub mod taint_eviction;
pub mod throttle;
pub mod validation;
pub mod volume_ownership;
pub mod zone_disruption;
