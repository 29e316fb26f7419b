//! Evictions as public reports tell them: thresholds, soft and hard, what is reserved, and what of the pod is seen afterwards.

use crate::*;

/// kubernetes#122160: a neighbour that outlives a container by more than a relist hides how that one ended
/// (`cleanUpContainersInPod`, `ShouldPodContentBeRemoved`).
#[test]
fn an_evicted_pods_first_dead_container_is_lost() {
    let session = ended(&pair("onTerm = \"ignore\"", ""));
    let lost = (UNKNOWN.to_owned(), 137);
    assert_eq!(container(&session, "pair", "quick"), (lost.clone(), lost, 1));
    let slow = container(&session, "pair", "slow");
    assert_eq!((slow.0, slow.2), (("Error".to_owned(), 137), 0), "the last one is seen");
    let p = &session.world.pods[0];
    assert_eq!(p.shown.status.as_str(), UNKNOWN);
    assert_eq!((p.shown.ready, p.shown.restarts), ((0, 2), 1));
    assert_eq!(p.status.reason().as_str(), "Evicted");
}

/// With one container it is a race between a relist and the end of the sandbox.
#[test]
fn a_single_evicted_container_is_lost_only_by_a_race() {
    let text = "until = \"2m\"\n[latency]\nstopSandbox = \"STOP\"\n[[pod]]\nname = \"one\"\n\
                [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
                resources.limits.\"ephemeral-storage\" = \"1Gi\"\n\
                [pod.behavior.containers.app]\nattempts = [{ writes = [{ at = \"30s\", size = \"3Gi\" }] }]\n";
    let end = |stop: &str| container(&ended(&text.replace("STOP", stop)), "one", "app");
    assert_eq!(end("10ms").0, ("Error".to_owned(), 143));
    let slow = end("3s");
    assert_eq!((slow.0.0.as_str(), slow.1.0.as_str(), slow.2), (UNKNOWN, UNKNOWN, 1), "a relist comes first");
}

/// A pull that is under way is no reason to wait for longer, but one to end later: the grace is exceeded, too.
#[test]
fn a_pull_keeps_an_evicted_pod_beyond_its_grace() {
    let text = "until = \"6m\"\n[[image]]\nref = \"big\"\npull = \"60s\"\n[[pod]]\nname = \"p\"\n\
                [[pod.spec.containers]]\nname = \"app\"\nimage = \"big\"\n\
                [[action]]\nat = \"5s\"\npressure = \"node/node\"\nresource = \"disk\"\n";
    let lived = live(text);
    let evicted = events(&lived, "p", "Evicted")[0].0;
    assert_eq!(events(&lived, "p", "ExceededGracePeriod").len(), 1);
    assert_eq!(events(&lived, "p", "ExceededGracePeriod")[0].0, evicted + 10);
}

const SOFT: &str = "until = \"8m\"\n[[node]]\nname = \"n\"\ncapacity = { cpu = \"8\", memory = \"8Gi\" }\n[node.kubelet]\n\
                    evictionSoft = { \"memory.available\" = \"2Gi\" }\n\
                    evictionSoftGracePeriod = { \"memory.available\" = \"1m\" }\nevictionMaxPodGracePeriod = 60\n";

fn user(name: &str, grace: i64, memory: &str) -> String {
    format!(
        "[[pod]]\nname = \"{name}\"\n[pod.spec]\nterminationGracePeriodSeconds = {grace}\n\
         [[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n[pod.behavior.containers.a]\n\
         attempts = [{{ memory = [{memory}], onTerm = \"ignore\" }}]\n"
    )
}

