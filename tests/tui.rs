//! The full screens of `step`, `learn` and `drill`, drawn to a test's backend: what a person sees at the moments that matter, what
//! each key does, how a lesson is held, and what a frame costs where there are many pods.

#![cfg(feature = "tui")]

#[path = "support/answers.rs"]
mod answers;

/// A moment on the small screen and on the large one, as snapshots of the test that calls it.
macro_rules! moment {
    ($name:expr, $app:expr) => {
        insta::assert_snapshot!(concat!($name, "_80x24"), screen($app, 80, 24));
        insta::assert_snapshot!(concat!($name, "_140x45"), screen($app, 140, 45));
    };
}

#[path = "tui/drill.rs"]
mod drill;
#[path = "tui/fleet.rs"]
mod fleet;
#[path = "tui/hands.rs"]
mod hands;
#[path = "tui/k9s.rs"]
mod k9s;
#[path = "tui/keys.rs"]
mod keys;
#[path = "tui/lessons.rs"]
mod lessons;
#[path = "tui/manners.rs"]
mod manners;
#[path = "tui/moments.rs"]
mod moments;
