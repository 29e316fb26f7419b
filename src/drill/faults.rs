//! What can be wrong in a drill: one table of fault makers.
//!
//! A maker changes the cluster as somebody would who makes that mistake (a manifest that is applied, a command that is given,
//! a program that hangs), says which objects may be named as the cause, and which commands mend it. What becomes of the fault,
//! and whether a person's own way of mending it works, is the simulation's to say.

use serde_json::json;

use super::cluster::{App, CHANGED, Cluster, MEMORY, NEXT_TAG, REGISTRY, budget};
use super::health::Goal;
use super::luck::Luck;
use crate::time::Span;

/// A kind of fault.
pub struct Maker {
    /// What it is called.
    pub kind: &'static str,
    /// What it is, as a person names it.
    pub title: &'static str,
    /// From which level on it may come.
    pub level: u8,
    /// What it strikes is the whole cluster: at most one of these at once.
    pub is_wide: bool,
    /// Whether an application may be its victim.
    fits: fn(&Cluster, &App) -> bool,
    plant: fn(&mut Cluster, &App, &mut Luck) -> Planted,
}

/// A fault in a cluster.
#[derive(Clone, Debug)]
pub struct Planted {
    /// Its kind.
    pub kind: &'static str,
    /// Objects that may be named as the cause; the first one is what is told.
    pub objects: Vec<String>,
    /// Commands that mend it.
    pub mends: Vec<String>,
    /// What happened.
    pub told: String,
    /// What is wanted beside what is wanted of every cluster.
    pub wanted: Vec<Goal>,
    /// What is not as it is wanted because of it, and of nothing else unless that lies in the same objects.
    pub struck: Vec<Goal>,
}

impl Planted {
    fn new(object: String, mend: String, told: String) -> Planted {
        Planted {
            kind: "",
            objects: vec![object],
            mends: vec![mend],
            told,
            wanted: Vec::new(),
            struck: Vec::new(),
        }
    }
    /// In an application's Deployment, whose template before was well.
    fn in_template(app: &App, told: String) -> Planted {
        let object = format!("deployment/{}", app.name);
        let mend = format!("rollout undo {object}");
        Planted::new(object, mend, told)
    }
}

impl Maker {
    /// Makes it, of an application that it fits and that nothing is wrong with yet; None: there is none.
    pub fn make(
        &self,
        cluster: &mut Cluster,
        taken: &mut Vec<&'static str>,
        luck: &mut Luck,
    ) -> Option<Planted> {
        let fit = |app: &&App| !taken.contains(&app.name) && (self.fits)(cluster, app);
        let apps: Vec<App> = cluster.apps.iter().filter(fit).cloned().collect();
        if apps.is_empty() {
            return None;
        }
        let app = luck.of(&apps);
        taken.push(app.name);
        let mut planted = Planted { kind: self.kind, ..(self.plant)(cluster, app, luck) };
        if planted.struck.is_empty() {
            planted.struck = match planted.wanted[..] {
                [] => vec![Goal::workload("deployment", app.name, 0), Goal::service(app.name, 0)],
                _ => planted.wanted.clone(),
            };
        }
        Some(planted)
    }
}

/// Who scales it is nobody: what a fault strikes would be undone or hidden by an autoscaler.
fn any(_: &Cluster, app: &App) -> bool {
    !app.is_scaled
}
fn whole(cluster: &Cluster, app: &App) -> bool {
    cluster.is_whole && any(cluster, app)
}

