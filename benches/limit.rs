//! Our yardstick: the life of the fleet's pods as a plain hand-written loop, without scheduler, kubelet or API server.
//! What the loop costs is what events and rows cost at the least; how many times longer a run takes is what the
//! mechanism costs. All is played in this one process, on one core, with rows spelled out and thrown away, each run between
//! two turns of the loop: so the ratios are the same on another machine, and on one that does something else beside.
//!
//! `cargo bench --bench limit` prints the loop, each run of the table in `benches/README.md` and the repetitions of a sweep;
//! `cargo bench --bench limit -- fleet-100k sweep` those whose names contain one of the words.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kubelapse::engine::random::Draw;
use kubelapse::record::csv;
use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session::{self, Judge, Lives, Session, Silent};

#[path = "rows/mod.rs"]
mod rows;

const PODS: u32 = 100_000;
/// So many turns of each run, the median of which counts; one of those that take longer than [`LONG`].
const TURNS: usize = 5;
const LONG: Duration = Duration::from_secs(8);

/// A stage of a pod's life: how long after the one before, in microseconds, and the rows that it writes.
struct Stage {
    after: u64,
    rows: &'static [&'static str],
}

/// What a watch shows of a pod that is admitted, prepared, started, ready and done, in the rows of `timeline.csv`.
const LIFE: [Stage; 8] = [
    Stage { after: 0, rows: &["phase,,,Pending,,,,,,", "status,,,Pending,0/1,0,,,,"] },
    Stage {
        after: 6_000,
        rows: &["condition,PodScheduled,,True,,,,,,", "event,default-scheduler,,Normal,,,Scheduled,,,1"],
    },
    Stage {
        after: 22_000,
        rows: &[
            "condition,PodReadyToStartContainers,,False,,,,,,",
            "condition,Initialized,,False,,,ContainersNotInitialized,containers with incomplete status: [prepare],,",
            "condition,Ready,,False,,,ContainersNotReady,containers with unready status: [task],,",
            "condition,ContainersReady,,False,,,ContainersNotReady,containers with unready status: [task],,",
            "container,prepare,,waiting,false,0,PodInitializing,,,",
            "container,task,,waiting,false,0,PodInitializing,,,",
            "status,,Pending,Init:0/1,0/1,0,,,,",
        ],
    },
    Stage {
        after: 700_000,
        rows: &[
            "condition,PodReadyToStartContainers,False,True,,,,,,",
            "event,kubelet,,Normal,,,Pulled,Container image already present on machine,,1",
            "event,kubelet,,Normal,,,Created,Container created,,1",
            "event,kubelet,,Normal,,,Started,Container started,,1",
            "container,prepare,waiting,running,false,0,,,,",
        ],
    },
    Stage {
        after: 1_500_000,
        rows: &[
            "condition,Initialized,False,True,,,,,,",
            "container,prepare,running,terminated,true,0,Completed,,0,",
            "status,,Init:0/1,PodInitializing,0/1,0,,,,",
            "event,kubelet,,Normal,,,Pulled,Container image already present on machine,,1",
            "event,kubelet,,Normal,,,Created,Container created,,1",
            "event,kubelet,,Normal,,,Started,Container started,,1",
            "phase,,Pending,Running,,,,,,",
            "container,task,waiting,running,false,0,,,,",
            "status,,PodInitializing,Running,0/1,0,,,,",
        ],
    },
    Stage {
        after: 50_000,
        rows: &[
            "condition,Ready,False,True,,,,,,",
            "condition,ContainersReady,False,True,,,,,,",
            "container,task,running,running,true,0,,,,",
            "status,,Running,Running,1/1,0,,,,",
        ],
    },
    // After the process's own time.
    Stage {
        after: 0,
        rows: &[
            "condition,Ready,True,False,,,PodCompleted,,,",
            "condition,ContainersReady,True,False,,,PodCompleted,,,",
            "condition,PodReadyToStartContainers,True,False,,,,,,",
            "container,task,running,terminated,false,0,Completed,,0,",
            "status,,Running,Completed,0/1,0,,,,",
        ],
    },
    Stage { after: 1_500_000, rows: &["phase,,Running,Succeeded,,,,,,", "status,,Completed,,0/1,0,,,,"] },
];
/// What a crash adds between two lives of the process.
const CRASH: [Stage; 1] = [Stage {
    after: 0,
    rows: &[
        "container,task,running,terminated,false,0,Error,,1,",
        "status,,Running,Error,0/1,0,,,,",
        "event,kubelet,,Normal,,,Pulled,Container image already present on machine,,1",
        "event,kubelet,,Normal,,,Created,Container created,,1",
        "event,kubelet,,Normal,,,Started,Container started,,1",
        "container,task,terminated,running,true,1,,,,",
        "status,,Error,Running,1/1,1,,,,",
    ],
}];
/// The stage that a process's end leads to, and the one that a crash leads back to.
const ENDS: u32 = 6;

struct Counts {
    events: u64,
    rows: u64,
}

