//! `explain` of what people paste: old dumps, objects with a part missing, what older versions wrote.

use crate::desk::Desk;

/// What is said of an object, read today.
fn explained(name: &str, yaml: &str) -> String {
    let desk = Desk::holding(&format!("pasted-{name}"), "pod.yaml", yaml);
    let (code, out, err) = desk.said("explain pod.yaml");
    assert_eq!(code, Some(0), "{err}");
    out
}

fn section<'a>(said: &'a str, heading: &str) -> &'a str {
    let begin = said.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading} in {said}"));
    let rest = &said[begin + heading.len() + 2..];
    &rest[..rest.find("\n\n").unwrap_or(rest.len())]
}

#[track_caller]
fn says(said: &str, words: &[&str], never: &[&str]) {
    for word in words {
        assert!(said.contains(word), "no `{word}` in:\n{said}");
    }
    for word in never {
        assert!(!said.contains(word), "`{word}` in:\n{said}");
    }
}

/// A pod with these further members of metadata, spec and status.
fn pod(meta: &str, spec: &str, status: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: default, uid: a, creationTimestamp: '2026-01-10T10:00:00Z'{meta}}}\n\
         spec: {{nodeName: node{spec}}}\nstatus: {{{status}}}\n"
    )
}

const APP: &str = ", containers: [{name: app, image: nginx}]";
const DELETED: &str = ", deletionTimestamp: '2026-01-10T10:10:20Z', deletionGracePeriodSeconds: 30";

/// Where the name of the node was cut away, what a kubelet has written says that there is one.
#[test]
fn a_node_that_is_not_named() {
    let without = |status: &str| pod("", APP, status).replace("nodeName: node, ", "");
    let waiting =
        "[{name: app, ready: false, restartCount: 2, state: {waiting: {reason: ContainerCreating}}}]";
    for status in [
        format!("phase: Pending, containerStatuses: {waiting}"),
        format!("phase: Pending, initContainerStatuses: {}", waiting.replace("app", "prep")),
        "phase: Pending, startTime: '2026-01-10T10:00:01Z'".to_owned(),
    ] {
        says(&explained("node", &without(&status)), &["Phase Pending"], &["no node"]);
    }
    says(&explained("no-node", &without("phase: Pending")), &["the pod has no node yet"], &[]);
}

/// OOMKilled is told of any end: by what signal or code says whether it was the first process that was killed.
#[test]
fn who_was_killed_for_memory() {
    for (code, words) in [
        (0, "its first process went on, and ended well"),
        (1, "its first process ended by itself, with that code"),
        (2, "its first process ended by itself, with that code"),
        (137, "The kernel killed it: it used more memory than its limit allows"),
    ] {
        let ended = format!("{{terminated: {{exitCode: {code}, reason: OOMKilled}}}}");
        for key in ["containerStatuses", "initContainerStatuses"] {
            let status = format!(
                "phase: Running, {key}: [{{name: app, ready: false, restartCount: 0, state: {ended}}}]"
            );
            says(&explained("oom", &pod("", APP, &status)), &[words], &[]);
        }
    }
}

#[test]
fn conditions_that_are_missing() {
    // Of a pod that has run nobody refused it.
    for (status, phase) in [
        ("running: {startedAt: '2026-01-10T10:00:04Z'}", "Failed"),
        ("terminated: {exitCode: 137}", "Failed"),
        ("running: {}", "Running"),
        ("waiting: {reason: ContainerCreating}", "Pending"),
        ("terminated: {exitCode: 0}", "Succeeded"),
    ] {
        let status = format!(
            "phase: {phase}, containerStatuses: [{{name: app, ready: false, restartCount: 0, state: {{{status}}}}}]"
        );
        let said = explained("no-conditions", &pod("", APP, &status));
        says(section(&said, "Conditions"), &["the object has none"], &["refuses", "nobody has looked"]);
    }
    let said = explained("refused", &pod("", APP, "phase: Failed, reason: Evicted"));
    says(section(&said, "Conditions"), &["a kubelet that refuses a pod leaves none"], &[]);
    let said = explained("new", &pod("", APP, "phase: Pending"));
    says(section(&said, "Conditions"), &["nobody has looked at the pod yet"], &[]);
    let said = explained("cut", &pod("", APP, "phase: Running"));
    says(section(&said, "Conditions"), &["the object has none"], &["nobody has looked"]);
}

