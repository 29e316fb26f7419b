//! ConfigMaps, Secrets, claims and accounts that a pod cannot start without.

use serde_json::{Map, Value as Json};

type Object = Map<String, Json>;

/// Tells kind and name of each.
pub fn of(spec: &Object, tell: &mut dyn FnMut(&'static str, &str)) {
    let account = spec.get("serviceAccountName").and_then(Json::as_str).unwrap_or_default();
    if !matches!(account, "" | "default") {
        tell("ServiceAccount", account);
    }
    for container in items(spec, "initContainers").chain(items(spec, "containers")) {
        for variable in items(container, "env") {
            let Some(from) = variable.get("valueFrom") else { continue };
            refer(from, "configMapKeyRef", "name", "ConfigMap", tell);
            refer(from, "secretKeyRef", "name", "Secret", tell);
        }
        for source in container.get("envFrom").and_then(Json::as_array).into_iter().flatten() {
            refer(source, "configMapRef", "name", "ConfigMap", tell);
            refer(source, "secretRef", "name", "Secret", tell);
        }
    }
    for volume in spec.get("volumes").and_then(Json::as_array).into_iter().flatten() {
        refer(volume, "configMap", "name", "ConfigMap", tell);
        refer(volume, "secret", "secretName", "Secret", tell);
        refer(volume, "persistentVolumeClaim", "claimName", "PersistentVolumeClaim", tell);
        let sources = volume.pointer("/projected/sources").and_then(Json::as_array).into_iter().flatten();
        for source in sources {
            refer(source, "configMap", "name", "ConfigMap", tell);
            refer(source, "secret", "name", "Secret", tell);
        }
    }
}

fn items<'a>(map: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    map.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object)
}

/// What may be missing without harm is left out, and so is what every namespace has.
fn refer(
    holder: &Json,
    field: &str,
    key: &str,
    kind: &'static str,
    tell: &mut dyn FnMut(&'static str, &str),
) {
    let Some(reference) = holder.get(field) else { return };
    let name = reference.get(key).and_then(Json::as_str).unwrap_or_default();
    if !matches!(name, "" | "kube-root-ca.crt") && reference.get("optional") != Some(&Json::Bool(true)) {
        tell(kind, name);
    }
}
