//! How rows are spelled out: cell by cell into a buffer that is used again, so that a row costs no allocation.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::api::{EventText, PodIdent, PodName, Suffix};
use crate::time::Time;

/// So much is gathered before it is handed over; it ends with a whole row.
const CHUNK: usize = 1 << 16;

/// Lines on their way to a writer. Every write that the writer sees ends at the end of a line, so that what it took
/// can stand alone.
pub(super) struct Lines<W: Write> {
    out: W,
    pub bytes: Vec<u8>,
}

impl<W: Write> Lines<W> {
    pub fn new(out: W) -> Lines<W> {
        Lines { out, bytes: Vec::with_capacity(CHUNK + CHUNK / 8) }
    }
    /// Ends a line.
    pub fn end(&mut self) -> io::Result<()> {
        self.bytes.push(b'\n');
        if self.bytes.len() >= CHUNK { self.hand_over() } else { Ok(()) }
    }
    pub fn finish(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.out.flush()
    }
    fn hand_over(&mut self) -> io::Result<()> {
        let taken = if self.bytes.is_empty() { Ok(()) } else { self.out.write_all(&self.bytes) };
        self.bytes.clear();
        taken
    }
}

pub(super) fn integer(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Six digits.
fn six(out: &mut Vec<u8>, mut number: u32) {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&digits);
}

/// `12.345000`
pub(super) fn seconds(out: &mut Vec<u8>, micros: i64) {
    if micros < 0 {
        out.push(b'-');
    }
    let micros = micros.unsigned_abs();
    integer(out, micros / 1_000_000);
    out.push(b'.');
    six(out, (micros % 1_000_000) as u32);
}

/// Spells instants as RFC 3339 with microseconds; the second that was spelled last is remembered.
pub(super) struct Stamp {
    second: i64,
    words: String,
}

impl Stamp {
    pub fn new() -> Stamp {
        Stamp { second: i64::MIN, words: String::new() }
    }
    pub fn write(&mut self, out: &mut Vec<u8>, at: Time) {
        if self.second != at.secs() || self.words.is_empty() {
            self.second = at.secs();
            self.words = at.rfc3339_secs();
            self.words.truncate(self.words.trim_end_matches('Z').len());
        }
        out.extend_from_slice(self.words.as_bytes());
        out.push(b'.');
        six(out, at.micros().rem_euclid(1_000_000) as u32);
        out.push(b'Z');
    }
}

/// A pod's name; names of objects in Kubernetes need no quotes anywhere.
pub(super) fn pod_name(out: &mut Vec<u8>, name: PodName) {
    out.extend_from_slice(name.base.as_bytes());
    match name.suffix {
        Suffix::None => {}
        Suffix::Ordinal(ordinal) => {
            out.push(b'-');
            integer(out, ordinal);
        }
        Suffix::Generated(letters) => out.extend_from_slice(&letters.letters()),
    }
}

/// The words of a message: fixed ones as they are, those that name their pod by way of `scratch`.
pub(super) fn words<'a>(text: EventText, pod: Option<&PodIdent>, scratch: &'a mut String) -> &'a str {
    if let Some(fixed) = text.fixed() {
        return fixed.as_str();
    }
    scratch.clear();
    match pod {
        // Writing to a string does not fail.
        Some(pod) => drop(write!(scratch, "{}", text.show(pod))),
        None => scratch.push_str(&text.alone()),
    }
    scratch
}

/// Whether a byte makes its cell need quotes.
fn is_special(byte: u8) -> bool {
    // `|` and not `||`: without an early end there is nothing to mispredict, and sixteen bytes are looked at at once.
    (byte == b',') | (byte == b'"') | (byte == b'\n') | (byte == b'\r')
}

/// A cell of a CSV file, in quotes where it needs them.
pub(super) fn cell(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if !bytes.iter().fold(false, |found, byte| found | is_special(*byte)) {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    for byte in bytes {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("cells are text")
    }

    #[test]
    fn numbers_and_instants() {
        assert_eq!(spelled(|out| seconds(out, 12_345_000)), "12.345000");
        assert_eq!(spelled(|out| seconds(out, -1)), "-0.000001");
        assert_eq!(spelled(|out| seconds(out, i64::MIN)), "-9223372036854.775808");
        let at = Time::parse_rfc3339("2026-11-22T13:30:48.9311Z").expect("an instant");
        assert_eq!(spelled(|out| Stamp::new().write(out, at)), "2026-11-22T13:30:48.931100Z");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for plain in ["", "plain", "with space", "a;b", "ü", "{\"a\"".trim_end_matches("\"a\"")] {
            assert_eq!(spelled(|out| cell(out, plain)), plain);
        }
        assert_eq!(spelled(|out| cell(out, "a,b")), "\"a,b\"");
        assert_eq!(spelled(|out| cell(out, "say \"x\"\n")), "\"say \"\"x\"\"\n\"");
    }

    #[test]
    fn writes_end_with_whole_lines() {
        struct Seen(Vec<usize>, Vec<u8>);
        impl Write for &mut Seen {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.1.extend_from_slice(bytes);
                self.0.push(self.1.len());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut seen = Seen(Vec::new(), Vec::new());
        let mut lines = Lines::new(&mut seen);
        for number in 0..30_000_u32 {
            integer(&mut lines.bytes, number);
            lines.end().expect("memory takes all");
        }
        lines.finish().expect("memory takes all");
        drop(lines);
        assert!(seen.0.len() > 2, "{} writes", seen.0.len());
        assert!(seen.0.iter().all(|end| seen.1[end - 1] == b'\n'));
        assert_eq!(seen.1.split(|b| *b == b'\n').count(), 30_001);
    }
}
