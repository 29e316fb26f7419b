//! `[[metric]]`: what the pods of a workload use, as an autoscaler sees it.

use super::command::ObjectTarget;
use crate::api::Sym;
use crate::api::autoscaling::Reference;
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::time::{Span, Time};

/// One `[[metric]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct MetricPlan {
    /// Whose pods.
    pub of: ObjectTarget,
    /// By resource: what all of them use together, in thousandths, from each instant on; before the first nothing.
    pub uses: Vec<(Sym, Vec<(Time, i64)>)>,
}

impl MetricPlan {
    /// What they use of a resource within a window, on the average; None: that is not said.
    pub fn mean(&self, resource: Sym, until: Time, window: Span) -> Option<i64> {
        let (_, points) = self.uses.iter().find(|(own, _)| *own == resource)?;
        let from = until - window;
        let mut sum = 0i128;
        for (place, (at, milli)) in points.iter().enumerate() {
            let end = points.get(place + 1).map_or(until, |(next, _)| (*next).min(until));
            let lasts = end.since((*at).max(from)).micros().max(0);
            sum += i128::from(*milli) * i128::from(lasts);
        }
        i64::try_from(sum / i128::from(window.micros().max(1))).ok()
    }
    /// Whether it is about what an autoscaler in a namespace scales.
    pub fn is_of(&self, target: Reference, namespace: Sym) -> bool {
        self.of.kind.name() == target.kind.as_str()
            && self.of.name == target.name
            && self.of.namespace.is_none_or(|own| own == namespace)
    }
    /// `cpu 2 from 0s, 50m from 3m`
    pub fn words(&self, start: Time) -> String {
        let told = |(resource, points): &(Sym, Vec<(Time, i64)>)| {
            let amount = |milli: i64| Quantity::from_nanos(i128::from(milli) * 1_000_000, Format::DecimalSI);
            let all = points.iter().map(|(at, milli)| format!("{} from {}", amount(*milli), at.since(start)));
            format!("{resource} {}", all.collect::<Vec<_>>().join(", "))
        };
        self.uses.iter().map(told).collect::<Vec<_>>().join("; ")
    }
    /// When they begin to use what they use to the end.
    pub fn last_change(&self) -> Option<Time> {
        self.uses.iter().filter_map(|(_, points)| points.last()).map(|(at, _)| *at).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::api_server::objects::ObjectType;

    #[test]
    fn what_is_used_is_averaged_over_the_window() {
        let (cpu, at) = (Sym::new("cpu"), Time::from_secs);
        let of = ObjectTarget { kind: ObjectType::Deployment, name: Sym::new("web"), namespace: None };
        let plan = MetricPlan { of, uses: vec![(cpu, vec![(at(100), 200), (at(160), 1000)])] };
        let mean = |until, window| plan.mean(cpu, at(until), Span::from_secs(window));
        assert_eq!(mean(130, 15), Some(200));
        assert_eq!(mean(105, 10), Some(100), "nothing before the first");
        assert_eq!(mean(165, 10), Some(600));
        assert_eq!(mean(400, 15), Some(1000));
        assert_eq!(mean(90, 15), Some(0));
        assert_eq!(plan.mean(Sym::new("memory"), at(130), Span::from_secs(15)), None);
        assert_eq!(plan.last_change(), Some(at(160)));
    }
}
