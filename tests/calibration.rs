//! Recordings are held against seeds, and a version of Kubernetes against another, by the program.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use desk::Desk;
use serde_json::Value;

/// A container that crashes again and again, with a probe beside it: gaps of several kinds.
const SCENARIO: &str = r#"
name       = "crash"
kubernetes = "1.36"
until      = "3m"
[[pod]]
name = "web"
  [[pod.spec.containers]]
  name  = "app"
  image = "registry.example/shop/web:1.4"
  readinessProbe = { httpGet = { port = 8080 }, periodSeconds = 5 }
  [pod.behavior.containers.app]
  attempts = [{ runs = "7s", exit = 1 }]
"#;

/// As many recordings as are asked for, made by the simulator: what stands in for a cluster is `truth`.
fn record(desk: &Desk, set: &str, truth: &str, count: u64) {
    std::fs::write(desk.0.join("truth.toml"), truth).expect("a scenario");
    for number in 0..count {
        let folder = desk.0.join(set).join(format!("r{number:02}"));
        let output = desk.run(&format!("run truth.toml --quiet --seed {} --out truth", 1000 + number));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::create_dir_all(&folder).expect("a folder of a recording");
        std::fs::rename(desk.0.join("truth/timeline.csv"), folder.join("timeline.csv"))
            .expect("its timeline");
        std::fs::write(folder.join("scenario.toml"), SCENARIO).expect("its scenario");
    }
}

fn answer(desk: &Desk, line: &str) -> (Option<i32>, Value) {
    let output = desk.run(line);
    let said = String::from_utf8_lossy(&output.stderr);
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{line}: {e}: {said}")),
    )
}

#[test]
fn recordings_of_the_same_dice_are_calibrated_and_others_are_not() {
    let desk = Desk::with("calibration", None);
    record(&desk, "same", SCENARIO, 12);
    let (code, report) = answer(&desk, "compare --calibrate same --seeds 40 -o json");
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["calibrated"], true);
    let set = &report["sets"][0];
    assert_eq!((&set["set"], &set["recordings"]), (&"same".into(), &12.into()));
    // Forty seeds do not show all that the next one may do.
    assert!(set["events"].as_u64() >= Some(10), "{report}");
    let kinds: Vec<&str> =
        report["kinds"].as_array().into_iter().flatten().filter_map(|k| k["kind"].as_str()).collect();
    assert!(kinds.contains(&"requeue") && kinds.contains(&"count"), "{kinds:?}");

    // There a process dies a second later, each time.
    record(&desk, "late/slow", &SCENARIO.replace("7s", "8s"), 12);
    let output = desk.run("compare --calibrate late --seeds 40");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let words = [
        "SET    RECORDINGS   SEQUENCE",
        "slow   12",
        "not as recorded, in any of 40 seeds:",
        "\nnot calibrated: ",
    ];
    words.iter().for_each(|words| assert!(said.contains(words), "no `{words}` in\n{said}"));
}

#[test]
fn what_is_no_recording_is_told() {
    let desk = Desk::with("no-recording", None);
    std::fs::create_dir_all(desk.0.join("empty")).expect("a folder");
    for (line, words) in [
        ("compare --calibrate empty", "empty: no recording in it"),
        ("compare --calibrate nowhere", "nowhere: "),
        ("compare a.csv b.csv --seeds 3", "--seeds is for --versions and --calibrate"),
        (
            "compare crash-loop --versions 1.32,1.36 --until settled",
            "--until: `settled` is no duration; a duration is wanted, such as 90s or 15m",
        ),
        ("compare crash-loop --versions 1.32,1.36 --within 5", "--within: `5` has no unit"),
        ("compare web.toml --versions 1.36", "two different versions from 1.32 to 1.37"),
        ("compare crash-loop --versions 1.36,1.36", "two different versions"),
        ("compare no-such --versions 1.32,1.36", "`no-such` is neither a file"),
        ("compare one", "required"),
        ("compare", "required"),
    ] {
        let output = desk.run(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains(words), "{line}: no `{words}` in\n{said}");
    }
    // A scenario that is wrong fails its own recording, and is told.
    record(&desk, "wrong", SCENARIO, 1);
    std::fs::write(desk.0.join("wrong/r00/scenario.toml"), "untl = \"3m\"\n").expect("a scenario");
    let output = desk.run("compare --calibrate wrong --seeds 2");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("untl"));
    // So does a timeline that tells nothing, and a scenario that would read what lies elsewhere.
    for (file, text, words) in [
        ("timeline.csv", "time,pod,kind,to\n".to_owned(), "its timeline tells of no pod"),
        (
            "scenario.toml",
            "[[pod]]\nmanifest = \"../../secret.yaml\"\n".to_owned(),
            "outside of the scenario's folder",
        ),
    ] {
        record(&desk, "again", SCENARIO, 1);
        std::fs::write(desk.0.join("secret.yaml"), "kind: Pod\n").expect("a file");
        std::fs::write(desk.0.join("again/r00").join(file), text).expect("a file of a recording");
        let output = desk.run("compare --calibrate again --seeds 2");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "no `{words}` in\n{said}");
    }
}

#[test]
fn an_upgrade_is_played_with_the_same_luck() {
    let desk = Desk::with("upgrade", None);
    std::fs::write(desk.0.join("web.toml"), SCENARIO).expect("a scenario");
    // 1.33 waits for back-offs as 1.32 does, and tells containers in other words than 1.36.
    let (code, told) = answer(&desk, "compare web.toml --versions 1.32,1.36 --seeds 3 -o json");
    assert_eq!(code, Some(1));
    assert_eq!(told["versions"], serde_json::json!(["1.32", "1.36"]));
    assert_eq!((&told["seeds"], &told["differ"]), (&3.into(), &serde_json::json!([0, 1, 2])));
    let events = told["report"]["pods"][0]["events"].to_string();
    assert!(events.contains("Created container: app") && events.contains("Container created"), "{events}");
    let output = desk.run("compare web.toml --versions 1.35,1.36 --seeds 2");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.starts_with("A  web.toml, Kubernetes 1.35, seed 0\nB  web.toml, Kubernetes 1.36, seed 0\n"),
        "{said}"
    );
    assert!(said.ends_with(" of 2 seeds differ.\n"), "{said}");
    // Of manifests it says what it assumes, in words that it takes.
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: \"shop/web:1\" }] }\n";
    std::fs::write(desk.0.join("web.yaml"), pod).expect("a manifest");
    let output = desk.run("compare web.yaml --versions 1.35,1.36 --until 1m");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told.matches("([[node]] in a scenario)\n").count(), 1, "{told}");
    assert!(told.contains("([[node]] in a scenario)\n") && told.contains("after 1h at most\n"), "{told}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("Events were not compared: which of them came later is not known here (--until).\n"),
        "{said}"
    );
    assert!(!told.contains("--") && !told.contains("assumed: Kubernetes"), "{told}");
}
