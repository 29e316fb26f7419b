//! Many Jobs, one after the other or together: what one costs does not grow with how many there were before it.
//!
//! Work is counted, not time: steps of the run, and what the run keeps of Jobs that are gone.

use std::sync::Arc;

use kubelapse::scenario;
use kubelapse::session::Session;

const NODE: &str = "start = 2026-03-01T00:00:00Z\n[[node]]\nname = \"n\"\nimages = [\"shop/import:1\"]\ncapacity = { cpu = \"64\", \
                    memory = \"256Gi\", pods = 500 }\n[[apply]]\nmanifest = \"jobs.yaml\"\n[[program]]\nimage = \
                    \"shop/*\"\nattempts = [{ runs = \"1s\" }]\n";

const POD: &str = "{ spec: { restartPolicy: Never, containers: [{ name: app, image: \"shop/import:1\" }] } }";

fn played(manifest: &str, until: &str) -> (Session, usize) {
    let text = format!("name = \"jobs\"\nuntil = \"{until}\"\n{NODE}");
    let plan = scenario::load("jobs.toml", &text, &|_| Ok(manifest.to_owned()), &[]);
    let plan = Arc::new(plan.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    let mut session = Session::new(&plan, 0);
    let mut steps = 0;
    while session.step().is_some() {
        steps += 1;
    }
    (session, steps)
}

/// So many Jobs that are deleted a minute after their ends.
fn jobs(count: usize) -> String {
    let one = |number| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import-{number} }}\nspec: {{ ttlSecondsAfterFinished: 60, \
             template: {POD} }}\n"
        )
    };
    (0..count).map(one).collect::<Vec<_>>().join("---\n")
}

#[test]
fn twice_as_many_jobs_are_twice_the_work() {
    let steps = |count| {
        let (session, steps) = played(&jobs(count), "1h");
        assert_eq!(session.world.pods.iter().filter(|pod| pod.exists).count(), 0, "all of {count} are gone");
        steps
    };
    let (some, many) = (steps(40), steps(160));
    println!("{some} steps for 40 Jobs, {many} for 160");
    // What the node does by itself is the same for both.
    assert!(many < 4 * some + 40, "{some} steps for 40 Jobs, {many} for 160");
}

#[test]
fn nothing_is_kept_of_jobs_that_are_gone_but_what_they_were_called() {
    let (session, _) = played(&jobs(50), "1h");
    let stored = &session.world.workloads;
    assert_eq!(stored.jobs.len(), 50);
    assert!(stored.dependents.is_empty(), "{:?}", stored.dependents);
    for held in stored.jobs.iter() {
        let (spec, name) = (&held.object.spec, held.object.meta.name);
        assert!(
            !held.exists && spec.template.spec.containers.is_empty(),
            "{name} is still made of something"
        );
        assert!(held.beside.templates.is_empty(), "{name} still makes pods");
    }
}

#[test]
fn a_cron_job_knows_of_those_jobs_alone_that_are_there() {
    let manifest = format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: report }}\nspec: {{ schedule: \"* * * * *\", jobTemplate: {{ \
         spec: {{ template: {POD} }} }} }}\n"
    );
    let (session, _) = played(&manifest, "2h");
    let stored = &session.world.workloads;
    assert_eq!(stored.jobs.len(), 119);
    let known: Vec<usize> = stored.dependents.values().map(Vec::len).collect();
    assert_eq!(known.iter().max(), Some(&3), "three of its Jobs are kept: {known:?}");
    assert!(known.len() < 6, "the CronJob, and each Job that is there: {known:?}");
    // All pods are made of one and the same.
    let specs = |ix: usize| Arc::as_ptr(&session.world.pods[ix].spec);
    assert!((1..119).all(|ix| specs(ix) == specs(0)), "each Job's pod has a spec of its own");
}
