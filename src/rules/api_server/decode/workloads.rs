//! Every field of workloads and of what stands around them, as in [`super::schema`].
//!
//! Source: staging/src/k8s.io/api/{apps/v1,autoscaling/v2,batch/v1,core/v1,policy/v1}/types.go (1.36.2).

use super::schema::{LabelSelector, ObjectMeta, PersistentVolumeClaimSpec, PodSpec, Struct, Type, field};

structs! {
PodTemplateSpec { metadata: (ObjectMeta), spec: (PodSpec), }
Condition {
    type keep: (str), status keep: (str), observedGeneration: (i64), lastTransitionTime keep: (* time),
    reason keep: (str), message keep: (str),
}

Deployment {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (DeploymentSpec), status: (DeploymentStatus),
}
DeploymentSpec {
    replicas: (* i32), selector keep: (* LabelSelector), template keep: (PodTemplateSpec),
    strategy: (DeploymentStrategy), minReadySeconds: (i32), revisionHistoryLimit: (* i32), paused: (bool),
    progressDeadlineSeconds: (* i32),
}
DeploymentStrategy { type: (str "v1.DeploymentStrategyType"), rollingUpdate: (* RollingUpdateDeployment), }
RollingUpdateDeployment { maxUnavailable: (* int_or_string), maxSurge: (* int_or_string), }
DeploymentStatus {
    observedGeneration: (i64), replicas: (i32), updatedReplicas: (i32), readyReplicas: (i32),
    availableReplicas: (i32), unavailableReplicas: (i32), terminatingReplicas v33: (* i32),
    conditions: ([] DeploymentCondition), collisionCount: (* i32),
}
DeploymentCondition {
    type keep: (str "v1.DeploymentConditionType"), status keep: (str "v1.ConditionStatus"), lastUpdateTime: (* time),
    lastTransitionTime: (* time), reason: (str), message: (str),
}

ReplicaSet {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (ReplicaSetSpec), status: (ReplicaSetStatus),
}
ReplicaSetSpec {
    replicas: (* i32), minReadySeconds: (i32), selector keep: (* LabelSelector), template: (PodTemplateSpec),
}
ReplicaSetStatus {
    replicas keep: (i32), fullyLabeledReplicas: (i32), readyReplicas: (i32), availableReplicas: (i32),
    terminatingReplicas v33: (* i32), observedGeneration: (i64), conditions: ([] ReplicaSetCondition),
}
ReplicaSetCondition {
    type keep: (str "v1.ReplicaSetConditionType"), status keep: (str "v1.ConditionStatus"),
    lastTransitionTime: (* time), reason: (str), message: (str),
}

ReplicationController {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (ReplicationControllerSpec),
    status: (ReplicationControllerStatus),
}
ReplicationControllerSpec {
    replicas: (* i32), minReadySeconds: (i32), selector: (map str), template: (* PodTemplateSpec),
}
ReplicationControllerStatus {
    replicas keep: (i32), fullyLabeledReplicas: (i32), readyReplicas: (i32), availableReplicas: (i32),
    observedGeneration: (i64), conditions: ([] ReplicationControllerCondition),
}
ReplicationControllerCondition {
    type keep: (str "v1.ReplicationControllerConditionType"), status keep: (str "v1.ConditionStatus"),
    lastTransitionTime: (* time), reason: (str), message: (str),
}

Service {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (ServiceSpec), status: (ServiceStatus),
}
ServiceSpec {
    ports: ([] ServicePort), selector: (map str), clusterIP: (str), clusterIPs: ([] str), type: (str "v1.ServiceType"),
    externalIPs: ([] str), sessionAffinity: (str "v1.ServiceAffinity"), loadBalancerIP: (str),
    loadBalancerSourceRanges: ([] str), externalName: (str),
    externalTrafficPolicy: (str "v1.ServiceExternalTrafficPolicy"), healthCheckNodePort: (i32),
    publishNotReadyAddresses: (bool), sessionAffinityConfig: (* SessionAffinityConfig),
    ipFamilies: ([] str "v1.IPFamily"), ipFamilyPolicy: (* str "v1.IPFamilyPolicy"),
    allocateLoadBalancerNodePorts: (* bool), loadBalancerClass: (* str),
    internalTrafficPolicy: (* str "v1.ServiceInternalTrafficPolicy"), trafficDistribution: (* str),
}
ServicePort {
    name: (str), protocol: (str "v1.Protocol"), appProtocol: (* str), port keep: (i32), targetPort: (int_or_string),
    nodePort: (i32),
}
SessionAffinityConfig { clientIP: (* ClientIPConfig), }
ClientIPConfig { timeoutSeconds: (* i32), }
ServiceStatus { loadBalancer: (LoadBalancerStatus), conditions: ([] Condition), }
LoadBalancerStatus { ingress: ([] LoadBalancerIngress), }
LoadBalancerIngress {
    ip: (str), hostname: (str), ipMode: (* str "v1.LoadBalancerIPMode"), ports: ([] PortStatus),
}
PortStatus { port keep: (i32), protocol keep: (str "v1.Protocol"), error: (* str), }

StatefulSet {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (StatefulSetSpec), status: (StatefulSetStatus),
}
StatefulSetSpec {
    replicas: (* i32), selector keep: (* LabelSelector), template keep: (PodTemplateSpec),
    volumeClaimTemplates: ([] PersistentVolumeClaim), serviceName keep: (str),
    podManagementPolicy: (str "v1.PodManagementPolicyType"), updateStrategy: (StatefulSetUpdateStrategy),
    revisionHistoryLimit: (* i32), minReadySeconds: (i32),
    persistentVolumeClaimRetentionPolicy: (* StatefulSetPersistentVolumeClaimRetentionPolicy),
    ordinals: (* StatefulSetOrdinals),
}
PersistentVolumeClaim {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (PersistentVolumeClaimSpec),
    status: (PersistentVolumeClaimStatus),
}
PersistentVolumeClaimStatus {
    phase: (str "v1.PersistentVolumeClaimPhase"), accessModes: ([] str "v1.PersistentVolumeAccessMode"),
    capacity: (map "v1.ResourceList" quantity), conditions: ([] PersistentVolumeClaimCondition),
    allocatedResources: (map "v1.ResourceList" quantity), allocatedResourceStatuses: (map str),
    currentVolumeAttributesClassName: (* str), modifyVolumeStatus: (* ModifyVolumeStatus),
}
PersistentVolumeClaimCondition {
    type keep: (str), status keep: (str), lastProbeTime: (* time), lastTransitionTime: (* time), reason: (str),
    message: (str),
}
ModifyVolumeStatus { targetVolumeAttributesClassName: (str), status keep: (str), }
StatefulSetUpdateStrategy {
    type: (str "v1.StatefulSetUpdateStrategyType"), rollingUpdate: (* RollingUpdateStatefulSetStrategy),
}
RollingUpdateStatefulSetStrategy { partition: (* i32), maxUnavailable: (* int_or_string), }
StatefulSetPersistentVolumeClaimRetentionPolicy {
    whenDeleted: (str "v1.PersistentVolumeClaimRetentionPolicyType"),
    whenScaled: (str "v1.PersistentVolumeClaimRetentionPolicyType"),
}
StatefulSetOrdinals { start keep: (i32), }
StatefulSetStatus {
    observedGeneration: (i64), replicas keep: (i32), readyReplicas: (i32), currentReplicas: (i32),
    updatedReplicas: (i32), currentRevision: (str), updateRevision: (str), collisionCount: (* i32),
    conditions: ([] StatefulSetCondition), availableReplicas keep: (i32),
}
StatefulSetCondition {
    type keep: (str "v1.StatefulSetConditionType"), status keep: (str "v1.ConditionStatus"),
    lastTransitionTime: (* time), reason: (str), message: (str),
}

ControllerRevision {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), data: (raw), revision keep: (i64),
}

