//! `kubelapse sweep`: plays a grid of scenarios under many seeds, on all cores, and tells how what is measured depends on what
//! was varied.

mod files;
mod parts;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::hands::Threads;
use super::source::{self, Beside, Source};
use super::{Exit, check, fault, interrupt, memory, print, print_json, report, talk};
use crate::answers::measure::{Figure, Measure};
use crate::answers::sweep::picture;
use crate::answers::sweep::play::{self, Player};
use crate::answers::sweep::report::Report;
use crate::answers::sweep::request::{MEASURES, Request, SEEDS, Said};
use crate::scenario::sweep::Knob;
use crate::scenario::{self, Diagnostics, Plan};
use files::Files;
use parts::{Parts, Shard};

/// Where a part's figures go, and a whole result's.
const RUNS: &str = "runs.csv";
const SUMMARY: &str = "summary.csv";
const PICTURE: &str = "sweep.svg";
const LIST: &str = "sweep.json";

/// Why a sweep came to no end.
enum Stopped {
    /// The request was wrong, in words.
    Wrong(Vec<String>),
    /// A scenario is wrong.
    Problems(Diagnostics),
    /// The request was wrong, and that was told already.
    Told,
    /// A fault of our own, in words.
    Fault(String),
    /// Somebody wanted it to stop.
    Interrupted,
}

impl Stopped {
    fn wrong(words: String) -> Stopped {
        Stopped::Wrong(vec![words])
    }
}

impl From<play::Stopped> for Stopped {
    fn from(stopped: play::Stopped) -> Stopped {
        match stopped {
            play::Stopped::Problems(problems) => Stopped::Problems(problems),
            play::Stopped::Fault(said, with) => Stopped::Fault(format!("{}  {with}\n", fault::words(&said))),
            play::Stopped::Interrupted => Stopped::Interrupted,
        }
    }
}

#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Arguments {
    /// Name of a built-in scenario, a file, or manifests
    #[arg(required_unless_present = "merge")]
    scenario: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// A key and its values: KEY=A,B,C or KEY=LO..HI or KEY=LO..HI:STEP; several make every combination
    #[arg(long, value_name = "KEY=VALUES")]
    vary: Vec<String>,
    /// Takes the first values of all keys together, then the second ones, and so on
    #[arg(long)]
    pairs: bool,
    /// How many seeds each cell is played under, from 0; or which: 100..199
    #[arg(long, value_name = "N|FROM..TO", value_parser = seeds_of)]
    seeds: Option<(u64, u64)>,
    /// What is measured of each run (see below)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    measure: Vec<String>,
    /// Adds seeds, the same for all cells, until the first measure's interval is this narrow: 2%
    #[arg(long, value_name = "PERCENT", value_parser = percent_of, conflicts_with_all = ["shard", "merge"])]
    until_interval: Option<f64>,
    /// End of each run, instead of the scenario's
    #[arg(long, value_name = "DURATION")]
    until: Option<String>,
    #[arg(long, value_name = "DIR", help = "Folder for the results, instead of output/<scenario>-sweep")]
    out: Option<PathBuf>,
    /// What is printed
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// Plays one of several parts, counted from 0: 3/64
    #[arg(long, value_name = "PART/PARTS")]
    shard: Option<Shard>,
    /// Puts the parts in these folders together
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["shard", "vary", "measure", "seeds"])]
    merge: Vec<PathBuf>,
    /// How many threads play, instead of one for each core; the results are the same
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Prints nothing but problems
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// A line for each cell
    Table,
    /// All cells, with all that is told of each measure
    Json,
    /// summary.csv
    Csv,
}

fn after_help() -> String {
    format!(
        "Measures ({} where none is named; over several pods or workloads the worst, with mean: or sum: in front another):
{}  and those of the scenario's own [[measure]] tables

Examples:
  kubelapse sweep web.toml --vary 'deployment.web.spec.template.spec.containers.app.livenessProbe.failureThreshold=1..6'
  kubelapse sweep web.yaml --vary deployment.web.spec.replicas=2,4,8 --seeds 1000 --measure rolloutTime,timeUnder=2
  kubelapse sweep web.toml --vary latency.sandbox=1s..5s --measure timeToReady --until-interval 2%
  kubelapse sweep web.toml --vary … --shard 3/64 --out part-3    on the fourth of 64 machines
  kubelapse sweep --merge part-*                                 puts the parts together

Exit codes: 0 played, 2 the request was wrong, 130 interrupted.",
        MEASURES.join(","),
        Measure::help()
    )
}

/// The first seed, and how many.
fn seeds_of(text: &str) -> Result<(u64, u64), String> {
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| "expected N, or FROM..TO".to_owned());
    let (from, count) = match text.split_once("..") {
        Some((from, to)) => {
            let (from, to) = (number(from)?, number(to)?);
            (from, to.checked_sub(from).and_then(|more| more.checked_add(1)).ok_or("the range is empty")?)
        }
        None => (0, number(text)?),
    };
    if count == 0 { Err("no seed, no run".to_owned()) } else { Ok((from, count)) }
}

