//! `workloads.csv` and `endpoints.csv`: how workloads and Services stood after each write that changed a number of theirs.

use std::io::{self, Write};

use super::cells::{Lines, Stamp, cell, integer, seconds};
use super::{Change, Directory, Ending, FiguresRow, Format, ObjectChange, Sink, Transition};
use crate::time::Time;

/// What is written beside a timeline where there are workloads.
pub const TABLES: [&Format; 2] = [&WORKLOADS, &ENDPOINTS];

/// How workloads stood.
const WORKLOADS: Format = Format {
    name: "workloads",
    file: "workloads.csv",
    holds: "a row whenever a number of a workload's status changes",
    is_whole: false,
    beside: None,
    sink: |out, _| Box::new(Workloads::new(out)),
};

/// How Services stood.
const ENDPOINTS: Format = Format {
    name: "endpoints",
    file: "endpoints.csv",
    holds: "a row whenever the endpoints of a Service change",
    is_whole: false,
    beside: None,
    sink: |out, _| Box::new(Endpoints::new(out)),
};

/// The columns of `workloads.csv`.
pub const WORKLOAD_COLUMNS: [&str; 16] = [
    "time",
    "timestamp",
    "namespace",
    "kind",
    "name",
    "revision",
    "desired",
    "current",
    "updated",
    "ready",
    "available",
    "unavailable",
    "active",
    "succeeded",
    "failed",
    "condition",
];

/// The columns of `endpoints.csv`.
pub const ENDPOINT_COLUMNS: [&str; 7] =
    ["time", "timestamp", "namespace", "service", "ready", "serving", "terminating"];

/// Writes `workloads.csv`.
pub struct Workloads<W: Write>(Table<W>);

impl<W: Write> Workloads<W> {
    /// A table into `out`; the head is written with the beginning of the run.
    pub fn new(out: W) -> Workloads<W> {
        Workloads(Table::new(out))
    }
}

impl<W: Write> Sink for Workloads<W> {
    fn begin(&mut self, _: &Directory) -> io::Result<()> {
        self.0.head(&WORKLOAD_COLUMNS)
    }
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn figures(&mut self, directory: &Directory, rows: &[FiguresRow]) -> io::Result<()> {
        for row in rows {
            let ident = directory.objects[row.object as usize];
            self.0.start(directory, row.time, ident.namespace.as_str());
            let out = &mut self.0.lines.bytes;
            for text in [ident.kind, ident.name] {
                out.push(b',');
                cell(out, text.as_str());
            }
            out.push(b',');
            let figures = row.figures.unwrap_or_default();
            if let Some(revision) = figures.revision {
                integer(out, revision);
            }
            let counts = [
                figures.desired,
                figures.current,
                figures.updated,
                figures.ready,
                figures.available,
                figures.unavailable,
                figures.active,
                figures.succeeded,
                figures.failed,
            ];
            for count in counts {
                out.push(b',');
                if let Some(count) = count {
                    integer(out, count);
                }
            }
            out.push(b',');
            cell(out, if row.figures.is_some() { figures.conditions.as_str() } else { "(removed)" });
            self.0.lines.end()?;
        }
        Ok(())
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.0.lines.finish()
    }
}

/// Writes `endpoints.csv`.
pub struct Endpoints<W: Write>(Table<W>);

impl<W: Write> Endpoints<W> {
    /// A table into `out`; the head is written with the beginning of the run.
    pub fn new(out: W) -> Endpoints<W> {
        Endpoints(Table::new(out))
    }
}

impl<W: Write> Sink for Endpoints<W> {
    fn begin(&mut self, _: &Directory) -> io::Result<()> {
        self.0.head(&ENDPOINT_COLUMNS)
    }
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            let Change::Object { object, what: ObjectChange::Endpoints { to, serving, terminating, .. } } =
                row.change
            else {
                continue;
            };
            let ident = directory.objects[object as usize];
            self.0.start(directory, row.time, ident.namespace.as_str());
            let out = &mut self.0.lines.bytes;
            out.push(b',');
            cell(out, ident.name.as_str());
            for count in [to.unwrap_or(0), serving, terminating] {
                out.push(b',');
                integer(out, count);
            }
            self.0.lines.end()?;
        }
        Ok(())
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.0.lines.finish()
    }
}

/// What both tables begin their lines with.
struct Table<W: Write> {
    lines: Lines<W>,
    stamp: Stamp,
}

impl<W: Write> Table<W> {
    fn new(out: W) -> Table<W> {
        Table { lines: Lines::new(out), stamp: Stamp::new() }
    }
    fn head(&mut self, columns: &[&str]) -> io::Result<()> {
        self.lines.bytes.extend_from_slice(columns.join(",").as_bytes());
        self.lines.end()
    }
    /// `time,timestamp,namespace`
    fn start(&mut self, directory: &Directory, time: Time, namespace: &str) {
        let out = &mut self.lines.bytes;
        seconds(out, time.since(directory.start).micros());
        out.push(b',');
        self.stamp.write(out, time);
        out.push(b',');
        out.extend_from_slice(namespace.as_bytes());
    }
}
