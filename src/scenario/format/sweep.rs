//! What a scenario is swept over, and what is measured of its runs.

use super::{Kind, Shape, key, must};
use crate::scenario::sweep::Take;

/// Of rows that measures are about.
const KINDS: &[&str] =
    &["phase", "condition", "container", "status", "event", "node", "workload", "endpoints", "owner"];

/// `[[sweep]]`.
pub static SWEEP: Shape = Shape {
    name: "sweep",
    doc: "A key that `kubelapse sweep` gives several values; with several of these every combination",
    id: "key",
    keys: &[
        must("key", Kind::Text, "As `--set` takes it: pod.web.spec.restartPolicy"),
        key("values", Kind::List(&Kind::Value), "", "The values"),
        key("from", Kind::Value, "", "Instead of values: the first one, a number or a duration"),
        key("to", Kind::Value, "", "With from: the last one"),
        key("step", Kind::Value, "1, or 1s", "With from: how far it is from one to the next"),
    ],
};

/// `[[measure]]`.
pub static MEASURE: Shape = Shape {
    name: "measure",
    doc: "What `kubelapse sweep` measures of each run: something of the timeline's rows that are so",
    id: "name",
    keys: &[
        must("name", Kind::Text, "Its name, also of its column"),
        key("pod", Kind::Text, "any", "Rows of this pod; a `*` stands for anything"),
        key(
            "workload",
            Kind::Text,
            "any",
            "Rows of this workload and its pods: web, deployment/web; a `*` for anything",
        ),
        key("kind", Kind::Word(KINDS), "any", "Rows of this kind"),
        key("object", Kind::Text, "any", "Rows with this object"),
        key("to", Kind::Text, "any", "Rows into this value"),
        key("reason", Kind::Text, "any", "Rows with this reason"),
        key(
            "take",
            Kind::Word(&Take::NAMES),
            "count",
            "What is taken of them: how many, when the first or the last comes, how long it is so altogether",
        ),
    ],
};
