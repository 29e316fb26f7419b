//! `…/pods/web/log`: what is asked of a log, and the text that comes of its lines.
//!
//! Sources: pkg/apis/core/validation (`ValidatePodLogOptions`), pkg/registry/core/pod/strategy.go (`LogLocation`),
//! pkg/kubelet/kuberuntime/logs (1.36.3).

use serde_json::Value;

use super::super::path::{Objects, Request};
use super::super::status::{bad, not_found};
use super::super::store::Store;
use super::{Answer, stored};
use crate::time::{Span, Time};

/// What is asked of a log.
#[derive(Clone, Debug)]
pub struct LogsOf {
    /// Where the pod is.
    pub namespace: String,
    /// Its name.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Of the instance before.
    pub previous: bool,
    /// Goes on as long as the container runs.
    pub follow: bool,
    /// The last so many lines.
    tail: Option<usize>,
    /// No older than this.
    since: Option<Since>,
    /// An instant in front of each line.
    timestamps: bool,
    /// So many bytes.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Since {
    Ago(Span),
    /// On the client's clock.
    At(Time),
}

/// A line, and when it was written.
pub type Line = (Time, String);

/// Reads the request.
pub fn read(store: &Store, request: &Request, own: &Objects, name: &str) -> Answer {
    let Some(object) = stored(store, own) else {
        return Answer::Whole(not_found(store.resource(own.resource), name));
    };
    let container = match container(&object.value, name, request.query("container")) {
        Ok(container) => container,
        Err(problem) => return Answer::Whole(bad(&problem)),
    };
    let seconds = request.number("sinceSeconds").and_then(|seconds| i64::try_from(seconds).ok());
    let at = Time::parse_rfc3339(request.query("sinceTime"));
    Answer::Logs(LogsOf {
        namespace: own.namespace.clone().unwrap_or_default(),
        pod: name.to_owned(),
        container,
        previous: request.is("previous"),
        follow: request.is("follow"),
        tail: request.number("tailLines").and_then(|lines| usize::try_from(lines).ok()),
        since: seconds.map(|seconds| Since::Ago(Span::from_secs(seconds))).or(at.map(Since::At)),
        timestamps: request.is("timestamps"),
        limit: request.number("limitBytes").and_then(|bytes| usize::try_from(bytes).ok()),
    })
}

/// The container that is meant: the only one, where none is named.
fn container(pod: &Value, name: &str, asked: &str) -> Result<String, String> {
    let of = |list: &str| {
        let list = pod["spec"][list].as_array().into_iter().flatten();
        list.filter_map(|own| own["name"].as_str()).collect::<Vec<_>>()
    };
    let (own, init, ephemeral) = (of("containers"), of("initContainers"), of("ephemeralContainers"));
    if asked.is_empty() {
        return match (own.as_slice(), init.is_empty()) {
            ([only], true) => Ok((*only).to_owned()),
            _ => {
                let init = if init.is_empty() {
                    String::new()
                } else {
                    format!(" or one of the init containers: [{}]", init.join(" "))
                };
                let own = own.join(" ");
                Err(format!(
                    "a container name must be specified for pod {name}, choose one of: [{own}]{init}"
                ))
            }
        };
    }
    if [own, init, ephemeral].concat().contains(&asked) {
        return Ok(asked.to_owned());
    }
    Err(format!("container {asked} is not valid for pod {name}"))
}

impl LogsOf {
    /// The text of lines; the clock is the simulation's, and how much later that on the wall is.
    pub fn text(&self, lines: &[Line], (now, shift): (Time, Span)) -> Vec<u8> {
        let from = match self.since {
            Some(Since::Ago(span)) => Some(Time::from_micros(now.micros().saturating_sub(span.micros()))),
            Some(Since::At(at)) => Some(Time::from_micros(at.micros().saturating_sub(shift.micros()))),
            None => None,
        };
        let first = lines.len().saturating_sub(self.tail.unwrap_or(usize::MAX));
        let mut out = Vec::new();
        for (at, line) in &lines[first..] {
            if from.is_some_and(|from| *at < from) {
                continue;
            }
            if self.timestamps {
                let told = (*at + shift).rfc3339_micros();
                out.extend_from_slice(format!("{}000Z ", told.trim_end_matches('Z')).as_bytes());
            }
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        out.truncate(self.limit.unwrap_or(usize::MAX));
        out
    }
    /// The same of what comes after that.
    pub fn more(&self, lines: &[Line], clock: (Time, Span)) -> Vec<u8> {
        LogsOf { tail: None, since: None, limit: None, ..self.clone() }.text(lines, clock)
    }
}
