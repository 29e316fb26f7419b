//! The command line: the only door that opens files, reads the environment or prints.

mod explain;
mod line;
mod list;
mod run;
mod source;
mod step;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// What a command comes to: 0 ran, 1 ran and an expectation failed, 2 the request was wrong, 3 our own fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    Ran = 0,
    ExpectationFailed = 1,
    WrongRequest = 2,
    OurFault = 3,
}

#[derive(Parser)]
#[command(
    name = "kubelapse",
    version,
    about = "What will my pod do, and when? A deterministic simulator of the kubelet and what stands around it.",
    after_help = "Examples:
  kubelapse run crash-loop                      a built-in scenario, into output/crash-loop/
  kubelapse run web.toml --seed 7 --out result  a file, another seed, another folder
  kubelapse run crash-loop --set kubernetes=1.32
  kubelapse step crash-loop                     walk through it: forwards, backwards, and asking why
  kubelapse check scenarios/                    all problems at once, nothing is run
  kubelapse list                                the scenarios that are built in

Exit codes: 0 ran, 1 an expectation failed, 2 the request was wrong, 3 our own fault."
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
    /// Checks scenario files without running them
    Check {
        /// Names of built-in scenarios, files, or folders of them
        #[arg(required = true)]
        scenarios: Vec<String>,
        /// Overrides as in `run`
        #[arg(long = "set", value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
    /// Explains pods that a cluster printed: `kubectl get pod web -o yaml | kubelapse explain -`
    Explain(explain::Arguments),
    /// Lists the scenarios that are built in
    List,
    /// Prints the JSON schema of the scenario format, for editors
    Schema,
    /// Prints completions for a shell
    Completions { shell: clap_complete::Shell },
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(problem) => {
            let _ = problem.print();
            return ExitCode::from(if problem.use_stderr() { Exit::WrongRequest as u8 } else { 0 });
        }
    };
    let exit = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Step(arguments) => step::step(&arguments),
        Command::Check { scenarios, set } => run::check(&scenarios, &set),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::List => list::list(),
        Command::Schema => list::schema(),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "kubelapse", &mut std::io::stdout());
            Exit::Ran
        }
    };
    ExitCode::from(exit as u8)
}

/// Writes to stdout; a reader that has gone away is not an error.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Talk goes to stderr.
fn talk(text: &str) {
    use std::io::Write as _;
    let _ = anstream::stderr().write_all(text.as_bytes());
}