/// What is tried again in a pod that lives is not in one that is over, whatever the reason.
#[test]
fn what_waits_in_a_pod_that_is_over_waits_for_nothing() {
    use kubelapse::rules::kubelet::reasons::{REASONS, Reason, State};
    let waits = REASONS.iter().filter(|own| own.state == State::Waiting);
    for own in waits.filter(|own| Reason::is_tried_again(own)) {
        let status = |phase: &str| {
            format!(
                "phase: {phase}, containerStatuses: [{{name: app, ready: false, restartCount: 0, state: {{waiting: {{reason: {}}}}}}}]",
                own.reason
            )
        };
        let over = "Nothing is pulled or started any more";
        says(
            section(&explained("over", &pod("", APP, &status("Failed"))), "Containers"),
            &[over],
            &["comes next"],
        );
        let said = explained("alive", &pod("", APP, &status("Pending")));
        let told = own.says.replace("{image}", "nginx").replace("{problem}", "");
        says(section(&said, "Containers"), &[&told], &[over, "Waits: "]);
    }
}

#[test]
fn verbs_agree() {
    let two = "phase: Failed, containerStatuses: [{name: app, state: {running: {}}}, {name: log, state: {running: {}}}]";
    let said =
        explained("two", &pod("", ", containers: [{name: app, image: a}, {name: log, image: a}]", two));
    says(&said, &["app and log still run\n"], &["still runs"]);
    let said = explained(
        "one",
        &pod("", APP, "phase: Failed, containerStatuses: [{name: app, state: {running: {}}}]"),
    );
    says(&said, &["app still runs\n"], &[]);
}

#[test]
fn a_deletion_before_the_creation() {
    let meta = ", deletionTimestamp: '2026-01-08T15:14:03Z', deletionGracePeriodSeconds: 30";
    let said = explained("before", &pod(meta, APP, "phase: Running"));
    let words = "it was to be gone at 2026-01-08T15:14:03Z, before it was created at 2026-01-10T10:00:00Z";
    says(section(&said, "Contradictions"), &[words], &["its time to be gone"]);
}

/// What should have been started again long before the newest instant in the object was not.
#[test]
fn a_start_that_never_came() {
    let status = |ended: &str, seen: &str| {
        format!(
            "phase: Running, startTime: '2026-01-10T10:00:01Z', conditions: [{{type: Ready, status: 'False', lastTransitionTime: \
             '{seen}'}}], containerStatuses: [{{name: app, ready: false, restartCount: 0, state: {{terminated: {{exitCode: 2, reason: \
             Error, startedAt: '2026-01-10T10:00:02Z', finishedAt: '{ended}'}}}}}}]"
        )
    };
    let said = explained("overdue", &pod("", APP, &status("2026-01-24T11:08:55Z", "2026-03-02T09:05:00Z")));
    let words = "container app was to be started again by 2026-01-24T11:08:57Z, and 36d later, at 2026-03-02T09:05:00Z, it was not";
    says(section(&said, "Contradictions"), &[words], &[]);
    let said = explained("in-time", &pod("", APP, &status("2026-01-24T11:08:55Z", "2026-01-24T11:09:00Z")));
    says(section(&said, "Contradictions"), &["none"], &[]);
    let never = ", restartPolicy: Never, containers: [{name: app, image: nginx}]";
    let said = explained("never", &pod("", never, &status("2026-01-24T11:08:55Z", "2026-03-02T09:05:00Z")));
    says(section(&said, "Contradictions"), &[], &["started again"]);
}

