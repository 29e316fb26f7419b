//! `[[program]]`: what processes do, chosen by what they are made of.
//!
//! Pods that controllers make have generated names, so that nobody can speak of them beforehand; of an image, a
//! container's name or a workload one can.

use std::sync::Arc;

use super::plan::{Attempt, AttemptsOf, Behavior, ContainerBehavior, ProbePoint, SandboxBehavior};
use crate::api::{Container, PodSpec, ProbeKind, Sym};
use crate::engine::Distribution;
use crate::rules::api_server::objects::ObjectType;
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
    /// Startup and readiness probes that no attempt scripts fail so long after each start.
    pub boots: Option<Distribution>,
    /// Of containers that serve: unsaid they run for ever.
    pub serving: Arc<Vec<Attempt>>,
    /// Of init containers that are no sidecars: unsaid they end well.
    pub finishing: Arc<Vec<Attempt>>,
    /// Whose starts count them.
    pub attempts_of: AttemptsOf,
    /// Their exec probes run to their end though the kubelet has given them up.
    pub execs_run_on: bool,
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
    match programs.iter().find(|program| program.fits(container, belongs)) {
        Some(program) => program.behavior(container, finishes),
        None => ContainerBehavior { attempts: vec![unsaid(finishes)], ..ContainerBehavior::default() },
    }
}

/// Whether one of the programs says what a container does.
pub fn is_described(programs: &[ProgramPlan], container: &Container, belongs: &Belongs<'_>) -> bool {
    programs.iter().any(|program| program.fits(container, belongs))
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
        if let Some(boots) = &self.boots {
            attempts.iter_mut().for_each(|attempt| boot(attempt, container, boots));
        }
        ContainerBehavior { attempts, attempts_of: self.attempts_of, execs_run_on: self.execs_run_on }
    }
}

/// Until it has booted, the probes fail that tell so and that the attempt does not script.
fn boot(attempt: &mut Attempt, container: &Container, boots: &Distribution) {
    let scripted = |attempt: &Attempt, kind| !attempt.answers(kind).is_empty();
    let bare = [ProbeKind::Startup, ProbeKind::Readiness]
        .map(|kind| container.probe(kind).is_some() && !scripted(attempt, kind));
    match boots {
        // Always the same time: it can be written down.
        Distribution::Constant(span) => attempt.booted_after(*span, bare),
        _ if bare.contains(&true) => attempt.boots = Some((boots.clone(), bare)),
        _ => {}
    }
}

impl Attempt {
    /// The startup and the readiness probe, where `bare` says so, fail for so long.
    pub fn booted_after(&mut self, span: Span, [startup, readiness]: [bool; 2]) {
        let point = |at, failure_rate| ProbePoint { at, failure_rate, takes: None, output: Sym::EMPTY };
        let points = || match span {
            Span::ZERO => Vec::new(),
            _ => vec![point(Span::ZERO, 1.0), point(span, 0.0)],
        };
        if startup {
            self.startup = points();
        }
        if readiness {
            self.readiness = points();
        }
    }
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
