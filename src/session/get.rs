//! `kubectl get`: tables of pods, of workloads, Services and who stands behind them, and of events.
//!
//! Rows of objects are made from their JSON ([`tables`]), those of pods from what [`kubectl`] shows of them. Of several kinds
//! each has a table of its own, and names say of which kind they are, as kubectl prints them.

use std::collections::BTreeMap;

use serde_json::json;

use super::kubectl::{self, SeenEvent};
use super::told_events::ToldEvent;
use super::whole::Whole;
use super::{Walk, nodes, referred, slices, volumes};
use crate::actors::api_server;
use crate::api::service::{Service, TargetPort};
use crate::api::{PodIdent, Sym};
use crate::record::{Change, Directory, Event, ObjectChange, Transition};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::printing::age;
use crate::rules::kubectl::tables::{self, Cell};
use crate::scenario::diagnostic::nearest;
use crate::scenario::plan::ObjectKind;
use crate::world::held::Held;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, World};

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Pods,
    Nodes,
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
    fn resource(self) -> String {
        match self {
            Kind::Pods => "pod".to_owned(),
            Kind::Nodes => "node".to_owned(),
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

/// A `kubectl get`, read.
#[derive(Default)]
pub(super) struct Asked<'a> {
    pub(super) kinds: Vec<Kind>,
    pub(super) names: Vec<&'a str>,
    namespace: Option<&'a str>,
    labels: Vec<Requirement<'a>>,
    is_wide: bool,
    /// The objects themselves are wanted.
    whole: Option<Whole>,
}

/// One part of a `-l`.
enum Requirement<'a> {
    Is(&'a str, &'a str),
    IsNot(&'a str, &'a str),
    Has(&'a str),
    HasNot(&'a str),
}

impl<'a> Requirement<'a> {
    fn parse(part: &'a str) -> Requirement<'a> {
        if let Some((key, value)) = part.split_once("!=") {
            return Requirement::IsNot(key, value);
        }
        match (part.split_once("==").or_else(|| part.split_once('=')), part.strip_prefix('!')) {
            (Some((key, value)), _) => Requirement::Is(key, value),
            (None, Some(key)) => Requirement::HasNot(key),
            (None, None) => Requirement::Has(part),
        }
    }
    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = |key: &str| labels.get(key).map(String::as_str);
        match *self {
            Requirement::Is(key, wanted) => value(key) == Some(wanted),
            Requirement::IsNot(key, other) => value(key) != Some(other),
            Requirement::Has(key) => value(key).is_some(),
            Requirement::HasNot(key) => value(key).is_none(),
        }
    }
}

impl<'a> Asked<'a> {
    fn read(text: &'a str) -> Result<Asked<'a>, String> {
        let mut asked = Asked::default();
        let mut words = text.split_whitespace();
        let mut of_all = false;
        while let Some(word) = words.next() {
            let (flag, joined) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (word, None),
            };
            let mut value =
                || joined.or_else(|| words.next()).ok_or_else(|| format!("error: {flag} of what?"));
            match flag {
                "-o" | "--output" => asked.put_out(value()?)?,
                "-owide" | "-oyaml" | "-ojson" => asked.put_out(&flag[2..])?,
                "-n" | "--namespace" => asked.namespace = Some(value()?),
                "-A" | "--all-namespaces" => asked.namespace = None,
                "-l" | "--selector" => asked.labels = value()?.split(',').map(Requirement::parse).collect(),
                _ if flag.starts_with('-') => return Err(format!("error: unknown flag: {flag}")),
                "all" if asked.kinds.is_empty() => {
                    asked.kinds = ALL.to_vec();
                    of_all = true;
                }
                _ if asked.kinds.is_empty() => match word.split_once('/') {
                    Some((kind, name)) => {
                        asked.kinds.push(Kind::parse(kind)?);
                        asked.names.push(name);
                    }
                    None => asked.kinds = word.split(',').map(Kind::parse).collect::<Result<_, _>>()?,
                },
                _ if of_all => return Err("error: `all` takes no names".to_owned()),
                name => asked.names.push(name.split_once('/').map_or(name, |(_, name)| name)),
            }
        }
        if asked.kinds.is_empty() {
            asked.kinds.push(Kind::Pods);
        }
        Ok(asked)
    }

    fn put_out(&mut self, form: &str) -> Result<(), String> {
        match form {
            "wide" => self.is_wide = true,
            "yaml" => self.whole = Some(Whole::Yaml),
            "json" => self.whole = Some(Whole::Json),
            _ => return Err("error: of -o there are `wide`, `yaml` and `json`".to_owned()),
        }
        Ok(())
    }

    pub(super) fn takes(
        &self,
        namespace: Sym,
        name: &str,
        labels: Option<&BTreeMap<String, String>>,
    ) -> bool {
        self.namespace.is_none_or(|own| namespace == own)
            && (self.names.is_empty() || self.names.contains(&name))
            && (self.labels.is_empty()
                || labels.is_some_and(|labels| self.labels.iter().all(|part| part.holds(labels))))
    }
}

/// A row before it is known which columns are shown.
struct Row {
    namespace: Sym,
    name: String,
    cells: Vec<Cell>,
}

fn cell(header: &'static str, is_wide: bool, text: String) -> Cell {
    Cell { header, is_wide, text }
}

impl Walk {
    /// `kubectl get`; without a word that of all pods, wide.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn get(&self, text: &str) -> Result<String, String> {
        let (w, now) = (self.world(), self.now());
        let asked = Asked::read(text)?;
        if let Some(whole) = asked.whole {
            return self.whole(whole, &asked);
        }
        let is_plain = asked.names.is_empty() && asked.labels.is_empty() && asked.namespace.is_none();
        match asked.kinds[..] {
            [Kind::Pods] if is_plain => return Ok(kubectl::get(w, now)),
            [Kind::Nodes] => return Ok(nodes::get_nodes(w, now)),
            _ => {}
        }
        let of_kinds: Vec<(Kind, Vec<Row>)> =
            asked.kinds.iter().map(|kind| (*kind, self.rows(*kind, &asked))).collect();
        let names = of_kinds.iter().flat_map(|(_, rows)| rows).map(|row| row.name.as_str());
        let names: Vec<&str> = names.collect();
        if let Some(missing) = asked.names.iter().find(|name| !names.contains(name)) {
            let kind = asked.kinds[0].plural();
            return Err(format!("Error from server (NotFound): {kind} \"{missing}\" not found"));
        }
        let mut namespaces: Vec<Sym> =
            of_kinds.iter().flat_map(|(_, rows)| rows).map(|r| r.namespace).collect();
        namespaces.dedup();
        let several = namespaces.iter().any(|other| *other != namespaces[0]);
        let tables = of_kinds.iter().filter(|(_, rows)| !rows.is_empty());
        let tables: Vec<String> = tables
            .map(|(kind, rows)| {
                let prefix = if asked.kinds.len() > 1 { kind.resource() + "/" } else { String::new() };
                // Of pods alone all is shown, as without a word.
                let is_wide = asked.is_wide || asked.kinds[..] == [Kind::Pods];
                table(rows, several, is_wide, &prefix)
            })
            .collect();
        match (tables.is_empty(), asked.namespace) {
            (false, _) => Ok(tables.join("\n")),
            _ if matches!(asked.kinds[..], [Kind::Volumes | Kind::Classes]) => {
                Ok("No resources found\n".to_owned())
            }
            (true, Some(namespace)) => Ok(format!("No resources found in {namespace} namespace.\n")),
            (true, None) => Ok("No resources found in default namespace.\n".to_owned()),
        }
    }

    /// The rows of a kind, by namespace and name; events by the instant at which they were last seen.
    fn rows(&self, kind: Kind, asked: &Asked<'_>) -> Vec<Row> {
        let w = self.world();
        let mut rows = match kind {
            Kind::Pods => self.pod_rows(asked),
            Kind::Events => return self.event_rows(asked),
            Kind::Endpoints => self.endpoint_rows(asked),
            Kind::Slices => slices::all(w)
                .into_iter()
                .filter(|(namespace, name, _)| asked.takes(*namespace, name, None))
                .filter_map(|(namespace, name, value)| {
                    Some(Row { namespace, name, cells: tables::row(&value, self.now())? })
                })
                .collect(),
            Kind::Claims => volumes::claims(w)
                .into_iter()
                .filter(|(namespace, name, _)| asked.takes(*namespace, name, None))
                .filter_map(|(namespace, name, value)| {
                    Some(Row { namespace, name: name.to_string(), cells: tables::row(&value, self.now())? })
                })
                .collect(),
            Kind::Referred(kind) => referred::all(w, kind)
                .filter(|(namespace, name, value)| {
                    asked.takes(*namespace, name, Some(&referred::labels(value)))
                })
                .filter_map(|(namespace, name, value)| {
                    Some(Row { namespace, name: name.to_string(), cells: tables::row(&value, self.now())? })
                })
                .collect(),
            // They belong to no namespace, whichever is asked for.
            Kind::Volumes | Kind::Classes => {
                if kind == Kind::Volumes { volumes::volumes(w) } else { volumes::classes(w) }
                    .into_iter()
                    .filter(|(name, _)| asked.names.is_empty() || asked.names.contains(&name.as_str()))
                    .filter_map(|(name, value)| {
                        let cells = tables::row(&value, self.now())?;
                        Some(Row { namespace: Sym::EMPTY, name: name.to_string(), cells })
                    })
                    .collect()
            }
            Kind::Applied(kind) => {
                let own = objects(w).filter(|key| api_server::type_of(w, *key).law().name == kind.name());
                own.filter_map(|key| {
                    let meta = w.workloads.meta(key)?;
                    let wanted = asked.takes(meta.namespace, meta.name.as_str(), Some(&meta.labels));
                    let cells = wanted.then(|| tables::row(&api_server::object(w, key), self.now()))??;
                    Some(Row { namespace: meta.namespace, name: meta.name.to_string(), cells })
                })
                .collect()
            }
            // They have a table of their own.
            Kind::Nodes => Vec::new(),
        };
        rows.sort_by(|a, b| (a.namespace.as_str(), &a.name).cmp(&(b.namespace.as_str(), &b.name)));
        rows
    }

    fn pod_rows(&self, asked: &Asked<'_>) -> Vec<Row> {
        const NARROW: usize = 5;
        let w = self.world();
        let row = |pod: PodId| {
            let p = &w.pods[pod.ix()];
            let name = p.ident.name.to_string();
            asked.takes(p.ident.namespace, &name, Some(&p.labels)).then(|| {
                let texts = kubectl::COLUMNS.into_iter().zip(kubectl::cells(w, pod, self.now()));
                let cells = texts.enumerate().map(|(ix, (header, text))| cell(header, ix >= NARROW, text));
                Row { namespace: p.ident.namespace, name, cells: cells.collect() }
            })
        };
        self.asked_pods(asked).into_iter().filter_map(row).collect()
    }

    /// Pods among which those are that are asked for, by namespace and name: where names are, no others are looked at.
    pub(super) fn asked_pods(&self, asked: &Asked<'_>) -> Vec<PodId> {
        let w = self.world();
        if asked.names.is_empty() {
            return kubectl::pods(w);
        }
        let mut namespaces = w.names.namespaces().to_vec();
        namespaces.sort_by_key(|own| own.as_str());
        let mut names = asked.names.clone();
        names.sort_unstable();
        names.dedup();
        let named = |namespace: Sym| {
            let own = names.iter().map(move |name| (namespace, Sym::new(name)));
            own.filter_map(|(namespace, name)| api_server::find_pod(w, namespace, name)).collect::<Vec<_>>()
        };
        namespaces.into_iter().flat_map(named).collect()
    }

    /// `v1` Endpoints: the ready ones of a Service's slices.
    fn endpoint_rows(&self, asked: &Asked<'_>) -> Vec<Row> {
        let w = self.world();
        let served = w.workloads.services.iter().filter(|served| served.exists && served.beside.is_some());
        let taken = served.filter(|served| {
            let meta = &served.object.meta;
            asked.takes(meta.namespace, meta.name.as_str(), Some(&meta.labels))
        });
        taken
            .map(|served| {
                let meta = &served.object.meta;
                let cells = vec![
                    cell("NAME", false, meta.name.to_string()),
                    cell("ENDPOINTS", false, shortened(&addresses(w, served))),
                    cell("AGE", false, age(Some(meta.created), self.now())),
                ];
                Row { namespace: meta.namespace, name: meta.name.to_string(), cells }
            })
            .collect()
    }

    fn event_rows(&self, asked: &Asked<'_>) -> Vec<Row> {
        let directory = &self.world().directory;
        let mut list: BTreeMap<u32, (SeenEvent, About)> = BTreeMap::new();
        for row in self.history() {
            let Some((event, about)) = About::of_row(row, directory) else { continue };
            let first = list.get(&event.object).map_or(row.time, |(seen, _)| seen.first);
            list.insert(event.object, (SeenEvent { event, first, last: row.time }, about));
        }
        let mut list: Vec<(SeenEvent, About)> = list.into_values().collect();
        list.sort_by_key(|(seen, _)| seen.last);
        let taken = list.into_iter().filter(|(_, about)| {
            // Events have no labels, and names that nobody types: an object's is taken.
            asked.takes(about.namespace, &about.name, None)
        });
        taken
            .filter_map(|(seen, about)| {
                let cells = self.event_cells(&seen, &about)?;
                Some(Row { namespace: about.namespace, name: about.name, cells })
            })
            .collect()
    }

    fn event_cells(&self, seen: &SeenEvent, about: &About) -> Option<Vec<Cell>> {
        let event = seen.event;
        let value = json!({
            "kind": "Event",
            "metadata": { "name": format!("{}.{:x}", about.name, event.object) },
            "involvedObject": {
                "kind": about.kind, "name": about.name, "fieldPath": event.field_path.as_str(),
            },
            "type": event.kind.as_str(),
            "reason": event.reason.as_str(),
            "message": event.message.show(&about.ident).to_string(),
            "count": event.count,
            "firstTimestamp": seen.first.rfc3339_secs(),
            "lastTimestamp": seen.last.rfc3339_secs(),
            "source": { "component": event.component.as_str() },
        });
        tables::row(&value, self.now())
    }

    /// An event object's row of `kubectl get events`, with the namespace before it where there are several: its columns' names,
    /// and what stands below them.
    pub fn event_line(&self, told: ToldEvent) -> Option<Vec<(&'static str, String)>> {
        let w = self.world();
        let row = self.history().get(told.last as usize)?;
        let (event, about) = About::of_row(row, &w.directory)?;
        let first = self.history().get(told.first as usize)?.time;
        let cells = self.event_cells(&SeenEvent { event, first, last: row.time }, &about)?;
        let several = w.names.namespaces().len() > 1;
        let space = several.then(|| ("NAMESPACE", about.namespace.to_string()));
        let narrow = cells.into_iter().filter(|cell| !cell.is_wide).map(|cell| (cell.header, cell.text));
        Some(space.into_iter().chain(narrow).collect())
    }
}

/// What an event is about.
struct About {
    namespace: Sym,
    kind: String,
    name: String,
    ident: PodIdent,
}

impl About {
    /// The event that a row tells of, if it tells of one.
    fn of_row(row: &Transition, directory: &Directory) -> Option<(Event, About)> {
        Some(match (row.change, row.pod) {
            (Change::Event(event), Some(pod)) => (event, About::of_pod(&directory.pods[pod as usize])),
            (Change::Object { object, what: ObjectChange::Event(event) }, _) => {
                let ident = directory.objects[object as usize];
                let (kind, name) = (ident.kind.to_string(), ident.name.to_string());
                (event, About { namespace: ident.namespace, kind, name, ident: PodIdent::NOBODY })
            }
            _ => return None,
        })
    }
    fn of_pod(ident: &PodIdent) -> About {
        let (namespace, name) = (ident.namespace, ident.name.to_string());
        About { namespace, kind: "pod".to_owned(), name, ident: *ident }
    }
}

/// Objects that are in the API and are no pods.
pub fn objects(w: &World) -> impl Iterator<Item = ObjectKey> + '_ {
    all_objects(w).filter(|key| w.workloads.exists(*key))
}

