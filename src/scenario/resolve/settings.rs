//! Gates, latencies, kubelets, controllers, nodes, images: everything but pods and what they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Context, distribution, flag, number, scalar, span, string_map, strings, tables, text};
use crate::api::{Effect, NodeSpec, Sym, Taint};
use crate::engine::Distribution;
use crate::rules::kubelet::sysctl;
use crate::rules::machinery::image_name;
use crate::rules::scheduler::placement::amounts::is_extended;
use crate::rules::versions::Version;
use crate::rules::versions::gates::{Gate, GateError, Gates};
use crate::scenario::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::scenario::limits;
use crate::scenario::plan::{
    Controllers, ImagePlan, ImageUser, KubeletConfig, Latency, NodePlan, Outage, Uptime,
};
use crate::scenario::programs::matches;
use crate::scenario::tree::{Node, Table};
use crate::scenario::values;
use crate::time::{Span, Time};

pub fn gates(table: &Table, problems: &mut Diagnostics) -> Gates {
    let version = text(table, "kubernetes").and_then(Version::parse).unwrap_or_default();
    let mut gates = Gates::of(version);
    for entry in table.get("featureGates").and_then(Node::table).map_or(&[][..], |t| &t.entries) {
        let Some(value) = entry.node.bool() else { continue };
        match gates.set(&entry.key, value) {
            Ok(()) => {}
            Err(GateError::Unknown) => problems.push(
                Diagnostic::new(
                    Code::BadValue,
                    entry.key_loc,
                    format!("`{}` is no feature gate that changes a pod's life here", entry.key),
                )
                .nearest(&entry.key, Gate::ALL.iter().map(|gate| gate.name())),
            ),
            Err(GateError::TooNew(since)) => problems.push(
                Diagnostic::new(
                    Code::BadValue,
                    entry.key_loc,
                    format!("Kubernetes {} does not know the gate `{}`", version.as_str(), entry.key),
                )
                .label(format!("known since {}", since.as_str()))
                .hint(format!("set `kubernetes = \"{}\"`", since.as_str())),
            ),
        }
    }
    gates
}

pub fn latency(table: Option<&Table>) -> Latency {
    let millis = |key: &str, millis: i64| {
        table.and_then(|t| distribution(t, key)).unwrap_or(Distribution::Constant(Span::from_millis(millis)))
    };
    Latency {
        schedule: millis("schedule", 2),
        bind: millis("bind", 4),
        watch: millis("watch", 2),
        status_update: millis("statusUpdate", 20),
        sandbox: millis("sandbox", 300),
        volumes: millis("volumes", 300),
        create: millis("create", 30),
        start: millis("start", 50),
        stop: millis("stop", 0),
        stop_sandbox: millis("stopSandbox", 50),
        probe: millis("probe", 10),
        inspect_image: millis("inspectImage", 12),
    }
}

pub fn controllers(table: Option<&Table>) -> Controllers {
    let secs = |key: &str, secs: i64| table.and_then(|t| span(t, key)).unwrap_or(Span::from_secs(secs));
    Controllers {
        node_monitor_period: secs("nodeMonitorPeriod", 5),
        node_monitor_grace_period: secs("nodeMonitorGracePeriod", 50),
        pod_gc_period: secs("podGCPeriod", 20),
        terminated_pod_gc_threshold: table
            .and_then(|t| number(t, "terminatedPodGCThreshold"))
            .unwrap_or(12_500),
        legacy_unknown_phase: table.and_then(|t| flag(t, "legacyUnknownPhase")).unwrap_or(false),
    }
}

