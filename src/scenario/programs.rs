//! `[[program]]`: what processes do, chosen by what they are made of.
//!
//! Pods that controllers make have generated names, so that nobody can speak of them beforehand; of an image, a
//! container's name or a workload one can.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::{Attempt, AttemptsOf, Behavior, ContainerBehavior, ProbePoint, SandboxBehavior};
use crate::api::spec::{ContainerPort, Handler};
use crate::api::{Container, PodSpec, Probe, ProbeKind, Sym};
use crate::engine::Distribution;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubelet::probe_text;
use crate::time::Span;

/// One `[[program]]`. What is not said fits everything.
#[derive(Clone, Debug)]
pub struct ProgramPlan {
    /// Image reference, `*` for anything.
    pub image: Option<String>,
    /// The container's name.
    pub container: Option<Sym>,
    /// Kind and name of the workload that the pod belongs to, at the top; `*` in the name for anything.
    pub workload: Option<(ObjectType, Sym)>,
    /// Which of the workload's templates, from 1.
    pub revision: Option<u32>,
    /// The pod's completion index or ordinal.
    pub index: Option<u32>,
    /// `command` and `args` as one line, `*` for anything.
    pub command: Option<String>,
    /// Startup and readiness probes that no attempt scripts fail so long after each start, and liveness probes too of a
    /// program that says where it serves.
    pub boots: Option<Distribution>,
    /// Where it listens; None: wherever it is asked.
    pub serves: Option<Arc<Serves>>,
    /// Of containers that serve: unsaid they run for ever.
    pub serving: Arc<Vec<Attempt>>,
    /// Of init containers that are no sidecars: unsaid they end well.
    pub finishing: Arc<Vec<Attempt>>,
    /// Whose starts count them.
    pub attempts_of: AttemptsOf,
    /// Their exec probes run to their end though the kubelet has given them up.
    pub execs_run_on: bool,
}

/// Where a process listens, and what it knows there: paths by port; none of a port: any path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Serves(pub BTreeMap<i64, Vec<String>>);

/// What somebody meets who knocks at a door of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Knock {
    /// It is answered as the process is.
    Heard,
    /// Nobody listens at this port.
    Closed,
    /// Somebody does, and does not know the path: 404.
    NotFound,
}

impl Serves {
    /// What a probe meets. A query is no part of a path; what is run in the container knocks at no door.
    pub fn knock(&self, handler: &Handler, ports: &[ContainerPort]) -> Knock {
        let Some(port) = probe_text::knocks_at(handler, ports) else { return Knock::Heard };
        let (Some(paths), http) = (self.0.get(&port), handler.http_get.as_ref()) else {
            return Knock::Closed;
        };
        let path = http.map(|http| http.path.split(['?', '#']).next().unwrap_or_default());
        match path {
            Some(path) if !paths.is_empty() && !paths.iter().any(|own| own == path) => Knock::NotFound,
            _ => Knock::Heard,
        }
    }
}

/// Where a pod belongs, as far as it has an owner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Belongs<'a> {
    /// Kind and name of its topmost workload: `deployment`, `web`.
    pub owner: Option<(&'a str, &'a str)>,
    /// Which of the workload's templates it was made from, from 1.
    pub revision: Option<u32>,
    /// Its ordinal or completion index.
    pub index: Option<u32>,
}

/// What the containers of a pod do by the programs: of each container the first one that fits.
pub fn behavior(programs: &[ProgramPlan], spec: &PodSpec, belongs: &Belongs<'_>) -> Behavior {
    let inits = spec.init_containers.len();
    let all = spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers);
    let containers = all.enumerate().map(|(ix, container)| {
        let finishes = ix < inits && !container.is_sidecar();
        of_container(programs, container, finishes, belongs)
    });
    let containers = containers.collect();
    Behavior { sandbox: SandboxBehavior::default(), containers, added: Vec::new() }
}

/// What one container does by the programs; `finishes` is an init container that is no sidecar.
pub fn of_container(
    programs: &[ProgramPlan],
    container: &Container,
    finishes: bool,
    belongs: &Belongs<'_>,
) -> ContainerBehavior {
    match of(programs, container, belongs) {
        Some(program) => program.behavior(container, finishes),
        None => ContainerBehavior { attempts: vec![unsaid(finishes)], ..ContainerBehavior::default() },
    }
}

/// The program of a container; None: nobody describes it.
pub fn of<'a>(
    programs: &'a [ProgramPlan],
    container: &Container,
    belongs: &Belongs<'_>,
) -> Option<&'a ProgramPlan> {
    programs.iter().find(|program| program.fits(container, belongs))
}

