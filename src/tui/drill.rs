//! The full screen of `drill`: the cluster at one look, what was said and answered, what is wanted and how it stands in points,
//! and a line to type in. Causes are chosen from a menu.
//!
//! It is the same conversation as line by line ([`Drill::say`]): what is chosen becomes the line that one would have typed, and
//! time passes with lines alone.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::draw::{cut, draw_too_small};
use super::foot::{self, muted};
use super::input::Input;
use super::popups::popup;
use crate::drill::{Drill, HELP};
use crate::rules::kubectl::terminal::escaped;
use crate::session::words::{broken, offset};

/// What the keys go to.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Mode {
    /// The line that is typed.
    Line,
    /// The kinds of causes, one of them marked.
    Kinds(usize),
    /// What a cause of this kind may be in, one marked.
    Objects(&'static str, usize),
    /// What can be said, so far scrolled.
    Help(u16),
}

/// A drill on the screen.
pub struct DrillScreen {
    /// What is drilled.
    pub drill: Drill,
    /// The person leaves.
    pub leaves: bool,
    /// The screen is to be drawn anew from nothing.
    pub redraws: bool,
    mode: Mode,
    typed: Input,
    /// Lines said before.
    before: Vec<String>,
    /// What was said and answered; those that were said are marked.
    told: Vec<(bool, String)>,
    /// How far one has scrolled up from its end.
    up: usize,
    /// The cluster at one look.
    cluster: Vec<String>,
    /// How far that is scrolled down.
    down: usize,
}

impl DrillScreen {
    /// As the person comes.
    pub fn new(drill: Drill) -> DrillScreen {
        let told = drill.brief().lines().map(|line| (false, line.to_owned())).collect();
        let mut screen = DrillScreen {
            drill,
            leaves: false,
            redraws: false,
            mode: Mode::Line,
            typed: Input::default(),
            before: Vec::new(),
            told,
            up: 0,
            cluster: Vec::new(),
            down: 0,
        };
        screen.look();
        screen
    }

    fn look(&mut self) {
        self.cluster = self.drill.observe_within(24);
        self.down = self.down.min(self.cluster.len().saturating_sub(1));
    }

