//! A value as `kubectl -o yaml` prints it: keys in the order of their letters, lists on the level of their key, texts plain
//! where they would be read as texts again.
//!
//! Source: `YAMLPrinter` (k8s.io/cli-runtime/pkg/printers/yaml.go, v0.36), which prints by sigs.k8s.io/yaml v1.6 (`Marshal`), and
//! that by its copy of go-yaml v2 (`encode.go`, `stringv`: what would be read as another type stands in double quotes;
//! `emitterc.go`, `yaml_emitter_analyze_scalar`: what cannot stand plain, in single ones, several lines as a block).

use serde_json::{Map, Value};

/// A value, with a line break at its end.
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => members(map, 0, true, &mut out),
        Value::Array(list) if !list.is_empty() => items(list, 0, &mut out),
        other => {
            scalar(other, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', depth));
}

/// `is_new`: the first member begins a line of its own, and does not stand behind a dash.
fn members(map: &Map<String, Value>, depth: usize, is_new: bool, out: &mut String) {
    let mut all: Vec<(&String, &Value)> = map.iter().collect();
    all.sort_by_key(|(key, _)| *key);
    for (at, (key, value)) in all.into_iter().enumerate() {
        if at > 0 || is_new {
            indent(depth, out);
        }
        text(key, None, out);
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                members(map, depth + 2, true, out);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push('\n');
                items(list, depth, out);
            }
            other => {
                out.push(' ');
                scalar(other, depth + 2, out);
                out.push('\n');
            }
        }
    }
}

fn items(list: &[Value], depth: usize, out: &mut String) {
    for value in list {
        indent(depth, out);
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => members(map, depth + 2, false, out),
            Value::Array(inner) if !inner.is_empty() => {
                let mut nested = String::new();
                items(inner, depth + 2, &mut nested);
                out.push_str(nested.trim_start());
            }
            other => {
                scalar(other, depth + 2, out);
                out.push('\n');
            }
        }
    }
}

fn scalar(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(own) => text(own, Some(depth), out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// Whether a plain text would be read as something else: a number, an instant, a truth value, nothing.
fn is_of_another_type(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words =
        ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "-.inf", ".nan"];
    if words.contains(&lower.as_str()) {
        return true;
    }
    let first = text.chars().next().unwrap_or_default();
    if !first.is_ascii_digit() && !matches!(first, '+' | '-' | '.') {
        return false;
    }
    let plain = text.replace('_', "");
    let digits = plain.trim_start_matches(['+', '-']);
    let based = |prefix: &str, radix: u32| {
        digits.strip_prefix(prefix).is_some_and(|rest| u64::from_str_radix(rest, radix).is_ok())
    };
    let sixties = digits.contains(':') && digits.split(':').all(|part| part.parse::<f64>().is_ok());
    let date = text.len() >= 10
        && text.bytes().take(10).enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let is_number = !digits.to_lowercase().contains(['n', 'f']) && plain.parse::<f64>().is_ok();
    is_number || based("0x", 16) || based("0b", 2) || based("0o", 8) || sixties || date
}

/// Whether a text of one line can stand as it is.
fn is_plain(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let second = text.chars().nth(1);
    let begins = match first {
        '-' | '?' | ':' => second.is_some_and(|next| !next.is_whitespace()),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
            false
        }
        first => !first.is_whitespace(),
    };
    begins
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
}

/// `block`: how far the lines of a block are indented; None: a key, which stands on one line.
fn text(own: &str, block: Option<usize>, out: &mut String) {
    let is_printed = |letter: char| {
        matches!(letter, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
            && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let lines = own.contains('\n');
    let is_printable = own.chars().all(|letter| is_printed(letter) || letter == '\n');
    let has_block = lines && is_printable && !own.starts_with([' ', '\n']) && !own.contains(" \n");
    if let Some(depth) = block.filter(|_| has_block) {
        let chomp = match (own.ends_with('\n'), own.ends_with("\n\n")) {
            (_, true) => "|+",
            (true, _) => "|",
            _ => "|-",
        };
        out.push_str(chomp);
        for line in own.strip_suffix('\n').unwrap_or(own).split('\n') {
            out.push('\n');
            if !line.is_empty() {
                indent(depth, out);
                out.push_str(line);
            }
        }
    } else if lines || !is_printable || is_of_another_type(own) {
        out.push('"');
        for letter in own.chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                letter if is_printed(letter) => out.push(letter),
                letter if u32::from(letter) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(letter))),
                letter if u32::from(letter) < 0x1_0000 => {
                    out.push_str(&format!("\\u{:04x}", u32::from(letter)))
                }
                letter => out.push_str(&format!("\\U{:08x}", u32::from(letter))),
            }
        }
        out.push('"');
    } else if is_plain(own) {
        out.push_str(own);
    } else {
        out.push('\'');
        out.push_str(&own.replace('\'', "''"));
        out.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::print;

    #[test]
    fn it_prints_as_kubectl_does() {
        let value = json!({
            "kind": "Pod", "apiVersion": "v1",
            "metadata": { "name": "web", "labels": {}, "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "containers": [{ "name": "app", "args": ["-c", "true", "a: b", "#"], "ports": [{ "containerPort": 80 }] }] },
            "status": { "message": "a\nb\n", "resourceVersion": "12", "none": null, "empty": "" },
        });
        assert_eq!(
            print(&value),
            "apiVersion: v1\nkind: Pod\nmetadata:\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n  labels: {}\n  name: web\n\
             spec:\n  containers:\n  - args:\n    - -c\n    - \"true\"\n    - 'a: b'\n    - '#'\n    name: app\n    ports:\n    \
             - containerPort: 80\nstatus:\n  empty: \"\"\n  message: |\n    a\n    b\n  none: null\n  resourceVersion: \"12\"\n"
        );
    }

    #[test]
    fn what_is_printed_is_read_as_it_was() {
        let texts = [
            "",
            " a",
            "a ",
            "~",
            "null",
            "Yes",
            "1",
            "1e3",
            "0x1f",
            "1_000",
            "-",
            "- a",
            "-a",
            "a: b",
            "a:",
            "a #b",
            "#",
            "'",
            "\"",
            "&a",
            "*",
            "!t",
            "|",
            ">",
            "%",
            "@",
            "`",
            "a\nb",
            "a\n\n",
            "\na",
            "a \nb",
            "\t",
            "\u{202e}x",
            "ü",
            "12:30",
            "2026-01-01",
            "[a]",
            "{a}",
            "? a",
            "a\\b",
            "on",
            ".5",
            "+1",
            "\u{7}",
        ];
        for own in texts {
            let value = json!({ "a": own, "list": [own, { own: [own] }] });
            let printed = print(&value);
            let (read, problem) = crate::rules::kubectl::manifest::values(&printed);
            assert!(problem.is_none(), "{own:?}: {printed}");
            assert_eq!(read, [value], "{own:?}: {printed}");
        }
    }
}
