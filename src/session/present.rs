//! A given cluster as a session: it goes on from the present.

use std::sync::Arc;

use super::Session;
use crate::actors::resume;
use crate::scenario::given::SetUp;
use crate::world::PodId;

pub use crate::actors::resume::Luck;

impl Session {
    /// A given cluster at its present, as one throw of the dice has it, and which of the pods is which of the input's. Its
    /// controllers are still.
    pub fn present(up: &SetUp, seed: u64, luck: &Luck) -> (Session, Vec<PodId>) {
        let resume::Present { world, pods } = resume::present(up, seed, luck);
        (Session { world, done: Arc::default(), settled: None }, pods)
    }

    /// Its controllers go on with their work; what was before is told no more.
    pub fn set_going(self, up: &SetUp, pods: Vec<PodId>) -> (Session, Vec<PodId>) {
        let mut present = resume::Present { world: self.world, pods };
        resume::set_going(up, &mut present);
        (Session { world: present.world, done: self.done, settled: self.settled }, present.pods)
    }
}
