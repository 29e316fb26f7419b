//! Random clusters: a few nodes, workloads of every kind with Services and budgets before them, programs that boot, crash, hang and end,
//! and people who do things meanwhile. As the texts that a person would have written.

use proptest::prelude::*;

/// A scenario and the manifests that it applies.
#[derive(Clone)]
pub struct World {
    pub scenario: String,
    pub manifest: String,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "scenario.toml:\n{}\nm.yaml:\n{}", self.scenario, self.manifest)
    }
}

/// What the pods of a workload are made of.
fn template(app: String, in_job: bool) -> impl Strategy<Value = String> {
    let policy =
        if in_job { prop_oneof![Just("Never"), Just("OnFailure")].boxed() } else { Just("Always").boxed() };
    let probes = (any::<bool>(), prop_oneof![3 => Just(false), 1 => Just(true)], 1u32..6);
    (policy, probes, 0u32..3, 0u32..12, 0u32..15).prop_map(move |(policy, probes, inits, cores, grace)| {
        let (readiness, liveness, period) = probes;
        let mut container = format!("name: app, image: 'shop/{app}:1'");
        if cores > 6 {
            container += &format!(", resources: {{requests: {{cpu: {}m}}}}", cores * 100);
        }
        for (is_there, probe) in [(readiness && !in_job, "readinessProbe"), (liveness && !in_job, "livenessProbe")] {
            if is_there {
                container += &format!(", {probe}: {{httpGet: {{path: /, port: 80}}, periodSeconds: {period}}}");
            }
        }
        let init = match inits {
            0 => String::new(),
            1 => "initContainers: [{name: init, image: 'shop/init:1'}], ".to_owned(),
            _ => "initContainers: [{name: side, image: 'shop/side:1', restartPolicy: Always}], ".to_owned(),
        };
        format!(
            "{{metadata: {{labels: {{app: {app}}}}}, spec: {{restartPolicy: {policy}, terminationGracePeriodSeconds: {grace}, \
             {init}containers: [{{{container}}}]}}}}"
        )
    })
}

/// A workload with what stands before it; the kind's word for targets comes along.
fn workload(number: usize) -> impl Strategy<Value = (&'static str, String)> {
    let app = format!("w{number}");
    let kind = prop_oneof![
        4 => Just("deployment"),
        2 => Just("statefulset"),
        1 => Just("daemonset"),
        2 => Just("job"),
        1 => Just("replicaset"),
    ];
    (kind, 0u32..5, 0u32..4, 0u32..4, any::<bool>(), 0u32..3).prop_flat_map(
        move |(kind, replicas, surge, seconds, parallel, budget)| {
            let app = app.clone();
            template(app.clone(), kind == "job").prop_map(move |template| {
                let own = match kind {
                    "deployment" => {
                        let strategy = match surge {
                            0 => "{type: Recreate}".to_owned(),
                            _ => format!("{{rollingUpdate: {{maxSurge: {}, maxUnavailable: {}}}}}", surge - 1, u32::from(surge == 1) + seconds % 2),
                        };
                        format!("replicas: {replicas}, minReadySeconds: {}, progressDeadlineSeconds: 60, strategy: {strategy}, ", seconds * 2)
                    }
                    "statefulset" => format!(
                        "replicas: {replicas}, serviceName: {app}, podManagementPolicy: {}, minReadySeconds: {seconds}, ",
                        if parallel { "Parallel" } else { "OrderedReady" }
                    ),
                    "daemonset" => format!("updateStrategy: {{rollingUpdate: {{maxUnavailable: {}}}}}, ", 1 + surge),
                    "job" => format!("completions: {}, parallelism: {}, backoffLimit: {surge}, ", 1 + replicas, 1 + seconds),
                    _ => format!("replicas: {replicas}, "),
                };
                let selector = if kind == "job" { String::new() } else { format!("selector: {{matchLabels: {{app: {app}}}}}, ") };
                let (group, name) = match kind {
                    "deployment" => ("apps/v1", "Deployment"),
                    "statefulset" => ("apps/v1", "StatefulSet"),
                    "daemonset" => ("apps/v1", "DaemonSet"),
                    "job" => ("batch/v1", "Job"),
                    _ => ("apps/v1", "ReplicaSet"),
                };
                let mut text = format!(
                    "---\napiVersion: {group}\nkind: {name}\nmetadata: {{name: {app}}}\nspec: {{{own}{selector}template: {template}}}\n\
                     ---\napiVersion: v1\nkind: Service\nmetadata: {{name: {app}}}\nspec: {{selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n"
                );
                if budget > 0 && kind != "job" {
                    let least = if budget == 1 { "minAvailable: 1" } else { "maxUnavailable: 1" };
                    text += &format!(
                        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {app}}}\nspec: {{{least}, selector: \
                         {{matchLabels: {{app: {app}}}}}}}\n"
                    );
                }
                (kind, text)
            })
        },
    )
}

