//! What a StatefulSet does beside what is recorded: claims and their owners, revisions, numbers, gates, kubectl's words.

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session::{Script, Session, Walk, expect, get};
use kubelapse::time::Span;
use kubelapse::world::World;

/// A set with a claim for each pod; `spec` is put into its spec.
fn manifest(replicas: u32, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: db }}\nspec:\n  replicas: {replicas}\n  serviceName: db\n  \
         selector: {{ matchLabels: {{ app: db }} }}\n{spec}\n  template:\n    metadata: {{ labels: {{ app: db }} }}\n    \
         spec:\n      terminationGracePeriodSeconds: 5\n      containers: [{{ name: app, image: \"shop/db:1\" }}]\n"
    )
}

const CLAIM: &str = "  volumeClaimTemplates:\n  - metadata: { name: data }\n    spec: { accessModes: [ReadWriteOnce], \
    storageClassName: manual, resources: { requests: { storage: 1Gi } } }\n";

fn volume(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{ name: {name} }}\nspec: {{ capacity: {{ storage: 1Gi }}, \
         accessModes: [ReadWriteOnce], storageClassName: manual, hostPath: {{ path: /data }} }}\n"
    )
}

fn plan(manifest: &str, scenario: &str, set: &[&str]) -> Arc<scenario::Plan> {
    let text = format!(
        "name = \"db\"\nuntil = \"10m\"\n[[node]]\nname = \"n\"\ncount = 2\nimages = [\"shop/db:1\", \"shop/db:2\"]\n\
         [[apply]]\nmanifest = \"db.yaml\"\n{scenario}"
    );
    let loader = |path: &str| match path {
        "db.yaml" => Ok(manifest.to_owned()),
        path => path.strip_suffix(".yaml").map(volume).ok_or_else(|| "no such file".to_owned()),
    };
    let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
    let loaded = scenario::load("db.toml", &text, &loader, &set);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false))))
}

/// Everything that is expected holds.
fn holds(plan: &Arc<scenario::Plan>) {
    for seed in 0..5 {
        let wrong: Vec<String> = expect::check(plan, seed)
            .iter()
            .map(|one| {
                format!(
                    "{}: {} {}",
                    expect::describe(&plan.expects[one.index], plan.start),
                    one.what,
                    one.seen
                )
            })
            .collect();
        assert!(wrong.is_empty(), "seed {seed}: {}", wrong.join("\n"));
    }
}

fn played(plan: &Arc<scenario::Plan>, secs: i64) -> Session {
    let mut session = Session::new(plan, 1);
    let at = plan.start + Span::from_secs(secs);
    while session.world.queue.peek_time().is_some_and(|next| next <= at) && session.step().is_some() {}
    session
}

/// Names of the claims that are there, each with the kinds of its owners.
fn claims(w: &World) -> Vec<String> {
    let there = w.workloads.claims.iter().filter(|held| held.exists);
    let told = there.map(|held| {
        let owners: Vec<&str> = held.object.meta.owners.iter().map(|own| own.kind.as_str()).collect();
        format!("{} {}", held.object.meta.name, owners.join(","))
    });
    told.collect()
}

#[test]
fn claims_have_the_owner_that_their_policy_says_and_go_with_it() {
    let scale = "[[action]]\nat = \"40s\"\nscale = \"statefulset/db\"\nreplicas = 1\n\
        [[action]]\nat = \"80s\"\ndelete = \"statefulset/db\"\n";
    for (deleted, scaled, before, down, gone) in [
        ("Retain", "Retain", "", &["data-db-0 ", "data-db-1 "][..], &["data-db-0 ", "data-db-1 "][..]),
        ("Delete", "Retain", "StatefulSet", &["data-db-0 StatefulSet", "data-db-1 StatefulSet"], &[]),
        ("Retain", "Delete", "", &["data-db-0 "], &["data-db-0 "]),
        ("Delete", "Delete", "StatefulSet", &["data-db-0 StatefulSet"], &[]),
    ] {
        let policy = format!(
            "{CLAIM}  persistentVolumeClaimRetentionPolicy: {{ whenDeleted: {deleted}, whenScaled: {scaled} }}"
        );
        let plan = plan(&(manifest(2, &policy) + &volume("one") + &volume("two")), scale, &[]);
        let own = [format!("data-db-0 {before}"), format!("data-db-1 {before}")];
        assert_eq!(claims(&played(&plan, 38).world), own, "{deleted} {scaled}");
        assert_eq!(claims(&played(&plan, 70).world), down, "{deleted} {scaled}");
        assert_eq!(claims(&played(&plan, 120).world), gone, "{deleted} {scaled}");
    }
}

