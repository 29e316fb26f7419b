//! Source text as the tidy tests look at it: without tests and comments, as words, as functions.

use std::collections::BTreeMap;

/// What is left without tests and comments.
pub fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// How often each word stands there.
pub fn words(code: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for word in code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// The names of what a file makes public, as rustfmt leaves it.
pub fn public_items(code: &str) -> impl Iterator<Item = &str> {
    const KINDS: [&str; 7] = ["fn", "const", "static", "struct", "enum", "trait", "type"];
    code.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = ["pub ", "pub(super) ", "pub(crate) "].iter().find_map(|word| line.strip_prefix(word))?;
        let (kind, name) =
            rest.strip_prefix("const fn ").map_or_else(|| rest.split_once(' '), |n| Some(("fn", n)))?;
        let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        (KINDS.contains(&kind) && !name.is_empty()).then_some(name)
    })
}

/// The functions of a file, as rustfmt leaves it, with how many lines each has from its name to its end.
pub fn functions(code: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let own = line.trim_start();
        let own = ["pub ", "pub(super) ", "pub(crate) "]
            .iter()
            .find_map(|word| own.strip_prefix(word))
            .unwrap_or(own);
        let Some(rest) = own.strip_prefix("const ").unwrap_or(own).strip_prefix("fn ") else { continue };
        let name = rest.split(['(', '<']).next().unwrap_or_default();
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let length = match line.trim_end().ends_with(['}', ';']) {
            true => Some(0),
            false => lines[at..].iter().position(|line| *line == end),
        };
        found.extend(length.map(|length| (name, length + 1)));
    }
    found
}
