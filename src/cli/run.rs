//! `kubelapse run` and `kubelapse check`.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::source::{load, sources};
use super::{Exit, print, talk};
use crate::record::csv::{Pods, Timeline};
use crate::record::{Change, Directory, Ending, Fan, Sink, Transition};
use crate::scenario::Plan;
use crate::session::{self, Outcome, Progress};
use crate::time::Time;
use crate::world::World;

#[derive(clap::Args)]
pub struct Arguments {
    /// Names of built-in scenarios, files, or folders of them
    #[arg(required = true)]
    scenarios: Vec<String>,
    /// Seed of all chance, instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// End of the run, instead of the scenario's (a duration: 90s, 15m, 2h)
    #[arg(long, value_name = "DURATION")]
    until: Option<String>,
    /// Folder for the results, instead of output/<scenario>
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overrides one value of the scenario: pod.web.spec.restartPolicy=Never
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Prints nothing but problems
    #[arg(long, short)]
    quiet: bool,
}

/// All plans, or every problem of every file.
fn plans(words: &[String], overrides: &[String]) -> Result<Vec<Plan>, Exit> {
    let mut plans = Vec::new();
    let mut wrong = false;
    for word in words {
        match sources(word) {
            Err(problem) => {
                talk(&format!("error: {problem}\n"));
                wrong = true;
            }
            Ok(list) => {
                for source in list {
                    match load(&source, overrides) {
                        Ok(plan) => plans.push(plan),
                        Err(problems) => {
                            talk(&problems.render(true));
                            wrong = true;
                        }
                    }
                }
            }
        }
    }
    if wrong { Err(Exit::WrongRequest) } else { Ok(plans) }
}

