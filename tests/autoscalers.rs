//! HorizontalPodAutoscalers as people meet them: what a metric asks for, what the bounds do by themselves, what is told of it.

use std::sync::Arc;

use kubelapse::scenario::assumed::Given;
use kubelapse::scenario::{self, assumed};
use kubelapse::session::{Direction, Files, Move, Script, Session, Walk, expect, get};
use kubelapse::time::Span;

/// Two pods that ask for 200m each, and an autoscaler with what a test adds to its spec.
fn web(autoscaler: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  replicas: 2\n  selector: {{ matchLabels: {{ app: web }} }}\n  \
         template:\n    metadata: {{ labels: {{ app: web }} }}\n    spec:\n      containers:\n      - {{ name: app, image: \"shop/web:1\", \
         resources: {{ requests: {{ cpu: 200m, memory: 100Mi }} }} }}\n---\n{autoscaler}"
    )
}

/// An autoscaler of the Deployment, with what follows its bounds.
fn v2(rest: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: web }}\nspec:\n  \
         scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: web }}\n  minReplicas: 1\n  maxReplicas: 6\n{rest}"
    )
}

fn share(resource: &str, percent: u32) -> String {
    format!(
        "  - {{ type: Resource, resource: {{ name: {resource}, target: {{ type: Utilization, averageUtilization: {percent} }} }} }}\n"
    )
}

fn v1(max: u32, percent: u32) -> String {
    format!(
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: web }}\nspec:\n  \
         scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: web }}\n  maxReplicas: {max}\n  \
         targetCPUUtilizationPercentage: {percent}\n"
    )
}

fn manifest(path: &str) -> Result<String, String> {
    let half = format!("  metrics:\n{}", share("cpu", 50));
    Ok(match path {
        "half.yaml" => web(&v2(&half)),
        "eighty.yaml" => web(&v2(&format!("  metrics:\n{}", share("cpu", 80)))),
        "default.yaml" => web(&v2("")),
        "both.yaml" => web(&v2(&format!("{half}{}", share("memory", 50)))),
        "container.yaml" => web(&v2(
            "  metrics:\n  - { type: ContainerResource, containerResource: { name: cpu, container: app, target: { type: \
             AverageValue, averageValue: 100m } } }\n",
        )),
        "outside.yaml" => web(&v2(
            "  metrics:\n  - { type: External, external: { metric: { name: queue }, target: { type: AverageValue, \
             averageValue: \"30\" } } }\n  - { type: Pods, pods: { metric: { name: hits }, target: { type: AverageValue, \
             averageValue: \"30\" } } }\n",
        )),
        "slow.yaml" => web(&v2(&format!(
            "{half}  behavior:\n    scaleUp: {{ policies: [{{ type: Pods, value: 1, periodSeconds: 60 }}] }}\n"
        ))),
        "tolerant.yaml" => web(&v2(&format!("{half}  behavior:\n    scaleUp: {{ tolerance: \"0.7\" }}\n"))),
        "nothing.yaml" => v2(&half),
        "daemons.yaml" => v2(&half).replace("kind: Deployment", "kind: DaemonSet"),
        "two.yaml" => {
            format!(
                "{}---\n{}",
                web(&v2(&half)),
                v2(&half).replace("metadata: { name: web }", "metadata: { name: web-2 }")
            )
        }
        "v1.yaml" => web(&v1(4, 50)),
        "v1-again.yaml" => web(&v1(5, 50)),
        "set.yaml" => web(&v2(&half)).replace("kind: Deployment", "kind: StatefulSet").replace(
            "metadata: { name: web }\nspec:\n  replicas",
            "metadata: { name: web }\nspec:\n  serviceName: web\n  replicas",
        ),
        _ => return Err("no such file".to_owned()),
    })
}

fn scenario(file: &str, rest: &str) -> String {
    format!(
        "name = \"autoscalers\"\nuntil = \"20m\"\n[[node]]\nname = \"n\"\ncount = 3\nimages = [\"shop/web:1\"]\n[[apply]]\nid = \
         \"first\"\nmanifest = \"{file}\"\n{rest}"
    )
}

/// `[[metric]]` of the Deployment.
fn used(cpu: &str) -> String {
    format!("[[metric]]\nof = \"deployment/web\"\ncpu = [{cpu}]\n")
}

