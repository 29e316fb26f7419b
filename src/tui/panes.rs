//! The lower panes: what `kubectl describe` and `kubectl logs` tell of the selected pod, what comes, and what was.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::app::{App, Mode, Tab};
use super::draw::{colour, cut_within, mark_style};
use super::room::{First, lay_out};
use super::workloads;
use crate::api::{ContainerState, EventType, PodIdent, Tri};
use crate::rules::kubectl::terminal::escaped;
use crate::rules::machinery::backoff::Limits;
use crate::session::kubectl::SeenEvent;
use crate::session::words::{about, offset};
use crate::session::{kubectl, strip, why};
use crate::world::{ContainerIx, PodId};

/// Draws one pane; with tabs in the frame where it is the one that the keys turn: those that stand nowhere else.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect, tab: Tab, tabs: &[Tab]) {
    let turns = !tabs.is_empty();
    let mut title: Vec<Span<'_>> = Vec::new();
    if turns {
        for (ix, other) in Tab::ALL.iter().enumerate().filter(|(_, other)| tabs.contains(other)) {
            let own = *other == tab;
            let style = if own {
                Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
            } else {
                Style::new()
            };
            title.push(Span::styled(format!(" {} {} ", ix + 1, other.name()), style));
        }
    } else {
        title.push(Span::styled(format!(" {} ", tab.name()), Style::new().add_modifier(Modifier::BOLD)));
    }
    let block = Block::new().borders(Borders::TOP).title(Line::from(title));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let height = usize::from(inner.height);
    let lines = match (tab, app.pod()) {
        (Tab::Coming, _) => coming(app),
        (Tab::History, _) => history(app, height),
        (Tab::Lives, _) => lives(app, width, height),
        (Tab::Nodes, _) => nodes(app),
        (tab, None) if app.workload().is_some() => workloads::pane(app, tab, height),
        (_, None) => {
            vec![Line::raw("→ goes to the next change, ← back, p plays, w asks why, ? tells of all keys.")]
        }
        (Tab::State, Some(pod)) => state(app, pod),
        (Tab::Events, Some(pod)) => events(app, pod, height),
        (Tab::Logs, Some(pod)) => logs(app, pod),
        (Tab::Describe, Some(pod)) => {
            app.walk.describe(pod).lines().map(|line| Line::raw(line.to_owned())).collect()
        }
    };
    let latest = matches!(tab, Tab::Events | Tab::History);
    let lines = lay_out(lines, width, height, if latest { First::Lower } else { First::Upper });
    let scroll = if turns { usize::from(app.scroll).min(lines.len().saturating_sub(height)) } else { 0 };
    let more = lines.len().saturating_sub(scroll + height);
    let mut shown: Vec<Line<'_>> = lines.into_iter().skip(scroll).take(height).collect();
    if more > 0 && height > 1 {
        shown.pop();
        shown.push(Line::styled(format!("… {} more lines", more + 1), Style::new().fg(Color::DarkGray)));
    }
    frame.render_widget(Paragraph::new(shown), inner);
}

/// Below a view of lines: the node that is marked, or the marked row at its length.
pub fn draw_row(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let row = app.shown_lines(app.row.min(app.line_count().saturating_sub(1)), 1).1.pop();
    let (title, text) = match app.node() {
        Some(node) => {
            let name = app.walk.world().nodes[node.ix()].spec.name;
            (format!(" node/{name} "), app.walk.describe_node(&name).unwrap_or_else(|told| told))
        }
        None => (" The row ".to_owned(), row.unwrap_or_default()),
    };
    let block = Block::new()
        .borders(Borders::TOP)
        .title(Line::from(Span::styled(title, Style::new().add_modifier(Modifier::BOLD))));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let lines: Vec<Line<'static>> =
        text.lines().map(|line| Line::raw(escaped(line.trim_end()).into_owned())).collect();
    let lines = lay_out(lines, width, height, First::Upper);
    let scroll = usize::from(app.scroll).min(lines.len().saturating_sub(height));
    frame.render_widget(
        Paragraph::new(lines.into_iter().skip(scroll).take(height).collect::<Vec<_>>()),
        inner,
    );
}

