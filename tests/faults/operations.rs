//! A fault at every operation that changes a file: what is there afterwards is the old, the new, or told to be neither.
//!
//! The program's one door for such operations lets the n-th fail on request, where it is built with debug assertions.

#![cfg(debug_assertions)]

mod sweeps;
mod writers;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use rayon::prelude::*;

use crate::desk::Desk;

/// An error, a full disk, a write that takes half, an end before the operation, and one in the middle of it.
const FAULTS: [&str; 5] = ["error", "full", "short", "kill", "torn"];

/// More operations than any of the commands here has.
const MANY: u32 = 200;

type Files = BTreeMap<String, Vec<u8>>;

/// All that lies in a folder, but for what lies in folders below.
fn files(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let whole = entries.filter(|entry| entry.path().is_file());
    let read = |entry: std::fs::DirEntry| {
        let bytes = std::fs::read(entry.path()).expect("a file of the test");
        (entry.file_name().to_string_lossy().into_owned(), bytes)
    };
    whole.map(read).collect()
}

fn hidden(name: &str) -> bool {
    name.starts_with('.')
}

fn lay(folder: &Path, files: &Files) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).expect("a folder for the test");
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).expect("a file for the test");
    }
}

/// What a command comes to with such a fault: its exit code, what it says, and whether it came to the operation.
struct Came {
    code: Option<i32>,
    said: String,
    hit: bool,
}

impl Desk {
    fn with_fault(&self, line: &str, stdin: &str, fault: &str) -> Came {
        use std::io::Write as _;
        let mut command = self.command(line);
        // What a test has put there of programs that others wrote, and what is for a while.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&path);
        let path =
            std::env::join_paths(std::iter::once(self.0.join("bin")).chain(path)).expect("a list of folders");
        command
            .env("PATH", path)
            .env("TMPDIR", self.0.join("tmp"))
            .env("KUBELAPSE_FAULT", fault)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // It may have ended before it heard all.
        let _ = child.stdin.take().expect("it can be told something").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let number = fault.split(':').next().unwrap_or_default();
        Came { code: output.status.code(), hit: said.contains(&format!("fault {number}: ")), said }
    }
}

/// Whoever is not killed ends by himself, and not by a fault of his own: a disk that refuses is no reason to.
#[track_caller]
fn judge_end(how: &str, came: &Came, what: &str) {
    let was_killed = matches!(how, "kill" | "torn") && came.hit;
    let ends_well = if was_killed { came.code == Some(137) } else { matches!(came.code, Some(0..=2)) };
    assert!(ends_well, "exit {:?}: {what}", came.code);
}

/// Plays a command with every fault at every operation, each in a folder of its own; how many operations there were.
fn at_every_operation(
    desk: &Desk,
    faults: &[&str],
    line: &str,
    stdin: &str,
    old: &Files,
    judge: impl Fn(&str, &Path, &Came, &str) + Sync,
) -> u32 {
    let counts = faults.par_iter().map(|how| {
        for number in 1..MANY {
            let place = format!("{how}-{number}");
            let folder = desk.0.join(&place);
            lay(&folder, old);
            let fault = format!("{number}:{how}");
            let came =
                desk.with_fault(&line.replace("PLACE", &place), &stdin.replace("PLACE", &place), &fault);
            let what = format!("{line}, {fault}: {}", came.said);
            judge_end(how, &came, &what);
            judge(how, &folder, &came, &what);
            std::fs::remove_dir_all(&folder).expect("the folder can go");
            if !came.hit {
                assert_eq!(came.code, Some(0), "{line} without a fault: {}", came.said);
                return number - 1;
            }
        }
        panic!("{line} has more than {MANY} operations");
    });
    counts.collect::<Vec<_>>().into_iter().min().unwrap_or(0)
}

const SCENARIO: &str = "name = \"web\"\nuntil = \"2m\"\n[[pod]]\nname = \"web\"\nreplicas = 2\nspec.containers = [{ name = \"app\", image = \
                        \"x\" }]\n[pod.behavior.containers.app]\nattempts = [{ runs = { exponential = \"20s\" }, exit = 1 }]\n";

