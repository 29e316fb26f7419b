//! The search for presents that are possible.
//!
//! A pod is played from where its play begins; where that does not lead to what was printed, it gets another throw of its own dice,
//! and where most pods of a node went elsewhere, the node's loops do too. What is kept of several throws is the first that fits to
//! the second, or else one that shows the same: so among the presents that are found each is as frequent as it is likely.
//!
//! A pod that the scheduler has refused for a reason that the input does not show (a claim that is not bound; nodes that nobody printed)
//! would get a node here at once. Nobody can know when that reason goes away: it is kept as it is.

use super::fit::{self, Fit};
use crate::api::{Sym, Tri};
use crate::scenario::given::{GivenPod, SetUp};
use crate::session::Session;
use crate::session::present::Luck;
use crate::time::Span;
use crate::world::PodId;

/// A present, and how well each pod of the input stands in it.
pub struct Found {
    pub session: Session,
    pub pods: Vec<PodId>,
    pub fits: Vec<Fit>,
}

/// So many throws are made at most, of so many pods.
fn throws(pods: usize) -> u32 {
    match pods {
        0..=8 => 24,
        9..=64 => 10,
        65..=512 => 4,
        _ => 2,
    }
}

fn look(up: &SetUp, seed: u64, luck: &Luck) -> Found {
    let (session, pods) = Session::present(up, seed, luck);
    let fits = pods.iter().zip(&up.given.pods);
    let fits = fits.map(|(pod, given)| fit::of(&session.world.pods[pod.ix()], given)).collect();
    Found { session, pods, fits }
}

/// Looks for a present under a seed.
pub fn find(up: &SetUp, seed: u64) -> Found {
    let mut luck = Luck::first(up);
    let mut best = look(up, seed, &luck);
    if keep(up, &best, &mut luck) {
        best = look(up, seed, &luck);
    }
    let mut is_mixed = false;
    for throw in 1..throws(up.players.len()) {
        if best.fits.iter().all(|fit| *fit == Fit::Exact) {
            break;
        }
        let tried = another(up, &luck, &best.fits, throw);
        let found = look(up, seed, &tried);
        let better: Vec<bool> = taken(up, &luck, &tried, &best.fits, &found.fits);
        for (ix, better) in better.iter().enumerate().filter(|(_, better)| **better) {
            debug_assert!(*better);
            luck.pods[ix] = tried.pods[ix];
            best.fits[ix] = found.fits[ix];
            if let Some(node) = up.players[ix].node {
                luck.nodes[node] = tried.nodes[node];
            }
        }
        let is_whole = luck == tried;
        is_mixed = !is_whole && (is_mixed || better.contains(&true));
        if is_whole {
            best = found;
        }
    }
    if is_mixed { look(up, seed, &luck) } else { best }
}

/// Keeps those from a node that have got one here and were refused for what is not in the input; whether there are any.
fn keep(up: &SetUp, found: &Found, luck: &mut Luck) -> bool {
    for ((kept, pod), given) in luck.kept.iter_mut().zip(&found.pods).zip(&up.given.pods) {
        let has_node = found.session.world.pods[pod.ix()].node.is_some();
        *kept = has_node && is_refused_unseen(up, given);
    }
    luck.kept.contains(&true)
}

/// A scheduler looks again at whom it has refused after so long at the latest (`DefaultPodMaxInUnschedulablePodsDuration`,
/// pkg/scheduler/backend/queue/scheduling_queue.go), looked for each half minute, and a back-off more.
const LOOKED_AGAIN: Span = Span::from_secs(300 + 30 + 10);

/// Whether the scheduler has refused a pod for what the input does not show: nodes are not in it, or volumes are the reason; or it has
/// looked again since the pod was refused, and what is in the input would let it in.
fn is_refused_unseen(up: &SetUp, given: &GivenPod) -> bool {
    let status = &given.pod.status;
    let refused = status.condition(Sym::POD_SCHEDULED).filter(|own| own.status == Tri::False);
    let Some(refused) = refused.filter(|own| own.reason == Sym::UNSCHEDULABLE) else { return false };
    let words = refused.message.fixed().unwrap_or_default().to_lowercase();
    let of_volumes = words.contains("persistentvolumeclaim") || words.contains("volume");
    let since = refused.last_transition.unwrap_or(up.given.now);
    up.given.nodes.is_empty() || of_volumes || up.given.now.since(since) > LOOKED_AGAIN
}

/// Another throw of those that do not fit; of a node, where that are most.
fn another(up: &SetUp, luck: &Luck, fits: &[Fit], throw: u32) -> Luck {
    let mut tried = luck.clone();
    let mut of_nodes = vec![(0, 0); up.plan.nodes.len()];
    for (player, fit) in up.players.iter().zip(fits) {
        let Some(node) = player.node else { continue };
        of_nodes[node].0 += 1;
        of_nodes[node].1 += usize::from(*fit != Fit::Exact);
    }
    for (own, (all, wrong)) in tried.nodes.iter_mut().zip(&of_nodes) {
        if wrong * 2 > *all {
            *own = throw;
        }
    }
    for ((own, player), fit) in tried.pods.iter_mut().zip(&up.players).zip(fits) {
        let is_moved = player.node.is_some_and(|node| tried.nodes[node] == throw);
        if is_moved || *fit != Fit::Exact {
            *own = throw;
        }
    }
    tried
}

/// Of which pods the new throw is taken: of a node whose loops were thrown anew all or none.
fn taken(up: &SetUp, luck: &Luck, tried: &Luck, before: &[Fit], after: &[Fit]) -> Vec<bool> {
    let mut gains = vec![0i64; up.plan.nodes.len()];
    for ((player, before), after) in up.players.iter().zip(before).zip(after) {
        if let Some(node) = player.node {
            gains[node] += *after as i64 - *before as i64;
        }
    }
    let own = |(ix, player): (usize, &crate::scenario::given::Player)| match player.node {
        Some(node) if tried.nodes[node] != luck.nodes[node] => gains[node] > 0,
        _ => tried.pods[ix] != luck.pods[ix] && after[ix] > before[ix],
    };
    up.players.iter().enumerate().map(own).collect()
}