/// The same, and those that are gone.
pub(super) fn all_objects(w: &World) -> impl Iterator<Item = ObjectKey> + '_ {
    w.workloads.all()
}

/// The object that `deployment/web` or `deploy web` names; None where the words speak of no kind of object.
pub fn find_object(w: &World, text: &str) -> Option<Result<ObjectKey, String>> {
    let (kind, name) = text.split_once(['/', ' '])?;
    let (kind, name) = (ObjectType::parse(kind)?, name.trim());
    let is_it = |key: &ObjectKey| {
        api_server::type_of(w, *key).law().name == kind.name()
            && w.workloads.meta(*key).is_some_and(|meta| meta.name == name)
    };
    Some(objects(w).find(is_it).ok_or_else(|| {
        let kind = Kind::Applied(kind).plural();
        format!("Error from server (NotFound): {kind} \"{name}\" not found")
    }))
}

/// `10.244.0.7:8080` of each pod that stands behind a Service and is ready, for each of its ports.
pub(super) fn addresses(w: &World, served: &Held<Service>) -> Vec<String> {
    let Some(slices) = &served.beside else { return Vec::new() };
    let mut all: Vec<String> = Vec::new();
    for (pod, (_, standing)) in &slices.pods {
        let p = &w.pods[pod.ix()];
        let status = p.status.read();
        let Some(ip) = status.pod_ips.first().filter(|_| standing.ready) else { continue };
        let own = p.spec.containers.iter().flat_map(|container| &container.ports);
        for port in served.object.ports.iter() {
            let number = match port.target {
                TargetPort::Number(number) => Some(number),
                TargetPort::Name(name) => {
                    own.clone().find(|own| name == own.name.as_str()).map(|own| own.container_port)
                }
            };
            all.extend(number.map(|number| format!("{ip}:{number}")));
        }
    }
    all.sort();
    all
}

