//! A checked tree into a plan: defaults filled in, names looked up, instants made absolute.
//!
//! What the checker has refused already reads as absent here, so that no mistake is told twice.

mod actions;
mod applied_volumes;
mod applies;
mod behavior;
mod claims;
mod commands;
mod documents;
mod earlier;
mod expects;
mod metrics;
mod named;
pub(super) mod names;
mod namespaces;
mod noted;
mod objects;
mod pods;
mod programs;
mod settings;
mod slips;
mod standing;
mod sweeps;
mod writes;

pub(crate) use applied_volumes::write as volume_written;
pub use earlier::Earlier;
pub(super) use noted::REFUSAL;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Loader;
use super::applied::LeftOut;
use super::command::Action;
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::plan::{ApplyPlan, LEARNS_FROM, NodePlan, ObjectPlan, Plan, PodTemplate, ProgramPlan};
use super::tree::{Loc, Node, Table, Value};
use super::values;
use crate::api::PodSpec;
use crate::engine::Distribution;
use crate::rules::versions::gates::Gates;
use crate::time::{Span, Time};
pub(super) use settings::is_dns_subdomain;

/// What every part of the resolution looks at.
pub(super) struct Context<'a> {
    pub problems: &'a mut Diagnostics,
    pub start: Time,
    pub until: Time,
    pub gates: Gates,
    /// All texts that the plan is made from, for its digest.
    pub texts: Vec<String>,
    pub loader: Loader<'a>,
    pub nodes: Cow<'a, [NodePlan]>,
    pub objects: Cow<'a, [ObjectPlan]>,
    pub templates: Cow<'a, [Arc<PodTemplate>]>,
    /// Of all containers that have no behaviour of their own.
    pub programs: Cow<'a, [ProgramPlan]>,
    /// What is applied, by the file and by its actions.
    pub applies: Vec<Arc<ApplyPlan>>,
    /// Kinds in what is applied that nothing becomes of.
    pub left_out: LeftOut,
    /// The applies of actions, by the place of the action.
    pub sent: BTreeMap<usize, Arc<ApplyPlan>>,
    /// Names of pods whose manifests were refused: they are spoken of with good reason.
    pub refused: Vec<String>,
    /// A manifest could not be read, so that nobody knows which pods there are.
    pub unsettled: bool,
    /// Names of the ephemeral containers that actions bring.
    pub debugs: Vec<String>,
    /// Names of all nodes, once somebody asks.
    pub node_names: OnceCell<BTreeSet<String>>,
    /// By template: the instant of the last resize of its pods, and what it has made of the spec.
    pub resized: BTreeMap<usize, (Span, Arc<PodSpec>)>,
}

impl Context<'_> {
    pub fn report(&mut self, item: Diagnostic) {
        self.problems.push(item);
    }
    /// Keeps what is applied, to look targets up in it. Gives what the file itself applies.
    fn keep(&mut self, sent: Vec<applies::Sent>, table: &Table) -> Vec<Arc<ApplyPlan>> {
        let mut own = Vec::new();
        for applies::Sent { plan, action, .. } in sent {
            let plan = Arc::new(plan);
            self.applies.push(Arc::clone(&plan));
            match action {
                Some(action) => drop(self.sent.insert(action, plan)),
                None => own.push(plan),
            }
        }
        self.applies.extend(writes::known(table, self.start));
        own
    }
    /// Whether there is ever a node of this name, or one whose name begins so.
    pub fn has_node(&self, name: &str, prefix: bool) -> bool {
        let all = || self.nodes.iter().map(|node| node.spec.name.as_str().to_owned()).collect();
        let names = self.node_names.get_or_init(all);
        match prefix {
            false => names.contains(name),
            true => names.range(name.to_owned()..).next().is_some_and(|first| first.starts_with(name)),
        }
    }
    /// Pods of names that nobody knows beforehand may come into being.
    pub fn has_workloads(&self) -> bool {
        self.applies.iter().flat_map(|apply| &apply.objects).any(|object| object.kind.law().has_pods)
    }
    /// An offset from the start, absolute; told when it lies beyond the end.
    pub fn instant(&mut self, table: &Table, key: &str, what: &str) -> Time {
        let Some(node) = table.get(key) else { return self.start };
        let Ok(offset) = values::duration(node) else { return self.start };
        let at = self.start + offset;
        if at > self.until {
            let end = self.until.since(self.start);
            self.report(
                Diagnostic::new(
                    Code::BeyondUntil,
                    node.loc,
                    format!("{what} lies beyond the end of the run"),
                )
                .label(format!("the run ends at {end}"))
                .hint(format!("set `until` to {offset} or more, or move it")),
            );
        }
        at
    }
}

