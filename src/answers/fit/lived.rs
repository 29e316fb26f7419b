//! What was seen of a program, start by start, and whose starts are held together.
//!
//! A scenario counts a program's attempts by the starts of each container, or by those of all pods of a workload, of an index or of a
//! node (`attemptsOf`); so each start is kept by itself, with what it is counted by. And images of one container are mostly one program in two
//! versions: where one value is true of both, or where of one nothing was seen, they count together.

use std::collections::BTreeMap;

use super::families::constant;
use super::kernel::{Observation, Sample};
use super::starts::{Start, together};
use crate::api::{ProbeKind, Sym};

/// Whose behaviour it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Program {
    /// Kind and name of the workload at the top; None: of bare pods, which come last.
    pub workload: Option<(String, String)>,
    /// The container's name.
    pub container: String,
    /// Its image.
    pub image: String,
    /// It is an init container that is no sidecar.
    pub finishes: bool,
}

impl Program {
    /// Another image of the same container.
    pub fn is_version_of(&self, other: &Program) -> bool {
        self.workload.is_some()
            && (&self.workload, &self.container, self.finishes)
                == (&other.workload, &other.container, other.finishes)
    }
}

/// One start of a container.
#[derive(Clone, PartialEq, Debug)]
pub struct Each {
    /// Its number in its container.
    pub number: i32,
    /// About when it began, in microseconds since the Unix epoch.
    pub began: i64,
    /// Its pod's namespace and name.
    pub pod: (String, String),
    /// The pod's ordinal or completion index.
    pub index: Option<u32>,
    /// The pod's node.
    pub node: Option<Sym>,
    /// What was seen of it.
    pub seen: Start,
}

/// What was seen of a program.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lived {
    /// Start by start.
    pub each: Vec<Each>,
    /// So many ends after SIGTERM are left out for a preStop hook, whose time nobody tells.
    pub hooked: u64,
    /// The probe that tells when it has booted.
    pub asked: Option<ProbeKind>,
}

impl Lived {
    /// All starts as one.
    pub fn all(&self) -> Start {
        together(self.each.iter().map(|own| &own.seen))
    }

    /// By their number in their container.
    pub fn by_number(&self) -> BTreeMap<i32, Start> {
        let mut found: BTreeMap<i32, Start> = BTreeMap::new();
        for own in &self.each {
            found.entry(own.number).or_default().add(&own.seen);
        }
        found
    }
}

/// Durations together with those of others of the same kind, where one value may be that of all, or where there are none but these; whether
/// they are.
pub fn pooled(own: &[Observation], others: &[Observation]) -> (Vec<Observation>, bool) {
    let both = [own, others].concat();
    let count =
        others.iter().any(|one| !one.is_open) && (own.is_empty() || constant(&Sample::new(&both)).is_some());
    if count { (both, true) } else { (own.to_vec(), false) }
}

/// A start in which boots and ends after SIGTERM are those of others as well, where they may be alike; whether they are.
pub fn alike(own: &Start, others: &Start) -> (Start, [bool; 2]) {
    let (boots, of_boots) = pooled(&own.boots, &others.boots);
    let (terms, of_terms) = pooled(&own.terms, &others.terms);
    let mut found = Start { boots, terms, ..own.clone() };
    if of_terms {
        for (code, count) in &others.term_codes {
            *found.term_codes.entry(*code).or_default() += count;
        }
    }
    (found, [of_boots, of_terms])
}
