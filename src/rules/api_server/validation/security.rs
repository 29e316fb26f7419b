//! Security contexts of pods and containers, and what an operating system allows in them.
//!
//! Source: `validatePodSpecSecurityContext`, `ValidateSecurityContext`, `validateOS`, `validateLinux`,
//! `validateWindows`, `validateHostUsers` in pkg/apis/core/validation/validation.go (1.36.2), with privileged containers
//! allowed as every common cluster allows them. The surprise: `hostNetwork`, `hostPID` and `shareProcessNamespace` are
//! reported below `securityContext`, where the internal type keeps them.

use rustc_hash::FxHashSet;

use super::field::{At, Errors};
use super::names;
use crate::rules::versions::habits::Habits;

fn ids(context: &At, fields: &[&str], errors: &mut Errors) {
    for name in fields {
        if let Some(id) = context.some(name) {
            errors.invalid_each(&id.path, id.int(), names::unix_id(id.int()));
        }
    }
}

/// `validatePodSpecSecurityContext`
pub fn pod(spec: &At, habits: &Habits, errors: &mut Errors) {
    let context = spec.child("securityContext");
    ids(&context, &["fsGroup", "runAsUser", "runAsGroup"], errors);
    for group in context.child("supplementalGroups").items() {
        errors.invalid_each(&group.path, group.int(), names::unix_id(group.int()));
    }
    let shares_twice = spec.bool_of("shareProcessNamespace") && spec.bool_of("hostPID");
    let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    if shares_twice && !habits.shares_processes_of_the_pod {
        errors.invalid(context.path_of("shareProcessNamespace"), true, detail);
    }
    sysctls(&context, spec, errors);
    one_of(&context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], errors);
    seccomp(&context, errors);
    windows_options(&context, errors);
    app_armor(&context, errors);
    one_of(&context, "supplementalGroupsPolicy", &["Merge", "Strict"], errors);
    one_of(&context, "seLinuxChangePolicy", &["MountOption", "Recursive"], errors);
    if shares_twice && habits.shares_processes_of_the_pod {
        errors.invalid(spec.path_of("shareProcessNamespace"), true, detail);
    }
}

fn one_of(context: &At, name: &str, supported: &[&str], errors: &mut Errors) {
    if let Some(value) = context.some(name)
        && !supported.contains(&value.str())
    {
        errors.not_supported(value.path.clone(), value.str(), supported);
    }
}

/// `validateSysctls`
fn sysctls(context: &At, spec: &At, errors: &mut Errors) {
    const SEGMENT: &str = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for sysctl in context.child("sysctls").items() {
        let (name, at) = (sysctl.text_of("name"), sysctl.path_of("name"));
        if name.is_empty() {
            errors.required(at.clone(), "");
        } else if !is_sysctl(name) {
            let detail =
                format!("must have at most 253 characters and match regex ^({SEGMENT}[\\./])*{SEGMENT}$");
            errors.invalid(at.clone(), name, detail);
        } else if seen.contains(&name) {
            errors.duplicate(at.clone(), name);
        }
        let dotted = name.replace('/', ".");
        let ipc =
            ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."].iter().any(|p| dotted.starts_with(p));
        if spec.bool_of("hostNetwork") && dotted.starts_with("net.") {
            errors.invalid(at, name, "may not be specified when 'hostNetwork' is true");
        } else if spec.bool_of("hostIPC") && ipc {
            errors.invalid(at, name, "may not be specified when 'hostIPC' is true");
        }
        seen.insert(name);
    }
}

fn is_sysctl(name: &str) -> bool {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 253
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(|b| edge(*b))
                && bytes.last().is_some_and(|b| edge(*b))
                && bytes.iter().all(|b| edge(*b) || b"-_".contains(b))
        })
}

fn seccomp(context: &At, errors: &mut Errors) {
    const TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];
    let Some(profile) = context.some("seccompProfile") else { return };
    let (kind, local) = (profile.text_of("type"), profile.some("localhostProfile"));
    match kind {
        "" => errors.required(profile.path_of("type"), "type is required when seccompProfile is set"),
        kind if !TYPES.contains(&kind) => errors.not_supported(profile.path_of("type"), kind, TYPES),
        _ => {}
    }
    match (kind == "Localhost", local) {
        (true, None) => {
            errors
                .required(profile.path_of("localhostProfile"), "must be set when seccomp type is Localhost");
        }
        (true, Some(local)) => super::volumes::descending_path(local.str(), &local.path, errors),
        (false, Some(local)) => {
            let detail = "can only be set when seccomp type is Localhost";
            errors.invalid(local.path.clone(), profile.value.clone(), detail);
        }
        (false, None) => {}
    }
}

