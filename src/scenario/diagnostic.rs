//! What is wrong with a file, told the way rustc tells it: file, line, column, the line with a caret, what is
//! accepted, the nearest name for a typo, a hint. All problems of a load are collected and shown in file order.

use std::collections::BTreeSet;
use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rustc_hash::FxHashMap;

use super::tree::Loc;
use crate::rules::kubectl::terminal::is_obeyed;

/// A kind of problem, with the number that it can be looked up by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Code {
    /// The text is not TOML.
    Syntax,
    /// A key that this table does not have.
    UnknownKey,
    /// A string where a number belongs, and the like.
    WrongType,
    /// The right type, but not a value that means something here.
    BadValue,
    /// A key that has to be there is not.
    MissingKey,
    /// Keys that exclude each other.
    Conflict,
    /// A pod, node or object that can never exist.
    UnknownTarget,
    /// A container that the manifest does not have.
    UnknownContainer,
    /// An instant after the end of the run.
    BeyondUntil,
    /// Two things of one name.
    Duplicate,
    /// A manifest that cannot be read or is no manifest.
    Manifest,
    /// The API server would reject the object.
    Rejected,
    /// An override that leads nowhere.
    Override,
    /// More than there is memory for.
    NoRoom,
    /// Something that will never have an effect.
    NoEffect,
    /// An object that kubectl or the API server will refuse, as a run shows.
    Refused,
}

impl Code {
    /// As it is printed: `E0101`; `W…` for what is only odd.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Syntax => "E0001",
            Code::UnknownKey => "E0002",
            Code::WrongType => "E0003",
            Code::BadValue => "E0004",
            Code::MissingKey => "E0005",
            Code::Conflict => "E0006",
            Code::UnknownTarget => "E0101",
            Code::UnknownContainer => "E0102",
            Code::BeyondUntil => "E0103",
            Code::Duplicate => "E0104",
            Code::Manifest => "E0201",
            Code::Rejected => "E0202",
            Code::Override => "E0301",
            Code::NoRoom => "E0401",
            Code::NoEffect => "W0001",
            Code::Refused => "W0002",
        }
    }
    /// A warning does not keep the scenario from being run.
    pub fn is_warning(self) -> bool {
        matches!(self, Code::NoEffect | Code::Refused)
    }
}

/// One problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What kind of problem.
    pub code: Code,
    /// The problem in a sentence.
    pub title: String,
    /// The place that the caret points at.
    pub loc: Loc,
    /// Stands at the caret; what is accepted, mostly.
    pub label: String,
    /// What could be done, a sentence each.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// A problem at a place, without a label or hints yet.
    pub fn new(code: Code, loc: Loc, title: impl Into<String>) -> Diagnostic {
        Diagnostic { code, title: title.into(), loc, label: String::new(), hints: Vec::new() }
    }
    /// What stands beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }
    /// One more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hints.push(hint.into());
        self
    }
    /// Offers the nearest of `names`, or lists them when none is near and they are few.
    #[must_use]
    pub fn nearest<'a>(self, word: &str, names: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match offered(word, names) {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

/// The nearest of `names` as a hint, or those that there are when none is near and they are few.
pub fn offered<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(name) = nearest(word, &names) {
        return Some(format!("did you mean {}?", quoted(name)));
    }
    match names.as_slice() {
        [] => None,
        [only] => Some(format!("there is only {}", quoted(only))),
        some => {
            let shown: Vec<String> = some.iter().take(24).map(|name| quoted(name)).collect();
            let more = if some.len() > 24 { ", …" } else { "" };
            Some(format!("there are {}{more}", shown.join(", ")))
        }
    }
}

/// A name as it is offered: of one that is longer than any name may be, its beginning.
fn quoted(name: &str) -> String {
    const LONGEST: usize = 253;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &name[..end]),
        None => format!("`{name}`"),
    }
}

