//! Discovery: which groups, versions and resources there are, in the newer form and in the older one.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/discovery (1.36.3). The surprise: who asks for a version of the newer form
//! that is not served must be answered in the older one (kubectl up to 1.28 finds no pods otherwise).

use serde_json::{Value, json};

use super::super::kinds::Resource;
use super::super::path::Request;
use super::super::status::{JSON, Response, no_page};
use super::super::store::Store;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers what lies at these parts of the path.
pub fn answer(store: &Store, request: &Request, parts: &[&str]) -> Response {
    let is_new = request.accept.contains("v=v2;as=APIGroupDiscoveryList");
    match parts {
        ["api"] if is_new => aggregated(store, request, |own| own.group.is_empty()),
        ["apis"] if is_new => aggregated(store, request, |own| !own.group.is_empty()),
        ["api"] => Response::json(
            200,
            &json!({
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": "" }],
            }),
        ),
        ["apis"] => {
            let groups: Vec<Value> =
                store.groups().iter().map(|(group, versions)| one(group, versions)).collect();
            Response::json(200, &json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["api", version] if store.has_version("", version) => resources(store, "", version),
        ["apis", group] => match store.groups().iter().find(|(own, _)| own == group) {
            Some((group, versions)) => {
                let mut value = json!({ "kind": "APIGroup", "apiVersion": "v1" });
                for (name, member) in one(group, versions).as_object().into_iter().flatten() {
                    value[name] = member.clone();
                }
                Response::json(200, &value)
            }
            None => no_page(),
        },
        ["apis", group, version] if store.has_version(group, version) => resources(store, group, version),
        _ => no_page(),
    }
}

fn one(group: &str, versions: &[&str]) -> Value {
    let spelled =
        |version: &&str| json!({ "groupVersion": format!("{group}/{version}"), "version": version });
    let versions: Vec<Value> = versions.iter().map(spelled).collect();
    json!({ "name": group, "versions": versions, "preferredVersion": versions[0] })
}

/// `APIGroupDiscoveryList`, with a tag by which a client finds that nothing has changed.
fn aggregated(store: &Store, request: &Request, is_own: fn(&Resource) -> bool) -> Response {
    type Versions<'a> = Vec<(&'a Resource, Vec<Value>)>;
    let mut groups: Vec<(&str, Versions<'_>)> = Vec::new();
    for own in store.resources().map(|(_, own)| &**own).filter(|own| is_own(own)) {
        if groups.iter().all(|(group, _)| *group != own.group) {
            groups.push((own.group, Vec::new()));
        }
        let Some((_, versions)) = groups.iter_mut().find(|(group, _)| *group == own.group) else { continue };
        match versions.last_mut().filter(|(last, _)| last.api_version() == own.api_version()) {
            Some((_, list)) => list.push(newer(own)),
            None => versions.push((own, vec![newer(own)])),
        }
    }
    let items: Vec<Value> = groups
        .into_iter()
        .map(|(group, versions)| {
            let spelled = |(own, resources): (&Resource, Vec<Value>)| {
                json!({ "version": own.version, "resources": resources, "freshness": "Current" })
            };
            let versions: Vec<Value> = versions.into_iter().map(spelled).collect();
            let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
            json!({ "metadata": metadata, "versions": versions })
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    let response = Response { content_type: AGGREGATED, ..Response::json(200, &body) };
    tagged(request, response.with("Vary", "Accept".to_owned()).with("Cache-Control", "public".to_owned()))
}

/// With an ETag of what it says; 304 to who has that already.
pub fn tagged(request: &Request, mut response: Response) -> Response {
    let tag = format!("\"{}\"", hash(&response.body).to_uppercase());
    if request.if_none_match.split(',').any(|own| own.trim() == tag) {
        response.code = 304;
        response.body.clear();
        response.content_type = "";
    }
    response.with("ETag", tag)
}

/// What a text says, in a few letters.
pub fn hash(text: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().take(24).map(|byte| format!("{byte:02x}")).collect()
}

fn newer(own: &Resource) -> Value {
    let kind = |(group, version, kind): (&str, &str, &str)| json!({ "group": group, "version": version, "kind": kind });
    let scope = if own.is_namespaced { "Namespaced" } else { "Cluster" };
    let mut value = json!({
        "resource": own.plural, "responseKind": kind(("", "", own.kind)), "scope": scope,
        "singularResource": own.singular(), "verbs": own.verbs,
    });
    if !own.short.is_empty() {
        value["shortNames"] = json!(own.short);
    }
    if !own.categories.is_empty() {
        value["categories"] = json!(own.categories);
    }
    if !own.below.is_empty() {
        let below = own.below.iter().map(|below| {
            json!({ "subresource": below.name, "responseKind": kind(below.kind), "verbs": below.verbs })
        });
        value["subresources"] = below.collect();
    }
    value
}

/// `APIResourceList`; resources by name, each with its subresources.
fn resources(store: &Store, group: &str, version: &str) -> Response {
    let mut list = Vec::new();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    for (_, own) in store.resources().filter(|(_, own)| own.api_version() == group_version) {
        let mut value = json!({
            "name": own.plural, "singularName": own.singular(), "namespaced": own.is_namespaced, "kind": own.kind,
            "verbs": own.verbs,
        });
        if !own.short.is_empty() {
            value["shortNames"] = json!(own.short);
        }
        if !own.categories.is_empty() {
            value["categories"] = json!(own.categories);
        }
        list.push(value);
        for below in &own.below {
            let (group, version, kind) = below.kind;
            let mut value = json!({
                "name": format!("{}/{}", own.plural, below.name), "singularName": "", "namespaced": own.is_namespaced,
                "kind": kind, "verbs": below.verbs,
            });
            if !version.is_empty() {
                value["group"] = group.into();
                value["version"] = version.into();
            }
            list.push(value);
        }
    }
    let mut body = json!({ "kind": "APIResourceList" });
    if !group.is_empty() {
        body["apiVersion"] = "v1".into();
    }
    body["groupVersion"] = group_version.into();
    body["resources"] = list.into();
    Response { content_type: JSON, ..Response::json(200, &body) }
}
