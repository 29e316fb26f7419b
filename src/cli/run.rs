//! `kubelapse run`

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::PossibleValue;

use super::results::{Failure, Results};
use super::source::{self, Beside, Source};
use super::summary::{self, Seen};
use super::{Exit, check, fault, interrupt, manifest, print, talk, test};
use crate::record::{Ending, FORMATS, Fan, Format, Settings, Sink, Threaded, csv, objects, tables};
use crate::scenario::Plan;
use crate::scenario::values::parse_duration;
use crate::session::{self, Judge, Progress, Session};
use crate::time::{Span, Time};

#[derive(clap::Args)]
pub struct Arguments {
    /// Names of built-in scenarios, files, or folders of them; or manifests: files, folders of them, - for standard input
    #[arg(required = true)]
    scenarios: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// Seed of all chance, instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// End of the run, instead of the scenario's (a duration: 90s, 15m, 2h)
    #[arg(long, value_name = "DURATION")]
    until: Option<String>,
    #[arg(long, value_name = "DIR", help = "Folder for the results, instead of output/<scenario>")]
    out: Option<PathBuf>,
    /// Formats of the timeline, separated by commas
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = FORMATS[0].name,
        hide_possible_values = true
    )]
    format: Vec<&'static Format>,
    /// How often the series of `openmetrics` are scraped (a duration)
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = interval)]
    scrape_interval: Span,
    /// What `audit` takes, and a run has no place for.
    #[arg(long, hide = true, value_name = "LIST")]
    assume: Option<String>,
    /// Prints nothing but problems
    #[arg(long, short)]
    quiet: bool,
    /// Computes for each replica what all have in common: the results are the same, and come later
    #[arg(long, hide = true)]
    no_learning: bool,
}

/// A length of time that something is done after again and again.
pub fn interval(text: &str) -> Result<Span, String> {
    match parse_duration(text)? {
        span if span >= Span::from_millis(1) => Ok(span),
        _ => Err("a millisecond at least".to_owned()),
    }
}

/// One of them; `pods.csv` and `run.toml` are written with each, and tables of workloads where there are some.
impl clap::ValueEnum for &'static Format {
    fn value_variants<'a>() -> &'a [Self] {
        FORMATS
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name).help(format!("{}: {}", self.file, self.holds)))
    }
}

/// The table of pods.
pub const PODS: &str = "pods.csv";

/// One scenario to play.
struct Job<'a> {
    plan: Arc<Plan>,
    seed: u64,
    folder: PathBuf,
    formats: &'a [&'static Format],
    settings: Settings,
    quiet: bool,
    /// What to try next.
    next: String,
    /// What is played was to be taken by the API server, and is not.
    is_refused: bool,
}

pub fn run(arguments: &Arguments) -> Exit {
    let overrides = arguments.beside.overrides(arguments.until.as_ref());
    if let Some(words) = &arguments.assume {
        talk(&unheard(words, &arguments.scenarios));
        return Exit::WrongRequest;
    }
    let beside = arguments.beside.quietly(arguments.quiet);
    let plans = match check::plans(&arguments.scenarios, &beside, &overrides, source::playable) {
        Ok(plans) => plans,
        Err(exit) => return exit,
    };
    if let Some(name) = twice(&plans) {
        talk(&format!(
            "error: two of the scenarios are called `{name}`: their results would have one place\n"
        ));
        return Exit::WrongRequest;
    }
    interrupt::listen();
    let formats: Vec<&Format> =
        FORMATS.iter().copied().filter(|format| arguments.format.contains(format)).collect();
    let several = plans.len() > 1;
    let mut exit = Exit::Ran;
    let mut left = plans.len();
    for (source, mut plan) in plans {
        left -= 1;
        if arguments.no_learning {
            plan.learns_from = None;
        }
        warn_of_size(&plan, &formats);
        let folder = match &arguments.out {
            Some(out) if several => out.join(&plan.name),
            Some(out) => out.clone(),
            None => Path::new("output").join(&plan.name),
        };
        let seed = arguments.seed.unwrap_or(plan.seed);
        let is_refused = check::is_refused(&source, &plan);
        // First it has to be let in.
        let next = if is_refused { String::new() } else { summary::next(&source, &plan) };
        let settings = Settings { scrape_interval: arguments.scrape_interval };
        let (plan, quiet) = (Arc::new(plan), arguments.quiet);
        let job = Job { plan, seed, folder, formats: &formats, settings, quiet, next, is_refused };
        let came_to = job.play().unwrap_or_else(|Failure { problem, there }| {
            talk(&format!("error: {}: {problem}; {there}\n", job.folder.display()));
            Exit::WrongRequest
        });
        exit = exit.max(came_to);
        if interrupt::asked() && left > 0 {
            talk(&format!("interrupted: {left} of the scenarios not run\n"));
            return exit.max(Exit::Interrupted);
        }
    }
    exit
}