/// Three of them, and how many more there are (`formatEndpoints`, pkg/printers/internalversion/printers.go).
pub(super) fn shortened(addresses: &[String]) -> String {
    const SHOWN: usize = 3;
    match addresses.len() {
        0 => "<none>".to_owned(),
        all if all > SHOWN => format!("{} + {} more...", addresses[..SHOWN].join(","), all - SHOWN),
        _ => addresses.join(","),
    }
}

fn table(rows: &[Row], namespaces: bool, is_wide: bool, prefix: &str) -> String {
    let shown = |row: &Row| -> Vec<String> {
        let name = row.cells.iter().filter(|cell| is_wide || !cell.is_wide).map(|cell| match cell.header {
            "NAME" => format!("{prefix}{}", cell.text),
            _ => cell.text.clone(),
        });
        namespaces.then(|| row.namespace.to_string()).into_iter().chain(name).collect()
    };
    let heads = rows[0].cells.iter().filter(|cell| is_wide || !cell.is_wide).map(|cell| cell.header);
    let head: Vec<String> =
        namespaces.then_some("NAMESPACE").into_iter().chain(heads).map(str::to_owned).collect();
    let all: Vec<Vec<String>> = [head].into_iter().chain(rows.iter().map(shown)).collect();
    tables::lines(&all).iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
