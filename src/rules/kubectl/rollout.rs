//! `kubectl rollout pause`, `resume`, `restart`, `undo`, `kubectl scale`, `kubectl set image`: from an object to what it
//! becomes, or kubectl's refusal.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/{objectpauser,objectresumer,objectrestarter,rollback}.go,
//! pkg/cmd/{rollout,scale,set}/*.go (1.36.2). The surprises: a paused Deployment may not be restarted nor rolled back; a
//! rollback takes the annotations of the old ReplicaSet along; a skipped one names revision 0 where none was asked for.

use serde_json::{Map, Value, json};

use super::apply::LAST_APPLIED;
use crate::rules::api_server::objects::ObjectType;
use crate::time::Time;

/// A change: the new object, and the word after its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Changed {
    /// As it shall be.
    pub object: Value,
    /// `paused`, `image updated`, `rolled back`, …
    pub answer: String,
}

type Outcome = Result<Changed, String>;

fn done(object: Value, answer: &str) -> Outcome {
    Ok(Changed { object, answer: answer.to_owned() })
}

fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

fn is_paused(object: &Value) -> bool {
    object.pointer("/spec/paused") == Some(&Value::Bool(true))
}

/// `error: deployments.apps "web" …`
fn refuses(kind: ObjectType, object: &Value, why: &str) -> String {
    format!("error: {} \"{}\" {why}", kind.qualified_resource(), name_of(object))
}

/// `kubectl rollout pause`
///
/// # Errors
/// It is paused, or its kind does not pause.
pub fn pause(kind: ObjectType, object: &Value) -> Outcome {
    if kind != ObjectType::Deployment {
        return Err(refuses(kind, object, "pausing is not supported"));
    }
    if is_paused(object) {
        return Err(refuses(kind, object, "is already paused"));
    }
    let mut object = object.clone();
    object["spec"]["paused"] = json!(true);
    done(object, "paused")
}

/// `kubectl rollout resume`
///
/// # Errors
/// It is not paused, or its kind does not pause.
pub fn resume(kind: ObjectType, object: &Value) -> Outcome {
    if kind != ObjectType::Deployment {
        return Err(refuses(kind, object, "resuming is not supported"));
    }
    if !is_paused(object) {
        return Err(refuses(kind, object, "is not paused"));
    }
    let mut object = object.clone();
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.shift_remove("paused");
    }
    done(object, "resumed")
}

/// `kubectl rollout restart`: the template is told when.
///
/// # Errors
/// It is paused, or was restarted within this second.
pub fn restart(kind: ObjectType, object: &Value, now: Time) -> Outcome {
    const AT: &str = "kubectl.kubernetes.io/restartedAt";
    if is_paused(object) {
        return Err(refuses(kind, object, "can't restart paused deployment (run rollout resume first)"));
    }
    let mut new = object.clone();
    let metadata = member(&mut new["spec"]["template"], "metadata");
    let annotations = member(metadata, "annotations");
    annotations[AT] = json!(now.rfc3339_secs());
    if new == *object {
        return Err(format!(
            "error: failed to create patch for {}: if restart has already been triggered within the past second, please \
             wait before attempting to trigger another",
            name_of(object)
        ));
    }
    done(new, "restarted")
}

/// A member that is an object, made if it is not there.
fn member<'a>(of: &'a mut Value, name: &str) -> &'a mut Value {
    if !of[name].is_object() {
        of[name] = json!({});
    }
    &mut of[name]
}

/// `kubectl scale --replicas`
///
/// # Errors
/// The kind has no subresource `scale`.
pub fn scale(kind: ObjectType, object: &Value, replicas: i32) -> Outcome {
    if matches!(kind, ObjectType::Job | ObjectType::CronJob | ObjectType::DaemonSet) {
        return Err(
            "Error from server (NotFound): the server could not find the requested resource".to_owned()
        );
    }
    let mut object = object.clone();
    object["spec"]["replicas"] = json!(replicas);
    Ok(Changed { object, answer: "scaled".to_owned() })
}

