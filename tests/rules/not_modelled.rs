//! The one table of what we deliberately do not answer. It only shrinks: a line that no case needs fails the test.

use super::harness::Skip;

pub const NOT_MODELLED: &[Skip] = &[];
