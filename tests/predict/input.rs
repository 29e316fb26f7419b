//! What is asked in vain: bad input, and streams with holes.

use super::written::{POD, desk, running, told_by};

const MANIFEST: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: "registry.example/web:1" }] }
"#;

/// A watch that begins anew tells what is there: what it does not tell of has gone in the hole.
#[test]
fn a_stream_with_a_hole_is_what_it_tells_last() {
    let pod = |name: &str| {
        let list = format!("items:{}", running(name, "well", "", "", ""));
        let (documents, _) = kubelapse::rules::kubectl::manifest::printed(&list);
        documents[0]["items"][0].clone()
    };
    let line = |kind: &str, name: &str| serde_json::json!({ "type": kind, "object": pod(name) }).to_string();
    let stream = [line("ADDED", "one"), line("ADDED", "two"), line("MODIFIED", "one"), line("ADDED", "one")];
    let desk = desk("hole", &[("stream.jsonl", &stream.join("\n"))]);
    let (code, out, said) =
        told_by(&desk, "predict stream.jsonl --now 2026-11-22T13:12:00Z -o json --seeds 4");
    assert_eq!(code, Some(0), "{said}");
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let names: Vec<&serde_json::Value> =
        all["pods"].as_array().expect("pods").iter().map(|pod| &pod["name"]).collect();
    assert_eq!(names, ["one"], "{out}");
    assert!(said.contains("the stream has a hole") && said.contains("1 objects"), "{said}");
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_what_helps() {
    let bare =
        "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: app, image: a }] }\n";
    let broken =
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too old resource version\"}}\n";
    let files = [
        ("pod.yaml", POD),
        ("bare.yaml", bare),
        ("broken.jsonl", broken),
        ("empty.yaml", ""),
        ("none.txt", "No resources found in default namespace.\n"),
        ("manifest.yaml", MANIFEST),
        ("text.yaml", "kind: Pod\nmetadata: {name: a\nspec: [\n"),
    ];
    let desk = desk("wrong", &files);
    for (line, words) in [
        ("predict pod.yaml --now 2026-11-22T12:00:00Z", vec!["lies in the future", "--now says when"]),
        (
            "predict pod.yaml --now yesterday --assume web=1 --for soon",
            vec!["no instant", "--assume web=1", "--for soon"],
        ),
        ("predict bare.yaml", vec!["has no status", "kubelapse run"]),
        ("predict broken.jsonl", vec!["too old resource version", "list anew"]),
        ("predict empty.yaml", vec!["no object in it, it is empty", "kubectl get pod NAME -o yaml"]),
        ("predict none.txt", vec!["an answer of kubectl"]),
        ("predict nowhere.yaml", vec!["nowhere.yaml"]),
        (
            "predict manifest.yaml",
            vec!["deployment/web was not printed by a cluster", "kubelapse run", "kubelapse audit"],
        ),
        ("predict text.yaml", vec!["text.yaml:", "neither JSON nor YAML"]),
        (
            "predict pod.yaml --now 2026-11-22T13:22:10Z --assume wbe.runs=1s",
            vec!["--assume wbe: no pod and no workload of that name", "did you mean web?"],
        ),
    ] {
        let (code, out, said) = told_by(&desk, line);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}: {said}");
        for word in words {
            assert!(said.contains(word), "{line}: {said}");
        }
    }
}
