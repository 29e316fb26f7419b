//! `kubectl logs`, read and answered: of a pod, of a workload's first pod or of all that it selects.
//!
//! Source: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/logsforobject.go (`logsForObjectWithClient`), …/util/podutils/podutils.go
//! (`ByLogging`: which pod of several is the first), pkg/cmd/logs/logs.go, v1.36.2. The surprise: of pods that are chosen by
//! labels only the last ten lines are told, unless `--tail` says otherwise.

use std::cmp::Reverse;

use super::Line;
use crate::actors::api_server;
use crate::api::spec::LabelSelector;
use crate::api::{Phase, Sym};
use crate::rules::api_server::selector::Selector as Labels;
use crate::rules::scheduler::placement::selector::{Selector, labels};
use crate::session::spoken::{plain, split};
use crate::session::{Walk, get, kubectl, tree};
use crate::world::workloads::ObjectKey;
use crate::world::{Pod, PodId};

/// So many lines are told of pods that are chosen by labels (`selectorTail`).
const TAIL_OF_SELECTED: usize = 10;

/// What is asked for.
#[derive(Default)]
struct Asked {
    /// `web`, `pod/web`, `deployment/web`
    of: String,
    container: Option<String>,
    labels: Option<String>,
    previous: bool,
    tail: Option<usize>,
    prefix: bool,
    all_containers: bool,
    all_pods: bool,
    follows: bool,
}

impl Asked {
    fn read(text: &str) -> Result<Asked, String> {
        let mut asked = Asked::default();
        let mut kind: Option<String> = None;
        let words = split(text).map_err(|why| format!("error: {why}"))?;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (flag, joined) =
                word.split_once('=').map_or((word.as_str(), None), |(flag, own)| (flag, Some(own)));
            let mut value = || {
                let value = joined.map(str::to_owned).or_else(|| words.next());
                let value = value.ok_or_else(|| format!("error: flag needs an argument: {flag}"))?;
                Ok::<_, String>(plain(&value).to_owned())
            };
            match flag {
                "-p" | "--previous" => asked.previous = joined != Some("false"),
                "-c" | "--container" => asked.container = Some(value()?),
                "-l" | "--selector" => asked.labels = Some(value()?),
                // The first of a name is meant, whichever the namespace.
                "-n" | "--namespace" => drop(value()?),
                "--tail" => {
                    let lines = value()?;
                    let number = lines.parse::<i64>().map_err(|_| {
                        format!("error: invalid argument \"{lines}\" for \"--tail\" flag: it is no number")
                    })?;
                    asked.tail = Some(usize::try_from(number).unwrap_or(usize::MAX));
                }
                "--prefix" => asked.prefix = true,
                "--all-containers" => asked.all_containers = true,
                "--all-pods" => (asked.all_pods, asked.prefix) = (true, true),
                "-f" | "--follow" => asked.follows = true,
                _ if flag.starts_with('-') => return Err(format!("error: unknown flag: {flag}")),
                _ if asked.of.is_empty() && kind.is_none() && is_kind(&word) => kind = Some(word),
                _ if asked.of.is_empty() => asked.of = word,
                // `kubectl logs POD CONTAINER`
                _ => asked.container = Some(word),
            }
        }
        if let Some(kind) = kind {
            // A pod may have the name of a kind.
            asked.of = if asked.of.is_empty() { kind } else { format!("{kind}/{}", asked.of) };
        }
        Ok(asked)
    }
}

fn is_kind(word: &str) -> bool {
    matches!(word, "pod" | "pods" | "po")
        || crate::rules::api_server::objects::ObjectType::parse(word).is_some()
}

impl Line {
    pub(super) fn logs(&self, rest: &str) -> Result<String, String> {
        let asked = Asked::read(rest)?;
        let (pods, mut text) = self.logged_pods(&asked)?;
        let single = pods.len() == 1 && !asked.all_containers;
        for pod in pods {
            for container in containers(&self.walk.world().pods[pod.ix()], &asked) {
                let lines = self.walk.logs(pod, container.as_deref(), asked.previous)?;
                if single && lines.is_empty() {
                    let has_node = self.walk.world().pods[pod.ix()].node.is_some();
                    text.push_str(match has_node {
                        false => "(nothing: the pod has no node yet)\n",
                        true => "(the process wrote nothing)\n",
                    });
                }
                let prefix = self.prefix(pod, container.as_deref(), &asked);
                let tail = asked.tail.unwrap_or(match asked.labels {
                    Some(_) => TAIL_OF_SELECTED,
                    None => usize::MAX,
                });
                for line in &lines[lines.len().saturating_sub(tail)..] {
                    text += &format!("{prefix}{line}\n");
                }
            }
        }
        if asked.follows {
            text.push_str("(time stands while you look: `next` goes on, and then there may be more)\n");
        }
        Ok(text)
    }

