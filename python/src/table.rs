//! Rows as tables: columns of Arrow, handed over through its C interface, so that Polars, pandas, pyarrow and DuckDB take
//! them without a copy.
//!
//! Columns are those of the program's CSV tables; texts are dictionary-coded, instants are `timestamp[us, UTC]`, seconds doubles, what is
//! empty in a cell is null.

use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, RecordBatchIterator,
    StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use bytes::Bytes;
use kubelapse::record::{Directory, PodRecord, Transition, csv, typed};
use kubelapse::time::Time;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyIterator, PyList, PyTuple};
use rustc_hash::FxHashMap;

/// Rows in columns. `polars.DataFrame(table)`, `pandas.DataFrame.from_arrow(table)`, `pyarrow.table(table)` and DuckDB take it as it is.
#[pyclass(frozen, module = "kubelapse")]
pub struct Table(RecordBatch);

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Dictionary-coded.
    Text,
    /// Up to 2^31.
    Small,
    /// Up to 2^63.
    Whole,
    /// From 0 up to 2^64: seeds.
    Unsigned,
    /// Seconds, shares and the like.
    Number,
    /// An instant, to the microsecond.
    Instant,
}

impl Kind {
    const ALL: [(Kind, &'static str); 6] = [
        (Kind::Text, "text"),
        (Kind::Small, "small"),
        (Kind::Whole, "whole"),
        (Kind::Unsigned, "unsigned"),
        (Kind::Number, "number"),
        (Kind::Instant, "instant"),
    ];
    fn of(array: &ArrayRef) -> Kind {
        match array.data_type() {
            DataType::Int32 => Kind::Small,
            DataType::Int64 => Kind::Whole,
            DataType::UInt64 => Kind::Unsigned,
            DataType::Float64 => Kind::Number,
            DataType::Timestamp(..) => Kind::Instant,
            _ => Kind::Text,
        }
    }
    fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(own, _)| *own == self).map_or("text", |(_, name)| name)
    }
    fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, own)| *own == name).map(|(kind, _)| *kind)
    }
    /// A column of cells as a file has them; what is empty is null.
    fn array<'a>(self, cells: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
        match self {
            Kind::Text => {
                let mut column = Texts::default();
                cells.for_each(|cell| column.put(cell.map(|cell| Bytes::copy_from_slice(cell.as_bytes()))));
                column.array()
            }
            Kind::Small => Arc::new(cells.map(|cell| cell?.parse().ok()).collect::<Int32Array>()),
            Kind::Whole => Arc::new(cells.map(|cell| cell?.parse().ok()).collect::<Int64Array>()),
            Kind::Unsigned => Arc::new(cells.map(|cell| cell?.parse().ok()).collect::<UInt64Array>()),
            Kind::Number => Arc::new(cells.map(|cell| cell?.parse().ok()).collect::<Float64Array>()),
            Kind::Instant => {
                instants(cells.map(|cell| Time::parse_rfc3339(cell?).map(Time::micros)).collect())
            }
        }
    }
    /// A column of cells as Python has them.
    fn array_of(self, cells: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
        Ok(match self {
            Kind::Text => {
                let mut column = Texts::default();
                let cells = cells.extract::<Vec<Option<String>>>()?;
                cells.into_iter().for_each(|cell| column.put(cell.map(Bytes::from)));
                column.array()
            }
            Kind::Small => Arc::new(Int32Array::from(cells.extract::<Vec<Option<i32>>>()?)),
            Kind::Whole => Arc::new(Int64Array::from(cells.extract::<Vec<Option<i64>>>()?)),
            Kind::Unsigned => Arc::new(UInt64Array::from(cells.extract::<Vec<Option<u64>>>()?)),
            Kind::Number => Arc::new(Float64Array::from(cells.extract::<Vec<Option<f64>>>()?)),
            Kind::Instant => {
                let cells = cells.extract::<Vec<Option<String>>>()?;
                instants(
                    cells.iter().map(|cell| Time::parse_rfc3339(cell.as_ref()?).map(Time::micros)).collect(),
                )
            }
        })
    }
}

