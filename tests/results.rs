//! A result tells what it is: a hash of every file, whoever mixes two is found out, and nothing of a killed run stays.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use std::process::Command;

use desk::Desk;
use sha2::{Digest as _, Sha256};

impl Desk {
    fn new(name: &str) -> Desk {
        Desk::with(&format!("results-{name}"), Some("cli"))
    }

    /// Exit code and stderr.
    fn told(&self, line: &str) -> (Option<i32>, String) {
        let output = self.run(line);
        (output.status.code(), String::from_utf8(output.stderr).expect("it speaks text"))
    }

    fn manifest(&self, folder: &str) -> toml::Table {
        let text = std::fs::read_to_string(self.0.join(folder).join("run.toml")).expect("a manifest");
        text.parse().expect("a TOML file")
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(folder)).expect("a folder of results");
        let mut names: Vec<String> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Every file but the manifest has the hash that the manifest says, and it speaks of no others.
    fn assert_hashes(&self, folder: &str) {
        let manifest = self.manifest(folder);
        assert_eq!(manifest["format"].as_integer(), Some(1));
        let hashes: Vec<(String, String)> = self
            .files(folder)
            .into_iter()
            .filter(|name| name != "run.toml" && self.0.join(folder).join(name).is_file())
            .map(|name| {
                let bytes = std::fs::read(self.0.join(folder).join(&name)).expect("a file of the result");
                let hash = Sha256::digest(bytes);
                (name, hash.iter().map(|byte| format!("{byte:02x}")).collect())
            })
            .collect();
        let told = manifest["files"].as_table().expect("a table of hashes");
        let told: Vec<(String, String)> = told
            .iter()
            .map(|(name, hash)| (name.clone(), hash.as_str().unwrap_or_default().to_owned()))
            .collect();
        assert_eq!(told, hashes, "{folder}");
    }
}

#[test]
fn the_manifest_holds_a_hash_of_every_file() {
    let desk = Desk::new("hashes");
    assert!(desk.run("run web.toml --quiet --format csv,jsonl,pods --out all").status.success());
    assert_eq!(desk.files("all").len(), 5);
    desk.assert_hashes("all");
}

/// A disk that takes no more is played by a limit on the size of files: what is left has been cut and written again.
#[cfg(unix)]
#[test]
fn a_partial_result_holds_hashes_of_what_is_left() {
    let desk = Desk::new("partial");
    let program = env!("CARGO_BIN_EXE_kubelapse");
    let script = format!(
        "trap '' XFSZ; ulimit -f 2000; exec '{program}' run long.toml --quiet --format csv,jsonl --out cut"
    );
    let output = Command::new("sh").args(["-c", &script]).current_dir(&desk.0).output().expect("a shell");
    assert_eq!(output.status.code(), Some(2));
    desk.assert_hashes("cut");
    // Whoever reads it is told.
    let (code, said) = desk.told("compare cut cut");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("warning: cut: this result is partial"), "{said}");
}

#[test]
fn a_mixture_of_two_results_is_refused() {
    let desk = Desk::new("mixture");
    for (version, out) in [("1.32", "1"), ("1.36", "2")] {
        let line = format!("run web.toml --quiet --set kubernetes={version} --out {out}");
        assert!(desk.run(&line).status.success());
    }
    let rows = desk.0.join("1/timeline.csv");
    std::fs::copy(desk.0.join("2/timeline.csv"), &rows)
        .expect("a file of one beside the manifest of another");
    for mixed in ["1", "1/timeline.csv"] {
        for line in [format!("compare {mixed} 2"), format!("compare 2 {mixed}")] {
            let (code, said) = desk.told(&line);
            assert_eq!(code, Some(2), "{line}: {said}");
            assert!(
                said.starts_with(&format!("error: {mixed}: timeline.csv is not the file that run.toml")),
                "{said}"
            );
            assert!(said.contains("\nhint: "), "{said}");
        }
    }
    // Outside the folder it is a timeline like any other, and so it is in a result from before there were hashes.
    std::fs::copy(&rows, desk.0.join("alone.csv")).expect("a copy");
    assert_eq!(desk.told("compare alone.csv 2"), (Some(0), String::new()));
    let mut manifest = desk.manifest("1");
    manifest.remove("files");
    manifest.remove("format");
    std::fs::write(desk.0.join("1/run.toml"), manifest.to_string()).expect("an old manifest");
    assert_eq!(desk.told("compare 1 2"), (Some(0), String::new()));
}

