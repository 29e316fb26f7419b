//! kubectl's JSONPath: a template with paths in braces, as `-o jsonpath=` and `--sort-by` take it.
//!
//! Source: staging/src/k8s.io/client-go/util/jsonpath/{parser,jsonpath}.go, v1.36.2; keys that are missing are nothing
//! (`AllowMissingKeys`, which `kubectl get` sets). The surprises: several values of one path stand a blank apart; a text or a
//! list within braces is printed as it is, objects and lists as JSON.

use serde_json::Value;

/// A template, read.
#[derive(Clone, PartialEq, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, PartialEq, Debug)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    /// `{range PATH}…{end}`
    Range(Vec<Step>, Vec<Part>),
}

/// One step of a path.
#[derive(Clone, PartialEq, Debug)]
enum Step {
    /// `$`: what all of it is of.
    Root,
    Field(String),
    /// `*`
    Each,
    /// `..`: it and all that is in it.
    Within,
    /// `[from:to:by]`; a place alone is from it to the next.
    Slice(Option<i64>, Option<i64>, i64),
    /// `[0]`
    At(i64),
    /// `['a','b']`, `[0,2]`
    Union(Vec<Step>),
    /// `[?(@.a=="b")]`
    Filter(Box<(Side, &'static str, Side)>),
}

#[derive(Clone, PartialEq, Debug)]
enum Side {
    Path(Vec<Step>),
    Value(Value),
    /// What follows no operator: it is there.
    Nothing,
}

/// Longest first, so that none hides another.
const OPERATORS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

impl Template {
    /// Reads `{range .items[*]}{.metadata.name}{"\n"}{end}`.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn parse(text: &str) -> Result<Template, String> {
        let wrong = |why: &str| format!("error: error parsing jsonpath {text}, {why}");
        // What is ranged over, and what stood before the range.
        let mut open: Vec<(Vec<Step>, Vec<Part>)> = Vec::new();
        let mut rest = text;
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let end = closing(after, '}').ok_or_else(|| wrong("unclosed action"))?;
            let action = after[..end].trim();
            rest = &after[end + 1..];
            if let Some(path) = action.strip_prefix("range ") {
                open.push((path_of(path.trim()).map_err(|why| wrong(&why))?, std::mem::take(&mut parts)));
            } else if action == "end" {
                let (path, outer) = open.pop().ok_or_else(|| wrong("not in range, nothing to end"))?;
                let body = std::mem::replace(&mut parts, outer);
                parts.push(Part::Range(path, body));
            } else if let Some(literal) = literal(action) {
                parts.push(Part::Text(literal));
            } else {
                parts.push(Part::Path(path_of(action).map_err(|why| wrong(&why))?));
            }
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if open.is_empty() { Ok(Template(parts)) } else { Err(wrong("missing end of range")) }
    }
    /// A path alone, with or without braces and a leading dot (`RelaxedJSONPathExpression`).
    ///
    /// # Errors
    /// kubectl's words.
    pub fn relaxed(text: &str) -> Result<Template, String> {
        let path = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        let path = path.strip_prefix('.').unwrap_or(path);
        Template::parse(&format!("{{.{path}}}"))
    }
    /// What it prints of a value.
    pub fn print(&self, of: &Value) -> String {
        let mut text = String::new();
        print(&self.0, of, of, &mut text);
        text
    }
    /// The first value that it finds.
    pub fn first<'a>(&self, of: &'a Value) -> Option<&'a Value> {
        self.0.iter().find_map(|part| match part {
            Part::Path(path) => follow(path, of, of).first().copied(),
            _ => None,
        })
    }
}

fn print(parts: &[Part], root: &Value, at: &Value, text: &mut String) {
    for part in parts {
        match part {
            Part::Text(own) => text.push_str(own),
            Part::Path(path) => {
                let found: Vec<String> = follow(path, root, at).into_iter().map(printed).collect();
                text.push_str(&found.join(" "));
            }
            Part::Range(path, body) => {
                for each in follow(path, root, at) {
                    print(body, root, each, text);
                }
            }
        }
    }
}