DaemonSet {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (DaemonSetSpec), status: (DaemonSetStatus),
}
DaemonSetSpec {
    selector keep: (* LabelSelector), template keep: (PodTemplateSpec), updateStrategy: (DaemonSetUpdateStrategy),
    minReadySeconds: (i32), revisionHistoryLimit: (* i32),
}
DaemonSetUpdateStrategy { type: (str "v1.DaemonSetUpdateStrategyType"), rollingUpdate: (* RollingUpdateDaemonSet), }
RollingUpdateDaemonSet { maxUnavailable: (* int_or_string), maxSurge: (* int_or_string), }
DaemonSetStatus {
    currentNumberScheduled keep: (i32), numberMisscheduled keep: (i32), desiredNumberScheduled keep: (i32),
    numberReady keep: (i32), observedGeneration: (i64), updatedNumberScheduled: (i32), numberAvailable: (i32),
    numberUnavailable: (i32), collisionCount: (* i32), conditions: ([] DaemonSetCondition),
}
DaemonSetCondition {
    type keep: (str "v1.DaemonSetConditionType"), status keep: (str "v1.ConditionStatus"),
    lastTransitionTime: (* time), reason: (str), message: (str),
}

Job { kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (JobSpec), status: (JobStatus), }
JobSpec {
    parallelism: (* i32), completions: (* i32), activeDeadlineSeconds: (* i64), podFailurePolicy: (* PodFailurePolicy),
    successPolicy: (* SuccessPolicy), backoffLimit: (* i32), backoffLimitPerIndex: (* i32),
    maxFailedIndexes: (* i32), selector: (* LabelSelector), manualSelector: (* bool), template keep: (PodTemplateSpec),
    ttlSecondsAfterFinished: (* i32), completionMode: (* str "v1.CompletionMode"), suspend: (* bool),
    podReplacementPolicy: (* str "v1.PodReplacementPolicy"), managedBy: (* str),
}
PodFailurePolicy { rules keep: ([] PodFailurePolicyRule), }
PodFailurePolicyRule {
    action keep: (str "v1.PodFailurePolicyAction"), onExitCodes: (* PodFailurePolicyOnExitCodesRequirement),
    onPodConditions: ([] PodFailurePolicyOnPodConditionsPattern),
}
PodFailurePolicyOnExitCodesRequirement {
    containerName: (* str), operator keep: (str "v1.PodFailurePolicyOnExitCodesOperator"), values keep: ([] i32),
}
PodFailurePolicyOnPodConditionsPattern {
    type keep: (str "v1.PodConditionType"), status keep: (str "v1.ConditionStatus"),
}
SuccessPolicy { rules keep: ([] SuccessPolicyRule), }
SuccessPolicyRule { succeededIndexes: (* str), succeededCount: (* i32), }
JobStatus {
    conditions: ([] JobCondition), startTime: (* time), completionTime: (* time), active: (i32), succeeded: (i32),
    failed: (i32), terminating: (* i32), completedIndexes: (str), failedIndexes: (* str),
    uncountedTerminatedPods: (* UncountedTerminatedPods), ready: (* i32),
}
JobCondition {
    type keep: (str "v1.JobConditionType"), status keep: (str "v1.ConditionStatus"), lastProbeTime: (* time),
    lastTransitionTime: (* time), reason: (str), message: (str),
}
UncountedTerminatedPods { succeeded: ([] str "types.UID"), failed: ([] str "types.UID"), }

