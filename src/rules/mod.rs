//! The law: pure functions from values to values, by the component of Kubernetes whose law it is, each file
//! naming its source.
//!
//! Nothing here sees a clock, a generator or a world: an instant, a set of feature gates or a draw that a rule needs
//! is an argument. The actors only ask; the tests ask the same functions.
//!
//! The rooms stand on one another in one order, and a test holds them to it: `versions` (what a version has and does),
//! `machinery` (what all components share), `scheduler` (what a pod takes of a node; the kubelet and the controllers judge
//! tolerations and room by the same functions), `kubelet`, `controllers`, `api_server` (whose admission asks the kubelet's
//! law of sizes), `kubectl`, `kube_state_metrics` (what an exporter says of objects).

pub mod api_server;
pub mod controllers;
pub mod kube_state_metrics;
pub mod kubectl;
pub mod kubelet;
pub mod machinery;
pub mod scheduler;
pub mod versions;
