//! Every field of older versions of kinds, as in [`super::schema`], under Go's names.
//!
//! Source: staging/src/k8s.io/api/autoscaling/v1/types.go (1.36.2).

use super::schema::{ObjectMeta, Struct, Type, field};
use super::workloads::CrossVersionObjectReference;

structs! {
HorizontalPodAutoscaler {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (HorizontalPodAutoscalerSpec),
    status: (HorizontalPodAutoscalerStatus),
}
HorizontalPodAutoscalerSpec {
    scaleTargetRef keep: (CrossVersionObjectReference), minReplicas: (* i32), maxReplicas keep: (i32),
    targetCPUUtilizationPercentage: (* i32),
}
HorizontalPodAutoscalerStatus {
    observedGeneration: (* i64), lastScaleTime: (* time), currentReplicas keep: (i32), desiredReplicas keep: (i32),
    currentCPUUtilizationPercentage: (* i32),
}
}