fn state(app: &App, pod: PodId) -> Vec<Line<'static>> {
    let w = app.walk.world();
    let now = app.walk.now();
    let start = app.walk.plan().start;
    let local = w.local(pod);
    let p = local.pod;
    let mut lines = Vec::new();
    let of_pod = p.status.read();
    for status in of_pod.init.iter().chain(&of_pod.containers).chain(&of_pod.ephemeral) {
        let ready = if status.ready { "ready" } else { "not ready" };
        let (word, reason) = said(&status.state);
        lines.push(Line::from(vec![
            Span::styled(status.name.to_string(), Style::new().add_modifier(Modifier::BOLD)),
            Span::raw(": "),
            Span::styled(format!("{word}{reason}"), colour(if reason.is_empty() { &word } else { &reason })),
            Span::raw(format!(", {ready}, restarts {}", status.restart_count)),
        ]));
        if let Some(ended) = status.last_state.terminated() {
            let ago = kubectl::ago(ended.finished_at, now);
            let text =
                format!("  before: exit {} {}, ended {} ago", ended.exit_code, ended.reason, about(ago));
            lines.push(Line::raw(text));
        }
        let message = match status.state {
            ContainerState::Waiting { message, .. } => message,
            ContainerState::Terminated(ended) => ended.message,
            _ => crate::api::Text::NONE,
        };
        if !message.is_empty() {
            lines.push(Line::raw(format!("  {}", message.show(&p.ident))));
        }
        let Some(ix) = p.find(status.name) else {
            continue;
        };
        let Some(memory) = local.memory(ix) else {
            continue;
        };
        let live = local.runtime.live.newest(status.name);
        let period = p.node.and_then(|n| w.machines[n.ix()].config.max_container_restart_period);
        let limits = Limits::crash_loop(period, &w.gates);
        if let (Some(entry), Some(finished)) = (memory.backoff, live.and_then(|c| c.finished_at))
            && limits.holds_since(memory.backoff, finished, now).is_some()
        {
            let until = finished + entry.value;
            lines.push(Line::raw(format!(
                "  the kubelet holds it back for {}, until {}: {} left",
                entry.value,
                offset(until, start),
                about(until.since(now))
            )));
        }
    }
    if !of_pod.reason.is_empty() {
        let text = format!("{}: {}", of_pod.reason, of_pod.message.show(&p.ident));
        lines.push(Line::raw(text));
    }
    if let Some(deletion) = p.deletion {
        let text = format!(
            "deletion asked for; grace period {}s, until {}",
            deletion.grace_secs,
            offset(deletion.at, start)
        );
        lines.push(Line::styled(text, Style::new().fg(Color::Yellow)));
    }
    for condition in &of_pod.conditions {
        let sign = match condition.status {
            Tri::True => "+",
            Tri::False => "-",
            Tri::Unknown => "?",
        };
        let why = if condition.reason.is_empty() { String::new() } else { format!("  {}", condition.reason) };
        let style = if condition.status == Tri::True { Style::new() } else { Style::new().fg(Color::Yellow) };
        let text = format!("{sign} {:<27} {}{why}", condition.kind.as_str(), condition.status);
        lines.push(Line::styled(text, style));
    }
    lines
}

fn said(state: &ContainerState) -> (String, String) {
    match state {
        ContainerState::Unset => ("no state".to_owned(), String::new()),
        ContainerState::Waiting { reason, .. } => ("waiting ".to_owned(), reason.to_string()),
        ContainerState::Running { .. } => ("Running".to_owned(), String::new()),
        ContainerState::Terminated(ended) => {
            (format!("terminated, exit {} ", ended.exit_code), ended.reason.to_string())
        }
    }
}

fn events(app: &App, pod: PodId, height: usize) -> Vec<Line<'static>> {
    let ident = app.walk.world().pods[pod.ix()].ident;
    told(app, &app.walk.events(pod), &ident, height)
}

/// Events as lines.
pub fn told(app: &App, seen: &[SeenEvent], ident: &PodIdent, height: usize) -> Vec<Line<'static>> {
    // The latest at the bottom, as kubectl prints them; where there is too little room the oldest give way.
    let first = seen.len().saturating_sub(height.max(1));
    let lines: Vec<Line<'static>> = seen[first..]
        .iter()
        .map(|seen| {
            let e = &seen.event;
            let (mark, style) = if e.kind == EventType::Warning {
                ("!", Style::new().fg(Color::Red))
            } else {
                (" ", Style::new())
            };
            let text = format!(
                "{mark} {:<19} {:<12} {}",
                app.walk.event_age(seen),
                e.reason.as_str(),
                e.message.show(ident)
            );
            Line::styled(text, style)
        })
        .collect();
    if lines.is_empty() { vec![Line::raw("no events yet")] } else { lines }
}