fn app_armor(context: &At, errors: &mut Errors) {
    const TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];
    let Some(profile) = context.some("appArmorProfile") else { return };
    let local = profile.some("localhostProfile");
    match (profile.text_of("type"), local) {
        ("Localhost", local) => {
            let detail = "must be set when AppArmor type is Localhost";
            match local {
                Some(local) if local.str().trim() != local.str() => {
                    errors.invalid(local.path.clone(), local.str(), "must not be padded with whitespace");
                }
                Some(local) if !local.str().is_empty() => {
                    if local.str().len() > 4095 {
                        errors.too_long(local.path, 4095);
                    }
                }
                _ => errors.required(profile.path_of("localhostProfile"), detail),
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(local)) => {
            let detail = "can only be set when AppArmor type is Localhost";
            errors.invalid(local.path.clone(), local.str(), detail);
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => errors.required(profile.path_of("type"), "type is required when appArmorProfile is set"),
        (other, _) => errors.not_supported(profile.path_of("type"), other, TYPES),
    }
}

fn windows_options(context: &At, errors: &mut Errors) {
    let Some(options) = context.some("windowsOptions") else { return };
    if let Some(name) = options.some("gmsaCredentialSpecName") {
        errors.invalid_each(&name.path, name.str(), names::dns1123_subdomain(name.str()));
    }
    if let Some(spec) = options.some("gmsaCredentialSpec") {
        if spec.str().is_empty() {
            errors.invalid(spec.path.clone(), spec.str(), "gmsaCredentialSpec cannot be an empty string");
        } else if spec.str().len() > 64 * 1024 {
            errors.invalid(spec.path.clone(), spec.str(), "gmsaCredentialSpec size must be under 64 KiB");
        }
    }
    if let Some(user) = options.some("runAsUserName") {
        for detail in windows_user(user.str()) {
            errors.invalid(user.path.clone(), user.str(), detail);
        }
    }
}

fn windows_user(name: &str) -> Vec<&'static str> {
    if name.is_empty() {
        return vec!["runAsUserName cannot be an empty string"];
    }
    if name.chars().any(|c| c.is_ascii_control()) {
        return vec!["runAsUserName cannot contain control characters"];
    }
    let parts: Vec<&str> = name.split('\\').collect();
    let (domain, user) = match parts[..] {
        [user] => (None, user),
        [domain, user] => (Some(domain), user),
        _ => return vec!["runAsUserName cannot contain more than one backslash"],
    };
    let mut errors = Vec::new();
    if let Some(domain) = domain {
        if domain.len() >= 256 {
            errors.push("runAsUserName's Domain length must be under 256 characters");
        }
        let count = domain.chars().count();
        let net_bios = (1..=15).contains(&count)
            && !domain.starts_with('.')
            && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']);
        let dns = domain.split('.').all(|label| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            label.len() <= 63
                && edge(label.chars().next())
                && edge(label.chars().next_back())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        });
        if !net_bios && !dns {
            errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
        }
    }
    if user.is_empty() {
        errors.push("runAsUserName's User cannot be empty");
    } else if user.len() > 104 {
        errors.push("runAsUserName's User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.chars().all(|c| c == '.' || c == ' ') {
        errors.push("runAsUserName's User cannot contain only periods or spaces");
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        errors.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
    errors
}

/// `ValidateSecurityContext` of a container.
pub fn container(container: &At, host_users: bool, errors: &mut Errors) {
    let Some(context) = container.some("securityContext") else { return };
    ids(&context, &["runAsUser", "runAsGroup"], errors);
    if let Some(mount) = context.some("procMount") {
        one_of(&context, "procMount", &["Default", "Unmasked"], errors);
        if host_users && mount.str() == "Unmasked" {
            errors.invalid(mount.path.clone(), mount.str(), "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(&context, errors);
    if context.some("allowPrivilegeEscalation").is_some_and(|allow| !allow.bool()) {
        if context.bool_of("privileged") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(context.path.clone(), context.value.clone(), detail);
        }
        for _ in context.child("capabilities").child("add").texts().iter().filter(|c| **c == "CAP_SYS_ADMIN")
        {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(context.path.clone(), context.value.clone(), detail);
        }
    }
    windows_options(&context, errors);
    app_armor(&context, errors);
}

/// `validateHostUsers`: a pod with its own users shares no other namespace with the node.
pub fn host_users(spec: &At, errors: &mut Errors) {
    if spec.some("hostUsers").is_none_or(|users| users.bool()) {
        return;
    }
    for (set, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.bool_of(set) {
            errors.forbidden(spec.path_of(name), "when `pod.Spec.HostUsers` is false");
        }
    }
}

/// Containers of every kind in the order in which upstream visits them: init, main, ephemeral.
pub fn containers<'a>(spec: &At<'a>) -> Vec<At<'a>> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.iter().flat_map(|list| spec.child(list).items().collect::<Vec<_>>()).collect()
}

/// `validateOS`, then what the system allows.
pub fn os(spec: &At, errors: &mut Errors) {
    let Some(os) = spec.some("os") else { return };
    match os.text_of("name") {
        "" => errors.required(os.path_of("name"), "cannot be empty"),
        "linux" => linux(spec, errors),
        "windows" => windows(spec, errors),
        other => errors.not_supported(os.path.clone(), other, &["linux", "windows"]),
    }
}

fn linux(spec: &At, errors: &mut Errors) {
    let detail = "windows options cannot be set for a linux pod";
    for of in std::iter::once(spec.clone()).chain(containers(spec)) {
        if let Some(options) = of.child("securityContext").some("windowsOptions") {
            errors.forbidden(options.path, detail);
        }
    }
}

fn windows(spec: &At, errors: &mut Errors) {
    let detail = "cannot be set for a windows pod";
    let mut forbid = |at: &At, names: &[&str]| {
        for name in names {
            let set = at.some(name).is_some_and(|v| {
                v.value.as_bool() != Some(false) || *name == "shareProcessNamespace" || *name == "hostUsers"
            });
            if set {
                errors.forbidden(at.path_of(name), detail);
            }
        }
    };
    let context = spec.child("securityContext");
    forbid(&context, &["appArmorProfile", "seLinuxOptions"]);
    forbid(spec, &["hostUsers", "hostPID", "hostIPC"]);
    forbid(&context, &["seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"]);
    forbid(spec, &["shareProcessNamespace"]);
    forbid(
        &context,
        &["runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"],
    );
    for container in containers(spec) {
        let context = container.child("securityContext");
        for name in [
            "appArmorProfile",
            "seLinuxOptions",
            "seccompProfile",
            "capabilities",
            "readOnlyRootFilesystem",
            "privileged",
            "allowPrivilegeEscalation",
            "procMount",
            "runAsUser",
            "runAsGroup",
        ] {
            if context.some(name).is_some() {
                errors.forbidden(context.path_of(name), detail);
            }
        }
    }
}

/// `validateWindowsHostProcessPod`
pub fn host_process(spec: &At, errors: &mut Errors) {
    let of =
        |at: &At| at.child("securityContext").child("windowsOptions").child("hostProcess").value.as_bool();
    let of_pod = of(spec);
    let (mut all, mut host) = (0, 0);
    for container in containers(spec) {
        all += 1;
        let own = of(&container);
        if let (Some(pod), Some(own)) = (of_pod, own)
            && pod != own
        {
            let detail = format!("pod hostProcess value must be identical if both are specified, was {pod}");
            let path = format!("{}.securityContext.windowsOptions.hostProcess", container.path);
            errors.invalid(path, own, detail);
        }
        if own.or(of_pod) == Some(true) {
            host += 1;
        }
    }
    if host == 0 {
        return;
    }
    if host != all {
        let detail =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.invalid(spec.path.clone(), "", detail);
    }
    if !spec.bool_of("hostNetwork") {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.invalid(spec.path_of("hostNetwork"), false, detail);
    }
}
