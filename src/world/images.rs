//! Images by their full names: what a manifest, a node and a scenario write differently is one image.

use rustc_hash::FxHashMap;

use crate::api::Sym;
use crate::rules::machinery::image_name;
use crate::scenario::plan::{ImagePlan, Plan};
use crate::scenario::programs::matches;

/// What a name in a manifest comes to.
#[derive(Clone, Copy, Debug)]
struct Named {
    /// `docker.io/library/nginx:latest` for `nginx`.
    full: Sym,
    /// As the runtime names what it runs.
    reference: Sym,
    /// Why it is no name at all.
    problem: Option<Sym>,
}

/// A run's memory of names; each is taken apart once.
#[derive(Clone, Debug, Default)]
pub struct ImageNames {
    named: FxHashMap<Sym, Named>,
    /// Place in the plan's list, by full name.
    planned: FxHashMap<Sym, usize>,
    /// Those of the list that stand for many, in its order.
    patterns: Vec<(Sym, usize)>,
}

impl ImageNames {
    pub fn of(plan: &Plan) -> ImageNames {
        let mut names = ImageNames::default();
        for (ix, image) in plan.images.iter().enumerate() {
            let full = names.full(image.reference);
            if full.contains('*') {
                names.patterns.push((full, ix));
            } else {
                names.planned.entry(full).or_insert(ix);
            }
        }
        names
    }
    fn named(&mut self, written: Sym) -> Named {
        *self.named.entry(written).or_insert_with(|| Named {
            full: Sym::new(&image_name::normal(&written)),
            reference: Sym::new(&format!("{written}@sha256")),
            problem: image_name::problem(&written).map(Sym::from),
        })
    }
    /// The full name: `docker.io/library/nginx:latest` for `nginx`.
    pub fn full(&mut self, written: Sym) -> Sym {
        self.named(written).full
    }
    /// The reference under which the runtime has an image.
    pub fn reference(&mut self, written: Sym) -> Sym {
        self.named(written).reference
    }
    /// Why a name cannot be that of an image, if it cannot.
    pub fn problem(&mut self, written: Sym) -> Option<Sym> {
        self.named(written).problem
    }
    /// How pulls of an image go, by its full name.
    pub fn plan<'a>(&self, plan: &'a Plan, full: Sym) -> &'a ImagePlan {
        let like = || self.patterns.iter().find(|(pattern, _)| matches(pattern, &full)).map(|(_, ix)| ix);
        self.planned.get(&full).or_else(like).map_or(&plan.image_default, |ix| &plan.images[*ix])
    }
}
