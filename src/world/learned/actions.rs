//! What a sync sets out to do ([`crate::rules::kubelet::sync_actions`]): it follows from the spec, the shape of what the
//! kubelet has seen in the runtime, the results of probes, and whether the pod is being deleted.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Learned, MOST, Shape};
use crate::rules::kubelet::sync_actions::{Places, PodActions};
use crate::scenario::plan::TemplateIx;

/// The actions of a sync, and in which order it starts containers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncActions {
    pub to_do: PodActions,
    pub to_start: Places,
    /// So many of those to start, from the front, are no main containers.
    pub init_pass: usize,
    /// There is something to do.
    pub acts: bool,
}

impl SyncActions {
    fn of(actions: PodActions) -> SyncActions {
        let to_start: Places = actions
            .start_ephemeral
            .iter()
            .chain(&actions.start_init)
            .chain(&actions.start)
            .copied()
            .collect();
        SyncActions {
            init_pass: actions.start_init.len() + actions.start_ephemeral.len(),
            acts: !to_start.is_empty() || !actions.kill.is_empty() || actions.kill_pod || actions.resize,
            to_start,
            to_do: actions,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    template: TemplateIx,
    shape: Shape,
    deleted: bool,
    probes: u64,
}

impl Key {
    pub fn template(&self) -> TemplateIx {
        self.template
    }
}

pub(super) type AllActions = FxHashMap<Key, Arc<SyncActions>>;

/// What the actions of a sync depend on beside its pod's template.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Of what the kubelet has seen in the runtime.
    pub shape: Option<Shape>,
    pub deleted: bool,
    /// The results of probes that can kill, packed.
    pub probes: Option<u64>,
}

impl Learned {
    /// [`compute`](crate::rules::kubelet::sync_actions::compute), which is `by_the_rule`. `template` is the pod's, while it still
    /// has the spec of its template, and nothing counts that is not asked for here.
    pub fn actions(
        &mut self,
        template: Option<TemplateIx>,
        asked: Asked,
        by_the_rule: impl Fn() -> PodActions,
    ) -> Arc<SyncActions> {
        let plain = || SyncActions::of(by_the_rule());
        let key = template.zip(asked.shape).zip(asked.probes);
        let Some(((template, shape), probes)) = key else { return Arc::new(plain()) };
        let key = Key { template, shape, deleted: asked.deleted, probes };
        if let Some(actions) = self.actions.get(&key) {
            debug_assert_eq!(**actions, plain(), "learned, and computed by the rule");
            return Arc::clone(actions);
        }
        let actions = Arc::new(plain());
        if self.actions.len() < MOST {
            self.actions.insert(key, Arc::clone(&actions));
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::spec::Container;
    use crate::api::{
        ContainerId, ContainerIx, InstanceState, PodSpec, RuntimeContainer, RuntimeSandbox, RuntimeStatus,
        Sym, Text,
    };
    use crate::rules::kubelet::sync_actions::{self, Input, ProbeResults};
    use crate::rules::versions::gates::Gates;

    /// A container that runs or has ended, alone in its pod.
    fn runtime(state: InstanceState) -> Arc<RuntimeStatus> {
        let (reason, message) = (Sym::EMPTY, Text::NONE);
        let container = RuntimeContainer {
            name: Sym::READY,
            id: ContainerId::Made(1),
            state,
            created_at: None,
            started_at: None,
            finished_at: None,
            exit_code: 1,
            restart_count: 0,
            reason,
            message,
            image: Sym::EMPTY,
            image_ref: Sym::EMPTY,
            active: true,
        };
        let (id, ip) = (Sym::FIRST_SANDBOX, Sym::KUBELET);
        let sandbox =
            RuntimeSandbox { id, attempt: 0, ready: true, ip, host_network: false, no_network: false };
        Arc::new(RuntimeStatus {
            sandboxes: [sandbox].into_iter().collect(),
            containers: [container].into_iter().collect(),
            ..RuntimeStatus::default()
        })
    }

    #[test]
    fn everything_that_decides_is_asked() {
        let mut learned = Learned { templates: vec![true], ..Learned::default() };
        let containers = vec![Container { name: Sym::READY, ..Container::default() }];
        let spec = PodSpec { containers, ..PodSpec::default() };
        let gates = Gates::default();
        let mut done = |state, deleted, liveness| {
            let seen = learned.see(TemplateIx(0), &runtime(state));
            let probes = [ProbeResults { liveness, ..ProbeResults::default() }];
            let input = Input {
                spec: &spec,
                deleted,
                runtime: &seen,
                probes: &probes,
                restart_all: false,
                sizes: None,
                gates: &gates,
            };
            let packed = liveness.map_or(0, |ok| 1 + u64::from(ok));
            let asked = Asked { shape: seen.shape, deleted, probes: Some(packed) };
            let actions = learned.actions(Some(TemplateIx(0)), asked, || sync_actions::compute(&input));
            (actions.to_start.to_vec(), actions.to_do.kill.len(), actions.to_do.kill_pod)
        };
        for _ in 0..2 {
            assert_eq!(done(InstanceState::Exited, false, None), (vec![ContainerIx::FIRST], 0, false));
            assert_eq!(done(InstanceState::Exited, true, None), (vec![], 0, true));
            assert_eq!(done(InstanceState::Running, false, Some(true)), (vec![], 0, false));
            assert_eq!(
                done(InstanceState::Running, false, Some(false)),
                (vec![ContainerIx::FIRST], 1, false)
            );
        }
        assert_eq!(learned.actions.len(), 4);
    }
}
