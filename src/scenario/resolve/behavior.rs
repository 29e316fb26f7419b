//! `[pod.behavior]`: attempts by container, sandboxes, probes, hooks.

use serde_json::Value as Json;

use super::{Context, distribution, flag, number, strings, tables, text};
use crate::api::{Container, PodSpec, Sym};
use crate::engine::Distribution;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::plan::{
    Attempt, Behavior, ContainerBehavior, Exit, HookBehavior, MemoryPoint, ProbePoint, SandboxBehavior,
    WritePoint,
};
use crate::scenario::programs;
use crate::scenario::start_error::{START_ERRORS, StartStep};
use crate::scenario::tree::{Node, Table};
use crate::scenario::values;
use crate::time::Span;

/// Tells of behaviours for containers that none of the manifests has.
pub fn names(behavior: &Node, specs: &[&Json], cx: &mut Context<'_>) {
    let mut known: Vec<&str> = Vec::new();
    for spec in specs {
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            let items = spec.get(list).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            known.extend(items.iter().filter_map(|c| c.get("name").and_then(Json::as_str)));
        }
    }
    if known.is_empty() {
        return;
    }
    let debugs = cx.debugs.clone();
    known.extend(debugs.iter().map(String::as_str));
    let entries = behavior.table().and_then(|t| t.get("containers")).and_then(Node::table);
    for entry in entries.map_or(&[][..], |t| &t.entries) {
        if !known.contains(&entry.key.as_str()) {
            cx.report(
                Diagnostic::new(
                    Code::UnknownContainer,
                    entry.key_loc,
                    format!("there is no container `{}` in this pod", entry.key),
                )
                .nearest(&entry.key, known.iter().copied()),
            );
        }
    }
}

pub fn behavior(node: Option<&Node>, spec: &PodSpec, pod: &str, cx: &mut Context<'_>) -> Behavior {
    let table = node.and_then(Node::table);
    let written = table.and_then(|t| t.get("containers")).and_then(Node::table);
    let init = spec.init_containers.len();
    let all = spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers);
    let mut containers = Vec::new();
    for (index, container) in all.enumerate() {
        let own = written.and_then(|t| t.get(container.name.as_str())).and_then(Node::table);
        let attempts = own.and_then(|t| t.entry("attempts"));
        let execs_run_on = own.and_then(|own| flag(own, "execsRunOn")).unwrap_or(true);
        let runs_out = index < init && !container.is_sidecar();
        let default = programs::unsaid(runs_out);
        let written =
            attempts.map(|entry| self::attempts(&entry.node, &default, Some((container, pod, spec)), cx));
        containers.push(match written {
            Some(attempts) => ContainerBehavior { attempts, execs_run_on, ..ContainerBehavior::default() },
            None => programs::of_container(&cx.programs, container, runs_out, &programs::Belongs::default()),
        });
    }
    let sandbox = sandbox(table.and_then(|t| t.get("sandbox")).and_then(Node::table));
    Behavior { sandbox, containers, added: added(written, spec, pod, cx) }
}

/// What the processes of debugging containers do that actions will add to the pod.
fn added(
    written: Option<&Table>,
    spec: &PodSpec,
    pod: &str,
    cx: &mut Context<'_>,
) -> Vec<(Sym, ContainerBehavior)> {
    let mut added = Vec::new();
    for entry in written.map_or(&[][..], |t| &t.entries) {
        let name = Sym::new(&entry.key);
        let (true, Some(attempts)) =
            (cx.debugs.contains(&entry.key), entry.node.table().and_then(|own| own.get("attempts")))
        else {
            continue;
        };
        if spec.container(name).is_none() {
            let container = Container { name, ..Container::default() };
            let attempts =
                self::attempts(attempts, &programs::unsaid(false), Some((&container, pod, spec)), cx);
            added.push((name, ContainerBehavior { attempts, ..ContainerBehavior::default() }));
        }
    }
    added
}

/// Of whom an attempt is read: its container, the pod's name and spec.
type Of<'a> = Option<(&'a Container, &'a str, &'a PodSpec)>;

