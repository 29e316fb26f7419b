//! `[[program]]`: what processes do, by image, container or workload.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Context, behavior, distribution, flag, number, tables, text};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::plan::{Attempt, AttemptsOf, ProgramPlan, Serves};
use crate::scenario::programs::{matches, unsaid};
use crate::scenario::tree::{Node, Table};

pub fn programs(table: &Table, cx: &mut Context<'_>) -> Vec<ProgramPlan> {
    let mut plans = Vec::new();
    for (_, entry) in tables(table, "program") {
        let mut attempts = |finishes: bool| {
            let default = unsaid(finishes);
            let read = entry.get("attempts").map(|node| behavior::attempts(node, &default, None, cx));
            Arc::new(read.unwrap_or_else(|| vec![default]) as Vec<Attempt>)
        };
        let (serving, finishing) = (attempts(false), attempts(true));
        plans.push(ProgramPlan {
            image: text(entry, "image").map(str::to_owned),
            container: text(entry, "container").map(Sym::new),
            workload: entry.get("workload").and_then(|node| workload(node, cx)),
            revision: number(entry, "revision"),
            index: number(entry, "index"),
            command: text(entry, "command").map(str::to_owned),
            boots: distribution(entry, "boots"),
            serves: entry.get("serves").and_then(|node| serves(node, cx)),
            serving,
            finishing,
            execs_run_on: flag(entry, "execsRunOn").unwrap_or(false),
            attempts_of: match text(entry, "attemptsOf") {
                Some("workload") => AttemptsOf::Workload,
                Some("index") => AttemptsOf::Index,
                Some("node") => AttemptsOf::Node,
                _ => AttemptsOf::Container,
            },
        });
    }
    plans
}

/// `{ "8080" = ["/healthz"] }`
fn serves(node: &Node, cx: &mut Context<'_>) -> Option<Arc<Serves>> {
    let mut doors = BTreeMap::new();
    for entry in &node.table()?.entries {
        let Some(port) = entry.key.parse::<i64>().ok().filter(|port| (1..=65_535).contains(port)) else {
            let item = Diagnostic::new(Code::BadValue, entry.key_loc, format!("`{}` is no port", entry.key));
            cx.report(item.label("expected a number from 1 to 65535"));
            continue;
        };
        let paths = entry.node.array().unwrap_or_default().iter();
        doors.insert(port, paths.filter_map(Node::text).map(str::to_owned).collect());
    }
    Some(Arc::new(Serves(doors)))
}

/// `deployment/web`
fn workload(node: &Node, cx: &mut Context<'_>) -> Option<(ObjectType, Sym)> {
    let text = node.text()?;
    let (kind, name) = text.split_once('/').unwrap_or((text, ""));
    match ObjectType::parse(kind).filter(|kind| kind.law().has_pods && !name.is_empty()) {
        Some(kind) => Some((kind, Sym::new(name))),
        None => {
            let kinds = ObjectType::kept().filter(|kind| kind.law().has_pods).map(ObjectType::key);
            let item = Diagnostic::new(Code::BadValue, node.loc, format!("`{text}` is no workload"))
                .label("expected KIND/NAME, such as \"deployment/web\"");
            let kinds: Vec<&str> = kinds.collect();
            let near = crate::scenario::diagnostic::nearest(kind, &kinds).filter(|near| *near != kind);
            cx.report(match near {
                Some(near) => item.hint(format!("did you mean `{near}/{name}`?")),
                None => item,
            });
            None
        }
    }
}

