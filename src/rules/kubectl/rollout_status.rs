//! What `kubectl rollout status` says of a workload at each look.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go (`DeploymentStatusViewer`,
//! `DaemonSetStatusViewer`, `StatefulSetStatusViewer`; 1.36.3). The surprises: of a StatefulSet "updated" is enough, once as
//! many pods are ready as are wanted; a wrong strategy is an error and the end.

use serde_json::Value;

use crate::api::workload::Deployment;

/// One look.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// A line, with its end; empty where there is an error.
    pub text: String,
    /// Nothing more will be said.
    pub done: bool,
    /// Why it ends badly.
    pub error: Option<String>,
}

impl Look {
    fn waits(text: String) -> Look {
        Look { text, ..Look::default() }
    }
    fn done(text: String) -> Look {
        Look { text, done: true, error: None }
    }
    fn fails(error: String) -> Look {
        Look { error: Some(error), ..Look::default() }
    }
}

/// How far a Deployment's rollout is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rollout {
    /// All is new and available.
    Done,
    /// Not yet.
    Waiting(Wait),
    /// It has stood still for too long.
    Failed,
}

/// What a rollout waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Its controller has not seen the newest spec.
    Observed,
    /// So many of so many pods are new.
    Updated(i32, i32),
    /// So many old ones are left.
    Old(i32),
    /// So many of so many new ones are available.
    Available(i32, i32),
}

/// The numbers that a rollout is judged by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers {
    /// `metadata.generation`
    pub generation: i64,
    /// `status.observedGeneration`
    pub observed: i64,
    /// Progressing has the reason ProgressDeadlineExceeded.
    pub timed_out: bool,
    /// `spec.replicas`
    pub wanted: i32,
    /// `status.replicas`
    pub replicas: i32,
    /// `status.updatedReplicas`
    pub updated: i32,
    /// `status.availableReplicas`
    pub available: i32,
}

impl Numbers {
    /// Those of a Deployment.
    pub fn of(deployment: &Deployment) -> Numbers {
        let status = &deployment.status;
        let progressing = status.conditions.iter().find(|condition| condition.kind == "Progressing");
        Numbers {
            generation: deployment.meta.generation,
            observed: status.observed_generation,
            timed_out: progressing.is_some_and(|condition| condition.reason == TIMED_OUT),
            wanted: deployment.spec.replicas,
            replicas: status.replicas,
            updated: status.updated_replicas,
            available: status.available_replicas,
        }
    }
    /// `DeploymentStatusViewer.Status`
    pub fn rollout(self) -> Rollout {
        if self.generation > self.observed {
            Rollout::Waiting(Wait::Observed)
        } else if self.timed_out {
            Rollout::Failed
        } else if self.updated < self.wanted {
            Rollout::Waiting(Wait::Updated(self.updated, self.wanted))
        } else if self.replicas > self.updated {
            Rollout::Waiting(Wait::Old(self.replicas - self.updated))
        } else if self.available < self.updated {
            Rollout::Waiting(Wait::Available(self.available, self.updated))
        } else {
            Rollout::Done
        }
    }
}

const TIMED_OUT: &str = "ProgressDeadlineExceeded";

impl Rollout {
    /// In kubectl's words.
    pub fn look(self, name: &str) -> Look {
        let finish = format!("Waiting for deployment \"{name}\" rollout to finish:");
        match self {
            Rollout::Done => Look::done(format!("deployment \"{name}\" successfully rolled out\n")),
            Rollout::Failed => Look::fails(format!("deployment \"{name}\" exceeded its progress deadline")),
            Rollout::Waiting(wait) => Look::waits(match wait {
                Wait::Observed => "Waiting for deployment spec update to be observed...\n".to_owned(),
                Wait::Updated(new, all) => {
                    format!("{finish} {new} out of {all} new replicas have been updated...\n")
                }
                Wait::Old(old) => format!("{finish} {old} old replicas are pending termination...\n"),
                Wait::Available(available, all) => {
                    format!("{finish} {available} of {all} updated replicas are available...\n")
                }
            }),
        }
    }
}

/// A look at an object of the API; none for kinds that have no rollouts. `revision` 0 is any.
pub fn look(object: &Value, revision: i64) -> Option<Look> {
    match object["kind"].as_str()? {
        "Deployment" => Some(deployment(object, revision)),
        "DaemonSet" => Some(daemon_set(object)),
        "StatefulSet" => Some(stateful_set(object)),
        _ => None,
    }
}

