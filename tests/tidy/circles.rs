//! The graph of the files in a folder of `src`, from the paths that their code names, and a circle in it.

use std::collections::{BTreeMap, BTreeSet};

use super::source::code;

/// The files of a room by module: `kubelet::sync`, a folder's name for its `mod.rs`, and nothing for the room's own.
pub struct Room {
    name: String,
    code: BTreeMap<String, String>,
    /// Names that a `mod.rs` hands on from its files (`pub use`), with those files: no import of its own.
    handed_on: BTreeMap<String, String>,
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// `a::{b, c as d}` is `a::b` and `a::c as d`.
fn spread(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match parts.last_mut() {
            Some(_) if c == ',' && depth == 0 => parts.push(String::new()),
            Some(part) => part.push(c),
            None => {}
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| spread(part)).map(|part| format!("{}{part}", before.trim())).collect()
}

/// Splits code into its imports (each whether it is handed on, and its path) and all else.
fn imports(code: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut body, mut import) = (Vec::new(), String::new(), String::new());
    for line in code.lines() {
        let trimmed = line.trim();
        let begins = ["use ", "pub use "].iter().any(|word| trimmed.starts_with(word));
        if !begins && import.is_empty() {
            body.push_str(line);
            body.push('\n');
            continue;
        }
        import.push_str(trimmed);
        import.push(' ');
        if let Some(statement) = import.trim().strip_suffix(';') {
            let handed_on = statement.starts_with("pub ");
            let tree = statement.trim_start_matches("pub ").trim_start_matches("use ");
            found.extend(spread(tree).into_iter().map(|path| (handed_on, path)));
            import.clear();
        }
    }
    (found, body)
}

impl Room {
    /// `files`: names from the repository's root, and texts.
    pub fn new(name: &str, files: &[(String, String)]) -> Room {
        let prefix = format!("src/{name}/");
        let module = |file: &str| {
            let path = file.trim_start_matches(&prefix).trim_end_matches(".rs");
            let is_folder = path == "mod" || path.ends_with("/mod");
            path[..path.len() - if is_folder { 3 } else { 0 }].trim_end_matches('/').replace('/', "::")
        };
        let code = files.iter().map(|(file, text)| (module(file), code(text))).collect();
        let mut room = Room { name: name.to_owned(), code, handed_on: BTreeMap::new() };
        for (own, code) in room.code.clone() {
            for (_, path) in imports(&code).0.into_iter().filter(|(handed_on, _)| *handed_on) {
                let item = path.rsplit("::").next().unwrap_or_default().to_owned();
                if let Some(file) = room.path(&own, &path).and_then(|path| room.file(&path)) {
                    room.handed_on.insert(join(&own, &item), file);
                }
            }
        }
        room
    }

    /// A path in a file's code as one from the room; None if it leads out of it.
    fn path(&self, own: &str, path: &str) -> Option<String> {
        let mut parts = path.split("::").map(str::trim).peekable();
        let mut at = own.to_owned();
        match *parts.peek()? {
            "crate" => {
                parts.next();
                at = String::new();
                if parts.next()? != self.name {
                    return None;
                }
            }
            "self" => drop(parts.next()),
            "super" => {
                while parts.next_if_eq(&"super").is_some() {
                    if at.is_empty() {
                        return None;
                    }
                    at = at.rsplit_once("::").map_or_else(String::new, |(parent, _)| parent.to_owned());
                }
            }
            child if self.code.contains_key(&join(own, child)) => {}
            _ => return None,
        }
        Some(parts.filter(|part| *part != "self").fold(at, |at, part| join(&at, part)))
    }

    /// The file that a path of the room leads to.
    fn file(&self, path: &str) -> Option<String> {
        let mut at = String::new();
        for part in path.split("::") {
            let deeper = join(&at, part);
            match self.handed_on.get(&deeper) {
                Some(file) => return Some(file.clone()),
                None if self.code.contains_key(&deeper) => at = deeper,
                None => break,
            }
        }
        self.code.contains_key(&at).then_some(at)
    }

    /// The files that a file's code names.
    fn used_by(&self, own: &str) -> BTreeSet<String> {
        let (imports, body) = imports(&self.code[own]);
        let mut names = BTreeMap::<String, String>::new();
        let mut used = BTreeSet::new();
        for (handed_on, path) in imports {
            let (path, name) = path.split_once(" as ").map_or((path.as_str(), None), |(p, n)| (p, Some(n)));
            let Some(path) = self.path(own, path) else { continue };
            if !handed_on {
                used.extend(self.file(&path));
            }
            let name = name.unwrap_or_else(|| path.rsplit("::").next().unwrap_or_default()).trim();
            names.insert(name.to_owned(), path);
        }
        for path in body.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            let Some((first, rest)) = path.split_once("::") else { continue };
            let known = names.get(first).map(|known| join(known, rest));
            used.extend(known.or_else(|| self.path(own, path)).and_then(|path| self.file(&path)));
        }
        used.remove(own);
        used
    }

    /// A circle of files, each of which names the next one and the last the first.
    pub fn circle(&self) -> Option<Vec<String>> {
        let graph: BTreeMap<&String, BTreeSet<String>> =
            self.code.keys().map(|file| (file, self.used_by(file))).collect();
        let mut done = BTreeSet::new();
        graph.keys().find_map(|file| walk(&graph, file, &mut Vec::new(), &mut done))
    }
}

fn walk(
    graph: &BTreeMap<&String, BTreeSet<String>>,
    file: &String,
    on_the_way: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(from) = on_the_way.iter().position(|other| other == file) {
        return Some(on_the_way[from..].to_vec());
    }
    if done.contains(file) {
        return None;
    }
    on_the_way.push(file.clone());
    let found = graph.get(file)?.iter().find_map(|next| walk(graph, next, on_the_way, done));
    on_the_way.pop();
    done.insert(file.clone());
    found
}
