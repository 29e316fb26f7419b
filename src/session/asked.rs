//! `kubectl get`, read: which kinds and names, whose labels and fields, and how they are to be printed.

use std::collections::BTreeMap;

use super::referred;
use super::spoken::{plain, split};
use crate::api::Sym;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::api_server::selector::Selector;
use crate::rules::kubectl::json_path::Template;
use crate::scenario::diagnostic::nearest;
use crate::scenario::plan::ObjectKind;

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Pods,
    Nodes,
    Namespaces,
    Events,
    Endpoints,
    Slices,
    Claims,
    Volumes,
    Classes,
    /// ConfigMaps, Secrets, ServiceAccounts: what pods refer to.
    Referred(ObjectKind),
    Applied(ObjectType),
}

/// What `all` stands for, in kubectl's order.
const ALL: [Kind; 9] = [
    Kind::Pods,
    Kind::Applied(ObjectType::ReplicationController),
    Kind::Applied(ObjectType::Service),
    Kind::Applied(ObjectType::DaemonSet),
    Kind::Applied(ObjectType::Deployment),
    Kind::Applied(ObjectType::ReplicaSet),
    Kind::Applied(ObjectType::StatefulSet),
    Kind::Applied(ObjectType::CronJob),
    Kind::Applied(ObjectType::Job),
];

impl Kind {
    fn parse(word: &str) -> Result<Kind, String> {
        let lower = word.to_lowercase();
        Ok(match lower.as_str() {
            "pods" | "pod" | "po" => Kind::Pods,
            "nodes" | "node" | "no" => Kind::Nodes,
            "namespaces" | "namespace" | "ns" => Kind::Namespaces,
            "events" | "event" | "ev" => Kind::Events,
            "endpoints" | "ep" => Kind::Endpoints,
            "endpointslices" | "endpointslice" => Kind::Slices,
            "persistentvolumeclaims" | "persistentvolumeclaim" | "pvc" => Kind::Claims,
            "persistentvolumes" | "persistentvolume" | "pv" => Kind::Volumes,
            "storageclasses" | "storageclass" | "sc" => Kind::Classes,
            "configmaps" | "configmap" | "cm" => Kind::Referred(ObjectKind::ConfigMap),
            "secrets" | "secret" => Kind::Referred(ObjectKind::Secret),
            "serviceaccounts" | "serviceaccount" | "sa" => Kind::Referred(ObjectKind::ServiceAccount),
            "controllerrevisions" | "controllerrevision" => Kind::Applied(ObjectType::ControllerRevision),
            _ => match ObjectType::parse(word) {
                Some(kind) => Kind::Applied(kind),
                None => {
                    let known: Vec<&str> = ObjectType::kept().map(|kind| kind.plural()).collect();
                    let known = [
                        &[
                            "pods",
                            "nodes",
                            "namespaces",
                            "events",
                            "endpoints",
                            "endpointslices",
                            "pvc",
                            "pv",
                            "sc",
                            "configmaps",
                            "secrets",
                            "serviceaccounts",
                            "all",
                        ][..],
                        &known,
                    ]
                    .concat();
                    let hint = nearest(&lower, &known)
                        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    return Err(format!("error: the server doesn't have a resource type \"{word}\"{hint}"));
                }
            },
        })
    }
    /// As kubectl's answers and its names of several kinds have it.
    pub(super) fn resource(self) -> String {
        match self {
            Kind::Pods => "pod".to_owned(),
            Kind::Nodes => "node".to_owned(),
            Kind::Namespaces => "namespace".to_owned(),
            Kind::Events => "event".to_owned(),
            Kind::Endpoints => "endpoints".to_owned(),
            Kind::Slices => "endpointslice.discovery.k8s.io".to_owned(),
            Kind::Claims => "persistentvolumeclaim".to_owned(),
            Kind::Volumes => "persistentvolume".to_owned(),
            Kind::Classes => "storageclass.storage.k8s.io".to_owned(),
            Kind::Referred(kind) => referred::kind(kind).unwrap_or_default().to_lowercase(),
            Kind::Applied(kind) => kind.resource(),
        }
    }
    /// Its group and version, as selectors are refused for it.
    fn group_version(self) -> String {
        let own = match self {
            Kind::Slices => "discovery.k8s.io/v1".to_owned(),
            Kind::Classes => "storage.k8s.io/v1".to_owned(),
            Kind::Applied(kind) => kind.api_version(),
            _ => String::new(),
        };
        if own.contains('/') { own } else { "/v1".to_owned() }
    }
    /// Whether what is of it belongs to namespaces.
    pub(super) fn is_namespaced(self) -> bool {
        !matches!(self, Kind::Nodes | Kind::Namespaces | Kind::Volumes | Kind::Classes)
    }
    /// The same of many.
    pub(super) fn plural(self) -> String {
        match self {
            Kind::Endpoints => "endpoints".to_owned(),
            Kind::Slices => "endpointslices.discovery.k8s.io".to_owned(),
            Kind::Classes => "storageclasses.storage.k8s.io".to_owned(),
            Kind::Applied(kind) if kind.law().group.is_empty() => kind.plural().to_owned(),
            Kind::Applied(kind) => format!("{}.{}", kind.plural(), kind.law().group),
            kind => format!("{}s", kind.resource()),
        }
    }
}

