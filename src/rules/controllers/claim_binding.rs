//! Which volume a claim is bound to.
//!
//! Source: `findByClaim`, `findBestMatchForClaim` in pkg/controller/volume/persistentvolume/index.go;
//! `FindMatchingVolume`, staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go (v1.36.3). The surprises: of those
//! that are large enough the smallest is taken, whatever its name; a volume that names a claim is nobody else's.

use crate::api::Sym;
use crate::rules::machinery::quantity::Quantity;

/// What a volume offers.
#[derive(Clone, Debug)]
pub struct Offered {
    /// `storageClassName`
    pub class: Sym,
    /// `accessModes`
    pub modes: Vec<Sym>,
    /// `capacity.storage`
    pub capacity: Option<Quantity>,
    /// Namespace and name of the claim for which it is kept.
    pub kept_for: Option<(Sym, Sym)>,
}

/// What a claim wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its namespace.
    pub namespace: Sym,
    /// Its name.
    pub name: Sym,
    /// The class that it is of; empty: none.
    pub class: Sym,
    /// `accessModes`
    pub modes: Vec<Sym>,
    /// `resources.requests.storage`
    pub request: Option<Quantity>,
}

impl Wanted {
    fn is_served_by(&self, offered: &Offered) -> bool {
        let is_large_enough = match (&self.request, &offered.capacity) {
            (Some(request), Some(capacity)) => capacity.cmp_value(*request).is_ge(),
            (request, _) => request.is_none(),
        };
        is_large_enough
            && self.class == offered.class
            && self.modes.iter().all(|mode| offered.modes.contains(mode))
    }
}

/// The volume that a claim is bound to, by its place among those that are free.
pub fn find<'a>(wanted: &Wanted, free: impl Iterator<Item = (usize, &'a Offered)>) -> Option<usize> {
    let serving = serving(wanted, free);
    let kept = serving.iter().find(|(_, offered)| offered.kept_for.is_some());
    kept.or(serving.first()).map(|(at, _)| *at)
}

/// All volumes that serve a claim, the smallest first.
pub fn serving<'a>(
    wanted: &Wanted,
    free: impl Iterator<Item = (usize, &'a Offered)>,
) -> Vec<(usize, &'a Offered)> {
    let own = (wanted.namespace, wanted.name);
    let serves = free.filter(|(_, offered)| {
        offered.kept_for.is_none_or(|kept| kept == own) && wanted.is_served_by(offered)
    });
    let mut serving: Vec<(usize, &Offered)> = serves.collect();
    let size = |offered: &Offered| offered.capacity.unwrap_or_default();
    serving.sort_by(|a, b| size(a.1).cmp_value(size(b.1)));
    serving
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(class: &str, size: &str, kept_for: Option<&str>) -> Offered {
        Offered {
            class: Sym::new(class),
            modes: vec![Sym::new("ReadWriteOnce")],
            capacity: Quantity::parse(size).ok(),
            kept_for: kept_for.map(|name| (Sym::new("shop"), Sym::new(name))),
        }
    }

    #[test]
    fn the_smallest_that_serves_is_taken_unless_one_is_kept_for_the_claim() {
        let wanted = Wanted {
            namespace: Sym::new("shop"),
            name: Sym::new("data-db-0"),
            class: Sym::new("manual"),
            modes: vec![Sym::new("ReadWriteOnce")],
            request: Quantity::parse("5Gi").ok(),
        };
        for (offers, expected) in [
            (vec![offered("manual", "20Gi", None), offered("manual", "8Gi", None)], Some(1)),
            (vec![offered("manual", "8Gi", Some("data-db-1")), offered("manual", "20Gi", None)], Some(1)),
            (vec![offered("manual", "8Gi", None), offered("manual", "20Gi", Some("data-db-0"))], Some(1)),
            (vec![offered("manual", "4Gi", None), offered("fast", "8Gi", None)], None),
        ] {
            assert_eq!(find(&wanted, offers.iter().enumerate()), expected);
        }
        let shared = Wanted { modes: vec![Sym::new("ReadWriteMany")], ..wanted };
        assert_eq!(find(&shared, [offered("manual", "8Gi", None)].iter().enumerate()), None);
    }
}
