//! What a cluster showed over time: streams of watches, stamped or not, and lists taken now and then, read as histories.
//!
//! [`values`] takes a text apart: each object with the line on which it begins and, where somebody stamped it, the instant at which it
//! came. A [`History`] is what many such texts tell together: of each pod its versions in the order of their writes, its
//! events, and who made it; of the cluster its nodes' version. Whoever asks something of a cluster's past begins with one of them.
//!
//! Four kinds of text are read, and may be mixed:
//! - what `kubectl get … -w -o json --output-watch-events` prints: objects, one after the other, without an instant;
//! - the same with an instant on each line: `t`, seconds since somebody began or an instant in RFC 3339 (`kubelapse fit --record`);
//! - lists, as `kubectl get … -o json` or `-o yaml` prints them, taken once or now and then;
//! - the lists of `pods.jsonl`, each with its `timestamp`.
//!
//! Absent on purpose: files and clocks. Who calls opens the one and looks at the other.

mod history;
mod pods;
mod read;

pub use history::{Event, History, Watched, newest};
pub use pods::{ContainerSeen, Ended, Pod, Role, Version, Was};
pub use read::{How, Problem, Seen, values};
