//! What the README and the book say is so: their blocks are played by the built program, their links lead somewhere, the
//! commands and options that they name are there, the generated page is that of the schema.
//!
//! The README and each page below `docs/` are played from their top to their end in a folder of their own. A fenced block whose
//! first line is ` ```yaml web.yaml ` (any language, and a file's name) puts that file there; the paragraph above it names it,
//! too. A block ` ```console ` holds commands after `$ ` and what they print, on stdout and stderr together, at a width of 100
//! columns: `kubelapse …`, with quotes, `< FILE` and `> FILE`, `cat FILE`, and `echo $?` for the exit code of the last one;
//! `cargo run --release -- …` is the program in the repository's folder, whose files it finds. `…` stands for anything, on a
//! line of its own for any lines. A block ` ```console promtool ` is played where there is promtool; a block ` ```console
//! shown ` is not (it needs a cluster, a person, or another program), and the text beside it says so.
//!
//! After a change that is meant, `KUBELAPSE_DOCS=write cargo test --test docs` writes blocks without `…` and the generated
//! page anew; then they are read like prose.

#![cfg(all(feature = "cli", feature = "tui", feature = "serve", feature = "html", feature = "parquet"))]

#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/named.rs"]
mod named;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clients::has_promtool;
use desk::Desk;
use rayon::prelude::*;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Whether what differs is written anew.
fn writes() -> bool {
    std::env::var("KUBELAPSE_DOCS").is_ok_and(|value| value == "write")
}

/// The README and all pages of the book, with their paths in the repository, in their order.
fn pages() -> Vec<(String, String)> {
    let mut found = vec![("README.md".to_owned(), read(&root().join("README.md")))];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the book").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                let name = path.strip_prefix(root()).expect("in the repository").display().to_string();
                found.push((name.replace('\\', "/"), read(&path)));
            }
        }
    }
    found.sort();
    found
}

/// A fenced block: where it begins and ends in its page's lines (without the fences), its language and what is said behind it.
struct Block<'a> {
    lines: std::ops::Range<usize>,
    language: &'a str,
    word: &'a str,
}

fn blocks<'a>(lines: &[&'a str]) -> Vec<Block<'a>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (at, line) in lines.iter().enumerate() {
        match (open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((at + 1, info)),
            (Some((from, info)), Some("")) => {
                let (language, word) = info.split_once(' ').unwrap_or((info, ""));
                found.push(Block { lines: from..at, language, word });
                open = None;
            }
            _ => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// Words of a command line, as a shell takes them: quotes, and nothing else.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(quote.is_none(), "a quote is not closed: {line}");
    words.extend(word);
    words
}

/// The page's folder, and the exit code of its last command.
struct Shell {
    desk: Desk,
    code: i32,
}

impl Shell {
    /// What a command prints.
    fn run(&mut self, line: &str) -> String {
        let line = match line.strip_prefix("cargo run --release -- ") {
            Some(rest) => &self.in_the_repository(rest),
            None => line,
        };
        let mut words = shell_words(line);
        match words.first().map(String::as_str) {
            Some("echo") if line == "echo $?" => format!("{}\n", self.code),
            Some("cat") => words[1..].iter().map(|file| read(&self.desk.0.join(file))).collect(),
            Some("kubelapse") => {
                let mut file = |sign: &str| {
                    let at = words.iter().position(|word| word == sign)?;
                    words.drain(at..at + 2).next_back().map(|name| self.desk.0.join(name))
                };
                let (from, to) = (file("<"), file(">"));
                let (said, printed) = self.play(&words[1..], from.as_deref(), to.is_some());
                if let Some(to) = to {
                    std::fs::write(to, printed).expect("the file of a command");
                }
                said
            }
            _ => panic!(
                "a page may say `kubelapse …`, `cat FILE` and `echo $?`, or is `console shown`: {line}"
            ),
        }
    }

