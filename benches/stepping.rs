//! How long a person waits: a step back, an action and a frame in a scenario of 1,000 crash-looping pods and an hour.

#[allow(dead_code, reason = "tests take more")]
#[path = "../tests/support/walk.rs"]
mod walk;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kubelapse::session::{Direction, Move};
use kubelapse::tui::App;
use walk::walk_of;

const THOUSAND: &str = r#"
name = "thousand"
until = "1h"
[[node]]
name = "node"
count = 10
capacity = { cpu = "64", memory = "256Gi", pods = 200 }
[[pod]]
name = "web"
replicas = 1000
every = "50ms"
  [[pod.spec.containers]]
  name = "app"
  image = "registry.example/shop/web:1.4"
  readinessProbe = { httpGet = { path = "/healthz", port = 8080 }, periodSeconds = 5 }
  [pod.behavior.containers.app]
  attempts = [{ runs = { uniform = ["20s", "90s"] }, exit = 1 }]
"#;

fn stepping(c: &mut Criterion) {
    let mut group = c.benchmark_group("stepping");
    group.sample_size(20);
    let mut walk = walk_of("thousand.toml", THOUSAND, &[]);
    walk.go(Direction::Forward, &Move::End);
    eprintln!(
        "{} steps, {} rows, {} checkpoints at {:?}",
        walk.position(),
        walk.history().len(),
        walk.checkpoints().len(),
        walk.checkpoints().steps()
    );
    group.bench_function("a checkpoint of 1,000 pods", |b| b.iter(|| black_box(walk.world().clone())));
    let mut worst = std::time::Duration::ZERO;
    let (jump, hops) = (97, walk.position() / 97);
    for _ in 0..hops {
        #[expect(clippy::disallowed_methods, reason = "what is measured is a person's time")]
        let begun = std::time::Instant::now();
        let here = walk.position();
        walk.seek(here.saturating_sub(jump));
        worst = worst.max(begun.elapsed());
    }
    eprintln!("the longest of {hops} steps back on the way from the end to the start: {worst:?}");
    walk.go(Direction::Forward, &Move::End);
    // From the end of the hour, one event after the other: near checkpoints and far ones.
    group.bench_function("one event back, 1,000 pods, 1 h", |b| {
        b.iter(|| {
            walk.go(Direction::Back, &Move::Event);
            black_box(walk.position())
        });
    });
    group.bench_function("500 events back and forth, 1,000 pods, 1 h", |b| {
        b.iter(|| {
            let here = walk.position();
            walk.seek(here.saturating_sub(500));
            walk.seek(here);
            black_box(walk.position())
        });
    });
    let far = walk.plan().start + kubelapse::time::Span::from_secs(1800);
    let end = walk.known();
    group.bench_function("from the end to the half hour", |b| {
        b.iter_batched(
            || (),
            |()| {
                walk.seek_time(far);
                walk.seek(end);
            },
            criterion::BatchSize::PerIteration,
        );
    });
    let pod = kubelapse::world::PodId(500);
    walk.selected = Some(pod);
    let row = walk.last_change(Some(pod)).expect("it has changed");
    group.bench_function("why, asked again", |b| b.iter(|| black_box(walk.why(&row))));
    let app = App::new(walk);
    for (width, height) in [(80, 24), (140, 45)] {
        let mut terminal =
            ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height)).expect("a terminal");
        group.bench_function(format!("a frame of {width}x{height}, 1,000 pods"), |b| {
            b.iter(|| terminal.draw(|frame| app.draw(frame)).map(|_| ()).expect("it is drawn"));
        });
    }
    group.finish();
}

criterion_group!(benches, stepping);
criterion_main!(benches);
