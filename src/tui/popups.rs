//! What stands over the screen: questions, verdicts, texts, the keys, menus and forms.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Wrap};

use super::actions::{self, Form};
use super::app::{App, Letter, Mode};
use super::draw::cut;
use super::keys::{KEYS, Key};
use super::prompt::Prompt;
use crate::rules::kubectl::terminal::{escaped, padded};
use crate::session::strip::LEGEND;
use crate::session::words::{broken, offset, unfolded};

impl App {
    pub(super) fn draw_popup(&self, frame: &mut Frame<'_>, area: Rect) {
        match &self.mode {
            Mode::Walk => {}
            Mode::Typing { prompt, text } => self.draw_takes(frame, area, *prompt, text),
            Mode::Question { marked } => self.draw_question(frame, area, *marked),
            Mode::Verdict => self.draw_verdict(frame, area),
            Mode::Reading { title, text, scroll } => {
                let plain = Style::new();
                let width = usize::from(widest(area).saturating_sub(4)).max(1);
                let lines = text.lines().flat_map(|line| broken(line, width));
                let lines = lines.map(|line| Line::styled(escaped(&line).into_owned(), plain)).collect();
                popup(frame, area, title, lines, *scroll);
            }
            Mode::Help { scroll } => {
                let mut lines = keys(usize::from(widest(area).saturating_sub(4)));
                lines.push(Line::raw(""));
                lines.push(Line::raw(format!("The strip of time: {LEGEND}")));
                popup(frame, area, "Keys", lines, *scroll);
            }
            Mode::Menu { marked } => self.draw_menu(frame, area, *marked),
            Mode::Form(form) => draw_form(frame, area, form),
            Mode::Later { words, .. } => self.draw_later(frame, area, words),
            Mode::Letter(letter) => {
                let (title, text) = match letter {
                    Letter::Mark => ("Bookmark", "Under which letter?"),
                    Letter::Jump => ("To a bookmark", "Which one?"),
                };
                let start = self.walk.plan().start;
                let mut lines = vec![Line::raw(text)];
                let own =
                    self.bookmarks.iter().map(|(c, at)| Line::raw(format!("{c}  {}", offset(*at, start))));
                lines.extend(own);
                popup(frame, area, title, lines, 0);
            }
        }
    }

    /// What can be done, with the command that each makes of what stands there.
    fn draw_menu(&self, frame: &mut Frame<'_>, area: Rect, marked: usize) {
        let Some(chosen) = self.chosen() else { return };
        let entries = actions::entries(&actions::kind(self, chosen));
        let marked = marked.min(entries.len().saturating_sub(1));
        let wide = entries.iter().map(|entry| entry.title.chars().count()).max().unwrap_or(0);
        let room = usize::from(widest(area).saturating_sub(4)).saturating_sub(wide + 7).max(8);
        let mut lines: Vec<Line<'_>> = Vec::new();
        for (ix, entry) in entries.iter().enumerate() {
            let (mark, style) = match ix == marked {
                true => (">", Style::new().add_modifier(Modifier::REVERSED)),
                false => (" ", Style::new()),
            };
            let command = Form::new(self, chosen, entry).command();
            let number = if ix < 9 { (ix + 1).to_string() } else { " ".to_owned() };
            lines.push(Line::from(vec![
                Span::styled(format!("{mark} {number} {:<wide$}", entry.title), style),
                Span::styled(format!("  {}", cut(&command, room)), Style::new().fg(Color::DarkGray)),
            ]));
        }
        let title = format!("What is done to {}?", self.chosen_words());
        popup(frame, area, &title, lines, 0);
    }

    fn draw_later(&self, frame: &mut Frame<'_>, area: Rect, words: &str) {
        let start = self.walk.plan().start;
        let plain = Style::new();
        let mut lines =
            flowing(area, &format!("{words}: here, before something that was done later."), plain);
        lines.push(Line::raw(""));
        for action in self.walk.done_later() {
            lines.extend(flowing(area, &format!("{}  {}", offset(action.at, start), action.words), plain));
        }
        lines.push(Line::raw(""));
        lines.extend(flowing(area, "k keeps it: it is done again at its instant", plain));
        lines.extend(flowing(area, "d drops it (X brings it back)", plain));
        lines.extend(flowing(area, "Esc does nothing", plain));
        popup(frame, area, "And what was done later?", lines, 0);
    }