/// `SetDefaults_KubeletConfiguration` and the eviction defaults of Linux.
fn kubelet_defaults() -> KubeletConfig {
    KubeletConfig {
        sync_frequency: Span::from_secs(60),
        serialize_image_pulls: true,
        max_parallel_image_pulls: None,
        registry_pull_qps: 5,
        registry_burst: 10,
        max_container_restart_period: None,
        max_pods: 110,
        node_status_update_frequency: Span::from_secs(10),
        node_status_report_frequency: Span::from_secs(300),
        node_lease_duration: Span::from_secs(40),
        shutdown_grace_period: Span::ZERO,
        shutdown_grace_period_critical_pods: Span::ZERO,
        eviction_hard: default_thresholds(),
        eviction_soft: BTreeMap::new(),
        eviction_soft_grace_period: BTreeMap::new(),
        eviction_max_pod_grace_period: Span::ZERO,
        eviction_pressure_transition_period: Span::from_secs(300),
        volume_stats_agg_period: Span::from_secs(60),
        allowed_unsafe_sysctls: Vec::new(),
    }
}

fn default_thresholds() -> BTreeMap<String, String> {
    [
        ("memory.available", "100Mi"),
        ("nodefs.available", "10%"),
        ("nodefs.inodesFree", "5%"),
        ("imagefs.available", "15%"),
        ("imagefs.inodesFree", "5%"),
    ]
    .map(|(signal, amount)| (signal.to_owned(), amount.to_owned()))
    .into()
}

const SIGNALS: [&str; 9] = [
    "memory.available",
    "nodefs.available",
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "containerfs.available",
    "containerfs.inodesFree",
    "allocatableMemory.available",
    "pid.available",
];

/// A KubeletConfiguration over `base` (the file's, for a node's own).
pub fn kubelet(table: Option<&Table>, base: Option<&KubeletConfig>, cx: &mut Context<'_>) -> KubeletConfig {
    let mut config = base.cloned().unwrap_or_else(kubelet_defaults);
    let Some(table) = table else { return config };
    for (key, field) in [
        ("syncFrequency", &mut config.sync_frequency),
        ("nodeStatusUpdateFrequency", &mut config.node_status_update_frequency),
        ("evictionPressureTransitionPeriod", &mut config.eviction_pressure_transition_period),
    ] {
        // No time at all stands for the default (`SetDefaults_KubeletConfiguration`, pkg/kubelet/apis/config/v1beta1/defaults.go).
        if let Some(value) = span(table, key).filter(|value| *value > Span::ZERO) {
            *field = value;
        }
    }
    for (key, field) in [
        ("shutdownGracePeriod", &mut config.shutdown_grace_period),
        ("shutdownGracePeriodCriticalPods", &mut config.shutdown_grace_period_critical_pods),
        ("volumeStatsAggPeriod", &mut config.volume_stats_agg_period),
    ] {
        if let Some(value) = span(table, key) {
            *field = value;
        }
    }
    let positive = |key: &str| span(table, key).filter(|value| *value > Span::ZERO);
    match positive("nodeStatusReportFrequency") {
        Some(value) => config.node_status_report_frequency = value,
        // Upstream's surprise: whoever sets the one sets the other.
        None if positive("nodeStatusUpdateFrequency").is_some() => {
            config.node_status_report_frequency = config.node_status_update_frequency;
        }
        None => {}
    }
    image_pulls(table, &mut config, cx);
    for (key, field) in [
        ("registryPullQPS", &mut config.registry_pull_qps),
        ("registryBurst", &mut config.registry_burst),
        ("maxPods", &mut config.max_pods),
    ] {
        if let Some(value) = number(table, key) {
            *field = value;
        }
    }
    if let Some(value) = number::<i64>(table, "nodeLeaseDurationSeconds") {
        config.node_lease_duration = Span::from_secs(value);
    }
    if let Some(value) = number::<i64>(table, "evictionMaxPodGracePeriod") {
        config.eviction_max_pod_grace_period = Span::from_secs(value);
    }
    crash_loop_period(table, &mut config, cx);
    shutdown_periods(table, &config, cx);
    evictions(table, &mut config, cx);
    unsafe_sysctls(table, &mut config, cx);
    config
}

/// Each entry must be one that the kubelet starts with.
fn unsafe_sysctls(table: &Table, config: &mut KubeletConfig, cx: &mut Context<'_>) {
    let Some(list) = table.get("allowedUnsafeSysctls") else { return };
    for entry in list.array().unwrap_or_default() {
        if let Some(why) = entry.text().and_then(sysctl::refused_pattern) {
            cx.report(Diagnostic::new(Code::BadValue, entry.loc, "the kubelet would not start").label(why));
        }
    }
    config.allowed_unsafe_sysctls = strings(table, "allowedUnsafeSysctls");
}

