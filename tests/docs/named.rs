//! Commands, options and files that prose names are there: each `kubelapse COMMAND --option` of a fenced block or a piece of
//! code in a line, held against the program's own help, and each path of the repository. What needs a cluster or a person is
//! not played; so much of it is known all the same.

use std::collections::BTreeMap;
use std::process::Command;

use super::{pages, read, root};

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubelapse")).args(arguments).arg("--help").output();
    String::from_utf8(output.expect("the program starts").stdout).expect("help is text")
}

/// Command lines of the program in a text: from its name to the end of the code that it stands in, or to a sign of the shell.
fn lines(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.extend(line.split_once("kubelapse ").map(|(_, rest)| rest));
        } else {
            let code = line.split('`').skip(1).step_by(2);
            found.extend(code.filter_map(|code| code.split_once("kubelapse ").map(|(_, rest)| rest)));
        }
    }
    found.into_iter().map(|line| line.split(['|', '#', '<', '>', ';', '&']).next().unwrap_or(line)).collect()
}

/// Options of a command line.
fn options(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(|word| word.split(['=', ',', '.', ')', ']']).next().unwrap_or(word))
}

/// Whether a help text has an option, and not only one that begins so.
fn has(help: &str, option: &str) -> bool {
    help.split(option).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
}

/// Pieces of code in the lines of a text that are paths into a folder of the repository, or of `src`; `NAME` and the like stand
/// for what somebody will add.
fn paths(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        found.extend(line.split('`').skip(1).step_by(2).filter(|code| {
            let letters = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
            let folder = code.split_once('/').map_or("", |(folder, _)| folder);
            // What runs and builds write is not the repository's.
            let here = !["", "output", "target"].contains(&folder)
                && (root().join(folder).is_dir() || root().join("src").join(folder).is_dir());
            !fenced
                && here
                && code.chars().all(letters)
                && !["NAME", "TOPIC", "NN"].iter().any(|word| code.contains(word))
        }));
    }
    found
}

#[test]
fn files_that_are_named_are_there() {
    let mut pages = pages();
    for name in [
        "CONTRIBUTING.md",
        "SECURITY.md",
        "benches/README.md",
        "fuzz/README.md",
        "page/README.md",
        "python/README.md",
    ] {
        pages.push((name.to_owned(), read(&root().join(name))));
    }
    // That page names files of others.
    pages.retain(|(name, _)| name != "docs/comparison.md");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, text) in &pages {
        for path in paths(text) {
            seen += 1;
            if !root().join(path).exists() && !root().join("src").join(path).exists() {
                wrong.push(format!("{name}: {path} is not there"));
            }
        }
    }
    assert!(seen > 100, "{seen} files are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_and_options_that_are_named_are_there() {
    let all = help(&[]);
    let commands: Vec<&str> = all
        .split("Commands:")
        .nth(1)
        .and_then(|text| text.split("\n\n").next())
        .expect("commands in the help")
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"run"), "{commands:?}");
    let helps: BTreeMap<&str, String> = commands.iter().map(|command| (*command, help(&[command]))).collect();
    let mut pages = pages();
    pages.push(("python/README.md".to_owned(), read(&root().join("python/README.md"))));
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, text) in &pages {
        for line in lines(text) {
            let Some(help) = line.split_whitespace().next().and_then(|word| helps.get(word)) else {
                continue;
            };
            for option in options(line) {
                seen += 1;
                if !has(help, option) {
                    wrong.push(format!("{name}: kubelapse {line}: there is no {option}"));
                }
            }
        }
    }
    assert!(seen > 100, "{seen} options are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_option_is_found_where_it_stands() {
    let text = "`kubelapse run a --out=x`, `b`\n```sh\nx | kubelapse fit --record y - > z --no\n```\n";
    assert_eq!(lines(text), ["run a --out=x", "fit --record y - "]);
    assert_eq!(options("run --out=x --set a.b --").collect::<Vec<_>>(), ["--out", "--set"]);
    assert_eq!(
        paths("`src/x.rs`, `rules/y` and `src/NAME.rs`\n```\n`src/z`\n```\n`a/b`"),
        ["src/x.rs", "rules/y"]
    );
    assert!(has("  --out <DIR>", "--out") && !has("  --output <DIR>", "--out"));
}