/// The columns of timeline.csv.
pub fn of_timeline(name: &str) -> Kind {
    match name {
        "time" => Kind::Number,
        "timestamp" => Kind::Instant,
        "restarts" | "exit_code" | "count" => Kind::Small,
        _ => Kind::Text,
    }
}

/// The columns of pods.csv.
pub fn of_pods(name: &str) -> Kind {
    let texts = ["namespace", "pod", "node", "qos_class", "phase", "status", "reason"];
    match name {
        "restarts" | "exit_code" => Kind::Small,
        name if texts.contains(&name) => Kind::Text,
        _ => Kind::Number,
    }
}

/// The columns of workloads.csv and endpoints.csv.
pub fn of_objects(name: &str) -> Kind {
    let texts = ["namespace", "kind", "name", "revision", "condition", "service"];
    match name {
        "time" => Kind::Number,
        "timestamp" => Kind::Instant,
        name if texts.contains(&name) => Kind::Text,
        _ => Kind::Whole,
    }
}

/// A column of text: each text once, and which of them stands in a row.
#[derive(Default)]
struct Texts {
    keys: Vec<Option<i32>>,
    texts: Vec<Bytes>,
    known: FxHashMap<Bytes, i32>,
}

impl Texts {
    fn put(&mut self, text: Option<Bytes>) {
        let key = text.map(|text| {
            let next = self.texts.len() as i32;
            *self.known.entry(text).or_insert_with_key(|text| {
                self.texts.push(text.clone());
                next
            })
        });
        self.keys.push(key);
    }
    fn array(self) -> ArrayRef {
        let texts: StringArray = self.texts.iter().map(|text| Some(String::from_utf8_lossy(text))).collect();
        // Each key is that of a text.
        let coded = DictionaryArray::<Int32Type>::try_new(Int32Array::from(self.keys), Arc::new(texts));
        coded.map_or_else(
            |_| Arc::new(Int32Array::new_null(0)) as ArrayRef,
            |coded| Arc::new(coded) as ArrayRef,
        )
    }
}

fn instants(micros: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
}

fn table(columns: Vec<(&str, ArrayRef)>) -> Result<Table, ArrowError> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map(Table)
}

fn broken(problem: &ArrowError) -> PyErr {
    PyRuntimeError::new_err(problem.to_string())
}

impl Table {
    /// The rows of timeline.csv.
    ///
    /// # Errors
    /// More rows than a table can have.
    pub fn timeline(directory: &Directory, rows: impl IntoIterator<Item = Transition>) -> PyResult<Table> {
        let mut typed = typed::Rows::default();
        let rows = rows.into_iter();
        let most = rows.size_hint().0;
        let (mut time, mut timestamp) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let mut texts: [Texts; 11] = Default::default();
        let mut whole: [Vec<Option<i32>>; 3] = Default::default();
        for row in rows {
            let row = typed.row(directory, &row);
            time.push(row.time);
            timestamp.push(Some(row.timestamp));
            let kind = Some(Bytes::from_static(row.kind.as_bytes()));
            let cells = [
                row.namespace,
                row.pod,
                row.node,
                kind,
                row.object,
                row.from,
                row.to,
                row.ready,
                row.reason,
                row.message,
                row.owner,
            ];
            texts.iter_mut().zip(cells).for_each(|(column, cell)| column.put(cell));
            whole
                .iter_mut()
                .zip([row.restarts, row.exit_code, row.count])
                .for_each(|(column, cell)| column.push(cell));
        }
        let [namespace, pod, node, kind, object, from, to, ready, reason, message, owner] =
            texts.map(Texts::array);
        let [restarts, exit_code, count] = whole.map(|own| Arc::new(Int32Array::from(own)) as ArrayRef);
        table(vec![
            ("time", Arc::new(Float64Array::from(time))),
            ("timestamp", instants(timestamp)),
            ("namespace", namespace),
            ("pod", pod),
            ("node", node),
            ("kind", kind),
            ("object", object),
            ("from", from),
            ("to", to),
            ("ready", ready),
            ("restarts", restarts),
            ("reason", reason),
            ("message", message),
            ("exit_code", exit_code),
            ("count", count),
            ("owner", owner),
        ])
        .map_err(|problem| broken(&problem))
    }

