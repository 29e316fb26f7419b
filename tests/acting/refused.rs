//! What cannot be done is answered in words, and changes nothing.

use crate::*;

/// Words, never silence.
#[test]
fn what_is_not_there_or_does_not_run_is_answered() {
    // Where workloads make pods, nobody knows the names that there will be.
    let mut walk = workshop(&WORKSHOP.replace("[[apply]]\nmanifest = \"shop.yaml\"\nat = \"5s\"\n", ""));
    let start = walk.plan().start;
    let mut told = |secs: i64, words: &str| {
        walk.seek_time(start + Span::from_secs(secs));
        let told = walk.act(words).unwrap_or_else(|problem| panic!("{words}: {problem}"));
        assert_eq!(told.refusals, told.answer.len(), "{words}");
        assert!(walk.answers().last().is_some_and(|last| last.ends_with(&told.answer[0])), "{words}");
        told.answer.join("\n")
    };
    assert_eq!(
        told(20, "remove cm/settings"),
        "Error from server (NotFound): configmaps \"settings\" not found"
    );
    assert_eq!(
        told(20, "create secret/regcred"),
        "Error from server (AlreadyExists): secrets \"regcred\" already exists"
    );
    assert_eq!(
        told(20, "create cm/nobody"),
        "Error from server (AlreadyExists): configmaps \"nobody\" already exists"
    );
    assert_eq!(told(20, "kill pod/gated"), "container app of pod gated does not run");
    assert_eq!(told(20, "kill pod/gated sandbox=true"), "no sandbox of pod gated runs");
    assert_eq!(told(1, "delete pod/web-2"), "Error from server (NotFound): pods \"web-2\" not found");
    walk.seek_time(start);
    let crashed = Move::Until(Breakpoint::parse("container=app:terminated pod=web-0").expect("a breakpoint"));
    assert_eq!(walk.go(Direction::Forward, &crashed), Stop::There);
    let told = walk.act("setProbe pod/web-0 ok=true").expect("it can be asked");
    assert_eq!(told.answer, ["container app of pod web-0 does not run"]);
    let told = walk.act("delete pod/gone-*").expect_err("no pod is ever called so");
    assert!(told.contains("there is never a pod `gone-`"), "{told}");
    walk.seek_time(start + Span::from_millis(600));
    let told = walk.act("setProbe pod/gated ok=true").expect("it can be done");
    assert_eq!(told.answer, ["pod/gated will have a readiness probe of app that succeeds when it starts"]);
}

#[test]
fn what_cannot_be_done_is_refused_in_words_and_changes_nothing() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(10));
    let (position, saved) = (walk.position(), walk.saved());
    for (words, hint) in [
        ("", "what is to be done"),
        ("delet pod/orders", "did you mean `delete`"),
        ("delete", "what?"),
        ("delete pod/order", "did you mean `orders`"),
        ("delete pod/orders gracePeriodSeconds=soon", "cannot be read"),
        ("delete pod/orders signal=9", "takes no `signal`"),
        ("create settings", "of what kind"),
        ("patch pod/orders merge={", "not closed"),
    ] {
        let problem = walk.act(words).expect_err("it cannot be done");
        assert!(problem.contains(hint), "{words}: {problem}");
        assert_eq!((walk.position(), walk.saved()), (position, saved.clone()));
    }
    run_out(&mut walk);
    assert!(walk.act("delete pod/orders").expect_err("too late").contains("ends at"));
}

/// What the API server refuses comes back as kubectl prints it, and the pod stays as it was.
#[test]
fn a_patch_is_let_in_or_refused_as_the_api_server_does_it() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(10));
    walk.act("patch pod/orders merge={ spec = { restartPolicy = \"Never\", activeDeadlineSeconds = 0 } }")
        .expect("it can be asked");
    let [refused] = walk.answers() else { panic!("{:?}", walk.answers()) };
    assert!(refused.contains(": The Pod \"orders\" is invalid: "), "{refused}");
    assert!(refused.contains("spec: Forbidden: pod updates may not change fields other than"), "{refused}");
    assert_eq!(walk.world().pods[0].spec.restart_policy, Some(kubelapse::api::RestartPolicy::Always));
    walk.act("patch pod/orders merge={ metadata = { labels = { app = \"null\", tier = \"web\" }, finalizers = [\"example.com/keep\"] }, spec = { activeDeadlineSeconds = 300 } }")
        .expect("it can be done");
    assert_eq!(walk.answers().len(), 1, "{:?}", walk.answers());
    walk.act("setImage pod/orders container=app image=\"registry.example/shop/orders:2.4 \"")
        .expect("it can be asked");
    assert!(walk.answers()[1].contains("spec.containers[0].image: Invalid value"), "{:?}", walk.answers());
    walk.act("setImage pod/orders container=app image=registry.example/shop/orders:2.4")
        .expect("it can be done");
    assert_eq!(walk.answers().len(), 2, "{:?}", walk.answers());
    assert_eq!(walk.world().pods[0].spec.containers[0].image, "registry.example/shop/orders:2.4");
    run_out(&mut walk);
    let pod = &walk.world().pods[0];
    assert_eq!(pod.labels["tier"], "web");
    assert_eq!(pod.finalizers.len(), 1);
    assert_eq!(pod.status.phase(), kubelapse::api::Phase::Failed);
    assert_eq!(pod.status.reason().as_str(), "DeadlineExceeded");
}

#[test]
fn a_probe_that_the_container_has_not_cannot_fail() {
    let mut walk = shipped("crash-loop");
    walk.seek_time(walk.plan().start + Span::from_secs(5));
    let told = walk.act("setProbe pod/orders probe=liveness").expect("it can be asked");
    assert_eq!((told.refusals, told.answer.len()), (1, 1));
    assert_eq!(told.answer, ["container app of pod orders has no livenessProbe"]);
}

#[test]
fn a_probe_can_be_made_to_fail_and_to_succeed_again() {
    let mut walk = shipped("probes");
    let start = walk.plan().start;
    let until = |text: &str| Move::Until(Breakpoint::parse(text).expect("a breakpoint"));
    assert_eq!(walk.go(Direction::Forward, &until("ready=1/1")), Stop::There);
    walk.act("setProbe pod/catalog output=\"made to fail\"").expect("it can be done");
    let told = walk.now();
    assert_eq!(walk.go(Direction::Forward, &until("condition=Ready:False")), Stop::There);
    assert!(walk.now().since(told) < Span::from_secs(40), "{:?}", walk.now().since(start));
    walk.act("setProbe catalog ok=true").expect("it can be done");
    assert_eq!(walk.go(Direction::Forward, &until("condition=Ready:True")), Stop::There);
    assert!(walk.now().since(told) < Span::from_secs(60), "{:?}", walk.now().since(start));
    run_out(&mut walk);
    let plan = scenario::load("saved.toml", &walk.saved(), &|p| Err(p.to_owned()), &[]).expect("it is read");
    assert_eq!(session::live(&Arc::new(plan), walk.seed()).digest, walk.world().digest.to_string());
}