CronJob { kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (CronJobSpec), status: (CronJobStatus), }
CronJobSpec {
    schedule keep: (str), timeZone: (* str), startingDeadlineSeconds: (* i64),
    concurrencyPolicy: (str "v1.ConcurrencyPolicy"), suspend: (* bool), jobTemplate keep: (JobTemplateSpec),
    successfulJobsHistoryLimit: (* i32), failedJobsHistoryLimit: (* i32),
}
JobTemplateSpec { metadata: (ObjectMeta), spec: (JobSpec), }
CronJobStatus { active: ([] ObjectReference), lastScheduleTime: (* time), lastSuccessfulTime: (* time), }
ObjectReference {
    kind: (str), namespace: (str), name: (str), uid: (str "types.UID"), apiVersion: (str), resourceVersion: (str),
    fieldPath: (str),
}

HorizontalPodAutoscaler {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (HorizontalPodAutoscalerSpec),
    status: (HorizontalPodAutoscalerStatus),
}
HorizontalPodAutoscalerSpec {
    scaleTargetRef keep: (CrossVersionObjectReference), minReplicas: (* i32), maxReplicas keep: (i32),
    metrics: ([] MetricSpec), behavior: (* HorizontalPodAutoscalerBehavior),
}
CrossVersionObjectReference { kind keep: (str), name keep: (str), apiVersion: (str), }
MetricSpec {
    type keep: (str "v2.MetricSourceType"), object: (* ObjectMetricSource), pods: (* PodsMetricSource),
    resource: (* ResourceMetricSource), containerResource: (* ContainerResourceMetricSource),
    external: (* ExternalMetricSource),
}
ObjectMetricSource {
    describedObject keep: (CrossVersionObjectReference), target keep: (MetricTarget), metric keep: (MetricIdentifier),
}
PodsMetricSource { metric keep: (MetricIdentifier), target keep: (MetricTarget), }
ResourceMetricSource { name keep: (str "v1.ResourceName"), target keep: (MetricTarget), }
ContainerResourceMetricSource {
    name keep: (str "v1.ResourceName"), target keep: (MetricTarget), container keep: (str),
}
ExternalMetricSource { metric keep: (MetricIdentifier), target keep: (MetricTarget), }
MetricIdentifier { name keep: (str), selector: (* LabelSelector), }
MetricTarget {
    type keep: (str "v2.MetricTargetType"), value: (* quantity), averageValue: (* quantity), averageUtilization: (* i32),
}
HorizontalPodAutoscalerBehavior { scaleUp: (* HPAScalingRules), scaleDown: (* HPAScalingRules), }
HPAScalingRules {
    stabilizationWindowSeconds: (* i32), selectPolicy: (* str "v2.ScalingPolicySelect"), policies keep: ([] HPAScalingPolicy),
    tolerance v33: (* quantity),
}
HPAScalingPolicy { type keep: (str "v2.HPAScalingPolicyType"), value keep: (i32), periodSeconds keep: (i32), }
HorizontalPodAutoscalerStatus {
    observedGeneration: (* i64), lastScaleTime: (* time), currentReplicas: (i32), desiredReplicas keep: (i32),
    currentMetrics: ([] MetricStatus), conditions: ([] HorizontalPodAutoscalerCondition),
}
HorizontalPodAutoscalerCondition {
    type keep: (str), status keep: (str "v1.ConditionStatus"), lastTransitionTime: (* time), reason: (str),
    message: (str),
}
MetricStatus {
    type keep: (str "v2.MetricSourceType"), object: (* ObjectMetricStatus), pods: (* PodsMetricStatus),
    resource: (* ResourceMetricStatus), containerResource: (* ContainerResourceMetricStatus),
    external: (* ExternalMetricStatus),
}
ObjectMetricStatus {
    metric keep: (MetricIdentifier), current keep: (MetricValueStatus),
    describedObject keep: (CrossVersionObjectReference),
}
PodsMetricStatus { metric keep: (MetricIdentifier), current keep: (MetricValueStatus), }
ResourceMetricStatus { name keep: (str "v1.ResourceName"), current keep: (MetricValueStatus), }
ContainerResourceMetricStatus {
    name keep: (str "v1.ResourceName"), current keep: (MetricValueStatus), container keep: (str),
}
ExternalMetricStatus { metric keep: (MetricIdentifier), current keep: (MetricValueStatus), }
MetricValueStatus { value: (* quantity), averageValue: (* quantity), averageUtilization: (* i32), }

PodDisruptionBudget {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (PodDisruptionBudgetSpec),
    status: (PodDisruptionBudgetStatus),
}
PodDisruptionBudgetSpec {
    minAvailable: (* int_or_string), selector: (* LabelSelector), maxUnavailable: (* int_or_string),
    unhealthyPodEvictionPolicy: (* str "v1.UnhealthyPodEvictionPolicyType"),
}
PodDisruptionBudgetStatus {
    observedGeneration: (i64), disruptedPods: (map time), disruptionsAllowed keep: (i32), currentHealthy keep: (i32),
    desiredHealthy keep: (i32), expectedPods keep: (i32), conditions: ([] Condition),
}
}
