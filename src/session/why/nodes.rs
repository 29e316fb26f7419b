//! Why a pod has no node, and why a node did not take it.

use super::chain::Chain;
use crate::api::text::Uid;
use crate::api::{EventText, Phase, Sym};
use crate::record::Change;
use crate::world::{PodId, SimEvent};

/// How the kubelet's admission begins the message of a pod that it refuses.
const REJECTED: &str = "Pod was rejected: ";

impl Chain<'_> {
    /// The reason of the kubelet's admission and its words, if this step is the one at which it refused the pod.
    pub(super) fn rejection(&self, step: u64) -> Option<(Sym, String)> {
        let (since, status) = self.lineage.published.at(step)?;
        let refused = since == step && status.phase == Phase::Failed && !status.reason.is_empty();
        let message = refused.then(|| self.text(status.message))?;
        Some((status.reason, message.strip_prefix(REJECTED)?.to_owned()))
    }

    /// The kubelet refused the pod when it first heard of it.
    pub(super) fn rejected(&mut self, step: u64, reason: Sym, words: &str) {
        let because = match reason.as_str() {
            "OutOfcpu" => {
                " (in thousandths of a core). The kubelet adds up what the pods it has taken ask for, and this one"
            }
            out if out.starts_with("OutOf") => {
                ". The kubelet adds up what the pods it has taken ask for, and this one"
            }
            "Evicted" => ". A node that runs short takes no pod that could make it worse",
            _ => "",
        };
        self.add(
            step,
            "kubelet: admission",
            format!(
                "refused the pod, {reason}: {}{because}. Refused is Failed for good: nobody tries it again",
                words.trim_end().trim_end_matches('.')
            ),
        );
        let names_node = self.pod().is_some_and(|p| {
            self.walk.world().templates.get(p.template.ix()).is_some_and(|t| !t.spec.node_name.is_empty())
        });
        if names_node {
            self.scenario("spec.nodeName names the node: no scheduler looked whether there is room");
        }
        self.bound(step);
    }

    /// The scheduler tried the pod and found no node; perhaps it makes room on one.
    pub(super) fn unschedulable(&mut self, step: u64) {
        let Some((_, status)) = self.lineage.published.at(step) else { return self.queue(step) };
        let Some(condition) = status.condition(Sym::POD_SCHEDULED) else { return self.queue(step) };
        let (words, node) = (self.text(condition.message), status.nominated_node);
        if !node.is_empty() {
            let victims = self.victims(node);
            let who = if victims.is_empty() { "pods".to_owned() } else { victims.join(", ") };
            self.add(
                step,
                "kube-scheduler",
                format!(
                    "nominated {node} and preempts {who} of lower priority there: the pod waits until they are gone, \
                     each with its own grace period, and is then tried again"
                ),
            );
        }
        self.add(step, "kube-scheduler", format!("tried the pod and found no node: {words}"));
        self.queue(step);
    }

    /// The pods that are preempted for this one on a node, or will be.
    fn victims(&self, on: Sym) -> Vec<String> {
        let (w, Some(own)) = (self.walk.world(), self.pod()) else { return Vec::new() };
        let told = self.walk.history().iter().filter_map(|row| match row.change {
            Change::Event(event) => match event.message {
                EventText::PreemptedBy { uid, node } if node == on && own.ident.uid == Uid::Made(uid) => {
                    row.pod.map(PodId)
                }
                _ => None,
            },
            _ => None,
        });
        let queued = w.queue.waiting().into_iter().filter_map(|(_, _, event)| match event {
            SimEvent::Preempt { pod, victim, .. } if pod == self.lineage.pod => Some(victim),
            _ => None,
        });
        let pods: std::collections::BTreeSet<PodId> = told.chain(queued).collect();
        pods.into_iter().map(|pod| w.pods[pod.ix()].ident.name.to_string()).collect()
    }
}
