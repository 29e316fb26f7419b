//! When the node lifecycle controller stops to evict, because more is amiss than single nodes.
//!
//! Source: `ComputeZoneState`, `handleDisruption` and `setLimiterInZone` in
//! pkg/controller/nodelifecycle/node_lifecycle_controller.go, `GetZoneKey` in
//! staging/src/k8s.io/component-helpers/node/topology/helpers.go (v1.36.2). How fast it evicts otherwise is not part of it.

use std::collections::BTreeMap;

/// `--unhealthy-zone-threshold`, in percent.
const UNHEALTHY_PERCENT: usize = 55;
/// `--large-cluster-size-threshold`: above it a zone in partial disruption is evicted slowly, up to it not at all.
const LARGE: usize = 50;

/// Region and zone of a node.
pub type ZoneKey<'a> = (&'a str, &'a str);

pub fn zone_key(labels: &BTreeMap<String, String>) -> ZoneKey<'_> {
    let label = |key| labels.get(key).map_or("", String::as_str);
    (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"))
}

/// How many nodes of a zone are ready, and how many are not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Zone {
    pub ready: usize,
    pub not_ready: usize,
}

impl Zone {
    pub fn count(&mut self, ready: bool) {
        if ready {
            self.ready += 1;
        } else {
            self.not_ready += 1;
        }
    }
    fn size(self) -> usize {
        self.ready + self.not_ready
    }
    fn is_partly_disrupted(self) -> bool {
        self.ready > 0 && self.not_ready > 2 && self.not_ready * 100 >= self.size() * UNHEALTHY_PERCENT
    }
    /// Whether nodes of this zone get NoExecute taints, while some node of the cluster is ready: a zone that is wholly down
    /// is evicted, one that is down for the most part only if it is large.
    pub fn evicts(self) -> bool {
        !self.is_partly_disrupted() || self.size() > LARGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_zone_that_is_down_for_the_most_part_is_left_alone() {
        let check = |ready, not_ready, expected| {
            assert_eq!(Zone { ready, not_ready }.evicts(), expected, "{ready} ready, {not_ready} not");
        };
        check(1, 1, true);
        check(1, 2, true);
        check(1, 3, false);
        check(2, 3, false);
        check(3, 3, true);
        check(0, 3, true);
        check(9, 11, false);
        check(23, 28, true);
    }
}
