//! `kubelapse explain`

use std::io::Read as _;

use super::{Exit, manifest, predict, print, print_json, talk};
use crate::explain::{self, Now};
use crate::record::objects;
use crate::rules::versions::Version;
use crate::rules::versions::gates::Gates;
use crate::scenario::given::Beside;
use crate::time::Time;

#[derive(clap::Args)]
pub struct Arguments {
    /// What kubectl printed with -o yaml or -o json (a pod, a list, a watch), or a result with pods.jsonl; - reads standard input
    file: String,
    /// Kubernetes version whose habits count
    #[arg(long, default_value = Version::DEFAULT.as_str(), help = super::kubernetes_help())]
    kubernetes: String,
    /// The instant that ages count from (RFC 3339), instead of now
    #[arg(long)]
    now: Option<String>,
    /// `text` for people, `json` for programs
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

pub fn explain(arguments: &Arguments) -> Exit {
    let text = match read(&arguments.file) {
        Ok(text) => text,
        Err(problem) => return wrong(&format!("{}: {problem}", arguments.file)),
    };
    let Some(version) = Version::parse(&arguments.kubernetes) else {
        return wrong(&format!("`{}` is no version from {}", arguments.kubernetes, Version::range()));
    };
    let now = match &arguments.now {
        None => Now { at: wall_clock(), is_said: false },
        Some(text) => match Time::parse_rfc3339(text) {
            Some(now) => now.into(),
            None => return wrong(&format!("`{text}` is no instant such as 2025-04-29T04:33:19Z")),
        },
    };
    let gates = Gates::of(version);
    let input = explain::read(&text);
    if arguments.output == "json" {
        let report = explain::report(&input, now, &gates);
        let json = serde_json::to_string_pretty(&report).unwrap_or_default();
        print_json(&format!("{json}\n"));
    } else {
        let beside = Beside {
            now: Some(now.at).filter(|_| now.is_said),
            clock: Some(now.at).filter(|_| arguments.file == "-"),
            start: None,
        };
        // A file may be old: what is predicted follows its newest instant, while ages are told by the clock.
        let from = match now.is_said || arguments.file == "-" {
            true => "What comes next (predict)",
            false => "What comes next, from the newest instant in it (predict; --now says when it is now)",
        };
        let next = predict::first_lines(&text, &beside, version);
        for (ix, subject) in input.subjects.iter().enumerate() {
            let gap = if ix > 0 { "\n" } else { "" };
            let meta = &subject.pod.meta;
            let namespace = if meta.namespace.is_empty() { "default" } else { meta.namespace.as_str() };
            let next = next.get(&format!("{namespace}/{}", meta.name)).filter(|_| !subject.removed);
            let next = next.map_or(String::new(), |line| format!("\n{from}\n  {line}\n"));
            print(&format!("{gap}{}{next}", explain::render(&explain::explain(subject, now, &gates))));
        }
    }
    if let Some(trouble) = &input.trouble {
        talk(&format!("warning: {trouble}\n"));
    }
    let others: Vec<String> = input.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if input.subjects.is_empty() {
        let held = explain::instead(&text, &others);
        // Whoever has what makes pods, and no pod, mostly asks what becomes of it.
        let help = match others.is_empty() {
            true => "kubectl get pod NAME -o yaml | kubelapse explain -",
            false => {
                "pods are explained, as `kubectl get pod NAME -o yaml | kubelapse explain -` has them; `kubelapse run FILE` plays a \
                 manifest, `kubelapse audit FILE` tells what it promises"
            }
        };
        return wrong(&format!("{}: no pod in it{held}\nhelp: {help}", arguments.file));
    }
    if !others.is_empty() && arguments.output != "json" {
        talk(&format!("note: left out {}: only pods are explained\n", others.join(", ")));
    }
    Exit::Ran
}

fn wrong(problem: &str) -> Exit {
    talk(&format!("error: {problem}\n"));
    Exit::WrongRequest
}

/// So many bytes are read from standard input, which may have no end: those of some hundred thousand pods.
const MOST_BYTES: u64 = 1 << 30;

/// What stands for a path: a file, a result's `pods.jsonl`, or standard input.
///
/// # Errors
/// What cannot be read.
pub fn read(file: &str) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_BYTES {
            let words = format!("more than {} MiB; that is more than is read", MOST_BYTES >> 20);
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, words));
        }
    } else {
        let read = manifest::read_result(file.as_ref(), &[&objects::FORMAT])?;
        if let Some(warning) = read.warning {
            talk(&format!("warning: {file}: {warning}\n"));
        }
        bytes = read.bytes;
    }
    Ok(text_of(&bytes))
}

/// Text in UTF-8; or, where its first two bytes say so, in UTF-16, as shells of Windows redirect output into a file.
fn text_of(bytes: &[u8]) -> String {
    let units = |from: fn([u8; 2]) -> u16| -> String {
        let pairs = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]]));
        char::decode_utf16(pairs).map(|own| own.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a door: ages of real pods count from the real time")]
pub fn wall_clock() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(since.as_micros() as i64)
}
