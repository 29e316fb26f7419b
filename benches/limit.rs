//! Our yardstick: the life of the fleet's pods as a plain hand-written loop, without scheduler, kubelet or API server.
//! What the loop costs is what events and rows cost at the least; how many times longer a run takes is what the
//! mechanism costs. Both play 100,000 pods on one core, with rows spelled out and thrown away.
//!
//! `cargo bench --bench limit` prints both and their ratio, the median of several turns taken in alternation; beside them
//! the same run in which nothing is learned of what replicas have in common.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kubelapse::engine::random::Draw;
use kubelapse::record::csv;
use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session::{self, Judge, Session, Silent};

const PODS: u32 = 100_000;
const TURNS: usize = 5;

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

fn main() {
    // `cargo test --benches` only wants to know whether it runs at all.
    let turns = if std::env::args().any(|argument| argument == "--bench") { TURNS } else { return };
    let fleet = builtin::find("fleet-100k").expect("it is shipped");
    let plan = scenario::load("fleet-100k.toml", fleet.text, &scenario::no_files, &[]);
    let plan = Arc::new(plan.expect("it is read"));
    let by_the_rules = Arc::new(Plan { learns_from: None, ..Plan::clone(&plan) });
    let (mut limits, mut ours, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    let mut said = String::new();
    for _ in 0..turns {
        let (took, counts) = timed(|| plain_loop(&mut black_box(io::sink())));
        limits.push(took);
        let (took, steps) = timed(|| play(&plan));
        ours.push(took);
        let (took, same) = timed(|| play(&by_the_rules));
        plain.push(took);
        assert_eq!(steps, same, "what is learned changes nothing");
        said =
            format!("plain loop: {} events, {} rows; kubelapse: {steps} events", counts.events, counts.rows);
    }
    println!("{PODS} pods, one core, rows thrown away, median of {turns}\n{said}");
    let limit = told("plain loop", limits);
    let our = told("kubelapse", ours);
    println!("{:<24}{:8.1}", "ratio of the two", our / limit);
    told("every pod by the rules", plain);
}

/// Plays the fleet; returns how many events that took.
fn play(plan: &Arc<Plan>) -> u64 {
    let mut session = Session::new(plan, 0);
    let (mut sink, mut judge) = (csv::Timeline::new(io::sink()), Judge::new(plan));
    session::play_out(&mut session, &mut judge, &mut sink, &Silent).expect("nothing is written");
    session.world.step
}

/// Prints the median, which it returns in seconds.
fn told(who: &str, mut turns: Vec<Duration>) -> f64 {
    turns.sort_unstable();
    let seconds = turns[turns.len() / 2].as_secs_f64();
    println!("{who:<24}{seconds:8.3} s  {:8.2} µs a pod", seconds * 1e6 / f64::from(PODS));
    seconds
}
