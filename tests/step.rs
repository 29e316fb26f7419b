//! `kubelapse step --plain`: conversations with the real binary, read like prose.

#![cfg(feature = "cli")]

#[path = "support/say.rs"]
mod say;

use say::say;

/// Says these lines to the program; its answer, stdout and stderr together, and its exit code.
fn conversation(arguments: &[&str], lines: &str) -> (String, i32) {
    let said = say(&[&["step"], arguments].concat(), lines);
    (said.out + &said.err, said.code)
}

fn transcript(name: &str, arguments: &[&str], lines: &str) {
    let (text, code) = conversation(arguments, lines);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(name, text);
}

#[test]
fn forwards_backwards_and_why() {
    transcript(
        "forwards_backwards_and_why",
        &["tests/step/crash-loop.toml", "--plain"],
        "next\nevent 2\nnext 4\nget\nuntil status=CrashLoopBackOff\nwhy\nwhy event\nback\nback event\nback until status=Running\nlogs\ngoto 2m\nstrip\ncoming\nhistory 3\nquit\n",
    );
}

#[test]
fn what_kubectl_shows_and_what_goes_wrong() {
    transcript(
        "what_kubectl_shows",
        &["tests/step/image-pull-back-off.toml", "--plain"],
        "failure\nwhy\nget\nselect cart\ndescribe\nlogs\nevents\nselect nobody\nselect car\n",
    );
}

/// From a rollout that does not go on one comes over its ReplicaSet to the pod, and to what the scenario says.
#[test]
fn workloads_are_seen_with_what_they_make_and_asked_why() {
    transcript(
        "workloads",
        &["tests/step/rollout.toml", "--plain"],
        "goto 20s\ntree\nget all\nget endpoints\nget endpointslices\nget deploy,svc -o wide\nget pods -l app=web,tier!=back\nget rs web\nget deploys\n\
         get pods -n shop\nselect deployment/web\npod\nwhy\ngoto 60s\nwhy\nstrip\ndescribe\nevents\ngoto 2m\ntree\nwhy\n\
         why Progressing\nwhy ScalingReplicaSet\nget events\nselect svc/web\ndescribe\nwhy endpoints\nselect\nwhy deploy/web\n\
         select deployment/nobody\ndo rollout undo deployment/web\ngoto +5s\ntree\nback failure\ntree\n\
         goto 0s\nuntil ready>=3 service=web\nuntil rollout=complete deployment=web\nuntil rollout=done\n",
    );
}

#[test]
fn predictions_are_scored_and_explained() {
    transcript(
        "predictions",
        &["tests/step/crash-loop.toml", "--plain", "--quiz"],
        "goto 5s\nnext\nnext\n1\nnext 2\nnext\n2\nquiz off\nask\nanswer seven\nanswer 3\nscore\nend\nquit\n",
    );
}

#[test]
fn what_comes_is_told_as_far_as_it_is_certain() {
    transcript(
        "what_comes",
        &["tests/step/graceful-deletion.toml", "--plain"],
        "goto 200ms\ncoming\ngoto 31s\ncoming\nselect stubborn\ncoming\nend\ncoming\n",
    );
}

#[test]
fn what_may_come_is_told_in_windows() {
    transcript(
        "what_may_come",
        &["tests/step/crash-loop.toml", "--plain"],
        "predict\ngoto 5s\npredict\nuntil status=CrashLoopBackOff\npredict orders\npredict nobody\ndo delete pod/orders\npredict orders\nend\npredict\n",
    );
    transcript(
        "what_may_come_of_workloads",
        &["tests/step/rollout.toml", "--plain"],
        "goto 20s\npredict deployment/web\npredict svc/web\nselect deployment/web\npredict\ngoto 2m\npredict\n",
    );
}

#[test]
fn what_is_done_is_logged_and_saved() {
    let folder = std::env::temp_dir().join(format!("kubelapse-step-{}", std::process::id()));
    let file = folder.join("mine.toml");
    let lines = format!(
        "goto 30s\ndo kubectl delete pod orders --grace-period=5\nnext\nwhy\ndo cordon node/nod\ndo stop\ndo stop node/node\nundo\ndo delete pod/orders now=yes\nsave {}\nend\n",
        file.display()
    );
    let (text, code) = conversation(&["tests/step/crash-loop.toml", "--plain"], &lines);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!("what_is_done", text.replace(&folder.display().to_string(), "FOLDER"));
    let saved = std::fs::read_to_string(&file).expect("it was saved");
    assert!(
        saved.contains("[[action]]\nat = \"30.000001s\"\ndelete = \"pod/orders\"\ngracePeriodSeconds = 5\n")
    );
    let (again, _) = conversation(&[&file.display().to_string(), "--plain"], "goto 31s\nhistory 3\n");
    assert!(again.contains("Terminating"), "{again}");
    std::fs::remove_dir_all(&folder).expect("it can be removed");
}