/// `kubectl set image`: container (or `*`) and image, one after another.
///
/// # Errors
/// There is no such container.
pub fn set_image(kind: ObjectType, object: &Value, images: &[(&str, &str)]) -> Outcome {
    let mut new = object.clone();
    let spec = match kind {
        ObjectType::Pod => "/spec",
        ObjectType::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    for (container, image) in images {
        let mut found = false;
        for list in ["initContainers", "containers"] {
            let containers = new.pointer_mut(&format!("{spec}/{list}")).and_then(Value::as_array_mut);
            for own in containers.into_iter().flatten() {
                if *container == "*" || own["name"] == *container {
                    own["image"] = json!(image);
                    found = true;
                }
            }
        }
        if !found {
            return Err(format!("error: unable to find container named \"{container}\""));
        }
    }
    done(new, "image updated")
}

/// The annotations that a rollback leaves as they are (`annotationsToSkip`).
const KEPT: &[&str] = &[
    LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];
const REVISION: &str = "deployment.kubernetes.io/revision";

/// `kubectl rollout undo` of a Deployment: `replica_sets` are its own. Revision 0 is the one before.
///
/// # Errors
/// It is paused, or there is no such revision.
pub fn undo(deployment: &Value, replica_sets: &[&Value], to: i64) -> Outcome {
    if deployment["kind"] == "DaemonSet" || deployment["kind"] == "StatefulSet" {
        return undo_by_revisions(deployment, replica_sets, to);
    }
    if is_paused(deployment) {
        return Err(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
                .to_owned(),
        );
    }
    let target = match to {
        0 => the_one_before(replica_sets).ok_or_else(|| {
            format!("error: no rollout history found for deployment \"{}\"", name_of(deployment))
        })?,
        to => replica_sets
            .iter()
            .find(|set| revision(set) == Some(to))
            .ok_or_else(|| format!("error: unable to find specified revision {to} in history"))?,
    };
    let template = without_hash(&target["spec"]["template"]);
    if template == without_hash(&deployment["spec"]["template"]) {
        let answer = format!("skipped rollback (current template already matches revision {to})");
        return done(deployment.clone(), &answer);
    }
    let of = |object: &Value| object.pointer("/metadata/annotations").and_then(Value::as_object).cloned();
    let (own, theirs) = (of(deployment).unwrap_or_default(), of(target).unwrap_or_default());
    let kept = own.into_iter().filter(|(key, _)| KEPT.contains(&key.as_str()));
    let taken = theirs.into_iter().filter(|(key, _)| !KEPT.contains(&key.as_str()));
    let annotations: Map<String, Value> = kept.chain(taken).collect();
    let mut object = deployment.clone();
    object["spec"]["template"] = template;
    object["metadata"]["annotations"] = Value::Object(annotations);
    done(object, "rolled back")
}

/// Of a set whose templates are kept as ControllerRevisions (`DaemonSetRollbacker`, `StatefulSetRollbacker`): the patch that a
/// revision holds replaces the template.
fn undo_by_revisions(set: &Value, revisions: &[&Value], to: i64) -> Outcome {
    let number = |own: &Value| own["revision"].as_i64().unwrap_or(0);
    let mut sorted: Vec<&Value> =
        revisions.iter().copied().filter(|own| own["kind"] == "ControllerRevision").collect();
    sorted.sort_by_key(|own| number(own));
    let target = match to {
        0 => sorted.iter().rev().nth(1).ok_or("error: no last revision to roll back to".to_owned())?,
        to => (sorted.iter().find(|own| number(own) == to))
            .ok_or_else(|| format!("error: unable to find specified revision {to} in history"))?,
    };
    let mut template = target["data"]["spec"]["template"].clone();
    if let Some(template) = template.as_object_mut() {
        template.shift_remove("$patch");
    }
    if template == set["spec"]["template"] {
        let answer = format!("skipped rollback (current template already matches revision {to})");
        return done(set.clone(), &answer);
    }
    let mut set = set.clone();
    set["spec"]["template"] = template;
    done(set, "rolled back")
}

fn revision(object: &Value) -> Option<i64> {
    object.pointer("/metadata/annotations/deployment.kubernetes.io~1revision")?.as_str()?.parse().ok()
}

/// The second highest revision (`rsForRevision`); one without a revision counts as 0.
fn the_one_before<'a>(replica_sets: &[&'a Value]) -> Option<&'a Value> {
    let mut sorted: Vec<(i64, &Value)> =
        replica_sets.iter().map(|set| (revision(set).unwrap_or(0), *set)).filter(|(at, _)| *at > 0).collect();
    sorted.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    sorted.get(1).map(|(_, set)| *set)
}

