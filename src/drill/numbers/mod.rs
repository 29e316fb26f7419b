//! A drill as numbers, for an agent that reads no text: what is seen as rows of a fixed shape, and what can be done as a menu.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`places`] | which row an object has, and which target of the menu it is |
//! | [`features`] | what is seen: pods, objects and nodes as rows of numbers |
//! | [`menu`] | verbs times targets, each a line or a few that a person could type |
//!
//! Nothing here is known to the simulator alone, and nothing is done that a line could not do: whoever reads and types has the
//! same.
//!
//! ```
//! use kubelapse::drill::{Drill, numbers::{Seat, menu}};
//!
//! let mut drill = Drill::new(7, 1)?;
//! let mut seat = Seat::new(&drill);
//! assert_eq!(seat.observe(&drill)[0], 1.0, "there is a pod in the first row");
//! let wait = menu::verbs().iter().position(|verb| verb == "wait").ok_or("it is one")?;
//! for line in seat.lines(&drill, wait, 0) {
//!     drill.say(&line);
//! }
//! # Ok::<(), String>(())
//! ```

pub mod features;
pub mod menu;
pub mod places;

use super::Drill;
use places::Places;

/// Where an agent sits: what is told of one drill from its beginning on.
#[derive(Clone)]
pub struct Seat {
    places: Places,
    /// What was seen last; whoever sees often makes no new list each time.
    seen: Vec<f32>,
}

impl Seat {
    /// Of a drill, as it stands.
    pub fn new(drill: &Drill) -> Seat {
        let mut places = Places::default();
        places.follow(drill.walk().world());
        Seat { places, seen: Vec::new() }
    }
    /// Looks at what has come and gone, so that each thing has its row.
    pub fn follow(&mut self, drill: &Drill) {
        self.places.follow(drill.walk().world());
    }
    /// All numbers: the rows of pods, objects and nodes, then the clock.
    pub fn observe(&mut self, drill: &Drill) -> &[f32] {
        self.follow(drill);
        self.seen.clear();
        features::write(drill, &self.places, &mut self.seen);
        &self.seen
    }
    /// What is typed for a choice of the menu; of one that means nothing a short wait.
    pub fn lines(&mut self, drill: &Drill, verb: usize, target: usize) -> Vec<String> {
        self.follow(drill);
        menu::lines(drill, &self.places, verb, target)
    }
    /// Whether a choice means something, verb by verb.
    pub fn mask(&mut self, drill: &Drill) -> Vec<bool> {
        self.follow(drill);
        menu::mask(drill, &self.places)
    }
}