    /// Whose logs are told, and what is told of that before.
    fn logged_pods(&self, asked: &Asked) -> Result<(Vec<PodId>, String), String> {
        let w = self.walk.world();
        if let Some(text) = &asked.labels {
            let wanted = Labels::parse(text, "", ("", "")).map_err(|why| format!("error: {why}"))?;
            let pods = kubectl::pods_where(w, |p| wanted.takes_labels(&p.labels));
            return match pods.is_empty() {
                true => Err("No resources found in default namespace.".to_owned()),
                false => Ok((pods, String::new())),
            };
        }
        let Some(key) = get::find_object(w, &asked.of).transpose()? else {
            return Ok((vec![self.about(&asked.of)?], String::new()));
        };
        let pods = selected(&self.walk, key)?;
        let Some(first) = pods.first().copied() else {
            return Err(format!(
                "error: timed out waiting for the condition ({} has no pods)",
                tree::name(w, key)
            ));
        };
        let name = w.pods[first.ix()].ident.name;
        Ok(match (asked.all_pods, pods.len()) {
            (true, _) => (pods, String::new()),
            (false, 1) => (vec![first], String::new()),
            (false, count) => (vec![first], format!("Found {count} pods, using pod/{name}\n")),
        })
    }

    /// `[pod/web-0/app] `
    fn prefix(&self, pod: PodId, container: Option<&str>, asked: &Asked) -> String {
        if !asked.prefix {
            return String::new();
        }
        let p = &self.walk.world().pods[pod.ix()];
        let first = p.spec.containers.first().map_or(Sym::EMPTY, |own| own.name);
        format!("[pod/{}/{}] ", p.ident.name, container.unwrap_or(first.as_str()))
    }
}

fn containers(p: &Pod, asked: &Asked) -> Vec<Option<String>> {
    if !asked.all_containers {
        return vec![asked.container.clone()];
    }
    let all = p.spec.init_containers.iter().chain(&p.spec.containers).chain(&p.spec.ephemeral_containers);
    all.map(|own| Some(own.name.to_string())).collect()
}

/// The pods that an object selects, the one first whose log is told.
fn selected(walk: &Walk, key: ObjectKey) -> Result<Vec<PodId>, String> {
    let w = walk.world();
    let object = api_server::object(w, key);
    let selector = &object["spec"]["selector"];
    let wanted = match key {
        ObjectKey::Service(_) => {
            let map = serde_json::from_value(selector.clone()).unwrap_or_default();
            LabelSelector { match_labels: map, ..LabelSelector::default() }
        }
        ObjectKey::Deployment(_)
        | ObjectKey::ReplicaSet(_)
        | ObjectKey::StatefulSet(_)
        | ObjectKey::DaemonSet(_)
        | ObjectKey::Job(_) => serde_json::from_value(selector.clone()).unwrap_or_default(),
        _ => {
            let kind = object["kind"].as_str().unwrap_or_default();
            return Err(format!(
                "error: cannot get the logs from {kind}: selector for {kind} not implemented"
            ));
        }
    };
    let wanted = Selector::compile(Some(&wanted));
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    let mut pods = kubectl::pods_where(w, |p| {
        p.ident.namespace == namespace.as_str() && wanted.matches(&labels(&p.labels))
    });
    pods.sort_by_key(|pod| by_logging(&w.pods[pod.ix()]));
    Ok(pods)
}

/// `ByLogging`: with a node, running, ready, longer so, restarted more often, older.
fn by_logging(p: &Pod) -> impl Ord + use<> {
    let status = p.status.read();
    let phase = match status.phase {
        Phase::Running => 0,
        Phase::Unknown => 1,
        Phase::Pending => 2,
        // The map of phases has no others: they count as running ones.
        _ => 0,
    };
    let ready = status.condition(Sym::READY);
    let is_ready = ready.is_some_and(|own| own.status == crate::api::Tri::True);
    let since = ready.filter(|_| is_ready).and_then(|own| own.last_transition);
    let restarts = status.containers.iter().map(|own| own.restart_count).max().unwrap_or(0);
    (p.node.is_none(), phase, !is_ready, since, Reverse(restarts), p.created)
}
