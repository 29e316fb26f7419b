//! What must be true at an instant, and what a scenario teaches.

use super::{BIG, Kind, Shape, key, must};

const PHASES: &[&str] = &["Pending", "Running", "Succeeded", "Failed", "Unknown"];

pub static EXPECT: Shape = Shape {
    name: "expect",
    doc: "What must be true of a pod at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When"),
        must("pod", Kind::Text, "The pod's name"),
        key("namespace", Kind::Text, "any", "Its namespace, where the name is not unique"),
        key("phase", Kind::Word(PHASES), "", "status.phase"),
        key("status", Kind::Text, "", "The STATUS column"),
        key("ready", Kind::Text, "", "The READY column"),
        key("restarts", Kind::Integer(0, BIG), "", "The RESTARTS column"),
        key("node", Kind::Text, "", "The NODE column"),
        key("conditions", Kind::Map(&Kind::TruthOrNone), "", "Conditions by type; none: it is not there"),
        key("event", Kind::Text, "", "An event of this reason was seen by then"),
        key("message", Kind::Text, "any", "With event: what its message contains"),
        key("count", Kind::Integer(1, BIG), "any", "With event: how often it is counted, as in (x3 over 2m)"),
        key("noEvent", Kind::Text, "", "No event of this reason was seen by then"),
        key("gone", Kind::Bool, "", "The pod does not exist any more"),
    ],
};

pub static LESSON: Shape = Shape {
    name: "lesson",
    doc: "What this scenario teaches",
    id: "",
    keys: &[
        must("title", Kind::Text, "Its title"),
        key("story", Kind::Text, "", "What has happened so far"),
        key("clue", Kind::Text, "", "What tells this failure from those that look like it"),
        key("tempting", Kind::Text, "", "The diagnosis that suggests itself and is wrong, and why"),
        key("explanation", Kind::Text, "", "The mechanism behind it, told at the end"),
        key("question", Kind::List(&Kind::Table(&QUESTION)), "", "Questions"),
    ],
};

pub static QUESTION: Shape = Shape {
    name: "question",
    doc: "A question at an instant",
    id: "",
    keys: &[
        must("at", Kind::Instant, "When it is asked"),
        must("ask", Kind::Text, "The question"),
        must("choices", Kind::List(&Kind::Text), "Answers to choose from"),
        must("answer", Kind::Integer(0, 1000), "Index of the right one, from 0"),
        key("explain", Kind::Text, "", "Why it is right"),
        key("hint", Kind::Text, "", "A hint"),
    ],
};
