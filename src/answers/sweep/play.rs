//! Plays the runs of a sweep side by side, and hands them over in the order of cells and seeds.

use std::sync::Arc;

use super::report::Report;
use super::request::Request;
use super::{Grid, MOST_RUNS};
use crate::answers::hands::{self, Hands};
use crate::answers::measure::{self, Figure, Measure};
use crate::scenario::{Diagnostics, Plan};
use crate::session::Lives;

/// About so many runs are played between two hand-overs: enough for many cores, and little to keep.
const BLOCK: u64 = 4096;
/// So many cells are looked at before anything is played.
const LOOKED_AT: usize = 2000;
/// So many plans are kept at once.
const PLANS: u64 = 256;
/// So many runs are kept in memory while seeds are added.
const MOST_KEPT: u64 = 20_000_000;

/// Why a sweep came to no end.
pub enum Stopped {
    /// A cell's scenario is wrong.
    Problems(Diagnostics),
    /// A fault of our own, in words, and what to report with it.
    Fault(String, String),
    /// Somebody wanted it to stop.
    Interrupted,
}

/// Runs of a cell that were played: their seeds with their figures.
pub type Runs = Vec<(u64, Vec<Figure>)>;

/// The figures of a cell, by seed.
pub type OfCell = Vec<Vec<Figure>>;

/// The scenario's plan with some values said otherwise, as `--set` takes them.
pub type Load<'a> = &'a (dyn Fn(&[String]) -> Result<Plan, Diagnostics> + Sync);

/// Plays the cells of a grid.
pub struct Player<'a, H> {
    load: Load<'a>,
    hands: &'a H,
    grid: Grid,
    measures: Vec<Measure>,
}

