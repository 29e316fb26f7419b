//! A sweep as a picture (SVG): of one key a curve for each measure, with the band of its interval and that of most runs; of two
//! keys a heat map of each measure.

use std::fmt::Write as _;

use super::report::{Cell, Line, Report, short};
use crate::answers::measure::Unit;
use crate::scenario::values::parse_duration;

/// So wide is a panel, with room for what stands at its sides.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;
/// So many values of a key a heat map has at each side.
const MOST: usize = 200;

/// The picture; None where there is none to be drawn: no key or more than two, or one value.
pub fn svg(report: &Report) -> Option<String> {
    let grid = report.grid();
    let cells = report.kept();
    if cells.len() < 2 || (cells.len() as u64) < grid.cells() {
        return None;
    }
    let panels = cells.first()?.lines.iter().filter(|line| line.unit != Unit::Phase).count();
    let is_map = grid.knobs().len() == 2 && !grid.pairs();
    let mut body = String::new();
    let mut drawn = 0;
    for place in 0..cells.first()?.lines.len() {
        let name = &cells.first()?.lines[place].name;
        if cells.first()?.lines[place].unit == Unit::Phase {
            continue;
        }
        // Phases make lines of their own, more of them in one cell than in another.
        let lines: Vec<Option<&Line>> =
            cells.iter().map(|cell: &Cell| cell.lines.iter().find(|line| line.name == *name)).collect();
        let panel = match (grid.knobs().len(), is_map) {
            (1, _) => curve(report, name, &lines),
            (2, true) => map(report, name, &lines)?,
            _ => return None,
        };
        let _ = writeln!(body, "<g transform=\"translate(0 {})\">{panel}</g>", drawn as f64 * HEIGHT);
        drawn += 1;
    }
    let height = HEIGHT * panels as f64;
    (drawn > 0).then(|| {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
        )
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A value as a place on an axis, where all are numbers or durations.
fn place_of(value: &str) -> Option<f64> {
    value.parse().ok().or_else(|| parse_duration(value).ok().map(crate::time::Span::secs_f64))
}

/// Round steps of an axis: its first and last mark, and how far it is from one to the next.
fn marks(low: f64, high: f64) -> (f64, f64, f64) {
    let width = if high > low { high - low } else { low.abs().max(1.0) };
    let mut step = 1.0;
    while step * 5.0 < width {
        step *= 10.0;
    }
    while step * 5.0 > width {
        step /= 10.0;
    }
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * step).into_iter().find(|step| step * 5.0 >= width);
    let step = step.unwrap_or(width);
    ((low / step).floor() * step, (high / step).ceil().max((low / step).floor() + 1.0) * step, step)
}

fn shown(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn unit_of(lines: &[Option<&Line>]) -> &'static str {
    match lines.iter().flatten().next().map(|line| line.unit) {
        Some(Unit::Seconds) => ", seconds",
        _ => "",
    }
}

fn curve(report: &Report, name: &str, lines: &[Option<&Line>]) -> String {
    let knob = &report.grid().knobs()[0];
    let places: Option<Vec<f64>> = knob.values.iter().map(|value| place_of(value)).collect();
    let places = places.unwrap_or_else(|| (0..knob.values.len()).map(|place| place as f64).collect());
    let (first, last) =
        places.iter().fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(*at), high.max(*at)));
    let across = |at: f64| {
        let share = if last > first { (at - first) / (last - first) } else { 0.5 };
        LEFT + share * (WIDTH - LEFT - RIGHT)
    };
    let known = || lines.iter().flatten().filter(|line| line.summary.mean.is_some());
    let all = known().flat_map(|line| {
        let most = line.summary.quantiles.iter().take(5).copied();
        most.chain(line.summary.interval.into_iter().flat_map(|(low, high)| [low, high]))
    });
    let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high, step) = if low > high { marks(0.0, 1.0) } else { marks(low, high) };
    let up = |value: f64| HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let mut text = String::new();
    let _ = write!(
        text,
        "<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{}{}</text>",
        escaped(name),
        unit_of(lines)
    );
    let mut mark = low;
    while mark <= high + step / 2.0 {
        let y = up(mark);
        let right = WIDTH - RIGHT;
        let _ =
            write!(text, "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>");
        let _ = write!(
            text,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            shown(mark)
        );
        mark += step;
    }
    // Names stand beside each other, not over each other.
    let every = knob.values.len().div_ceil(12);
    for (value, at) in knob.values.iter().zip(&places).step_by(every) {
        let (x, y) = (across(*at), HEIGHT - BOTTOM + 18.0);
        let _ = write!(text, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", escaped(value));
    }
    let (x, y) = ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8.0);
    let _ = write!(
        text,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
        escaped(&knob.key)
    );
    let band = |of: &dyn Fn(&Line) -> Option<(f64, f64)>, fill: &str| {
        let ends: Vec<(f64, (f64, f64))> =
            places.iter().zip(lines).filter_map(|(at, line)| Some((across(*at), of((*line)?)?))).collect();
        let above = ends.iter().map(|(x, (_, high))| format!("{x:.1},{:.1}", up(*high)));
        let below = ends.iter().rev().map(|(x, (low, _))| format!("{x:.1},{:.1}", up(*low)));
        let points: Vec<String> = above.chain(below).collect();
        format!("<polygon points=\"{}\" fill=\"{fill}\"/>", points.join(" "))
    };
    text.push_str(&band(
        &|line| Some((*line.summary.quantiles.first()?, *line.summary.quantiles.get(4)?)),
        "#dbe9f6",
    ));
    text.push_str(&band(&|line| line.summary.interval, "#9dc3e6"));
    let mut points = Vec::new();
    for (at, line) in places.iter().zip(lines) {
        if let Some(mean) = line.and_then(|line| line.summary.mean) {
            let (x, y) = (across(*at), up(mean));
            points.push(format!("{x:.1},{y:.1}"));
            let _ = write!(text, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"#1f5f9e\"/>");
        }
    }
    let _ = write!(
        text,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5f9e\" stroke-width=\"1.5\"/>",
        points.join(" ")
    );
    text
}

