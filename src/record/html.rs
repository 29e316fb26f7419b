//! `timeline.html`: the page with a run in it, in one file that asks for no server and no network.
//!
//! The page's modules stand in `page/`, as they are served; a page from a file may not import them, so they are put one behind
//! the other into one script, without their imports and exports. A Content-Security-Policy allows that script and that style
//! by their hashes, and nothing else.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::view::{Reach, View};
use super::{Aside, Directory, Ending, FiguresRow, Format, PodRow, Sink, Transition};
use crate::api::Sym;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "html",
    file: "timeline.html",
    holds: "the page with the run in it: zoom, look at any instant, pass it on",
    is_whole: true,
    beside: None,
    sink: |out, _| Box::new(Page::new(out)),
};

/// A browser reads no page with comfort that holds more.
pub const MOST_ROWS: u64 = 2_000_000;

/// Each after those that it imports.
const MODULES: [&str; 10] = [
    include_str!("../../page/model.js"),
    include_str!("../../page/scale.js"),
    include_str!("../../page/look.js"),
    include_str!("../../page/rows.js"),
    include_str!("../../page/draw.js"),
    include_str!("../../page/tell.js"),
    include_str!("../../page/looks.js"),
    include_str!("../../page/live.js"),
    include_str!("../../page/app.js"),
    include_str!("../../page/begin.js"),
];
const STYLE: &str = include_str!("../../page/page.css");
const BODY: &str = include_str!("../../page/body.html");

/// The modules as one script.
fn script() -> String {
    let lines = MODULES.iter().flat_map(|module| module.lines()).filter(|line| !line.starts_with("import "));
    let mut script = String::from("\"use strict\";\n");
    for line in lines {
        script.push_str(line.strip_prefix("export ").unwrap_or(line));
        script.push('\n');
    }
    script
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The page around a model; `connects` says in the policy's words whom it may ask for more.
fn page(out: &mut impl Write, model: &[u8], connects: &str) -> io::Result<()> {
    let script = script();
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src {connects}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(STYLE)
    );
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>kubelapse</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n{BODY}\n\
         <script type=\"application/json\" id=\"run\">"
    )?;
    out.write_all(model)?;
    write!(out, "</script>\n<script type=\"module\">{script}</script>\n</body>\n</html>\n")?;
    out.flush()
}

/// The page that asks the server that it comes from for the run, and for its clock.
pub fn live() -> Vec<u8> {
    let mut out = Vec::new();
    // Memory takes everything.
    let _ = page(&mut out, b"{\"live\":\"/kubelapse/v1/\"}", "'self'");
    out
}

/// Writes `timeline.html` at the end of a run.
pub struct Page<W: Write> {
    out: W,
    view: View,
}

impl<W: Write> Page<W> {
    /// A page into `out`.
    pub fn new(out: W) -> Page<W> {
        Page { out, view: View::default() }
    }
}

impl<W: Write> Sink for Page<W> {
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            match self.view.rows() {
                MOST_ROWS => return Ok(()),
                _ => self.view.row(directory, row),
            }
        }
        Ok(())
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        rows.iter().for_each(|row| self.view.figures(directory, row));
        Ok(())
    }
    fn wants_asides(&self) -> bool {
        true
    }
    fn asides(&mut self, directory: &Directory, asides: &[Aside]) -> io::Result<()> {
        asides.iter().for_each(|aside| self.view.aside(directory, aside));
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        let mut view = std::mem::take(&mut self.view);
        if view.rows() >= MOST_ROWS {
            let words = format!(
                "{{\"tooLarge\":\"This run has more than {MOST_ROWS} rows, more than a page can show. \
                 A shorter run fits (--until 10m), as does a picture of all of it (--format svg) or a trace for \
                 ui.perfetto.dev (--format perfetto).\"}}"
            );
            return page(&mut self.out, words.as_bytes(), "'none'");
        }
        let Ending { at, stands, partial, .. } = *ending;
        let reach = Reach { at, stands, partial };
        let class_of =
            |pod: PodRow| ending.pods.get(pod as usize).map_or(Sym::EMPTY, |record| record.qos_class);
        page(&mut self.out, &view.json(directory, reach, class_of), "'none'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_modules_have_a_name_in_common() {
        let script = script();
        let mut names: Vec<&str> = Vec::new();
        for line in script.lines() {
            let declared = ["const ", "let ", "function ", "class ", "async function "];
            let Some(rest) = declared.iter().find_map(|word| line.strip_prefix(word)) else { continue };
            let name =
                rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or("");
            assert!(!names.contains(&name), "{name}");
            names.push(name);
        }
        assert!(names.contains(&"App") && names.contains(&"readRun"));
        assert!(!script.contains("\nimport ") && !script.contains("\nexport "));
    }
}
