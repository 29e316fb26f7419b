//! What a drill tells in words: what is wanted, what it comes to, what it was.

use std::fmt::Write as _;

use super::faults::MAKERS;
use super::score::Points;
use super::{ARRIVED, Drill, LEVELS, Task};
use crate::session::words::{about, broken, offset};

impl Drill {
    /// What the person is told when coming.
    pub fn brief(&self) -> String {
        let faults = if self.faults.len() == 1 { "Something is" } else { "Two things are" };
        let mut text = match &self.task {
            Task::Made(level) => format!(
                "Drill {} of level {level}. {faults} wrong in this cluster, and nobody knows what. It has run for {ARRIVED}; the \
                 trouble began in the last minutes.\nWanted, for two minutes:\n",
                self.seed
            ),
            Task::Exercise(exercise) => exercise.brief(),
        };
        for goal in self.watch.goals() {
            let _ = writeln!(text, "  {}", goal.words());
        }
        let cause = match self.task {
            Task::Made(_) => "Find the cause, name it (`causes` lists the kinds), and mend it",
            Task::Exercise(_) => "Find the cause, and mend it",
        };
        text += cause;
        text += " with kubectl's commands. Each line takes 5 s of the cluster's time, `sleep 30s` waits; `help` tells the rest.\n";
        self.laid_out(&text)
    }

    pub(super) fn wanted(&self) -> String {
        let unmet = self.watch.unmet(self.line.walk.world());
        match (unmet.is_empty(), self.watch.well_since()) {
            (false, _) => format!("Not as it is wanted:\n  {}\n", unmet.join("\n  ")),
            (true, Some(since)) => {
                format!("All is as it is wanted, for {}.\n", about(self.line.walk.now().since(since)))
            }
            (true, None) => String::new(),
        }
    }

    /// What it comes to as it is now.
    pub fn in_words(&self) -> String {
        let score = self.score();
        let points = score.points;
        if let Some(expected) = points.expected {
            return format!(
                "{} of 100 points: {} of 40 for the time, {} of 30 for what was kept whole, {expected} of 30 for what was \
                 expected\n",
                points.total, points.time, points.whole
            );
        }
        format!(
            "{} of 100 points: {} of 40 for the time, {} of 30 for what was kept whole, {} of 30 for the cause\n",
            points.total, points.time, points.whole, points.cause
        )
    }

    /// The same while it goes on: what it would come to if all were well now.
    pub(super) fn so_far(&self) -> String {
        if self.is_solved() || self.is_over() {
            return self.in_words();
        }
        let after = offset(self.line.walk.now(), self.arrived);
        if let Task::Exercise(_) = self.task {
            return format!("Not mended yet, after {after}\n");
        }
        let named = self.faults.iter().filter(|fault| fault.named).count();
        let (clock, faults) = (self.clock(), (named, self.faults.len()));
        let now = Points::of(Some(clock), self.watch.lost(), faults, self.wrong);
        format!(
            "Not mended yet, after {after}. If it were, it would be {} of 100 points: {} of 40 for the time, {} of 30 for what was kept \
             whole, {} of 30 for the cause so far\n",
            now.total, now.time, now.whole, now.cause
        )
    }

    /// Prose broken between words, where somebody has said how wide it may be.
    pub(super) fn laid_out(&self, text: &str) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let lines = text.lines().flat_map(|line| broken(line, width));
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }

    /// What it was, and what it comes to.
    pub fn debrief(&self) -> String {
        let mut text = String::new();
        for fault in &self.faults {
            let planted = &fault.planted;
            let _ = writeln!(text, "{} in {}: {}.", planted.kind, planted.objects[0], planted.told);
            let _ = writeln!(text, "  mended by: {}", planted.mends.join("; "));
        }
        if let Task::Exercise(exercise) = &self.task {
            text += &exercise.behind();
        }
        self.laid_out(&text) + &self.in_words()
    }
}

/// Every level with the kinds of faults that it adds.
pub fn list() -> String {
    let mut text = String::new();
    for level in LEVELS {
        let _ = writeln!(text, "Level {level}{}", if level >= 3 { ", two at once" } else { "" });
        for maker in MAKERS.iter().filter(|maker| maker.level == level) {
            let _ = writeln!(text, "  {:<16}{}", maker.kind, maker.title);
        }
        if level == 5 {
            text.push_str("  any of those above, in a larger cluster\n");
        }
    }
    text
}