/// Whoever cannot read what a result was made from does not guess.
#[test]
fn a_manifest_that_cannot_be_read_is_told() {
    let desk = Desk::new("unreadable");
    for out in ["a", "b"] {
        assert!(desk.run(&format!("run web.toml --quiet --format csv,pods --out {out}")).status.success());
    }
    let whole = std::fs::read_to_string(desk.0.join("a/run.toml")).expect("a manifest");
    let (before_files, _) = whole.split_once("[files]").expect("a table of hashes");
    let hash = whole.split("timeline.csv\" = ").nth(1).and_then(|rest| rest.lines().next()).expect("a hash");
    for (manifest, problem) in [
        ("\u{1}{ garbage".to_owned(), "TOML parse error"),
        (whole[..whole.len() - 2].to_owned() + "\nhalf", "TOML parse error"),
        (before_files.to_owned(), "it is cut: its [files] are missing"),
        (whole.replace("format = 1\n", "format = 7\n"), "its format is 7, and this kubelapse knows format 1"),
        (whole.replace(hash, "12"), "invalid type: integer `12`, expected a string"),
    ] {
        std::fs::write(desk.0.join("a/run.toml"), manifest).expect("it can be written");
        for line in ["compare a b", "compare b a/timeline.csv", "explain a", "explain a/pods.jsonl"] {
            let (code, said) = desk.told(line);
            assert_eq!(code, Some(2), "{line}: {said}");
            assert!(said.starts_with("error: a"), "{said}");
            assert!(said.contains("run.toml cannot be read") && said.contains(problem), "{said}");
            assert!(said.contains("\nhint: run the scenario again"), "{said}");
        }
    }
    std::fs::write(desk.0.join("a/run.toml"), [0xff, 0xfe]).expect("it can be written");
    assert!(desk.told("compare a b").1.contains("it is no text"));
    // A new result takes its place.
    assert!(desk.run("run web.toml --quiet --out a").status.success());
    assert_eq!(desk.told("compare a b").0, Some(0));
}

#[test]
fn pods_are_read_in_the_folder_of_a_result() {
    let desk = Desk::new("pods");
    for (format, out) in [("pods", "pods"), ("csv", "rows"), ("jsonl", "lines")] {
        assert!(desk.run(&format!("run web.toml --quiet --format {format} --out {out}")).status.success());
    }
    assert_eq!(desk.told("compare pods rows"), (Some(0), String::new()));
    assert_eq!(desk.told("explain pods"), (Some(0), String::new()));
    for (line, problem) in [
        (
            "explain rows",
            "error: rows: there is no pods.jsonl in this folder\nhint: `kubelapse run … --format pods`",
        ),
        (
            "compare rows lines",
            "error: lines: there is no timeline.csv and no pods.jsonl in this folder\nhint: `kubelapse run … --format csv`",
        ),
    ] {
        let (code, said) = desk.told(line);
        assert_eq!(code, Some(2));
        assert!(said.starts_with(problem), "{said}");
    }
}

/// What an interrupted run left goes with the next whole result, and nothing of anybody else.
#[cfg(unix)]
#[test]
fn a_whole_result_takes_an_earlier_partial_one_away() {
    let desk = Desk::new("replaced");
    let whole = || assert!(desk.run("run web.toml --quiet --out x").status.success());
    let cut = || {
        let program = env!("CARGO_BIN_EXE_kubelapse");
        let script = format!("trap '' XFSZ; ulimit -f 2000; exec '{program}' run long.toml --quiet --out x");
        let output = Command::new("sh").args(["-c", &script]).current_dir(&desk.0).output().expect("a shell");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(desk.files("x/partial"), ["pods.csv", "run.toml", "timeline.csv"]);
    };
    whole();
    cut();
    whole();
    assert_eq!(desk.files("x"), ["pods.csv", "run.toml", "timeline.csv"]);
    cut();
    std::fs::write(desk.0.join("x/partial/notes.txt"), "of a person").expect("a file beside");
    std::fs::write(desk.0.join("x/partial/pods.jsonl"), "of a person").expect("a file beside");
    whole();
    assert_eq!(desk.files("x/partial"), ["notes.txt", "pods.jsonl"]);
    // A folder of that name that is no partial result is left alone.
    std::fs::copy(desk.0.join("x/run.toml"), desk.0.join("x/partial/run.toml")).expect("a copy");
    whole();
    assert_eq!(desk.files("x/partial"), ["notes.txt", "pods.jsonl", "run.toml"]);
}

