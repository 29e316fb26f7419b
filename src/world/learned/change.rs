//! Changes of the status that a kubelet holds ([`crate::rules::kubelet::status_change`]).

use std::hash::Hasher;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::recipe::{OF_API, OF_HELD, Recipe, Sources, with_gaps};
use super::seen::{self, Brought, HOST, MOST_INSTANCES, NOW};
use super::{Learned, MOST, Shape};
use crate::api::form::{Filled, Form};
use crate::api::marks::Gap;
use crate::api::{ContainerId, ContainerIx, HeldStatus, Marks, Phase, PodSpec, PodStatus, Sym};
use crate::rules::kubelet::pod::PodView;
use crate::rules::kubelet::status_change::{self, Change, Changed, Known, Op, Sync};
use crate::rules::kubelet::status_manager;
use crate::rules::versions::gates::Gates;
use crate::scenario::plan::TemplateIx;
use crate::time::Time;

/// A change of a pod's status, as [`Change`] with statuses as they are held.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub op: Op<'a>,
    /// Of what a sync's runtime has, if it is known.
    pub shape: Option<Shape>,
    pub spec: &'a PodSpec,
    /// As the API server has it.
    pub status: &'a HeldStatus,
    /// As the kubelet has it.
    pub held: Option<&'a HeldStatus>,
    pub generation: i64,
    pub deleted: bool,
    pub now: Time,
    pub gates: &'a Gates,
}

/// What came of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// None: refused.
    pub status: Option<HeldStatus>,
    /// It says something that the held one does not.
    pub is_news: bool,
    /// As computed, refused or not.
    pub phase: Phase,
    /// See [`status_change::Changed::triggers`].
    pub triggers: SmallVec<[ContainerIx; 4]>,
    /// Of a sync that has found nothing new, and would at any instant.
    pub repeat: Option<Repeat>,
}

/// A sync that says what is held already, by its place among the changes, counted from one: whoever asks again with the same gets the same
/// answer, and nothing need be computed for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repeat(NonZeroU32);

/// Everything that an outcome depends on, and nothing that is one pod's own. `L` is a list of what the kubelet remembers of
/// containers, by [`Sync::containers`]: one is looked for by a list that belongs to somebody else.
#[derive(Clone, Copy, Debug)]
struct Key<L> {
    template: TemplateIx,
    /// Numbers of forms.
    status: u32,
    held: Option<u32>,
    generation: i64,
    deleted: bool,
    op: OpKey,
    containers: L,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum OpKey {
    Sync { shape: Shape, known: KnownIds, is_terminal: bool },
    Readiness { container: Sym, ready: bool },
    Startup { container: Sym, started: bool },
    SandboxReady,
    Terminate { initialized: bool },
}

/// Which gap of the old status the identifier of each instance in the runtime fills: the rules ask whether they are the
/// same.
type KnownIds = [u8; MOST_INSTANCES];
const UNKNOWN: u8 = u8::MAX;

impl<L: Deref<Target = [Known]>> Key<L> {
    fn is<M: Deref<Target = [Known]>>(&self, other: &Key<M>) -> bool {
        let Key { template, status, held, generation, deleted, op, containers } = self;
        (*status, *held, *template) == (other.status, other.held, other.template)
            && (*generation, *deleted) == (other.generation, other.deleted)
            && *op == other.op
            && **containers == *other.containers
    }

