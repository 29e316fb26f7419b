//! The search for presents that are possible.
//!
//! A pod is played from where its play begins; where that does not lead to what was printed, it gets another throw of its own dice,
//! and where most pods of a node went elsewhere, the node's loops do too. What is kept of several throws is the first that fits to
//! the second, or else one that shows the same: so among the presents that are found each is as frequent as it is likely.

use super::fit::{self, Fit};
use crate::scenario::given::SetUp;
use crate::session::Session;
use crate::session::present::Luck;
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
