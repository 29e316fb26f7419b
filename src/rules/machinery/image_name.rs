//! Names of images: where they come from, their tag, and what makes one unreadable.
//!
//! Source: pkg/util/parsers/parsers.go `ParseImageName` (1.36.2) over github.com/distribution/reference
//! `ParseNormalizedNamed`. The surprise: the API server never refuses an image's name; a name that cannot be read has
//! no tag, so its pull policy defaults to IfNotPresent, and the kubelet reports InvalidImageName.

/// A readable image name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageName {
    /// `docker.io` where none is written.
    pub domain: String,
    /// `library/nginx`
    pub path: String,
    /// `latest` where neither tag nor digest is written; empty with a digest alone.
    pub tag: String,
    /// `sha256:…`; empty without one.
    pub digest: String,
}

/// Reads an image's name.
///
/// # Errors
/// The name cannot be read; the text is that of the reference library.
pub fn parse(image: &str) -> Result<ImageName, String> {
    const INVALID: &str = "invalid reference format";
    if image.len() == 64 && image.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(format!("invalid repository name ({image}), cannot specify 64-byte hexadecimal strings"));
    }
    let (domain, rest) = split_domain(image);
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest.as_str(), None),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    if path.chars().any(char::is_uppercase) {
        return Err(format!("{INVALID}: repository name ({path}) must be lowercase"));
    }
    let readable = is_domain(&domain)
        && path.split('/').all(is_path_component)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    if !readable {
        return Err(INVALID.to_owned());
    }
    if domain.len() + 1 + path.len() > 255 {
        return Err("repository name must not be more than 255 characters".to_owned());
    }
    if digest.is_some_and(|digest| !has_its_length(digest)) {
        return Err("invalid checksum digest length".to_owned());
    }
    let tag = match (tag, digest) {
        (Some(tag), _) => tag,
        (None, Some(_)) => "",
        (None, None) => "latest",
    };
    Ok(ImageName {
        domain,
        path: path.to_owned(),
        tag: tag.to_owned(),
        digest: digest.unwrap_or("").to_owned(),
    })
}

/// Why the kubelet cannot read the name, if so.
pub fn problem(image: &str) -> Option<String> {
    parse(image).err()
}

/// The full form, in which names of the same image are equal: `nginx` is `docker.io/library/nginx:latest`. A name that
/// cannot be read stays as it is.
pub fn normal(image: &str) -> String {
    match parse(image) {
        Ok(name) if name.digest.is_empty() => format!("{}/{}:{}", name.domain, name.path, name.tag),
        Ok(name) => format!("{}/{}@{}", name.domain, name.path, name.digest),
        Err(_) => image.to_owned(),
    }
}

/// `splitDockerDomain`
fn split_domain(image: &str) -> (String, String) {
    let (domain, rest) = match image.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.to_lowercase() != first =>
        {
            (first, rest)
        }
        _ => ("docker.io", image),
    };
    let domain = if domain == "index.docker.io" { "docker.io" } else { domain };
    if domain == "docker.io" && !rest.contains('/') {
        return (domain.to_owned(), format!("library/{rest}"));
    }
    (domain.to_owned(), rest.to_owned())
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !domain.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    if !port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    if let Some(v6) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return !v6.is_empty() && v6.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    }
    host.split('.').all(|part| {
        let bytes = part.as_bytes();
        let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        ends(bytes.first())
            && ends(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    })
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_path_component(part: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !word(*first) || !word(*last) {
        return false;
    }
    part.split(|c: char| c.is_ascii() && word(c as u8))
        .filter(|separator| !separator.is_empty())
        .all(|separator| matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = tag.as_bytes();
    bytes.len() <= 128
        && bytes.first().is_some_and(|b| word(*b))
        && bytes.iter().all(|b| word(*b) || *b == b'.' || *b == b'-')
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let part = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(part)
        && hex.len() >= 32
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

fn has_its_length(digest: &str) -> bool {
    match digest.split_once(':') {
        Some(("sha256", hex)) => hex.len() == 64,
        Some(("sha384", hex)) => hex.len() == 96,
        Some(("sha512", hex)) => hex.len() == 128,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_follow_from_the_name() {
        let tag = |image: &str| parse(image).map(|name| name.tag);
        assert_eq!(tag("nginx").as_deref(), Ok("latest"));
        assert_eq!(tag("nginx:1.25").as_deref(), Ok("1.25"));
        assert_eq!(tag("registry:5000/a/b").as_deref(), Ok("latest"));
        assert_eq!(tag(&format!("a.io/b@sha256:{}", "a".repeat(64))).as_deref(), Ok(""));
        assert_eq!(
            tag("Bad Image"),
            Err("invalid reference format: repository name (library/Bad Image) must be lowercase".to_owned())
        );
        assert_eq!(tag("a b"), Err("invalid reference format".to_owned()));
        assert!(tag("a--b/c__d:x").is_ok());
        assert!(tag("a___b").is_err());
        assert!(tag("").is_err());
        assert_eq!(tag("localhost/x").as_deref(), Ok("latest"));
    }
}
