//! Probes, hooks, and what both of them do: `exec`, `httpGet`, `tcpSocket`, `grpc`, `sleep`.
//!
//! Source: `validateProbe`, `validateLifecycle`, `validateHandler` in pkg/apis/core/validation/validation.go (1.36.2).
//! The surprise: a readiness probe with `terminationGracePeriodSeconds: 0` is refused twice.

use super::field::{At, Errors};
use super::names;
use crate::rules::versions::gates::Gates;

/// What the handlers of one pod are checked against.
#[derive(Clone, Copy)]
pub struct Handlers<'a> {
    pub gates: &'a Gates,
    /// `terminationGracePeriodSeconds` of the pod.
    pub grace: Option<i64>,
}

impl Handlers<'_> {
    /// The probes of a container and its hooks.
    pub fn container(&self, container: &At, errors: &mut Errors) {
        if let Some(lifecycle) = container.some("lifecycle") {
            self.lifecycle(&lifecycle, errors);
        }
        for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
            if let Some(probe) = container.some(kind) {
                self.probe(kind, &probe, errors);
            }
        }
    }

    fn probe(&self, kind: &str, probe: &At, errors: &mut Errors) {
        self.handler(probe, errors);
        for name in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            if probe.int_of(name) < 0 {
                errors.invalid(probe.path_of(name), probe.int_of(name), "must be greater than or equal to 0");
            }
        }
        let grace = probe.some("terminationGracePeriodSeconds");
        if let Some(grace) = &grace
            && grace.int() <= 0
        {
            errors.invalid(grace.path.clone(), grace.int(), "must be greater than 0");
        }
        if kind == "readinessProbe" {
            if let Some(grace) = grace {
                errors.invalid(grace.path.clone(), grace.int(), "must not be set for readinessProbes");
            }
        } else if probe.int_of("successThreshold") != 1 {
            errors.invalid(probe.path_of("successThreshold"), probe.int_of("successThreshold"), "must be 1");
        }
    }

    fn lifecycle(&self, lifecycle: &At, errors: &mut Errors) {
        for hook in ["postStart", "preStop"] {
            if let Some(handler) = lifecycle.some(hook) {
                self.handler(&handler, errors);
            }
        }
    }

    /// Exactly one kind of handler; the first counts, the others are one too many.
    fn handler(&self, handler: &At, errors: &mut Errors) {
        let mut found = false;
        for kind in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
            let Some(action) = handler.some(kind) else { continue };
            if found {
                errors.forbidden(action.path, "may not specify more than 1 handler type");
                continue;
            }
            found = true;
            match kind {
                "exec" => {
                    if action.child("command").is_empty() {
                        errors.required(action.path_of("command"), "");
                    }
                }
                "httpGet" => http_get(&action, errors),
                "sleep" => self.sleep(&action, errors),
                _ => port(&action.child("port"), errors),
            }
        }
        if !found {
            errors.required(handler.path.clone(), "must specify a handler type");
        }
    }

    /// `validateSleepAction`: at most as long as the pod's grace period.
    fn sleep(&self, action: &At, errors: &mut Errors) {
        let Some(grace) = self.grace else { return };
        let (seconds, zero_is_fine) = (action.int_of("seconds"), self.gates.sleep_action_allow_zero);
        if seconds >= i64::from(!zero_is_fine) && seconds <= grace {
            return;
        }
        let detail = if zero_is_fine {
            format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})")
        } else {
            format!(
                "must be greater than 0 and less than terminationGracePeriodSeconds ({grace}). Enable \
                 AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep."
            )
        };
        errors.invalid(action.path.clone(), seconds, detail);
    }
}

fn http_get(action: &At, errors: &mut Errors) {
    if action.text_of("path").is_empty() {
        errors.required(action.path_of("path"), "");
    }
    port(&action.child("port"), errors);
    let scheme = action.text_of("scheme");
    if !["HTTP", "HTTPS"].contains(&scheme) {
        errors.not_supported(action.path_of("scheme"), scheme, &["HTTP", "HTTPS"]);
    }
    for header in action.child("httpHeaders").items() {
        let name = header.text_of("name");
        errors.invalid_each(&action.path_of("httpHeaders"), name, names::http_header_name(name));
    }
}

/// `ValidatePortNumOrName`
fn port(port: &At, errors: &mut Errors) {
    match port.value.as_str() {
        Some(name) => errors.invalid_each(&port.path, name, names::port_name(name)),
        None => errors.invalid_each(&port.path, port.int(), names::port_number(port.int())),
    }
}
