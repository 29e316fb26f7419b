//! Names are names, never paths; what is read and written stays where it belongs.

use crate::POD;
use crate::desk::Desk;

#[test]
fn a_scenarios_name_is_no_path() {
    let desk = Desk::with("faults-scenario-name", None);
    let bad = [
        "../../x",
        "/var/elsewhere/abs",
        "a/b",
        "..",
        ".",
        "",
        ".hidden",
        "-rf",
        "a\\b",
        "a\u{1b}[31m",
        "a\nb",
        "a:b",
        "a.",
        "a ",
        &"n".repeat(65_536),
    ];
    for name in bad {
        desk.write("in/s.toml", &format!("name = {}\n{POD}", toml::Value::from(name)));
        let before = desk.everything();
        for line in ["check in/s.toml", "run in/s.toml --quiet", "test in/s.toml", "step in/s.toml --plain"] {
            let (code, _, said) = desk.said(line);
            assert_eq!(code, Some(2), "{line} of {name:?}");
            assert!(said.contains("is no name for a scenario"), "{said}");
        }
        assert_eq!(desk.everything(), before, "{name:?}");
    }
    for name in ["web", "shop 2", "naïve.v1", "A_b-c.d+e", "7"] {
        desk.write("s.toml", &format!("name = {}\nuntil = \"10s\"\n{POD}", toml::Value::from(name)));
        assert_eq!(desk.said("run s.toml --quiet").0, Some(0), "{name}");
        assert!(desk.0.join("output").join(name).join("run.toml").exists(), "{name}");
    }
}

/// A file may be called anything; its results lie below the folder of results all the same.
#[test]
fn a_files_name_leads_nowhere_else() {
    let desk = Desk::with("faults-file-name", None);
    for (file, name) in
        [("...toml", "scenario"), ("..x.toml", "x"), (".toml", "scenario"), ("a:b (1).toml", "a-b -1")]
    {
        let text = format!("until = \"10s\"\n{POD}");
        desk.write(&format!("in/{file}"), &text);
        let said =
            desk.command("run --quiet").arg(format!("in/{file}")).output().expect("the program starts");
        assert!(said.status.success(), "{file}: {}", String::from_utf8_lossy(&said.stderr));
        assert!(
            desk.0.join("output").join(name).join("run.toml").exists(),
            "{file}: {:?}",
            desk.everything()
        );
    }
    let outside = |path: &String| !path.starts_with("in") && !path.starts_with("output");
    assert_eq!(desk.everything().into_iter().find(outside), None);
}

/// Whatever the API server would refuse under another name is refused when the file is read, with its place.
#[test]
fn names_of_objects_are_kubernetes_names() {
    let node = |keys: &str| format!("[[node]]\nname = \"n\"\n{keys}\n");
    let object = |keys: &str| format!("[[object]]\n{keys}\n");
    let action = |keys: &str| format!("[[action]]\nat = \"1s\"\n{keys}\n");
    for (text, what) in [
        (node("labels = { \"a b\" = \"c\" }"), "`a b` is no key of a label"),
        (node("labels = { a = \"c,\\\"d\" }"), "`c,\"d` is no value of a label"),
        (node("taints = [{ key = \"a,b\", effect = \"NoSchedule\" }]"), "`a,b` is no key of a taint"),
        (
            node("taints = [{ key = \"a\", value = \"b c\", effect = \"NoSchedule\" }]"),
            "`b c` is no value of a taint",
        ),
        (node("capacity = { \"gpu,x\" = 1 }"), "`gpu,x` is no resource"),
        (object("kind = \"ConfigMap\"\nname = \"A,b\""), "`A,b` is no name of a ConfigMap"),
        (object("kind = \"Secret\"\nname = \"../x\""), "`../x` is no name of a Secret"),
        (object("kind = \"ConfigMap\"\nname = \"a\"\nnamespace = \"b/c\""), "`b/c` is no namespace"),
        (object("kind = \"ConfigMap\"\nname = \"a\"\nkeys = [\"b/c\"]"), "`b/c` is no key of an object"),
        (
            action("debug = \"pod/web\"\ncontainer = \"a,\\\"b\"\nimage = \"x\""),
            "`a,\"b` is no name of a container",
        ),
        (action("setCondition = \"pod/web\"\ntype = \"a,b\""), "`a,b` is no type of a condition"),
        (action("label = \"pod/web\"\nlabels = { \"a,b-\" = \"\" }"), "`a,b` is no key of a label"),
        (action("label = \"node/node\"\nlabels = { a = \"b,c\" }"), "`b,c` is no value of a label"),
        (
            action("taint = \"node/node\"\ntaints = [{ key = \"a b\", effect = \"NoExecute\" }]"),
            "`a b` is no key of a taint",
        ),
        (action("create = \"ConfigMap/a,b\""), "`a,b` is no name of a ConfigMap"),
        (action("delete = \"pod/web\"\nnamespace = \"a,b\""), "`a,b` is no namespace"),
    ] {
        let text = format!("until = \"1m\"\n{POD}{text}");
        let told = kubelapse::scenario::load("s.toml", &text, &kubelapse::scenario::no_files, &[]);
        let told = told.expect_err(&text).render(false);
        assert!(told.contains(what), "no `{what}` in:\n{told}");
    }
    // The caret of what the API server says stands at the name.
    let text = "name = \"ok\"\n[[pod]]\nname = \"wéb\"\n  [[pod.spec.containers]]\n  name = \"app\"\n  image = \"x\"\n";
    let told =
        kubelapse::scenario::load("s.toml", text, &kubelapse::scenario::no_files, &[]).expect_err("no name");
    assert_eq!(told.position(told.items[0].loc), (3, 8), "{}", told.render(false));
}

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: secret }\nspec: { containers: [{ name: app, image: x }] }\n";