    /// Of what mostly tells one from the next: those that are alike are few, and compared whole.
    fn hash(&self) -> u64 {
        let mut state = FxHasher::default();
        state.write_u64(u64::from(self.status) << 32 | u64::from(self.held.map_or(0, |held| held + 1)));
        let op = match self.op {
            OpKey::Sync { shape, is_terminal, .. } => {
                8 | u64::from(shape.number()) << 32 | u64::from(is_terminal)
            }
            OpKey::Readiness { ready, .. } => 2 | u64::from(ready),
            OpKey::Startup { started, .. } => 4 | u64::from(started),
            OpKey::SandboxReady => 6,
            OpKey::Terminate { initialized } => 10 | u64::from(initialized),
        };
        state.write_u64(op);
        let probed = |known: &Known| {
            known.readiness.and_then(|worker| worker.result).map_or(0, |ok| 1 + u64::from(ok))
        };
        let each =
            |all, known: &Known| (all << 3) | (probed(known) << 1) | u64::from(known.failure.is_some());
        state.write_u64(self.containers.iter().fold(u64::from(self.template.0), each));
        state.finish()
    }
}

impl Key<&[Known]> {
    fn kept(self) -> Key<Arc<[Known]>> {
        let Key { template, status, held, generation, deleted, op, containers } = self;
        Key { template, status, held, generation, deleted, op, containers: Arc::from(containers) }
    }
}

/// What comes of a change for whoever asks with the same key.
#[derive(Debug)]
struct Outcome {
    status: Option<Recipe>,
    phase: Phase,
    triggers: SmallVec<[ContainerIx; 4]>,
    /// But for what fills the gaps, the new status says what the held one says.
    alike: bool,
    /// The instant at which it is asked is nowhere in the new status.
    timeless: bool,
}

/// A key, and its outcome if it can be learned.
#[derive(Clone, Debug)]
struct Entry {
    key: Key<Arc<[Known]>>,
    outcome: Option<Arc<Outcome>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    entries: Vec<Entry>,
    /// Their places, by their keys.
    places: HashTable<u32>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// How many have an outcome.
    pub fn count(&self) -> usize {
        self.entries.iter().filter(|entry| entry.outcome.is_some()).count()
    }

    /// Those of some templates are kept.
    pub fn retain(&mut self, is_kept: impl Fn(TemplateIx) -> bool) {
        let all = std::mem::take(self);
        for entry in all.entries.into_iter().filter(|entry| is_kept(entry.key.template)) {
            self.add(entry);
        }
    }

    fn find(&self, key: &Key<&[Known]>) -> Option<u32> {
        self.places.find(key.hash(), |place| self.entries[*place as usize].key.is(key)).copied()
    }

    fn add(&mut self, entry: Entry) -> u32 {
        let Changes { entries, places } = self;
        let (place, hash) = (entries.len() as u32, entry.key.hash());
        entries.push(entry);
        places.insert_unique(hash, place, |place| entries[*place as usize].key.hash());
        place
    }
}

impl Learned {
    /// Plays a change. `template` is the pod's, while it still has the spec of its template.
    pub fn change(&mut self, template: Option<TemplateIx>, asked: &Asked<'_>) -> Played {
        let known = template.filter(|template| self.is_learned(*template));
        let learned = known.and_then(|template| self.follow(template, asked));
        if let Some(played) = learned {
            #[cfg(debug_assertions)]
            {
                let plain = Played { repeat: played.repeat, ..plain(asked, HeldStatus::from) };
                assert_eq!(played, plain, "learned, and played by the rule");
            }
            return played;
        }
        match known {
            Some(_) => plain(asked, |status| self.forms.hold(status)),
            None => plain(asked, HeldStatus::from),
        }
    }

    fn follow(&mut self, template: TemplateIx, asked: &Asked<'_>) -> Option<Played> {
        let HeldStatus::Filled(api, _) = asked.status else { return None };
        let held = match asked.held {
            Some(HeldStatus::Filled(held, _)) => Some(held),
            Some(HeldStatus::Whole(_)) => return None,
            None => None,
        };
        let mut brought = Brought::at(asked.now);
        let mut containers: &[Known] = &[];
        let op = match &asked.op {
            Op::Sync(sync) => {
                containers = sync.containers;
                sync_key(sync, asked, held.unwrap_or(api), &mut brought)?
            }
            Op::Readiness { container, ready } => OpKey::Readiness { container: *container, ready: *ready },
            Op::Startup { container, started } => OpKey::Startup { container: *container, started: *started },
            Op::SandboxReady => OpKey::SandboxReady,
            Op::Terminate { initialized } => OpKey::Terminate { initialized: *initialized },
        };
        let key = Key {
            template,
            status: api.form.number,
            held: held.map(|held| held.form.number),
            generation: asked.generation,
            deleted: asked.deleted,
            op,
            containers,
        };
        let place = match self.changes.find(&key) {
            Some(place) => place,
            None => {
                if self.changes.entries.len() >= MOST {
                    return None;
                }
                let outcome = self.learn(&key, asked, &api.form, held.map(|held| &*held.form)).map(Arc::new);
                self.changes.add(Entry { key: key.kept(), outcome })
            }
        };
        let outcome = self.changes.entries[place as usize].outcome.as_deref()?;
        let held_values = held.map_or(&[][..], |held| &held.values);
        let sources = Sources { brought, held: held_values, api: &api.values };
        let status = outcome.status.as_ref().map(|recipe| recipe.follow(&sources, held));
        let is_same = match (&status, held) {
            (Some(HeldStatus::Filled(new, _)), Some(held)) => {
                outcome.alike && new.values[..new.form.firm] == held.values[..held.form.firm]
            }
            _ => false,
        };
        let repeats = is_same && outcome.timeless && outcome.triggers.is_empty() && !asked.deleted;
        Some(Played {
            is_news: status.is_some() && !is_same,
            status,
            phase: outcome.phase,
            triggers: SmallVec::from_slice(&outcome.triggers),
            repeat: NonZeroU32::new(place + 1).filter(|_| repeats).map(Repeat),
        })
    }

