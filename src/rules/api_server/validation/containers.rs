//! Main, init and ephemeral containers.
//!
//! Source: `validateContainers`, `validateInitContainers`, `validateEphemeralContainers`, `validateContainerCommon`,
//! `validateContainerRestartPolicy` in pkg/apis/core/validation/validation.go (1.36.2). The surprise: an image may be any
//! text without surrounding blanks; a name that no registry knows fails on the node.

use rustc_hash::FxHashSet;

use super::field::{At, Errors};
use super::probes::Handlers;
use super::volumes::{self, Known};
use super::{env, names, resources, security};
use crate::rules::versions::gates::Gates;

/// What the containers of one pod are checked against.
pub struct Containers<'a> {
    pub gates: &'a Gates,
    pub volumes: &'a Known<'a>,
    /// Names in `spec.resourceClaims`.
    pub claims: &'a [&'a str],
    pub handlers: Handlers<'a>,
    pub pod_restart_policy: &'a str,
    /// The pod uses the node's users.
    pub host_users: bool,
    /// `spec.os.name`, for stop signals.
    pub os: Option<&'a str>,
}

/// Texts that are set apart for pods, not for templates.
const BLANKS: &str = "must not have leading or trailing whitespace";
const NOT_FOR_INIT: &str = "may not be set for init containers without restartPolicy=Always";

