//! The command line: the only door that opens files, reads the environment or prints.

mod alerts;
mod audit;
mod beside;
mod calibrate;
mod causes;
mod check;
mod columns;
mod compare;
mod converse;
mod disk;
mod drill;
mod explain;
mod fault;
mod fit;
mod hands;
mod interrupt;
mod kept;
mod learn;
mod list;
mod manifest;
mod memory;
mod new;
mod predict;
mod results;
mod rollouts;
mod run;
mod screen;
#[cfg(feature = "serve")]
mod serve;
mod source;
mod step;
mod summary;
mod sweep;
mod test;
mod typing;
mod upgrade;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::rules::kubectl::terminal::{escaped, escaped_json};
use crate::rules::versions::Version;
use crate::scenario::Diagnostics;

/// What a command comes to: 0 ran, 1 ran and an expectation failed, 2 the request was wrong (or could not be carried
/// out), 3 our own fault, 130 interrupted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// Ran; compared and the same.
    Ran = 0,
    /// Ran, and an expectation failed; compared, and they differ.
    ExpectationFailed = 1,
    /// The request was wrong, or could not be carried out.
    WrongRequest = 2,
    /// A fault of the program itself.
    OurFault = 3,
    /// Somebody wanted it to stop.
    Interrupted = 130,
}

#[derive(Parser)]
#[command(
    name = "kubelapse",
    version,
    long_version = long_version(),
    about = "What will my pod do, and when? A deterministic simulator of the kubelet and what stands around it.",
    after_help = "Examples:
  kubelapse run crash-loop                      a built-in scenario, into output/crash-loop/
  kubelapse run web.toml --seed 7 --out result  a file, another seed, another folder
  kubelapse run web.yaml                        manifests are enough: a file, a folder of them,
  helm template shop | kubelapse run -          or what another program prints
  kubelapse run crash-loop --set kubernetes=1.32
  kubelapse step crash-loop                     walk through it: forwards, backwards, and asking why
  kubelapse learn                               the lessons, one after the other
  kubelapse drill --level 2                     a broken cluster: find out what it is, and mend it
  kubelapse new web --from web.yaml             web.toml, a scenario to start from
  kubelapse test web.toml                       the expectations of a file; without a name, of all built-in scenarios
  kubelapse audit web.yaml --assume boots=20s   what its numbers promise
  kubelapse sweep web.toml --vary seed=1..9     how it depends on what is varied
  kubelapse serve web.yaml                      a simulated cluster, for kubectl and others
  kubelapse alerts rules.yaml web.yaml          when do my alerts fire?
  kubelapse check scenarios/                    all problems at once, nothing is run
  kubelapse compare web.toml --versions 1.32,1.37   what an upgrade of Kubernetes changes
  kubelapse fit pods.json events.json           what is my cluster like?
  kubelapse list                                the scenarios that are built in

Exit codes: 0 ran, 1 an expectation failed, 2 the request was wrong, 3 our own fault, 130 interrupted."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays scenarios and writes their timelines
    Run(run::Arguments),
    /// Steps through a scenario: forwards, backwards, and asking why
    Step(step::Arguments),
    /// Opens a simulated cluster to kubectl and others, on 127.0.0.1
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    /// Teaches: the built-in lessons one after the other, with questions, hints and a score
    Learn(learn::Arguments),
    /// Trains: a broken cluster without a story, to be mended with kubectl's commands against the clock
    Drill(drill::Arguments),
    /// Writes a commented scenario to start from, also from a manifest
    New(new::Arguments),
    /// Holds scenarios against their expectations
    Test(test::Arguments),
    /// Asks what manifests promise: start, stop, rollouts, drains, failures, found by playing
    Audit(audit::Arguments),
    /// Would these alerts fire? Evaluates rules of Prometheus over the series of runs, by the real promtool
    Alerts(alerts::Arguments),
    /// Plays a scenario with some keys varied, under many seeds: how does it depend on them?
    Sweep(sweep::Arguments),
    /// Checks scenario files without running them
    Check {
        /// Names of built-in scenarios, files, or folders of them, or manifests
        #[arg(required = true)]
        scenarios: Vec<String>,
        #[command(flatten)]
        beside: source::Beside,
    },
    /// Holds two timelines against each other, or a timeline against what kubectl printed
    Compare(compare::Arguments),
    /// Explains pods that a cluster printed: `kubectl get pod web -o yaml | kubelapse explain -`
    Explain(explain::Arguments),
    /// What comes next for what a cluster prints now: `kubectl get pod web -o yaml | kubelapse predict -`
    Predict(predict::Arguments),
    /// What is my cluster like? From what it showed over time to a scenario's numbers
    Fit(fit::Arguments),
    /// Lists the scenarios that are built in
    List,
    /// Prints the JSON schema of the scenario format, for editors
    Schema,
    /// Prints completions for a shell
    Completions { shell: clap_complete::Shell },
}

/// Runs the program.
pub fn main() -> ExitCode {
    let parsed = grouped().try_get_matches().and_then(|found| Arguments::from_arg_matches(&found));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(problem) => {
            told(&problem);
            return ExitCode::from(if problem.use_stderr() { Exit::WrongRequest as u8 } else { 0 });
        }
    };
    fault::listen();
    let exit = fault::catch(|| dispatch(arguments.command)).unwrap_or_else(|said| {
        talk(&fault::words(&said));
        Exit::OurFault
    });
    if UNWRITTEN.load(Ordering::Relaxed) {
        return ExitCode::from(exit.max(Exit::WrongRequest) as u8);
    }
    ExitCode::from(exit as u8)
}

