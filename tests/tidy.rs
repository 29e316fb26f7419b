//! The house stays a house: layers point one way, only the doors touch the outside, shipped scenarios say what one is about to
//! see, and the README's tables are what the code writes.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).expect("it is text");
            found.push((path, text));
        }
    }
}

fn house() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&root().join("src"), &mut found);
    found.sort();
    found
}

/// The room of a file: `src/rules/phase.rs` is in `rules`.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("a source file");
    let first = inside.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Each room and those below it that it may use.
const ROOMS: [(&str, &[&str]); 13] = [
    ("time", &[]),
    ("api", &["time"]),
    ("engine", &["time"]),
    ("rules", &["api", "time"]),
    ("record", &["api", "time"]),
    ("scenario", &["api", "engine", "rules", "time"]),
    ("world", &["api", "engine", "record", "rules", "scenario", "time"]),
    ("actors", &["api", "engine", "record", "rules", "scenario", "time", "world"]),
    ("session", &["actors", "api", "engine", "record", "rules", "scenario", "time", "world"]),
    ("compare", &["api", "record", "rules", "time"]),
    ("explain", &["api", "rules", "time"]),
    ("tui", &["api", "engine", "record", "rules", "scenario", "session", "time", "world"]),
    ("cli", &["api", "compare", "explain", "record", "rules", "scenario", "session", "time", "tui", "world"]),
];

/// Names that follow `crate::` in a text.
fn uses(text: &str) -> Vec<&str> {
    text.match_indices("crate::")
        .map(|(at, found)| {
            let rest = &text[at + found.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn layers_point_one_way() {
    let known: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    for (path, text) in house() {
        let own = room(&path);
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == own) else {
            assert!(["lib", "main"].contains(&own.as_str()), "{own}: a room that is not in the list");
            continue;
        };
        for used in uses(&text) {
            if known.contains(&used) && used != own && !allowed.contains(&used) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_doors_touch_the_outside() {
    let outside = [
        "std::fs",
        "std::env::",
        "println!",
        "eprintln!",
        "SystemTime",
        "Instant::now",
        "TcpListener",
        "TcpStream",
    ];
    let mut wrong = Vec::new();
    for (path, text) in house() {
        let own = room(&path);
        if ["cli", "tui", "main"].contains(&own.as_str()) {
            continue;
        }
        // Tests inside a file may do what tests do.
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            if let Some(found) = outside.iter().find(|word| line.contains(**word)) {
                wrong.push(format!("{}: {found}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_begins_with_what_it_is() {
    for (path, text) in house() {
        let has_docs = text.starts_with("//!") || path.ends_with("main.rs") && text.contains("//!");
        let is_test = path.to_string_lossy().ends_with("_test.rs");
        assert!(has_docs || is_test, "{} has no doc comment", path.display());
        let lines = text.lines().count();
        assert!(lines <= 700, "{} has {lines} lines: a file holds one idea", path.display());
    }
}

#[test]
fn shipped_scenarios_say_what_one_is_about_to_see() {
    for shipped in kubelapse::scenario::builtin::ALL {
        let mut lines = shipped.text.lines();
        let comments: Vec<&str> = lines.by_ref().take_while(|line| line.starts_with('#')).collect();
        assert!(comments.iter().any(|line| line.len() > 30), "{} does not say", shipped.name);
        assert!(shipped.text.contains("[[expect]]"), "{} expects nothing", shipped.name);
    }
}

#[test]
fn the_readme_tells_the_columns_that_are_written() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let plan = {
        let shipped = kubelapse::scenario::builtin::find("happy-path").expect("it is shipped");
        let none = |path: &str| Err(path.to_owned());
        kubelapse::scenario::load("happy-path.toml", shipped.text, &none, &[]).expect("it is read")
    };
    let lived = kubelapse::session::live(&std::sync::Arc::new(plan), 0);
    let mut bytes = Vec::new();
    {
        use kubelapse::record::Sink;
        let mut sink = kubelapse::record::csv::Timeline::new(&mut bytes);
        sink.begin(&lived.directory).expect("memory");
        let at = lived.directory.start;
        let ending = kubelapse::record::Ending { pods: &lived.records, at, partial: false };
        sink.end(&lived.directory, &ending).expect("memory");
    }
    let text = String::from_utf8(bytes).expect("text");
    for column in text.lines().next().expect("a head").split(',') {
        assert!(readme.contains(&format!("| `{column}` |")), "the README does not tell of {column}");
    }
}
