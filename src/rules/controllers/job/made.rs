//! What the pods of a Job are called and carry.
//!
//! Source: `manageJob` in pkg/controller/job/job_controller.go; `podGenerateNameWithIndex`,
//! `addCompletionIndexEnvVariable`, `addIndexFailureCountAnnotation`, pkg/controller/job/indexed_job_utils.go, 1.36.3.

use std::collections::BTreeMap;

use crate::api::job::{COMPLETION_INDEX, INDEX_FAILURES, INDEX_IGNORED_FAILURES};
use crate::rules::controllers::pod_control;

/// The variable by which a program learns its index.
pub const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";

/// The longest prefix of a generated name (staging/src/k8s.io/apiserver/pkg/storage/names/generate.go).
const LONGEST_PREFIX: usize = 58;

/// A pod that is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct MadePod {
    /// On which index it works.
    pub index: Option<i32>,
    /// How many pods of its index have failed before it, and how many more count for nothing; where each has its limit.
    pub failures: Option<(i32, i32)>,
}

impl MadePod {
    /// Its `generateName`: the index always finds room.
    pub fn generate_name(self, job: &str) -> String {
        let Some(index) = self.index else { return pod_control::generate_name(job) };
        let end = format!("-{index}-");
        let room = LONGEST_PREFIX.saturating_sub(end.len());
        // Names are ASCII; whatever else somebody may have got in is not cut in the middle.
        let cut = (0..=room.min(job.len())).rev().find(|at| job.is_char_boundary(*at)).unwrap_or_default();
        format!("{}{end}", &job[..cut])
    }
    /// Its `spec.hostname`, if it has one of its own.
    pub fn hostname(self, job: &str) -> Option<String> {
        self.index.map(|index| format!("{job}-{index}"))
    }
    /// The label and the annotation that say its index.
    pub fn mark(self, labels: &mut BTreeMap<String, String>, annotations: &mut BTreeMap<String, String>) {
        if let Some(index) = self.index {
            labels.insert(COMPLETION_INDEX.to_owned(), index.to_string());
            annotations.insert(COMPLETION_INDEX.to_owned(), index.to_string());
        }
        if let Some((failures, ignored)) = self.failures {
            annotations.insert(INDEX_FAILURES.to_owned(), failures.to_string());
            if ignored > 0 {
                annotations.insert(INDEX_IGNORED_FAILURES.to_owned(), ignored.to_string());
            }
        }
    }
}

/// The index that an annotation says (`getCompletionIndex`).
pub fn index(annotation: Option<&str>) -> Option<i32> {
    annotation?.parse().ok().filter(|index| *index >= 0)
}

/// How many failures an annotation says (`parseInt32`); none where it says nothing sensible.
pub fn failures(annotation: Option<&str>) -> i32 {
    index(annotation).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_stands_in_name_host_and_marks() {
        let pod = MadePod { index: Some(12), failures: Some((2, 1)) };
        assert_eq!(pod.generate_name("import"), "import-12-");
        assert_eq!(pod.generate_name(&"j".repeat(60)), format!("{}-12-", "j".repeat(54)));
        assert_eq!(pod.hostname("import").as_deref(), Some("import-12"));
        let (mut labels, mut annotations) = (BTreeMap::new(), BTreeMap::new());
        pod.mark(&mut labels, &mut annotations);
        assert_eq!(labels[COMPLETION_INDEX], "12");
        assert_eq!(index(annotations.get(COMPLETION_INDEX).map(String::as_str)), Some(12));
        assert_eq!((failures(Some("2")), failures(Some("-1")), failures(Some("x"))), (2, 0, 0));
        assert_eq!((&*annotations[INDEX_FAILURES], &*annotations[INDEX_IGNORED_FAILURES]), ("2", "1"));
        let plain = MadePod::default();
        assert_eq!((plain.generate_name("import"), plain.hostname("import")), ("import-".to_owned(), None));
    }
}
