//! `kubelapse new`: what it writes checks clean and passes its own test at once, and what it leaves commented out can be
//! switched on.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use desk::Desk;
use kubelapse::draft::{self, Manifest};
use kubelapse::scenario::{self, Loaded};
use kubelapse::session::expect;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/new").join(name)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn drafted(manifest: &str) -> String {
    let text = read(&fixture(manifest));
    match draft::from_manifest("shop", Manifest { path: manifest, text: &text }) {
        Ok(draft) => draft.text,
        Err(refusal) => panic!("{manifest}: {refusal:?}"),
    }
}

fn load(text: &str) -> Loaded {
    let loader = |path: &str| Ok(read(&fixture(path)));
    scenario::load_noting("shop.toml", text, &loader, &[])
        .unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false)))
}

/// All drafts: without a manifest, and of each one that is right.
fn drafts() -> Vec<(&'static str, String)> {
    let mut drafts = vec![("blank", draft::blank("shop"))];
    drafts.extend(
        ["web.yaml", "list.json", "workloads.yaml", "deployment.yaml"].map(|name| (name, drafted(name))),
    );
    drafts
}

#[test]
fn drafts_are_what_one_would_write_by_hand() {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in drafts() {
            insta::assert_snapshot!(name, text);
        }
    });
}

#[test]
fn what_a_draft_expects_holds_whatever_the_seed() {
    for (name, text) in drafts() {
        let loaded = load(&text);
        let warnings = loaded.warnings.render(false);
        assert!(loaded.warnings.items.is_empty(), "{name}: {warnings}");
        let plan = Arc::new(loaded.plan);
        assert!(plan.expects.len() > 1, "{name}");
        for seed in 0..40 {
            let failures = expect::check(&plan, seed);
            assert!(failures.is_empty(), "{name}, seed {seed}: {failures:?}");
        }
    }
}

/// The text with all that is commented out switched on: what stands right behind `#`.
fn switched_on(text: &str) -> String {
    text.lines().fold(String::new(), |all, line| {
        let blanks = line.len() - line.trim_start().len();
        let on = line[blanks..].strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        let line = on.map_or_else(|| line.to_owned(), |on| format!("{}{on}", &line[..blanks]));
        all + &line + "\n"
    })
}

#[test]
fn what_is_commented_out_can_be_switched_on() {
    for (name, text) in drafts() {
        let on = switched_on(&text);
        assert_ne!(on, text);
        let plan = load(&on).plan;
        assert!(!plan.actions.is_empty() && !plan.images.is_empty(), "{name}");
        // It does something, and plays to its end.
        assert!(kubelapse::session::live(&Arc::new(plan), 0).steps > 0, "{name}");
    }
}

#[test]
fn workloads_that_are_played_are_applied() {
    let text = drafted("deployment.yaml");
    assert!(
        text.contains("[[apply]]\nmanifest = \"deployment.yaml\"") && !text.contains("[[pod]]"),
        "{text}"
    );
    for (workload, container) in [("deployment/front", "migrate"), ("replicationcontroller/cache", "app")] {
        let program = format!("[[program]]\nworkload  = \"{workload}\"\ncontainer = \"{container}\"");
        assert!(text.contains(&program), "{text}");
    }
    // How long a start takes is the first thing that one asks of a probe.
    assert!(text.contains("\n#boots    = \"20s\"   # so long a start takes"), "{text}");
    // What the manifest brings itself nobody has to make.
    assert!(text.contains("#name      = \"database\"") && !text.contains("\"settings\""), "{text}");
    assert!(text.contains("deployment = \"front\"\nrollout   = \"complete\"\nready     = 3"), "{text}");
}

#[test]
fn every_container_can_be_given_a_behaviour_by_what_it_declares() {
    let text = drafted("web.yaml");
    for (container, lines) in [
        ("migrate", &["#runs ", "#exit "][..]),
        ("proxy", &["#startup "]),
        ("app", &["#readiness ", "#liveness ", "#postStart ", "#preStop "]),
    ] {
        let table = format!("[pod.behavior.containers.{container}]");
        let own = text.split(&table).nth(1).expect("a table for each container");
        let own = own.split("\n\n").next().expect("its lines");
        for line in lines {
            assert!(own.contains(line), "{container}: {line}\n{own}");
        }
    }
    for needed in ["web-settings", "web-database", "web-data"] {
        assert!(text.contains(&format!("#name      = \"{needed}\"")), "{needed}");
    }
    assert!(!text.contains("\"theme\""), "what is optional keeps nobody waiting");
}

impl Desk {
    fn new(name: &str) -> Desk {
        Desk::with(&format!("new-{name}"), Some("new"))
    }

    fn run(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kubelapse"))
            .args(line.split_whitespace())
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .expect("the program starts")
    }

    fn passes(&self, line: &str) {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", told(&output));
    }

