//! What replicas have in common is computed once.
//!
//! A status is a form and what fills its gaps ([`crate::api::form`]), and the rules that change one ask of what fills them
//! only whether it is the same ([`crate::rules::status_change`]). So the first replica that comes to a place plays the rule
//! on gaps in the place of instants, identifiers and addresses; the outcome says which of them went where, and every other
//! replica that comes there takes that way with its own. It is learned for templates with many replicas; all others play
//! the rules, and so does everybody in whose status the rules would measure times. What comes out is the same: debug
//! builds play the rule beside each thing learned, and `tests/learned.rs` plays lessons and recordings with and without.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::pod::Shown;
use crate::api::form::{Filled, Form, Forms, Gap, MOST_GAPS, Place, Values, renumbered};
use crate::api::{HeldStatus, Phase, PodSpec, PodStatus, RuntimeStatus, Sym};
use crate::record::difference::{self, Difference};
use crate::rules::gates::Gates;
use crate::rules::pod::PodView;
use crate::rules::printing;
use crate::rules::status_change::{self, Change, Known, Op, Sync};
use crate::rules::status_manager;
use crate::scenario::plan::Plan;
use crate::time::Time;

/// From so many replicas on a template is learned.
const MANY: u32 = 32;
/// No more than this is learned of each kind: whoever needs more has no replicas that are alike.
const MOST: usize = 1 << 16;

/// What has been learned in a run.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// By template.
    templates: Vec<bool>,
    forms: Forms,
    changes: FxHashMap<Arc<Key>, Option<Arc<Way>>>,
    merges: FxHashMap<MergeKey, Option<Arc<Merged>>>,
    differences: FxHashMap<DifferenceKey, Arc<Told>>,
}

/// A change of a pod's status, as [`Change`] with statuses as they are held.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub op: Op<'a>,
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
    pub triggers: SmallVec<[u8; 4]>,
}

/// Everything that an outcome depends on, and nothing that is one pod's own.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Key {
    template: u32,
    /// Numbers of forms.
    status: u32,
    held: Option<u32>,
    generation: i64,
    deleted: bool,
    op: OpKey,
}

#[derive(PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "most are syncs, and a key is kept once")]
enum OpKey {
    Sync { runtime: RuntimeStatus, containers: SmallVec<[Known; 3]>, is_terminal: bool },
    Readiness { container: Sym, ready: bool },
    Startup { container: Sym, started: bool },
    SandboxReady,
    Terminate { initialized: bool },
}

impl Hash for OpKey {
    /// Of a sync only what tells one from the next: keys that are alike are few, and compared whole.
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            OpKey::Sync { runtime, containers, is_terminal } => {
                is_terminal.hash(state);
                for instance in &runtime.containers {
                    (instance.state, instance.exit_code, instance.restart_count).hash(state);
                }
                for known in containers {
                    known.failure.is_some().hash(state);
                    known.readiness.and_then(|worker| worker.result).hash(state);
                }
            }
            OpKey::Readiness { container, ready: flag } | OpKey::Startup { container, started: flag } => {
                (container, flag).hash(state);
            }
            OpKey::Terminate { initialized } => initialized.hash(state),
            OpKey::SandboxReady => {}
        }
    }
}

/// From what a change looks at to what comes of it.
#[derive(Debug)]
struct Way {
    status: Option<Recipe>,
    phase: Phase,
    triggers: SmallVec<[u8; 4]>,
    /// But for what fills the gaps, it says what the held one says.
    alike: bool,
}

/// A status made of a form and of what is found in other places.
#[derive(Debug)]
struct Recipe {
    form: Arc<Form>,
    sources: SmallVec<[Gap; 16]>,
}

/// Gaps are numbered by where they come from: what the change itself brings, the held status, the API's status.
const OF_HELD: usize = MOST_GAPS;
const OF_API: usize = 2 * MOST_GAPS;
/// The first two of those that the change brings; the runtime's follow.
const NOW: usize = 0;
const HOST: usize = 1;

/// What fills the gaps of what a change looks at.
struct Sources<'a> {
    brought: SmallVec<[u64; MOST_GAPS]>,
    held: &'a [u64],
    api: &'a [u64],
}

