//! What the parts cost by themselves: the queue under the hold model, random draws, rows of a timeline.
//!
//! The hold model takes the earliest event and queues one in its place, with so many waiting all the time; delays are of
//! two scales, as in a cluster: probes and writes within a second, back-offs and pulls within minutes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::io;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kubelapse::engine::random::Draw;
use kubelapse::engine::{Distribution, Queue};
use kubelapse::record::{Sink, csv};
use kubelapse::scenario::{self, builtin};
use kubelapse::session;
use kubelapse::time::{Span, Time};

/// Delays to be used in turn.
fn delays() -> Vec<Span> {
    let mut draw = Draw::new(7, 0, 0, 0);
    let near = Distribution::Exponential(Span::from_millis(100));
    let far = Distribution::Exponential(Span::from_secs(60));
    (0..1 << 14)
        .map(|_| if draw.below(10) == 0 { far.sample(&mut draw) } else { near.sample(&mut draw) })
        .collect()
}

fn queue(c: &mut Criterion) {
    let delays = delays();
    let mut group = c.benchmark_group("hold");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    for waiting in [1_000_usize, 100_000, 1_000_000] {
        let mut next = (0..).map(|ix: usize| delays[ix % delays.len()]);
        let mut wheel = Queue::new();
        let mut heap = BinaryHeap::new();
        for number in 0..waiting as u64 {
            let at = Time::EPOCH + next.next().unwrap_or_default();
            wheel.push(at, number as u32);
            heap.push(Reverse((at, number, number as u32)));
        }
        group.bench_function(format!("wheel, {waiting} waiting"), |b| {
            b.iter(|| {
                let (at, _, event) = wheel.pop().expect("it is never empty");
                wheel.push(at + next.next().unwrap_or_default(), black_box(event))
            });
        });
        let mut number = waiting as u64;
        group.bench_function(format!("plain heap, {waiting} waiting"), |b| {
            b.iter(|| {
                let Reverse((at, _, event)) = heap.pop().expect("it is never empty");
                number += 1;
                heap.push(Reverse((at + next.next().unwrap_or_default(), number, black_box(event))));
            });
        });
    }
}

fn draws(c: &mut Criterion) {
    let mut group = c.benchmark_group("draw");
    group.throughput(Throughput::Elements(1));
    let mut number = 0;
    group.bench_function("a place and its first number", |b| {
        b.iter(|| {
            number += 1;
            Draw::new(1, 2, 3, black_box(number)).bits()
        });
    });
    for (name, distribution) in [
        ("exponential", Distribution::Exponential(Span::from_secs(5))),
        ("lognormal", Distribution::LogNormal { median: Span::from_secs(8), p95: Span::from_secs(20) }),
        ("weibull", Distribution::Weibull { scale: Span::from_secs(300), shape: 1.5 }),
    ] {
        let mut draw = Draw::new(1, 2, 3, 4);
        group.bench_function(name, |b| b.iter(|| black_box(&distribution).sample(&mut draw)));
    }
}

fn rows(c: &mut Criterion) {
    let shipped = builtin::find("crash-loop").expect("it is shipped");
    let plan = scenario::load("crash-loop.toml", shipped.text, &scenario::no_files, &[]);
    let lived = session::live(&Arc::new(plan.expect("it is read")), 0);
    let mut group = c.benchmark_group("rows");
    group.throughput(Throughput::Elements(lived.transitions.len() as u64));
    group.bench_function("timeline.csv, a crash loop", |b| {
        b.iter_batched_ref(
            || csv::Timeline::new(io::sink()),
            |sink| sink.batch(&lived.directory, black_box(&lived.transitions)).expect("nothing is written"),
            BatchSize::SmallInput,
        );
    });
}

/// Whole small runs, as a study makes thousands of them.
fn repetitions(c: &mut Criterion) {
    let shipped = builtin::find("crash-loop").expect("it is shipped");
    let plan = scenario::load("crash-loop.toml", shipped.text, &scenario::no_files, &[]);
    let plan = Arc::new(plan.expect("it is read"));
    let mut group = c.benchmark_group("repetitions");
    group.throughput(Throughput::Elements(1)).sample_size(50);
    let mut seed = 0;
    group.bench_function("crash-loop, another seed each time", |b| {
        b.iter(|| {
            seed += 1;
            session::live(black_box(&plan), seed).steps
        });
    });
}

criterion_group!(benches, queue, draws, rows, repetitions);
criterion_main!(benches);
