//! The cluster of a drill before anything is wrong in it: what runs, on what, and what its programs do.
//!
//! It is made from a level and a seed, as the manifests and the scenario that somebody could have written. Everything in it is
//! well: left alone it stays healthy for ever. What a fault changes is said to it in the same terms: a manifest that is
//! applied later, or something that somebody does.
//!
//! A program says which command it is and where it serves, and its registry which tags there are, so that whether a change
//! breaks something (and whether another one mends it) follows from what it says, not from who made it.

use serde_json::{Value, json};

use super::health::Goal;
use super::luck::Luck;
use crate::rules::kubectl::yaml;
use crate::time::Span;

/// What somebody changes is changed at this instant.
pub const CHANGED: Span = Span::from_secs(10 * 60);
/// Every fault has struck by this instant.
pub const STRUCK: Span = Span::from_secs(11 * 60 + 30);
/// The person comes at this instant.
pub const ARRIVED: Span = Span::from_secs(15 * 60);
/// So long the person has.
pub const PATIENCE: Span = Span::from_secs(3 * 3600);

/// Where the images are.
pub const REGISTRY: &str = "registry.example/shop";

/// Names that applications have, of which each cluster has some.
const NAMES: [&str; 8] = ["billing", "cart", "mail", "orders", "search", "stock", "users", "web"];

/// An application: a Deployment, its Service and its settings.
#[derive(Clone, Debug)]
pub struct App {
    /// Of all of these.
    pub name: &'static str,
    /// How many pods it shall have.
    pub replicas: i32,
    /// It takes half a minute to boot, and says so by a startup probe.
    pub is_slow: bool,
    /// An autoscaler looks after it.
    pub is_scaled: bool,
}

/// A manifest that is applied later: its file, when, and what it holds.
type Later = (String, Span, Vec<Value>);

/// A cluster as it is being thought out.
pub struct Cluster {
    /// Its nodes' names; each stands in a zone of its own.
    pub nodes: Vec<String>,
    /// Its applications.
    pub apps: Vec<App>,
    /// How many pods its database has; 0: it has none.
    pub databases: i32,
    /// Whether an agent runs on each node, and a report is made every five minutes.
    pub is_whole: bool,
    /// The database's volumes can be reached from their own zones only.
    pub zoned: bool,
    /// All objects, as whoever applies manifests has them by now.
    objects: Vec<Value>,
    first: Vec<Value>,
    later: Vec<Later>,
    /// `[[program]]`s of faults, before all others.
    programs: Vec<String>,
    /// Names of ConfigMaps that there are not.
    missing: Vec<String>,
    actions: Vec<String>,
}

/// The tag that an application runs.
pub const TAG: &str = "2.4.1";
/// Another one that is there, too.
pub const NEXT_TAG: &str = "2.5.0";
/// How much memory a program comes to use, a while after its start.
pub const MEMORY: &str = "180Mi";

impl Cluster {
    /// One of a level, from 1 to 5.
    pub fn new(level: u8, luck: &mut Luck) -> Cluster {
        let mut names = NAMES;
        luck.shuffle(&mut names);
        let apps: usize = [2, 3, 3, 4, 5][usize::from(level.clamp(1, 5)) - 1];
        let apps = names.iter().take(apps).enumerate().map(|(ix, name)| App {
            name,
            // One of them has a pod for each node.
            replicas: if ix == 0 { 3 } else { 2 + luck.below(3) as i32 },
            is_slow: ix == 1,
            is_scaled: level >= 4 && ix == 2,
        });
        let mut cluster = Cluster {
            nodes: ["node-a", "node-b", "node-c"].map(str::to_owned).to_vec(),
            apps: apps.collect(),
            databases: if level >= 2 { 2 } else { 0 },
            is_whole: level >= 3,
            zoned: false,
            objects: Vec::new(),
            first: Vec::new(),
            later: Vec::new(),
            programs: Vec::new(),
            missing: Vec::new(),
            actions: Vec::new(),
        };
        cluster.fill(level);
        cluster
    }

