//! `metrics.txt`: what kube-state-metrics would have said of a run at each scrape, in OpenMetrics' text format with timestamps, for
//! `promtool tsdb create-blocks-from openmetrics`.
//!
//! A series that goes away ends: it has no sample from the next scrape on. The format has no word for that, so that Prometheus
//! answers it for five minutes more.

pub mod series;

use std::io::{self, Write};

use super::cells::{Lines, integer};
use super::{Directory, Ending, Format, Scrape, Sink, Transition};
use crate::api::sample::number;
use crate::time::{Span, Time};
use series::Series;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "openmetrics",
    file: "metrics.txt",
    holds: "series of kube-state-metrics with timestamps, for Prometheus",
    is_whole: true,
    beside: None,
    sink: |out, settings| Box::new(Metrics::new(out, settings.scrape_interval)),
};

/// Writes `metrics.txt` at the end of a run: what belongs together must stand together.
pub struct Metrics<W: Write> {
    lines: Lines<W>,
    every: Span,
    series: Series,
}

impl<W: Write> Metrics<W> {
    /// Series into `out`, scraped so often.
    pub fn new(out: W, every: Span) -> Metrics<W> {
        Metrics { lines: Lines::new(out), every, series: Series::default() }
    }
}

impl<W: Write> Sink for Metrics<W> {
    fn scrape_interval(&self) -> Option<Span> {
        Some(self.every)
    }
    fn scraped(&mut self, scrape: &Scrape) -> io::Result<()> {
        self.series.take(scrape);
        Ok(())
    }
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        let stamps: Vec<Vec<u8>> = self.series.ticks().iter().map(|at| stamp(*at)).collect();
        for (family, all) in self.series.families() {
            let out = &mut self.lines.bytes;
            out.extend_from_slice(b"# TYPE ");
            // A counter is called without what its samples end with.
            let (name, kind) =
                family.strip_suffix("_total").map_or((family, " gauge"), |name| (name, " counter"));
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(kind.as_bytes());
            self.lines.end()?;
            for one in all {
                for run in one.runs() {
                    let head = format!("{family}{{{}}} {} ", one.labels, number(run.value));
                    for stamp in &stamps[run.ticks(stamps.len())] {
                        self.lines.bytes.extend_from_slice(head.as_bytes());
                        self.lines.bytes.extend_from_slice(stamp);
                        self.lines.end()?;
                    }
                }
            }
        }
        self.lines.bytes.extend_from_slice(b"# EOF");
        self.lines.end()?;
        self.lines.finish()
    }
}

/// Seconds since the epoch, with what is behind the point where there is something.
fn stamp(at: Time) -> Vec<u8> {
    let mut out = Vec::new();
    integer(&mut out, at.secs());
    let millis = at.micros().rem_euclid(1_000_000) / 1000;
    if millis > 0 {
        out.extend_from_slice(format!(".{millis:03}").as_bytes());
    }
    out
}