/// All of them, by level.
pub static MAKERS: [Maker; 21] = [
    Maker {
        kind: "image",
        title: "an image or a tag that is not there",
        level: 1,
        is_wide: false,
        fits: any,
        plant: image,
    },
    Maker {
        kind: "command",
        title: "a command that the image does not have",
        level: 1,
        is_wide: false,
        fits: any,
        plant: command,
    },
    Maker {
        kind: "config-missing",
        title: "a ConfigMap or Secret that does not exist",
        level: 1,
        is_wide: false,
        fits: any,
        plant: config_missing,
    },
    Maker {
        kind: "probe-path",
        title: "a probe that asks for the wrong path",
        level: 1,
        is_wide: false,
        fits: any,
        plant: probe_path,
    },
    Maker {
        kind: "requests",
        title: "requests that no node has room for",
        level: 1,
        is_wide: false,
        fits: any,
        plant: requests,
    },
    Maker {
        kind: "scaled-to-zero",
        title: "a workload scaled to nothing",
        level: 1,
        is_wide: false,
        fits: any,
        plant: scaled,
    },
    Maker {
        kind: "selector",
        title: "a Service whose selector matches no pod",
        level: 1,
        is_wide: false,
        fits: any,
        plant: selector,
    },
    Maker {
        kind: "memory-limit",
        title: "a memory limit that is too small",
        level: 1,
        is_wide: false,
        fits: any,
        plant: memory_limit,
    },
    Maker {
        kind: "probe-port",
        title: "a probe that asks the wrong port",
        level: 2,
        is_wide: false,
        fits: any,
        plant: probe_port,
    },
    Maker {
        kind: "probe-eager",
        title: "a probe that kills what has not booted yet",
        level: 2,
        is_wide: false,
        fits: |cluster, app| app.is_slow && any(cluster, app),
        plant: probe_eager,
    },
    Maker {
        kind: "secret-key",
        title: "a key that its ConfigMap or Secret does not have",
        level: 2,
        is_wide: false,
        fits: any,
        plant: secret_key,
    },
    Maker {
        kind: "node-selector",
        title: "a node selector or affinity that no node meets",
        level: 2,
        is_wide: false,
        fits: any,
        plant: node_selector,
    },
    Maker {
        kind: "init-waits",
        title: "an init container that waits for ever",
        level: 2,
        is_wide: false,
        fits: any,
        plant: init_waits,
    },
    Maker {
        kind: "paused",
        title: "a rollout that is paused",
        level: 2,
        is_wide: false,
        fits: any,
        plant: paused,
    },
    Maker {
        kind: "hang",
        title: "programs that hang, and need a restart",
        level: 2,
        is_wide: false,
        fits: any,
        plant: hang,
    },
    Maker {
        kind: "taint",
        title: "taints that pods do not tolerate",
        level: 3,
        is_wide: true,
        fits: whole,
        plant: taint,
    },
    Maker {
        kind: "quota",
        title: "a quota that is used up",
        level: 3,
        is_wide: true,
        fits: whole,
        plant: quota,
    },
    Maker {
        kind: "budget",
        title: "a disruption budget that lets nobody go",
        level: 3,
        is_wide: true,
        fits: |cluster, app| whole(cluster, app) && app.name == cluster.apps[0].name,
        plant: tight_budget,
    },
    Maker {
        kind: "node-lost",
        title: "a node that is lost",
        level: 3,
        is_wide: true,
        fits: whole,
        plant: node_lost,
    },
    Maker {
        kind: "suspended",
        title: "a CronJob that is suspended",
        level: 3,
        is_wide: false,
        fits: whole,
        plant: suspended,
    },
    Maker {
        kind: "volume-zone",
        title: "a volume that can be reached only from nodes that take no pods",
        level: 4,
        is_wide: true,
        fits: whole,
        plant: volume_zone,
    },
];

/// How long after the first change a second one follows.
const LATER: Span = Span::from_secs(30);

fn deployment(app: &App) -> String {
    format!("\"deployment/{}\"", app.name)
}

fn image(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let tag = *luck.of(&["2.4.10", "2.41", "v2.4.1", "lates"]);
    let image = format!("{REGISTRY}/{}:{tag}", app.name);
    cluster.change_container(app.name, CHANGED, |own| own["image"] = image.clone().into());
    Planted::in_template(app, format!("an image was rolled out that is not in the registry: {image}"))
}

fn command(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let wrong = match luck.below(3) {
        0 => format!("/bin/{}", app.name),
        1 => format!("/app/{}d", app.name),
        _ => format!("/app/{}-server", app.name),
    };
    cluster.change_container(app.name, CHANGED, |own| own["command"] = json!([wrong]));
    Planted::in_template(app, format!("a command was rolled out that the image does not have: {wrong}"))
}

fn config_missing(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let name = format!("{}-{}", app.name, luck.of(&["config", "setings", "env"]));
    cluster.misses(&name);
    cluster.change_container(app.name, CHANGED, |own| {
        own["envFrom"] = json!([{ "configMapRef": { "name": name } }]);
    });
    Planted {
        mends: vec![format!("create configmap {name}")],
        ..Planted::in_template(app, format!("its template names a ConfigMap that does not exist: {name}"))
    }
}

fn probe_path(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let path = *luck.of(&["/readyz", "/health", "/status"]);
    cluster.change_container(app.name, CHANGED, |own| {
        own["readinessProbe"]["httpGet"]["path"] = path.into();
    });
    Planted::in_template(
        app,
        format!("its readiness probe asks for {path}, which the program does not know (404)"),
    )
}

