//! The columns of the upper table: those that kubectl has for the kind that is listed, and which of them give way on a narrow screen.
//!
//! Where pods stand below what has made them, the columns are those of `kubectl get pods -o wide`, with the phase beside STATUS,
//! and behind them how many of a workload were available over the time of the strip. A list of one other kind has that kind's
//! own ([`tables`]).

use super::app::App;
use super::views::View;
use crate::actors::api_server;
use crate::rules::kubectl::tables::{self, Cell};
use crate::session::kubectl;
use crate::session::tree::Leaf;
use crate::world::PodId;
use crate::world::workloads::ObjectKey;

use super::workloads;

/// Above the curves of workloads.
const CURVE: &str = "OVER TIME";

/// What gives way first where there is too little room, from the least telling on; a name is shortened before and after them.
const GIVE_WAY: [&str; 5] = [CURVE, "READINESS GATES", "NOMINATED NODE", "IP", "EXTERNAL-IP"];
/// And these, once names have become short.
const THEN: [&str; 3] = ["NODE", "PHASE", "SELECTOR"];

/// So many columns a name keeps while others still can give way, and at the end.
const NAMES: [usize; 3] = [28, 20, 8];

/// The header and the rows of what is shown, cell by cell.
pub fn table(app: &App, shown: &[Leaf], namespaces: bool) -> Vec<Vec<String>> {
    let rows: Vec<Vec<Cell>> = shown
        .iter()
        .map(|leaf| {
            app.kept.spelled.one();
            let mut cells = row(app, leaf, namespaces);
            if let Some(name) = cells.first_mut() {
                name.text.insert_str(0, &"  ".repeat(leaf.depth));
            }
            cells
        })
        .collect();
    let header: Vec<String> =
        rows.first().map_or(Vec::new(), |row| row.iter().map(|cell| cell.header.to_owned()).collect());
    let texts = rows.into_iter().map(|row| row.into_iter().map(|cell| cell.text).collect());
    std::iter::once(header).chain(texts).collect()
}

fn row(app: &App, leaf: &Leaf, namespaces: bool) -> Vec<Cell> {
    let w = app.walk.world();
    let with_namespace = namespaces && leaf.depth == 0;
    let mut cells = match (&app.view, leaf.of) {
        (View::Kind(_), key) if !matches!(key, ObjectKey::Pod(_)) => {
            tables::row(&api_server::object(w, key), app.walk.now()).unwrap_or_default()
        }
        (_, ObjectKey::Pod(pod)) => of_pod(app, pod),
        (_, key) => workloads::cells(app, key),
    };
    if with_namespace && let Some(name) = cells.first_mut() {
        let space = match leaf.of {
            ObjectKey::Pod(pod) => Some(w.pods[pod.ix()].ident.namespace),
            key => w.workloads.meta(key).map(|meta| meta.namespace),
        };
        name.text = space.map_or(String::new(), |space| format!("{space}/")) + &name.text;
    }
    if app.view == View::All && !w.workloads.is_empty() {
        let text = match leaf.of {
            ObjectKey::Pod(_) => String::new(),
            key => workloads::curve(app, key),
        };
        cells.push(Cell { header: CURVE, is_wide: true, text });
    }
    cells
}

/// kubectl's wide columns, and the phase right before STATUS.
fn of_pod(app: &App, pod: PodId) -> Vec<Cell> {
    let w = app.walk.world();
    let texts = kubectl::cells(w, pod, app.walk.now());
    let cells = kubectl::COLUMNS.into_iter().zip(texts);
    let mut cells: Vec<Cell> = cells.map(|(header, text)| Cell { header, is_wide: false, text }).collect();
    let text = w.pods[pod.ix()].status.phase().to_string();
    cells.insert(2, Cell { header: "PHASE", is_wide: false, text });
    cells
}

/// The width of every column, with what gives way left out: it has none.
pub fn widths(table: &[Vec<String>], room: usize) -> Vec<usize> {
    let Some(header) = table.first().filter(|header| !header.is_empty()) else { return Vec::new() };
    let longest = |ix: usize| {
        table.iter().filter_map(|row| row.get(ix)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..header.len()).map(longest).collect();
    let over = |widths: &[usize]| {
        let all: usize = widths.iter().filter(|own| **own > 0).map(|own| own + 2).sum();
        (all + 1).saturating_sub(room)
    };
    let drop = |widths: &mut Vec<usize>, names: &[&str]| {
        for name in names {
            if let Some(ix) = header.iter().position(|own| own == name).filter(|_| over(widths) > 0) {
                widths[ix] = 0;
            }
        }
    };
    let shorten = |widths: &mut Vec<usize>, least: usize| {
        widths[0] = widths[0].saturating_sub(over(widths)).max(least.min(widths[0]));
    };
    drop(&mut widths, &GIVE_WAY);
    shorten(&mut widths, NAMES[0]);
    drop(&mut widths, &THEN);
    shorten(&mut widths, NAMES[1]);
    // What a kind has behind its age is for wide screens; the age itself stays as long as anything does.
    let age = header.iter().position(|own| own == "AGE");
    for ix in (1..header.len()).rev().filter(|ix| Some(*ix) != age) {
        let is_behind = age.is_some_and(|age| ix > age);
        if over(&widths) > 0 && is_behind {
            widths[ix] = 0;
        }
    }
    shorten(&mut widths, NAMES[2]);
    widths
}

#[cfg(test)]
mod tests {
    use super::widths;

    #[test]
    fn a_name_gives_way_before_the_age_does() {
        let row = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let header = ["NAME", "READY", "PHASE", "STATUS", "RESTARTS", "AGE", "IP", "NODE"];
        let pod = [
            "billing-7d5f8c9b6d-n88mk-of-the-shop",
            "0/1",
            "Running",
            "CrashLoopBackOff",
            "8 (4m2s ago)",
            "20m",
            "10.244.39.232",
            "worker-1",
        ];
        let table = [row(&header), row(&pod)];
        let at = |room: usize| widths(&table, room);
        assert!(at(200).iter().all(|own| *own > 0));
        let narrow = at(80);
        assert!(narrow[5] > 0 && narrow[6] == 0 && narrow[0] >= 20, "{narrow:?}");
        assert!(narrow.iter().filter(|own| **own > 0).map(|own| own + 2).sum::<usize>() < 80, "{narrow:?}");
        assert!(at(60)[5] > 0, "{:?}", at(60));
    }
}