/// Makes the plan; what is wrong goes to `problems`, and then the plan is of no use.
pub fn resolve(
    file: &str,
    root: &Node,
    loader: Loader<'_>,
    overrides: &[String],
    problems: &mut Diagnostics,
) -> Plan {
    let empty = Table::default();
    let table = root.table().unwrap_or(&empty);
    let start = start(table);
    let until = start + span(table, "until").unwrap_or(Span::from_secs(3600));
    let gates = settings::gates(table, problems);
    let own = problems.sources.first().map(|s| s.text.clone()).unwrap_or_default();
    let mut cx = Context {
        problems,
        start,
        until,
        gates,
        texts: vec![own],
        loader,
        nodes: Cow::default(),
        objects: Cow::default(),
        templates: Cow::default(),
        programs: Cow::default(),
        applies: Vec::new(),
        left_out: LeftOut::default(),
        sent: BTreeMap::new(),
        refused: Vec::new(),
        unsettled: false,
        resized: BTreeMap::new(),
        node_names: OnceCell::new(),
        debugs: debugs(table),
    };
    let kubelet = settings::kubelet(table.get("kubelet").and_then(Node::table), None, &mut cx);
    cx.nodes = settings::nodes(table, &kubelet, &mut cx).into();
    let images = settings::images(table, &mut cx);
    cx.objects = objects::objects(table, &mut cx).into();
    cx.programs = programs::programs(table, &mut cx).into();
    let mut sent = applies::read(table, &mut cx);
    let (objects, again, storage) = applies::objects(&mut sent, &mut cx);
    cx.objects = objects.into();
    let (own, applied) = (pods::templates(table, &mut cx), applies::pods(&mut sent, &mut cx));
    cx.templates = own.into_iter().chain(applied).map(Arc::new).collect();
    let (applies, metrics) = (cx.keep(sent, table), metrics::metrics(table, &mut cx));
    unused(table, &mut cx);
    let actions = actions::actions(table, &mut cx).into_iter().chain(again).collect();
    let (sweep, expects) = (sweeps::sweep(table, &mut cx), expects::expects(table, &mut cx));
    let (alerts, lesson) = (expects::alerts(table, &mut cx), expects::lesson(table, &mut cx));
    odd(table, &mut cx);
    Plan {
        name: text(table, "name").map_or_else(|| names::of_file(file), str::to_owned),
        description: text(table, "description").unwrap_or_default().to_owned(),
        gates: cx.gates,
        names_version: table.get("kubernetes").is_some(),
        seed: table.get("seed").and_then(|n| values::seed(n).ok()).unwrap_or(0),
        start,
        until,
        until_settled: flag(table, "untilSettled").unwrap_or(false),
        latency: settings::latency(table.get("latency").and_then(Node::table)),
        controllers: settings::controllers(table.get("controllers").and_then(Node::table)),
        learns_from: Some(LEARNS_FROM),
        digest: digest(&[cx.texts.as_slice(), overrides].concat()),
        nodes: cx.nodes.into_owned(),
        images,
        image_default: settings::image_default(),
        objects: cx.objects.into_owned(),
        storage,
        templates: cx.templates.into_owned(),
        applies,
        left_out: cx.left_out,
        refusals: cx.problems.items.iter().filter(|item| item.code == Code::Refused).count(),
        programs: cx.programs.into_owned(),
        metrics,
        actions,
        expects,
        alerts,
        lesson,
        sweep,
    }
}

/// Tells of names that stand twice, and of images and programs that nothing has.
fn unused(table: &Table, cx: &mut Context<'_>) {
    pods::unique(table, cx);
    settings::unused_images(table, cx);
    programs::known(table, cx);
}

/// When the run starts.
fn start(table: &Table) -> Time {
    let usual = || Time::parse_rfc3339("2025-01-01T00:00:00Z").unwrap_or(Time::EPOCH);
    table.get("start").and_then(|node| values::start(node).ok()).unwrap_or_else(usual)
}

