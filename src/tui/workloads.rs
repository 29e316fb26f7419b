//! What the screen shows of a workload: its line among the pods, how many were available over time, its conditions, its events.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Tab};
use super::draw::{SHORTEST_NAME, colour, cut_within};
use super::panes;
use super::room::lay_out;
use crate::api::{EventType, PodIdent, Tri};
use crate::record::{Change, ObjectChange};
use crate::rules::kubectl::printing::age;
use crate::rules::kubectl::tables::Cell;
use crate::session::tree::{self, Level};
use crate::session::{kubectl, strip};
use crate::world::held::AnyHeld;
use crate::world::workloads::ObjectKey;

/// How wide the curve in a workload's line is.
const CURVE: usize = 12;
/// So many of kubectl's columns of pods say something of a workload as well.
const SAID: usize = 5;

/// A workload's cells under the columns of pods, as far as these say something of it: how many are ready of how many, what a
/// rollout or a Job has come to, how old it is. A ReplicaSet has no STATUS.
pub fn cells(app: &App, key: ObjectKey) -> Vec<Cell> {
    let w = app.walk.world();
    let state = tree::state(w, key);
    let state = state.split("  ").next().unwrap_or_default();
    let (ready, status) = match key {
        ObjectKey::Service(_) => (state.trim_end_matches(" ready").to_owned(), ""),
        _ if !has_status(key) => (tree::ready(w, key).unwrap_or_default(), ""),
        _ => (tree::ready(w, key).unwrap_or_default(), state),
    };
    let age = age(w.workloads.meta(key).map(|meta| meta.created), app.walk.now());
    let texts = [
        ("NAME", tree::name(w, key)),
        ("READY", ready),
        ("PHASE", String::new()),
        ("STATUS", status.to_owned()),
        ("RESTARTS", String::new()),
        ("AGE", age),
    ];
    let own = texts.into_iter().map(|(header, text)| Cell { header, is_wide: false, text });
    let others = kubectl::COLUMNS.into_iter().skip(SAID);
    own.chain(others.map(|header| Cell { header, is_wide: false, text: String::new() })).collect()
}

/// Whether there is a word for what it has come to.
fn has_status(key: ObjectKey) -> bool {
    !matches!(key, ObjectKey::ReplicaSet(_))
}

/// A curve of how many of it were available over the time of the strip.
pub fn curve(app: &App, key: ObjectKey) -> String {
    let (from, to) = strip::window(&app.walk);
    app.walk.curve(key, from, to, CURVE).into_iter().map(tree::sign).collect()
}

/// What it is doing, and how many there are.
pub fn draw_pair(app: &App, frame: &mut Frame<'_>, area: Rect, key: ObjectKey) {
    let w = app.walk.world();
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let state = tree::state(w, key);
    let (doing, rest) = state.split_once("  ").unwrap_or((&state, ""));
    // A ReplicaSet has no rollout of its own that could be complete.
    let is_told = has_status(key) || rest.is_empty();
    let (doing, rest) = if is_told { (doing, rest) } else { (rest, "") };
    let style = if is_told { colour(doing) } else { Style::new() };
    let text = rest.to_owned() + &tree::beside(w, key);
    let text = if text.is_empty() || !is_told { text } else { format!(" | {text}") };
    let said = format!(": {doing}{text}").chars().count();
    let room = usize::from(area.width).saturating_sub(said).max(SHORTEST_NAME);
    let line = Line::from(vec![
        Span::styled(format!("{}: ", cut_within(&tree::name(w, key), room)), bold),
        Span::styled(doing.to_owned(), bold.patch(style)),
        Span::raw(text),
    ]);
    frame.render_widget(Paragraph::new(lay_out(vec![line], usize::from(area.width), 1)), area);
}

/// The lanes of a workload, and whose curves they are: its own, those of its ReplicaSets by revision; None: events.
pub fn lanes(app: &App, key: ObjectKey) -> Vec<(String, Option<ObjectKey>)> {
    let w = app.walk.world();
    let own = [("available".to_owned(), Some(key))];
    let mut sets: Vec<(i64, ObjectKey)> = w
        .workloads
        .sets_of(key)
        .into_iter()
        .map(ObjectKey::ReplicaSet)
        .map(|set| (tree::figures(w, set).and_then(|figures| figures.revision).unwrap_or(0), set))
        .collect();
    sets.sort_unstable();
    let sets = sets.into_iter().rev().take(2).map(|(number, set)| (format!("rev {number}"), Some(set)));
    own.into_iter().chain(sets).chain([("events".to_owned(), None)]).collect()
}

