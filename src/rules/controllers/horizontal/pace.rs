//! From what a metric asks for to what is done: not back and forth, not too fast, within the bounds.
//!
//! | | without `behavior` | with it |
//! | --- | --- | --- |
//! | steady | the highest recommendation of the last five minutes | between the lowest of the window up and the highest of that down |
//! | pace | twice as many, or 4, at each look | what the policies leave of what they allow within their periods |
//!
//! The surprises: a place that has become free in the memory is taken by the next recommendation, the last one of several;
//! an instant on the edge of the window still counts without `behavior` and no more with it.
//!
//! Source: `normalizeDesiredReplicas`, `normalizeDesiredReplicasWithBehaviors`, `storeScaleEvent` and what they call, in
//! pkg/controller/podautoscaler/horizontal.go (v1.36.3).

use crate::api::autoscaling::{Behavior, Rules, Select};
use crate::time::{Span, Time};

/// `--horizontal-pod-autoscaler-downscale-stabilization`, in seconds.
const DOWNSCALE_WINDOW: i32 = 300;

/// What the controller remembers of an autoscaler; it forgets it with the object, and with itself.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Memory {
    /// What its metrics asked for, before anything was done about it.
    recommendations: Vec<(i32, Time)>,
    /// How many pods it has added, and when.
    ups: Vec<(i32, Time)>,
    /// How many it has taken away.
    downs: Vec<(i32, Time)>,
}

/// What is to be done, and why it is not what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paced {
    /// What the memory makes of it: with why, where that is another number.
    pub steadied: Option<Steadied>,
    /// What is to be done.
    pub replicas: i32,
    /// Whether it is bounded, and by what.
    pub limit: Limit,
    /// It is another number than the memory gave.
    pub is_limited: bool,
}

/// Which recommendations were preferred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Steadied {
    /// The lowest recent one.
    Up,
    /// The highest recent one.
    Down,
}

/// What bounds a number of pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Nothing.
    WithinRange,
    /// `minReplicas`
    TooFew,
    /// `maxReplicas`
    TooMany,
    /// How fast it may go up.
    Up,
    /// How fast it may go down.
    Down,
}

/// The bounds of an autoscaler, and where its target is.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// `minReplicas`
    pub min: i32,
    /// `maxReplicas`
    pub max: i32,
    /// How many its target wants.
    pub current: i32,
    /// `behavior`
    pub behavior: Option<&'a Behavior>,
}

impl Memory {
    /// `recordInitialRecommendation`
    pub fn begin(&mut self, current: i32, now: Time) {
        if self.recommendations.is_empty() {
            self.recommendations.push((current, now));
        }
    }

    /// What becomes of a number that metrics ask for.
    pub fn pace(&mut self, asked: i32, bounds: &Bounds, now: Time) -> Paced {
        let (steady, steadied) = match bounds.behavior {
            None => self.steady(asked, now),
            Some(behavior) => self.steady_by(behavior, asked, bounds.current, now),
        };
        let (replicas, limit) = match bounds.behavior {
            None => by_flags(steady, bounds),
            Some(behavior) => self.by_policies(behavior, steady, bounds, now),
        };
        let steadied = (steady != asked).then_some(steadied);
        Paced { steadied, replicas, limit, is_limited: replicas != steady }
    }

    /// `stabilizeRecommendation`
    fn steady(&mut self, asked: i32, now: Time) -> (i32, Steadied) {
        let cutoff = before(now, DOWNSCALE_WINDOW);
        let (mut highest, mut free) = (asked, None);
        for (place, (recommended, at)) in self.recommendations.iter().enumerate() {
            match *at < cutoff {
                true => free = Some(place),
                false => highest = highest.max(*recommended),
            }
        }
        keep(&mut self.recommendations, free, (asked, now));
        (highest, Steadied::Down)
    }

    /// `stabilizeRecommendationWithBehaviors`: it stays where it is between the lowest recommendation of the one window and the
    /// highest of the other.
    fn steady_by(&mut self, behavior: &Behavior, asked: i32, current: i32, now: Time) -> (i32, Steadied) {
        let (up, down) = (window(&behavior.up, 0), window(&behavior.down, DOWNSCALE_WINDOW));
        let obsolete = before(now, up.max(down));
        let (mut lowest, mut highest, mut free) = (asked, asked, None);
        for (place, (recommended, at)) in self.recommendations.iter().enumerate() {
            if *at > before(now, up) {
                lowest = lowest.min(*recommended);
            }
            if *at > before(now, down) {
                highest = highest.max(*recommended);
            }
            if *at < obsolete {
                free = Some(place);
            }
        }
        keep(&mut self.recommendations, free, (asked, now));
        let steadied = if asked >= current { Steadied::Up } else { Steadied::Down };
        (current.max(lowest).min(highest), steadied)
    }

