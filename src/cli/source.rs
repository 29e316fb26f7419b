//! Scenarios by their names: built-in ones, files, folders of files; and manifests in the place of a scenario.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{manifest, memory, report, talk};
use crate::rules::versions::Version;
use crate::scenario::assumed::{self, Given};
use crate::scenario::builtin::{self, Builtin};
use crate::scenario::{self, Plan};

/// So many bytes of manifests are read; no cluster takes more at once.
const MOST_BYTES: u64 = 64 << 20;
/// So many manifests of a folder.
const MOST_FILES: usize = 10_000;
/// How kubectl calls what it reads from standard input.
const STDIN: &str = "STDIN";

/// What is said beside the words that name scenarios, or manifests that come without one.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Beside {
    /// Of manifests: how many nodes there are, instead of three
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    nodes: Option<u32>,
    /// Of manifests: plays the pod templates of a kind that nobody plays (Rollout, RayCluster), as pods without a controller
    #[arg(long, value_name = "KIND")]
    template_of: Vec<String>,
    #[arg(long, value_name = "VERSION", help = super::kubernetes_help())]
    kubernetes: Option<String>,
    /// Of scenarios: a folder that their manifests may lie in or below, beside the scenario's own
    #[arg(long, value_name = "DIR")]
    manifests: Vec<PathBuf>,
    /// Overrides one value of the scenario: pod.web.spec.restartPolicy=Never
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Whether problems only are talked about, and not what was assumed.
    #[arg(skip)]
    quiet: bool,
    /// Whether the command has options of its own instead of these: what is assumed is told without them.
    #[arg(skip)]
    is_of_another: bool,
}

impl Beside {
    /// Nothing, of a command that takes none of these options.
    pub fn of_another() -> Beside {
        Beside { is_of_another: true, ..Beside::default() }
    }

    /// The same, talking about problems only.
    pub fn quietly(&self, quiet: bool) -> Beside {
        Beside { quiet, ..self.clone() }
    }

    /// The same words again.
    fn flags(&self) -> String {
        let nodes = self.nodes.iter().map(|count| format!(" --nodes {count}"));
        let kinds = self.template_of.iter().map(|kind| format!(" --template-of {kind}"));
        let version = self.kubernetes.iter().map(|version| format!(" --kubernetes {version}"));
        nodes.chain(kinds).chain(version).collect()
    }

    /// Values of the scenario that the command line says otherwise: `--set` and what is short for it.
    pub fn overrides(&self, until: Option<&String>) -> Vec<String> {
        let mut overrides = self.set.clone();
        overrides.extend(self.kubernetes.iter().map(|version| format!("kubernetes={version}")));
        if let Some(until) = until {
            // Who says when a run ends means that instant, whatever happens until then.
            overrides.extend([format!("until={until}"), "untilSettled=false".to_owned()]);
        }
        overrides
    }
}

/// A scenario's text and where its manifests are.
#[derive(Clone)]
pub struct Source {
    pub label: String,
    pub text: String,
    pub folder: Option<PathBuf>,
    /// Other folders that its manifests may lie in.
    pub allowed: Vec<PathBuf>,
    /// What it was made around, where manifests came without one.
    pub around: Option<Arc<Around>>,
}

/// Manifests that a scenario was made around.
pub struct Around {
    /// As they were named on the command line.
    pub words: Vec<String>,
    /// What was said beside them, each with a blank before it.
    pub flags: String,
    /// What of that no other scenario could be made with.
    pub has_templates_of: bool,
    /// By their paths as the scenario writes them.
    files: BTreeMap<String, String>,
    /// What could not be read.
    unread: Vec<String>,
    /// What was assumed.
    told: Vec<String>,
}

impl Source {
    pub fn of(shipped: &Builtin) -> Source {
        Source {
            label: format!("{}.toml", shipped.name),
            text: shipped.text.to_owned(),
            folder: None,
            allowed: Vec::new(),
            around: None,
        }
    }

    /// The same, once it was told what was assumed.
    pub fn told_already(&self) -> Source {
        let around = self.around.as_ref().map(|own| {
            let (words, flags, files) = (own.words.clone(), own.flags.clone(), own.files.clone());
            let has_templates_of = own.has_templates_of;
            Arc::new(Around { words, flags, has_templates_of, files, unread: Vec::new(), told: Vec::new() })
        });
        Source { around, ..self.clone() }
    }

