//! `timeline.parquet` and `pods.parquet`: the columns of the CSV tables, typed and dictionary-coded.
//!
//! Seconds are doubles, `timestamp` is an instant with microseconds in UTC, counts are integers, all else is text; what is empty in a CSV
//! cell is null. Rows are gathered by column and written a group at a time.

use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use ::parquet::schema::types::ColumnPath;
use bytes::Bytes;

use super::typed::{self, Rows};
use super::{Directory, Ending, Format, Sink, Transition};

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "parquet",
    file: "timeline.parquet",
    holds: "the same rows and pods.parquet, typed, for DuckDB, pandas, Polars",
    is_whole: true,
    beside: Some(&PODS),
    sink: |out, _| Box::new(Timeline::new(out)),
};

/// The pods, beside it.
const PODS: Format = Format {
    name: "parquet",
    file: "pods.parquet",
    holds: "the pods",
    is_whole: true,
    beside: None,
    sink: |out, _| Box::new(Pods::new(out)),
};

/// So many rows are a group, which a reader takes or leaves as one.
const GROUP: usize = 1 << 17;

const TIMELINE: &str = "message timeline {
    required double time; required int64 timestamp (TIMESTAMP(MICROS,true));
    optional binary namespace (UTF8); optional binary pod (UTF8); optional binary node (UTF8);
    required binary kind (UTF8); optional binary object (UTF8); optional binary from (UTF8); optional binary to (UTF8);
    optional binary ready (UTF8); optional int32 restarts; optional binary reason (UTF8); optional binary message (UTF8);
    optional int32 exit_code; optional int32 count; optional binary owner (UTF8);
}";

const OF_PODS: &str = "message pods {
    optional binary namespace (UTF8); required binary pod (UTF8); optional binary node (UTF8); optional binary qos_class (UTF8);
    optional double created; optional double scheduled; optional double initialized; optional double started;
    optional double ready; optional double finished; optional double removed;
    optional binary phase (UTF8); optional binary status (UTF8); optional binary reason (UTF8);
    required int32 restarts; optional int32 exit_code; required double time_ready;
}";

