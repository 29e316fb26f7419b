//! DaemonSets as people meet them: where their pods come and go, how updates pass over the nodes, and what is told of them.

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session::{Script, Session, Walk, expect, get};
use kubelapse::time::Span;

/// An agent on every node, with what a test adds to its spec and to its pods' spec.
fn agent(image: &str, spec: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{ name: agent }}\nspec:\n  selector: {{ matchLabels: {{ app: agent }} }}\n  \
         {spec}\n  template:\n    metadata: {{ labels: {{ app: agent }} }}\n    spec:\n      {pod}\n      containers:\n      \
         - {{ name: app, image: \"{image}\" }}\n"
    )
}

const SURGES: &str = "updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }";

fn manifest(path: &str) -> Result<String, String> {
    Ok(match path {
        "agent.yaml" => agent("ops/agent:1", "", ""),
        "agent-2.yaml" => agent("ops/agent:2", "", ""),
        "on-delete.yaml" => agent("ops/agent:1", "updateStrategy: { type: OnDelete }", ""),
        "surges.yaml" => agent("ops/agent:1", SURGES, ""),
        "ripe.yaml" => agent("ops/agent:1", "minReadySeconds: 10", ""),
        "ssd.yaml" => agent("ops/agent:1", "", "nodeSelector: { disk: ssd }"),
        "forgets.yaml" => agent("ops/agent:1", "revisionHistoryLimit: 1", ""),
        "web.yaml" => "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  selector: { matchLabels: { app: web } }\n  \
                       template:\n    metadata: { labels: { app: web } }\n    spec:\n      nodeSelector: { \"kubernetes.io/hostname\": n-0 }\n      \
                       volumes: [{ name: buffer, emptyDir: {} }]\n      containers: [{ name: app, image: \"shop/web:1\" }]\n"
            .to_owned(),
        _ => return Err("no such file".to_owned()),
    })
}

/// Three nodes, a manifest, and what follows.
fn scenario(file: &str, rest: &str) -> String {
    format!(
        "name = \"daemons\"\nuntil = \"10m\"\n[[node]]\nname = \"n\"\ncount = 3\nimages = [\"ops/agent:1\", \"ops/agent:2\", \
         \"shop/web:1\"]\n[[apply]]\nid = \"first\"\nmanifest = \"{file}\"\n{rest}"
    )
}