/// The folder of a run holds the old result, the new one, or what a reader is told to be neither; a partial one says that it is
/// one; nothing is left beside but by who was killed, and the next run clears that.
fn judge_result(desk: &Desk, how: &str, folder: &Path, came: &Came, old: &Files, new: &Files, what: &str) {
    let place = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
    let all = files(folder);
    let (beside, there): (Files, Files) = all.into_iter().partition(|(name, _)| hidden(name));
    let was_killed = matches!(how, "kill" | "torn") && came.hit;
    assert!(was_killed || beside.is_empty(), "{what}\nleft: {:?}", beside.keys());
    if was_killed {
        assert_eq!(came.code, Some(137), "{what}");
    }
    let (is_old, is_new) = (there == *old, there == *new);
    if came.code == Some(0) {
        assert!(is_new, "{what}\nit says that all is well, with {:?}", there.keys());
    }
    if !is_old && !is_new && !there.is_empty() {
        let (code, _, said) = desk.said(&format!("compare {place} {place}"));
        let is_told = code == Some(2) || said.contains("partial") || said.contains("no run.toml");
        assert!(is_told, "{what}\n{said}\n{:?}", there.keys());
    }
    if came.said.contains("untouched") {
        assert!(is_old, "{what}");
    }
    if came.said.contains("the new result is there") {
        assert!(is_new, "{what}");
    }
    if folder.join("partial").is_dir() && !files(&folder.join("partial")).keys().all(|name| hidden(name)) {
        let (code, _, said) = desk.said(&format!("compare {place}/partial {place}/partial"));
        assert!(
            code == Some(2) || said.contains("partial") || said.contains("no run.toml"),
            "{what}\n{said}"
        );
    }
    if was_killed {
        let (code, _, said) =
            desk.said(&format!("run web.toml --quiet --seed 2 --format csv,jsonl --out {place}"));
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(files(folder).keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>(), "{what}");
        assert!(files(folder) == *new, "{what}");
    }
}

#[test]
fn a_run_leaves_the_old_or_the_new() {
    let desk = Desk::holding("operations-run", "web.toml", SCENARIO);
    for (seed, place) in [(1, "old"), (2, "new")] {
        let line = format!("run web.toml --quiet --seed {seed} --format csv,jsonl --out {place}");
        assert_eq!(desk.said(&line).0, Some(0));
    }
    let (old, new) = (files(&desk.0.join("old")), files(&desk.0.join("new")));
    let line = "run web.toml --quiet --seed 2 --format csv,jsonl --out PLACE";
    for (before, faults) in [(old, &FAULTS[..]), (Files::new(), &["full", "kill"])] {
        let count = at_every_operation(&desk, faults, line, "", &before, |how, folder, came, what| {
            judge_result(&desk, how, folder, came, &before, &new, what);
        });
        assert!(count >= 12, "four files are made, written, synced and renamed: {count}");
    }
}

/// A text that is kept is the old one or the new one.
#[track_caller]
fn judge_text(folder: &Path, name: &str, came: &Came, how: &str, texts: [Option<&[u8]>; 2], what: &str) {
    let all = files(folder);
    let there = all.get(name).map(Vec::as_slice);
    let [old, new] = texts;
    assert!(there == old || there == new, "{what}\n{:?}", there.map(String::from_utf8_lossy));
    // What cannot be removed stays, too, until the next one clears it.
    let may_leave = (matches!(how, "kill" | "torn") && came.hit) || came.said.contains(": Remove\n");
    assert!(may_leave || !all.keys().any(|name| hidden(name)), "{what}\nleft: {:?}", all.keys());
    if came.said.contains("saved: ") || came.said.contains("forgotten: ") || came.said.contains("is written")
    {
        assert!(there == new, "{what}\n{:?}", there.map(String::from_utf8_lossy));
    }
}

#[test]
fn what_is_saved_is_the_old_or_the_new() {
    let desk = Desk::holding("operations-save", "web.toml", SCENARIO);
    desk.talked("step web.toml --plain", "next\ndo kill web-0\nsave new.toml\nquit\n");
    let new = files(&desk.0)["new.toml"].clone();
    let over: Files = [("saved.toml".to_owned(), b"old".to_vec())].into();
    for (before, force) in [(&over, " --force"), (&Files::new(), "")] {
        let words = format!("next\ndo kill web-0\nsave PLACE/saved.toml{force}\nquit\n");
        let old = before.get("saved.toml").map(Vec::as_slice);
        let count = at_every_operation(
            &desk,
            &FAULTS,
            "step web.toml --plain",
            &words,
            before,
            |how, folder, came, what| {
                judge_text(folder, "saved.toml", came, how, [old, Some(&new)], what);
            },
        );
        assert!(count >= 4, "it is made, written, synced and renamed: {count}");
    }
}

