//! `kubelapse new`: a commented scenario to start from, or a lesson out of what kubectl printed.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::source::leads_out;
use super::{Exit, beside, print, report, talk};
use crate::draft::{self, Draft, Manifest, Refusal};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubelapse new web                        web.toml: one pod that starts and stays
  kubelapse new web --from web.yaml        web.toml: what a manifest brings
  kubelapse new web --from web.yaml --out pods/
  kubelapse new web --out - | less
  kubelapse new night --from incident.yaml  night.toml: a lesson out of what kubectl printed of pods that are not well
  kubectl get pods,events -o yaml | kubelapse new night --from -

The manifest may hold Pods, a v1 List, or workloads with a pod template (Deployment, ReplicaSet, \
ReplicationController, StatefulSet, DaemonSet, Job, CronJob), and what stands beside them. The scenario \
refers to it, or to a copy beside it where it lies elsewhere. Its expectations were seen in runs of it, \
so that `kubelapse test` passes right away.

What kubectl get -o yaml or -o json printed of pods with which something is wrong becomes a lesson: a story \
from states and events, questions, a clue; its objects go into a manifest beside it, and programs do what the \
containers were seen doing. `kubelapse learn --from NAME.toml` holds it.")]
pub struct Arguments {
    /// The scenario's name; the file is called NAME.toml
    name: String,
    /// A manifest (YAML or JSON) whose pods it is about, or what kubectl printed of an incident (- reads standard input)
    #[arg(long, value_name = "MANIFEST")]
    from: Option<PathBuf>,
    /// The file or the folder to write to, instead of this folder; - prints it
    #[arg(long, short, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Writes over a file that is there
    #[arg(long)]
    force: bool,
}

pub fn new(arguments: &Arguments) -> Exit {
    match write(arguments) {
        Ok(()) => Exit::Ran,
        Err(Refusal::Words(problem)) => {
            talk(&format!("error: {problem}\n"));
            Exit::WrongRequest
        }
        Err(Refusal::Problems(problems)) => {
            report(&problems);
            Exit::WrongRequest
        }
    }
}

fn write(arguments: &Arguments) -> Result<(), Refusal> {
    let name = name(&arguments.name).map_err(Refusal::Words)?;
    let place = place(name, arguments.out.as_deref());
    if let Some(file) = place.as_deref().filter(|file| file.exists() && !arguments.force) {
        return Err(Refusal::Words(format!(
            "{} is there already; --force writes over it, --out PATH writes elsewhere",
            file.display()
        )));
    }
    let (mut draft, mut beside_it) = (Draft { text: draft::blank(name), ..Draft::default() }, None);
    if let Some(from) = &arguments.from {
        (draft, beside_it) = drafted(name, from, place.as_deref())?;
    }
    if draft.warnings.warnings() > 0 {
        report(&draft.warnings);
    }
    match place {
        None => print(&draft.text),
        Some(file) => {
            let write = if arguments.force { beside::replace } else { beside::write_new };
            if let Some((copy, text)) = &beside_it {
                if !beside::is_there(copy, text) {
                    write(copy, text).map_err(|e| words(copy, &e))?;
                }
                talk(&match draft.is_lesson {
                    true => format!("{} is written: the objects that it plays\n", copy.display()),
                    false => format!(
                        "{} is a copy of the manifest: a scenario's manifests lie in its folder or below\n",
                        copy.display()
                    ),
                });
            }
            write(&file, &draft.text).map_err(|e| words(&file, &e))?;
            let file = file.display();
            let learn = [("learn --from", "hold it as a lesson")];
            let learn = if draft.is_lesson { &learn[..] } else { &[] };
            let next = [("test", "its expectations"), ("step", "walk through it")];
            let check = [("check", "after each change: all problems at once")];
            let all = || next.iter().chain(learn).chain(&check);
            let wide =
                all().map(|(words, _)| words.len()).max().unwrap_or(0) + file.to_string().chars().count() + 1;
            let lines = all()
                .map(|(words, does)| format!("  kubelapse {:<wide$}  {does}\n", format!("{words} {file}")));
            talk(&format!("{file} is written. Next:\n{}", lines.collect::<String>()));
        }
    }
    for note in &draft.notes {
        talk(&format!("note: {note}\n"));
    }
    Ok(())
}