fn printed(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Where what was opened before this text is closed: not within quotes, nor within brackets of its own.
fn closing(text: &str, end: char) -> Option<usize> {
    let (mut quote, mut depth, mut escaped) = (None, 0, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) if letter == end && depth == 0 => return Some(at),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A text between quotes, with its escapes.
fn literal(text: &str) -> Option<String> {
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))?;
    let mut out = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                other => out.extend(other),
            },
            (letter, false) => out.push(letter),
        }
    }
    Some(out)
}

fn path_of(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    if let Some(after) = rest.strip_prefix('$') {
        steps.push(Step::Root);
        rest = after;
    }
    rest = rest.strip_prefix('@').unwrap_or(rest);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            steps.push(Step::Within);
            // What comes next is a field, or a bracket.
            rest = after;
            if !after.starts_with('[') {
                rest = field(after, &mut steps)?;
            }
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = if after.is_empty() { after } else { field(after, &mut steps)? };
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = closing(after, ']').ok_or("unterminated array")?;
            steps.push(bracket(after[..end].trim())?);
            rest = &after[end + 1..];
        } else if steps.is_empty() {
            rest = field(rest, &mut steps)?;
        } else {
            return Err(format!("unrecognized character in action: {rest}"));
        }
    }
    Ok(steps)
}

/// A name up to the next step; `\.` is a dot of its own.
fn field<'a>(text: &'a str, steps: &mut Vec<Step>) -> Result<&'a str, String> {
    if text.starts_with('[') {
        return Ok(text);
    }
    let (mut name, mut end, mut escaped) = (String::new(), text.len(), false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => {
                name.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => {
                end = at;
                break;
            }
            letter if letter.is_whitespace() => {
                return Err(format!("unrecognized character in action: {text}"));
            }
            letter => name.push(letter),
        }
    }
    steps.push(if name == "*" { Step::Each } else { Step::Field(name) });
    Ok(&text[end..])
}

fn bracket(text: &str) -> Result<Step, String> {
    if let Some(filter) = text.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        return filtered(filter.trim());
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = closing(rest, ',') {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    let one = |part: &&str| -> Result<Step, String> {
        let part = part.trim();
        if part == "*" {
            return Ok(Step::Each);
        }
        if let Some(name) = literal(part) {
            return Ok(Step::Field(name));
        }
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse::<i64>().map(Some).map_err(|_| format!("invalid array index {part}")),
        };
        let ends: Vec<&str> = part.split(':').collect();
        match ends[..] {
            [at] => Ok(Step::At(number(at)?.ok_or_else(|| format!("invalid array index {part}"))?)),
            [from, to] => Ok(Step::Slice(number(from)?, number(to)?, 1)),
            [from, to, by] => match number(by)?.unwrap_or(1) {
                by if by > 0 => Ok(Step::Slice(number(from)?, number(to)?, by)),
                _ => Err("step must be > 0".to_owned()),
            },
            _ => Err(format!("invalid array index {part}")),
        }
    };
    let mut steps: Vec<Step> = parts.iter().map(one).collect::<Result<_, _>>()?;
    Ok(if steps.len() == 1 { steps.remove(0) } else { Step::Union(steps) })
}

fn filtered(text: &str) -> Result<Step, String> {
    let side = |text: &str| -> Result<Side, String> {
        let text = text.trim();
        if let Some(text) = literal(text) {
            return Ok(Side::Value(text.into()));
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Ok(Side::Value(value)),
            Err(_) => Ok(Side::Path(path_of(text)?)),
        }
    };
    let found = OPERATORS.iter().filter_map(|operator| {
        let at = text.find(operator)?;
        Some((at, *operator))
    });
    // The first that there is, and of two at one place the longer.
    let first = found.min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())));
    let filter = match first {
        Some((at, operator)) => (side(&text[..at])?, operator, side(&text[at + operator.len()..])?),
        None => (side(text)?, "", Side::Nothing),
    };
    Ok(Step::Filter(Box::new(filter)))
}

fn follow<'a>(path: &[Step], root: &'a Value, at: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![at];
    for step in path {
        found = found.into_iter().flat_map(|own| take(step, root, own)).collect();
    }
    found
}

