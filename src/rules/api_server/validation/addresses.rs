//! Addresses and ranges that are taken, and warned of: they are not spelled as they should be.
//!
//! Source: `GetWarningsForIP` and `GetWarningsForCIDR` in apimachinery's pkg/util/validation/ip.go (1.36.2). The surprise:
//! leading zeros are read as decimal, and so `010.0.0.1` is 10.0.0.1.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::field::At;
use crate::rules::machinery::quote::quote;

/// What is warned of an address.
pub fn ip(at: &At, warnings: &mut Vec<String>) {
    let text = at.str();
    let Some((ip, is_standard)) = parse(text) else { return };
    let shown = shown(ip);
    if !is_standard {
        warnings.push(format!(
            "{}: non-standard IP address {} will be considered invalid in a future Kubernetes release: use {}",
            at.path,
            quote(text),
            quote(&shown)
        ));
    } else if ip.is_ipv6() && shown != text {
        warnings.push(format!(
            "{}: IPv6 address {} should be in RFC 5952 canonical format ({})",
            at.path,
            quote(text),
            quote(&shown)
        ));
    }
}

/// What is warned of a range.
pub fn cidr(at: &At, warnings: &mut Vec<String>) {
    let text = at.str();
    let Some((address, length)) = text.split_once('/') else { return };
    let (Some((ip, is_standard)), Ok(bits)) = (parse(address), length.parse::<u8>()) else { return };
    let network = masked(ip, bits);
    let whole = format!("{}/{bits}", shown(network));
    let has_zeros = length.len() > 1 && length.starts_with('0');
    let (is_ambiguous, is_odd) = (network != ip, !is_standard || has_zeros);
    if is_ambiguous {
        let most = if ip.is_ipv4() { 32 } else { 128 };
        warnings.push(format!(
            "{}: CIDR value {} is ambiguous in this context (should be {} or {}?)",
            at.path,
            quote(text),
            quote(&whole),
            quote(&format!("{}/{most}", shown(ip)))
        ));
    }
    if is_odd {
        let (value, better) = (quote(text), quote(&whole));
        warnings.push(format!("{}: non-standard CIDR value {value} is invalid: use {better}", at.path));
    }
    if !is_ambiguous && !is_odd && ip.is_ipv6() && whole != text {
        warnings.push(format!(
            "{}: IPv6 CIDR value {} should be in RFC 5952 canonical format ({})",
            at.path,
            quote(text),
            quote(&whole)
        ));
    }
}

/// Whether it is written as everybody reads it.
fn parse(text: &str) -> Option<(IpAddr, bool)> {
    if let Ok(ip) = text.parse::<Ipv6Addr>() {
        return Some((IpAddr::V6(ip), ip.to_ipv4_mapped().is_none()));
    }
    let mut bytes = [0u8; 4];
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 4 {
        return None;
    }
    let mut is_standard = true;
    for (byte, part) in bytes.iter_mut().zip(&parts) {
        is_standard &= part.len() == 1 || !part.starts_with('0');
        *byte = part.parse().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()))?;
    }
    Some((IpAddr::V4(Ipv4Addr::from(bytes)), is_standard))
}

/// As Go writes it: what is mapped, as the older address.
fn shown(ip: IpAddr) -> String {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| v6.to_string(), |v4| v4.to_string()),
        IpAddr::V4(v4) => v4.to_string(),
    }
}

fn masked(ip: IpAddr, bits: u8) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32u32.saturating_sub(bits.into())).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(v4) & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128u32.saturating_sub(bits.into())).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_spelled_oddly_is_told() {
        let told = |text: &str, read: fn(&At, &mut Vec<String>)| {
            let value = json!(text);
            let mut warnings = Vec::new();
            read(&At::new(&value, "ip"), &mut warnings);
            warnings.pop()
        };
        for fine in ["10.0.0.1", "2001:db8::1", "host"] {
            assert_eq!(told(fine, ip), None, "{fine}");
        }
        assert_eq!(
            told("010.0.0.1", ip).as_deref(),
            Some(
                "ip: non-standard IP address \"010.0.0.1\" will be considered invalid in a future Kubernetes release: use \"10.0.0.1\""
            )
        );
        assert_eq!(
            told("2001:DB8::1", ip).as_deref(),
            Some("ip: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")")
        );
        assert_eq!(told("10.0.0.0/8", cidr), None);
        assert_eq!(
            told("10.0.0.1/8", cidr).as_deref(),
            Some(
                "ip: CIDR value \"10.0.0.1/8\" is ambiguous in this context (should be \"10.0.0.0/8\" or \"10.0.0.1/32\"?)"
            )
        );
    }
}