/// The colour of a share of the way from the least to the most: light to dark.
fn colour(share: f64) -> String {
    let mix = |light: f64, dark: f64| (light + (dark - light) * share).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(255.0, 8.0), mix(247.0, 48.0), mix(236.0, 107.0))
}

fn map(report: &Report, name: &str, lines: &[Option<&Line>]) -> Option<String> {
    let [rows, columns] = report.grid().knobs() else { return None };
    if rows.values.len() > MOST || columns.values.len() > MOST {
        return None;
    }
    let means: Vec<Option<f64>> = lines.iter().map(|line| line.and_then(|line| line.summary.mean)).collect();
    let known = || means.iter().flatten();
    let (low, high) =
        known().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let (wide, tall) = (width / columns.values.len() as f64, height / rows.values.len() as f64);
    let mut text = String::new();
    let _ =
        write!(text, "<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{}{}", escaped(name), unit_of(lines));
    if low <= high {
        let _ = write!(text, ": light {} to dark {}", shown(low), shown(high));
    }
    text.push_str("</text>");
    for (place, mean) in means.iter().enumerate() {
        let (row, column) = (place / columns.values.len(), place % columns.values.len());
        let (x, y) = (LEFT + wide * column as f64, TOP + tall * row as f64);
        let (fill, words) = match mean {
            Some(mean) => {
                let share = if high > low { (mean - low) / (high - low) } else { 0.0 };
                (colour(share), shown((mean * 100.0).round() / 100.0))
            }
            None => ("#ccc".to_owned(), "never".to_owned()),
        };
        let told = format!("{}, {}: {words}", rows.values[row], columns.values[column]);
        let _ = write!(
            text,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\" fill=\"{fill}\"><title>{}</title></rect>",
            escaped(&told)
        );
    }
    for (column, value) in columns.values.iter().enumerate().step_by(columns.values.len().div_ceil(12)) {
        let (x, y) = (LEFT + wide * (column as f64 + 0.5), HEIGHT - BOTTOM + 18.0);
        let _ = write!(text, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", escaped(value));
    }
    for (row, value) in rows.values.iter().enumerate().step_by(rows.values.len().div_ceil(12)) {
        let (x, y) = (LEFT - 8.0, TOP + tall * (row as f64 + 0.5) + 4.0);
        let _ = write!(text, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", escaped(value));
    }
    let (x, y) = (LEFT + width / 2.0, HEIGHT - 8.0);
    let axes = format!("{} (down), {} (across)", short(&rows.key), short(&columns.key));
    let _ = write!(
        text,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
        escaped(&axes)
    );
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_marks_around_all_values() {
        for (low, high) in [(0.0, 1.0), (3.2, 3.9), (0.0, 0.0), (12.0, 870.0), (-4.0, 4.0)] {
            let (first, last, step) = marks(low, high);
            assert!(first <= low && last >= high && last > first, "{low} to {high}: {first} to {last}");
            assert!((last - first) / step <= 12.0, "{low} to {high} by {step}");
        }
    }
}
