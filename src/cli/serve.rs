//! `kubelapse serve`: opens a simulated cluster to kubectl and others, until Ctrl-C.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::source::{self, Beside, Source};
use super::{Exit, beside, check, disk, memory, print, report, talk};
use crate::scenario::assumed::RUNS;
use crate::scenario::{Code, Diagnostic, Diagnostics};
use crate::serve::clock::{self, Pace};
use crate::serve::steady::Steady;
use crate::serve::{http, kubeconfig};
use crate::session::{Files, Script, Walk};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse serve crash-loop                   then, elsewhere: export KUBECONFIG=…; kubectl get pods -A
  kubelapse serve web.yaml --speed 10          ten times as fast as on the wall
  kubelapse serve web.toml --speed paused      stands until `kubectl lapse step`, `goto 90s` or `resume`
  kubelapse serve web.toml --speed max --lockstep   for tests of a controller: the cluster waits for it

The clock is set by `kubectl lapse` (--plugin prints that script) and by /kubelapse/v1, which /kubelapse/v1/openapi describes.
The server listens on 127.0.0.1 alone. Ctrl-C ends it.")]
pub struct Arguments {
    /// Name of a built-in scenario, or a file; or manifests: files, a folder of them
    #[arg(required_unless_present = "plugin")]
    scenario: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    /// Seed of all chance, instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// The clock stands there; without it, a scenario's own end does not count
    #[arg(long, value_name = "DURATION")]
    until: Option<String>,
    /// How fast simulated time goes: paused, a number (1: as on the wall), or max
    #[arg(long, value_name = "SPEED", default_value = "1", value_parser = Pace::parse)]
    speed: Pace,
    /// Simulated time stands while a client has something to do: a request under way, or something just told to its watch
    #[arg(long)]
    lockstep: bool,
    /// Where to listen, on 127.0.0.1; the next port that is free, if it is taken; 0: any
    #[arg(long, default_value_t = 8473)]
    port: u16,
    /// Where the kubeconfig is written, instead of a file in the folder for temporary files
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Prints `kubectl-lapse`, a plugin of kubectl, and does nothing else
    #[arg(long)]
    plugin: bool,
}

/// The clock goes on for as long as anybody may look.
const FOR_EVER: &str = "87600h";

pub fn serve(arguments: &Arguments) -> Exit {
    if arguments.plugin {
        print(kubeconfig::PLUGIN);
        return Exit::Ran;
    }
    let refuse = |problem: &str| {
        talk(&format!("error: {problem}\n"));
        Exit::WrongRequest
    };
    let words = &arguments.scenario;
    if words.iter().any(|word| word == "-") {
        return refuse("`serve` goes on for long: save the manifests as a file, and name that");
    }
    let (mut list, is_wrong) = check::all(words, &arguments.beside);
    if is_wrong {
        return Exit::WrongRequest;
    }
    if list.len() != 1 {
        return refuse(&format!("`{}` holds {} scenarios: serve one", words.join(" "), list.len()));
    }
    let source = with_programs(&list.remove(0));
    // Where the fastest clock ends: where the scenario does.
    let own = arguments.beside.overrides(arguments.until.as_ref());
    let own_end = Script::load(&source.label, &source.text, &|path| source.manifest(path), &own);
    let for_ever = FOR_EVER.to_owned();
    let until = arguments.until.as_ref().unwrap_or(&for_ever);
    let walk = match opened(&source, &arguments.beside.overrides(Some(until)), arguments.seed) {
        Ok(walk) => walk,
        Err(problems) => {
            report(&problems);
            return Exit::WrongRequest;
        }
    };
    let end = own_end.map_or(walk.plan().until, |(_, own)| own.plan.until);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => return refuse(&problem.to_string()),
    };
    runtime.block_on(async {
        let listener = match http::listen(arguments.port).await {
            Ok(listener) => listener,
            Err(problem) => return refuse(&format!("127.0.0.1:{}: {problem}", arguments.port)),
        };
        let port = listener.local_addr().map_or(arguments.port, |own| own.port());
        let config = arguments
            .kubeconfig
            .clone()
            .unwrap_or_else(|| std::env::temp_dir().join(format!("kubelapse-{port}.kubeconfig")));
        // Whoever types what is printed may stand elsewhere.
        let config = std::path::absolute(&config).unwrap_or(config);
        let gates = walk.world().gates;
        let name = walk.plan().name.to_string();
        let (desk, thread) = match clock::begin(walk, arguments.speed, end, Steady::new(arguments.lockstep)) {
            Ok(begun) => begun,
            Err(problem) => return refuse(&problem.to_string()),
        };
        if let Err(problem) = write(&config, &kubeconfig::text(port), arguments.kubeconfig.is_some()) {
            desk.stop();
            return refuse(&format!("{}: {problem}", config.display()));
        }
        print(&format!(
            "{name} of Kubernetes {} at http://127.0.0.1:{port}\n\n  export KUBECONFIG={}\n  kubectl get pods -A\n\n{}\
             The clock: {}. Ctrl-C ends it.\n",
            gates.version.as_str(),
            config.display(),
            if cfg!(feature = "html") { "The page is at the same address.\n" } else { "" },
            paced(arguments.speed)
        ));
        let (over, ends) = tokio::sync::watch::channel(false);
        let serving = tokio::spawn(http::serve(listener, desk.clone(), gates, ends));
        interrupted().await;
        // While the port is still ours, so that it is not the next server's.
        if arguments.kubeconfig.is_none() {
            let _ = disk::remove(&config);
        }
        let _ = over.send(true);
        let _ = serving.await;
        desk.stop();
        let _ = thread.join();
        Exit::Ran
    })
}

