//! What a StatefulSet's or DaemonSet's template once was (`apps/v1` ControllerRevision,
//! staging/src/k8s.io/api/apps/v1/types.go). It never changes but in its number: who goes back to an old template takes
//! the old revision again and makes it the newest.

use std::sync::Arc;

use super::meta::Meta;
use super::workload::PodTemplateSpec;

/// `apps/v1` ControllerRevision.
#[derive(Clone, PartialEq, Debug)]
pub struct ControllerRevision {
    /// `metadata`
    pub meta: Meta,
    /// `data`: the template, which the API holds as the patch that puts it back.
    pub template: Arc<PodTemplateSpec>,
    /// The newest has the highest.
    pub revision: i64,
}
