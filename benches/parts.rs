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
use kubelapse::record::{Directory, Ending, FORMATS, Scrape, Settings, Sink, Transition, csv, openmetrics};
use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session::{self, Silent};
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

/// What a row costs in each format that has the timeline's rows: the bar is twice a row of `timeline.csv`, for Parquet three times.
/// A row of `metrics.txt` is a sample.
fn files(c: &mut Criterion) {
    let text = builtin::find("crash-loop").expect("it is shipped").text;
    let many = ["pod.orders.replicas=50".to_owned(), "until=1h".to_owned()];
    let plan = scenario::load("crash-loop.toml", text, &scenario::no_files, &many).expect("it is read");
    let plan = Arc::new(plan);
    let lived = session::live(&plan, 0);
    let pods = Arc::new(lived.records.clone());
    let ending = Ending { pods: &pods, at: plan.until, stands: plan.until, partial: false };
    let mut group = c.benchmark_group("a row");
    group.sample_size(10);
    for format in FORMATS.iter().filter(|format| !["pods", "openmetrics"].contains(&format.name)) {
        group.throughput(Throughput::Elements(lived.transitions.len() as u64));
        group.bench_function(format.file, |b| {
            b.iter_batched_ref(
                || (format.sink)(Box::new(io::sink()), &Settings::default()),
                |sink| {
                    sink.begin(&lived.directory).expect("nothing is written");
                    sink.batch(&lived.directory, black_box(&lived.transitions)).expect("nothing is written");
                    sink.end(&lived.directory, &ending).expect("nothing is written");
                },
                BatchSize::SmallInput,
            );
        });
    }
    let scrapes = Scraped::of(&plan);
    group.throughput(Throughput::Elements(scrapes.samples));
    group.bench_function("metrics.txt", |b| {
        b.iter_batched_ref(
            || openmetrics::Metrics::new(io::sink(), Span::from_secs(30)),
            |sink| {
                scrapes.all.iter().for_each(|scrape| sink.scraped(scrape).expect("nothing is written"));
                sink.end(&lived.directory, &ending).expect("nothing is written");
            },
            BatchSize::SmallInput,
        );
    });
}

/// The scrapes of a run, and how many samples they come to.
struct Scraped {
    all: Vec<Scrape>,
    samples: u64,
}

impl Scraped {
    fn of(plan: &Arc<Plan>) -> Scraped {
        let mut all = Scraped { all: Vec::new(), samples: 0 };
        session::run(plan, 0, &mut all, &Silent).expect("nothing is written");
        let mut series = openmetrics::series::Series::default();
        all.all.iter().for_each(|scrape| series.take(scrape));
        let count = series.ticks().len();
        let runs = series.families().flat_map(|(_, own)| own.iter().flat_map(|one| one.runs()));
        all.samples = runs.map(|run| run.ticks(count).len() as u64).sum();
        all
    }
}

impl Sink for Scraped {
    fn scrape_interval(&self) -> Option<Span> {
        Some(Span::from_secs(30))
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        self.all.push(scrape.clone());
        Ok(())
    }
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
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

criterion_group!(benches, queue, draws, rows, files, repetitions);
criterion_main!(benches);