impl Recipe {
    /// That of a status with gaps, if it is made of nothing but what was there.
    fn of(mut status: PodStatus, forms: &mut Forms) -> Option<Recipe> {
        let taken = renumbered(&mut status, |place, number| {
            let gap = place.gap();
            place.take(number);
            gap
        });
        let sources: Option<SmallVec<[Gap; 16]>> = taken.into_iter().collect();
        let sources = sources.filter(|sources| sources.len() <= MOST_GAPS)?;
        Some(Recipe { form: forms.of(&status)?, sources })
    }

    fn follow(&self, from: &Sources<'_>) -> HeldStatus {
        let value = |gap: &Gap| {
            let number = usize::from(gap.number);
            match number / MOST_GAPS {
                0 if gap.cut => {
                    let at = Time::from_micros(from.brought[number].cast_signed());
                    at.truncate_secs().micros().cast_unsigned()
                }
                0 => from.brought[number],
                // What is held is cut already.
                1 => from.held[number - OF_HELD],
                _ => from.api[number - OF_API],
            }
        };
        let values = match self.sources.len() {
            // Mostly they stand in the status itself; then they are not counted one by one.
            few @ ..=16 => {
                let mut values = [0; 16];
                for (place, gap) in values.iter_mut().zip(&self.sources) {
                    *place = value(gap);
                }
                Values::from_buf_and_len(values, few)
            }
            _ => self.sources.iter().map(value).collect(),
        };
        HeldStatus::Filled(Arc::new(Filled { form: Arc::clone(&self.form), values }))
    }
}

/// A form, its gaps counted from `first` on.
fn with_gaps(form: &Form, first: usize) -> PodStatus {
    let mut status = form.status.clone();
    status.places(&mut |mut place| {
        if let Some(gap) = place.gap() {
            place.take(Gap { cut: true, ..Gap::new(first + usize::from(gap.number)) });
        }
    });
    status
}

