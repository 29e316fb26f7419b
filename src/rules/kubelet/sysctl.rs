//! Kernel parameters that a pod asks for: which of them a kubelet lets in.
//!
//! Source: pkg/kubelet/sysctl/allowlist.go, safe_sysctls.go and
//! staging/src/k8s.io/component-helpers/node/util/sysctl/namespace.go (v1.36.2). The list of those that are safe is the same
//! from 1.32 on; of a kernel that is recent enough all of it counts. The surprise: nobody asks before the kubelet. The API
//! server takes every name that is spelled right, the scheduler places the pod, and its kubelet refuses it for good.

use serde_json::Value;

use crate::api::PodSpec;

/// `safeSysctls`
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];

/// The namespace of the kernel that a parameter, or all that begin so, belongs to (`NamespacedBy`); None: it is the node's.
fn namespace(name: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, &str); 4] =
        [("kernel.shm", "ipc"), ("kernel.msg", "ipc"), ("fs.mqueue.", "ipc"), ("net.", "net")];
    if name == "kernel.sem" {
        return Some("ipc");
    }
    PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, namespace)| *namespace)
}

/// The spelling with dots (`ConvertSysctlVariableToDotsSeparator`): where a slash comes first, dots and slashes change places.
fn dotted(name: &str) -> String {
    match name.find(['.', '/']) {
        Some(first) if name[first..].starts_with('/') => {
            let swapped = |c: char| match c {
                '/' => '.',
                '.' => '/',
                c => c,
            };
            name.chars().map(swapped).collect()
        }
        _ => name.to_owned(),
    }
}

/// Why a kubelet does not even start with this entry of `allowedUnsafeSysctls` (`NewAllowlist`).
pub fn refused_pattern(pattern: &str) -> Option<String> {
    let dotted = dotted(pattern);
    let prefix = dotted.strip_suffix('*');
    if namespace(prefix.unwrap_or(&dotted)).is_some() {
        return None;
    }
    let what = if prefix.is_some() { "sysctls" } else { "sysctl" };
    Some(format!("the {what} \"{dotted}\" are not known to be namespaced"))
}

/// The first of a pod's parameters that the kubelet does not let in, as its message tells it (`Admit`). `unsafe_ones` are
/// those that the kubelet's `allowedUnsafeSysctls` adds to the safe ones; one that ends in `*` stands for all that begin so.
pub fn forbidden(spec: &PodSpec, unsafe_ones: &[String]) -> Option<String> {
    let wanted = spec.security_context.as_ref()?.rest.get("sysctls")?.as_array()?;
    let on_host = |field: &str| spec.rest.get(field).and_then(Value::as_bool) == Some(true);
    wanted.iter().filter_map(|own| own["name"].as_str()).find_map(|written| {
        let name = dotted(written);
        let allowed = unsafe_ones.iter().map(|pattern| dotted(pattern)).find(|pattern| {
            *pattern == name || pattern.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix))
        });
        if allowed.is_none() && !SAFE.contains(&name.as_str()) {
            return Some(format!("forbidden sysctl: \"{name}\" not allowlisted"));
        }
        let shared = match namespace(&name)? {
            "ipc" => ("ipc", on_host("hostIPC")),
            other => (other, spec.host_network),
        };
        shared.1.then(|| format!("forbidden sysctl: \"{name}\" not allowed with host {} enabled", shared.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(spec: &str, unsafe_ones: &[&str]) -> Option<String> {
        let unsafe_ones: Vec<String> = unsafe_ones.iter().map(|&one| one.to_owned()).collect();
        forbidden(&serde_json::from_str(spec).unwrap(), &unsafe_ones)
    }

    fn asks(name: &str) -> String {
        format!(r#"{{ "securityContext": {{ "sysctls": [{{ "name": "{name}", "value": "1" }}] }} }}"#)
    }

    #[test]
    fn safe_ones_are_let_in_and_others_by_name_or_prefix() {
        for safe in SAFE {
            assert_eq!(told(&asks(safe), &[]), None, "{safe}");
        }
        assert_eq!(told("{}", &[]), None);
        let words = "forbidden sysctl: \"kernel.msgmax\" not allowlisted";
        assert_eq!(told(&asks("kernel.msgmax"), &[]).as_deref(), Some(words));
        assert_eq!(told(&asks("kernel/msgmax"), &[]).as_deref(), Some(words), "with slashes, too");
        for allowed in ["kernel.msgmax", "kernel.msg*", "kernel/msg*"] {
            assert_eq!(told(&asks("kernel.msgmax"), &[allowed]), None, "{allowed}");
        }
        assert!(told(&asks("net.core.somaxconn"), &["kernel.msg*"]).is_some());
        assert_eq!(told(&asks("net/ipv4/conf/eth0.1/x"), &["net.ipv4.*"]), None);
    }

    #[test]
    fn what_is_the_hosts_is_not_for_a_pod_on_it() {
        let network = asks("net.ipv4.tcp_syncookies").replacen('{', r#"{ "hostNetwork": true, "#, 1);
        let words = "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host net enabled";
        assert_eq!(told(&network, &[]).as_deref(), Some(words));
        let ipc = asks("kernel.shm_rmid_forced").replacen('{', r#"{ "hostIPC": true, "#, 1);
        let words = "forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host ipc enabled";
        assert_eq!(told(&ipc, &[]).as_deref(), Some(words));
        assert_eq!(told(&ipc.replace("hostIPC", "hostNetwork"), &[]), None);
    }

    #[test]
    fn a_kubelet_does_not_start_with_what_is_the_nodes() {
        for pattern in ["kernel.sem", "kernel.shm*", "net.*", "fs.mqueue.*", "net/core/somaxconn"] {
            assert_eq!(refused_pattern(pattern), None, "{pattern}");
        }
        let words = "the sysctls \"vm.*\" are not known to be namespaced";
        assert_eq!(refused_pattern("vm.*").as_deref(), Some(words));
        let words = "the sysctl \"kernel.pid_max\" are not known to be namespaced";
        assert_eq!(refused_pattern("kernel.pid_max").as_deref(), Some(words));
    }
}
