//! Volumes, and where containers mount them.
//!
//! Source: `ValidateVolumes`, `validateVolumeSource`, `ValidateVolumeMounts` in pkg/apis/core/validation/validation.go
//! (1.36.2). The surprises: a volume with an error is not known to the mounts, so they are refused as well; some errors
//! are reported at the list instead of at its element.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::env;
use super::field::{At, Errors};
use super::names;
use crate::rules::versions::habits::Habits;

const FILE_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const ONE_KIND: &str = "may not specify more than 1 volume type";

/// Every kind of volume, in the order in which validation looks for them.
const KINDS: &[&str] = &[
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// The volumes that mounts may name.
pub type Known<'a> = BTreeMap<&'a str, At<'a>>;

/// `ValidateVolumes`
pub fn validate<'a>(volumes: &At<'a>, pod: &str, habits: &Habits, errors: &mut Errors) -> Known<'a> {
    let mut known = Known::new();
    let created: Vec<String> = volumes
        .items()
        .filter(|volume| volume.some("ephemeral").is_some() && !pod.is_empty())
        .map(|volume| format!("{pod}-{}", volume.text_of("name")))
        .collect();
    for volume in volumes.items() {
        let before = errors.len();
        let name = volume.text_of("name");
        source(&volume, pod, habits, errors);
        if name.is_empty() {
            errors.required(volume.path_of("name"), "");
        } else {
            errors.invalid_each(&volume.path_of("name"), name, names::dns1123_label(name));
        }
        if known.contains_key(name) {
            errors.duplicate(volume.path_of("name"), name);
        }
        if errors.len() == before {
            known.insert(name, volume.clone());
        }
        if let Some(claim) = volume.some("persistentVolumeClaim") {
            let claim_name = claim.text_of("claimName");
            if created.iter().any(|name| name == claim_name) {
                let detail = "must not reference a PVC that gets created for an ephemeral volume";
                errors.invalid(claim.path_of("claimName"), claim_name, detail);
            }
        }
    }
    known
}

/// `validateVolumeSource`: exactly one kind; the first counts, the others are one too many.
fn source(volume: &At, pod: &str, habits: &Habits, errors: &mut Errors) {
    let mut found = false;
    for kind in KINDS {
        let Some(source) = volume.some(kind) else { continue };
        if found {
            // Upstream spells two of them its own way.
            let name = match *kind {
                "cephfs" => "cephFS",
                "downwardAPI" => "downwarAPI",
                other => other,
            };
            errors.forbidden(volume.path_of(name), ONE_KIND);
            continue;
        }
        found = true;
        source_of_kind(kind, &source, habits, errors);
        match *kind {
            "ephemeral" if !pod.is_empty() && !volume.text_of("name").is_empty() => {
                let claim = format!("{pod}-{}", volume.text_of("name"));
                for detail in names::dns1123_subdomain(&claim) {
                    let detail =
                        format!("PVC name {}: {detail}", crate::rules::machinery::quote::quote(&claim));
                    errors.invalid(volume.path_of("name"), volume.text_of("name"), detail);
                }
            }
            "iscsi" if source.some("initiatorName").is_some() => {
                let name = volume.text_of("name");
                if name.len() + 1 + source.text_of("targetPortal").len() > 64 {
                    let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                                  iscsi.initiatorName is specified.";
                    errors.invalid(volume.path_of("name"), name, detail);
                }
            }
            _ => {}
        }
    }
    if !found {
        errors.required(volume.path.clone(), "must specify a volume type");
    }
}

