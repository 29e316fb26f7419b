//! What is built, and from what: dependencies have reasons and versions, builds are locked.

use crate::*;

/// Every manifest of this repository, with its text.
fn cargo_manifests() -> Vec<(String, String)> {
    let all = ["Cargo.toml", "python/Cargo.toml", "web/Cargo.toml", "fuzz/Cargo.toml"];
    all.into_iter().map(|name| (name.to_owned(), read(&root().join(name)))).collect()
}

/// What is built by others costs, so each has its reason: a comment above it, or above those that it comes with.
#[test]
fn every_dependency_has_its_reason() {
    let mut without = Vec::new();
    let mut count = 0;
    for (name, text) in cargo_manifests() {
        let (mut is_list, mut is_told) = (false, false);
        for line in text.lines() {
            if line.starts_with('[') {
                is_list = line.contains("dependencies");
                continue;
            }
            match line.trim() {
                "" => is_told = false,
                line if line.starts_with('#') => is_told = true,
                // A heading, which may name a target (`cfg(target_env = "musl")`).
                line if line.starts_with('[') => {}
                line if is_list && line.contains('=') && !line.contains("path = ") => {
                    count += 1;
                    if !is_told {
                        without.push(format!("{name}: {line}"));
                    }
                }
                _ => {}
            }
        }
    }
    assert!(without.is_empty(), "no comment says why: {without:#?}");
    assert!(count > 50, "{count} dependencies were seen");
}

/// No version is left to chance, none comes from elsewhere, and defaults are off where they would bring what nobody asked for.
#[test]
fn dependencies_are_versions_of_the_registry() {
    for (name, text) in cargo_manifests() {
        let parsed: toml::Table = text.parse().expect("a manifest");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (dependency, of) in parsed.get(section).and_then(|list| list.as_table()).into_iter().flatten()
            {
                let version = of.as_str().or_else(|| of.get("version").and_then(|own| own.as_str()));
                let is_own = of.get("path").is_some();
                assert!(
                    is_own || version.is_some_and(|own| own != "*"),
                    "{name}: {dependency} has no version"
                );
                let elsewhere = ["git", "registry", "branch"].iter().any(|key| of.get(*key).is_some());
                assert!(!elsewhere, "{name}: {dependency} comes from elsewhere");
            }
        }
    }
}

/// What is built for others, and what judges it, is built from the versions that are written down.
#[test]
fn builds_are_locked() {
    let mut texts: Vec<(String, String)> = files(".github/workflows", "yml");
    texts.push((".ci/run".to_owned(), read(&root().join(".ci/run"))));
    let verbs =
        ["build", "test", "clippy", "doc", "package", "publish", "check"].map(|verb| format!("cargo {verb}"));
    let mut wrong = Vec::new();
    for (name, text) in texts {
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            if verbs.iter().any(|verb| line.contains(verb.as_str())) && !line.contains("--locked") {
                wrong.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
