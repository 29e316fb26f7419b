//! Whether there is memory for a run, as this system tells it.

use std::fs;

use super::source::Source;
use crate::scenario::{Diagnostics, Plan, memory};

/// # Errors
/// Its pods alone take more than there is.
pub fn room_for(source: &Source, plan: &Plan) -> Result<(), Diagnostics> {
    memory::room_for((&source.label, &source.text), plan, &|path| fs::read_to_string(path).ok())
}