impl Containers<'_> {
    /// `validateContainers`
    pub fn main(&self, containers: &At, errors: &mut Errors) {
        if containers.is_empty() {
            errors.required(containers.path.clone(), "");
            return;
        }
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        for container in containers.items() {
            self.common(&container, errors);
            let name = container.text_of("name");
            if seen.contains(&name) {
                errors.duplicate(container.path_of("name"), name);
            }
            seen.insert(name);
            self.stop_signal(&container, errors);
            self.handlers.container(&container, errors);
            if self.gates.container_restart_rules {
                self.restart_policy(&container, errors);
            } else if container.some("restartPolicy").is_some() {
                errors
                    .forbidden(container.path_of("restartPolicy"), "may not be set for non-init containers");
            }
        }
        let all: Vec<At> = containers.items().collect();
        host_ports(&all, errors);
    }

    /// `validateInitContainers`
    pub fn init(&self, containers: &At, main: &At, errors: &mut Errors) {
        let mut seen: FxHashSet<&str> = main.items().map(|c| c.text_of("name")).collect();
        for container in containers.items() {
            self.common(&container, errors);
            let is_sidecar = container.text_of("restartPolicy") == "Always";
            if self.gates.container_restart_rules {
                self.restart_policy(&container, errors);
            } else if let Some(policy) = container.some("restartPolicy")
                && !is_sidecar
            {
                errors.not_supported(policy.path.clone(), policy.str(), &["Always"]);
            }
            if is_sidecar
                && !container.child("restartPolicyRules").is_empty()
                && !self.gates.restart_all_containers
            {
                let detail = "may not be set for init containers with restartPolicy=Always";
                errors.forbidden(container.path_of("restartPolicyRules"), detail);
            }
            let name = container.text_of("name");
            if seen.contains(&name) {
                errors.duplicate(container.path_of("name"), name);
            } else if !name.is_empty() {
                seen.insert(name);
            }
            // Init containers run one by one: their ports only meet their own.
            host_ports(std::slice::from_ref(&container), errors);
            if is_sidecar {
                self.stop_signal(&container, errors);
                self.handlers.container(&container, errors);
            } else {
                for member in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                    if container.some(member).is_some() {
                        errors.forbidden(container.path_of(member), NOT_FOR_INIT);
                    }
                }
            }
            let resize = container.child("resizePolicy");
            if !self.gates.habits.init_resize_policies && !resize.is_empty() {
                errors.invalid(resize.path, resize.value.clone(), "must not be set for init containers");
            } else if self.gates.habits.init_containers_resize && !is_sidecar {
                // That it is refused is known; the words are these in kind only.
                let restarts = |policy: &At| policy.text_of("restartPolicy") == "RestartContainer";
                for _ in resize.items().filter(restarts) {
                    let detail = "must be 'NotRequired' for init containers without restartPolicy=Always";
                    errors.invalid(resize.path.clone(), "RestartContainer", detail);
                }
            }
        }
    }

    /// `validateEphemeralContainers`
    pub fn ephemeral(&self, containers: &At, spec: &At, errors: &mut Errors) {
        let others: FxHashSet<&str> = ["containers", "initContainers"]
            .iter()
            .flat_map(|list| spec.child(list).items().map(|c| c.text_of("name")).collect::<Vec<_>>())
            .collect();
        let mut seen = others.clone();
        for container in containers.items() {
            self.common(&container, errors);
            no_blanks(&container, errors);
            let name = container.text_of("name");
            if seen.contains(&name) {
                errors.duplicate(container.path_of("name"), name);
            } else {
                seen.insert(name);
            }
            let target = container.text_of("targetContainerName");
            if !target.is_empty() && !others.contains(&target) {
                errors.not_found(container.path_of("targetContainerName"), target, "");
            }
            let detail = "cannot be set for an Ephemeral Container";
            for member in [
                "ports",
                "resources",
                "resizePolicy",
                "restartPolicy",
                "restartPolicyRules",
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
                "lifecycle",
            ] {
                let value = container.child(member);
                let set = if value.value.is_object() && member == "resources" {
                    !value.is_empty()
                } else {
                    value.is_set()
                };
                if set {
                    errors.forbidden(value.path, detail);
                }
            }
            for mount in container.child("volumeMounts").items() {
                for member in ["subPath", "subPathExpr"] {
                    if !mount.text_of(member).is_empty() {
                        errors.forbidden(mount.path_of(member), detail);
                    }
                }
            }
        }
    }

    /// `validateContainerCommon`
    fn common(&self, container: &At, errors: &mut Errors) {
        let habits = &self.gates.habits;
        let name = container.text_of("name");
        if name.is_empty() {
            errors.required(container.path_of("name"), "");
        } else {
            errors.invalid_each(&container.path_of("name"), name, names::dns1123_label(name));
        }
        if container.text_of("image").is_empty() {
            errors.required(container.path_of("image"), "");
        }
        let policy = container.text_of("terminationMessagePolicy");
        const MESSAGES: &[&str] = &["File", "FallbackToLogsOnError"];
        match policy {
            "" => errors.required(container.path_of("terminationMessagePolicy"), ""),
            policy if MESSAGES.contains(&policy) => {}
            other => errors.not_supported(container.path_of("terminationMessagePolicy"), other, MESSAGES),
        }
        ports(&container.child("ports"), errors);
        env::validate(&container.child("env"), habits, errors);
        env::validate_from(&container.child("envFrom"), errors);
        volumes::mounts(container, self.volumes, errors);
        const PULL: &[&str] = &["Always", "IfNotPresent", "Never"];
        match container.text_of("imagePullPolicy") {
            "" => errors.required(container.path_of("imagePullPolicy"), ""),
            policy if PULL.contains(&policy) => {}
            other => errors.not_supported(container.path_of("imagePullPolicy"), other, PULL),
        }
        resources::validate(
            &container.child("resources"),
            resources::Of::Container,
            self.claims,
            habits,
            errors,
        );
        self.resize_policy(&container.child("resizePolicy"), errors);
        security::container(container, self.host_users, errors);
    }

    /// `validateResizePolicy`: reported at the list.
    fn resize_policy(&self, policies: &At, errors: &mut Errors) {
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        for policy in policies.items() {
            let (resource, restart) = (policy.text_of("resourceName"), policy.text_of("restartPolicy"));
            if seen.contains(&resource) {
                errors.duplicate(policy.path.clone(), resource);
            }
            seen.insert(resource);
            match resource {
                "cpu" | "memory" => {}
                "" => errors.required(policies.path.clone(), ""),
                other => errors.not_supported(policies.path.clone(), other, &["cpu", "memory"]),
            }
            const RESTARTS: &[&str] = &["NotRequired", "RestartContainer"];
            match restart {
                "" => errors.required(policies.path.clone(), ""),
                restart if RESTARTS.contains(&restart) => {}
                other => errors.not_supported(policies.path.clone(), other, RESTARTS),
            }
            if self.pod_restart_policy == "Never" && restart != "NotRequired" {
                let whose = if self.gates.habits.says_whose_restart_policy { "pod " } else { "" };
                let detail = format!("must be 'NotRequired' when {whose}`restartPolicy` is 'Never'");
                errors.invalid(policies.path.clone(), restart, detail);
            }
        }
    }

    /// `validateContainerRestartPolicy`
    fn restart_policy(&self, container: &At, errors: &mut Errors) {
        const POLICIES: &[&str] = &["Always", "Never", "OnFailure"];
        const OPERATORS: &[&str] = &["In", "NotIn"];
        let rules = container.child("restartPolicyRules");
        match container.some("restartPolicy") {
            None => {
                if !rules.is_empty() {
                    let detail = "must specify restartPolicy when restart rules are used";
                    errors.required(container.path_of("restartPolicy"), detail);
                }
            }
            Some(policy) => {
                if !POLICIES.contains(&policy.str()) {
                    errors.not_supported(policy.path.clone(), policy.str(), POLICIES);
                }
            }
        }
        if rules.len() > 20 {
            errors.too_many(rules.path.clone(), rules.len(), 20);
        }
        let actions: &[&str] = if self.gates.restart_all_containers {
            &["Restart", "RestartAllContainers"]
        } else {
            &["Restart"]
        };
        for rule in rules.items() {
            let action = rule.text_of("action");
            if !actions.contains(&action) {
                errors.not_supported(rule.path_of("action"), action, actions);
            }
            let Some(codes) = rule.some("exitCodes") else {
                errors.required(rule.path_of("exitCodes"), "must be specified");
                continue;
            };
            let operator = codes.text_of("operator");
            if !OPERATORS.contains(&operator) {
                errors.not_supported(codes.path_of("operator"), operator, OPERATORS);
            }
            if codes.child("values").len() > 255 {
                errors.too_many(codes.path_of("values"), codes.child("values").len(), 255);
            }
        }
    }

    /// `validateStopSignal`, behind the gate ContainerStopSignals.
    fn stop_signal(&self, container: &At, errors: &mut Errors) {
        let Some(signal) = container.child("lifecycle").some("stopSignal") else { return };
        let supported: &[&str] = match self.os {
            None => {
                let detail = "may not be set for containers with empty `spec.os.name`";
                errors.forbidden(signal.path.clone(), detail);
                return;
            }
            Some("windows") => &["SIGKILL", "SIGTERM"],
            Some(_) => SIGNALS,
        };
        if !supported.contains(&signal.str()) {
            errors.not_supported(signal.path.clone(), signal.str(), supported);
        }
    }
}

