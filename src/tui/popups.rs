//! What stands over the screen: questions, verdicts, texts, the keys, menus and forms.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

use super::actions::{self, Form};
use super::app::{App, Letter, Mode};
use super::draw::cut;
use super::foot::muted;
use super::k9s::{PRESSED, WORDS};
use super::keys::KEYS;
use super::menu;
use super::prompt::Prompt;
use super::room::lay_out;
use super::typed::Typing;
use crate::rules::kubectl::terminal::{escaped, padded};
use crate::session::strip::LEGEND;
use crate::session::words::{broken, offset, unfolded};

impl App {
    pub(super) fn draw_popup(&self, frame: &mut Frame<'_>, area: Rect) {
        match &self.mode {
            Mode::Walk => {}
            Mode::Typing(typing) => self.draw_takes(frame, area, typing),
            Mode::Question { marked } => self.draw_question(frame, area, *marked),
            Mode::Verdict => self.draw_verdict(frame, area),
            Mode::Reading(page) => page.draw(frame, area),
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
            let number = menu::label(ix);
            lines.push(Line::from(vec![
                Span::styled(format!("{mark} {number} {:<wide$}", entry.title), style),
                Span::styled(format!("  {}", cut(&command, room)), muted()),
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
    fn draw_takes(&self, frame: &mut Frame<'_>, area: Rect, typing: &Typing) {
        let typed = typing.input.text();
        // What is looked for is seen in the table while it is typed.
        if typing.prompt == Prompt::Filter && !typed.is_empty() {
            return;
        }
        let word = typed.split(' ').next().unwrap_or_default();
        let all = typing.prompt.takes();
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
            lines.extend(flowing(area, &format!("Hint: {}", asked.hint), muted()));
        } else if !asked.hint.is_empty() {
            lines.push(Line::raw(""));
            lines.push(Line::styled("h shows a hint", muted()));
        }
        if !self.walk.quiz.is_held() && (asked.from_lesson || self.walk.quiz.on) {
            lines.push(Line::styled("z: no questions any more", muted()));
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
        if asked.is_again {
            lines.push(Line::raw("It was answered before: this answer does not count."));
        }
        if let Some(words) = self.follows_to() {
            lines.push(Line::raw(format!("Enter goes on {words}, Esc stays here")));
        }
        popup(frame, area, if asked.is_right() { "Right" } else { "Not quite" }, lines, 0);
    }
}

/// The help, below headings: in two columns where there is room.
pub fn keys(room: usize) -> Vec<Line<'static>> {
    let wide = KEYS.iter().map(|key| key.shown.trim().chars().count()).max().unwrap_or(0);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut rows: Vec<Vec<Span<'static>>> = Vec::new();
    let mut before = None;
    for key in &KEYS {
        if before.replace(key.context) != Some(key.context) {
            if !rows.is_empty() {
                rows.push(Vec::new());
            }
            let heading = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            rows.push(vec![Span::styled(key.context.heading(), heading)]);
        }
        rows.push(spans(key.shown, key.does, wide, bold));
    }
    rows.extend([
        Vec::new(),
        vec![Span::styled("Who comes from k9s", bold.add_modifier(Modifier::UNDERLINED))],
    ]);
    let habits = PRESSED.iter().map(|own| (String::new(), own));
    for (mark, own) in WORDS.iter().map(|own| (":".to_owned(), own)).chain(habits) {
        rows.push(spans(&format!("{mark}{}", own.typed[0]), own.told, wide, bold));
    }
    let width = |row: &Vec<Span<'_>>| row.iter().map(Span::width).sum::<usize>();
    // No group is torn apart: the second column begins with a heading.
    let half = rows.len() / 2;
    let gap = (half..rows.len()).find(|at| rows[*at].is_empty()).unwrap_or(rows.len());
    let right = rows.split_off((gap + 1).min(rows.len()));
    let (left_wide, right_wide) =
        (rows.iter().map(width).max().unwrap_or(0), right.iter().map(width).max().unwrap_or(0));
    let mut lines: Vec<Line<'static>> =
        broken(&format!("The strip of time: {LEGEND}"), room).into_iter().map(Line::raw).collect();
    lines.push(Line::raw(""));
    let all: Vec<Line<'static>> = if left_wide + right_wide + 3 > room {
        rows.push(Vec::new());
        let all = rows.into_iter().skip_while(Vec::is_empty).chain(right);
        let narrow = |row: Vec<Span<'static>>| narrowed(row, room, wide + 2);
        all.flat_map(narrow).collect()
    } else {
        rows.resize(rows.len().max(right.len()), Vec::new());
        let both = |(at, mut row): (usize, Vec<Span<'static>>)| {
            row.push(Span::raw(" ".repeat(left_wide + 3 - width(&row))));
            row.extend(right.get(at).cloned().unwrap_or_default());
            Line::from(row)
        };
        rows.into_iter().enumerate().map(both).collect()
    };
    lines.extend(all);
    lines
}

fn spans(shown: &str, does: &'static str, wide: usize, bold: Style) -> Vec<Span<'static>> {
    let shown = shown.trim().to_owned();
    let gap = " ".repeat((wide + 2).saturating_sub(shown.chars().count()));
    vec![Span::styled(shown, bold), Span::raw(gap), Span::raw(does)]
}

/// A row of the help; what it does goes on below itself.
fn narrowed(row: Vec<Span<'static>>, room: usize, indent: usize) -> Vec<Line<'static>> {
    let Some((does, head)) = row.split_last().filter(|(_, head)| !head.is_empty()) else {
        return vec![Line::from(row)];
    };
    let parts = broken(&does.content, room.saturating_sub(indent).max(10));
    let below = |part: String| Line::raw(format!("{}{part}", " ".repeat(indent)));
    let mut parts = parts.into_iter();
    let first = Line::from([head.to_vec(), vec![Span::raw(parts.next().unwrap_or_default())]].concat());
    std::iter::once(first).chain(parts.map(below)).collect()
}

/// A form: its values, what each takes, and the command that it makes.
fn draw_form(frame: &mut Frame<'_>, area: Rect, form: &Form) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let dark = muted();
    let wide = form.fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (ix, field) in form.fields.iter().enumerate() {
        let own = ix == form.at;
        let mark = if own { ">" } else { " " };
        let name = format!("{mark} {:<wide$}  ", field.name);
        let mut spans = vec![Span::styled(name, if own { bold } else { Style::new() })];
        match own {
            true => spans.extend(field.value.spans()),
            false => spans.push(Span::raw(escaped(field.value.text()).into_owned())),
        }
        spans.push(Span::styled(format!("   ({})", field.takes), dark));
        lines.push(Line::from(spans));
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
pub fn widest(area: Rect) -> u16 {
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

/// The highest that a framed text is.
fn highest(area: Rect) -> u16 {
    area.height.saturating_sub(2).max(3)
}

/// How many of so many lines are out of sight where the first one is in view.
pub fn beyond(lines: usize, area: Rect) -> i32 {
    let rows = usize::from(highest(area).saturating_sub(2));
    i32::try_from(lines.saturating_sub(rows)).unwrap_or(i32::MAX)
}

/// A framed text in the middle of the screen, as large as it needs to be; its lines are broken already.
pub fn popup(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<Line<'_>>, scroll: u16) {
    let title = format!(" {title} ");
    let longest = lines.iter().map(Line::width).max().unwrap_or(0).max(title.chars().count()) as u16;
    let least = 40.min(area.width);
    let width = (longest + 4).clamp(least, area.width.saturating_sub(4).max(least));
    let inner = usize::from(width.saturating_sub(4)).max(1);
    let lines: Vec<Line<'_>> = lines.into_iter().flat_map(|line| fitted(line, inner)).collect();
    let height = (lines.len() as u16 + 2).clamp(3, highest(area)).min(area.height);
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    // Whole lines are cleared: leftovers of words beside the frame would only distract.
    frame.render_widget(Clear, Rect { x: area.x, width: area.width, ..place });
    let most = u16::try_from(beyond(lines.len(), area)).unwrap_or(u16::MAX);
    let scroll = scroll.min(most);
    let more = match (scroll > 0, most > scroll) {
        (_, true) => format!(" ↓ more: {} lines ", most - scroll),
        (true, false) => " the end ".to_owned(),
        (false, false) => String::new(),
    };
    let block = Block::new()
        .borders(Borders::ALL)
        .padding(ratatui::widgets::Padding::horizontal(1))
        .title(Span::styled(title, Style::new().add_modifier(Modifier::BOLD)))
        .title_bottom(Line::raw(more).right_aligned());
    frame.render_widget(Paragraph::new(lines).block(block).scroll((scroll, 0)), place);
}

/// A line in so many columns: what is longer goes on below.
fn fitted(line: Line<'_>, width: usize) -> Vec<Line<'_>> {
    if line.width() <= width {
        return vec![line];
    }
    let owned: Vec<Span<'static>> =
        line.spans.iter().map(|span| Span::styled(span.content.to_string(), span.style)).collect();
    lay_out(vec![Line::from(owned).style(line.style)], width, usize::MAX)
}