fn take<'a>(step: &Step, root: &'a Value, at: &'a Value) -> Vec<&'a Value> {
    let list = at.as_array().map_or(&[][..], Vec::as_slice);
    let place = |ix: i64| {
        let ix = if ix < 0 { ix + list.len() as i64 } else { ix };
        usize::try_from(ix).unwrap_or(0).min(list.len())
    };
    match step {
        Step::Root => vec![root],
        Step::Field(name) => at.get(name).into_iter().collect(),
        Step::Each => list.iter().chain(at.as_object().into_iter().flat_map(|own| own.values())).collect(),
        Step::Within => within(at),
        Step::At(ix) => {
            let ix = if *ix < 0 { *ix + list.len() as i64 } else { *ix };
            usize::try_from(ix).ok().and_then(|ix| list.get(ix)).into_iter().collect()
        }
        Step::Slice(from, to, by) => {
            let (from, to) = (place(from.unwrap_or(0)), to.map_or(list.len(), place));
            let by = usize::try_from(*by).unwrap_or(1).max(1);
            list.get(from..to).unwrap_or(&[]).iter().step_by(by).collect()
        }
        Step::Union(steps) => steps.iter().flat_map(|step| take(step, root, at)).collect(),
        Step::Filter(filter) => list.iter().filter(|own| holds(filter, root, own)).collect(),
    }
}

fn within(at: &Value) -> Vec<&Value> {
    let inner = at.as_array().into_iter().flatten();
    let inner = inner.chain(at.as_object().into_iter().flat_map(|own| own.values()));
    let mut all = vec![at];
    all.extend(inner.flat_map(within));
    all
}

fn holds((left, operator, right): &(Side, &'static str, Side), root: &Value, at: &Value) -> bool {
    let of = |side: &Side| match side {
        Side::Path(path) => follow(path, root, at).first().map(|own| (*own).clone()),
        Side::Value(value) => Some(value.clone()),
        Side::Nothing => None,
    };
    let (Some(left), right) = (of(left), of(right)) else { return false };
    if operator.is_empty() {
        return true;
    }
    let Some(right) = right else { return false };
    let order = match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => Some(printed(&left).cmp(&printed(&right))),
    };
    order.is_some_and(|order| match *operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        _ => order.is_gt(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_print_what_client_go_prints() {
        let of = json!({ "kind": "List", "items": [
            { "metadata": { "name": "a", "labels": { "app.io/x": "1" } }, "n": 3,
              "conditions": [{ "type": "Ready", "status": "True" }, { "type": "Other", "status": "False" }] },
            { "metadata": { "name": "b" }, "n": 20, "conditions": [] } ] });
        for (template, printed) in [
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[0].metadata.name}", "a"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[0:1].n} of {.kind}", "3 of List"),
            ("{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}", "a\t3\nb\t20\n"),
            ("{.items[?(@.n>5)].metadata.name}", "b"),
            ("{.items[?(@.metadata.name==\"a\")].n}", "3"),
            ("{.items[0].conditions[?(@.type=='Ready')].status}", "True"),
            ("{.items[*]['metadata.name','n']}", "3 20"),
            ("{.items[0].metadata.labels.app\\.io/x}", "1"),
            ("{.items[0].metadata.labels}", "{\"app.io/x\":\"1\"}"),
            ("{..name}", "a b"),
            ("{.nothing}", ""),
            ("{@.kind}{$.kind}", "ListList"),
            ("plain", "plain"),
        ] {
            assert_eq!(
                Template::parse(template).map(|own| own.print(&of)).as_deref(),
                Ok(printed),
                "{template}"
            );
        }
        for (template, why) in [
            ("{.items", "unclosed action"),
            ("{end}", "not in range, nothing to end"),
            ("{range .items[*]}x", "missing end of range"),
            ("{.items[x]}", "invalid array index x"),
        ] {
            let told = Template::parse(template).expect_err("it cannot be read");
            assert_eq!(told, format!("error: error parsing jsonpath {template}, {why}"));
        }
        let name = |path: &str| Template::relaxed(path).expect("a path").first(&of["items"][1]).cloned();
        for path in ["metadata.name", ".metadata.name", "{.metadata.name}"] {
            assert_eq!(name(path), Some(json!("b")));
        }
    }
}
