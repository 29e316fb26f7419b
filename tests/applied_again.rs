//! What becomes of Pods and ConfigMaps whose manifest is applied again, as kubectl applies it.

use std::sync::Arc;

use kubelapse::scenario::plan::ObjectKind;
use kubelapse::scenario::{self, Plan};
use kubelapse::session::Session;
use kubelapse::time::Span;
use kubelapse::world::{Pod, World};

const SCENARIO: &str = "until = \"2m\"\n[[node]]\nname = \"n1\"\n\
    [[apply]]\nmanifest = \"first.yaml\"\n[[apply]]\nmanifest = \"second.yaml\"\nat = \"20s\"\n\
    [[apply]]\nmanifest = \"second.yaml\"\nat = \"70s\"\n[[apply]]\nmanifest = \"wrong.yaml\"\nat = \"90s\"\n\
    [[action]]\nat = \"10s\"\nlabel = \"pod/tools\"\nlabels = { by = \"hand\" }\n";

const FIRST: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: tools, labels: { app: tools, old: yes-it-is } }\n\
    spec:\n  containers:\n  - name: shell\n    image: registry.example/ops/tools:1\n    resources: { requests: { cpu: '0.5' } }\n\
    ---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { theme: dark, lang: de }\n";
const SECOND: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: tools, labels: { app: tools, new: it-is } }\n\
    spec:\n  containers:\n  - name: shell\n    image: registry.example/ops/tools:2\n    resources: { requests: { cpu: '0.5' } }\n\
    ---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { theme: light, size: '12' }\n";
const WRONG: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: tools, labels: { app: tools, new: it-is } }\n\
    spec:\n  restartPolicy: Never\n  containers:\n  - name: shell\n    image: registry.example/ops/tools:2\n    resources: { requests: { cpu: '0.5' } }\n";

fn manifest(path: &str) -> Result<String, String> {
    match path {
        "first.yaml" => Ok(FIRST.to_owned()),
        "second.yaml" => Ok(SECOND.to_owned()),
        "wrong.yaml" => Ok(WRONG.to_owned()),
        _ => Err("there is none".to_owned()),
    }
}

fn plan() -> Arc<Plan> {
    Arc::new(scenario::load("scenario.toml", SCENARIO, &manifest, &[]).expect("a scenario"))
}

fn play_until(session: &mut Session, secs: i64) {
    let at = session.world.plan.start + Span::from_secs(secs);
    while session.world.queue.peek_time().is_some_and(|next| next <= at) && session.step().is_some() {}
}

fn tools(w: &World) -> &Pod {
    let mut all = w.pods.iter().filter(|pod| pod.exists && pod.ident.name.to_string() == "tools");
    let pod = all.next().expect("it is there");
    assert!(all.next().is_none(), "there is one");
    pod
}

