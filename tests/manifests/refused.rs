//! What the API server refuses of manifests, and overrides of them, is told, and is never well.

use crate::*;

/// What the API server and kubectl say of what they refuse, document by document: one of each kind, in their words.
#[test]
fn what_is_refused_is_refused_in_the_words_of_a_cluster() {
    let desk = Desk::new("refused");
    let (out, _) = desk.said_of_refused("run refused.yaml --kubernetes 1.34");
    // Objects are sent one after the other; each answer has its time before it.
    let answers = out.split("\n\n").nth(1).expect("answers");
    let words = answers.lines().map(|line| match line.split_once("s: ") {
        Some((time, words)) if time.starts_with(|c: char| c.is_ascii_digit()) => words,
        _ => line,
    });
    let mut told: String = words.map(|line| format!("{line}\n")).collect();
    // The uid is drawn.
    for uid in ["batch.kubernetes.io/controller-uid\":\"", "must be '"] {
        while let Some(at) = told.find(uid).map(|at| at + uid.len()) {
            told.replace_range(at - uid.len()..at + 36, "UID");
        }
    }
    assert_eq!(told, desk.read("refused.txt"));
    assert!(out.contains("No resources found: there has never been a pod."), "{out}");
}

#[test]
fn what_is_warned_of_is_told_once() {
    let desk = Desk::new("warned");
    let (out, _) = desk.said("run warned.yaml");
    let told: Vec<&str> = out.lines().filter(|line| line.contains("Warning: ")).collect();
    let known = desk.read("warned.txt");
    assert_eq!(told, known.lines().collect::<Vec<_>>());
    assert_told(&desk.said("run warned.yaml --kubernetes 1.32").0, &["0s: Warning: spec.volumes[0].rbd: "]);
}

/// What can be no label no assumed node has, and the rest of the file is played.
#[test]
fn nothing_is_assumed_of_what_can_be_no_name() {
    let desk = Desk::new("placeholders");
    desk.write(
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  nodeSelector: {kubernetes.io/os: $OS, a b: c}\n  tolerations: \
         [{key: $KEY, value: $X, effect: NoSchedule, operator: Equal}]\n  topologySpreadConstraints: [{maxSkew: 1, topologyKey: $K \
         x, whenUnsatisfiable: DoNotSchedule}]\n  containers: [{name: app, image: nginx, resources: {limits: {a b/c: \
         1}}}]\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: app, image: nginx}]}\n",
    );
    let (out, said) = desk.said_of_refused("run a.yaml");
    assert_told(
        &out,
        &[
            "0s: The Pod \"a\" is invalid: ",
            "spec.nodeSelector: Invalid value: \"$OS\"",
            "b      1/1     Running",
        ],
    );
    assert_told(&said, &["assumed: 3 nodes, each with cpu 16, memory 64Gi ("]);
}

/// Objects that stand before their Namespace are refused, as those of a file are sent in its order.
#[test]
fn who_stands_before_his_namespace_is_refused() {
    let desk = Desk::new("namespaces");
    let pod = |name: &str, namespace: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{containers: [{{name: app, image: \
             nginx}}]}}\n---\n"
        )
    };
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, \
               template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: nginx}]}}}\n---\n";
    let slip = pod("slip", "shop").replace("containers", "kontainers");
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n";
    let text =
        [&pod("early", "shop"), web, &slip, &pod("other", "elsewhere"), namespace, &pod("late", "shop")]
            .concat();
    desk.write("a.yaml", &text);
    let (out, said) = desk.said_of_refused("run a.yaml");
    let refused =
        "0s: Error from server (NotFound): error when creating \"a.yaml\": namespaces \"shop\" not found";
    assert_eq!(out.matches(refused).count(), 2, "{out}");
    assert_told(&out, &["late ", "other ", "unknown field \"spec.kontainers\""]);
    assert!(!out.contains("early ") && !out.contains("web-"), "{out}");
    assert_told(&said, &["assumed: namespaces elsewhere are there already"]);
    // What one that comes later makes, an earlier one does not have.
    desk.write("web.yaml", web);
    desk.write("shop.yaml", namespace);
    desk.write(
        "two.toml",
        "until = \"2m\"\n[[node]]\nname = \"n\"\n[[apply]]\nat = \"60s\"\nmanifest = \"shop.yaml\"\n[[apply]]\nmanifest = \
         \"web.yaml\"\n[[apply]]\nat = \"70s\"\nmanifest = \"web.yaml\"\n",
    );
    let (out, _) = desk.said("run two.toml");
    assert_told(
        &out,
        &["0s: Error from server (NotFound): error when creating \"web.yaml\": namespaces", "web-"],
    );
}

