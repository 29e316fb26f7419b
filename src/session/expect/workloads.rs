//! What is expected of workloads, of Services and of what somebody is told.

use super::Difference;
use crate::scenario::expected::{AnswerExpect, ServiceExpect, WorkloadExpect};
use crate::world::{Pod, World};

/// What of a workload is not as it was expected.
pub fn workload(expect: &WorkloadExpect, _: &World) -> Option<Difference> {
    Some(Difference::new(expect.object.kind.name(), "something", "it is not looked at yet"))
}

/// What of a Service is not as it was expected.
pub fn service(_: &ServiceExpect, _: &World) -> Option<Difference> {
    Some(Difference::new("the Service", "something", "it is not looked at yet"))
}

/// What somebody is told, where it is not as it was expected.
pub fn answer(_: &AnswerExpect, _: &World) -> Option<Difference> {
    Some(Difference::new("the answer", "something", "it is not looked at yet"))
}

/// From which of its workload's templates a pod was made, from 1; None: no workload has made it.
pub fn revision(_: &Pod, _: &World) -> Option<u32> {
    None
}
