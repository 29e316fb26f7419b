//! Texts of strangers are shown, never obeyed; in files they stay what they are.

use crate::desk::Desk;

/// What a terminal would obey, of each kind.
pub const EVIL: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}abc\u{2066}\r\u{8}";

/// Nothing of it is left.
#[track_caller]
pub fn harmless(shown: &str) {
    let is_evil = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || c == '\u{2066}'
    };
    let found = shown.lines().find(|line| line.contains(is_evil));
    assert_eq!(found, None, "{shown:?}");
}

fn scenario() -> String {
    let evil = toml::Value::from(EVIL).to_string();
    format!(
        "name = \"evil\"\ndescription = {evil}\nuntil = \"2m\"\n[[image]]\nref = \"y\"\nerror = {evil}\n[[pod]]\nname = \"web\"\n\
         annotations = {{ a = {evil} }}\nspec.containers = [{{ name = \"app\", image = \"x\", readinessProbe = {{ tcpSocket = {{ port = 80 \
         }} }} }}]\n[pod.behavior.containers.app]\nattempts = [{{ runs = \"2s\", exit = 1, log = [{evil}], message = {evil}, reason = \
         {evil} }}]\n[[pod]]\nname = \"pull\"\nspec.containers = [{{ name = \"app\", image = \"y\" }}]\n[[action]]\nat = \"5s\"\nid = \
         {evil}\nsetCondition = \"pod/web\"\ntype = \"example.com/a\"\nreason = {evil}\nmessage = {evil}\n[[action]]\nat = \
         \"1s\"\nsetProbe = \"pod/web\"\noutput = {evil}\n[[expect]]\nat = \"60s\"\npod = \"web\"\nstatus = {evil}\n[lesson]\ntitle = \
         {evil}\nstory = {evil}\n[[lesson.question]]\nat = \"10s\"\nask = {evil}\nchoices = [{evil}, \"b\"]\nanswer = 1\nexplain = \
         {evil}\nhint = {evil}\n"
    )
}