#[test]
fn drafts_are_the_old_or_the_new() {
    let manifest =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: x}]}\n";
    let desk = Desk::holding("operations-new", "web.yaml", manifest);
    assert_eq!(desk.said("new web --from web.yaml --out made/").0, Some(0));
    let new = files(&desk.0.join("made"));
    let mut before = new.clone();
    before.values_mut().for_each(|text| *text = b"old".to_vec());
    let line = "new web --from web.yaml --out PLACE/ --force";
    let count = at_every_operation(&desk, &FAULTS, line, "", &before, |how, folder, came, what| {
        for name in ["web.yaml", "web.toml"] {
            // The manifest is copied first, and may be there alone.
            let at_last = Came { said: String::new(), ..*came };
            let judged = if name == "web.toml" { came } else { &at_last };
            let texts = [before.get(name), new.get(name)].map(|text| text.map(Vec::as_slice));
            judge_text(folder, name, judged, how, texts, what);
        }
    });
    assert!(count >= 8, "{count}");
}

/// A lesson out of an incident: a scenario is never there without the objects that it plays, and what is left is the same again or clears
/// the way for it.
#[test]
fn a_drafted_lesson_is_the_old_or_the_new() {
    let incident = include_str!("../new/incident.yaml");
    let desk = Desk::holding("operations-incident", "incident.yaml", incident);
    assert_eq!(desk.said("new night --from incident.yaml --out made/").0, Some(0));
    let new = files(&desk.0.join("made"));
    assert!(new.keys().eq(["night-objects.yaml", "night.toml"]), "{:?}", new.keys());
    let line = "new night --from incident.yaml --out PLACE/";
    let count = at_every_operation(&desk, &FAULTS, line, "", &Files::new(), |how, folder, came, what| {
        judge_two(&desk, ["night-objects.yaml", "night.toml"], line, &new, (how, folder, came), what);
    });
    assert!(count >= 8, "{count}");
}

/// Of two files of which the second refers to the first each is whole or not there, the second never alone; who does it again has both.
#[track_caller]
fn judge_two(
    desk: &Desk,
    [first, second]: [&str; 2],
    line: &str,
    new: &Files,
    (how, folder, came): (&str, &Path, &Came),
    what: &str,
) {
    // Each of them is told when it is there, and what could not be cleared away.
    let of_first = |line: &&str| line.contains(&format!("{first} is written"));
    let of =
        |is_its: &dyn Fn(&&str) -> bool| came.said.split_inclusive('\n').filter(is_its).collect::<String>();
    for (name, said) in
        [(first, of(&|line| line.contains(": Remove"))), (second, of(&|line| !of_first(line)))]
    {
        let texts = [None, new.get(name).map(Vec::as_slice)];
        judge_text(folder, name, &Came { said, ..*came }, how, texts, what);
    }
    let there = files(folder);
    assert!(there.contains_key(first) || !there.contains_key(second), "{what}\n{:?}", there.keys());
    if came.code != Some(0) {
        let place = folder.file_name().expect("it has a name").to_string_lossy();
        let again = desk.with_fault(&line.replace("PLACE", &place), "", "");
        // What is there already is not written over.
        let is_there = there.contains_key(second) && again.said.contains("there already");
        assert!(is_there || again.code == Some(0), "{what}\nand again: {}", again.said);
        // And with it what a killed one left there.
        let left = files(folder).into_iter().filter(|(name, _)| !is_there || !hidden(name));
        assert!(left.eq(new.clone()), "{what}\nand again: {:?}", files(folder).keys());
    }
}