/// `kubectl apply` would end with 1; so does whatever plays the manifests, after having said all. A scenario may be about it.
#[test]
fn manifests_of_which_something_is_refused_are_not_well() {
    let desk = Desk::new("unwell");
    desk.write("web.yaml", WEB);
    desk.write("bad.yaml", &WEB.replace("failureThreshold", "failureTreshold"));
    for (line, words) in
        [("check", "web: ok\n"), ("test", "ok    web  expects nothing"), ("run", "1/1     Running")]
    {
        assert_told(&desk.said(&format!("{line} web.yaml")).0, &[words]);
    }
    let unknown = "unknown field \"spec.template.spec.containers[0].livenessProbe.failureTreshold\"";
    let (out, said) = desk.said_of_refused("check bad.yaml");
    assert_eq!(out, "web: refused\n");
    assert_told(&said, &["warning[W0002]: the API server will refuse this: ", unknown]);
    assert_told(&desk.said_of_refused("run bad.yaml").0, &["there has never been a pod", unknown]);
    assert_told(&desk.said_of_refused("test bad.yaml").0, &["FAIL  web  is refused"]);
    assert_told(
        &desk.said_of_refused("test bad.yaml --format junit").0,
        &["failures=\"1\"", "the manifests are taken"],
    );
    desk.write("case.toml", "[[apply]]\nmanifest = \"bad.yaml\"\n");
    assert_eq!(desk.said("check case.toml").0, "case: ok\n");
    desk.said("run case.toml");
}

/// A value on the command line with which the API server refuses what it takes without is a slip, told where it was typed.
#[test]
fn overrides_that_are_refused_are_errors() {
    let desk = Desk::new("overrides");
    desk.write("web.yaml", WEB);
    desk.write("web.toml", "until = \"2m\"\n[[node]]\nname = \"n\"\n[[apply]]\nmanifest = \"web.yaml\"\n");
    let probe = "deployment.web.spec.template.spec.containers.app.livenessProbe";
    let unknown = "unknown field \"spec.template.spec.containers[0].livenessProbe.failurethreshold\"";
    let swept = desk.refused(&format!("sweep web.toml --vary {probe}.failurethreshold=1..3 --seeds 2"));
    assert_told(&swept, &["error[E0202]", unknown, "--vary:1:1"]);
    assert_eq!(swept.matches("error[").count(), 1, "{swept}");
    assert_told(
        &desk.refused("sweep web.yaml --vary deployment.web.livenessProbe.failureThreshold=1..3"),
        &["unknown field \"livenessProbe\"", "--vary:1:1"],
    );
    for door in ["run web.yaml", "test web.toml", "audit web.yaml", "check web.toml"] {
        let told =
            desk.refused(&format!("{door} --set {probe}.periodSeconds=5 --set {probe}.failurethreshold=2"));
        assert_told(&told, &["error[E0202]", unknown, "--set:1:1", "failurethreshold=2"]);
    }
    // An older server is asked; that it knows no such field is an answer.
    let new = WEB.replace("containers:\n", "hostnameOverride: a\n      containers:\n");
    desk.write("new.yaml", &new);
    desk.said("check new.yaml");
    desk.said_of_refused("check new.yaml --set kubernetes=1.32");
    desk.said("sweep new.yaml --vary kubernetes=1.32,1.37 --seeds 1 --quiet");
    // What is there without the override stays what it is.
    desk.write("bad.yaml", &WEB.replace("failureThreshold", "failureTreshold"));
    desk.said_of_refused("check bad.yaml --set deployment.web.spec.replicas=2");
}

/// An entry of a list is spoken of by its name, and a name that is not there is no new entry.
#[test]
fn overrides_name_what_is_there() {
    let desk = Desk::new("named");
    desk.write("web.yaml", WEB);
    let told = desk.refused("run web.yaml --set deployment.web.spec.template.spec.containers.wep.image=x");
    assert_told(
        &told,
        &["error[E0301]: there is no `wep` in `containers`", "there is only `app`", "--set:1:46"],
    );
    let told = desk.refused("run web.yaml --set deployment.web.spec.template.spec.volumes.data.emptyDir={}");
    assert_told(&told, &["error[E0301]: there is no `data` in `volumes`"]);
    // As a value a list is written as it shall be.
    let side = "deployment.web.spec.template.spec.containers=[{name=\"side\",image=\"x\"}]";
    assert_told(&desk.said(&format!("run web.yaml --set {side}")).0, &["2/2"]);
    desk.write(
        "pod.toml",
        "until = \"1m\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n",
    );
    let told = desk.refused_anyway("run pod.toml --set pod.web.spec.containers.ap.image=y");
    assert_told(&told, &["there is no `ap` in `containers`", "did you mean `app`?"]);
    desk.said("run pod.toml --set pod.web.spec.containers.app.image=y");
}
