//! Names that no two runs share, told by what they stand for.
//!
//! A ReplicaSet's hash and the end of a pod's name are accidents of a run. A ReplicaSet is known by its Deployment and its
//! last revision (`web/2`), a CronJob's Job by its place in the order of creation (`report/job0`), a pod by what made it
//! (`web/2`, `agent/1`, `report/job0`, with the revision of that time) and its place in the order in which that made them.
//! Who has a name of their own (a StatefulSet's pods, pods that somebody made) keeps it.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::life::Row;

/// What the end of a generated name is made of (apimachinery, util/rand: no vowels, and nothing that looks like one).
const ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";
/// How long that end is.
const RANDOM: usize = 5;

/// A controller tells of a revision in its status, after the first pod that it made of it.
const STATUS: i64 = 100_000;

/// A row of `workloads.csv`, as far as names need it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub micros: i64,
    /// In lower case.
    pub kind: String,
    pub name: String,
    pub revision: String,
}

/// What the generated names of one run stand for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// ReplicaSets of Deployments and Jobs of CronJobs; by kind and name.
    objects: BTreeMap<(&'static str, String), String>,
    /// What made a pod; only of pods with a generated name.
    pods: BTreeMap<String, String>,
    /// What a pod's name begins with, for pods that never came to be.
    makers: BTreeMap<String, String>,
    nodes: BTreeSet<String>,
}

impl Names {
    /// From the rows of both tables.
    pub(super) fn of(workloads: &[Told], rows: &[Row]) -> Names {
        let mut names = Names::default();
        names.nodes.extend(rows.iter().map(|row| row.node.clone()).filter(|node| !node.is_empty()));
        names.replica_sets(workloads);
        names.jobs(workloads, rows);
        names.pods(workloads, rows);
        names
    }

    fn replica_sets(&mut self, workloads: &[Told]) {
        let deployments: BTreeSet<&str> = workloads
            .iter()
            .filter(|told| told.kind == "deployment")
            .map(|told| told.name.as_str())
            .collect();
        // A rollback gives an old one a new number, so that the last one counts.
        for told in workloads.iter().filter(|told| told.kind == "replicaset" && !told.revision.is_empty()) {
            if let Some((deployment, _)) = told.name.rsplit_once('-')
                && deployments.contains(deployment)
            {
                let alias = format!("{deployment}/{}", told.revision);
                self.objects.insert(("replicaset", told.name.clone()), alias.clone());
                self.makers.insert(told.name.clone(), alias);
            }
        }
    }

    fn jobs(&mut self, workloads: &[Told], rows: &[Row]) {
        let mut made: BTreeMap<&str, usize> = workloads
            .iter()
            .filter(|told| told.kind == "cronjob")
            .map(|told| (told.name.as_str(), 0))
            .collect();
        // Jobs that somebody made from a CronJob have any name; their pods tell.
        let by_pods: BTreeMap<&str, &str> = rows
            .iter()
            .filter_map(|row| Some((job_of(&row.pod)?, row.owner.strip_prefix("cronjob/")?)))
            .collect();
        for told in workloads.iter().filter(|told| told.kind == "job") {
            let scheduled = told
                .name
                .rsplit_once('-')
                .filter(|(_, minute)| minute.bytes().all(|b| b.is_ascii_digit()))
                .map(|(cron_job, _)| cron_job);
            let Some(cron_job) = by_pods.get(told.name.as_str()).copied().or(scheduled) else { continue };
            if self.objects.contains_key(&("job", told.name.clone())) {
                continue;
            }
            let Some(count) = made.get_mut(cron_job) else { continue };
            let alias = format!("{cron_job}/job{count}");
            *count += 1;
            self.objects.insert(("job", told.name.clone()), alias.clone());
            self.makers.insert(told.name.clone(), alias);
        }
    }

    fn pods(&mut self, workloads: &[Told], rows: &[Row]) {
        for told in workloads {
            if ["replicaset", "replicationcontroller", "daemonset", "job"].contains(&told.kind.as_str()) {
                self.makers.entry(told.name.clone()).or_insert_with(|| format!("{}/1", told.name));
            }
        }
        let mut seen = BTreeSet::new();
        for row in rows.iter().filter(|row| !row.pod.is_empty() && !row.owner.is_empty()) {
            if !seen.insert(row.pod.as_str()) {
                continue;
            }
            let Some(mut made_by) = self.maker(&row.pod) else { continue };
            let maker = row.pod.rsplit_once('-').map_or("", |(maker, _)| maker);
            let revision_of = |kind: &str, name: &str, by: i64| {
                let its = |told: &&Told| told.kind == kind && told.name == name && !told.revision.is_empty();
                workloads.iter().filter(its).take_while(|told| told.micros <= by).last()
            };
            // A rollback gives a ReplicaSet another number, and a DaemonSet makes pods of its newest one.
            let told = revision_of("replicaset", maker, row.micros).or_else(|| {
                revision_of("daemonset", row.owner.strip_prefix("daemonset/")?, row.micros + STATUS)
            });
            if let (Some(told), Some((name, _))) = (told, made_by.rsplit_once('/')) {
                made_by = format!("{name}/{}", told.revision);
            }
            self.pods.insert(row.pod.clone(), made_by);
        }
    }

    /// What makes pods of such names.
    fn maker(&self, pod: &str) -> Option<String> {
        let (made_by, random) = pod.rsplit_once('-')?;
        if random.len() != RANDOM || !random.chars().all(|c| ALPHABET.contains(c)) {
            return None;
        }
        // Pods of an Indexed Job have their index before the end.
        let indexed =
            || made_by.rsplit_once('-').filter(|(_, index)| index.bytes().all(|b| b.is_ascii_digit()));
        let found = self.makers.get(made_by).or_else(|| self.makers.get(indexed()?.0));
        found.cloned()
    }

    /// An object of a kind, by what it stands for.
    pub fn object<'a>(&'a self, kind: &str, name: &'a str) -> &'a str {
        let found = self.objects.iter().find(|((of, named), _)| *of == kind && named == name);
        found.map_or(name, |(_, alias)| alias)
    }

    /// What made a pod of a generated name, so that its like can stand for it.
    pub fn made_by(&self, pod: &str) -> Option<&str> {
        self.pods.get(pod).map(String::as_str)
    }

    /// A message without names that are accidents.
    pub fn mask(&self, message: &str) -> String {
        let of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let mut out = String::with_capacity(message.len());
        // How big an image is, these recordings' scenarios do not say.
        let mut rest = message.split_once(" Image size: ").map_or(message, |(before, _)| before);
        while !rest.is_empty() {
            let end = rest.find(|c| !of_a_name(c)).unwrap_or(rest.len());
            let end = rest[..end].trim_end_matches('.').len();
            let (word, after) = rest.split_at(end);
            match self.word(word) {
                Some(alias) => out.push_str(&alias),
                None => out.push_str(word),
            }
            let next = after.find(|c: char| c != '.' && of_a_name(c)).unwrap_or(after.len());
            out.push_str(&after[..next]);
            rest = &after[next..];
        }
        out
    }

    fn word(&self, word: &str) -> Option<String> {
        if self.nodes.contains(word) {
            return Some("<node>".into());
        }
        if !word.contains('-') {
            return None;
        }
        let object = self.objects.iter().find(|((_, name), _)| name == word).map(|(_, alias)| alias.clone());
        self.pods.get(word).cloned().or(object).or_else(|| self.maker(word))
    }
}

/// The Job whose pods have such names.
fn job_of(pod: &str) -> Option<&str> {
    pod.rsplit_once('-').map(|(job, _)| job)
}