fn image_pulls(table: &Table, config: &mut KubeletConfig, cx: &mut Context<'_>) {
    if let Some(value) = flag(table, "serializeImagePulls") {
        config.serialize_image_pulls = value;
    }
    if let Some(value) = number(table, "maxParallelImagePulls") {
        config.max_parallel_image_pulls = Some(value);
        if config.serialize_image_pulls && value > 1 {
            let loc = table.get("maxParallelImagePulls").map(|n| n.loc).unwrap_or_default();
            cx.report(
                Diagnostic::new(
                    Code::Conflict,
                    loc,
                    "maxParallelImagePulls above 1 contradicts serializeImagePulls = true",
                )
                .hint("set `serializeImagePulls = false`"),
            );
        }
    }
}

fn crash_loop_period(table: &Table, config: &mut KubeletConfig, cx: &mut Context<'_>) {
    if let Some(node) =
        table.get("crashLoopBackOff").and_then(Node::table).and_then(|t| t.get("maxContainerRestartPeriod"))
        && let Ok(period) = values::duration(node)
    {
        if period < Span::from_secs(1) || period > Span::from_secs(300) {
            cx.report(
                Diagnostic::new(Code::BadValue, node.loc, "the kubelet would refuse this back-off")
                    .label("expected 1s to 300s"),
            );
        }
        config.max_container_restart_period = Some(period);
        if !cx.gates.crash_loop_max {
            cx.report(
                Diagnostic::new(
                    Code::NoEffect,
                    node.loc,
                    "has no effect without the feature gate KubeletCrashLoopBackOffMax",
                )
                .hint("set `featureGates = { KubeletCrashLoopBackOffMax = true }`"),
            );
        }
    }
}

/// Those of critical pods are a part of the whole.
fn shutdown_periods(table: &Table, config: &KubeletConfig, cx: &mut Context<'_>) {
    if config.shutdown_grace_period_critical_pods > config.shutdown_grace_period {
        let loc = table
            .get("shutdownGracePeriodCriticalPods")
            .or_else(|| table.get("shutdownGracePeriod"))
            .map(|n| n.loc)
            .unwrap_or_default();
        cx.report(Diagnostic::new(
            Code::Conflict,
            loc,
            "shutdownGracePeriodCriticalPods is a part of shutdownGracePeriod and cannot be longer",
        ));
    }
}

fn evictions(table: &Table, config: &mut KubeletConfig, cx: &mut Context<'_>) {
    let merge = flag(table, "mergeDefaultEvictionSettings").unwrap_or(false);
    if let Some(hard) = thresholds(table, "evictionHard", cx) {
        config.eviction_hard = if merge { default_thresholds() } else { BTreeMap::new() };
        config.eviction_hard.extend(hard);
    }
    if let Some(soft) = thresholds(table, "evictionSoft", cx) {
        config.eviction_soft = soft;
    }
    if let Some(graces) = table.get("evictionSoftGracePeriod").and_then(Node::table) {
        config.eviction_soft_grace_period = graces
            .entries
            .iter()
            .filter_map(|e| values::duration(&e.node).ok().map(|grace| (e.key.clone(), grace)))
            .collect();
    }
    soft_alone(table, config, cx);
    for signal in config.eviction_soft.keys() {
        if !config.eviction_soft_grace_period.contains_key(signal) {
            let loc = table.get("evictionSoft").map(|n| n.loc).unwrap_or_default();
            cx.report(
                Diagnostic::new(
                    Code::MissingKey,
                    loc,
                    format!("the soft threshold `{signal}` has no grace period"),
                )
                .hint(format!("evictionSoftGracePeriod = {{ \"{signal}\" = \"30s\" }}")),
            );
        }
    }
}