    /// The phase that a sync comes to which has nothing new to say: it asks with what [`Played::repeat`] was the answer to, if
    /// `generation` and `containers` are those of then. That neither the statuses, nor what the kubelet knows of the runtime,
    /// nor the pod's template are others, its caller has seen to.
    pub fn repeated(
        &self,
        repeat: Repeat,
        generation: i64,
        containers: impl Iterator<Item = Known>,
    ) -> Option<Phase> {
        let Entry { key, outcome } = self.changes.entries.get(repeat.0.get() as usize - 1)?;
        let is_same = key.generation == generation && key.containers.iter().copied().eq(containers);
        outcome.as_deref().filter(|_| is_same).map(|outcome| outcome.phase)
    }

    /// Plays the rule on gaps.
    fn learn(
        &mut self,
        key: &Key<&[Known]>,
        asked: &Asked<'_>,
        api: &Form,
        held: Option<&Form>,
    ) -> Option<Outcome> {
        let status = with_gaps(api, OF_API);
        let old = held.map(|held| with_gaps(held, OF_HELD));
        let host_ips = [Gap::new(HOST)];
        let runtime;
        let op = match (key.op, asked.op) {
            (OpKey::Sync { shape, known, .. }, Op::Sync(sync)) => {
                let first = if held.is_some() { OF_HELD } else { OF_API };
                // An identifier that stands in the status already has its gap there: the rules ask whether they are the same.
                let known = |instance: usize| {
                    let gap = known.get(instance).filter(|gap| **gap != UNKNOWN)?;
                    Some(Gap::new(first + usize::from(*gap)))
                };
                runtime = seen::with_gaps(self.shapes.example(shape), known);
                Op::Sync(Sync {
                    runtime: &runtime,
                    containers: sync.containers,
                    is_terminal: sync.is_terminal,
                    ended_by: None,
                    past_deadline: false,
                    host_ips: &host_ips,
                    resize_conditions: &[],
                })
            }
            (OpKey::Sync { .. }, _) => return None,
            (OpKey::Readiness { container, ready }, _) => Op::Readiness { container, ready },
            (OpKey::Startup { container, started }, _) => Op::Startup { container, started },
            (OpKey::SandboxReady, _) => Op::SandboxReady,
            (OpKey::Terminate { initialized }, _) => Op::Terminate { initialized },
        };
        let changed = status_change::play(&asked.change(&status, old.as_ref(), op, Gap::new(NOW)));
        let recipe = match changed.status {
            Some(status) => Some(Recipe::of(&status, &mut self.forms)?),
            None => None,
        };
        let alike = match (&recipe, held) {
            (Some(new), Some(held)) => status_manager::is_same(&held.status, &new.form.status, asked.gates),
            _ => false,
        };
        let timeless = recipe.as_ref().is_some_and(|recipe| !recipe.asks_now());
        Some(Outcome { status: recipe, phase: changed.phase, triggers: changed.triggers, alike, timeless })
    }
}

/// What a sync asks, and what it brings; None where it cannot be learned. `old` is the status that it begins from.
fn sync_key<'a>(
    sync: &Sync<'a>,
    asked: &Asked<'_>,
    old: &Filled,
    brought: &mut Brought<'a>,
) -> Option<OpKey> {
    let ([host], Some(shape)) = (sync.host_ips, asked.shape) else { return None };
    if sync.ended_by.is_some() || sync.past_deadline || !sync.resize_conditions.is_empty() {
        return None;
    }
    (brought.host, brought.runtime) = (*host, Some(sync.runtime));
    let mut known = [UNKNOWN; MOST_INSTANCES];
    for (place, instance) in known.iter_mut().zip(&sync.runtime.containers) {
        if let ContainerId::Made(id) = instance.id {
            let gap = old.form.ids.iter().find(|gap| old.values[usize::from(**gap)] == id);
            *place = gap.map_or(UNKNOWN, |gap| *gap);
        }
    }
    Some(OpKey::Sync { shape, known, is_terminal: sync.is_terminal })
}

