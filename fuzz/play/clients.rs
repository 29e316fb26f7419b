//! Requests to a served cluster: as anybody sends them, as typed clients do, and patches of each kind.

use std::sync::{Mutex, PoisonError};

use super::served::{Asked, Served};

/// So many requests are heard.
const REQUESTS: usize = 6;

/// `METHOD PATH CONTENT-TYPE ACCEPT`, and behind the line's end the body.
fn read(bytes: &[u8]) -> Option<Asked<'_>> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let mut words = std::str::from_utf8(&bytes[..end]).ok()?.splitn(4, ' ');
    let (method, path) = (words.next()?, words.next()?);
    let (content_type, accept) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Some(Asked { method, path, content_type, accept, body: bytes.get(end + 1..).unwrap_or_default() })
}

/// Clusters to which nobody has done anything so far, and how often each was asked.
static IDLE: Mutex<Vec<(Served, usize)>> = Mutex::new(Vec::new());
/// So often one is asked, so that nothing can gather in it unseen.
const TIMES: usize = 200;

/// Asks one after the other, and lives with what has come of it.
fn asked(all: &[Asked<'_>]) {
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let (served, times) = idle.unwrap_or_else(|| (Served::open(), 0));
    let before = served.version();
    let mut is_done = false;
    for asked in all {
        let code = served.ask(asked).map_or(0, |(code, _)| code);
        is_done |= (200..300).contains(&code) && !matches!(asked.method, "GET" | "HEAD");
    }
    if is_done {
        served.live_on();
        return served.close();
    }
    // What was refused has left nothing to live with, and somebody is still there.
    let (code, _) = served.ask(&Asked::get("/kubelapse/v1/clock")).expect("it can be asked");
    assert_eq!((code, served.version()), (200, before), "what was refused has changed something");
    if times < TIMES {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push((served, times + 1));
    } else {
        served.close();
    }
}

/// Two requests stand on this line's sides.
const BETWEEN: &[u8] = b"\n%%\n";

/// The pieces between the separators.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut all, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        all.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    all.push(rest);
    all
}

pub fn request(bytes: &[u8]) {
    let all: Vec<Asked<'_>> = pieces(bytes).into_iter().take(REQUESTS).filter_map(read).collect();
    if !all.is_empty() {
        asked(&all);
    }
}

/// Where typed clients send objects; the first byte names one.
const CREATED: [(&str, &str); 12] = [
    ("POST", "/api/v1/namespaces/default/pods"),
    ("POST", "/apis/apps/v1/namespaces/default/deployments"),
    ("PUT", "/apis/apps/v1/namespaces/default/deployments/web"),
    ("POST", "/apis/batch/v1/namespaces/default/jobs"),
    ("POST", "/api/v1/namespaces/default/configmaps"),
    ("PUT", "/api/v1/namespaces/default/configmaps/set"),
    ("POST", "/api/v1/namespaces/default/services"),
    ("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases"),
    ("POST", "/api/v1/namespaces/default/pods/one/eviction"),
    ("DELETE", "/api/v1/namespaces/default/pods/one"),
    ("PUT", "/apis/apps/v1/namespaces/default/deployments/web/scale"),
    ("POST", "/apis/apps/v1/namespaces/default/statefulsets"),
];

pub fn protobuf(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let (method, path) = CREATED[usize::from(*first) % CREATED.len()];
    let content_type = "application/vnd.kubernetes.protobuf";
    asked(&[Asked { method, path, content_type, accept: content_type, body }]);
}

/// What is patched, by the low half of the first byte.
const PATCHED: [&str; 10] = [
    "/apis/apps/v1/namespaces/default/deployments/web",
    "/apis/apps/v1/namespaces/default/deployments/web/scale",
    "/apis/apps/v1/namespaces/default/deployments/web/status",
    "/api/v1/namespaces/default/pods/one",
    "/api/v1/namespaces/default/pods/one/ephemeralcontainers",
    "/api/v1/namespaces/default/pods/one/resize",
    "/api/v1/namespaces/default/configmaps/set",
    "/api/v1/namespaces/default/services/web",
    "/apis/batch/v1/namespaces/default/cronjobs/tick",
    "/api/v1/nodes/node-0",
];
/// How, by its high half.
const WAYS: [(&str, &str); 4] = [
    ("application/json-patch+json", ""),
    ("application/merge-patch+json", ""),
    ("application/strategic-merge-patch+json", ""),
    ("application/apply-patch+yaml", "?fieldManager=a&force=true"),
];

pub fn patch(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (path, (content_type, query)) =
        (PATCHED[usize::from(*first & 15) % PATCHED.len()], WAYS[usize::from(*first >> 4) % WAYS.len()]);
    let path = format!("{path}{query}");
    let one = |body| Asked { method: "PATCH", path: &path, content_type, accept: "", body };
    asked(&pieces(rest).into_iter().take(3).map(one).collect::<Vec<_>>());
}