/// How what was found is printed.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Out {
    Table {
        is_wide: bool,
    },
    Yaml,
    Json,
    /// `pod/web`
    Name,
    JsonPath(Template),
    /// Headers, with a path each.
    Columns(Vec<(String, Template)>),
}

/// A `kubectl get`, read.
pub(super) struct Asked {
    pub(super) kinds: Vec<Kind>,
    pub(super) names: Vec<String>,
    pub(super) namespace: Option<String>,
    /// `-A`: the namespace stands beside each.
    pub(super) of_all_namespaces: bool,
    labels: Selector,
    /// By kind, whose fields they are.
    fields: Vec<Selector>,
    pub(super) out: Out,
    pub(super) has_headers: bool,
    pub(super) shows_labels: bool,
    pub(super) ignores_missing: bool,
    pub(super) sort_by: Option<Template>,
    /// It is to be watched.
    pub(super) watches: bool,
}

impl Asked {
    /// Reads what follows `get`; without a word that is of all pods, wide.
    ///
    /// # Errors
    /// kubectl's words.
    pub(super) fn read(text: &str) -> Result<Asked, String> {
        let words = split(text).map_err(|why| format!("error: {why}"))?;
        let mut asked = Asked {
            kinds: Vec::new(),
            names: Vec::new(),
            namespace: None,
            of_all_namespaces: false,
            labels: Selector::default(),
            fields: Vec::new(),
            out: Out::Table { is_wide: words.is_empty() },
            has_headers: true,
            shows_labels: false,
            ignores_missing: false,
            sort_by: None,
            watches: false,
        };
        let (mut words, mut of_all, mut labels, mut fields) = (words.into_iter(), false, None, None);
        while let Some(word) = words.next() {
            let (flag, joined) = flagged(&word);
            let mut value = || {
                let value = joined.map(str::to_owned).or_else(|| words.next());
                let value = value.ok_or_else(|| format!("error: flag needs an argument: {flag}"))?;
                Ok::<_, String>(plain(&value).to_owned())
            };
            match flag {
                "-o" | "--output" => asked.out = form(&value()?)?,
                "-n" | "--namespace" => asked.namespace = Some(value()?),
                "-A" | "--all-namespaces" => asked.of_all_namespaces = true,
                "-l" | "--selector" => labels = Some(value()?),
                "--field-selector" => fields = Some(value()?),
                "--sort-by" => asked.sort_by = Some(Template::relaxed(&value()?)?),
                "--no-headers" => asked.has_headers = joined == Some("false"),
                "--show-labels" => asked.shows_labels = true,
                "--ignore-not-found" => asked.ignores_missing = true,
                "-w" | "--watch" | "--watch-only" => asked.watches = true,
                _ if flag.starts_with('-') => return Err(format!("error: unknown flag: {flag}")),
                "all" if asked.kinds.is_empty() => {
                    asked.kinds = ALL.to_vec();
                    of_all = true;
                }
                _ if of_all => return Err("error: `all` takes no names".to_owned()),
                _ => asked.word(&word)?,
            }
        }
        if asked.of_all_namespaces {
            asked.namespace = None;
        }
        if asked.kinds.is_empty() {
            asked.kinds.push(Kind::Pods);
        }
        asked.select(&labels.unwrap_or_default(), &fields.unwrap_or_default())?;
        Ok(asked)
    }