/// The kubelet reports nothing of a container before its postStart hook has returned, nor of those behind it.
#[test]
fn a_post_start_hook_that_hangs() {
    let hook = "lifecycle: {postStart: {exec: {command: [/post.sh]}}}";
    let creating = |names: &[&str], reason: &str| {
        let each: Vec<String> = names
            .iter()
            .map(|name| format!("{{name: {name}, state: {{waiting: {{reason: {reason}}}}}}}"))
            .collect();
        format!(
            "phase: Pending, conditions: [{{type: PodReadyToStartContainers, status: 'True'}}], containerStatuses: [{}]",
            each.join(", ")
        )
    };
    let spec = format!(", containers: [{{name: app, image: x, {hook}}}, {{name: log, image: x}}]");
    let said = explained("hook", &pod("", &spec, &creating(&["app", "log"], "ContainerCreating")));
    says(
        section(&said, "Containers"),
        &["or for its postStart hook", "or for the postStart hook of app", "if it hangs"],
        &[],
    );
    let spec =
        format!(", initContainers: [{{name: i, image: x}}], containers: [{{name: app, image: x, {hook}}}]");
    let status = creating(&["app"], "PodInitializing")
        + ", initContainerStatuses: [{name: i, ready: true, state: {terminated: {exitCode: 0, reason: Completed}}}]";
    let said = explained("hook-init", &pod("", &spec, &status));
    says(section(&said, "Containers"), &["or for its postStart hook"], &[]);
    let said = explained("no-hook", &pod("", APP, &creating(&["app"], "ContainerCreating")));
    says(&said, &["Waits for its image"], &["postStart"]);
}

/// A status without its pod: what people copy out of one.
#[test]
fn a_bare_status() {
    let status = "  phase: Failed\n  reason: Evicted\n  message: 'Pod ephemeral local storage usage exceeds the total limit of \
                  containers 2Gi. '\n  containerStatuses:\n  - name: app\n    ready: false\n    restartCount: 1\n    state: {terminated: \
                  {exitCode: 137, reason: ContainerStatusUnknown}}\n";
    let unindented: String = status.lines().map(|line| format!("{}\n", &line[2..])).collect();
    let json = serde_json::json!({ "containerStatuses": [{ "name": "app", "ready": false,
        "state": { "terminated": { "exitCode": 137, "reason": "ContainerStatusUnknown" } } }], "phase": "Failed", "reason": "Evicted" });
    for (name, text) in
        [("bare", format!("status:\n{status}")), ("inner", unindented), ("json", json.to_string())]
    {
        let said = explained(name, &text);
        says(
            &said,
            &["Evicted", "app (main): terminated, ContainerStatusUnknown", "stays ended: the pod is Failed"],
            &[],
        );
        says(section(&said, "Contradictions"), &["none"], &[]);
    }
    // Its node and its containers are not missing: the spec is.
    let ready = explained(
        "ready",
        "status:\n  phase: Running\n  startTime: '2026-01-10T10:00:01Z'\n  conditions: [{type: PodScheduled, status: 'True'}]\n  \
         containerStatuses: [{name: app, ready: true, restartCount: 0, state: {running: {}}}, {name: log, restartCount: 0, state: \
         {terminated: {exitCode: 0}}}]\n",
    );
    says(section(&ready, "Contradictions"), &["none"], &[]);
    says(&ready, &[" 1/2 "], &["has no node", " 0/0 "]);
    let pending = explained(
        "pending",
        "status:\n  phase: Pending\n  startTime: '2026-01-10T10:00:01Z'\n  qosClass: Burstable\n",
    );
    says(&pending, &[], &["has no node"]);
    let said = explained(
        "running",
        "status:\n  phase: Running\n  containerStatuses: [{name: app, restartCount: 0, state: {terminated: \
                                    {exitCode: 1, reason: Error}}}]\n",
    );
    says(&said, &["which is not in the object"], &["restartPolicy Always"]);
    // Of another kind without its first lines nothing is guessed.
    let desk = Desk::holding(
        "pasted-other",
        "x.yaml",
        "status:\n  replicas: 3\n  conditions: [{type: Available, status: 'True'}]\n",
    );
    assert_eq!(desk.said("explain x.yaml").0, Some(2));
}

