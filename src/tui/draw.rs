//! The screen as a function of the app: title, pods, phase beside STATUS, the strip of time, the lower panes, the foot.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Areas, Mode, Tab};
use super::room::{First, lay_out};
use super::views::View;
use super::{panes, workloads};
use crate::rules::kubectl::printing::{self, StatusSource};
use crate::rules::kubectl::terminal::escaped;
use crate::session::words::{broken, offset};
use crate::session::{kubectl, strip};
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, World};

/// The least that can be drawn well.
const NARROWEST: u16 = 60;
const LOWEST: u16 = 16;

/// So many lines at the foot may be taken by what is told.
const TOLD: usize = 3;

/// What a STATUS means, as a colour; the word itself says the same.
pub fn colour(status: &str) -> Style {
    let plain = status.strip_prefix("Init:").unwrap_or(status);
    let bad = [
        "BackOff",
        "Err",
        "Error",
        "OOMKilled",
        "Failed",
        "Evicted",
        "ExitCode",
        "Signal",
        "Unknown",
        "OutOf",
    ];
    if bad.iter().any(|word| plain.contains(word)) {
        Style::new().fg(Color::Red)
    } else if ["Running", "Completed", "Succeeded", "Complete"].contains(&plain) {
        Style::new().fg(Color::Green)
    } else {
        Style::new().fg(Color::Yellow)
    }
}

/// A text cut to so many columns, with a sign that it was.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A name that makes room for other things keeps so many columns.
pub const SHORTEST_NAME: usize = 16;

/// The same with its end kept, by which the names of a ReplicaSet's pods differ.
pub fn cut_within(text: &str, width: usize) -> String {
    const END: usize = 6;
    let length = text.chars().count();
    if length <= width || width < 2 * END {
        return cut(text, width);
    }
    let begin: String = text.chars().take(width - END - 1).collect();
    let end: String = text.chars().skip(length - END).collect();
    format!("{begin}…{end}")
}

/// Says so where too little room is left to draw well.
pub fn draw_too_small(frame: &mut Frame<'_>) -> bool {
    let area = frame.area();
    let too_small = area.width < NARROWEST || area.height < LOWEST;
    if too_small {
        let text =
            format!("{}x{} is too small: {NARROWEST}x{LOWEST} is needed. q leaves.", area.width, area.height);
        frame.render_widget(Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }), area);
    }
    too_small
}

