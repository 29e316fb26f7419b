//! Unsafe code is forbidden but in the two crates that other languages call, and says there why it holds.

use crate::*;

/// Unsafe code is forbidden but in the two crates that other languages call.
#[test]
fn unsafe_code_stands_in_the_thin_crates_alone() {
    let manifest = read(&root().join("Cargo.toml"));
    assert!(
        manifest.contains("[lints.rust]\nunsafe_code = \"forbid\""),
        "the library and the program forbid it"
    );
    // The rest of the repository has none, its tests and tools included.
    for folder in ["src", "tests", "benches", "examples", "fuzz/play", "fuzz/fuzz_targets"] {
        for (name, text) in files(folder, "rs") {
            assert_eq!(unsafe_code(&text), [], "{name}");
        }
    }
    // In those two each says why it holds.
    for folder in ["python/src", "web/src"] {
        for (name, text) in files(folder, "rs") {
            let bare: Vec<Unsafe> = unsafe_code(&text).into_iter().filter(|own| !own.has_reason).collect();
            assert_eq!(bare, [], "{name}: `// SAFETY:` above it says why it holds");
        }
    }
}

/// A line with unsafe code, from 1, and whether the comment above it says why it holds.
#[derive(PartialEq, Eq, Debug)]
struct Unsafe {
    line: usize,
    has_reason: bool,
}

/// Blocks, functions, traits and their implementations, foreign items, attributes; not what comments, texts and names say.
fn unsafe_code(text: &str) -> Vec<Unsafe> {
    let word = ["un", "safe"].concat();
    let (mut found, mut has_reason) = (Vec::new(), false);
    for (at, line) in text.lines().enumerate() {
        if let Some(words) = line.trim_start().strip_prefix("//") {
            has_reason |= words.trim_start_matches('/').trim_start().starts_with("SAFETY: ");
            continue;
        }
        let code = plain_code(line);
        if code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|own| own == word) {
            found.push(Unsafe { line: at + 1, has_reason });
        }
        // Attributes stand between a comment and what it is about.
        has_reason &= code.trim_start().starts_with("#[");
    }
    found
}

/// A line without its texts, and without the comment at its end.
fn plain_code(line: &str) -> String {
    let (mut code, mut letters, mut in_text) = (String::new(), line.chars().peekable(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if in_text => drop(letters.next()),
            '\'' if !in_text && letters.peek() == Some(&'"') => drop(letters.next()),
            '"' => in_text = !in_text,
            '/' if !in_text && letters.peek() == Some(&'/') => break,
            letter if !in_text => code.push(letter),
            _ => {}
        }
    }
    code
}

#[test]
fn what_is_unsafe_is_told_from_what_names_it() {
    let word = ["un", "safe"].concat();
    let lines = |text: &str| unsafe_code(&text.replace("UN", &word));
    let of = |line, has_reason| Unsafe { line, has_reason };
    assert_eq!(lines("let a = UN { b() };\n"), [of(1, false)]);
    assert_eq!(
        lines("// SAFETY: it lives as long,\n// as nobody frees it.\nlet a = UN { b() };\n"),
        [of(3, true)]
    );
    assert_eq!(lines("// SAFETY: of another one.\n\nUN impl Send for A {}\n"), [of(3, false)]);
    assert_eq!(
        lines("#[UN(no_mangle)]\npub extern \"C\" fn f() {}\nUN fn g() {}\n"),
        [of(1, false), of(3, false)]
    );
    assert_eq!(
        lines("// UN {\nlet UN_ones = \"UN { }\"; // UN\nlet c = '\"'; let d = UN { 1 };\n"),
        [of(3, false)]
    );
}
