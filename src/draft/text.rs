//! The text of a draft around a manifest's pods, without its expectations.

use std::fmt::Write as _;

use serde_json::Value;

use super::found::{Found, Templated};
use super::inline;
use super::outline::{Container, Outline, Role};
use crate::scenario::tree::{spelled, spelled_key};

/// What every draft says of itself.
pub const CUSTOM: &str =
    "# A line that begins with `#` and no blank can be switched on: take the `#` away.\n";

/// What stands above the expectations.
pub const EXPECTATIONS: &str = "\n# What `kubelapse test` holds the run against. It holds as the file stands; change it with the file.\n";

pub fn body(name: &str, path: &str, found: &Found) -> String {
    let mut outline = Outline::of(&found.specs());
    outline.forget(|kind, namespace, name| found.brings(kind, namespace, name));
    let outline = outline;
    let mut text = format!(
        "# The pods of {path}, and all goes well. Say below what goes differently, then: kubelapse test {name}.toml\n\
         {CUSTOM}\n\
         name        = {}\n\
         description = {}\n\
         until       = \"10m\"          # the run ends here, or earlier once nothing more can happen\n\
         #seed       = 1              # where chance starts from\n\
         #kubernetes = \"{}\"         # which version's feature gates and texts\n",
        spelled(name),
        spelled(&format!("the pods of {path}")),
        super::blank::version(),
    );
    nodes(&mut text, &outline);
    images(&mut text, &outline);
    objects(&mut text, &outline);
    match found.is_applied {
        true => applied(&mut text, path, found),
        false => pods(&mut text, path, found),
    }
    if outline.containers.is_empty() {
        text.push_str("  # no containers\n");
    }
    actions(&mut text, found, &outline);
    text.push_str(EXPECTATIONS);
    text
}

fn nodes(text: &mut String, outline: &Outline) {
    text.push_str("\n# Where the pods run: one node with 16 CPUs and 64Gi, unless you say otherwise.\n");
    let asked = !outline.nodes.is_empty() || !outline.selected.is_empty();
    if !asked {
        text.push_str("#[[node]]\n#name     = \"node\"\n#capacity = { cpu = \"4\", memory = \"16Gi\" }\n");
        return;
    }
    let labels: Vec<String> = outline
        .selected
        .iter()
        .map(|(key, value)| format!("{} = {}", spelled_key(key), spelled(value)))
        .collect();
    let usual = ["node".to_owned()];
    let names = if outline.nodes.is_empty() { &usual[..] } else { &outline.nodes[..] };
    for name in names {
        let _ = writeln!(text, "[[node]]\nname     = {}", spelled(name));
        if !labels.is_empty() {
            let _ = writeln!(text, "labels   = {{ {} }}   # what nodeSelector asks for", labels.join(", "));
        }
        text.push_str("#capacity = { cpu = \"4\", memory = \"16Gi\" }\n");
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

fn pods(text: &mut String, path: &str, found: &Found) {
    if !found.pods.is_empty() {
        let _ = write!(
            text,
            "\n# The pods themselves: the manifest is read at each run.\n[[pod]]\nmanifest = {}\n",
            spelled(path)
        );
        text.push_str("#at      = \"5s\"             # when they are created\n");
        let specs: Vec<_> = found.specs().into_iter().take(found.pods.len()).collect();
        behavior(text, &Outline::of(&specs).containers);
    }
    for own in &found.templated {
        let _ = writeln!(
            text,
            "\n# The pods of the {} {}: a copy of its template in {path}, which later changes there do not\n\
             # reach. There is no controller: a pod that is deleted or evicted is not made again.",
            own.kind, own.name
        );
        let _ = writeln!(text, "[[pod]]\nname        = {}", spelled(&own.name));
        if own.replicas > 1 {
            let _ = writeln!(text, "replicas    = {}", own.replicas);
        }
        for key in ["namespace", "labels", "annotations"] {
            if let Some(value) = own.metadata.get(key).filter(|value| !value.is_null()) {
                let _ = writeln!(text, "{key:<11} = {}", inline::value(value));
            }
        }
        text.push_str(&inline::spec(&own.spec));
        behavior(text, &Outline::of(&[(own.namespace(), &own.spec)]).containers);
    }
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
        let containers = Outline::of(&[(own.namespace(), &own.spec)]).containers;
        programs(text, Some(&own.reference()), &containers);
    }
    let bare: Vec<_> = found.specs().into_iter().take(found.pods.len()).collect();
    programs(text, None, &Outline::of(&bare).containers);
}

fn programs(text: &mut String, workload: Option<&str>, containers: &[Container]) {
    for container in containers {
        let (kind, usual) = container.role.words();
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
        attempts(text, "program", container);
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
        attempts(text, &table, container);
    }
}

/// Two starts of a container, to be switched on.
fn attempts(text: &mut String, table: &str, container: &Container) {
    let _ = write!(
        text,
        "  #[[{table}.attempts]]   # the first start\n  \
         #runs      = \"3s\"\n  \
         #exit      = 1\n  \
         #log       = [\"fatal: connection refused\"]\n  \
         #[[{table}.attempts]]   # every later one\n",
    );
    let lines = match container.role {
        Role::Init | Role::Task => &["#runs      = \"30s\"", "#exit      = 0"][..],
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
    let of_template =
        |own: &Templated| if own.replicas > 1 { format!("{}-0", own.name) } else { own.name.clone() };
    let pod = found.pods.first().and_then(of_pod);
    pod.or_else(|| found.templated.first().map(of_template)).unwrap_or_default()
}

fn actions(text: &mut String, found: &Found, outline: &Outline) {
    text.push_str(
        "\n# What people and controllers do: delete, evict, drain, patch, setImage, resize, kill, … (`kubelapse schema` has all).\n\
         #[[action]]\n#at     = \"5m\"\n",
    );
    let _ = match found.templated.first().filter(|_| found.is_applied) {
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
