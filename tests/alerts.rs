//! Alerts: the real promtool evaluates the rules over the series of runs; without it, and with rules that are none, one is told what to do.

#![cfg(all(feature = "cli", unix))]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use std::path::Path;
use std::process::{Command, Output};

use clients::has_promtool;
use desk::Desk;
use serde_json::Value;

fn desk(name: &str) -> Desk {
    Desk::with(&format!("alerts-{name}"), Some("cli"))
}

/// Exit code, and what was said to whom.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const USUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/alerts/usual.yaml");

#[test]
fn without_promtool_one_is_told_how_to_get_it() {
    let desk = desk("none");
    let output = desk.command(&format!("alerts {USUAL} crash-loop")).env("PATH", &desk.0).output();
    let (code, out, words) = told(&output.expect("the program starts"));
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(words.contains("no promtool on the PATH") && words.contains("apt install prometheus"), "{words}");
}

#[test]
fn a_file_that_holds_no_rules_is_refused() {
    let desk = desk("wrong");
    for (text, said) in
        [("groups: [", "1:"), ("a: 1\n", "no `groups`"), ("groups: []\n", "no rule in it has an `alert`")]
    {
        std::fs::write(desk.0.join("rules.yaml"), text).expect("a file");
        let (code, _, words) = told(&desk.run("alerts rules.yaml crash-loop"));
        assert_eq!(code, Some(2), "{words}");
        assert!(
            words.contains("rules.yaml: ") && words.contains(said) && words.contains("hint: "),
            "{words}"
        );
    }
    let (code, _, words) = told(&desk.run("alerts nowhere.yaml crash-loop"));
    assert_eq!(code, Some(2));
    assert!(words.contains("nowhere.yaml"), "{words}");
}

#[test]
fn an_expression_that_is_none_is_told_with_its_place() {
    if !has_promtool() {
        return;
    }
    let desk = desk("expression");
    let rules = "groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: rate(up[5m)\n";
    std::fs::write(desk.0.join("mine.yaml"), rules).expect("a file");
    let (code, _, words) = told(&desk.run("alerts mine.yaml crash-loop"));
    assert_eq!(code, Some(2));
    assert!(
        words.contains("mine.yaml: 5:") && words.contains("\"Down\"") && words.contains("hint: "),
        "{words}"
    );
}

/// What an alert did in the only run.
fn alert(told: &Value, name: &str) -> Value {
    told[0]["runs"][0]["alerts"][name].clone()
}

#[test]
fn an_alert_fires_once_its_condition_has_held_for_long_enough() {
    if !has_promtool() {
        return;
    }
    let desk = desk("fires");
    let (code, out, words) = told(&desk.run(&format!("alerts {USUAL} crash-loop --until 1h -o json")));
    assert_eq!(code, Some(0), "{words}");
    let told: Value = serde_json::from_str(&out).expect("JSON");
    let looping = alert(&told, "ContainerCrashLooping");
    let (pending, fires) = (looping["pending"].as_f64(), looping["firing"][0][0].as_f64());
    assert_eq!(fires, pending.map(|at| at + 300.0), "{looping}");
    assert_eq!(looping["lasts"], true);
    assert_eq!(alert(&told, "NodeNotReady")["firing"], serde_json::json!([]));
    assert_eq!(told[0]["seen"], true);
}

/// The same whoever asks: twice, and whatever is asked beside.
#[test]
fn people_pages_and_ci_are_told_the_same() {
    if !has_promtool() {
        return;
    }
    let desk = desk("formats");
    let run = |form: &str| told(&desk.run(&format!("alerts {USUAL} node-lost happy-path -o {form}"))).1;
    let text = run("text");
    assert_eq!(text, run("text"));
    assert!(
        text.contains("node-lost, seed 0\n") && text.contains("NodeNotReady  ") && text.contains("never: "),
        "{text}"
    );
    assert!(text.contains("1 of 2 scenarios are seen by no rule: happy-path"), "{text}");
    let page = run("markdown");
    assert!(
        page.contains("| `node-lost` |")
            && page.lines().nth(1).is_some_and(|line| line.starts_with("| --- |")),
        "{page}"
    );
    let report = run("junit");
    assert!(
        report.contains("<testcase name=\"NodeNotReady\" classname=\"node-lost\"")
            && report.contains("fires after"),
        "{report}"
    );
}

