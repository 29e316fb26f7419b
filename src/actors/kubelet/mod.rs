//! A node's kubelet: the sync loop's sources (config, PLEG, work queue, probes) and what they set in motion.
//!
//! [`pod_worker`] decides when a pod is looked at, [`sync`] what a look does, [`pleg`] what the kubelet knows of the
//! runtime, [`status_manager`] what the API server gets to know. The delays between them are what people see.
//!
//! From above:
//!
//! | | |
//! | --- | --- |
//! | what sets something in motion | [`process`] starts and ends; [`intake`] (config), [`relist`] (PLEG), [`probe`] (results) want a look at a pod; [`eviction`], [`local_storage`], [`shutdown`] end pods; [`status_writer`] writes |
//! | a pod's worker | [`pod_worker`]: it begins runs, gives each event of a run to its step, and takes up how the run ends |
//! | the steps of a run | [`sync`], and what it has done: [`start_container`], [`kill`], [`volumes`], [`image_volumes`], [`allocation`], [`status`]; [`again`], where nothing is new |
//! | what steps ask | [`images`], [`claims`], [`prober`], [`admission`], [`devices`], [`sandboxes`], [`taken`], [`contention`], [`ending`] |
//! | what is noted for later | [`pleg`], [`status_manager`], [`deadline`], [`mounts`], [`run`]; [`view`] |
//!
//! Calls go down. A step returns what it leaves ([`run::Step`], [`run::Start`], [`kill::Over`]); what the runtime, the image
//! service or another pod's resize has to say to a worker is a [`Signal`](crate::world::Signal).

pub mod admission;
pub mod again;
pub mod allocation;
pub mod claims;
pub mod contention;
pub mod deadline;
pub mod devices;
pub mod ending;
pub mod eviction;
pub mod image_volumes;
pub mod images;
pub mod intake;
pub mod kill;
pub mod local_storage;
pub mod mounts;
pub mod pleg;
pub mod pod_worker;
pub mod probe;
pub mod prober;
pub mod process;
pub mod relist;
pub mod run;
pub mod sandboxes;
pub mod shutdown;
pub mod start_container;
pub mod status;
pub mod status_manager;
pub mod status_writer;
pub mod sync;
pub mod taken;
pub mod view;
pub mod volumes;
