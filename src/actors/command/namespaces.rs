//! `kubectl delete namespace`

use crate::actors::{api_server, kubectl, namespaces};
use crate::api::Sym;
use crate::rules::controllers::namespace::IMMORTAL;
use crate::world::World;

pub fn delete(w: &mut World, name: Sym) {
    if IMMORTAL.contains(&name.as_str()) {
        return w.answer(&format!(
            "Error from server (Forbidden): namespaces \"{name}\" is forbidden: this namespace may not be deleted"
        ));
    }
    let is_gone = w.namespaces.get(name).is_some_and(|own| own.is_gone);
    if is_gone || !w.knows_namespace(name) {
        return w.answer(&format!("Error from server (NotFound): namespaces \"{name}\" not found"));
    }
    // A second time nothing comes of it.
    if !w.namespaces.is_terminating(name) {
        api_server::namespaces::delete(w, name);
        namespaces::heard(w, name);
    }
    w.tell(kubectl::deleted(&w.gates, "namespace", &name, Sym::EMPTY, false));
}