/// Two scenarios may be called alike: what one does is not told of the other, and what is kept would have one file for both.
#[test]
fn scenarios_of_one_name_are_told_apart() {
    if !has_promtool() {
        return;
    }
    let desk = desk("alike");
    for (folder, runs) in [("a", "1s\", exit = 1"), ("b", "forever\"")] {
        let text = format!(
            "name = \"web\"\nuntil = \"30m\"\n[[pod]]\nname = \"web\"\nspec.containers = [{{ name = \"app\", image = \"x\" }}]\n\
             behavior.containers.app.attempts = [{{ runs = \"{runs} }}]\n"
        );
        std::fs::create_dir(desk.0.join(folder)).expect("a folder");
        std::fs::write(desk.0.join(folder).join("web.toml"), text).expect("a file");
    }
    let (code, out, words) = told(&desk.run(&format!("alerts {USUAL} a/web.toml b/web.toml -o json")));
    assert_eq!(code, Some(0), "{words}");
    let found: Value = serde_json::from_str(&out).expect("JSON");
    let seen: Vec<_> = found.as_array().into_iter().flatten().map(|own| own["seen"].as_bool()).collect();
    assert_eq!(seen, [Some(true), Some(false)], "{out}");
    let (code, _, words) =
        told(&desk.run(&format!("alerts {USUAL} a/web.toml b/web.toml --write-tests kept")));
    assert!(code == Some(2) && words.contains("two scenarios are called `web`"), "{words}");
    assert!(!desk.0.join("kept").exists());
}

/// What is left behind promtool takes without us; it holds until the rules find something else.
#[test]
fn unit_tests_are_kept() {
    if !has_promtool() {
        return;
    }
    let desk = desk("kept");
    let (code, _, words) =
        told(&desk.run(&format!("alerts {USUAL} crash-loop --until 30m --write-tests kept")));
    assert_eq!(code, Some(0), "{words}");
    let holds = || {
        let output = Command::new("promtool")
            .args(["test", "rules", "crash-loop.test.yaml"])
            .current_dir(desk.0.join("kept"))
            .output();
        output.expect("it runs")
    };
    assert!(holds().status.success(), "{:?}", told(&holds()));
    let rules = desk.0.join("kept/rules.yaml");
    let text = std::fs::read_to_string(&rules).expect("its rules");
    std::fs::write(&rules, text.replace("for: 5m", "for: 6m")).expect("a file");
    assert!(!holds().status.success());
}

/// A disk that takes no more is played by a limit on the size of files.
#[test]
fn a_full_disk_is_told() {
    if !has_promtool() {
        return;
    }
    let desk = desk("full");
    let program = env!("CARGO_BIN_EXE_kubelapse");
    let script =
        format!("trap '' XFSZ; ulimit -f 8; exec '{program}' alerts '{USUAL}' crash-loop --write-tests kept");
    let output = Command::new("sh").args(["-c", &script]).current_dir(&desk.0).output().expect("a shell");
    let (code, _, words) = told(&output);
    assert_eq!(code, Some(2), "{words}");
    assert!(
        words.starts_with("error: ") && !Path::new(&desk.0.join("kept/crash-loop.test.yaml")).exists(),
        "{words}"
    );
}

#[test]
fn too_many_evaluations_are_refused() {
    if !has_promtool() {
        return;
    }
    let (code, _, words) =
        told(&desk("many").run(&format!("alerts {USUAL} crash-loop --scrape-interval 10ms")));
    assert_eq!(code, Some(2));
    assert!(words.contains("are too many") && words.contains("--scrape-interval 5m"), "{words}");
}

/// A scenario that expects alerts, with the rules beside it.
fn expecting(desk: &Desk) {
    let expects = "
[[expect]]
alert = \"Down\"
rules = \"rules.yaml\"
by = \"2m\"

[[expect]]
alert = \"Up\"
rules = \"rules.yaml\"
fires = false
";
    let scenario = "name = \"mine\"\nkubernetes = \"1.36\"\nuntil = \"5m\"\n[[pod]]\nname = \"web\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n";
    std::fs::write(desk.0.join("mine.toml"), format!("{scenario}{expects}")).expect("a file");
    let rules = "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: 'kube_pod_status_ready{condition=\"false\"} == 1', for: 1m}\n  \
                 - {alert: Up, expr: 'kube_pod_status_ready{condition=\"true\"} == 1', for: 1m}\n";
    std::fs::write(desk.0.join("rules.yaml"), rules).expect("a file");
}

#[test]
fn an_expected_alert_that_nobody_can_ask_for_is_not_checked() {
    let desk = desk("unchecked");
    expecting(&desk);
    let run =
        |line: &str| told(&desk.command(line).env("PATH", &desk.0).output().expect("the program starts"));
    let (code, out, _) = run("test mine.toml");
    assert_eq!(code, Some(0), "{out}");
    assert!(
        out.contains("not checked: mine.toml:10: alert Down fires by 2m0s: there is no promtool"),
        "{out}"
    );
    assert!(out.contains("2 expected alerts: 0 failed, 2 not checked"), "{out}");
    assert_eq!(run("test mine.toml --strict").0, Some(2));
    assert!(run("test mine.toml -o junit").1.contains("<skipped"));
}

