//! Jobs and CronJobs as they live in a run: what recordings do not show, at its borders.

use std::sync::Arc;

use kubelapse::scenario::{self, Plan};
use kubelapse::session::{Script, Session, Walk, expect, get};
use kubelapse::time::Span;

/// A Job `import` with these lines in its spec, and in that of its pods.
fn job(spec: &str, pods: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import }}\nspec:\n  {spec}\n  template:\n    spec:\n      \
         restartPolicy: Never\n      {pods}\n      containers: [{{ name: app, image: \"shop/import:1\" }}]\n"
    )
}

/// A CronJob `report` with these lines in its spec.
fn cron_job(spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: report }}\nspec:\n  {spec}\n  jobTemplate:\n    spec:\n      \
         template:\n        spec:\n          restartPolicy: Never\n          containers: [{{ name: app, image: \
         \"shop/import:1\" }}]\n"
    )
}

const NODE: &str = "[[node]]\nname = \"n\"\nimages = [\"shop/import:1\"]\n[[apply]]\nid = \"first\"\nmanifest = \"jobs.yaml\"\n";

/// What the file says beside its nodes and its `[[apply]]`; five minutes where it begins with no `until`.
fn scenario(lines: &str) -> String {
    let (until, rest) = match lines.starts_with("until") {
        true => lines.split_once('\n').unwrap_or((lines, "")),
        false => ("until = \"5m\"", lines),
    };
    format!("name = \"jobs\"\n{until}\nstart = 2026-03-01T00:00:00Z\n{NODE}{rest}")
}

fn plan(manifest: &str, lines: &str) -> Arc<Plan> {
    let loaded = scenario::load("jobs.toml", &scenario(lines), &|_| Ok(manifest.to_owned()), &[]);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

/// The run after so many seconds.
fn walk(manifest: &str, lines: &str, secs: i64) -> Walk {
    let (script, loaded) = Script::load("jobs.toml", &scenario(lines), &|_| Ok(manifest.to_owned()), &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    walk.seek_time(walk.plan().start + Span::from_secs(secs));
    walk
}

/// All that the scenario expects holds, whatever the seed.
fn holds(manifest: &str, lines: &str) {
    let plan = plan(manifest, lines);
    assert!(!plan.expects.is_empty());
    for seed in 0..5 {
        let failures = expect::check(&plan, seed);
        let told: Vec<String> = failures
            .iter()
            .map(|failure| {
                let expected = expect::describe(&plan.expects[failure.index], plan.start);
                format!("seed {seed}: {expected}: {} {}", failure.what, failure.seen)
            })
            .collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }
}

/// The words with which the first `[[apply]]` is refused.
fn refused(manifest: &str, words: &str) {
    let words = serde_json::Value::from(words).to_string();
    holds(
        manifest,
        &format!("[[expect]]\naction = \"first\"\nby = \"5s\"\nanswer = \"refused\"\nmessage = {words}\n"),
    );
}

const ENDS: &str =
    "[[program]]\nattempts = [{ runs = \"3s\", exit = 0, onTerm = { after = \"1s\", exit = 143 } }]\n";
const RUNS_ON: &str = "[[program]]\nattempts = [{ onTerm = { after = \"1s\", exit = 143 } }]\n";
const FAILS: &str = "[[program]]\nattempts = [{ runs = \"1s\", exit = 1 }]\n";

#[test]
fn a_job_that_is_over_is_deleted_after_its_time() {
    holds(
        &job("ttlSecondsAfterFinished: 10", ""),
        &format!(
            "{ENDS}[[expect]]\njob = \"import\"\nat = \"9s\"\nsucceeded = 1\nconditions = {{ Complete = \"True/CompletionsReached\" }}\n\
             [[expect]]\njob = \"import\"\nby = \"18s\"\nafter = \"14s\"\ngone = true\n\
             [[expect]]\npod = \"import-*\"\nat = \"20s\"\ncount = 0\n"
        ),
    );
}

#[test]
fn pods_that_a_deleted_job_leaves_behind_can_go() {
    let delete = |cascade: &str| {
        format!("{ENDS}[[action]]\nat = \"2s\"\ndelete = \"job/import\"\ncascade = \"{cascade}\"\n")
    };
    // Nobody counts them any more, so their finalizer goes and with it what kept them.
    holds(
        &job("parallelism: 2", ""),
        &format!("{}[[expect]]\npod = \"import-*\"\nby = \"20s\"\ncount = 0\n", delete("background")),
    );
    holds(
        &job("parallelism: 2", ""),
        &format!(
            "{}[[expect]]\npod = \"import-*\"\nat = \"30s\"\ncount = 2\nstatus = \"Completed\"\n\
             [[action]]\nat = \"40s\"\ndelete = \"pods\"\nmatchLabels = {{ job-name = \"import\" }}\n\
             [[expect]]\npod = \"import-*\"\nby = \"45s\"\nafter = \"40s\"\ncount = 0\n",
            delete("orphan")
        ),
    );
}

#[test]
fn one_of_the_same_name_is_another_job() {
    let manifest = job("completions: 1", "");
    let lines = format!(
        "{ENDS}[[action]]\nat = \"20s\"\ndelete = \"job/import\"\n[[action]]\nat = \"30s\"\napply = \"jobs.yaml\"\n\
         [[expect]]\njob = \"import\"\nby = \"32s\"\nafter = \"31s\"\nactive = 1\nsucceeded = 0\n\
         [[expect]]\njob = \"import\"\nby = \"45s\"\nafter = \"33s\"\nsucceeded = 1\n\
         [[expect]]\npod = \"import-*\"\nat = \"60s\"\ncount = 1\n"
    );
    holds(&manifest, &lines);
    let mut session = Session::new(&plan(&manifest, &lines), 0);
    while session.step().is_some() {}
    let stored = &session.world.workloads;
    let uids: std::collections::BTreeSet<&String> = stored.by_uid.keys().collect();
    assert_eq!(uids.len(), stored.all().count(), "each has a uid of its own");
}

#[test]
fn indexes_have_their_programs_and_tries() {
    holds(
        &job("completions: 3\n  parallelism: 3\n  completionMode: Indexed\n  backoffLimitPerIndex: 2", ""),
        "[[program]]\nindex = 1\nattempts = [{ runs = \"2s\", exit = 7 }]\n\
         [[program]]\nattemptsOf = \"index\"\nattempts = [{ runs = \"2s\", exit = 1 }, { runs = \"2s\", exit = 0 }]\n\
         [[expect]]\njob = \"import\"\nby = \"60s\"\nsucceeded = 2\nfailed = 5\n\
         conditions = { Failed = \"True/FailedIndexes\", FailureTarget = \"True/FailedIndexes\" }\n\
         [[expect]]\npod = \"import-0-*\"\nat = \"60s\"\ncount = 2\n[[expect]]\npod = \"import-1-*\"\nat = \"60s\"\ncount = 3\n",
    );
}

#[test]
fn no_parallelism_is_no_pod_until_there_is_some() {
    holds(
        &job("parallelism: 0", ""),
        &format!(
            "{ENDS}[[expect]]\njob = \"import\"\nfrom = \"1s\"\nto = \"10s\"\nactive = 0\nsucceeded = 0\n\
             [[action]]\nat = \"10s\"\npatch = \"job/import\"\nmerge = {{ spec = {{ parallelism = 2 }} }}\n\
             [[expect]]\njob = \"import\"\nby = \"11s\"\nafter = \"10s\"\nactive = 2\n\
             [[action]]\nat = \"30s\"\nid = \"scale\"\nscale = \"job/import\"\nreplicas = 3\n\
             [[expect]]\naction = \"scale\"\nby = \"31s\"\nanswer = \"refused\"\nmessage = \"could not find the requested resource\"\n"
        ),
    );
}

#[test]
fn kubectl_waits_for_its_condition() {
    holds(
        &job("completions: 1", ""),
        &format!(
            "{ENDS}[[action]]\nat = \"1s\"\nid = \"wait\"\nwait = \"job/import\"\nfor = \"condition=Complete\"\n\
             [[expect]]\naction = \"wait\"\nat = \"3s\"\nanswer = \"waiting\"\n\
             [[expect]]\naction = \"wait\"\nby = \"9s\"\nanswer = \"done\"\nmessage = \"job.batch/import condition met\"\n"
        ),
    );
}

#[test]
fn the_file_sets_fields_over_the_manifest() {
    holds(
        &job("backoffLimit: 5", ""),
        &format!(
            "{FAILS}[job.import.spec]\nbackoffLimit = 0\n[[expect]]\njob = \"import\"\nby = \"6s\"\nfailed = 1\n\
             conditions = {{ Failed = \"True/BackoffLimitExceeded\" }}\nevent = \"BackoffLimitExceeded\"\n"
        ),
    );
}

#[test]
fn rubbish_is_refused_in_the_api_servers_words() {
    refused(&cron_job("schedule: every morning"), "expected exactly 5 fields, found 2: [every morning]");
    refused(&cron_job("schedule: 61 * * * *"), "end of range (61) above maximum (59): 61");
    refused(
        &cron_job("schedule: TZ=Europe/Zurich 0 3 * * *"),
        "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
    );
    refused(&cron_job("schedule: 0 3 * * *\n  timeZone: Mars/Olympus"), "unknown time zone Mars/Olympus");
    refused(
        &job("completionMode: Indexed\n  parallelism: 2", ""),
        "spec.completions: Required value: when completion mode is Indexed",
    );
    refused(&job("parallelism: -1", ""), "must be greater than or equal to 0");
}

#[test]
fn a_run_by_hand_is_no_run_of_the_calendar() {
    holds(
        &cron_job("schedule: \"*/10 * * * *\"\n  concurrencyPolicy: Forbid"),
        &format!(
            "{ENDS}[[action]]\nat = \"5s\"\nid = \"hand\"\ntrigger = \"cronJob/report\"\nname = \"by-hand\"\n\
             [[action]]\nat = \"6s\"\nid = \"again\"\ntrigger = \"cronJob/report\"\nname = \"by-hand\"\n\
             [[expect]]\naction = \"hand\"\nat = \"5s\"\nanswer = \"done\"\nmessage = \"job.batch/by-hand created\"\n\
             [[expect]]\naction = \"again\"\nat = \"6s\"\nanswer = \"refused\"\nmessage = \"jobs.batch \\\"by-hand\\\" already exists\"\n\
             [[expect]]\njob = \"by-hand\"\nby = \"20s\"\nsucceeded = 1\n\
             [[expect]]\ncronJob = \"report\"\nat = \"20s\"\nactive = 0\nevent = \"UnexpectedJob\"\n"
        ),
    );
}

#[test]
fn the_runs_of_a_cron_job_are_told_and_kept_as_its_limits_say() {
    let lines = format!(
        "until = \"6m\"\n{ENDS}[[expect]]\ncronJob = \"report\"\nby = \"61s\"\nafter = \"60s\"\nactive = 1\n\
         [[expect]]\npod = \"report-*\"\nat = \"5m50s\"\ncount = 2\n\
         [[expect]]\ncronJob = \"report\"\nby = \"70s\"\nevent = \"SawCompletedJob\"\n"
    );
    let manifest = cron_job("schedule: \"* * * * *\"\n  successfulJobsHistoryLimit: 2");
    holds(&manifest, &lines);
    let walk = walk(&manifest, &lines, 200);
    let tree = walk.tree_lines(4).join("\n");
    for words in [
        "cronjob/report",
        "  job/report-29538723",
        "Complete  1/1 succeeded, 0 active, 0 failed",
        "    report-29538723-",
    ] {
        assert!(tree.contains(words), "no `{words}` in\n{tree}");
    }
    let key = get::find_object(walk.world(), "cj/report").expect("a kind").expect("it is there");
    let told = walk.describe_object(key);
    for words in [
        "Schedule:",
        "* * * * *",
        "Concurrency Policy:",
        "Allow",
        "Last Schedule Time:",
        "Created job report-29538723",
    ] {
        assert!(told.contains(words), "no `{words}` in\n{told}");
    }
}

#[test]
fn a_job_that_does_not_fail_says_what_it_bears() {
    let why = |spec: &str, lines: &str, secs: i64| {
        let mut walk = walk(&job(spec, ""), lines, secs);
        let key = get::find_object(walk.world(), "job/import").expect("a kind").expect("it is there");
        let why = walk.why_workload(key).expect("something was written about it");
        why.render(walk.plan().start)
    };
    let told = why("backoffLimit: 6", FAILS, 20);
    for words in [
        "job/import: Progressing  0/1 succeeded, 0 active, 2 failed",
        "it fails with failure 7 (backoffLimit 6)",
        "failures in a row: 2",
    ] {
        assert!(told.contains(words), "no `{words}` in\n{told}");
    }
    let told =
        why("activeDeadlineSeconds: 100", "[[program]]\nattempts = [{ runs = \"4m\", exit = 0 }]\n", 20);
    for words in ["1 active, 0 failed", "in any case (activeDeadlineSeconds 100)", "import-"] {
        assert!(told.contains(words), "no `{words}` in\n{told}");
    }
    let told = why("backoffLimit: 0", FAILS, 20);
    assert!(
        told.contains("Failed  0/1 succeeded, 0 active, 1 failed") || told.contains("-> Failed"),
        "{told}"
    );
}

/// Nothing ticks: what a calendar costs is what its runs cost.
#[test]
fn a_year_of_nights_costs_as_much_as_its_nights() {
    let steps = |hours: u32| {
        let plan = plan(&cron_job("schedule: 0 3 * * *"), &format!("until = \"{hours}h\"\n{ENDS}"));
        let mut session = Session::new(&plan, 0);
        let mut steps = 0;
        while session.step().is_some() {
            steps += 1;
        }
        let made = session.world.pods.len();
        assert_eq!(made as u32, hours / 24, "one pod a night");
        steps
    };
    let (week, year) = (steps(24 * 7), steps(24 * 365));
    println!("{week} steps a week, {year} a year");
    assert!(year < 60 * week, "{week} steps a week, {year} a year");
    assert!(year < 365 * 250, "{year} steps a year");
}

/// A bare pod `stray`, and a Job `import` that says itself which pods are its own.
fn strays(spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: stray, labels: {{ app: import }} }}\nspec:\n  restartPolicy: Never\n  \
         containers: [{{ name: app, image: \"shop/import:1\" }}]\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {{ name: import \
         }}\nspec:\n  manualSelector: true\n  selector: {{ matchLabels: {{ app: import }} }}\n  {spec}\n  template:\n    metadata: {{ \
         labels: {{ app: import }} }}\n    spec:\n      restartPolicy: Never\n      containers: [{{ name: app, image: \
         \"shop/import:1\" }}]\n"
    )
}

/// `ClaimPods`: what the selector takes and nobody controls becomes the Job's, with the finalizer, and counts.
#[test]
fn a_stray_pod_is_adopted_and_counts() {
    holds(
        &strays("completions: 2\n  parallelism: 2"),
        &format!(
            "{ENDS}[[expect]]\npod = \"import-*\"\ncount = 1\nfrom = \"1s\"\nto = \"4m\"\n[[expect]]\njob = \"import\"\nby = \
             \"2m\"\nsucceeded = 2\n[[expect]]\njob = \"import\"\nfrom = \"0s\"\nto = \"4m\"\nsucceeded = {{ max = 2 }}\n"
        ),
    );
    let mut walk = walk(&strays("completions: 2\n  parallelism: 2"), ENDS, 2);
    let stray = &walk.world().pods[0];
    assert!(stray.owners.as_deref().is_some_and(|owners| owners[0].name == "import" && owners[0].controller));
    assert!(stray.finalizers.iter().any(|name| *name == "batch.kubernetes.io/job-tracking"));
    walk.seek_time(walk.plan().start + Span::from_secs(120));
    assert!(walk.world().pods[0].finalizers.is_empty(), "it has been counted");
}

/// One that is adopted is one too many where no more may run.
#[test]
fn an_adopted_pod_takes_the_place_of_another() {
    let walk = walk(&strays("completions: 1"), ENDS, 120);
    let made = walk.world().pods.iter().filter(|pod| pod.ident.name.to_string().starts_with("import-"));
    let told = walk.world().workloads.jobs[0].object.status.succeeded;
    assert_eq!((made.count(), told), (0, 1), "the stray does it all");
}

/// A pod whose labels no longer fit is let go, without its finalizer, and another one is made; whoever finds it again with
/// the right labels takes it back.
#[test]
fn a_pod_that_is_relabelled_is_let_go_and_replaced() {
    let lines = format!(
        "{RUNS_ON}[[action]]\nat = \"20s\"\nlabel = \"pod/stray\"\nlabels = {{ app = \"debug\" }}\n[[action]]\nat = \"60s\"\nlabel = \
         \"pod/stray\"\nlabels = {{ app = \"import\" }}\n"
    );
    let mut walk = walk(&strays("completions: 1"), &lines, 30);
    let stray = walk.world().pods[0].clone();
    assert!(
        stray.owners.is_none() && stray.finalizers.is_empty(),
        "{:?} {:?}",
        stray.owners,
        stray.finalizers
    );
    assert_eq!(walk.world().pods.len(), 2, "another one works in its place");
    walk.seek_time(walk.plan().start + Span::from_secs(70));
    // It has come back as one too many: of both, the younger one goes.
    let there: Vec<_> = walk.world().pods.iter().filter(|pod| pod.exists && pod.deletion.is_none()).collect();
    assert_eq!(there.len(), 1, "{there:?}");
    assert!(walk.world().pods[0].owners.is_some());
}

/// What a Job leaves behind is nobody's, until a Job comes that asks for it.
#[test]
fn pods_that_one_job_leaves_behind_are_taken_over_by_another() {
    let lines = format!(
        "{RUNS_ON}[[action]]\nat = \"20s\"\ndelete = \"job/import\"\ncascade = \"orphan\"\n[[action]]\nat = \"40s\"\napply = \
         \"jobs.yaml\"\n"
    );
    let manifest = strays("completions: 2\n  parallelism: 2");
    let mut walk = walk(&manifest, &lines, 35);
    let pods = |walk: &Walk| {
        let all = walk.world().pods.iter().filter(|pod| pod.exists);
        all.map(|pod| (pod.owners.is_some(), pod.finalizers.len())).collect::<Vec<_>>()
    };
    assert_eq!(pods(&walk), [(false, 0); 2], "left alone");
    walk.seek_time(walk.plan().start + Span::from_secs(60));
    assert_eq!(pods(&walk), [(true, 1); 2], "taken over");
}