fn words(path: &Path, problem: &io::Error) -> Refusal {
    Refusal::Words(format!("{}: {problem}", path.display()))
}

/// The name, without the ending that a person may have given it.
fn name(given: &str) -> Result<&str, String> {
    let name = given.strip_suffix(".toml").unwrap_or(given);
    if given.contains(['/', '\\']) {
        return Err(format!(
            "`{given}` is a path: the name goes without folders, --out PATH says where to write"
        ));
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(fits) {
        return Err(format!(
            "`{given}` is no name for a scenario: letters, digits, `-`, `_` and `.` are, and a letter or a digit first"
        ));
    }
    Ok(name)
}

/// The file to write; None: stdout.
fn place(name: &str, out: Option<&Path>) -> Option<PathBuf> {
    let file = format!("{name}.toml");
    let Some(out) = out else { return Some(PathBuf::from(file)) };
    let folder = out.is_dir() || out.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    match out {
        out if out == Path::new("-") => None,
        out if folder => Some(out.join(file)),
        out => Some(out.to_owned()),
    }
}

/// The draft, and what is to lie beside it: a copy of a manifest that lies neither in the scenario's folder nor below.
type Drafted = (Draft, Option<(PathBuf, String)>);

fn drafted(name: &str, from: &Path, place: Option<&Path>) -> Result<Drafted, Refusal> {
    let text = match from == Path::new("-") {
        true => super::explain::read("-").map_err(|e| words(from, &e))?,
        false => fs::read_to_string(from).map_err(|e| words(from, &e))?,
    };
    if draft::incident::is_one(&text) {
        return lesson(name, from, place, &text);
    }
    if from == Path::new("-") {
        return Err(Refusal::Words(
            "the scenario will refer to its manifest: save that as a file first, then --from FILE".to_owned(),
        ));
    }
    let folder = place.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let mut path = relative(from, folder.unwrap_or(Path::new("."))).map_err(|e| words(from, &e))?;
    let mut copy = None;
    if leads_out(&path)
        && place.is_some()
        && let Some(file) = from.file_name()
    {
        path = file.to_string_lossy().into_owned();
        copy = Some((folder.unwrap_or(Path::new("")).join(file), text.clone()));
    }
    Ok((draft::from_manifest(name, Manifest { path: &path, text: &text })?, copy))
}

/// A lesson out of what kubectl printed; its objects go beside it.
fn lesson(name: &str, from: &Path, place: Option<&Path>, text: &str) -> Result<Drafted, Refusal> {
    let Some(place) = place else {
        return Err(Refusal::Words(
            "a lesson out of an incident comes with a manifest of its own: --out names a file or a folder"
                .to_owned(),
        ));
    };
    let called = match from.file_name() {
        Some(file) if from != Path::new("-") => file.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    };
    let path = format!("{name}-objects.yaml");
    let made = draft::incident::lesson(name, &called, &path, text)?;
    Ok((made.draft, Some((place.with_file_name(&path), made.manifest))))
}

/// A file's path as seen from a folder, which need not be there yet.
fn relative(file: &Path, folder: &Path) -> io::Result<String> {
    let file = fs::canonicalize(file)?;
    let folder = std::path::absolute(folder)?;
    let mut there = folder.as_path();
    while !there.exists() {
        there = there.parent().unwrap_or(Path::new("/"));
    }
    let below = folder.strip_prefix(there).unwrap_or(Path::new(""));
    let folder = fs::canonicalize(there)?.join(below);
    let (file, folder): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (file.components().collect(), folder.components().collect());
    let shared = file.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = folder[shared..].iter().map(|_| "..".to_owned());
    let down = file[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    if shared == 0 {
        // Another drive: there is no way from here.
        return Ok(file.iter().collect::<PathBuf>().display().to_string());
    }
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}
