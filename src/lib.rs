//! **kubelapse** answers "what will my pod do, and when?": a deterministic discrete-event simulator of the kubelet and
//! of what stands around it.
//!
//! This page is the tour for whoever takes the house over: how it works, which rooms there are, what always holds, what the
//! words mean, and where to begin to read. Why it is built so and how it grows stands in `docs/architecture.md`; what
//! a user can do with it, in the README and the pages that it names.
//!
//! # From above
//!
//! **One world, events as data, actors as modules of functions.** A scenario becomes a checked [`Plan`](scenario::Plan); a
//! plan and a seed make a [`World`](world::World). In its queue wait [`SimEvent`](world::SimEvent)s, small plain values.
//! [`actors::play`] takes one, asks the [`rules`] what Kubernetes would do, changes the world, and queues what follows:
//!
//! ```text
//! scenario (TOML, manifests) ─> Plan ─┐                           ┌─> Transitions ─> sinks: timeline.csv, …
//!                              seed  ─┴─> World ─> next SimEvent ─┤
//!                                           ^      actor + rule   │
//!                                           └── changes, events ──┘
//! ```
//!
//! As all state is one value and all that waits is data, a world can be copied: that is stepping back, branching and
//! asking *why*. As each draw of chance has an address, the same plan and seed give the same bytes everywhere.
//!
//! # The rooms
//!
//! | room | what it is | uses |
//! | --- | --- | --- |
//! | [`time`] | instants and spans, whole microseconds | |
//! | [`engine`] | the queue, the dice, distributions, the digest of a run | `time` |
//! | [`api`] | Kubernetes' nouns: the compact form that the core works on, and the form on the wire | `time` |
//! | [`rules`] | the law: pure functions, by the component whose law it is (`versions`, `machinery`, `scheduler`, `kubelet`, `controllers`, `api_server`, `kubectl`) | `time`, `api` |
//! | [`record`] | what happened, and to whom it is told: transitions, sinks, formats | `time`, `api` |
//! | [`scenario`] | texts into a checked, immutable plan; the one table of all keys; diagnostics | `time`, `api`, `engine`, `rules` |
//! | [`world`] | the state, by owner; no decisions | all above |
//! | [`actors`] | who acts: the API server, the scheduler, kubelets with their runtimes, controllers, commands | all above |
//! | [`session`] | a run that can be held: played, stepped back and forth, asked, acted on, saved | all above |
//! | [`answers`] | many runs, one answer: sweeps and what is measured of a run, what comes next for a given cluster | `session` and below |
//! | [`compare`] | two timelines side by side; how alike a recorded life and simulated ones are; laws that no life breaks | `time`, `api`, `rules`, `record` |
//! | [`calibration`] | recordings of a cluster, held against many seeds of their scenarios | `session`, `compare`, `observed` and below |
//! | [`observed`] | what a cluster showed over time: watches, stamped or not, and lists, as histories | `time`, `api`, `rules` |
//! | [`explain`] | what the object of a real pod says, in words | `time`, `api`, `rules` |
//! | [`draft`], [`course`] | a scenario to start from; the lessons in their order | `scenario`, `session`, `explain` and below |
//! | [`drill`] | a broken cluster, to be mended by commands and scored | `session` and below |
//! | `cli`, `tui`, `serve` | the doors: the program, its full screen, and a simulated cluster behind HTTP | everything |
//!
//! A test (`tests/tidy.rs`) reads the `use` lines and holds the rooms to the last column. The doors are features, all on
//! by default. Without them this is a library that opens no file, reads no clock and needs no thread; `web/` is that
//! library in a browser.
//!
//! # What always holds
//!
//! - **Rules see no clock, no generator and no world.** Now, gates and draws are arguments, so rules are tested against
//!   the answers of the real functions (`tests/rules.rs`).
//! - **The engine never sees a pod**; the queue is generic, its plain twin is a heap in its tests.
//! - **The record never changes the world**: with or without sinks, a run is the same.
//! - **One writer.** What a client of the API sees is written in [`actors::api_server`] alone, which versions it, records
//!   the difference and tells `actors::watch`.
//! - **Facts are stored once, answers are derived**: container states are facts; phase, conditions and STATUS follow.
//! - **Time never goes back**: to queue something for the past is a fault, asserted by debug builds;
//!   in others it comes now.
//! - **A handle never wraps**: pods, nodes, containers are typed indexes; one too many is refused, not taken for another.
//! - **What must hold is looked at in every build** where it could break ([`api::invariant`]); a run in which it does not ends, and says which.
//! - **A restart of the kubelet forgets exactly what the kubelet forgets**: what its process remembers is one value,
//!   dropped with it.
//! - **Luck by address**: a draw follows from its address (seed, purpose, entity, number; `world::luck`) and not from the
//!   order of events, so one pod more changes nobody else's luck.
//!
//! # Words
//!
//! | word | meaning |
//! | --- | --- |
//! | event | what kubectl shows as one, a row of the record ([`record::Event`]) |
//! | [`SimEvent`](world::SimEvent) | what waits in the queue; playing one is a *step* |
//! | signal | what somebody below has to say to somebody above within the same step ([`world::Signal`]) |
//! | news | a write of the API server, as its watchers are told of it |
//! | plan | a checked scenario: a run is a function of a plan and a seed |
//! | transition | one recorded change ([`record::Transition`]), a row of the timeline |
//! | timeline, life | all rows of a run; what a client sees of one pod |
//! | directory | the names of pods and nodes, by which rows are read |
//! | command, action | something that somebody does; a command at its instant |
//! | template | what the replicas of one `[[pod]]` share |
//! | worker | what a kubelet remembers of one pod; *local*: all that is on the pod's machine |
//! | session, walk | a run in progress; a run with a place in it, and the way back |
//! | checkpoint | a world that was kept on the way, for going back |
//! | gate, habit | a feature gate of Kubernetes; what a version does otherwise without a gate |
//! | golden | recorded from real Kubernetes |
//! | digest | what happened in a run, folded into a number: equal digests, equal runs |
//! | mark, gap, form | what is one pod's own in a status (an instant, an identifier, an address); its place; a status with gaps |
//! | learned | what replicas have in common, computed by the rules once and then filled in ([`world::learned`] has more words) |
//!
//! # Where to begin
//!
//! 1. `actors/mod.rs`: the match on `SimEvent`, the table of contents of all that can happen; who calls whom.
//! 2. `world/mod.rs`, 3. `world/event.rs`: what there is, and what can wait.
//! 4. `rules/kubelet/phase.rs`: how a rule looks, and how it says where it comes from.
//! 5. `actors/kubelet/pod_worker.rs`, 6. `actors/kubelet/sync.rs`: when a pod is looked at, and what a look does.
//! 7. `actors/api_server/pods.rs`, 8. `actors/watch.rs`: how something is written, and who learns of it.
//! 9. `scenario/plan.rs`: what a run is made from.
//! 10. `session/mod.rs`: how it is played.
//!
//! # Three examples
//!
//! A scenario is run to its end, and its transitions are read:
//!
//! ```
//! use std::sync::Arc;
//! use kubelapse::{record::Change, scenario, session};
//!
//! let text = r#"
//!     name = "web"
//!     until = "5m"
//!     [[pod]]
//!     name = "web"
//!     spec.containers = [{ name = "app", image = "registry.example/shop/web:1.4" }]
//!     behavior.containers.app.attempts = [{ runs = "2s", exit = 1 }, { runs = "forever" }]
//! "#;
//! let no_files = |path: &str| Err(format!("{path}: there are no files here"));
//! let plan = scenario::load("web.toml", text, &no_files, &[]).map_err(|problems| problems.render(false))?;
//! let lived = session::live(&Arc::new(plan), 7);
//! let shown = lived.transitions.iter().filter_map(|row| match row.change {
//!     Change::Status { from, to, .. } if from != to => Some(to.as_str()),
//!     _ => None,
//! });
//! assert_eq!(shown.collect::<Vec<_>>(), ["Pending", "ContainerCreating", "Running", "Error", "Running"]);
//! # Ok::<(), String>(())
//! ```
//!
//! A run is held at the instant that matters, and asked what kubectl shows there, and why:
//!
//! ```
//! use std::sync::Arc;
//! use kubelapse::scenario::builtin;
//! use kubelapse::session::{Breakpoint, Direction, Move, Script, Stop, Walk, kubectl};
//!
//! let failed = builtin::find("failed").ok_or("it is shipped")?;
//! let no_files = |path: &str| Err(format!("{path}: there are no files here"));
//! let (script, loaded) =
//!     Script::load("failed.toml", failed.text, &no_files, &[]).map_err(|problems| problems.render(false))?;
//! let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
//! // A lesson's questions stop a walk, too.
//! let there = Move::Until(Breakpoint::parse("phase=Failed")?);
//! while walk.go(Direction::Forward, &there) == Stop::Question {}
//! assert!(kubectl::get(walk.world(), walk.now()).contains("Error"));
//!
//! let change = walk.change_called("phase")?;
//! let why = walk.why(&change);
//! // From the API server back to what the scenario says of the process.
//! assert_eq!(why.links.last().map(|link| link.component.as_str()), Some("scenario"));
//! let text = why.render(walk.plan().start);
//! # assert!(text.contains("kubelet") || text.contains("status manager"), "{text}");
//! # Ok::<(), String>(())
//! ```
//!
//! A rule is asked directly: when may a container that ended be started again?
//!
//! ```
//! use kubelapse::rules::machinery::backoff::{Limits, Restart, crash_loop};
//! use kubelapse::rules::versions::gates::Gates;
//! use kubelapse::time::{Span, Time};
//!
//! let limits = Limits::crash_loop(None, &Gates::default());
//! assert_eq!(limits.ladder().map(Span::secs).collect::<Vec<_>>(), [10, 20, 40, 80, 160, 300]);
//!
//! let at = Time::from_secs;
//! // It ended at once after its first restart at 5 s: the wait counts from that end.
//! let entry = Some(limits.next(None, at(4), at(5)));
//! let waits = Restart::Waits { delay: Span::from_secs(10), until: at(16) };
//! assert_eq!(crash_loop(&limits, entry, Some(at(6)), at(7)), waits);
//! ```

#![warn(missing_docs)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "a room's page speaks of its private parts, too: `cargo doc --document-private-items` shows them"
)]

pub mod actors;
pub mod answers;
pub mod api;
pub mod calibration;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod course;
pub mod draft;
pub mod drill;
pub mod engine;
pub mod explain;
pub mod observed;
pub mod record;
pub mod rules;
pub mod scenario;
#[cfg(feature = "serve")]
pub mod serve;
pub mod session;
pub mod time;
#[cfg(feature = "tui")]
pub mod tui;
pub mod world;
