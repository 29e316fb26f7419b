//! What the API server refuses, field by field.
pub mod field;
pub mod names;