    /// The rows of pods.csv.
    ///
    /// # Errors
    /// More rows than a table can have.
    pub fn pods(directory: &Directory, pods: &[PodRecord]) -> PyResult<Table> {
        let mut names: [Texts; 4] = Default::default();
        let mut times: [Vec<Option<f64>>; 7] = Default::default();
        let mut words: [Texts; 3] = Default::default();
        let (mut restarts, mut codes, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        for (ident, record) in directory.pods.iter().zip(pods) {
            let row = typed::pod(directory, ident, record);
            names.iter_mut().zip(row.names).for_each(|(column, cell)| column.put(cell));
            times.iter_mut().zip(row.times).for_each(|(column, cell)| column.push(cell));
            words.iter_mut().zip(row.words).for_each(|(column, cell)| column.put(cell));
            restarts.push(row.restarts);
            codes.push(row.exit_code);
            ready.push(row.time_ready);
        }
        let seconds = times.map(|own| Arc::new(Float64Array::from(own)) as ArrayRef);
        let arrays = names.map(Texts::array).into_iter().chain(seconds).chain(words.map(Texts::array));
        let mut columns: Vec<(&str, ArrayRef)> = csv::POD_COLUMNS.into_iter().zip(arrays).collect();
        columns.push(("restarts", Arc::new(Int32Array::from(restarts))));
        columns.push(("exit_code", Arc::new(Int32Array::from(codes))));
        columns.push(("time_ready", Arc::new(Float64Array::from(ready))));
        table(columns).map_err(|problem| broken(&problem))
    }

    /// A table that the program writes as CSV. `kind` says what stands in a column, by its place and its name.
    ///
    /// # Errors
    /// It is none.
    pub fn of_csv(bytes: &[u8], kind: impl Fn(usize, &str) -> Kind) -> PyResult<Table> {
        let problem = |problem: ::csv::Error| PyRuntimeError::new_err(problem.to_string());
        let mut reader = ::csv::Reader::from_reader(bytes);
        let heads = reader.headers().map_err(problem)?.clone();
        let records: Vec<::csv::StringRecord> =
            reader.records().collect::<Result<_, _>>().map_err(problem)?;
        let cells =
            |ix: usize| records.iter().map(move |record| record.get(ix).filter(|cell| !cell.is_empty()));
        let columns = heads.iter().enumerate().map(|(ix, head)| (head, kind(ix, head).array(cells(ix))));
        table(columns.collect()).map_err(|problem| broken(&problem))
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.0.num_rows()
    }

    fn cells<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Bound<'py, PyList>> {
        let all: PyResult<Vec<_>> = (0..array.len()).map(|row| Table::cell(py, array, row)).collect();
        PyList::new(py, all?)
    }

    fn cell<'py>(py: Python<'py>, array: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
        if array.is_null(row) {
            return Ok(py.None().into_bound(py));
        }
        let any = array.as_any();
        if let Some(own) = any.downcast_ref::<Float64Array>() {
            return Ok(own.value(row).into_pyobject(py)?.into_any());
        }
        if let Some(own) = any.downcast_ref::<Int32Array>() {
            return Ok(own.value(row).into_pyobject(py)?.into_any());
        }
        if let Some(own) = any.downcast_ref::<Int64Array>() {
            return Ok(own.value(row).into_pyobject(py)?.into_any());
        }
        if let Some(own) = any.downcast_ref::<UInt64Array>() {
            return Ok(own.value(row).into_pyobject(py)?.into_any());
        }
        if let Some(own) = any.downcast_ref::<TimestampMicrosecondArray>() {
            return Ok(Time::from_micros(own.value(row)).rfc3339_micros().into_pyobject(py)?.into_any());
        }
        let text = any.downcast_ref::<DictionaryArray<Int32Type>>().and_then(|own| {
            let texts = own.values().as_any().downcast_ref::<StringArray>()?;
            Some(texts.value(usize::try_from(own.keys().value(row)).ok()?))
        });
        Ok(text.unwrap_or_default().into_pyobject(py)?.into_any())
    }
}

