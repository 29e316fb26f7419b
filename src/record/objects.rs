//! `pods.jsonl`: the Pod objects as the API would return them, one `v1` List a line.
//!
//! A line is what `GET /api/v1/pods` would answer after a change, in the order of the API server's storage (namespace,
//! name). Its `resourceVersion` is the step of the run that made the change, as is each pod's; `timestamp` (which no
//! real list has) says when. Every line holds every pod, so this is a format for few pods.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::cells::{Lines, Stamp, integer};
use super::{Directory, Ending, Format, PodRow, Sink, Transition, Written};
use crate::api::wire;

/// One of the formats of a timeline.
pub const FORMAT: Format = Format {
    name: "pods",
    file: "pods.jsonl",
    holds: "the Pod objects as the API would return them, one v1 List per change",
    is_whole: false,
    beside: None,
    sink: |out, _| Box::new(Lists::new(out)),
};

/// Writes `pods.jsonl`.
pub struct Lists<W: Write> {
    lines: Lines<W>,
    stamp: Stamp,
    /// What the API has now, spelled out; by namespace and name. Which pod of that name it is stands beside it.
    stored: BTreeMap<(String, String), (PodRow, Vec<u8>)>,
}

impl<W: Write> Lists<W> {
    /// Lists into `out`, one a line.
    pub fn new(out: W) -> Lists<W> {
        Lists { lines: Lines::new(out), stamp: Stamp::new(), stored: BTreeMap::new() }
    }

    fn line(&mut self, written: &Written) -> io::Result<()> {
        let out = &mut self.lines.bytes;
        out.extend_from_slice(
            b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"",
        );
        integer(out, written.step);
        out.extend_from_slice(b"\"},\"timestamp\":\"");
        self.stamp.write(out, written.time);
        out.extend_from_slice(b"\",\"items\":[");
        for (ix, (_, object)) in self.stored.values().enumerate() {
            if ix > 0 {
                out.push(b',');
            }
            out.extend_from_slice(object);
        }
        out.extend_from_slice(b"]}");
        self.lines.end()
    }
}

impl<W: Write> Sink for Lists<W> {
    fn wants_objects(&self) -> bool {
        true
    }
    fn written(&mut self, directory: &Directory, written: &Written) -> io::Result<()> {
        let mut changed = false;
        for (row, object) in &written.pods {
            let ident = &directory.pods[*row as usize];
            let key = (ident.namespace.to_string(), ident.name.to_string());
            match object {
                // The next pod of that name may be there already.
                None if self.stored.get(&key).is_none_or(|(own, _)| own != row) => {}
                None => changed |= self.stored.remove(&key).is_some(),
                Some(pod) => {
                    let value = (*row, serde_json::to_vec(&wire::pod_value(pod))?);
                    changed |= self.stored.get(&key) != Some(&value);
                    self.stored.insert(key, value);
                }
            }
        }
        if changed { self.line(written) } else { Ok(()) }
    }
    fn batch(&mut self, _: &Directory, _: &[Transition]) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self, _: &Directory, _: &Ending<'_>) -> io::Result<()> {
        self.lines.finish()
    }
}
