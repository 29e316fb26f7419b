//! Every option of every command with values at and beyond its edges: it runs, or says in one go what is wrong, changes nothing, and shows
//! nothing that a terminal would obey. The options come from the program's own help, so that a new one is tried without anybody
//! thinking of it.

#![cfg(unix)]

use std::process::{Command, Stdio};

use rayon::prelude::*;

use crate::desk::Desk;

/// What each command needs beside its options to have something short to do; without a `--` of its own where it would wait for
/// somebody. `serve` is only asked what it refuses: it would serve for ever.
const LINES: [(&str, &str); 18] = [
    ("run", "web.toml --quiet --out made"),
    ("step", "web.toml --plain"),
    ("serve", "nowhere.toml"),
    ("learn", "--list"),
    ("drill", ""),
    ("new", "made --out -"),
    ("test", "web.toml"),
    ("audit", "web.yaml --question start"),
    ("alerts", "rules.yaml web.toml"),
    ("sweep", "web.toml --vary seed=1,2 --out made"),
    ("check", "web.toml"),
    ("compare", "a b"),
    ("explain", "pod.yaml"),
    ("predict", "pod.yaml"),
    ("fit", "pod.yaml"),
    ("list", ""),
    ("schema", ""),
    ("completions", "bash"),
];

/// Commands and options that a help lists.
fn commands(help: &str) -> Vec<String> {
    let from = help
        .split("Commands:")
        .nth(1)
        .and_then(|rest| rest.split("Options:").next())
        .expect("a list of commands");
    from.lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Of each option its name, and whether it takes a value.
fn options(help: &str) -> Vec<(String, bool)> {
    let of = |line: &str| {
        let at = line.find("--")?;
        let is_head = line[..at].trim().is_empty()
            || (line[..at].trim().len() == 3 && line[..at].trim().ends_with(','));
        let name: String = line[at..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        let takes = line[at + name.len()..].starts_with(" <");
        (is_head && name.len() > 2 && line.starts_with("  ")).then_some((name, takes))
    };
    help.split("Options:").nth(1).into_iter().flat_map(str::lines).filter_map(of).collect()
}

const HOSTILE: &str = "\u{1b}[31m\u{1b}]0;x\u{7}\u{202e}abc";

fn values() -> Vec<String> {
    let short = [
        "",
        " ",
        "0",
        "-1",
        "1",
        "65536",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
        "nan",
        "-inf",
        "1e999",
        "0.5",
        "0s",
        "1us",
        "99999h",
        "999999999999999h",
        "=",
        "a=b",
        "a=",
        "=b",
        "..",
        "../../x",
        "none.toml",
        "1..0",
        "1..18446744073709551615",
        "0/0",
        "9/3",
        "text",
        "json",
        "csv",
        "2026-01-10T10:00:00Z",
        "99999-01-01T00:00:00Z",
        "1.32",
        "1.99",
        "1.32,1.36",
        "\u{1f4a5}",
        "a,b,,c",
        HOSTILE,
    ];
    short.into_iter().map(str::to_owned).chain(["x".repeat(70_000), "1".repeat(5_000)]).collect()
}

/// It may run for so long, and take so many kilobytes; what has a great number of things to do goes on, and is ended.
const SECONDS: &str = "4";
const KILOBYTES: &str = "3000000";

#[track_caller]
fn tried(desk: &Desk, line: &str, option: &str, value: Option<&str>) -> Option<String> {
    let script = format!("ulimit -v {KILOBYTES}; exec timeout -s KILL {SECONDS} \"$@\"");
    let before = desk.everything();
    let output = Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_kubelapse")])
        .args(line.split_whitespace())
        .arg(option)
        .args(value)
        .current_dir(&desk.0)
        .env("TMPDIR", &desk.0)
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let said = |what: &str| {
        let value: String = value.unwrap_or_default().chars().take(60).collect();
        Some(format!("{line} {option} {value:?}: {what}\n{}", err.chars().take(500).collect::<String>()))
    };
    let is_evil =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    if out.contains(is_evil) || err.contains(is_evil) {
        return said("a terminal would obey it");
    }
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    match output.status.code() {
        Some(0 | 1) if !err.contains("panicked") => None,
        // It goes on, and is ended; what the memory of the machine ends (SIGABRT) had to be refused.
        None if signal == Some(KILLED) => None,
        Some(137) => None,
        Some(2) if err.trim().is_empty() => said("refused without a word"),
        Some(2) if err.len() > 8_000 + 3 * value.map_or(0, str::len) => {
            said(&format!("{} bytes of words", err.len()))
        }
        Some(2) if desk.everything() != before => {
            said(&format!("it was refused, and left {:?}", desk.everything()))
        }
        Some(2) => None,
        code => said(&format!("exit {code:?}, signal {signal:?}")),
    }
}

/// SIGKILL
const KILLED: i32 = 9;

/// Pods for which there is no memory are refused before the first of them is made, whoever is to play them, and nothing is written;
/// of few nobody says anything.
#[cfg(target_os = "linux")]
#[test]
fn more_pods_than_there_is_memory_for_are_refused() {
    let said = |desk: &Desk, line: &str| {
        let script = format!("ulimit -v {KILOBYTES}; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_kubelapse")]).args(line.split_whitespace());
        let output = command.current_dir(&desk.0).stdin(Stdio::null()).output().expect("a shell");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 9000000, selector: {matchLabels: {a: b}}, \
                      template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: x}]}}}\n";
    let desk = Desk::holding(
        "options-memory",
        "many.toml",
        &format!("until = \"9s\"\n{}replicas = 10000000\n", crate::POD),
    );
    desk.write("many.yaml", deployment);
    desk.write("web.toml", &format!("until = \"9s\"\n{}replicas = 3\n", crate::POD));
    desk.write("rules.yaml", "groups: []\n");
    let before = desk.everything();
    for line in [
        "run many.toml --out made",
        "run many.yaml --out made",
        "test many.toml",
        "step many.toml --plain",
        "serve many.toml --port 0 --kubeconfig config",
        "sweep many.toml --vary seed=1,2 --out made",
        "sweep web.toml --vary pod.web.replicas=1,10000000 --out made",
        "audit many.yaml",
    ] {
        let (code, words) = said(&desk, line);
        assert_eq!(code, Some(2), "{line}: {words}");
        assert!(
            words.contains("000 pods take more than 1") && words.contains(" to be had"),
            "{line}: {words}"
        );
        assert_eq!(desk.everything(), before, "{line}");
    }
    assert_eq!(said(&desk, "check many.toml").0, Some(0), "nothing is played there");
    assert_eq!(said(&desk, "test web.toml").0, Some(0));
}

