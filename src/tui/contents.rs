//! The table of contents of the course, from which a lesson is chosen: by its place, or by words of its name or title.

use ratatui::Frame;
use ratatui::crossterm::event::KeyCode::{Char, Down, End, Enter, Esc, F, Home, PageDown, PageUp, Right, Up};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Padding, Paragraph};

use super::draw::{cut, draw_too_small};
use super::foot;
use super::input::Input;
use super::keys::name;
use super::popups::popup;
use crate::course::{Course, Mark};
use crate::rules::kubectl::terminal::escaped;
use crate::session::words::{broken, unfolded};

/// What a person does with the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Takes up the lesson at this place.
    Lesson(usize),
    /// Leaves the table.
    Leave,
}

/// What the keys go to.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Mode {
    Table,
    /// Words are typed.
    Find,
    /// The keys are read.
    Help,
}

/// The table of lessons, and where one stands in it.
pub struct Contents {
    course: Course,
    marked: usize,
    told: String,
    mode: Mode,
    /// The words of which a lesson has to have all.
    find: Input,
    /// Whoever leaves by Esc has been asked.
    asked: bool,
}

/// A key of the table.
struct Key {
    codes: &'static [KeyCode],
    shown: &'static str,
    does: &'static str,
    run: fn(&mut Contents) -> Option<Choice>,
}

const fn key(
    codes: &'static [KeyCode],
    shown: &'static str,
    does: &'static str,
    run: fn(&mut Contents) -> Option<Choice>,
) -> Key {
    Key { codes, shown, does, run }
}

const PAGE: isize = 10;

/// From here on the story of the lesson that is marked stands beside the list.
const WIDE: u16 = 150;
/// Below that a lesson's line tells its mark or its score, not both.
const NARROW: u16 = 80;

/// All keys of the table.
static KEYS: [Key; 10] = [
    key(&[Up, Char('k')], "↑ k", "the lesson above", |own| own.step(-1)),
    key(&[Down, Char('j')], "↓ j", "the lesson below", |own| own.step(1)),
    key(&[PageUp], "PgUp", "ten further up", |own| own.step(-PAGE)),
    key(&[PageDown], "PgDn", "ten further down", |own| own.step(PAGE)),
    key(&[Home, Char('g')], "Home g", "the first one", |own| own.step(isize::MIN / 2)),
    key(&[End, Char('G')], "End G", "the last one", |own| own.step(isize::MAX / 2)),
    key(&[Char('n')], "n", "the next one that is open", |own| {
        own.marked = own.course.next_open(Some(own.marked)).unwrap_or(own.marked);
        own.keep_in_view()
    }),
    key(&[Char('/')], "/", "keep the lessons with words in their name, title or chapter", |own| {
        (own.find, own.mode) = (Input::default(), Mode::Find);
        None
    }),
    key(&[Enter, Right, Char(' ')], "Enter →", "begin with the one that is marked", |own| {
        let is_shown = own.shown().contains(&own.marked);
        if !is_shown {
            own.told = "no lesson has these words: Esc takes them away".to_owned();
        }
        is_shown.then_some(Choice::Lesson(own.marked))
    }),
    key(&[Char('?'), F(1)], "? F1", "these keys", |own| {
        own.mode = Mode::Help;
        None
    }),
];

impl Contents {
    /// Marks the next lesson that is open.
    pub fn new(course: Course) -> Contents {
        let marked = course.next_open(None).unwrap_or(0);
        let told = match course.next_open(None) {
            Some(_) => "Enter begins with the lesson that is marked.".to_owned(),
            None => "All lessons are done. Any of them can be done again.".to_owned(),
        };
        Contents { course, marked, told, mode: Mode::Table, find: Input::default(), asked: false }
    }

    /// A lesson was left; the next open one is marked.
    pub fn back_from(&mut self, lesson: usize, course: Course, told: String) {
        let marked = course.following(lesson).unwrap_or(lesson);
        *self = Contents { marked, told, ..Contents::new(course) };
    }

