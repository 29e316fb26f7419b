//! How workloads stand in numbers after a write, for `workloads.csv`.

use crate::api::autoscaling::HorizontalPodAutoscaler;
use crate::api::daemon_set::DaemonSet;
use crate::api::disruption::PodDisruptionBudget;
use crate::api::job::Job;
use crate::api::stateful_set::StatefulSet;
use crate::api::workload::{Deployment, ReplicaSet, WorkloadCondition};
use crate::api::{Meta, Sym};
use crate::time::Time;

use super::ObjectRow;

/// How an object of a workload stands after a write, for tables: what a kind does not have is None.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Which of its templates is the newest.
    pub revision: Option<i64>,
    /// How many there shall be.
    pub desired: Option<i32>,
    /// How many there are.
    pub current: Option<i32>,
    /// How many of the newest template.
    pub updated: Option<i32>,
    /// How many are Ready.
    pub ready: Option<i32>,
    /// How many have been so for long enough.
    pub available: Option<i32>,
    /// How many are missing.
    pub unavailable: Option<i32>,
    /// How many run, of Jobs.
    pub active: Option<i32>,
    /// How many have succeeded, of Jobs.
    pub succeeded: Option<i32>,
    /// How many have failed, of Jobs.
    pub failed: Option<i32>,
    /// `Type=Status:Reason`, joined by `;`, in the order of types.
    pub conditions: Sym,
}

/// A row of `workloads.csv`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FiguresRow {
    /// The instant of the write.
    pub time: Time,
    /// Of which object.
    pub object: ObjectRow,
    /// None: it was removed.
    pub figures: Option<Figures>,
}

/// The annotation that numbers a Deployment's templates.
const REVISION: &str = "deployment.kubernetes.io/revision";

impl Figures {
    /// How far it is, and how far it is to go: how many are available of how many; of an autoscaler, how many there are;
    /// of a Job, how many have succeeded; of a CronJob, how many Jobs are active.
    pub fn level(&self) -> (i32, i32) {
        match (self.succeeded, self.active) {
            (Some(succeeded), _) => (succeeded, self.desired.unwrap_or(1)),
            (None, Some(active)) => (active, active),
            (None, None) => (self.available.or(self.current).unwrap_or(0), self.desired.unwrap_or(0)),
        }
    }
    /// The same in words: `3/4 available`.
    pub fn words(&self) -> String {
        let (there, of) = self.level();
        match (self.succeeded, self.active, self.failed) {
            (Some(_), active, failed) => format!(
                "{there}/{of} succeeded, {} active, {} failed",
                active.unwrap_or(0),
                failed.unwrap_or(0)
            ),
            (None, Some(active), _) => format!("{active} active"),
            (None, None, _) => format!("{there}/{of} available"),
        }
    }
    /// Of a Deployment.
    pub fn of_deployment(own: &Deployment) -> Figures {
        let status = &own.status;
        Figures {
            revision: revision(&own.meta),
            desired: Some(own.spec.replicas),
            current: Some(status.replicas),
            updated: Some(status.updated_replicas),
            ready: Some(status.ready_replicas),
            available: Some(status.available_replicas),
            unavailable: Some(status.unavailable_replicas),
            conditions: conditions(&status.conditions),
            ..Figures::default()
        }
    }
    /// Of a ReplicaSet or ReplicationController.
    pub fn of_replica_set(own: &ReplicaSet) -> Figures {
        let status = &own.status;
        Figures {
            revision: revision(&own.meta),
            desired: Some(own.spec.replicas),
            current: Some(status.replicas),
            ready: Some(status.ready_replicas),
            available: Some(status.available_replicas),
            conditions: conditions(&status.conditions),
            ..Figures::default()
        }
    }
    /// Of a CronJob with so many active Jobs.
    pub fn of_cron_job(active: usize) -> Figures {
        Figures { active: Some(i32::try_from(active).unwrap_or(i32::MAX)), ..Figures::default() }
    }
    /// Of a Job; of a work queue nobody says how many there shall be.
    pub fn of_job(own: &Job) -> Figures {
        let status = &own.status;
        Figures {
            desired: own.spec.completions,
            ready: Some(status.ready.unwrap_or(0)),
            unavailable: Some(status.terminating.unwrap_or(0)),
            active: Some(status.active),
            succeeded: Some(status.succeeded),
            failed: Some(status.failed),
            conditions: conditions(&status.conditions),
            ..Figures::default()
        }
    }
    /// Of a DaemonSet with this newest revision: of nodes, not of pods.
    pub fn of_daemon_set(own: &DaemonSet, revision: Option<i64>) -> Figures {
        let status = &own.status;
        Figures {
            revision,
            desired: Some(status.desired_number_scheduled),
            current: Some(status.current_number_scheduled),
            updated: Some(status.updated_number_scheduled),
            ready: Some(status.number_ready),
            available: Some(status.number_available),
            unavailable: Some(status.number_unavailable),
            ..Figures::default()
        }
    }
    /// Of a PodDisruptionBudget: the pods that it expects, those that it wants healthy, that are, and that may go.
    pub fn of_budget(own: &PodDisruptionBudget) -> Figures {
        let status = &own.status;
        Figures {
            desired: Some(status.expected_pods),
            updated: Some(status.desired_healthy),
            ready: Some(status.current_healthy),
            available: Some(status.disruptions_allowed),
            conditions: conditions(&status.conditions),
            ..Figures::default()
        }
    }
    /// Of a HorizontalPodAutoscaler: how many pods it wants, and how many there were when it looked.
    pub fn of_autoscaler(own: &HorizontalPodAutoscaler) -> Figures {
        let status = &own.status;
        Figures {
            desired: Some(status.desired),
            current: Some(status.current),
            conditions: conditions(&status.conditions),
            ..Figures::default()
        }
    }
    /// Of a StatefulSet with this newest revision.
    pub fn of_stateful_set(own: &StatefulSet, revision: Option<i64>) -> Figures {
        let status = &own.status;
        Figures {
            revision,
            desired: Some(own.spec.replicas),
            current: Some(status.replicas),
            updated: Some(status.updated_replicas),
            ready: Some(status.ready_replicas),
            available: Some(status.available_replicas),
            conditions: conditions(&status.conditions),
            ..Figures::default()
        }
    }
}

fn revision(meta: &Meta) -> Option<i64> {
    meta.annotation(REVISION)?.parse().ok()
}

/// `Available=True:MinimumReplicasAvailable;Progressing=…`
fn conditions(all: &[WorkloadCondition]) -> Sym {
    let mut spelled: Vec<String> = all
        .iter()
        .map(|one| {
            let colon = if one.reason.is_empty() { "" } else { ":" };
            format!("{}={}{colon}{}", one.kind, one.status.as_str(), one.reason)
        })
        .collect();
    spelled.sort_unstable();
    Sym::new(&spelled.join(";"))
}
