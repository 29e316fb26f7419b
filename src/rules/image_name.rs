//! Image references: what parses, and which of them mean the same image (github.com/distribution/reference).

/// Whether a reference parses: `[registry[:port]/]path[:tag][@digest]`, lower-case path.
pub fn is_valid(reference: &str) -> bool {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    if digest.is_some_and(|d| {
        !d.split_once(':').is_some_and(|(algorithm, hex)| {
            !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        })
    }) {
        return false;
    }
    let (path, tag) = split_tag(name);
    if tag.is_some_and(|tag| {
        tag.is_empty()
            || tag.len() > 128
            || tag.starts_with(['.', '-'])
            || !tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    }) {
        return false;
    }
    let mut parts = path.split('/').peekable();
    if path.contains('/') {
        let first = path.split('/').next().unwrap_or("");
        if first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
        {
            parts.next();
            if first.is_empty() || !first.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            {
                return false;
            }
        }
    }
    path.len() <= 255 && parts.all(is_component)
}

fn is_component(part: &str) -> bool {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let separators_hold =
        !part.contains("..") && !part.contains("___") && !part.contains("._") && !part.contains("_.");
    !bytes.is_empty()
        && edge(bytes[0])
        && edge(bytes[bytes.len() - 1])
        && separators_hold
        && bytes.iter().all(|b| edge(*b) || b"._-".contains(b))
}

/// Why a reference does not parse, if so.
pub fn problem(reference: &str) -> Option<String> {
    if is_valid(reference) {
        return None;
    }
    if reference.bytes().any(|b| b.is_ascii_uppercase()) && is_valid(&reference.to_ascii_lowercase()) {
        let name = reference.split('@').next().unwrap_or(reference);
        let (path, _) = split_tag(name);
        let first = path.split('/').next().unwrap_or("");
        let repository = if path.contains('/') && (first.contains(['.', ':']) || first == "localhost") {
            &path[first.len() + 1..]
        } else {
            path
        };
        return Some(format!("invalid reference format: repository name ({repository}) must be lowercase"));
    }
    Some("invalid reference format".to_owned())
}

/// The name without its tag, and the tag; a colon before the last slash is a port.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    }
}

/// The full form: `nginx` is `docker.io/library/nginx:latest`.
pub fn normal(reference: &str) -> String {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let (path, tag) = split_tag(name);
    let first = path.split('/').next().unwrap_or("");
    let has_registry = path.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let path = match (has_registry, path.contains('/')) {
        (true, _) => path.to_owned(),
        (false, true) => format!("docker.io/{path}"),
        (false, false) => format!("docker.io/library/{path}"),
    };
    match (tag, digest) {
        (_, Some(digest)) => format!("{path}@{digest}"),
        (Some(tag), None) => format!("{path}:{tag}"),
        (None, None) => format!("{path}:latest"),
    }
}