    /// The program's command line, and beside it those files of the repository that it names.
    fn in_the_repository(&self, rest: &str) -> String {
        for name in shell_words(rest).iter().filter(|name| root().join(name).is_file()) {
            let copy = self.desk.0.join(name);
            std::fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder of the page");
            std::fs::copy(root().join(name), copy).expect("a copy of a file");
        }
        format!("kubelapse {rest}")
    }

    /// What the program says to a person, and what it prints into a file where `apart`.
    fn play(&mut self, words: &[String], from: Option<&Path>, apart: bool) -> (String, Vec<u8>) {
        let (mut told, teller) = std::io::pipe().expect("a pipe");
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubelapse"));
        command.args(words).current_dir(&self.desk.0).env("COLUMNS", "100");
        command.stdin(
            from.map_or_else(Stdio::null, |file| std::fs::File::open(file).expect("the input").into()),
        );
        command.env("XDG_DATA_HOME", self.desk.0.join("data"));
        let stdout = if apart { Stdio::piped() } else { teller.try_clone().expect("its other end").into() };
        let mut child = command.stdout(stdout).stderr(teller).spawn().expect("the program starts");
        // Its ends of the pipe are the command's, too.
        drop(command);
        let mut printed = Vec::new();
        if let Some(mut out) = child.stdout.take() {
            out.read_to_end(&mut printed).expect("what it prints");
        }
        let mut said = String::new();
        told.read_to_string(&mut said).expect("it speaks text");
        self.code = child.wait().expect("it ends").code().unwrap_or(-1);
        (said, printed)
    }
}

