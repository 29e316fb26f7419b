//! Where the rows of a view lead: an event to what it is about, a namespace to its pods.

use super::app::App;
use super::views::{Filter, Lines, NAMESPACES, View};
use crate::actors::api_server;
use crate::api::Sym;
use crate::record::{Change, Transition};
use crate::session::told_events::ToldEvent;
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

/// What a row of events is about.
enum About {
    Object(ObjectKey),
    Node(Sym),
    Nothing,
}

impl App {
    /// The event that is marked in the view of events.
    pub fn event(&self) -> Option<ToldEvent> {
        match &*self.lines() {
            Lines::Events(all) if self.view.has_events() => {
                let object = all.get(self.row.min(all.len().saturating_sub(1)))?;
                self.kept.events.borrow().told(*object)
            }
            _ => None,
        }
    }

    /// Goes from a row to what it is about: from an event to its object, from a namespace to its pods; false: a row is about
    /// nothing else.
    pub fn jump(&mut self) -> bool {
        if self.view.has_events() {
            let about = self.event().and_then(|told| self.walk.history().get(told.last as usize));
            match about.map(|row| self.about(&row)) {
                None => self.refuse("no event is marked"),
                Some(About::Object(key)) => {
                    self.show(View::All);
                    match self.shown_for(key) {
                        Some(own) => self.look_at(own),
                        None => self.show_kind_of(key),
                    }
                }
                Some(About::Node(name)) => {
                    self.show(View::Nodes);
                    let (_, lines) = self.shown_lines(0, self.line_count());
                    let at =
                        lines.iter().position(|line| line.split_whitespace().next() == Some(name.as_str()));
                    self.row = at.unwrap_or(0);
                }
                Some(About::Nothing) => self.refuse("what that event is about is not listed anywhere"),
            }
            return true;
        }
        if self.view == View::Lines(NAMESPACES) {
            let (_, lines) = self.shown_lines(self.row.min(self.line_count().saturating_sub(1)), 1);
            if let Some(name) = lines.first().and_then(|line| line.split_whitespace().next()) {
                let words = format!("-n {name}");
                self.show(View::Pods);
                self.filter = Filter { words };
                self.kept.look_on();
            }
            return true;
        }
        false
    }

    fn about(&self, row: &Transition) -> About {
        let w = self.walk.world();
        match (row.pod, row.change) {
            (Some(pod), _) => About::Object(ObjectKey::Pod(PodId(pod))),
            (None, Change::Object { object, .. }) => {
                let ident = w.directory.objects[object as usize];
                match w.workloads.find(ident.kind, ident.namespace, ident.name) {
                    Some(key) => About::Object(key),
                    None if ident.kind == "node" => About::Node(ident.name),
                    None => About::Nothing,
                }
            }
            _ => About::Nothing,
        }
    }

    /// What the tree does not list is listed among its kind.
    fn show_kind_of(&mut self, key: ObjectKey) {
        let kind = api_server::type_of(self.walk.world(), key);
        self.show(View::Kind(kind));
        self.look_at(key);
    }
}