fn requests(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let (resource, amount, was) = *luck.of(&[("cpu", "12", "100m"), ("memory", "48Gi", "128Mi")]);
    cluster.change_container(app.name, CHANGED, |own| {
        own["resources"]["requests"][resource] = amount.into();
        if resource == "memory" {
            own["resources"]["limits"][resource] = amount.into();
        }
    });
    let limits = if resource == "memory" { " --limits=memory=256Mi" } else { "" };
    Planted {
        mends: vec![format!(
            "set resources deployment/{} -c app --requests={resource}={was}{limits}",
            app.name
        )],
        ..Planted::in_template(app, format!("it asks for {amount} of {resource}, which no node has"))
    }
}

fn scaled(cluster: &mut Cluster, app: &App, _: &mut Luck) -> Planted {
    cluster.act(CHANGED, &[("scale", deployment(app)), ("replicas", "0".to_owned())]);
    let object = format!("deployment/{}", app.name);
    let mend = format!("scale {object} --replicas={}", app.replicas);
    Planted::new(object, mend, "it was scaled to 0".to_owned())
}

fn selector(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let wrong = match luck.below(2) {
        0 => json!({ "app": format!("{}-v2", app.name) }),
        _ => json!({ "app": app.name, "tier": "front" }),
    };
    let told = format!("its selector is {wrong}, and no pod has these labels");
    cluster.change("Service", app.name, CHANGED, |own| own["spec"]["selector"] = wrong);
    let object = format!("service/{}", app.name);
    let mend = format!("set selector {object} app={}", app.name);
    Planted { struck: vec![Goal::service(app.name, 0)], ..Planted::new(object, mend, told) }
}

fn memory_limit(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let limit = *luck.of(&["128Mi", "144Mi", "160Mi"]);
    cluster.change_container(app.name, CHANGED, |own| own["resources"]["limits"]["memory"] = limit.into());
    Planted {
        mends: vec![format!("set resources deployment/{} -c app --limits=memory=256Mi", app.name)],
        ..Planted::in_template(app, format!("its limit is {limit}, and the program comes to use {MEMORY}"))
    }
}

fn probe_port(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let port = *luck.of(&[8081, 9090, 80]);
    cluster.change_container(app.name, CHANGED, |own| own["livenessProbe"]["httpGet"]["port"] = port.into());
    Planted::in_template(app, format!("its liveness probe asks port {port}, where nobody listens"))
}

fn probe_eager(cluster: &mut Cluster, app: &App, _: &mut Luck) -> Planted {
    cluster.change_container(app.name, CHANGED, |own| {
        if let Some(own) = own.as_object_mut() {
            own.shift_remove("startupProbe");
        }
        own["livenessProbe"]["periodSeconds"] = 3.into();
    });
    let told =
        "its startup probe is gone, and the liveness probe kills the program before it has booted (25 s)";
    Planted::in_template(app, told.to_owned())
}

fn secret_key(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let key = *luck.of(&["tokn", "TOKEN", "api-token"]);
    cluster.change_container(app.name, CHANGED, |own| {
        own["env"][0]["valueFrom"]["secretKeyRef"]["key"] = key.into();
    });
    Planted::in_template(
        app,
        format!("it names the key {key}, which the Secret {}-token does not have", app.name),
    )
}

fn node_selector(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let (label, value) = *luck.of(&[("disktype", "ssd"), ("pool", "front"), ("gpu", "true")]);
    cluster.change("Deployment", app.name, CHANGED, |own| {
        own["spec"]["template"]["spec"]["nodeSelector"] = json!({ label: value });
    });
    Planted {
        mends: cluster.nodes.iter().map(|node| format!("label node/{node} {label}={value}")).collect(),
        ..Planted::in_template(app, format!("it wants nodes with {label}={value}, and there are none"))
    }
}

fn init_waits(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let service = *luck.of(&["cache", "queue", "database"]);
    let wait = format!("{REGISTRY}/wait:1.0");
    cluster.program(format!(
        "[[program]]\nimage = \"{wait}\"\ncommand = \"wait-for {service}:*\"\n\
         attempts = [{{ runs = \"forever\", log = [\"{service}: no such host, trying again\"] }}]\n"
    ));
    cluster.change("Deployment", app.name, CHANGED, |own| {
        own["spec"]["template"]["spec"]["initContainers"] =
            json!([{ "name": "wait", "image": wait, "command": ["wait-for", format!("{service}:6379")] }]);
    });
    Planted::in_template(app, format!("an init container waits for {service}, which does not exist"))
}

