//! Images by their full names: what a manifest, a node and a scenario write differently is one image.

use rustc_hash::FxHashMap;

use crate::api::Sym;
use crate::rules::image_name;
use crate::scenario::plan::{ImagePlan, Plan};

/// A run's memory of names; each is taken apart once.
#[derive(Clone, Debug, Default)]
pub struct ImageNames {
    full: FxHashMap<Sym, Sym>,
    /// Place in the plan's list, by full name.
    planned: FxHashMap<Sym, usize>,
}

impl ImageNames {
    pub fn of(plan: &Plan) -> ImageNames {
        let mut names = ImageNames::default();
        for (ix, image) in plan.images.iter().enumerate() {
            let full = names.full(image.reference);
            names.planned.entry(full).or_insert(ix);
        }
        names
    }
    /// The full name: `docker.io/library/nginx:latest` for `nginx`.
    pub fn full(&mut self, written: Sym) -> Sym {
        *self.full.entry(written).or_insert_with(|| Sym::new(&image_name::normal(&written)))
    }
    /// How pulls of an image go, by its full name.
    pub fn plan<'a>(&self, plan: &'a Plan, full: Sym) -> &'a ImagePlan {
        self.planned.get(&full).map_or(&plan.image_default, |ix| &plan.images[*ix])
    }
}
