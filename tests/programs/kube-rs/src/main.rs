//! What a program on kube-rs does: it applies, patches and watches a Deployment until its pods are ready, and deletes it.

use std::pin::pin;

use futures::TryStreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client};
use serde_json::{from_value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::try_default().await?;
    println!("version {}", client.apiserver_version().await?.git_version);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let map = from_value(json!({ "metadata": { "name": "settings" }, "data": { "a": "b" } }))?;
    let made = maps.create(&PostParams::default(), &map).await?;
    println!("created {}", made.metadata.name.unwrap_or_default());
    match maps.create(&PostParams::default(), &map).await {
        Err(kube::Error::Api(status)) => println!("refused {}", status.reason),
        other => println!("made twice: {other:?}"),
    }
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "default");
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "replicas": 3, "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "app", "image": "registry.example/web:1" }] },
            },
        },
    });
    deployments.patch("web", &PatchParams::apply("kube-rs"), &Patch::Apply(&web)).await?;
    let wanted = watcher::Config::default().fields("metadata.name=web");
    let mut seen = pin!(watcher(deployments.clone(), wanted).applied_objects());
    while let Some(deployment) = seen.try_next().await? {
        if deployment.status.and_then(|status| status.ready_replicas) == Some(3) {
            println!("ready");
            break;
        }
    }
    let scaled = json!({ "spec": { "replicas": 1 } });
    let scaled = deployments.patch("web", &PatchParams::default(), &Patch::Merge(&scaled)).await?;
    println!("scaled to {:?}", scaled.spec.and_then(|spec| spec.replicas));
    let scale = deployments.get_scale("web").await?;
    println!("scale says {:?}", scale.spec.and_then(|spec| spec.replicas));
    let pods: Api<Pod> = Api::namespaced(client, "default");
    let page = pods.list(&ListParams::default().labels("app=web").limit(2)).await?;
    println!("a page of {}, and more: {}", page.items.len(), page.metadata.continue_.is_some());
    deployments.delete("web", &DeleteParams::foreground()).await?;
    Ok(())
}
