//! Who is evicted first from a node that is short of something, and what the eviction says.
//!
//! Source: pkg/kubelet/eviction/helpers.go (`rankMemoryPressure`, `rankDiskPressureFunc`, `rankPIDPressure`,
//! `evictionMessage`), v1.36.2. The surprise: neither the QoS class nor a high priority protects alone; whoever uses more
//! than was requested goes before everybody who does not.

use std::cmp::{Ordering, Reverse};

use crate::api::Sym;
use crate::rules::machinery::quantity::{Format, Quantity};
use crate::time::Span;

/// `evictionMonitoringPeriod`
pub const PERIOD: Span = Span::from_secs(10);
/// Pods of this priority and above are critical (`SystemCriticalPriority`): nobody evicts them.
pub const CRITICAL: i32 = 2_000_000_000;
/// A hard threshold leaves a pod this long.
pub const HARD_GRACE_SECS: i64 = 1;

/// Whether a resource may be beyond a threshold for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threshold {
    /// `evictionHard`: not at all.
    Hard,
    /// `evictionSoft`: for its grace period.
    Soft,
}

/// How long a pod has that is evicted because of a soft threshold (`synchronize`): its own grace, at most
/// `evictionMaxPodGracePeriod`, which is 0 where nobody says it.
pub fn soft_grace_secs(longest: i64, own: Option<i64>) -> i64 {
    own.map_or(longest, |own| own.min(longest))
}

/// What the ranking looks at. Amounts in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// None: the scenario does not say. Then a pod that asked for nothing is taken to use more than that.
    pub usage: Option<i64>,
    pub request: i64,
    pub priority: i32,
}

impl Candidate {
    fn exceeds(&self) -> bool {
        self.usage.map_or(self.request == 0, |usage| usage > self.request)
    }
    fn above(&self) -> i64 {
        self.usage.map_or(0, |usage| usage.saturating_sub(self.request))
    }
}

/// The order of eviction: usage above the request, then the lower priority, then the larger usage above it.
pub fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    let key = |c: &Candidate| (Reverse(c.exceeds()), c.priority, Reverse(c.above()));
    key(a).cmp(&key(b))
}

/// A container, or a pod, whose usage is known, in bytes; its request as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consumer {
    pub name: Sym,
    pub usage: i64,
    pub request: Option<Quantity>,
}

/// The message of an eviction: the resource, its threshold and what is left, the pod if it asks for some of it itself, and
/// the containers above their requests.
pub fn message(
    resource: Sym,
    threshold: Option<(Quantity, i64)>,
    pod: Option<&Consumer>,
    consumers: &[Consumer],
) -> String {
    let mut text = format!("The node was low on resource: {resource}. ");
    if let Some((threshold, available)) = threshold {
        let available = match resource {
            Sym::PIDS => available.to_string(),
            _ => format!("{}Ki", available / 1024),
        };
        text += &format!("Threshold quantity: {threshold}, available: {available}. ");
    }
    let pods = pod.map(|pod| ("Pod", pod));
    for (what, Consumer { name, usage, request }) in
        pods.into_iter().chain(consumers.iter().map(|own| ("Container", own)))
    {
        let usage = Quantity::from_nanos(i128::from(*usage) * 1_000_000_000, Format::BinarySI);
        let zero = Quantity::from_nanos(0, Format::DecimalSI);
        let request = request.unwrap_or(zero);
        // The surprise: the pod's line comes whatever it uses.
        if what == "Pod" || usage.cmp_value(request).is_gt() {
            text += &format!(
                "{what} {name} was using {usage}, request is {request}, has larger consumption of {resource}. "
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(usage: i64, request: i64, priority: i32) -> Candidate {
        Candidate { usage: Some(usage), request, priority }
    }

    #[test]
    fn usage_above_the_request_comes_before_priority_and_priority_before_the_amount() {
        let unknown = |request| Candidate { usage: None, request, priority: 0 };
        let order = [
            uses(9, 1, 0),
            uses(5, 1, 0),
            unknown(0),
            uses(900, 1, 1000),
            uses(1000, 1000, 0),
            unknown(7),
            uses(1, 1000, 1000),
        ];
        for pair in order.windows(2) {
            assert_ne!(rank(&pair[0], &pair[1]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(rank(&order[0], &order[1]), Ordering::Less);
        assert_eq!(rank(&order[2], &order[3]), Ordering::Less);
        assert_eq!(rank(&order[3], &order[4]), Ordering::Less);
    }

    #[test]
    fn only_containers_above_their_requests_are_named() {
        let quantity = |text| Quantity::parse(text).ok();
        let consumer = |name: &str, usage, request| Consumer { name: name.into(), usage, request };
        let threshold = quantity("100Mi").map(|q| (q, 92_160 * 1024));
        let consumers = [
            consumer("app", 300 << 20, quantity("64Mi")),
            consumer("proxy", 10 << 20, quantity("64Mi")),
            consumer("agent", 1 << 20, None),
        ];
        assert_eq!(
            message("memory".into(), threshold, None, &consumers),
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 92160Ki. \
             Container app was using 300Mi, request is 64Mi, has larger consumption of memory. \
             Container agent was using 1Mi, request is 0, has larger consumption of memory. "
        );
        assert_eq!(message("pids".into(), None, None, &[]), "The node was low on resource: pids. ");
        let pod = consumer("web", 10 << 20, quantity("64Mi"));
        assert_eq!(
            message("memory".into(), None, Some(&pod), &consumers[1..2]),
            "The node was low on resource: memory. Pod web was using 10Mi, request is 64Mi, has larger consumption of memory. "
        );
    }
}
