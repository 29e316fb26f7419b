//! What kubectl would print at an instant: `get pods -o wide`, events, `logs` ([`super::describe`] has a file of its own).

use super::Walk;
use crate::actors::api_server;
use crate::api::{Container, ContainerId, ContainerState, ContainerStatus, InstanceState, PodSpec, Sym};
use crate::record::{Change, Event};
use crate::rules::kubectl::printing::{self, age, readiness_gates};
use crate::scenario::plan::OnTerm;
use crate::time::{Span, Time};
use crate::world::{ContainerIx, Pod, PodId, Purpose, SimEvent, World};

/// The columns of `kubectl get pods -o wide`, and the phase, which is not among them.
pub const COLUMNS: [&str; 9] =
    ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"];

/// A pod's cells under [`COLUMNS`].
pub fn cells(w: &World, pod: PodId, now: Time) -> [String; 9] {
    let p = &w.pods[pod.ix()];
    let status = p.status.read();
    let columns = printing::columns(&p.spec, &status, p.deletion.is_some(), &w.gates);
    let none = || "<none>".to_owned();
    let gates = readiness_gates(&p.spec, &status.conditions);
    [
        p.ident.name.to_string(),
        columns.ready_cell(),
        columns.status.to_string(),
        columns.restarts_cell(now),
        age(Some(p.created), now),
        status.pod_ips.first().map_or_else(none, |ip| ip.to_string()),
        p.node.map_or_else(none, |n| w.nodes[n.ix()].spec.name.to_string()),
        if status.nominated_node.is_empty() { none() } else { status.nominated_node.to_string() },
        gates.map_or_else(none, |(met, of)| format!("{met}/{of}")),
    ]
}

/// What stands in a pod's row and changes only when the pod is written: without its age, and without how long ago it was restarted.
pub fn lasting_words(w: &World, pod: PodId) -> String {
    let p = &w.pods[pod.ix()];
    let status = p.status.read();
    let columns = printing::columns(&p.spec, &status, p.deletion.is_some(), &w.gates);
    let mut words =
        format!("{} {} {} {}", p.ident.name, columns.ready_cell(), columns.status, columns.restarts);
    let ip = status.pod_ips.first().map(|ip| ip.to_string());
    let node = p.node.map(|node| w.nodes[node.ix()].spec.name.to_string());
    for word in ip.into_iter().chain(node) {
        words.push(' ');
        words.push_str(&word);
    }
    words
}

/// The pods that exist, by namespace and name as kubectl sorts them.
pub fn pods(w: &World) -> Vec<PodId> {
    pods_where(w, |_| true)
}

/// Those of them of which something is so, in that order.
pub fn pods_where(w: &World, is_so: impl Fn(&Pod) -> bool) -> Vec<PodId> {
    let is_there = |pod: &PodId| w.pods[pod.ix()].exists && is_so(&w.pods[pod.ix()]);
    let mut list: Vec<PodId> = PodId::all(w.pods.len()).filter(is_there).collect();
    list.sort_by_cached_key(|pod| {
        let ident = &w.pods[pod.ix()].ident;
        (ident.namespace.as_str(), ident.name.to_string())
    });
    list
}

/// Whether names need their namespace beside them.
pub fn several_namespaces(w: &World) -> bool {
    // Where there never was a pod in another one, nobody has to be asked.
    if w.names.namespaces().len() < 2 {
        return false;
    }
    let mut namespaces = w.pods.iter().filter(|p| p.exists).map(|p| p.ident.namespace);
    namespaces.next().is_some_and(|first| namespaces.any(|other| other != first))
}

/// `kubectl get pods -o wide` (with `-A` where there are several namespaces).
pub fn get(w: &World, now: Time) -> String {
    let list = pods(w);
    if list.is_empty() {
        return "No resources found in default namespace.\n".to_owned();
    }
    let all = several_namespaces(w);
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    if all {
        rows[0].insert(0, "NAMESPACE".to_owned());
    }
    for pod in list {
        let mut row = cells(w, pod, now).to_vec();
        if all {
            row.insert(0, w.pods[pod.ix()].ident.namespace.to_string());
        }
        rows.push(row);
    }
    table(&rows)
}

