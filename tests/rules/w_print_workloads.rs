//! W: the rows of `kubectl get` (`rules::kubectl::tables`).

use kubelapse::rules::kubectl::tables::{Cell, lines, row};
use kubelapse::time::Time;
use serde_json::{Value, json};

use super::harness::{Case, check};

#[test]
fn objects_are_printed_as_kubectl_prints_them() {
    check("W_print_workloads", answer);
}

fn answer(case: &Case) -> Value {
    let now = Time::parse_rfc3339(case.input["now"].as_str().expect("an instant")).expect("an instant");
    let wide = row(&case.input["object"], now).expect("a kind with a table");
    let narrow: Vec<Cell> = wide.iter().filter(|cell| !cell.is_wide).cloned().collect();
    let headers = |row: &[Cell]| row.iter().map(|cell| cell.header).collect::<Vec<_>>();
    let cells = |row: &[Cell]| row.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
    let text = |row: &[Cell]| lines(&[cells(row)]).remove(0);
    json!({
        "headers": headers(&narrow),
        "cells": cells(&narrow),
        "wideHeaders": headers(&wide),
        "wideCells": cells(&wide),
        "text": text(&narrow),
        "wideText": text(&wide),
    })
}
