//! Which names, labels and numbers are well formed, and the sentences that say why not.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go and pkg/api/validate/content/*.go
//! (1.36.2). The surprise: since label keys moved to the second package (1.34) their length is counted in "bytes" while
//! that of DNS names is still counted in "characters"; both count bytes.

use crate::rules::versions::habits::Habits;

const DNS_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_LABEL_UNDERSCORE: &str = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

fn regex_error(message: &str, regex: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{message} (regex used for validation is '{regex}')");
    }
    let shown: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{regex}')", shown.join(" or "))
}
fn max_len(length: usize) -> String {
    format!("must be no more than {length} characters")
}
/// `must be between 1 and 65535, inclusive`
pub fn range_error(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

/// First and last from `ends`, all from `ends` or `inner`.
fn bounded(text: &str, ends: fn(u8) -> bool, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => {
            ends(*first) && ends(*last) && bytes.iter().all(|b| ends(*b) || inner.contains(b))
        }
        _ => false,
    }
}
fn lower_alnum(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}
fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn is_dns_label(text: &str) -> bool {
    bounded(text, lower_alnum, b"-")
}
fn is_dns_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

/// `IsDNS1123Label`
pub fn dns1123_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(max_len(63));
    }
    if !is_dns_label(text) {
        if is_dns_subdomain(text) {
            errors.push("must not contain dots".to_owned());
        } else {
            errors.push(regex_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character",
                DNS_LABEL,
                &["my-name", "123-abc"],
            ));
        }
    }
    errors
}

/// `IsDNS1035Label`: the name of a Service, before it could begin with a digit.
pub fn dns1035_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(max_len(63));
    }
    if !is_dns_label(text) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        errors.push(regex_error(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    errors
}

/// `IsDNS1123Subdomain`; with `NameIsDNSSubdomain`, the name of most objects.
pub fn dns1123_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(max_len(253));
    }
    if !is_dns_subdomain(text) {
        errors.push(regex_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character",
            &format!("{DNS_LABEL}(\\.{DNS_LABEL})*"),
            &["example.com"],
        ));
    }
    errors
}

/// `IsDNS1123SubdomainWithUnderscore`
pub fn dns1123_subdomain_with_underscore(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(max_len(253));
    }
    let label = |part: &str| bounded(part.strip_prefix('_').unwrap_or(part), lower_alnum, b"-_");
    if !text.split('.').all(label) {
        errors.push(regex_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and \
             must start and end with an alphanumeric character",
            &format!("{DNS_LABEL_UNDERSCORE}(\\.{DNS_LABEL_UNDERSCORE})*"),
            &["example.com"],
        ));
    }
    errors
}

/// A prefix for names still to be made: one trailing dash is allowed (`maskTrailingDash`).
pub fn mask_trailing_dash(name: &str) -> String {
    match name.strip_suffix('-') {
        // The character before the dash goes with it, exactly as upstream does it.
        Some(rest) if !rest.is_empty() => {
            let mut kept = rest.to_owned();
            kept.pop();
            kept.push('a');
            kept
        }
        _ => name.to_owned(),
    }
}