/// Columns three blanks apart, as kubectl's tables.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let mut out = tabwriter::TabWriter::new(Vec::new()).minwidth(3).padding(3);
    for row in rows {
        use std::io::Write as _;
        let _ = writeln!(out, "{}", row.join("\t"));
    }
    let text = String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default();
    text.lines().fold(String::new(), |mut all, line| {
        all.push_str(line.trim_end());
        all.push('\n');
        all
    })
}

/// An event object as it stands at the cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeenEvent {
    /// As it was last told.
    pub event: Event,
    /// When it was told first.
    pub first: Time,
    /// When it was told last.
    pub last: Time,
}

impl Walk {
    /// The events about a pod that have been told so far, the latest last.
    pub fn events(&self, pod: PodId) -> Vec<SeenEvent> {
        let mut list: Vec<SeenEvent> = Vec::new();
        for row in self.rows_about(pod) {
            let Change::Event(event) = row.change else { continue };
            match list.iter_mut().find(|seen| seen.event.object == event.object) {
                Some(seen) => *seen = SeenEvent { event, first: seen.first, last: row.time },
                None => list.push(SeenEvent { event, first: row.time, last: row.time }),
            }
        }
        list.sort_by_key(|seen| seen.last);
        list
    }

    /// [`logs`] at the cursor: also between two events a process writes its lines.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn logs(&self, pod: PodId, container: Option<&str>, previous: bool) -> Result<Vec<String>, String> {
        logs_at(self.world(), self.now(), pod, container, previous)
    }

    /// [`Walk::logs`] of a pod by its name, each line with the instant at which it was written, and whether more may come.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn timed_logs(
        &self,
        (namespace, name): (&str, &str),
        container: &str,
        previous: bool,
    ) -> Result<(Vec<(Time, String)>, bool), String> {
        let w = self.world();
        // A client is told no more than the API server says.
        let not_found = |_| format!("Error from server (NotFound): pods \"{name}\" not found");
        let pod = find(w, &format!("{namespace}/{name}")).map_err(not_found)?;
        let lines = self.logs(pod, Some(container), previous)?;
        let Some(ix) = w.find_local(pod).and_then(|p| p.find(Sym::new(container))) else {
            return Ok((Vec::new(), false));
        };
        let status = w.pods[pod.ix()].status.read();
        let mut all = status.containers.iter().chain(&status.init).chain(&status.ephemeral);
        let own = all.find(|own| own.name == container);
        let running = run_of(w, self.now(), pod, ix).filter(|_| !previous);
        let ended = own.and_then(|own| if previous { &own.last_state } else { &own.state }.terminated());
        let (from, lasts) = match (running, ended) {
            (Some((ran, runs)), _) => (Time::from_micros(self.now().micros() - ran.micros()), runs),
            (None, Some(ended)) => {
                let from = ended.started_at.unwrap_or(w.plan.start);
                (from, ended.finished_at.unwrap_or(from).since(from))
            }
            (None, None) => {
                (own.and_then(|own| own.state.running_since()).unwrap_or(w.plan.start), Span::ZERO)
            }
        };
        let gaps = (lines.len().max(2) - 1) as i64;
        let at = |ix: usize| from + Span::from_micros(lasts.micros() * ix as i64 / gaps);
        let goes_on = !previous && own.is_none_or(|own| own.state.running_since().is_some());
        Ok((lines.into_iter().enumerate().map(|(ix, line)| (at(ix), line)).collect(), goes_on))
    }

    /// `12s (x3 over 40s)`
    pub fn event_age(&self, seen: &SeenEvent) -> String {
        let now = self.now();
        let last = age(Some(seen.last), now);
        match seen.event.count {
            0 | 1 => last,
            count => format!("{last} (x{count} over {})", age(Some(seen.first), now)),
        }
    }
}

/// `kubectl logs [--previous]` as of the last event, or kubectl's refusal.
///
/// The API server answers with nothing for a pod without a node (`LogLocation`, pkg/registry/core/pod/strategy.go); the
/// kubelet looks at its status of the pod (`validateContainerLogStatus`, pkg/kubelet/kubelet_pods.go, v1.36.2), which lags
/// behind the runtime.
///
/// # Errors
/// kubectl's words.
pub fn logs(w: &World, pod: PodId, container: Option<&str>, previous: bool) -> Result<Vec<String>, String> {
    logs_at(w, w.now, pod, container, previous)
}