/// OOMKilled with code 0: a child was killed. Of an init container it counts as failed whatever the code.
#[test]
fn an_init_container_out_of_memory_with_code_0() {
    let spec = |policy: &str| {
        format!(
            ", restartPolicy: {policy}, initContainers: [{{name: i, image: x}}], containers: [{{name: app, image: nginx}}]"
        )
    };
    let status = |app: &str| {
        format!(
            "phase: Pending, initContainerStatuses: [{{name: i, ready: true, state: {{terminated: {{exitCode: 0, reason: OOMKilled}}}}}}], \
             containerStatuses: [{{name: app, state: {{{app}}}}}]"
        )
    };
    let waits = status("waiting: {reason: PodInitializing}");
    let said = explained("oom-never", &pod("", &spec("Never"), &waits));
    says(
        &said,
        &[
            "counts as a failure, whatever the code",
            "may stay as it is for ever",
            "Waits for init container i",
        ],
        &["It is done", "are done: it waits"],
    );
    let said = explained("oom-always", &pod("", &spec("Always"), &waits));
    says(&said, &["it is started again, by restartPolicy Always"], &["It is done"]);
    let runs = status("running: {startedAt: '2026-01-10T10:00:04Z'}").replace("Pending", "Running");
    let said = explained("oom-runs", &pod("", &spec("Always"), &runs));
    says(&said, &["main containers have begun"], &["It is done", "The kernel killed it: it", "Next start"]);
}

#[test]
fn a_mirror_pod_begins_before_it_is_made() {
    let status = "phase: Running, startTime: '2026-01-10T09:59:00Z', containerStatuses: [{name: app, ready: true, state: {running: {}}}]";
    for annotation in ["kubernetes.io/config.mirror: x", "kubernetes.io/config.source: file"] {
        let said = explained("mirror", &pod(&format!(", annotations: {{{annotation}}}"), APP, status));
        says(section(&said, "Contradictions"), &["none"], &[]);
    }
    let said = explained("no-mirror", &pod("", APP, status));
    says(section(&said, "Contradictions"), &["before it was created"], &[]);
}

#[test]
fn nothing_starts_in_a_pod_that_is_being_deleted() {
    for reason in ["CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError"] {
        let status = format!(
            "phase: Running, conditions: [{{type: Ready, status: 'False', reason: ContainersNotReady}}, {{type: ContainersReady, status: \
             'False', reason: ContainersNotReady}}], containerStatuses: [{{name: app, ready: false, restartCount: 5, state: {{waiting: \
             {{reason: {reason}, message: back-off 2m40s restarting failed}}}}, lastState: {{terminated: {{exitCode: 1, finishedAt: \
             '2026-01-10T10:09:01Z'}}}}}}]"
        );
        let said = explained("deleted", &pod(DELETED, APP, &status));
        says(
            &said,
            &[
                "Nothing is pulled or started any more: the pod is being deleted",
                "stays False: the pod is being deleted",
            ],
            &["before it is started again", "waits for", "Next start", "will be started", "is pulled again"],
        );
    }
}

/// Nothing in a kept file says what came after its newest instant; who says when it was printed is told more.
#[test]
fn an_old_dump_of_a_pod_that_is_being_deleted() {
    let status = "phase: Running, containerStatuses: [{name: app, ready: true, started: true, restartCount: 0, state: {running: \
                  {startedAt: '2026-01-10T10:00:04Z'}}}]";
    let said = explained("dump", &pod(DELETED, APP, status));
    says(section(&said, "Contradictions"), &["none"], &[]);
    says(
        &said,
        &["nothing in the object is newer than 2026-01-10T10:09:50Z"],
        &["does not answer", "cannot be killed"],
    );
    // What is newer than its time says that it was overdue.
    let late = "phase: Running, conditions: [{type: Ready, status: 'False', lastTransitionTime: '2026-01-10T11:00:00Z'}]";
    let said = explained("late", &pod(DELETED, APP, late));
    says(section(&said, "Contradictions"), &["its time to be gone was 49m ago"], &[]);
    let desk = Desk::holding("pasted-said", "pod.yaml", &pod(DELETED, APP, status));
    let (_, said, _) = desk.said("explain pod.yaml --now 2026-01-10T10:20:00Z");
    says(section(&said, "Contradictions"), &["its time to be gone was 9m40s ago"], &[]);
}