fn paused(cluster: &mut Cluster, app: &App, _: &mut Luck) -> Planted {
    let of = |tag: &str| format!("\"{REGISTRY}/{}:{tag}\"", app.name);
    cluster.act(
        CHANGED - LATER,
        &[("setImage", deployment(app)), ("container", "\"app\"".to_owned()), ("image", of("2.5"))],
    );
    cluster.act(CHANGED, &[("rolloutPause", deployment(app))]);
    let image = of(NEXT_TAG);
    cluster.act(
        CHANGED + LATER,
        &[("setImage", deployment(app)), ("container", "\"app\"".to_owned()), ("image", image)],
    );
    let object = format!("deployment/{}", app.name);
    let mend = format!("rollout resume {object}");
    let told = "a wrong tag was rolled out, the rollout paused, the right tag set: and nobody has resumed it";
    Planted::new(object, mend, told.to_owned())
}

fn hang(cluster: &mut Cluster, app: &App, _: &mut Luck) -> Planted {
    let name = app.name;
    // Those that run by then; who is started anew has a clean slate.
    let hangs = format!(
        "{{ memory = [{{ size = \"100Mi\" }}], log = [\"{name} listens on :8080\"], \
         readiness = [{{ ok = false }}, {{ at = \"{}\" }}, {{ at = \"{}\", ok = false }}] }}",
        if app.is_slow { "25s" } else { "4s" },
        CHANGED
    );
    let all = vec![hangs; app.replicas as usize].join(", ");
    cluster.program(format!(
        "[[program]]\nimage = \"{REGISTRY}/{name}:*\"\ncommand = \"/app/{name} --port=8080\"\nattemptsOf = \"workload\"\n\
         boots = \"{}\"\nserves = {{ \"8080\" = [\"/healthz\", \"/ready\"] }}\nattempts = [{all}, {{ memory = [{{ size = \"100Mi\" }}] }}]\n",
        if app.is_slow { "25s" } else { "4s" },
    ));
    let object = format!("deployment/{name}");
    let mend = format!("rollout restart {object}");
    let told =
        "after ten minutes its programs hang: they run, are not ready any more, and only a restart helps";
    Planted::new(object, mend, told.to_owned())
}

fn taint(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let key = *luck.of(&["maintenance", "dedicated", "example.com/upgrade"]);
    for node in cluster.nodes.clone() {
        let taints = format!("[{{ key = \"{key}\", value = \"true\", effect = \"NoSchedule\" }}]");
        cluster.act(CHANGED + LATER, &[("taint", format!("\"node/{node}\"")), ("taints", taints)]);
    }
    cluster.act(CHANGED + LATER + LATER, &[("rolloutRestart", deployment(app))]);
    Planted {
        kind: "",
        objects: cluster.nodes.iter().map(|node| format!("node/{node}")).collect(),
        mends: cluster.nodes.iter().map(|node| format!("taint node {node} {key}-")).collect(),
        told: format!(
            "all nodes were tainted {key}=true:NoSchedule; pods of {} that are made since then wait",
            app.name
        ),
        wanted: Vec::new(),
        struck: Vec::new(),
    }
}

fn quota(cluster: &mut Cluster, app: &App, _: &mut Luck) -> Planted {
    // Fewer than there are: who is there stays, who is new is refused.
    let there: i32 = cluster.apps.iter().map(|app| app.replicas).sum();
    let object = json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "compute" },
        "spec": { "hard": { "pods": there.to_string() } } });
    cluster.apply(object, CHANGED + LATER);
    cluster.act(CHANGED + LATER + LATER, &[("rolloutRestart", deployment(app))]);
    Planted::new(
        "resourcequota/compute".to_owned(),
        "patch resourcequota/compute --type merge -p '{\"spec\":{\"hard\":{\"pods\":\"60\"}}}'".to_owned(),
        format!("a quota of {there} pods is used up: new pods of {} are refused", app.name),
    )
}