fn logs_at(
    w: &World,
    now: Time,
    pod: PodId,
    container: Option<&str>,
    previous: bool,
) -> Result<Vec<String>, String> {
    let Some(p) = w.find_local(pod).filter(|p| p.exists) else {
        let name = w.pods.get(pod.ix()).map_or_else(String::new, |p| p.ident.name.to_string());
        return Err(format!("Error from server (NotFound): pods \"{name}\" not found"));
    };
    let name = p.ident.name;
    let ix: ContainerIx = match container {
        Some(wanted) => p.find(Sym::new(wanted)).ok_or_else(|| {
            format!(
                "error: container {wanted} is not valid for pod {name} out of: {}",
                all_containers(&p.spec)
            )
        })?,
        None => ContainerIx::new(p.spec.init_containers.len()),
    };
    let own = p.container(ix).name;
    let Some(node) = p.node.map(|node| &w.machines[node.ix()]) else { return Ok(Vec::new()) };
    if node.kubelet.is_none() {
        let (ip, namespace) = (node.ip, p.ident.namespace);
        let cause = if node.up { "connect: connection refused" } else { "i/o timeout" };
        return Err(format!(
            "Error from server: Get \"https://{ip}:10250/containerLogs/{namespace}/{name}/{own}\": dial tcp {ip}:10250: {cause}"
        ));
    }
    let status = p.computed().unwrap_or(&p.pod.status).read();
    let all = status.containers.iter().chain(&status.init).chain(&status.ephemeral);
    let found = all.into_iter().find(|c| c.name == own);
    let id = logged(found, previous).map_err(|(what, why)| {
        format!("Error from server (BadRequest): {what} \"{own}\" in pod \"{name}\" {why}")
    })?;
    let live = p.live();
    let instances = || live.containers.iter().filter(|c| c.name == own);
    if !instances().any(|c| c.id == id) {
        return Ok(vec![format!("unable to retrieve container logs for {id}")]);
    }
    let newest = instances().next().is_some_and(|c| c.id == id);
    let Some(behavior) = p.runtime.behavior.containers.get(usize::from(ix)) else { return Ok(Vec::new()) };
    let Some(run) = p.runtime.containers.get(usize::from(ix)) else { return Ok(Vec::new()) };
    let ([of_newest, of_last], [newest_told, last_told]) = (run.played, [run.term_sent, run.last_term_sent]);
    let (attempt, was_told) = if newest { (of_newest, newest_told) } else { (of_last, last_told) };
    let attempt = behavior.attempt(attempt);
    let mut lines = attempt.log.clone();
    if let Some((ran, runs)) = run_of(w, now, pod, ix).filter(|_| newest) {
        lines.truncate(written(lines.len(), ran, runs));
    }
    if was_told {
        let due = match stop_of(w, now, pod, ix, &attempt.on_term).filter(|_| newest) {
            // The first one comes with the signal.
            Some((since, takes)) => {
                written(attempt.term_log.len(), since, takes).max(1).min(attempt.term_log.len())
            }
            None => attempt.term_log.len(),
        };
        lines.extend(attempt.term_log[..due].iter().cloned());
    }
    Ok(lines)
}

/// `AllContainerNames` (staging/src/k8s.io/kubectl/pkg/cmd/util/podcmd/podcmd.go, v1.36.2).
fn all_containers(spec: &PodSpec) -> String {
    let of = |list: &[Container], kind: &'static str| -> Vec<String> {
        list.iter().map(|own| format!("{}{kind}", own.name)).collect()
    };
    let all = [
        of(&spec.containers, ""),
        of(&spec.init_containers, " (init)"),
        of(&spec.ephemeral_containers, " (ephem)"),
    ];
    all.concat().join(", ")
}

/// How long ago a process that still runs was told to stop, and how long that takes it; None where that has no end of its own.
fn stop_of(w: &World, now: Time, pod: PodId, ix: ContainerIx, on_term: &OnTerm) -> Option<(Span, Span)> {
    let OnTerm::After { after, .. } = on_term else { return None };
    let generation = w.local(pod).runtime.containers.get(usize::from(ix))?.generation;
    let exit = SimEvent::TermExit { pod, container: ix, generation };
    let (at, ..) = *w.queue.waiting_where(|_, event| event == exit).first()?;
    let takes = w.container_span(Purpose::TermExit, pod, ix, w.instance_number(pod, ix), after);
    Some((now.since(at - takes), takes))
}