    /// What may be typed, above the line in which it is: all of it, or what goes on as it begins.
    fn draw_takes(&self, frame: &mut Frame<'_>, area: Rect, prompt: Prompt, typed: &str) {
        let word = typed.split(' ').next().unwrap_or_default();
        let all = prompt.takes();
        let fits = |line: &&&str| line.to_lowercase().starts_with(&word.to_lowercase());
        let mut lines: Vec<&str> = all.iter().filter(fits).copied().collect();
        if lines.is_empty() {
            lines = all;
        }
        // The last two lines of the screen are those that it is typed in.
        let most = usize::from(area.height.saturating_sub(6));
        let room = usize::from(area.width.saturating_sub(6));
        let wide = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) + 2;
        let columns = lines.len().div_ceil(most.max(1)).clamp(1, (room / wide.max(1)).max(1));
        let rows = lines.len().div_ceil(columns).min(most);
        let text: Vec<Line<'_>> = (0..rows)
            .map(|row| {
                let cells = (0..columns).filter_map(|column| lines.get(column * rows + row));
                Line::raw(cells.map(|cell| padded(cell, wide)).collect::<String>().trim_end().to_owned())
            })
            .collect();
        let width = (columns * wide + 4).min(usize::from(area.width)) as u16;
        let height = rows as u16 + 2;
        let place = Rect { x: area.x, y: area.y + area.height.saturating_sub(height + 2), width, height };
        frame.render_widget(Clear, place);
        let block = Block::new()
            .borders(Borders::ALL)
            .padding(ratatui::widgets::Padding::horizontal(1))
            .title(Span::styled(" What it takes ", Style::new().add_modifier(Modifier::BOLD)));
        frame.render_widget(Paragraph::new(text).block(block), place);
    }

    fn draw_question(&self, frame: &mut Frame<'_>, area: Rect, marked: usize) {
        let Some(asked) = self.walk.quiz.pending() else {
            return;
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let mut lines = flowing(area, &asked.ask, bold);
        lines.push(Line::raw(""));
        for (ix, choice) in asked.choices.iter().enumerate() {
            let own = ix == marked;
            let style = if own { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            let mark = if own { ">" } else { " " };
            lines.extend(flowing(area, &format!("{mark} {}) {choice}", ix + 1), style));
        }
        if asked.hinted {
            lines.push(Line::raw(""));
            lines.extend(flowing(area, &format!("Hint: {}", asked.hint), Style::new().fg(Color::DarkGray)));
        } else if !asked.hint.is_empty() {
            lines.push(Line::raw(""));
            lines.push(Line::styled("h shows a hint", Style::new().fg(Color::DarkGray)));
        }
        popup(frame, area, "What do you expect?", lines, 0);
    }

    fn draw_verdict(&self, frame: &mut Frame<'_>, area: Rect) {
        let Some(asked) = self.walk.quiz.asked.last() else {
            return;
        };
        let right = asked.choices.get(asked.answer).map_or("", String::as_str);
        let given = asked.given.and_then(|ix| asked.choices.get(ix)).map_or("", String::as_str);
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let plain = Style::new();
        let mut lines = flowing(area, &asked.ask, plain);
        lines.push(Line::raw(""));
        if asked.is_right() {
            lines.extend(flowing(area, &format!("Right: {right}"), bold.fg(Color::Green)));
        } else {
            lines.extend(flowing(area, &format!("You said: {given}"), bold.fg(Color::Red)));
            lines.extend(flowing(area, &format!("It is:    {right}"), bold.fg(Color::Green)));
        }
        if !asked.explain.is_empty() {
            lines.push(Line::raw(""));
            lines.extend(flowing(area, &asked.explain, plain));
        }
        let (right, answered) = self.walk.quiz.score();
        lines.push(Line::raw(""));
        lines.push(Line::raw(match self.walk.quiz.is_held() {
            true => {
                format!("{} so far, {} to come", self.walk.lesson_score().in_words(), self.walk.lesson_left())
            }
            false => format!("{right} of {answered} so far"),
        }));
        popup(frame, area, if asked.is_right() { "Right" } else { "Not quite" }, lines, 0);
    }
}

/// The help: in two columns where there is room.
fn keys(room: usize) -> Vec<Line<'static>> {
    let wide = KEYS.iter().map(|key| key.shown.chars().count()).max().unwrap_or(0);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let spans = |key: &Key, width: usize| {
        let does = format!("{:<width$}", key.does);
        [Span::styled(format!("{:<wide$}  ", key.shown), bold), Span::raw(does)]
    };
    let half = KEYS.len().div_ceil(2);
    let longest = |keys: &[Key]| keys.iter().map(|key| key.does.chars().count()).max().unwrap_or(0);
    let (left, right) = (longest(&KEYS[..half]), longest(&KEYS[half..]));
    if 2 * wide + left + right + 8 > room {
        return KEYS.iter().map(|key| Line::from(spans(key, 0).to_vec())).collect();
    }
    let both = |at: usize| {
        let other = KEYS.get(at + half).map(|key| spans(key, 0).to_vec()).unwrap_or_default();
        Line::from([spans(&KEYS[at], left + 4).to_vec(), other].concat())
    };
    (0..half).map(both).collect()
}