/// Whether one of the programs says what a container does.
pub fn is_described(programs: &[ProgramPlan], container: &Container, belongs: &Belongs<'_>) -> bool {
    of(programs, container, belongs).is_some()
}

/// What a container does of which nobody says anything.
pub(super) fn unsaid(finishes: bool) -> Attempt {
    let runs = finishes.then_some(Distribution::Constant(Span::from_secs(1)));
    Attempt { runs, ..Attempt::default() }
}

impl ProgramPlan {
    fn fits(&self, container: &Container, belongs: &Belongs<'_>) -> bool {
        self.image.as_deref().is_none_or(|pattern| matches(pattern, &container.image))
            && self.container.is_none_or(|name| name == container.name)
            && self.command.as_deref().is_none_or(|pattern| matches(pattern, &command_line(container)))
            && self.workload.is_none_or(|(kind, name)| {
                let is_it =
                    |(of, own): (&str, &str)| ObjectType::parse(of) == Some(kind) && matches(&name, own);
                belongs.owner.is_some_and(is_it)
            })
            && self.revision.is_none_or(|wanted| belongs.revision == Some(wanted))
            && self.index.is_none_or(|wanted| belongs.index == Some(wanted))
    }

    fn behavior(&self, container: &Container, finishes: bool) -> ContainerBehavior {
        let attempts = if finishes { &self.finishing } else { &self.serving };
        let mut attempts = attempts.as_ref().clone();
        for attempt in &mut attempts {
            attempt.serves.clone_from(&self.serves);
            if let Some(boots) = &self.boots {
                boot(attempt, container, boots);
            }
        }
        ContainerBehavior { attempts, attempts_of: self.attempts_of, execs_run_on: self.execs_run_on }
    }
}

/// Until it has booted, the probes fail that tell so and that the attempt does not script.
fn boot(attempt: &mut Attempt, container: &Container, boots: &Distribution) {
    let scripted = |attempt: &Attempt, kind| !attempt.answers(kind).is_empty();
    let mut bare = [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness]
        .map(|kind| container.probe(kind).is_some() && !scripted(attempt, kind));
    // Nothing listens before; what a command finds out nobody knows of a program that says nothing of its doors.
    let is_asked_at_a_door = |probe: &Probe| probe.handler.exec.is_none();
    bare[2] &=
        attempt.serves.is_some() || container.probe(ProbeKind::Liveness).is_some_and(is_asked_at_a_door);
    match boots {
        // Always the same time: it can be written down.
        Distribution::Constant(span) => attempt.booted_after(*span, bare),
        _ if bare.contains(&true) => attempt.boots = Some((boots.clone(), bare)),
        _ => {}
    }
}

impl Attempt {
    /// The startup, the readiness and the liveness probe, where `bare` says so, fail for so long.
    pub fn booted_after(&mut self, span: Span, [startup, readiness, liveness]: [bool; 3]) {
        let point = |at, failure_rate| ProbePoint { at, failure_rate, takes: None, output: Sym::EMPTY };
        let points = || match span {
            Span::ZERO => Vec::new(),
            _ => vec![point(Span::ZERO, 1.0), point(span, 0.0)],
        };
        self.booted = Some((span, [startup, readiness, liveness]));
        if startup {
            self.startup = points();
        }
        if readiness {
            self.readiness = points();
        }
        if liveness {
            self.liveness = points();
        }
    }
}

/// What a container is told to run, as one line; empty: what its image says.
fn command_line(container: &Container) -> String {
    [container.command.as_slice(), &container.args].concat().join(" ")
}

/// Whether a text is like a pattern, in which `*` stands for anything. A later `*` may take up all that an earlier one could,
/// so only the last one that was met is ever tried again.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(own) if *own == text[read] => (at, read) = (at + 1, read + 1),
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (at, read) = (after, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fits) in [
            ("web:*", "web:1.0", true),
            ("web:1.*", "web:2.0", false),
            ("*/web:*", "registry.example/shop/web:1", true),
            ("web", "web:1", false),
            ("*", "", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    /// However many stars there are: none is tried again once a later one has been met.
    #[test]
    fn many_stars_are_no_work() {
        let text = "a".repeat(253);
        assert!(!matches(&format!("{}b", "*a".repeat(60)), &text));
        assert!(matches(&"*a".repeat(60), &text));
        for (pattern, text, fits) in
            [("*é*", "caféé!", true), ("**", "", true), ("a*b*c", "abcbc", true), ("a*b*c", "abcb", false)]
        {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