#[test]
fn progress_is_the_old_or_the_new() {
    let desk = Desk::with("faults-operations-progress", None);
    let lesson =
        |name: &str| format!("[lessons.{name}]\nright = 2\nhinted = 0\nquestions = 2\ndigest = \"x\"\n");
    let old = format!("version = 1\n{}", lesson("gone-at-once"));
    desk.write("there/progress.toml", &old);
    let (code, _, said) = desk.said("learn --reset gone-at-once --progress there/progress.toml");
    assert_eq!(code, Some(0), "{said}");
    let new = files(&desk.0.join("there"))["progress.toml"].clone();
    let before: Files = [("progress.toml".to_owned(), old.clone().into_bytes())].into();
    let line = "learn --reset gone-at-once --progress PLACE/progress.toml";
    let count = at_every_operation(&desk, &FAULTS, line, "", &before, |how, folder, came, what| {
        judge_text(folder, "progress.toml", came, how, [Some(old.as_bytes()), Some(&new)], what);
    });
    assert!(count >= 4, "{count}");
}

/// What cannot be read is set aside under another name, and as it was.
#[test]
fn broken_progress_is_here_or_there() {
    let desk = Desk::with("faults-operations-aside", None);
    let old = b"no progress at all [".to_vec();
    let before: Files = [("progress.toml".to_owned(), old.clone())].into();
    let line = "learn --reset --progress PLACE/progress.toml";
    let count = at_every_operation(&desk, &FAULTS, line, "", &before, |_, folder, came, what| {
        let there = files(folder);
        assert!(there.len() == 1 && there.values().all(|text| *text == old), "{what}\n{there:?}");
        if came.code == Some(0) {
            assert!(!there.contains_key("progress.toml"), "{what}");
        }
    });
    assert!(count >= 1, "{count}");
}

#[test]
fn a_score_is_the_old_or_the_new() {
    let desk = Desk::with("faults-operations-drill", None);
    let words = "get pods\nquit\n";
    let played = desk.with_fault("drill --seed 7 --json there/me.json", words, "");
    assert_eq!(played.code, Some(0), "{}", played.said);
    let new = files(&desk.0.join("there"))["me.json"].clone();
    for before in [Files::new(), [("me.json".to_owned(), b"old".to_vec())].into()] {
        let line = "drill --seed 7 --json PLACE/me.json";
        let count = at_every_operation(&desk, &FAULTS, line, words, &before, |how, folder, came, what| {
            let old = before.get("me.json").map(Vec::as_slice);
            judge_text(folder, "me.json", came, how, [old, Some(&new)], what);
            let is_new = files(folder).get("me.json") == Some(&new);
            assert!(came.code != Some(0) || is_new, "{what}\nit says that all is well");
        });
        assert!(count >= 4, "{count}");
    }
}

/// The rules and the unit tests that are left behind are each the old or the new, and what promtool reads on the way goes; for it stands
/// a program that finds nothing.
#[cfg(unix)]
#[test]
fn unit_tests_are_the_old_or_the_new() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::holding("operations-alerts", "web.toml", SCENARIO);
    desk.write("bin/promtool", "#!/bin/sh\nexit 0\n");
    let program = desk.0.join("bin/promtool");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("it becomes a program");
    std::fs::create_dir(desk.0.join("tmp")).expect("a folder for the test");
    desk.write(
        "rules.yaml",
        "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: kube_pod_status_ready == 0, for: 1m}\n",
    );
    let line = "alerts rules.yaml web.toml --seed 2 --write-tests PLACE";
    let came = desk.with_fault(&line.replace("PLACE", "made"), "", "");
    assert_eq!(came.code, Some(0), "{}", came.said);
    assert!(!desk.everything().iter().any(|path| path.starts_with("tmp/")), "{:?}", desk.everything());
    let new = files(&desk.0.join("made"));
    assert!(new.keys().eq(["rules.yaml", "web.test.yaml"]), "{:?}", new.keys());
    let old: Files = new.keys().map(|name| (name.clone(), b"old".to_vec())).collect();
    for (before, faults) in [(old, &FAULTS[..]), (Files::new(), &["full", "torn"])] {
        let count = at_every_operation(&desk, faults, line, "", &before, |how, folder, came, what| {
            for name in new.keys() {
                let texts = [before.get(name), new.get(name)].map(|text| text.map(Vec::as_slice));
                judge_text(folder, name, came, how, texts, what);
            }
            assert!(came.code != Some(0) || files(folder) == new, "{what}\nit says that all is well");
        });
        assert!(count >= 14, "a folder is made, and four files: {count}");
    }
}