/// A form: its values, what each takes, and the command that it makes.
fn draw_form(frame: &mut Frame<'_>, area: Rect, form: &Form) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let dark = Style::new().fg(Color::DarkGray);
    let wide = form.fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (ix, field) in form.fields.iter().enumerate() {
        let own = ix == form.at;
        let (mark, cursor) = if own { (">", "▏") } else { (" ", "") };
        let name = format!("{mark} {:<wide$}  ", field.name);
        lines.push(Line::from(vec![
            Span::styled(name, if own { bold } else { Style::new() }),
            Span::raw(format!("{}{cursor}", escaped(&field.value))),
            Span::styled(format!("   ({})", field.takes), dark),
        ]));
    }
    if !form.fields.is_empty() {
        lines.push(Line::raw(""));
    }
    lines.extend(flowing(area, &format!("x {}", form.command()), bold));
    if let Some(problem) = &form.problem {
        lines.push(Line::raw(""));
        lines.extend(flowing(area, &format!("! {}", problem.trim_end()), Style::new().fg(Color::Red)));
    }
    popup(frame, area, form.title, lines, 0);
}

/// The widest that a framed text is laid out.
fn widest(area: Rect) -> u16 {
    area.width.saturating_sub(4).min(if area.width >= 190 { 180 } else { 110 })
}

/// A text broken to fit into a frame, so that what is drawn has as many lines as are counted; where a scenario's file breaks
/// a line within a paragraph is its own affair.
fn flowing(area: Rect, line: &str, style: Style) -> Vec<Line<'static>> {
    let width = usize::from(widest(area).saturating_sub(4)).max(1);
    let text = if line.contains('\n') { unfolded(line) } else { line.to_owned() };
    let lines = text.lines().flat_map(|line| broken(line, width));
    lines.map(|line| Line::styled(escaped(&line).into_owned(), style)).collect()
}

/// A framed text in the middle of the screen, as large as it needs to be.
pub fn popup(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<Line<'_>>, scroll: u16) {
    let longest = lines.iter().map(Line::width).max().unwrap_or(0) as u16;
    let width = (longest + 4).clamp(40.min(area.width), widest(area));
    let text = Paragraph::new(lines.clone()).wrap(Wrap { trim: false });
    let inner = usize::from(width.saturating_sub(4)).max(1);
    // As the paragraph will wrap it, a little generously: words are not broken.
    let rows = |width: usize| {
        if width <= inner { 1 } else { (width * 21 / 20).div_ceil(inner) }
    };
    let needed: usize = lines.iter().map(|line| rows(line.width())).sum();
    let height = (needed as u16 + 2).clamp(3, area.height.saturating_sub(2));
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    // Whole lines are cleared: leftovers of words beside the frame would only distract.
    frame.render_widget(Clear, Rect { x: area.x, width: area.width, ..place });
    let most = (needed as u16).saturating_sub(height.saturating_sub(2));
    let scroll = scroll.min(most);
    let more = if most > scroll { " ↓ more " } else { "" };
    let block = Block::new()
        .borders(Borders::ALL)
        .padding(ratatui::widgets::Padding::horizontal(1))
        .title(Span::styled(format!(" {title} "), Style::new().add_modifier(Modifier::BOLD)))
        .title_bottom(Line::raw(more).right_aligned());
    frame.render_widget(text.block(block).scroll((scroll, 0)), place);
}