#[test]
fn a_claim_stays_while_a_pod_uses_it_and_is_made_anew_for_the_next() {
    let actions = "[[action]]\nat = \"40s\"\ndelete = \"PersistentVolumeClaim/data-db-0\"\n\
        [[action]]\nat = \"60s\"\ndelete = \"pod/db-0\"\n";
    let plan = plan(&(manifest(1, CLAIM) + &volume("one") + &volume("two")), actions, &[]);
    let claim = |secs| {
        let session = played(&plan, secs);
        let there = session.world.workloads.claims.iter().filter(|held| held.exists);
        there
            .map(|held| (held.object.meta.uid.to_string(), held.object.meta.deletion.is_some()))
            .collect::<Vec<_>>()
    };
    let (first, used, next) = (claim(38), claim(58), claim(120));
    assert!(!first[0].1 && used == [(first[0].0.clone(), true)], "{first:?} {used:?}");
    assert_eq!(next.len(), 1);
    assert!(next[0].0 != first[0].0 && !next[0].1, "{next:?}");
}

#[test]
fn a_claim_waits_for_a_volume_of_its_class() {
    let later = "[[apply]]\nmanifest = \"two.yaml\"\nat = \"60s\"\n\
        [[expect]]\npod = \"db-1\"\nat = \"58s\"\nstatus = \"Pending\"\nevent = \"FailedScheduling\"\n\
        [[expect]]\npod = \"db-0\"\nat = \"58s\"\nready = \"1/1\"\n\
        [[expect]]\nstatefulSet = \"db\"\nat = \"2m\"\nready = 2\n";
    holds(&plan(&(manifest(2, CLAIM) + &volume("one")), later, &[]));
}

#[test]
fn a_disk_is_attached_to_one_node_after_the_other() {
    let block = CLAIM.replace("storageClassName: manual, ", "");
    let lost = "[[action]]\nat = \"60s\"\ncordon = \"node/n-0\"\n[[action]]\nat = \"60s\"\ncordon = \"node/n-1\"\n\
        [[expect]]\npod = \"db-0\"\nat = \"58s\"\nready = \"1/1\"\nevent = \"SuccessfulAttachVolume\"\n";
    holds(&plan(&manifest(1, &block), lost, &[]));
}

#[test]
fn programs_know_pods_by_their_number() {
    let programs = "[[program]]\nindex = 1\nattemptsOf = \"index\"\nattempts = [{ runs = \"1s\", exit = 1 }, { runs = \"1s\", exit = 1 }, {}]\n\
        [[action]]\nat = \"90s\"\ndelete = \"pod/db-1\"\n\
        [[expect]]\npod = \"db-0\"\nat = \"80s\"\nrestarts = 0\n[[expect]]\npod = \"db-1\"\nat = \"80s\"\nrestarts = 2\n\
        [[expect]]\npod = \"db-2\"\nat = \"80s\"\nrestarts = 0\n[[expect]]\npod = \"db-1\"\nat = \"3m\"\nrestarts = 0\nstatus = \"Running\"\n";
    let spec = "  podManagementPolicy: Parallel";
    holds(&plan(&manifest(3, spec), programs, &[]));
}

#[test]
fn fields_are_set_and_revisions_beyond_the_limit_go() {
    let mut actions = String::new();
    for (at, image) in [(60, 2), (120, 1), (180, 3), (240, 4)] {
        actions += &format!(
            "[[action]]\nat = \"{at}s\"\nsetImage = \"statefulset/db\"\ncontainer = \"app\"\nimage = \"shop/db:{image}\"\n"
        );
    }
    let plan = plan(&manifest(3, "  revisionHistoryLimit: 1"), &actions, &["statefulSet.db.spec.replicas=1"]);
    let revisions = |secs| {
        let session = played(&plan, secs);
        assert_eq!(session.world.workloads.stateful_sets[0].object.status.replicas, 1);
        let all = session.world.workloads.controller_revisions.iter();
        all.filter(|held| held.exists).map(|held| held.object.revision).collect::<Vec<_>>()
    };
    assert_eq!(revisions(50), [1]);
    assert_eq!(revisions(110), [1, 2]);
    // Back to an old template its revision is the newest again.
    assert_eq!(revisions(170), [3, 2]);
    assert_eq!(revisions(230), [3, 4]);
    assert_eq!(revisions(299), [4, 5]);
}

#[test]
fn an_update_takes_as_many_as_the_gate_lets_it() {
    let spec = "  updateStrategy: { rollingUpdate: { maxUnavailable: 2 } }";
    let image = "[[program]]\nimage = \"shop/db:*\"\nattempts = [{ onTerm = { after = \"4s\", exit = 0 } }]\n\
        [[action]]\nat = \"60s\"\nsetImage = \"statefulset/db\"\ncontainer = \"app\"\nimage = \"shop/db:2\"\n";
    let leaving = |gate: &str| {
        let plan =
            plan(&manifest(3, spec), image, &[&format!("featureGates.MaxUnavailableStatefulSet={gate}")]);
        let session = played(&plan, 62);
        session.world.pods.iter().filter(|p| p.exists && p.deletion.is_some()).count()
    };
    assert_eq!((leaving("false"), leaving("true")), (1, 2));
}

