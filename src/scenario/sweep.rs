//! `[[sweep]]` and `[[measure]]`: the values that a scenario is to be played with, and what is measured of each run.
//!
//! The words of the command line (`KEY=A,B,C`, `KEY=LO..HI:STEP`) and the keys of a file become the same [`Knob`].

use super::values::parse_duration;

/// So many values one key may be given: more can't be played, and a slip of the finger is told before anything is.
pub const MOST_VALUES: u128 = 1_000_000;

/// What a file says of its sweep.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SweepPlan {
    /// What is given several values, in the order of the file.
    pub knobs: Vec<Knob>,
    /// Their first values are taken together, then their second ones, and so on; else every combination.
    pub pairs: bool,
    /// What is measured of each run beside what every run has.
    pub measures: Vec<OwnMeasure>,
}

/// A key that is given several values, as `--set` would give it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knob {
    /// As `--set` takes it.
    pub key: String,
    /// As `--set` takes them; never empty.
    pub values: Vec<String>,
}

/// One `[[measure]]`: rows of the timeline, and what is taken of them. What is not said fits everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnMeasure {
    /// Its name, also of its column.
    pub name: String,
    /// Pods of this name; `*` for anything.
    pub pod: Option<String>,
    /// What belongs to this workload: `web`, or `deployment/web`; `*` for anything.
    pub workload: Option<String>,
    /// The row's `kind`.
    pub kind: Option<String>,
    /// Its `object`.
    pub object: Option<String>,
    /// Its `to`.
    pub to: Option<String>,
    /// Its `reason`.
    pub reason: Option<String>,
    /// What is taken of such rows.
    pub take: Take,
}

/// What is taken of the rows that a measure is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Take {
    /// How many there are.
    #[default]
    Count,
    /// When the first one comes.
    First,
    /// When the last one comes.
    Last,
    /// How long it is so altogether: from each until the next row of the same pod or object, kind and `object`.
    Total,
}

impl Take {
    /// As they are written.
    pub const NAMES: [&'static str; 4] = ["count", "first", "last", "total"];
    /// From its word.
    pub fn parse(word: &str) -> Option<Take> {
        let all = [Take::Count, Take::First, Take::Last, Take::Total];
        Take::NAMES.iter().position(|name| *name == word).map(|place| all[place])
    }
}

impl Knob {
    /// From `KEY=A,B,C`, `KEY=LO..HI` or `KEY=LO..HI:STEP`.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str) -> Result<Knob, String> {
        let refuse = |why: &str| Err(format!("`{text}`: {why}"));
        let Some(at) = outside(text, |rest| rest.starts_with('=')) else {
            return refuse("expected KEY=A,B,C or KEY=LO..HI or KEY=LO..HI:STEP");
        };
        let (key, written) = (text[..at].trim(), text[at + 1..].trim());
        if key.is_empty() || written.is_empty() {
            return refuse("a key and its values are wanted: KEY=A,B,C or KEY=LO..HI");
        }
        let values = match range_in(written) {
            Some((low, high, step)) => range(low, high, step).map_err(|why| format!("`{text}`: {why}"))?,
            None => split(written),
        };
        if values.iter().any(String::is_empty) {
            return refuse("a value is empty");
        }
        Ok(Knob { key: key.to_owned(), values })
    }
}

