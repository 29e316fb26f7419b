//! A request, read: from its path and query to what is asked of which resource.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go (`NewRequestInfo`, 1.36.3). The surprises: a slash at the
//! end is the same path (the Python client writes it); `/api/v1/namespaces/N` is an object, `/api/v1/namespaces/N/pods` a list.

use super::kinds::ResourceIx;
use super::store::Store;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`
    pub method: String,
    /// `/api/v1/pods`
    pub path: String,
    /// By name, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// `Accept`
    pub accept: String,
    /// `If-None-Match`
    pub if_none_match: String,
    /// `Impersonate-User`
    pub impersonates: String,
    /// `Content-Type`
    pub content_type: String,
    /// `User-Agent`: up to its first slash it names who manages what is written.
    pub user_agent: String,
    /// All of it.
    pub body: Vec<u8>,
}

/// What a path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// Objects of a resource, one of them, or what stands below one.
    Objects(Objects),
    /// A group and version that there is, without the resource.
    NoResource,
    /// Not of the API of objects: the parts of the path.
    Other(Vec<String>),
}

/// Which objects a path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objects {
    /// Of which resource.
    pub resource: ResourceIx,
    /// None: of all namespaces, or of none.
    pub namespace: Option<String>,
    /// None: all.
    pub name: Option<String>,
    /// Empty: the object itself.
    pub below: String,
}

impl Request {
    /// Reads the part behind the host.
    pub fn of(method: &str, path: &str, query: &str) -> Request {
        let pairs = query.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name, true), decoded(value, true))
        });
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.collect(),
            ..Request::default()
        }
    }
    /// The first value of that name; empty: there is none.
    pub fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
    /// Whether a value says yes (`strconv.ParseBool`).
    pub fn is(&self, name: &str) -> bool {
        matches!(self.query(name), "true" | "1" | "t" | "T" | "TRUE" | "True")
    }
    /// A number, where one is given.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.query(name).parse().ok()
    }

    /// What its path names.
    pub fn place(&self, store: &Store) -> Place {
        let parts: Vec<String> =
            self.path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part, false)).collect();
        let at = |ix: usize| parts.get(ix).map_or("", String::as_str);
        let (group, version, rest) = match at(0) {
            "api" if parts.len() > 2 => ("", at(1), 2),
            "apis" if parts.len() > 3 => (at(1), at(2), 3),
            _ => return Place::Other(parts),
        };
        if !store.has_version(group, version) {
            return Place::Other(parts);
        }
        let rest = &parts[rest..];
        let has_namespace =
            rest[0] == "namespaces" && rest.len() > 2 && !matches!(at(4), "status" | "finalize");
        let (namespace, rest) =
            if has_namespace { (Some(rest[1].clone()), &rest[2..]) } else { (None, rest) };
        let Some(resource) = store.find(group, version, &rest[0]) else { return Place::NoResource };
        let is_namespaced = store.resource(resource).is_namespaced;
        if (namespace.is_some() && !is_namespaced) || rest.len() > 3 {
            return Place::NoResource;
        }
        if namespace.is_none() && is_namespaced && rest.len() > 1 {
            return Place::NoResource;
        }
        let (name, below) = (rest.get(1).cloned(), rest.get(2).cloned().unwrap_or_default());
        Place::Objects(Objects { resource, namespace, name, below })
    }
}

/// `%2F` is a slash; in a query a plus is a blank.
fn decoded(text: &str, is_query: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |ix: usize| bytes.get(ix).and_then(|byte| (*byte as char).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) if is_query => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Place {
        Request::of("GET", path, "").place(&Store::default())
    }

    #[test]
    fn a_namespace_is_an_object_and_what_stands_in_it_a_list() {
        let Place::Objects(own) = place("/api/v1/namespaces/shop") else { panic!("an object") };
        assert_eq!((own.name.as_deref(), own.namespace), (Some("shop"), None));
        let Place::Objects(own) = place("/api/v1/namespaces/shop/pods/") else { panic!("a list") };
        assert_eq!((own.name, own.namespace.as_deref()), (None, Some("shop")));
        let Place::Objects(own) = place("/api/v1/namespaces/shop/pods/web/log") else { panic!("below one") };
        assert_eq!((own.name.as_deref(), own.below.as_str()), (Some("web"), "log"));
        let Place::Objects(own) = place("/api/v1/namespaces/shop/status") else { panic!("below one") };
        assert_eq!((own.name.as_deref(), own.below.as_str()), (Some("shop"), "status"));
        assert_eq!(place("/api/v1/namespaces/shop/nodes"), Place::NoResource);
        assert_eq!(place("/apis/apps/v1/widgets"), Place::NoResource);
    }
}