#[pymethods]
impl Table {
    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    }
    fn __len__(&self) -> usize {
        self.0.num_rows()
    }
    fn __repr__(&self) -> String {
        format!("<table of {} rows: {}>", self.0.num_rows(), self.columns().join(", "))
    }
    /// The first rows, for a notebook.
    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let row = |tag: &str, cells: Vec<String>| {
            let cells: String =
                cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
            format!("<tr>{cells}</tr>")
        };
        let mut text = format!("<table><thead>{}</thead><tbody>", row("th", self.columns()));
        for ix in 0..self.0.num_rows().min(SHOWN) {
            let cells = self.0.columns().iter().map(|array| {
                let cell = Table::cell(py, array, ix)?;
                if cell.is_none() { Ok(String::new()) } else { Ok(cell.str()?.to_string()) }
            });
            text.push_str(&row("td", cells.collect::<PyResult<_>>()?));
        }
        let more = self.0.num_rows().saturating_sub(SHOWN);
        let more = if more > 0 { format!("<p>… and {more} more rows</p>") } else { String::new() };
        Ok(format!("{text}</tbody></table>{more}"))
    }
    /// For `pickle`: its columns.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let columns: PyResult<Vec<_>> = self
            .columns()
            .into_iter()
            .zip(self.0.columns())
            .map(|(name, array)| Ok((name, Kind::of(array).name(), Table::cells(py, array)?)))
            .collect();
        let made = py.import("kubelapse._kubelapse")?.getattr("table_of")?;
        Ok((made, PyTuple::new(py, [PyList::new(py, columns?)?])?))
    }
    /// One column, as a list.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let Some(array) = self.0.column_by_name(name) else {
            let words = format!("there is no column `{name}`; there are {}", self.columns().join(", "));
            return Err(PyKeyError::new_err(words));
        };
        Table::cells(py, array)
    }
    /// The rows as dicts, for who has no library of tables.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let names = self.columns();
        let row = |row: usize| {
            let dict = PyDict::new(py);
            for (name, array) in names.iter().zip(self.0.columns()) {
                dict.set_item(name, Table::cell(py, array, row)?)?;
            }
            Ok(dict)
        };
        (0..self.0.num_rows()).map(row).collect()
    }
    /// Row by row, as dicts.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.rows(py)?)?.try_iter()
    }
    /// Arrow's C stream (the PyCapsule interface). A wanted schema is not heeded, as the interface allows.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let batches = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

/// So many rows a notebook shows.
const SHOWN: usize = 20;

/// A text in a page.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A table of columns: names, kinds and cells, as a pickled one has them.
#[pyfunction]
pub fn table_of(columns: Vec<(String, String, Bound<'_, PyAny>)>) -> PyResult<Table> {
    let unknown = || PyRuntimeError::new_err("this is no table that was pickled");
    let array = |(name, kind, cells): &(String, String, Bound<'_, PyAny>)| {
        Ok((name.clone(), Kind::parse(kind).ok_or_else(unknown)?.array_of(cells)?))
    };
    let arrays: Vec<(String, ArrayRef)> = columns.iter().map(array).collect::<PyResult<_>>()?;
    let columns = arrays.iter().map(|(name, array)| (name.as_str(), Arc::clone(array))).collect();
    table(columns).map_err(|problem| broken(&problem))
}