/// What is answered to `--assume`, which is a question's: where what a program does is said of a run.
fn unheard(words: &str, files: &[String]) -> String {
    let of = files.join(" ");
    format!(
        "error: --assume {words}: a run is told what programs do by a scenario\nhint: `kubelapse audit {of} --assume {words}` asks what \
         comes of it; `kubelapse new` writes a scenario, whose [[program]] takes boots = \"60s\", attempts and more\n"
    )
}

/// Lists of all pods after each change grow with the square of the pods.
fn warn_of_size(plan: &Plan, formats: &[&Format]) {
    const MANY: u64 = 200;
    let pods: u64 = plan.templates.iter().map(|template| u64::from(template.replicas)).sum();
    if formats.contains(&&objects::FORMAT) && pods > MANY {
        talk(&format!(
            "warning: {}: the format `{}` writes all of {pods} pods after each change of one\n",
            plan.name,
            objects::FORMAT.name
        ));
    }
}

/// A name that two of the scenarios have.
fn twice(plans: &[(Source, Plan)]) -> Option<&str> {
    let mut names: Vec<&str> = plans.iter().map(|(_, plan)| plan.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// A bar for a person who waits; indicatif hides it where nobody does.
struct Bar {
    bar: indicatif::ProgressBar,
    start: Time,
}

impl Bar {
    fn new(plan: &Plan, quiet: bool) -> Bar {
        let total = plan.until.since(plan.start).secs().max(1) as u64;
        let bar = if quiet || !io::stderr().is_terminal() {
            indicatif::ProgressBar::hidden()
        } else {
            indicatif::ProgressBar::new(total)
        };
        if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} s") {
            bar.set_style(style);
        }
        bar.set_message(plan.name.clone());
        Bar { bar, start: plan.start }
    }
}

impl Progress for Bar {
    fn at(&self, now: Time, _step: u64) {
        self.bar.set_position(now.since(self.start).secs().max(0) as u64);
    }
    fn stop(&self) -> bool {
        interrupt::asked()
    }
}