fn logs(app: &App, pod: PodId) -> Vec<Line<'static>> {
    let w = app.walk.world();
    let p = &w.pods[pod.ix()];
    let count = p.container_count().max(1);
    // Main containers come first, as kubectl defaults to the first of them.
    let inits = p.spec.init_containers.len();
    let ix = ContainerIx::new((app.container + inits) % count);
    let name = if usize::from(ix) < p.container_count() { p.container(ix).name.as_str() } else { "" };
    let flag = if app.previous { " --previous" } else { "" };
    let head = format!("kubectl logs {} -c {name}{flag}  (v previous, o other)", p.ident.name);
    let mut lines = vec![Line::styled(head, Style::new().fg(Color::DarkGray))];
    match app.walk.logs(pod, Some(name), app.previous) {
        Ok(list) if list.is_empty() => lines.push(Line::raw("(the process wrote nothing)")),
        Ok(list) => lines.extend(list.into_iter().map(Line::raw)),
        Err(refused) => lines.push(Line::styled(refused, Style::new().fg(Color::Red))),
    }
    lines
}

/// Why what comes is not told: it would give an answer away.
fn silence(app: &App) -> Option<&'static str> {
    if app.walk.keeps_silent() {
        return Some("What comes is told after the lesson's last question.");
    }
    matches!(app.mode, Mode::Question { .. }).then_some("What comes is told after the answer.")
}

fn coming(app: &App) -> Vec<Line<'static>> {
    let foretold = if silence(app).is_some() { String::new() } else { app.foretold() };
    let gap = (!foretold.is_empty()).then(String::new);
    let foretold = foretold.lines().map(str::to_owned).collect::<Vec<_>>();
    foretold.into_iter().chain(gap).chain(coming_lines(app)).map(Line::raw).collect()
}

/// What waits in the queue, line by line.
pub fn coming_lines(app: &App) -> Vec<String> {
    if let Some(silence) = silence(app) {
        return vec![silence.to_owned()];
    }
    let now = app.walk.now();
    let start = app.walk.plan().start;
    let list = app.coming();
    if list.is_empty() {
        return vec!["Nothing waits: unless somebody does something, all stays as it is.".to_owned()];
    }
    list.iter()
        .map(|next| {
            let wait = about(next.at.since(now));
            format!("{}  in {wait:<7} {}: {}", offset(next.at, start), next.words.component, next.words.text)
        })
        .collect()
}

/// All nodes, and what `kubectl describe` tells of the one that the selected pod is on, or of the only one.
fn nodes(app: &App) -> Vec<Line<'static>> {
    let w = app.walk.world();
    let mut text = app.walk.get("nodes").unwrap_or_default();
    let own = app.pod().and_then(|pod| w.pods[pod.ix()].node);
    let only = (w.nodes.len() == 1).then(|| w.nodes.first()).flatten();
    if let Some(node) = own.map(|node| &w.nodes[node.ix()]).or(only)
        && let Ok(told) = app.walk.describe_node(&node.spec.name)
    {
        text.push('\n');
        text.push_str(&told);
    }
    text.lines().map(|line| Line::raw(line.to_owned())).collect()
}

/// A strip for each pod around the selected one.
fn lives(app: &App, width: usize, height: usize) -> Vec<Line<'static>> {
    let w = app.walk.world();
    let list = app.pods();
    let selected = app.pod().and_then(|pod| list.iter().position(|other| *other == pod)).unwrap_or(0);
    let first = selected.saturating_sub(height / 2).min(list.len().saturating_sub(height));
    let shown = &list[first..(first + height).min(list.len())];
    let names: Vec<String> = shown.iter().map(|pod| w.pods[pod.ix()].ident.name.to_string()).collect();
    let wide = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(width / 4);
    let (from, to) = strip::window(&app.walk);
    let lines: Vec<Line<'static>> = shown
        .iter()
        .zip(names)
        .enumerate()
        .map(|(at, (pod, name))| {
            let mark = if first + at == selected { ">" } else { " " };
            let mut spans = vec![Span::raw(format!("{mark}{:<wide$} ", cut_within(&name, wide)))];
            let cells = app.walk.life(*pod, from, to, width.saturating_sub(wide + 2));
            spans.extend(cells.iter().map(|mark| Span::styled(mark.sign().to_string(), mark_style(*mark))));
            Line::from(spans)
        })
        .collect();
    if lines.is_empty() { vec![Line::raw("no pod yet")] } else { lines }
}

fn history(app: &App, height: usize) -> Vec<Line<'static>> {
    let start = app.walk.plan().start;
    let rows = app.walk.history().last(height.max(1));
    let lines: Vec<Line<'static>> = rows
        .iter()
        .map(|row| {
            let words = why::headline(&row, &app.walk.world().directory);
            Line::raw(format!("{}  {words}", offset(row.time, start)))
        })
        .collect();
    if lines.is_empty() { vec![Line::raw("nothing has changed yet")] } else { lines }
}