/// The name that was probably meant. Of several that are as near the one whose number is nearest, as of versions and replicas, then
/// the one that reads most alike, then the first.
pub fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    // What is longer than four names is none, and takes its time to be compared.
    const LONGEST: usize = 1_024;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let mut best: Option<((f64, f64, f64), &'a str)> = None;
    for name in names.iter().take(4096) {
        let alike = strsim::jaro_winkler(word, name);
        let score = if name.to_lowercase() == lower {
            1.0
        } else if word.len() > 2 && strsim::osa_distance(word, name) == 1 {
            // One slip of the finger; in short words it weighs too much for the other measure.
            0.99
        } else {
            alike
        };
        if score < 0.8 {
            continue;
        }
        let key = (score, -apart(word, name), alike);
        if best.is_none_or(|(other, _)| key.partial_cmp(&other).is_some_and(std::cmp::Ordering::is_gt)) {
            best = Some((key, name));
        }
    }
    best.map(|(_, name)| name)
}

/// How far the last numbers of two words lie apart that differ in nothing else.
fn apart(word: &str, name: &str) -> f64 {
    let split = |text: &str| -> Option<(String, f64)> {
        let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
        let begin = text[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| {
            // What stands there may be longer than a byte.
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
        let number = text[begin..end].parse().ok()?;
        Some((format!("{}0{}", &text[..begin], &text[end..]).to_lowercase(), number))
    };
    match (split(word), split(name)) {
        (Some((around, number)), Some((other, another))) if around == other => (number - another).abs(),
        _ => f64::MAX,
    }
}

/// A text that problems point into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// As a person knows it: the file's name, or `--set`.
    pub name: String,
    /// All of it: places count its bytes.
    pub text: String,
}

impl Source {
    /// Whether it is a `KEY=VALUE` of a command line.
    fn is_override(&self) -> bool {
        [OVERRIDE, VARIED].contains(&self.name.as_str())
    }
}

/// All problems of one load, in file order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diagnostics {
    /// By [`Loc::source`].
    pub sources: Vec<Source>,
    /// What was found, in the order of finding until it is sorted.
    pub items: Vec<Diagnostic>,
    /// What is among them, so that nothing is told twice.
    told: BTreeSet<(Loc, Code, String)>,
    /// By source: where its lines begin.
    lines: Vec<Vec<u32>>,
}