/// Whether a text is what a pattern with `…` says.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// Lines without the spaces at their ends, which no editor keeps.
fn trimmed(text: &str) -> String {
    text.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// Whether the paragraph above a block names its file: what stands behind the fence, no reader sees.
fn is_named(above: &[&str], file: &str) -> bool {
    let text = above.iter().rev().skip_while(|line| line.is_empty());
    text.take_while(|line| !line.is_empty()).any(|line| line.contains(file))
}

/// Plays a page. What is not so is told; the page as it should be.
fn played(name: &str, text: &str) -> (Vec<String>, String) {
    let lines: Vec<&str> = text.lines().collect();
    let mut shell = Shell { desk: Desk::with(&format!("docs-{}", name.replace('/', "-")), None), code: 0 };
    let mut wrong = Vec::new();
    let mut anew = String::new();
    let mut kept = 0;
    for block in blocks(&lines) {
        let body = &lines[block.lines.clone()];
        if block.language != "console" {
            if block.word.contains('.') {
                if !is_named(&lines[..block.lines.start - 1], block.word) {
                    wrong.push(format!(
                        "{name}: what stands above the block of {} does not name it",
                        block.word
                    ));
                }
                let file = shell.desk.0.join(block.word);
                std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder of the page");
                std::fs::write(file, body.join("\n") + "\n").expect("a file of the page");
            }
            continue;
        }
        if block.word == "shown" || block.word == "promtool" && !has_promtool() {
            continue;
        }
        assert!(["", "promtool"].contains(&block.word), "{name}: `console {}`", block.word);
        lines[kept..block.lines.start].iter().for_each(|line| anew.extend([line, "\n"]));
        kept = block.lines.end;
        let mut rest = body;
        while let Some((command, after)) = rest.split_first() {
            let line = command.strip_prefix("$ ").unwrap_or_else(|| panic!("{name}: no command: {command}"));
            let end = after.iter().position(|line| line.starts_with("$ ")).unwrap_or(after.len());
            let shown = after[..end].iter().fold(String::new(), |text, line| text + line + "\n");
            rest = &after[end..];
            let said = trimmed(&shell.run(line));
            let as_said = fits(&shown, &said);
            let written = writes() && !shown.contains('…');
            if !as_said && !written {
                wrong.push(format!("{name}: $ {line}\n--- says\n{said}--- the page has\n{shown}"));
            }
            let _ = write!(anew, "{command}\n{}", if as_said || !written { &shown } else { &said });
        }
    }
    lines[kept..].iter().for_each(|line| anew.extend([line, "\n"]));
    (wrong, anew)
}

#[test]
fn what_pages_show_is_what_the_program_says() {
    let mut wrong = Vec::new();
    let mut commands = 0;
    let pages = pages();
    let results: Vec<_> = pages.par_iter().map(|(name, text)| played(name, text)).collect();
    for ((name, text), (found, anew)) in pages.iter().zip(results) {
        commands += text.matches("\n$ kubelapse ").count();
        if writes() && anew != *text {
            std::fs::write(root().join(name), anew).expect("the page");
        }
        wrong.extend(found);
    }
    assert!(commands > 20, "{commands} commands are shown");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a value of the schema may be, in a few words.
fn shape(value: &Value) -> String {
    if let Some(reference) = value["$ref"].as_str() {
        let name = reference.trim_start_matches("#/$defs/");
        return if name.contains('.') {
            format!("`{name}` of the API")
        } else {
            format!("[{name}](#{})", name.to_lowercase())
        };
    }
    if let Some(list) = value["enum"].as_array() {
        let words: Vec<String> =
            list.iter().map(|word| format!("`{}`", word.to_string().replace('"', ""))).collect();
        return if words.len() > 12 { format!("{}, …", words[..12].join(", ")) } else { words.join(", ") };
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(list) = value[any].as_array() {
            let mut words: Vec<String> = list.iter().map(shape).collect();
            words.dedup();
            return words.join(" or ");
        }
    }
    match value["type"].as_str() {
        Some("array") => format!("list of {}", shape(&value["items"])),
        Some("object") if value["additionalProperties"].is_object() => {
            format!("table of {}", shape(&value["additionalProperties"]))
        }
        Some("object") => "table".to_owned(),
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}

/// A table's keys as rows.
fn rows(text: &mut String, table: &Value) {
    let needed = table["required"].as_array().cloned().unwrap_or_default();
    text.push_str("| key | is | what it says |\n| --- | --- | --- |\n");
    for (key, value) in table["properties"].as_object().into_iter().flatten() {
        let must = if needed.iter().any(|name| name == key) { " (must be there)" } else { "" };
        let says = value["description"].as_str().unwrap_or_default().replace('|', "\\|");
        let _ = writeln!(text, "| `{key}`{must} | {} | {says} |", shape(value).replace('|', "\\|"));
    }
    text.push('\n');
}

/// The page of the scenario format, from its schema.
fn scenario_format(schema: &Value) -> String {
    let mut text = "# The scenario format\n\n\
        Every key of a scenario file, as `kubelapse schema` has it; this page is made from that\n\
        (`KUBELAPSE_DOCS=write cargo test --test docs`). What is named as the API names it holds what the API holds: those tables are\n\
        in the schema, and in Kubernetes' own reference. How to have an editor complete keys: [Editors](editors.md).\n\n\
        ## A file\n\n"
        .to_owned();
    rows(&mut text, schema);
    for (name, table) in schema["$defs"].as_object().into_iter().flatten() {
        if name.contains('.') {
            continue;
        }
        let _ = writeln!(text, "## {name}\n");
        if let Some(says) = table["description"].as_str() {
            let _ = writeln!(text, "{says}\n");
        }
        if table["properties"].is_object() {
            rows(&mut text, table);
        } else {
            let _ = writeln!(text, "{}\n", shape(table));
        }
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

#[test]
fn the_page_of_the_format_is_that_of_the_schema() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_kubelapse")).arg("schema").output().expect("the program starts");
    let schema: Value = serde_json::from_slice(&output.stdout).expect("a schema is JSON");
    let page = scenario_format(&schema);
    let path = root().join("docs/scenario-format.md");
    if writes() {
        std::fs::write(&path, &page).expect("the page");
    }
    assert!(
        read(&path) == page,
        "docs/scenario-format.md is old: KUBELAPSE_DOCS=write cargo test --test docs"
    );
}

/// The addresses of a release stand in project.env, and without them there is none.
#[cfg(unix)]
#[test]
fn a_release_refuses_while_something_is_unset() {
    let desk = Desk::with("docs-release", None);
    std::fs::create_dir(desk.0.join("packaging")).expect("a folder");
    for file in ["project.env", "packaging/project"] {
        std::fs::copy(root().join(file), desk.0.join(file)).expect("a copy");
    }
    let values = desk.0.join("project.env");
    // By the shell: another thread that begins a program may hold the copy open for writing.
    let check =
        || Command::new("bash").arg(desk.0.join("packaging/project")).arg("check").output().expect("a shell");
    let names: Vec<String> =
        read(&values).lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect();
    assert!(names.contains(&"REPOSITORY".to_owned()), "{names:?}");
    let all_but = |unset: &str| {
        let said = |name: &String| format!("{name}={}\n", if name == unset { "unset" } else { "owner/it" });
        std::fs::write(&values, names.iter().map(said).collect::<String>()).expect("the values");
    };
    for name in &names {
        all_but(name);
        let output = check();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(name), "{name}");
    }
    all_but("");
    assert_eq!(check().status.code(), Some(0));
}

/// What is given away has the README and not what it links to: its links lead to where that is served.
#[cfg(unix)]
#[test]
fn links_of_an_archive_lead_to_the_repository() {
    let desk = Desk::with("docs-archive", None);
    std::fs::create_dir(desk.0.join("packaging")).expect("a folder");
    std::fs::create_dir(desk.0.join("python")).expect("a folder");
    for file in ["project.env", "packaging/project", "README.md", "CHANGELOG.md", "python/README.md"] {
        std::fs::copy(root().join(file), desk.0.join(file)).expect("a copy");
    }
    let values = desk.0.join("project.env");
    std::fs::write(&values, read(&values).replace("=unset", "=owner/it")).expect("the values");
    let before = read(&desk.0.join("README.md"));
    let mut shell = Command::new("bash");
    shell.arg(desk.0.join("packaging/project")).args([
        "links",
        "1.2.3",
        "README.md",
        "CHANGELOG.md",
        "python/README.md",
    ]);
    let output = shell.current_dir(&desk.0).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = read(&desk.0.join("README.md"));
    let at = "https://github.com/owner/it";
    assert!(after.contains(&format!("]({at}/raw/v1.2.3/docs/images/page.png)")), "pictures");
    assert!(after.contains(&format!("]({at}/blob/v1.2.3/docs/audit.md)")), "pages");
    assert!(after.contains(&format!("]({at}/blob/v1.2.3/docs/step.md#lines)")), "places on pages");
    let of_wheel = read(&desk.0.join("python/README.md"));
    assert!(of_wheel.contains(&format!("]({at}/blob/v1.2.3/docs/python.md)")), "pages beside its folder");
    for text in [&after, &read(&desk.0.join("CHANGELOG.md")), &of_wheel] {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let wrong: Vec<&str> =
            links.filter(|link| !link.starts_with("https://") && !link.starts_with('#')).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    // Nothing else is another text.
    assert_eq!(
        after.replace(&format!("{at}/raw/v1.2.3/"), "").replace(&format!("{at}/blob/v1.2.3/"), ""),
        before
    );
    assert!(
        read(&root().join("packaging/archive")).contains("packaging/project links"),
        "the archive asks for it"
    );
}

#[test]
fn patterns_fit_what_they_should_and_files_are_named_above() {
    assert!(fits("a\n…\nc\n", "a\nb\nb\nc\n") && fits("a … c\n", "a b c\n") && fits("a\n", "a\n"));
    assert!(!fits("a\n", "a\nb\n") && !fits("a … d\n", "a b c\n") && !fits("", "a\n"));
    assert!(is_named(&["", "`a.yaml` is it,", "twice:", ""], "a.yaml"));
    assert!(!is_named(&["`a.yaml`:", "", "another:"], "a.yaml"));
    assert_eq!(shell_words("run 'a b' c=\"d e\" f"), ["run", "a b", "c=d e", "f"]);
}
