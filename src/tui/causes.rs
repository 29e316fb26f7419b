//! Why: the causes of the last change of what is pointed at, a pod, a workload, a node or an event.

use super::app::App;
use super::moves::Task;
use super::views::View;
use crate::record::{Change, Transition};
use crate::session::words::offset;
use crate::session::{Why, WhyOf};
use crate::world::NodeId;

impl App {
    /// Opens the causes of the last change of what is pointed at.
    pub fn ask_why(&mut self) {
        let nothing = || "nothing has changed yet".to_owned();
        let about = match &self.view {
            View::Nodes => match self.node() {
                Some(node) => self.last_of_node(node).map(WhyOf::Row),
                None => Err("no node is marked".to_owned()),
            },
            view if view.has_events() => match self.event() {
                Some(told) => self.walk.history().get(told.last as usize).map(WhyOf::Row).ok_or_else(nothing),
                None => Err("no event is marked".to_owned()),
            },
            View::Coming => Err("what is to come has no cause yet: T tells what may come".to_owned()),
            View::Lines(_) => Err("why is asked of pods, workloads, nodes and events".to_owned()),
            _ => match (self.workload(), self.pod()) {
                (Some(key), _) => Ok(WhyOf::Workload(key)),
                (None, about) => {
                    let row = self.walk.last_change(about).or_else(|| self.walk.last_change(None));
                    row.map(WhyOf::Row).ok_or_else(nothing)
                }
            },
        };
        match about.and_then(|about| self.walk.begin_why(about)) {
            Ok(reasons) => {
                self.task = Some(Task::Why(Box::new(reasons), false));
                self.hurry();
            }
            Err(problem) => self.refuse(problem),
        }
    }

    /// The last change of a node: of its conditions, and whether it takes pods.
    fn last_of_node(&self, node: NodeId) -> Result<Transition, String> {
        let is_of = |row: &Transition| matches!(row.change, Change::Node { .. }) && row.node == Some(node.0);
        let name = self.walk.world().nodes[node.ix()].spec.name;
        let found = self.walk.history().iter().rev().find(is_of);
        found.ok_or_else(|| format!("nothing of node/{name} has changed since the run began"))
    }

    pub(super) fn read_why(&mut self, why: &Why) {
        let start = self.walk.plan().start;
        let mut text = format!("{}  {}\n", offset(why.at, start), why.headline);
        for link in &why.links {
            text.push_str(&format!("\n{}  {}\n    {}\n", offset(link.at, start), link.component, link.text));
        }
        self.read("Why?".to_owned(), text);
    }
}