impl App {
    /// Draws everything.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if draw_too_small(frame) {
            return;
        }
        let w = self.walk.world();
        let count = match self.view.has_objects() {
            true => self.listed().len(),
            false => self.line_count() + usize::from(self.has_header()),
        };
        let count = u16::try_from(count).unwrap_or(u16::MAX - 1);
        let roomy = area.height >= 36;
        let most = if roomy { area.height / 3 } else { (area.height / 4).max(4) };
        let table = (count + 1).clamp(2, most);
        let lanes = match self.selection() {
            Some(ObjectKey::Pod(pod)) => w.pods[pod.ix()].container_count() as u16 + 3,
            Some(key) => workloads::lanes(self, key).len() as u16,
            None => 1,
        };
        let strip = (lanes + 1).min(if roomy { 10 } else { 6 });
        // What is no list of objects has little to say below: the marked row at its length.
        let table = match self.view.has_objects() {
            true => table,
            false => (count + 1)
                .clamp(2, area.height.saturating_sub(strip + 4 + if roomy { 16 } else { 7 }).max(4)),
        };
        let [title, pods, pair, life, panes, told, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(table),
            Constraint::Length(1),
            Constraint::Length(strip),
            Constraint::Min(4),
            Constraint::Length(self.told_lines(area.width).len().clamp(1, TOLD) as u16),
            Constraint::Length(1),
        ])
        .areas(area);
        self.areas.set(Areas { table: pods, panes, ..Areas::default() });
        self.draw_title(frame, title);
        self.draw_pods(frame, pods);
        self.draw_pair(frame, pair);
        self.draw_strip(frame, life);
        self.draw_panes(frame, panes);
        self.draw_told(frame, told);
        self.draw_keys(frame, keys);
        self.draw_popup(frame, area);
    }

    fn draw_title(&self, frame: &mut Frame<'_>, area: Rect) {
        let plan = self.walk.plan();
        let width = usize::from(area.width);
        let clock = format!("  {} of {}", offset(self.walk.now(), plan.start), plan.until.since(plan.start));
        let clock = clock + &self.about_the_list();
        let sign = if self.playing { "▶" } else { "⏸" };
        let lesson = plan.lesson.as_ref().filter(|_| self.walk.quiz.is_held());
        let (left, right) = match (lesson, self.walk.quiz.score()) {
            // A lesson's name tells less than its title, which may be long.
            (Some(lesson), _) => {
                let points = self.walk.lesson_score().points();
                let right = format!(
                    "  {sign} {}x  {points} of {} points  ? help ",
                    self.speed,
                    lesson.questions.len()
                );
                let room = width.saturating_sub(clock.chars().count() + right.chars().count() + 1);
                (format!(" {}{clock}", cut(&lesson.title, room)), right)
            }
            (None, (right, answered)) => {
                let quiz = if answered == 0 { String::new() } else { format!("  {right}/{answered} right") };
                let left = format!(" {}{clock}  event {}", plan.name, self.walk.position());
                (left, format!("{sign} {}x{quiz}  ? help ", self.speed))
            }
        };
        let gap = width.saturating_sub(left.chars().count() + right.chars().count());
        let text = cut(&format!("{left}{}{right}", " ".repeat(gap)), width);
        frame.render_widget(Paragraph::new(text).style(Style::new().add_modifier(Modifier::REVERSED)), area);
    }

    /// What the title says of the table and the cursors.
    fn about_the_list(&self) -> String {
        let mut about = String::new();
        if !self.view.title().is_empty() {
            about += &format!("  :{}", self.view.title());
        }
        if !self.filter.is_empty() {
            about += &format!("  /{}", escaped(&self.filter.words));
        }
        if self.kept.is_looking() {
            about += &format!(", {} rows to look at", self.kept.left());
        }
        if self.pinned {
            about += "  pinned";
        }
        if let Some(span) = self.measured() {
            about += &format!("  △{span}");
        }
        about
    }

    fn draw_pods(&self, frame: &mut Frame<'_>, area: Rect) {
        if !self.view.has_objects() {
            return self.draw_lines(frame, area);
        }
        let w = self.walk.world();
        let list = self.listed();
        if list.is_empty() {
            let text = match (self.filter.is_empty(), self.view == View::All) {
                (false, _) => "No row is kept by the filter: Esc takes it away.",
                (true, false) => "There are none. Esc goes back.",
                (true, true) if w.pods.is_empty() => "No pods yet.",
                (true, true) => "No resources found: every pod is gone.",
            };
            frame.render_widget(Paragraph::new(text), area);
            return;
        }
        let rows = usize::from(area.height.saturating_sub(1));
        let own = self.selection();
        let found = list.iter().position(|leaf| Some(leaf.of) == own);
        let selected = found.unwrap_or(0);
        // What is selected stays in view, in the middle where it can.
        let first = selected.saturating_sub(rows / 2).min(list.len().saturating_sub(rows));
        let shown = &list[first..(first + rows).min(list.len())];
        self.areas.set(Areas { first, ..self.areas.get() });
        let namespaces = kubectl::several_namespaces(w);
        let mut table: Vec<Vec<String>> = vec![header()];
        table.extend(shown.iter().map(|leaf| {
            self.kept.spelled.one();
            let mut cells = match leaf.of {
                ObjectKey::Pod(pod) => self.cells(w, pod, namespaces && leaf.depth == 0),
                key => workloads::cells(self, key, namespaces),
            };
            cells[0].insert_str(0, &"  ".repeat(leaf.depth));
            cells
        }));
        // Where not all fit, the header tells which one of how many is chosen.
        let count =
            if list.len() > rows { format!("{}/{}", selected + 1, list.len()) } else { String::new() };
        let widths = fit(&table, usize::from(area.width).saturating_sub(count.len()));
        for (at, row) in table.iter().enumerate() {
            let place = Rect { y: area.y + at as u16, height: 1, ..area };
            let chosen = at > 0 && found == Some(first + at - 1);
            let mark = if chosen { ">" } else { " " };
            let mut spans = vec![Span::raw(mark)];
            for (ix, cell) in row.iter().enumerate() {
                if widths[ix] == 0 {
                    continue;
                }
                let short = if ix == 0 { cut_within(cell, widths[0]) } else { cut(cell, widths[ix]) };
                let text = format!("{short:<width$}", width = widths[ix] + 2);
                let style = match (at, ix) {
                    (0, _) => Style::new().add_modifier(Modifier::BOLD),
                    (_, STATUS) => colour(cell),
                    _ => Style::new(),
                };
                spans.push(Span::styled(text, style));
            }
            if at == 0 {
                spans.push(Span::raw(count.clone()));
            }
            let style = if chosen { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
            frame.render_widget(Paragraph::new(Line::from(spans)).style(style), place);
        }
    }

    /// Lines as kubectl prints them, one of them marked.
    fn draw_lines(&self, frame: &mut Frame<'_>, area: Rect) {
        let count = self.line_count();
        let rows = usize::from(area.height).saturating_sub(usize::from(self.has_header()));
        let marked = self.row.min(count.saturating_sub(1));
        let first = marked.saturating_sub(rows / 2).min(count.saturating_sub(rows));
        self.areas.set(Areas { first, ..self.areas.get() });
        let width = usize::from(area.width).saturating_sub(1);
        let mut shown: Vec<Line<'_>> = Vec::new();
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let (header, lines) = self.shown_lines(first, rows);
        if let Some(line) = header {
            shown.push(Line::styled(format!(" {}", cut(&escaped(&line), width)), bold));
        }
        for (at, line) in lines.iter().enumerate() {
            let own = first + at == marked;
            let text = format!("{}{}", if own { ">" } else { " " }, cut(&escaped(line), width));
            shown.push(Line::styled(text, if own { bold } else { Style::new() }));
        }
        if count == 0 {
            shown.push(Line::raw(match self.filter.is_empty() {
                true => "There are none. Esc goes back.",
                false => "No row is kept by the filter: Esc takes it away.",
            }));
        }
        frame.render_widget(Paragraph::new(shown), area);
    }

    /// kubectl's wide columns, and the phase right before STATUS.
    fn cells(&self, w: &World, pod: PodId, namespaces: bool) -> Vec<String> {
        let [name, ready, status, restarts, age, ip, node, nominated, gates] =
            kubectl::cells(w, pod, self.walk.now());
        let p = &w.pods[pod.ix()];
        let name = if namespaces { format!("{}/{name}", p.ident.namespace) } else { name };
        vec![name, ready, p.status.phase().to_string(), status, restarts, age, ip, node, nominated, gates]
    }

    /// Phase and STATUS of the selected pod side by side, and where STATUS comes from.
    fn draw_pair(&self, frame: &mut Frame<'_>, area: Rect) {
        let w = self.walk.world();
        if let Some(key) = self.workload() {
            return workloads::draw_pair(self, frame, area, key);
        }
        let Some(p) = self.pod().map(|pod| &w.pods[pod.ix()]) else {
            return;
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        if !p.exists {
            let text = format!("{}: gone from the API server", p.ident.name);
            frame.render_widget(Paragraph::new(Span::styled(text, bold)), area);
            return;
        }
        let held = p.status.read();
        let (columns, source) = printing::columns_and_source(&p.spec, &held, p.deletion.is_some(), &w.gates);
        let status = columns.status.to_string();
        let container = |list: &[crate::api::ContainerStatus], at: usize| {
            list.get(at).map_or_else(|| "a container".to_owned(), |c| format!("container {}", c.name))
        };
        let from = match source {
            StatusSource::Phase => "the phase itself".to_owned(),
            StatusSource::Reason => "status.reason, not a phase".to_owned(),
            StatusSource::SchedulingGates => "its scheduling gates, not a phase".to_owned(),
            StatusSource::Init(at) => {
                format!("of init {}, not a phase", container(&held.init, at))
            }
            StatusSource::Main(at) => {
                format!("of {}, not a phase", container(&held.containers, at))
            }
            StatusSource::CompletedBesideRunning => "one completed beside running ones".to_owned(),
            StatusSource::Deletion => "of the deletion, not a phase".to_owned(),
            StatusSource::NodeLost => "of the lost node".to_owned(),
        };
        let phase = p.status.phase().as_sym();
        // A long name makes room for what is said of its pod.
        let said = format!(": phase {phase} | STATUS {status} ({from})").chars().count();
        let room = usize::from(area.width).saturating_sub(said).max(SHORTEST_NAME);
        let name = cut_within(&p.ident.name.to_string(), room);
        let line = Line::from(vec![
            Span::styled(format!("{name}: phase "), bold),
            Span::styled(phase.to_string(), bold.patch(colour(&phase))),
            Span::styled(" | STATUS ", bold),
            Span::styled(status.clone(), bold.patch(colour(&status))),
            Span::raw(format!(" ({from})")),
        ]);
        frame.render_widget(
            Paragraph::new(lay_out(vec![line], usize::from(area.width), 1, First::Upper)),
            area,
        );
    }

    fn draw_strip(&self, frame: &mut Frame<'_>, area: Rect) {
        let (from, to) = strip::window(&self.walk);
        if let Some(key) = self.workload() {
            let name = 10;
            let width = usize::from(area.width).saturating_sub(name + 2);
            workloads::draw_strip(self, frame, area, key, (name, width));
            return self.draw_axis(frame, area, (name, width), self.walk.cell_of_now(from, to, width));
        }
        let Some(pod) = self.pod() else { return };
        let drawn = self.walk.strip(pod, from, to, 1);
        let name = drawn.lanes.iter().map(|lane| lane.name.chars().count()).max().unwrap_or(5).clamp(6, 14);
        let width = usize::from(area.width).saturating_sub(name + 2);
        let drawn = self.walk.strip(pod, from, to, width);
        let rows = usize::from(area.height.saturating_sub(1));
        for (at, lane) in drawn.lanes.iter().take(rows).enumerate() {
            let mut spans = vec![Span::raw(format!("{:>name$} ", cut(&lane.name, name)))];
            spans.extend(
                lane.cells.iter().map(|mark| Span::styled(mark.sign().to_string(), mark_style(*mark))),
            );
            let place = Rect { y: area.y + at as u16, height: 1, ..area };
            frame.render_widget(Paragraph::new(Line::from(spans)), place);
        }
        self.draw_axis(frame, area, (name, width), drawn.cursor);
    }

    /// Below a strip: where its window begins and ends, and where we are.
    fn draw_axis(&self, frame: &mut Frame<'_>, area: Rect, (name, width): (usize, usize), cursor: usize) {
        let (from, to) = strip::window(&self.walk);
        let start = self.walk.plan().start;
        let left = u16::try_from(name + 1).unwrap_or(0).min(area.width);
        let time = Rect { x: area.x + left, width: u16::try_from(width).unwrap_or(0), ..area };
        self.areas.set(Areas { time, ..self.areas.get() });
        let mut axis: Vec<char> = vec!['─'; width];
        let mut write = |at: usize, text: &str| {
            for (ix, c) in text.chars().enumerate() {
                if let Some(place) = axis.get_mut(at + ix) {
                    *place = c;
                }
            }
        };
        let (begin, end) = (offset(from, start), offset(to, start));
        let (first, last) = (begin.chars().count(), end.chars().count());
        // Where we are makes room for itself: what stands there moves aside.
        let right = width.saturating_sub(last);
        write(if cursor < first { cursor + 1 } else { 0 }, &begin);
        write(if cursor >= right { cursor.saturating_sub(last) } else { right }, &end);
        for (letter, at) in self.bookmarks.iter().filter(|(_, at)| (from..=to).contains(*at)) {
            write(strip::cell(*at, from, to, width), letter.encode_utf8(&mut [0; 4]));
        }
        if let Some(second) = self.second.filter(|at| (from..=to).contains(at)) {
            write(strip::cell(second, from, to, width), "△");
        }
        write(cursor, "▲");
        let text = format!("{:>name$} {}", "time", axis.iter().collect::<String>());
        let place = Rect { y: area.y + area.height.saturating_sub(1), height: 1, ..area };
        frame.render_widget(Paragraph::new(text), place);
    }

    fn draw_panes(&self, frame: &mut Frame<'_>, area: Rect) {
        /// From here on there is room for three columns.
        const WIDE: u16 = 170;
        if !self.view.has_objects() {
            return panes::draw_row(self, frame, area);
        }
        let turned = match self.tab {
            own if Tab::TURNED.contains(&own) => own,
            // What comes would give answers away.
            _ if self.walk.keeps_silent() => Tab::History,
            _ => Tab::Coming,
        };
        if area.width >= WIDE && area.height >= 16 {
            let thirds = [Constraint::Percentage(32), Constraint::Percentage(34), Constraint::Percentage(34)];
            let [left, middle, right] = Layout::horizontal(thirds).spacing(2).areas(area);
            let halves = || Layout::vertical([Constraint::Percentage(60), Constraint::Percentage(40)]);
            let ([state, logs], [events, history]) = (halves().areas(left), halves().areas(middle));
            panes::draw(self, frame, state, Tab::State, &[]);
            panes::draw(self, frame, logs, Tab::Logs, &[]);
            panes::draw(self, frame, events, Tab::Events, &[]);
            panes::draw(self, frame, history, Tab::History, &[]);
            return panes::draw(self, frame, right, turned, &Tab::TURNED);
        }
        if area.width >= 110 && area.height >= 16 {
            let [left, right] = Layout::horizontal([Constraint::Percentage(42), Constraint::Percentage(58)])
                .spacing(2)
                .areas(area);
            let [state, logs] =
                Layout::vertical([Constraint::Percentage(62), Constraint::Percentage(38)]).areas(left);
            let [events, third] =
                Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(right);
            panes::draw(self, frame, state, Tab::State, &[]);
            panes::draw(self, frame, logs, Tab::Logs, &[]);
            panes::draw(self, frame, events, Tab::Events, &[]);
            panes::draw(self, frame, third, turned, &Tab::TURNED);
        } else {
            panes::draw(self, frame, area, self.tab, &Tab::ALL);
        }
    }

    fn draw_told(&self, frame: &mut Frame<'_>, area: Rect) {
        if let Mode::Typing { prompt, text } = &self.mode {
            let (asks, example) = prompt.asks();
            let hint = if text.is_empty() { format!("   (as in {example})") } else { String::new() };
            let line = Line::from(vec![
                Span::styled(format!("{asks}: "), Style::new().add_modifier(Modifier::BOLD)),
                Span::raw(text.clone()),
                Span::raw("▏"),
                Span::styled(hint, Style::new().fg(Color::DarkGray)),
            ]);
            frame.render_widget(Paragraph::new(line), area);
            return;
        }
        let problem = self.told.as_ref().is_some_and(|(_, problem)| *problem);
        let style = Style::new().fg(if problem { Color::Red } else { Color::Cyan });
        let mut lines = self.told_lines(area.width);
        if lines.len() > TOLD {
            lines.truncate(TOLD);
            if let Some(last) = lines.last_mut() {
                *last = cut(&format!("{last} …"), usize::from(area.width));
            }
        }
        let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::styled(line, style)).collect();
        frame.render_widget(Paragraph::new(lines), area);
    }

    /// What was told last, as broken to the screen's width; nothing while something is typed.
    fn told_lines(&self, width: u16) -> Vec<String> {
        match (&self.mode, &self.told) {
            (Mode::Typing { .. }, _) | (_, None) => Vec::new(),
            (_, Some((text, problem))) => {
                let mark = if *problem { "! " } else { "" };
                broken(&escaped(&format!("{mark}{text}")).replace('\n', " "), usize::from(width))
            }
        }
    }

    fn draw_keys(&self, frame: &mut Frame<'_>, area: Rect) {
        let keys = match self.mode {
            Mode::Walk if self.walk.quiz.insists() => {
                "a the question  S pass it by  w why  ← back  ↑↓ pod  Tab pane  ? keys  q leave"
            }
            Mode::Walk if self.walk.keeps_silent() => {
                "→ next  ← back  w why  f failure  ↑↓ pod  Tab pane  p play  ? keys  q leave"
            }
            Mode::Walk => "→ next  ← back  w why  f failure  Enter act  : view  / find  ? keys  q quit",
            Mode::Typing { .. } => "Enter does it  Esc leaves it",
            Mode::Question { .. } if self.walk.quiz.insists() => {
                "1-9 or ↑↓ Enter answers  h hint (half the point)  s passes by  Esc looks around"
            }
            Mode::Question { .. } => "1-9 or ↑↓ Enter answers  h hint  Esc not now",
            Mode::Verdict if self.walk.quiz.is_held() => "Enter goes on  r asks it again",
            Mode::Verdict => "Enter goes on",
            Mode::Menu { .. } => "↑↓ Enter chooses  Esc leaves it",
            Mode::Form(_) => "↑↓ Tab field  Ctrl-U empties it  Enter does it  Esc back to the menu",
            Mode::Later { .. } => "k keep  d drop  Esc neither",
            Mode::Letter(_) => "a letter or a digit  Esc leaves it",
            Mode::Reading { .. } | Mode::Help { .. } => "↑↓ scroll  Esc closes",
        };
        let style = Style::new().fg(Color::DarkGray);
        frame.render_widget(Paragraph::new(Span::styled(cut(keys, usize::from(area.width)), style)), area);
    }
}