/// What says more of soft thresholds means nothing without the threshold.
fn soft_alone(table: &Table, config: &KubeletConfig, cx: &mut Context<'_>) {
    let graces = table.get("evictionSoftGracePeriod").and_then(Node::table);
    for entry in graces.map_or(&[][..], |t| &t.entries) {
        if !config.eviction_soft.contains_key(&entry.key) {
            let title = format!("there is no soft threshold `{}`", entry.key);
            cx.report(
                Diagnostic::new(Code::NoEffect, entry.key_loc, title)
                    .hint(format!("evictionSoft = {{ \"{}\" = \"10%\" }}", entry.key)),
            );
        }
    }
    if let Some(longest) =
        table.entry("evictionMaxPodGracePeriod").filter(|_| config.eviction_soft.is_empty())
    {
        let title = "evictionMaxPodGracePeriod has no effect without evictionSoft";
        cx.report(
            Diagnostic::new(Code::NoEffect, longest.key_loc, title)
                .label("a hard threshold leaves a pod one second"),
        );
    }
}

/// Signals that nothing here measures, and that no action makes short.
const UNMEASURED: [&str; 6] = [
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "containerfs.available",
    "containerfs.inodesFree",
    "allocatableMemory.available",
];

fn thresholds(table: &Table, key: &str, cx: &mut Context<'_>) -> Option<BTreeMap<String, String>> {
    let entries = &table.get(key)?.table()?.entries;
    for entry in entries.iter().filter(|e| !SIGNALS.contains(&e.key.as_str())) {
        cx.report(
            Diagnostic::new(Code::BadValue, entry.key_loc, format!("`{}` is no eviction signal", entry.key))
                .nearest(&entry.key, SIGNALS),
        );
    }
    for entry in entries.iter().filter(|e| UNMEASURED.contains(&e.key.as_str())) {
        let title = format!("nothing measures `{}` here", entry.key);
        cx.report(
            Diagnostic::new(Code::NoEffect, entry.key_loc, title)
                .hint("memory.available is measured; disk and PIDs run short by an action's `pressure`"),
        );
    }
    Some(entries.iter().filter_map(|e| scalar(&e.node).map(|amount| (e.key.clone(), amount))).collect())
}

const NANO: i128 = 1_000_000_000;

fn default_capacity(max_pods: u32) -> BTreeMap<String, i128> {
    [
        ("cpu", 16 * NANO),
        ("memory", (64 << 30) * NANO),
        ("ephemeral-storage", (100 << 30) * NANO),
        ("pods", i128::from(max_pods) * NANO),
    ]
    .map(|(name, amount)| (name.to_owned(), amount))
    .into()
}

fn quantities(table: &Table, key: &str) -> BTreeMap<String, i128> {
    let entries = table.get(key).and_then(Node::table).map_or(&[][..], |t| &t.entries);
    entries.iter().filter_map(|e| values::quantity(&e.node).ok().map(|q| (e.key.clone(), q))).collect()
}

pub fn nodes(table: &Table, base: &KubeletConfig, cx: &mut Context<'_>) -> Vec<NodePlan> {
    let shared = Arc::new(base.clone());
    let of_file = table.get("kubelet").and_then(Node::table);
    let written = tables(table, "node");
    if written.is_empty() && table.get("node").is_none() {
        return vec![node_plan("node", &Table::default(), of_file, &shared)];
    }
    let mut plans: Vec<NodePlan> = Vec::new();
    let (mut names, mut total) = (BTreeSet::new(), 0);
    for (node, entry) in written {
        let own = entry.get("kubelet").and_then(Node::table);
        let config = if own.is_some() { Arc::new(kubelet(own, Some(base), cx)) } else { Arc::clone(&shared) };
        let Some(name) = text(entry, "name") else { continue };
        let at = entry.get("name").map_or(node.loc, |n| n.loc);
        if !is_dns_subdomain(name) {
            cx.report(bad_name(at, name));
        }
        let count = node_count(node, entry, &mut total, cx);
        let joins = joins(entry, cx);
        let all: Vec<String> = if count == 1 {
            vec![name.to_owned()]
        } else {
            (0..count).map(|i| format!("{name}-{i}")).collect()
        };
        for name in all {
            if !names.insert(name.clone()) {
                cx.report(Diagnostic::new(Code::Duplicate, at, format!("there is a node `{name}` already")));
                break;
            }
            let reserved =
                own.filter(|t| t.get("kubeReserved").or_else(|| t.get("systemReserved")).is_some());
            plans.push(NodePlan { joins, ..node_plan(&name, entry, reserved.or(of_file), &config) });
        }
        if let Some(plan) = plans.last() {
            plugins_of_nothing(entry, plan, cx);
        }
    }
    plans
}