/// A recording is whole lines: what came before a fault stays, and of what did not fit nothing; a killed one may end in the middle of a line.
#[test]
fn a_recording_is_whole_lines() {
    let desk = Desk::with("faults-operations-record", None);
    let objects: String =
        (0..3).map(|ix| format!("{{\"kind\":\"Pod\",\"metadata\":{{\"name\":\"w{ix}\"}}}}\n")).collect();
    for how in FAULTS {
        for number in 1.. {
            let folder = desk.0.join(format!("{how}-{number}"));
            lay(&folder, &Files::new());
            let line = format!("fit --record {how}-{number}/seen.jsonl -");
            let came = desk.with_fault(&line, &objects, &format!("{number}:{how}"));
            let (what, all) = (format!("{number}:{how}: {}", came.said), files(&folder));
            judge_end(how, &came, &what);
            let was_killed = matches!(how, "kill" | "torn") && came.hit;
            let text = all.get("seen.jsonl").map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let mut lines: Vec<&str> = text.iter().flat_map(|text| text.split_inclusive('\n')).collect();
            if was_killed {
                lines.pop_if(|last| !last.ends_with('\n'));
            }
            for (ix, line) in lines.iter().enumerate() {
                let told: Result<serde_json::Value, _> = serde_json::from_str(line);
                let is_its = told.is_ok_and(|told| told["object"]["metadata"]["name"] == format!("w{ix}"));
                assert!(is_its && line.ends_with('\n'), "{what}\n{text:?}");
            }
            assert!(text.is_none() || !lines.is_empty() || was_killed, "{what}\nan empty file is left");
            std::fs::remove_dir_all(&folder).expect("the folder can go");
            if !came.hit {
                // There is nothing in it to be fitted, but all of it is kept.
                assert!(lines.len() == 3 && came.said.contains("is written: 3 objects"), "{what}\n{text:?}");
                assert!(number > 5, "it is made, written three times and synced: {number}");
                break;
            }
            assert!(was_killed || came.said.contains("error: ") || how == "short", "{what}\nnobody says so");
        }
    }
}

/// A server is asked to end once it says that it is there; what it came to.
#[cfg(all(unix, feature = "serve"))]
fn served(desk: &Desk, line: &str, fault: &str) -> Came {
    use std::io::{BufRead as _, BufReader, Read as _};

    use nix::sys::signal::{Signal, kill};

    let mut command = desk.command(line);
    command.env("KUBELAPSE_FAULT", fault).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let (mut said, out) = (String::new(), child.stdout.take().expect("it is piped"));
    for line in BufReader::new(out).lines() {
        said += &line.expect("it speaks text");
        said.push('\n');
        if said.ends_with("Ctrl-C ends it.\n") {
            let id = nix::unistd::Pid::from_raw(child.id().cast_signed());
            kill(id, Signal::SIGTERM).expect("it can be asked to end");
        }
    }
    let mut err = child.stderr.take().expect("it is piped");
    err.read_to_string(&mut said).expect("it speaks text");
    let code = child.wait().expect("it ends").code();
    Came {
        code,
        hit: fault.split_once(':').is_some_and(|(at, _)| said.contains(&format!("fault {at}: "))),
        said,
    }
}