fn number(object: &Value, at: &str) -> i64 {
    object.pointer(at).and_then(Value::as_i64).unwrap_or(0)
}

fn text<'a>(object: &'a Value, at: &str) -> &'a str {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

fn small(object: &Value, at: &str) -> i32 {
    i32::try_from(number(object, at)).unwrap_or(i32::MAX)
}

fn deployment(object: &Value, revision: i64) -> Look {
    let name = text(object, "/metadata/name");
    if revision > 0 {
        let own = text(object, "/metadata/annotations/deployment.kubernetes.io~1revision");
        let running = match own {
            "" => 0,
            own => match own.parse::<i64>() {
                Ok(running) => running,
                Err(_) => {
                    let why = format!("strconv.ParseInt: parsing \"{own}\": invalid syntax");
                    return Look::fails(format!("cannot get the revision of deployment \"{name}\": {why}"));
                }
            },
        };
        if running != revision {
            return Look::fails(format!(
                "desired revision ({revision}) is different from the running revision ({running})"
            ));
        }
    }
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let progressing =
        conditions.into_iter().flatten().find(|condition| text(condition, "/type") == "Progressing");
    Numbers {
        generation: number(object, "/metadata/generation"),
        observed: number(object, "/status/observedGeneration"),
        timed_out: progressing.is_some_and(|condition| text(condition, "/reason") == TIMED_OUT),
        wanted: small(object, "/spec/replicas"),
        replicas: small(object, "/status/replicas"),
        updated: small(object, "/status/updatedReplicas"),
        available: small(object, "/status/availableReplicas"),
    }
    .rollout()
    .look(name)
}

/// The end for what does not roll.
fn not_rolling(object: &Value) -> Option<Look> {
    (text(object, "/spec/updateStrategy/type") != "RollingUpdate").then(|| Look {
        done: true,
        ..Look::fails("rollout status is only available for RollingUpdate strategy type".to_owned())
    })
}

fn daemon_set(object: &Value) -> Look {
    if let Some(end) = not_rolling(object) {
        return end;
    }
    let name = text(object, "/metadata/name");
    let status = |field: &str| number(object, &format!("/status/{field}"));
    if number(object, "/metadata/generation") > status("observedGeneration") {
        return Look::waits("Waiting for daemon set spec update to be observed...\n".to_owned());
    }
    let (updated, desired) = (status("updatedNumberScheduled"), status("desiredNumberScheduled"));
    let finish = format!("Waiting for daemon set \"{name}\" rollout to finish:");
    if updated < desired {
        return Look::waits(format!("{finish} {updated} out of {desired} new pods have been updated...\n"));
    }
    let available = status("numberAvailable");
    if available < desired {
        return Look::waits(format!("{finish} {available} of {desired} updated pods are available...\n"));
    }
    Look::done(format!("daemon set \"{name}\" successfully rolled out\n"))
}

fn stateful_set(object: &Value) -> Look {
    if let Some(end) = not_rolling(object) {
        return end;
    }
    let status = |field: &str| number(object, &format!("/status/{field}"));
    let observed = status("observedGeneration");
    if observed == 0 || number(object, "/metadata/generation") > observed {
        return Look::waits("Waiting for statefulset spec update to be observed...\n".to_owned());
    }
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64);
    if let Some(wanted) = wanted
        && status("readyReplicas") < wanted
    {
        return Look::waits(format!(
            "Waiting for {} pods to be ready...\n",
            wanted - status("readyReplicas")
        ));
    }
    let updated = status("updatedReplicas");
    if let Some(rolling) = object.pointer("/spec/updateStrategy/rollingUpdate").filter(|r| r.is_object()) {
        if let (Some(wanted), Some(partition)) = (wanted, rolling["partition"].as_i64())
            && updated < wanted - partition
        {
            return Look::waits(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {} new pods have been updated...\n",
                wanted - partition
            ));
        }
        return Look::done(format!(
            "partitioned roll out complete: {updated} new pods have been updated...\n"
        ));
    }
    let (new, old) = (text(object, "/status/updateRevision"), text(object, "/status/currentRevision"));
    if new != old {
        return Look::waits(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {new}...\n"
        ));
    }
    let current = status("currentReplicas");
    Look::done(format!("statefulset rolling update complete {current} pods at revision {old}...\n"))
}