/// For how long the process of a container has been running, and will have run when it ends by itself.
fn run_of(w: &World, now: Time, pod: PodId, ix: ContainerIx) -> Option<(Span, Span)> {
    let p = w.local(pod);
    let live = p.live().newest(p.container(ix).name).copied()?;
    let started = live.started_at.filter(|_| live.state == InstanceState::Running)?;
    let own = p.runtime.containers.get(usize::from(ix))?.generation;
    let exit = SimEvent::Exit { pod, container: ix, generation: own };
    let end = w.queue.waiting_where(|_, event| event == exit);
    end.first().map(|(at, ..)| (now.since(started), at.since(started)))
}

/// How many of its lines a process has written by now. They are spread evenly over a run that ends by itself: the first
/// one comes with the start, the last one with the end. Of one that runs on, all are there from its start.
fn written(lines: usize, ran: Span, runs: Span) -> usize {
    let due = |line: usize| match lines - 1 {
        0 => ran >= runs,
        gaps => ran.micros() * gaps as i64 >= runs.micros() * line as i64,
    };
    (0..lines).take_while(|line| due(*line)).count()
}

/// `validateContainerLogStatus`: whose log is shown, or what is not there to show, and why not.
fn logged(
    status: Option<&ContainerStatus>,
    previous: bool,
) -> Result<ContainerId, (&'static str, std::borrow::Cow<'static, str>)> {
    let refused = |why: &'static str| ("container", why.into());
    let status = status.ok_or_else(|| refused("is not available"))?;
    let of = |state: &ContainerState| {
        state.terminated().map(|ended| ended.container_id).filter(|id| *id != ContainerId::None)
    };
    let last = of(&status.last_state);
    match status.state {
        _ if previous => last.ok_or(("previous terminated container", "not found".into())),
        ContainerState::Running { .. } => Ok(status.container_id),
        ContainerState::Terminated(_) => of(&status.state).or(last).ok_or_else(|| refused("is terminated")),
        _ if status.last_state.terminated().is_some() => last.ok_or_else(|| refused("is terminated")),
        ContainerState::Waiting { reason, .. } => Err(match reason {
            Sym::ERR_IMAGE_PULL => refused("is waiting to start: image can't be pulled"),
            Sym::IMAGE_PULL_BACK_OFF => refused("is waiting to start: trying and failing to pull image"),
            reason => ("container", format!("is waiting to start: {reason}").into()),
        }),
        ContainerState::Unset => Err(refused("is waiting to start - no logs yet")),
    }
}

/// Finds a pod that exists by its name, with or without `pod/` (or `pod `) and namespace.
///
/// # Errors
/// kubectl's words, and the name that was probably meant.
pub fn find(w: &World, word: &str) -> Result<PodId, String> {
    let kind = |word: &'_ str| matches!(word, "pod" | "pods" | "po");
    let word = match word.split_once(['/', ' ']) {
        Some((first, rest)) if kind(first) => rest.trim(),
        _ => word,
    };
    let (namespace, name) = match word.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, word),
    };
    called(w, namespace, name).ok_or_else(|| {
        let list = pods(w);
        let names: Vec<String> = list.iter().map(|pod| w.pods[pod.ix()].ident.name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let near = crate::scenario::diagnostic::nearest(name, &names);
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("Error from server (NotFound): pods \"{name}\" not found{hint}")
    })
}

/// The pod of a name in a namespace, or in the first that has one.
pub fn called(w: &World, namespace: Option<&str>, name: &str) -> Option<PodId> {
    let mut namespaces: Vec<Sym> = w.names.namespaces().to_vec();
    namespaces.retain(|own| namespace.is_none_or(|wanted| *own == wanted));
    namespaces.sort_by_key(|own| own.as_str());
    namespaces.into_iter().find_map(|own| api_server::find_pod(w, own, Sym::new(name)))
}

/// How long ago, for a container's state: `12s`.
pub fn ago(at: Option<Time>, now: Time) -> Span {
    at.map_or(Span::ZERO, |at| now.since(at))
}