/// The file for kubectl is the old or the new one, and somebody's own is never touched: neither one for other clusters, nor ours with
/// something added, nor a link.
#[cfg(all(unix, feature = "serve"))]
#[test]
fn a_kubeconfig_is_the_old_or_the_new() {
    let desk = Desk::holding("operations-serve", "web.toml", SCENARIO);
    let line = |place: &str| format!("serve web.toml --port 0 --kubeconfig {place}/config");
    // The port is another one each time.
    let plain = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        let (head, rest) = text.split_once("127.0.0.1:").expect("an address");
        format!("{head}127.0.0.1:{}", rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
    };
    let came = served(&desk, &line("there"), "");
    assert_eq!(came.code, Some(0), "{}", came.said);
    let own = files(&desk.0.join("there"))["config"].clone();
    let whole = plain(&own);
    for before in [Files::new(), [("config".to_owned(), own.clone())].into()] {
        for how in FAULTS {
            for number in 1.. {
                let folder = desk.0.join(format!("{how}-{number}"));
                lay(&folder, &before);
                let fault = format!("{number}:{how}");
                let came = served(&desk, &line(&format!("{how}-{number}")), &fault);
                let what = format!("{fault}: {}", came.said);
                judge_end(how, &came, &what);
                let all = files(&folder);
                let is_old = all.get("config") == before.get("config");
                let is_new = all.get("config").is_some_and(|text| plain(text) == whole);
                assert!(is_old || is_new, "{what}\n{all:?}");
                assert!(
                    !came.said.contains("Ctrl-C ends it.") || is_new,
                    "{what}\nit serves without the file"
                );
                let was_killed = matches!(how, "kill" | "torn") && came.hit;
                let may_leave = was_killed || came.said.contains(": Remove\n");
                assert!(may_leave || !all.keys().any(|name| hidden(name)), "{what}\nleft: {:?}", all.keys());
                std::fs::remove_dir_all(&folder).expect("the folder can go");
                if !came.hit {
                    assert!(came.code == Some(0) && number > 4, "{number} operations: {what}");
                    break;
                }
                assert!(number < MANY, "more than {MANY} operations");
            }
        }
    }
    let mut more = own.clone();
    more.extend_from_slice(b"contexts:\n- name: mine\n  context: {cluster: kubelapse, namespace: shop}\n");
    let others = b"apiVersion: v1\nkind: Config\nclusters: []\n".to_vec();
    for somebodys in [others, Vec::new(), more] {
        let before: Files = [("config".to_owned(), somebodys)].into();
        lay(&desk.0.join("mine"), &before);
        let came = served(&desk, &line("mine"), "1:kill");
        assert!(
            came.code == Some(2) && !came.hit && came.said.contains("not written by `serve`"),
            "{}",
            came.said
        );
        assert!(files(&desk.0.join("mine")) == before, "{}", came.said);
    }
    let link = desk.0.join("mine/link");
    std::os::unix::fs::symlink("../there/config", &link).expect("a link");
    let came = served(&desk, "serve web.toml --port 0 --kubeconfig mine/link", "1:kill");
    assert!(came.code == Some(2) && !came.hit, "{}", came.said);
    assert!(link.is_symlink() && files(&desk.0.join("there"))["config"] == own, "{}", came.said);
}

/// Commands that only read change nothing, as nothing of theirs comes to the door.
#[test]
fn who_reads_changes_nothing() {
    let desk = Desk::holding("operations-read", "web.toml", SCENARIO);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: default, uid: u, creationTimestamp: '2026-01-10T10:00:00Z'}\n";
    let spec = "spec: {containers: [{name: app, image: x}]}\n";
    let status = "status: {phase: Running, startTime: '2026-01-10T10:00:01Z', containerStatuses: [{name: app, ready: true, restartCount: 0, \
                  image: x, state: {running: {startedAt: '2026-01-10T10:00:02Z'}}}]}\n";
    desk.write("pod.yaml", &format!("{pod}{spec}{status}"));
    let selector = "{app: web}";
    desk.write(
        "web.yaml",
        &format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{selector: {{matchLabels: {selector}}}, template: \
             {{metadata: {{labels: {selector}}}, {}}}}}\n",
            spec.trim_end()
        ),
    );
    assert_eq!(desk.said("run web.toml --quiet --out a --format csv,pods").0, Some(0));
    for line in [
        "check web.toml",
        "test web.toml",
        "test web.toml --seeds 2 --format junit",
        "compare a a",
        "compare web.toml --versions 1.36,1.37 --seeds 2",
        "explain a",
        "predict pod.yaml --seeds 4",
        "fit pod.yaml",
        "audit web.yaml --question start",
        "sweep web.toml --help",
        "drill --list",
        "serve --plugin",
        "completions bash",
        "list",
        "schema",
        "new x --out -",
        "learn --list --progress none.toml",
    ] {
        let before = desk.everything();
        let came = desk.with_fault(line, "", "1:kill");
        // Two versions may differ.
        assert!(!came.hit && matches!(came.code, Some(0 | 1)), "{line}: {}", came.said);
        assert_eq!(desk.everything(), before, "{line}");
    }
}