/// The first place outside of quotes and brackets where something holds of what follows.
fn outside(text: &str, holds: impl Fn(&str) -> bool) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        if quote.is_none() && depth == 0 && holds(&text[at..]) {
            return Some(at);
        }
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{' | '(') => depth += 1,
            (None, ']' | '}' | ')') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

fn split(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some(at) = outside(rest, |rest| rest.starts_with(',')) {
        values.push(rest[..at].trim().to_owned());
        rest = &rest[at + 1..];
    }
    values.push(rest.trim().to_owned());
    values
}

/// The ends and the step, where a text is a range of numbers with or without a unit.
fn range_in(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let at = outside(text, |rest| rest.starts_with(".."))?;
    let (low, rest) = (text[..at].trim(), text[at + 2..].trim());
    let (high, step) = match rest.split_once(':') {
        Some((high, step)) => (high.trim(), Some(step.trim())),
        None => (rest, None),
    };
    let is_amount = |text: &str| Number::parse(text).is_some() || parse_duration(text).is_ok();
    (is_amount(low) && is_amount(high)).then_some((low, high, step))
}

/// A decimal number with what stands behind it: `1.5`, `500m`, `30s`, `50%`.
#[derive(Clone, Copy)]
struct Number<'a> {
    digits: i128,
    decimals: u32,
    unit: &'a str,
}

impl<'a> Number<'a> {
    fn parse(text: &'a str) -> Option<Number<'a>> {
        const LONGEST: usize = 18;
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let unit_is_plain = unit.chars().all(|c| c.is_ascii_alphabetic() || c == '%' || c == 'µ');
        if number.len() > LONGEST || whole.is_empty() || part.contains(['.', '-']) || !unit_is_plain {
            return None;
        }
        let digits = format!("{whole}{part}").parse().ok()?;
        Some(Number { digits, decimals: u32::try_from(part.len()).ok()?, unit })
    }
    fn at(self, decimals: u32) -> i128 {
        self.digits * 10i128.pow(decimals - self.decimals)
    }
}

fn spelled(digits: i128, decimals: u32, unit: &str) -> String {
    let power = 10i128.pow(decimals);
    let (sign, digits) = (if digits < 0 { "-" } else { "" }, digits.abs());
    let part = format!("{:0width$}", digits % power, width = decimals as usize);
    let part = if decimals == 0 { "" } else { part.trim_end_matches('0') };
    let dot = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{part}{unit}", digits / power)
}

/// The values from one end to the other, both included where a step reaches it.
///
/// # Errors
/// Says in words what is wrong.
pub fn range(low: &str, high: &str, step: Option<&str>) -> Result<Vec<String>, String> {
    let numbers = (Number::parse(low), Number::parse(high), step.map(Number::parse));
    if let (Some(low_number), Some(high_number), step_number @ (None | Some(Some(_)))) = numbers {
        let step_number = step_number.flatten();
        let unit = if high_number.unit.is_empty() { low_number.unit } else { high_number.unit };
        let mut all = [Some(low_number), Some(high_number), step_number].into_iter().flatten();
        // `0..30s`: no unit is that of the others.
        if all.all(|own| own.unit == unit || own.unit.is_empty()) {
            let one = Number { digits: 1, decimals: 0, unit };
            let step = match step_number {
                None if low_number.decimals + high_number.decimals > 0 => {
                    return Err(format!("say the step: {low}..{high}:0.1"));
                }
                given => given.unwrap_or(one),
            };
            let decimals = low_number.decimals.max(high_number.decimals).max(step.decimals);
            let ends = (low_number.at(decimals), high_number.at(decimals), step.at(decimals));
            return Ok(steps(ends)?.map(|digits| spelled(digits, decimals, unit)).collect());
        }
    }
    let micros = |text: &str| parse_duration(text).map(|span| i128::from(span.micros()));
    let ends = (micros(low)?, micros(high)?, micros(step.unwrap_or("1s"))?);
    let span = |micros: i128| crate::time::Span::from_micros(i64::try_from(micros).unwrap_or(i64::MAX));
    Ok(steps(ends)?.map(|micros| span(micros).to_string()).collect())
}

fn steps((low, high, step): (i128, i128, i128)) -> Result<impl Iterator<Item = i128>, String> {
    if step <= 0 {
        return Err("a step is more than nothing".to_owned());
    }
    if low > high {
        return Err("the range is empty: it ends before it begins".to_owned());
    }
    let count = (high - low) / step + 1;
    match u128::try_from(count) {
        Ok(many) if many > MOST_VALUES => Err(format!(
            "these are {many} values; a key may be given {MOST_VALUES} at most: take a larger step"
        )),
        _ => Ok((0..count).map(move |place| low + place * step)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> String {
        Knob::parse(text).map_or_else(|problem| format!("error: {problem}"), |knob| knob.values.join(" "))
    }

    #[test]
    fn lists_and_ranges_are_read() {
        for (text, expected) in [
            ("a=1..4", "1 2 3 4"),
            ("a=1..6:2", "1 3 5"),
            ("a=-1..1", "-1 0 1"),
            ("a=0.5..2:0.5", "0.5 1 1.5 2"),
            ("a=10s..30s:10s", "10s 20s 30s"),
            ("a=0..30s:15s", "0s 15s 30s"),
            ("a=30s..1m30s:30s", "30s 1m0s 1m30s"),
            ("a=100m..300m:100m", "100m 200m 300m"),
            ("a=25%..75%:25%", "25% 50% 75%"),
            ("a=true,false", "true false"),
            ("a={ uniform = [\"1s\", \"2s\"] },5s", "{ uniform = [\"1s\", \"2s\"] } 5s"),
            ("a=\"x,y\",z", "\"x,y\" z"),
            ("image.\"r/w:1=2\".pull=1s,2s", "1s 2s"),
            ("a=x..y", "x..y"),
            ("a=7", "7"),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
        assert_eq!(
            Knob::parse("image.\"r/w:1=2\".pull=1s").expect("it is one").key,
            "image.\"r/w:1=2\".pull"
        );
    }

    #[test]
    fn what_is_no_range_is_told() {
        for (text, part) in [
            ("a", "expected KEY="),
            ("=1", "a key and its values"),
            ("a=", "a key and its values"),
            ("a=1,,2", "a value is empty"),
            ("a=6..1", "the range is empty"),
            ("a=1..6:0", "a step is more than nothing"),
            ("a=1..1000000000", "1000000000 values"),
            ("a=0.1..0.5", "say the step"),
        ] {
            assert!(values(text).contains(part), "{text}: {}", values(text));
        }
    }
}
