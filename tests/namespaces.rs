//! A namespace is deleted: when what lives in it goes, what nobody can make there any more, what holds it up.

#![cfg(all(feature = "serve", unix))]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;
#[path = "support/server.rs"]
mod server;

use serde_json::{Value, json};
use server::{Server, serve_beside};

/// A Deployment of two pods that take ten seconds to end, in a namespace of their own.
const SHOP: &str = r#"
name = "shop"
until = "10m"
[[node]]
name = "n"
images = ["shop/web:1"]
[[apply]]
manifest = "web.yaml"
namespace = "shop"
[[program]]
image = "shop/web:1"
attempts = [{ onTerm = { after = "10s", exit = 0 } }]
"#;

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec:\n  replicas: 2\n  selector: { matchLabels: { app: web } }\n  \
                   template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: app, image: \"shop/web:1\" }] }\n";

fn shop(version: &str) -> Server {
    let text = SHOP.replacen("until", &format!("kubernetes = \"{version}\"\nuntil"), 1);
    serve_beside("shop.toml --speed paused", &[("shop.toml", &text), ("web.yaml", WEB)])
}

fn goto(server: &Server, at: &str) {
    let (code, told) = server.ask("POST", &format!("/kubelapse/v1/clock/goto?at={at}"), "");
    assert_eq!(code, 200, "{told}");
}

fn count(server: &Server, what: &str) -> usize {
    server.get(what)["items"].as_array().map_or(0, Vec::len)
}

const PODS: &str = "/api/v1/namespaces/shop/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";

fn condition(namespace: &Value, kind: &str) -> (String, String) {
    let all = namespace["status"]["conditions"].as_array().expect("conditions");
    let own = all.iter().find(|own| own["type"] == kind).expect("one of this type");
    let text = |name: &str| own[name].as_str().unwrap_or_default().to_owned();
    (text("reason"), text("message"))
}

#[test]
fn pods_go_first_and_nobody_makes_others() {
    let server = shop("1.36");
    goto(&server, "20s");
    let events = count(&server, "/api/v1/namespaces/shop/events");
    let (code, told) = server.ask("DELETE", "/api/v1/namespaces/shop", "");
    assert_eq!((code, told["status"]["phase"].as_str()), (200, Some("Terminating")), "{told}");
    // Its controller lets that settle for five seconds.
    goto(&server, "24s");
    let going = |pods: &Value| {
        let all = pods["items"].as_array().expect("pods");
        all.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_string()).count()
    };
    assert_eq!(going(&server.get(PODS)), 0);
    let (code, refused) =
        server.ask("POST", "/api/v1/namespaces/shop/configmaps", r#"{"metadata":{"name":"late"}}"#);
    assert_eq!(
        (code, refused["details"]["causes"][0]["reason"].as_str()),
        (403, Some("NamespaceTerminating")),
        "{refused}"
    );
    goto(&server, "26s");
    assert_eq!(going(&server.get(PODS)), 2);
    let left = (
        "SomeResourcesRemain".to_owned(),
        "Some resources are remaining: pods. has 2 resource instances".to_owned(),
    );
    assert_eq!(condition(&server.get("/api/v1/namespaces/shop"), "NamespaceContentRemaining"), left);
    // The pods are gone after ten seconds; the ReplicaSet makes none in their place, and nothing new is told.
    goto(&server, "39s");
    assert_eq!((count(&server, PODS), count(&server, DEPLOYMENTS)), (0, 1));
    assert_eq!(count(&server, "/api/v1/namespaces/shop/events"), events);
    // Half of a grace period of thirty seconds and a second after the look that changed nothing any more.
    goto(&server, "45s");
    assert_eq!(count(&server, DEPLOYMENTS), 1);
    goto(&server, "47s");
    assert_eq!(server.ask("GET", "/api/v1/namespaces/shop", "").0, 404);
    assert_eq!((count(&server, DEPLOYMENTS), count(&server, "/api/v1/namespaces/shop/events")), (0, 0));
    let (code, refused) =
        server.ask("POST", "/api/v1/namespaces/shop/configmaps", r#"{"metadata":{"name":"late"}}"#);
    assert_eq!(
        (code, refused["message"].as_str()),
        (404, Some("namespaces \"shop\" not found")),
        "{refused}"
    );
    // Whoever goes back has it again, and whoever makes another of its name has one that is empty.
    goto(&server, "20s");
    assert_eq!((count(&server, PODS), count(&server, DEPLOYMENTS)), (2, 1));
    goto(&server, "60s");
    let (code, made) = server.ask("POST", "/api/v1/namespaces", r#"{"metadata":{"name":"shop"}}"#);
    assert_eq!((code, made["status"]["phase"].as_str()), (201, Some("Active")), "{made}");
    assert_eq!(
        server.ask("POST", "/api/v1/namespaces/shop/configmaps", r#"{"metadata":{"name":"late"}}"#).0,
        201
    );
}

#[test]
fn before_1_33_everything_goes_at_once() {
    let server = shop("1.32");
    goto(&server, "20s");
    assert_eq!(server.ask("DELETE", "/api/v1/namespaces/shop", "").0, 200);
    goto(&server, "26s");
    assert_eq!((count(&server, PODS), count(&server, DEPLOYMENTS)), (2, 0));
    goto(&server, "47s");
    assert_eq!(server.ask("GET", "/api/v1/namespaces/shop", "").0, 404);
}

#[test]
fn a_finalizer_that_nobody_takes_away_holds_it_up() {
    let server = shop("1.36");
    goto(&server, "20s");
    let held = json!({ "metadata": { "name": "held", "finalizers": ["shop.example/paid"] }, "data": {} });
    assert_eq!(server.ask("POST", "/api/v1/namespaces/shop/configmaps", &held.to_string()).0, 201);
    assert_eq!(server.ask("DELETE", "/api/v1/namespaces/shop", "").0, 200);
    goto(&server, "9m");
    let namespace = server.get("/api/v1/namespaces/shop");
    let finalizers = (
        "SomeFinalizersRemain".to_owned(),
        "Some content in the namespace has finalizers remaining: shop.example/paid in 1 resource instances"
            .to_owned(),
    );
    assert_eq!(condition(&namespace, "NamespaceFinalizersRemaining"), finalizers, "{namespace}");
    assert_eq!((count(&server, PODS), count(&server, DEPLOYMENTS)), (0, 0));
    let path = "/api/v1/namespaces/shop/configmaps/held";
    assert!(server.get(path)["metadata"]["deletionTimestamp"].is_string());
    // Once it is free, the next look ends it: eight seconds later at most.
    assert_eq!(server.ask("PATCH", path, r#"{"metadata":{"finalizers":null}}"#).0, 200);
    goto(&server, "9m9s");
    assert_eq!(server.ask("GET", "/api/v1/namespaces/shop", "").0, 404);
}

#[test]
fn who_takes_its_own_finalizer_away_frees_it() {
    let server = shop("1.36");
    goto(&server, "20s");
    assert_eq!(server.ask("DELETE", "/api/v1/namespaces/shop", "").0, 200);
    // Whoever changes something else of it does not free it.
    let labelled = r#"{"metadata":{"labels":{"team":"a"}}}"#;
    assert_eq!(server.ask("PATCH", "/api/v1/namespaces/shop", labelled).0, 200);
    let mut namespace = server.get("/api/v1/namespaces/shop");
    assert_eq!(namespace["status"]["phase"], "Terminating");
    namespace["spec"]["finalizers"] = json!([]);
    let (code, told) = server.ask("PUT", "/api/v1/namespaces/shop/finalize", &namespace.to_string());
    assert_eq!(code, 200, "{told}");
    assert_eq!(server.ask("GET", "/api/v1/namespaces/shop", "").0, 404);
}

/// Everything that people put into a namespace.
const ALL: &str = r#"
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: app, image: "shop/db:1", volumeMounts: [{ name: data, mountPath: /data }] }] }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: shop }
spec:
  selector: { matchLabels: { app: agent } }
  template: { metadata: { labels: { app: agent } }, spec: { containers: [{ name: app, image: "shop/agent:1" }] } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: import, namespace: shop }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: app, image: "shop/web:1" }] } } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: report, namespace: shop }
