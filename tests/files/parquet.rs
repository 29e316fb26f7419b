//! Columns: read again by the crate that writes them, and by DuckDB and Polars where there is a Python that has them, they hold the rows
//! of the CSV tables.

use std::collections::BTreeMap;
use std::process::Command;

use kubelapse::record::parquet::FORMAT;
use kubelapse::record::{Format, csv as tables};
use parquet::basic::Encoding;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

use super::clients::python;
use super::hostile;
use super::metrics::Folder;
use super::written::{bytes_of_run, of_run, plan};

/// A table, each cell as CSV would have it.
fn read(bytes: Vec<u8>) -> Vec<BTreeMap<String, String>> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).expect("a Parquet file");
    let rows = reader.get_row_iter(None).expect("rows");
    rows.map(|row| {
        let row = row.expect("a row");
        row.get_column_iter().map(|(name, field)| (name.clone(), cell(field))).collect()
    })
    .collect()
}

fn cell(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Int(number) => number.to_string(),
        Field::Double(seconds) => format!("{seconds:.6}"),
        Field::TimestampMicros(micros) => kubelapse::time::Time::from_micros(*micros).rfc3339_micros(),
        other => panic!("{other:?}"),
    }
}

fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("a head").clone();
    let cells =
        |row: csv::StringRecord| names.iter().zip(&row).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    reader.records().map(|row| cells(row.expect("a row"))).collect()
}

#[test]
fn columns_hold_the_rows_of_the_table() {
    for name in ["crash-loop", "workloads/rollout-stalls", "node-lost"] {
        let plan = plan(name);
        let bytes = bytes_of_run(&FORMAT, &plan, 0);
        assert_eq!(bytes, bytes_of_run(&FORMAT, &plan, 0), "the same bytes each time");
        assert_eq!(read(bytes), table(&of_run(&tables::FORMAT, &plan, 0)), "{name}");
    }
}

#[test]
fn pods_have_their_figures() {
    let pods: &Format = FORMAT.beside.expect("pods are written beside");
    let plan = plan("workloads/rollout-stalls");
    let rows = read(bytes_of_run(pods, &plan, 0));
    assert_eq!(rows.len(), 7);
    assert!(rows.iter().all(|row| row.keys().count() == tables::POD_COLUMNS.len()));
    assert!(
        rows.iter().any(|row| !row["removed"].is_empty())
            && rows.iter().any(|row| row["status"] == "Running")
    );
}

#[test]
fn texts_are_coded_by_a_dictionary() {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes_of_run(&FORMAT, &plan("crash-loop"), 0)));
    let reader = reader.expect("a Parquet file");
    let group = reader.metadata().row_group(0);
    for column in group.columns() {
        let is_text = column.column_type() == parquet::basic::Type::BYTE_ARRAY;
        let is_coded = column
            .encodings()
            .any(|own| own == Encoding::PLAIN_DICTIONARY || own == Encoding::RLE_DICTIONARY);
        assert!(is_coded || !is_text, "{}", column.column_path());
    }
}

#[test]
fn hostile_texts_are_read_again() {
    let rows = read(hostile::written("parquet", true));
    assert_eq!(rows.len(), hostile::life(true).1.len());
    for text in hostile::texts() {
        assert!(rows.iter().any(|row| row["message"] == text), "{text:.20}");
    }
}

#[test]
fn duckdb_and_polars_read_it() {
    let folder = Folder::new("parquet");
    let file = folder.0.join("timeline.parquet");
    let plan = plan("crash-loop");
    std::fs::write(&file, bytes_of_run(&FORMAT, &plan, 0)).expect("a file");
    let rows = table(&of_run(&tables::FORMAT, &plan, 0));
    let loops = rows.iter().filter(|row| row["to"] == "CrashLoopBackOff").count();
    let duckdb = "import duckdb, sys; print(*duckdb.sql(f\"\"\"SELECT count(*), count(*) FILTER (\"to\" = 'CrashLoopBackOff'), \
                  typeof(any_value(timestamp)), typeof(any_value(time)) FROM '{sys.argv[1]}'\"\"\").fetchall()[0], sep='|')";
    let polars = "import polars, sys; t = polars.read_parquet(sys.argv[1]); print(t.height, \
                  t.filter(polars.col('to') == 'CrashLoopBackOff').height, t['timestamp'].dtype, t['time'].dtype, sep='|')";
    for (module, script, types) in [
        ("duckdb", duckdb, "TIMESTAMP WITH TIME ZONE|DOUBLE"),
        ("polars", polars, "Datetime(time_unit='us', time_zone='UTC')|Float64"),
    ] {
        let Some(python) = python(module) else { continue };
        let output = Command::new(python).args(["-c", script]).arg(&file).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told.trim(), format!("{}|{loops}|{types}", rows.len()), "{module}: {said}");
    }
}
