//! The series of a run: for each, from which scrape to which it had which value. What does not change costs nothing.

use std::collections::BTreeMap;
use std::hash::Hasher as _;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};

use crate::api::sample::Sample;
use crate::record::Scrape;
use crate::time::Time;

/// A series goes on.
const LASTS: u32 = u32::MAX;

/// A value, from one scrape until before another.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    from: u32,
    to: u32,
    /// The value.
    pub value: f64,
}

impl Run {
    /// The scrapes at which it was seen, of so many.
    pub fn ticks(&self, count: usize) -> Range<usize> {
        self.from as usize..(self.to as usize).min(count)
    }
}

/// One series.
#[derive(Clone, Debug)]
pub struct One {
    /// Between its braces.
    pub labels: String,
    runs: Vec<Run>,
}

impl One {
    /// Its values, in order of time; between two there may be none.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }
    fn ends(&mut self, tick: u32) {
        if let Some(last) = self.runs.last_mut().filter(|last| last.to == LASTS) {
            last.to = tick;
        }
        // Said and taken back at one scrape: it was not there.
        if self.runs.last().is_some_and(|last| last.from == last.to) {
            self.runs.pop();
        }
    }
    fn is(&mut self, tick: u32, value: f64) {
        match self.runs.last() {
            Some(last) if last.to == LASTS && last.value.to_bits() == value.to_bits() => {}
            // It ended at this very scrape: it goes on.
            Some(last) if last.to == tick && last.value.to_bits() == value.to_bits() => {
                if let Some(last) = self.runs.last_mut() {
                    last.to = LASTS;
                }
            }
            _ => {
                self.ends(tick);
                self.runs.push(Run { from: tick, to: LASTS, value });
            }
        }
    }
}

/// The series of a family, and where each is found.
#[derive(Clone, Debug, Default)]
struct Family {
    all: Vec<One>,
    places: HashTable<u32>,
}

impl Family {
    fn place(&mut self, labels: &str) -> u32 {
        let hash = |labels: &str| {
            let mut hasher = FxHasher::default();
            hasher.write(labels.as_bytes());
            hasher.finish()
        };
        let all = &mut self.all;
        let own = hash(labels);
        if let Some(place) = self.places.find(own, |place| all[*place as usize].labels == labels) {
            return *place;
        }
        let place = all.len() as u32;
        all.push(One { labels: labels.to_owned(), runs: Vec::new() });
        let all = &self.all;
        self.places.insert_unique(own, place, |place| hash(&all[*place as usize].labels));
        place
    }
}

/// All series of a run.
#[derive(Clone, Debug, Default)]
pub struct Series {
    ticks: Vec<Time>,
    families: BTreeMap<&'static str, Family>,
    /// What is said of an object at present: families and places there.
    live: FxHashMap<u64, Vec<(&'static str, u32)>>,
}

impl Series {
    /// The instants of the scrapes.
    pub fn ticks(&self) -> &[Time] {
        &self.ticks
    }
    /// By name; of a family those that came first stand first.
    pub fn families(&self) -> impl Iterator<Item = (&'static str, &[One])> {
        self.families.iter().map(|(name, family)| (*name, family.all.as_slice()))
    }

    /// Takes in a scrape. What it does not speak of stays as it is.
    pub fn take(&mut self, scrape: &Scrape) {
        let tick = self.ticks.len() as u32;
        self.ticks.push(scrape.time);
        // What has gone goes first: another of its name may have come.
        for (object, _) in scrape.objects.iter().filter(|(_, says)| says.is_none()) {
            for (family, place) in self.live.remove(object).unwrap_or_default() {
                self.one(family, place, |one| one.ends(tick));
            }
        }
        for (object, says) in &scrape.objects {
            if let Some(says) = says {
                self.said(tick, *object, &says());
            }
        }
    }

    fn one(&mut self, family: &'static str, place: u32, then: impl FnOnce(&mut One)) {
        if let Some(one) = self.families.get_mut(family).and_then(|family| family.all.get_mut(place as usize))
        {
            then(one);
        }
    }

    fn said(&mut self, tick: u32, object: u64, samples: &[Sample]) {
        let mut old = self.live.remove(&object).unwrap_or_default();
        let mut new = Vec::with_capacity(samples.len());
        let mut next = 0;
        for sample in samples {
            let family = self.families.entry(sample.family).or_default();
            // What is said is said in one order, so that it mostly stands where it is looked for first.
            let is_it = |(own, place): &(&str, u32)| {
                *own == sample.family
                    && *place != LASTS
                    && family.all[*place as usize].labels == sample.labels
            };
            let at = match old.get(next).is_some_and(is_it) {
                true => Some(next),
                false => old.iter().position(is_it),
            };
            let place = match at {
                Some(at) => {
                    next = at + 1;
                    std::mem::replace(&mut old[at].1, LASTS)
                }
                None => family.place(&sample.labels),
            };
            family.all[place as usize].is(tick, sample.value);
            new.push((sample.family, place));
        }
        for (family, place) in old.into_iter().filter(|(_, place)| *place != LASTS) {
            self.one(family, place, |one| one.ends(tick));
        }
        self.live.insert(object, new);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::Says;
    use crate::time::Span;

    fn says(values: &[(&'static str, &str, f64)]) -> Option<Says> {
        let samples: Vec<Sample> = values
            .iter()
            .map(|(family, labels, value)| Sample { family, labels: (*labels).to_owned(), value: *value })
            .collect();
        Some(Arc::new(move || samples.clone()))
    }

    fn told(series: &Series) -> String {
        let all = series.families().flat_map(|(family, all)| all.iter().map(move |one| (family, one)));
        let words = all.map(|(family, one)| {
            let runs: Vec<String> = one
                .runs()
                .iter()
                .map(|run| format!("{:?}={}", run.ticks(series.ticks().len()), run.value))
                .collect();
            format!("{family}{{{}}} {}", one.labels, runs.join(" "))
        });
        words.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn series_begin_change_end_and_come_again() {
        let mut series = Series::default();
        let scrapes = [
            vec![(1, says(&[("up", "a", 1.0), ("why", "x", 1.0)])), (2, says(&[("up", "b", 0.0)]))],
            vec![],
            vec![
                (1, says(&[("up", "a", 1.0), ("why", "y", 1.0)])),
                (2, None),
                (3, says(&[("up", "b", 0.0)])),
            ],
            vec![(1, says(&[("up", "a", 2.0), ("why", "x", 1.0)])), (3, None)],
            vec![],
        ];
        for (number, objects) in scrapes.into_iter().enumerate() {
            series.take(&Scrape { time: Time::EPOCH + Span::from_secs(number as i64), objects });
        }
        assert_eq!(told(&series), "up{a} 0..3=1 3..5=2\nup{b} 0..3=0\nwhy{x} 0..2=1 3..5=1\nwhy{y} 2..3=1");
    }
}