    /// A key was pressed.
    pub fn key(&mut self, key: KeyEvent) {
        let held = key.modifiers.contains(KeyModifiers::CONTROL);
        if held && key.code == KeyCode::Char('c') {
            self.leaves = true;
            return;
        }
        match self.mode.clone() {
            Mode::Line => self.line_key(key, held),
            Mode::Help(scroll) => match key.code {
                KeyCode::Down | KeyCode::PageDown => self.mode = Mode::Help(scroll.saturating_add(1)),
                KeyCode::Up | KeyCode::PageUp => self.mode = Mode::Help(scroll.saturating_sub(1)),
                KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) => self.mode = Mode::Line,
                // Whoever types on has read enough.
                KeyCode::Char(letter) if !held => {
                    self.mode = Mode::Line;
                    if !matches!(letter, 'q' | '?') {
                        self.line_key(key, held);
                    }
                }
                _ => {}
            },
            Mode::Kinds(marked) => {
                let kinds: Vec<&'static str> = Drill::kinds().map(|(kind, _)| kind).collect();
                match chosen(key.code, marked, kinds.len()) {
                    Chosen::Mark(at) => self.mode = Mode::Kinds(at),
                    Chosen::Take => self.mode = Mode::Objects(kinds[marked], 0),
                    Chosen::Leave => self.mode = Mode::Line,
                }
            }
            Mode::Objects(kind, marked) => {
                let objects = self.drill.objects();
                match chosen(key.code, marked, objects.len() + 1) {
                    Chosen::Mark(at) => self.mode = Mode::Objects(kind, at),
                    Chosen::Take => {
                        self.mode = Mode::Line;
                        match marked.checked_sub(1).and_then(|at| objects.get(at)) {
                            Some(object) => {
                                self.say(&format!("cause {kind} {object}"));
                            }
                            None => self.typed.set(&format!("cause {kind} ")),
                        }
                    }
                    // What the menu does not have is typed.
                    Chosen::Leave => {
                        self.mode = Mode::Line;
                        self.typed.set(&format!("cause {kind} "));
                    }
                }
            }
        }
    }

    fn line_key(&mut self, key: KeyEvent, held: bool) {
        const PAGE: usize = 8;
        match key.code {
            KeyCode::Enter if self.drill.is_over() && self.typed.text().is_empty() => self.leaves = true,
            KeyCode::Enter => {
                let line = self.typed.take();
                self.enter(line.trim());
            }
            KeyCode::Tab if !self.typed.text().is_empty() => self.typed.complete(&self.drill.words()),
            KeyCode::Tab | KeyCode::F(2) => self.mode = Mode::Kinds(0),
            KeyCode::F(1) => self.mode = Mode::Help(0),
            KeyCode::Char('?') if self.typed.text().is_empty() => self.mode = Mode::Help(0),
            KeyCode::Esc if self.drill.is_over() => self.leaves = true,
            KeyCode::Esc => self.typed = Input::default(),
            KeyCode::Char('l') if held => self.redraws = true,
            KeyCode::PageUp => self.up = (self.up + PAGE).min(self.told.len()),
            KeyCode::PageDown => self.up = self.up.saturating_sub(PAGE),
            KeyCode::Home if self.typed.text().is_empty() => self.down = self.down.saturating_sub(PAGE),
            KeyCode::End if self.typed.text().is_empty() => {
                self.down = (self.down + PAGE).min(self.cluster.len().saturating_sub(1));
            }
            _ => drop(self.typed.key(key, &self.before)),
        }
    }

    /// The mouse did something: its wheel scrolls what was said.
    pub fn mouse(&mut self, event: MouseEvent) {
        const LINES: usize = 3;
        match event.kind {
            MouseEventKind::ScrollUp => self.up = (self.up + LINES).min(self.told.len()),
            MouseEventKind::ScrollDown => self.up = self.up.saturating_sub(LINES),
            _ => {}
        }
    }

    fn enter(&mut self, line: &str) {
        match line {
            "" => {}
            "quit" | "q" | "exit" => self.leaves = true,
            "causes" => self.mode = Mode::Kinds(0),
            "help" | "h" => self.mode = Mode::Help(0),
            line => self.say(line),
        }
    }

    fn say(&mut self, line: &str) {
        let answer = self.drill.say(line);
        if self.before.last().is_none_or(|last| last != line) {
            self.before.push(line.to_owned());
        }
        self.up = 0;
        self.told.push((true, format!("[+{}] {line}", self.clock())));
        self.told.extend(answer.lines().map(|line| (false, line.to_owned())));
        self.look();
    }

    fn clock(&self) -> String {
        let walk = self.drill.walk();
        offset(walk.now(), walk.now() - self.drill.clock())
    }

    /// Draws everything.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        if draw_too_small(frame) {
            return;
        }
        /// From here on what is wanted stands beside what was said.
        const WIDE: u16 = 150;
        /// From here on curves have the width that they have in lines, and a third of it.
        const ROOMY: u16 = 100;
        const NARROW: u16 = 72;
        /// From here on so many rows are left for what was said.
        const HIGH: u16 = 45;
        let area = frame.area();
        let goals = self.drill.goals();
        let is_wide = area.width >= WIDE;
        let score = if is_wide { 0 } else { 1 };
        // What was said needs so many rows; what it leaves is the cluster's, which has a third in any case, of a high screen half.
        let said: usize =
            self.told.iter().map(|(_, line)| in_columns(line, usize::from(area.width)).len()).sum();
        let free = area.height.saturating_sub(4 + score);
        let left =
            free.saturating_sub(u16::try_from(said + 1).unwrap_or(u16::MAX)).min(free.saturating_sub(4));
        let share = if area.height >= HIGH { 2 } else { 3 };
        let most = (area.height / share).max(left).max(3);
        let all = u16::try_from(self.cluster.len() + 1).unwrap_or(u16::MAX);
        // How it stands comes before how it was.
        let cluster = match area.width {
            ROOMY.. => self.cluster.clone(),
            NARROW.. => self.drill.observe_within(8),
            _ => self.drill.observe_within(0),
        };
        // What happened last to each is told where there is room for it.
        let is_told = |line: &String| all <= most || !line.trim_start().starts_with("last: ");
        let cluster: Vec<String> = cluster.into_iter().filter(is_told).collect();
        let high = u16::try_from(cluster.len() + 1).unwrap_or(u16::MAX).clamp(3, most);
        let [title, top, middle, points, line, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(high),
            Constraint::Min(4),
            Constraint::Length(score),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        self.draw_title(frame, title);
        pane(
            frame,
            top,
            "The cluster, what is not well first",
            cluster.into_iter().skip(self.down).map(|line| (Style::new(), line)).collect(),
        );
        let said = if is_wide {
            let [said, side] =
                Layout::horizontal([Constraint::Min(60), Constraint::Length(42)]).spacing(2).areas(middle);
            self.draw_side(frame, side, &goals);
            said
        } else {
            let text = format!(
                "{}   {} things are wanted: `wanted` tells which are not so",
                self.points(),
                goals.len()
            );
            frame.render_widget(Paragraph::new(cut(&text, usize::from(area.width))), points);
            middle
        };
        self.draw_said(frame, said);
        let mut typed = vec![Span::styled("> ", Style::new().add_modifier(Modifier::BOLD))];
        typed.extend(self.typed.spans());
        frame.render_widget(Paragraph::new(Line::from(typed)), line);
        let words = match (&self.mode, self.drill.is_over()) {
            (Mode::Line, true) => "It is over: Enter or Esc leaves  PgUp PgDn what was said",
            (Mode::Line, false) => {
                "Enter says it  Tab a cause, or completes  ↑↓ before  PgUp PgDn  ? help  Ctrl-C leaves"
            }
            (Mode::Help(_), _) => "↑↓ scroll  Esc closes",
            (Mode::Objects(..), _) => "↑↓ Enter names it  Esc: type what it is in",
            (Mode::Kinds(_), _) => "↑↓ Enter chooses  Esc leaves it",
        };
        foot::draw(frame, keys, words);
        self.draw_popup(frame, area);
    }

    fn draw_title(&self, frame: &mut Frame<'_>, area: Rect) {
        let score = self.drill.score();
        let how = match (self.drill.is_over(), score.solved) {
            (_, true) => "mended",
            (true, false) => "not mended",
            (false, false) => "not yet mended",
        };
        let text = format!(" Drill {} of level {}  +{}  {how}", score.seed, score.level, self.clock());
        let width = usize::from(area.width);
        let text = cut(&format!("{text:<width$}"), width);
        frame.render_widget(Paragraph::new(text).style(Style::new().add_modifier(Modifier::REVERSED)), area);
    }

    fn points(&self) -> String {
        let score = self.drill.score();
        format!("{} points so far, {} wrong", score.points.total, score.wrong)
    }

    fn draw_side(&self, frame: &mut Frame<'_>, area: Rect, goals: &[String]) {
        let points = self.drill.score().points;
        let mut lines = vec![(Style::new(), "Wanted, for two minutes:".to_owned())];
        let width = usize::from(area.width).max(1);
        for goal in goals {
            lines.extend(broken(&format!("  {goal}"), width).into_iter().map(|line| (Style::new(), line)));
        }
        lines.push((Style::new(), String::new()));
        lines.push((Style::new().add_modifier(Modifier::BOLD), self.points()));
        for (own, most, what) in [
            (points.time, 40, "for the time"),
            (points.whole, 30, "for what was kept whole"),
            (points.cause, 30, "for the cause"),
        ] {
            lines.push((Style::new(), format!("  {own:>2} of {most} {what}")));
        }
        pane(frame, area, "Wanted and points", lines);
    }

    fn draw_said(&self, frame: &mut Frame<'_>, area: Rect) {
        let width = usize::from(area.width).max(1);
        let lines: Vec<(Style, String)> = self
            .told
            .iter()
            .flat_map(|(is_own, line)| {
                let style = if *is_own { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
                in_columns(line, width).into_iter().map(move |line| (style, line))
            })
            .collect();
        let rows = usize::from(area.height.saturating_sub(1));
        let end = lines.len() - self.up.min(lines.len().saturating_sub(rows));
        let shown = lines[end.saturating_sub(rows)..end].to_vec();
        let title = if end < lines.len() { "Said (PgDn: on)" } else { "Said" };
        pane(frame, area, title, shown);
    }

    fn draw_popup(&self, frame: &mut Frame<'_>, area: Rect) {
        let marked = |own: bool, text: &str| {
            let style = if own { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            Line::styled(format!("{} {text}", if own { ">" } else { " " }), style)
        };
        let (title, lines, at) = match &self.mode {
            Mode::Line => return,
            Mode::Help(scroll) => {
                let lines = HELP.lines().map(|line| Line::raw(line.to_owned())).collect();
                return popup(frame, area, "What can be said", lines, *scroll);
            }
            Mode::Kinds(at) => {
                let wide = Drill::kinds().map(|(kind, _)| kind.len()).max().unwrap_or(0);
                let kinds = Drill::kinds().enumerate();
                let lines =
                    kinds.map(|(ix, (kind, title))| marked(ix == *at, &format!("{kind:<wide$}  {title}")));
                ("What is the cause? A wrong one costs points".to_owned(), lines.collect::<Vec<_>>(), *at)
            }
            Mode::Objects(kind, at) => {
                // Nothing is named by a key too many: what stands first is to type it.
                let objects = std::iter::once("what is typed".to_owned()).chain(self.drill.objects());
                let lines = objects.enumerate().map(|(ix, object)| marked(ix == *at, &object));
                (format!("{kind}: in what?"), lines.collect(), *at)
            }
        };
        // What is marked is in view.
        let rows = usize::from(area.height.saturating_sub(4));
        let scroll = (at + 1).saturating_sub(rows.max(1));
        popup(frame, area, &title, lines, u16::try_from(scroll).unwrap_or(0));
    }
}

enum Chosen {
    Mark(usize),
    Take,
    Leave,
}

fn chosen(key: KeyCode, marked: usize, count: usize) -> Chosen {
    let last = count.saturating_sub(1);
    match key {
        KeyCode::Up | KeyCode::Char('k') => Chosen::Mark(marked.saturating_sub(1)),
        KeyCode::Down | KeyCode::Char('j') => Chosen::Mark((marked + 1).min(last)),
        KeyCode::Home => Chosen::Mark(0),
        KeyCode::End => Chosen::Mark(last),
        KeyCode::Enter | KeyCode::Right => Chosen::Take,
        KeyCode::Esc | KeyCode::Char('q') => Chosen::Leave,
        _ => Chosen::Mark(marked),
    }
}

/// A line in so many columns. A text goes on below itself; of a table what goes on is the last cell, where it begins within the
/// columns there are: the others are cut.
fn in_columns(line: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let text = line.trim_end();
    if text.chars().count() <= width || !text.trim().contains("   ") {
        return broken(line, width);
    }
    let cells: Vec<char> = text.chars().collect();
    let begins = cells.windows(2).rposition(|two| two == [' ', ' ']).map_or(0, |at| at + 2);
    if begins + 8 > width {
        return vec![line.to_owned()];
    }
    let indent = begins.min(width / 3);
    let (head, rest): (String, String) = (cells[..begins].iter().collect(), cells[begins..].iter().collect());
    let mut lines = Vec::new();
    let mut own = head;
    for word in rest.split(' ') {
        let is_first = own.ends_with(' ') || own.is_empty();
        if !is_first && own.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut own, " ".repeat(indent)));
        } else if !is_first {
            own.push(' ');
        }
        own.push_str(word);
    }
    lines.push(own);
    lines
}

/// Lines below a title, as many as there is room for.
fn pane(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<(Style, String)>) {
    let title = Span::styled(format!(" {title} "), Style::new().add_modifier(Modifier::BOLD));
    let block = Block::new().borders(Borders::TOP).title(Line::from(title));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let more = lines.len() > height;
    let mut shown: Vec<Line<'_>> = lines
        .iter()
        .take(height)
        .map(|(style, line)| Line::styled(cut(&escaped(line.trim_end()), width), *style))
        .collect();
    if more && height > 1 {
        shown.pop();
        shown.push(Line::styled(format!("… {} more lines (Home, End)", lines.len() + 1 - height), muted()));
    }
    frame.render_widget(Paragraph::new(shown), inner);
}