/// Its lanes; the axis below is drawn by whoever draws strips.
pub fn draw_strip(
    app: &App,
    frame: &mut Frame<'_>,
    area: Rect,
    key: ObjectKey,
    (name, width): (usize, usize),
) {
    let (from, to) = strip::window(&app.walk);
    let rows = usize::from(area.height.saturating_sub(1));
    for (at, (title, whose)) in lanes(app, key).into_iter().take(rows).enumerate() {
        let mut spans = vec![Span::raw(format!("{title:>name$} "))];
        match whose {
            Some(own) => spans.extend(app.walk.curve(own, from, to, width).into_iter().map(level)),
            None => spans.push(Span::raw(marks(app, key, width))),
        }
        let place = Rect { y: area.y + at as u16, height: 1, ..area };
        frame.render_widget(Paragraph::new(Line::from(spans)), place);
    }
}

fn level(level: Level) -> Span<'static> {
    let style = match level {
        Some((available, desired)) if available >= desired => Style::new().fg(Color::Green),
        Some((0, _)) => Style::new().fg(Color::Red),
        Some(_) => Style::new().fg(Color::Yellow),
        None => Style::new(),
    };
    Span::styled(tree::sign(level).to_string(), style)
}

/// Where events of it and its ReplicaSets were told: `!` of warnings, `'` of others.
fn marks(app: &App, key: ObjectKey, width: usize) -> String {
    let (from, to) = strip::window(&app.walk);
    let mut marks = vec![' '; width];
    for row in app.walk.rows_of_workload(key) {
        let Change::Object { what: ObjectChange::Event(event), .. } = row.change else {
            continue;
        };
        if let Some(mark) = marks.get_mut(strip::cell(row.time, from, to, width)).filter(|mark| **mark != '!')
        {
            *mark = if event.kind == EventType::Warning { '!' } else { '\'' };
        }
    }
    marks.into_iter().collect()
}

/// One of the lower panes.
pub fn pane(app: &App, tab: Tab) -> Vec<Line<'static>> {
    let Some(key) = app.workload() else {
        return Vec::new();
    };
    match tab {
        Tab::Events => {
            let sets = app.walk.world().workloads.sets_of(key).into_iter().map(ObjectKey::ReplicaSet);
            let mut seen: Vec<_> =
                [key].into_iter().chain(sets).flat_map(|key| app.walk.object_events(key)).collect();
            seen.sort_by_key(|seen| seen.last);
            panes::told(app, &seen, &PodIdent::NOBODY)
        }
        Tab::Describe => {
            app.walk.describe_object(key).lines().map(|line| Line::raw(line.to_owned())).collect()
        }
        Tab::Logs => vec![Line::raw("Its pods have logs: ↓ goes to them.")],
        _ => state(app, key),
    }
}

/// What happened last, its conditions, and each of its ReplicaSets.
fn state(app: &App, key: ObjectKey) -> Vec<Line<'static>> {
    let w = app.walk.world();
    let conditions = w.workloads.held(key).map_or(&[][..], AnyHeld::conditions);
    let mut lines = Vec::new();
    if let Some(last) = app.walk.last_of_workload(key) {
        lines.push(Line::raw(format!("last: {last}")));
    }
    for one in conditions {
        let sign = match one.status {
            Tri::True => "+",
            Tri::False => "-",
            Tri::Unknown => "?",
        };
        let good = one.status == Tri::True && one.kind != "ReplicaFailure";
        let style = if good { Style::new() } else { Style::new().fg(Color::Yellow) };
        // A budget's conditions have no message.
        let said = [one.reason.as_str(), one.message.as_str()].into_iter().filter(|text| !text.is_empty());
        let said = said.collect::<Vec<_>>().join(": ");
        let text = format!("{sign} {:<12} {}  {said}", one.kind.as_str(), one.status.as_str());
        lines.push(Line::styled(text, style));
    }
    for set in w.workloads.sets_of(key).into_iter().rev() {
        let own = ObjectKey::ReplicaSet(set);
        let state = tree::state(w, own);
        let state = state.split_once("  ").map_or(state.as_str(), |(_, rest)| rest);
        lines.push(Line::raw(format!("{}: {state}", tree::name(w, own))));
    }
    lines
}