/// `attempts`; without one, the default.
pub fn attempts(node: &Node, default: &Attempt, of: Of<'_>, cx: &mut Context<'_>) -> Vec<Attempt> {
    let items = node.array().unwrap_or_default();
    if node.array().is_some_and(<[Node]>::is_empty) {
        cx.report(
            Diagnostic::new(Code::BadValue, node.loc, "there is no attempt here")
                .label("expected at least one; {} is the default"),
        );
    }
    let read: Vec<Attempt> =
        items.iter().filter_map(Node::table).map(|t| attempt(t, default, of, cx)).collect();
    if read.is_empty() { vec![default.clone()] } else { read }
}

fn sandbox(table: Option<&Table>) -> SandboxBehavior {
    let Some(table) = table else { return SandboxBehavior::default() };
    let error = text(table, "error");
    let failures = number(table, "failures").unwrap_or(if error.is_some() { u32::MAX } else { 0 });
    SandboxBehavior {
        takes: distribution(table, "takes"),
        failures,
        error: match error {
            Some(error) => Sym::new(error),
            None if failures > 0 => Sym::new("failed to setup network for sandbox"),
            None => Sym::EMPTY,
        },
    }
}

const INSTANT: Distribution = Distribution::Constant(Span::ZERO);

fn attempt(table: &Table, default: &Attempt, of: Of<'_>, cx: &mut Context<'_>) -> Attempt {
    let reason = Sym::new(text(table, "reason").unwrap_or_default());
    let written = table.get("exit").and_then(|n| values::exit(n).ok());
    let oom = reason == Sym::OOM_KILLED;
    let mut failing = START_ERRORS.iter().filter_map(|how| Some((how, table.entry(how.key)?)));
    let first = failing.next();
    if let Some((first, _)) = first {
        for (how, later) in failing {
            let why = match (first.step, how.step) {
                (StartStep::Create, StartStep::Create) => "what its hook refuses is never created",
                (StartStep::Create, _) => "what cannot be created is never started",
                _ => "what its hook refuses is never started",
            };
            cx.report(Diagnostic::new(
                Code::Conflict,
                later.key_loc,
                format!("{why}: {} and {} exclude each other", first.key, how.key),
            ));
        }
    }
    if let Some((container, pod, _)) = of {
        never_asked(table, container, pod, cx);
    }
    Attempt {
        runs: match table.get("runs") {
            Some(node) => values::runs(node).unwrap_or_default(),
            None => default.runs.clone(),
        },
        // Where a child of it was killed, the process may end with any code, and the runtime says the same of it.
        exit: written.unwrap_or(Exit::Code(if oom { 137 } else { 0 })),
        reason,
        start_error: first.and_then(|(how, entry)| Some((how, Sym::new(entry.node.text()?)))),
        on_term: table
            .get("onTerm")
            .and_then(|n| values::on_term(n).ok())
            .unwrap_or_else(|| default.on_term.clone()),
        startup: points(table, "startup", cx),
        readiness: points(table, "readiness", cx),
        liveness: points(table, "liveness", cx),
        boots: None,
        booted: None,
        serves: None,
        post_start: hook(table, "postStart", default),
        pre_stop: hook(table, "preStop", default),
        writes: writes(table, of.map(|(_, _, spec)| spec), cx),
        memory: memory(table, cx),
        log: strings(table, "log"),
        term_log: strings(table, "termLog"),
        message: text(table, "message").map(Sym::new),
    }
}

/// Tells of answers to what the container does not ask.
fn never_asked(table: &Table, container: &Container, pod: &str, cx: &mut Context<'_>) {
    let lifecycle = container.lifecycle.as_ref();
    for (key, declared, field) in [
        ("startup", container.startup_probe.is_some(), "startupProbe"),
        ("readiness", container.readiness_probe.is_some(), "readinessProbe"),
        ("liveness", container.liveness_probe.is_some(), "livenessProbe"),
        ("postStart", lifecycle.is_some_and(|l| l.post_start.is_some()), "lifecycle.postStart"),
        ("preStop", lifecycle.is_some_and(|l| l.pre_stop.is_some()), "lifecycle.preStop"),
    ] {
        if let (Some(entry), false) = (table.entry(key), declared) {
            cx.report(
                Diagnostic::new(Code::NoEffect, entry.key_loc, format!("`{key}` will never be asked for"))
                    .label(format!("container `{}` of the pod `{pod}` has no {field}", container.name)),
            );
        }
    }
}