#[test]
fn an_expected_alert_is_judged() {
    if !has_promtool() {
        return;
    }
    let desk = desk("judged");
    expecting(&desk);
    let (code, out, _) = told(&desk.run("test mine.toml --strict"));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("FAIL  mine.toml:10: alert Down fires by 2m0s\n    seen      never"), "{out}");
    assert!(out.contains("alert Up does not fire\n    seen      fires after"), "{out}");
    assert!(out.contains("2 expected alerts: 2 failed"), "{out}");
}

#[test]
fn what_cannot_be_expected_of_an_alert_is_told() {
    let desk = desk("keys");
    expecting(&desk);
    let text = std::fs::read_to_string(desk.0.join("mine.toml")).expect("a file");
    for (from, to, said) in [
        ("by = \"2m\"", "at = \"2m\"", "`at` cannot be expected of an `alert`"),
        ("rules = \"rules.yaml\"\nby", "by", "lacks `rules`"),
        ("\"Down\"", "\"Dwon\"", "no rule of rules.yaml is called `Dwon`"),
    ] {
        std::fs::write(desk.0.join("other.toml"), text.replacen(from, to, 1)).expect("a file");
        let (code, _, words) = told(&desk.run("test other.toml"));
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains(said), "{words}");
    }
}

/// docs/alerts.md was made by the command that it names.
#[test]
fn the_page_of_alerts_says_what_fires() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/alerts.md")).expect("the page");
    let rules = std::fs::read_to_string(USUAL).expect("the rules");
    let names: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert_eq!(names.len(), 18);
    for name in names {
        assert!(page.contains(&format!("| `{name}` |")), "{name} is not told of");
    }
    for scenario in kubelapse::scenario::builtin::ALL {
        let is_told = page.contains(&format!("| `{}` | ", scenario.name));
        assert_eq!(
            is_told,
            scenario.topic != kubelapse::scenario::builtin::Topic::Scale,
            "{}",
            scenario.name
        );
    }
    if !has_promtool() {
        return;
    }
    let some = "crash-loop node-lost happy-path rollout-stalls tag-typo oom-loop";
    let (code, out, words) =
        told(&desk("page").run(&format!("alerts {USUAL} {some} --until 1h -o markdown")));
    assert_eq!(code, Some(0), "{words}");
    for row in out.lines().filter(|line| line.starts_with("| `")) {
        assert!(page.contains(row), "{row}");
    }
}

/// Who is killed leaves a folder behind, and the next one clears it; what somebody still holds stays.
#[test]
fn what_a_killed_process_has_left_is_cleared_by_the_next() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = desk("left");
    let (tools, temporary) = (desk.0.join("tools"), desk.0.join("temporary"));
    for folder in [&tools, &temporary] {
        std::fs::create_dir(folder).expect("a folder");
    }
    // It finds nothing wrong, and that no series is there.
    let tool = tools.join("promtool");
    std::fs::write(&tool, "#!/bin/sh\nexit 0\n").expect("a file");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let left = || -> Vec<String> {
        let entries = std::fs::read_dir(&temporary).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|own| own.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let play = |fault: &str| {
        let mut command = desk.command(&format!("alerts {USUAL} crash-loop --until 1m"));
        command.env("PATH", &tools).env("TMPDIR", &temporary).env("KUBELAPSE_FAULT", fault);
        command.output().expect("the program starts").status.code()
    };
    // Before the rules are there under their name.
    for fault in ["3:kill", "7:kill"] {
        assert_eq!(play(fault), Some(137));
        let names = left();
        assert_eq!(names.iter().filter(|name| name.ends_with(".lock")).count(), 1, "{fault}: {names:?}");
        assert_eq!(names.len(), 2, "{fault}: {names:?}");
    }
    let held = temporary.join("kubelapse-rules-1-0.lock");
    let lock = std::fs::File::create(&held).expect("a file");
    lock.lock().expect("a lock");
    std::fs::create_dir(temporary.join("kubelapse-rules-1-0")).expect("a folder");
    assert_eq!(play("0:"), Some(0));
    assert_eq!(left(), ["kubelapse-rules-1-0", "kubelapse-rules-1-0.lock"]);
    drop(lock);
    assert_eq!(play("0:"), Some(0));
    assert!(left().is_empty(), "{:?}", left());
}
