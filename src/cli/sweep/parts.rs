//! A sweep on many machines: each plays a part of the runs (`--shard 3/64`) and writes their figures as whole numbers; together
//! they become the very bytes that one machine would have written (`--merge`).
//!
//! Runs are dealt out in turn, so that parts take alike long whatever the grid is like; merging reads them in turn again.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::answers::measure::Figure;
use crate::answers::sweep::request::Request;
use crate::cli::manifest::hex;

/// The figures of a part.
pub const FIGURES: &str = "part.csv";
/// What part of what it is; written last.
pub const LIST: &str = "part.json";

/// One of so many parts, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    pub part: u64,
    pub of: u64,
}

/// So many parts there are at most.
const MOST_PARTS: u64 = 100_000;

impl std::str::FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Shard, String> {
        let read = |text: &str| text.trim().parse().ok();
        let shard =
            text.split_once('/').and_then(|(part, of)| Some(Shard { part: read(part)?, of: read(of)? }));
        match shard {
            Some(shard) if shard.part < shard.of && shard.of <= MOST_PARTS => Ok(shard),
            _ => Err("expected PART/PARTS, counted from 0: 0/4 to 3/4".to_owned()),
        }
    }
}

/// A row of a part.
pub fn row(cell: u64, seed: u64, figures: &[Figure]) -> String {
    let mut text = format!("{cell},{seed}");
    for figure in figures {
        text.push(',');
        text.push_str(&figure.map_or_else(String::new, |figure| figure.to_string()));
    }
    text.push('\n');
    text
}

/// Parts that belong together, opened.
pub struct Parts {
    pub request: Request,
    /// In their order.
    readers: Vec<(PathBuf, BufReader<File>)>,
    line: String,
    /// So many runs were read.
    run: u64,
}

struct Part {
    folder: PathBuf,
    shard: Shard,
    request: Request,
}

impl Parts {
    /// Opens the parts in these folders.
    ///
    /// # Errors
    /// Every problem: parts that are half-written, missing, there twice, or of another sweep.
    pub fn open(folders: &[PathBuf]) -> Result<Parts, Vec<String>> {
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for folder in folders {
            match part(folder) {
                Ok(part) => parts.push(part),
                Err(problem) => problems.push(format!("{}: {problem}", folder.display())),
            }
        }
        let Some(first) = parts.first() else { return Err(problems) };
        let of = first.shard.of;
        let others = |part: &&Part| part.shard.of != of || part.request != first.request;
        if let Some(other) = parts.iter().find(others) {
            problems.push(format!(
                "{} and {} are parts of different sweeps",
                first.folder.display(),
                other.folder.display()
            ));
            return Err(problems);
        }
        let request = first.request.clone();
        parts.sort_by_key(|part| part.shard.part);
        for pair in parts.windows(2).filter(|pair| pair[0].shard == pair[1].shard) {
            problems.push(format!(
                "{} and {} are both part {} of {of}",
                pair[0].folder.display(),
                pair[1].folder.display(),
                pair[0].shard.part
            ));
        }
        let missing: Vec<String> = (0..of)
            .filter(|place| !parts.iter().any(|part| part.shard.part == *place))
            .map(|place| format!("{place}/{of}"))
            .collect();
        if !missing.is_empty() && problems.is_empty() {
            let shown = missing[..missing.len().min(10)].join(", ");
            let more =
                if missing.len() > 10 { format!(" and {} more", missing.len() - 10) } else { String::new() };
            problems.push(format!("parts are missing: {shown}{more}"));
        }
        let mut readers = Vec::new();
        for part in &parts {
            match File::open(part.folder.join(FIGURES)) {
                Ok(file) => readers.push((part.folder.clone(), BufReader::new(file))),
                Err(problem) => problems.push(format!("{}: {problem}", part.folder.display())),
            }
        }
        if problems.is_empty() {
            Ok(Parts { request, readers, line: String::new(), run: 0 })
        } else {
            Err(problems)
        }
    }

    /// The figures of the next cell, by seed.
    ///
    /// # Errors
    /// Says in words what cannot be read.
    pub fn cell(&mut self) -> Result<Vec<Vec<Figure>>, String> {
        (0..self.request.seeds).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Result<Vec<Figure>, String> {
        let count = self.readers.len() as u64;
        let (cell, seed) = (self.run / self.request.seeds, self.request.from + self.run % self.request.seeds);
        let (folder, reader) = &mut self.readers[(self.run % count) as usize];
        self.run += 1;
        self.line.clear();
        let read = reader.read_line(&mut self.line);
        let wrong = || format!("{}: {FIGURES} has no row of cell {cell}, seed {seed}", folder.display());
        read.map_err(|problem| format!("{}: {problem}", folder.display()))?;
        let mut cells = self.line.trim_end_matches('\n').split(',');
        let is_it = cells.next() == Some(&cell.to_string()) && cells.next() == Some(&seed.to_string());
        let figures: Option<Vec<Figure>> = cells
            .map(|text| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) })
            .collect();
        let figures = figures.filter(|figures| is_it && figures.len() == self.request.measures.len());
        figures.ok_or_else(wrong)
    }
}

fn part(folder: &Path) -> Result<Part, String> {
    let text = fs::read_to_string(folder.join(LIST)).map_err(|problem| match problem.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no {LIST}: this is no part, or one that was not played to its end")
        }
        _ => format!("{LIST}: {problem}"),
    })?;
    let told: Value = serde_json::from_str(&text).map_err(|problem| format!("{LIST}: {problem}"))?;
    let request = Request::read(&told).map_err(|problem| format!("{LIST}: {problem}"))?;
    let shard = told["shard"].as_str().and_then(|text| text.parse().ok());
    let shard: Shard = shard.ok_or_else(|| format!("{LIST}: it does not say which part it is"))?;
    let hash = hash(&folder.join(FIGURES)).map_err(|problem| format!("{FIGURES}: {problem}"))?;
    if told["files"][FIGURES] != json!(hash) {
        return Err(format!(
            "{FIGURES} is not what {LIST} says: it is half-written or was changed; play this part again"
        ));
    }
    Ok(Part { folder: folder.to_owned(), shard, request })
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(hex(hash)),
            count => hash.update(&bytes[..count]),
        }
    }
}
