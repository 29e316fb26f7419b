//! `resource.Quantity`: `100m`, `1.5Gi`, `12e6`, exact to a billionth and printed in canonical form.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/api/resource/{quantity,suffix,amount}.go (1.36.2). The surprises: what is
//! finer than a billionth is rounded up (away from zero), what is larger than 2^63-1 is cut to it, and a number that
//! has no exact binary form is printed with a decimal suffix.

use std::cmp::Ordering;
use std::fmt;

use crate::api::Sym;

const NANO: i128 = 1_000_000_000;
/// 2^63-1, in nano.
const MAX: i128 = i64::MAX as i128 * NANO;

/// Which suffixes a quantity is printed with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Format {
    /// `12e6`
    DecimalExponent,
    /// `12Mi`
    BinarySI,
    /// `12M`
    #[default]
    DecimalSI,
}

impl Format {
    /// Upstream's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::DecimalExponent => "DecimalExponent",
            Format::BinarySI => "BinarySI",
            Format::DecimalSI => "DecimalSI",
        }
    }
}

/// A quantity. Equal values in different formats are different quantities; compare amounts with [`Quantity::cmp_value`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    /// How it is printed.
    pub format: Format,
    /// The spelling that parsing keeps, where it differs from the canonical form; empty for most.
    kept: Sym,
}

/// Why a text is no quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuantityError {
    /// Not spelled like a quantity.
    Format,
    /// A suffix that there is none of.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QuantityError::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            QuantityError::Suffix => "unable to parse quantity's suffix",
        })
    }
}
impl std::error::Error for QuantityError {}

impl Quantity {
    /// `0`
    pub const ZERO: Quantity = Quantity { nanos: 0, format: Format::DecimalSI, kept: Sym::EMPTY };

    /// An amount in thousand-millionths.
    pub const fn from_nanos(nanos: i128, format: Format) -> Quantity {
        Quantity { nanos, format, kept: Sym::EMPTY }
    }
    /// In thousand-millionths.
    pub const fn nanos(self) -> i128 {
        self.nanos
    }

    /// `ParseQuantity`
    ///
    /// # Errors
    /// The text is no number, or its suffix is unknown.
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let (negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let whole_len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = rest.split_at(whole_len);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
            None => ("", rest),
        };
        let letters = suffix.bytes().take_while(|b| b"eEinumkKMGTP".contains(b)).count();
        let tail = suffix[letters..].strip_prefix(['-', '+']).unwrap_or(&suffix[letters..]);
        if !tail.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QuantityError::Format);
        }
        let (base, exponent, format) = suffix_of(suffix).ok_or(QuantityError::Suffix)?;
        let magnitude = magnitude(whole.trim_start_matches('0'), fraction, base, exponent);
        let nanos = if negative { -magnitude } else { magnitude };
        let mut quantity = Quantity { nanos, format, kept: Sym::EMPTY };
        if keeps_spelling(whole, fraction, exponent, format) && quantity.to_string() != text {
            quantity.kept = Sym::new(text);
        }
        Ok(quantity)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }
    /// -1, 0 or 1.
    pub fn sign(self) -> i64 {
        self.nanos.signum() as i64
    }
    /// Compares amounts, whatever the formats.
    pub fn cmp_value(self, other: Quantity) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
    /// Whole units, rounded away from zero; cut to what an i64 holds.
    pub fn value(self) -> i64 {
        clamp(round_away(self.nanos, NANO))
    }
    /// Thousandths, rounded away from zero; cut to what an i64 holds.
    pub fn milli_value(self) -> i64 {
        clamp(round_away(self.nanos, NANO / 1000))
    }
    /// Whether it has no fraction.
    pub fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }
    /// `RoundUp(Milli)`: what defaulting does to every resource list.
    #[must_use]
    pub fn round_up_milli(self) -> Quantity {
        let milli = NANO / 1000;
        if self.nanos % milli == 0 {
            return self;
        }
        Quantity { nanos: round_away(self.nanos, milli) * milli, kept: Sym::EMPTY, ..self }
    }
    /// The sum; a zero on the left takes the format of the right.
    #[must_use]
    pub fn plus(self, other: Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), format, kept: Sym::EMPTY }
    }
    /// The difference; a zero on the left takes the format of the right.
    #[must_use]
    pub fn minus(self, other: Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_sub(other.nanos), format, kept: Sym::EMPTY }
    }
}

/// Whether `ParseQuantity` takes a text for canonical and keeps it (`s`): a cheap guess, so that `1.250` and `1E3` stay
/// as they are while `1.25` becomes `1250m`.
fn keeps_spelling(whole: &str, fraction: &str, exponent: i32, format: Format) -> bool {
    let whole = whole.trim_start_matches('0');
    let digits = whole.len().max(1) + fraction.len();
    match format {
        Format::BinarySI => {
            let precision = 15 - digits as i32 - exponent * 3 / 10 - 1;
            let odd = whole.parse::<u64>().is_ok_and(|value| value & 7 != 0);
            fraction.is_empty() && precision >= 0 && odd
        }
        Format::DecimalSI | Format::DecimalExponent => {
            let scale = exponent - fraction.len() as i32;
            let ends_in_thousand = if fraction.len() >= 3 {
                fraction.ends_with("000")
            } else {
                format!("{whole}{fraction}").ends_with("000")
            };
            digits <= 18 && scale >= -9 && scale % 3 == 0 && !whole.is_empty() && !ends_in_thousand
        }
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

fn round_away(value: i128, unit: i128) -> i128 {
    let whole = value / unit;
    if value % unit == 0 { whole } else { whole + value.signum() }
}

fn suffix_of(suffix: &str) -> Option<(i128, i32, Format)> {
    let decimal = |exponent| Some((10, exponent, Format::DecimalSI));
    let binary = |exponent| Some((2, exponent, Format::BinarySI));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            let digits = suffix.strip_prefix(['e', 'E'])?;
            let exponent = digits.parse::<i64>().ok()?;
            let exponent = exponent.clamp(-1000, 1000) as i32;
            Some((10, exponent, Format::DecimalExponent))
        }
    }
}