    /// The lessons that are listed.
    fn shown(&self) -> Vec<usize> {
        let words: Vec<String> =
            self.find.text().to_lowercase().split_whitespace().map(str::to_owned).collect();
        let chapters = self.course.chapters.iter();
        let all = chapters.flat_map(|chapter| chapter.lessons.iter().map(|ix| (chapter.title.as_str(), *ix)));
        let has = |(chapter, ix): &(&str, usize)| {
            let lesson = &self.course.lessons[*ix];
            let text = format!("{} {} {chapter}", lesson.name, lesson.title).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        all.filter(has).map(|(_, ix)| ix).collect()
    }

    /// Marks a lesson so many places further down.
    fn step(&mut self, by: isize) -> Option<Choice> {
        let shown = self.shown();
        let at = shown.iter().position(|ix| *ix == self.marked).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(shown.len().saturating_sub(1));
        self.marked = shown.get(to).copied().unwrap_or(self.marked);
        None
    }

    /// What is marked is listed.
    fn keep_in_view(&mut self) -> Option<Choice> {
        if !self.shown().contains(&self.marked) {
            self.marked = self.shown().first().copied().unwrap_or(self.marked);
        }
        None
    }

    /// A key was pressed; what it chose, if it chose something.
    pub fn key(&mut self, key: KeyEvent) -> Option<Choice> {
        let held = key.modifiers.contains(KeyModifiers::CONTROL);
        if held && key.code == Char('c') {
            return Some(Choice::Leave);
        }
        match self.mode {
            Mode::Find => return self.find_key(key),
            Mode::Help => {
                self.mode = Mode::Table;
                if matches!(key.code, Esc | Enter | Char('q' | '?') | F(1)) {
                    return None;
                }
            }
            Mode::Table => {}
        }
        let was_asked = std::mem::take(&mut self.asked);
        match (key.code, held) {
            (Char('q'), false) => return Some(Choice::Leave),
            (Esc, _) if !self.find.text().is_empty() => {
                self.find = Input::default();
                self.told = "All lessons again.".to_owned();
            }
            (Esc, _) if was_asked => return Some(Choice::Leave),
            (Esc, _) => {
                self.asked = true;
                self.told = "Esc again, or q, leaves the course.".to_owned();
            }
            (Char('d' | 'f'), true) => return self.step(PAGE),
            (Char('u' | 'b'), true) => return self.step(-PAGE),
            (code, false) if KEYS.iter().any(|own| own.codes.contains(&code)) => {
                self.told = String::new();
                let found = KEYS.iter().find(|own| own.codes.contains(&code));
                return found.and_then(|own| (own.run)(self));
            }
            _ => {
                if let Some(name) = name(key) {
                    self.told = format!("`{name}` is no key here; ? lists them");
                }
            }
        }
        None
    }

    fn find_key(&mut self, key: KeyEvent) -> Option<Choice> {
        match key.code {
            Esc => (self.find, self.mode) = (Input::default(), Mode::Table),
            Enter => self.mode = Mode::Table,
            Up | Down => return self.step(if key.code == Up { -1 } else { 1 }),
            _ => drop(self.find.key(key, &[])),
        }
        self.keep_in_view()
    }

    /// Draws the table; the marked lesson is always in view.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if draw_too_small(frame) {
            return;
        }
        let [title, list, told, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(4),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let width = usize::from(area.width);
        let heading = format!(" {}  {}", self.course.title, self.course.summary());
        let bar = Style::new().add_modifier(Modifier::REVERSED);
        frame.render_widget(Paragraph::new(cut(&format!("{heading:<width$}"), width)).style(bar), title);
        match area.width {
            WIDE.. => {
                let [list, story] =
                    Layout::horizontal([Constraint::Min(80), Constraint::Length(70)]).spacing(2).areas(list);
                self.draw_list(frame, list);
                self.draw_story(frame, story);
            }
            _ => self.draw_list(frame, list),
        }
        let line = match self.mode {
            Mode::Find => {
                let mut spans = vec![Span::styled("Find: ", Style::new().add_modifier(Modifier::BOLD))];
                spans.extend(self.find.spans());
                spans.push(Span::raw(format!("   {} lessons", self.shown().len())));
                Line::from(spans)
            }
            _ if !self.find.text().is_empty() && self.told.is_empty() => {
                Line::raw(format!("/{}: {} lessons; Esc: all of them", self.find.text(), self.shown().len()))
            }
            _ => Line::styled(cut(&self.told, width), Style::new().fg(Color::Cyan)),
        };
        frame.render_widget(Paragraph::new(line), told);
        let words = match self.mode {
            Mode::Find => "Enter keeps them  Esc takes the words away  ↑↓ choose",
            Mode::Help => "Esc closes",
            Mode::Table => "↑↓ choose  Enter begins  n next open one  / find  ? keys  q leaves",
        };
        foot::draw(frame, keys, words);
        if self.mode == Mode::Help {
            let shown = KEYS.iter().map(|key| Line::raw(format!("{:<8}  {}", key.shown, key.does)));
            let others = [
                "Esc       words away; else leave, asked about once",
                "q         leave",
                "Ctrl-C    leave at once",
            ];
            popup(frame, area, "Keys", shown.chain(others.map(Line::raw)).collect(), 0);
        }
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect) {
        let width = usize::from(area.width);
        let mut lines = Vec::new();
        let mut marked_at = 0;
        let all = self.shown();
        for chapter in &self.course.chapters {
            let own: Vec<usize> = chapter.lessons.iter().copied().filter(|ix| all.contains(ix)).collect();
            if own.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::raw(""));
            }
            let heading = broken(&self.course.heading(chapter), width);
            let bold = Style::new().add_modifier(Modifier::BOLD);
            lines.extend(heading.into_iter().map(|line| Line::styled(line, bold)));
            for ix in own {
                let own = ix == self.marked;
                let style = match self.course.mark(&self.course.lessons[ix]) {
                    _ if own => Style::new().add_modifier(Modifier::REVERSED),
                    Mark::Open => Style::new(),
                    Mark::Known | Mark::Done(_) => Style::new().fg(Color::Green),
                    Mark::Changed(_) => Style::new().fg(Color::Yellow),
                };
                if own {
                    marked_at = lines.len();
                }
                let mark = if own { ">" } else { " " };
                let own = self.lesson_lines(ix, mark, width);
                lines.extend(own.into_iter().map(|line| Line::styled(line, style)));
            }
        }
        if lines.is_empty() {
            lines.push(Line::raw("No lesson has these words: Esc takes them away."));
        }
        let height = usize::from(area.height);
        let most = lines.len().saturating_sub(height);
        let first = marked_at.saturating_sub(height / 2).min(most);
        let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(height).collect();
        frame.render_widget(Paragraph::new(shown), area);
    }

    /// A lesson's line; a title that is too long for it goes on below itself.
    fn lesson_lines(&self, ix: usize, mark: &str, width: usize) -> Vec<String> {
        let head = format!("{mark} {}", self.course.before_title(ix, width < usize::from(NARROW)));
        let indent = head.chars().count();
        let title = broken(&self.course.lessons[ix].title, width.saturating_sub(indent).max(8)).into_iter();
        let begin = std::iter::once(head).chain(std::iter::repeat(" ".repeat(indent)));
        begin.zip(title).map(|(begin, part)| begin + &part).collect()
    }

    /// What the lesson that is marked begins with, beside the list.
    fn draw_story(&self, frame: &mut Frame<'_>, area: Rect) {
        let block = Block::new().borders(Borders::LEFT).padding(Padding::left(1));
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let Some(lesson) =
            self.course.lessons.get(self.marked).filter(|_| self.shown().contains(&self.marked))
        else {
            return;
        };
        let asks =
            if lesson.questions == 1 { "1 question" } else { &format!("{} questions", lesson.questions) };
        let mut lines = vec![Line::styled(lesson.title.clone(), Style::new().add_modifier(Modifier::BOLD))];
        let text = format!("{}, {asks}\n\n{}", lesson.name, unfolded(&lesson.story));
        let text = text.lines().flat_map(|line| broken(line, usize::from(inner.width).max(8)));
        lines.extend(text.map(|line| Line::raw(escaped(&line).into_owned())));
        frame.render_widget(Paragraph::new(lines), inner);
    }
}