/// kubernetes#107024, #123872: the condition at once, the eviction after the grace period of the threshold, and the pod's
/// own grace, cut to the kubelet's (`synchronize`).
#[test]
fn a_soft_threshold_waits_and_leaves_some_grace() {
    let text = SOFT.to_owned()
        + &user("short", 5, "{ size = \"1Gi\" }, { at = \"30s\", size = \"4Gi\" }")
        + &user(
            "long",
            600,
            "{ size = \"1Gi\" }, { at = \"30s\", size = \"3Gi\" }, { at = \"3m\", size = \"6500Mi\" }",
        );
    let lived = live(&text);
    assert_eq!(turns(&lived, "MemoryPressure"), [(40, "True".to_owned())]);
    let evicted = events(&lived, "short", "Evicted");
    assert_eq!(evicted[0].0, 100);
    assert_eq!(
        evicted[0].1,
        "The node was low on resource: memory. Threshold quantity: 2Gi, available: 1048576Ki. Container a was using \
         4Gi, request is 0, has larger consumption of memory. "
    );
    assert_eq!(phases(&lived, "short").last().expect("phases"), &(105, "Failed".to_owned()), "its own grace");
    let evicted = events(&lived, "long", "Evicted");
    assert_eq!(evicted[0].0, 250, "crossed again at 190");
    assert_eq!(phases(&lived, "long").last().expect("phases"), &(310, "Failed".to_owned()), "the kubelet's");
}

/// Without a longest grace a soft eviction leaves one second; the hard threshold stays what it is; who is back in time is spared.
#[test]
fn a_soft_threshold_has_its_own_limits() {
    let bare = SOFT.replace("evictionMaxPodGracePeriod = 60\n", "");
    let uses = "{ size = \"1Gi\" }, { at = \"30s\", size = \"7Gi\" }";
    let lived = live(&(bare + &user("a", 30, uses)));
    let at = events(&lived, "a", "Evicted")[0].0;
    assert_eq!(phases(&lived, "a").last().expect("phases").0, at + 2, "the runtime always has two");
    let uses = "{ size = \"1Gi\" }, { at = \"30s\", size = \"8150Mi\" }";
    let lived = live(&(SOFT.to_owned() + &user("a", 30, uses)));
    assert_eq!(events(&lived, "a", "Evicted")[0].0, 40, "the hard one does not wait");
    let uses = "{ size = \"1Gi\" }, { at = \"30s\", size = \"7Gi\" }, { at = \"70s\", size = \"1Gi\" }";
    let lived = live(&(SOFT.to_owned() + &user("a", 30, uses)));
    assert_eq!(events(&lived, "a", "Evicted"), []);
    assert_eq!(turns(&lived, "MemoryPressure")[0], (40, "True".to_owned()));
    let critical = user("a", 30, "{ size = \"7Gi\" }")
        .replace("terminationGracePeriodSeconds = 30", "priorityClassName = \"system-node-critical\"");
    assert_eq!(events(&live(&(SOFT.to_owned() + &critical)), "a", "Evicted"), []);
}

/// A disk that something else fills up to the soft threshold alone.
#[test]
fn pressure_may_cross_the_soft_threshold_alone() {
    let text = |soft: &str| {
        format!(
            "until = \"5m\"\n[kubelet]\nevictionSoft = {{ \"nodefs.available\" = \"20%\" }}\n\
             evictionSoftGracePeriod = {{ \"nodefs.available\" = \"1m\" }}\nevictionMaxPodGracePeriod = 10\n\
             [[pod]]\nname = \"p\"\n[[pod.spec.containers]]\nname = \"a\"\nimage = \"x\"\n\
             [[action]]\nat = \"25s\"\npressure = \"node/node\"\nresource = \"disk\"\n{soft}\n"
        )
    };
    let lived = live(&text("soft = true"));
    assert_eq!(turns(&lived, "DiskPressure")[0].0, 30);
    let evicted = events(&lived, "p", "Evicted");
    assert_eq!(evicted[0].0, 90);
    assert!(evicted[0].1.contains("Threshold quantity: 20Gi, available: "), "{evicted:?}");
    assert_eq!(events(&live(&text("")), "p", "Evicted")[0].0, 30, "the hard one");
    let none = text("soft = true").replace("nodefs", "memory");
    assert!(
        told(&none).contains("this node's kubelet has no soft threshold `nodefs.available`"),
        "{}",
        told(&none)
    );
}

