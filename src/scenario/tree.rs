//! A scenario's text as a tree in which every key and every value knows where it stands.
//!
//! The TOML parser recovers from syntax errors and reports all of them; the tree keeps the order of the file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::rules::kubectl::terminal::is_obeyed;

/// Bytes `start..end` of one source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Loc {
    pub source: u16,
    pub start: u32,
    pub end: u32,
}

impl Loc {
    pub fn new(source: u16, span: std::ops::Range<usize>) -> Loc {
        let cut = |i: usize| u32::try_from(i).unwrap_or(u32::MAX);
        Loc { source, start: cut(span.start), end: cut(span.end) }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    pub loc: Loc,
    pub value: Value,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// A date, a time or both, as written.
    Date(String),
    Array(Vec<Node>),
    Table(Table),
}

impl Value {
    /// With its article: `a string`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Bool(_) => "a bool",
            Value::Date(_) => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// In file order.
    pub entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub key: String,
    pub key_loc: Loc,
    pub node: Node,
}

impl Table {
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.node)
    }
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|e| e.key == key).map(|e| &mut e.node)
    }
    pub fn set(&mut self, key: &str, node: Node) {
        match self.get_mut(key) {
            Some(old) => *old = node,
            None => self.entries.push(Entry { key: key.to_owned(), key_loc: node.loc, node }),
        }
    }
}

