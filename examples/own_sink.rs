//! A sink of one's own: rows are handed over as they happen, and nothing is kept of them but what it wants.
//!
//! `cargo run --release --example own_sink`

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use kubelapse::record::{Change, Directory, Ending, Sink, Transition};
use kubelapse::scenario::{self, builtin};
use kubelapse::session::{self, Silent};

/// How often each STATUS was shown, over all pods.
#[derive(Default)]
struct Statuses(BTreeMap<String, usize>);

impl Sink for Statuses {
    fn batch(&mut self, _: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            if let Change::Status { from, to, .. } = row.change
                && from != to
                && !to.as_str().is_empty()
            {
                *self.0.entry(to.as_str().to_owned()).or_default() += 1;
            }
        }
        Ok(())
    }

    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        println!("{} pods by {}", directory.pods.len(), ending.at.since(directory.start));
        for (status, count) in &self.0 {
            println!("{count:>6} {status}");
        }
        Ok(())
    }
}

fn main() -> Result<(), String> {
    let shipped = builtin::find("fleet-1k").ok_or("it is shipped")?;
    let plan = scenario::load("fleet-1k.toml", shipped.text, &scenario::no_files, &[])
        .map_err(|problems| problems.render(false))?;
    session::run(&Arc::new(plan), 0, &mut Statuses::default(), &Silent)
        .map_err(|problem| problem.to_string())?;
    Ok(())
}