#[test]
fn what_an_earlier_result_had_and_this_one_has_not_goes_away() {
    let desk = Desk::new("formats");
    assert!(desk.run("run web.toml --quiet --format csv,jsonl --out x").status.success());
    std::fs::write(desk.0.join("x/notes.txt"), "of a person").expect("a file beside");
    assert!(desk.run("run web.toml --quiet --format pods --out x").status.success());
    assert_eq!(desk.files("x"), ["notes.txt", "pods.csv", "pods.jsonl", "run.toml"]);
    // What the manifest does not name is somebody else's, but no part of this result.
    std::fs::write(desk.0.join("x/timeline.csv"), "time,pod,kind,to\n").expect("a file beside");
    assert!(desk.run("run web.toml --quiet --format pods --out x").status.success());
    assert!(desk.0.join("x/timeline.csv").exists());
    assert_eq!(desk.told("compare x x").0, Some(2));
}

/// Temporary files of a run that was killed go with the next run; those of one that still writes do not.
#[cfg(unix)]
#[test]
fn what_a_killed_run_left_is_cleared_away() {
    let desk = Desk::new("killed");
    let hidden = || {
        let names = if desk.0.join("x").exists() { desk.files("x") } else { Vec::new() };
        names.into_iter().filter(|name| name.starts_with('.')).collect::<Vec<_>>()
    };
    let mut writing = desk.command("run long.toml --quiet --out x").spawn().expect("the program starts");
    while hidden().len() < 3 {
        assert!(writing.try_wait().expect("it is our child").is_none(), "it ended before it was looked at");
    }
    let (code, said) = desk.told("run web.toml --quiet --out x");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(hidden().len(), 3, "another run writes there");
    writing.kill().expect("it is our child");
    writing.wait().expect("it ends");
    assert_eq!(hidden().len(), 3, "nobody could clear up");
    std::fs::write(desk.0.join("x/.timeline.csv.old.new"), "of a person").expect("a file beside");
    assert!(desk.run("run web.toml --quiet --out x").status.success());
    assert_eq!(hidden(), [".timeline.csv.old.new"]);
}

