//! Stretches that are kept, one behind the other in large pieces of memory. Each by itself would lie among what the run asks for and
//! gives back meanwhile, and hold that room when all around it is gone.

use std::sync::Arc;

use super::codes::{Codes, Counts, Writer};
use super::packed::{AllShapes, Start, Stretch, pack, unpack};
use crate::world::snug;

/// A volume is begun when so many bytes are full; the short runs of tests have several as well.
const VOLUME: usize = if cfg!(test) { 1 << 10 } else { 1 << 16 };

/// A stretch, and where its bytes stand.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: Start,
    volume: u32,
    at: u32,
}

/// Bytes, and the codes by which they are spelled.
#[derive(Clone)]
struct Volume {
    codes: Arc<Codes>,
    bytes: Vec<u8>,
}

/// See the module's page. Copies share what is full.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    places: Vec<Place>,
    volumes: Vec<Arc<Volume>>,
    counts: Counts,
}

impl Shelf {
    /// How many stretches stand there.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
    /// How many volumes they fill.
    #[cfg(test)]
    pub(super) fn volumes(&self) -> usize {
        self.volumes.len()
    }
    /// Where one begins.
    pub(super) fn start(&self, number: usize) -> &Start {
        &self.places[number].start
    }
    /// How many of them begin where something is so, which is so of all before them.
    pub(super) fn partition_point(&self, so: impl Fn(&Start) -> bool) -> usize {
        self.places.partition_point(|place| so(&place.start))
    }
    /// One more at the end.
    pub(super) fn push(&mut self, stretch: &Stretch, shapes: &mut AllShapes) {
        if self.volumes.last().is_none_or(|last| last.bytes.len() >= VOLUME) {
            let volume = self.begun();
            self.volumes.push(Arc::new(volume));
        }
        let number = self.volumes.len() - 1;
        let Volume { codes, bytes } = Arc::make_mut(&mut self.volumes[number]);
        snug::add(
            &mut self.places,
            Place { start: stretch.start, volume: number as u32, at: bytes.len() as u32 },
        );
        pack(stretch, shapes, Writer::new(codes, &mut self.counts, bytes));
    }
    /// A volume that comes next. Codes are learned anew when there are a quarter more than at the last power of two, and so on: what
    /// is said at the end of a run is not what was said before.
    fn begun(&mut self) -> Volume {
        let Some(last) = self.volumes.last() else {
            // It grows as it has to: most runs are small.
            return Volume { codes: Codes::flat(), bytes: Vec::new() };
        };
        let codes = match self.volumes.len().is_multiple_of(1.max((1 << self.volumes.len().ilog2()) / 4)) {
            true => Codes::learned(&mut self.counts),
            false => last.codes.clone(),
        };
        Volume { codes, bytes: Vec::with_capacity(VOLUME + VOLUME / 16) }
    }
    /// The last one is taken away, and read.
    pub(super) fn pop(&mut self, steps: usize, shapes: &AllShapes, to: &mut Stretch) -> bool {
        let Some(last) = self.len().checked_sub(1) else { return false };
        self.read(last, steps, shapes, to);
        let Place { volume, at, .. } = self.places[last];
        self.places.pop();
        self.volumes.truncate(volume as usize + 1);
        Arc::make_mut(&mut self.volumes[volume as usize]).bytes.truncate(at as usize);
        if at == 0 {
            self.volumes.pop();
        }
        true
    }
    /// Reads so many steps of one, and the rows that they wrote.
    pub(super) fn read(&self, number: usize, steps: usize, shapes: &AllShapes, to: &mut Stretch) {
        let Place { start, volume, at } = self.places[number];
        let Volume { codes, bytes } = &*self.volumes[volume as usize];
        unpack(start, codes, &bytes[at as usize..], steps, shapes, to);
    }
}