fn points(table: &Table, key: &str, cx: &mut Context<'_>) -> Vec<ProbePoint> {
    let mut points: Vec<ProbePoint> = Vec::new();
    for (node, entry) in tables(table, key) {
        if let (Some(_), Some(rate)) = (entry.entry("ok"), entry.entry("failureRate")) {
            cx.report(Diagnostic::new(
                Code::Conflict,
                rate.key_loc,
                "`ok` and `failureRate` exclude each other",
            ));
        }
        let rate = entry.get("failureRate").and_then(|n| values::chance(n).ok());
        let ok = flag(entry, "ok").unwrap_or(true);
        let at = super::span(entry, "at").unwrap_or(Span::ZERO);
        in_order(points.last().map(|p| p.at), at, (node, entry), "the results of a probe stand", cx);
        points.push(ProbePoint {
            at,
            failure_rate: rate.unwrap_or(if ok { 0.0 } else { 1.0 }),
            takes: distribution(entry, "takes"),
            output: Sym::new(text(entry, "output").unwrap_or_default()),
        });
    }
    points
}

/// Tells of a point in time that is not after the one before it.
fn in_order(
    before: Option<Span>,
    at: Span,
    (node, entry): (&Node, &Table),
    they_stand: &str,
    cx: &mut Context<'_>,
) {
    if before.is_some_and(|before| before >= at) {
        let loc = entry.get("at").map_or(node.loc, |n| n.loc);
        cx.report(
            Diagnostic::new(Code::BadValue, loc, format!("{they_stand} in the order of time"))
                .label("not after the one before it"),
        );
    }
}

fn writes(table: &Table, spec: Option<&PodSpec>, cx: &mut Context<'_>) -> Vec<WritePoint> {
    let mut points: Vec<WritePoint> = Vec::new();
    let volumes = spec.map_or(&[][..], |spec| &spec.volumes);
    let empty_dirs: Vec<&str> =
        volumes.iter().filter(|v| v.empty_dir.is_some()).map(|v| v.name.as_str()).collect();
    for (node, entry) in tables(table, "writes") {
        let volume = entry.get("volume");
        if let Some((name, volume)) = volume.and_then(|n| n.text().map(|name| (name, n)))
            && spec.is_some()
            && !empty_dirs.contains(&name)
        {
            let item = Diagnostic::new(
                Code::UnknownTarget,
                volume.loc,
                format!("this pod has no emptyDir volume `{name}`"),
            );
            cx.report(item.nearest(name, empty_dirs.iter().copied()));
        }
        let volume = volume.and_then(Node::text).map(Sym::new);
        let at = super::span(entry, "at").unwrap_or(Span::ZERO);
        let before = points.iter().rev().find(|p| p.volume == volume).map(|p| p.at);
        in_order(before, at, (node, entry), "what is written to one place stands", cx);
        points.push(WritePoint { at, bytes: size(entry), volume });
    }
    points
}

fn memory(table: &Table, cx: &mut Context<'_>) -> Vec<MemoryPoint> {
    let mut points: Vec<MemoryPoint> = Vec::new();
    for (node, entry) in tables(table, "memory") {
        let at = super::span(entry, "at").unwrap_or(Span::ZERO);
        in_order(points.last().map(|p| p.at), at, (node, entry), "what is used stands", cx);
        points.push(MemoryPoint { at, bytes: size(entry) });
    }
    points
}

/// `size`, in bytes.
fn size(entry: &Table) -> i64 {
    let nanos = entry.get("size").and_then(|n| values::quantity(n).ok()).unwrap_or_default();
    i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX)
}

fn hook(table: &Table, key: &str, default: &Attempt) -> HookBehavior {
    let Some(table) = table.get(key).and_then(Node::table) else { return default.post_start.clone() };
    HookBehavior {
        takes: distribution(table, "takes").unwrap_or(INSTANT),
        exit: number(table, "exit").unwrap_or(0),
        output: Sym::new(text(table, "output").unwrap_or_default()),
    }
}
