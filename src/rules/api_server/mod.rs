//! kube-apiserver's law (pkg/apis, pkg/registry): a manifest is decoded, defaulted, admitted and validated, or refused
//! in its words.

pub mod admission;
pub mod admission_plugins;
pub mod decode;
pub(crate) mod defaults;
pub mod eviction;
pub(crate) mod kinds;
pub mod limit_ranger;
pub mod objects;
pub(crate) mod pod_status;
pub mod quota;
pub mod rejection;
pub(crate) mod runtime_admission;
pub mod selector;
pub(crate) mod validation;