fn labels(pod: &Pod) -> Vec<String> {
    pod.labels.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

fn keys(w: &World) -> Vec<String> {
    let settings = w.objects.iter().find(|own| own.kind == ObjectKind::ConfigMap && own.name == "settings");
    settings.and_then(|own| own.keys.clone()).expect("a ConfigMap with keys")
}

#[test]
fn what_a_manifest_says_no_more_goes_and_what_others_said_stays() {
    let mut session = Session::new(&plan(), 1);
    play_until(&mut session, 15);
    let pod = tools(&session.world);
    assert_eq!(pod.spec.containers[0].image, "registry.example/ops/tools:1");
    assert_eq!(labels(pod), ["app=tools", "by=hand", "old=yes-it-is"]);
    assert_eq!(keys(&session.world), ["lang", "theme"]);
    play_until(&mut session, 30);
    let pod = tools(&session.world);
    assert_eq!(pod.spec.containers[0].image, "registry.example/ops/tools:2");
    assert_eq!(labels(pod), ["app=tools", "by=hand", "new=it-is"]);
    assert_eq!(keys(&session.world), ["theme", "size"]);
    assert!(session.world.answers.is_empty(), "{:?}", session.world.answers);
    // The same again is no write.
    play_until(&mut session, 69);
    let pod = tools(&session.world);
    let before = (pod.generation, pod.resource_version);
    play_until(&mut session, 80);
    let pod = tools(&session.world);
    assert_eq!((pod.generation, pod.resource_version), before);
}

#[test]
fn what_may_not_change_is_refused_in_the_api_servers_words() {
    let mut session = Session::new(&plan(), 1);
    play_until(&mut session, 119);
    let [answer] = &session.world.answers[..] else { panic!("{:?}", session.world.answers) };
    assert!(
        answer.contains(
            "The Pod \"tools\" is invalid: spec: Forbidden: pod updates may not change fields other than"
        ),
        "{answer}"
    );
}

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: { name: import }\nspec: { parallelism: 1, completions: 4, template: { spec: { \
    restartPolicy: Never, containers: [{ name: app, image: \"shop/import:1\" }] } } }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: \
    tools }\nspec: { containers: [{ name: app, image: \"shop/import:1\" }] }\n";

/// What a merge patch says outside of an object's fields changes nothing, and the API server warns of it.
#[test]
fn a_patch_of_what_is_no_field_is_warned_of() {
    let scenario = "kubernetes = \"1.36\"\nuntil = \"2m\"\n[[node]]\nname = \"n1\"\nimages = [\"shop/import:1\"]\n[[apply]]\nmanifest = \
        \"job.yaml\"\n[[program]]\nworkload = \"job/import\"\nattempts = [{ runs = \"100s\" }]\n\
        [[action]]\nat = \"10s\"\npatch = \"job/import\"\nmerge = { parallelism = 2 }\n\
        [[action]]\nat = \"20s\"\npatch = \"job/import\"\nmerge = { spec = { paralelism = 2 } }\n\
        [[action]]\nat = \"30s\"\npatch = \"pod/tools\"\nmerge = { activeDeadlineSeconds = 20 }\n\
        [[action]]\nat = \"40s\"\npatch = \"job/import\"\nmerge = { spec = { parallelism = 2 } }\n\
        [[action]]\nat = \"50s\"\nid = \"label\"\nlabel = \"job/import\"\nlabels = { tier- = \"\" }\n\
        [[apply]]\nat = \"60s\"\nmanifest = \"slip.yaml\"\n";
    let slip = JOB.replace("parallelism: 1", "paralelism: 1");
    let manifests = |path: &str| Ok(if path == "slip.yaml" { slip.clone() } else { JOB.to_owned() });
    let noted = scenario::load_noting("scenario.toml", scenario, &manifests, &[]).expect("a scenario");
    let words = noted.warnings.render(false);
    assert!(words.contains("`parallelism` is no field of a Job"), "{words}");
    assert!(words.contains("merge = { spec = { parallelism = … } }"), "{words}");
    assert!(words.contains("`activeDeadlineSeconds` is no field of a Pod"), "{words}");
    let mut session = Session::new(&Arc::new(noted.plan), 0);
    play_until(&mut session, 39);
    assert_eq!(session.world.pods.iter().filter(|pod| pod.exists).count(), 2);
    let said: Vec<&str> = session.world.warnings.iter().map(String::as_str).collect();
    assert_eq!(
        said,
        [
            "10s: Warning: unknown field \"parallelism\"",
            "20s: Warning: unknown field \"spec.paralelism\"",
            "30s: Warning: unknown field \"activeDeadlineSeconds\"",
        ]
    );
    play_until(&mut session, 100);
    assert_eq!(session.world.pods.iter().filter(|pod| pod.exists).count(), 3);
    let last = session.world.answers.last().expect("it is refused");
    assert!(last.contains("The request is invalid: patch: Invalid value: "), "{last}");
    assert!(last.ends_with("strict decoding error: unknown field \"spec.paralelism\""), "{last}");
}
