//! Whatever somebody calls something, each format's reader reads it again: markup, escapes, what turns the direction of writing,
//! 65,536 characters, lines within a line.

use std::sync::Arc;

use kubelapse::api::text::Uid;
use kubelapse::api::{EventText, EventType, PodIdent, PodName, Sym, Text, Tri};
use kubelapse::record::{
    Change, Directory, Ending, Event, FORMATS, FiguresRow, ObjectChange, ObjectIdent, PodRecord, Sink as _,
    Transition,
};
use kubelapse::time::{Span, Time};
use serde_json::Value;

use super::written::sink;

pub fn texts() -> Vec<String> {
    let long = "x".repeat(65_536);
    [
        "<script>alert(1)</script>",
        "]]>&amp;<!--",
        "\"};[{\\",
        "a\nb\r\nc\td",
        "\u{202e}txt.exe\u{2066}",
        "\u{0}\u{7}\u{1b}[31m",
        "ünï 漢字 🚀",
        &long,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A pod for each text, which is all that is said of it; with hostile names also its own, its node's and its container's, which the
/// API server would not take.
pub fn life(names: bool) -> (Directory, Vec<Transition>, Vec<FiguresRow>, Vec<PodRecord>) {
    let start = Time::from_secs(1_735_689_600);
    let mut directory = Directory { start, ..Directory::default() };
    let (mut rows, mut figures, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (ix, text) in texts().iter().enumerate() {
        let (said, row) = (Sym::new(text), ix as u32);
        let name = if names { said } else { Sym::new(&format!("pod-{ix}")) };
        let ident = PodIdent { name: PodName::plain(name), namespace: name, uid: Uid::Given(name) };
        directory.pods.push(ident);
        directory.nodes.push(name);
        directory.objects.push(ObjectIdent { kind: Sym::new("deployment"), namespace: name, name });
        directory.owners.push(Some(row));
        let container = |from, to, exit_code| Change::Container {
            name,
            from,
            to,
            ready: to == Sym::RUNNING_STATE,
            restarts: 0,
            reason: said,
            message: Text::Is(said),
            exit_code,
        };
        let event = Event {
            component: name,
            kind: EventType::Warning,
            reason: said,
            message: EventText::Plain(Text::Is(said)),
            field_path: name,
            count: 1,
            object: row,
        };
        let condition = |to| Change::Condition {
            kind: Sym::READY,
            from: None,
            to: Some(to),
            reason: said,
            message: Text::Is(said),
        };
        let changes = [
            Change::Phase { from: Sym::EMPTY, to: Sym::PENDING },
            container(Sym::EMPTY, Sym::WAITING, None),
            Change::Phase { from: Sym::PENDING, to: Sym::RUNNING },
            container(Sym::WAITING, Sym::RUNNING_STATE, None),
            condition(Tri::True),
            Change::Event(event),
            container(Sym::RUNNING_STATE, Sym::TERMINATED_STATE, Some(137)),
            Change::Status { from: Sym::EMPTY, to: said, ready: (0, 1), restarts: 3 },
            Change::Object { object: row, what: ObjectChange::Event(event) },
        ];
        for (second, change) in changes.into_iter().enumerate() {
            let time = start + Span::from_secs(second as i64 * 10);
            let pod = (!matches!(change, Change::Object { .. })).then_some(row);
            rows.push(Transition { time, pod, node: pod, change, step: rows.len() as u64 });
        }
        let node =
            Change::Node { kind: Sym::READY, from: None, to: Some(Tri::False), reason: said, message: said };
        rows.push(Transition { time: start, pod: None, node: Some(row), change: node, step: 0 });
        figures.push(FiguresRow { time: start, object: row, figures: Some(Default::default()) });
        records.push(PodRecord { node: Some(row), status: said, reason: said, ..PodRecord::default() });
    }
    rows.sort_by_key(|row| row.time);
    (directory, rows, figures, records)
}

/// What each format makes of it.
pub fn written(name: &str, names: bool) -> Vec<u8> {
    let (directory, rows, figures, records) = life(names);
    let format = FORMATS.iter().find(|format| format.name == name).expect("a format");
    let (mut sink, written) = sink(format);
    let pods = Arc::new(records);
    let ending = Ending {
        pods: &pods,
        at: directory.start + Span::from_secs(120),
        stands: directory.start + Span::from_secs(120),
        partial: false,
    };
    sink.begin(&directory).expect("memory takes all");
    sink.batch(&directory, &rows).expect("memory takes all");
    sink.figures(&directory, &figures).expect("memory takes all");
    sink.end(&directory, &ending).expect("memory takes all");
    drop(sink);
    written.bytes()
}

fn said(name: &str, names: bool) -> String {
    String::from_utf8(written(name, names)).expect("it is text")
}

#[test]
fn a_table_holds_it() {
    let text = said("csv", false);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("a table");
    assert_eq!(rows.len(), life(false).1.len());
    for text in texts() {
        assert!(rows.iter().any(|row| &row[12] == text.as_str()), "{:.20}", text);
    }
}

#[test]
fn lines_of_json_hold_it() {
    let rows: Vec<Value> =
        said("jsonl", false).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(rows.len(), life(false).1.len());
    for text in texts() {
        assert!(rows.iter().any(|row| row["message"] == text), "{:.20}", text);
    }
}

#[test]
fn a_trace_holds_it() {
    let trace: Vec<Value> = serde_json::from_str(&said("perfetto", true)).expect("a trace");
    super::perfetto::check(&trace);
    for text in texts() {
        assert!(trace.iter().any(|event| event["args"]["message"] == text), "{:.20}", text);
    }
}

#[test]
fn a_picture_shows_it_and_is_no_markup() {
    let picture = said("svg", true);
    let names = super::svg::well_formed(&picture);
    assert!(!names.contains("script"), "{names:?}");
    assert!(picture.len() < 100_000, "what is long is cut: {} bytes", picture.len());
    assert!(!picture.contains('\u{202e}') && picture.contains("\\u{202e}"));
}