    fn fill(&mut self, level: u8) {
        let apps = self.apps.clone();
        let mut all: Vec<Value> = apps.iter().flat_map(of_app).collect();
        if self.databases > 0 {
            all.extend(database(self.databases));
        }
        if self.is_whole {
            all.extend([agent(), report(), budget(apps[0].name, 1)]);
        }
        all.extend(apps.iter().filter(|app| app.is_scaled).map(autoscaler));
        if level >= 4 {
            // Something has failed here long ago, and nobody minds.
            all.push(import());
        }
        self.first.clone_from(&all);
        self.objects = all;
    }

    /// Somebody changes an object's manifest and applies it.
    pub fn change(&mut self, kind: &str, name: &str, at: Span, change: impl FnOnce(&mut Value)) {
        let is_it = |own: &&mut Value| own["kind"] == kind && own["metadata"]["name"] == name;
        if let Some(own) = self.objects.iter_mut().find(is_it) {
            change(own);
            let own = own.clone();
            self.apply(own, at);
        }
    }
    /// Somebody applies a manifest.
    pub fn apply(&mut self, object: Value, at: Span) {
        self.later.push((format!("change-{}.yaml", self.later.len() + 1), at, vec![object]));
    }
    /// Somebody does something, in the words of an `[[action]]`.
    pub fn act(&mut self, at: Span, keys: &[(&str, String)]) {
        let keys: String = keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        self.actions.push(format!("[[action]]\nat = \"{at}\"\n{keys}"));
    }
    /// What some containers do that no program of the cluster says.
    pub fn program(&mut self, text: String) {
        self.programs.push(text);
    }
    /// A ConfigMap of this name does not exist: of one that nobody speaks of a scenario takes it that it does.
    pub fn misses(&mut self, config_map: &str) {
        self.missing.push(config_map.to_owned());
    }
    /// The container of an application in its template.
    pub fn change_container(&mut self, app: &str, at: Span, change: impl FnOnce(&mut Value)) {
        self.change("Deployment", app, at, |own| {
            change(&mut own["spec"]["template"]["spec"]["containers"][0]);
        });
    }

