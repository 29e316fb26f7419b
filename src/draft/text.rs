//! The text of a draft around a manifest's pods, without its expectations.

use std::fmt::Write as _;

use serde_json::Value;

use super::found::{Found, Templated};
use super::outline::{Container, Outline, Role};
use crate::scenario::assumed::RUNS;
use crate::scenario::tree::{spelled, spelled_key};

/// What every draft says of itself.
pub const CUSTOM: &str = "# A line whose `#` has no blank behind it can be switched on: take the `#` away.\n";

/// What stands above the expectations.
pub const EXPECTATIONS: &str = "\n# What `kubelapse test` holds the run against. It holds as the file stands; change it with the file.\n";

pub fn body(name: &str, path: &str, found: &Found, ground: &str) -> String {
    let mut outline = Outline::of(&found.specs());
    outline.forget(|kind, namespace, name| found.brings(kind, namespace, name));
    let outline = outline;
    let mut text = format!(
        "# The pods of {path}, and all goes well. Say below what goes differently, then: kubelapse test {name}.toml\n\
         {CUSTOM}\n\
         name        = {}\n\
         description = {}\n\
         kubernetes  = \"{}\"         # which version's feature gates and texts\n\
         until       = \"10m\"          # the run ends here, or earlier once nothing more can happen\n\
         #seed       = 1              # where chance starts from\n",
        spelled(name),
        spelled(&format!("the pods of {path}")),
        super::blank::version(),
    );
    nodes(&mut text, ground);
    images(&mut text, &outline);
    objects(&mut text, &outline);
    match found.is_applied() {
        true => applied(&mut text, path, found),
        false => pods(&mut text, path, &outline),
    }
    if outline.containers.is_empty() {
        text.push_str("  # no containers\n");
    }
    actions(&mut text, found, &outline);
    text.push_str(EXPECTATIONS);
    text
}

/// Nodes and classes as a run of the manifest alone would assume them.
fn nodes(text: &mut String, ground: &str) {
    text.push_str("\n# Where the pods run: nodes with what the pods ask for, 16 CPUs and 64Gi each where that is enough.");
    text.push_str(ground);
    if !ground.contains("\ncapacity = ") {
        text.push_str("# capacity = { cpu = \"4\", memory = \"16Gi\" } in [[node]] makes them smaller.\n");
    }
}

fn images(text: &mut String, outline: &Outline) {
    text.push_str(
        "\n# How the pulls go: 100Mi at 50Mi a second each, unless you say otherwise. pull is the time whatever the size,\n\
         # error = \"…\" makes it fail",
    );
    let secret = outline.images.iter().any(|image| image.secret.is_some());
    text.push_str(if secret { ", without its secret every pull fails.\n" } else { ".\n" });
    for image in &outline.images {
        let _ = writeln!(
            text,
            "#[[image]]\n#ref    = {}\n#size   = \"250Mi\"\n#pull   = \"5s\"",
            spelled(&image.reference)
        );
        if let Some(secret) = &image.secret {
            let _ = writeln!(text, "#secret = {}", spelled(secret));
        }
    }
}

fn objects(text: &mut String, outline: &Outline) {
    for (class, value) in &outline.priorities {
        let guess = if value.is_some() { "" } else { "   # a guess: the manifest does not say" };
        let _ = write!(
            text,
            "\n# A PriorityClass must be there before its pods are.\n[[object]]\nkind  = \"PriorityClass\"\n\
             name  = {}\nvalue = {}{guess}\n",
            spelled(class),
            value.unwrap_or(1000),
        );
    }
    if outline.needed.is_empty() {
        return;
    }
    text.push_str(
        "\n# What the pods refer to exists, unless you say otherwise. What is missing keeps them waiting until an\n\
         # action creates it.\n",
    );
    for needed in &outline.needed {
        let _ = writeln!(
            text,
            "#[[object]]\n#kind      = \"{}\"\n#name      = {}",
            needed.kind,
            spelled(&needed.name)
        );
        if needed.namespace != "default" {
            let _ = writeln!(text, "#namespace = {}", spelled(&needed.namespace));
        }
        text.push_str("#missing   = true\n");
    }
}

fn pods(text: &mut String, path: &str, outline: &Outline) {
    let _ = write!(
        text,
        "\n# The pods themselves: the manifest is read at each run.\n[[pod]]\nmanifest = {}\n",
        spelled(path)
    );
    text.push_str("#at      = \"5s\"             # when they are created\n");
    behavior(text, &outline.containers);
}

/// All of the manifest as kubectl would send it, and a program for each container of its workloads and pods.
fn applied(text: &mut String, path: &str, found: &Found) {
    let _ = write!(
        text,
        "\n# What the API server is sent: the manifest is read at each run. A later [[apply]] of a changed one is an update.\n\
         [[apply]]\nmanifest = {}\n#at      = \"5s\"             # when\n",
        spelled(path)
    );
    for own in &found.templated {
        let containers = Outline::of(&[(own.namespace.as_str(), &own.spec)]).containers;
        programs(text, Some(own), &containers);
    }
    let bare: Vec<_> = found.specs().into_iter().take(found.pods.len()).collect();
    programs(text, None, &Outline::of(&bare).containers);
}