/// A scenario reads no manifest outside of its folder, unless the command line names a folder.
#[test]
fn manifests_lie_below_their_scenario() {
    let desk = Desk::with("faults-manifests", None);
    desk.write("elsewhere/pod.yaml", MANIFEST);
    desk.write("in/below/pod.yaml", MANIFEST);
    let whole = desk.0.join("elsewhere/pod.yaml");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&whole, desk.0.join("in/link.yaml")).expect("a link for the test");
    let mut paths = vec!["../elsewhere/pod.yaml".to_owned(), whole.display().to_string()];
    paths.push("below/../../elsewhere/pod.yaml".to_owned());
    if cfg!(unix) {
        paths.push("link.yaml".to_owned());
    }
    for path in paths {
        for table in ["[[pod]]\nmanifest", "[[apply]]\nmanifest", "[[action]]\nat = \"1s\"\napply"] {
            desk.write("in/s.toml", &format!("until = \"1m\"\n{table} = \"{path}\"\n"));
            let (code, _, said) = desk.said("check in/s.toml");
            assert_eq!(code, Some(2), "{path}");
            assert!(said.contains("outside of the scenario's folder"), "{said}");
            assert_eq!(desk.said("check in/s.toml --manifests elsewhere").0, Some(0), "{path}");
            assert_eq!(desk.said("check in/s.toml --manifests in/below").0, Some(2), "{path}");
        }
    }
    for path in ["below/pod.yaml", "./below/../below/pod.yaml"] {
        desk.write("in/s.toml", &format!("until = \"1m\"\n[[pod]]\nmanifest = \"{path}\"\n"));
        assert_eq!(desk.said("check in/s.toml").0, Some(0), "{path}");
    }
}

/// Nothing is written over unless somebody asks for it, and a file appears whole.
#[test]
fn save_writes_over_nothing() {
    let desk = Desk::holding("save", "in/s.toml", "until = \"1m\"\n[[pod]]\nmanifest = \"pod.yaml\"\n");
    desk.write("in/pod.yaml", MANIFEST);
    desk.write("there.toml", "mine");
    let told = desk.talked("step in/s.toml --plain", "next\nsave there.toml\n");
    assert!(told.contains("there.toml is there already: `save there.toml --force` writes over it"), "{told}");
    assert_eq!(desk.read("there.toml"), "mine");
    // Its manifest goes along, and over no other of that name.
    desk.write("out/pod.yaml", "other");
    let told = desk.talked("step in/s.toml --plain", "save out/copy.toml\n");
    assert!(told.contains("pod.yaml is there already"), "{told}");
    assert_eq!(desk.read("out/pod.yaml"), "other");
    assert!(!desk.0.join("out/copy.toml").exists());
    let told = desk.talked("step in/s.toml --plain", "next\nsave there.toml --force\nsave new/copy.toml\n");
    assert_eq!(told.matches("saved: kubelapse run").count(), 2, "{told}");
    assert!(desk.read("there.toml").contains("[[pod]]"));
    assert_eq!(desk.read("new/pod.yaml"), MANIFEST);
    assert_eq!(desk.said("check there.toml new/copy.toml").0, Some(0));
    assert!(desk.everything().iter().all(|path| !path.ends_with(".new")));
    // What lies outside cannot go along.
    desk.write("in/deep/s.toml", "until = \"1m\"\n[[pod]]\nmanifest = \"../pod.yaml\"\n");
    let told = desk.talked("step in/deep/s.toml --plain --manifests in", "save else/where.toml\n");
    assert!(told.contains("lies outside of the scenario's folder"), "{told}");
    assert!(!desk.0.join("else").exists());
}