    /// `convertDesiredReplicasWithBehaviorRate`
    fn by_policies(&self, behavior: &Behavior, asked: i32, bounds: &Bounds, now: Time) -> (i32, Limit) {
        let current = bounds.current;
        if asked > current {
            let fastest = self.furthest(&behavior.up, true, current, now).max(current);
            let (most, limit) = match bounds.max > fastest {
                true => (fastest, Limit::Up),
                false => (bounds.max, Limit::TooMany),
            };
            if asked > most {
                return (most, limit);
            }
        } else if asked < current {
            let fastest = self.furthest(&behavior.down, false, current, now).min(current);
            let (fewest, limit) = match bounds.min < fastest {
                true => (fastest, Limit::Down),
                false => (bounds.min, Limit::TooFew),
            };
            if asked < fewest {
                return (fewest, limit);
            }
        }
        (asked, Limit::WithinRange)
    }

    /// `calculateScaleUpLimitWithScalingRules`, `calculateScaleDownLimitWithBehaviors`: how far it may go in one direction. What
    /// was added and taken away within a policy's period is undone first.
    fn furthest(&self, rules: &Rules, up: bool, current: i32, now: Time) -> i32 {
        let of_policies = rules.policies.iter().map(|policy| {
            let (period, value) = (policy.period_seconds, policy.value);
            let start = current - changed(&self.ups, period, now) + changed(&self.downs, period, now);
            match (policy.is_percent, up) {
                (true, true) => (f64::from(start) * (1.0 + f64::from(value) / 100.0)).ceil() as i32,
                (true, false) => (f64::from(start) * (1.0 - f64::from(value) / 100.0)) as i32,
                (false, true) => start.saturating_add(value),
                (false, false) => start.saturating_sub(value),
            }
        });
        match (rules.select, up) {
            (Select::Disabled, _) => current,
            (Select::Max, true) | (Select::Min, false) => of_policies.fold(i32::MIN, i32::max),
            (Select::Min, true) | (Select::Max, false) => of_policies.fold(i32::MAX, i32::min),
        }
    }

    /// `storeScaleEvent`: the number of pods was changed.
    pub fn scaled(&mut self, behavior: Option<&Behavior>, from: i32, to: i32, now: Time) {
        let Some(behavior) = behavior else { return };
        let (events, rules, change) = match to > from {
            true => (&mut self.ups, &behavior.up, to - from),
            false => (&mut self.downs, &behavior.down, from - to),
        };
        let longest = rules.policies.iter().map(|policy| policy.period_seconds).max().unwrap_or(0);
        let cutoff = before(now, longest);
        let free = events.iter().rposition(|(_, at)| *at < cutoff);
        keep(events, free, (change, now));
    }
}

fn before(now: Time, seconds: i32) -> Time {
    now - Span::from_secs(i64::from(seconds))
}

fn window(rules: &Rules, otherwise: i32) -> i32 {
    rules.window_seconds.unwrap_or(otherwise)
}

fn keep(all: &mut Vec<(i32, Time)>, free: Option<usize>, new: (i32, Time)) {
    match free {
        Some(place) => all[place] = new,
        None => all.push(new),
    }
}

/// `convertDesiredReplicasWithRules`
fn by_flags(asked: i32, bounds: &Bounds) -> (i32, Limit) {
    let fastest = bounds.current.saturating_mul(2).max(4);
    let (most, limit) = match bounds.max > fastest {
        true => (fastest, Limit::Up),
        false => (bounds.max, Limit::TooMany),
    };
    if asked < bounds.min {
        (bounds.min, Limit::TooFew)
    } else if asked > most {
        (most, limit)
    } else {
        (asked, Limit::WithinRange)
    }
}

/// `getReplicasChangePerPeriod`
fn changed(events: &[(i32, Time)], seconds: i32, now: Time) -> i32 {
    let cutoff = before(now, seconds);
    events.iter().filter(|(_, at)| *at > cutoff).map(|(change, _)| *change).sum()
}
