//! A prediction as it is asked for: what is said of programs, which version counts, which plan it is played by, and the presents
//! side by side.

use std::collections::BTreeSet;

use super::{Asked, Played, Prediction, play};
use crate::answers::hands::{self, Hands, Stopped};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::versions::Version;
use crate::scenario::diagnostic::nearest;
use crate::scenario::given::{Given, Problem, Said, SetUp};
use crate::scenario::values::parse_duration;
use crate::scenario::{self, Plan};

/// So many pods are put into so many presents at most: 200 of a hundred pods.
const PUT: u64 = 20_000;
/// And at least so many presents are played.
const LEAST: u64 = 8;

impl Asked {
    /// Of very many pods, or of pods with very many containers, fewer presents are played.
    #[must_use]
    pub fn for_given(self, given: &Given) -> Asked {
        let pods: u64 = given.pods.iter().map(|pod| counts_as(pod.pod.spec.containers.len())).sum();
        Asked { seeds: self.seeds.min((PUT / pods.max(1)).max(LEAST)), ..self }
    }
}

/// For how many pods one with so many containers counts: a few of them are no matter, of more each takes a quarter of what a pod does,
/// and whenever one of them does something its kubelet looks at all (measured in crash loops: 200 containers take as long as 156 pods,
/// 400 as long as 550).
fn counts_as(containers: usize) -> u64 {
    let containers = containers as u64;
    (containers / 4 + containers * containers / 400).max(1)
}

/// What is said of programs: `runs=30s`, `exits=1`, `boots=20s`, `stops=8s`; of one workload or pod `web.runs=forever`.
///
/// # Errors
/// Which of the words is none, and why.
pub fn said(words: &[String]) -> Result<Vec<Said>, String> {
    let mut all: Vec<Said> = Vec::new();
    for word in words {
        let refuse = |why: &str| format!("{word}: {why}");
        let (key, value) = word.split_once('=').ok_or_else(|| refuse("expected runs=30s"))?;
        let (key, value) = (key.trim(), value.trim());
        let (of, what) = match key.rsplit_once('.') {
            Some((of, what)) => (Some(of.to_owned()), what),
            None => (None, key),
        };
        let place = all.iter().position(|own| own.of == of).unwrap_or_else(|| {
            all.push(Said { of, ..Said::default() });
            all.len() - 1
        });
        let own = &mut all[place];
        let span = || parse_duration(value).map_err(|why| refuse(&why));
        match what {
            "runs" if value == "forever" => own.runs = Some(None),
            "runs" => own.runs = Some(Some(span()?)),
            "boots" => own.boots = Some(span()?),
            "stops" => own.stops = Some(span()?),
            "exits" => own.exits = Some(value.parse().map_err(|_| refuse("a code is a number up to 255"))?),
            _ => return Err(refuse("there are runs, exits, boots and stops")),
        }
    }
    Ok(all)
}

/// What is said of programs of which nothing is in the input, with the nearest name that is.
pub fn unknown(said: &[Said], given: &Given) -> Vec<Problem> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for pod in &given.pods {
        names.insert(pod.pod.meta.name.clone());
        if let Some(owner) = pod.controller() {
            names.insert(owner.name.to_string());
            names.insert(format!("{}/{}", owner.kind.to_lowercase(), owner.name));
        }
    }
    for (kind, value) in
        given.objects.iter().filter(|(kind, _)| kind.law().has_pods || *kind == ObjectType::CronJob)
    {
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        names.insert(name.to_owned());
        names.insert(format!("{}/{name}", kind.singular()));
    }
    let missing = said.iter().filter_map(|own| own.of.as_ref()).filter(|of| !names.contains(*of));
    let problem = |of: &String| {
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let near = nearest(of, &all).map_or_else(
            || "it is the name of a pod or of a workload, also as deployment/web".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        Problem { line: 0, words: format!("{of}: no pod and no workload of that name in it"), hint: near }
    };
    missing.map(problem).collect()
}

/// The version that counts: the one that is asked for, or that of the nodes, or the one that is nearest to it.
pub fn version(asked: Option<&str>, given: &Given) -> String {
    let told = asked.map(str::to_owned).or_else(|| given.version.clone());
    let Some(told) = told else { return Version::DEFAULT.as_str().to_owned() };
    if Version::parse(&told).is_some() {
        return told;
    }
    let parts = |text: &str| {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    };
    // Of another major version all minor ones are equally far: those of a later one are nearest to the last that is known.
    let (major, minor) = parts(&told);
    let far = |name: &&&str| match parts(name) {
        (own, known) if own == major => (0, (known - minor).abs()),
        (own, known) => ((own - major).abs(), if own < major { -known } else { known }),
    };
    let nearest = Version::NAMES.iter().min_by_key(far);
    nearest.map_or_else(|| told.clone(), |name| (*name).to_owned())
}

/// A plan that says nothing of anything.
///
/// # Errors
/// There is no such version.
pub fn blank(version: &str) -> Result<Plan, Vec<Problem>> {
    let text = format!(
        "name = \"given\"\nkubernetes = \"{version}\"\n[[pod]]\nname = \"none\"\nspec.containers = [{{ name = \"none\", image = \"none\" }}]\n"
    );
    scenario::load("given.toml", &text, &scenario::no_files, &[])
        .map_err(|problems| vec![Problem { line: 0, words: problems.render(false), hint: String::new() }])
}

/// Plays all presents side by side.
///
/// # Errors
/// A fault of ours, or somebody wanted it to stop.
pub fn ask<H: Hands>(up: &SetUp, asked: &Asked, hands: &H) -> Result<Prediction, Stopped> {
    let seeds: Vec<u64> = (0..asked.seeds).collect();
    let played: Vec<Played> =
        hands::all(hands, &seeds, || (), |(): &mut (), seed| Some(play(up, *seed, asked)))?;
    Ok(Prediction::of(up, &played, asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_with_many_containers_count_for_many() {
        assert_eq!([0, 1, 2, 7].map(counts_as), [1; 4]);
        assert_eq!([8, 100, 1_000].map(counts_as), [2, 50, 2_750]);
    }
}