#[test]
fn the_largest_seed_is_saved_and_loaded() {
    let desk = Desk::holding("seed", "s.toml", &format!("until = \"1m\"\n{POD}"));
    let told = desk.talked("step s.toml --plain --seed 18446744073709551615", "next\nsave again.toml\n");
    assert!(told.contains("saved:"), "{told}");
    for (line, out) in [("s.toml --seed 18446744073709551615", "a"), ("again.toml", "b")] {
        assert_eq!(desk.said(&format!("run {line} --quiet --out {out}")).0, Some(0));
    }
    assert_eq!(desk.read("a/timeline.csv"), desk.read("b/timeline.csv"));
    assert!(desk.read("b/run.toml").contains("seed = \"18446744073709551615\""));
}

/// A reference has dots of its own; it needs no quotes.
#[test]
fn an_image_is_set_by_its_reference() {
    let text = "until = \"1m\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"registry.example/shop/web:2.1\" }]\n";
    let written = format!("{text}[[image]]\nref = \"registry.example/shop/web:2.1\"\nsize = \"1Gi\"\n");
    for text in [text, &written] {
        for path in [
            "image.registry.example/shop/web:2.1.pull=90s",
            "image.\"registry.example/shop/web:2.1\".pull=90s",
            "image.registry.example/shop/web:2.1.outages=[{ from = \"1s\" }]",
        ] {
            let loaded = kubelapse::scenario::load_noting(
                "s.toml",
                text,
                &kubelapse::scenario::no_files,
                &[path.to_owned()],
            );
            let loaded = loaded.unwrap_or_else(|told| panic!("{path}: {}", told.render(false)));
            assert_eq!(loaded.warnings.warnings(), 0, "{path}: {}", loaded.warnings.render(false));
            let image = &loaded.plan.images[0];
            assert_eq!(
                (loaded.plan.images.len(), image.reference.as_str()),
                (1, "registry.example/shop/web:2.1")
            );
        }
    }
}

/// Words that nobody ever sees, but nearly: what is expected of them holds for ever, or never.
#[test]
fn slips_in_what_is_expected_are_told() {
    let told = |expect: &str, more: &str| {
        let text = format!("until = \"1m\"\n{POD}{more}[[expect]]\nat = \"1s\"\npod = \"web\"\n{expect}\n");
        let loaded = kubelapse::scenario::load_noting("s.toml", &text, &kubelapse::scenario::no_files, &[]);
        loaded.expect("only odd").warnings.render(false)
    };
    for (expect, word) in [
        ("status = \"CrashLopBackOff\"", "CrashLoopBackOff"),
        ("noEvent = \"Unhelthy\"", "Unhealthy"),
        ("event = \"BackOf\"", "BackOff"),
        ("conditions = { Redy = \"none\" }", "Ready"),
        ("status = \"Init:CrashLoopBackOf\"", "CrashLoopBackOff"),
    ] {
        let said = told(expect, "");
        assert!(
            said.contains("Kubernetes has no") && said.contains(&format!("did you mean `{word}`?")),
            "{said}"
        );
    }
    for expect in [
        "status = \"Running\"",
        "noEvent = \"Unhealthy\"",
        "conditions = { Ready = \"none\" }",
        "status = \"Init:0/1\"",
    ] {
        assert_eq!(told(expect, ""), "", "{expect}");
    }
    let own = "[[action]]\nat = \"1s\"\nsetCondition = \"pod/web\"\ntype = \"Redy\"\n";
    assert_eq!(told("conditions = { Redy = \"none\" }", own), "", "somebody sets it");
    // A file in which nothing happens says so.
    let loaded = kubelapse::scenario::load_noting("s.toml", "", &kubelapse::scenario::no_files, &[])
        .expect("it is read");
    assert!(loaded.warnings.render(false).contains("nothing in this scenario that could happen"));
}

/// Whatever the number of a replica: who is meant by the beginning of a name is looked up, not listed.
#[test]
fn replicas_of_any_number_are_meant_by_their_beginning() {
    let checked = |begin: &str| {
        let text = format!(
            "{}replicas = 300\n[[action]]\nat = \"1m\"\nlabel = \"pod/{begin}*\"\nlabels = {{ a = \"b\" }}\n[[expect]]\nat = \"2m\"\n\
             pod = \"{begin}*\"\ncount = {{ min = 1 }}\n",
            POD
        );
        let desk = Desk::holding("beginnings", "numbers.toml", &text);
        let (code, out, err) = desk.said("check numbers.toml");
        (code, format!("{out}{err}"))
    };
    for begin in ["w", "web", "web-", "web-0", "web-49", "web-50", "web-7", "web-299", "web-30"] {
        let (code, said) = checked(begin);
        assert_eq!(code, Some(0), "{begin}: {said}");
    }
    for begin in ["web-300", "web-05", "web-x", "web-4x", "webs", "web-99999999999"] {
        let (code, said) = checked(begin);
        assert_eq!(code, Some(2), "{begin}: {said}");
        assert!(said.contains("there is never a pod"), "{said}");
    }
}
