//! The lower panes: what `kubectl describe` and `kubectl logs` tell of the selected pod, what comes, and what was.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::actions::node_words;
use super::app::{App, Areas, Mode, Tab};
use super::draw::{colour, cut_within, mark_style};
use super::foot::muted;
use super::room::lay_out;
use super::workloads;
use crate::api::{ContainerState, EventType, PodIdent, Tri};
use crate::rules::kubectl::terminal::escaped;
use crate::rules::machinery::backoff::Limits;
use crate::session::kubectl::SeenEvent;
use crate::session::words::{about, offset};
use crate::session::{kubectl, strip, why};
use crate::time::Span as Length;
use crate::world::{ContainerIx, NodeId, PodId};

/// Draws one pane; with tabs in the frame where it is the one that the keys turn: those that stand nowhere else.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect, tab: Tab, tabs: &[Tab]) {
    let is_own = app.tab == tab;
    let style = |shown: bool| match (shown, is_own) {
        (true, true) => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
        (true, false) => Style::new().add_modifier(Modifier::BOLD),
        (false, _) => Style::new(),
    };
    let mut title: Vec<Span<'_>> = Vec::new();
    let alone = [tab];
    let named = if tabs.is_empty() { &alone[..] } else { tabs };
    // Names stand closer where there is little room, and the others have their numbers alone where there is less; the last
    // columns are for what is out of sight.
    const BESIDE: usize = 10;
    let all: usize = named.iter().map(|other| other.name().len() + 4).sum();
    let room = usize::from(area.width).saturating_sub(BESIDE);
    let (is_close, is_narrow) = (all > room, all - named.len() > room && named.len() > 1);
    for (ix, other) in Tab::ALL.iter().enumerate().filter(|(_, other)| named.contains(other)) {
        let text = match is_narrow && *other != tab {
            true => format!(" {} ", ix + 1),
            // What is open, and what the keys go to, is told by a sign, too.
            false if *other == tab && is_own => format!("[{} {}]", ix + 1, other.name()),
            false if *other == tab && named.len() > 1 => format!("({} {})", ix + 1, other.name()),
            false if is_close => format!(" {} {}", ix + 1, other.name()),
            false => format!(" {} {} ", ix + 1, other.name()),
        };
        title.push(Span::styled(text, style(*other == tab)));
    }
    let inner = Block::new().borders(Borders::TOP).inner(area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let scroll = if is_own { app.scroll } else { 0 };
    let back = if tab.rests_at_its_end() { usize::try_from(-scroll).unwrap_or(0) } else { 0 };
    let (lines, above) = lines(app, tab, width, height + back);
    let most = i32::try_from(lines.len().saturating_sub(height)).unwrap_or(i32::MAX);
    let rest = if tab.rests_at_its_end() { most } else { 0 };
    let first = usize::try_from(rest.saturating_add(scroll).clamp(0, most)).unwrap_or(0);
    let (above, below) = (above + first, lines.len().saturating_sub(first + height));
    if is_own {
        let beyond = i32::try_from(above + below).ok();
        app.areas.set(Areas { beyond, ..app.areas.get() });
    }
    frame.render_widget(framed(Line::from(title), above, below), area);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(height).collect();
    frame.render_widget(Paragraph::new(shown), inner);
}

