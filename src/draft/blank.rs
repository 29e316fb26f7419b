//! A draft without a manifest: one pod that starts and stays.

use super::text::{CUSTOM, EXPECTATIONS};
use crate::scenario::format::FILE;
use crate::scenario::tree::spelled;

/// A small complete scenario of this name.
pub fn blank(name: &str) -> String {
    let pod = pod_name(name);
    format!(
        r#"# One pod that starts and stays. Say below what goes differently, then: kubelapse test {name}.toml
{CUSTOM}
name        = {quoted}
description = "a pod that starts and stays"
kubernetes  = "{version}"         # which version's feature gates and texts
until       = "10m"          # the run ends here, or earlier once nothing more can happen
#seed       = 1              # where chance starts from

# Where the pods run: one node with 16 CPUs and 64Gi, unless you say otherwise.
#[[node]]
#name     = "node"
#capacity = {{ cpu = "4", memory = "16Gi" }}

# How the pull goes; with error = "…" it fails.
[[image]]
ref  = "registry.example/shop/web:1.4"
size = "250Mi"

# What the pods refer to exists, unless you say otherwise.
#[[object]]
#kind    = "ConfigMap"
#name    = "settings"
#missing = true

# A pod, by Kubernetes' own names. manifest = "web.yaml" takes it from a file instead.
[[pod]]
name = "{pod}"
  [pod.spec]
  #restartPolicy = "OnFailure"
    [[pod.spec.containers]]
    name  = "app"
    image = "registry.example/shop/web:1.4"
    #readinessProbe = {{ httpGet = {{ path = "/ready", port = 8080 }}, periodSeconds = 5 }}
    #livenessProbe  = {{ httpGet = {{ path = "/alive", port = 8080 }}, periodSeconds = 10 }}

  # What its processes do, which no manifest says: start by start, the last one repeats.
  [pod.behavior.containers.app]
    [[pod.behavior.containers.app.attempts]]
    runs   = "forever"
    log    = ["listening on :8080"]
    onTerm = {{ after = "2s", exit = 0 }}   # what SIGTERM does
    #readiness = [{{ ok = false }}, {{ at = "15s", ok = true }}]   # is ready after 15s
    #liveness  = [{{ ok = true }}, {{ at = "5m", ok = false, output = "no answer" }}]
    #memory    = [{{ size = "100Mi" }}, {{ at = "5m", size = "600Mi" }}]   # above its limit it is OOMKilled

# What people and controllers do: delete, evict, drain, patch, setImage, resize, kill, … (`kubelapse schema` has all).
#[[action]]
#at     = "5m"
#delete = "pod/{pod}"
{EXPECTATIONS}
[[expect]]
at       = "1m"
pod      = "{pod}"
phase    = "Running"
status   = "Running"
ready    = "1/1"
restarts = 0

[[expect]]
at    = "1m"
pod   = "{pod}"
event = "Started"

[[expect]]
at         = "9m"
pod        = "{pod}"
status     = "Running"
conditions = {{ Ready = "True" }}
"#,
        quoted = spelled(name),
        version = version(),
    )
}

/// The version of Kubernetes that is played where nobody names one.
pub(super) fn version() -> &'static str {
    FILE.key("kubernetes").map_or("", |key| key.default)
}

/// A scenario's name as a pod's: a DNS label.
fn pod_name(name: &str) -> String {
    let fitting = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let fitted: String = name.chars().map(fitting).take(50).collect();
    match fitted.trim_matches('-') {
        "" => "web".to_owned(),
        fitted => fitted.to_owned(),
    }
}
