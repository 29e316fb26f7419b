//! Futures in words, a line each, with instants as offsets from the start of the run.

use std::fmt::Write as _;

use super::Futures;
use super::ways::{self, Standing, Way};
use crate::session::{Walk, kubectl, tree};
use crate::time::{Span, Time};
use crate::world::workloads::ObjectKey;

/// Windows hold such a share of the futures.
const LEVEL: f64 = 0.9;
/// And are rounded outward to tenths of a second.
const UNIT: Span = Span::from_millis(100);
/// So many pods and workloads are asked about where none is named.
const SHOWN: usize = 20;

impl Walk {
    /// What comes of a pod or a workload from here on; of all that there are, if none is named.
    pub fn foretold(&self, of: Option<ObjectKey>) -> String {
        let (all, more) = self.foretold_keys(of);
        self.told_of(&self.futures(&all), more)
    }

    /// The same, played in the walk's own place: of a fleet no second one is copied.
    pub fn foretell(&mut self, of: Option<ObjectKey>) -> String {
        let (all, more) = self.foretold_keys(of);
        self.make_room();
        let mut ahead = self.begin_ahead(&all);
        while !self.look_ahead(&mut ahead) {}
        self.told_of(&ahead.futures, more)
    }

    /// What is asked about, and how much more there is.
    fn foretold_keys(&self, of: Option<ObjectKey>) -> (Vec<ObjectKey>, usize) {
        let mut all = of.map_or_else(|| self.all(), |key| vec![key]);
        let more = all.len().saturating_sub(SHOWN);
        all.truncate(SHOWN);
        (all, more)
    }

    fn told_of(&self, futures: &Futures, more: usize) -> String {
        if futures.pods.is_empty() && futures.workloads.is_empty() {
            return "There are no workloads and no pods.\n".to_owned();
        }
        let mut text = self.courses(futures);
        if more > 0 {
            let _ = writeln!(text, "... and {more} more (`predict NAME`)");
        }
        text + &self.foot(futures) + "\n"
    }

    /// What has been played ahead, in words.
    pub fn ahead_in_words(&self, futures: &Futures) -> String {
        self.courses(futures) + &self.foot(futures) + "\n"
    }

    fn courses(&self, futures: &Futures) -> String {
        let mut text = String::new();
        for (key, lines) in self.lines(futures) {
            let _ = writeln!(text, "{}", self.head(key));
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    /// Workloads that nobody has made, then pods.
    fn all(&self) -> Vec<ObjectKey> {
        let leaves = tree::tree(self.world());
        let is_workload = |key: &ObjectKey| !matches!(key, ObjectKey::Pod(_) | ObjectKey::Service(_));
        let tops = leaves.iter().filter(|leaf| leaf.depth == 0).map(|leaf| leaf.of).filter(is_workload);
        let pods = kubectl::pods(self.world()).into_iter().map(ObjectKey::Pod);
        tops.chain(pods).collect()
    }

    fn lines(&self, futures: &Futures) -> Vec<(ObjectKey, Vec<String>)> {
        let mut all = Vec::new();
        for (key, courses) in &futures.workloads {
            let courses: Vec<_> = courses.iter().collect();
            let found = ways::events(&courses, LEVEL, UNIT);
            let mut lines: Vec<String> = found
                .iter()
                .map(|own| self.line(own.what, (own.earliest, own.latest), "", own.chance))
                .collect();
            let is_done = found.iter().any(|own| own.what == "complete");
            let keeps = ways::keeps(&courses).filter(|_| !is_done && !matches!(key, ObjectKey::CronJob(_)));
            match keeps {
                Some(why) => lines.push(format!("not complete within {}: {why}", self.ahead(futures))),
                None if lines.is_empty() => lines.push(self.nothing(futures)),
                None => {}
            }
            all.push((*key, lines));
        }
        for (pod, courses) in &futures.pods {
            let found = ways::likeliest(courses.iter().map(Vec::as_slice).collect(), LEVEL, UNIT);
            let mut restarts = self.world().pods[pod.ix()].shown.restarts;
            let mut lines = Vec::new();
            for (ix, way) in found.iter().enumerate() {
                let then = if ix == 0 { "" } else { "then " };
                lines.push(format!("{then}{}", self.change(way, restarts)));
                restarts = way.to.restarts;
            }
            let stays = courses.iter().filter(|changes| changes.is_empty()).count();
            match (stays * 200 >= futures.count, lines.is_empty()) {
                (_, true) => lines.push(self.nothing(futures)),
                (true, false) if stays > 0 => {
                    let share = stays as f64 / futures.count as f64;
                    lines.push(format!("or {}, {}", self.nothing(futures), percent(share)));
                }
                _ => {}
            }
            all.push((ObjectKey::Pod(*pod), lines));
        }
        all
    }

    fn change(&self, way: &Way, before: i32) -> String {
        let Standing { status, ready, restarts } = way.to;
        let what = match status.as_str() {
            "" => "gone".to_owned(),
            status => format!("{status} {}/{}", ready.0, ready.1),
        };
        let restart = if restarts > before { format!(" (restart {restarts})") } else { String::new() };
        self.line(&what, (way.earliest, way.latest), &restart, way.chance)
    }

    fn line(&self, what: &str, (earliest, latest): (Time, Time), more: &str, chance: f64) -> String {
        let at = |instant: Time| instant.since(self.plan().start).to_string();
        let when = match (at(earliest), at(latest)) {
            (from, to) if from == to => format!("at {from}"),
            (from, to) => format!("between {from} and {to}"),
        };
        let chance = if chance < 0.995 { format!(", {}", percent(chance)) } else { String::new() };
        format!("{what} {when}{more}{chance}")
    }

    fn head(&self, key: ObjectKey) -> String {
        let w = self.world();
        let name = tree::name(w, key);
        let ObjectKey::Pod(pod) = key else { return format!("{name}: {}", tree::state(w, key)) };
        let p = &w.pods[pod.ix()];
        let shown = p.shown;
        let restarts = match shown.restarts {
            0 => String::new(),
            1 => ", 1 restart".to_owned(),
            count => format!(", {count} restarts"),
        };
        match p.exists {
            true => format!("{name}: {} {}/{}{restarts}", shown.status, shown.ready.0, shown.ready.1),
            false => format!("{name}: gone"),
        }
    }

    fn nothing(&self, futures: &Futures) -> String {
        if futures.until.since(self.now()).secs() == 0 {
            return "nothing changes: the run ends here".to_owned();
        }
        format!("nothing changes within {}", self.ahead(futures))
    }

    fn ahead(&self, futures: &Futures) -> String {
        Span::from_secs(futures.until.since(self.now()).secs()).to_string()
    }

    fn foot(&self, futures: &Futures) -> String {
        if futures.until <= self.now() {
            return String::new();
        }
        let end = if futures.until == self.plan().until { ", where the run ends" } else { "" };
        format!(
            "Windows hold {} of {} futures, which go on from here for {}{end}.",
            percent(LEVEL),
            futures.count,
            self.ahead(futures)
        )
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