    /// A kind, several of them, a name, or both.
    fn word(&mut self, word: &str) -> Result<(), String> {
        match word.split_once('/') {
            Some((kind, name)) => {
                let kind = Kind::parse(kind)?;
                if !self.kinds.contains(&kind) {
                    self.kinds.push(kind);
                }
                self.names.push(name.to_owned());
            }
            None if self.kinds.is_empty() => {
                self.kinds = word.split(',').map(Kind::parse).collect::<Result<_, _>>()?;
            }
            None => self.names.push(word.to_owned()),
        }
        Ok(())
    }

    fn select(&mut self, labels: &str, fields: &str) -> Result<(), String> {
        self.labels = Selector::parse(labels, "", ("", "")).map_err(|why| format!("error: {why}"))?;
        for kind in &self.kinds {
            let plural = kind.plural();
            let (plural, group) = plural.split_once('.').unwrap_or((&plural, ""));
            let own = Selector::parse("", fields, (group, plural)).map_err(|why| {
                format!(
                    "Error from server (BadRequest): Unable to find \"{}, Resource={plural}\" that match label selector \
                     \"{labels}\", field selector \"{fields}\": {why}",
                    kind.group_version()
                )
            })?;
            self.fields.push(own);
        }
        Ok(())
    }

    /// Whether objects have to be looked at whole.
    pub(super) fn needs_whole(&self) -> bool {
        !matches!(self.out, Out::Table { .. } | Out::Name)
            || self.shows_labels
            || self.sort_by.is_some()
            || self.fields.iter().any(|own| !own.is_empty())
    }
    /// Nothing but what there is of a kind.
    pub(super) fn is_plain(&self) -> bool {
        self.names.is_empty()
            && self.labels.is_empty()
            && self.namespace.is_none()
            && !self.of_all_namespaces
            && self.has_headers
            && !self.needs_whole()
    }
    /// The fields that objects of a kind are selected by.
    pub(super) fn fields_of(&self, kind: Kind) -> Option<&Selector> {
        let at = self.kinds.iter().position(|own| *own == kind)?;
        self.fields.get(at).filter(|own| !own.is_empty())
    }
    pub(super) fn takes(
        &self,
        namespace: Sym,
        name: &str,
        labels: Option<&BTreeMap<String, String>>,
    ) -> bool {
        self.namespace.as_deref().is_none_or(|own| namespace == own || namespace.is_empty())
            && (self.names.is_empty() || self.names.iter().any(|own| own == name))
            && (self.labels.is_empty() || labels.is_some_and(|labels| self.labels.takes_labels(labels)))
    }
}

/// A flag, and the value that stands in one word with it: `-owide`, `-o=wide`, `--output=wide`.
fn flagged(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
    }
    match word.get(..2) {
        Some(flag @ ("-o" | "-n" | "-l")) if word.len() > 2 => {
            (flag, Some(word[2..].trim_start_matches('=')))
        }
        _ => (word, None),
    }
}

fn form(text: &str) -> Result<Out, String> {
    let (name, argument) =
        text.split_once('=').map_or((text, ""), |(name, argument)| (name, plain(argument)));
    Ok(match name {
        "wide" => Out::Table { is_wide: true },
        "yaml" => Out::Yaml,
        "json" => Out::Json,
        "name" => Out::Name,
        "jsonpath" if argument.is_empty() => {
            return Err("error: template format specified but no template given".to_owned());
        }
        "jsonpath" => Out::JsonPath(Template::parse(argument)?),
        "custom-columns" => {
            let column = |part: &str| match part.split_once(':') {
                Some((header, path)) => Ok((header.to_owned(), Template::relaxed(path)?)),
                None => Err(format!(
                    "error: unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                )),
            };
            Out::Columns(argument.split(',').map(column).collect::<Result<_, _>>()?)
        }
        _ => {
            return Err(format!(
                "error: unable to match a printer suitable for the output format \"{text}\", allowed formats are: \
                 custom-columns,json,jsonpath,name,wide,yaml"
            ));
        }
    })
}
