//! placeholder
mod managed;
mod shape;