/// `whole.fraction × base^exponent` in nano, rounded up, cut to [`MAX`].
fn magnitude(whole: &str, fraction: &str, base: i128, exponent: i32) -> i128 {
    let fraction = fraction.trim_end_matches('0');
    let digits: Vec<i128> = whole.bytes().chain(fraction.bytes()).map(|b| i128::from(b - b'0')).collect();
    if digits.iter().all(|d| *d == 0) {
        return 0;
    }
    // In nano: multiply by 10^9 and by the base; then divide by 10^fraction (and 10^-exponent).
    let (mut up, mut down) = (9, fraction.len() as i32);
    let mut factor: i128 = 1;
    if base == 2 {
        factor = 1i128 << exponent;
    } else if exponent >= 0 {
        up += exponent;
    } else {
        down -= exponent;
    }
    let cancel = up.min(down);
    let (up, down) = (up - cancel, down - cancel);
    // Digits that reach beyond what can be kept only say that the result is cut.
    let mut value: i128 = 0;
    for digit in &digits {
        match value.checked_mul(10).and_then(|v| v.checked_add(*digit)) {
            Some(next) => value = next,
            None => return too_long(&digits, up, down, factor),
        }
    }
    let mut scaled = match value.checked_mul(factor) {
        Some(scaled) => scaled,
        None => return MAX,
    };
    for _ in 0..up {
        match scaled.checked_mul(10) {
            Some(next) if next <= MAX.saturating_mul(10) => scaled = next,
            _ => return MAX,
        }
    }
    let mut inexact = false;
    for _ in 0..down {
        inexact |= scaled % 10 != 0;
        scaled /= 10;
        if scaled == 0 {
            break;
        }
    }
    (scaled + i128::from(inexact)).min(MAX)
}

/// More digits than 38: only the leading ones matter, the rest rounds up.
fn too_long(digits: &[i128], up: i32, down: i32, factor: i128) -> i128 {
    let first = digits.iter().position(|d| *d != 0).unwrap_or(0);
    let digits = &digits[first..];
    // Twenty leading digits leave room for the largest binary factor (2^60).
    let kept = digits.len().min(20);
    let dropped = (digits.len() - kept) as i32;
    let mut value: i128 = digits[..kept].iter().fold(0, |v, d| v * 10 + d);
    if digits[kept..].iter().any(|d| *d != 0) {
        value += 1;
    }
    let (up, down) = (up + dropped - down.min(up + dropped), (down - up - dropped).max(0));
    let mut scaled = value.saturating_mul(factor);
    for _ in 0..up {
        scaled = scaled.saturating_mul(10);
        if scaled > MAX {
            return MAX;
        }
    }
    let mut inexact = false;
    for _ in 0..down {
        inexact |= scaled % 10 != 0;
        scaled /= 10;
    }
    (scaled + i128::from(inexact)).min(MAX)
}

/// `CanonicalizeBytes`
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.kept.is_empty() {
            return f.write_str(&self.kept);
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let small = self.nanos.abs() < 1024 * NANO;
        if self.format == Format::BinarySI && !small && self.is_whole() {
            let (mut value, mut power) = (self.nanos / NANO, 0);
            while value % 1024 == 0 && power < 6 {
                value /= 1024;
                power += 1;
            }
            return write!(f, "{value}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]);
        }
        let (mut value, mut exponent) = (self.nanos, -9);
        while value % 1000 == 0 && exponent < 18 {
            value /= 1000;
            exponent += 3;
        }
        match (self.format, exponent) {
            (_, 0) => write!(f, "{value}"),
            (Format::DecimalExponent, _) => write!(f, "{value}e{exponent}"),
            _ => {
                let index = usize::try_from((exponent + 9) / 3).unwrap_or(0);
                write!(f, "{value}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][index])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Quantity::parse(text).map_or_else(|e| e.to_string(), |q| q.to_string())
    }

    #[test]
    fn canonical_forms() {
        for (text, expected) in [
            ("1.5", "1500m"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1024Ki", "1Mi"),
            ("1000", "1k"),
            ("12e6", "12e6"),
            ("1E3", "1E3"),
            ("1.250", "1.250"),
            ("1.25", "1250m"),
            ("0.250", "250m"),
            ("1000E3", "1e6"),
            ("0.0001", "100u"),
            ("0.0000000001", "1n"),
            ("-0.5", "-500m"),
            ("100m", "100m"),
            ("0", "0"),
            ("1048576", "1048576"),
            ("99999999999999999999999999999999999999999999999", "9223372036854775807"),
            (
                "abc",
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
            ("1mm", "unable to parse quantity's suffix"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn defaulting_rounds_up_to_thousandths() {
        let tiny = Quantity::parse("0.0001").expect("a quantity");
        assert_eq!(tiny.round_up_milli().to_string(), "1m");
        assert_eq!((tiny.value(), tiny.milli_value()), (1, 1));
    }
}