    /// What has to be so for the cluster to be well.
    pub fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for app in &self.apps {
            goals.push(Goal::workload("deployment", app.name, app.replicas));
            goals.push(Goal::service(app.name, app.replicas));
        }
        if self.databases > 0 {
            goals.push(Goal::workload("statefulset", "db", self.databases));
        }
        if self.is_whole {
            goals.push(Goal::workload("daemonset", "agent", 0));
            goals.push(Goal::cron_job("report"));
        }
        goals
    }

    /// The scenario, and its manifests by their names.
    pub fn written(&self, seed: u64) -> (String, Vec<(String, String)>) {
        let end = ARRIVED + PATIENCE;
        // TOML's numbers end before seeds do.
        let seed = i64::try_from(seed).map_or_else(|_| format!("\"{seed}\""), |seed| seed.to_string());
        let mut text = format!(
            "name = \"drill\"\ndescription = \"A cluster in which something is wrong\"\nseed = {seed}\nuntil = \"{end}\"\n"
        );
        for node in &self.nodes {
            let zone = node.replace("node", "zone");
            text += &format!(
                "[[node]]\nname = \"{node}\"\nlabels = {{ \"topology.kubernetes.io/zone\" = \"{zone}\" }}\n\
                 capacity = {{ cpu = \"8\", memory = \"16Gi\", pods = 110, ephemeral-storage = \"100Gi\" }}\n"
            );
        }
        let missing = "rpc error: code = NotFound desc = failed to pull and unpack image: failed to resolve reference: not found";
        for app in &self.apps {
            let name = app.name;
            for tag in [TAG, NEXT_TAG] {
                text += &format!("[[image]]\nref = \"{REGISTRY}/{name}:{tag}\"\nsize = \"60Mi\"\n");
            }
            text += &format!("[[image]]\nref = \"{REGISTRY}/{name}:*\"\nerror = \"{missing}\"\n");
        }
        for ordinal in 0..self.databases {
            let node = &self.nodes[ordinal as usize % self.nodes.len()];
            text += &format!("[[object]]\nkind = \"PersistentVolumeClaim\"\nname = \"data-db-{ordinal}\"\n");
            if self.zoned {
                text += &format!(
                    "nodeAffinity = {{ required = {{ nodeSelectorTerms = [{{ matchExpressions = [{{ key = \
                     \"topology.kubernetes.io/zone\", operator = \"In\", values = [\"{}\"] }}] }}] }} }}\n",
                    node.replace("node", "zone")
                );
            }
        }
        for name in &self.missing {
            text += &format!("[[object]]\nkind = \"ConfigMap\"\nname = \"{name}\"\nmissing = true\n");
        }
        text += "[[apply]]\nmanifest = \"cluster.yaml\"\n";
        for (file, at, _) in &self.later {
            text += &format!("[[apply]]\nmanifest = \"{file}\"\nat = \"{at}\"\n");
        }
        text.extend(self.programs.iter().map(String::as_str));
        text += &self.own_programs();
        text.extend(self.actions.iter().map(String::as_str));
        let file = |objects: &[Value]| objects.iter().map(yaml::print).collect::<Vec<_>>().join("---\n");
        let mut files = vec![("cluster.yaml".to_owned(), file(&self.first))];
        files.extend(self.later.iter().map(|(name, _, objects)| (name.clone(), file(objects))));
        (text, files)
    }

    fn own_programs(&self) -> String {
        let mut text = String::new();
        for app in &self.apps {
            let (name, boots) = (app.name, if app.is_slow { "25s" } else { "4s" });
            text += &format!(
                "[[program]]\nimage = \"{REGISTRY}/{name}:*\"\ncommand = \"/app/{name} --port=8080\"\nboots = \"{boots}\"\n\
                 serves = {{ \"8080\" = [\"/healthz\", \"/ready\"] }}\n\
                 attempts = [{{ memory = [{{ size = \"100Mi\" }}, {{ at = \"45s\", size = \"{MEMORY}\" }}], \
                 log = [\"{name} {TAG} listens on :8080\"] }}]\n"
            );
            text += &format!(
                "[[program]]\nimage = \"{REGISTRY}/{name}:*\"\nattempts = [{{ startError = \"failed to create containerd task: \
                 failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: \
                 error during container init: exec: no such file or directory\" }}]\n"
            );
            if app.is_scaled {
                // Half of what it has asked for.
                let use_ = app.replicas * 50;
                text += &format!("[[metric]]\nof = \"deployment/{name}\"\ncpu = [{{ use = \"{use_}m\" }}]\n");
            }
        }
        if self.databases > 0 {
            text += &format!(
                "[[program]]\nimage = \"{REGISTRY}/db:*\"\nboots = \"6s\"\nserves = {{ \"5432\" = [] }}\n"
            );
        }
        if self.is_whole {
            text += "[[program]]\nworkload = \"cronJob/report\"\nattempts = [{ runs = \"20s\" }]\n";
        }
        if self.objects.iter().any(|own| own["kind"] == "Job") {
            text += "[[program]]\nworkload = \"job/import\"\nattempts = [{ runs = \"8s\", exit = 1, log = [\"no rows\"] }]\n";
        }
        text
    }
}