/// What the reader of arguments says, in colours where there are some. It repeats what it was given: where a terminal would obey that,
/// it is shown instead, and plain.
fn told(problem: &clap::Error) {
    let is_harmless = |word: std::ffi::OsString| {
        let word = word.to_string_lossy().into_owned();
        escaped(&word) == word
    };
    if std::env::args_os().all(is_harmless) {
        let _ = problem.print();
    } else if problem.use_stderr() {
        talk(&problem.render().to_string());
    } else {
        print(&problem.render().to_string());
    }
}

fn dispatch(command: Command) -> Exit {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Step(arguments) => step::step(&arguments),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::serve(&arguments),
        Command::Learn(arguments) => learn::learn(&arguments),
        Command::Drill(arguments) => drill::drill(&arguments),
        Command::New(arguments) => new::new(&arguments),
        Command::Test(arguments) => test::test(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Alerts(arguments) => alerts::alerts(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Check { scenarios, beside } => check::check(&scenarios, &beside),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Fit(arguments) => fit::fit(&arguments),
        Command::List => list::list(),
        Command::Schema => list::schema(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "kubelapse", &mut script);
            print(&String::from_utf8_lossy(&script));
            Exit::Ran
        }
    }
}

/// The commands by what one wants of them, in the order in which help lists them.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Play", &["run", "step", "test", "check", "new"]),
    ("Ask", &["audit", "sweep", "alerts", "compare", "explain", "predict", "fit"]),
    ("Open", OPEN),
    ("Learn", &["learn", "drill", "list"]),
];

/// What opens a run to other programs.
#[cfg(feature = "serve")]
const OPEN: &[&str] = &["serve", "schema", "completions"];
#[cfg(not(feature = "serve"))]
const OPEN: &[&str] = &["schema", "completions"];

/// The program's arguments, with its commands in groups.
fn grouped() -> clap::Command {
    let command = Arguments::command();
    let width = GROUPS.iter().flat_map(|(_, names)| names.iter()).map(|name| name.len()).max().unwrap_or(0);
    let mut list = String::new();
    for (group, names) in GROUPS {
        list.push_str(&format!(" {group}\n"));
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map_or(String::new(), ToString::to_string);
            list.push_str(&format!("  {name:<width$}  {about}\n"));
        }
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\nCommands:\n{list}\nOptions:\n{{options}}{{after-help}}"
    );
    command.help_template(template)
}

/// Something could not be written to stdout.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// What `--version` says; `-V` says its first line alone.
fn long_version() -> String {
    let (range, default) = (Version::range(), Version::DEFAULT.as_str());
    format!("{}\nKubernetes {range}, and {default} where nothing says which", env!("CARGO_PKG_VERSION"))
}

/// The help of `--kubernetes`.
fn kubernetes_help() -> String {
    format!("Kubernetes version whose habits count: {}", Version::range())
}

/// Writes to stdout.
fn print(text: &str) {
    let _ = say(text);
}

/// Writes JSON to stdout.
fn print_json(json: &str) {
    let _ = write_out(&escaped_json(json));
}

/// Writes to stdout; a reader that has gone away is not an error. Whether somebody reads on. Whatever texts of strangers
/// stand in it, a terminal obeys none of them.
fn say(text: &str) -> bool {
    write_out(&escaped(text))
}

fn write_out(text: &str) -> bool {
    use std::io::{ErrorKind, Write as _};
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(problem) = &written
        && problem.kind() != ErrorKind::BrokenPipe
        && !UNWRITTEN.swap(true, Ordering::Relaxed)
    {
        talk(&format!("error: standard output: {problem}\n"));
    }
    written.is_ok()
}

/// A bar for a person who waits; where nobody does it is hidden.
fn progress(length: u64, what: &str) -> indicatif::ProgressBar {
    use std::io::IsTerminal as _;
    if !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(length);
    if let Ok(style) =
        indicatif::ProgressStyle::with_template(&format!("{{wide_bar}} {{pos}}/{{len}} {what}"))
    {
        bar.set_style(style);
    }
    bar
}

/// Talk goes to stderr, and what stands in it of strangers is shown, never obeyed.
fn talk(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(escaped(&without_its_number(text)).as_bytes());
}

/// What the system says of a failure, without its number: ` (os error 2)` is told to nobody.
fn without_its_number(text: &str) -> String {
    const BEGINS: &str = " (os error ";
    let mut parts = text.split(BEGINS);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.parse::<i32>().is_ok() => plain.push_str(rest),
            _ => plain.extend([BEGINS, part]),
        }
    }
    plain
}

/// Problems of a file, in colours where there are some: what they quote they have cleaned themselves.
fn report(problems: &Diagnostics) {
    use std::io::Write as _;
    let _ = anstream::stderr().write_all(problems.render(true).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_told_without_its_number() {
        for (said, told) in [
            ("a: No such file or directory (os error 2)\n", "a: No such file or directory\n"),
            ("x (os error 13) and y (os error 2)", "x and y"),
            ("an (os error of ours)", "an (os error of ours)"),
            ("", ""),
        ] {
            assert_eq!(without_its_number(said), told);
        }
    }

    #[test]
    fn every_command_stands_in_one_group() {
        let command = Arguments::command();
        let mut there: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        there.sort_unstable();
        listed.sort_unstable();
        assert_eq!(there, listed);
    }
}