/// What the programs of a workload do.
fn program(number: usize) -> impl Strategy<Value = String> {
    (0u32..20, 0u32..6, 1u32..90, 0u32..20).prop_map(move |(boots, course, runs, stops)| {
        let term = format!("onTerm = {{ after = \"{stops}s\", exit = 143 }}");
        let attempts = match course {
            0 => format!("{{ runs = {{ exponential = \"{runs}s\" }}, exit = 1, {term} }}"),
            1 => format!("{{ runs = \"{runs}s\", exit = 0, {term} }}"),
            2 => format!("{{ runs = \"{runs}s\", exit = 1, {term} }}, {{ runs = \"forever\", {term} }}"),
            3 => format!(
                "{{ runs = \"forever\", {term}, readiness = [{{ at = \"{runs}s\", ok = false }}, {{ at = \"{}s\", ok = true }}], liveness = [{{ \
                 at = \"{}s\", ok = false }}] }}",
                runs + 20,
                runs * 3
            ),
            _ => format!("{{ runs = \"forever\", {term} }}"),
        };
        format!("[[program]]\nimage = \"shop/w{number}:*\"\nboots = \"{boots}s\"\nattempts = [{attempts}]\n")
    })
}

/// What somebody does, at the instant.
fn action(targets: Vec<(&'static str, usize)>, nodes: usize) -> impl Strategy<Value = String> {
    (10u32..240, 0usize..18, 0usize..8, 0u32..6).prop_map(move |(at, verb, which, number)| {
        let (kind, of) = targets[which % targets.len()];
        let (target, app) = (format!("{kind}/w{of}"), format!("w{of}"));
        // One alone has no number.
        let node = if nodes == 1 { "node/n".to_owned() } else { format!("node/n-{}", which % nodes) };
        let rolled = matches!(kind, "deployment" | "statefulset" | "daemonset");
        let words = match verb {
            0 | 1 if matches!(kind, "deployment" | "statefulset" | "replicaset") => format!("scale = \"{target}\"\nreplicas = {number}"),
            2 | 3 if rolled => format!("setImage = \"{target}\"\ncontainer = \"app\"\nimage = \"shop/{app}:{}\"", number + 2),
            4 if rolled => format!("rolloutRestart = \"{target}\""),
            5 if rolled => format!("rolloutUndo = \"{target}\""),
            6 if kind == "deployment" => {
                format!("rolloutPause = \"{target}\"\n[[action]]\nat = \"{}s\"\nrolloutResume = \"{target}\"", at + 5 + number * 9)
            }
            7 | 8 => format!(
                "drain = \"{node}\"\nignoreDaemonsets = true\nforce = true\ntimeout = \"60s\"\n[[action]]\nat = \"{}s\"\nuncordon = \"{node}\"",
                at + 70
            ),
            9 => format!("stop = \"{node}\"\n[[action]]\nat = \"{}s\"\nstart = \"{node}\"", at + 10 + number * 40),
            10 => format!("restartKubelet = \"{node}\"\ntakes = \"{}s\"", number + 1),
            11 => format!("evict = \"pods\"\nmatchLabels = {{ app = \"{app}\" }}\nlimit = 1"),
            12 => format!("pressure = \"{node}\"\nresource = \"memory\"\nlasts = \"{}s\"", 20 + number * 10),
            13 => format!("delete = \"{target}\"\ncascade = \"{}\"", ["background", "foreground", "orphan"][number as usize % 3]),
            14 => format!("cordon = \"{node}\"\n[[action]]\nat = \"{}s\"\nuncordon = \"{node}\"", at + number * 20 + 1),
            15 => format!("taint = \"{node}\"\ntaints = [{{ key = \"a\", value = \"b\", effect = \"NoExecute\" }}]"),
            _ => format!("delete = \"pods\"\nmatchLabels = {{ app = \"{app}\" }}\nlimit = {}", number + 1),
        };
        format!("[[action]]\nat = \"{at}s\"\n{words}\n")
    })
}

/// Any of them.
pub fn worlds() -> impl Strategy<Value = World> {
    let version = prop_oneof![Just("1.32"), Just("1.34"), Just("1.36")];
    (version, 1usize..4, 1usize..4, 1u32..5, 4u32..14).prop_flat_map(|(version, nodes, workloads, cores, pods)| {
        let all: Vec<_> = (0..workloads).map(workload).collect();
        let programs: Vec<_> = (0..workloads).map(program).collect();
        (all, programs).prop_flat_map(move |(all, programs)| {
            let targets = all.iter().enumerate().map(|(ix, (kind, _))| (*kind, ix)).collect();
            let manifest: String = all.iter().map(|(_, text)| text.as_str()).collect();
            let programs = programs.concat();
            prop::collection::vec(action(targets, nodes), 0..5).prop_map(move |actions| World {
                scenario: format!(
                    "name = \"random\"\nkubernetes = \"{version}\"\nuntil = \"12m\"\n[[node]]\nname = \"n\"\ncount = {nodes}\ncapacity = {{ \
                     cpu = \"{cores}\", memory = \"4Gi\", pods = \"{pods}\" }}\n[[apply]]\nmanifest = \"m.yaml\"\n{programs}{}",
                    actions.concat()
                ),
                manifest: manifest.clone(),
            })
        })
    })
}
