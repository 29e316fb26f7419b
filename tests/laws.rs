//! Never-events: the same laws hold on every recording of a real cluster, on what is simulated from it, on every shipped
//! scenario and on scenarios made at random. And every pod settles when faults end.

#[path = "support/plan.rs"]
mod plan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kubelapse::compare::laws::breaches;
use kubelapse::compare::life::{read_csv, rows_of};
use kubelapse::scenario::{self, Plan, builtin};
use kubelapse::session;
use plan::plan;
use proptest::prelude::*;
use rayon::prelude::*;

fn recordings() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found: Vec<PathBuf> = ["golden", "golden-1.32", "golden-wild"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("recordings are there"))
        .map(|entry| entry.expect("a folder can be read").path())
        .filter(|path| path.join("scenario.toml").exists())
        .collect();
    found.sort();
    found
}

fn broken(plan: &Arc<Plan>, seed: u64) -> Vec<String> {
    let lived = session::live(plan, seed);
    let rows = rows_of(&lived.directory, &lived.transitions);
    breaches(&rows).iter().map(|breach| format!("seed {seed}: {breach:?}")).collect()
}

#[test]
fn recordings_obey_the_laws() {
    let broken: Vec<String> = recordings()
        .par_iter()
        .flat_map_iter(|path| {
            ["timeline.csv", "timeline.2.csv"].into_iter().filter_map(|name| {
                let text = std::fs::read_to_string(path.join(name)).ok()?;
                let rows = read_csv(&text).expect("a timeline is a table");
                Some(breaches(&rows).iter().map(|b| format!("{}: {b:?}", path.display())).collect::<Vec<_>>())
            })
        })
        .flatten_iter()
        .collect();
    assert!(broken.is_empty(), "{} breaches:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn simulated_recordings_obey_the_laws() {
    let broken: Vec<String> = recordings()
        .par_iter()
        .flat_map_iter(|path| {
            let text = std::fs::read_to_string(path.join("scenario.toml")).expect("it is there");
            let loader = |name: &str| std::fs::read_to_string(path.join(name)).map_err(|e| e.to_string());
            let plan = scenario::load("scenario.toml", &text, &loader, &[]).expect("it is read");
            let plan = Arc::new(plan);
            (0..3).flat_map(move |seed| broken(&plan, seed)).collect::<Vec<_>>()
        })
        .collect();
    assert!(broken.is_empty(), "{} breaches:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn shipped_scenarios_obey_the_laws() {
    for shipped in builtin::small() {
        let plan = plan(shipped.text);
        let broken = broken(&plan, 1);
        assert!(broken.is_empty(), "{}: {}", shipped.name, broken.join("\n"));
    }
}

#[test]
fn a_broken_law_is_seen() {
    let header =
        "time,timestamp,namespace,pod,node,kind,object,from,to,ready,restarts,reason,message,exit_code,count";
    let rows = [
        "0.0,,default,web,,phase,,,Running,,,,,,",
        "0.0,,default,web,,status,,,Running,2/1,0,,,,",
        "0.0,,default,web,,condition,Ready,,True,,,,,,",
        "1.0,,default,web,,container,app,,running,true,3,,,,",
        "2.0,,default,web,,phase,,Running,Failed,,,,,,",
        "3.0,,default,web,,phase,,Failed,Running,,,,,,",
        "3.0,,default,web,,container,app,waiting,running,true,1,,,,",
    ];
    let text = format!("{header}\n{}\n", rows.join("\n"));
    let found = breaches(&read_csv(&text).expect("a table"));
    let laws: Vec<&str> = found.iter().map(|breach| breach.law).collect();
    for law in [
        "Ready implies ContainersReady",
        "no more containers are ready than there are",
        "a phase never leaves Succeeded or Failed",
        "restart counts never fall",
        "a container that runs again counts a restart",
    ] {
        assert!(laws.contains(&law), "{law} is not in {laws:?}");
    }
}

/// A pod that is made anew under an old name has a life of its own; one that is gone and tells more has not.
#[test]
fn a_name_may_come_again() {
    let header =
        "time,timestamp,namespace,pod,node,kind,object,from,to,ready,restarts,reason,message,exit_code,count";
    let life = [
        "1.0,,default,web-0,,phase,,,Pending,,,,,,",
        "1.0,,default,web-0,,status,,,Pending,0/1,0,,,,",
        "2.0,,default,web-0,,phase,,Pending,Failed,,,,,,",
        "2.0,,default,web-0,,status,,Pending,Error,0/1,3,,,,",
        "3.0,,default,web-0,,container,app,,terminated,false,3,Error,,1,",
        "4.0,,default,web-0,,status,,Error,,,,,,,",
    ];
    let next = life.map(|row| format!("1{row}"));
    let told = |rows: &[String]| {
        let text = format!("{header}\n{}\n", rows.join("\n"));
        breaches(&read_csv(&text).expect("a table"))
    };
    let both: Vec<String> = life.iter().map(|row| (*row).to_owned()).chain(next.clone()).collect();
    assert_eq!(told(&both), []);
    let late: Vec<String> =
        life.iter().map(|row| (*row).to_owned()).chain(next.into_iter().skip(1)).collect();
    assert!(told(&late).iter().any(|breach| breach.law == "a removed pod does not come back"));
}

/// A container's script and probes, as the scenario format writes them.
fn container(index: usize, init: bool) -> impl Strategy<Value = (String, String)> {
    let probe = prop_oneof![
        3 => Just(None),
        1 => (1u32..5, 1u32..4, 0u32..4).prop_map(Some),
    ];
    let exit = prop_oneof![Just(0u8), Just(1), Just(137)];
    let attempts = prop::collection::vec((0u32..9000, exit, 0u32..3000, any::<bool>()), 1..4);
    let kinds = (any::<bool>(), probe.clone(), probe.clone(), probe);
    (kinds, attempts, any::<bool>(), any::<bool>()).prop_map(move |(kinds, attempts, forever, hooks)| {
        let (sidecar, readiness, liveness, startup) = kinds;
        let name = if init { format!("i{index}") } else { format!("c{index}") };
        let sidecar = init && sidecar;
        let list = if init { "initContainers" } else { "containers" };
        let mut spec = format!(
            "[[pod.spec.{list}]]\nname = \"{name}\"\nimage = \"registry.example/local/app:1.0\"\n\
             resources = {{ limits = {{ memory = \"64Mi\" }} }}\n"
        );
        if sidecar {
            spec += "restartPolicy = \"Always\"\n";
        }
        if !init || sidecar {
            for (kind, probe) in
                [("readinessProbe", readiness), ("livenessProbe", liveness), ("startupProbe", startup)]
            {
                if let Some((period, failures, delay)) = probe {
                    spec += &format!(
                        "{kind} = {{ exec = {{ command = [\"probe\"] }}, periodSeconds = {period}, failureThreshold = {failures}, initialDelaySeconds = {delay} }}\n"
                    );
                }
            }
            if hooks {
                spec += "lifecycle = { preStop = { exec = { command = [\"hook\"] } }, postStart = { exec = { command = [\"hook\"] } } }\n";
            }
        }
        let scripts: Vec<String> = attempts
            .iter()
            .enumerate()
            .map(|(ix, (runs, exit, term, ok))| {
                let last = ix + 1 == attempts.len();
                let runs = if last && forever && !init { "forever".to_owned() } else { format!("{runs}ms") };
                // The last attempt is what every later one repeats: for the faults to end, it must work.
                let exit = if last { 0 } else { *exit };
                let healthy = *ok || last;
                let memory = if last { 32 } else { 40 + term % 50 };
                format!(
                    "{{ runs = \"{runs}\", exit = {exit}, memory = [{{ size = \"16Mi\" }}, {{ at = \"{}ms\", size = \"{memory}Mi\" }}], onTerm = {{ after = \"{term}ms\", exit = 143 }}, readiness = [{{ at = \"0s\", ok = {healthy} }}], liveness = [{{ at = \"0s\", ok = {healthy} }}], startup = [{{ at = \"0s\", ok = {healthy} }}], postStart = {{ takes = \"{}ms\", exit = {} }}, preStop = {{ takes = \"{}ms\" }} }}",
                    term + 1,
                    term / 2,
                    u8::from(!healthy),
                    term
                )
            })
            .collect();
        let behaviour =
            format!("[pod.behavior.containers.{name}]\nattempts = [\n  {},\n]\n", scripts.join(",\n  "));
        (spec, behaviour)
    })
}

fn world() -> impl Strategy<Value = String> {
    let policy = prop_oneof![Just("Always"), Just("OnFailure"), Just("Never")];
    let version = prop_oneof![Just("1.32"), Just("1.34"), Just("1.36")];
    let inits = prop::collection::vec(any::<bool>(), 0..3);
    let action = (1u32..60, 1u32..20, 0usize..7).prop_map(|(at, number, verb)| {
        let verb = match verb {
            0 => format!("delete = \"pod/web\"\ngracePeriodSeconds = {}", number / 2),
            1 => "evict = \"pod/web\"".to_owned(),
            2 => format!("pressure = \"node/n1\"\nresource = \"memory\"\nlasts = \"{number}s\""),
            3 => format!("restartKubelet = \"node/n1\"\ntakes = \"{number}s\""),
            4 => "kill = \"pod/web\"\ncontainer = \"c0\"\nsignal = 9".to_owned(),
            5 => "kill = \"pod/web\"\nsandbox = true".to_owned(),
            _ => {
                format!("stop = \"node/n1\"\n[[action]]\nat = \"{}s\"\nstart = \"node/n1\"", at + number * 5)
            }
        };
        format!("[[action]]\nat = \"{at}s\"\n{verb}\n")
    });
    let action = prop::collection::vec(action, 0..3).prop_map(|actions| actions.concat());
    let deadline = prop_oneof![4 => Just(None), 1 => (3u32..60).prop_map(Some)];
    (policy, version, inits, 1usize..3, action, deadline).prop_flat_map(
        |(policy, version, inits, mains, action, deadline)| {
            let init: Vec<_> = (0..inits.len()).map(|ix| container(ix, true)).collect();
            let main: Vec<_> = (0..mains).map(|ix| container(ix, false)).collect();
            (init, main).prop_map(move |(init, main)| {
                let mut text = format!(
                    "name = \"random\"\nkubernetes = \"{version}\"\nuntil = \"30m\"\n\n[[node]]\nname = \"n1\"\nimages = [\"registry.example/local/app:1.0\"]\n\n[[pod]]\nname = \"web\"\n[pod.spec]\nrestartPolicy = \"{policy}\"\nterminationGracePeriodSeconds = 4\n"
                );
                if let Some(seconds) = deadline {
                    text += &format!("activeDeadlineSeconds = {seconds}\n");
                }
                for (spec, _) in init.iter().chain(&main) {
                    text += spec;
                }
                for (_, behaviour) in init.iter().chain(&main) {
                    text += behaviour;
                }
                text + &action
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any life obeys the laws, is the same twice, and comes to rest.
    #[test]
    fn random_lives_obey_the_laws(text in world(), seed in 0u64..1000) {
        let plan = scenario::load("random.toml", &text, &scenario::no_files, &[])
            .map_err(|problems| TestCaseError::fail(problems.render(false)))?;
        let plan = Arc::new(plan);
        let broken = broken(&plan, seed);
        prop_assert!(broken.is_empty(), "{}\n{}", text, broken.join("\n"));
        let (once, twice) = (session::live(&plan, seed), session::live(&plan, seed));
        prop_assert_eq!(once.digest, twice.digest);
        prop_assert_eq!(&once.transitions, &twice.transitions);
    }
}