/// The frame of a pane: its title, and how many of its lines are out of sight.
fn framed(title: Line<'_>, above: usize, below: usize) -> Block<'_> {
    let block = Block::new().borders(Borders::TOP).title(title);
    let arrows = [("↑", above), ("↓", below)].into_iter().filter(|(_, count)| *count > 0);
    let arrows: Vec<String> = arrows.map(|(sign, count)| format!("{sign}{count}")).collect();
    if arrows.is_empty() {
        return block;
    }
    let text = format!(" {} ", arrows.join(" "));
    block.title(Line::styled(text, muted()).right_aligned())
}

/// What a pane has to show, laid out in so many columns; and how many lines there are above that are not among them: of what rests
/// at its end no more is spelled than is seen.
pub fn lines(app: &App, tab: Tab, width: usize, height: usize) -> (Vec<Line<'static>>, usize) {
    let mut above = 0;
    let lines = match (tab, app.pod()) {
        (Tab::Coming, _) => coming(app),
        (Tab::History, _) => {
            above = app.walk.written().saturating_sub(height);
            history(app, height)
        }
        (Tab::Lives, _) => lives(app, width, height),
        (Tab::Nodes, _) => nodes(app),
        (tab, None) if app.workload().is_some() => workloads::pane(app, tab),
        // Said once, where several panes stand.
        (tab, None) if tab == Tab::State || tab == app.tab => {
            vec![Line::raw("→ goes to the next change, ← back, p plays, w asks why, ? tells of all keys.")]
        }
        (_, None) => Vec::new(),
        (Tab::State, Some(pod)) => state(app, pod),
        (Tab::Events, Some(pod)) => events(app, pod),
        (Tab::Logs, Some(pod)) => logs(app, pod),
        (Tab::Describe, Some(pod)) => {
            app.walk.describe(pod).lines().map(|line| Line::raw(line.to_owned())).collect()
        }
    };
    // Sentences are read to their ends; a table keeps its columns where there is no room.
    let rows = if matches!(tab, Tab::Events | Tab::History | Tab::Coming) { usize::MAX } else { height };
    (lay_out(lines, width, rows), above)
}

/// A node in a line: whether it is ready and takes pods, how many it has, its taints.
pub fn draw_node_pair(app: &App, frame: &mut Frame<'_>, area: Rect, node: NodeId) {
    let w = app.walk.world();
    let own = &w.nodes[node.ix()].spec;
    let pods = w.pods.iter().filter(|pod| pod.exists && pod.node == Some(node)).count();
    let taints = app.walk.taints(node);
    let taints = if taints.is_empty() { String::new() } else { format!(", taints {}", taints.join(", ")) };
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let words = node_words(app, node);
    let style = if words == "Ready" { Style::new().fg(Color::Green) } else { Style::new().fg(Color::Red) };
    let line = Line::from(vec![
        Span::styled(format!("node/{}: ", own.name), bold),
        Span::styled(words, bold.patch(style)),
        Span::raw(format!(" | {pods} {}{taints}", if pods == 1 { "pod" } else { "pods" })),
    ]);
    frame.render_widget(Paragraph::new(lay_out(vec![line], usize::from(area.width), 1)), area);
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
    let inner = Block::new().borders(Borders::TOP).inner(area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let lines: Vec<Line<'static>> =
        text.lines().map(|line| Line::raw(escaped(line.trim_end()).into_owned())).collect();
    let lines = lay_out(lines, width, height);
    let most = lines.len().saturating_sub(height);
    app.areas.set(Areas { beyond: i32::try_from(most).ok(), ..app.areas.get() });
    let scroll = usize::try_from(app.scroll).unwrap_or(0).min(most);
    let title = Line::styled(title, Style::new().add_modifier(Modifier::BOLD));
    frame.render_widget(framed(title, scroll, most - scroll), area);
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
        let live = local.live().newest(status.name).copied();
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

fn events(app: &App, pod: PodId) -> Vec<Line<'static>> {
    let ident = app.walk.world().pods[pod.ix()].ident;
    told(app, &app.walk.events(pod), &ident)
}

/// Events as lines, the latest at the bottom, as kubectl prints them.
pub fn told(app: &App, seen: &[SeenEvent], ident: &PodIdent) -> Vec<Line<'static>> {
    let ages: Vec<String> = seen.iter().map(|seen| app.walk.event_age(seen)).collect();
    let wide = ages.iter().map(|age| age.chars().count()).max().unwrap_or(0);
    let lines: Vec<Line<'static>> = seen
        .iter()
        .zip(ages)
        .map(|(seen, age)| {
            let e = &seen.event;
            let (mark, style) = if e.kind == EventType::Warning {
                ("!", Style::new().fg(Color::Red))
            } else {
                (" ", Style::new())
            };
            let text = format!("{mark} {age:<wide$}  {:<12} {}", e.reason.as_str(), e.message.show(ident));
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
    let mut lines = vec![Line::styled(head, muted())];
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
        return vec![app.walk.nothing_waits(app.walk.selected)];
    }
    list.iter()
        .map(|next| {
            let wait = next.at.since(now);
            let wait = if wait > Length::ZERO { format!("in {}", about(wait)) } else { "now".to_owned() };
            format!("{}  {wait:<10} {}: {}", offset(next.at, start), next.words.component, next.words.text)
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