/// When a node joins that is not there from the start.
fn joins(entry: &Table, cx: &mut Context<'_>) -> Option<Time> {
    entry.get("at")?;
    let at = cx.instant(entry, "at", "the node's coming");
    if at > cx.start
        && let Some(uptime) = entry.entry("kubeletUptime")
    {
        cx.report(
            Diagnostic::new(Code::Conflict, uptime.key_loc, "its kubelet starts when the node joins")
                .hint("leave `kubeletUptime` out, or `at`"),
        );
    }
    (at > cx.start).then_some(at)
}

/// How many nodes an entry stands for; beyond [`limits::NODES`] in all it is told, and only a few are made.
fn node_count(node: &Node, entry: &Table, total: &mut i64, cx: &mut Context<'_>) -> u32 {
    let written = entry.get("count");
    let count = written.and_then(Node::integer).unwrap_or(1).max(1);
    let (before, most) = (*total, i64::from(limits::NODES));
    *total = before.saturating_add(count);
    if *total <= most {
        return u32::try_from(count).unwrap_or(limits::SHOWN);
    }
    // That there are too many in one entry the checker has told.
    if before <= most && count <= most {
        let title = format!("with these, there are {total} nodes");
        let item = Diagnostic::new(Code::BadValue, written.unwrap_or(node).loc, title);
        cx.report(item.label(format!("expected no more than {most} in all")));
    }
    u32::try_from(count).map_or(limits::SHOWN, |count| count.min(limits::SHOWN))
}

fn device_plugins(entry: &Table) -> Vec<(Sym, Span)> {
    let entries = entry.get("devicePlugins").and_then(Node::table).map_or(&[][..], |t| &t.entries);
    entries
        .iter()
        .filter_map(|e| values::duration(&e.node).ok().map(|delay| (Sym::new(&e.key), delay)))
        .collect()
}

/// Tells of device plugins whose resource the node does not have.
fn plugins_of_nothing(entry: &Table, plan: &NodePlan, cx: &mut Context<'_>) {
    let known: Vec<&str> =
        plan.spec.capacity.keys().map(String::as_str).filter(|name| is_extended(name)).collect();
    let written = entry.get("devicePlugins").and_then(Node::table);
    for plugin in written.map_or(&[][..], |t| &t.entries) {
        if !known.contains(&plugin.key.as_str()) {
            let item = Diagnostic::new(
                Code::UnknownTarget,
                plugin.key_loc,
                format!("this node has no extended resource `{}`", plugin.key),
            );
            cx.report(if known.is_empty() {
                item.hint(format!("capacity = {{ \"{}\" = 1 }}", plugin.key))
            } else {
                item.nearest(&plugin.key, known.iter().copied())
            });
        }
    }
}

