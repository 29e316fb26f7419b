//! `kubectl get`: tables of pods, of workloads, Services and who stands behind them, and of events.
//!
//! Rows of objects are made from their JSON ([`tables`]), those of pods from what [`kubectl`] shows of them. Of several kinds
//! each has a table of its own, and names say of which kind they are, as kubectl prints them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::asked::{Asked, Kind, Out};
use super::kubectl::{self, SeenEvent};
use super::past::Rows;
use super::told_events::ToldEvent;
use super::whole::{self, Found};
use super::{Walk, referred};
use crate::actors::api_server;
use crate::api::service::{Service, TargetPort};
use crate::api::{PodIdent, Sym};
use crate::record::{Change, Directory, Event, ObjectChange, Transition};
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::printing::age;
use crate::rules::kubectl::tables::{self, Cell};
use crate::world::held::Held;
use crate::world::workloads::ObjectKey;
use crate::world::{PodId, World};

/// What is told where something is to be watched.
const STANDS: &str =
    "(time stands while you look, so nothing comes here: `next` goes on to the next change)\n";

impl Walk {
    /// `kubectl get`; without a word that of all pods, wide.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn get(&self, text: &str) -> Result<String, String> {
        let asked = Asked::read(text)?;
        let mut told = self.got(&asked)?;
        if asked.watches {
            told.push_str(STANDS);
        }
        Ok(told)
    }

    fn got(&self, asked: &Asked) -> Result<String, String> {
        if asked.is_plain() && asked.kinds[..] == [Kind::Pods] && asked.out == (Out::Table { is_wide: true })
        {
            return Ok(kubectl::get(self.world(), self.now()));
        }
        let of_kinds: Vec<(Kind, Vec<Found>)> =
            asked.kinds.iter().map(|kind| (*kind, self.found(*kind, asked))).collect();
        let is_there =
            |name: &String| of_kinds.iter().any(|(_, all)| all.iter().any(|own| own.name == *name));
        let kind = asked.kinds[0].plural();
        let missing = asked.names.iter().filter(|name| !asked.ignores_missing && !is_there(name));
        let missing: Vec<String> = missing
            .map(|name| format!("Error from server (NotFound): {kind} \"{name}\" not found"))
            .collect();
        let told = match &asked.out {
            Out::Table { is_wide } => self.tables(asked, &of_kinds, *is_wide),
            _ => whole::printed(asked, of_kinds),
        };
        match missing.len() {
            0 if told.is_empty() && matches!(asked.out, Out::Table { .. }) => Ok(nothing(asked)),
            0 => Ok(told),
            // What is there is told first.
            all if all == asked.names.len() => Err(missing.join("\n")),
            _ => Ok(told + &missing.join("\n") + "\n"),
        }
    }

    /// A table for each kind of which there is something.
    fn tables(&self, asked: &Asked, of_kinds: &[(Kind, Vec<Found>)], is_wide: bool) -> String {
        let mut namespaces: Vec<Sym> =
            of_kinds.iter().flat_map(|(_, all)| all).map(|own| own.namespace).collect();
        namespaces.dedup();
        let several = namespaces.iter().any(|other| *other != namespaces[0]);
        let tables = of_kinds.iter().filter(|(_, all)| !all.is_empty()).map(|(kind, all)| {
            let prefix = if asked.kinds.len() > 1 { kind.resource() + "/" } else { String::new() };
            let with_namespace = several || (asked.of_all_namespaces && kind.is_namespaced());
            let rows: Vec<Vec<Cell>> =
                all.iter().filter_map(|own| self.row(own, asked.shows_labels)).collect();
            let rows = all.iter().map(|own| own.namespace).zip(rows).collect::<Vec<_>>();
            table(&rows, with_namespace, is_wide, asked.has_headers, &prefix)
        });
        tables.collect::<Vec<_>>().join("\n")
    }

    fn row(&self, own: &Found, shows_labels: bool) -> Option<Vec<Cell>> {
        let mut cells = own.cells.clone().or_else(|| tables::row(&own.value, self.now()))?;
        if shows_labels {
            let labels = referred::labels(&own.value);
            let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let text = if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") };
            cells.push(cell("LABELS", false, text));
        }
        Some(cells)
    }

    /// The cells of a pod's row.
    pub(super) fn pod_cells(&self, pod: PodId) -> Vec<Cell> {
        const NARROW: usize = 5;
        let texts = kubectl::COLUMNS.into_iter().zip(kubectl::cells(self.world(), pod, self.now()));
        texts.enumerate().map(|(ix, (header, text))| cell(header, ix >= NARROW, text)).collect()
    }

    /// Pods among which those are that are asked for, by namespace and name: where names are, no others are looked at.
    pub(super) fn asked_pods(&self, asked: &Asked) -> Vec<PodId> {
        let w = self.world();
        if asked.names.is_empty() {
            return kubectl::pods(w);
        }
        let mut namespaces = w.names.namespaces().to_vec();
        namespaces.sort_by_key(|own| own.as_str());
        let mut names: Vec<&str> = asked.names.iter().map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        let named = |namespace: Sym| {
            let own = names.iter().map(move |name| (namespace, Sym::new(name)));
            own.filter_map(|(namespace, name)| api_server::find_pod(w, namespace, name)).collect::<Vec<_>>()
        };
        namespaces.into_iter().flat_map(named).collect()
    }

    /// `v1` Endpoints: the ready ones of a Service's slices.
    pub(super) fn found_endpoints(&self, asked: &Asked) -> Vec<Found> {
        let w = self.world();
        let served = w.workloads.services.iter().filter(|served| served.exists && served.beside.is_some());
        let taken = served.filter(|served| {
            let meta = &served.object.meta;
            asked.takes(meta.namespace, meta.name.as_str(), Some(&meta.labels))
        });
        let found = |served: &Held<Service>| {
            let meta = &served.object.meta;
            let cells = vec![
                cell("NAME", false, meta.name.to_string()),
                cell("ENDPOINTS", false, shortened(&addresses(w, served))),
                cell("AGE", false, age(Some(meta.created), self.now())),
            ];
            let value = json!({ "metadata": { "name": meta.name, "namespace": meta.namespace, "labels": &*meta.labels } });
            Found { namespace: meta.namespace, name: meta.name.to_string(), value, cells: Some(cells) }
        };
        taken.map(found).collect()
    }

    /// Events by the instant at which they were last seen; they have no labels, and names that nobody types: an object's is taken.
    pub(super) fn found_events(&self, asked: &Asked) -> Vec<Found> {
        let directory = &self.world().directory;
        let mut list: BTreeMap<u32, (SeenEvent, About)> = BTreeMap::new();
        for row in self.history() {
            let Some((event, about)) = About::of_row(&row, directory) else { continue };
            let first = list.get(&event.object).map_or(row.time, |(seen, _)| seen.first);
            list.insert(event.object, (SeenEvent { event, first, last: row.time }, about));
        }
        let mut list: Vec<(SeenEvent, About)> = list.into_values().collect();
        list.sort_by_key(|(seen, _)| seen.last);
        let taken = list.into_iter().filter(|(_, about)| asked.takes(about.namespace, &about.name, None));
        taken
            .map(|(seen, about)| {
                let value = event_value(&seen, &about);
                Found { namespace: about.namespace, name: about.name, value, cells: None }
            })
            .collect()
    }

    /// What stands in an event object's row and does not change with the clock; `rows` are those of the history.
    pub fn event_words(&self, told: ToldEvent, rows: &mut Rows<'_>) -> String {
        let directory = &self.world().directory;
        let Some((event, about)) = rows.at(told.last as usize).and_then(|row| About::of_row(&row, directory))
        else {
            return String::new();
        };
        let (kind, reason, message) = (event.kind.as_str(), event.reason, event.message.show(&about.ident));
        format!("{} {kind} {reason} {}/{} {message}", about.namespace, about.kind, about.name)
    }

    /// An event object's row of `kubectl get events`, with the namespace before it where there are several: its columns' names,
    /// and what stands below them.
    pub fn event_line(&self, told: ToldEvent) -> Option<Vec<(&'static str, String)>> {
        let w = self.world();
        let row = self.history().get(told.last as usize)?;
        let (event, about) = About::of_row(&row, &w.directory)?;
        let first = self.history().get(told.first as usize)?.time;
        let seen = SeenEvent { event, first, last: row.time };
        let cells = tables::row(&event_value(&seen, &about), self.now())?;
        let several = w.names.namespaces().len() > 1;
        let space = several.then(|| ("NAMESPACE", about.namespace.to_string()));
        let narrow = cells.into_iter().filter(|cell| !cell.is_wide).map(|cell| (cell.header, cell.text));
        Some(space.into_iter().chain(narrow).collect())
    }
}

