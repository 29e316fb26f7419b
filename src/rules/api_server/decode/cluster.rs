//! Every field of the kinds that are no workloads, as in [`super::schema`]: what pods are given, what they are held to, and
//! where they run.
//!
//! Source: staging/src/k8s.io/api/{core/v1,storage/v1,scheduling/v1,node/v1}/types.go (1.36.2). The source of a
//! PersistentVolume is a struct of its own in Go, whose fields stand among those of the spec.

use super::schema::{
    AWSElasticBlockStoreVolumeSource, AzureDiskVolumeSource, FCVolumeSource, FlockerVolumeSource,
    GCEPersistentDiskVolumeSource, HostPathVolumeSource, LocalObjectReference, NFSVolumeSource, NodeSelector,
    ObjectMeta, PhotonPersistentDiskVolumeSource, PortworxVolumeSource, QuobyteVolumeSource, Struct,
    Toleration, Type, VsphereVirtualDiskVolumeSource, field,
};
use super::workloads::ObjectReference;

structs! {
ConfigMap {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), immutable: (* bool), data: (map str),
    binaryData: (map bytes),
}
Secret {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), immutable: (* bool), data: (map bytes),
    stringData: (map str), type: (str "v1.SecretType"),
}
ServiceAccount {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), secrets: ([] ObjectReference),
    imagePullSecrets: ([] LocalObjectReference), automountServiceAccountToken: (* bool),
}
Namespace {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (NamespaceSpec), status: (NamespaceStatus),
}
NamespaceSpec { finalizers: ([] str "v1.FinalizerName"), }
NamespaceStatus { phase: (str "v1.NamespacePhase"), conditions: ([] NamespaceCondition), }
NamespaceCondition {
    type keep: (str "v1.NamespaceConditionType"), status keep: (str "v1.ConditionStatus"),
    lastTransitionTime: (* time), reason: (str), message: (str),
}

LimitRange { kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (LimitRangeSpec), }
LimitRangeSpec { limits keep: ([] LimitRangeItem), }
LimitRangeItem {
    type keep: (str "v1.LimitType"), max: (map "v1.ResourceList" quantity), min: (map "v1.ResourceList" quantity),
    default: (map "v1.ResourceList" quantity), defaultRequest: (map "v1.ResourceList" quantity),
    maxLimitRequestRatio: (map "v1.ResourceList" quantity),
}
ResourceQuota {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (ResourceQuotaSpec), status: (ResourceQuotaStatus),
}
ResourceQuotaSpec {
    hard: (map "v1.ResourceList" quantity), scopes: ([] str "v1.ResourceQuotaScope"), scopeSelector: (* ScopeSelector),
}
ScopeSelector { matchExpressions: ([] ScopedResourceSelectorRequirement), }
ScopedResourceSelectorRequirement {
    scopeName keep: (str "v1.ResourceQuotaScope"), operator keep: (str "v1.ScopeSelectorOperator"), values: ([] str),
}
ResourceQuotaStatus { hard: (map "v1.ResourceList" quantity), used: (map "v1.ResourceList" quantity), }

PriorityClass {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), value keep: (i32), globalDefault: (bool),
    description: (str), preemptionPolicy: (* str "v1.PreemptionPolicy"),
}
RuntimeClass {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), handler keep: (str), overhead: (* Overhead),
    scheduling: (* Scheduling),
}
Overhead { podFixed: (map "v1.ResourceList" quantity), }
Scheduling { nodeSelector: (map str), tolerations: ([] Toleration), }

StorageClass {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), provisioner keep: (str), parameters: (map str),
    reclaimPolicy: (* str "v1.PersistentVolumeReclaimPolicy"), mountOptions: ([] str), allowVolumeExpansion: (* bool),
    volumeBindingMode: (* str "v1.VolumeBindingMode"), allowedTopologies: ([] TopologySelectorTerm),
}
TopologySelectorTerm { matchLabelExpressions: ([] TopologySelectorLabelRequirement), }
TopologySelectorLabelRequirement { key keep: (str), values keep: ([] str), }