#[test]
fn what_cannot_be_understood_is_told_and_nothing_is_lost() {
    transcript(
        "misunderstandings",
        &["tests/step/crash-loop.toml", "--plain"],
        "bakc\nnext twice\nuntil restarts=many\ngoto soon\ncontinue\nwhy Redy\nquiz maybe\nanswer 1\nsave\nbreak status=Error\ncontinue\nback continue\nhelp\n",
    );
}

#[test]
fn pods_are_named_as_for_kubectl() {
    let lines =
        "goto 5s\nkubectl describe pod orders\nlogs pod orders app\nkubectl get pods\ndelete pod orders\n";
    let (text, code) = conversation(&["tests/step/crash-loop.toml", "--plain"], lines);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Name:             orders\n"), "{text}");
    assert!(text.contains("RESTARTS   AGE\norders"), "{text}");
    assert!(text.contains("`delete` is an action: `do delete pod orders`"), "{text}");
    assert!(!text.contains("not found") && !text.contains("not valid"), "{text}");
}

#[test]
fn a_scenario_that_cannot_be_opened_is_refused() {
    let (text, code) = conversation(&["crash-lop", "--plain"], "");
    assert_eq!(code, 2);
    assert!(text.contains("did you mean `crash-loop`?"), "{text}");
    let (text, code) =
        conversation(&["tests/step/crash-loop.toml", "--plain", "--set", "pod.orders.at=soon"], "");
    assert_eq!(code, 2);
    assert!(text.contains("soon"), "{text}");
}

/// What a command prints that goes on comes between the steps, once.
#[test]
fn a_rollout_is_followed_while_the_run_goes_on() {
    let lines = "goto 61s\ndo rollout status deployment/web\ngoto 100s\ngoto 150s\ngoto 151s\nquit\n";
    let case = "tests/field-workloads/bad-image-and-undo/case.toml";
    let (text, code) = conversation(&[case, "--plain"], lines);
    assert_eq!(code, 0, "{text}");
    let waits =
        "Waiting for deployment \"web\" rollout to finish: 2 out of 4 new replicas have been updated...";
    let asked = text.find("you: rollout status deployment/web").expect("it is asked");
    assert!(
        text[asked..].contains(&format!("{waits}\nit goes on; what it prints comes as you do\n")),
        "{text}"
    );
    let ends = "error: deployment \"web\" exceeded its progress deadline";
    assert_eq!(text.matches(ends).count(), 1, "{text}");
    let at = text.find(ends).expect("it ends");
    assert!(text[..at].contains("[1m40") && !text[at..].contains("[1m40"), "{text}");
    let lines = "goto 60s\ndo rollout status deployment/web\ngoto 70s\ngoto 60s\ngoto 70s\nquit\n";
    let (text, _) = conversation(&["tests/field-workloads/quarter-of-four/case.toml", "--plain"], lines);
    let ends = "s: deployment \"web\" successfully rolled out\n";
    assert_eq!(text.matches(ends).count(), 2, "once each time that it comes: {text}");
    let waits = "1 out of 4 new replicas have been updated...\n";
    assert!(text.contains(waits) && text.contains("old replicas are pending termination...\n"), "{text}");
}

/// Who walks through a lesson's scenario is asked nothing unasked, and is told how to be.
#[test]
fn a_lessons_questions_are_asked_where_that_is_asked_for() {
    let (told, code) = conversation(&["crash-loop", "--plain"], "end\nquit\n");
    assert!(code == 0 && !told.contains("Question: "), "{told}");
    assert!(told.contains(" questions are not asked here: `quiz on` switches them on."), "{told}");
    let (told, _) = conversation(&["crash-loop", "--plain"], "quiz on\nend\nquit\n");
    assert!(told.contains("Question: "), "{told}");
    let (told, _) = conversation(&["crash-loop", "--plain", "--quiz"], "end\nquit\n");
    assert!(told.contains("Question: ") && !told.contains("are not asked here"), "{told}");
}

#[test]
fn namespaces_are_listed_as_kubectl_lists_them() {
    let (told, code) =
        conversation(&["crash-loop", "--plain"], "get ns\nget namespace default -o name\nquit\n");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("NAME              STATUS   AGE\ndefault           Active   24h\n"), "{told}");
    assert!(
        told.contains("kube-node-lease   Active   24h\n") && told.contains("namespace/default\n"),
        "{told}"
    );
}
