//! The house stays a house: layers, headers, documents that agree with the code.

#![cfg(feature = "cli")]

mod tidy {
    mod built;
    pub mod circles;
    pub mod source;
    mod unsafe_code;
}

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kubelapse::record::FORMATS;
use kubelapse::record::csv::{POD_COLUMNS, TIMELINE_COLUMNS};
use kubelapse::record::tables::{ENDPOINT_COLUMNS, WORKLOAD_COLUMNS};
use kubelapse::rules::api_server::objects::ObjectType;
use tidy::circles::Room;
use tidy::source::{code, functions, public_items, words};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every file under a folder with this ending, with its path from the repository's root.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                let name = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((name.replace('\\', "/"), read(&path)));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder}/**.{ending}");
    found
}

/// Who may use whom; a room may always use itself.
const LAYERS: [(&str, &[&str]); 20] = [
    ("time", &[]),
    ("api", &["time"]),
    ("engine", &["time"]),
    ("rules", &["time", "api"]),
    ("record", &["time", "api"]),
    ("scenario", &["time", "api", "engine", "rules"]),
    ("world", &["time", "api", "engine", "rules", "scenario", "record"]),
    ("actors", &["time", "api", "engine", "rules", "scenario", "record", "world"]),
    ("session", &["time", "api", "engine", "rules", "scenario", "record", "world", "actors"]),
    ("observed", &["time", "api", "rules"]),
    ("answers", &["time", "api", "engine", "rules", "scenario", "record", "world", "session", "observed"]),
    ("course", &["time", "scenario", "session"]),
    ("draft", &["time", "api", "rules", "record", "scenario", "world", "session", "explain"]),
    ("drill", &["time", "api", "engine", "rules", "scenario", "world", "session"]),
    ("compare", &["time", "api", "rules", "record"]),
    ("calibration", &["time", "api", "rules", "scenario", "record", "session", "compare", "observed"]),
    ("explain", &["time", "api", "rules"]),
    ("cli", DOORS),
    ("tui", DOORS),
    ("serve", DOORS),
];

/// Doors may use everything.
const DOORS: &[&str] = &[
    "time",
    "api",
    "engine",
    "rules",
    "scenario",
    "record",
    "world",
    "actors",
    "session",
    "compare",
    "calibration",
    "answers",
    "course",
    "draft",
    "drill",
    "explain",
    "observed",
    "cli",
    "tui",
    "serve",
];

/// The rooms that a file's `use crate::` lines name.
fn used(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    // What follows in a file's test module may look around more freely.
    let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
    for statement in code.split("use crate::").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let first =
            |part: &str| part.trim().split([':', '{', ' ', ',']).next().unwrap_or_default().to_owned();
        match statement.strip_prefix('{') {
            None => drop(rooms.insert(first(statement))),
            Some(list) => {
                let mut depth = 0;
                for part in list.split_inclusive([',', '{', '}']) {
                    if depth == 0 && !first(part).is_empty() && !part.trim().starts_with('}') {
                        rooms.insert(first(part));
                    }
                    depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
                }
            }
        }
    }
    rooms
}

