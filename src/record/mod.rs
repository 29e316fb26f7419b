//! What happened and who is told: transitions are plain data and the only thing that leaves the core.
//!
//! The record stands on `api` and `time` alone and never changes the world.

pub(crate) mod aside;
mod cells;
pub mod csv;
pub(crate) mod difference;
pub(crate) mod figures;
mod format;
#[cfg(feature = "html")]
pub mod html;
pub mod jsonl;
pub(crate) mod numbers;
pub mod objects;
pub mod openmetrics;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod perfetto;
mod roll;
pub(crate) mod sink;
mod spelled;
pub mod svg;
pub mod tables;
/// Where there are threads; elsewhere every sink runs with the run.
#[cfg(not(target_family = "wasm"))]
pub(crate) mod threaded;
pub(crate) mod transition;
#[cfg(feature = "typed")]
pub mod typed;
pub(crate) mod values;
pub mod view;

pub use aside::{Aside, Fact};
pub use figures::{Figures, FiguresRow};
pub use format::{Format, Out, Settings};
pub use roll::{Gained, Roll};
pub use sink::{Ending, Fan, Kept, Says, Scrape, Sink, Written};
#[cfg(not(target_family = "wasm"))]
pub use threaded::Threaded;
pub use transition::{
    Change, Directory, Event, NodeRow, ObjectChange, ObjectIdent, ObjectRow, PodRecord, PodRow, Ready,
    Transition,
};

/// The formats of a timeline, as they are listed wherever somebody chooses; the first is taken where nobody does.
pub const FORMATS: &[&Format] = &[
    &csv::FORMAT,
    &jsonl::FORMAT,
    &objects::FORMAT,
    #[cfg(feature = "html")]
    &html::FORMAT,
    &svg::FORMAT,
    &perfetto::FORMAT,
    &openmetrics::FORMAT,
    #[cfg(feature = "parquet")]
    &parquet::FORMAT,
];
