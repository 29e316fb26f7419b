//! How long a pod may stay on a node with NoExecute taints.
//!
//! Source: `GetMatchingTolerations` in pkg/apis/core/v1/helper/helpers.go, `getMinTolerationTime` in
//! pkg/controller/tainteviction/taint_eviction.go (v1.36.2).

use crate::api::Taint;
use crate::api::spec::Toleration;
use crate::rules::scheduler::placement::taint_toleration::tolerates;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stay {
    ForEver,
    /// So many seconds, counted from when the taint was noticed.
    Secs(i64),
    /// A taint that no toleration covers.
    Untolerated,
}

/// Of each taint the first toleration that covers it counts, however long a later one would be, and of these the shortest.
pub fn stay<'a>(tolerations: &[Toleration], taints: impl Iterator<Item = &'a Taint>) -> Stay {
    let mut shortest = None::<i64>;
    for taint in taints {
        let Some(first) = tolerations.iter().find(|t| tolerates(t, taint)) else { return Stay::Untolerated };
        if let Some(secs) = first.toleration_seconds {
            shortest = Some(shortest.map_or(secs, |old| old.min(secs)));
        }
    }
    shortest.map_or(Stay::ForEver, |secs| Stay::Secs(secs.max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Effect, Sym};

    #[test]
    fn the_first_toleration_of_a_taint_counts_and_the_shortest_of_those() {
        let taint = |key| Taint { key: Sym::new(key), value: Sym::EMPTY, effect: Effect::NoExecute };
        let toleration = |key: &str, secs| Toleration {
            key: key.into(),
            operator: "Exists".into(),
            toleration_seconds: secs,
            ..Toleration::default()
        };
        let check = |tolerations: &[Toleration], taints: &[Taint], expected| {
            assert_eq!(stay(tolerations, taints.iter()), expected, "{tolerations:?}");
        };
        let (a, b) = (taint("a"), taint("b"));
        check(&[], &[], Stay::ForEver);
        check(&[], &[a], Stay::Untolerated);
        check(&[toleration("a", None)], &[a], Stay::ForEver);
        check(&[toleration("a", None), toleration("a", Some(30))], &[a], Stay::ForEver);
        check(&[toleration("a", Some(60)), toleration("", Some(30))], &[a], Stay::Secs(60));
        check(&[toleration("a", Some(60)), toleration("", Some(30))], &[a, b], Stay::Secs(30));
        check(&[toleration("a", Some(60))], &[a, b], Stay::Untolerated);
        check(&[toleration("a", Some(-5))], &[a], Stay::Secs(0));
    }
}
