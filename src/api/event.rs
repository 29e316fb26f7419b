//! What a component says about a pod: the part of `v1.Event` that it chooses itself.

use super::{ContainerIx, EventText, Sym};

/// `type` of an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventType {
    /// Something took its course.
    Normal,
    /// Something is amiss.
    Warning,
}

impl EventType {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// What is said, and of which container.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Normal or Warning.
    pub kind: EventType,
    /// Its reason: `Pulling`.
    pub reason: Sym,
    /// What it says; spelled out with the pod's names.
    pub message: EventText,
    /// None: it is about the pod as a whole.
    pub container: Option<ContainerIx>,
}

impl Note {
    /// About the pod as a whole, Normal.
    pub fn normal(reason: Sym, message: impl Into<EventText>) -> Note {
        Note { kind: EventType::Normal, reason, message: message.into(), container: None }
    }
    /// About the pod as a whole, Warning.
    pub fn warning(reason: Sym, message: impl Into<EventText>) -> Note {
        Note { kind: EventType::Warning, reason, message: message.into(), container: None }
    }
    /// It is about one of the pod's containers.
    pub fn of(self, container: ContainerIx) -> Note {
        Note { container: Some(container), ..self }
    }
}
