//! Why a container is in its state: starts, refusals, ends, stops, probes.

use super::chain::Chain;
use crate::api::{ContainerState, InstanceState, ProbeKind, RuntimeContainer, Sym, Text};
use crate::record::{Change, Transition};
use crate::rules::kubelet::reasons::{self, Blame, Next};
use crate::scenario::plan::{ContainerBehavior, ObjectKind};
use crate::scenario::programs::Knock;
use crate::session::words::about;
use crate::time::Time;
use crate::world::{ContainerIx, SimEvent};

impl Chain<'_> {
    pub(super) fn container(&mut self, step: u64, ix: ContainerIx, state: &ContainerState) {
        let tracks = &self.lineage.containers[usize::from(ix)];
        match state {
            ContainerState::Waiting { reason, .. } => {
                let failed = |f: &Option<(Sym, Text)>| f.is_some_and(|(r, _)| r == *reason);
                match tracks.start_failure.last(step, failed) {
                    Some((since, Some((reason, text)))) => self.refused(since, ix, *reason, *text),
                    _ => self.not_started(step, ix),
                }
            }
            ContainerState::Running { .. } => self.instance(step, ix, InstanceState::Running),
            ContainerState::Terminated(_) => self.instance(step, ix, InstanceState::Exited),
            ContainerState::Unset => self.queue(step),
        }
    }

    /// The instance that a status tells of: when it was seen in this state, and when it came to it.
    fn instance(&mut self, step: u64, ix: ContainerIx, state: InstanceState) {
        let tracks = &self.lineage.containers[usize::from(ix)];
        let any = |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == state);
        // What the kubelet knew at that step; the end of a pod is read from the runtime itself.
        let seen = tracks.seen.at(step).filter(|(_, c)| any(c)).or_else(|| tracks.live.last(step, any));
        let Some(id) = seen.and_then(|(_, c)| c.map(|c| c.id)) else { return self.queue(step) };
        let own = |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == state && c.id == id);
        let (name, ended) = (self.name(ix), state == InstanceState::Exited);
        if let Some((at, _)) = tracks.seen.last(step, own) {
            if ended && tracks.live.at(step).is_some_and(|(_, c)| c.is_none()) {
                let what =
                    format!("removed what was dead of the pod: nobody could say any more how {name} ended");
                self.add(at, "kubelet: sync loop", what);
            }
            self.relist(at, &format!("{name} {}", if ended { "ended" } else { "running" }));
        }
        match tracks.live.last(step, own) {
            Some((since, _)) if ended => self.exited(since, ix),
            Some((since, _)) => self.started(since, ix),
            None => self.queue(step),
        }
    }

    /// A start was refused or failed.
    pub(super) fn refused(&mut self, step: u64, ix: ContainerIx, reason: Sym, text: Text) {
        let name = self.name(ix);
        let words = self.text(text);
        match reason {
            Sym::CRASH_LOOP_BACK_OFF => {
                let ended =
                    |c: &Option<RuntimeContainer>| c.is_some_and(|c| c.state == InstanceState::Exited);
                let last = self.lineage.containers[usize::from(ix)].live.last(step, ended);
                let finished = last.and_then(|(_, c)| c.and_then(|c| c.finished_at));
                let say = match (text, finished) {
                    (Text::CrashBackOff { delay, .. }, Some(finished)) => {
                        let until = finished + delay.into();
                        format!(
                            "refused to start {name}: its back-off of {delay} counts from its end at {} and lasts until {}. \
                             The refusal stays in the reason cache; only the next sync shows it. Each further failure \
                             doubles the back-off, up to its maximum",
                            self.clock(finished),
                            self.clock(until)
                        )
                    }
                    _ => format!("refused to start {name}: {words}"),
                };
                self.add(step, "kubelet: runtime manager", say);
                match last {
                    Some((since, _)) => self.exited(since, ix),
                    None => self.queue(step),
                }
            }
            Sym::IMAGE_PULL_BACK_OFF => {
                self.told(step, ix, reason, &words);
                let pulled = |f: &Option<(Sym, Text)>| {
                    f.is_some_and(|(r, _)| {
                        reasons::waiting(r).is_some_and(|own| own.next == Next::PullFailed)
                    })
                };
                match self.lineage.containers[usize::from(ix)].start_failure.last(step, pulled) {
                    Some((since, Some((reason, text)))) => self.refused(since, ix, *reason, *text),
                    _ => self.queue(step),
                }
            }
            reason => self.told(step, ix, reason, &words),
        }
    }

    /// What the table of reasons says of a start that came to nothing: who said no, and what of the scenario is behind it.
    fn told(&mut self, step: u64, ix: ContainerIx, reason: Sym, words: &str) {
        let name = self.name(ix);
        let Some(own) = reasons::waiting(reason) else {
            // Of another reason nobody here knows who says so.
            return self.add(step, "runtime", format!("{name} could not be started, {reason}: {words}"));
        };
        // The message comes last: what is in braces there is its own.
        let why = own.why.replace("{name}", &name).replace("{reason}", &reason).replace("{words}", words);
        self.add(step, own.by, why);
        match own.blame {
            Blame::Before => {}
            Blame::Registry => {
                let image = self.pod().map_or(Sym::EMPTY, |p| p.container(ix).image);
                match self.missing_secret(image) {
                    Some(words) => self.scenario(format!("[[image]] {image} {words}")),
                    None => self.scenario(format!("[[image]] {image}: its pulls fail with this error")),
                }
            }
            Blame::Inspection => self.scenario("the [[node]] or the [[image]] has an inspectError"),
            Blame::Spec => self.scenario(format!("the pod's spec asks for this image of {name}")),
            Blame::Needs => self
                .scenario("what it needs is not there (an [[object]] that is missing, or the image's user)"),
            Blame::Attempts => self.scenario(format!("{} attempts say so", self.said_by(name))),
        }
    }

    /// Which Secret a registry wants that the pod did not present.
    fn missing_secret(&self, image: Sym) -> Option<String> {
        let (w, p) = (self.walk.world(), self.pod()?);
        let plan = w.images.plan(&w.plan, Sym::new(&crate::rules::machinery::image_name::normal(&image)));
        let secret = plan.secret?;
        let namespace = p.ident.namespace;
        let named = p.spec.image_pull_secrets.iter().any(|own| own.name == secret.as_str());
        let why = match (named, w.object_exists(ObjectKind::Secret, namespace, &secret)) {
            (false, _) => "which the pod's imagePullSecrets do not name".to_owned(),
            (true, false) => format!("which does not exist in the namespace {namespace}"),
            (true, true) => "which was not there at that pull".to_owned(),
        };
        Some(format!("wants the Secret {secret}, {why}: the registry does not know who asks"))
    }

    /// A container that has never run: what it waits for.
    pub(super) fn not_started(&mut self, step: u64, ix: ContainerIx) {
        let Some(p) = self.pod() else { return };
        let before = p.container(ix).name;
        let waits = ContainerIx::all(ix.ix()).rev().find(|other| p.is_init(*other) && !p.is_init(ix));
        if let Some(init) = waits {
            let name = self.name(init);
            let live = self.lineage.containers[usize::from(init)].live.at(step);
            if !live
                .is_some_and(|(_, c)| c.is_some_and(|c| c.state == InstanceState::Exited && c.exit_code == 0))
            {
                self.add(
                    step,
                    "kubelet: runtime manager",
                    format!("{before} waits until init container {name} is done"),
                );
            }
        } else {
            self.add(
                step,
                "kubelet: pod worker",
                format!("{before} has not been created yet: volumes, sandbox and image come first"),
            );
        }
        self.bound(step);
    }

    pub(super) fn started(&mut self, step: u64, ix: ContainerIx) {
        let name = self.name(ix);
        let live = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        let restarts = live.map_or(0, |c| c.restart_count);
        let before = |c: &Option<RuntimeContainer>| {
            c.is_some_and(|c| c.state == InstanceState::Exited && c.restart_count < restarts)
        };
        let previous = self.lineage.containers[usize::from(ix)].live.last(step, before);
        match previous {
            Some((ended, Some(instance))) if restarts > 0 => {
                let policy = self.pod().and_then(|p| p.spec.restart_policy);
                let policy = policy.map_or_else(|| "Always".to_owned(), |policy| format!("{policy:?}"));
                let waited = about(self.at(step).since(self.at(ended)));
                self.add(
                    step,
                    "kubelet: runtime manager",
                    format!("started {name} again (restart {restarts}), {waited} after its end: restartPolicy {policy} wants it to run and no back-off holds it"),
                );
                self.trigger(step);
                let code = instance.exit_code;
                self.exited_shortly(ended, ix, code);
            }
            _ => {
                self.add(step, "kubelet: runtime manager", format!("started {name} for the first time"));
                self.pulled(step, ix);
                if let Some((since, _)) = self.lineage.sandbox_ready.last(step, |ready| *ready) {
                    self.add(since, "runtime", "the pod's sandbox and its network stand");
                }
                self.bound(step);
            }
        }
    }

    /// The image came just before this start.
    pub(super) fn pulled(&mut self, step: u64, ix: ContainerIx) {
        let Some(field) = self.pod().map(|p| p.field_path(ix)) else { return };
        let pulled = |row: &Transition| {
            row.step <= step
                && matches!(row.change, Change::Event(e) if e.reason == Sym::PULLED && e.field_path == field)
        };
        if let Some(row) = self.walk.rows_about(self.lineage.pod).rev().find(pulled)
            && let Change::Event(e) = row.change
        {
            let words = self.text(e.message);
            self.add(row.step, "kubelet: image manager", words);
        }
    }

    pub(super) fn exited_shortly(&mut self, step: u64, ix: ContainerIx, code: i32) {
        // What was told to end has somebody else's reasons.
        if let Some(SimEvent::TermExit { .. } | SimEvent::Kill { .. }) = self.event(step) {
            return self.exited(step, ix);
        }
        let name = self.name(ix);
        self.add(step, "process", format!("{name} had ended with exit code {code}"));
        self.behavior(step, ix);
    }

    /// A process ended.
    pub(super) fn exited(&mut self, step: u64, ix: ContainerIx) {
        let name = self.name(ix);
        let instance = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        let code = instance.map_or(0, |c| c.exit_code);
        let reason = instance.map_or(Sym::EMPTY, |c| c.reason);
        let ran =
            instance.and_then(|c| Some(c.finished_at?.since(c.started_at.filter(|at| *at > Time::EPOCH)?)));
        let ran = ran.map_or_else(String::new, |ran| format!(" after {}", about(ran)));
        match self.event(step) {
            Some(SimEvent::Exit { .. }) => {
                self.add(
                    step,
                    "process",
                    format!("{name} ended by itself{ran} with exit code {code} ({reason})"),
                );
                self.behavior(step, ix);
            }
            Some(SimEvent::TermExit { .. }) => {
                self.add(
                    step,
                    "process",
                    format!("{name} ended{ran} with exit code {code} because it was sent SIGTERM"),
                );
                self.killing(step, ix);
            }
            Some(SimEvent::Kill { .. }) => {
                self.add(
                    step,
                    "runtime",
                    format!("{name} did not end within its grace period and was killed with SIGKILL: exit code {code} is 128 + 9"),
                );
                self.killing(step, ix);
            }
            Some(SimEvent::DiskWritten { container, .. } | SimEvent::MemoryUsed { container, .. })
                if reason == Sym::OOM_KILLED =>
            {
                let why = if container == ix {
                    "it uses more memory than its limit allows".to_owned()
                } else {
                    let other = self.name(container);
                    format!(
                        "{other} uses more since then, and the containers together more than their pod may"
                    )
                };
                self.add(step, "kernel", format!("killed {name}{ran}: {why}: exit code {code} ({reason})"));
                self.behavior(step, ix);
            }
            Some(SimEvent::MemoryUsed { .. }) => {
                self.add(step, "process", format!("{name} uses more memory since then, or less"));
                self.behavior(step, ix);
            }
            Some(SimEvent::Action { .. }) => {
                self.add(
                    step,
                    "process",
                    format!("{name} was killed from outside: exit code {code} ({reason})"),
                );
                self.action(step);
            }
            Some(SimEvent::Sync { .. }) => {
                self.add(
                    step,
                    "runtime",
                    format!("{name} could not be started: exit code {code} ({reason})"),
                );
                self.behavior(step, ix);
            }
            _ => self.queue(step),
        }
    }

    /// How a container is to behave, and which start it was by this step.
    fn attempt(&self, step: u64, ix: ContainerIx) -> Option<(u32, &ContainerBehavior)> {
        let w = self.walk.world();
        let (place, pod) = (w.places.get(self.lineage.pod.ix())?, self.pod()?);
        // Of a pod that is gone the machine remembers nothing; what it was made of still says how it was to behave.
        let own = place.runtime.behavior.containers.get(usize::from(ix));
        let template = w.templates.get(pod.template.ix());
        let own = own.or_else(|| template?.behavior.containers.get(usize::from(ix)))?;
        let starts = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        Some((starts.map_or(0, |c| c.restart_count).max(0).cast_unsigned(), own))
    }

    /// What the scenario says of the start that ended (or began) here.
    pub(super) fn behavior(&mut self, step: u64, ix: ContainerIx) {
        let Some((number, own)) = self.attempt(step, ix) else { return };
        let name = self.name(ix);
        let number = number as usize;
        let attempts = &own.attempts;
        let known = number.min(attempts.len().saturating_sub(1));
        let Some(attempt) = attempts.get(known) else { return };
        let runs = match &attempt.runs {
            None => "forever".to_owned(),
            Some(crate::engine::Distribution::Constant(span)) => span.to_string(),
            Some(_) => "for a time that is drawn".to_owned(),
        };
        let exit = match &attempt.exit {
            crate::scenario::plan::Exit::Code(code) => code.to_string(),
            crate::scenario::plan::Exit::Weighted(_) => "by weights".to_owned(),
        };
        let repeats = if known + 1 == attempts.len() { ", which repeats" } else { "" };
        let memory = if attempt.memory.is_empty() { "" } else { ", with memory as it says" };
        self.scenario(format!(
            "{} start {} plays attempts[{known}]{repeats}: runs {runs}, exit {exit}{memory}",
            self.said_by(name),
            number + 1
        ));
    }

    /// A container is being stopped: who wanted it.
    pub(super) fn killing(&mut self, step: u64, ix: ContainerIx) {
        use crate::world::worker::KillStage;
        let name = self.name(ix);
        let tracks = &self.lineage.containers[usize::from(ix)];
        let active = |stage: &Option<KillStage>| stage.is_some_and(|stage| stage != KillStage::Done);
        let Some((since, _)) = tracks.kill.last(step, active) else { return self.queue(step) };
        let field = self.pod().map(|p| p.field_path(ix));
        let told = self.walk.rows_of(since).iter().find_map(|row| match row.change {
            Change::Event(e) if e.reason == Sym::KILLING && Some(e.field_path) == field => Some(e.message),
            _ => None,
        });
        let words = told.map_or_else(String::new, |told| format!(" (\"{}\")", self.text(told)));
        self.add(since, "kubelet: runtime manager", format!("began to stop {name}{words}: its preStop hook if it has one, then SIGTERM, then SIGKILL when the grace period is over"));
        let told = told.map_or_else(String::new, |told| self.text(told));
        if told.contains("liveness") {
            self.probe(since, ix, ProbeKind::Liveness, false);
        } else if told.contains("startup") {
            self.probe(since, ix, ProbeKind::Startup, false);
        } else if self.lineage.deletion_seen.at(since).is_some_and(|(_, seen)| *seen) {
            self.deleted(since);
        } else {
            self.queue(since);
        }
    }

    pub(super) fn probe(&mut self, step: u64, ix: ContainerIx, kind: ProbeKind, good: bool) {
        let name = self.name(ix);
        let track = &self.lineage.containers[usize::from(ix)].probes[kind.ix()];
        let Some(p) = self.pod() else { return };
        let spec = p.container(ix).probe(kind);
        let word = kind.word();
        let Some(spec) = spec else { return self.queue(step) };
        let (verb, threshold) =
            if good { ("succeeded", spec.success_threshold) } else { ("failed", spec.failure_threshold) };
        let known = track.last(step, |result| *result == Some(good));
        let says = self.answers(known.map_or(step, |(since, _)| since), ix, kind);
        match known {
            Some((since, _)) => self.add(
                since,
                "kubelet: prober",
                format!(
                    "the {word} probe of {name} had {verb} {threshold} time(s) in a row (every {}s)",
                    spec.period_seconds
                ),
            ),
            None => {
                self.add(step, "kubelet: prober", format!("the {word} probe of {name} has not succeeded yet (initialDelaySeconds {}, every {}s)", spec.initial_delay_seconds, spec.period_seconds));
            }
        }
        self.scenario(format!("{} {says}", self.said_by(name)));
    }

    /// What the scenario says of how a process answers a probe, as far as it decided what a probe met by this step.
    pub(super) fn answers(&self, step: u64, ix: ContainerIx, kind: ProbeKind) -> String {
        let word = kind.word();
        let unknown = || format!("{word}: how the process answers over time");
        let (Some((number, own)), Some(p)) = (self.attempt(step, ix), self.pod()) else { return unknown() };
        let attempt = own.attempt(number);
        let spec = p.container(ix);
        let Some(probe) = spec.probe(kind) else { return unknown() };
        let serves = attempt.serves.as_ref().map(|serves| serves.knock(&probe.handler, &spec.ports));
        match serves {
            Some(Knock::Closed) => return "serves: nothing listens at the port that is asked".to_owned(),
            Some(Knock::NotFound) => {
                return "serves: it does not know the path that is asked (404)".to_owned();
            }
            Some(Knock::Heard) | None => {}
        }
        let live = self.lineage.containers[usize::from(ix)].live.at(step).and_then(|(_, c)| *c);
        let began = live.and_then(|c| c.started_at).filter(|at| *at > Time::EPOCH);
        let up = began.map(|began| self.at(step).since(began));
        let so_far = up.map_or_else(String::new, |up| format!("; by then it had run for {}", about(up)));
        if let Some((boots, _)) = attempt.booted.filter(|(_, fails)| fails[kind.ix()]) {
            return format!("boots: it answers {word} probes from {boots} after its start on{so_far}");
        }
        if attempt.boots.as_ref().is_some_and(|(_, fails)| fails[kind.ix()]) {
            return format!("boots: for how long is drawn at each start{so_far}");
        }
        let points = attempt.answers(kind);
        let at = up.map_or(0, |up| points.partition_point(|point| point.at <= up)).checked_sub(1);
        let Some((at, now)) = at.and_then(|at| Some((at, points.get(at)?))) else { return unknown() };
        let answer = |rate: f64| match rate {
            0.0 => "succeeds",
            1.0 => "fails",
            _ => "fails now and then",
        };
        let next = points[at + 1..].iter().find(|next| answer(next.failure_rate) != answer(now.failure_rate));
        let next = next.map_or_else(
            || " to the end".to_owned(),
            |next| format!(" to {}, then {}", next.at, answer(next.failure_rate)),
        );
        format!("{word}: {} from {} after its start on{next}{so_far}", answer(now.failure_rate), now.at)
    }

    /// A running container is ready or not: its startup probe counts first, then its readiness probe.
    pub(super) fn readiness(&mut self, step: u64, ix: ContainerIx, good: bool) {
        let tracks = &self.lineage.containers[usize::from(ix)];
        let Some(p) = self.pod() else { return };
        let spec = p.container(ix);
        let name = spec.name;
        let since = |kind: ProbeKind| {
            tracks.probes[kind.ix()].last(step, |r| *r == Some(true)).map_or(0, |(at, _)| at)
        };
        let started =
            tracks.probes[ProbeKind::Startup.ix()].at(step).is_some_and(|(_, result)| *result == Some(true));
        let running = ContainerState::Running { started_at: None };
        if spec.startup_probe.is_some() && !good && !started {
            self.add(
                step,
                "kubelet: prober",
                format!("the startup probe of {name} has not succeeded yet; until then nothing else counts"),
            );
            self.container(step, ix, &running);
        } else if spec.startup_probe.is_some()
            && good
            && since(ProbeKind::Startup) >= since(ProbeKind::Readiness)
        {
            self.add(
                step,
                "kubelet",
                format!("{name} counts as started only since its startup probe has succeeded"),
            );
            self.probe(step, ix, ProbeKind::Startup, true);
        } else if spec.readiness_probe.is_some() {
            self.probe(step, ix, ProbeKind::Readiness, good);
        } else {
            self.container(step, ix, &running);
        }
    }
}