    /// The text of a manifest beside the scenario.
    pub fn manifest(&self, path: &str) -> Result<String, String> {
        if let Some(around) = &self.around {
            // Somebody may apply further files meanwhile.
            return around
                .files
                .get(path)
                .map_or_else(|| text_of(Path::new(path), path), |text| Ok(text.clone()));
        }
        match &self.folder {
            Some(folder) => text_of(&self.inside(folder, path)?, path),
            None => builtin::manifest(path),
        }
    }

    /// The text of a manifest that a person names, wherever it lies.
    pub fn named(&self, path: &str) -> Result<String, String> {
        match &self.folder {
            Some(folder) if self.around.is_none() => text_of(&folder.join(path), path),
            _ => self.manifest(path),
        }
    }

    /// Where a manifest lies: in the scenario's folder, or in one that the command line allows. Whoever runs a scenario of
    /// somebody else does not have it read what lies elsewhere.
    fn inside(&self, folder: &Path, path: &str) -> Result<PathBuf, String> {
        let outside = || {
            "it lies outside of the scenario's folder: `--manifests DIR` allows a folder and what is below it"
                .to_owned()
        };
        let leads_out = leads_out(path);
        if leads_out && self.allowed.is_empty() {
            return Err(outside());
        }
        let real = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            fs::canonicalize(path)
        };
        let file = real(&folder.join(path)).map_err(|e| if leads_out { outside() } else { e.to_string() })?;
        let mut roots = self.allowed.iter().map(PathBuf::as_path).chain([folder]);
        let is_inside = roots.any(|root| real(root).is_ok_and(|root| file.starts_with(root)));
        if is_inside { Ok(file) } else { Err(outside()) }
    }
}

/// The text of a file in a folder or below, as a scenario there may name it.
///
/// # Errors
/// It cannot be read, or lies elsewhere.
pub fn text_inside(folder: &Path, path: &str) -> Result<String, String> {
    scenario_at(&folder.join(path), String::new()).inside(folder, path).and_then(|file| text_of(&file, path))
}

/// Whether a path leads out of the folder that it starts from, as it is written.
pub fn leads_out(path: &str) -> bool {
    let mut depth = 0;
    Path::new(path).components().any(|part| {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => depth = -1,
        }
        depth < 0
    })
}

/// A manifest's text; of a folder, that of all manifests in it, as `kubectl apply -f` takes them.
fn text_of(file: &Path, path: &str) -> Result<String, String> {
    if !file.is_dir() {
        return read(file).map_err(|problem| problem.to_string());
    }
    let (texts, unread) = manifests_in(file, path)?;
    if let Some(problem) = unread.into_iter().next() {
        return Err(problem);
    }
    Ok(scenario::folder(texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))))
}

/// Manifests with their paths, and what is to be told of those that could not be read.
type Texts = (Vec<(String, String)>, Vec<String>);

/// The manifests right in a folder, with their paths: those that `kubectl apply -f` takes.
fn manifests_in(folder: &Path, path: &str) -> Result<Texts, String> {
    let mut files = Vec::new();
    // A result that was written there is none.
    let of_result = manifest::files_in(folder);
    for entry in fs::read_dir(folder).map_err(|e| e.to_string())? {
        let name = entry.map_err(|e| e.to_string())?.file_name().to_string_lossy().into_owned();
        if is_manifest_name(&name) && !of_result.contains_key(&name) && !folder.join(&name).is_dir() {
            files.push(name);
        }
    }
    if files.len() > MOST_FILES {
        return Err(format!("{path}: {} manifests; no more than {MOST_FILES} are read", files.len()));
    }
    files.sort();
    let (mut texts, mut unread) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for name in files {
        let place = format!("{}/{name}", path.trim_end_matches('/'));
        let text = match read(&folder.join(&name)) {
            Ok(text) => text,
            Err(problem) if problem.kind() == io::ErrorKind::FileTooLarge => {
                return Err(format!("{place}: {problem}"));
            }
            Err(problem) => {
                unread.push(format!("{place}: {problem}"));
                continue;
            }
        };
        bytes += text.len() as u64;
        if bytes > MOST_BYTES {
            return Err(format!("{path}: {}", too_much()));
        }
        texts.push((place, text));
    }
    Ok((texts, unread))
}

fn is_manifest_name(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end))
}

fn too_much() -> String {
    format!("more than {} MiB of manifests; that is more than is read", MOST_BYTES >> 20)
}

/// A text, as far as it is one and not too long.
fn read(file: &Path) -> io::Result<String> {
    text_from(fs::File::open(file)?)
}

