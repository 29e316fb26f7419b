//! What becomes of drains that are under way.

use crate::time::Time;
use crate::world::{NodeId, World};

/// What becomes of one of them in one of the futures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DrainCourse {
    /// When nothing of the node is waited for any more.
    pub over: Option<Time>,
    /// Whom a budget keeps there at the end: `namespace/name`.
    pub kept: Vec<String>,
}

/// Follows the drains of a world.
pub struct Drains {
    nodes: Vec<NodeId>,
    begun: Vec<bool>,
    courses: Vec<DrainCourse>,
}

impl Drains {
    pub fn new(nodes: &[usize]) -> Drains {
        Drains {
            nodes: nodes.iter().map(|ix| NodeId::new(*ix)).collect(),
            begun: vec![false; nodes.len()],
            courses: vec![DrainCourse::default(); nodes.len()],
        }
    }

    /// Whether there is still something to be seen.
    pub fn are_open(&self) -> bool {
        self.courses.iter().any(|own| own.over.is_none())
    }

    /// Looks after a step.
    pub fn look(&mut self, w: &World) {
        for ((node, begun), own) in self.nodes.iter().zip(&mut self.begun).zip(&mut self.courses) {
            let is_drained =
                w.draining.iter().any(|drain| drain.node == Some(*node) || drain.nodes.contains(node));
            if *begun && !is_drained {
                own.over.get_or_insert(w.now);
            }
            *begun |= is_drained;
        }
    }

    /// The courses, once nothing more is seen.
    pub fn end(mut self, w: &World) -> Vec<DrainCourse> {
        for (node, own) in self.nodes.iter().zip(&mut self.courses) {
            let drain = w.draining.iter().find(|drain| drain.node == Some(*node));
            let kept = drain.into_iter().flat_map(|drain| &drain.pods).filter(|(_, since)| since.is_none());
            own.kept = kept
                .map(|(pod, _)| {
                    let ident = w.pods[pod.ix()].ident;
                    format!("{}/{}", ident.namespace, ident.name)
                })
                .collect();
        }
        self.courses
    }
}
