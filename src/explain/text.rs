//! An explanation as people read it.

use std::fmt::Write as _;

use super::{ContainerStory, Explanation};
use crate::rules::kubectl::terminal::{escaped, padded};

/// The explanation in plain lines of text.
pub fn render(explanation: &Explanation) -> String {
    let mut text = String::new();
    let out = &mut text;
    let Explanation { namespace, name, .. } = explanation;
    let name = if name.is_empty() { "(a pod without a name)" } else { name.as_str() };
    let place = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
    line(out, 0, &place);
    if explanation.versions > 1 {
        line(out, 0, &format!("(the last of {} versions)", explanation.versions));
    }
    if explanation.removed {
        line(out, 0, "(removed from the API at the end of the input)");
    }
    line(out, 0, "");
    table(out, explanation);

    let story = &explanation.status;
    let heading = if story.phase == story.shown {
        format!("Phase and STATUS: {}", or_none(&story.phase))
    } else {
        format!("Phase {}, STATUS {}", or_none(&story.phase), or_none(&story.shown))
    };
    section(out, &heading);
    for why in &story.why {
        line(out, 2, why);
    }

    section(out, "Conditions");
    if explanation.conditions.is_empty() {
        line(out, 2, &format!("none: {}", explanation.no_conditions.unwrap_or("the object has none")));
    }
    let shown = |text: &str| escaped(text).into_owned();
    let width = explanation.conditions.iter().map(|c| shown(&c.kind).chars().count()).max().unwrap_or(0);
    for condition in &explanation.conditions {
        let mut head = format!("{}  {:<5}", padded(&shown(&condition.kind), width), condition.status);
        if let (Some(since), Some(long)) = (&condition.since, &condition.for_so_long) {
            let _ = write!(head, "  for {long} (since {since})");
        }
        if !condition.reason.is_empty() {
            let _ = write!(head, "  {}", condition.reason);
        }
        line(out, 2, head.trim_end());
        if !condition.message.is_empty() {
            line(out, 6, &condition.message);
        }
        for wait in &condition.waits_for {
            line(out, 6, &format!("waits for {wait}"));
        }
        for meaning in &condition.means {
            line(out, 6, meaning);
        }
    }

    section(out, "Containers");
    for container in &explanation.containers {
        line(out, 2, &head(container));
        for sentence in &container.happened {
            line(out, 6, sentence);
        }
        if let Some(next) = &container.next_attempt {
            let what = if next.of == "pull" { "Next pull" } else { "Next start" };
            line(
                out,
                6,
                &format!("{what}: {}, between {} and {}.", next.relative, next.earliest, next.latest),
            );
            line(out, 8, &next.because);
        }
    }

    section(out, "Contradictions");
    if explanation.contradictions.is_empty() {
        line(out, 2, "none");
    }
    for contradiction in &explanation.contradictions {
        line(out, 2, &format!("- {contradiction}"));
    }
    text
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

fn section(out: &mut String, heading: &str) {
    line(out, 0, "");
    line(out, 0, heading);
}

/// One line, indented; further lines of a message keep the indent.
fn line(out: &mut String, indent: usize, text: &str) {
    if text.is_empty() {
        out.push('\n');
    }
    for part in text.lines() {
        let _ = writeln!(out, "{:indent$}{}", "", part.trim_end());
    }
}

fn head(container: &ContainerStory) -> String {
    let mut head = format!("{} ({}): {}", container.name, container.kind, container.state);
    if !container.reason.is_empty() {
        let _ = write!(head, ", {}", container.reason);
    }
    if container.ready {
        head.push_str(", ready");
    }
    if container.restarts != 0 {
        let times = if container.restarts == 1 { "once" } else { "times" };
        let _ = if container.restarts == 1 {
            write!(head, ", restarted {times}")
        } else {
            write!(head, ", restarted {} {times}", container.restarts)
        };
    }
    head
}

/// A cell on one line, as kubectl cuts it (`printTable`, staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go).
fn cell_of(cell: &str) -> String {
    match cell.find(['\n', '\r', '\u{c}']) {
        Some(end) => format!("{}...", escaped(&cell[..end])),
        None => escaped(cell).into_owned(),
    }
}

/// The line that kubectl prints, in its columns.
fn table(out: &mut String, explanation: &Explanation) {
    let cells = &explanation.kubectl;
    let columns = [
        ("NAME", &cells.name),
        ("READY", &cells.ready),
        ("STATUS", &cells.status),
        ("RESTARTS", &cells.restarts),
        ("AGE", &cells.age),
        ("IP", &cells.ip),
        ("NODE", &cells.node),
    ];
    let columns = columns.map(|(head, cell)| (head, cell_of(cell)));
    let width = |(head, cell): &(&str, String)| head.len().max(cell.chars().count()) + 3;
    let row = |pick: &dyn Fn(&(&str, String)) -> String| -> String {
        columns.iter().map(|column| padded(&pick(column), width(column))).collect()
    };
    line(out, 0, &row(&|(head, _)| (*head).to_owned()));
    line(out, 0, &row(&|(_, cell)| cell.clone()));
}
