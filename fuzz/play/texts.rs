//! Texts that a command reads and answers once.

use std::sync::LazyLock;

use kubelapse::answers::predict::{self, Asked, Prediction};
use kubelapse::compare::fidelity::Allowances;
use kubelapse::compare::{self as sides, Tolerance};
use kubelapse::draft;
use kubelapse::explain as told;
use kubelapse::rules::kubectl::manifest as documents;
use kubelapse::rules::versions::Version;
use kubelapse::rules::versions::gates::Gates;
use kubelapse::scenario::assumed::{self, Given};
use kubelapse::scenario::given::{self, Beside, SetUp};
use kubelapse::scenario::{Diagnostics, Plan, load, load_noting, merged, no_files};
use kubelapse::time::{Span, Time};

use super::bounded;

/// What is refused is told with a place.
fn refused(problems: &Diagnostics) {
    let told = problems.render(false);
    assert!(problems.errors() > 0 && told.contains("-->"), "nobody is told where: {told}");
}

/// What a scenario finds beside it, whatever it calls it.
const BESIDE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: nginx}\n---\n\
                      apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  replicas: 2\n  selector: {matchLabels: \
                      {app: shop}}\n  template:\n    metadata: {labels: {app: shop}}\n    spec: {containers: [{name: app, image: nginx}]}\n";

pub fn scenario(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match load_noting("a.toml", text, &|_| Ok(BESIDE.to_owned()), &[]) {
        Ok(loaded) => {
            let _ = loaded.warnings.render(false);
            bounded::played(loaded.plan);
        }
        Err(problems) => refused(&problems),
    }
}

pub fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for document in documents::objects(text).0 {
        for path in ["spec.containers[0].image", "metadata.name", "spec.template.spec.containers[0].ports[0]"]
        {
            // A place in the text is one between two letters.
            let place = document.locate(path);
            assert!(place.is_none_or(|place| text.get(place).is_some()), "{path}");
        }
    }
    let files = [("m.yaml".to_owned(), text.to_owned())];
    let given = Given { name: None, files: &files, against: &[], nodes: None, templates_of: &[] };
    if let Ok(made) = assumed::around(given) {
        match load_noting("m.toml", &made.text, &|_| Ok(text.to_owned()), &["until=2m".to_owned()]) {
            Ok(loaded) => bounded::played(loaded.plan),
            Err(problems) => refused(&problems),
        }
    }
    let _ = assumed::wrong(&files);
    // A draft looks at the runs of what it has made, so a large one is not asked for.
    if text.len() < 500
        && !text.contains("replicas")
        && let Ok(made) = draft::from_manifest("web", draft::Manifest { path: "m.yaml", text })
        && let Err(problems) = load("web.toml", &made.text, &|_| Ok(text.to_owned()), &[])
    {
        panic!("a draft does not load: {}\n{}", problems.render(false), made.text);
    }
}

pub fn overrides(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (shipped, set) =
        (bounded::small(*first), text.lines().take(8).map(str::to_owned).collect::<Vec<_>>());
    let beside = kubelapse::scenario::builtin::manifest;
    match load_noting("a.toml", shipped, &beside, &set) {
        Ok(loaded) => {
            // The text in which they stand says the same without them.
            let whole = merged("a.toml", shipped, &beside, &set, "");
            let again = load("a.toml", &whole, &beside, &[]);
            let again = again.unwrap_or_else(|problems| panic!("{}\n{whole}", problems.render(false)));
            assert_eq!(again.templates.len(), loaded.plan.templates.len(), "{whole}");
            bounded::played(loaded.plan);
        }
        Err(problems) => refused(&problems),
    }
}

/// The instants from which somebody may look, and at which nobody does.
const NOW: [i64; 4] = [1_745_901_199_000_000, i64::MAX - 7, i64::MIN + 5, 0];
/// A scenario that says nothing of a printed cluster.
static NONE: LazyLock<Plan> = LazyLock::new(|| {
    let blank = "[[pod]]\nname = \"none\"\nspec.containers = [{ name = \"none\", image = \"none\" }]\n";
    load("given.toml", blank, &no_files, &[]).expect("it is a scenario")
});
/// What is played on of a printed cluster.
const FORESEEN: usize = 3;

pub fn explain(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let input = told::read(&text);
    for (now, version) in
        NOW.into_iter().zip([Version::DEFAULT, Version::V1_34, Version::V1_32, Version::DEFAULT])
    {
        let (gates, now) = (Gates::of(version), Time::from_micros(now));
        let report = told::report(&input, now, &gates);
        serde_json::to_string(&report).expect("a report is JSON");
        for subject in &input.subjects {
            let _ = told::render(&told::explain(subject, now, &gates));
        }
    }
    let Ok(given) = given::read(&text, &Beside::default()) else { return };
    if given.pods.len() > FORESEEN || given.nodes.len() > FORESEEN || given.objects.len() > FORESEEN {
        return;
    }
    let asked = Asked { seeds: 1, ahead: Span::from_secs(60), ..Asked::default() };
    let up = SetUp::new(given, &NONE, &[]);
    let played = [predict::play(&up, 0, &asked)];
    serde_json::to_string(&Prediction::of(&up, &played, &asked)).expect("it is JSON");
}

/// Two of these are held against each other; alone, a text is held against itself.
const BETWEEN: &str = "\n=====\n";

pub fn compare(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (a, b) = text.split_once(BETWEEN).unwrap_or((&text, &text));
    let gates = Gates::of(Version::DEFAULT);
    let (Ok(mut a), Ok(b)) = (sides::read(a, &gates), sides::read(b, &gates)) else { return };
    for within in [None, Some(0), Some(i64::MAX)] {
        let report = sides::compare(&a, &b, &Tolerance { within, allowances: Allowances::default() });
        serde_json::to_string(&report).expect("a report is JSON");
        let _ = (sides::text::render(&report, true), sides::text::render(&report, false));
    }
    a.cut(60_000_000);
    let allowances = Allowances { polls: true, ..Allowances::default() };
    let report = sides::compare(&a, &b, &Tolerance { within: None, allowances });
    let _ = sides::text::render(&report, true);
}