pub fn source_of_kind(kind: &str, source: &At, habits: &Habits, errors: &mut Errors) {
    match kind {
        "emptyDir" if source.text_of("sizeLimit").starts_with('-') => {
            errors
                .forbidden(source.path_of("sizeLimit"), "SizeLimit field must be a valid resource quantity");
        }
        "hostPath" => host_path(source, errors),
        "gitRepo" => {
            required(source, &["repository"], errors);
            descending_path(source.text_of("directory"), &source.path_of("directory"), errors);
        }
        "gcePersistentDisk" => gce_persistent_disk(source, errors),
        "awsElasticBlockStore" => {
            required(source, &["volumeID"], errors);
            partition(source, errors);
        }
        "secret" => {
            required(source, &["secretName"], errors);
            mode(source, "defaultMode", errors);
            keys(source, errors);
        }
        "configMap" => {
            required(source, &["name"], errors);
            mode(source, "defaultMode", errors);
            keys(source, errors);
        }
        "nfs" => nfs(source, errors),
        "iscsi" => iscsi(source, errors),
        "glusterfs" => required(source, &["endpoints", "path"], errors),
        "flocker" => flocker(source, errors),
        "persistentVolumeClaim" => required(source, &["claimName"], errors),
        "rbd" => required(source, &["monitors", "image"], errors),
        "cinder" => cinder(source, errors),
        "cephfs" => required(source, &["monitors"], errors),
        "downwardAPI" => {
            mode(source, "defaultMode", errors);
            for file in source.child("items").items() {
                downward_file(&file, &source.path, habits, errors);
            }
        }
        "fc" => fibre_channel(source, errors),
        "flexVolume" => flex(source, errors),
        "azureFile" => required(source, &["secretName", "shareName"], errors),
        "vsphereVolume" => required(source, &["volumePath"], errors),
        "photonPersistentDisk" => required(source, &["pdID"], errors),
        "portworxVolume" => required(source, &["volumeID"], errors),
        "azureDisk" => azure_disk(source, errors),
        "quobyte" => quobyte(source, errors),
        "storageos" => required(source, &["volumeName"], errors),
        "scaleIO" => required(source, &["gateway", "system", "volumeName"], errors),
        "projected" => {
            mode(source, "defaultMode", errors);
            projections(source, habits, errors);
        }
        "csi" => csi(source, errors),
        "ephemeral" if source.some("volumeClaimTemplate").is_none() => {
            errors.required(source.path_of("volumeClaimTemplate"), "");
        }
        "image" => image(source, errors),
        _ => {}
    }
}

/// What a kind of volume cannot do without.
fn required(source: &At, names: &[&str], errors: &mut Errors) {
    for name in names {
        let value = source.child(name);
        if value.str().is_empty() && value.is_empty() {
            errors.required(value.path, "");
        }
    }
}

fn gce_persistent_disk(source: &At, errors: &mut Errors) {
    let at = At { path: source.path.replace("gcePersistentDisk", "persistentDisk"), ..source.clone() };
    if at.text_of("pdName").is_empty() {
        errors.required(at.path_of("pdName"), "");
    }
    partition(&at, errors);
}

fn nfs(source: &At, errors: &mut Errors) {
    required(source, &["server", "path"], errors);
    if !source.text_of("path").starts_with('/') {
        errors.invalid(source.path_of("path"), source.text_of("path"), "must be an absolute path");
    }
}

fn iscsi(source: &At, errors: &mut Errors) {
    required(source, &["targetPortal", "iqn"], errors);
    for (name, told) in [("iqn", "iqn"), ("initiatorName", "initiatorname")] {
        let text = source.text_of(name);
        if !text.is_empty() && !is_iscsi_name(text) {
            errors.invalid(source.path_of(told), text, "must be valid format");
        }
    }
    if !(0..=255).contains(&source.int_of("lun")) {
        errors.invalid(source.path_of("lun"), source.int_of("lun"), names::range_error(0, 255));
    }
    let authenticates = source.bool_of("chapAuthDiscovery") || source.bool_of("chapAuthSession");
    if authenticates && source.some("secretRef").is_none() {
        errors.required(source.path_of("secretRef"), "");
    }
}

