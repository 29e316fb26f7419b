//! Every field of `v1.Pod` that its API knows: JSON name, Go type, and whether it is written when it is zero.
//!
//! Source: staging/src/k8s.io/api/core/v1/types.go and apimachinery/pkg/apis/meta/v1/types.go (1.36.2). A field stands
//! here with the version that brought it (`v35`) or that took it away (`gone36`), not in the tables of
//! [`crate::rules::versions`], because its place among the others counts: in that order they are written. Strings keep the
//! Go name of their type, because decode errors name it.

use crate::rules::versions::Version;

/// A Go struct. All of them live in a package called `v1`.
#[derive(Debug)]
pub struct Struct {
    /// Go's name, without the package.
    pub name: &'static str,
    /// In Go's order, which is the order in which the API prints them.
    pub fields: &'static [Field],
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// In JSON.
    pub name: &'static str,
    /// What it holds.
    pub ty: Type,
    /// No `omitempty`: written even when it is zero.
    pub keep: bool,
    /// The first version with it.
    pub since: Version,
    /// The first version without it.
    pub gone: Option<Version>,
}

/// What a field holds.
#[derive(Debug)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// Go's name of the type: `string`, `v1.RestartPolicy`, …
    Text(&'static str),
    /// `[]byte`: text in base64.
    Bytes,
    /// `resource.Quantity`
    Quantity,
    /// `intstr.IntOrString`
    IntOrString,
    /// `metav1.Time`
    Time,
    /// Kept as it came.
    Raw,
    /// A struct of the table.
    Struct(&'static Struct),
    /// A slice.
    List(&'static Type),
    /// Go's name of the type if it has one, and the type of its values.
    Map(&'static str, &'static Type),
    /// A pointer: absent and zero are two things.
    Pointer(&'static Type),
}

impl Struct {
    /// The field that is called so in JSON, if the version knows it.
    pub fn field(&self, name: &str, version: Version) -> Option<&Field> {
        self.fields_of(version).find(|f| f.name == name)
    }
    /// The fields that a version knows.
    pub fn fields_of(&self, version: Version) -> impl Iterator<Item = &Field> {
        // The columns of this table say when: it is the one place that compares them.
        self.fields.iter().filter(move |f| f.since <= version && f.gone.is_none_or(|gone| version < gone))
    }
}

impl Type {
    /// `[]v1.Container`, as `reflect.Type.String` prints it; pointers are looked through.
    pub fn go_name(&self) -> String {
        match self {
            Type::Bool => "bool".to_owned(),
            Type::Int32 => "int32".to_owned(),
            Type::Int64 => "int64".to_owned(),
            Type::Text(name) => (*name).to_owned(),
            Type::Bytes => "[]uint8".to_owned(),
            Type::Quantity => "resource.Quantity".to_owned(),
            Type::IntOrString => "intstr.IntOrString".to_owned(),
            Type::Time => "v1.Time".to_owned(),
            Type::Raw => "v1.FieldsV1".to_owned(),
            Type::Struct(s) => format!("v1.{}", s.name),
            Type::List(item) => format!("[]{}", item.go_name()),
            Type::Map("", value) => format!("map[string]{}", value.go_name()),
            Type::Map(name, _) => (*name).to_owned(),
            Type::Pointer(inner) => inner.go_name(),
        }
    }
}

macro_rules! ty {
    (bool) => { Type::Bool };
    (i32) => { Type::Int32 };
    (i64) => { Type::Int64 };
    (str) => { Type::Text("string") };
    (str $go:literal) => { Type::Text($go) };
    (bytes) => { Type::Bytes };
    (quantity) => { Type::Quantity };
    (int_or_string) => { Type::IntOrString };
    (time) => { Type::Time };
    (raw) => { Type::Raw };
    (* $($rest:tt)+) => { Type::Pointer(&ty!($($rest)+)) };
    ([] $($rest:tt)+) => { Type::List(&ty!($($rest)+)) };
    (map $go:literal $($rest:tt)+) => { Type::Map($go, &ty!($($rest)+)) };
    (map $($rest:tt)+) => { Type::Map("", &ty!($($rest)+)) };
    ($name:ident) => { Type::Struct(&$name) };
}
/// What the flags of a field say: `keep`, `v35` for the first version with it, `gone36` for the first without.
pub(super) const fn field(name: &'static str, ty: Type, flags: &[&str]) -> Field {
    let mut field = Field { name, ty, keep: false, since: Version::ALL[0], gone: None };
    let mut ix = 0;
    while ix < flags.len() {
        match flags[ix].as_bytes() {
            b"keep" => field.keep = true,
            [b'v', minor @ ..] => field.since = version(minor),
            [b'g', b'o', b'n', b'e', minor @ ..] => field.gone = Some(version(minor)),
            _ => panic!("a flag is keep, vNN or goneNN"),
        }
        ix += 1;
    }
    field
}
const fn version(minor: &[u8]) -> Version {
    match minor {
        [tens, ones] => Version::of_minor((*tens - b'0') * 10 + *ones - b'0'),
        _ => panic!("a minor version has two digits"),
    }
}
macro_rules! structs {
    ($($name:ident { $($field:ident $($flag:ident)*: ($($ty:tt)+),)* })*) => {
        $(
            #[expect(non_upper_case_globals, reason = "a table of Go's types reads best with Go's names")]
            #[doc = concat!("Go's `", stringify!($name), "`.")]
            pub static $name: Struct = Struct {
                name: stringify!($name),
                fields: &[$(field(stringify!($field), ty!($($ty)+), &[$(stringify!($flag)),*]),)*],
            };
        )*
        /// All structs, for tests over the table.
        #[cfg(test)]
        pub static ALL: &[&Struct] = &[$(&$name,)*];
    };
}

structs! {
Pod {
    kind: (str), apiVersion: (str), metadata: (ObjectMeta), spec: (PodSpec), status: (PodStatus),
}
ObjectMeta {
    name: (str), generateName: (str), namespace: (str), selfLink: (str), uid: (str "types.UID"),
    resourceVersion: (str), generation: (i64), creationTimestamp: (* time), deletionTimestamp: (* time),
    deletionGracePeriodSeconds: (* i64), labels: (map str), annotations: (map str),
    ownerReferences: ([] OwnerReference), finalizers: ([] str), managedFields: ([] ManagedFieldsEntry),
}
OwnerReference {
    apiVersion keep: (str), kind keep: (str), name keep: (str), uid keep: (str "types.UID"), controller: (* bool),
    blockOwnerDeletion: (* bool),
}
ManagedFieldsEntry {
    manager: (str), operation: (str "v1.ManagedFieldsOperationType"), apiVersion: (str), time: (* time),
    fieldsType: (str), fieldsV1: (* raw), subresource: (str),
}
PodSpec {
    volumes: ([] Volume), initContainers: ([] Container), containers keep: ([] Container),
    ephemeralContainers: ([] EphemeralContainer), restartPolicy: (str "v1.RestartPolicy"),
    terminationGracePeriodSeconds: (* i64), activeDeadlineSeconds: (* i64), dnsPolicy: (str "v1.DNSPolicy"),
    nodeSelector: (map str), serviceAccountName: (str), serviceAccount: (str),
    automountServiceAccountToken: (* bool), nodeName: (str), hostNetwork: (bool), hostPID: (bool), hostIPC: (bool),
    shareProcessNamespace: (* bool), securityContext: (* PodSecurityContext),
    imagePullSecrets: ([] LocalObjectReference), hostname: (str), subdomain: (str), affinity: (* Affinity),
    schedulerName: (str), tolerations: ([] Toleration), hostAliases: ([] HostAlias), priorityClassName: (str),
    priority: (* i32), dnsConfig: (* PodDNSConfig), readinessGates: ([] PodReadinessGate),
    runtimeClassName: (* str), enableServiceLinks: (* bool), preemptionPolicy: (* str "v1.PreemptionPolicy"),
    overhead: (map "v1.ResourceList" quantity), topologySpreadConstraints: ([] TopologySpreadConstraint),
    setHostnameAsFQDN: (* bool), os: (* PodOS), hostUsers: (* bool), schedulingGates: ([] PodSchedulingGate),
    resourceClaims: ([] PodResourceClaim), resources: (* ResourceRequirements), hostnameOverride v34: (* str),
    workloadRef v35 gone36: (* WorkloadReference), schedulingGroup v36: (* PodSchedulingGroup),
    evictionResponders v37: ([] EvictionResponder),
}
EvictionResponder { name keep: (str), priority: (* i32), }
WorkloadReference { name keep: (str), podGroup keep: (str), podGroupReplicaKey: (str), }
PodSchedulingGroup { podGroupName: (* str), }
PodOS { name keep: (str "v1.OSName"), }
PodSchedulingGate { name keep: (str), }
PodReadinessGate { conditionType keep: (str "v1.PodConditionType"), }
PodResourceClaim { name keep: (str), resourceClaimName: (* str), resourceClaimTemplateName: (* str), }
LocalObjectReference { name: (str), }
HostAlias { ip keep: (str), hostnames: ([] str), }
PodDNSConfig { nameservers: ([] str), searches: ([] str), options: ([] PodDNSConfigOption), }
PodDNSConfigOption { name: (str), value: (* str), }
Toleration {
    key: (str), operator: (str "v1.TolerationOperator"), value: (str), effect: (str "v1.TaintEffect"),
    tolerationSeconds: (* i64),
}
TopologySpreadConstraint {
    maxSkew keep: (i32), topologyKey keep: (str), whenUnsatisfiable keep: (str "v1.UnsatisfiableConstraintAction"),
    labelSelector: (* LabelSelector), minDomains: (* i32), nodeAffinityPolicy: (* str "v1.NodeInclusionPolicy"),
    nodeTaintsPolicy: (* str "v1.NodeInclusionPolicy"), matchLabelKeys: ([] str),
}
LabelSelector { matchLabels: (map str), matchExpressions: ([] LabelSelectorRequirement), }
LabelSelectorRequirement { key keep: (str), operator keep: (str "v1.LabelSelectorOperator"), values: ([] str), }
Affinity { nodeAffinity: (* NodeAffinity), podAffinity: (* PodAffinity), podAntiAffinity: (* PodAntiAffinity), }
NodeAffinity {
    requiredDuringSchedulingIgnoredDuringExecution: (* NodeSelector),
    preferredDuringSchedulingIgnoredDuringExecution: ([] PreferredSchedulingTerm),
}
NodeSelector { nodeSelectorTerms keep: ([] NodeSelectorTerm), }
NodeSelectorTerm {
    matchExpressions: ([] NodeSelectorRequirement), matchFields: ([] NodeSelectorRequirement),
}
NodeSelectorRequirement { key keep: (str), operator keep: (str "v1.NodeSelectorOperator"), values: ([] str), }
PreferredSchedulingTerm { weight keep: (i32), preference keep: (NodeSelectorTerm), }
PodAffinity {
    requiredDuringSchedulingIgnoredDuringExecution: ([] PodAffinityTerm),
    preferredDuringSchedulingIgnoredDuringExecution: ([] WeightedPodAffinityTerm),
}
PodAntiAffinity {
    requiredDuringSchedulingIgnoredDuringExecution: ([] PodAffinityTerm),
    preferredDuringSchedulingIgnoredDuringExecution: ([] WeightedPodAffinityTerm),
}
PodAffinityTerm {
    labelSelector: (* LabelSelector), namespaces: ([] str), topologyKey keep: (str),
    namespaceSelector: (* LabelSelector), matchLabelKeys: ([] str), mismatchLabelKeys: ([] str),
}
WeightedPodAffinityTerm { weight keep: (i32), podAffinityTerm keep: (PodAffinityTerm), }

Container {
    name keep: (str), image: (str), command: ([] str), args: ([] str), workingDir: (str), ports: ([] ContainerPort),
    envFrom: ([] EnvFromSource), env: ([] EnvVar), resources: (ResourceRequirements),
    resizePolicy: ([] ContainerResizePolicy), restartPolicy: (* str "v1.ContainerRestartPolicy"),
    restartPolicyRules v34: ([] ContainerRestartRule), volumeMounts: ([] VolumeMount),
    volumeDevices: ([] VolumeDevice), livenessProbe: (* Probe), readinessProbe: (* Probe), startupProbe: (* Probe),
    lifecycle: (* Lifecycle), terminationMessagePath: (str),
    terminationMessagePolicy: (str "v1.TerminationMessagePolicy"), imagePullPolicy: (str "v1.PullPolicy"),
    securityContext: (* SecurityContext), stdin: (bool), stdinOnce: (bool), tty: (bool),
}
EphemeralContainer {
    name keep: (str), image: (str), command: ([] str), args: ([] str), workingDir: (str), ports: ([] ContainerPort),
    envFrom: ([] EnvFromSource), env: ([] EnvVar), resources: (ResourceRequirements),
    resizePolicy: ([] ContainerResizePolicy), restartPolicy: (* str "v1.ContainerRestartPolicy"),
    restartPolicyRules v34: ([] ContainerRestartRule), volumeMounts: ([] VolumeMount),
    volumeDevices: ([] VolumeDevice), livenessProbe: (* Probe), readinessProbe: (* Probe), startupProbe: (* Probe),
    lifecycle: (* Lifecycle), terminationMessagePath: (str),
    terminationMessagePolicy: (str "v1.TerminationMessagePolicy"), imagePullPolicy: (str "v1.PullPolicy"),
    securityContext: (* SecurityContext), stdin: (bool), stdinOnce: (bool), tty: (bool), targetContainerName: (str),
}
ContainerPort {
    name: (str), hostPort: (i32), containerPort keep: (i32), protocol: (str "v1.Protocol"), hostIP: (str),
}
ContainerResizePolicy {
    resourceName keep: (str "v1.ResourceName"), restartPolicy keep: (str "v1.ResourceResizeRestartPolicy"),
}
ContainerRestartRule {
    action: (str "v1.ContainerRestartRuleAction"), exitCodes: (* ContainerRestartRuleOnExitCodes),
}
ContainerRestartRuleOnExitCodes {
    operator: (str "v1.ContainerRestartRuleOnExitCodesOperator"), values: ([] i32),
}
EnvFromSource { prefix: (str), configMapRef: (* ConfigMapEnvSource), secretRef: (* SecretEnvSource), }
ConfigMapEnvSource { name: (str), optional: (* bool), }
SecretEnvSource { name: (str), optional: (* bool), }
EnvVar { name keep: (str), value: (str), valueFrom: (* EnvVarSource), }
EnvVarSource {
    fieldRef: (* ObjectFieldSelector), resourceFieldRef: (* ResourceFieldSelector),
    configMapKeyRef: (* ConfigMapKeySelector), secretKeyRef: (* SecretKeySelector),
    fileKeyRef v34: (* FileKeySelector),
}
ObjectFieldSelector { apiVersion: (str), fieldPath keep: (str), }
ResourceFieldSelector { containerName: (str), resource keep: (str), divisor: (quantity), }
ConfigMapKeySelector { name: (str), key keep: (str), optional: (* bool), }
SecretKeySelector { name: (str), key keep: (str), optional: (* bool), }
FileKeySelector { volumeName keep: (str), path keep: (str), key keep: (str), optional: (* bool), }
ResourceRequirements {
    limits: (map "v1.ResourceList" quantity), requests: (map "v1.ResourceList" quantity), claims: ([] ResourceClaim),
}
ResourceClaim { name keep: (str), request: (str), }
VolumeMount {
    name keep: (str), readOnly: (bool), recursiveReadOnly: (* str "v1.RecursiveReadOnlyMode"), mountPath keep: (str),
    subPath: (str), mountPropagation: (* str "v1.MountPropagationMode"), subPathExpr: (str),
    bindMountOptions v37: ([] str),
}
VolumeDevice { name keep: (str), devicePath keep: (str), }
Probe {
    exec: (* ExecAction), httpGet: (* HTTPGetAction), tcpSocket: (* TCPSocketAction), grpc: (* GRPCAction),
    initialDelaySeconds: (i32), timeoutSeconds: (i32), periodSeconds: (i32), successThreshold: (i32),
    failureThreshold: (i32), terminationGracePeriodSeconds: (* i64),
}
Lifecycle { postStart: (* LifecycleHandler), preStop: (* LifecycleHandler), stopSignal v33: (* str "v1.Signal"), }
LifecycleHandler {
    exec: (* ExecAction), httpGet: (* HTTPGetAction), tcpSocket: (* TCPSocketAction), sleep: (* SleepAction),
}
ExecAction { command: ([] str), }
HTTPGetAction {
    path: (str), port keep: (int_or_string), host: (str), scheme: (str "v1.URIScheme"),
    httpHeaders: ([] HTTPHeader), protocol v37: (* str "v1.HTTPGetProtocol"),
}
HTTPHeader { name keep: (str), value keep: (str), }
TCPSocketAction { port keep: (int_or_string), host: (str), }
GRPCAction { port keep: (i32), service keep: (* str), mode v37: (* str "v1.GRPCMode"), }
SleepAction { seconds keep: (i64), }
SecurityContext {
    capabilities: (* Capabilities), privileged: (* bool), seLinuxOptions: (* SELinuxOptions),
    windowsOptions: (* WindowsSecurityContextOptions), runAsUser: (* i64), runAsGroup: (* i64),
    runAsNonRoot: (* bool), readOnlyRootFilesystem: (* bool), allowPrivilegeEscalation: (* bool),
    procMount: (* str "v1.ProcMountType"), seccompProfile: (* SeccompProfile), appArmorProfile: (* AppArmorProfile),
}
PodSecurityContext {
    seLinuxOptions: (* SELinuxOptions), windowsOptions: (* WindowsSecurityContextOptions), runAsUser: (* i64),
    runAsGroup: (* i64), runAsNonRoot: (* bool), supplementalGroups: ([] i64),
    supplementalGroupsPolicy: (* str "v1.SupplementalGroupsPolicy"), fsGroup: (* i64), sysctls: ([] Sysctl),
    fsGroupChangePolicy: (* str "v1.PodFSGroupChangePolicy"), seccompProfile: (* SeccompProfile),
    appArmorProfile: (* AppArmorProfile), seLinuxChangePolicy: (* str "v1.PodSELinuxChangePolicy"),
}
Capabilities { add: ([] str "v1.Capability"), drop: ([] str "v1.Capability"), }
SELinuxOptions { user: (str), role: (str), type: (str), level: (str), }
WindowsSecurityContextOptions {
    gmsaCredentialSpecName: (* str), gmsaCredentialSpec: (* str), runAsUserName: (* str), hostProcess: (* bool),
}
SeccompProfile { type keep: (str "v1.SeccompProfileType"), localhostProfile: (* str), }
AppArmorProfile { type keep: (str "v1.AppArmorProfileType"), localhostProfile: (* str), }
Sysctl { name keep: (str), value keep: (str), }

Volume {
    name keep: (str), hostPath: (* HostPathVolumeSource), emptyDir: (* EmptyDirVolumeSource),
    gcePersistentDisk: (* GCEPersistentDiskVolumeSource), awsElasticBlockStore: (* AWSElasticBlockStoreVolumeSource),
    gitRepo: (* GitRepoVolumeSource), secret: (* SecretVolumeSource), nfs: (* NFSVolumeSource),
    iscsi: (* ISCSIVolumeSource), glusterfs: (* GlusterfsVolumeSource),
    persistentVolumeClaim: (* PersistentVolumeClaimVolumeSource), rbd: (* RBDVolumeSource),
    flexVolume: (* FlexVolumeSource), cinder: (* CinderVolumeSource), cephfs: (* CephFSVolumeSource),
    flocker: (* FlockerVolumeSource), downwardAPI: (* DownwardAPIVolumeSource), fc: (* FCVolumeSource),
    azureFile: (* AzureFileVolumeSource), configMap: (* ConfigMapVolumeSource),
    vsphereVolume: (* VsphereVirtualDiskVolumeSource), quobyte: (* QuobyteVolumeSource),
    azureDisk: (* AzureDiskVolumeSource), photonPersistentDisk: (* PhotonPersistentDiskVolumeSource),
    projected: (* ProjectedVolumeSource), portworxVolume: (* PortworxVolumeSource), scaleIO: (* ScaleIOVolumeSource),
    storageos: (* StorageOSVolumeSource), csi: (* CSIVolumeSource), ephemeral: (* EphemeralVolumeSource),
    image: (* ImageVolumeSource),
}
HostPathVolumeSource { path keep: (str), type: (* str "v1.HostPathType"), }
EmptyDirVolumeSource { medium: (str "v1.StorageMedium"), sizeLimit: (* quantity), mode v37: (* i32), }
GCEPersistentDiskVolumeSource { pdName keep: (str), fsType: (str), partition: (i32), readOnly: (bool), }
AWSElasticBlockStoreVolumeSource { volumeID keep: (str), fsType: (str), partition: (i32), readOnly: (bool), }
GitRepoVolumeSource { repository keep: (str), revision: (str), directory: (str), }
SecretVolumeSource { secretName: (str), items: ([] KeyToPath), defaultMode: (* i32), defaultUser v37: (* i64), optional: (* bool), }
KeyToPath { key keep: (str), path keep: (str), mode: (* i32), user v37: (* i64), }
NFSVolumeSource { server keep: (str), path keep: (str), readOnly: (bool), }
ISCSIVolumeSource {
    targetPortal keep: (str), iqn keep: (str), lun keep: (i32), iscsiInterface: (str), fsType: (str),
    readOnly: (bool), portals: ([] str), chapAuthDiscovery: (bool), chapAuthSession: (bool),
    secretRef: (* LocalObjectReference), initiatorName: (* str),
}
GlusterfsVolumeSource { endpoints keep: (str), path keep: (str), readOnly: (bool), }
PersistentVolumeClaimVolumeSource { claimName keep: (str), readOnly: (bool), }
RBDVolumeSource {
    monitors keep: ([] str), image keep: (str), fsType: (str), pool: (str), user: (str), keyring: (str),
    secretRef: (* LocalObjectReference), readOnly: (bool),
}
FlexVolumeSource {
    driver keep: (str), fsType: (str), secretRef: (* LocalObjectReference), readOnly: (bool), options: (map str),
}
CinderVolumeSource {
    volumeID keep: (str), fsType: (str), readOnly: (bool), secretRef: (* LocalObjectReference),
}
CephFSVolumeSource {
    monitors keep: ([] str), path: (str), user: (str), secretFile: (str), secretRef: (* LocalObjectReference),
    readOnly: (bool),
}
FlockerVolumeSource { datasetName: (str), datasetUUID: (str), }
DownwardAPIVolumeSource { items: ([] DownwardAPIVolumeFile), defaultMode: (* i32), defaultUser v37: (* i64), }
DownwardAPIVolumeFile {
    path keep: (str), fieldRef: (* ObjectFieldSelector), resourceFieldRef: (* ResourceFieldSelector), mode: (* i32), user v37: (* i64),
}
FCVolumeSource { targetWWNs: ([] str), lun: (* i32), fsType: (str), readOnly: (bool), wwids: ([] str), }
AzureFileVolumeSource { secretName keep: (str), shareName keep: (str), readOnly: (bool), }
ConfigMapVolumeSource { name: (str), items: ([] KeyToPath), defaultMode: (* i32), defaultUser v37: (* i64), optional: (* bool), }
VsphereVirtualDiskVolumeSource {
    volumePath keep: (str), fsType: (str), storagePolicyName: (str), storagePolicyID: (str),
}
QuobyteVolumeSource {
    registry keep: (str), volume keep: (str), readOnly: (bool), user: (str), group: (str), tenant: (str),
}
AzureDiskVolumeSource {
    diskName keep: (str), diskURI keep: (str), cachingMode: (* str "v1.AzureDataDiskCachingMode"), fsType: (* str),
    readOnly: (* bool), kind: (* str "v1.AzureDataDiskKind"),
}
PhotonPersistentDiskVolumeSource { pdID keep: (str), fsType: (str), }
ProjectedVolumeSource { sources keep: ([] VolumeProjection), defaultMode: (* i32), defaultUser v37: (* i64), }
VolumeProjection {
    secret: (* SecretProjection), downwardAPI: (* DownwardAPIProjection), configMap: (* ConfigMapProjection),
    serviceAccountToken: (* ServiceAccountTokenProjection), clusterTrustBundle: (* ClusterTrustBundleProjection),
    podCertificate v34: (* PodCertificateProjection),
}
SecretProjection { name: (str), items: ([] KeyToPath), optional: (* bool), }
DownwardAPIProjection { items: ([] DownwardAPIVolumeFile), }
ConfigMapProjection { name: (str), items: ([] KeyToPath), optional: (* bool), }
ServiceAccountTokenProjection { audience: (str), expirationSeconds: (* i64), path keep: (str), }
ClusterTrustBundleProjection {
    name: (* str), signerName: (* str), labelSelector: (* LabelSelector), optional: (* bool), path keep: (str),
}
PodCertificateProjection {
    signerName: (str), keyType: (str), maxExpirationSeconds: (* i32), credentialBundlePath: (str), keyPath: (str),
    certificateChainPath: (str), userAnnotations v35: (map str),
}
PortworxVolumeSource { volumeID keep: (str), fsType: (str), readOnly: (bool), }
ScaleIOVolumeSource {
    gateway keep: (str), system keep: (str), secretRef keep: (* LocalObjectReference), sslEnabled: (bool),
    protectionDomain: (str), storagePool: (str), storageMode: (str), volumeName: (str), fsType: (str),
    readOnly: (bool),
}
StorageOSVolumeSource {
    volumeName: (str), volumeNamespace: (str), fsType: (str), readOnly: (bool), secretRef: (* LocalObjectReference),
}
CSIVolumeSource {
    driver keep: (str), readOnly: (* bool), fsType: (* str), volumeAttributes: (map str),
    nodePublishSecretRef: (* LocalObjectReference),
}
EphemeralVolumeSource { volumeClaimTemplate: (* PersistentVolumeClaimTemplate), }
PersistentVolumeClaimTemplate { metadata: (ObjectMeta), spec keep: (PersistentVolumeClaimSpec), }
PersistentVolumeClaimSpec {
    accessModes: ([] str "v1.PersistentVolumeAccessMode"), selector: (* LabelSelector),
    resources: (VolumeResourceRequirements), volumeName: (str), storageClassName: (* str),
    volumeMode: (* str "v1.PersistentVolumeMode"), dataSource: (* TypedLocalObjectReference),
    dataSourceRef: (* TypedObjectReference), volumeAttributesClassName: (* str),
}
VolumeResourceRequirements {
    limits: (map "v1.ResourceList" quantity), requests: (map "v1.ResourceList" quantity),
}
TypedLocalObjectReference { apiGroup keep: (* str), kind keep: (str), name keep: (str), }
TypedObjectReference { apiGroup keep: (* str), kind keep: (str), name keep: (str), namespace: (* str), }
ImageVolumeSource { reference: (str), pullPolicy: (str "v1.PullPolicy"), }

PodStatus {
    observedGeneration v33: (i64), phase: (str "v1.PodPhase"), conditions: ([] PodCondition), message: (str),
    reason: (str), nominatedNodeName: (str), hostIP: (str), hostIPs: ([] HostIP), podIP: (str), podIPs: ([] PodIP),
    startTime: (* time), initContainerStatuses: ([] ContainerStatus), containerStatuses: ([] ContainerStatus),
    qosClass: (str "v1.PodQOSClass"), ephemeralContainerStatuses: ([] ContainerStatus),
    resize: (str "v1.PodResizeStatus"), resourceClaimStatuses: ([] PodResourceClaimStatus),
    extendedResourceClaimStatus v34: (* PodExtendedResourceClaimStatus),
    allocatedResources v35: (map "v1.ResourceList" quantity), resources v35: (* ResourceRequirements),
}
PodCondition {
    type keep: (str "v1.PodConditionType"), observedGeneration v33: (i64), status keep: (str "v1.ConditionStatus"),
    lastProbeTime: (* time), lastTransitionTime: (* time), reason: (str), message: (str),
}
HostIP { ip keep: (str), }
PodIP { ip keep: (str), }
PodResourceClaimStatus { name keep: (str), resourceClaimName: (* str), }
PodExtendedResourceClaimStatus {
    requestMappings keep: ([] ContainerExtendedResourceRequest), resourceClaimName keep: (str),
}
ContainerExtendedResourceRequest { containerName keep: (str), resourceName keep: (str), requestName keep: (str), }
ContainerStatus {
    name keep: (str), state: (ContainerState), lastState: (ContainerState), ready keep: (bool),
    restartCount keep: (i32), image keep: (str), imageID keep: (str), containerID: (str), started: (* bool),
    allocatedResources: (map "v1.ResourceList" quantity), resources: (* ResourceRequirements),
    volumeMounts: ([] VolumeMountStatus), user: (* ContainerUser),
    allocatedResourcesStatus: ([] ResourceStatus), stopSignal v33: (* str "v1.Signal"),
}
ContainerState {
    waiting: (* ContainerStateWaiting), running: (* ContainerStateRunning), terminated: (* ContainerStateTerminated),
}
ContainerStateWaiting { reason: (str), message: (str), }
ContainerStateRunning { startedAt: (* time), }
ContainerStateTerminated {
    exitCode keep: (i32), signal: (i32), reason: (str), message: (str), startedAt: (* time), finishedAt: (* time),
    containerID: (str),
}
VolumeMountStatus {
    name keep: (str), mountPath keep: (str), readOnly: (bool), recursiveReadOnly: (* str "v1.RecursiveReadOnlyMode"),
    volumeStatus v35: (* VolumeStatus),
}
VolumeStatus { image: (* ImageVolumeStatus), }
ImageVolumeStatus { imageRef keep: (str), }
ContainerUser { linux: (* LinuxContainerUser), }
LinuxContainerUser { uid keep: (i64), gid keep: (i64), supplementalGroups: ([] i64), }
ResourceStatus { name keep: (str "v1.ResourceName"), resources: ([] ResourceHealth), }
ResourceHealth {
    resourceID keep: (str "v1.ResourceID"), health: (str "v1.ResourceHealthStatus"), message v35: (str),
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_gos_names() {
        let container = PodSpec.field("containers", Version::DEFAULT).expect("a known field");
        assert_eq!(container.ty.go_name(), "[]v1.Container");
        let requests = ResourceRequirements.field("requests", Version::DEFAULT).expect("a known field");
        assert_eq!(requests.ty.go_name(), "v1.ResourceList");
        assert!(Container.field("restartPolicyRules", Version::of_minor(33)).is_none());
        assert!(PodSpec.field("workloadRef", Version::DEFAULT).is_none());
    }
}
