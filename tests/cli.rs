//! The words that users see: command, stdout, stderr, exit code. After a change that is meant,
//! `INSTA_UPDATE=always cargo test --test cli` writes the transcripts anew; then they are read like prose.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use desk::Desk;

impl Desk {
    fn new(name: &str) -> Desk {
        Desk::with(&format!("cli-{name}"), Some("cli"))
    }

    /// Command, stdout, stderr and exit code of each line.
    fn transcript(&self, lines: &[&str]) -> String {
        let mut text = String::new();
        for line in lines {
            let output = self.run(line);
            let code = output.status.code().unwrap_or(-1);
            let _ = writeln!(text, "$ kubelapse {line}");
            for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
                let said = String::from_utf8(bytes).expect("it speaks text");
                if !said.is_empty() {
                    let _ = write!(text, "--- {name}\n{}", masked(&said));
                }
            }
            let _ = writeln!(text, "--- exit code {code}\n");
        }
        text
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(folder)).expect("a folder of results");
        let mut names: Vec<String> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Digests, numbers of steps and measured instants are tested elsewhere: here they would only hide the words.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut words = text.split_inclusive([' ', '\n', ',', ':']).peekable();
    while let Some(word) = words.next() {
        let body = word.trim_end_matches([' ', '\n', ',', ':']);
        let hex = body.len() == 32 && body.bytes().all(|b| b.is_ascii_hexdigit());
        // A run's digest says how it was made: `2:…`.
        let algorithm = word == "2:" && words.peek().is_some_and(|next| next.trim_end().len() == 32);
        let number = body.strip_suffix('s').unwrap_or(body);
        let measured = number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && number.starts_with(|c: char| c.is_ascii_digit())
            && (number.contains('.') || number.len() < body.len())
            && number.matches('.').count() < 2;
        let steps = words.peek().is_some_and(|next| next.starts_with("steps"));
        if algorithm {
            continue;
        } else if hex {
            out.push_str("<digest>");
        } else if steps {
            out.push('#');
        } else if measured {
            out.extend(body.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }));
        } else {
            out.push_str(body);
        }
        out.push_str(&word[body.len()..]);
    }
    out
}

#[test]
fn run_tells_what_happened() {
    let desk = Desk::new("run");
    insta::assert_snapshot!(
        "run",
        desk.transcript(&[
            "run web.toml",
            "run web.toml --quiet --seed 7 --out elsewhere",
            "run job.toml --format csv,jsonl,pods --out all",
            "run web.toml job.toml --quiet --out several",
            "run hopes.toml --quiet",
        ])
    );
    assert_eq!(desk.files("output/web"), ["pods.csv", "run.toml", "timeline.csv"]);
    assert_eq!(desk.files("elsewhere"), ["pods.csv", "run.toml", "timeline.csv"]);
    assert_eq!(desk.files("all"), ["pods.csv", "pods.jsonl", "run.toml", "timeline.csv", "timeline.jsonl"]);
    assert_eq!(desk.files("several"), ["job", "web"]);
    // The same scenario, seed and version give the same bytes.
    assert_eq!(desk.read("output/web/timeline.csv"), desk.read("several/web/timeline.csv"));
    assert_eq!(desk.read("output/web/run.toml"), desk.read("several/web/run.toml"));
}