#[test]
fn layers_point_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in files("src", "rs") {
        let room = name.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default().to_owned();
        if ["main", "lib"].contains(&room.as_str()) {
            continue;
        }
        let Some((_, below)) = LAYERS.iter().find(|(layer, _)| *layer == room) else {
            wrong.push(format!("{name}: the room `{room}` stands in no layer"));
            continue;
        };
        for other in used(&text) {
            if other != room && !below.contains(&other.as_str()) {
                wrong.push(format!("{name} uses `{other}`, which is not below `{room}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rooms of the law, each of which may use those before it (src/rules/mod.rs).
const LAW: [&str; 8] = [
    "versions",
    "machinery",
    "scheduler",
    "kubelet",
    "controllers",
    "api_server",
    "kubectl",
    "kube_state_metrics",
];

#[test]
fn the_law_has_no_circles() {
    let mut wrong = Vec::new();
    let rank = |room: &str| LAW.iter().position(|known| *known == room);
    for (name, text) in files("src/rules", "rs") {
        let room = name.trim_start_matches("src/rules/").split('/').next().unwrap_or_default();
        if room == "mod.rs" {
            continue;
        }
        let Some(own) = rank(room) else {
            wrong.push(format!("{name}: the room `{room}` has no place in the order"));
            continue;
        };
        for line in code_of(&text) {
            for path in line.split("crate::rules::").skip(1) {
                let other = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if rank(other).is_none_or(|other| other > own) {
                    wrong.push(format!("{name} uses `{other}`, which is not below `{room}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines that are neither comments nor a file's tests.
fn code_of(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Where something called a version is compared outside src/rules/versions, how many lines do, and why. What a version of
/// Kubernetes does is asked of its habits: this list should only get shorter.
const COMPARISONS: [(&str, usize, &str); 5] = [
    (
        "src/rules/api_server/decode/schema.rs",
        1,
        "a table of its own: fields, with columns for their versions",
    ),
    ("src/actors/kubelet/status_writer.rs", 1, "how often a pod's status was written"),
    ("src/actors/scheduler/cycle.rs", 1, "which version of a pod an event is about"),
    ("src/actors/kubelet/taken.rs", 1, "which version of its node a kubelet has seen"),
    ("src/course/progress.rs", 1, "the layout of the file of progress"),
];

/// Whether a line (as rustfmt leaves it) compares or matches a version, or names one.
fn compares_versions(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    // Versions of objects and of APIs are others.
    let is_version = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        word.ends_with("version")
            && !["resource_version", "api_version", "group_version"].iter().any(|own| word.ends_with(own))
    };
    words.iter().enumerate().any(|(ix, word)| match *word {
        ">=" | "<=" | ">" | "<" | "==" | "!=" => {
            ix.checked_sub(1).and_then(|before| words.get(before)).is_some_and(is_version)
                || words.get(ix + 1).is_some_and(is_version)
        }
        "match" => words.get(ix + 1).is_some_and(is_version),
        word => word.contains("Version::V1_"),
    })
}

/// Files change through one door, at which a test lets each operation fail (tests/faults/operations.rs).
#[test]
fn files_change_through_one_door() {
    let changes = ["write", "rename", "remove", "create", "hard_link", "copy", "set_permissions"]
        .map(|verb| format!("fs::{verb}"));
    let words =
        changes.iter().map(String::as_str).chain(["File::create", ".create", ".append(", ".truncate(true"]);
    let words: Vec<&str> = words.collect();
    for (name, text) in files("src", "rs") {
        if name == "src/cli/disk.rs" {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        let uses_files = code.contains("std::fs") || code.contains("fs::");
        let found = code.lines().find(|line| uses_files && words.iter().any(|word| line.contains(word)));
        let found =
            found.filter(|line| !line.contains("Beside::create") && !line.contains("File::create_new"));
        assert_eq!(found, None, "{name}");
    }
}

#[test]
fn versions_are_asked_for_their_habits() {
    let mut wrong = Vec::new();
    for (name, text) in files("src", "rs") {
        // What is served has versions of its own: those of objects and of APIs.
        if name.starts_with("src/rules/versions/") || name.starts_with("src/serve/") {
            continue;
        }
        let allowed = COMPARISONS.iter().find(|(file, ..)| *file == name).map_or(0, |(_, lines, _)| *lines);
        let found: Vec<&str> = code_of(&text).filter(|line| compares_versions(line)).collect();
        if found.len() != allowed {
            let found: String = found.iter().map(|line| format!("\n  {}", line.trim())).collect();
            wrong.push(format!("{name}: {allowed} lines may compare versions; these do:{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for line in [
        "if w.gates.version < since {",
        "match gates.version {",
        "f.since <= *version)",
        "of(Version::V1_34)",
    ] {
        assert!(compares_versions(line), "{line}");
    }
    assert!(!compares_versions("let versions: Vec<Version> = x == y && known(version);"));
}

/// A version is a table that stands in the list, and nothing else names its file.
#[test]
fn every_table_of_a_version_is_in_the_list() {
    let list = read(&root().join("src/rules/versions/mod.rs"));
    for (name, _) in files("src/rules/versions", "rs") {
        let stem = name.trim_start_matches("src/rules/versions/").trim_end_matches(".rs");
        if stem.starts_with("v1_") {
            let line = format!("    {stem} V{} \"{}\",", &stem[1..], stem[1..].replace('_', "."));
            assert!(list.lines().any(|known| known == line), "no line `{line}`");
        }
    }
}

#[test]
fn uses_are_read_as_they_are_written() {
    let text = "use crate::api::{Sym, Tri};\nuse crate::{rules, time::Time, world::{Pod, World}};\n";
    assert_eq!(used(text).into_iter().collect::<Vec<_>>(), ["api", "rules", "time", "world"]);
}

/// Among actors calls go one way: who stands below returns a step or says a signal, and imports nobody above.
#[test]
fn no_file_of_the_actors_imports_in_a_circle() {
    let circle = Room::new("actors", &files("src/actors", "rs")).circle();
    assert!(circle.is_none(), "{}", circle.unwrap_or_default().join(" -> "));
}

#[test]
fn a_circle_is_seen_however_it_is_written() {
    let circle = |there: &str, back: &str| {
        let file = |name: &str, text: &str| (format!("src/actors/{name}.rs"), text.to_owned());
        let files = [
            file("mod", "pub mod api;\npub mod kubelet;\nfn play() { kubelet::sync::go() }"),
            file("api/mod", "mod pods;\npub use pods::bind;"),
            file("api/pods", there),
            file("kubelet/mod", "//! [`sync`]\npub mod sync;\npub mod run;"),
            file("kubelet/sync", back),
            file("kubelet/run", "use crate::world::World;\n// super::sync::go()"),
        ];
        let mut circle = Room::new("actors", &files).circle().unwrap_or_default();
        circle.sort();
        circle.join(" ")
    };
    let found = "api::pods kubelet::sync";
    assert_eq!(circle("use crate::actors::kubelet::sync;", "use super::super::api::bind;"), found);
    assert_eq!(
        circle(
            "use crate::actors::kubelet;\nfn f() { kubelet::sync::go() }",
            "use crate::actors::api;\nfn f() { api::bind() }"
        ),
        found
    );
    assert_eq!(
        circle("use crate::{actors::{kubelet::{run, sync as s}}};", "fn f() { crate::actors::api::bind() }"),
        found
    );
    assert_eq!(
        circle(
            "use crate::actors::kubelet::run;",
            "use super::run;\nuse crate::actors::api;\nfn f() { api::bind() }"
        ),
        ""
    );
    assert_eq!(circle("", "#[cfg(test)]\nmod tests { use super::*; }"), "");
}

/// Only the doors open files, read the environment, look at the clock, start threads or print.
#[test]
fn only_the_doors_touch_the_machine() {
    let mut wrong = Vec::new();
    for (name, text) in files("src", "rs") {
        if ["src/cli/", "src/tui/", "src/serve/", "src/main.rs"].iter().any(|door| name.starts_with(door)) {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        for word in [
            "std::fs",
            "std::env",
            "std::process",
            "println!",
            "eprintln!",
            "print!(",
            "SystemTime",
            "Instant::now",
            "std::thread",
        ] {
            // The one sink that needs a thread says so, and is left out where there are none.
            if word == "std::thread" && name == "src/record/threaded.rs" {
                continue;
            }
            if code.lines().any(|line| line.contains(word) && !line.trim_start().starts_with("//")) {
                wrong.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_begins_with_what_it_is_for() {
    let without: Vec<String> = files("src", "rs")
        .into_iter()
        .filter(|(name, text)| name != "src/main.rs" && !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

/// Each file of rules names what it follows: a file or a function of Kubernetes, or the rule that it repeats faster.
#[test]
fn rules_name_their_source() {
    let without: Vec<String> = files("src/rules", "rs")
        .into_iter()
        .filter(|(name, text)| {
            let docs: String = text.lines().filter(|line| line.trim_start().starts_with("//")).collect();
            let source =
                [".go", "pkg/", "Source:", "Kubernetes", "kube-scheduler", "kubelet", "is the specification"];
            !name.ends_with("_test.rs")
                && name != "src/rules/mod.rs"
                && !source.iter().any(|word| docs.contains(word))
        })
        .map(|(name, _)| name)
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

/// The project speaks of itself alone.
#[test]
fn no_file_names_a_machine() {
    let mut places: Vec<(String, String)> =
        ["src", "tests", "web"].iter().flat_map(|folder| files(folder, "rs")).collect();
    places.extend(files("web", "mjs"));
    places.extend(files("scenarios", "toml"));
    places.push(("README.md".to_owned(), read(&root().join("README.md"))));
    let words = [["/ho", "me/"], ["/ro", "ot/"], ["/wo", "rk/"], ["/tm", "p/"]].map(|halves| halves.concat());
    let wrong: Vec<&String> = places
        .iter()
        .filter(|(_, text)| {
            words.iter().any(|word| text.contains(&format!("\"{word}")) || text.contains(&format!(" {word}")))
        })
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A scenario opens with a comment that says what one is about to see, names the schema for editors, is called as its
/// file, and expects something.
#[test]
fn scenarios_say_what_one_will_see() {
    let mut wrong = Vec::new();
    for (name, text) in files("scenarios", "toml") {
        let mut say = |what: &str| wrong.push(format!("{name}: {what}"));
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("# ") || first.len() < 20 {
            say("its first line is no comment that says what one is about to see");
        }
        let head = text.lines().take_while(|line| line.starts_with('#') || line.is_empty());
        if !head.clone().any(|line| line.starts_with("#:schema ")) {
            say("its head does not name the schema (#:schema ./schema.json)");
        }
        let table: toml::Table = text.parse().expect("a shipped scenario is TOML");
        let stem = Path::new(&name).file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
        if table.get("name").and_then(toml::Value::as_str).map(str::to_owned) != stem {
            say("its name is not its file's");
        }
        if table.get("description").and_then(toml::Value::as_str).is_none_or(str::is_empty) {
            say("no description");
        }
        // Fleets are there for their size.
        let expects =
            table.get("expect").and_then(toml::Value::as_array).is_some_and(|list| !list.is_empty());
        if !expects && !name.starts_with("scenarios/scale/") {
            say("it expects nothing");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// First cells of the rows of the table under a heading of a page, without their backticks; several names may share a row.
fn table(page: &str, heading: &str) -> Vec<String> {
    let section = page.split(heading).nth(1).unwrap_or_else(|| panic!("no page has `{heading}`"));
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect()
}

#[test]
fn tables_of_the_book_agree_with_the_code() {
    let formats = read(&root().join("docs/formats.md"));
    let columns: Vec<&str> = TIMELINE_COLUMNS.iter().map(|(name, _)| *name).collect();
    assert_eq!(table(&formats, "## timeline.csv"), columns);
    assert_eq!(table(&formats, "## pods.csv"), POD_COLUMNS);
    assert_eq!(table(&formats, "## workloads.csv"), WORKLOAD_COLUMNS);
    assert_eq!(table(&formats, "## endpoints.csv"), ENDPOINT_COLUMNS);
    let help = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kubelapse")).args(arguments).output();
        String::from_utf8(output.expect("the program starts").stdout).expect("help is text")
    };
    let commands = table(&read(&root().join("docs/commands.md")), "# Commands");
    let offered = help(&["--help"]);
    let offered =
        offered.split("Commands:").nth(1).and_then(|t| t.split("\n\n").next()).expect("commands in the help");
    for line in offered.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().expect("a command's name");
        assert!(
            name == "help" || commands.iter().any(|c| c == name),
            "`{name}` stands in no row of docs/commands.md"
        );
    }
    for name in &commands {
        assert!(offered.contains(&format!("  {name} ")), "docs/commands.md has a command `{name}`");
    }
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(table(&formats, "## Formats"), names);
    for format in FORMATS {
        let row = format!("| `{}` | `{}` | ", format.name, format.file);
        assert!(formats.contains(&row), "docs/formats.md has no row `{row}`");
    }
    let chosen =
        format!("`--format {}` writes several at once; the default is `{}`.", names.join(","), names[0]);
    assert!(formats.contains(&chosen), "docs/formats.md does not say: {chosen}");
}

/// It opens with the two commands, and is soon read; its pictures are soon loaded.
#[test]
fn the_readme_is_short() {
    let readme = read(&root().join("README.md"));
    assert!(readme.lines().count() <= 250, "{} lines: pages of docs/ are for more", readme.lines().count());
    for picture in std::fs::read_dir(root().join("docs/images")).expect("the pictures").flatten() {
        let size = picture.metadata().expect("a file").len();
        assert!(size <= 150_000, "{}: {size} bytes", picture.path().display());
    }
    let first =
        readme.find("cargo run --release -- run scenarios/crash-loop.toml").expect("the first command");
    let second = readme.find("cargo test").expect("the second command");
    assert!(first < second && readme[..first].lines().count() < 15);
}

/// Objects of the API are written in one place, which versions, records and tells; elsewhere they are read.
#[test]
fn the_api_server_is_the_only_writer() {
    let mut wrong = Vec::new();
    for (name, text) in files("src", "rs") {
        if name.starts_with("src/actors/api_server/") || name == "src/world/store.rs" {
            continue;
        }
        for kind in ["pods", "nodes", "objects", "workloads"] {
            for verb in ["write", "add"] {
                if text.contains(&format!("{kind}.{verb}(")) {
                    wrong.push(format!("{name}: {kind}.{verb}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who learns of what stands in one list: the API server tells nobody else.
#[test]
fn the_api_server_tells_its_watchers_alone() {
    for (name, text) in files("src/actors/api_server", "rs") {
        let neighbours =
            ["scheduler", "kubelet", "taint_eviction", "pod_gc", "attach_detach", "node_lifecycle"];
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for neighbour in neighbours {
            let call = format!("{neighbour}::");
            let of_the_law = format!("rules::{call}");
            let calls = |line: &&&str| line.replace(&of_the_law, "").contains(&call);
            assert!(!code.iter().any(|line| calls(&line)), "{name} calls {neighbour}");
        }
    }
}

/// What only tests use, and why it stands in `src` all the same.
const FOR_TESTS: [(&str, &str); 4] = [
    ("breaches", "the laws of every life, for whoever plays one"),
    ("kinds_of", "what is wrong in a drill, for whoever sorts them: Python's environments"),
    ("endpoint_slice_value", "slices as the API prints them, held against the recorded ones"),
    ("minus", "a quantity's arithmetic, held against the recorded answers"),
];

/// What is public has a user; what has none is gone.
#[test]
fn nothing_public_is_dead() {
    let sources: Vec<(String, String)> =
        files("src", "rs").into_iter().map(|(name, text)| (name, code(&text))).collect();
    let all: String = sources.iter().map(|(_, code)| code.as_str()).collect();
    let used = words(&all);
    let unused: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, code)| public_items(code))
        .filter(|name| used.get(name).is_none_or(|count| *count < 2))
        .collect();
    let for_tests: BTreeSet<&str> = FOR_TESTS.iter().map(|(name, _)| *name).collect();
    let dead: Vec<_> = unused.difference(&for_tests).collect();
    assert!(dead.is_empty(), "named nowhere else in src: {dead:?}");
    let alive: Vec<_> = for_tests.difference(&unused).collect();
    assert!(alive.is_empty(), "no longer only for tests: {alive:?}");

    // Symbols that rules name come out of a macro.
    let symbols =
        sources.iter().find(|(name, _)| name == "src/api/sym.rs").map(|(_, code)| code).expect("symbols");
    let table = symbols.split("known! {").nth(1).expect("the table of symbols");
    let names =
        table.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(" = \"")).map(|(name, _)| name);
    let unnamed: Vec<&str> = names.filter(|name| !all.contains(&format!("Sym::{name}"))).collect();
    assert!(unnamed.is_empty(), "symbols that nobody names: {unnamed:?}");
}

/// No function is longer than this, but for those that were when the rule came.
const LONG: usize = 80;

/// Those, with their lengths: they may be split, and not grow, but for tables that have a line for each kind of event.
const LONG_FUNCTIONS: [(&str, &str, usize); 4] = [
    ("src/rules/scheduler/placement/cycle.rs", "search", 82),
    ("src/scenario/resolve/pods.rs", "drafts", 84),
    ("src/session/words.rs", "describe", 95),
    ("src/world/event.rs", "about", 91),
];

#[test]
fn functions_do_not_grow_long() {
    let mut wrong = Vec::new();
    let mut known: BTreeMap<(String, String), usize> = LONG_FUNCTIONS
        .iter()
        .map(|(file, name, length)| (((*file).into(), (*name).into()), *length))
        .collect();
    for (file, text) in files("src", "rs") {
        for (name, length) in functions(&code(&text)).into_iter().filter(|(_, length)| *length > LONG) {
            let allowed = known.remove(&(file.clone(), name.to_owned())).unwrap_or(LONG);
            if length != allowed {
                wrong.push(format!(
                    "(\"{file}\", \"{name}\", {length}), which was {allowed}: split it by what it does; the number only falls"
                ));
            }
        }
    }
    for (file, name) in known.keys() {
        wrong.push(format!("{file}: `{name}` is short or gone: strike it off"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn functions_are_measured_as_they_are_written() {
    let text = "impl A {\n    pub fn one(a: u8) -> u8 {\n        a\n    }\n}\nfn two<T>(\n    t: T,\n) {\n    t;\n}\nfn no() {}\n";
    assert_eq!(functions(text), [("one", 3), ("two", 5), ("no", 1)]);
    let items =
        "pub const fn a() {}\npub(super) struct B;\n    pub const C: u8 = 1;\npub mod d;\npub use e;\n";
    assert_eq!(public_items(items).collect::<Vec<_>>(), ["a", "B", "C"]);
}

/// Parts of a plan that only the resolver itself looks at, and what for. The rest of a plan is read by who plays it.
const READ_BY_THE_RESOLVER: [(&str, &str); 1] = [("max_pods", "becomes a part of the node's capacity")];

/// A key that a file may hold has a reader, and so has what becomes of it: else it would pass `check` and do nothing.
#[test]
fn every_key_of_the_format_has_a_reader() {
    let mut wrong = Vec::new();
    let (format, others): (Vec<_>, Vec<_>) = files("src", "rs")
        .into_iter()
        .map(|(name, text)| (name, code(&text)))
        .partition(|(name, _)| name.starts_with("src/scenario/format/"));
    let (scenario, players): (Vec<_>, Vec<_>) =
        others.iter().partition(|(name, _)| name.starts_with("src/scenario/"));
    let readers: String = scenario.iter().map(|(_, code)| code.as_str()).collect();
    let mut count = 0;
    for (file, code) in &format {
        for call in ["key(", "must("].iter().flat_map(|call| code.split(call).skip(1)) {
            let Some(name) = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            count += 1;
            // Tables of kinds are read by the key of each kind that is stored.
            let is_of_kind = ObjectType::kept().any(|kind| kind.key() == name);
            if !is_of_kind && !readers.contains(&format!("\"{name}\"")) {
                wrong.push(format!("{file}: nobody reads `{name}`"));
            }
        }
    }
    assert!(count > 150, "{count} keys are found");

    let players: String = players.iter().map(|(_, code)| code.as_str()).collect();
    let played = words(&players);
    let mut known: BTreeSet<&str> = READ_BY_THE_RESOLVER.iter().map(|(name, _)| *name).collect();
    for (file, code) in
        others.iter().filter(|(name, _)| name.ends_with("/plan.rs") || name.ends_with("/command.rs"))
    {
        let fields = code
            .lines()
            .filter_map(|line| line.strip_prefix("    pub ")?.split_once(": "))
            .map(|(name, _)| name);
        for field in fields.filter(|field| !field.contains(' ') && !played.contains_key(field)) {
            if !known.remove(field) {
                wrong.push(format!("{file}: nobody who plays a plan reads `{field}`"));
            }
        }
    }
    wrong.extend(known.iter().map(|name| format!("`{name}` has its reader: strike it off")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An invariant that nobody has seen to fail holds nothing: each is broken by a test that waits for its words.
#[test]
fn every_invariant_was_seen_to_break() {
    let own = "src/api/invariant.rs";
    let list = read(&root().join(own));
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("Invariant::")?.split_once(" => \"")?.1.strip_suffix("\",")
        })
        .collect();
    let variants = list.split("pub enum Invariant {").nth(1).and_then(|rest| rest.split("\n}").next());
    let variants =
        variants.expect("a list").lines().filter(|line| line.ends_with(',') && !line.contains("//"));
    assert_eq!(names.len(), variants.count(), "{names:?}");
    let others: Vec<String> =
        files("src", "rs").into_iter().filter(|(name, _)| name != own).map(|(_, text)| text).collect();
    for name in names {
        let waited = format!("expected = \"broken invariant, {name}: ");
        assert!(others.iter().any(|text| text.contains(&waited)), "no test breaks `{name}`");
    }
}
