//! Lines as a person types them: at a terminal they are edited, asked for again by the arrows, and completed by Tab; in a pipe
//! they are read as they come.

use std::io::{self, BufRead as _, IsTerminal as _};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Context, Editor, Helper};

use super::say;

/// Asks for one line; None at the end of the input, or when nobody reads any more.
///
/// # Errors
/// When the input cannot be read.
pub fn ask(prompt: &str) -> Result<Option<String>, String> {
    let prompts = io::stdin().is_terminal();
    if prompts && !say(prompt) {
        return Ok(None);
    }
    let mut text = String::new();
    match io::stdin().lock().read_line(&mut text) {
        Ok(0) => Ok(None),
        Ok(_) => {
            let text = text.trim().to_owned();
            // A pipe shows what was asked, so that a transcript reads as a conversation.
            let heard = prompts || say(&format!("{prompt}{text}\n"));
            Ok(heard.then_some(text))
        }
        Err(e) => Err(format!("the input cannot be read: {e}")),
    }
}

/// Whoever types.
pub struct Person {
    /// None: nobody sits at a terminal.
    editor: Option<Editor<Words, DefaultHistory>>,
}

impl Person {
    /// Whoever sits there, if somebody does.
    pub fn listened_to() -> Person {
        let sits = io::stdin().is_terminal() && io::stdout().is_terminal();
        // Lines that are pasted are as many lines as if they were typed.
        let config = Config::builder().bracketed_paste(false).build();
        let editor = sits.then(|| Editor::with_config(config)).and_then(Result::ok);
        Person {
            editor: editor.map(|mut editor: Editor<Words, DefaultHistory>| {
                editor.set_helper(Some(Words(Vec::new())));
                editor
            }),
        }
    }

    /// Asks for one line; None at the end of the input, when somebody presses Ctrl-C, or when nobody reads any more. `words` are
    /// those that Tab completes.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn ask(
        &mut self,
        prompt: &str,
        words: impl FnOnce() -> Vec<String>,
    ) -> Result<Option<String>, String> {
        let Some(editor) = &mut self.editor else { return ask(prompt) };
        editor.set_helper(Some(Words(words())));
        match editor.readline(prompt) {
            Ok(line) => {
                let line = line.trim().to_owned();
                if !line.is_empty() {
                    let _ = editor.add_history_entry(line.as_str());
                }
                Ok(Some(line))
            }
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
            Err(problem) => Err(format!("the input cannot be read: {problem}")),
        }
    }
}

/// What Tab completes.
struct Words(Vec<String>);

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(completed(&self.0, &line[..at]))
    }
}
impl Hinter for Words {
    type Hint = String;
}
impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}

/// Where the word begins at whose end somebody is, and the words that begin so.
fn completed(words: &[String], line: &str) -> (usize, Vec<String>) {
    let from = line.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    let begun = &line[from..];
    let mut found: Vec<String> = words.iter().filter(|word| word.starts_with(begun)).cloned().collect();
    found.sort();
    found.dedup();
    (from, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_is_begun_is_completed() {
        let words = ["describe", "deployment/web", "deployment/orders", "get"].map(str::to_owned);
        assert_eq!(completed(&words, "desc"), (0, vec!["describe".to_owned()]));
        let (from, found) = completed(&words, "describe deployment/");
        assert_eq!((from, found), (9, vec!["deployment/orders".to_owned(), "deployment/web".to_owned()]));
        assert_eq!(completed(&words, "get pods x").1, Vec::<String>::new());
    }
}
