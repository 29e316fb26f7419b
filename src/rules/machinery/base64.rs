//! Base64 as Go reads and writes it: how the API keeps bytes in JSON.
//!
//! Source: `StdEncoding` of encoding/base64, by which encoding/json decodes a `[]byte`. The surprise: line breaks may stand
//! anywhere, and an error tells at which byte the text broke off.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text, padded.
pub fn encode(bytes: &[u8]) -> String {
    let letter = |bits: u32| char::from(LETTERS[(bits & 63) as usize]);
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |ix: usize| u32::from(chunk.get(ix).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.push(letter(bits >> 18));
        text.push(letter(bits >> 12));
        text.push(if chunk.len() > 1 { letter(bits >> 6) } else { '=' });
        text.push(if chunk.len() > 2 { letter(bits) } else { '=' });
    }
    text
}

/// The bytes of a text that [`check`] takes; what it does not take ends them.
pub fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut have) = (0u32, 0);
    for value in text.bytes().map_while(value).flatten() {
        bits = bits << 6 | value;
        have += 6;
        if have >= 8 {
            have -= 8;
            bytes.push((bits >> have & 0xff) as u8);
        }
    }
    bytes
}

/// How many bytes a text that [`check`] takes stands for.
pub fn decoded_len(text: &str) -> usize {
    text.bytes().map_while(value).flatten().count() * 6 / 8
}

/// The six bits of a letter; `Some(None)`: a line break.
fn value(byte: u8) -> Option<Option<u32>> {
    match byte {
        b'\n' | b'\r' => Some(None),
        b'A'..=b'Z' => Some(Some(u32::from(byte - b'A'))),
        b'a'..=b'z' => Some(Some(u32::from(byte - b'a') + 26)),
        b'0'..=b'9' => Some(Some(u32::from(byte - b'0') + 52)),
        b'+' => Some(Some(62)),
        b'/' => Some(Some(63)),
        _ => None,
    }
}

/// The text without its line breaks.
///
/// # Errors
/// It is no base64, from this byte on (`CorruptInputError`).
pub fn check(text: &str) -> Result<String, usize> {
    let bytes = text.as_bytes();
    let is_break = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'\r'));
    let skip = |mut at: usize| {
        while is_break(at) {
            at += 1;
        }
        at
    };
    let mut at = 0;
    loop {
        let mut letters = 0;
        while letters < 4 {
            at = skip(at);
            match bytes.get(at) {
                None if letters == 0 => {
                    return Ok(text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect());
                }
                None => return Err(at - letters),
                Some(b'=') if letters < 2 => return Err(at),
                Some(b'=') => {
                    return padded(bytes, at, letters, skip)
                        .map(|()| text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect());
                }
                Some(byte) if value(*byte).is_none() => return Err(at),
                Some(_) => {
                    letters += 1;
                    at += 1;
                }
            }
        }
    }
}

/// What stands from the first `=` on: one more after two letters, and then the end.
fn padded(bytes: &[u8], first: usize, letters: usize, skip: impl Fn(usize) -> usize) -> Result<(), usize> {
    let mut at = first + 1;
    if letters == 2 {
        at = skip(at);
        match bytes.get(at) {
            None => return Err(bytes.len()),
            Some(b'=') => at += 1,
            Some(_) => return Err(at - 1),
        }
    }
    at = skip(at);
    if at < bytes.len() { Err(at) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["", "f", "fo", "foo", "foob", "\u{ff}\u{0}x"] {
            let encoded = encode(text.as_bytes());
            assert_eq!(check(&encoded), Ok(encoded.clone()));
            assert_eq!(decode(&encoded), text.as_bytes());
            assert_eq!(decoded_len(&encoded), text.len());
        }
        assert_eq!(encode(b"foob"), "Zm9vYg==");
        assert_eq!(check("Zm9v\nYg=\n=\n"), Ok("Zm9vYg==".to_owned()));
    }

    #[test]
    fn what_is_none_is_told_by_its_byte() {
        for (text, at) in
            [("a-b", 1), ("hunter2!", 7), ("Zg", 0), ("Zg=", 3), ("Zg=x", 2), ("Z===", 1), ("Zg==x", 4)]
        {
            assert_eq!(check(text), Err(at), "{text}");
        }
    }
}