pub fn mark_style(mark: strip::Mark) -> Style {
    use strip::Mark;
    match mark {
        Mark::Running | Mark::Ready | Mark::Succeeded | Mark::Ended => Style::new().fg(Color::Green),
        Mark::Failed | Mark::EndedBadly | Mark::Warning | Mark::Unknown => Style::new().fg(Color::Red),
        Mark::BackOff | Mark::Pending | Mark::Waiting => Style::new().fg(Color::Yellow),
        Mark::Nothing | Mark::NotReady | Mark::Told => Style::new(),
    }
}

const STATUS: usize = 3;

fn header() -> Vec<String> {
    ["NAME", "READY", "PHASE", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
        .map(str::to_owned)
        .to_vec()
}

/// The width of every column; the least telling ones make room where there is too little.
fn fit(table: &[Vec<String>], width: usize) -> Vec<usize> {
    const LEAST_FIRST: [usize; 5] = [8, 9, 6, 5, 7];
    let columns = table.first().map_or(0, Vec::len);
    let mut widths: Vec<usize> =
        (0..columns).map(|ix| table.iter().map(|row| row[ix].chars().count()).max().unwrap_or(0)).collect();
    let total = |widths: &[usize]| 1 + widths.iter().filter(|w| **w > 0).map(|w| w + 2).sum::<usize>();
    for ix in LEAST_FIRST {
        if total(&widths) > width {
            widths[ix] = 0;
        }
    }
    let over = total(&widths).saturating_sub(width);
    widths[0] = widths[0].saturating_sub(over).max(8);
    widths
}