impl Learned {
    pub fn new(plan: &Plan) -> Learned {
        Learned::from(plan, MANY)
    }
    /// Learns of templates with at least so many replicas.
    pub fn from(plan: &Plan, replicas: u32) -> Learned {
        Learned {
            templates: plan.templates.iter().map(|template| template.replicas >= replicas).collect(),
            ..Learned::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.merges.is_empty() && self.differences.is_empty()
    }

    /// Holds a status that no rule here has made.
    pub fn hold(&mut self, template: u32, status: PodStatus) -> HeldStatus {
        if self.templates.get(template as usize).copied().unwrap_or(false) {
            self.forms.hold(status)
        } else {
            HeldStatus::from(status)
        }
    }

    /// Plays a change. `template` is the pod's, while it still has the spec of its template.
    pub fn change(&mut self, template: Option<u32>, asked: &Asked<'_>) -> Played {
        let known = template.filter(|template| self.templates[*template as usize]);
        let learned = known.and_then(|template| self.follow(template, asked));
        if let Some(played) = learned {
            #[cfg(debug_assertions)]
            assert_eq!(played, plain(asked, HeldStatus::from), "learned, and played by the rule");
            return played;
        }
        match known {
            Some(_) => plain(asked, |status| self.forms.hold(status)),
            None => plain(asked, HeldStatus::from),
        }
    }

    fn follow(&mut self, template: u32, asked: &Asked<'_>) -> Option<Played> {
        let HeldStatus::Filled(api) = asked.status else { return None };
        let held = match asked.held {
            Some(HeldStatus::Filled(held)) => Some(held),
            Some(HeldStatus::Whole(_)) => return None,
            None => None,
        };
        let mut sources = Sources {
            brought: SmallVec::new(),
            held: held.map_or(&[][..], |held| &held.values),
            api: &api.values,
        };
        sources.brought.push(asked.now.micros().cast_unsigned());
        let op = match &asked.op {
            Op::Sync(sync) => {
                let old: (&Filled, usize) = held.map_or((api, OF_API), |held| (held, OF_HELD));
                sync_key(sync, asked, old, &mut sources.brought)?
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
        };
        let way = match self.changes.get(&key) {
            Some(way) => way.as_deref()?,
            None => {
                if self.changes.len() >= MOST {
                    return None;
                }
                let way = self.learn(&key, asked, &api.form, held.map(|held| &*held.form)).map(Arc::new);
                self.changes.entry(Arc::new(key)).or_insert(way).as_deref()?
            }
        };
        let status = way.status.as_ref().map(|recipe| recipe.follow(&sources));
        let is_same = match (&status, held) {
            (Some(HeldStatus::Filled(new)), Some(held)) => {
                way.alike && new.values[..new.form.firm] == held.values[..held.form.firm]
            }
            _ => false,
        };
        Some(Played {
            is_news: status.is_some() && !is_same,
            status,
            phase: way.phase,
            triggers: way.triggers.clone(),
        })
    }

    /// Plays the rule on gaps.
    fn learn(&mut self, key: &Key, asked: &Asked<'_>, api: &Form, held: Option<&Form>) -> Option<Way> {
        let status = with_gaps(api, OF_API);
        let old = held.map(|held| with_gaps(held, OF_HELD));
        let host_ips = [Gap::new(HOST).address()];
        let op = match (&key.op, asked.op) {
            (OpKey::Sync { runtime, containers, .. }, Op::Sync(sync)) => Op::Sync(Sync {
                runtime,
                containers,
                host_ips: &host_ips,
                kubelet_start: Time::EPOCH,
                ..sync
            }),
            (_, op) => op,
        };
        let changed = status_change::play(&asked.change(&status, old.as_ref(), op, Gap::new(NOW).instant()));
        let recipe = match changed.status {
            Some(status) => Some(Recipe::of(status, &mut self.forms)?),
            None => None,
        };
        let alike = match (&recipe, held) {
            (Some(new), Some(held)) => status_manager::is_same(&held.status, &new.form.status, asked.gates),
            _ => false,
        };
        Some(Way { status: recipe, phase: changed.phase, triggers: changed.triggers, alike })
    }
}

/// What a sync brings, with gaps; None where it cannot be learned. A container's identifier that stands in the `old` status
/// already has that one's gap: the rules ask whether they are the same.
fn sync_key(
    sync: &Sync<'_>,
    asked: &Asked<'_>,
    (old, first): (&Filled, usize),
    brought: &mut SmallVec<[u64; MOST_GAPS]>,
) -> Option<OpKey> {
    let [host] = sync.host_ips else { return None };
    let is_special = sync.ended_by.is_some() || !sync.resize_conditions.is_empty();
    if is_special || sync.runtime.ips.len() > 1 || sync.measures(asked.spec, asked.gates) {
        return None;
    }
    brought.push(u64::from(host.number()));
    let mut runtime = sync.runtime.clone();
    runtime.places(&mut |mut place| {
        if let Place::Container(id) = &place
            && let Some(known) = old.form.containers.iter().find(|gap| old.values[usize::from(**gap)] == **id)
        {
            place.take(Gap::new(first + usize::from(*known)));
        } else {
            let gap = Gap::new(brought.len());
            brought.push(place.take(gap));
        }
    });
    let fits = brought.len() <= MOST_GAPS;
    fits.then(|| OpKey::Sync {
        runtime,
        containers: SmallVec::from_slice(sync.containers),
        is_terminal: sync.is_terminal,
    })
}

/// Plays the rule.
fn plain(asked: &Asked<'_>, hold: impl FnMut(PodStatus) -> HeldStatus) -> Played {
    let (status, held) = (asked.status.read(), asked.held.map(HeldStatus::read));
    let changed = status_change::play(&asked.change(&status, held.as_deref(), asked.op, asked.now));
    let new = changed.status.as_ref();
    let is_news = new.is_some_and(|new| status_manager::is_news(held.as_deref(), new, asked.gates));
    Played { status: changed.status.map(hold), is_news, phase: changed.phase, triggers: changed.triggers }
}

impl<'a> Asked<'a> {
    fn change(
        &self,
        status: &'a PodStatus,
        held: Option<&'a PodStatus>,
        op: Op<'a>,
        now: Time,
    ) -> Change<'a> {
        let (spec, generation, deleted) = (self.spec, self.generation, self.deleted);
        let pod = PodView { spec, status, generation, deleted, is_static: false };
        Change { op, pod, held, now, gates: self.gates }
    }
}

/// What is written of a status to the API server.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// What the API server has.
    pub api: &'a HeldStatus,
    pub held: &'a HeldStatus,
    pub generation: i64,
    pub could_have_running_containers: bool,
    pub now: Time,
    pub gates: &'a Gates,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct MergeKey {
    api: u32,
    held: u32,
    generation: i64,
    could_have_running_containers: bool,
}

/// None: the held status as it is.
#[derive(Debug)]
struct Merged(Option<Recipe>);

