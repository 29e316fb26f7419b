//! What the screen shows of a workload: its line among the pods, how many were available over time, its conditions, its events.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Tab};
use super::draw::{SHORTEST_NAME, colour, cut_within};
use super::panes;
use super::room::{First, lay_out};
use crate::api::{EventType, PodIdent, Tri};
use crate::record::{Change, ObjectChange};
use crate::rules::kubectl::printing::age;
use crate::session::tree::{self, Level};
use crate::session::{kubectl, strip};
use crate::world::held::AnyHeld;
use crate::world::workloads::ObjectKey;

/// How wide the curve in a workload's line is: as RESTARTS, below which it stands.
const CURVE: usize = 8;

/// A workload's cells under the columns of pods: below READY how many are available, below PHASE its revision, below
/// RESTARTS a curve of how many were available.
pub fn cells(app: &App, key: ObjectKey, namespaces: bool) -> Vec<String> {
    let w = app.walk.world();
    let (name, figures) = (tree::name(w, key), tree::figures(w, key));
    let meta = w.workloads.meta(key);
    let name = match meta {
        Some(meta) if namespaces && w.workloads.controller(key).is_none() => {
            format!("{}/{name}", meta.namespace)
        }
        _ => name,
    };
    let (from, to) = strip::window(&app.walk);
    let curve = app.walk.curve(key, from, to, CURVE).into_iter().map(tree::sign).collect();
    let state = tree::state(w, key);
    let state = state.split("  ").next().unwrap_or_default().to_owned();
    let mut cells = vec![
        name,
        tree::ready(w, key).unwrap_or_default(),
        figures
            .and_then(|figures| figures.revision)
            .map_or_else(String::new, |revision| format!("rev {revision}")),
        state,
        curve,
        age(meta.map(|meta| meta.created), app.walk.now()),
    ];
    cells.resize(kubectl::COLUMNS.len() + 1, String::new());
    cells
}

/// What it is doing, and how many there are.
pub fn draw_pair(app: &App, frame: &mut Frame<'_>, area: Rect, key: ObjectKey) {
    let w = app.walk.world();
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let state = tree::state(w, key);
    let (doing, rest) = state.split_once("  ").unwrap_or((&state, ""));
    let text = rest.to_owned() + &tree::beside(w, key);
    let said = format!(": {doing} | {text}").chars().count();
    let room = usize::from(area.width).saturating_sub(said).max(SHORTEST_NAME);
    let line = Line::from(vec![
        Span::styled(format!("{}: ", cut_within(&tree::name(w, key), room)), bold),
        Span::styled(doing.to_owned(), bold.patch(colour(doing))),
        Span::raw(format!(" | {text}")),
    ]);
    frame.render_widget(Paragraph::new(lay_out(vec![line], usize::from(area.width), 1, First::Upper)), area);
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
pub fn pane(app: &App, tab: Tab, height: usize) -> Vec<Line<'static>> {
    let Some(key) = app.workload() else {
        return Vec::new();
    };
    match tab {
        Tab::Events => {
            let sets = app.walk.world().workloads.sets_of(key).into_iter().map(ObjectKey::ReplicaSet);
            let mut seen: Vec<_> =
                [key].into_iter().chain(sets).flat_map(|key| app.walk.object_events(key)).collect();
            seen.sort_by_key(|seen| seen.last);
            panes::told(app, &seen, &PodIdent::NOBODY, height)
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
        let text = format!(
            "{sign} {:<12} {}  {}: {}",
            one.kind.as_str(),
            one.status.as_str(),
            one.reason,
            one.message
        );
        lines.push(Line::styled(text, style));
    }
    for set in w.workloads.sets_of(key).into_iter().rev() {
        let own = ObjectKey::ReplicaSet(set);
        lines.push(Line::raw(format!("{}: {}", tree::name(w, own), tree::state(w, own))));
    }
    lines
}
