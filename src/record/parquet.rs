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
use rustc_hash::FxHashMap;

use super::cells::{pod_name, words};
use super::csv::{object_name, object_of};
use super::{
    Change, Directory, Ending, Event, Format, NodeRow, ObjectChange, ObjectRow, PodRow, Sink, Transition,
};
use crate::api::workload::WorkloadState;
use crate::api::{EventText, PodIdent, Sym, Tri};

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

/// A text that lives as long as the program: a copy of it costs nothing.
fn lasting(text: &'static str) -> Option<ByteArray> {
    (!text.is_empty()).then(|| ByteArray::from(Bytes::from_static(text.as_bytes())))
}

fn sym(sym: Sym) -> Option<ByteArray> {
    lasting(sym.as_str())
}

/// Texts as they stand in columns: each is made once.
#[derive(Default)]
struct Known {
    objects: FxHashMap<ObjectRow, ByteArray>,
    /// kubectl's READY.
    ready: FxHashMap<(u32, u32), ByteArray>,
    scratch: String,
    bytes: Vec<u8>,
}

impl Known {
    fn said(&mut self, text: EventText, pod: Option<&PodIdent>) -> Option<ByteArray> {
        match text.fixed() {
            Some(fixed) => sym(fixed),
            None => {
                let words = words(text, pod, &mut self.scratch);
                (!words.is_empty()).then(|| ByteArray::from(words.as_bytes().to_vec()))
            }
        }
    }
    fn pod(&mut self, ident: &PodIdent) -> ByteArray {
        self.bytes.clear();
        pod_name(&mut self.bytes, ident.name);
        ByteArray::from(self.bytes.clone())
    }
    fn ready(&mut self, ready: (u32, u32)) -> ByteArray {
        let make = || ByteArray::from(format!("{}/{}", ready.0, ready.1).into_bytes());
        self.ready.entry(ready).or_insert_with(make).clone()
    }
    fn object(&mut self, directory: &Directory, object: ObjectRow) -> ByteArray {
        let bytes = &mut self.bytes;
        let make = || {
            bytes.clear();
            object_name(bytes, directory, object);
            ByteArray::from(bytes.clone())
        };
        self.objects.entry(object).or_insert_with(make).clone()
    }
}

/// The cells of a row from `kind` on, but for the owner.
#[derive(Default)]
struct Cells {
    kind: &'static str,
    object: Option<ByteArray>,
    from: Option<ByteArray>,
    to: Option<ByteArray>,
    ready: Option<ByteArray>,
    restarts: Option<i32>,
    reason: Option<ByteArray>,
    message: Option<ByteArray>,
    exit_code: Option<i32>,
    count: Option<i32>,
}

/// Writes `timeline.parquet`.
pub struct Timeline<W: Write + Send> {
    file: File<W>,
    known: Known,
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
    /// The name of the pod of the row before.
    last: Option<(PodRow, ByteArray)>,
    owners: FxHashMap<PodRow, Option<ObjectRow>>,
}

impl<W: Write + Send> Timeline<W> {
    /// A table into `out`.
    pub fn new(out: W) -> Timeline<W> {
        Timeline {
            file: File::Waits(Some(out)),
            known: Known::default(),
            rows: 0,
            time: Column::default(),
            timestamp: Column::default(),
            head: Default::default(),
            change: Default::default(),
            restarts: Column::default(),
            told: Default::default(),
            counts: Default::default(),
            owner: Column::default(),
            last: None,
            owners: FxHashMap::default(),
        }
    }

    fn head(&mut self, directory: &Directory, row: &Transition) {
        self.time.put(Some(row.time.since(directory.start).secs_f64()));
        self.timestamp.put(Some(row.time.micros()));
        let [namespaces, pods, nodes] = &mut self.head;
        let namespace = match (row.pod, object_of(row)) {
            (Some(pod), _) => directory.pods[pod as usize].namespace,
            (None, Some(object)) => directory.objects[object as usize].namespace,
            (None, None) => Sym::EMPTY,
        };
        namespaces.put(sym(namespace));
        let name = row.pod.map(|pod| match &self.last {
            Some((last, name)) if *last == pod => name.clone(),
            _ => {
                let name = self.known.pod(&directory.pods[pod as usize]);
                self.last = Some((pod, name.clone()));
                name
            }
        });
        pods.put(name);
        let node = row.node.map_or(Sym::EMPTY, |node: NodeRow| directory.nodes[node as usize]);
        nodes.put(sym(node));
    }

