//! Jobs and CronJobs: their next pod or Job, and how they end.

use super::written::{desk, running, told_by};
use crate::recorded;

/// A controller that has been there looks when the back-off ends, not a batch later; also of an index that backs off by itself. Of a
/// pod that was evicted it counts from when that was asked for, though its containers ended a second later.
#[test]
fn the_next_try_of_a_job_comes_when_its_back_off_ends() {
    for (set, name, at) in [
        ("golden-workloads-1.32", "job-backoff-limit-never", 11.8),
        ("golden-workloads-1.32", "job-backoff-limit-per-index", 12.2),
        ("golden-workloads-1.32", "job-node-drained", 10.4),
        ("golden-workloads", "job-node-drained", 9.3),
    ] {
        let stream = recorded::named(set, name);
        let (_, cut) = recorded::at(&stream, at, 20).expect("its first pod has failed");
        let next = cut.pods.iter().find(|next| next.kind == "next pod of a job").expect("it has a Job");
        let (_, came) = next.came.as_ref().expect("it was tried again");
        for (_, future) in &next.futures {
            let at = future.as_ref().map_or(i64::MAX, |(_, at)| *at);
            assert!((at - came).abs() < 100_000, "{set}/{name}: {at} and not {came}");
        }
    }
}

/// With a pod that failed goes when it did: its Job waits for some part of its back-off still, and does not try again at once.
#[test]
fn a_job_whose_failed_pod_is_gone_waits_out_its_back_off() {
    // Its pod is gone at 21:39:41, and the next one was made at 21:39:48.
    let seen = recorded::named("golden-workloads", "job-node-drained").until(12.0);
    let desk = desk("gone", &[("seen.jsonl", &seen)]);
    let (code, told, said) = told_by(&desk, "predict seen.jsonl --now 2026-11-28T21:39:43Z");
    assert_eq!(code, Some(0), "{said}");
    let line =
        told.lines().find(|line| line.contains("next pod between 21:")).unwrap_or_else(|| panic!("{told}"));
    let seconds = |word: &str| word.rsplit(':').next().and_then(|secs| secs.parse::<i64>().ok());
    let ends: Vec<i64> = line.split_whitespace().filter_map(seconds).collect();
    assert!(matches!(ends[..], [43..=45, 51..=54]), "{line}");
}

/// A Job that fails is never complete, and why is what its controller says.
#[test]
fn a_job_that_fails_is_told_never_to_be_complete() {
    let job = r#"
- apiVersion: batch/v1
  kind: Job
  metadata: { name: import, namespace: shop, uid: u-job, generation: 1, creationTimestamp: "2026-11-22T13:00:00Z" }
  spec:
    activeDeadlineSeconds: 900
    backoffLimit: 6
    completions: 1
    parallelism: 1
    selector: { matchLabels: { batch.kubernetes.io/controller-uid: u-job } }
    template:
      metadata: { labels: { batch.kubernetes.io/controller-uid: u-job } }
      spec: { restartPolicy: Never, containers: [{ name: app, image: "registry.example/web:1", resources: {} }] }
  status: { active: 1, ready: 1, startTime: "2026-11-22T13:00:00Z" }"#;
    let owner = r#", labels: { batch.kubernetes.io/controller-uid: u-job },
      ownerReferences: [{ apiVersion: batch/v1, kind: Job, name: import, uid: u-job, controller: true }]"#;
    let pod = running("import-1", "well", owner, "\n    restartPolicy: Never", "");
    let desk = desk("job", &[("job.yaml", &format!("apiVersion: v1\nkind: List\nitems:{job}{pod}"))]);
    let now = "--now 2026-11-22T13:12:00Z --seeds 20 --assume job/import.runs=forever";
    let (code, text, said) = told_by(&desk, &format!("predict job.yaml {now}"));
    assert_eq!(code, Some(0), "{said}");
    assert!(text.contains("failed between 13:15:0"), "{text}");
    assert!(text.contains("never complete: DeadlineExceeded") && !text.contains("not complete"), "{text}");
    // Of a Job of which nothing is known it is told that it may end before.
    let (_, text, _) = told_by(&desk, "predict job.yaml --now 2026-11-22T13:02:00Z");
    assert!(text.contains("(if it ends as most do; nothing is known of its program)"), "{text}");
}

/// A CronJob, with what else stands in its spec.
fn cron_job(spec: &str) -> String {
    format!(
        r#"
- apiVersion: batch/v1
  kind: CronJob
  metadata: {{ name: report, namespace: shop, uid: u-cron, creationTimestamp: "2026-11-20T12:00:00Z" }}
  spec:
    schedule: "30 2 * * *"
    concurrencyPolicy: Allow
    {spec}
    jobTemplate:
      spec: {{ template: {{ spec: {{ restartPolicy: Never, containers: [{{ name: app, image: "registry.example/report:1" }}] }} }} }}
  status: {{ lastScheduleTime: "2026-11-22T01:30:00Z" }}"#
    )
}

/// When a CronJob's next Job comes, in the clock of its zone; or why none does.
#[test]
fn a_cron_job_is_told_its_next_job_or_why_there_is_none() {
    let list = |spec: &str| format!("apiVersion: v1\nkind: List\nitems:{}", cron_job(spec));
    let (zone, off) = (list("timeZone: Europe/Berlin"), list("suspend: true"));
    let desk = desk("cron", &[("zone.yaml", &zone), ("off.yaml", &off)]);
    let said = |line: &str| {
        let (code, out, said) = told_by(&desk, line);
        assert_eq!(code, Some(0), "{said}");
        out
    };
    let late = said("predict zone.yaml --now 2026-11-22T13:22:10Z --seeds 8");
    assert!(
        late.contains(
            "no Job within 1h0m0s: its next time is 2026-11-23T01:30:00Z (`30 2 * * *` in Europe/Berlin)"
        ),
        "{late}"
    );
    let soon = said("predict zone.yaml --now 2026-11-23T01:00:00Z --seeds 8");
    assert!(soon.contains("next job between 01:30:00 and 01:30:01") && !soon.contains("no Job"), "{soon}");
    let off = said("predict off.yaml --now 2026-11-22T13:22:10Z --seeds 8");
    assert!(off.contains("no Job within 1h0m0s: it is suspended"), "{off}");
}