pub fn check(words: &[String], overrides: &[String]) -> Exit {
    match plans(words, overrides) {
        Ok(plans) => {
            for plan in plans {
                print(&format!("{}: ok\n", plan.name));
            }
            Exit::Ran
        }
        Err(exit) => exit,
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub fn run(arguments: &Arguments) -> Exit {
    let mut overrides = arguments.set.clone();
    overrides.extend(arguments.until.iter().map(|until| format!("until={until}")));
    let plans = match plans(&arguments.scenarios, &overrides) {
        Ok(plans) => plans,
        Err(exit) => return exit,
    };
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    let several = plans.len() > 1;
    let mut exit = Exit::Ran;
    for plan in plans {
        let folder = match &arguments.out {
            Some(out) if several => out.join(&plan.name),
            Some(out) => out.clone(),
            None => Path::new("output").join(&plan.name),
        };
        let seed = arguments.seed.unwrap_or(plan.seed);
        exit = exit.max(one(&Arc::new(plan), seed, &folder, arguments.quiet));
        if INTERRUPTED.load(Ordering::Relaxed) {
            break;
        }
    }
    exit
}

/// A bar for a person who waits; indicatif hides it where nobody does.
struct Bar {
    bar: indicatif::ProgressBar,
    start: Time,
}

impl Progress for Bar {
    fn at(&self, now: Time, _step: u64) {
        self.bar.set_position(now.since(self.start).secs().max(0) as u64);
    }
    fn stop(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

/// A file that appears whole or not at all: written beside its place, renamed when complete.
struct Fresh {
    place: PathBuf,
    beside: PathBuf,
}

impl Fresh {
    fn create(folder: &Path, name: &str) -> io::Result<(Fresh, BufWriter<fs::File>)> {
        let fresh = Fresh { place: folder.join(name), beside: folder.join(format!(".{name}.new")) };
        let file = fs::File::create(&fresh.beside)?;
        Ok((fresh, BufWriter::with_capacity(1 << 20, file)))
    }
    fn keep(self) -> io::Result<()> {
        fs::rename(&self.beside, &self.place)
    }
    fn discard(self) {
        let _ = fs::remove_file(&self.beside);
    }
}

/// How each pod got to where it is, as it happened: its STATUS with the time of each change.
#[derive(Default)]
struct Ways {
    by_pod: Vec<Vec<(Time, crate::api::Sym)>>,
    events: Vec<(u32, Time, crate::api::Sym)>,
}

/// How many steps of a way are kept.
const STEPS: usize = 12;

impl Sink for &mut Ways {
    fn batch(&mut self, _: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            let Some(pod) = row.pod else { continue };
            match row.change {
                Change::Status { from, to, .. } if from != to => {
                    if self.by_pod.len() <= pod as usize {
                        self.by_pod.resize(pod as usize + 1, Vec::new());
                    }
                    let way = &mut self.by_pod[pod as usize];
                    if way.len() <= STEPS {
                        way.push((row.time, to));
                    }
                }
                Change::Event(event) => self.events.push((pod, row.time, event.reason)),
                _ => {}
            }
        }
        Ok(())
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        Ok(())
    }
}

fn one(plan: &Arc<Plan>, seed: u64, folder: &Path, quiet: bool) -> Exit {
    match write(plan, seed, folder, quiet) {
        Ok(exit) => exit,
        Err(problem) => {
            talk(&format!("error: {}: {problem}; an earlier result there is untouched\n", folder.display()));
            Exit::WrongRequest
        }
    }
}

fn write(plan: &Arc<Plan>, seed: u64, folder: &Path, quiet: bool) -> io::Result<Exit> {
    fs::create_dir_all(folder)?;
    let (timeline, timeline_out) = Fresh::create(folder, "timeline.csv")?;
    let (pods, pods_out) = Fresh::create(folder, "pods.csv")?;
    let total = plan.until.since(plan.start).secs().max(1) as u64;
    let bar = indicatif::ProgressBar::new(total);
    if quiet || !io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} s") {
        bar.set_style(style);
    }
    bar.set_message(plan.name.clone());
    let mut ways = Ways::default();
    let played = {
        let mut fan = Fan {
            sinks: vec![
                Box::new(Timeline::new(timeline_out)),
                Box::new(Pods::new(pods_out)),
                Box::new(&mut ways),
            ],
        };
        session::run(plan, seed, &mut fan, &Bar { bar: bar.clone(), start: plan.start })
    };
    bar.finish_and_clear();
    let outcome = match played {
        Ok(outcome) => outcome,
        Err(problem) => {
            timeline.discard();
            pods.discard();
            return Err(problem);
        }
    };
    timeline.keep()?;
    pods.keep()?;
    let (manifest, mut manifest_out) = Fresh::create(folder, "run.toml")?;
    manifest_out.write_all(run_toml(plan, seed, &outcome).as_bytes())?;
    manifest_out.flush()?;
    manifest.keep()?;
    let failures = expectations(plan, &outcome, &ways);
    if !quiet {
        print(&summary(plan, seed, &outcome, &ways, folder));
    }
    for failure in &failures {
        talk(&format!("{failure}\n"));
    }
    if outcome.partial {
        talk(&format!(
            "interrupted: {} holds what had happened until then, marked as partial\n",
            folder.display()
        ));
    }
    Ok(if failures.is_empty() { Exit::Ran } else { Exit::ExpectationFailed })
}

fn run_toml(plan: &Plan, seed: u64, outcome: &Outcome) -> String {
    let gates: String = plan.gates.list().iter().map(|(name, on)| format!("{name} = {on}\n")).collect();
    format!(
        "scenario = {:?}\nscenario_digest = {:?}\nseed = {seed}\nkubernetes = {:?}\nversion = {:?}\nsteps = {}\ndigest = \"{}\"\npartial = {}\n\n[feature_gates]\n{gates}",
        plan.name,
        plan.digest,
        plan.gates.version.as_str(),
        env!("CARGO_PKG_VERSION"),
        outcome.world.step,
        outcome.world.digest,
        outcome.partial,
    )
}

/// The table that kubectl would print, a line for each pod's way, the digest and where the files are.
fn summary(plan: &Plan, seed: u64, outcome: &Outcome, ways: &Ways, folder: &Path) -> String {
    const SHOWN: usize = 20;
    let w = &outcome.world;
    let mut table = tabwriter::TabWriter::new(Vec::new()).minwidth(3).padding(3);
    let _ = writeln!(table, "NAME\tREADY\tSTATUS\tRESTARTS\tAGE\tIP\tNODE");
    let alive: Vec<usize> = (0..w.pods.len()).filter(|ix| w.pods[*ix].exists).collect();
    for ix in alive.iter().take(SHOWN) {
        let p = &w.pods[*ix];
        let columns = crate::rules::printing::columns(&p.spec, &p.status, p.deletion.is_some(), &w.gates);
        let age = crate::rules::printing::age(Some(p.created), w.now);
        let ip = p.status.pod_ips.first().map_or("<none>", |ip| ip.as_str());
        let node = p.node.map_or("<none>", |n| w.nodes[n.ix()].spec.name.as_str());
        let restarts = match columns.last_restart {
            Some(at) if columns.restarts > 0 => {
                format!("{} ({} ago)", columns.restarts, crate::rules::printing::age(Some(at), w.now))
            }
            _ => columns.restarts.to_string(),
        };
        let _ = writeln!(
            table,
            "{}\t{}\t{}\t{restarts}\t{age}\t{ip}\t{node}",
            p.ident.name,
            columns.ready_cell(),
            columns.status
        );
    }
    let table = table.into_inner().unwrap_or_default();
    let mut text = String::from_utf8_lossy(&table).into_owned();
    if alive.is_empty() {
        text = "No resources found: every pod is gone by the end.\n".to_owned();
    } else if alive.len() > SHOWN {
        text.push_str(&format!("… and {} more\n", alive.len() - SHOWN));
    }
    text.push('\n');
    for (ix, way) in ways.by_pod.iter().enumerate().take(SHOWN) {
        let steps: Vec<String> = way
            .iter()
            .take(STEPS)
            .map(|(at, status)| {
                let status = if status.is_empty() { "gone" } else { status.as_str() };
                format!("{status} {:.1}s", at.since(plan.start).secs_f64())
            })
            .collect();
        let more = if way.len() > STEPS { " → …" } else { "" };
        text.push_str(&format!("{}: {}{more}\n", w.directory.pods[ix].name, steps.join(" → ")));
    }
    for answer in &w.answers {
        text.push_str(&format!("{answer}\n"));
    }
    text.push_str(&format!(
        "\nseed {seed}, {} steps, digest {}\n{}, {}\n",
        w.step,
        w.digest,
        folder.join("timeline.csv").display(),
        folder.join("pods.csv").display()
    ));
    text
}

/// Plays the scenario again up to each expectation and compares; the run itself is not disturbed.
fn expectations(plan: &Arc<Plan>, outcome: &Outcome, ways: &Ways) -> Vec<String> {
    let mut list: Vec<&crate::scenario::plan::Expect> = plan.expects.iter().collect();
    list.sort_by_key(|e| e.at);
    if list.is_empty() {
        return Vec::new();
    }
    let mut session = session::Session::new(plan, outcome.world.seed);
    let mut failures = Vec::new();
    for expect in list {
        while session.world.queue.peek_time().is_some_and(|at| at <= expect.at) && session.step().is_some() {
            session.world.outbox.clear();
        }
        failures.extend(compare(expect, &session.world, ways, plan.start));
    }
    failures
}

fn compare(expect: &crate::scenario::plan::Expect, w: &World, ways: &Ways, start: Time) -> Option<String> {
    let found = w.pods.iter().enumerate().rev().find(|(_, p)| {
        p.ident.name.to_string() == expect.pod
            && expect.namespace.as_deref().is_none_or(|n| p.ident.namespace == n)
    });
    let at = format!("{:.1}s", expect.at.since(start).secs_f64());
    let fail = |what: &str, wanted: &str, seen: &str| {
        Some(format!(
            "line {}: at {at} pod {}: expected {what} {wanted}, saw {seen}",
            expect.line, expect.pod
        ))
    };
    let Some((ix, p)) = found else {
        return if expect.gone == Some(true) {
            None
        } else {
            fail("the pod", "to exist", "none of that name")
        };
    };
    if let Some(gone) = expect.gone
        && gone == p.exists
    {
        return fail("gone", &gone.to_string(), &(!p.exists).to_string());
    }
    let node = p.node.map_or("", |n| w.nodes[n.ix()].spec.name.as_str());
    let seen = [
        ("phase", &expect.phase, p.status.phase.to_string()),
        ("STATUS", &expect.status, p.shown.status.to_string()),
        ("READY", &expect.ready, format!("{}/{}", p.shown.ready.0, p.shown.ready.1)),
        ("restarts", &expect.restarts.map(|n| n.to_string()), p.shown.restarts.to_string()),
        ("node", &expect.node, node.to_owned()),
    ];
    for (what, wanted, seen) in &seen {
        if let Some(wanted) = wanted
            && wanted != seen
        {
            return fail(what, wanted, seen);
        }
    }
    for (kind, wanted) in &expect.conditions {
        let seen = p
            .status
            .conditions
            .iter()
            .find(|c| c.kind == *kind.as_str())
            .map_or("none", |c| c.status.as_str());
        if seen != wanted {
            return fail(kind, wanted, seen);
        }
    }
    if let Some(reason) = &expect.event {
        let seen = ways
            .events
            .iter()
            .any(|(pod, at, r)| *pod as usize == ix && *at <= expect.at && *r == reason.as_str());
        if !seen {
            return fail("event", reason, "none of that reason");
        }
    }
    None
}