#[test]
fn kubectl_says_of_it_what_it_says_of_such_a_set() {
    let answer = |key: &str, id: &str, refused: bool, words: &str| {
        format!(
            "[[expect]]\naction = \"{id}\"\nby = \"4m\"\nanswer = \"{}\"\nmessage = \"{words}\"\n# {key}\n",
            if refused { "refused" } else { "done" }
        )
    };
    let mut text = String::new();
    for (at, id, verb) in [
        ("1s", "status", "rolloutStatus"),
        ("40s", "pause", "rolloutPause"),
        ("60s", "restart", "rolloutRestart"),
        ("120s", "undo", "rolloutUndo"),
    ] {
        text += &format!("[[action]]\nat = \"{at}\"\nid = \"{id}\"\n{verb} = \"statefulset/db\"\n");
    }
    text += &answer("", "status", false, "partitioned roll out complete: 2 new pods have been updated...");
    text += &answer("", "pause", true, "error: statefulsets.apps \\\"db\\\" pausing is not supported");
    text += &answer("", "restart", false, "statefulset.apps/db restarted");
    text += &answer("", "undo", false, "statefulset.apps/db rolled back");
    text += "[[expect]]\nstatefulSet = \"db\"\nat = \"5m\"\nrollout = \"complete\"\nupdated = 2\nready = 2\n";
    holds(&plan(&manifest(2, ""), &text, &[]));
}

#[test]
fn a_pod_on_a_node_out_of_service_is_ended_by_the_pod_garbage_collector() {
    let both = |taints: &str| {
        format!(
            "[[action]]\nat = \"30s\"\nstop = \"node/n-0\"\n[[action]]\nat = \"30s\"\nstop = \"node/n-1\"\n\
             [[action]]\nat = \"2m\"\ndelete = \"pod/db-0\"\n{taints}[[expect]]\npod = \"db-0\"\n"
        )
    };
    let stays = "at = \"4m\"\nstatus = \"Terminating\"\n";
    holds(&plan(&manifest(1, ""), &(both("") + stays), &[]));
    let taint = |node: &str| {
        format!(
            "[[action]]\nat = \"3m\"\ntaint = \"node/{node}\"\ntaints = [{{ key = \"node.kubernetes.io/out-of-service\", \
             value = \"x\", effect = \"NoExecute\" }}]\n"
        )
    };
    // The next one finds no node that is ready.
    let made_anew = "at = \"4m\"\nstatus = \"Pending\"\n";
    holds(&plan(&manifest(1, ""), &(both(&(taint("n-0") + &taint("n-1"))) + made_anew), &[]));
}

#[test]
fn a_large_set_is_made_by_slow_start_and_unmade_at_once() {
    let down = "[[action]]\nat = \"60s\"\nscale = \"statefulset/db\"\nreplicas = 0\n\
        [[expect]]\nstatefulSet = \"db\"\nat = \"59s\"\nready = 100\n[[expect]]\nstatefulSet = \"db\"\nat = \"90s\"\nreplicas = 0\n";
    holds(&plan(&manifest(100, "  podManagementPolicy: Parallel"), down, &[]));
}

#[test]
fn screens_show_a_set_and_its_pods() {
    let text = "name = \"db\"\nuntil = \"1m\"\n[[node]]\nname = \"n\"\nimages = [\"shop/db:1\"]\n[[apply]]\nmanifest = \"db.yaml\"\n";
    let own = manifest(2, CLAIM) + &volume("one") + &volume("two");
    let (script, loaded) = Script::load("db.toml", text, &|_| Ok(own.clone()), &[]).expect("it is read");
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    walk.seek_time(walk.plan().start + Span::from_secs(50));
    let table = walk.get("sts").expect("a table");
    assert_eq!(table, "NAME   READY   AGE\ndb     2/2     50s\n");
    let all = walk.get("all").expect("tables");
    assert!(all.contains("statefulset.apps/db   2/2") && all.contains("pod/db-1"), "{all}");
    let key = get::find_object(walk.world(), "sts/db").expect("a kind").expect("it is there");
    let told = walk.describe_object(key);
    for line in [
        "Replicas:           2 desired | 2 total",
        "Update Strategy:    RollingUpdate",
        "  Partition:        0",
        "Pods Status:        2 Running / 0 Waiting / 0 Succeeded / 0 Failed",
        "Volume Claims:",
        "create Pod db-1 in StatefulSet db successful",
    ] {
        let found = told.to_lowercase().contains(&line.to_lowercase());
        assert!(found, "no `{line}` in\n{told}");
    }
    let tree = walk.tree_lines(10).join("\n");
    assert!(tree.contains("statefulset/db") && tree.contains("\n  db-0 "), "{tree}");
}