fn node_plan(name: &str, entry: &Table, reserving: Option<&Table>, config: &Arc<KubeletConfig>) -> NodePlan {
    let mut labels = string_map(entry, "labels");
    for (key, value) in
        [("kubernetes.io/hostname", name), ("kubernetes.io/os", "linux"), ("kubernetes.io/arch", "amd64")]
    {
        labels.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
    let mut capacity = default_capacity(config.max_pods);
    capacity.extend(quantities(entry, "capacity"));
    let mut allocatable = capacity.clone();
    for key in ["kubeReserved", "systemReserved"] {
        for (resource, amount) in reserving.map(|t| quantities(t, key)).unwrap_or_default() {
            if let Some(left) = allocatable.get_mut(&resource) {
                *left = (*left - amount).max(0);
            }
        }
    }
    allocatable.extend(quantities(entry, "allocatable"));
    NodePlan {
        spec: NodeSpec {
            name: Sym::new(name),
            labels,
            taints: tables(entry, "taints").into_iter().filter_map(|(_, t)| taint(t)).collect(),
            unschedulable: flag(entry, "unschedulable").unwrap_or(false),
            capacity,
            allocatable,
            images: strings(entry, "images").iter().map(|i| Sym::new(i)).collect(),
            // The kubelet says it when it starts.
            declared_features: Vec::new(),
        },
        kubelet: Arc::clone(config),
        device_plugins: device_plugins(entry),
        inspect_error: text(entry, "inspectError").map(Sym::new),
        runtime_handlers: entry
            .get("runtimeHandlers")
            .map(|_| strings(entry, "runtimeHandlers").iter().map(|own| Sym::new(own)).collect()),
        joins: None,
        kubelet_uptime: distribution(entry, "kubeletUptime")
            .map(|how_long| Uptime { how_long, together: Sym::new(text(entry, "name").unwrap_or(name)) }),
    }
}

pub fn effect(word: &str) -> Option<Effect> {
    [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute].into_iter().find(|e| e.as_str() == word)
}

pub fn taint(table: &Table) -> Option<Taint> {
    Some(Taint {
        key: Sym::new(text(table, "key")?),
        value: Sym::new(text(table, "value").unwrap_or_default()),
        effect: effect(text(table, "effect")?)?,
    })
}

/// RFC 1123 subdomain, as names of pods and nodes are.
pub fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

pub fn bad_name(loc: crate::scenario::tree::Loc, name: &str) -> Diagnostic {
    let item = Diagnostic::new(Code::BadValue, loc, format!("`{name}` is no name of an object"))
        .label("expected lower case letters, digits, `-` and `.`, letters or digits at both ends");
    let better: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect();
    if is_dns_subdomain(&better) { item.hint(format!("\"{better}\"?")) } else { item }
}

const DEFAULT_IMAGE_BYTES: u64 = 100 << 20;
const DEFAULT_IMAGE_USER: i64 = 1000;
const PULL_BYTES_A_SECOND: u64 = 50 << 20;

/// How long a pull of so many bytes takes where nothing is said: 200 ms for the registry, then 50 MiB a second.
fn pull_of(bytes: u64) -> Distribution {
    let micros = u128::from(bytes) * 1_000_000 / u128::from(PULL_BYTES_A_SECOND);
    Distribution::Constant(
        Span::from_millis(200) + Span::from_micros(i64::try_from(micros).unwrap_or(i64::MAX)),
    )
}

/// An image that no `[[image]]` names.
pub fn image_default() -> ImagePlan {
    ImagePlan {
        reference: Sym::EMPTY,
        size_bytes: DEFAULT_IMAGE_BYTES,
        pull: pull_of(DEFAULT_IMAGE_BYTES),
        pull_present: pull_of(0),
        error: None,
        user: ImageUser::Number(DEFAULT_IMAGE_USER),
        secret: None,
        failures: None,
        fail_takes: Distribution::Constant(Span::from_millis(400)),
        inspect_error: None,
        outages: Vec::new(),
    }
}

/// `root` is the one name whose number is known.
fn image_user(image: &Table) -> ImageUser {
    match image.get("user").and_then(scalar) {
        None => ImageUser::Number(DEFAULT_IMAGE_USER),
        Some(user) => match (user.as_str(), user.parse()) {
            ("root", _) => ImageUser::Number(0),
            (_, Ok(number)) => ImageUser::Number(number),
            (name, Err(_)) => ImageUser::Name(Sym::new(name)),
        },
    }
}

/// When the registry of an image does not answer.
fn outages(image: &Table, cx: &mut Context<'_>) -> Vec<Outage> {
    let mut plans = Vec::new();
    for (_, entry) in tables(image, "outages") {
        let from = cx.instant(entry, "from", "the outage");
        let until =
            entry.get("until").map(|node| (node.loc, cx.instant(entry, "until", "the end of the outage")));
        if let Some((loc, until)) = until
            && until <= from
        {
            cx.report(
                Diagnostic::new(Code::BadValue, loc, "the outage ends before it begins")
                    .label("not after `from`"),
            );
        }
        plans.push(Outage {
            from,
            until: until.map(|(_, until)| until),
            error: text(entry, "error").map(Sym::new),
        });
    }
    plans
}

pub fn images(table: &Table, cx: &mut Context<'_>) -> Vec<ImagePlan> {
    let mut plans: Vec<ImagePlan> = Vec::new();
    let mut known = BTreeSet::new();
    for (node, entry) in tables(table, "image") {
        let Some(reference) = text(entry, "ref") else { continue };
        let at = entry.get("ref").map_or(node.loc, |n| n.loc);
        if !known.insert(reference) {
            cx.report(Diagnostic::new(
                Code::Duplicate,
                at,
                format!("there is an image `{reference}` already"),
            ));
        }
        let error = text(entry, "error");
        for key in ["failures", "failTakes"] {
            let may_fail = ["secret", "outages"].iter().any(|other| entry.entry(other).is_some());
            let fails = error.is_some() || (key == "failTakes" && may_fail);
            if let (Some(node), false) = (entry.entry(key), fails) {
                cx.report(
                    Diagnostic::new(Code::MissingKey, node.key_loc, format!("`{key}` without an `error`"))
                        .label("this image never fails")
                        .hint("say how it fails: error = \"manifest unknown\""),
                );
            }
        }
        let size_bytes = entry
            .get("size")
            .and_then(|n| values::quantity(n).ok())
            .map_or(DEFAULT_IMAGE_BYTES, |q| u64::try_from(q / NANO).unwrap_or(u64::MAX));
        let pull = distribution(entry, "pull");
        plans.push(ImagePlan {
            reference: Sym::new(reference),
            size_bytes,
            pull_present: distribution(entry, "pullPresent")
                .or_else(|| pull.clone())
                .unwrap_or_else(|| pull_of(0)),
            pull: pull.unwrap_or_else(|| pull_of(size_bytes)),
            error: error.map(Sym::new),
            user: image_user(entry),
            secret: text(entry, "secret").map(Sym::new),
            failures: number(entry, "failures"),
            fail_takes: distribution(entry, "failTakes").unwrap_or(image_default().fail_takes),
            inspect_error: text(entry, "inspectError").map(Sym::new),
            outages: outages(entry, cx),
        });
    }
    plans
}

/// Tells of images that nobody will ever pull: mostly a tag that differs from the one in the pod.
pub fn unused_images(table: &Table, cx: &mut Context<'_>) {
    let containers = super::programs::containers_known(cx);
    let volumes = super::programs::image_volumes_known(cx);
    let mut used: BTreeSet<&str> = containers.iter().map(|(_, image)| image.as_str()).collect();
    used.extend(volumes.iter().map(String::as_str));
    used.extend(tables(table, "action").into_iter().filter_map(|(_, t)| text(t, "image")));
    if cx.unsettled || !cx.refused.is_empty() {
        return;
    }
    const NAMED: usize = 100;
    let mut told = 0;
    let normal: BTreeSet<String> = used.iter().map(|image| image_name::normal(image)).collect();
    for (_, entry) in tables(table, "image") {
        let Some(node) = entry.get("ref") else { continue };
        let Some(reference) = node.text() else { continue };
        let own = image_name::normal(reference);
        let is_used =
            normal.contains(&own) || (own.contains('*') && normal.iter().any(|name| matches(&own, name)));
        if !is_used {
            let item = Diagnostic::new(
                Code::NoEffect,
                node.loc,
                format!("no container uses the image `{reference}`"),
            );
            // Nobody reads very many, and a name for each would cost as much as all of them by all others.
            told += 1;
            cx.problems.push(if told > NAMED { item } else { item.nearest(reference, used.iter().copied()) });
        }
    }
}
