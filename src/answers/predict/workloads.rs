//! The workloads of a present that are followed.

use crate::api::Sym;
use crate::record::ObjectRow;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::given::SetUp;
use crate::world::World;

/// A workload of the input that nobody of it controls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workload {
    /// Its kind.
    pub kind: ObjectType,
    /// Its namespace.
    pub namespace: Sym,
    /// Its name.
    pub name: Sym,
}

/// The workloads of an input.
pub fn of(up: &SetUp) -> Vec<Workload> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let is_there = |uid: &str| up.objects.iter().any(|(_, own)| own["metadata"]["uid"] == uid);
    let own = up.objects.iter().filter(|(kind, value)| {
        let owners = value["metadata"]["ownerReferences"].as_array();
        let above = owners.into_iter().flatten().find(|owner| owner["controller"] == true);
        let is_controlled = above.is_some_and(|owner| is_there(&text(&owner["uid"])));
        (kind.law().has_pods || *kind == ObjectType::CronJob) && !is_controlled
    });
    own.map(|(kind, value)| {
        let namespace = text(&value["metadata"]["namespace"]);
        let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
        let name = Sym::new(&text(&value["metadata"]["name"]));
        Workload { kind: *kind, namespace: Sym::new(&namespace), name }
    })
    .collect()
}

/// Their rows in a world.
pub fn rows(w: &World, all: &[Workload]) -> Vec<Option<ObjectRow>> {
    let row = |own: &Workload| {
        let key = w.workloads.find(own.kind.singular(), own.namespace, own.name)?;
        w.workloads.row(key)
    };
    all.iter().map(row).collect()
}