/// Where workloads are applied, the result has their tables, hashed as all its files are; elsewhere it has none.
#[test]
fn workloads_and_endpoints_have_tables_of_their_own() {
    let desk = Desk::new("workloads");
    let read =
        |name: &str| std::fs::read_to_string(desk.0.join("x").join(name)).expect("a file of the result");
    let said = desk.run("run rollout-stalls --out x --format csv,jsonl");
    assert!(said.status.success());
    let names = ["endpoints.csv", "pods.csv", "run.toml", "timeline.csv", "timeline.jsonl", "workloads.csv"];
    assert_eq!(desk.files("x"), names);
    desk.assert_hashes("x");

    // The summary has a line for the Deployment, and the files that were written.
    let said = String::from_utf8(said.stdout).expect("it speaks text");
    let (head, own) = (said.lines().find(|l| l.starts_with("WORKLOAD ")), "deployment/billing ");
    assert_eq!(
        words(head.expect("the head of the table")),
        ["WORKLOAD", "ROLLOUT", "COMPLETE", "AT", "AVAILABLE", "FEWEST", "RESTARTS"]
    );
    let line = words(said.lines().find(|l| l.starts_with(own)).expect("a line of the Deployment"));
    assert_eq!((line[1], line.len()), ("Complete", 7), "{line:?}");
    assert_eq!(line[4..], ["4/4", "3/4", "0"]);
    assert!(
        said.trim_end()
            .ends_with("x/timeline.csv, x/timeline.jsonl, x/workloads.csv, x/endpoints.csv, x/pods.csv")
    );

    // Every row has the columns of its head, and what a Deployment says of itself stands there.
    let table = read("workloads.csv");
    let columns = table.lines().next().expect("a head").split(',').count();
    assert!(table.lines().all(|line| line.split(',').count() == columns), "{table}");
    let failed = table.lines().any(|line| {
        line.contains(",deployment,billing,2,4,5,2,3,3,2,")
            && line.contains("Progressing=False:ProgressDeadlineExceeded")
    });
    assert!(failed, "{table}");
    assert!(read("endpoints.csv").lines().skip(1).any(|line| line.ends_with(",default,billing,3,3,0")));

    // In the timeline an object's rows have no pod, and its name in the last column; pods have their topmost controller there.
    let timeline = read("timeline.csv");
    let is = |line: &str, kind: &str, from: &str, to: &str| {
        line.contains(&format!(",default,,,{kind},,{from},{to},")) && line.ends_with(",deployment/billing")
    };
    assert!(timeline.lines().any(|line| is(line, "workload", "Complete", "Progressing")));
    assert!(timeline.lines().any(|line| is(line, "workload", "Progressing", "Failed")));
    let of_pods = timeline.lines().filter(|line| line.contains(",default,billing-"));
    assert!(
        of_pods.clone().count() > 100 && of_pods.clone().all(|line| line.ends_with(",deployment/billing"))
    );
    let rows: Vec<serde_json::Value> = read("timeline.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row is JSON"))
        .collect();
    assert_eq!(rows.len(), timeline.lines().count() - 1);
    assert!(rows.iter().all(|row| row["kind"] == "node" || row["owner"].is_string()));
    assert!(rows.iter().any(|row| row["kind"] == "workload" && row["pod"].is_null()));

    // A run without workloads takes the tables of the earlier one away.
    assert!(desk.run("run web.toml --quiet --out x").status.success());
    assert_eq!(desk.files("x"), ["pods.csv", "run.toml", "timeline.csv"]);
}

/// A summary stays readable where there are many workloads: aligned, and those that need a look are not left out.
#[test]
fn a_summary_of_many_workloads_shows_those_that_are_not_complete() {
    let desk = Desk::new("many");
    let deployment = |number: usize| {
        let image = if number == 57 { "shop/typo:1" } else { "shop/web:1" };
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web-{number:02} }}\nspec:\n  selector: {{ matchLabels: {{ app: \
             web-{number:02} }} }}\n  template:\n    metadata: {{ labels: {{ app: web-{number:02} }} }}\n    spec: {{ containers: [{{ name: \
             app, image: \"{image}\" }}] }}\n---\n"
        )
    };
    let manifest: String = (0..60).map(deployment).collect();
    std::fs::write(desk.0.join("many.yaml"), manifest).expect("a file for the test");
    let scenario = "name = \"many\"\nuntil = \"2m\"\n[[apply]]\nmanifest = \"many.yaml\"\n[[image]]\nref = \"shop/typo:1\"\nerror = \
                    \"not found\"\n[[node]]\nname = \"node\"\ncount = 3\n";
    std::fs::write(desk.0.join("many.toml"), scenario).expect("a file for the test");
    let output = desk.run("run many.toml --out x");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("it speaks text");
    let table: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("WORKLOAD ")).take(52).collect();
    let column = table[0].find("ROLLOUT").expect("a column");
    assert!(
        table[1..51].iter().all(|line| line.is_char_boundary(column) && &line[column - 1..column] == " ")
    );
    assert_eq!(table[51], "… and 10 more, which are complete");
    let typo = table.iter().find(|line| line.starts_with("deployment/web-57 ")).expect("it needs a look");
    assert_eq!(words(typo), ["deployment/web-57", "Progressing", "never", "0/1", "-", "0"]);
    assert_eq!(table[1..51].iter().filter(|line| line.contains(" Complete ")).count(), 49);
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