/// What is expected, and is not so; with a few seeds.
fn wrong(file: &str, rest: &str) -> Vec<String> {
    let text = scenario(file, rest);
    let plan = scenario::load("daemons.toml", &text, &manifest, &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    assert!(!plan.expects.is_empty());
    let of = |seed| expect::check(&plan, seed).into_iter();
    let told = |f: expect::Failure| {
        format!(
            "{}: {} {} | {}",
            expect::describe(&plan.expects[f.index], plan.start),
            f.what,
            f.expected,
            f.seen
        )
    };
    (0..5).flat_map(of).map(told).collect()
}

fn holds(file: &str, rest: &str) {
    let wrong = wrong(file, rest);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A walk to a second of a run.
fn walk(file: &str, rest: &str, secs: i64) -> Walk {
    let text = scenario(file, rest);
    let loaded = Script::load("daemons.toml", &text, &manifest, &[]);
    let (script, loaded) = loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    walk.seek_time(walk.plan().start + Span::from_secs(secs));
    walk
}

/// `[[action]]`
fn action(at: &str, does: &str) -> String {
    format!("[[action]]\nat = \"{at}\"\n{does}\n")
}

fn expects(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("[[expect]]\n{}\n", line.replace(" & ", "\n"))).collect()
}

const NEW_IMAGE: &str = "setImage = \"daemonset/agent\"\ncontainer = \"app\"\nimage = \"ops/agent:2\"";

#[test]
fn every_node_has_a_pod_that_bears_its_troubles() {
    let taint = action("20s", "taint = \"node/n-1\"\ntaints = [{ key = \"gpu\", effect = \"NoSchedule\" }]");
    let evict = action("40s", "taint = \"node/n-2\"\ntaints = [{ key = \"down\", effect = \"NoExecute\" }]");
    let back = action("80s", "untaint = \"node/n-2\"\ntaints = [{ key = \"down\" }]");
    let cordon = action("2m", "cordon = \"node/n-0\"");
    let rest = expects(&[
        "daemonSet = 'agent' & by = '10s' & rollout = 'complete' & replicas = 3 & ready = 3",
        // Beside a taint that keeps new pods away the old one stays: there is nothing to do, so that nobody counts anew.
        "daemonSet = 'agent' & from = '21s' & to = '40s' & replicas = 3 & ready = 3",
        "pod = 'agent-*' & from = '21s' & to = '40s' & count = 3",
        "daemonSet = 'agent' & from = '45s' & to = '80s' & replicas = 1 & ready = 1",
        "pod = 'agent-*' & at = '79s' & count = 2",
        "daemonSet = 'agent' & by = '90s' & after = '80s' & replicas = 2 & ready = 2",
        "daemonSet = 'agent' & from = '2m' & to = '3m' & replicas = 2 & ready = 2",
    ]);
    holds("agent.yaml", &[taint.clone(), evict, back, cordon, rest].concat());
    // Before 1.34 it counts anew: the pod is not wanted there.
    let counts = expects(&["daemonSet = 'agent' & from = '21s' & to = '40s' & replicas = 2 & ready = 2"]);
    let old = taint + &counts;
    let text = scenario("agent.yaml", &old).replacen("until", "kubernetes = \"1.32\"\nuntil", 1);
    let plan = scenario::load("daemons.toml", &text, &manifest, &[]).expect("a scenario");
    assert_eq!(expect::check(&Arc::new(plan), 0), []);
}

#[test]
fn nodes_that_are_chosen_by_labels_come_and_go() {
    let label = action("20s", "label = \"node/n-1\"\nlabels = { disk = \"ssd\" }");
    let unlabel = action("60s", "label = \"node/n-1\"\nlabels = { \"disk-\" = \"\" }");
    let late =
        "[[node]]\nname = \"late\"\nat = \"90s\"\nlabels = { disk = \"ssd\" }\nimages = [\"ops/agent:1\"]\n";
    let rest = expects(&[
        "daemonSet = 'agent' & at = '19s' & replicas = 0 & rollout = 'complete'",
        "pod = 'agent-*' & by = '25s' & node = 'n-1' & status = 'Running'",
        "daemonSet = 'agent' & by = '65s' & after = '60s' & replicas = 0",
        "pod = 'agent-*' & at = '89s' & where = { status = 'Running' } & count = 0",
        // It waits for the kubelet to look at its pods for the first time.
        "pod = 'agent-*' & at = '91s' & status = 'Pending' & node = 'late'",
        "pod = 'agent-*' & by = '100s' & after = '90s' & node = 'late' & status = 'Running'",
        "daemonSet = 'agent' & by = '100s' & after = '90s' & ready = 1",
    ]);
    holds("ssd.yaml", &[label, unlabel, late.to_owned(), rest].concat());
}

#[test]
fn an_update_goes_node_by_node_and_back() {
    let undo = action("60s", "id = \"undo\"\nrolloutUndo = \"daemonset/agent\"");
    let again = action("70s", "id = \"again\"\nrolloutStatus = \"daemonset/agent\"");
    let far = action("5m", "id = \"far\"\nrolloutUndo = \"daemonset/agent\"\ntoRevision = 9");
    let image = action("20s", NEW_IMAGE);
    let rest = expects(&[
        "daemonSet = 'agent' & from = '10s' & to = '5m' & unavailable = { max = 1 }",
        "daemonSet = 'agent' & by = '59s' & after = '21s' & rollout = 'complete' & updated = 3",
        "pod = 'agent-*' & at = '59s' & where = { revision = 2 } & count = 3",
        "action = 'undo' & at = '61s' & answer = 'done' & message = 'daemonset.apps/agent rolled back'",
        "daemonSet = 'agent' & by = '4m' & after = '61s' & rollout = 'complete' & updated = 3",
        "pod = 'agent-*' & at = '4m' & where = { image = 'ops/agent:1' } & count = 3",
        // The first template's revision is the newest again.
        "pod = 'agent-*' & at = '4m' & where = { revision = 3 } & count = 3",
        "action = 'again' & by = '4m' & answer = 'done' & message = 'daemon set \"agent\" successfully rolled out'",
        "action = 'far' & at = '301s' & answer = 'refused' & message = 'unable to find specified revision 9 in history'",
    ]);
    holds("agent.yaml", &[image, undo, again, far, rest].concat());
    let walk = walk("agent.yaml", &[action("20s", NEW_IMAGE)].concat(), 120);
    let revisions = walk.get("controllerrevisions").expect("there are some");
    assert!(revisions.contains("daemonset.apps/agent") && revisions.lines().count() == 3, "{revisions}");
}

#[test]
fn a_pod_that_nobody_deletes_stays_as_it_is() {
    let delete = action("40s", "delete = \"pods\"\nmatchLabels = { app = \"agent\" }\nnode = \"n-1\"");
    let rest = expects(&[
        "daemonSet = 'agent' & from = '21s' & to = '40s' & updated = 0 & available = 3 & rollout = 'complete'",
        "daemonSet = 'agent' & by = '90s' & after = '41s' & updated = 1 & available = 3",
        "pod = 'agent-*' & at = '90s' & where = { revision = 2 } & count = 1 & node = 'n-1'",
    ]);
    holds("on-delete.yaml", &[action("20s", NEW_IMAGE), delete, rest].concat());
}

#[test]
fn a_new_pod_may_come_before_the_old_one_goes() {
    let rest = expects(&[
        // The number asks the oldest pod of each node, also one that is on its way out.
        "daemonSet = 'agent' & from = '10s' & to = '3m' & ready = { min = 2 }",
        "pod = 'agent-*' & from = '20s' & to = '3m' & where = { status = 'Running' } & count = { min = 3, max = 4 }",
        "daemonSet = 'agent' & by = '2m' & after = '21s' & rollout = 'complete' & updated = 3",
    ]);
    holds("surges.yaml", &[action("20s", NEW_IMAGE), rest].concat());
}

#[test]
fn ready_pods_ripen() {
    let rest = expects(&[
        "daemonSet = 'agent' & at = '9s' & ready = 3 & available = 0 & rollout = 'progressing'",
        "daemonSet = 'agent' & by = '15s' & after = '9s' & available = 3 & rollout = 'complete'",
        // Each of three is waited for.
        "daemonSet = 'agent' & at = '50s' & rollout = 'progressing'",
        "daemonSet = 'agent' & by = '80s' & rollout = 'complete' & updated = 3",
    ]);
    holds("ripe.yaml", &[action("20s", NEW_IMAGE), rest].concat());
}

/// A failed pod is made anew at once, and the next one of its node after a while.
#[test]
fn failed_pods_are_made_anew() {
    let deadline = |at: &str| {
        action(
            at,
            "patch = \"pods\"\nmatchLabels = { app = \"agent\" }\nnode = \"n-0\"\nmerge = { spec = { activeDeadlineSeconds = 1 } }",
        )
    };
    let rest = expects(&[
        "daemonSet = 'agent' & by = '30s' & event = 'FailedDaemonPod' & message = 'on node n-0, will try to kill it'",
        "daemonSet = 'agent' & by = '40s' & after = '25s' & ready = 3",
        "pod = 'agent-*' & at = '50s' & count = 3 & status = 'Running'",
    ]);
    holds("agent.yaml", &[deadline("20s"), rest].concat());
}

#[test]
fn orphans_are_adopted_and_dependents_collected() {
    let delete = |at, cascade| action(at, &format!("delete = \"daemonset/agent\"\ncascade = \"{cascade}\""));
    let anew = "[[apply]]\nat = \"40s\"\nmanifest = \"agent.yaml\"\n";
    let rest = expects(&[
        "daemonSet = 'agent' & at = '30s' & gone = true",
        "pod = 'agent-*' & from = '21s' & to = '3m' & count = 3 & status = 'Running'",
        "daemonSet = 'agent' & by = '50s' & after = '40s' & rollout = 'complete' & ready = 3",
        // Its revision too: it is the first one still.
        "pod = 'agent-*' & at = '2m' & where = { revision = 1 } & count = 3",
        "daemonSet = 'agent' & from = '41s' & to = '3m' & noEvent = 'SuccessfulCreate'",
        "daemonSet = 'agent' & by = '5m' & after = '3m' & gone = true",
        "pod = 'agent-*' & by = '5m' & after = '3m' & gone = true",
    ]);
    holds(
        "agent.yaml",
        &[delete("20s", "orphan"), anew.to_owned(), delete("3m", "foreground"), rest].concat(),
    );
}

#[test]
fn old_revisions_are_forgotten() {
    let image = |at, image: &str| action(at, &NEW_IMAGE.replace("ops/agent:2", image));
    let more = [image("20s", "ops/agent:2"), image("80s", "shop/web:1"), image("3m", "ops/agent:2")].concat();
    let early = walk("forgets.yaml", &more, 60);
    assert_eq!(early.get("controllerrevisions").expect("there are some").lines().count(), 3);
    let late = walk("forgets.yaml", &more, 170).get("controllerrevisions").expect("there are some");
    assert_eq!(late.lines().count(), 3, "{late}");
    let last = walk("forgets.yaml", &more, 400).get("controllerrevisions").expect("there are some");
    assert!(last.lines().any(|line| line.split_whitespace().any(|cell| cell == "4")), "{last}");
}

#[test]
fn a_drain_leaves_daemons_where_they_are() {
    let web = "[[apply]]\nmanifest = \"web.yaml\"\n";
    let drain = |at, id, flags: &str| action(at, &format!("id = \"{id}\"\ndrain = \"node/n-0\"\n{flags}"));
    let refused = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
    let rest = expects(&[
        &format!(
            "action = 'no' & at = '25s' & answer = 'refused' & message = 'cannot delete {refused}: default/agent-'"
        ),
        "action = 'no' & at = '25s' & message = 'Pods with local storage (use --delete-emptydir-data to override): default/web-'",
        "pod = 'web-*' & at = '29s' & count = 1 & node = 'n-0' & status = 'Running'",
        "action = 'yes' & at = '33s' & answer = 'done' & message = 'ignoring DaemonSet-managed Pods: default/agent-'",
        "pod = 'web-*' & by = '70s' & after = '31s' & count = 1 & status = 'Pending'",
        "daemonSet = 'agent' & from = '20s' & to = '2m' & ready = 3",
    ]);
    let yes = drain("30s", "yes", "ignoreDaemonsets = true\ndeleteEmptydirData = true");
    holds("agent.yaml", &[web.to_owned(), drain("20s", "no", ""), yes, rest].concat());
}

#[test]
fn what_is_shown_of_a_daemon_set() {
    let broken = action("20s", &NEW_IMAGE.replace("ops/agent:2", "ops/agent:9"));
    let missing = format!("[[image]]\nref = \"ops/agent:9\"\nerror = \"manifest unknown\"\n{broken}");
    let mut walk = walk("agent.yaml", &missing, 60);
    let table = walk.get("ds").expect("a table");
    let row: Vec<&str> = table.lines().nth(1).expect("a row").split_whitespace().take(7).collect();
    assert_eq!(row, ["agent", "3", "3", "2", "1", "2", "<none>"], "{table}");
    let key = get::find_object(walk.world(), "ds/agent").expect("a kind").expect("it is there");
    let described = walk.describe_object(key);
    for line in
        ["Desired Number of Nodes Scheduled: 3\n", "2 Running / 1 Waiting / 0 Succeeded", "SuccessfulDelete"]
    {
        assert!(described.contains(line), "no `{line}` in\n{described}");
    }
    let tree = walk.tree_lines(10).join("\n");
    assert!(tree.contains("daemonset/agent") && tree.contains("2/3 available, revision 2"), "{tree}");
    assert_eq!(tree.lines().filter(|line| line.starts_with("  agent-")).count(), 3, "{tree}");
    let why = walk.why_workload(key).expect("something was written about it");
    let told = why.render(walk.plan().start);
    let mut from = 0;
    for part in ["manifest unknown", "2 of 3 available", "is not ready", "setImage daemonset/agent"] {
        from += told[from..].find(part).unwrap_or_else(|| panic!("no `{part}` there in\n{told}"));
    }
}

#[test]
fn its_fields_can_be_overridden() {
    let text =
        scenario("agent.yaml", "[[expect]]\ndaemonSet = \"agent\"\nat = \"5s\"\navailable = 0\nready = 3\n");
    let over = ["daemonSet.agent.spec.minReadySeconds=30".to_owned()];
    let plan = scenario::load("daemons.toml", &text, &manifest, &over);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    assert_eq!(expect::check(&plan, 0), []);
}

/// An update passes over four times as many nodes with four times the work.
#[test]
fn an_update_costs_as_much_as_its_nodes() {
    let steps = |nodes: usize| {
        let text = scenario("agent.yaml", &action("60s", NEW_IMAGE))
            .replace("count = 3", &format!("count = {nodes}"));
        let text = text.replace("until = \"10m\"", "until = \"1h\"");
        let plan = scenario::load("daemons.toml", &text, &manifest, &[]);
        let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
        let mut session = Session::new(&plan, 0);
        let mut steps = 0;
        while session.step().is_some() {
            steps += 1;
        }
        assert_eq!(session.world.pods.len(), 2 * nodes, "each node has had two");
        steps
    };
    let (some, many) = (steps(15), steps(60));
    println!("{some} steps for 15 nodes, {many} for 60");
    assert!(many < 4 * some + 60, "{some} steps for 15 nodes, {many} for 60");
}