impl Job<'_> {
    /// What is written row by row: timelines, and tables where there are workloads.
    fn written(&self) -> impl Iterator<Item = &'static Format> {
        let tables = if self.plan.has_workloads() { &tables::TABLES[..] } else { &[] };
        self.formats.iter().copied().flat_map(Format::files).chain(tables.iter().copied())
    }

    /// Every file but the manifest.
    fn files(&self) -> impl Iterator<Item = &'static str> {
        self.written().map(|format| format.file).chain([PODS])
    }

    fn play(&self) -> Result<Exit, Failure> {
        let names: Vec<&'static str> = self.files().collect();
        let mut results = Results::create(&self.folder, &names)?;
        let files = self.sinks(&mut results)?;
        let bar = Bar::new(&self.plan, self.quiet);
        let mut seen = Seen::new(&self.plan);
        let mut judge = Judge::new(&self.plan);
        let mut session = None;
        let played = fault::catch(|| {
            let session = session.insert(Session::new(&self.plan, self.seed));
            let mut told: Fan<Box<dyn Sink + '_>> = Fan { sinks: vec![Box::new(&mut seen), beside(files)?] };
            session::play_out(session, &mut judge, &mut told, &bar)
        });
        match (played, session) {
            (Ok(Ok(partial)), Some(session)) => {
                bar.bar.finish();
                if !bar.bar.is_hidden() {
                    talk("\n");
                }
                self.finish(results, &session, &seen, judge, partial)
            }
            (Ok(Err(problem)), Some(session)) => {
                bar.bar.abandon();
                self.salvage(results, &session, &problem)
            }
            (Ok(Err(problem)), None) => Err(problem.into()),
            (Err(said), session) => {
                bar.bar.abandon();
                talk(&self.fault(&said, session.as_ref()));
                Ok(Exit::OurFault)
            }
            (Ok(Ok(_)), None) => Ok(Exit::OurFault),
        }
    }

    fn sinks(&self, results: &mut Results) -> io::Result<Fan<Box<dyn Sink + Send>>> {
        let mut sinks: Vec<Box<dyn Sink + Send>> = Vec::new();
        for format in self.written() {
            sinks.push((format.sink)(Box::new(results.writer(format.file)?), &self.settings));
        }
        sinks.push(Box::new(csv::Pods::new(results.writer(PODS)?)));
        Ok(Fan { sinks })
    }

    fn finish(
        &self,
        mut results: Results,
        session: &Session,
        seen: &Seen,
        judge: Judge,
        partial: bool,
    ) -> Result<Exit, Failure> {
        let w = &session.world;
        let end = session.ended_at(partial);
        let hashes = results.hashes()?;
        let manifest = manifest::text(&self.plan, self.seed, w, self.formats, (partial, end), &hashes);
        results.write(manifest::NAME, manifest.as_bytes())?;
        let place = results.keep(partial)?;
        if !self.quiet {
            let files: Vec<PathBuf> = self.files().map(|name| place.join(name)).collect();
            print(&summary::text(&self.plan, w, end, seen, &files));
            print(&self.next);
        }
        if partial {
            talk(&format!(
                "interrupted: {} holds what had happened until {:.1} s, marked as partial\n",
                place.display(),
                end.since(self.plan.start).secs_f64()
            ));
            return Ok(Exit::Interrupted);
        }
        let failures = judge.failures();
        if !failures.is_empty() {
            let all = self.plan.expects.len();
            talk(&format!("{}: {} of {all} expectations failed\n", self.plan.name, failures.len()));
        }
        for failure in &failures {
            talk(&test::told(&self.plan, &self.plan.name, failure));
        }
        Ok(if failures.is_empty() && !self.is_refused { Exit::Ran } else { Exit::ExpectationFailed })
    }

    /// A file could not be written to its end: what was taken is kept, whole and marked as partial, if there is room
    /// to say so.
    fn salvage(&self, mut results: Results, session: &Session, problem: &io::Error) -> Result<Exit, Failure> {
        if !results.cut() {
            return Err(io::Error::new(problem.kind(), problem.to_string()).into());
        }
        let w = &session.world;
        let mut pods = Vec::new();
        let at = session.ended_at(true);
        let records = Arc::new(session::closed_records(w, at));
        csv::Pods::new(&mut pods)
            .end(&w.directory, &Ending { pods: &records, at, stands: at, partial: true })?;
        let write = |results: &mut Results| {
            results.write(PODS, &pods)?;
            let hashes = results.hashes()?;
            let manifest = manifest::text(&self.plan, self.seed, w, self.formats, (true, at), &hashes);
            results.write(manifest::NAME, manifest.as_bytes())
        };
        while let Err(again) = write(&mut results) {
            if !results.make_room() {
                return Err(again.into());
            }
        }
        let place = results.keep(true)?;
        talk(&format!(
            "error: {problem}\n{} holds what could be written until then: whole rows, marked as partial\n",
            place.display()
        ));
        Ok(Exit::WrongRequest)
    }

    fn fault(&self, said: &str, session: Option<&Session>) -> String {
        let (step, at) = session.map_or((0, self.plan.start), |s| (s.world.step, s.world.now));
        format!(
            "{}  scenario {}, seed {}, step {step}, {:.6} s: please report these with the scenario (digest {})\n  \
             nothing was written; an earlier result in {} is untouched\n",
            fault::words(said),
            self.plan.name,
            self.seed,
            at.since(self.plan.start).secs_f64(),
            self.plan.digest,
            self.folder.display()
        )
    }
}

/// Rows are spelled out on a second thread where the machine has one.
fn beside(files: Fan<Box<dyn Sink + Send>>) -> io::Result<Box<dyn Sink>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(if cores > 1 { Box::new(Threaded::new(files)?) } else { Box::new(files) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_seed_and_step() {
        let text = "name = \"web\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n";
        let plan =
            crate::scenario::load("web.toml", text, &crate::scenario::no_files, &[]).expect("it is read");
        let plan = Arc::new(plan);
        let job = Job {
            plan: Arc::clone(&plan),
            seed: 42,
            folder: "there".into(),
            formats: &[],
            settings: Settings::default(),
            quiet: true,
            next: String::new(),
            is_refused: false,
        };
        let mut session = None;
        let said = fault::catch(|| {
            let session = session.insert(Session::new(&plan, 42));
            session.step();
            session.step();
            assert!(session.world.step < 2, "the moon is no pod");
        });
        let said = said.expect_err("it panics");
        let told = job.fault(&said, session.as_ref());
        for part in ["the moon is no pod", "scenario web", "seed 42", "step 2", "earlier result in there"] {
            assert!(told.contains(part), "{told}");
        }
    }
}