/// What is said of programs beside the manifests: a Job that a client makes ends well after a while, as one of a manifest does.
fn with_programs(source: &Source) -> Source {
    let mut source = source.clone();
    if source.around.is_some() {
        for kind in ["job", "cronjob"] {
            source.text +=
                &format!("\n[[program]]\nworkload = \"{kind}/*\"\nattempts = [{{ runs = \"{RUNS}\" }}]\n");
        }
    }
    source
}

/// Clients will make what a program is about that nothing in the scenario is.
fn without_programs(mut warnings: Diagnostics) -> Diagnostics {
    let titles = ["no container uses an image", "no container uses the image", "no [[apply]] has a"];
    let is_of_program = |item: &Diagnostic| {
        item.code == Code::NoEffect && titles.iter().any(|title| item.title.starts_with(title))
    };
    warnings.items.retain(|item| !is_of_program(item));
    warnings
}

/// A scenario at the start of its run. Whoever reaches the server may have manifests applied: of those beside the scenario, and of no
/// other file that this user can read.
fn opened(source: &Source, overrides: &[String], seed: Option<u64>) -> Result<Walk, Diagnostics> {
    let (mut script, loaded) =
        Script::load(&source.label, &source.text, &|path| source.manifest(path), overrides)?;
    memory::room_for(source, &loaded.plan)?;
    source::tell(source, &without_programs(loaded.warnings.clone()));
    talk(&loaded.plan.left_out.no_effect_words());
    let beside = source.clone();
    script.files = Files::new(move |path| match source::leads_out(path) {
        true => Err("it lies outside of the folder in which the server was started".to_owned()),
        false => beside.manifest(path),
    });
    let plan = Arc::new(loaded.plan);
    Ok(Walk::new(script, &plan, seed.unwrap_or(plan.seed)))
}

fn paced(speed: Pace) -> String {
    match speed {
        Pace::Paused => "it stands; `kubectl lapse step` or `resume` lets it go on".to_owned(),
        Pace::Max => "as fast as it can be played, to the scenario's end".to_owned(),
        Pace::Times(times) => format!("{times} times as fast as on the wall"),
    }
}

/// Whether a file that an earlier server wrote is there; None: nothing is.
fn is_ours(place: &Path) -> Option<bool> {
    match fs::symlink_metadata(place) {
        Err(problem) if problem.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(false),
        Ok(about) => {
            Some(about.is_file() && fs::read_to_string(place).is_ok_and(|text| kubeconfig::is_own(&text)))
        }
    }
}

/// A file of our own, whole or not at all, in the place of what lay there, be it a link to elsewhere; where somebody has named it, only if
/// that is ours, and what comes there meanwhile stays as well.
fn write(place: &Path, text: &str, is_named: bool) -> std::io::Result<()> {
    let taken = || {
        let words = "there already, and not written by `serve`: name another file";
        Error::new(ErrorKind::AlreadyExists, words)
    };
    match is_ours(place) {
        Some(true) => beside::replace(place, text),
        _ if !is_named => beside::replace(place, text),
        Some(false) => Err(taken()),
        None => beside::write_new(place, text).map_err(|problem| match problem.kind() {
            ErrorKind::AlreadyExists => taken(),
            _ => problem,
        }),
    }
}

/// Ctrl-C, or SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut ended) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = ended.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