/// The switch that no help speaks of: replicas that have everything computed for each write the same bytes.
#[test]
fn learning_changes_no_byte() {
    const MANY: &str = "name = \"many\"\nuntil = \"3m\"\n[[pod]]\nname = \"web\"\nreplicas = 40\n\
        [[pod.spec.containers]]\nname = \"app\"\nimage = \"x\"\n\
        [pod.behavior.containers.app]\nattempts = [{ runs = { uniform = [\"1s\", \"9s\"] }, exit = 1 }]\n";
    let desk = Desk::new("learning");
    std::fs::write(desk.0.join("many.toml"), MANY).expect("it can be written");
    let run = "run many.toml --quiet --format csv,jsonl,pods";
    assert!(desk.run(&format!("{run} --out on")).status.success());
    assert!(desk.run(&format!("{run} --out off --no-learning")).status.success());
    assert!(desk.files("on").contains(&"pods.jsonl".to_owned()));
    for file in desk.files("on") {
        assert!(desk.read(&format!("on/{file}")) == desk.read(&format!("off/{file}")), "{file}");
    }
    assert!(desk.run("test many.toml --quiet --no-learning").status.success());
    for command in ["run", "test"] {
        let help = String::from_utf8(desk.run(&format!("{command} --help")).stdout).expect("it speaks text");
        assert!(!help.contains("learning"), "{help}");
    }
}

#[test]
fn formats_hold_the_same_rows() {
    let desk = Desk::new("formats");
    assert!(desk.run("run crash-loop --quiet --format jsonl,pods,csv --out x").status.success());
    let table = desk.read("x/timeline.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let columns = reader.headers().expect("columns").clone();
    let lines = desk.read("x/timeline.jsonl");
    let mut lines = lines.lines();
    for record in reader.records() {
        let record = record.expect("a row");
        let object: serde_json::Value =
            serde_json::from_str(lines.next().expect("as many objects as rows")).expect("an object");
        for (name, cell) in columns.iter().zip(&record) {
            let value = match &object[name] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                // A number keeps no zeros at its end.
                number if name == "time" => format!("{:.6}", number.as_f64().expect("a number")),
                number => number.to_string(),
            };
            assert_eq!(value, cell, "{name} of {object}");
        }
    }
    assert_eq!(lines.next(), None);
    for line in desk.read("x/pods.jsonl").lines() {
        let list: serde_json::Value = serde_json::from_str(line).expect("a list");
        assert_eq!((&list["kind"], &list["apiVersion"]), (&"List".into(), &"v1".into()));
        assert_eq!(list["items"][0]["kind"], "Pod");
    }
}