/// What older versions and other runtimes wrote.
#[test]
fn words_of_other_times() {
    let status = |waiting: &str, last: &str| {
        format!(
            "phase: Running, containerStatuses: [{{name: app, restartCount: 3, state: {{waiting: {{reason: CrashLoopBackOff, message: \
             '{waiting}'}}}}, lastState: {{terminated: {{{last}, startedAt: '2026-01-10T10:09:50Z', finishedAt: \
             '2026-01-10T10:09:50Z'}}}}}}]"
        )
    };
    let said = explained(
        "capital",
        &pod("", APP, &status("Back-off 40s restarting failed container=app", "exitCode: 1")),
    );
    says(&said, &["back-off of 40s"], &["does not say how long"]);
    for code in [126, 127, 128] {
        let last =
            format!("exitCode: {code}, reason: ContainerCannotRun, message: 'OCI runtime create failed'");
        let said = explained(
            "cannot-run",
            &pod("", APP, &status("back-off 40s restarting failed container=app", &last)),
        );
        says(&said, &["It never ran: the runtime could not start its command"], &["a shell"]);
    }
    let said = explained(
        "shell",
        &pod("", APP, &status("back-off 40s restarting failed", "exitCode: 127, reason: Error")),
    );
    says(&said, &["127: a shell did not find the command"], &[]);
}

#[test]
fn containers_that_the_spec_lacks_are_listed() {
    let status = "phase: Failed, containerStatuses: [{name: app, state: {terminated: {exitCode: 0, reason: Completed}}}, {name: sidecar, \
                  state: {terminated: {exitCode: 137, reason: Error}}}], initContainerStatuses: [{name: prep, state: {waiting: {reason: \
                  PodInitializing}}}], ephemeralContainerStatuses: [{name: dbg, state: {running: {}}}]";
    let said = explained("unknown", &pod("", APP, status));
    let containers = section(&said, "Containers");
    says(
        containers,
        &[
            "app (main)",
            "sidecar (main): terminated, Error",
            "prep (init): waiting",
            "dbg (ephemeral): running",
        ],
        &[],
    );
    assert_eq!(containers.matches("The spec does not have it.").count(), 3, "{containers}");
}

/// As many pods as a large cluster has, in either language; what is explained is bounded by memory alone.
#[test]
fn ten_thousand_pods_are_explained() {
    let one = |number: usize| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"web-{number}\",\"namespace\":\"default\",\"uid\":\"{number}\",\"labels\":{{\"app\":\"web\"}}}},\"spec\":{{\"containers\":[{{\"name\":\"app\",\"image\":\"x\"}}]}},\"status\":{{\"phase\":\"Running\",\"containerStatuses\":[{{\"name\":\"app\",\"ready\":true,\"restartCount\":0,\"state\":{{\"running\":{{\"startedAt\":\"2026-01-10T10:00:04Z\"}}}}}}]}}}}"
        )
    };
    let pods: Vec<String> = (0..10_000).map(one).collect();
    let list = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}", pods.join(",\n"));
    let yaml = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}",
        pods.iter().map(|pod| format!("- {pod}\n")).collect::<String>()
    );
    for text in [list, yaml, pods.join("\n---\n")] {
        let input = kubelapse::explain::read(&text);
        assert_eq!((input.subjects.len(), input.trouble), (10_000, None));
    }
}

/// A name of any length is shown, not stumbled over.
#[test]
fn wide_cells_are_shown() {
    let wide = "n".repeat(70_000);
    let text = pod("", APP, &format!("phase: Running, conditions: [{{type: {wide}, status: 'True'}}]"))
        .replace("name: web", &format!("name: {wide}"));
    let said = explained("wide", &text);
    assert!(said.contains(&wide));
}
