//! `kubelapse serve`: a simulated cluster behind HTTP, so that kubectl and others look at it as at any other.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`kinds`] | which resources there are: one table, from which paths, discovery and OpenAPI follow |
//! | [`store`], [`stamps`] | what is served: objects as text in which instants can be moved, and a bounded log of changes |
//! | [`path`] | a request, read |
//! | [`answer`] | what it is answered with: pure, without sockets |
//! | [`verbs`], [`deletion`], [`mod@write`], [`json_patch`] | requests that change something, as commands of the simulator |
//! | [`custom`], [`protobuf`] | kinds that clients define; bodies of typed clients |
//! | [`leases`] | what controllers keep among themselves, outside of the simulation |
//! | [`clock`], [`steady`] | the simulation on its own thread, at the pace that was asked for, or in step with its clients |
//! | [`own`] | the server's own API: the clock, what is done by words |
//! | [`http`], [`body`], [`patient`], [`kubeconfig`] | sockets, who may ask, how much and how slowly, and what clients need to come here |
//!
//! What stands here: a client never writes into the store. What he asks for is done by the simulation, which publishes what has come
//! of it. Versions of what is served only rise, also where the simulation goes back.

pub mod answer;
pub mod body;
pub mod clock;
pub mod custom;
pub mod deletion;
pub mod http;
pub mod json_patch;
pub mod kinds;
pub mod kubeconfig;
pub mod leases;
mod node;
pub mod own;
pub mod path;
mod patient;
pub mod protobuf;
pub mod stamps;
pub mod status;
pub mod steady;
pub mod store;
pub mod verbs;
pub mod write;
