//! Why the API server refuses an object, in its words and in those of kubectl.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go (`NewInvalid`, `NewForbidden`, `NewBadRequest`) and
//! staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go (`StandardErrorMessage`, `statusCausesToAggrError`; 1.36.2). The
//! surprise: the API server says `Deployment.apps "web" is invalid`, kubectl `The Deployment "web" is invalid`.

use std::fmt;

use super::decode::{DecodeError, StrictError, strict_message};
use super::objects::{ObjectType, Written};
use super::validation::field::{Errors, FieldError};
use crate::api::Sym;
use crate::rules::machinery::quote::quote;

/// Why an object was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rejection {
    /// The manifest is no object of its kind.
    Decode(Written, DecodeError),
    /// Unknown or repeated fields, where the client asked for strictness.
    Strict(Written, Vec<StrictError>),
    /// It names a namespace that is not the request's.
    OtherNamespace,
    /// Fields with values that may not be.
    Invalid {
        /// Of the object.
        kind: ObjectType,
        /// Of the object.
        name: String,
        /// All of them, in the API server's order.
        errors: Errors,
    },
    /// There is an object of that name.
    Exists {
        /// Of the object.
        kind: ObjectType,
        /// Of the object.
        name: String,
    },
    /// Its namespace is being deleted.
    Terminating {
        /// Of the object.
        kind: ObjectType,
        /// Of the object.
        name: String,
        /// Which.
        namespace: Sym,
    },
    /// There is no such namespace.
    NoNamespace {
        /// Which.
        namespace: Sym,
    },
    /// An admission plugin refused.
    Forbidden {
        /// Of the object.
        kind: ObjectType,
        /// Of the object.
        name: String,
        /// In the words of the plugin.
        why: String,
    },
}

impl Rejection {
    /// The HTTP code.
    pub fn code(&self) -> u16 {
        match self {
            Rejection::Decode(..) | Rejection::Strict(..) | Rejection::OtherNamespace => 400,
            Rejection::Invalid { .. } => 422,
            Rejection::Forbidden { .. } | Rejection::Terminating { .. } => 403,
            Rejection::NoNamespace { .. } => 404,
            Rejection::Exists { .. } => 409,
        }
    }
    /// `metav1.StatusReason`
    pub fn reason(&self) -> &'static str {
        match self {
            Rejection::Decode(..) | Rejection::Strict(..) | Rejection::OtherNamespace => "BadRequest",
            Rejection::Invalid { .. } => "Invalid",
            Rejection::Forbidden { .. } | Rejection::Terminating { .. } => "Forbidden",
            Rejection::NoNamespace { .. } => "NotFound",
            Rejection::Exists { .. } => "AlreadyExists",
        }
    }
    /// The fields that were refused; empty for other rejections.
    pub fn errors(&self) -> &[FieldError] {
        match self {
            Rejection::Invalid { errors, .. } => &errors.0,
            _ => &[],
        }
    }
    /// What kubectl prints, of a manifest in `file` that was to be created: one line, or a line for each field.
    pub fn kubectl(&self, file: &str) -> String {
        self.told(Some(file))
    }
    /// What kubectl prints of a strict patch, as `kubectl apply` sends one for an object that is there
    /// (`applyPatchToObject`, staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go).
    pub fn patched(&self) -> String {
        match self {
            Rejection::Strict(_, errors) => format!(
                "The request is invalid: patch: Invalid value: \"map[...]\": {}",
                strict_message(errors)
            ),
            other => other.told(None),
        }
    }
    /// What kubectl prints where no file was created: of a patch, or of a change by `kubectl scale` and the like.
    pub fn told(&self, file: Option<&str>) -> String {
        match self {
            Rejection::Invalid { kind, name, errors } => {
                let start = format!("The {} {} is invalid: ", kind.law().name, quote(name));
                match &distinct(errors)[..] {
                    [one] => format!("{start}{one}"),
                    many => many.iter().fold(start, |text, line| format!("{text}\n* {line}")),
                }
            }
            other => {
                let what =
                    file.map_or_else(String::new, |file| format!("error when creating {}: ", quote(file)));
                format!("Error from server ({}): {what}{other}", other.reason())
            }
        }
    }
}

/// The texts of errors, each once.
fn distinct(errors: &Errors) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for error in &errors.0 {
        let line = error.to_string();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The message of the API server's status.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handled = |f: &mut fmt::Formatter<'_>, written: Written| {
            let name = written.kind.name();
            write!(f, "{name} in version {} cannot be handled as a {name}: ", quote(written.version))
        };
        match self {
            Rejection::Decode(written, error) => {
                handled(f, *written)?;
                write!(f, "{error}")
            }
            Rejection::Strict(written, errors) => {
                handled(f, *written)?;
                f.write_str(&strict_message(errors))
            }
            Rejection::OtherNamespace => f.write_str(
                "the namespace of the provided object does not match the namespace sent on the request",
            ),
            Rejection::Invalid { kind, name, errors } => {
                write!(f, "{} {} is invalid: ", kind.qualified(), quote(name))?;
                match &distinct(errors)[..] {
                    [one] => f.write_str(one),
                    many => write!(f, "[{}]", many.join(", ")),
                }
            }
            Rejection::Exists { kind, name } => {
                write!(f, "{} {} already exists", kind.qualified_resource(), quote(name))
            }
            Rejection::Terminating { kind, name, namespace } => write!(
                f,
                "{} {} is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
                kind.qualified_resource(),
                quote(name)
            ),
            Rejection::NoNamespace { namespace } => {
                write!(f, "namespaces {} not found", quote(namespace))
            }
            Rejection::Forbidden { kind, name, why } => {
                write!(f, "{} {} is forbidden: {why}", kind.qualified_resource(), quote(name))
            }
        }
    }
}
impl std::error::Error for Rejection {}