/// Plays the lives; an event is (instant, pod, stage), the crash is stage `LIFE.len()`.
fn plain_loop(out: &mut impl Write) -> Counts {
    let mut queue = BinaryHeap::new();
    let mut draw = Draw::new(1, 0, 0, 0);
    let mut counts = Counts { events: 0, rows: 0 };
    let mut line: Vec<u8> = Vec::with_capacity(1 << 17);
    queue.push(Reverse((0_u64, 0_u32, 0_u32)));
    while let Some(Reverse((now, pod, number))) = queue.pop() {
        counts.events += 1;
        let crash = number as usize == LIFE.len();
        let stage = if crash { &CRASH[0] } else { &LIFE[number as usize] };
        for row in stage.rows {
            counts.rows += 1;
            line.extend_from_slice(itoa::Buffer::new().format(now).as_bytes());
            line.extend_from_slice(b",default,resize-");
            line.extend_from_slice(itoa::Buffer::new().format(pod).as_bytes());
            line.extend_from_slice(b",worker-");
            line.extend_from_slice(itoa::Buffer::new().format(pod % 100).as_bytes());
            line.push(b',');
            line.extend_from_slice(row.as_bytes());
            line.push(b'\n');
        }
        if line.len() >= 1 << 16 {
            out.write_all(&line).expect("nothing is written");
            line.clear();
        }
        if number == 0 && pod + 1 < PODS {
            queue.push(Reverse((now + draw.below(60_000), pod + 1, 0)));
        }
        let runs = |draw: &mut Draw| 20_000_000 + draw.below(20_000_000);
        let next = match number {
            _ if crash => (now + runs(&mut draw), ENDS),
            5 if pod.is_multiple_of(4) => (now + 2_000_000 + draw.below(8_000_000), LIFE.len() as u32),
            5 => (now + runs(&mut draw), ENDS),
            7 => continue,
            _ => (now + LIFE[number as usize + 1].after, number + 1),
        };
        queue.push(Reverse((next.0, pod, next.1)));
    }
    counts
}

/// How long something takes.
fn timed<T>(what: impl FnOnce() -> T) -> (Duration, T) {
    #[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
    let begun = Instant::now();
    let came_to = what();
    (begun.elapsed(), came_to)
}

/// The plan of a row: of a shipped scenario or a file, with what `--set` and `--until` say. None of manifests alone, around
/// which the program assumes a cluster.
fn plan(row: &rows::Row) -> Option<Arc<Plan>> {
    let (scenario, options) = row.arguments.split_first().expect("it names a scenario");
    let pairs = options.chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str()));
    let sets: Vec<String> = pairs
        .map(|(option, value)| if option == "--until" { format!("until={value}") } else { value.to_owned() })
        .collect();
    let path = Path::new(scenario);
    let loaded = match (builtin::find(scenario), path.extension()) {
        (Some(shipped), _) => scenario::load(scenario, shipped.text, &scenario::no_files, &sets),
        (None, Some(kind)) if kind == "toml" => {
            let beside = |name: &str| {
                let there = path.parent().expect("it stands in a folder").join(name);
                std::fs::read_to_string(there).map_err(|e| e.to_string())
            };
            let text = std::fs::read_to_string(path).expect("it is there");
            scenario::load(scenario, &text, &beside, &sets)
        }
        _ => return None,
    };
    Some(Arc::new(loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false)))))
}

/// Plays a plan, rows spelled out; returns how many events that took.
fn play(plan: &Arc<Plan>) -> u64 {
    let mut session = Session::new(plan, 0);
    let (mut sink, mut judge) = (csv::Timeline::new(io::sink()), Judge::new(plan));
    session::play_out(&mut session, &mut judge, &mut sink, &Silent).expect("nothing is written");
    session.world.step
}

/// A thousand seeds of the lesson about a crash loop, without rows: what a sweep does on each core.
fn sweep(plan: &Arc<Plan>) -> u64 {
    let mut lives = Lives::of(plan);
    (0..1000).map(|seed| lives.live(seed).steps).sum()
}

/// The same, each life without what those before it have learned.
fn alone(plan: &Arc<Plan>) -> u64 {
    (0..1000).map(|seed| session::live(plan, seed).steps).sum()
}

fn median(mut turns: Vec<f64>) -> f64 {
    turns.sort_unstable_by(f64::total_cmp);
    turns[turns.len() / 2]
}

/// Takes turns with the plain loop, and prints how many of its turns one of `run` takes.
fn against_the_loop(name: &str, run: impl Fn() -> u64) {
    let plain = || timed(|| plain_loop(&mut black_box(io::sink()))).0.as_secs_f64();
    let (mut seconds, mut ratios, mut before) = (Vec::new(), Vec::new(), plain());
    let events = loop {
        let (took, events) = timed(&run);
        let after = plain();
        seconds.push(took.as_secs_f64());
        ratios.push(took.as_secs_f64() / (0.5 * (before + after)));
        before = after;
        if seconds.len() == TURNS || took > LONG {
            break events;
        }
    };
    println!("{name:<32} {:>9.3} s {:>9.2} x the loop {events:>11} events", median(seconds), median(ratios));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know whether it runs at all.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let (_, counts) = timed(|| plain_loop(&mut black_box(io::sink())));
    println!(
        "the loop: {PODS} pods, {} events, {} rows; one core, rows thrown away, medians",
        counts.events, counts.rows
    );
    against_the_loop("the loop itself", || plain_loop(&mut black_box(io::sink())).events);
    for row in rows::all().iter().filter(|row| wanted(row.name)) {
        let Some(plan) = plan(row) else { continue };
        against_the_loop(row.name, || play(&plan));
    }
    let shipped = |name: &str| rows::Row { name: "", arguments: vec![name.to_owned()] };
    if wanted("by the rules") {
        let fleet = plan(&shipped("fleet-100k")).expect("it is shipped");
        let plain = Arc::new(Plan { learns_from: None, ..Plan::clone(&fleet) });
        against_the_loop("fleet-100k, all by the rules", || play(&plain));
    }
    if wanted("sweep") {
        let lesson = plan(&shipped("crash-loop")).expect("it is shipped");
        against_the_loop("sweep: 1,000 x crash-loop", || sweep(&lesson));
        against_the_loop("the same, each alone", || alone(&lesson));
    }
    rows::clean();
}
