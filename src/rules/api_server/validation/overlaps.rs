//! Paths in a volume that stand in each other's way: of what is written twice the last one counts, and a file cannot be a
//! folder too. It is warned of, and refused only by the node.
//!
//! Source: `warningsForOverlappingVirtualPaths` in pkg/api/pod/warnings.go (1.36.2). The surprise: of the keys of one volume
//! the path is told, of a projected volume's also where it comes from.

use super::field::At;
use crate::rules::machinery::quote::quote;

/// What is warned of all volumes of a pod.
pub fn told(volumes: &At, warnings: &mut Vec<String>) {
    for volume in volumes.items() {
        let name = quote(volume.text_of("name"));
        for (kind, called, member) in [
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("downwardAPI", "DownwardAPI", ""),
        ] {
            let source = volume.child(kind);
            let mut paths = Paths::default();
            for item in source.child("items").items() {
                paths.add(item.text_of("path"), "", &mut |pair| {
                    let source = named(called, source.text_of(member), member);
                    warnings.push(format!("volume {name} ({source}): overlapping paths: {pair}"));
                });
            }
        }
        projected(&volume.child("projected"), &name, warnings);
    }
}

fn named(called: &str, name: &str, member: &str) -> String {
    if member.is_empty() { called.to_owned() } else { format!("{called} {}", quote(name)) }
}

fn projected(volume: &At, name: &str, warnings: &mut Vec<String>) {
    let mut paths = Paths::default();
    for source in volume.child("sources").items() {
        let found = paths_of(&source);
        let Some((from, list)) = found else {
            warnings.push(format!("volume {name} (Projected) has no sources provided"));
            continue;
        };
        for path in list {
            paths.add(path, &from, &mut |pair| {
                warnings.push(format!("volume {name} (Projected): overlapping paths: {pair}"));
            });
        }
    }
}

/// Where the paths of a source come from, and which they are; none if there is no source.
fn paths_of<'a>(source: &At<'a>) -> Option<(String, Vec<&'a str>)> {
    for (kind, called, member) in
        [("configMap", "ConfigMap", "name"), ("secret", "Secret", "name"), ("downwardAPI", "DownwardAPI", "")]
    {
        if let Some(own) = source.some(kind) {
            let from = named(called, own.text_of(member), member);
            let items = own.child("items");
            return Some((from, items.items().map(|item| item.text_of("path")).collect()));
        }
    }
    if let Some(token) = source.some("serviceAccountToken") {
        return Some(("ServiceAccountToken".to_owned(), vec![token.text_of("path")]));
    }
    if let Some(bundle) = source.some("clusterTrustBundle") {
        let name = bundle.some("name").map_or_else(|| bundle.text_of("signerName"), |name| name.str());
        return Some((named("ClusterTrustBundle", name, "name"), vec![bundle.text_of("path")]));
    }
    source.some("podCertificate").map(|_| (String::new(), Vec::new()))
}

/// Paths that were read before, and their sources.
#[derive(Default)]
struct Paths(Vec<(String, String)>);

impl Paths {
    /// Tells each pair of the new path and an earlier one that is it, or lies above or below it.
    fn add(&mut self, path: &str, from: &str, tell: &mut impl FnMut(String)) {
        let path = path.trim_end_matches('/');
        let shown = |path: &str, from: &str| match from {
            "" => quote(path),
            from => format!("{} ({from})", quote(path)),
        };
        for (before, source) in &self.0 {
            if !path.is_empty() && !before.is_empty() && (holds(before, path) || holds(path, before)) {
                tell(format!("{} with {}", shown(path, from), shown(before, source)));
            }
        }
        self.0.push((path.to_owned(), from.to_owned()));
    }
}

/// Whether `inner` is `outer` or lies in it.
fn holds(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_in_the_way_of_another_is_told() {
        let volumes = json!([
            {"name": "own", "configMap": {"name": "c", "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x/y"},
                {"key": "c", "path": "xy"}]}},
            {"name": "all", "projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "a", "path": "t"}]}},
                {"serviceAccountToken": {"path": "t"}}, {}]}},
        ]);
        let mut warnings = Vec::new();
        told(&At::new(&volumes, "spec.volumes"), &mut warnings);
        assert_eq!(
            warnings,
            [
                "volume \"own\" (ConfigMap \"c\"): overlapping paths: \"x/y\" with \"x\"",
                "volume \"all\" (Projected): overlapping paths: \"t\" (ServiceAccountToken) with \"t\" (Secret \"s\")",
                "volume \"all\" (Projected) has no sources provided",
            ]
        );
    }
}