/// Tells of programs that no container will run: of workloads, containers and images that nobody has.
pub fn known(table: &Table, cx: &mut Context<'_>) {
    if cx.unsettled || !cx.refused.is_empty() {
        return;
    }
    let (mut images, mut containers) = (images_of_actions(table), cx.debugs.clone());
    for (name, image) in containers_known(cx) {
        containers.push(name);
        images.push(image);
    }
    let workloads: Vec<(ObjectType, String)> = cx
        .applies
        .iter()
        .flat_map(|apply| &apply.objects)
        .map(|object| (object.kind, object.name().to_owned()))
        .collect();
    let list = |names: Vec<String>| {
        let mut names = names;
        names.sort();
        names.dedup();
        names
    };
    for (_, entry) in tables(table, "program") {
        if let Some((node, pattern)) = entry.get("image").and_then(|node| Some((node, node.text()?)))
            && !images.iter().any(|image| matches(pattern, image))
        {
            let title = format!("no container uses an image like `{pattern}`");
            let known = list(images.clone());
            let item = Diagnostic::new(Code::NoEffect, node.loc, title);
            cx.report(item.nearest(pattern, known.iter().map(String::as_str)));
        }
        if let Some((node, name)) = entry.get("container").and_then(|node| Some((node, node.text()?)))
            && !containers.iter().any(|known| known == name)
        {
            let known = list(containers.clone());
            let item =
                Diagnostic::new(Code::UnknownContainer, node.loc, format!("there is no container `{name}`"));
            cx.report(item.nearest(name, known.iter().map(String::as_str)));
        }
        if let Some((node, text)) = entry.get("workload").and_then(|node| Some((node, node.text()?)))
            && let Some((kind, name)) = text.split_once('/')
            && let Some(kind) = ObjectType::parse(kind)
            && !workloads.iter().any(|(of, known)| *of == kind && matches(name, known))
        {
            let known: Vec<String> =
                workloads.iter().map(|(kind, name)| format!("{}/{name}", kind.key())).collect();
            let title = format!("no [[apply]] has a {} `{name}`", kind.name());
            // A pattern may fit nothing.
            let code = if name.contains('*') { Code::NoEffect } else { Code::UnknownTarget };
            let item = Diagnostic::new(code, node.loc, title);
            cx.report(item.nearest(text, known.iter().map(String::as_str)));
        }
    }
}

/// Images that actions bring.
fn images_of_actions(table: &Table) -> Vec<String> {
    let actions = tables(table, "action").into_iter();
    let mut images = Vec::new();
    for (_, entry) in actions {
        images.extend(text(entry, "image").map(str::to_owned));
        if let Some(merge) = entry.get("merge") {
            images_below(&merge.to_json(), &mut images);
        }
    }
    images
}

fn images_below(value: &Json, images: &mut Vec<String>) {
    match value {
        Json::Object(map) => {
            images.extend(map.get("image").and_then(Json::as_str).map(str::to_owned));
            map.values().for_each(|value| images_below(value, images));
        }
        Json::Array(list) => list.iter().for_each(|value| images_below(value, images)),
        _ => {}
    }
}

/// Name and image of every container that a template of a pod or a workload has.
pub fn containers_known(cx: &Context<'_>) -> Vec<(String, String)> {
    let mut known = Vec::new();
    for template in cx.templates.iter() {
        let spec = &template.spec;
        let all = spec.init_containers.iter().chain(&spec.containers).chain(&spec.ephemeral_containers);
        known.extend(all.map(|c| (c.name.as_str().to_owned(), c.image.as_str().to_owned())));
    }
    for object in cx.applies.iter().flat_map(|apply| &apply.objects) {
        known.extend(containers_of(&object.value));
    }
    known
}

/// References of the images that pods have as volumes.
pub fn image_volumes_known(cx: &Context<'_>) -> Vec<String> {
    let volumes = cx.templates.iter().flat_map(|template| &template.spec.volumes);
    let mut known: Vec<String> =
        volumes.filter_map(|volume| Some(volume.image.as_ref()?.reference.to_string())).collect();
    for object in cx.applies.iter().flat_map(|apply| &apply.objects) {
        let volumes = template_of(&object.value).get("volumes").and_then(Json::as_array);
        let images = volumes.into_iter().flatten().filter_map(|volume| volume["image"]["reference"].as_str());
        known.extend(images.map(str::to_owned));
    }
    known
}

/// The spec of the pods that a workload makes.
fn template_of(workload: &Json) -> &Json {
    // A CronJob's is that of its Jobs.
    let paths = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    paths.iter().find_map(|path| workload.pointer(path)).unwrap_or(&Json::Null)
}

/// Name and image of the containers of a workload's template, init containers first.
pub fn containers_of(workload: &Json) -> Vec<(String, String)> {
    let template = template_of(workload);
    let lists = ["initContainers", "containers"].into_iter();
    let lists = lists.filter_map(|list| template.get(list).and_then(Json::as_array));
    let word = |container: &Json, key: &str| {
        container.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    lists.flatten().map(|container| (word(container, "name"), word(container, "image"))).collect()
}