impl Diagnostics {
    /// One more problem.
    pub fn push(&mut self, item: Diagnostic) {
        if self.told.insert((item.loc, item.code, item.title.clone())) {
            self.items.push(item);
        }
    }
    /// One more text that places may lie in; the answer is its number.
    pub fn add_source(&mut self, name: impl Into<String>, text: impl Into<String>) -> u16 {
        let text = text.into();
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.lines.push(std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect());
        self.sources.push(Source { name: name.into(), text });
        u16::try_from(self.sources.len() - 1).unwrap_or(u16::MAX)
    }
    /// How many keep the scenario from being run.
    pub fn errors(&self) -> usize {
        self.items.iter().filter(|i| !i.code.is_warning()).count()
    }
    /// How many do not.
    pub fn warnings(&self) -> usize {
        self.items.len() - self.errors()
    }
    /// File order: by source, then by position.
    pub(super) fn sort(&mut self) {
        self.items.sort_by_key(|i| (i.loc.source, i.loc.start, i.loc.end, i.code));
    }
    /// Line and column of a place, both from 1; columns count characters.
    pub fn position(&self, loc: Loc) -> (usize, usize) {
        let Some(source) = self.sources.get(usize::from(loc.source)) else { return (1, 1) };
        let start = floor_boundary(&source.text, loc.start as usize);
        let line = self.line_of(loc.source, start);
        let line_start = self.lines.get(usize::from(loc.source)).map_or(0, |lines| lines[line - 1] as usize);
        (line, source.text.get(line_start..start).map_or(0, |before| before.chars().count()) + 1)
    }
    /// The key at a place, as the way to it from the root of its scenario or action: `pod[0].spec.restartPolicy`. Of an override the
    /// key that it names; empty where it is a manifest's.
    pub fn key(&self, loc: Loc) -> String {
        let Some(source) = self.sources.get(usize::from(loc.source)) else { return String::new() };
        if source.is_override() {
            return source.text.split_once('=').map_or("", |(key, _)| key.trim()).to_owned();
        }
        // The first text of a load is the one that others are named in.
        match loc.source {
            0 => super::tree::parse(0, &source.text, &mut Diagnostics::default()).path_at(loc.start),
            _ => String::new(),
        }
    }
    /// Where the how-manieth override of a load stands, all of it: they are read right after the file.
    pub(super) fn override_at(&self, number: usize) -> Loc {
        let source = self.sources.get(number + 1).filter(|source| source.is_override());
        source.map_or(Loc::default(), |source| Loc::new(number as u16 + 1, 0..source.text.len()))
    }
    /// Whether a place is a step of an override's path, and not in its value, which is the rest of the text.
    pub(super) fn is_step(&self, loc: Loc) -> bool {
        let source = self.sources.get(usize::from(loc.source)).filter(|source| source.is_override());
        source.is_some_and(|source| (loc.end as usize) < source.text.len())
    }
    /// Some overrides were values of a key that is varied: they are called by what was typed.
    pub fn call_varied(&mut self, overrides: &[String]) {
        for source in self.sources.iter_mut().filter(|source| source.name == OVERRIDE) {
            if overrides.contains(&source.text) {
                source.name = VARIED.to_owned();
            }
        }
    }
    /// The line, from 1, in which a byte of a source stands.
    fn line_of(&self, source: u16, at: usize) -> usize {
        let begun = |lines: &Vec<u32>| lines.partition_point(|begin| *begin as usize <= at);
        self.lines.get(usize::from(source)).map_or(1, |lines| begun(lines).max(1))
    }
    /// One problem a line, for editors: `file:line:column: error[E0002]: title; hint`.
    pub fn short(&self) -> String {
        let mut out = String::new();
        for item in &self.items {
            let (line, column) = self.position(item.loc);
            let name = self.sources.get(usize::from(item.loc.source)).map_or("", |s| s.name.as_str());
            let level = if item.code.is_warning() { "warning" } else { "error" };
            out.push_str(&format!("{name}:{line}:{column}: {level}[{}]: {}", item.code.as_str(), item.title));
            for text in std::iter::once(&item.label).chain(&item.hints).filter(|t| !t.is_empty()) {
                out.push_str("; ");
                out.push_str(text);
            }
            out.push('\n');
        }
        out
    }
    /// The whole report as people read it.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled().decor_style(DecorStyle::Unicode)
        } else {
            Renderer::plain().decor_style(DecorStyle::Ascii)
        };
        let mut out = String::new();
        // Of very many, those that keep it from being run come first.
        let (errors, warnings): (Vec<_>, Vec<_>) =
            self.items.iter().partition(|item| !item.code.is_warning());
        let mut shown: Vec<&Diagnostic> = match self.items.len() {
            count if count <= SHOWN => self.items.iter().collect(),
            _ => errors.into_iter().chain(warnings).take(SHOWN).collect(),
        };
        // A list of hundreds in one line says the same hundreds of times.
        let mut by_place = FxHashMap::<_, usize>::default();
        shown.retain(|item| {
            let told = by_place.entry(item.loc).or_default();
            *told += 1;
            item.loc == Loc::default() || *told <= SHOWN_OF_A_PLACE
        });
        for item in &shown {
            let level = if item.code.is_warning() { Level::WARNING } else { Level::ERROR };
            let mut group = level
                .primary_title(clean(&item.title))
                .id(item.code.as_str())
                .element(self.snippet(item).unwrap_or_else(|| Snippet::source("")));
            for hint in &item.hints {
                group = group.element(Level::HELP.message(clean(hint)));
            }
            out.push_str(&renderer.render(&[group]));
            out.push_str("\n\n");
        }
        if self.items.len() > shown.len() {
            out.push_str(&format!("… and {} more\n", self.items.len() - shown.len()));
        }
        out
    }
    fn snippet(&self, item: &Diagnostic) -> Option<Snippet<'_, annotate_snippets::Annotation<'_>>> {
        let source = self.sources.get(usize::from(item.loc.source))?;
        let start = floor_boundary(&source.text, item.loc.start as usize);
        let mut end = floor_boundary(&source.text, item.loc.end as usize).max(start);
        // A caret under the first line of a long value says enough.
        if let Some(newline) = source.text[start..end].find('\n') {
            end = start + newline;
        }
        // Only its lines are looked at: the text may be very long.
        let first = source.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let last = source.text[end..].find('\n').map_or(source.text.len(), |newline| end + newline);
        let line = self.line_of(item.loc.source, first);
        let mut mark = AnnotationKind::Primary.span(start - first..end - first);
        if !item.label.is_empty() {
            mark = mark.label(clean(&item.label));
        }
        let lines = Snippet::source(of_one_byte(&source.text[first..last])).line_start(line);
        Some(lines.path(clean(&source.name)).annotation(mark))
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
impl std::error::Error for Diagnostics {}

/// How overrides are called among the sources.
pub(super) const OVERRIDE: &str = "--set";
/// And where they are values of a key that is varied.
const VARIED: &str = "--vary";

/// So many problems are shown at once; nobody reads more.
const SHOWN: usize = 100;
/// And of so many about one place; of what has no place all count.
const SHOWN_OF_A_PLACE: usize = 20;

/// Texts of strangers may hold control characters; a terminal must not see them.
fn clean(text: &str) -> String {
    annotate_snippets::normalize_untrusted_str(&of_one_byte(text))
}

/// What the renderer makes harmless are control characters of one byte and marks of direction; for the others something of
/// their own length stands, so that places stay what they are.
fn of_one_byte(text: &str) -> String {
    let harmless = |c: char| match (is_obeyed(c), c.len_utf8()) {
        (false, _) | (_, 1) => c,
        (_, 2) => '\u{bf}',
        (_, 3) => '\u{fffd}',
        _ => '\u{1f6c7}',
    };
    text.chars().map(harmless).collect()
}

fn floor_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::nearest;
    use crate::scenario::{load, no_files};

    /// A place in a scenario has a key, wherever its table is written.
    #[test]
    fn problems_name_their_keys() {
        let text = "until = \"5 parsecs\"\n[[pod]]\nname = \"a\"\n[[pod]]\nname = \"b\"\nspec.containers = [{ name = \"x\", imag = \"y\" }]\n\
                    [pod.behavior.containers.x]\nattempts = [{ runs = \"2s\", exits = 1 }]\n";
        let problems =
            load("two.toml", text, &no_files, &["pod.c.spec=1".to_owned()]).expect_err("it is wrong");
        let keys: Vec<String> = problems.items.iter().map(|own| problems.key(own.loc)).collect();
        for key in ["until", "pod[1].behavior.containers.x.attempts[0].exits", "pod.c.spec"] {
            assert!(keys.iter().any(|own| own == key), "{key}: {keys:?}");
        }
    }

    /// Of names that are as near the one is taken that a person would take.
    #[test]
    fn ties_go_to_the_nearest_number() {
        let versions = ["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"];
        for (word, near) in
            [("1.38", "1.37"), ("1.31", "1.32"), ("1.3", "1.32"), ("v1.36", "1.36"), ("1,35", "1.35")]
        {
            assert_eq!(nearest(word, &versions), Some(near), "{word}");
        }
        let pods = ["web-0", "web-1", "web-2", "web-10"];
        for (word, near) in [("web-3", "web-2"), ("web-11", "web-10"), ("wéb-2", "web-2")] {
            assert_eq!(nearest(word, &pods), Some(near), "{word}");
        }
        assert_eq!(nearest("exti", &["exit", "edit"]), Some("exit"));
        assert_eq!(nearest("zzzz", &versions), None);
    }
}