/// `iqn.2001-04.com.example:disk`, or the 16 or 32 letters of an `eui.` or `naa.`.
fn is_iscsi_name(text: &str) -> bool {
    let is_all =
        |text: &str, letters: usize| text.len() == letters && text.bytes().all(|b| b.is_ascii_alphanumeric());
    // The dot of these may be any letter.
    let rest = text.get(4..).unwrap_or_default();
    if text.starts_with("eui") {
        return is_all(rest, 16);
    }
    if text.starts_with("naa") {
        return is_all(rest, 32);
    }
    let Some((authority, name)) = text.strip_prefix("iqn.").and_then(|text| text.split_once(':')) else {
        return false;
    };
    let (date, domain) = authority.split_at_checked(7).unwrap_or_default();
    let is_date = date.bytes().enumerate().all(|(i, b)| if i == 4 { b == b'-' } else { b.is_ascii_digit() });
    let is_domain = domain.strip_prefix('.').is_some_and(|domain| {
        !domain.is_empty() && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    });
    let is_name =
        !name.is_empty() && !name.contains([',', ';', '*', '&', '$', '|', ' ', '\t', '\n', '\r', '\x0c']);
    date.len() == 7 && is_date && is_domain && is_name
}

/// `validateAzureDisk`
fn azure_disk(source: &At, errors: &mut Errors) {
    const MANAGED: &str =
        "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
    const BLOB: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
    required(source, &["diskName", "diskURI"], errors);
    for (name, supported) in
        [("cachingMode", &["None", "ReadOnly", "ReadWrite"]), ("kind", &["Dedicated", "Managed", "Shared"])]
    {
        if let Some(value) = source.some(name)
            && !supported.contains(&value.str())
        {
            errors.not_supported(value.path.clone(), value.str(), supported);
        }
    }
    let (kind, disk) = (source.text_of("kind"), source.text_of("diskURI"));
    if kind == "Managed" && !disk.starts_with("/subscriptions/") {
        errors.not_supported(source.path_of("diskURI"), disk, &[MANAGED]);
    } else if !["", "Managed"].contains(&kind) && !disk.starts_with("https://") {
        errors.not_supported(source.path_of("diskURI"), disk, &[BLOB]);
    }
}

fn cinder(source: &At, errors: &mut Errors) {
    required(source, &["volumeID"], errors);
    if let Some(secret) = source.some("secretRef")
        && secret.text_of("name").is_empty()
    {
        errors.required(secret.path_of("name"), "");
    }
}

fn quobyte(source: &At, errors: &mut Errors) {
    if source.text_of("registry").is_empty() {
        let detail = "must be a host:port pair or multiple pairs separated by commas";
        errors.required(source.path_of("registry"), detail);
    }
    if source.text_of("volume").is_empty() {
        errors.required(source.path_of("volume"), "");
    }
}

fn image(source: &At, errors: &mut Errors) {
    required(source, &["reference"], errors);
    let policy = source.text_of("pullPolicy");
    if !["Always", "IfNotPresent", "Never"].contains(&policy) {
        let path = source.path_of("pullPolicy");
        errors.not_supported(path, policy, &["Always", "IfNotPresent", "Never"]);
    }
}

fn host_path(source: &At, errors: &mut Errors) {
    const TYPES: &[&str] = &[
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    if source.text_of("path").is_empty() {
        errors.required(source.path_of("path"), "");
        return;
    }
    no_backsteps(source.text_of("path"), &source.path_of("path"), errors);
    if let Some(kind) = source.some("type")
        && !TYPES.contains(&kind.str())
    {
        errors.not_supported(kind.path.clone(), kind.str(), TYPES);
    }
}

fn partition(source: &At, errors: &mut Errors) {
    if !(0..=255).contains(&source.int_of("partition")) {
        let path = source.path_of("partition");
        errors.invalid(path, source.int_of("partition"), names::range_error(1, 255));
    }
}

fn flocker(source: &At, errors: &mut Errors) {
    let (name, uuid) = (source.text_of("datasetName"), source.text_of("datasetUUID"));
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => {
            errors.required(source.path.clone(), "one of datasetName and datasetUUID is required");
        }
        (false, false) => {
            let detail = "datasetName and datasetUUID can not be specified simultaneously";
            errors.invalid(source.path.clone(), "resource", detail);
        }
        _ => {}
    }
    if name.contains('/') {
        errors.invalid(source.path_of("datasetName"), name, "must not contain '/'");
    }
}

