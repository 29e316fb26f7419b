//! The text that says why no node took a pod.
//!
//! Source: pkg/scheduler/framework/types.go (`FitError.Error`), 1.36.2. The surprise: entries are sorted as strings, so
//! `12 …` stands before `2 …`.

use std::fmt::{self, Display, Write as _};

use super::Reason;
use crate::api::Sym;

impl Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Reason::Unschedulable => "node(s) were unschedulable",
            Reason::NodeName => "node(s) didn't match the requested node name",
            Reason::Taints => "node(s) had untolerated taint(s)",
            Reason::Taint { key, value } => {
                return write!(f, "node(s) had untolerated taint {{{key}: {value}}}");
            }
            Reason::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Reason::AffinityConflict => "pod affinity terms conflict",
            Reason::NotSatisfied(plugin) => {
                return write!(f, "node(s) didn't satisfy plugin(s) [{}]", plugin.name());
            }
            Reason::Ports => "node(s) didn't have free ports for the requested pod ports",
            Reason::TooManyPods => "Too many pods",
            Reason::Insufficient(resource) => return write!(f, "Insufficient {resource}"),
            Reason::ClaimNotFound(claim) => {
                return write!(f, "persistentvolumeclaim \"{claim}\" not found");
            }
            Reason::UnboundClaims => "pod has unbound immediate PersistentVolumeClaims",
            Reason::VolumeAffinity => "node(s) didn't match PersistentVolume's node affinity",
            Reason::VolumeAffinityConflict => "node(s) had volume node affinity conflict",
            Reason::NoVolumes => "node(s) didn't find available persistent volumes to bind",
            Reason::Spread => "node(s) didn't match pod topology spread constraints",
            Reason::SpreadLabel => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            Reason::Affinity => "node(s) didn't match pod affinity rules",
            Reason::AntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Reason::ExistingAntiAffinity => "node(s) didn't satisfy existing pods anti-affinity rules",
            Reason::DeclaredFeatures => "node(s) didn't match Pod's required features",
            Reason::NoVictims => "No preemption victims found for incoming pod",
            Reason::NotHelpful => "Preemption is not helpful for scheduling",
            Reason::Other(text) => text.as_str(),
        };
        f.write_str(text)
    }
}

impl From<Sym> for Reason {
    fn from(text: Sym) -> Reason {
        Reason::Other(text)
    }
}

/// `FitError.Error`: how many nodes gave each reason, or what stopped the pod before any node was looked at, and what
/// the attempt to make room said.
pub fn fit_error(
    all_nodes: usize,
    before_nodes: Option<&dyn Display>,
    counts: &[(Reason, u32)],
    afterwards: &str,
) -> String {
    let mut text = format!("0/{all_nodes} nodes are available:");
    if let Some(message) = before_nodes {
        let _ = write!(text, " {message}.");
    } else if !counts.is_empty() {
        let mut entries: Vec<String> =
            counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        entries.sort_unstable();
        let _ = write!(text, " {}.", entries.join(", "));
    }
    if !afterwards.is_empty() {
        let _ = write!(text, " {afterwards}");
    }
    text
}

/// Counts a reason once more.
pub fn count(counts: &mut Vec<(Reason, u32)>, reason: Reason, nodes: u32) {
    match counts.iter_mut().find(|(known, _)| *known == reason) {
        Some((_, count)) => *count += nodes,
        None => counts.push((reason, nodes)),
    }
}