fn text_from(from: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_much()));
    }
    String::from_utf8(bytes).map_err(|wrong| {
        let good = wrong.utf8_error().valid_up_to();
        let line = wrong.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("line {line}: this is no text (a byte that is not UTF-8)"),
        )
    })
}

/// What a word of the command line names.
enum Named {
    Scenarios(Vec<Source>),
    /// With the name that a folder gives them.
    Manifests(Texts, Option<String>),
}

/// The scenarios that the words of a command line name, with all problems of the words; all manifests among them are one.
pub fn sources(words: &[String], beside: &Beside) -> (Vec<Source>, Vec<String>) {
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    let mut texts = Texts::default();
    let (mut names, mut kinds) = (Vec::new(), [None, None]);
    for word in words {
        match named(word) {
            Err(problem) => problems.push(problem),
            Ok(Named::Scenarios(list)) => {
                kinds[0].get_or_insert(word);
                scenarios.extend(list);
            }
            Ok(Named::Manifests((files, unread), name)) => {
                kinds[1].get_or_insert(word);
                names.push(name);
                texts.0.extend(files);
                texts.1.extend(unread);
            }
        }
    }
    match kinds {
        [Some(scenario), Some(manifest)] => problems.push(format!(
            "`{scenario}` is a scenario and `{manifest}` a manifest: a command takes the one or the other (a scenario names its \
             manifests in [[apply]])"
        )),
        [Some(_), None] if beside.nodes.is_some() || !beside.template_of.is_empty() => problems.push(
            "--nodes and --template-of are about manifests; a scenario says it itself: [[node]] count, [[apply]] templatesOf"
                .to_owned(),
        ),
        [None, Some(_)] if problems.is_empty() => match around(words, texts, &[], &names, beside) {
            Ok(source) => scenarios.push(source),
            Err(problem) => problems.push(problem),
        },
        _ => {}
    }
    scenarios.iter_mut().for_each(|source| source.allowed.clone_from(&beside.manifests));
    (scenarios, problems)
}

