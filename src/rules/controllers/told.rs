//! What a controller tells in an event about its object: the arguments of `Event` of a recorder
//! (staging/src/k8s.io/client-go/tools/record/event.go).

use crate::api::{EventType, Sym};

/// An event about the object that a controller keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Normal or Warning.
    pub kind: EventType,
    /// In one word.
    pub reason: Sym,
    /// In a sentence.
    pub message: String,
}

impl Told {
    /// All goes well.
    pub fn normal(reason: &str, message: String) -> Told {
        Told { kind: EventType::Normal, reason: Sym::new(reason), message }
    }
    /// Something is amiss.
    pub fn warning(reason: &str, message: String) -> Told {
        Told { kind: EventType::Warning, reason: Sym::new(reason), message }
    }
}