PersistentVolume {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (PersistentVolumeSpec),
    status: (PersistentVolumeStatus),
}
PersistentVolumeSpec {
    capacity: (map "v1.ResourceList" quantity), gcePersistentDisk: (* GCEPersistentDiskVolumeSource),
    awsElasticBlockStore: (* AWSElasticBlockStoreVolumeSource), hostPath: (* HostPathVolumeSource),
    glusterfs: (* GlusterfsPersistentVolumeSource), nfs: (* NFSVolumeSource), rbd: (* RBDPersistentVolumeSource),
    iscsi: (* ISCSIPersistentVolumeSource), cinder: (* CinderPersistentVolumeSource),
    cephfs: (* CephFSPersistentVolumeSource), fc: (* FCVolumeSource), flocker: (* FlockerVolumeSource),
    flexVolume: (* FlexPersistentVolumeSource), azureFile: (* AzureFilePersistentVolumeSource),
    vsphereVolume: (* VsphereVirtualDiskVolumeSource), quobyte: (* QuobyteVolumeSource),
    azureDisk: (* AzureDiskVolumeSource), photonPersistentDisk: (* PhotonPersistentDiskVolumeSource),
    portworxVolume: (* PortworxVolumeSource), scaleIO: (* ScaleIOPersistentVolumeSource), local: (* LocalVolumeSource),
    storageos: (* StorageOSPersistentVolumeSource), csi: (* CSIPersistentVolumeSource),
    accessModes: ([] str "v1.PersistentVolumeAccessMode"), claimRef: (* ObjectReference),
    persistentVolumeReclaimPolicy: (str "v1.PersistentVolumeReclaimPolicy"), storageClassName: (str),
    mountOptions: ([] str), volumeMode: (* str "v1.PersistentVolumeMode"), nodeAffinity: (* VolumeNodeAffinity),
    volumeAttributesClassName: (* str),
}
VolumeNodeAffinity { required: (* NodeSelector), }
LocalVolumeSource { path keep: (str), fsType: (* str), }
SecretReference { name: (str), namespace: (str), }
GlusterfsPersistentVolumeSource {
    endpoints keep: (str), path keep: (str), readOnly: (bool), endpointsNamespace: (* str),
}
RBDPersistentVolumeSource {
    monitors keep: ([] str), image keep: (str), fsType: (str), pool: (str), user: (str), keyring: (str),
    secretRef: (* SecretReference), readOnly: (bool),
}
ISCSIPersistentVolumeSource {
    targetPortal keep: (str), iqn keep: (str), lun keep: (i32), iscsiInterface: (str), fsType: (str),
    readOnly: (bool), portals: ([] str), chapAuthDiscovery: (bool), chapAuthSession: (bool),
    secretRef: (* SecretReference), initiatorName: (* str),
}
CinderPersistentVolumeSource { volumeID keep: (str), fsType: (str), readOnly: (bool), secretRef: (* SecretReference), }
CephFSPersistentVolumeSource {
    monitors keep: ([] str), path: (str), user: (str), secretFile: (str), secretRef: (* SecretReference),
    readOnly: (bool),
}
FlexPersistentVolumeSource {
    driver keep: (str), fsType: (str), secretRef: (* SecretReference), readOnly: (bool), options: (map str),
}
AzureFilePersistentVolumeSource {
    secretName keep: (str), shareName keep: (str), readOnly: (bool), secretNamespace keep: (* str),
}
ScaleIOPersistentVolumeSource {
    gateway keep: (str), system keep: (str), secretRef keep: (* SecretReference), sslEnabled: (bool),
    protectionDomain: (str), storagePool: (str), storageMode: (str), volumeName: (str), fsType: (str),
    readOnly: (bool),
}
StorageOSPersistentVolumeSource {
    volumeName: (str), volumeNamespace: (str), fsType: (str), readOnly: (bool), secretRef: (* ObjectReference),
}
CSIPersistentVolumeSource {
    driver keep: (str), volumeHandle keep: (str), readOnly: (bool), fsType: (str), volumeAttributes: (map str),
    controllerPublishSecretRef: (* SecretReference), nodeStageSecretRef: (* SecretReference),
    nodePublishSecretRef: (* SecretReference), controllerExpandSecretRef: (* SecretReference),
    nodeExpandSecretRef: (* SecretReference),
}
PersistentVolumeStatus {
    phase: (str "v1.PersistentVolumePhase"), message: (str), reason: (str), lastPhaseTransitionTime: (* time),
}

Node { kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (NodeSpec), status: (NodeStatus), }
NodeSpec {
    podCIDR: (str), podCIDRs: ([] str), providerID: (str), unschedulable: (bool), taints: ([] Taint),
    configSource: (* NodeConfigSource), externalID: (str),
}
Taint { key keep: (str), value: (str), effect keep: (str "v1.TaintEffect"), timeAdded: (* time), }
NodeConfigSource { configMap: (* ConfigMapNodeConfigSource), }
ConfigMapNodeConfigSource {
    namespace keep: (str), name keep: (str), uid: (str "types.UID"), resourceVersion: (str),
    kubeletConfigKey keep: (str),
}
NodeStatus {
    capacity: (map "v1.ResourceList" quantity), allocatable: (map "v1.ResourceList" quantity),
    phase: (str "v1.NodePhase"), conditions: ([] NodeCondition), addresses: ([] NodeAddress),
    daemonEndpoints: (NodeDaemonEndpoints), nodeInfo: (NodeSystemInfo), images: ([] ContainerImage),
    volumesInUse: ([] str "v1.UniqueVolumeName"), volumesAttached: ([] AttachedVolume),
    config: (* NodeConfigStatus), runtimeHandlers: ([] NodeRuntimeHandler), features: (* NodeFeatures),
    declaredFeatures v35: ([] str),
}
NodeCondition {
    type keep: (str "v1.NodeConditionType"), status keep: (str "v1.ConditionStatus"), lastHeartbeatTime: (* time),
    lastTransitionTime: (* time), reason: (str), message: (str),
}
NodeAddress { type keep: (str "v1.NodeAddressType"), address keep: (str), }
NodeDaemonEndpoints { kubeletEndpoint: (DaemonEndpoint), }
DaemonEndpoint { Port keep: (i32), }
NodeSystemInfo {
    machineID keep: (str), systemUUID keep: (str), bootID keep: (str), kernelVersion keep: (str), osImage keep: (str),
    containerRuntimeVersion keep: (str), kubeletVersion keep: (str), kubeProxyVersion keep: (str),
    operatingSystem keep: (str), architecture keep: (str), swap v33: (* NodeSwapStatus),
}
NodeSwapStatus { capacity: (* i64), }
ContainerImage { names: ([] str), sizeBytes: (i64), }
AttachedVolume { name keep: (str "v1.UniqueVolumeName"), devicePath keep: (str), }
NodeConfigStatus {
    assigned: (* NodeConfigSource), active: (* NodeConfigSource), lastKnownGood: (* NodeConfigSource), error: (str),
}
NodeRuntimeHandler { name keep: (str), features: (* NodeRuntimeHandlerFeatures), }
NodeRuntimeHandlerFeatures { recursiveReadOnlyMounts: (* bool), userNamespaces: (* bool), }
NodeFeatures { supplementalGroupsPolicy: (* bool), }
}
