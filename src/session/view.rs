//! What the page draws of a walk: the view model of all that has happened up to where it stands.

use super::Walk;
use crate::api::Sym;
use crate::record::view::{Reach, View};

impl Walk {
    /// The view model, as JSON.
    pub fn view(&self) -> Vec<u8> {
        let w = self.world();
        let mut view = View::default();
        self.history().iter().for_each(|row| view.row(&w.directory, &row));
        let known = self.figures.iter().take_while(|(step, _)| *step <= self.position());
        known.for_each(|(_, row)| view.figures(&w.directory, row));
        let told = self.asides.iter().take_while(|(step, _)| *step <= self.position());
        told.for_each(|(_, aside)| view.aside(&w.directory, aside));
        let class_of =
            |pod: u32| w.pods.get(pod as usize).map_or(Sym::EMPTY, |pod| pod.status.read().qos_class);
        let reach = Reach { at: w.now, stands: self.now(), partial: false };
        view.json(&w.directory, reach, class_of)
    }
}