/// `equalIgnoreHash`
fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.shift_remove("pod-template-hash");
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: ObjectType = ObjectType::Deployment;

    fn web(image: &str) -> Value {
        json!({"metadata": {"name": "web", "annotations": {"deployment.kubernetes.io/revision": "2", "own": "x"}},
            "spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": image}]}}}})
    }

    fn set(image: &str, revision: &str) -> Value {
        json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": revision, "theirs": "y"}},
            "spec": {"template": {"metadata": {"labels": {"app": "web", "pod-template-hash": "abc"}},
                "spec": {"containers": [{"name": "app", "image": image}]}}}})
    }

    #[test]
    fn pausing_twice_is_refused() {
        let paused = pause(WEB, &web("1")).expect("it pauses");
        assert_eq!(paused.answer, "paused");
        assert_eq!(
            pause(WEB, &paused.object),
            Err("error: deployments.apps \"web\" is already paused".to_owned())
        );
        assert_eq!(
            restart(WEB, &paused.object, Time::EPOCH),
            Err("error: deployments.apps \"web\" can't restart paused deployment (run rollout resume first)"
                .to_owned())
        );
        let error = undo(&paused.object, &[], 0).expect_err("it is paused");
        assert!(
            error.starts_with("error: you cannot rollback a paused deployment; resume it first with"),
            "{error}"
        );
        let resumed = resume(WEB, &paused.object).expect("it resumes");
        assert_eq!((resumed.object, &*resumed.answer), (web("1"), "resumed"));
        assert_eq!(resume(WEB, &web("1")), Err("error: deployments.apps \"web\" is not paused".to_owned()));
    }

    #[test]
    fn a_restart_is_one_a_second() {
        let once = restart(WEB, &web("1"), Time::EPOCH).expect("it restarts");
        let at = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
        assert_eq!(once.object.pointer(at), Some(&json!("1970-01-01T00:00:00Z")));
        let twice = restart(WEB, &once.object, Time::EPOCH).expect_err("within the second");
        assert!(
            twice.starts_with("error: failed to create patch for web: if restart has already been"),
            "{twice}"
        );
    }

    #[test]
    fn an_undo_goes_to_the_revision_before_or_to_one_by_number() {
        let (first, second) = (set("1", "1"), set("2", "2"));
        let back = undo(&web("2"), &[&second, &first], 0).expect("it goes back");
        assert_eq!(back.answer, "rolled back");
        assert_eq!(back.object["spec"], web("1")["spec"]);
        assert_eq!(
            back.object["metadata"]["annotations"],
            json!({"deployment.kubernetes.io/revision": "2", "theirs": "y"})
        );
        let same = undo(&web("2"), &[&second, &first], 2).expect("it is there");
        assert_eq!(same.answer, "skipped rollback (current template already matches revision 2)");
        assert_eq!(
            undo(&web("2"), &[&second, &first], 7),
            Err("error: unable to find specified revision 7 in history".to_owned())
        );
        assert_eq!(
            undo(&web("2"), &[&second], 0),
            Err("error: no rollout history found for deployment \"web\"".to_owned())
        );
    }

    #[test]
    fn images_are_set_by_container() {
        let set = set_image(WEB, &web("1"), &[("app", "2")]).expect("a container");
        assert_eq!((set.object, &*set.answer), (web("2"), "image updated"));
        assert_eq!(
            set_image(WEB, &web("1"), &[("nope", "2")]),
            Err("error: unable to find container named \"nope\"".to_owned())
        );
        let scaled = scale(ObjectType::Deployment, &web("1"), 5).expect("it has the subresource");
        assert_eq!(scaled.object["spec"]["replicas"], 5);
        assert!(scale(ObjectType::Job, &web("1"), 5).is_err());
    }

    #[test]
    fn a_daemon_set_goes_back_to_the_revision_before_its_newest() {
        let template = |image: &str| json!({ "spec": { "containers": [{ "image": image }] } });
        let set = |image: &str| json!({ "kind": "DaemonSet", "metadata": { "name": "agent" }, "spec": { "template": template(image) } });
        let kept = |number: i64, image: &str| {
            let mut template = template(image);
            template["$patch"] = json!("replace");
            json!({ "kind": "ControllerRevision", "revision": number, "data": { "spec": { "template": template } } })
        };
        let (one, two, three) = (kept(1, "a"), kept(2, "b"), kept(3, "c"));
        let undo = |to: i64| undo(&set("c"), &[&two, &three, &one], to);
        assert_eq!(undo(0).expect("done").object["spec"]["template"], template("b"));
        assert_eq!(undo(1).expect("done").object["spec"]["template"], template("a"));
        let skipped = "skipped rollback (current template already matches revision 3)";
        assert_eq!(undo(3).expect("done").answer, skipped);
        assert_eq!(undo(4).expect_err("refused"), "error: unable to find specified revision 4 in history");
        let alone = super::undo(&set("a"), &[&one], 0).expect_err("refused");
        assert_eq!(alone, "error: no last revision to roll back to");
    }
}
