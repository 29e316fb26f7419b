//! What if? A run is held where it goes wrong, and goes on twice from there: left alone, and with something done.
//!
//! `cargo run --release --example what_if`

use std::sync::Arc;

use kubelapse::scenario::builtin;
use kubelapse::session::{Breakpoint, Direction, Move, Script, Stop, Walk, kubectl};
use kubelapse::time::Span;

fn main() -> Result<(), String> {
    let shipped = builtin::find("rollout-stalls").ok_or("it is shipped")?;
    let (script, loaded) = Script::load("rollout-stalls.toml", shipped.text, &builtin::manifest, &[])
        .map_err(|problems| problems.render(false))?;
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    let stuck = Move::Until(Breakpoint::parse("status=ImagePullBackOff")?);
    // A lesson's questions stop a walk, too.
    while walk.go(Direction::Forward, &stuck) == Stop::Question {}
    println!("at {}:\n{}", walk.offset(), kubectl::get(walk.world(), walk.now()));

    let mut undone = walk.clone();
    undone.act("rollout undo deployment/billing")?;
    for (name, mut walk) in [("left alone", walk), ("undone", undone)] {
        let later = Move::To(walk.now() + Span::from_secs(30));
        while walk.go(Direction::Forward, &later) == Stop::Question {}
        println!("{name}, 30 s later:\n{}", kubectl::get(walk.world(), walk.now()));
    }
    Ok(())
}