fn expected(all: &[&str]) -> String {
    all.iter().map(|one| format!("[[expect]]\n{}\n", one.replace(" & ", "\n"))).collect()
}

/// What is expected and not so, with a few seeds.
fn wrong(file: &str, rest: &str, expects: &[&str]) -> Vec<String> {
    let text = scenario(file, &format!("{rest}{}", expected(expects)));
    let plan = scenario::load("autoscalers.toml", &text, &manifest, &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    let of = |seed| expect::check(&plan, seed).into_iter().map(move |failure| (seed, failure));
    let told = |(seed, f): (u64, expect::Failure)| {
        let about = expect::describe(&plan.expects[f.index], plan.start);
        format!("seed {seed}: {about}: {} {} | {}", f.what, f.expected, f.seen)
    };
    (0..4).flat_map(of).map(told).collect()
}

fn walk(file: &str, rest: &str) -> Walk {
    let text = scenario(file, rest);
    let (mut script, loaded) = Script::load("autoscalers.toml", &text, &manifest, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    script.files = Files::new(manifest);
    Walk::new(script, &Arc::new(loaded.plan), 1)
}

fn to(walk: &mut Walk, secs: i64) {
    walk.go(Direction::Forward, &Move::To(walk.plan().start + Span::from_secs(secs)));
}

#[test]
fn pods_come_as_they_are_used_and_go_five_minutes_later() {
    let rest = used("{ at = \"0s\", use = \"900m\" }, { at = \"3m\", use = \"90m\" }");
    let expects = [
        "horizontalPodAutoscaler = 'web' & by = '60s' & event = 'SuccessfulRescale' & message = 'New size: 4; reason: cpu \
         resource utilization (percentage of request) above target'",
        "deployment = 'web' & at = '2m50s' & replicas = 6 & ready = 6",
        "horizontalPodAutoscaler = 'web' & at = '2m50s' & desired = 6 & replicas = 6 & conditions = { ScalingLimited = \
         'True/TooManyReplicas', ScalingActive = 'True/ValidMetricFound' }",
        "horizontalPodAutoscaler = 'web' & at = '5m' & conditions = { AbleToScale = 'True/ScaleDownStabilized' }",
        "deployment = 'web' & from = '3m' & to = '7m30s' & desired = 6",
        "horizontalPodAutoscaler = 'web' & by = '9m' & event = 'SuccessfulRescale' & message = 'reason: All metrics below target'",
        "deployment = 'web' & at = '10m' & replicas = 1",
    ];
    assert_eq!(wrong("half.yaml", &rest, &expects), [""; 0]);
}

#[test]
fn the_bounds_act_without_a_metric() {
    let without = "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could \
                   not find the requested resource (get pods.metrics.k8s.io)";
    let told = format!(
        "horizontalPodAutoscaler = 'web' & by = '20s' & event = 'FailedComputeMetricsReplicas' & message = '{without}'"
    );
    let scaled = "[[action]]\nat = \"65s\"\nscale = \"deployment/web\"\nreplicas = 9\n[[action]]\nat = \"3m\"\nscale = \
                  \"deployment/web\"\nreplicas = 0\n";
    let expects = [
        told.as_str(),
        "deployment = 'web' & from = '0s' & to = '60s' & desired = 2",
        "deployment = 'web' & at = '66s' & desired = 9",
        "deployment = 'web' & at = '82s' & desired = 6",
        "horizontalPodAutoscaler = 'web' & by = '82s' & event = 'SuccessfulRescale' & message = 'New size: 6; reason: Current \
         number of replicas above Spec.MaxReplicas'",
        "deployment = 'web' & from = '3m1s' & to = '20m' & desired = 0",
        "horizontalPodAutoscaler = 'web' & at = '4m' & conditions = { ScalingActive = 'False/ScalingDisabled' }",
    ];
    assert_eq!(wrong("default.yaml", scaled, &expects), [""; 0]);
}

#[test]
fn a_target_that_is_not_there_or_has_no_scale_is_told() {
    for (file, why) in [
        ("nothing.yaml", "deployments.apps \"web\" not found"),
        ("daemons.yaml", "the server could not find the requested resource"),
    ] {
        let told = format!(
            "horizontalPodAutoscaler = 'web' & by = '20s' & event = 'FailedGetScale' & message = '{why}'"
        );
        let condition = "horizontalPodAutoscaler = 'web' & at = '40s' & conditions = { AbleToScale = 'False/FailedGetScale' }";
        assert_eq!(wrong(file, "", &[&told, condition]), [""; 0], "{file}");
    }
}

#[test]
fn a_metric_that_nobody_knows_keeps_pods_from_going() {
    let up = used("{ at = \"0s\", use = \"600m\" }, { at = \"5m\", use = \"10m\" }");
    let expects = [
        "deployment = 'web' & at = '2m' & desired = 6",
        "deployment = 'web' & from = '2m' & to = '20m' & desired = 6",
        "horizontalPodAutoscaler = 'web' & at = '15m' & conditions = { ScalingActive = 'False/FailedGetResourceMetric' }",
    ];
    assert_eq!(wrong("both.yaml", &up, &expects), [""; 0]);
}

#[test]
fn two_autoscalers_of_one_workload_do_nothing() {
    let expects = [
        "horizontalPodAutoscaler = 'web' & at = '1m' & conditions = { ScalingActive = 'False/AmbiguousSelector' }",
        "horizontalPodAutoscaler = 'web-2' & by = '1m' & event = 'AmbiguousSelector' & message = 'pods by selector app=web are \
         controlled by multiple HPAs: [default/web default/web-2]'",
        "deployment = 'web' & at = '10m' & desired = 2",
    ];
    // The one that looks first in the first seconds still knows of no other.
    assert_eq!(wrong("two.yaml", &used("{ use = \"200m\" }"), &expects), [""; 0]);
}

#[test]
fn policies_bind_the_pace_and_tolerances_the_will() {
    let busy = used("{ use = \"2\" }");
    let expects = [
        "deployment = 'web' & at = '1m20s' & desired = { min = 3, max = 4 }",
        "deployment = 'web' & at = '2m20s' & desired = { min = 4, max = 5 }",
        "horizontalPodAutoscaler = 'web' & at = '1m20s' & conditions = { ScalingLimited = 'True/ScaleUpLimit' }",
        "deployment = 'web' & by = '5m' & desired = 6",
    ];
    assert_eq!(wrong("slow.yaml", &busy, &expects), [""; 0]);
    // 160m of 200m are 80 %, 1.6 times the target.
    let some = used("{ use = \"320m\" }");
    assert_eq!(wrong("tolerant.yaml", &some, &["deployment = 'web' & at = '5m' & desired = 2"]), [""; 0]);
    let older = format!("kubernetes = \"1.34\"\n{}", scenario("tolerant.yaml", &some));
    let text = older + &expected(&["deployment = 'web' & at = '5m' & desired = 4"]);
    let plan = scenario::load("autoscalers.toml", &text, &manifest, &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    assert_eq!(expect::check(&plan, 1).len(), 0, "1.34 knows no tolerance of one's own");
}

#[test]
fn a_tenth_more_is_within_the_tolerance_from_1_33_on() {
    // 352m for two are 88 %, and the target is 80 %.
    for (version, desired) in [("1.32", 3), ("1.33", 2), ("1.36", 2)] {
        let wanted = format!("deployment = 'web' & at = '3m' & desired = {desired}");
        let own = scenario("eighty.yaml", &used("{ use = \"352m\" }"));
        let text = format!("kubernetes = \"{version}\"\n{own}{}", expected(&[&wanted]));
        let plan = scenario::load("autoscalers.toml", &text, &manifest, &[]);
        let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
        assert_eq!(expect::check(&plan, 1).len(), 0, "{version}");
    }
}

#[test]
fn sets_are_scaled_and_containers_measured() {
    let of_set = "[[metric]]\nof = \"statefulSet/web\"\ncpu = [{ use = \"400m\" }]\n";
    assert_eq!(
        wrong("set.yaml", of_set, &["statefulSet = 'web' & at = '5m' & desired = 4 & ready = 4"]),
        [""; 0]
    );
    // What is written to memory is there at once, and each pod asks for 100Mi.
    let full = "[[metric]]\nof = \"deployment/web\"\ncpu = [{ use = \"1m\" }]\nmemory = [{ use = \"100Mi\" }, { at = \"2m\", \
                use = \"250Mi\" }]\n";
    let expects =
        ["deployment = 'web' & at = '1m50s' & desired = 2", "deployment = 'web' & at = '5m' & desired = 5"];
    assert_eq!(wrong("both.yaml", full, &expects), [""; 0]);
    let expects = ["deployment = 'web' & at = '5m' & desired = 3"];
    assert_eq!(wrong("container.yaml", &used("{ use = \"300m\" }"), &expects), [""; 0]);
}

#[test]
fn what_no_adapter_brings_is_told() {
    let expects = [
        "horizontalPodAutoscaler = 'web' & by = '20s' & event = 'FailedGetExternalMetric' & message = 'unable to get external \
         metric default/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested \
         resource (get queue.external.metrics.k8s.io)'",
        "horizontalPodAutoscaler = 'web' & by = '20s' & event = 'FailedGetPodsMetric' & message = 'unable to get metric hits: \
         unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'",
        "horizontalPodAutoscaler = 'web' & by = '20s' & event = 'FailedComputeMetricsReplicas' & message = 'invalid metrics (2 \
         invalid out of 2), first error is: failed to get queue external metric value: failed to get queue external metric: '",
    ];
    assert_eq!(wrong("outside.yaml", "", &expects), [""; 0]);
}

#[test]
fn v1_is_read_as_v2_and_applied_again_as_v1() {
    let again = format!(
        "{}[[action]]\nid = \"again\"\nat = \"3m\"\napply = \"v1-again.yaml\"\n[[action]]\nid = \"same\"\nat = \"4m\"\napply = \
         \"v1-again.yaml\"\n",
        used("{ use = \"2\" }")
    );
    let expects = [
        "deployment = 'web' & at = '2m50s' & desired = 4",
        "action = 'again' & at = '3m1s' & answer = 'done' & message = 'horizontalpodautoscaler.autoscaling/web configured'",
        "action = 'same' & at = '4m1s' & answer = 'done' & message = 'horizontalpodautoscaler.autoscaling/web unchanged'",
        "deployment = 'web' & at = '5m' & desired = 5",
    ];
    assert_eq!(wrong("v1.yaml", &again, &expects), [""; 0]);
}

#[test]
fn kubectl_shows_it() {
    let rest = format!(
        "{}[[action]]\nid = \"wait\"\nat = \"1s\"\nwait = \"hpa/web\"\nfor = \"condition=ScalingActive\"\ntimeout = \"2m\"\n\
         [[action]]\nat = \"5m\"\ndelete = \"hpa/web\"\n",
        used("{ use = \"300m\" }")
    );
    let mut walk = walk("half.yaml", &rest);
    to(&mut walk, 240);
    let table = walk.get("hpa").expect("a table");
    let row = table.lines().nth(1).expect("a row").split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(row, "web Deployment/web cpu: 50%/50% 1 6 3 4m", "{table}");
    let key = get::find_object(walk.world(), "hpa/web").expect("a kind").expect("an object");
    let told = walk.describe_object(key);
    for part in [
        "Reference:                                             Deployment/web",
        "  resource cpu on pods  (as a percentage of request):  50% (100m) / 50%",
        "Deployment pods:                                       3 current / 3 desired",
        "  AbleToScale     True    ReadyForNewScale    recommended size matches current size",
        "SuccessfulRescale",
        "horizontal-pod-autoscaler",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    to(&mut walk, 360);
    assert!(walk.get("hpa").expect("a table").starts_with("No resources found"));
}

#[test]
fn why_leads_to_what_is_used() {
    let ask = |walk: &mut Walk, object: &str| {
        let key = get::find_object(walk.world(), object).expect("a kind").expect("an object");
        walk.why_workload(key).expect("something was written about it").render(walk.plan().start)
    };
    let mut walk = walk("half.yaml", &used("{ use = \"300m\" }, { at = \"9m\", use = \"900m\" }"));
    to(&mut walk, 240);
    for object in ["deployment/web", "hpa/web"] {
        let told = ask(&mut walk, object);
        assert!(told.contains("looks at horizontalpodautoscaler/web every 15 seconds"), "{told}");
        assert!(told.contains("[[metric]] deployment/web: cpu 300m from 0s, 900m from 9m"), "{told}");
    }
    let hpa = get::find_object(walk.world(), "hpa/web").expect("a kind").expect("an object");
    let (start, now) = (walk.plan().start, walk.now());
    assert_eq!(walk.curve(hpa, start, now, 4).last(), Some(&Some((3, 3))), "three there, and three wanted");
    assert!(ask(&mut walk, "hpa/web").lines().count() < 8, "no look is told that came to nothing");
    let mut walk = self::walk("half.yaml", "");
    to(&mut walk, 60);
    let told = ask(&mut walk, "hpa/web");
    assert!(told.contains("no [[metric]] speaks of web: there is no metrics server"), "{told}");
}

#[test]
fn a_run_that_waits_for_the_window_has_not_settled() {
    let rest = format!(
        "untilSettled = true\n{}",
        scenario("half.yaml", &used("{ use = \"900m\" }, { at = \"3m\", use = \"90m\" }"))
    );
    let plan = scenario::load("autoscalers.toml", &rest, &manifest, &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    let mut session = Session::new(&plan, 1);
    while session.step().is_some() {}
    assert_eq!(session.world.workloads.deployments[0].object.spec.replicas, 1);
    let lasted = session.ended_at(false).since(plan.start);
    assert!(lasted > Span::from_secs(480) && lasted < Span::from_secs(720), "{lasted}");
}

#[test]
fn manifests_alone_have_room_for_what_an_autoscaler_makes_at_least() {
    let most = manifest("half.yaml").expect("a manifest");
    let most = most.replace("minReplicas: 1", "minReplicas: 4").replace("cpu: 200m", "cpu: 10");
    let files = [("web.yaml".to_owned(), most.clone())];
    let given = Given { files: &files, against: &[], name: None, nodes: None, templates_of: &[] };
    let around = assumed::around(given).expect("a scenario");
    let plan = scenario::load("web.toml", &around.text, &|_| Ok(most.clone()), &[]).expect("a plan");
    let mut session = Session::new(&Arc::new(plan), 1);
    while session.step().is_some() {}
    assert_eq!(session.world.workloads.deployments[0].object.status.ready_replicas, 4, "{}", around.text);
}

#[test]
fn metrics_are_checked() {
    let refused = |rest: &str| match scenario::load("m.toml", &scenario("half.yaml", rest), &manifest, &[]) {
        Ok(_) => panic!("{rest} was read"),
        Err(problems) => problems.short(),
    };
    for (rest, told) in [
        (
            "[[metric]]\nof = \"deployment/web\"\n",
            "m.toml:10:1: error[E0005]: this `metric` does not say what is used",
        ),
        ("[[metric]]\ncpu = [{ use = 1 }]\n", "error[E0005]: `of` is missing in this `metric`"),
        (
            "[[metric]]\nof = \"daemonSet/web\"\ncpu = [{ use = 1 }]\n",
            "m.toml:11:6: error[E0004]: `daemonSet/web` is nothing that an autoscaler scales",
        ),
        (
            "[[metric]]\nof = \"deployment/wep\"\ncpu = [{ use = 1 }]\n",
            "m.toml:11:6: error[E0101]: there is never a Deployment `wep`",
        ),
        (
            "[[metric]]\nof = \"deployment/web\"\ncpu = [{ at = \"2m\", use = 1 }, { at = \"1m\", use = 2 }]\n",
            "error[E0006]: this use does not begin after the one before",
        ),
        (
            "[[metric]]\nof = \"deployment/web\"\ncpu = [{ use = \"much\" }]\n",
            "error[E0004]: `much` is no quantity",
        ),
        ("[[metric]]\nof = \"deployment/web\"\ncpu = [{ uses = 1 }]\n", "error[E0002]: unknown key `uses`"),
        (
            "[[metric]]\nof = \"deployment/web\"\ncpu = [{ use = 1 }]\n[[metric]]\nof = \"deploy/web\"\ncpu = [{ use = 1 }]\n",
            "m.toml:14:6: error[E0104]: there is a `metric` of deployment/web already",
        ),
    ] {
        let short = refused(rest);
        assert!(short.contains(told), "{told}\n{short}");
    }
    let text = scenario("v1.yaml", "").replace("v1.yaml", "bare.yaml") + &used("{ use = 1 }");
    let bare = |path: &str| match path {
        "bare.yaml" => {
            manifest("half.yaml").map(|all| all.split("---").next().unwrap_or_default().to_owned())
        }
        _ => Err("no such file".to_owned()),
    };
    let loaded = scenario::load_noting("m.toml", &text, &bare, &[]).expect("a plan");
    let told = loaded.warnings.short();
    assert!(told.contains("warning[W0001]: no HorizontalPodAutoscaler scales deployment/web"), "{told}");
}