/// A hard threshold holds for what the node leaves to its pods, too.
#[test]
fn what_is_reserved_is_not_the_pods() {
    let text = "until = \"2m\"\n[[node]]\nname = \"n\"\ncapacity = { memory = \"8Gi\" }\n[node.kubelet]\n\
                systemReserved = { memory = \"2Gi\" }\n";
    let lived = live(&(text.to_owned() + &user("a", 1, "{ size = \"5Gi\" }")));
    assert_eq!(events(&lived, "a", "Evicted"), []);
    let lived = live(&(text.to_owned() + &user("a", 1, "{ size = \"6100Mi\" }")));
    assert!(events(&lived, "a", "Evicted")[0].1.contains("Threshold quantity: 100Mi, available: 45056Ki. "));
}

/// What is written is held against the node's disk: who wrote most beyond what it asked for goes, and the others have room.
#[test]
fn a_full_disk_is_seen() {
    let text = |size: &str| {
        let pod = |name: &str, size: &str| {
            format!(
                "[[pod]]\nname = \"{name}\"\nspec.containers = [{{ name = \"a\", image = \"x\" }}]\n[pod.behavior.containers.a]\n\
                 attempts = [{{ writes = [{{ at = \"30s\", size = \"{size}\" }}] }}]\n"
            )
        };
        format!(
            "until = \"20m\"\n[[node]]\nname = \"n\"\ncapacity = {{ \"ephemeral-storage\" = \"10Gi\" }}\n{}{}",
            pod("large", size),
            pod("small", "1Gi")
        )
    };
    let lived = live(&text("7Gi"));
    assert_eq!((events(&lived, "large", "Evicted"), turns(&lived, "DiskPressure").len()), (vec![], 0));
    let lived = live(&text("8500Mi"));
    let words = "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 733184Ki. Container a was using \
                 8500Mi, request is 0, has larger consumption of ephemeral-storage. ";
    let (at, told) = events(&lived, "large", "Evicted").remove(0);
    assert!((33..60).contains(&at), "{at}");
    assert_eq!(told.replace("1073741824", "1Gi"), words);
    assert_eq!(events(&lived, "small", "Evicted"), []);
    let turned: Vec<String> = turns(&lived, "DiskPressure").into_iter().map(|(_, to)| to).collect();
    assert_eq!(turned, ["True", "False"], "it is over five minutes after it was seen last");
}

/// A pod that asks for memory itself is named, whatever it uses.
#[test]
fn an_eviction_names_the_pods_own_request() {
    let text = |version: &str| {
        format!(
            "kubernetes = \"{version}\"\nuntil = \"3m\"\n[[node]]\nname = \"n\"\ncapacity = {{ memory = \"4Gi\" }}\n[[pod]]\nname = \
             \"p\"\n[pod.spec]\nresources = {{ requests = {{ memory = \"1Gi\" }} }}\n[[pod.spec.containers]]\nname = \"a\"\nimage = \
             \"x\"\nresources = {{ requests = {{ memory = \"512Mi\" }} }}\n[pod.behavior.containers.a]\nattempts = [{{ memory = [{{ at = \
             \"20s\", size = \"4Gi\" }}] }}]\n"
        )
    };
    let of = |version: &str| events(&live(&text(version)), "p", "Evicted").remove(0).1;
    let whole = "Pod p was using 4Gi, request is 1Gi, has larger consumption of memory. ";
    let own = "Container a was using 4Gi, request is 512Mi, has larger consumption of memory. ";
    assert!(
        of("1.36").ends_with(&format!("available: 0. {whole}{own}"))
            || of("1.36").ends_with(&format!("available: 0Ki. {whole}{own}"))
    );
    assert!(!of("1.33").contains(whole));
}