fn wrong(problem: ParquetError) -> io::Error {
    match problem {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(own) => *own,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

/// A column of rows that are not written yet; what is null has a level and no value.
struct Column<T> {
    values: Vec<T>,
    levels: Vec<i16>,
}

impl<T> Default for Column<T> {
    fn default() -> Column<T> {
        Column { values: Vec::new(), levels: Vec::new() }
    }
}

impl<T> Column<T> {
    fn put(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

impl<T: Clone> Column<T> {
    fn write<D: DataType<T = T>, W: Write + Send>(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        is_required: bool,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        let levels = (!is_required).then_some(self.levels.as_slice());
        column.typed::<D>().write_batch(&self.values, levels, None)?;
        self.values.clear();
        self.levels.clear();
        column.close()
    }
}

type Texts = Column<ByteArray>;

/// A file that is opened when the run begins.
enum File<W: Write + Send> {
    Waits(Option<W>),
    Open(SerializedFileWriter<W>),
}

impl<W: Write + Send> File<W> {
    fn open(&mut self, schema: &str) -> io::Result<()> {
        let File::Waits(out) = self else { return Ok(()) };
        let Some(out) = out.take() else { return Ok(()) };
        let schema = parse_message_type(schema).map_err(wrong)?;
        let instants = ColumnPath::from("timestamp");
        let seconds = ColumnPath::from("time");
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_compression(Compression::SNAPPY)
            .set_created_by("kubelapse".to_owned())
            // Hardly two rows have the same.
            .set_column_dictionary_enabled(instants.clone(), false)
            .set_column_encoding(instants, Encoding::DELTA_BINARY_PACKED)
            .set_column_dictionary_enabled(seconds, false)
            .build();
        *self = File::Open(
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(wrong)?,
        );
        Ok(())
    }
    fn writer(&mut self) -> io::Result<&mut SerializedFileWriter<W>> {
        match self {
            File::Open(writer) => Ok(writer),
            File::Waits(_) => Err(io::Error::other("it was not opened")),
        }
    }
    fn finish(&mut self) -> io::Result<()> {
        let writer = self.writer()?;
        writer.finish().map_err(wrong)?;
        writer.inner_mut().flush()
    }
}

/// A cell of text, as this format takes it.
fn cell(text: Option<Bytes>) -> Option<ByteArray> {
    text.map(ByteArray::from)
}

/// Writes `timeline.parquet`.
pub struct Timeline<W: Write + Send> {
    file: File<W>,
    typed: Rows,
    rows: usize,
    time: Column<f64>,
    timestamp: Column<i64>,
    /// `namespace`, `pod`, `node`.
    head: [Texts; 3],
    /// `kind`, `object`, `from`, `to`, `ready`.
    change: [Texts; 5],
    restarts: Column<i32>,
    /// `reason`, `message`.
    told: [Texts; 2],
    /// `exit_code`, `count`.
    counts: [Column<i32>; 2],
    owner: Texts,
}

impl<W: Write + Send> Timeline<W> {
    /// A table into `out`.
    pub fn new(out: W) -> Timeline<W> {
        Timeline {
            file: File::Waits(Some(out)),
            typed: Rows::default(),
            rows: 0,
            time: Column::default(),
            timestamp: Column::default(),
            head: Default::default(),
            change: Default::default(),
            restarts: Column::default(),
            told: Default::default(),
            counts: Default::default(),
            owner: Column::default(),
        }
    }

    fn row(&mut self, directory: &Directory, row: &Transition) -> io::Result<()> {
        let row = self.typed.row(directory, row);
        self.time.put(Some(row.time));
        self.timestamp.put(Some(row.timestamp));
        let put = |columns: &mut [Texts], texts: &mut dyn Iterator<Item = Option<Bytes>>| {
            columns.iter_mut().zip(texts).for_each(|(column, text)| column.put(cell(text)));
        };
        put(&mut self.head, &mut [row.namespace, row.pod, row.node].into_iter());
        let kind = Some(Bytes::from_static(row.kind.as_bytes()));
        put(&mut self.change, &mut [kind, row.object, row.from, row.to, row.ready].into_iter());
        self.restarts.put(row.restarts);
        put(&mut self.told, &mut [row.reason, row.message].into_iter());
        let [exit_code, count] = &mut self.counts;
        exit_code.put(row.exit_code);
        count.put(row.count);
        self.owner.put(cell(row.owner));
        self.rows += 1;
        if self.rows == GROUP { self.group() } else { Ok(()) }
    }

    /// What was gathered becomes a group.
    fn group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let mut group = self.file.writer()?.next_row_group().map_err(wrong)?;
        let write = |group: &mut SerializedRowGroupWriter<'_, W>| -> Result<(), ParquetError> {
            self.time.write::<DoubleType, W>(group, true)?;
            self.timestamp.write::<Int64Type, W>(group, true)?;
            self.head.iter_mut().try_for_each(|own| own.write::<ByteArrayType, W>(group, false))?;
            let [kind, rest @ ..] = &mut self.change;
            kind.write::<ByteArrayType, W>(group, true)?;
            rest.iter_mut().try_for_each(|own| own.write::<ByteArrayType, W>(group, false))?;
            self.restarts.write::<Int32Type, W>(group, false)?;
            self.told.iter_mut().try_for_each(|own| own.write::<ByteArrayType, W>(group, false))?;
            self.counts.iter_mut().try_for_each(|own| own.write::<Int32Type, W>(group, false))?;
            self.owner.write::<ByteArrayType, W>(group, false)
        };
        let mut write = write;
        write(&mut group).map_err(wrong)?;
        group.close().map_err(wrong)?;
        Ok(())
    }
}

impl<W: Write + Send> Sink for Timeline<W> {
    fn begin(&mut self, _: &Directory) -> io::Result<()> {
        self.file.open(TIMELINE)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(directory, row))
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.group()?;
        self.file.finish()
    }
}

/// Writes `pods.parquet` at the end of a run.
pub struct Pods<W: Write + Send> {
    file: File<W>,
}

impl<W: Write + Send> Pods<W> {
    /// A table of pods into `out`.
    pub fn new(out: W) -> Pods<W> {
        Pods { file: File::Waits(Some(out)) }
    }
}

impl<W: Write + Send> Sink for Pods<W> {
    fn begin(&mut self, _: &Directory) -> io::Result<()> {
        self.file.open(OF_PODS)
    }
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self, directory: &Directory, ending: &Ending<'_>) -> io::Result<()> {
        let all: Vec<_> = directory.pods.iter().zip(ending.pods.iter()).collect();
        for part in all.chunks(GROUP) {
            let (mut names, mut times, mut words) =
                (<[Texts; 4]>::default(), <[Column<f64>; 7]>::default(), <[Texts; 3]>::default());
            let (mut restarts, mut codes, mut ready) =
                (Column::default(), Column::default(), Column::default());
            for (ident, record) in part {
                let row = typed::pod(directory, ident, record);
                names.iter_mut().zip(row.names).for_each(|(column, text)| column.put(cell(text)));
                times.iter_mut().zip(row.times).for_each(|(column, at)| column.put(at));
                words.iter_mut().zip(row.words).for_each(|(column, text)| column.put(cell(text)));
                restarts.put(Some(row.restarts));
                codes.put(row.exit_code);
                ready.put(Some(row.time_ready));
            }
            let mut group = self.file.writer()?.next_row_group().map_err(wrong)?;
            let mut write = || -> Result<(), ParquetError> {
                let [namespace, pod, node, class] = &mut names;
                namespace.write::<ByteArrayType, W>(&mut group, false)?;
                pod.write::<ByteArrayType, W>(&mut group, true)?;
                node.write::<ByteArrayType, W>(&mut group, false)?;
                class.write::<ByteArrayType, W>(&mut group, false)?;
                times.iter_mut().try_for_each(|own| own.write::<DoubleType, W>(&mut group, false))?;
                words.iter_mut().try_for_each(|own| own.write::<ByteArrayType, W>(&mut group, false))?;
                restarts.write::<Int32Type, W>(&mut group, true)?;
                codes.write::<Int32Type, W>(&mut group, false)?;
                ready.write::<DoubleType, W>(&mut group, true)
            };
            write().map_err(wrong)?;
            group.close().map_err(wrong)?;
        }
        self.file.finish()
    }
}