    fn row(&mut self, directory: &Directory, row: &Transition) -> io::Result<()> {
        self.head(directory, row);
        let pod = row.pod.map(|pod| &directory.pods[pod as usize]);
        let cells = cells(&mut self.known, directory, &row.change, pod);
        let texts = [lasting(cells.kind), cells.object, cells.from, cells.to, cells.ready];
        self.change.iter_mut().zip(texts).for_each(|(column, text)| column.put(text));
        self.restarts.put(cells.restarts);
        let [reason, message] = &mut self.told;
        reason.put(cells.reason);
        message.put(cells.message);
        let [exit_code, count] = &mut self.counts;
        exit_code.put(cells.exit_code);
        count.put(cells.count);
        if let (Some(pod), Change::Owner { to, .. }) = (row.pod, row.change) {
            self.owners.insert(pod, to);
        }
        let owner = match row.pod {
            None => object_of(row),
            Some(pod) => self.owners.get(&pod).copied().unwrap_or(directory.owners[pod as usize]),
        };
        self.owner.put(owner.map(|owner| self.known.object(directory, owner)));
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

fn tri(status: Option<Tri>) -> &'static str {
    status.map_or("", Tri::as_str)
}

fn whole(count: u32) -> Option<i32> {
    Some(i32::try_from(count).unwrap_or(i32::MAX))
}

fn text(words: String) -> Option<ByteArray> {
    (!words.is_empty()).then(|| ByteArray::from(words.into_bytes()))
}

fn condition(
    known: &mut Known,
    (kind, object): (&'static str, Sym),
    (from, to): (Option<Tri>, Option<Tri>),
    (reason, message): (Sym, EventText),
    pod: Option<&PodIdent>,
) -> Cells {
    Cells {
        kind,
        object: sym(object),
        from: lasting(tri(from)),
        to: lasting(tri(to)),
        reason: sym(reason),
        message: known.said(message, pod),
        ..Cells::default()
    }
}

fn event(known: &mut Known, own: &Event, pod: Option<&PodIdent>) -> Cells {
    Cells {
        kind: "event",
        object: sym(own.component),
        to: lasting(own.kind.as_str()),
        reason: sym(own.reason),
        message: known.said(own.message, pod),
        count: whole(own.count),
        ..Cells::default()
    }
}

fn cells(known: &mut Known, directory: &Directory, change: &Change, pod: Option<&PodIdent>) -> Cells {
    match change {
        Change::Phase { from, to } => {
            Cells { kind: "phase", from: sym(*from), to: sym(*to), ..Cells::default() }
        }
        Change::Condition { kind, from, to, reason, message } => {
            condition(known, ("condition", *kind), (*from, *to), (*reason, (*message).into()), pod)
        }
        Change::Node { kind, from, to, reason, message } => {
            condition(known, ("node", *kind), (*from, *to), (*reason, (*message).into()), None)
        }
        Change::Container { name, from, to, ready, restarts, reason, message, exit_code } => Cells {
            kind: "container",
            object: sym(*name),
            from: sym(*from),
            to: sym(*to),
            ready: lasting(if *ready { "true" } else { "false" }),
            restarts: Some(*restarts),
            reason: sym(*reason),
            message: known.said((*message).into(), pod),
            exit_code: *exit_code,
            count: None,
        },
        Change::Status { from, to, ready, restarts } => Cells {
            kind: "status",
            from: sym(*from),
            to: sym(*to),
            ready: Some(known.ready(*ready)),
            restarts: Some(*restarts),
            ..Cells::default()
        },
        Change::Event(own) => event(known, own, pod),
        Change::Owner { from, to } => Cells {
            kind: "owner",
            from: from.map(|owner| known.object(directory, owner)),
            to: to.map(|owner| known.object(directory, owner)),
            ..Cells::default()
        },
        Change::Object { object, what } => of_object(known, directory, *object, what),
    }
}

/// The same of an object that is neither a pod nor a node.
fn of_object(known: &mut Known, directory: &Directory, object: ObjectRow, what: &ObjectChange) -> Cells {
    match what {
        ObjectChange::Workload { from, to, ready } => {
            let word = |state: &Option<WorkloadState>| state.map_or("", WorkloadState::as_str);
            Cells {
                kind: "workload",
                from: lasting(word(from)),
                to: lasting(word(to)),
                ready: text(ready.to_string()),
                ..Cells::default()
            }
        }
        ObjectChange::Condition { kind, from, to, reason, message } => {
            condition(known, ("condition", *kind), (*from, *to), (*reason, (*message).into()), None)
        }
        ObjectChange::Event(own) => event(known, own, None),
        ObjectChange::Endpoints { from, to, serving, terminating } => {
            let count = |count: &Option<u32>| text(count.map_or_else(String::new, |count| count.to_string()));
            Cells {
                kind: "endpoints",
                object: sym(directory.objects[object as usize].name),
                from: count(from),
                to: count(to),
                message: text(format!("serving {serving}, terminating {terminating}")),
                ..Cells::default()
            }
        }
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
        let mut known = Known::default();
        let all: Vec<_> = directory.pods.iter().zip(ending.pods.iter()).collect();
        for part in all.chunks(GROUP) {
            let (mut names, mut times, mut words) =
                (<[Texts; 4]>::default(), <[Column<f64>; 7]>::default(), <[Texts; 3]>::default());
            let (mut restarts, mut codes, mut ready) =
                (Column::default(), Column::default(), Column::default());
            for (ident, record) in part {
                let node = record.node.map_or(Sym::EMPTY, |node| directory.nodes[node as usize]);
                let pod = known.pod(ident);
                let own = [sym(ident.namespace), Some(pod), sym(node), sym(record.qos_class)];
                names.iter_mut().zip(own).for_each(|(column, text)| column.put(text));
                let r = record;
                let own = [r.created, r.scheduled, r.initialized, r.started, r.ready, r.finished, r.removed];
                let since = |at: crate::time::Time| at.since(directory.start).secs_f64();
                times.iter_mut().zip(own).for_each(|(column, at)| column.put(at.map(since)));
                let own = [sym(r.phase), sym(r.status), sym(r.reason)];
                words.iter_mut().zip(own).for_each(|(column, text)| column.put(text));
                restarts.put(Some(r.restarts));
                codes.put(r.exit_code);
                ready.put(Some(crate::time::Span::from_micros(r.ready_micros).secs_f64()));
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
