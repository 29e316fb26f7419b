//! When a Job has succeeded enough (`successPolicy`): the first rule that is met ends it.
//!
//! Source: `matchSuccessPolicy`, pkg/controller/job/success_policy.go, 1.36.3.

use super::indexes::Indexes;
use crate::api::job::SuccessRule;

/// The how-manieth rule is met by these indexes; None: none is.
pub(super) fn met(rules: &[SuccessRule], succeeded: &Indexes, completions: i32) -> Option<usize> {
    if succeeded.is_empty() {
        return None;
    }
    rules.iter().position(|rule| match rule.indexes {
        Some(text) => {
            let wanted = Indexes::parse(text.as_str(), completions);
            let there = wanted.shared_with(succeeded);
            !wanted.is_empty() && (there == wanted.total() || rule.count.is_some_and(|count| there >= count))
        }
        None => rule.count.is_some_and(|count| succeeded.total() >= count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Sym;

    #[test]
    fn all_of_the_named_indexes_or_as_many_as_are_asked_for() {
        let rule = |indexes: Option<&str>, count| SuccessRule { indexes: indexes.map(Sym::new), count };
        let done = |text| Indexes::parse(text, 9);
        let rules = [rule(Some("0,4"), None), rule(Some("1-3"), Some(2)), rule(None, Some(5))];
        assert_eq!(met(&rules, &done("0"), 9), None);
        assert_eq!(met(&rules, &done("0,4"), 9), Some(0));
        assert_eq!(met(&rules, &done("2,3"), 9), Some(1));
        assert_eq!(met(&rules, &done("0,1,5-7"), 9), Some(2));
        assert_eq!(met(&rules, &Indexes::default(), 9), None);
    }
}
