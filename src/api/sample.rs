//! What an exporter says of something at a moment, as Prometheus reads it.

use std::fmt::Write as _;

/// A sample of a series.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// The name of its family, with the `_total` of a counter.
    pub family: &'static str,
    /// Its labels as they are written between braces, without these.
    pub labels: String,
    /// Its value.
    pub value: f64,
}

/// A label, with its value escaped, behind those that are there already.
pub fn label(labels: &mut String, key: &str, value: &str) {
    if !labels.is_empty() {
        labels.push(',');
    }
    labels.push_str(key);
    labels.push_str("=\"");
    if value.contains(['\\', '"', '\n']) {
        for c in value.chars() {
            match c {
                '\\' => labels.push_str("\\\\"),
                '"' => labels.push_str("\\\""),
                '\n' => labels.push_str("\\n"),
                c => labels.push(c),
            }
        }
    } else {
        labels.push_str(value);
    }
    labels.push('"');
}

/// A value as Go prints it in the fewest digits (`strconv.FormatFloat(value, 'g', -1, 64)`): `3`, `0.1`, `1.795902655e+09`.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        let sign = if value > 0.0 { "+" } else { "-" };
        return if value.is_nan() { "NaN".to_owned() } else { format!("{sign}Inf") };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // With the fewest digits, six of them count before it is written so.
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let mut out = String::from(digits);
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "e{sign}{:02}", exponent.abs());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_gos() {
        let told: Vec<String> = [
            0.0,
            3.0,
            0.1,
            14641.0,
            110.0,
            67_108_864.0,
            1_795_902_655.0,
            8_589_934_592.0,
            1e-7,
            250_000.0,
            1e6,
        ]
        .map(number)
        .to_vec();
        let go = [
            "0",
            "3",
            "0.1",
            "14641",
            "110",
            "6.7108864e+07",
            "1.795902655e+09",
            "8.589934592e+09",
            "1e-07",
            "250000",
            "1e+06",
        ];
        assert_eq!(told, go);
    }

    #[test]
    fn labels_hold_whatever_is_said() {
        let mut labels = String::new();
        label(&mut labels, "a", "x");
        label(&mut labels, "b", "say \"\\\"\n");
        assert_eq!(labels, "a=\"x\",b=\"say \\\"\\\\\\\"\\n\"");
    }
}