impl<'a, H: Hands> Player<'a, H> {
    /// Of a request.
    pub fn new(request: &Request, load: Load<'a>, hands: &'a H) -> Player<'a, H> {
        Player { load, hands, grid: request.grid.clone(), measures: request.measures.clone() }
    }

    fn plan(&self, cell: u64) -> Result<Arc<Plan>, Diagnostics> {
        let overrides = self.grid.overrides(cell);
        (self.load)(&overrides).map(Arc::new).map_err(|mut problems| {
            problems.call_varied(&overrides);
            problems
        })
    }

    /// Looks at each value of each key once before anything is played, or at every so-manieth where there are very many.
    ///
    /// # Errors
    /// The problems of the first cell that has some.
    pub fn check(&self) -> Result<(), Stopped> {
        let samples = self.grid.samples();
        let cells: Vec<u64> = samples.iter().step_by(samples.len().div_ceil(LOOKED_AT)).copied().collect();
        let check = |(): &mut (), cell: &u64| (!self.hands.stop()).then(|| self.plan(*cell).err());
        for problem in self.hands.side_by_side(&cells, || (), check) {
            match problem {
                Some(Some(problem)) => return Err(Stopped::Problems(problem)),
                Some(None) => {}
                None => return Err(Stopped::Interrupted),
            }
        }
        Ok(())
    }

    /// Plays those runs of all cells that are ours (they are counted through all cells and seeds), and hands each cell over.
    ///
    /// # Errors
    /// What stopped it, or what who takes the cells says.
    pub fn cells<E: From<Stopped>>(
        &self,
        from: u64,
        seeds: u64,
        is_ours: &(dyn Fn(u64) -> bool + Sync),
        take: &mut dyn FnMut(u64, Runs) -> Result<(), E>,
    ) -> Result<(), E> {
        let all = self.grid.cells();
        let at_once = (BLOCK / seeds).clamp(1, PLANS);
        let mut first = 0;
        while first < all {
            let cells: Vec<u64> = (first..(first + at_once).min(all)).collect();
            first += at_once;
            for (cell, runs) in self.block(&cells, from, seeds, is_ours)? {
                take(cell, runs)?;
            }
        }
        Ok(())
    }

    fn block(
        &self,
        cells: &[u64],
        from: u64,
        seeds: u64,
        is_ours: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Vec<(u64, Runs)>, Stopped> {
        let ours = |cell: u64| {
            let own = (0..seeds).filter(move |seed| is_ours(cell * seeds + seed));
            own.map(|seed| from + seed).collect::<Vec<u64>>()
        };
        let cells: Vec<(u64, Vec<u64>)> = cells.iter().map(|cell| (*cell, ours(*cell))).collect();
        let load = |(): &mut (), (cell, own): &(u64, Vec<u64>)| match own[..] {
            [] => Ok(None),
            _ => self.plan(*cell).map(Some),
        };
        let plans: Result<Vec<Option<Arc<Plan>>>, Diagnostics> =
            self.hands.side_by_side(&cells, || (), load).into_iter().collect();
        let plans = plans.map_err(Stopped::Problems)?;
        let runs: Vec<(u64, u64, &Arc<Plan>)> = cells
            .iter()
            .zip(&plans)
            .filter_map(|((cell, own), plan)| Some((*cell, own, plan.as_ref()?)))
            .flat_map(|(cell, own, plan)| own.iter().map(move |seed| (cell, *seed, plan)))
            .collect();
        // Lives that come one after the other on a thread learn from each other as long as they are of one plan.
        let play = |lives: &mut Option<(u64, Lives)>, (cell, seed, plan): &(u64, u64, &Arc<Plan>)| {
            let (_, lives) = match lives.take_if(|(own, _)| own == cell) {
                Some(own) => lives.insert(own),
                None => lives.insert((*cell, Lives::of(plan))),
            };
            measure::play_among(lives, *seed, &self.measures, &|| self.hands.stop())
        };
        let played = hands::all(self.hands, &runs, || None, play).map_err(|stopped| match stopped {
            hands::Stopped::Interrupted => Stopped::Interrupted,
            hands::Stopped::Fault(ix, said) => {
                let (cell, seed, plan) = runs[ix];
                let with = format!(
                    "scenario {}, seed {seed}, {}: please report these with the scenario (digest {})",
                    plan.name,
                    self.grid.overrides(cell).join(" "),
                    plan.digest
                );
                Stopped::Fault(said, with)
            }
        })?;
        let mut by_cell: Vec<(u64, Runs)> = cells.iter().map(|(cell, _)| (*cell, Vec::new())).collect();
        for ((cell, seed, _), figures) in runs.into_iter().zip(played) {
            if let Some((_, runs)) = by_cell.iter_mut().find(|(own, _)| *own == cell) {
                runs.push((seed, figures));
            }
        }
        Ok(by_cell)
    }

    /// Adds seeds, the same for all cells, until the first measure's interval is this narrow, as a share of its mean. The request
    /// says then how many there are. Gives the figures of each cell by seed, and in words why it ended earlier.
    ///
    /// # Errors
    /// What stopped it.
    pub fn until_narrow(
        &self,
        request: &mut Request,
        narrow: f64,
    ) -> Result<(Vec<OfCell>, Option<String>), Stopped> {
        let mut kept: Vec<OfCell> = vec![Vec::new(); request.grid.cells() as usize];
        let (mut from, mut count) = (request.from, request.seeds);
        loop {
            self.cells(from, count, &|_| true, &mut |cell, runs| {
                kept[cell as usize].extend(runs.into_iter().map(|(_, figures)| figures));
                Ok::<(), Stopped>(())
            })?;
            from = from.saturating_add(count);
            request.seeds = from - request.from;
            let mut report = Report::new(request.grid.clone(), request.measures.clone(), request.from);
            for (cell, runs) in (0..).zip(&kept) {
                report.cell(cell, runs.clone());
            }
            let widest = report.widest();
            count = request.seeds;
            if widest.is_some_and(|widest| widest <= narrow) {
                return Ok((kept, None));
            }
            let most = request.runs().saturating_mul(2) > MOST_KEPT.min(MOST_RUNS);
            if most || from.checked_add(count).is_none() || widest.is_none() {
                let so_far = match widest {
                    Some(widest) => format!("the widest interval is ±{:.1} %", widest * 100.0),
                    None => "some cell has no interval".to_owned(),
                };
                let told = format!("{so_far} after {} seeds, and no more are played", request.seeds);
                return Ok((kept, Some(told)));
            }
        }
    }
}
