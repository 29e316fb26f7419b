//! What a pod's failure means to its Job (`podFailurePolicy`): the first rule that fits says it.
//!
//! Source: `matchPodFailurePolicy`, pkg/controller/job/pod_failure_policy.go, 1.36.3.

use std::fmt;

use crate::api::job::{FailureAction, FailurePattern, FailureRule};
use crate::api::{Sym, Tri};

/// What a rule says of a failed pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What is asked for.
    pub action: FailureAction,
    /// By the how-manieth rule.
    pub rule: usize,
    /// For what.
    pub because: Because,
}

/// What of a pod a rule fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because {
    /// How a container ended.
    Exit {
        /// Which one.
        container: Sym,
        /// With which code.
        code: i32,
    },
    /// A condition that it has.
    Condition(Sym),
}

/// What the rules say of a pod whose containers ended so, main ones first, and that has these conditions; None: none of
/// them fits, and the failure counts.
pub fn verdict(rules: &[FailureRule], ended: &[(Sym, i32)], conditions: &[(Sym, Tri)]) -> Option<Verdict> {
    rules.iter().enumerate().find_map(|(rule, law)| {
        let because = match &law.of {
            FailurePattern::ExitCodes { container, is_among, codes } => {
                let fits = |name: Sym, code: i32| {
                    code != 0
                        && (container.is_empty() || *container == name)
                        && codes.contains(&code) == *is_among
                };
                let (container, code) = ended.iter().copied().find(|(name, code)| fits(*name, *code))?;
                Because::Exit { container, code }
            }
            FailurePattern::Conditions(patterns) => {
                Because::Condition(conditions.iter().find(|one| patterns.contains(one))?.0)
            }
        };
        Some(Verdict { action: law.action, rule, because })
    })
}

/// Whether a failure counts towards the limit.
pub fn counts(verdict: Option<Verdict>) -> bool {
    verdict.is_none_or(|verdict| verdict.action != FailureAction::Ignore)
}

/// Why the Job fails: `pod` is `namespace/name`.
pub(super) fn message(verdict: Verdict, pod: impl fmt::Display) -> String {
    let Verdict { action, rule, because } = verdict;
    let action = action.as_str();
    match because {
        Because::Exit { container, code } => format!(
            "Container {container} for pod {pod} failed with exit code {code} matching {action} rule at index {rule}"
        ),
        Because::Condition(kind) => {
            format!("Pod {pod} has condition {kind} matching {action} rule at index {rule}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_decides() {
        let sym = Sym::new;
        let codes = |action, container: &str, is_among, codes: &[i32]| FailureRule {
            action,
            of: FailurePattern::ExitCodes { container: sym(container), is_among, codes: codes.to_vec() },
        };
        let disrupted = (sym("DisruptionTarget"), Tri::True);
        let rules = [
            codes(FailureAction::FailJob, "app", true, &[42]),
            FailureRule { action: FailureAction::Ignore, of: FailurePattern::Conditions(vec![disrupted]) },
            codes(FailureAction::FailIndex, "", false, &[1, 2]),
        ];
        let asked = |ended: &[(&str, i32)], conditions: &[(Sym, Tri)]| {
            let ended: Vec<(Sym, i32)> = ended.iter().map(|(name, code)| (sym(name), *code)).collect();
            verdict(&rules, &ended, conditions)
        };
        let found = asked(&[("app", 42)], &[disrupted]).expect("a rule");
        assert_eq!(
            message(found, "shop/web-1"),
            "Container app for pod shop/web-1 failed with exit code 42 matching FailJob rule at index 0"
        );
        let found = asked(&[("other", 42)], &[disrupted]).expect("a rule");
        assert!(!counts(Some(found)));
        assert_eq!(
            message(found, "s/p"),
            "Pod s/p has condition DisruptionTarget matching Ignore rule at index 1"
        );
        assert_eq!(asked(&[("other", 42)], &[]).map(|found| found.action), Some(FailureAction::FailIndex));
        assert_eq!(asked(&[("app", 1), ("other", 0)], &[]), None);
        assert!(counts(None));
    }
}