fn fibre_channel(source: &At, errors: &mut Errors) {
    let (targets, wwids) = (source.child("targetWWNs"), source.child("wwids"));
    if targets.is_empty() && wwids.is_empty() {
        errors.required(targets.path.clone(), "must specify either targetWWNs or wwids, but not both");
    }
    if !targets.is_empty() && !wwids.is_empty() {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        errors.invalid(targets.path.clone(), targets.value.clone(), detail);
    }
    if !targets.is_empty() {
        match source.some("lun") {
            None => errors.required(source.path_of("lun"), "lun is required if targetWWNs is specified"),
            Some(lun) if !(0..=255).contains(&lun.int()) => {
                errors.invalid(lun.path.clone(), lun.int(), names::range_error(0, 255));
            }
            Some(_) => {}
        }
    }
}

fn flex(source: &At, errors: &mut Errors) {
    if source.text_of("driver").is_empty() {
        errors.required(source.path_of("driver"), "");
    }
    let options = source.child("options");
    for (key, _) in options.entries() {
        let namespace = format!(".{}", key.split('/').next().unwrap_or(key).to_lowercase());
        if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            errors.invalid(options.path_of_key(key), key, detail);
        }
    }
}

/// `ValidateCSIDriverName`
pub fn driver(source: &At, errors: &mut Errors) {
    let driver = source.text_of("driver");
    if driver.is_empty() {
        errors.required(source.path_of("driver"), "");
        return;
    }
    if driver.len() > 63 {
        errors.too_long(source.path_of("driver"), 63);
    }
    let wrong = names::dns1123_subdomain(&driver.to_lowercase());
    errors.invalid_each(&source.path_of("driver"), driver, wrong);
}

/// `validateCSIVolumeSource`
fn csi(source: &At, errors: &mut Errors) {
    driver(source, errors);
    if let Some(secret) = source.some("nodePublishSecretRef")
        && secret.text_of("name").is_empty()
    {
        errors.required(secret.path_of("name"), "");
    }
}

fn mode(source: &At, name: &str, errors: &mut Errors) {
    if let Some(mode) = source.some(name)
        && !(0..=0o777).contains(&mode.int())
    {
        errors.invalid(mode.path.clone(), mode.int(), FILE_MODE);
    }
}

/// `validateKeyToPath` of every item.
fn keys(source: &At, errors: &mut Errors) {
    for item in source.child("items").items() {
        key(&item, errors);
    }
}

fn key(item: &At, errors: &mut Errors) {
    for name in ["key", "path"] {
        if item.text_of(name).is_empty() {
            errors.required(item.path_of(name), "");
        }
    }
    local_path(item.text_of("path"), &item.path_of("path"), errors);
    mode(item, "mode", errors);
}

/// `validateDownwardAPIVolumeFile`; `at` is the path that upstream reports: the source's, not the file's.
fn downward_file(file: &At, at: &str, habits: &Habits, errors: &mut Errors) {
    let file = At { path: at.to_owned(), ..file.clone() };
    if file.text_of("path").is_empty() {
        errors.required(file.path_of("path"), "");
    }
    local_path(file.text_of("path"), &file.path_of("path"), errors);
    match (file.some("fieldRef"), file.some("resourceFieldRef")) {
        (Some(field), resource) => {
            env::field_ref(&field, env::IN_VOLUME, habits, errors);
            if resource.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(file.path.clone(), "resource", detail);
            }
        }
        (None, Some(resource)) => env::resource_field_ref(&resource, true, errors),
        (None, None) => {
            errors.required(file.path.clone(), "one of fieldRef and resourceFieldRef is required")
        }
    }
    mode(&file, "mode", errors);
}

