//! What comes as manifests, as people have them, and what the programs in it do.

use super::{Kind, Shape, key, must};
use crate::scenario::limits;

/// `[[apply]]`.
pub static APPLY: Shape = Shape {
    name: "apply",
    doc: "Manifests that are sent to the API server: kubectl apply -f",
    id: "id",
    keys: &[
        must(
            "manifest",
            Kind::Texts,
            "A file or several, YAML or JSON, or a folder of them, relative to this one",
        ),
        key("namespace", Kind::Text, "default", "Of objects that name none"),
        key("at", Kind::Instant, "0s", "When; changed objects of a later one are updates"),
        key("id", Kind::Text, "", "A name by which its answer can be expected"),
        key(
            "continueOnError",
            Kind::Bool,
            "false",
            "A document that cannot be read is told and left out, as one that the API server refuses; false: nothing is run",
        ),
        key(
            "templatesOf",
            Kind::List(&Kind::Text),
            "",
            "Kinds that nobody plays, and whose pod templates are played all the same: as pods without a controller",
        ),
    ],
};

/// `[[program]]`.
pub static PROGRAM: Shape = Shape {
    name: "program",
    doc: "What the processes of some containers do: of each container without a behaviour of its own the first that fits",
    id: "image",
    keys: &[
        key("image", Kind::Text, "any", "Containers of this image; a `*` stands for anything"),
        key("container", Kind::Text, "any", "Containers of this name"),
        key(
            "command",
            Kind::Text,
            "any",
            "Containers that run this: their command and args as one line; a `*` stands for anything",
        ),
        key(
            "workload",
            Kind::Text,
            "any",
            "Pods of this workload: deployment/web; a `*` in the name stands for anything",
        ),
        key(
            "revision",
            Kind::Integer(1, u32::MAX as i64),
            "any",
            "Pods of the workload's so manieth template, from 1",
        ),
        key(
            "index",
            Kind::Integer(0, limits::PODS as i64),
            "any",
            "The pod with this ordinal or completion index",
        ),
        key(
            "boots",
            Kind::Distribution,
            "0s",
            "How long probes fail that no attempt scripts, at each start: nothing listens before. A liveness probe that runs a command fails with `serves` alone",
        ),
        key(
            "serves",
            Kind::Map(&Kind::List(&Kind::Text)),
            "wherever it is asked",
            "Where it listens: by port the paths that it knows, none: any; probes of another port are refused, of another path 404",
        ),
        key(
            "attempts",
            Kind::List(&Kind::Table(&super::pods::ATTEMPT)),
            "[{}]",
            "Start by start; the last one repeats for ever",
        ),
        key(
            "attemptsOf",
            Kind::Word(&["container", "workload", "index", "node"]),
            "container",
            "Whose starts are counted: each pod's own, those of all pods of the workload, of its index, on its node",
        ),
        key(
            "execsRunOn",
            Kind::Bool,
            "false",
            "An exec probe runs to its end though the kubelet gives it up as the pod ends (1.35, 1.36); false: it fails",
        ),
    ],
};

/// `[[metric]]`.
pub static METRIC: Shape = Shape {
    name: "metric",
    doc: "What the pods of a workload use, as a HorizontalPodAutoscaler sees it; without one there is no metrics server",
    id: "of",
    keys: &[
        must("of", Kind::Text, "Whose pods: deployment/web"),
        key("namespace", Kind::Text, "any", "Its namespace, where the name is not unique"),
        key(
            "cpu",
            Kind::List(&Kind::Table(&USE)),
            "",
            "Of all its pods together, shared out evenly among those that run",
        ),
        key("memory", Kind::List(&Kind::Table(&USE)), "", "The same of memory"),
    ],
};

static USE: Shape = Shape {
    name: "use",
    doc: "How much is used, from an instant on",
    id: "",
    keys: &[
        key("at", Kind::Instant, "0s", "From when on"),
        must("use", Kind::Quantity, "How much: 200m, 512Mi"),
    ],
};

#[cfg(test)]
mod tests {
    use crate::rules::api_server::objects::ObjectType;
    use crate::scenario::format::FILE;

    #[test]
    fn every_kind_has_a_table_of_its_own_for_what_is_changed_in_its_manifests() {
        for kind in ObjectType::kept() {
            assert!(FILE.key(kind.key()).is_some(), "{}", kind.key());
        }
    }
}
