//! What a set is told of its pods and claims.
//!
//! Source: `recordPodEvent`, `recordClaimEvent`, pkg/controller/statefulset/stateful_pod_control.go, 1.36.3.

use crate::rules::controllers::told::Told;
use crate::rules::versions::gates::Gates;

/// What was done to a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// POST.
    Create,
    /// PUT.
    Update,
    /// DELETE.
    Delete,
}

impl Verb {
    fn title(self) -> &'static str {
        match self {
            Verb::Create => "Create",
            Verb::Update => "Update",
            Verb::Delete => "Delete",
        }
    }
    fn spelled(self, gates: &Gates) -> String {
        match gates.habits.stateful_sets_say_title_case {
            true => self.title().to_owned(),
            false => self.title().to_lowercase(),
        }
    }
}

/// About a pod.
pub fn pod(verb: Verb, set: &str, pod: &str, refused: Option<&str>, gates: &Gates) -> Told {
    let (title, verb) = (verb.title(), verb.spelled(gates));
    match refused {
        None => Told::normal(
            &format!("Successful{title}"),
            format!("{verb} Pod {pod} in StatefulSet {set} successful"),
        ),
        Some(error) => Told::warning(
            &format!("Failed{title}"),
            format!("{verb} Pod {pod} in StatefulSet {set} failed error: {error}"),
        ),
    }
}

/// About a claim that is made.
pub fn claim(set: &str, pod: &str, claim: &str, refused: Option<&str>, gates: &Gates) -> Told {
    let verb = Verb::Create.spelled(gates);
    match refused {
        None => Told::normal(
            "SuccessfulCreate",
            format!("{verb} Claim {claim} Pod {pod} in StatefulSet {set} success"),
        ),
        Some(error) => Told::warning(
            "FailedCreate",
            format!("{verb} Claim {claim} for Pod {pod} in StatefulSet {set} failed error: {error}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::versions::Version;

    #[test]
    fn words_are_those_of_the_version() {
        let (new, old) = (Gates::of(Version::V1_35), Gates::of(Version::V1_34));
        assert_eq!(
            pod(Verb::Create, "db", "db-0", None, &new).message,
            "Create Pod db-0 in StatefulSet db successful"
        );
        let refused = pod(Verb::Delete, "db", "db-0", Some("no"), &old);
        assert_eq!(refused.reason, "FailedDelete");
        assert_eq!(refused.message, "delete Pod db-0 in StatefulSet db failed error: no");
        assert_eq!(
            claim("db", "db-0", "data-db-0", None, &old).message,
            "create Claim data-db-0 Pod db-0 in StatefulSet db success"
        );
    }
}