/// `validateProjectionSources`
fn projections(projected: &At, habits: &Habits, errors: &mut Errors) {
    let mut paths: Vec<String> = Vec::new();
    let mut once = |path: &str, shown: &str, errors: &mut Errors| {
        if paths.iter().any(|seen| seen == path) {
            errors.invalid(projected.path.clone(), shown, "conflicting duplicate paths");
        } else {
            paths.push(path.to_owned());
        }
    };
    for source in projected.child("sources").items() {
        let mut kinds = 0;
        for kind in ["secret", "configMap"] {
            let Some(from) = source.some(kind) else { continue };
            kinds += 1;
            if from.text_of("name").is_empty() {
                errors.required(from.path_of("name"), "");
            }
            for item in from.child("items").items() {
                key(&item, errors);
                if !item.text_of("path").is_empty() {
                    once(item.text_of("path"), from.text_of("name"), errors);
                }
            }
        }
        if let Some(from) = source.some("downwardAPI") {
            kinds += 1;
            for file in from.child("items").items() {
                downward_file(&file, &from.path, habits, errors);
                if !file.text_of("path").is_empty() {
                    once(file.text_of("path"), file.text_of("path"), errors);
                }
            }
        }
        if let Some(token) = source.some("serviceAccountToken") {
            kinds += 1;
            let (seconds, at) = (token.int_of("expirationSeconds"), token.path_of("expirationSeconds"));
            if seconds < 600 {
                errors.invalid(at.clone(), seconds, "may not specify a duration less than 10 minutes");
            }
            if seconds > 1 << 32 {
                errors.invalid(at, seconds, "may not specify a duration larger than 2^32 seconds");
            }
            let path = token.text_of("path");
            if path.is_empty() {
                errors.required(projected.path_of("path"), "");
            } else {
                local_path(path, &projected.path_of("path"), errors);
            }
        }
        if let Some(bundle) = source.some("clusterTrustBundle") {
            kinds += 1;
            trust_bundle(&bundle, errors);
            once(bundle.text_of("path"), bundle.text_of("path"), errors);
        }
        if source.some("podCertificate").is_some() {
            kinds += 1;
        }
        if kinds > 1 {
            errors.forbidden(source.path, "may not specify more than 1 volume type per source");
        }
    }
}

fn trust_bundle(bundle: &At, errors: &mut Errors) {
    match (bundle.some("name"), bundle.some("signerName")) {
        (Some(_), Some(_)) => {
            let detail = "only one of name and signerName may be used";
            errors.invalid(bundle.path.clone(), bundle.value.clone(), detail);
        }
        (Some(name), None) if name.str().is_empty() => {
            errors.required(name.path.clone(), "must be a valid object name");
        }
        (None, Some(signer)) if signer.str().is_empty() => {
            errors.required(signer.path.clone(), "must be a valid signer name");
        }
        (None, None) => {
            errors.required(bundle.path.clone(), "either name or signerName must be specified");
        }
        _ => {}
    }
    if bundle.text_of("path").is_empty() {
        errors.required(bundle.path_of("path"), "");
    }
    local_path(bundle.text_of("path"), &bundle.path_of("path"), errors);
}

/// `validatePathNoBacksteps`
pub fn no_backsteps(path: &str, at: &str, errors: &mut Errors) {
    if path.split('/').any(|part| part == "..") {
        errors.invalid(at, path, "must not contain '..'");
    }
}

/// `validateLocalDescendingPath`
pub fn descending_path(path: &str, at: &str, errors: &mut Errors) {
    if path.starts_with('/') {
        errors.invalid(at, path, "must be a relative path");
    }
    no_backsteps(path, at, errors);
}

/// `ValidateLocalNonReservedPath`
pub fn local_path(path: &str, at: &str, errors: &mut Errors) {
    descending_path(path, at, errors);
    // `..` itself was refused above already, and is refused twice.
    if path.starts_with("..") && !path.starts_with("../") {
        errors.invalid(at, path, "must not start with '..'");
    }
}