fn percent_of(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse::<f64>().ok();
    let share = number.filter(|percent| *percent > 0.0 && *percent < 100.0);
    share.map(|percent| percent / 100.0).ok_or_else(|| "expected a percentage such as 2%".to_owned())
}

pub fn sweep(arguments: &Arguments) -> Exit {
    interrupt::listen();
    let done = if arguments.merge.is_empty() { begin(arguments) } else { merge(arguments) };
    match done {
        Ok(()) => Exit::Ran,
        Err(Stopped::Wrong(words)) => {
            talk(&words.iter().fold(String::new(), |text, words| format!("{text}error: {words}\n")));
            Exit::WrongRequest
        }
        Err(Stopped::Problems(problems)) => {
            report(&problems);
            Exit::WrongRequest
        }
        Err(Stopped::Told) => Exit::WrongRequest,
        Err(Stopped::Fault(words)) => {
            talk(&words);
            Exit::OurFault
        }
        Err(Stopped::Interrupted) => {
            talk("interrupted: nothing was written; an earlier result is untouched\n");
            Exit::Interrupted
        }
    }
}

/// What cannot be written.
fn unwritten(folder: &Path) -> impl Fn(io::Error) -> Stopped + '_ {
    |problem| Stopped::wrong(format!("{}: {problem}; an earlier result there is untouched", folder.display()))
}

fn begin(arguments: &Arguments) -> Result<(), Stopped> {
    let (source, overrides, plan) = scenario(arguments)?;
    let request = request(arguments, &plan)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads.map_or(0, usize::from)).build();
    let pool = pool.map_err(|problem| Stopped::wrong(format!("no threads: {problem}")))?;
    let runs = request.runs();
    let bar = match arguments.quiet || !io::stderr().is_terminal() {
        true => indicatif::ProgressBar::hidden(),
        false => indicatif::ProgressBar::new(runs),
    };
    if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} runs, {eta} to go") {
        bar.set_style(style);
    }
    let threads = Threads::many(pool, bar);
    let load = |set: &[String]| {
        let all: Vec<String> = overrides.iter().chain(set).cloned().collect();
        let plan = scenario::load(&source.label, &source.text, &|path| source.manifest(path), &all)?;
        memory::room_for(&source, &plan).map(|()| plan)
    };
    let player = Player::new(&request, &load, &threads);
    player.check()?;
    let folder = arguments.out.clone().unwrap_or_else(|| {
        let whole = Path::new("output").join(format!("{}-sweep", plan.name));
        arguments.shard.map_or(whole.clone(), |shard| whole.join(format!("part-{}", shard.part)))
    });
    match arguments.shard {
        Some(shard) => play_part(&player, &threads, &request, shard, (&folder, arguments.quiet)),
        None => play_all(arguments, (&player, &threads), request, &folder),
    }
}

/// The scenario, what is said otherwise of it, and its plan.
fn scenario(arguments: &Arguments) -> Result<(Source, Vec<String>, Plan), Stopped> {
    let (sources, is_wrong) = check::all(&arguments.scenario, &arguments.beside.quietly(arguments.quiet));
    if is_wrong {
        return Err(Stopped::Told);
    }
    let count = sources.len();
    let Some(source) = sources.into_iter().next().filter(|_| count == 1) else {
        return Err(Stopped::wrong(format!("a sweep is of one scenario, and these are {count}")));
    };
    let overrides = arguments.beside.overrides(arguments.until.as_ref());
    let plan = source::playable(&source, &overrides).map_err(Stopped::Problems)?;
    talk(&plan.left_out.no_effect_words());
    Ok((source, overrides, plan))
}

fn request(arguments: &Arguments, plan: &Plan) -> Result<Request, Stopped> {
    let (from, seeds) = arguments.seeds.unwrap_or((0, SEEDS));
    let said = Said {
        vary: arguments.vary.iter().map(|text| Knob::parse(text)).collect(),
        pairs: arguments.pairs,
        measures: arguments.measure.clone(),
        from,
        seeds,
    };
    Request::new(plan, said).map_err(Stopped::Wrong)
}

fn play_part(
    player: &Player<'_, Threads>,
    threads: &Threads,
    request: &Request,
    shard: Shard,
    (folder, quiet): (&Path, bool),
) -> Result<(), Stopped> {
    let mut files = Files::create(folder, &[parts::FIGURES, parts::LIST]).map_err(unwritten(folder))?;
    let is_ours = |run: u64| run % shard.of == shard.part;
    player.cells(request.from, request.seeds, &is_ours, &mut |cell, runs| {
        let mut text = String::new();
        for (seed, figures) in runs {
            text.push_str(&parts::row(cell, seed, &figures));
        }
        files.write(parts::FIGURES, &text).map_err(unwritten(folder))
    })?;
    threads.finish();
    let mut told = request.told();
    told.insert("shard".to_owned(), format!("{}/{}", shard.part, shard.of).into());
    files.keep(told).map_err(unwritten(folder))?;
    if !quiet {
        print(&format!("part {} of {} is in {}\n", shard.part, shard.of, folder.display()));
    }
    Ok(())
}