fn tight_budget(cluster: &mut Cluster, app: &App, luck: &mut Luck) -> Planted {
    let node = luck.of(&cluster.nodes).clone();
    cluster.apply(budget(app.name, app.replicas), CHANGED - LATER);
    let yes = || "true".to_owned();
    cluster.act(
        CHANGED + LATER,
        &[
            ("drain", format!("\"node/{node}\"")),
            ("ignoreDaemonsets", yes()),
            ("deleteEmptydirData", yes()),
            ("force", yes()),
        ],
    );
    let object = format!("poddisruptionbudget/{}", app.name);
    Planted {
        kind: "",
        objects: vec![object.clone(), format!("deployment/{}", app.name)],
        mends: vec![format!("patch {object} --type merge -p '{{\"spec\":{{\"minAvailable\":1}}}}'")],
        told: format!(
            "{node} is being drained, and a budget wants all {} pods of {} kept",
            app.replicas, app.name
        ),
        wanted: vec![Goal::Empty { node }],
        struck: Vec::new(),
    }
}

fn node_lost(cluster: &mut Cluster, _: &App, luck: &mut Luck) -> Planted {
    let node = luck.of(&cluster.nodes).clone();
    cluster.act(CHANGED, &[("stop", format!("\"node/{node}\""))]);
    Planted {
        wanted: vec![Goal::Nodes],
        ..Planted::new(
            format!("node/{node}"),
            format!("delete node/{node}"),
            format!("{node} went dark; its machine does not come back, and its object holds its pods"),
        )
    }
}

fn suspended(cluster: &mut Cluster, _: &App, _: &mut Luck) -> Planted {
    cluster.act(
        CHANGED,
        &[("patch", "\"cronJob/report\"".to_owned()), ("merge", "{ spec = { suspend = true } }".to_owned())],
    );
    let own = Planted::new(
        "cronjob/report".to_owned(),
        "patch cronjob/report --type merge -p '{\"spec\":{\"suspend\":false}}'".to_owned(),
        "somebody suspended it, and no Job has been made since".to_owned(),
    );
    Planted { struck: vec![Goal::cron_job("report")], ..own }
}

fn volume_zone(cluster: &mut Cluster, _: &App, luck: &mut Luck) -> Planted {
    cluster.zoned = true;
    let ordinal = luck.below(cluster.databases.max(1) as u64) as usize;
    let node = cluster.nodes[ordinal % cluster.nodes.len()].clone();
    cluster.act(CHANGED - LATER, &[("cordon", format!("\"node/{node}\""))]);
    cluster.act(CHANGED, &[("delete", format!("\"pod/db-{ordinal}\""))]);
    let told =
        format!("db-{ordinal} was deleted, its volume lies in the zone of {node}, and {node} is cordoned");
    Planted {
        objects: vec![format!("node/{node}"), "statefulset/db".to_owned(), format!("pod/db-{ordinal}")],
        struck: vec![Goal::workload("statefulset", "db", 0)],
        ..Planted::new(String::new(), format!("uncordon {node}"), told)
    }
}

/// What may be named as a cause: kinds and titles.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    MAKERS.iter().map(|maker| (maker.kind, maker.title))
}

/// An object that a fault is in, or nothing of the kind: `deploy/web` is `deployment/web`.
pub fn same_object(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let (kind, name) = text.split_once('/').unwrap_or(("", text));
        let own = crate::rules::api_server::objects::ObjectType::parse(kind)
            .map(|kind| kind.singular().to_string());
        let own = own.unwrap_or_else(|| match kind {
            "no" | "nodes" => "node".to_owned(),
            "po" | "pods" => "pod".to_owned(),
            "cm" | "configmaps" => "configmap".to_owned(),
            "secrets" => "secret".to_owned(),
            "pvc" | "persistentvolumeclaims" => "persistentvolumeclaim".to_owned(),
            kind => kind.to_lowercase(),
        });
        (own, name.to_owned())
    };
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_as_kubectl_names_them() {
        for (a, b, same) in [
            ("deploy/web", "deployment/web", true),
            ("svc/web", "service/web", true),
            ("quota/compute", "resourcequota/compute", true),
            ("pdb/web", "poddisruptionbudget/web", true),
            ("no/node-a", "node/node-a", true),
            ("deployment/web", "service/web", false),
            ("deployment/web", "deployment/cart", false),
        ] {
            assert_eq!(same_object(a, b), same, "{a} {b}");
        }
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names: Vec<&str> = kinds().map(|(kind, _)| kind).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MAKERS.len());
        let levels: Vec<u8> = MAKERS.iter().map(|maker| maker.level).collect();
        assert!(levels.is_sorted());
    }
}
