//! What containers use of a node's memory: who goes, and what may be used together.

use crate::*;

/// Usage above the request decides before priority, and the message names the containers that are above theirs; a process
/// that outgrows its limit is killed by the kernel, wherever the node stands.
#[test]
fn what_containers_use_of_memory_decides_who_goes() {
    let pod = |name: &str, resources: &str, memory: &str| {
        format!(
            "[[pod]]\nname = \"{name}\"\n[[pod.spec.containers]]\nname = \"app\"\n\
             image = \"{name}:1\"\nresources = {{ {resources} }}\n[pod.behavior.containers.app]\n\
             attempts = [{{ memory = [{memory}] }}]\n"
        )
    };
    let asks = |memory: &str| format!("requests = {{ memory = \"{memory}\" }}");
    let text = [
        "name = \"usage\"\nuntil = \"2m\"\n[[node]]\nname = \"n\"\n".to_owned(),
        pod("within", &asks("1Gi"), "{ size = \"900Mi\" }"),
        pod("above", &asks("256Mi"), "{ size = \"100Mi\" }, { at = \"20s\", size = \"700Mi\" }"),
        pod("little", &asks("256Mi"), "{ size = \"257Mi\" }"),
        pod(
            "leaks",
            "limits = { memory = \"64Mi\" }",
            "{ size = \"60Mi\" }, { at = \"10s\", size = \"65Mi\" }",
        ),
        "[[action]]\nat = \"35s\"\npressure = \"node/n\"\nresource = \"memory\"\nlasts = \"11s\"\n"
            .to_owned(),
    ]
    .concat();
    let lived = live(&text);
    let evicted = events(&lived, Sym::EVICTED);
    let order: Vec<&str> = evicted.iter().map(|(_, pod, _)| pod.as_str()).collect();
    assert_eq!(order[..2], ["above", "little"], "{evicted:?}");
    assert!(
        evicted[0].2.ends_with(
            "available: 92160Ki. Container app was using 700Mi, request is 256Mi, has larger consumption of memory. "
        ),
        "{evicted:?}"
    );
    let killed: Vec<(i32, String)> = lived
        .transitions
        .iter()
        .filter_map(|t| match t.change {
            Change::Container { exit_code: Some(137), reason, restarts, .. } => {
                Some((restarts, reason.to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(killed.first(), Some(&(0, "OOMKilled".to_owned())), "{killed:?}");
    assert!(killed.iter().any(|(restarts, reason)| *restarts == 1 && reason == "OOMKilled"), "{killed:?}");
}

/// Containers that use more than their node has make it short without anybody saying so, and one eviction at a time ends
/// that; a limit that is raised before its container outgrows it saves the container.
#[test]
fn what_containers_use_together_may_be_more_than_the_node_has() {
    let text = r#"
name = "together"
until = "2m"
[[node]]
name = "n"
capacity = { cpu = "4", memory = "4Gi" }
[[pod]]
name = "steady"
[[pod.spec.containers]]
name = "app"
image = "steady:1"
resources = { requests = { memory = "2Gi" } }
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "1500Mi" }] }]
[[pod]]
name = "grows"
replicas = 3
[[pod.spec.containers]]
name = "app"
image = "grows:1"
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "100Mi" }, { at = "15s", size = "1100Mi" }] }]
[[pod]]
name = "raised"
[[pod.spec.containers]]
name = "app"
image = "raised:1"
resources = { requests = { memory = "32Mi" }, limits = { memory = "64Mi" } }
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "32Mi" }, { at = "10s", size = "80Mi" }] }]
[[action]]
at = "5s"
resize = "pod/raised"
limits = { memory = "96Mi" }
"#;
    let lived = live(text);
    let evicted = events(&lived, Sym::EVICTED);
    // 1500 + 3 x 1100 + 80 of 4096 MiB: one has to go, in the first round after the growth, and then 316 are free.
    let [(at, pod, words)] = &evicted[..] else { panic!("{evicted:?}") };
    assert!((29.9..30.1).contains(at) && pod.starts_with("grows-"), "{evicted:?}");
    assert!(
        words.contains("Threshold quantity: 100Mi, available: 0Ki. Container app was using 1100Mi"),
        "{words}"
    );
    assert_eq!(node_rows(&lived, "MemoryPressure").len(), 1, "it stays for five minutes");
    assert!(container_rows(&lived, "app").iter().all(|(_, _, restarts)| *restarts == 0));

    // With as much again, the next one goes in the round after the first is gone.
    let evicted = events(&live(&text.replace("1100Mi", "1700Mi")), Sym::EVICTED);
    assert_eq!(evicted.len(), 2, "{evicted:?}");
    assert!(evicted[1].0 < 33.0, "{evicted:?}");

    // A resize that waits for room is a wish: the container has the limit that it had.
    let waits = text.replace(
        "limits = { memory = \"96Mi\" }",
        "limits = { memory = \"96Mi\" }\nrequests = { cpu = \"3900m\" }",
    );
    let waits = waits.replace("memory = \"32Mi\" }, limits", "memory = \"32Mi\", cpu = \"1m\" }, limits");
    let waits =
        waits.replace("requests = { memory = \"2Gi\" }", "requests = { memory = \"2Gi\", cpu = \"1\" }");
    assert!(container_rows(&live(&waits), "app").iter().any(|(_, _, restarts)| *restarts == 1));

    // A shortage from outside that ends while the containers still use too much goes on as theirs.
    let outside =
        "[[action]]\nat = \"29s\"\npressure = \"node/n\"\nresource = \"memory\"\nlasts = \"1500ms\"\n";
    let evicted = events(&live(&format!("{}{outside}", text.replace("1100Mi", "1700Mi"))), Sym::EVICTED);
    assert_eq!(evicted.len(), 2, "{evicted:?}");

    // Without the resize the kernel ends it.
    let killed = live(&text.replace("limits = { memory = \"96Mi\" }", "limits = { memory = \"65Mi\" }"));
    assert!(container_rows(&killed, "app").iter().any(|(_, _, restarts)| *restarts == 1));
}