/// `ValidateVolumeMounts` and `ValidateVolumeDevices` of a container.
pub fn mounts(container: &At, known: &Known, errors: &mut Errors) {
    let (mounts, devices) = (container.child("volumeMounts"), container.child("volumeDevices"));
    let privileged = container.child("securityContext").bool_of("privileged");
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for mount in mounts.items() {
        let (name, path) = (mount.text_of("name"), mount.text_of("mountPath"));
        if name.is_empty() {
            errors.required(mount.path_of("name"), "");
        }
        if !known.contains_key(name) {
            errors.not_found(mount.path_of("name"), name, "");
        }
        if path.is_empty() {
            errors.required(mount.path_of("mountPath"), "");
        }
        if seen.contains(&path) {
            errors.invalid(mount.path_of("mountPath"), path, "must be unique");
        }
        seen.insert(path);
        if devices.items().any(|device| device.text_of("name") == name) {
            errors.invalid(mount.path_of("name"), name, "must not already exist in volumeDevices");
        }
        if devices.items().any(|device| device.text_of("devicePath") == path) {
            let detail = "must not already exist as a path in volumeDevices";
            errors.invalid(mount.path_of("mountPath"), path, detail);
        }
        let (sub_path, expression) = (mount.text_of("subPath"), mount.text_of("subPathExpr"));
        if known.get(name).is_some_and(|volume| volume.some("image").is_some()) && !expression.is_empty() {
            errors.invalid(mount.path_of("subPathExpr"), expression, "not allowed in image volume sources");
        }
        if !sub_path.is_empty() {
            descending_path(sub_path, &mounts.path_of("subPath"), errors);
        }
        if !expression.is_empty() {
            if !sub_path.is_empty() {
                let detail = "subPathExpr and subPath are mutually exclusive";
                errors.invalid(mount.path_of("subPathExpr"), expression, detail);
            }
            descending_path(expression, &mounts.path_of("subPathExpr"), errors);
        }
        propagation(&mount, &mounts.path_of("mountPropagation"), privileged, errors);
        recursive_read_only(&mount, &mounts.path_of("recursiveReadOnly"), errors);
    }
    block_devices(&mounts, &devices, known, errors);
}

fn propagation(mount: &At, at: &str, privileged: bool, errors: &mut Errors) {
    const MODES: &[&str] = &["Bidirectional", "HostToContainer", "None"];
    let Some(mode) = mount.some("mountPropagation") else { return };
    if !MODES.contains(&mode.str()) {
        errors.not_supported(at, mode.str(), MODES);
    }
    if mode.str() == "Bidirectional" && !privileged {
        errors.forbidden(at, "Bidirectional mount propagation is available only to privileged containers");
    }
}

fn recursive_read_only(mount: &At, at: &str, errors: &mut Errors) {
    let Some(mode) = mount.some("recursiveReadOnly") else { return };
    match mode.str() {
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if !mount.bool_of("readOnly") {
                errors.forbidden(at, "may only be specified when readOnly is true");
            }
            if mount.some("mountPropagation").is_some_and(|mode| mode.str() != "None") {
                errors.forbidden(at, "may only be specified when mountPropagation is None or not specified");
            }
        }
        other => errors.not_supported(at, other, &["Disabled", "Enabled", "IfPossible"]),
    }
}

fn block_devices(mounts: &At, devices: &At, known: &Known, errors: &mut Errors) {
    let (mut names, mut paths): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for device in devices.items() {
        let (name, path) = (device.text_of("name"), device.text_of("devicePath"));
        if name.is_empty() {
            errors.required(device.path_of("name"), "");
        }
        if names.contains(&name) {
            errors.invalid(device.path_of("name"), name, "must be unique");
        }
        match known.get(name) {
            None => errors.not_found(device.path_of("name"), name, ""),
            Some(volume)
                if volume.some("persistentVolumeClaim").is_none() && volume.some("ephemeral").is_none() =>
            {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(device.path_of("name"), name, detail);
            }
            Some(_) => {}
        }
        if path.is_empty() {
            errors.required(device.path_of("devicePath"), "");
        }
        if paths.contains(&path) {
            errors.invalid(device.path_of("devicePath"), path, "must be unique");
        }
        if path.split('/').any(|part| part == "..") {
            errors.invalid(device.path_of("devicePath"), path, "can not contain backsteps ('..')");
        } else {
            paths.push(path);
        }
        if mounts.items().any(|mount| mount.text_of("name") == name) {
            errors.invalid(device.path_of("name"), name, "must not already exist in volumeMounts");
        }
        if mounts.items().any(|mount| mount.text_of("mountPath") == path) {
            let detail = "must not already exist as a path in volumeMounts";
            errors.invalid(device.path_of("devicePath"), path, detail);
        }
        if !name.is_empty() {
            names.push(name);
        }
    }
}