fn of_app(app: &App) -> Vec<Value> {
    let name = app.name;
    let labels = json!({ "app": name });
    let settings = format!("{name}-settings");
    let mut container = json!({
        "name": "app",
        "image": format!("{REGISTRY}/{name}:{TAG}"),
        "command": [format!("/app/{name}")],
        "args": ["--port=8080"],
        "ports": [{ "containerPort": 8080 }],
        "envFrom": [{ "configMapRef": { "name": settings } }],
        "env": [{ "name": "TOKEN",
                  "valueFrom": { "secretKeyRef": { "name": format!("{name}-token"), "key": "token" } } }],
        "resources": { "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "memory": "256Mi" } },
        "readinessProbe": { "httpGet": { "path": "/ready", "port": 8080 }, "periodSeconds": 5 },
        "livenessProbe": { "httpGet": { "path": "/healthz", "port": 8080 }, "periodSeconds": 10 },
    });
    if app.is_slow {
        container["startupProbe"] = json!({ "httpGet": { "path": "/healthz", "port": 8080 },
            "periodSeconds": 5, "failureThreshold": 24 });
    }
    vec![
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": settings },
                "data": { "LEVEL": "info", "REGION": "eu" } }),
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": format!("{name}-token") },
                "stringData": { "token": "t0ps3cr3t" } }),
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "labels": labels },
            "spec": { "replicas": app.replicas, "selector": { "matchLabels": labels },
                "template": { "metadata": { "labels": labels },
                    "spec": { "containers": [container],
                        "topologySpreadConstraints": [{ "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
                            "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": { "matchLabels": labels } }] } } } }),
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
            "spec": { "selector": labels, "ports": [{ "port": 80, "targetPort": 8080 }] } }),
    ]
}

fn database(replicas: i32) -> [Value; 2] {
    let labels = json!({ "app": "db" });
    [
        json!({ "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db", "labels": labels },
            "spec": { "serviceName": "db", "replicas": replicas, "selector": { "matchLabels": labels },
                "template": { "metadata": { "labels": labels }, "spec": { "containers": [{
                    "name": "db", "image": format!("{REGISTRY}/db:16.2"),
                    "resources": { "requests": { "cpu": "200m", "memory": "256Mi" } },
                    "volumeMounts": [{ "name": "data", "mountPath": "/var/lib/db" }],
                    "readinessProbe": { "tcpSocket": { "port": 5432 }, "periodSeconds": 5 } }] } },
                "volumeClaimTemplates": [{ "metadata": { "name": "data" },
                    "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } }] } }),
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "db" },
            "spec": { "clusterIP": "None", "selector": labels, "ports": [{ "port": 5432 }] } }),
    ]
}

fn agent() -> Value {
    let labels = json!({ "app": "agent" });
    json!({ "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "name": "agent" },
        "spec": { "selector": { "matchLabels": labels }, "template": { "metadata": { "labels": labels },
            "spec": { "containers": [{ "name": "agent", "image": format!("{REGISTRY}/agent:3.0"),
                "resources": { "requests": { "cpu": "50m", "memory": "64Mi" } } }] } } } })
}

fn report() -> Value {
    json!({ "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "report" },
        "spec": { "schedule": "*/5 * * * *", "suspend": false, "jobTemplate": { "spec": { "template": { "spec": {
            "restartPolicy": "Never",
            "containers": [{ "name": "report", "image": format!("{REGISTRY}/report:1.1") }] } } } } } })
}

fn import() -> Value {
    json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "import" },
        "spec": { "backoffLimit": 0, "template": { "spec": { "restartPolicy": "Never",
            "containers": [{ "name": "import", "image": format!("{REGISTRY}/import:1.0") }] } } } })
}

fn autoscaler(app: &App) -> Value {
    json!({ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": app.name },
        "spec": { "minReplicas": app.replicas, "maxReplicas": 8,
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": app.name },
            "metrics": [{ "type": "Resource", "resource": { "name": "cpu",
                "target": { "type": "Utilization", "averageUtilization": 50 } } }] } })
}

/// A budget over an application's pods.
pub fn budget(app: &str, min_available: i32) -> Value {
    json!({ "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": app },
        "spec": { "minAvailable": min_available, "selector": { "matchLabels": { "app": app } } } })
}