#[test]
fn a_hostile_scenario_is_shown_by_every_command() {
    let desk = Desk::holding("hostile", "evil.toml", &scenario());
    let lines = [
        "check evil.toml",
        "run evil.toml --out a --format csv,jsonl,pods",
        "test evil.toml",
        "test evil.toml --seeds 2",
        "test evil.toml --format junit",
        "explain a",
        "explain a -o json",
        "compare a a --all",
    ];
    for line in lines {
        let (code, out, err) = desk.said(line);
        assert!(matches!(code, Some(0 | 1)), "{line}: {err}");
        harmless(&out);
        harmless(&err);
    }
    let words = "next\nfailure\nget\nget -o wide\ndescribe web\nevents web\nlogs web --previous\nlogs web\nwhy\nwhy status\ntree\nget \
                 events\nhistory 40\nstrip\ncoming\nask\nhint\nanswer 1\ngoto 12s\nanswer 2\nend\nget\ndescribe pull\nevents pull\n\
                 history\ndebrief\nbreak status=\u{1b}[31m\nbreaks\n\u{1b}[31m\nsave \u{1b}[31m/x\n";
    harmless(&desk.talked("step evil.toml --plain", words));
    harmless(&desk.talked("step evil.toml --plain --quiz", words));
    // In files the texts are what they were.
    let rows = desk.read("a/timeline.csv");
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let messages: Vec<String> = reader.records().map(|row| row.expect("a row")[12].to_owned()).collect();
    assert!(messages.iter().any(|message| message.contains(EVIL)), "{rows}");
    let mut lines = desk.read("a/timeline.jsonl");
    lines.retain(|c| c != '\r');
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn hostile_files_and_problems_are_shown() {
    let desk = Desk::with("faults-hostile-files", None);
    let evil = toml::Value::from(EVIL).to_string();
    for (file, text) in [
        (
            "key.toml",
            format!(
                "{evil} = 1\n[[pod]]\nname = {evil}\n[[pod.spec.containers]]\nname = {evil}\nimage = {evil}\n"
            ),
        ),
        ("broken.toml", EVIL.to_owned()),
        (
            "value.toml",
            format!("until = {evil}\nkubernetes = {evil}\n[[action]]\nat = {evil}\nstop = {evil}\n"),
        ),
    ] {
        desk.write(file, &text);
        for line in ["check", "run", "test", "step --plain"] {
            let (code, out, err) = desk.said(&format!("{line} {file}"));
            assert_eq!(code, Some(2), "{err}");
            harmless(&out);
            harmless(&err);
        }
    }
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web, annotations: {{ a: {evil} }} }}\nspec:\n  replicas: 1\n  selector: \
         {{ matchLabels: {{ app: web }} }}\n  template:\n    metadata: {{ labels: {{ app: web }} }}\n    spec: {{ containers: [{{ name: \
         app, image: {evil} }}] }}\n---\napiVersion: {evil}\nkind: {evil}\nmetadata: {{ name: {evil} }}\n"
    );
    desk.write("web.yaml", &manifest);
    for line in [
        "check web.yaml",
        "run web.yaml --out r",
        "new web --from web.yaml --out -",
        "explain web.yaml",
        "test web.yaml",
    ] {
        let (_, out, err) = desk.said(line);
        harmless(&out);
        harmless(&err);
    }
    // Words of the command line come back as words.
    for line in [format!("check {EVIL}"), format!("explain {EVIL}"), format!("compare {EVIL} {EVIL}")] {
        let (word, rest) = line.split_once(' ').expect("two words");
        let arguments = rest.split(' ');
        let output = desk.command(word).args(arguments).output().expect("the program starts");
        harmless(&String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn hostile_objects_are_explained_harmlessly() {
    let evil = serde_json::Value::from(EVIL);
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": evil, "namespace": evil, "uid": "1", "creationTimestamp": "2025-01-01T00:00:00Z", "finalizers": [evil],
            "deletionTimestamp": "2025-01-01T00:00:00Z" },
        "spec": { "nodeName": evil, "schedulerName": evil, "containers": [{ "name": evil, "image": evil }] },
        "status": { "phase": evil, "reason": evil, "message": evil,
            "conditions": [{ "type": evil, "status": "False", "reason": evil, "message": evil }],
            "containerStatuses": [
                { "name": evil, "state": { "waiting": { "reason": evil, "message": evil } },
                    "lastState": { "terminated": { "exitCode": 1, "reason": evil, "message": evil } } },
                { "name": "other", "state": { "terminated": { "exitCode": 1, "reason": evil, "message": evil } } },
            ] },
    });
    let list = serde_json::json!([pod, { "kind": evil, "apiVersion": evil }]);
    let desk = Desk::holding("hostile-object", "pod.json", &list.to_string());
    for line in ["explain pod.json", "explain pod.json -o json"] {
        let (code, out, err) = desk.said(line);
        assert_eq!(code, Some(0), "{err}");
        harmless(&out);
        harmless(&err);
        if line.ends_with("-o json") {
            let told: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
            assert_eq!(told["pods"][0]["name"], evil, "programs get what is there");
        }
    }
}

/// XML has no way to write these, and so a report has none of them.
#[test]
fn a_report_is_xml_whatever_is_expected() {
    let evil = "\u{fffe}\u{ffff}\u{0}\u{8}<&\"]]>";
    let text = format!(
        "name = \"x\"\nuntil = \"1m\"\n{}[[expect]]\nat = \"1s\"\npod = \"web\"\nstatus = {}\n",
        crate::POD,
        toml::Value::from(evil)
    );
    let desk = Desk::holding("xml", "x.toml", &text);
    let (code, out, _) = desk.said("test x.toml --format junit");
    assert_eq!(code, Some(1));
    let is_xml = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(out.chars().all(is_xml), "{out}");
    assert!(out.contains("&lt;&amp;"), "{out}");
}