/// A real kill, at any moment; what it leaves is cleared by the next run.
#[test]
fn a_killed_run_leaves_the_old_or_the_new() {
    let fleet = SCENARIO.replace("replicas = 2", "replicas = 60").replace("2m", "30m");
    let desk = Desk::holding("operations-killed", "web.toml", &fleet);
    let began = std::time::Duration::from_millis(4);
    for (seed, place) in [(1, "old"), (2, "new")] {
        let line = format!("run web.toml --quiet --seed {seed} --format csv,jsonl --out {place}");
        assert_eq!(desk.said(&line).0, Some(0));
    }
    let (old, new) = (files(&desk.0.join("old")), files(&desk.0.join("new")));
    for round in 0..12 {
        let folder = desk.0.join("w");
        lay(&folder, &old);
        let mut run: Command = desk.command("run web.toml --quiet --seed 2 --format csv,jsonl --out w");
        let mut run = run.stderr(Stdio::null()).spawn().expect("the program starts");
        // From the start on, each time twice as late: the last rounds come to the end of a run.
        #[expect(clippy::disallowed_methods, reason = "waits for a real process")]
        std::thread::sleep(began * (1 << round.min(9)));
        run.kill().expect("it can be killed");
        let code = run.wait().expect("it ends").code();
        let came = Came { code: code.or(Some(137)), said: String::new(), hit: code.is_none() };
        judge_result(&desk, "kill", &folder, &came, &old, &new, &format!("round {round}"));
    }
}

/// A rollout, as a cluster showed it.
fn recorded() -> String {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fit/deployment-rollout-surge-1-unavailable-0.jsonl.gz");
    let mut text = String::new();
    let packed = std::fs::File::open(recording).expect("a recording");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut text)
        .expect("it can be unpacked");
    text
}

/// A scenario around what was seen is never there without its objects.
#[test]
fn a_scenario_around_what_was_seen_is_whole() {
    let desk = Desk::holding("operations-around", "seen.jsonl", &recorded());
    let (code, _, said) = desk.said("fit seen.jsonl --out made/web.toml");
    assert_eq!(code, Some(0), "{said}");
    let new = files(&desk.0.join("made"));
    assert!(new.keys().eq(["web.objects.json", "web.toml"]), "{:?}", new.keys());
    let line = "fit seen.jsonl --out PLACE/web.toml";
    let count = at_every_operation(&desk, &FAULTS, line, "", &Files::new(), |how, folder, came, what| {
        judge_two(&desk, ["web.objects.json", "web.toml"], line, &new, (how, folder, came), what);
    });
    assert!(count >= 8, "{count}");
}

/// Numbers go into a scenario as a whole, or not at all.
#[test]
fn a_fitted_scenario_is_the_old_or_the_new() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    \
                    metadata: {labels: {app: web}}\n    spec: {containers: [{name: app, image: 'registry.example/shop/web:1.0'}]}\n";
    let scenario =
        "# mine\nname = \"web\"\nuntil = \"2m\"\n[[node]]\nname = \"n\"\n[[apply]]\nmanifest = \"m.yaml\"\n";
    let desk = Desk::with("faults-operations-fit", None);
    desk.write("seen.jsonl", &recorded());
    desk.write("made/web.toml", scenario);
    desk.write("made/m.yaml", manifest);
    let (code, _, said) = desk.said("fit seen.jsonl --into made/web.toml");
    assert_eq!(code, Some(0), "{said}");
    let new = files(&desk.0.join("made"))["web.toml"].clone();
    let old = scenario.as_bytes().to_vec();
    assert!(old != new, "something was fitted");
    let before: Files =
        [("web.toml".to_owned(), old.clone()), ("m.yaml".to_owned(), manifest.as_bytes().to_vec())].into();
    let line = "fit seen.jsonl --into PLACE/web.toml";
    let count = at_every_operation(&desk, &["full", "torn"], line, "", &before, |how, folder, came, what| {
        judge_text(folder, "web.toml", came, how, [Some(&old), Some(&new)], what);
    });
    assert!(count >= 4, "{count}");
}
