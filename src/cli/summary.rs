//! What a run tells at its end: kubectl's table, how each pod got there and how each workload did, the digest and where the
//! files are.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::causes::Causes;
use super::rollouts::Rollouts;
use super::source::Source;
use crate::api::{Sym, Tri};
use crate::record::{Change, Directory, FiguresRow, Sink, Transition};
use crate::rules::kubectl::printing;
use crate::scenario::Plan;
use crate::session::unended::unended;
use crate::time::Time;
use crate::world::{Pod, World};

/// So many pods are shown; more would bury what is to be seen.
const SHOWN: usize = 20;
/// So many steps of a way are shown.
const STEPS: usize = 12;

/// How the first pods got to where they are, as it happened: their STATUS with the time of each change.
#[derive(Default)]
struct Ways {
    by_pod: Vec<Vec<(Time, Sym)>>,
}

impl Sink for Ways {
    fn batch(&mut self, _: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            let Some(pod) = row.pod else { continue };
            match row.change {
                Change::Status { from, to, .. } if from != to && (pod as usize) < SHOWN => {
                    if self.by_pod.len() <= pod as usize {
                        self.by_pod.resize(pod as usize + 1, Vec::new());
                    }
                    let way = &mut self.by_pod[pod as usize];
                    if way.len() <= STEPS {
                        way.push((row.time, to));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// All that is kept of a run for its summary.
pub struct Seen {
    ways: Ways,
    causes: Causes,
    /// None: there are no workloads to look at.
    rollouts: Option<Rollouts>,
}

impl Seen {
    /// Nothing yet of a run of this plan.
    pub fn new(plan: &Plan) -> Seen {
        Seen {
            ways: Ways::default(),
            causes: Causes::default(),
            rollouts: plan.has_workloads().then(Rollouts::default),
        }
    }
}

impl Sink for Seen {
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        if let Some(rollouts) = &mut self.rollouts {
            rollouts.batch(directory, rows)?;
        }
        self.causes.batch(directory, rows)?;
        self.ways.batch(directory, rows)
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        self.rollouts.as_mut().map_or(Ok(()), |rollouts| rollouts.figures(directory, rows))
    }
}

/// The table that `kubectl get pods -o wide` would print at the end, a line for each pod's way and for each workload, the
/// digest and where the files are.
pub fn text(plan: &Plan, w: &World, end: Time, seen: &Seen, files: &[PathBuf]) -> String {
    let mut text = table(w, end);
    text.push('\n');
    for (ix, way) in seen.ways.by_pod.iter().enumerate() {
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
    if let Some(rollouts) = &seen.rollouts {
        text.push_str(&rollouts.lines(w, end));
    }
    text.push_str(&left_open(w));
    text.push_str(&seen.causes.lines(w));
    for line in w.answers.iter().chain(&w.warnings) {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&plan.left_out.no_effect_words());
    text.push_str(&plan.left_out.unplayed_words());
    text.push_str(&format!("\nseed {}, {} steps, digest {}\n", w.seed, w.step, w.digest));
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    text.push_str(&files.join(", "));
    text.push('\n');
    text
}

/// A line for each thing that had not ended, and why.
fn left_open(w: &World) -> String {
    let all = unended(w);
    let mut text = String::new();
    for (ix, line) in all.iter().take(SHOWN).enumerate() {
        let before = if ix == 0 { "\n" } else { "" };
        text.push_str(&format!("{before}has not ended: {line}\n"));
    }
    if all.len() > SHOWN {
        text.push_str(&format!("… and {} more\n", all.len() - SHOWN));
    }
    text
}

/// What to try next with manifests that came without a scenario.
pub fn next(source: &Source, plan: &Plan) -> String {
    let Some(around) = &source.around else { return String::new() };
    let flags = &around.flags;
    let has_pods = plan.has_workloads() || !plan.templates.is_empty();
    match &around.words[..] {
        [word] if word == "-" => {
            "next: save the manifests as a file, and `kubelapse step FILE` walks through it\n".to_owned()
        }
        [word] if Path::new(word).is_file() && has_pods && !around.has_templates_of => {
            let stem = Path::new(word).file_stem().map_or("web".into(), |stem| stem.to_string_lossy());
            let audit = match plan.has_workloads() {
                true => format!(
                    "      kubelapse audit {word}{flags}   asks how slow it may boot, and what a drain or a bad image does\n"
                ),
                false => String::new(),
            };
            format!(
                "next: kubelapse step {word}{flags}   walks through it\n{audit}      kubelapse new {stem} --from {word}   writes {stem}.toml, \
                 what is expected of it, for `kubelapse test {stem}.toml`\n"
            )
        }
        words => format!("next: kubelapse step {}{flags}   walks through it\n", words.join(" ")),
    }
}

/// In the order of the API server's storage; the namespace where there is more than one.
fn table(w: &World, end: Time) -> String {
    let mut alive: Vec<&Pod> = w.pods.iter().filter(|p| p.exists).collect();
    if w.pods.is_empty() {
        return "No resources found: there has never been a pod.\n".to_owned();
    }
    if alive.is_empty() {
        return "No resources found: every pod is gone by the end.\n".to_owned();
    }
    let all = alive.len();
    if all > SHOWN {
        alive.truncate(SHOWN);
    } else {
        alive.sort_by_cached_key(|p| (p.ident.namespace.as_str(), p.ident.name.to_string()));
    }
    let several = alive.iter().any(|p| p.ident.namespace != alive[0].ident.namespace);
    let mut table = tabwriter::TabWriter::new(Vec::new()).minwidth(3).padding(3);
    let head = if several { "NAMESPACE\t" } else { "" };
    // A table in memory takes everything.
    let _ = writeln!(
        table,
        "{head}NAME\tREADY\tSTATUS\tRESTARTS\tAGE\tIP\tNODE\tNOMINATED NODE\tREADINESS GATES"
    );
    for p in alive {
        if several {
            let _ = write!(table, "{}\t", p.ident.namespace);
        }
        let status = p.status.read();
        let columns = printing::columns(&p.spec, &status, p.deletion.is_some(), &w.gates);
        let none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
        let _ = writeln!(
            table,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            p.ident.name,
            columns.ready_cell(),
            columns.status,
            columns.restarts_cell(end),
            printing::age(Some(p.created), end),
            none(status.pod_ips.first().map_or("", |ip| ip.as_str())),
            none(p.node.map_or("", |n| w.nodes[n.ix()].spec.name.as_str())),
            none(status.nominated_node.as_str()),
            none(&gates(p)),
        );
    }
    let table = table.into_inner().unwrap_or_default();
    let mut text = String::from_utf8_lossy(&table).into_owned();
    if all > SHOWN {
        text.push_str(&format!("… and {} more\n", all - SHOWN));
    }
    text
}

/// READINESS GATES: so many of so many are True; empty without gates.
fn gates(p: &Pod) -> String {
    let gates = &p.spec.readiness_gates;
    if gates.is_empty() {
        return String::new();
    }
    let is_true = |kind: Sym| p.status.condition(kind).is_some_and(|c| c.status == Tri::True);
    format!("{}/{}", gates.iter().filter(|gate| is_true(gate.condition_type)).count(), gates.len())
}
