//! The rows of kinds that the simulator stores or serves and does not play: ConfigMaps, Secrets, Leases, Ingresses and the like.
//!
//! Source: pkg/printers/internalversion/printers.go (`printConfigMap`, `printIngress`, `printRoleBinding`, …, 1.36.3).

use serde_json::Value;

use super::printing::age;
use super::tables::{Cell, labels_text, narrow, or_none, selector_text, wide};
use crate::time::Time;

/// The row of an object in the order of its columns; none for kinds that have no printer.
pub(super) fn row(object: &Value, now: Time) -> Option<Vec<Cell>> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let name = || narrow("NAME", text("/metadata/name"));
    let age = || narrow("AGE", age(Time::parse_rfc3339(text("/metadata/creationTimestamp")), now));
    let members =
        |path: &str| object.pointer(path).and_then(Value::as_object).map_or(0, serde_json::Map::len);
    let row = match object["kind"].as_str()? {
        "ConfigMap" => vec![name(), narrow("DATA", members("/data") + members("/binaryData")), age()],
        "Secret" => vec![name(), narrow("TYPE", text("/type")), narrow("DATA", members("/data")), age()],
        "ServiceAccount" => vec![name(), age()],
        "Lease" => vec![name(), narrow("HOLDER", text("/spec/holderIdentity")), age()],
        "RuntimeClass" => vec![name(), narrow("HANDLER", text("/handler")), age()],
        "PriorityClass" => vec![
            name(),
            narrow("VALUE", object["value"].as_i64().unwrap_or(0)),
            narrow("GLOBAL-DEFAULT", object["globalDefault"].as_bool().unwrap_or(false)),
            age(),
            narrow("PREEMPTIONPOLICY", text("/preemptionPolicy")),
        ],
        "NetworkPolicy" => {
            vec![name(), narrow("POD-SELECTOR", selector_text(&object["spec"]["podSelector"])), age()]
        }
        "Endpoints" => vec![name(), narrow("ENDPOINTS", endpoints(object)), age()],
        "Ingress" => ingress(object, name(), age()),
        "APIService" => api_service(object, name(), age()),
        "RoleBinding" => role_binding(object, name(), age()),
        "PodTemplate" => {
            let of = |member: &str| {
                let all = list(object, "/template/spec/containers").iter();
                all.map(|own| own[member].as_str().unwrap_or_default()).collect::<Vec<_>>().join(",")
            };
            let labels = labels_text(&object["template"]["metadata"]["labels"]);
            vec![
                name(),
                narrow("CONTAINERS", of("name")),
                narrow("IMAGES", of("image")),
                narrow("POD LABELS", labels),
            ]
        }
        "Scale" => vec![
            name(),
            narrow("DESIRED", object["spec"]["replicas"].as_i64().unwrap_or(0)),
            narrow("AVAILABLE", object["status"]["replicas"].as_i64().unwrap_or(0)),
            age(),
        ],
        _ => return None,
    };
    Some(row)
}

fn list<'a>(object: &'a Value, path: &str) -> &'a [Value] {
    object.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// `formatEndpoints`: three of them, and how many more there are.
fn endpoints(object: &Value) -> String {
    const SHOWN: usize = 3;
    let mut all = Vec::new();
    for subset in list(object, "/subsets") {
        let addresses = || list(subset, "/addresses").iter().filter_map(|own| own["ip"].as_str());
        let ports = list(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            all.extend(addresses().map(|ip| format!("{ip}:{}", port["port"])));
        }
    }
    match all.len() {
        0 => "<none>".to_owned(),
        count if count > SHOWN => format!("{} + {} more...", all[..SHOWN].join(","), count - SHOWN),
        _ => all.join(","),
    }
}

/// `printIngress`
fn ingress(object: &Value, name: Cell, age: Cell) -> Vec<Cell> {
    let class = object["spec"]["ingressClassName"].as_str().unwrap_or("<none>");
    let hosts: Vec<&str> = list(object, "/spec/rules")
        .iter()
        .filter_map(|rule| rule["host"].as_str())
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = match hosts.len() {
        0 => "*".to_owned(),
        count if count > 3 => format!("{} + {} more...", hosts[..3].join(","), count - 3),
        _ => hosts.join(","),
    };
    let address: Vec<&str> = list(object, "/status/loadBalancer/ingress")
        .iter()
        .filter_map(|own| own["ip"].as_str().or_else(|| own["hostname"].as_str()))
        .collect();
    let ports = if list(object, "/spec/tls").is_empty() { "80" } else { "80, 443" };
    vec![
        name,
        narrow("CLASS", or_none(class.to_owned())),
        narrow("HOSTS", hosts),
        narrow("ADDRESS", address.join(",")),
        narrow("PORTS", ports),
        age,
    ]
}

/// `printAPIService` (staging/src/k8s.io/kube-aggregator/pkg/registry/apiservice/etcd)
fn api_service(object: &Value, name: Cell, age: Cell) -> Vec<Cell> {
    let service = &object["spec"]["service"];
    let said = |member: &str| service[member].as_str().unwrap_or_default().to_owned();
    let service = if service.is_null() {
        "Local".to_owned()
    } else {
        format!("{}/{}", said("namespace"), said("name"))
    };
    let available = list(object, "/status/conditions").iter().find(|own| own["type"] == "Available");
    let status = available.and_then(|own| own["status"].as_str()).unwrap_or("Unknown");
    vec![name, narrow("SERVICE", service), narrow("AVAILABLE", status), age]
}

/// `printRoleBinding`
fn role_binding(object: &Value, name: Cell, age: Cell) -> Vec<Cell> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let role = format!("{}/{}", text("/roleRef/kind"), text("/roleRef/name"));
    let of = |kind: &str| {
        let own = list(object, "/subjects").iter().filter(|own| own["kind"] == kind);
        let said = own.map(|own| {
            let said = |member: &str| own[member].as_str().unwrap_or_default();
            if kind == "ServiceAccount" {
                format!("{}/{}", said("namespace"), said("name"))
            } else {
                said("name").to_owned()
            }
        });
        said.collect::<Vec<_>>().join(", ")
    };
    vec![
        name,
        narrow("ROLE", role),
        age,
        wide("USERS", of("User")),
        wide("GROUPS", of("Group")),
        wide("SERVICEACCOUNTS", of("ServiceAccount")),
    ]
}
