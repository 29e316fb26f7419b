//! ControllerRevisions: what the templates of StatefulSets and DaemonSets once were. Their controllers make them, and nobody
//! sends one as a manifest.
//!
//! Source: pkg/registry/apps/controllerrevision/strategy.go, `ValidateControllerRevisionCreate` and its like in
//! pkg/apis/apps/validation/validation.go (1.36.2).

use super::{Kind, Object, half, immutable, nonnegative};
use crate::rules::api_server::decode::workloads;
use crate::rules::api_server::validation::field::{At, Errors};
use crate::rules::versions::gates::Gates;

pub static LAW: Kind = Kind {
    name: "ControllerRevision",
    key: "controllerRevision",
    group: "apps",
    resource: "controllerrevisions",
    schema: &workloads::ControllerRevision,
    validate,
    ..Kind::PLAIN
};

fn validate(new: &Object, old: Option<&Object>, _: &Gates, errors: &mut Errors) {
    let own = serde_json::Value::Object(new.clone());
    nonnegative(&At::new(&own, ""), "revision", errors);
    if let Some(old) = old {
        immutable(&half(old, "data"), &half(new, "data"), errors);
    }
}