/// An event object as the API prints it.
fn event_value(seen: &SeenEvent, about: &About) -> Value {
    let event = seen.event;
    let kind = match ObjectType::parse(&about.kind) {
        Some(kind) => kind.name(),
        None if about.kind == "pod" => "Pod",
        None => about.kind.as_str(),
    };
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {
            "name": format!("{}.{:x}", about.name, event.object), "namespace": about.namespace,
            "creationTimestamp": seen.first.rfc3339_secs(),
        },
        "involvedObject": {
            "kind": kind, "namespace": about.namespace, "name": about.name,
            "fieldPath": event.field_path.as_str(),
        },
        "type": event.kind.as_str(),
        "reason": event.reason.as_str(),
        "message": event.message.show(&about.ident).to_string(),
        "count": event.count,
        "firstTimestamp": seen.first.rfc3339_secs(),
        "lastTimestamp": seen.last.rfc3339_secs(),
        "source": { "component": event.component.as_str() },
    })
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

fn nothing(asked: &Asked) -> String {
    let is_of_namespace = asked.kinds.iter().any(|kind| kind.is_namespaced()) && !asked.of_all_namespaces;
    match &asked.namespace {
        _ if asked.ignores_missing && !asked.names.is_empty() => String::new(),
        _ if !is_of_namespace => "No resources found\n".to_owned(),
        Some(namespace) => format!("No resources found in {namespace} namespace.\n"),
        None => "No resources found in default namespace.\n".to_owned(),
    }
}

fn table(
    rows: &[(Sym, Vec<Cell>)],
    namespaces: bool,
    is_wide: bool,
    has_headers: bool,
    prefix: &str,
) -> String {
    let shown = |(namespace, cells): &(Sym, Vec<Cell>)| -> Vec<String> {
        let name = cells.iter().filter(|cell| is_wide || !cell.is_wide).map(|cell| match cell.header {
            "NAME" => format!("{prefix}{}", cell.text),
            _ => cell.text.clone(),
        });
        namespaces.then(|| namespace.to_string()).into_iter().chain(name).collect()
    };
    let first = rows.first().map_or(&[][..], |(_, cells)| cells);
    let heads = first.iter().filter(|cell| is_wide || !cell.is_wide).map(|cell| cell.header);
    let head: Vec<String> =
        namespaces.then_some("NAMESPACE").into_iter().chain(heads).map(str::to_owned).collect();
    let head = has_headers.then_some(head).into_iter();
    let all: Vec<Vec<String>> = head.chain(rows.iter().map(shown)).collect();
    tables::lines(&all).iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn cell(header: &'static str, is_wide: bool, text: String) -> Cell {
    Cell { header, is_wide, text }
}