/// Plays the rule.
fn plain(asked: &Asked<'_>, hold: impl FnMut(PodStatus) -> HeldStatus) -> Played {
    let (status, held) = (asked.status.read(), asked.held.map(HeldStatus::read));
    let changed = status_change::play(&asked.change(&status, held.as_deref(), asked.op, asked.now));
    let new = changed.status.as_ref();
    let is_news = new.is_some_and(|new| status_manager::is_news(held.as_deref(), new, asked.gates));
    let Changed { status, phase, triggers } = changed;
    Played { status: status.map(hold), is_news, phase, triggers, repeat: None }
}

impl<'a> Asked<'a> {
    fn change<'b, M: Marks>(
        &self,
        status: &'b PodStatus<M>,
        held: Option<&'b PodStatus<M>>,
        op: Op<'b, M>,
        now: M::Instant,
    ) -> Change<'b, M>
    where
        'a: 'b,
    {
        let (spec, generation, deleted) = (self.spec, self.generation, self.deleted);
        let pod = PodView { spec, status, generation, deleted, is_static: false };
        Change { op, pod, held, now, gates: self.gates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::spec::Container;
    use crate::api::{InstanceState, RuntimeContainer, RuntimeSandbox, RuntimeStatus, Text};
    use crate::rules::kubelet::status_change::Probed;

    /// A container that runs, in a sandbox that is ready.
    fn running() -> Arc<RuntimeStatus> {
        let began = Some(Time::from_secs(5));
        let container = RuntimeContainer {
            name: Sym::READY,
            id: ContainerId::Made(1),
            state: InstanceState::Running,
            created_at: began,
            started_at: began,
            finished_at: None,
            exit_code: 0,
            restart_count: 0,
            reason: Sym::EMPTY,
            message: Text::NONE,
            image: Sym::EMPTY,
            image_ref: Sym::EMPTY,
            active: true,
        };
        let (id, ip) = (Sym::FIRST_SANDBOX, Sym::KUBELET);
        let sandbox =
            RuntimeSandbox { id, attempt: 0, ready: true, ip, host_network: false, no_network: false };
        Arc::new(RuntimeStatus {
            ips: [ip].into_iter().collect(),
            sandboxes: [sandbox].into_iter().collect(),
            containers: [container].into_iter().collect(),
        })
    }

    #[test]
    fn who_asks_again_with_the_same_is_answered_without_a_look() {
        let mut learned = Learned { templates: vec![true], ..Learned::default() };
        let containers = vec![Container { name: Sym::READY, ..Container::default() }];
        let spec = PodSpec { containers, ..PodSpec::default() };
        let (gates, template) = (Gates::default(), TemplateIx(0));
        let seen = learned.see(template, &running());
        let api = learned.forms.hold(PodStatus::default());
        let known =
            Known { name: Sym::READY, failure: None, startup: None, readiness: None, ran_before: false };
        let sync = Sync {
            runtime: &seen,
            containers: &[known],
            is_terminal: false,
            ended_by: None,
            past_deadline: false,
            host_ips: &[Sym::KUBELET],
            resize_conditions: &[],
        };
        let mut asked = Asked {
            op: Op::Sync(sync),
            shape: seen.shape,
            spec: &spec,
            status: &api,
            held: None,
            generation: 1,
            deleted: false,
            now: Time::from_secs(7),
            gates: &gates,
        };
        let first = learned.change(Some(template), &asked);
        assert!(first.is_news && first.repeat.is_none(), "the first status is news: {first:?}");
        asked.held = first.status.as_ref();
        asked.now = Time::from_secs(90);
        let second = learned.change(Some(template), &asked);
        assert!(!second.is_news, "{second:?}");
        let again = second.repeat.expect("it has nothing new to say, and never will have");
        assert_eq!(learned.repeated(again, 1, [known].into_iter()), Some(second.phase));
        assert_eq!(learned.repeated(again, 2, [known].into_iter()), None, "another generation");
        let probed = Known { readiness: Some(Probed { instance: 0, result: Some(true) }), ..known };
        assert_eq!(learned.repeated(again, 1, [probed].into_iter()), None, "another probe's result");
        asked.deleted = true;
        let deleted = learned.change(Some(template), &asked);
        assert_eq!(deleted.repeat, None, "while a pod is deleted each sync is news");
    }
}