fn play_all(
    arguments: &Arguments,
    (player, threads): (&Player<'_, Threads>, &Threads),
    mut request: Request,
    folder: &Path,
) -> Result<(), Stopped> {
    let mut result = Outcome::create(folder, arguments.output)?;
    let whole = |runs: Vec<(u64, Vec<Figure>)>| runs.into_iter().map(|(_, figures)| figures).collect();
    let Some(narrow) = arguments.until_interval else {
        let mut report = result.begin(&request)?;
        player.cells(request.from, request.seeds, &|_| true, &mut |cell, runs| {
            result.add(&mut report, cell, whole(runs))
        })?;
        threads.finish();
        return result.keep(report, &request, arguments);
    };
    let (kept, ended) = player.until_narrow(&mut request, narrow)?;
    threads.finish();
    if let Some(words) = ended {
        talk(&format!("warning: {words}\n"));
    }
    let mut report = result.begin(&request)?;
    for (cell, runs) in (0..).zip(kept) {
        result.add(&mut report, cell, runs)?;
    }
    result.keep(report, &request, arguments)
}

fn merge(arguments: &Arguments) -> Result<(), Stopped> {
    if !arguments.scenario.is_empty() {
        return Err(Stopped::wrong("--merge takes the folders of parts, and no scenario".to_owned()));
    }
    let mut parts = Parts::open(&arguments.merge).map_err(Stopped::Wrong)?;
    let request = parts.request.clone();
    let usual = || Path::new("output").join(format!("{}-sweep", request.name));
    let folder = arguments.out.clone().unwrap_or_else(usual);
    let mut result = Outcome::create(&folder, arguments.output)?;
    let mut report = result.begin(&request)?;
    for cell in 0..request.grid.cells() {
        let runs = parts.cell().map_err(Stopped::wrong)?;
        result.add(&mut report, cell, runs)?;
        if interrupt::asked() {
            return Err(Stopped::Interrupted);
        }
    }
    result.keep(report, &request, arguments)
}

fn count(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// A whole result while it is written.
struct Outcome {
    folder: PathBuf,
    files: Files,
    /// summary.csv, where it is to be printed.
    summary: Option<String>,
}

impl Outcome {
    fn create(folder: &Path, output: Output) -> Result<Outcome, Stopped> {
        let files = Files::create(folder, &[RUNS, SUMMARY, PICTURE, LIST]).map_err(unwritten(folder))?;
        Ok(Outcome { folder: folder.to_owned(), files, summary: (output == Output::Csv).then(String::new) })
    }

    fn write(&mut self, [runs, summary]: [String; 2]) -> Result<(), Stopped> {
        self.files.write(RUNS, &runs).map_err(unwritten(&self.folder))?;
        self.files.write(SUMMARY, &summary).map_err(unwritten(&self.folder))?;
        if let Some(printed) = &mut self.summary {
            printed.push_str(&summary);
        }
        Ok(())
    }

    fn begin(&mut self, request: &Request) -> Result<Report, Stopped> {
        let report = Report::new(request.grid.clone(), request.measures.clone(), request.from);
        self.write(report.heads())?;
        Ok(report)
    }

    fn add(&mut self, report: &mut Report, cell: u64, runs: Vec<Vec<Figure>>) -> Result<(), Stopped> {
        self.write(report.cell(cell, runs))
    }

    fn keep(mut self, report: Report, request: &Request, arguments: &Arguments) -> Result<(), Stopped> {
        let picture = picture::svg(&report);
        match &picture {
            Some(picture) => self.files.write(PICTURE, picture).map_err(unwritten(&self.folder))?,
            None => self.files.leave_out(PICTURE),
        }
        self.files.keep(request.told()).map_err(unwritten(&self.folder))?;
        if arguments.quiet {
            return Ok(());
        }
        match arguments.output {
            Output::Json => print_json(&format!("{:#}\n", report.json())),
            Output::Csv => print(&self.summary.unwrap_or_default()),
            Output::Table => {
                let names = [Some(RUNS), Some(SUMMARY), picture.map(|_| PICTURE)];
                let places: Vec<String> = names
                    .into_iter()
                    .flatten()
                    .map(|name| self.folder.join(name).display().to_string())
                    .collect();
                print(&format!(
                    "{}\n{}, {} each\n{}\n",
                    report.table(),
                    count(request.grid.cells(), "cell"),
                    count(request.seeds, "seed"),
                    places.join(", ")
                ));
            }
        }
        Ok(())
    }
}