/// The signals of Linux by name.
const SIGNALS: &[&str] = &[
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGRTMAX",
    "SIGRTMIN",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
];

/// `validateContainerOnlyForPod`
pub fn no_blanks(container: &At, errors: &mut Errors) {
    let image = container.text_of("image");
    if image.trim() != image {
        errors.invalid(container.path_of("image"), image, BLANKS);
    }
}

/// `validateContainerPorts`
fn ports(ports: &At, errors: &mut Errors) {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for port in ports.items() {
        let name = port.text_of("name");
        if !name.is_empty() {
            let bad = names::port_name(name);
            if !bad.is_empty() {
                errors.invalid_each(&port.path_of("name"), name, bad);
            } else if seen.contains(&name) {
                errors.duplicate(port.path_of("name"), name);
            } else {
                seen.insert(name);
            }
        }
        let (number, host) = (port.int_of("containerPort"), port.int_of("hostPort"));
        if number == 0 {
            errors.required(port.path_of("containerPort"), "");
        } else {
            errors.invalid_each(&port.path_of("containerPort"), number, names::port_number(number));
        }
        if host != 0 {
            errors.invalid_each(&port.path_of("hostPort"), host, names::port_number(host));
        }
        const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
        match port.text_of("protocol") {
            "" => errors.required(port.path_of("protocol"), ""),
            protocol if PROTOCOLS.contains(&protocol) => {}
            other => errors.not_supported(port.path_of("protocol"), other, PROTOCOLS),
        }
    }
}

/// `checkHostPortConflicts`
fn host_ports(containers: &[At], errors: &mut Errors) {
    let mut taken: FxHashSet<String> = FxHashSet::default();
    for container in containers {
        for port in container.child("ports").items() {
            let number = port.int_of("hostPort");
            if number == 0 {
                continue;
            }
            let key = format!("{}/{}/{number}", port.text_of("protocol"), port.text_of("hostIP"));
            if taken.contains(&key) {
                errors.duplicate(port.path_of("hostPort"), key);
            } else {
                taken.insert(key);
            }
        }
    }
}
