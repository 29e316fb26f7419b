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
    StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, Field, Schema};
use bytes::Bytes;
use kubelapse::record::{Directory, PodRecord, Transition, csv, typed};
use kubelapse::time::Time;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use rustc_hash::FxHashMap;

/// Rows in columns. `polars.DataFrame(table)`, `pandas.DataFrame.from_arrow(table)`, `pyarrow.table(table)` and DuckDB take it as it is.
#[pyclass(frozen, module = "kubelapse")]
pub struct Table(RecordBatch);

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
    pub fn timeline(directory: &Directory, rows: &[Transition]) -> PyResult<Table> {
        let mut typed = typed::Rows::default();
        let (mut time, mut timestamp) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let mut texts: [Texts; 11] = Default::default();
        let mut whole: [Vec<Option<i32>>; 3] = Default::default();
        for row in rows {
            let row = typed.row(directory, row);
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

    /// A table that the program writes as CSV: numbers are whole but for `time`.
    ///
    /// # Errors
    /// It is none.
    pub fn of_csv(bytes: &[u8], texts: &[&str]) -> PyResult<Table> {
        let problem = |problem: ::csv::Error| PyRuntimeError::new_err(problem.to_string());
        let mut reader = ::csv::Reader::from_reader(bytes);
        let heads = reader.headers().map_err(problem)?.clone();
        let records: Vec<::csv::StringRecord> =
            reader.records().collect::<Result<_, _>>().map_err(problem)?;
        let cells =
            |ix: usize| records.iter().map(move |record| record.get(ix).filter(|cell| !cell.is_empty()));
        let columns = heads.iter().enumerate().map(|(ix, head)| {
            let array: ArrayRef = match head {
                "time" => Arc::new(cells(ix).map(|cell| cell?.parse().ok()).collect::<Float64Array>()),
                "timestamp" => {
                    instants(cells(ix).map(|cell| Time::parse_rfc3339(cell?).map(Time::micros)).collect())
                }
                head if texts.contains(&head) => {
                    let mut column = Texts::default();
                    cells(ix).for_each(|cell| {
                        column.put(cell.map(|cell| Bytes::copy_from_slice(cell.as_bytes())))
                    });
                    column.array()
                }
                _ => Arc::new(cells(ix).map(|cell| cell?.parse().ok()).collect::<Int64Array>()),
            };
            (head, array)
        });
        table(columns.collect()).map_err(|problem| broken(&problem))
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
    /// One column, as a list.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let Some(array) = self.0.column_by_name(name) else {
            let words = format!("there is no column `{name}`; there are {}", self.columns().join(", "));
            return Err(PyKeyError::new_err(words));
        };
        let all: PyResult<Vec<_>> = (0..array.len()).map(|row| Table::cell(py, array, row)).collect();
        PyList::new(py, all?)
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