/// The scenario around manifests that are a change of others: first those are applied, then these.
///
/// # Errors
/// All that is wrong with them.
pub fn change(new: &[String], old: &[String], beside: &Beside) -> Result<Source, Vec<String>> {
    let mut problems = Vec::new();
    let mut read = |words: &[String]| {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        for word in words {
            match named(word) {
                Ok(Named::Manifests((files, unread), name)) => {
                    texts.extend(files);
                    problems.extend(unread);
                    names.push(name);
                }
                Ok(Named::Scenarios(_)) => problems.push(format!(
                    "`{word}` is a scenario; --against is about manifests (a scenario applies a second time with [[apply]] at)"
                )),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(assumed::wrong(&texts));
        (texts, names)
    };
    let (before, _) = read(old);
    let (after, names) = read(new);
    if !problems.is_empty() {
        return Err(problems);
    }
    around(new, (after, Vec::new()), &before, &names, beside).map_err(|problem| vec![problem])
}

/// The scenario around manifests: called as their folder, the first workload, or `stdin`.
fn around(
    words: &[String],
    (mut files, unread): Texts,
    against: &[(String, String)],
    names: &[Option<String>],
    beside: &Beside,
) -> Result<Source, String> {
    let name = match names {
        [one] => one.as_deref(),
        _ => None,
    };
    let given =
        Given { name, files: &files, against, nodes: beside.nodes, templates_of: &beside.template_of };
    let mut made = assumed::around(given)?;
    if beside.is_of_another {
        made.told.iter_mut().for_each(|line| *line = without_options(line));
    } else if beside.kubernetes.is_none() {
        made.told.insert(0, format!("Kubernetes {} (--kubernetes)", Version::DEFAULT.as_str()));
    }
    if beside.quiet {
        made.told.clear();
    }
    files.extend(against.iter().cloned());
    let files = files.into_iter().collect();
    let around = Around {
        words: words.to_vec(),
        flags: beside.flags(),
        has_templates_of: !beside.template_of.is_empty(),
        files,
        unread,
        told: made.told,
    };
    let label = format!("{} (assumed)", made.name);
    Ok(Source { label, text: made.text, folder: None, allowed: Vec::new(), around: Some(Arc::new(around)) })
}

/// `3 nodes (--nodes N; [[node]] in a scenario)` without the option.
fn without_options(line: &str) -> String {
    let Some((words, hint)) = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (")) else {
        return line.to_owned();
    };
    match hint.split("; ").filter(|way| !way.starts_with("--")).collect::<Vec<_>>() {
        ways if ways.is_empty() => words.to_owned(),
        ways => format!("{words} ({})", ways.join("; ")),
    }
}

fn named(word: &str) -> Result<Named, String> {
    let path = Path::new(word);
    if word == "-" {
        let text = text_from(io::stdin().lock()).map_err(|problem| format!("standard input: {problem}"))?;
        return Ok(Named::Manifests((vec![(STDIN.to_owned(), text)], Vec::new()), Some("stdin".to_owned())));
    }
    if path.is_dir() {
        return folder(path, word);
    }
    // A pipe is none of the files that a folder is looked through for, and can be read as well.
    if path.exists() {
        let text = read(path).map_err(|e| format!("{word}: {e}"))?;
        if path.ends_with(manifest::NAME) && manifest::is_one(&text) {
            return Err(format!(
                "{word}: this tells of a run, and is no scenario (`kubelapse compare` reads the folder's timeline.csv)"
            ));
        }
        let is_toml = path.extension().is_some_and(|end| end == "toml");
        return Ok(match is_manifest_name(word) || (!is_toml && assumed::is_manifest(&text)) {
            true => Named::Manifests((vec![(word.to_owned(), text)], Vec::new()), None),
            false => Named::Scenarios(vec![scenario_at(path, text)]),
        });
    }
    match builtin::find(word) {
        Some(found) => Ok(Named::Scenarios(vec![Source::of(found)])),
        None => {
            let names: Vec<&str> = builtin::ALL.iter().map(|b| b.name).collect();
            let near = scenario::diagnostic::nearest(word, &names);
            let hint = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
            Err(format!(
                "`{word}` is neither a file, a folder nor a built-in scenario{hint} (`kubelapse list` lists them)"
            ))
        }
    }
}

/// A folder that holds a scenario somewhere is one of scenarios; else one of manifests.
fn folder(path: &Path, word: &str) -> Result<Named, String> {
    let mut files = Vec::new();
    find(path, &mut files).map_err(|e| format!("{word}: {e}"))?;
    files.sort();
    if files.is_empty() {
        let manifests = manifests_in(path, word)?;
        match &manifests {
            (texts, _) if !texts.is_empty() => {}
            (_, unread) if !unread.is_empty() => return Err(unread.join("\n")),
            _ => {
                return Err(format!(
                    "{word}: no scenario (*.toml) in this folder or below, and no manifest (*.yaml, *.yml, *.json) in it"
                ));
            }
        }
        let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
        return Ok(Named::Manifests(manifests, name));
    }
    let read = |file: &PathBuf| {
        let text = read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(scenario_at(file, text))
    };
    files.iter().map(read).collect::<Result<_, String>>().map(Named::Scenarios)
}

/// All scenarios in a folder and below it; what begins with a dot is left alone, and so is a link to a folder (it may lead
/// back). A folder below that holds a run's result is passed by, and so is the `run.toml` of one in the folder itself.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            if !manifest::stands_in(&path) {
                find(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "toml") && path.is_file() && !is_told(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file is the `run.toml` of a result.
fn is_told(path: &Path) -> bool {
    path.ends_with(manifest::NAME) && path.parent().is_some_and(manifest::stands_in)
}

fn scenario_at(path: &Path, text: String) -> Source {
    let folder = path.parent().map(Path::to_path_buf);
    Source { label: path.display().to_string(), text, folder, allowed: Vec::new(), around: None }
}

/// Its plan; warnings and what was assumed are talked about.
///
/// # Errors
/// Every problem of the scenario.
pub fn load(source: &Source, overrides: &[String]) -> Result<Plan, scenario::Diagnostics> {
    let loaded =
        scenario::load_noting(&source.label, &source.text, &|path| source.manifest(path), overrides)?;
    tell(source, &loaded.warnings);
    Ok(loaded.plan)
}

/// As [`load`], of a scenario that is about to be played: there is memory for it.
///
/// # Errors
/// Every problem of the scenario, or that its pods take more than there is.
pub fn playable(source: &Source, overrides: &[String]) -> Result<Plan, scenario::Diagnostics> {
    let plan = load(source, overrides)?;
    memory::room_for(source, &plan)?;
    Ok(plan)
}

/// Talks about warnings and what was assumed.
pub fn tell(source: &Source, warnings: &scenario::Diagnostics) {
    if warnings.warnings() > 0 {
        report(warnings);
    }
    let mut told = String::new();
    if let Some(around) = &source.around {
        for problem in &around.unread {
            told.push_str(&format!("warning: {problem}; it is left out, and the rest is played\n"));
        }
        for line in &around.told {
            told.push_str(&format!("assumed: {line}\n"));
        }
    }
    talk(&told);
}