/// `IsQualifiedName`, now `IsLabelKey`: an optional subdomain and `/`, and a name.
pub fn label_key(text: &str, habits: &Habits) -> Vec<String> {
    let message = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                   alphanumeric character";
    let examples = ["MyName", "my.name", "123-abc"];
    let mut errors = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                for error in dns1123_subdomain(prefix) {
                    // The copy of the DNS rules that label keys use counts bytes.
                    let error = if error == max_len(253) { label_len(253, habits) } else { error };
                    errors.push(format!("prefix part {error}"));
                }
            }
            name
        }
        _ => {
            let what = if habits.says_label_key { "a valid label key" } else { "a qualified name" };
            return vec![format!(
                "{} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                regex_error(&format!("{what} {message}"), LABEL_KEY, &examples)
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        errors.push(format!("name part {}", label_len(63, habits)));
    }
    if !bounded(name, alnum, b"-_.") {
        errors.push(format!("name part {}", regex_error(message, LABEL_KEY, &examples)));
    }
    errors
}

/// `IsValidPathSegmentName`
pub fn path_segment(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"].iter().filter(|c| text.contains(**c)).map(|c| format!("may not contain '{c}'")).collect()
}

/// Whether it is a key at all, whatever would be said of it.
pub fn is_label_key(text: &str) -> bool {
    label_key(text, &Habits::NONE).is_empty()
}

/// The same of a value.
pub fn is_label_value(text: &str) -> bool {
    label_value(text, &Habits::NONE).is_empty()
}

fn label_len(length: usize, habits: &Habits) -> String {
    if habits.says_label_bytes { format!("must be no more than {length} bytes") } else { max_len(length) }
}

/// `IsValidLabelValue`
pub fn label_value(text: &str, habits: &Habits) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(label_len(63, habits));
    }
    if !text.is_empty() && !bounded(text, alnum, b"-_.") {
        errors.push(regex_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// `IsValidPortNum`
pub fn port_number(port: i64) -> Vec<String> {
    if (1..=65535).contains(&port) { Vec::new() } else { vec![range_error(1, 65535)] }
}

/// `IsValidPortName`
pub fn port_name(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let mut errors = Vec::new();
    if name.len() > 15 {
        errors.push(max_len(15));
    }
    if name.is_empty() || !bytes.iter().all(|b| lower_alnum(*b) || *b == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !bytes.iter().any(u8::is_ascii_lowercase) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

/// `IsValidUserID`, `IsValidGroupID`
pub fn unix_id(id: i64) -> Vec<String> {
    let max = i64::from(i32::MAX);
    if (0..=max).contains(&id) { Vec::new() } else { vec![range_error(0, max)] }
}

/// `IsHTTPHeaderName`
pub fn http_header_name(name: &str) -> Vec<String> {
    if !name.is_empty() && name.bytes().all(|b| alnum(b) || b == b'-') {
        return Vec::new();
    }
    vec![regex_error(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )]
}

/// `IsRelaxedEnvVarName`: on by default since 1.32 (gate RelaxedEnvironmentVariableValidation).
pub fn env_var_name(name: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.is_empty() {
        errors.push("environment variable name must be non-empty".to_owned());
    }
    if !name.chars().all(|c| matches!(c, ' '..='~') && c != '=') {
        errors.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_owned(),
        );
    }
    errors
}

/// `IsConfigMapKey`
pub fn config_map_key(key: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if key.len() > 253 {
        errors.push(max_len(253));
    }
    if key.is_empty() || !key.bytes().all(|b| alnum(b) || b"-._".contains(&b)) {
        errors.push(regex_error(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    errors.extend(ch_dir_prefix(key));
    errors
}

/// `hasChDirPrefix`
fn ch_dir_prefix(text: &str) -> Vec<String> {
    if text == "." {
        vec!["must not be '.'".to_owned()]
    } else if text == ".." {
        vec!["must not be '..'".to_owned()]
    } else if text.starts_with("..") {
        vec!["must not start with '..'".to_owned()]
    } else {
        Vec::new()
    }
}

/// `IsValidIP`: refuses what Go's `ParseIPSloppy` cannot read.
pub fn ip(text: &str) -> Vec<String> {
    if text.parse::<std::net::Ipv6Addr>().is_ok() || sloppy_ipv4(text) {
        Vec::new()
    } else {
        vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned()]
    }
}

/// Go's `ParseCIDRSloppy`: an address and the length of its prefix.
pub fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let max = if sloppy_ipv4(address) {
        32
    } else if address.parse::<std::net::Ipv6Addr>().is_ok() {
        128
    } else {
        return false;
    };
    !length.is_empty()
        && length.bytes().all(|b| b.is_ascii_digit())
        && length.parse::<u16>().is_ok_and(|length| length <= max)
}

/// Four decimal numbers; leading zeros are read as decimal.
fn sloppy_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 4
        && parts.iter().all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_digit())
                && part.trim_start_matches('0').len() <= 3
                && part.trim_start_matches('0').parse::<u16>().unwrap_or(0) <= 255
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_name_may_end_in_a_dash() {
        assert_eq!(mask_trailing_dash("web-"), "wea");
        assert!(dns1123_subdomain(&mask_trailing_dash("web-")).is_empty());
        assert!(!dns1123_subdomain("web-").is_empty());
        assert!(!dns1123_subdomain(&mask_trailing_dash("-")).is_empty());
    }

    #[test]
    fn keys_have_at_most_one_slash() {
        let habits = &crate::rules::versions::gates::Gates::default().habits;
        assert!(label_key("example.com/a", habits).is_empty());
        assert_eq!(label_key("a/b/c", habits).len(), 1);
        assert_eq!(label_key("", habits).len(), 2);
        assert_eq!(label_key("/a", habits), ["prefix part must be non-empty"]);
        assert!(label_value("", habits).is_empty());
        assert!(dns1123_subdomain_with_underscore("_sip._tcp").is_empty());
    }
}