impl Learned {
    /// [`status_manager::merge`]
    pub fn merge(&mut self, out: &Outgoing<'_>) -> HeldStatus {
        let learned = self.follow_merge(out);
        if let Some(merged) = learned {
            #[cfg(debug_assertions)]
            assert_eq!(merged, plain_merge(out, HeldStatus::from), "learned, and merged by the rule");
            return merged;
        }
        let is_replica = matches!(out.held, HeldStatus::Filled(_));
        plain_merge(out, |status| if is_replica { self.forms.hold(status) } else { status.into() })
    }

    fn follow_merge(&mut self, out: &Outgoing<'_>) -> Option<HeldStatus> {
        let (HeldStatus::Filled(api), HeldStatus::Filled(held)) = (out.api, out.held) else { return None };
        let Outgoing { generation, could_have_running_containers, .. } = *out;
        let (numbers, generation) = ((api.form.number, held.form.number), generation);
        let key = MergeKey { api: numbers.0, held: numbers.1, generation, could_have_running_containers };
        let merged = match self.merges.get(&key) {
            Some(merged) => merged.as_deref()?,
            None if self.merges.len() >= MOST => return None,
            None => {
                let merged = self.learn_merge(out, &api.form, &held.form).map(Arc::new);
                self.merges.entry(key).or_insert(merged).as_deref()?
            }
        };
        let Merged(Some(recipe)) = merged else { return Some(out.held.clone()) };
        let brought = SmallVec::from_slice(&[out.now.micros().cast_unsigned()]);
        Some(recipe.follow(&Sources { brought, held: &held.values, api: &api.values }))
    }

    fn learn_merge(&mut self, out: &Outgoing<'_>, api: &Form, held: &Form) -> Option<Merged> {
        let held = Arc::new(with_gaps(held, OF_HELD));
        let (running, now) = (out.could_have_running_containers, Gap::new(NOW).instant());
        let api = with_gaps(api, OF_API);
        let merged = status_manager::merge(&api, &held, out.generation, running, now, out.gates);
        if Arc::ptr_eq(&merged, &held) {
            return Some(Merged(None));
        }
        Some(Merged(Some(Recipe::of(Arc::unwrap_or_clone(merged), &mut self.forms)?)))
    }
}

fn plain_merge(out: &Outgoing<'_>, hold: impl FnOnce(PodStatus) -> HeldStatus) -> HeldStatus {
    let held = match out.held {
        HeldStatus::Whole(status) => Arc::clone(status),
        HeldStatus::Filled(_) => Arc::new(out.held.read().into_owned()),
    };
    let running = out.could_have_running_containers;
    let merged = status_manager::merge(&out.api.read(), &held, out.generation, running, out.now, out.gates);
    if Arc::ptr_eq(&merged, &held) { out.held.clone() } else { hold(Arc::unwrap_or_clone(merged)) }
}

/// What is told of a pod when its status in the API changes, or its deletion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub difference: Difference,
    /// What kubectl prints then.
    pub shown: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct DifferenceKey {
    template: u32,
    before: u32,
    after: u32,
    deleted: bool,
}

/// A pod whose status has changed.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    pub spec: &'a PodSpec,
    pub before: &'a HeldStatus,
    pub after: &'a HeldStatus,
    pub deleted: bool,
    pub gates: &'a Gates,
}

impl Learned {
    /// What is told of a change. `template` is the pod's, while it still has the spec of its template.
    pub fn difference(&mut self, template: Option<u32>, written: &Written<'_>) -> Arc<Told> {
        let (Some(template), HeldStatus::Filled(before), HeldStatus::Filled(after)) =
            (template, written.before, written.after)
        else {
            return Arc::new(plain_difference(written));
        };
        let (before, after) = (before.form.number, after.form.number);
        let key = DifferenceKey { template, before, after, deleted: written.deleted };
        if let Some(told) = self.differences.get(&key) {
            debug_assert_eq!(**told, plain_difference(written), "learned, and compared");
            return Arc::clone(told);
        }
        let told = Arc::new(plain_difference(written));
        if self.differences.len() < MOST {
            self.differences.insert(key, Arc::clone(&told));
        }
        told
    }
}

/// Neither rows nor columns have anything of what fills the gaps.
fn plain_difference(written: &Written<'_>) -> Told {
    let (before, after) = (written.before.form(), written.after.form());
    let columns = printing::columns(written.spec, after, written.deleted, written.gates);
    Told { difference: difference::between(before, after), shown: Shown::of(&columns) }
}
