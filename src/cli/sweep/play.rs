//! Plays the runs of a sweep on all cores, and hands them over in the order of cells and seeds.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use rayon::prelude::*;

use super::request::Request;
use crate::answers::measure::{self, Figure, Measure};
use crate::answers::sweep::Grid;
use crate::cli::source::Source;
use crate::cli::{fault, interrupt, memory};
use crate::scenario::{self, Diagnostics, Plan};
use crate::session::Lives;

/// About so many runs are played between two hand-overs: enough for many cores, and little to keep.
const BLOCK: u64 = 4096;
/// So many cells are looked at before anything is played.
const LOOKED_AT: usize = 2000;
/// So many plans are kept at once.
const PLANS: u64 = 256;

/// Why a sweep came to no end.
pub enum Stopped {
    /// The request was wrong, in words.
    Wrong(Vec<String>),
    /// A scenario is wrong.
    Problems(Diagnostics),
    /// The request was wrong, and that was told already.
    Told,
    /// A fault of our own, in words.
    Fault(String),
    /// Somebody wanted it to stop.
    Interrupted,
}

impl Stopped {
    pub fn wrong(words: String) -> Stopped {
        Stopped::Wrong(vec![words])
    }
}

/// A run that was played: its cell, its seed, and its figures.
type Played = (u64, u64, Vec<Figure>);

/// Runs of a cell that were played: their seeds with their figures.
pub type Runs = Vec<(u64, Vec<Figure>)>;

pub struct Player {
    source: Source,
    /// Of all cells.
    overrides: Vec<String>,
    grid: Grid,
    measures: Vec<Measure>,
    pool: rayon::ThreadPool,
}

impl Player {
    pub fn new(source: Source, overrides: Vec<String>, request: &Request, pool: rayon::ThreadPool) -> Player {
        Player { source, overrides, grid: request.grid.clone(), measures: request.measures.clone(), pool }
    }

    fn plan(&self, cell: u64) -> Result<Arc<Plan>, Diagnostics> {
        let mut overrides = self.overrides.clone();
        overrides.extend(self.grid.overrides(cell));
        let manifest = |path: &str| self.source.manifest(path);
        let plan = scenario::load(&self.source.label, &self.source.text, &manifest, &overrides)?;
        memory::room_for(&self.source, &plan)?;
        Ok(Arc::new(plan))
    }

    /// Looks at each value of each key once before anything is played, or at every so-manieth where there are very many.
    pub fn check(&self) -> Result<(), Stopped> {
        let samples = self.grid.samples();
        let cells: Vec<u64> = samples.iter().step_by(samples.len().div_ceil(LOOKED_AT)).copied().collect();
        let check = |cell: &u64| self.plan(*cell).err();
        let problem = self.pool.install(|| cells.par_iter().find_map_first(check));
        problem.map_or(Ok(()), |problem| Err(Stopped::Problems(problem)))
    }

    /// Plays those runs of all cells that are ours (they are counted through all cells and seeds), and hands each cell over.
    pub fn cells(
        &self,
        from: u64,
        seeds: u64,
        quiet: bool,
        is_ours: &(dyn Fn(u64) -> bool + Sync),
        take: &mut dyn FnMut(u64, Runs) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let all = self.grid.cells();
        let bar = if quiet || !io::stderr().is_terminal() {
            indicatif::ProgressBar::hidden()
        } else {
            indicatif::ProgressBar::new(all * seeds)
        };
        if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} runs, {eta} to go")
        {
            bar.set_style(style);
        }
        let at_once = (BLOCK / seeds).clamp(1, PLANS);
        let mut first = 0;
        while first < all {
            let cells: Vec<u64> = (first..(first + at_once).min(all)).collect();
            first += at_once;
            for (cell, runs) in self.block(&cells, from, seeds, is_ours, &bar)? {
                take(cell, runs)?;
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn block(
        &self,
        cells: &[u64],
        from: u64,
        seeds: u64,
        is_ours: &(dyn Fn(u64) -> bool + Sync),
        bar: &indicatif::ProgressBar,
    ) -> Result<Vec<(u64, Runs)>, Stopped> {
        let ours = |cell: u64| {
            let own = (0..seeds).filter(move |seed| is_ours(cell * seeds + seed));
            own.map(|seed| from + seed).collect::<Vec<u64>>()
        };
        let cells: Vec<(u64, Vec<u64>)> = cells.iter().map(|cell| (*cell, ours(*cell))).collect();
        let load = |(cell, own): &(u64, Vec<u64>)| match own[..] {
            [] => Ok(None),
            _ => self.plan(*cell).map(Some),
        };
        let plans: Result<Vec<Option<Arc<Plan>>>, Diagnostics> =
            self.pool.install(|| cells.par_iter().map(load).collect());
        let plans = plans.map_err(Stopped::Problems)?;
        let runs: Vec<(u64, u64, &Arc<Plan>)> = cells
            .iter()
            .zip(&plans)
            .filter_map(|((cell, own), plan)| Some((*cell, own, plan.as_ref()?)))
            .flat_map(|(cell, own, plan)| own.iter().map(move |seed| (cell, *seed, plan)))
            .collect();
        // Lives that come one after the other on a thread learn from each other as long as they are of one plan.
        let play = |lives: &mut Option<(u64, Lives)>, (cell, seed, plan): &(u64, u64, &Arc<Plan>)| {
            if interrupt::asked() {
                return Err(Stopped::Interrupted);
            }
            let (_, lives) = match lives.take_if(|(own, _)| own == cell) {
                Some(own) => lives.insert(own),
                None => lives.insert((*cell, Lives::of(plan))),
            };
            let played =
                fault::catch(|| measure::play_among(lives, *seed, &self.measures, &interrupt::asked));
            bar.inc(1);
            match played {
                Ok(Some(figures)) => Ok((*cell, *seed, figures)),
                Ok(None) => Err(Stopped::Interrupted),
                Err(said) => Err(Stopped::Fault(format!(
                    "{}  scenario {}, seed {seed}, {}: please report these with the scenario (digest {})\n",
                    fault::words(&said),
                    plan.name,
                    self.grid.overrides(*cell).join(" "),
                    plan.digest
                ))),
            }
        };
        let played: Vec<Result<Played, Stopped>> =
            self.pool.install(|| runs.par_iter().map_init(|| None, play).collect());
        let mut by_cell: Vec<(u64, Runs)> = cells.iter().map(|(cell, _)| (*cell, Vec::new())).collect();
        for run in played {
            let (cell, seed, figures) = run?;
            if let Some((_, runs)) = by_cell.iter_mut().find(|(own, _)| *own == cell) {
                runs.push((seed, figures));
            }
        }
        Ok(by_cell)
    }
}
