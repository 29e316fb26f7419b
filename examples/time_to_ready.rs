//! When are my pods ready? Many lives of one scenario, and the percentiles of what came of them.
//!
//! `cargo run --release --example time_to_ready -- scenarios/probes.toml 500`

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session::Lives;
use kubelapse::time::Span;

fn main() -> Result<(), String> {
    let mut words = std::env::args().skip(1);
    let file = words.next().unwrap_or_else(|| "scenarios/crash-loop.toml".to_owned());
    let seeds =
        words.next().map_or(Ok(200), |word| word.parse()).map_err(|problem| format!("seeds: {problem}"))?;
    let text = std::fs::read_to_string(&file).map_err(|problem| format!("{file}: {problem}"))?;
    let beside = std::path::Path::new(&file).parent().unwrap_or_else(|| std::path::Path::new("."));
    let manifest = |path: &str| {
        std::fs::read_to_string(beside.join(path)).map_err(|problem| format!("{path}: {problem}"))
    };
    let plan = scenario::load(&file, &text, &manifest, &[]).map_err(|problems| problems.render(false))?;
    // What one life has taught is known in the next; each is what it would be alone.
    let mut lives = Lives::of(&Arc::new(plan));
    let (mut waits, mut never) = (Vec::<Span>::new(), 0_usize);
    for seed in 0..seeds {
        for pod in lives.live(seed).records {
            match (pod.created, pod.ready) {
                (Some(created), Some(ready)) => waits.push(ready.since(created)),
                _ => never += 1,
            }
        }
    }
    waits.sort_unstable();
    let at = |share: f64| waits.get((waits.len() as f64 * share) as usize).or(waits.last());
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        match at(share) {
            Some(wait) => println!("{name}   {wait}"),
            None => println!("{name}   no pod was ready"),
        }
    }
    println!("never {never} of {}", waits.len() + never);
    Ok(())
}
