//! What was done is saved as a scenario that replays to the same bytes.

use crate::*;

#[test]
fn what_is_done_is_saved_as_a_scenario_that_replays_to_the_same_bytes() {
    for (name, at, words) in [
        ("crash-loop", 20, "delete pod/orders"),
        ("crash-loop", 3, "kubectl delete pod orders --grace-period=0 --force"),
        ("happy-path", 4, "kill pod/web container=app signal=TERM"),
        ("node-lost", 200, "start node/node-0"),
    ] {
        let mut walk = shipped(name);
        walk.seek_time(walk.plan().start + Span::from_secs(at));
        let before = walk.history().to_vec();
        let target = walk.world().pods.first().map(|p| p.ident.name.to_string()).unwrap_or_default();
        let words = words.replace("pod/web", &format!("pod/{target}"));
        let container = walk.world().pods[0].spec.containers[0].name;
        let words = words.replace("container=app", &format!("container={container}"));
        walk.act(&words).unwrap_or_else(|problem| panic!("{name}: {words}: {problem}"));
        assert_eq!(walk.history().to_vec()[..before.len()], before[..], "{name}: the past stays what it was");
        // Away from it and back again: it is part of the run.
        let here = walk.position();
        walk.seek(here / 2);
        walk.seek(here);
        run_out(&mut walk);
        let saved = walk.saved();
        let plan = plan(&saved);
        let lived = session::live(&plan, walk.seed());
        assert_eq!(
            bytes(&walk.history().to_vec(), &walk.world().directory),
            bytes(&lived.transitions, &lived.directory),
            "{name}: {words}"
        );
        assert_eq!(lived.digest, walk.world().digest.to_string());
    }
}

/// A saved file is gone on with: at the microsecond at which it has an action of its own, that one comes first.
#[test]
fn a_saved_file_is_gone_on_with_at_the_same_instant() {
    let mut walk = workshop(WORKSHOP);
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    walk.act("label pod/web-0 labels={ who = \"first\" }").expect("it can be done");
    let mut next = workshop(&walk.saved());
    next.seek_time(next.plan().start + Span::from_secs(30));
    next.act("label pod/web-0 labels={ who = \"second\" }").expect("it can be done");
    assert_eq!(next.world().pods[0].labels["who"], "second");
    next.act("label pod/web-0 labels={ who = \"third\" }").expect("it can be done");
    run_out(&mut next);
    replays(&next, "three at once");
}

#[test]
fn the_largest_seed_and_a_list_of_actions_on_one_line_are_saved() {
    let text = WORKSHOP.split("[[action]]").next().unwrap_or_default();
    let text = text.replacen("until", "action = [{ at = \"9s\", cordon = \"node/n1\" }]\nuntil", 1);
    let (script, loaded) = Script::load("workshop.toml", &text, &beside, &[]).expect("it is read");
    for seed in [0, u64::MAX] {
        let mut walk = Walk::new(script.clone(), &Arc::new(loaded.plan.clone()), seed);
        walk.seek_time(walk.plan().start + Span::from_secs(30));
        walk.act("uncordon node/n1").expect("it can be done");
        run_out(&mut walk);
        replays(&walk, &format!("seed {seed}"));
        let saved = plan_of(&walk.saved());
        assert_eq!((saved.seed, saved.actions.len()), (seed, 2));
    }
    for (seed, told) in [
        ("-1", "-1 is out of range"),
        ("\"18446744073709551616\"", "expected 18446744073709551615 at most"),
        ("\"seven\"", "a string does not belong here"),
        ("1.5", "expected a whole number from 0 up"),
    ] {
        let problems =
            scenario::load("seed.toml", &format!("seed = {seed}"), &scenario::no_files, &[]).expect_err(seed);
        assert!(problems.render(false).contains(told), "{seed}: {}", problems.render(false));
    }
}

#[test]
fn overrides_and_another_seed_are_saved_too() {
    let found = builtin::find("crash-loop").expect("it is shipped");
    let overrides = ["pod.orders.behavior.containers.app.attempts=[{ runs = \"4s\", exit = 3 }]".to_owned()];
    let (script, loaded) =
        Script::load("crash-loop.toml", found.text, &scenario::no_files, &overrides).expect("it is read");
    let mut walk = Walk::new(script, &Arc::new(loaded.plan), 77);
    walk.seek_time(walk.plan().start + Span::from_secs(30));
    walk.act("label pod/orders labels={ team = \"shop\" }").expect("it can be done");
    run_out(&mut walk);
    let plan = plan_of(&walk.saved());
    assert_eq!(plan.seed, 77);
    let lived = session::live(&plan, 77);
    assert_eq!(lived.digest, walk.world().digest.to_string());
}

/// As kubectl is asked for it, it is the same action, and is saved as such.
#[test]
fn what_is_typed_as_for_kubectl_is_played_and_saved() {
    let mut walk = workshop(WORKSHOP);
    walk.seek_time(walk.plan().start + Span::from_secs(20));
    for (words, answer) in [
        ("kubectl set image pod/web-0 app=registry.example/shop/web:3", "pod/web-0 image updated"),
        ("label pod web-0 app=x tier=front", "pod/web-0 labeled"),
        ("label pods web-0 tier-", "pod/web-0 unlabeled"),
        ("taint node n1 a=b:NoSchedule", "node/n1 tainted"),
        ("taint nodes n1 a=b:NoSchedule-", "node/n1 untainted"),
        ("patch pod/web-0 -p '{\"metadata\":{\"annotations\":{\"by\":\"me\"}}}'", "pod/web-0 patched"),
        (
            "set resources deployment/shop -c app --limits=memory=64Mi",
            "deployment.apps/shop resource requirements updated",
        ),
        ("set env deploy shop LEVEL=debug OLD-", "deployment.apps/shop env updated"),
        ("set env deployment/shop LEVEL-", "deployment.apps/shop env updated"),
        ("set selector service/shop app=shop tier=front", "service/shop selector updated"),
        (
            "patch service/shop --type merge -p '{\"spec\":{\"selector\":{\"tier\":null}}}'",
            "service/shop patched",
        ),
        (
            "patch deployment shop -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"registry.example/shop/web:2\"}]}}}}'",
            "deployment.apps/shop patched",
        ),
        ("delete configmap other", "configmap \"other\" deleted from default namespace"),
    ] {
        let told = walk.act(words).unwrap_or_else(|problem| panic!("{words}: {problem}"));
        assert_eq!(told.answer, [answer], "{words}");
    }
    run_out(&mut walk);
    replays(&walk, "as for kubectl");
}