spec:
  schedule: "* * * * *"
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: app, image: "shop/web:1" }] } } } }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { selector: { app: db }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { a: b }
"#;

#[test]
fn all_that_lives_in_it_goes_and_comes_again_with_its_manifests() {
    for version in ["1.32", "1.36"] {
        let text = format!(
            "name = \"all\"\nuntil = \"20m\"\nkubernetes = \"{version}\"\n[[node]]\nname = \"n\"\n[[apply]]\nmanifest = \"all.yaml\"\n\
             [[action]]\nat = \"5m\"\ndelete = \"namespace/shop\"\n[[action]]\nat = \"10m\"\napply = [\"all.yaml\"]\n"
        );
        let server = serve_beside("all.toml --speed paused", &[("all.toml", &text), ("all.yaml", ALL)]);
        let lists = [
            PODS,
            "/apis/apps/v1/namespaces/shop/statefulsets",
            "/apis/apps/v1/namespaces/shop/daemonsets",
            "/apis/apps/v1/namespaces/shop/controllerrevisions",
            "/apis/batch/v1/namespaces/shop/jobs",
            "/apis/batch/v1/namespaces/shop/cronjobs",
            "/api/v1/namespaces/shop/services",
            "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
            "/api/v1/namespaces/shop/configmaps",
            "/api/v1/namespaces/shop/persistentvolumeclaims",
        ];
        goto(&server, "4m50s");
        for list in lists {
            assert!(count(&server, list) > 0, "{version}: {list}");
        }
        goto(&server, "7m");
        assert_eq!(server.ask("GET", "/api/v1/namespaces/shop", "").0, 404, "{version}");
        for list in lists {
            assert_eq!(count(&server, list), 0, "{version}: {list}");
        }
        goto(&server, "11m");
        let again = server.get("/api/v1/namespaces/shop");
        assert_eq!(again["status"]["phase"], "Active");
        assert!(count(&server, PODS) >= 4, "{version}");
        // It is another one, and a day younger than those that were there before.
        let created = |name: &str| {
            let own = server.get(&format!("/api/v1/namespaces/{name}"));
            let text = own["metadata"]["creationTimestamp"].as_str().expect("a text").to_owned();
            kubelapse::time::Time::parse_rfc3339(&text).expect("an instant")
        };
        let younger = created("shop").since(created("default"));
        assert!(younger.secs() > 23 * 3600, "{version}: {younger}");
        goto(&server, "4m50s");
        assert_ne!(
            server.get("/api/v1/namespaces/shop")["metadata"]["uid"],
            again["metadata"]["uid"],
            "{version}"
        );
        assert!(created("shop").since(created("default")).secs().abs() < 3600, "{version}");
    }
}

#[test]
fn what_may_not_be_deleted_is_not() {
    let server = shop("1.36");
    let (code, refused) = server.ask("DELETE", "/api/v1/namespaces/kube-system", "");
    assert_eq!((code, refused["reason"].as_str()), (403, Some("Forbidden")), "{refused}");
    assert_eq!(server.ask("DELETE", "/api/v1/namespaces/nowhere", "").0, 404);
}