#[test]
fn the_manifest_tells_how_to_get_the_result_again() {
    let desk = Desk::new("manifest");
    assert!(desk.run("run web.toml --quiet --seed 11 --set kubernetes=1.33 --out x").status.success());
    let manifest: toml::Table = desk.read("x/run.toml").parse().expect("a TOML file");
    assert_eq!(manifest["scenario"].as_str(), Some("web"));
    assert_eq!(manifest["seed"].as_integer(), Some(11));
    assert_eq!(manifest["kubernetes"].as_str(), Some("1.33"));
    assert_eq!(manifest["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(manifest["partial"].as_bool(), Some(false));
    let digest = |key: &str| manifest[key].as_str().expect("a text").to_owned();
    assert_eq!(digest("scenario_digest").len(), 32);
    let own = digest("digest");
    assert_eq!(own.strip_prefix("2:").map(str::len), Some(32), "{own}");
    assert!(manifest["feature_gates"].as_table().is_some_and(|gates| gates.len() > 5));
}

#[test]
fn a_wrong_request_is_told_and_writes_nothing() {
    let desk = Desk::new("wrong");
    std::fs::write(desk.0.join("a-file"), "").expect("a file");
    std::fs::create_dir(desk.0.join("empty")).expect("a folder");
    insta::assert_snapshot!(
        "wrong_requests",
        desk.transcript(&[
            "run",
            "run crashloop",
            "run no-such-file.toml web.toml",
            "run empty",
            "run web.toml web.toml",
            "run web.toml --format arrow",
            "run web.toml --seed -1",
            "run web.toml --until never",
            "run web.toml --set pod.web.spec.restartPolcy=Never",
            "run web.toml --out a-file",
            "rum web.toml",
            "run wrong.toml",
        ])
    );
    assert!(!desk.0.join("output").exists());
}

#[test]
fn check_tells_all_problems_at_once() {
    let desk = Desk::new("check");
    insta::assert_snapshot!(
        "check",
        desk.transcript(&[
            "check web.toml job.toml",
            "check wrong.toml no-such.toml web.toml",
            "check crash-loop --set until=10m",
            "check web.toml --set pod.web.spec.containers.app.imge=x",
        ])
    );
}

#[test]
fn compare_tells_what_differs() {
    let desk = Desk::new("compare");
    for version in ["1.32", "1.36"] {
        assert!(
            desk.run(&format!("run web.toml --quiet --set kubernetes={version} --out {version}"))
                .status
                .success()
        );
    }
    insta::assert_snapshot!(
        "compare",
        desk.transcript(&[
            "compare 1.32 1.36",
            "compare 1.36 1.36/timeline.csv",
            "compare 1.36 1.36 -o json --until 1s",
            "compare 1.36 nowhere",
            "compare 1.36 web.toml",
            "compare 1.36 1.36 --within soon",
            "compare - -",
        ])
    );
}

#[test]
fn help_is_enough_to_work_with() {
    let desk = Desk::new("help");
    insta::assert_snapshot!("help", desk.transcript(&["run --help", "check --help", "compare --help"]));
    let help = String::from_utf8(desk.run("--help").stdout).expect("it speaks text");
    for word in [
        "run",
        "test",
        "check",
        "compare",
        "explain",
        "list",
        "schema",
        "completions",
        "Examples:",
        "Exit codes:",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.run(&format!("completions {shell}"));
        assert!(script.status.success() && script.stdout.len() > 1000, "{shell}");
    }
}

#[test]
fn list_names_what_run_takes_and_schema_is_json() {
    let desk = Desk::new("list");
    let list = String::from_utf8(desk.run("list").stdout).expect("it speaks text");
    // Headings stand at the margin, names are indented.
    for line in list.lines().filter(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().expect("a name first");
        assert!(desk.run(&format!("check {name}")).status.success(), "{name}");
    }
    assert!(list.lines().count() >= 12);
    let schema: serde_json::Value =
        serde_json::from_slice(&desk.run("schema").stdout).expect("the schema is JSON");
    assert!(schema["properties"]["pod"].is_object());
}

#[test]
fn tests() {
    let desk = Desk::new("tests");
    insta::assert_snapshot!(desk.transcript(&[
        "test web.toml hopes.toml",
        "test hopes.toml web.toml --seeds 2 --quiet",
        "test web.toml --quiet",
        "test hopes.toml --format junit",
        "test hopes.toml wrong.toml nowhere.toml",
        "test --seed 1 --seeds 2",
    ]));
}

#[test]
fn the_built_in_scenarios_pass_and_threads_change_nothing() {
    let desk = Desk::new("threads");
    let told = ["1", "2", "5"].map(|threads| {
        let mut command = desk.command("test --format junit");
        let output = command.env("RAYON_NUM_THREADS", threads).output().expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        output.stdout
    });
    assert!(told[0] == told[1] && told[1] == told[2]);
}

/// A reader that goes away early is no error; a full disk behind stdout is one.
#[test]
fn pipes_may_break() {
    let desk = Desk::new("pipes");
    for line in ["schema", "run web.toml", "list", "completions bash", "check crash-loop"] {
        let mut program = desk
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(program.stdout.take());
        let output = program.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    if let Ok(full) = full {
        let output = desk.command("list").stdout(full).stderr(Stdio::piped()).output().expect("it ends");
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
    }
}

/// No terminal, no colour, no bar; NO_COLOR is the default of a pipe.
#[test]
fn pipes_get_plain_text() {
    let desk = Desk::new("plain");
    for line in ["run web.toml", "run wrong.toml", "run --help", "rum"] {
        let output = desk.run(line);
        let said = [output.stdout, output.stderr].concat();
        assert!(
            !said.contains(&0x1b) && !said.contains(&b'\r'),
            "{line}: {}",
            String::from_utf8_lossy(&said)
        );
    }
}

/// Whole rows only, the last line ended.
fn assert_whole(desk: &Desk, folder: &str) {
    let manifest: toml::Table = desk.read(&format!("{folder}/run.toml")).parse().expect("a TOML file");
    assert_eq!(manifest["partial"].as_bool(), Some(true));
    for file in ["timeline.csv", "pods.csv"] {
        let text = desk.read(&format!("{folder}/{file}"));
        assert!(text.ends_with('\n'), "{folder}/{file}");
        let rows =
            csv::Reader::from_reader(text.as_bytes()).into_records().map(|row| row.expect("a whole row"));
        assert!(rows.count() > 100, "{folder}/{file}");
    }
    if desk.0.join(folder).join("timeline.jsonl").exists() {
        for line in desk.read(&format!("{folder}/timeline.jsonl")).lines() {
            serde_json::from_str::<serde_json::Value>(line).expect("a whole object");
        }
    }
    assert!(desk.files(folder).iter().all(|name| !name.starts_with('.')), "{:?}", desk.files(folder));
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_whole_files_and_an_earlier_result() {
    let desk = Desk::new("interrupt");
    let interrupt = |out: &str| {
        let line = format!("run long.toml --quiet --format csv,jsonl --out {out}");
        let program = desk.command(&line).stderr(Stdio::piped()).spawn().expect("the program starts");
        // As soon as rows are on the disk, somebody presses Ctrl-C.
        let written = || {
            let entries = std::fs::read_dir(desk.0.join(out)).into_iter().flatten().flatten();
            let mut beside = entries.filter(|e| {
                e.file_name().to_string_lossy().starts_with(&format!(".timeline.csv.{}-", program.id()))
            });
            beside.next().and_then(|e| e.metadata().ok()).map_or(0, |file| file.len())
        };
        while written() < 100_000 {
            #[expect(clippy::disallowed_methods, reason = "waits for a real process")]
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let sent = Command::new("kill").args(["-INT", &program.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let output = program.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130));
        String::from_utf8(output.stderr).expect("it speaks text")
    };
    let said = interrupt("fresh");
    assert!(said.starts_with("interrupted: fresh holds"), "{said}");
    assert_whole(&desk, "fresh");
    // A partial result gives way to a newer one; a whole one does not.
    assert!(interrupt("fresh").starts_with("interrupted: fresh holds"));
    assert!(desk.run("run web.toml --quiet --out kept").status.success());
    let before = (desk.read("kept/timeline.csv"), desk.read("kept/run.toml"));
    assert!(interrupt("kept").starts_with("interrupted: kept/partial holds"));
    assert_whole(&desk, "kept/partial");
    assert_eq!((desk.read("kept/timeline.csv"), desk.read("kept/run.toml")), before);
}

/// A disk that takes no more is played by a limit on the size of files.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_whole_files_and_an_earlier_result() {
    let desk = Desk::new("full");
    let limited = |out: &str| {
        let program = env!("CARGO_BIN_EXE_kubelapse");
        let script =
            format!("trap '' XFSZ; ulimit -f 2000; exec '{program}' run long.toml --quiet --out {out}");
        let output = Command::new("sh").args(["-c", &script]).current_dir(&desk.0).output().expect("a shell");
        (output.status.code(), String::from_utf8(output.stderr).expect("it speaks text"))
    };
    let (code, said) = limited("fresh");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("timeline.csv: ") && said.contains("fresh holds what could be written"), "{said}");
    assert_whole(&desk, "fresh");
    assert!(desk.run("run web.toml --quiet --out kept").status.success());
    let before = desk.read("kept/timeline.csv");
    let (_, said) = limited("kept");
    assert!(said.contains("kept/partial holds"), "{said}");
    assert_whole(&desk, "kept/partial");
    assert_eq!(desk.read("kept/timeline.csv"), before);
}