#[test]
fn every_option_at_its_edges() {
    let desk = Desk::with("faults-options", None);
    let help = |words: &str| desk.said(&format!("{words} --help")).1;
    let mut listed = commands(&help(""));
    let mut known: Vec<String> = LINES.iter().map(|(name, _)| (*name).to_owned()).collect();
    listed.sort();
    known.sort();
    assert_eq!(listed, known, "each command has a line here");
    let mut tries = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (command, rest) in LINES {
        for (option, takes) in options(&help(command)) {
            // One that takes none stands alone.
            // What several commands have is one piece of code: it is tried in full once.
            let every = if seen.insert(option.clone()) { 1 } else { 7 };
            let values = values()
                .into_iter()
                .step_by(every)
                .map(Some)
                .filter(|_| takes)
                .chain((!takes).then_some(None));
            for value in values {
                // What stands in the line cannot stand there twice.
                let own: Vec<&str> = rest.split(' ').collect();
                let at = own.iter().position(|word| *word == option);
                let rest: Vec<&str> = match at {
                    Some(at) => own
                        .iter()
                        .enumerate()
                        .filter(|(ix, _)| *ix != at && *ix != at + 1)
                        .map(|(_, word)| *word)
                        .collect(),
                    None => own,
                };
                tries.push((format!("{command} {}", rest.join(" ")), option.clone(), value));
            }
        }
    }
    assert!(tries.len() > 1_500, "{} of them", tries.len());
    // Each with a folder of its own, as some of them write.
    let wrong: Vec<String> = tries
        .par_iter()
        .enumerate()
        .filter_map(|(ix, (line, option, value))| {
            let desk = Desk::with(&format!("faults-options-{ix}"), None);
            lay(&desk);
            tried(&desk, line, option, value.as_deref())
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        tries.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

fn lay(desk: &Desk) {
    desk.write("web.toml", &format!("name = \"web\"\nuntil = \"20s\"\n{}[[expect]]\nat = \"9s\"\npod = \"web\"\nphase = \"Running\"\n", crate::POD));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: default, uid: u, creationTimestamp: '2026-01-10T10:00:00Z'}\nspec: \
               {nodeName: n, containers: [{name: app, image: x}]}\nstatus: {phase: Running, startTime: '2026-01-10T10:00:01Z', conditions: \
               [{type: Ready, status: 'True', lastTransitionTime: '2026-01-10T10:00:03Z'}], containerStatuses: [{name: app, ready: true, \
               restartCount: 0, image: x, state: {running: {startedAt: '2026-01-10T10:00:02Z'}}}]}\n";
    desk.write("pod.yaml", pod);
    desk.write(
        "web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: x}]}\n",
    );
    desk.write("rules.yaml", "groups: []\n");
    for side in ["a", "b"] {
        desk.write(side, "time,namespace,pod,kind,to\n0.000000,default,web,phase,Pending\n1.000000,default,web,phase,Running\n");
    }
}
