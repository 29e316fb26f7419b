//! The comparison for people.

use std::fmt::Write as _;

use super::difference::{EventLine, Line, PodReport, Report};

/// Equal states in a row beyond this many are told by their number.
const ROW: usize = 7;
/// So many stay on either side of what is left out.
const BESIDE: usize = 2;

/// What a person reads; `all` leaves nothing out.
pub fn render(report: &Report, all: bool) -> String {
    let mut text = String::new();
    for pod in &report.pods {
        headline(&mut text, pod, report.events_compared);
        if !pod.same || all {
            states(&mut text, &pod.states, all);
            pod.events.iter().for_each(|event| self::event(&mut text, event));
            text.push('\n');
        }
    }
    for (side, names) in [("A", &report.only_in_a), ("B", &report.only_in_b)] {
        for name in names {
            let _ = writeln!(text, "{name}: only in {side}");
        }
    }
    if report.pods.is_empty() && !report.only_in_a.is_empty() && !report.only_in_b.is_empty() {
        text.push_str(
            "No pod is in both: those of a changed template have other names. `kubelapse audit NEW --against OLD` judges a change of \
             manifests.\n",
        );
    }
    if report.is_cut {
        text.push_str("Events were not compared: which of them came later is not known here (--until).\n");
    } else if !report.events_compared {
        text.push_str("Events were not compared: only one side (or none) tells of them.\n");
    }
    text.push_str(if report.same { "The same.\n" } else { "They differ.\n" });
    text
}

fn headline(text: &mut String, pod: &PodReport, events_compared: bool) {
    let other = pod.pod_in_b.as_ref().map_or(String::new(), |name| format!(" (in B {name})"));
    let _ = write!(text, "{}{other}: {} states in both", pod.pod, pod.states_in_both);
    let alone = [(pod.states_only_in_a, "A"), (pod.states_only_in_b, "B")];
    for (count, side) in alone.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} only in {side}");
    }
    let _ = write!(
        text,
        "; times at most {:.2} s apart, gaps {:.2} s",
        pod.largest_time_difference, pod.largest_gap_difference
    );
    if pod.gaps_apart > 0 {
        let _ = write!(text, " ({} of them beyond what chance explains)", pod.gaps_apart);
    }
    if events_compared {
        let words = if pod.events.is_empty() { "the same events" } else { "other events" };
        let _ = write!(text, "; {words}");
    }
    text.push('\n');
}

fn states(text: &mut String, lines: &[Line], all: bool) {
    let _ = writeln!(text, "  {:>12} {:>12}", "A, seconds", "B, seconds");
    let plain =
        |line: &Line| line.a.is_some() && line.b.is_some() && line.gap_apart.is_none() || line.passing;
    let mut ix = 0;
    while ix < lines.len() {
        let row = lines[ix..].iter().take_while(|line| plain(line)).count();
        if row > ROW && !all {
            lines[ix..ix + BESIDE].iter().for_each(|line| state(text, line));
            let _ = writeln!(text, "  {:>12} {:>12}   … {} states in both", "", "", row - 2 * BESIDE);
            ix += row - BESIDE;
            lines[ix..ix + BESIDE].iter().for_each(|line| state(text, line));
            ix += BESIDE;
            continue;
        }
        let shown = row.max(1).min(lines.len() - ix);
        lines[ix..ix + shown].iter().for_each(|line| state(text, line));
        ix += shown;
    }
}

fn state(text: &mut String, line: &Line) {
    let at = |at: Option<f64>, later: bool| {
        at.map_or(String::new(), |at| format!("{}{at:.3}", if later { "≥ " } else { "" }))
    };
    let mark = match (line.a, line.b) {
        _ if line.passing => "~",
        (Some(_), None) => "<",
        (None, Some(_)) => ">",
        _ if line.gap_apart.is_some() => "!",
        _ => " ",
    };
    let status = if line.status.is_empty() { "gone" } else { &line.status };
    let _ = write!(
        text,
        "{mark} {:>12} {:>12}   {status:<22} {:>5} {:>3}",
        at(line.a, line.a_or_later),
        at(line.b, line.b_or_later),
        line.ready,
        line.restarts,
    );
    let mut notes = line.changes.join(", ");
    if let Some(apart) = line.gap_apart {
        let way = if apart > 0.0 { "later" } else { "sooner" };
        let gap = if notes.is_empty() { "" } else { "; " };
        let _ = write!(notes, "{gap}{:.2} s {way} after the state before in B", apart.abs());
    }
    let _ = write!(text, "   {notes}");
    text.truncate(text.trim_end().len());
    text.push('\n');
}

fn event(text: &mut String, event: &EventLine) {
    let counts = |counts: &[u32]| match counts {
        [] => "-".to_owned(),
        counts => counts.iter().map(|count| format!("×{count}")).collect::<Vec<_>>().join(" "),
    };
    let mark = match (event.a.is_empty(), event.b.is_empty()) {
        (true, _) => ">",
        (_, true) => "<",
        _ => "!",
    };
    let _ = writeln!(
        text,
        "{mark} {:>12} {:>12}   event {} {} ({}): {}",
        counts(&event.a),
        counts(&event.b),
        event.kind,
        event.reason,
        event.component,
        event.message
    );
}