/// Tells of names that are none, of slips in what is expected, and where a file makes nothing at all: it runs, and nothing
/// happens.
fn odd(table: &Table, cx: &mut Context<'_>) {
    names::check(table, cx);
    slips::tell(table, cx);
    let makes = ["pod", "apply", "action", "node"];
    if makes.iter().all(|key| table.get(key).is_none()) && cx.templates.is_empty() && !cx.has_workloads() {
        cx.report(
            Diagnostic::new(Code::NoEffect, Loc::default(), "there is nothing in this scenario that could happen")
                .hint("[[pod]] makes pods, [[apply]] applies manifests; `kubelapse new` writes a scenario to start from"),
        );
    }
}

/// One more `[[action]]`, looked up in a plan that stands. `templates` are all that pods are made of by now, `earlier` is what was
/// done before. What is wrong goes to `problems`.
pub fn action<'a>(
    root: &Node,
    plan: &'a Plan,
    templates: &'a [Arc<PodTemplate>],
    earlier: &Earlier,
    loader: Loader<'a>,
    problems: &mut Diagnostics,
) -> Option<Arc<Action>> {
    let table = root.table()?;
    let mut known = debugs(table);
    known.extend_from_slice(&earlier.debugs);
    let mut cx = Context {
        problems,
        start: plan.start,
        until: plan.until,
        gates: plan.gates,
        texts: Vec::new(),
        loader,
        nodes: Cow::from(&plan.nodes),
        objects: Cow::from(&plan.objects),
        templates: Cow::from(templates),
        programs: Cow::from(&plan.programs),
        applies: earlier.applies.clone(),
        left_out: LeftOut::default(),
        sent: BTreeMap::new(),
        refused: Vec::new(),
        unsettled: false,
        debugs: known,
        node_names: OnceCell::new(),
        resized: BTreeMap::new(),
    };
    names::check(table, &mut cx);
    let sent = applies::read(table, &mut cx);
    applies::only_workloads(&sent, &mut cx);
    cx.keep(sent, table);
    actions::actions(table, &mut cx).pop()
}

/// Names of the ephemeral containers that a file's actions bring.
fn debugs(table: &Table) -> Vec<String> {
    let actions = tables(table, "action").into_iter().map(|(_, action)| action);
    let debugs = actions.filter(|action| action.get("debug").is_some());
    debugs.map(|action| text(action, "container").unwrap_or("debugger").to_owned()).collect()
}

/// FNV-1a, 128 bits, over the texts with their lengths.
pub(super) fn digest(texts: &[String]) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    };
    for text in texts {
        eat(&(text.len() as u64).to_le_bytes());
        eat(text.as_bytes());
    }
    format!("{hash:032x}")
}

// Readers of what was checked: absent when refused.

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Node::text)
}
fn span(table: &Table, key: &str) -> Option<Span> {
    table.get(key).and_then(|n| values::duration(n).ok())
}
fn distribution(table: &Table, key: &str) -> Option<Distribution> {
    table.get(key).and_then(|n| values::distribution(n).ok())
}
fn number<T: TryFrom<i64>>(table: &Table, key: &str) -> Option<T> {
    table.get(key).and_then(Node::integer).and_then(|n| T::try_from(n).ok())
}
fn flag(table: &Table, key: &str) -> Option<bool> {
    table.get(key).and_then(Node::bool)
}
/// The tables of a list of tables; of other things none.
fn tables<'a>(table: &'a Table, key: &str) -> Vec<(&'a Node, &'a Table)> {
    let items = table.get(key).and_then(Node::array).unwrap_or_default();
    items.iter().filter_map(|node| node.table().map(|table| (node, table))).collect()
}
fn strings(table: &Table, key: &str) -> Vec<String> {
    let items = table.get(key).and_then(Node::array).unwrap_or_default();
    items.iter().filter_map(|n| n.text().map(str::to_owned)).collect()
}
fn string_map(table: &Table, key: &str) -> std::collections::BTreeMap<String, String> {
    let entries = table.get(key).and_then(Node::table).map(|t| t.entries.as_slice()).unwrap_or_default();
    entries.iter().filter_map(|e| e.node.text().map(|v| (e.key.clone(), v.to_owned()))).collect()
}
/// The same of JSON.
fn scalar_json(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
/// A number or a string, as a string.
fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}