    /// Refused with exit code 2; what was said.
    fn refused(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{line}");
        told(&output)
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_written_passes_its_test_right_away() {
    let desk = Desk::new("passes");
    let output = desk.run("new web --from web.yaml");
    let said = told(&output);
    assert!(output.status.success() && output.stdout.is_empty(), "{said}");
    for next in
        ["web.toml is written", "kubelapse test web.toml", "kubelapse step web.toml", "kubelapse check"]
    {
        assert!(said.contains(next), "{said}");
    }
    desk.passes("check web.toml");
    desk.passes("test web.toml --seeds 20");
    desk.passes("new blank");
    desk.passes("test blank.toml --seeds 20");
    // A manifest that lies elsewhere is copied beside the scenario, also into a folder that was not there.
    desk.passes("new shop --from list.json --out pods/front/");
    assert!(read(&desk.0.join("pods/front/shop.toml")).contains("manifest = \"list.json\""));
    assert_eq!(read(&desk.0.join("pods/front/list.json")), read(&desk.0.join("list.json")));
    desk.passes("new jobs --from workloads.yaml -o pods/batch.toml");
    desk.passes("new rollout --from deployment.yaml --out pods");
    desk.passes("test pods --seeds 20");
    let printed = desk.run("new other --out -");
    assert!(printed.status.success() && printed.stderr.is_empty());
    assert!(!desk.0.join("other.toml").exists());
    assert_eq!(String::from_utf8_lossy(&printed.stdout), draft::blank("other"));
}

#[test]
fn nothing_is_written_over_unless_that_is_asked_for() {
    let desk = Desk::new("over");
    std::fs::write(desk.0.join("web.toml"), "mine").expect("a file");
    assert!(desk.refused("new web").contains("web.toml is there already; --force"));
    assert_eq!(read(&desk.0.join("web.toml")), "mine");
    // A manifest that is refused leaves an old file alone, too.
    desk.refused("new web --from wrong.yaml --force");
    assert_eq!(read(&desk.0.join("web.toml")), "mine");
    desk.passes("new web --force");
    assert_eq!(read(&desk.0.join("web.toml")), draft::blank("web"));
}

#[test]
fn a_wrong_manifest_is_told_where_it_is_wrong() {
    let desk = Desk::new("wrong");
    for file in ["wrong.yaml", "wrong-pod.yaml", "service.yaml", "broken.yaml", "nowhere.yaml"] {
        let said = desk.refused(&format!("new shop --from {file}"));
        insta::assert_snapshot!(format!("refused_{file}"), said);
    }
    for line in ["new pods/web", "new -- -x", "new .", "new web --from -"] {
        assert!(desk.refused(line).starts_with("error: "), "{line}");
    }
    assert!(!desk.0.join("shop.toml").exists());
}

#[test]
fn what_kubectl_printed_of_an_incident_becomes_a_lesson() {
    let desk = Desk::new("incident");
    let output = desk.run("new night --from incident.yaml");
    let said = told(&output);
    assert!(output.status.success() && output.stdout.is_empty(), "{said}");
    for told in ["night-objects.yaml is written", "kubelapse learn --from night.toml", "left out: 1 Node"] {
        assert!(said.contains(told), "{told}\n{said}");
    }
    insta::assert_snapshot!("incident", read(&desk.0.join("night.toml")));
    let manifest = read(&desk.0.join("night-objects.yaml"));
    for added in ["nodeName", "status", "uid", "kube-api-access", "resourceVersion"] {
        assert!(!manifest.contains(added), "{added}\n{manifest}");
    }
    desk.passes("check night.toml");
    desk.passes("test night.toml --seeds 20");
    // A Deployment with its ReplicaSets and pods is one Deployment; it hangs here as it did there.
    let said = told(&desk.run("new stuck --from incident-rollout.yaml --out drafts/"));
    assert!(said.contains("stuck-objects.yaml"), "{said}");
    let text = read(&desk.0.join("drafts/stuck.toml"));
    assert!(text.contains("[[apply]]") && text.contains("An image cannot be pulled"), "{text}");
    assert!(text.contains("What is wrong with the Deployment billing?"), "{text}");
    assert!(text.contains("[[image]]\nref   = \"registry.example/shop/billing:3.1\""), "{text}");
    let manifest = read(&desk.0.join("drafts/stuck-objects.yaml"));
    assert_eq!(manifest.matches("kind: Deployment").count(), 1, "{manifest}");
    assert!(!manifest.contains("kind: ReplicaSet") && !manifest.contains("kind: Pod"), "{manifest}");
    desk.passes("test drafts --seeds 5");
    // Both are lessons, and one can be held from its beginning to its end.
    let list = desk.run("learn --from drafts --list --progress kept.toml");
    assert!(String::from_utf8_lossy(&list.stdout).contains("stuck  open"), "{list:?}");
    // Where nothing is wrong it is a manifest; a lesson needs a place for its objects.
    assert!(desk.refused("new night --from incident.yaml --force --out -").contains("--out names a file"));
}