fn programs(text: &mut String, own: Option<&Templated>, containers: &[Container]) {
    let workload = own.map(Templated::reference);
    let workload = workload.as_deref();
    for container in containers {
        let (kind, mut usual) = container.role.words();
        let ends = own.is_some_and(Templated::ends) && container.role == Role::Task;
        let after = format!("ends after {RUNS} with exit code 0");
        if ends {
            usual = &after;
        }
        let of = workload.map_or("the pods".to_owned(), |workload| workload.to_owned());
        let _ = writeln!(
            text,
            "\n# The {kind} {} of {of} {usual}, unless you say otherwise, start by start; the last repeats.\n[[program]]",
            container.name
        );
        if let Some(workload) = workload {
            let _ = writeln!(text, "workload  = {}", spelled(workload));
        }
        let _ = writeln!(text, "container = {}", spelled(&container.name));
        // The first thing that one asks of a probe.
        if container.declares.iter().any(|word| ["startup", "readiness", "liveness"].contains(word)) {
            text.push_str("#boots    = \"20s\"   # so long a start takes: before, no probe is answered\n");
        }
        attempts(text, "program", container, ends);
    }
}

/// A table for each container, with what one may say of its starts.
fn behavior(text: &mut String, containers: &[Container]) {
    for container in containers {
        let table = format!("pod.behavior.containers.{}", spelled_key(&container.name));
        let (kind, usual) = container.role.words();
        let _ = write!(
            text,
            "\n  # The {kind} {} {usual}, unless you say otherwise, start by start; the last repeats.\n  [{table}]\n",
            container.name
        );
        attempts(text, &table, container, false);
    }
}

/// Two starts of a container, to be switched on; of what ends the second is.
fn attempts(text: &mut String, table: &str, container: &Container, ends: bool) {
    let off = if ends { "" } else { "#" };
    let _ = write!(
        text,
        "  #[[{table}.attempts]]   # the first start\n  \
         #runs      = \"3s\"\n  \
         #exit      = 1\n  \
         #log       = [\"fatal: connection refused\"]\n  \
         {off}[[{table}.attempts]]   # every later one\n",
    );
    if ends {
        let _ = writeln!(text, "  runs      = \"{RUNS}\"\n  exit      = 0");
    }
    let lines = match container.role {
        _ if ends => &[][..],
        Role::Init | Role::Task => &["#runs      = \"30s\"", "#exit      = 0"],
        _ => &[
            "#runs      = \"forever\"",
            "#onTerm    = { after = \"2s\", exit = 0 }   # what SIGTERM does",
            "#memory    = [{ size = \"100Mi\" }, { at = \"5m\", size = \"600Mi\" }]   # above its limit it is OOMKilled",
        ],
    };
    let declared = container.declares.iter().map(|word| match *word {
        "startup" => "#startup   = [{ ok = false }, { at = \"10s\", ok = true }]   # has started after 10s",
        "readiness" => "#readiness = [{ ok = false }, { at = \"15s\", ok = true }]   # is ready after 15s",
        "liveness" => "#liveness  = [{ ok = true }, { at = \"5m\", ok = false, output = \"no answer\" }]",
        "postStart" => "#postStart = { takes = \"2s\", exit = 0 }",
        _ => "#preStop   = { takes = \"5s\", exit = 0 }",
    });
    for line in lines.iter().copied().chain(declared) {
        let _ = writeln!(text, "  {line}");
    }
}

/// The name of the first pod that the draft makes.
fn first_pod(found: &Found) -> String {
    let named = |pod: &Value, field: &str| pod.pointer(field).and_then(Value::as_str).map(str::to_owned);
    let of_pod = |pod: &Value| {
        let generated = || named(pod, "/metadata/generateName");
        named(pod, "/metadata/name").or_else(generated).map(|name| name.trim_end_matches('-').to_owned())
    };
    found.pods.first().and_then(of_pod).unwrap_or_default()
}

fn actions(text: &mut String, found: &Found, outline: &Outline) {
    text.push_str(
        "\n# What people and controllers do: delete, evict, drain, patch, setImage, resize, kill, … (`kubelapse schema` has all).\n\
         #[[action]]\n#at     = \"5m\"\n",
    );
    let _ = match found.templated.first() {
        Some(own) if own.is_scaled => {
            writeln!(text, "#scale  = {}\n#replicas = {}", spelled(&own.reference()), own.replicas + 2)
        }
        Some(own) => writeln!(text, "#delete = {}", spelled(&own.reference())),
        None => writeln!(text, "#delete = {}", spelled(&format!("pod/{}", first_pod(found)))),
    };
    if let Some(needed) = outline.needed.first() {
        let _ = writeln!(
            text,
            "#[[action]]\n#at     = \"3m\"\n#create = {}",
            spelled(&format!("{}/{}", needed.kind, needed.name))
        );
    }
}