/// A new kubelet finds a shortage by itself, and does not remember one that is over: its node is free again at once.
#[test]
fn a_kubelet_that_comes_back_looks_at_its_memory_anew() {
    let text = r#"
name = "anew"
until = "4m"
[[node]]
name = "n"
capacity = { cpu = "4", memory = "4Gi" }
[[pod]]
name = "big"
[[pod.spec.containers]]
name = "app"
image = "big:1"
[pod.behavior.containers.app]
attempts = [{ memory = [{ size = "1Gi" }, { at = "60s", size = "4000Mi" }] }]
[[pod]]
name = "late"
at = "3m"
[pod.spec]
nodeName = "n"
[[pod.spec.containers]]
name = "app"
image = "late:1"
[[action]]
at = "55s"
restartKubelet = "node/n"
takes = "20s"
[[action]]
at = "2m30s"
restartKubelet = "node/n"
"#;
    let lived = live(text);
    let evicted = events(&lived, Sym::EVICTED);
    assert!(
        matches!(&evicted[..], [(at, pod, _)] if (75.0..87.0).contains(at) && pod == "big"),
        "{evicted:?}"
    );
    assert_eq!(phases(&lived, "late").last().map(|(_, phase)| phase.as_str()), Some("Running"));
    assert_eq!(node_rows(&lived, "MemoryPressure").len(), 2);
    let without = text.replace("[[action]]\nat = \"2m30s\"\nrestartKubelet = \"node/n\"\n", "");
    let refused = events(&live(&without), Sym::EVICTED);
    assert_eq!(
        refused.last().map(|(_, pod, _)| pod.as_str()),
        Some("late"),
        "the condition stays for five minutes"
    );
}