impl Node {
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
    pub fn array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }
    pub fn bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Text(text) | Value::Date(text) => Json::String(text.clone()),
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
            Value::Bool(value) => Json::Bool(*value),
            Value::Array(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Table(table) => {
                Json::Object(table.entries.iter().map(|e| (e.key.clone(), e.node.to_json())).collect())
            }
        }
    }

    /// The way from here to what stands at a byte of its source: `pod[0].spec.restartPolicy`; of several that hold it, to the
    /// smallest. Empty where nothing does.
    pub fn path_at(&self, at: u32) -> String {
        let mut found: Option<(u32, String)> = None;
        self.look_for(at, String::new(), &mut found);
        found.map_or_else(String::new, |(_, path)| path)
    }

    fn look_for(&self, at: u32, path: String, found: &mut Option<(u32, String)>) {
        let mut below = |locs: &[Loc], node: &Node, path: String| {
            for loc in locs {
                let length = loc.end.saturating_sub(loc.start);
                let holds = (loc.start..loc.end.max(loc.start + 1)).contains(&at);
                if holds && found.as_ref().is_none_or(|(least, _)| length <= *least) {
                    *found = Some((length, path.clone()));
                }
            }
            node.look_for(at, path, found);
        };
        match &self.value {
            Value::Table(table) => {
                for Entry { key, key_loc, node } in &table.entries {
                    let dot = if path.is_empty() { "" } else { "." };
                    below(&[*key_loc, node.loc], node, format!("{path}{dot}{}", spelled_key(key)));
                }
            }
            Value::Array(items) => {
                let each = items.iter().enumerate();
                each.for_each(|(ix, item)| below(&[item.loc], item, format!("{path}[{ix}]")));
            }
            _ => {}
        }
    }

    /// Adds the entries of another table's list to this table's list of that name.
    pub fn extend_list(&mut self, name: &str, other: Node) {
        let (Value::Table(own), Value::Table(mut other)) = (&mut self.value, other.value) else { return };
        let Some(added) = other.get_mut(name) else { return };
        match (own.get_mut(name).map(|node| &mut node.value), &mut added.value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.append(more),
            _ => own.set(name, added.clone()),
        }
    }

    /// A whole file in TOML: plain values first, then tables and lists of tables under their headers.
    pub fn to_toml(&self) -> String {
        use std::fmt::Write as _;
        let mut plain = String::new();
        let mut headed = String::new();
        let body = |table: &Table| {
            table.entries.iter().fold(String::new(), |mut text, e| {
                let _ = writeln!(text, "{} = {}", spelled_key(&e.key), e.node.inline());
                text
            })
        };
        for entry in self.table().map_or(&[][..], |table| &table.entries) {
            let key = spelled_key(&entry.key);
            let tables =
                entry.node.array().is_some_and(|a| !a.is_empty() && a.iter().all(|n| n.table().is_some()));
            if let Some(table) = entry.node.table() {
                let _ = write!(headed, "\n[{key}]\n{}", body(table));
            } else if tables {
                for table in entry.node.array().unwrap_or_default().iter().filter_map(Node::table) {
                    let _ = write!(headed, "\n[[{key}]]\n{}", body(table));
                }
            } else {
                let _ = writeln!(plain, "{key} = {}", entry.node.inline());
            }
        }
        plain + &headed
    }

    /// One value in TOML, on one line.
    pub fn inline(&self) -> String {
        match &self.value {
            Value::Text(text) => spelled(text),
            Value::Date(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) if number.is_finite() => format!("{number:?}"),
            Value::Float(number) => number.to_string().to_lowercase(),
            Value::Bool(value) => value.to_string(),
            Value::Array(items) => {
                format!("[{}]", items.iter().map(Node::inline).collect::<Vec<_>>().join(", "))
            }
            Value::Table(table) => {
                let entries =
                    table.entries.iter().map(|e| format!("{} = {}", spelled_key(&e.key), e.node.inline()));
                format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Where a field path of the API (`containers[0].image`, `tolerations[1]`) stands below this node: the value of a
    /// plain field, the key of anything else; of a field that is missing here, what holds it. None when not even the
    /// first step is here.
    pub fn locate(&self, path: &str) -> Option<Loc> {
        let mut node = self;
        let mut loc = None;
        for step in path.split(['.', '[', ']', '"']).filter(|s| !s.is_empty()) {
            let below = match &node.value {
                Value::Table(table) => table.entry(step).map(|e| (e.key_loc, &e.node)),
                Value::Array(items) => {
                    step.parse::<usize>().ok().and_then(|i| items.get(i)).map(|n| (n.loc, n))
                }
                _ => None,
            };
            let Some((at, next)) = below else { return loc };
            node = next;
            loc = Some(at);
        }
        loc
    }
}

/// A text as TOML's basic string, whose escapes are those of JSON; what a terminal would obey stands by its number.
pub fn spelled(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    if !json.contains(is_obeyed) {
        return json;
    }
    let spell = |c: char| match u32::from(c) {
        number if !is_obeyed(c) => char::from_u32(number).map_or(String::new(), String::from),
        number @ ..=0xffff => format!("\\u{number:04x}"),
        number => format!("\\U{number:08x}"),
    };
    json.chars().map(spell).collect()
}

/// A key, in quotes where it needs them.
pub fn spelled_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { spelled(key) }
}

/// Reads a file; every syntax error goes to `problems`.
pub fn parse(source: u16, text: &str, problems: &mut Diagnostics) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        problems.push(
            Diagnostic::new(
                Code::Syntax,
                Loc::new(source, span),
                format!("this is not TOML: {}", error.message()),
            )
            .label("here"),
        );
    }
    let loc = Loc::new(source, 0..0);
    Node { loc, value: Value::Table(convert_table(source, table.into_inner(), problems)) }
}

/// Reads one value (`2`, `"x"`, `{ a = 1 }`); None when the text is none.
pub fn parse_value(source: u16, text: &str) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    let mut problems = Diagnostics::default();
    let node = convert(source, value, &mut problems);
    problems.items.is_empty().then_some(node)
}

fn convert_table(source: u16, table: DeTable<'_>, problems: &mut Diagnostics) -> Table {
    let mut entries: Vec<Entry> = Vec::with_capacity(table.len());
    for (key, value) in table {
        let key_loc = Loc::new(source, key.span());
        let node = convert(source, value, problems);
        entries.push(Entry { key: key.into_inner().into_owned(), key_loc, node });
    }
    // The parser hands them over by name.
    entries.sort_by_key(|e| e.key_loc);
    Table { entries }
}

fn convert(source: u16, value: Spanned<DeValue<'_>>, problems: &mut Diagnostics) -> Node {
    let loc = Loc::new(source, value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                problems.push(Diagnostic::new(Code::BadValue, loc, "this number is too large"));
                Value::Integer(0)
            }
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            Value::Array(items.into_iter().map(|item| convert(source, item, problems)).collect())
        }
        DeValue::Table(table) => Value::Table(convert_table(source, table, problems)),
    };
    Node { loc, value }
}
