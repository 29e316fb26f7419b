//! How the questions of shipped lessons are answered.

use kubelapse::scenario::builtin;

/// The number to press for the right answer of a question, and one for a wrong answer.
pub fn keys(name: &str, question: usize) -> (i64, i64) {
    let found = builtin::find(name).expect("it is shipped");
    let table: toml::Table = found.text.parse().expect("it is TOML");
    let right = table["lesson"]["question"][question]["answer"].as_integer().expect("a number");
    (right + 1, if right == 0 { 2 } else { 1 })
}
