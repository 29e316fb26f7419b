//! The screen as a function of the app: title, pods, phase beside STATUS, the strip of time, the lower panes, the foot.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Areas, Mode, PANES, Tab, Zoom};
use super::foot::{self, muted};
use super::prompt::Prompt;
use super::room::lay_out;
use super::views::View;
use super::{columns, panes, workloads};
use crate::rules::kubectl::printing::{self, StatusSource};
use crate::rules::kubectl::terminal::escaped;
use crate::session::words::{broken, offset};
use crate::session::{kubectl, strip};
use crate::world::workloads::ObjectKey;

/// The least that can be drawn well.
const NARROWEST: u16 = 60;
const LOWEST: u16 = 16;

/// So many lines at the foot may be taken by what is told.
const TOLD: usize = 3;

/// From here on panes stand side by side, and from here on in three columns.
const COLUMNS: u16 = 110;
const WIDE: u16 = 170;
/// A pane that stands for itself.
const NO_TABS: &[Tab] = &[];

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
        let parts = self.parts(area);
        let [title, pods, pair, life, panes, told, keys] =
            Layout::vertical(parts.map(Constraint::Length)).areas(area);
        self.areas.set(Areas { screen: area, table: pods, ..Areas::default() });
        self.draw_title(frame, title);
        self.draw_pods(frame, pods);
        self.draw_pair(frame, pair);
        self.draw_strip(frame, life);
        self.draw_panes(frame, panes);
        self.draw_told(frame, told);
        self.draw_keys(frame, keys);
        self.draw_popup(frame, area);
    }

    /// How high each part is: title, table, what is selected in a line, its strip, panes, what is told, keys.
    fn parts(&self, area: Rect) -> [u16; 7] {
        /// So many rows the panes keep.
        const PANE: u16 = 4;
        let count = match self.view.has_objects() {
            true => self.listed().len(),
            false => self.line_count() + usize::from(self.has_header()),
        };
        let wanted = u16::try_from(count).unwrap_or(u16::MAX - 1) + 1;
        let roomy = area.height >= 36;
        let lanes = match self.selection() {
            Some(ObjectKey::Pod(pod)) => self.walk.world().pods[pod.ix()].container_count() as u16 + 3,
            Some(key) => workloads::lanes(self, key).len() as u16,
            None => 0,
        };
        let strip = match self.zoom {
            Zoom::Nothing => (lanes + 1).min(if roomy { 10 } else { 6 }),
            // Where one is in time is always seen.
            _ => 1,
        };
        let told = self.told_lines(area.width).len().clamp(1, self.most_told(area.height)) as u16;
        let pair = u16::from(self.view.has_objects() || self.view == View::Nodes);
        let free = area.height.saturating_sub(2 + pair + strip + told);
        let table = match self.zoom {
            Zoom::Table => free,
            Zoom::Pane => wanted.min(3).min(free),
            Zoom::Nothing if !self.view.has_objects() => {
                // What is no list of objects has little to say below: the marked row at its length.
                wanted.min(free.saturating_sub(if roomy { 16 } else { 7 }).max(PANE))
            }
            Zoom::Nothing => {
                let own = if roomy { area.height / 3 } else { (area.height / 4).max(PANE) };
                // What a pane alone has no lines for is the table's.
                let below = if self.has_columns(area.width, free.saturating_sub(own)) {
                    free.saturating_sub(own)
                } else {
                    let most = usize::from(free.saturating_sub(own));
                    let lines = panes::lines(self, self.tab, usize::from(area.width), most).0.len();
                    u16::try_from(lines + 1).unwrap_or(u16::MAX)
                };
                wanted.clamp(2, own.max(free.saturating_sub(below.max(PANE))))
            }
        };
        let table = table.min(free);
        [1, table, pair, strip, free - table, told, 1]
    }

    /// Whether panes stand side by side.
    fn has_columns(&self, width: u16, height: u16) -> bool {
        width >= COLUMNS && height >= 16 && self.zoom == Zoom::Nothing && self.view.has_objects()
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
                let right = format!("{sign} {}x{quiz}  ? help ", self.speed);
                let left = format!(" {}{clock}", plan.name);
                let event = format!("  event {}", self.walk.position());
                // Where one is in events is told where there is room for it.
                let all = left.chars().count() + event.chars().count() + right.chars().count();
                (if all < width { left + &event } else { left }, right)
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
        let table = columns::table(self, shown, namespaces);
        let status = table[0].iter().position(|header| header == "STATUS");
        // Where not all fit, the header tells which one of how many is chosen.
        let chosen = found.map_or_else(|| "-".to_owned(), |at| (at + 1).to_string());
        let count = if list.len() > rows { format!("{chosen}/{}", list.len()) } else { String::new() };
        let widths = columns::widths(&table, usize::from(area.width).saturating_sub(count.len()));
        for (at, row) in table.iter().enumerate() {
            let place = Rect { y: area.y + at as u16, height: 1, ..area };
            let chosen = at > 0 && found == Some(first + at - 1);
            let mark = if chosen { ">" } else { " " };
            let mut spans = vec![Span::raw(mark)];
            for (ix, cell) in
                row.iter().enumerate().filter(|(ix, _)| widths.get(*ix).is_some_and(|own| *own > 0))
            {
                let short = if ix == 0 { cut_within(cell, widths[0]) } else { cut(cell, widths[ix]) };
                let text = format!("{short:<width$}", width = widths[ix] + 2);
                let style = match (at, ix) {
                    (0, _) => Style::new().add_modifier(Modifier::BOLD),
                    (_, ix) if Some(ix) == status => colour(cell),
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

    /// Phase and STATUS of the selected pod side by side, and where STATUS comes from.
    fn draw_pair(&self, frame: &mut Frame<'_>, area: Rect) {
        let w = self.walk.world();
        if let Some(node) = self.node() {
            return panes::draw_node_pair(self, frame, area, node);
        }
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
        frame.render_widget(Paragraph::new(lay_out(vec![line], usize::from(area.width), 1)), area);
    }

    fn draw_strip(&self, frame: &mut Frame<'_>, area: Rect) {
        let (from, to) = strip::window(&self.walk);
        if let Some(key) = self.workload() {
            let name = 10;
            let width = usize::from(area.width).saturating_sub(name + 2);
            workloads::draw_strip(self, frame, area, key, (name, width));
            return self.draw_axis(frame, area, (name, width), self.walk.cell_of_now(from, to, width));
        }
        let Some(pod) = self.pod() else {
            let name = 6;
            let width = usize::from(area.width).saturating_sub(name + 2);
            return self.draw_axis(frame, area, (name, width), self.walk.cell_of_now(from, to, width));
        };
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
        // The ends are labelled at the ends, and where we are beside its mark; an end that would touch that is left out.
        let (begin, end) = (offset(from, start), offset(to, start));
        let own = offset(self.walk.now(), start);
        let (first, last, long) = (begin.chars().count(), end.chars().count(), own.chars().count());
        let is_right = cursor + 1 + long <= width;
        let place = if is_right { cursor + 1 } else { cursor.saturating_sub(long) };
        let (left, right) = if is_right { (cursor, place + long) } else { (place, cursor + 1) };
        if first < left {
            write(0, &begin);
        }
        if right + last < width {
            write(width - last, &end);
        }
        write(place, &own);
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
        if area.height == 0 {
            return;
        }
        if !self.view.has_objects() {
            return panes::draw_row(self, frame, area);
        }
        let turned = match self.tab {
            own if Tab::TURNED.contains(&own) => own,
            // What comes would give answers away.
            _ if self.walk.keeps_silent() => Tab::History,
            _ => Tab::Coming,
        };
        let placed: Vec<(Rect, Tab, &[Tab])> = if !self.has_columns(area.width, area.height) {
            vec![(area, self.tab, &Tab::ALL[..])]
        } else if area.width >= WIDE {
            let thirds = [Constraint::Percentage(32), Constraint::Percentage(34), Constraint::Percentage(34)];
            let [left, middle, right] = Layout::horizontal(thirds).spacing(2).areas(area);
            let halves = || Layout::vertical([Constraint::Percentage(60), Constraint::Percentage(40)]);
            let ([state, logs], [events, history]) = (halves().areas(left), halves().areas(middle));
            let beside = if turned == Tab::History { Tab::Coming } else { turned };
            let beside =
                if self.walk.keeps_silent() && beside == Tab::Coming { Tab::Describe } else { beside };
            vec![
                (state, Tab::State, NO_TABS),
                (logs, Tab::Logs, NO_TABS),
                (events, Tab::Events, NO_TABS),
                (history, Tab::History, NO_TABS),
                (right, beside, &Tab::TURNED_BESIDE[..]),
            ]
        } else {
            let [left, right] = Layout::horizontal([Constraint::Percentage(42), Constraint::Percentage(58)])
                .spacing(2)
                .areas(area);
            let [state, logs] =
                Layout::vertical([Constraint::Percentage(62), Constraint::Percentage(38)]).areas(left);
            let [events, third] =
                Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(right);
            vec![
                (state, Tab::State, NO_TABS),
                (logs, Tab::Logs, NO_TABS),
                (events, Tab::Events, NO_TABS),
                (third, turned, &Tab::TURNED[..]),
            ]
        };
        let mut places = [None; PANES];
        for (place, (area, tab, _)) in places.iter_mut().zip(&placed) {
            *place = Some((*area, *tab));
        }
        self.areas.set(Areas { panes: places, ..self.areas.get() });
        for (area, tab, tabs) in placed {
            panes::draw(self, frame, area, tab, tabs);
        }
    }

    fn draw_told(&self, frame: &mut Frame<'_>, area: Rect) {
        if let Mode::Typing(typing) = &self.mode {
            let (asks, example) = typing.prompt.asks();
            let is_empty = typing.input.text().is_empty();
            let hint = if is_empty { format!("   (as in {example})") } else { String::new() };
            let mut spans =
                vec![Span::styled(format!("{asks}: "), Style::new().add_modifier(Modifier::BOLD))];
            spans.extend(typing.input.spans());
            spans.push(Span::styled(hint, muted()));
            frame.render_widget(Paragraph::new(Line::from(spans)), area);
            return;
        }
        let style = Style::new().fg(if self.is_refused() { Color::Red } else { Color::Cyan });
        let mut lines = self.told_lines(area.width);
        let most = usize::from(area.height).max(1);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = cut(&format!("{last} …"), usize::from(area.width));
            }
        }
        let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::styled(line, style)).collect();
        frame.render_widget(Paragraph::new(lines), area);
    }

    /// How many lines at the foot may be taken: a problem is told at more length.
    fn most_told(&self, height: u16) -> usize {
        if self.is_refused() { usize::from(height / 3).max(TOLD) } else { TOLD }
    }

    /// What was told last, as broken to the screen's width; nothing while something is typed.
    fn told_lines(&self, width: u16) -> Vec<String> {
        let width = usize::from(width);
        match (&self.mode, &self.told) {
            (Mode::Typing(_), _) | (_, None) => Vec::new(),
            (_, Some((text, true))) => {
                let text = format!("! {text}");
                text.lines().flat_map(|line| broken(&escaped(line), width)).collect()
            }
            (_, Some((text, false))) => broken(&escaped(text).replace('\n', " "), width),
        }
    }

    fn draw_keys(&self, frame: &mut Frame<'_>, area: Rect) {
        let foot;
        let keys = match &self.mode {
            Mode::Walk if self.walk.quiz.insists() => {
                "a the question  S pass it by  w why  ← back  ↑↓ pod  Tab pane  ? keys  q leave"
            }
            Mode::Walk if self.walk.keeps_silent() => {
                "→ next  ← back  w why  f failure  ↑↓ pod  Tab pane  p play  ? keys  q leave"
            }
            Mode::Walk => "→ next  ← back  w why  f failure  Enter act  : view  / find  ? keys  q quit",
            Mode::Typing(typing) if typing.prompt == Prompt::Filter => {
                "Enter keeps it  Esc as it was before  ↑ what was typed before"
            }
            Mode::Typing(_) => "Enter does it  Esc leaves it  Tab completes  ↑ what was typed before",
            Mode::Question { .. } if self.walk.quiz.insists() => {
                "1-9 or ↑↓ Enter answers  h hint (half the point)  s passes by  Esc looks around"
            }
            Mode::Question { .. } => "1-9 or ↑↓ Enter answers  h hint  Esc not now",
            Mode::Verdict if self.walk.quiz.is_held() => "Enter goes on  r asks it again  Esc stays here",
            Mode::Verdict => "Enter goes on  Esc stays here",
            Mode::Menu { .. } => "its key, or ↑↓ Enter, chooses  Esc leaves it",
            Mode::Form(_) => "↑↓ Tab field  Ctrl-U empties it  Enter does it  Esc back to the menu",
            Mode::Later { .. } => "k keep  d drop  Esc neither",
            Mode::Letter(_) => "a letter or a digit  Esc leaves it",
            Mode::Reading(page) => {
                foot = page.foot();
                &foot
            }
        };
        foot::draw(frame, area, keys);
    }
}

pub fn mark_style(mark: strip::Mark) -> Style {
    use strip::Mark;
    match mark {
        Mark::Running | Mark::Ready | Mark::Succeeded | Mark::Ended => Style::new().fg(Color::Green),
        Mark::Failed | Mark::EndedBadly | Mark::Warning | Mark::Unknown => Style::new().fg(Color::Red),
        Mark::BackOff | Mark::Pending | Mark::Waiting | Mark::Restarted => Style::new().fg(Color::Yellow),
        Mark::Nothing | Mark::NotReady | Mark::Told => Style::new(),
    }
}
