//! What the upper table lists: all as a tree, one kind alone, nodes, or lines as kubectl prints them; and which of it.
//!
//! A view is asked for as in k9s, `:deploy`, `:no`, `:ev`, by the names that kubectl has for kinds. `/words` keeps the rows in
//! which the words stand, `/!words` those in which they do not, `/-l app=web` what has the labels. Esc takes the filter away
//! first, then goes back to the view before.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::actions::{Chosen, node_words};
use super::app::App;
use super::roll::Roll;
use super::sift::Sift;
use crate::actors::api_server;
use crate::rules::api_server::objects::ObjectType;
use crate::rules::kubectl::tables;
use crate::session::coming::Coming;
use crate::session::told_events::{ToldEvent, ToldEvents};
use crate::session::tree::{self, Leaf};
use crate::session::{get, kubectl};
use crate::world::workloads::ObjectKey;
use crate::world::{NodeId, PodId, World};

/// What is listed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum View {
    /// Workloads with what they have made, down to pods.
    #[default]
    All,
    /// Pods alone.
    Pods,
    /// Objects of one kind.
    Kind(ObjectType),
    /// Nodes.
    Nodes,
    /// What `get` prints of this.
    Lines(&'static str),
    /// What waits in the queue.
    Coming,
}

/// What can be asked for beside kinds that have rows of their own, by the names for it; the first one is told.
const NAMES: [(&[&str], Asked); 13] = [
    (&["all", "tree", "*"], Asked::All),
    (&["po", "pod", "pods"], Asked::Pods),
    (&["no", "node", "nodes"], Asked::Nodes),
    (&["ev", "event", "events"], Asked::Lines(EVENTS)),
    (&["ep", "endpoints"], Asked::Lines("endpoints")),
    (&["ns", "namespace", "namespaces"], Asked::Lines(NAMESPACES)),
    (&["cm", "configmap", "configmaps"], Asked::Lines("configmaps")),
    (&["secret", "secrets", "sec"], Asked::Lines("secrets")),
    (&["sa", "serviceaccount", "serviceaccounts"], Asked::Lines("serviceaccounts")),
    (&["pvc", "persistentvolumeclaim", "persistentvolumeclaims", "claims"], Asked::Lines("pvc")),
    (&["pv", "persistentvolume", "persistentvolumes"], Asked::Lines("pv")),
    (&["sc", "storageclass", "storageclasses"], Asked::Lines("sc")),
    (&["coming", "queue", "next"], Asked::Coming),
];

#[derive(Clone, Copy)]
enum Asked {
    All,
    Pods,
    Nodes,
    Lines(&'static str),
    Coming,
}

/// Names to choose from, for who types.
pub const TAKES: [&str; 24] = [
    "all      workloads with what they have made",
    "po       pods alone",
    "deploy   Deployments",
    "rs       ReplicaSets",
    "sts      StatefulSets",
    "ds       DaemonSets",
    "job      Jobs",
    "cj       CronJobs",
    "svc      Services",
    "hpa      HorizontalPodAutoscalers",
    "pdb      PodDisruptionBudgets",
    "quota    ResourceQuotas",
    "no       nodes",
    "ns       namespaces; Enter: the pods of one",
    "ev       events; Enter: what one is about",
    "ep       endpoints",
    "cm       ConfigMaps",
    "secret   Secrets",
    "sa       ServiceAccounts",
    "pvc      PersistentVolumeClaims",
    "pv       PersistentVolumes",
    "coming   what waits in the queue",
    "help     the keys",
    "q        leaves",
];

/// The names of views, as one types them.
pub fn names() -> impl Iterator<Item = &'static str> {
    TAKES.iter().filter_map(|line| line.split(' ').next())
}

/// What else a view may be called.
pub fn others(name: &str) -> Vec<&'static str> {
    let own = NAMES.iter().find(|(names, _)| names.contains(&name));
    match (own, ObjectType::parse(name)) {
        (Some((names, _)), _) => names.iter().copied().filter(|other| *other != name).collect(),
        (None, Some(kind)) => {
            let all = kind.law().short.iter().copied().chain([kind.singular().as_str(), kind.plural()]);
            all.filter(|other| *other != name).collect()
        }
        (None, None) => Vec::new(),
    }
}

impl View {
    /// By its name.
    ///
    /// # Errors
    /// There is no such view.
    pub fn named(word: &str) -> Result<View, String> {
        let word = word.trim().trim_start_matches(':').to_lowercase();
        let known = NAMES.iter().find(|(names, _)| names.contains(&word.as_str()));
        match (known, ObjectType::parse(&word)) {
            (Some((_, asked)), _) => Ok(match *asked {
                Asked::All => View::All,
                Asked::Pods => View::Pods,
                Asked::Nodes => View::Nodes,
                Asked::Lines(of) => View::Lines(of),
                Asked::Coming => View::Coming,
            }),
            (None, Some(kind)) => Ok(View::Kind(kind)),
            (None, None) => {
                let all: Vec<&str> = names().collect();
                let known: Vec<&str> = names().chain(super::k9s::words()).collect();
                let near = crate::scenario::diagnostic::nearest(&word, &known);
                let hint = near.map_or_else(|| all.join(", "), |near| format!("did you mean `{near}`?"));
                Err(format!("`{word}` is no view; {hint}"))
            }
        }
    }

    /// As it stands in the title; empty: the first one.
    pub fn title(&self) -> String {
        match self {
            View::All => String::new(),
            View::Pods => "pods".to_owned(),
            View::Kind(kind) => kind.plural().to_owned(),
            View::Nodes => "nodes".to_owned(),
            View::Lines(of) => (*of).to_owned(),
            View::Coming => "coming".to_owned(),
        }
    }
    /// It lists objects, of which one is selected.
    pub fn has_objects(&self) -> bool {
        matches!(self, View::All | View::Pods | View::Kind(_))
    }
    /// It lists events.
    pub fn has_events(&self) -> bool {
        *self == View::Lines(EVENTS)
    }
}

/// What `:ev` lists.
const EVENTS: &str = "events";
/// What `:ns` lists.
pub(super) const NAMESPACES: &str = "namespaces";

/// The rows of a view of lines.
pub enum Lines {
    /// All are spelled; a header stands above them where there is one.
    Spelled {
        /// Above them.
        header: Option<String>,
        /// From above.
        lines: Vec<String>,
    },
    /// Events by their numbers: spelled are those that are seen.
    Events(Vec<u32>),
}

/// Which rows are kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// As it was typed.
    pub words: String,
}

impl Filter {
    /// All rows are.
    pub fn is_empty(&self) -> bool {
        self.words.trim().is_empty()
    }
    /// Whether a row is kept, whose cells are these.
    fn takes(&self, row: &str) -> bool {
        let words = self.words.trim().to_lowercase();
        match words.strip_prefix('!') {
            Some(words) => !row.to_lowercase().contains(words),
            None => row.to_lowercase().contains(&words),
        }
    }
    /// The namespace that is asked for.
    fn namespace(&self) -> Option<&str> {
        self.words.trim().strip_prefix("-n").map(str::trim)
    }
    /// Whether what is kept by these words is kept by those of another filter, too: it has been typed on, and asks for more.
    pub fn narrows(&self, other: &Filter) -> bool {
        let is_plain = |filter: &Filter| !filter.words.trim_start().starts_with(['!', '-']);
        is_plain(self)
            && is_plain(other)
            && !other.is_empty()
            && self.words.trim().starts_with(other.words.trim())
    }
    /// The labels that are asked for.
    fn labels(&self) -> Option<Vec<(&str, &str)>> {
        let list = self.words.trim().strip_prefix("-l")?.trim();
        Some(list.split(',').filter_map(|pair| pair.split_once('=')).collect())
    }
}

/// Rows are looked up often and change seldom: they are kept while the world, the view and the filter are the same.
#[derive(Default)]
pub struct Kept {
    listed: Known<Of, Vec<Leaf>>,
    lines: Known<Of, Lines>,
    coming: Known<(u64, u64, Option<PodId>), Vec<Coming>>,
    pods: Known<(u64, u64), Vec<PodId>>,
    roll: RefCell<Roll>,
    sift: RefCell<Sift>,
    pub(super) events: RefCell<ToldEvents>,
    /// How often rows were looked at that had been left for a later frame.
    round: Cell<u64>,
    /// So many rows are left for the next one.
    left: Cell<usize>,
    /// How many rows, names among them, have been spelled.
    pub(super) spelled: Spelled,
}

/// Counts rows that are spelled: a frame spells what is seen, and no more.
#[derive(Default)]
pub struct Spelled(Cell<u64>);

impl Spelled {
    /// One more is.
    pub fn one(&self) {
        self.0.set(self.0.get() + 1);
    }
    /// So many were.
    pub fn count(&self) -> u64 {
        self.0.get()
    }
}

impl Kept {
    /// Rows are still to be looked at.
    pub fn is_looking(&self) -> bool {
        self.left.get() > 0
    }
    /// How many.
    pub fn left(&self) -> usize {
        self.left.get()
    }
    /// The next frame looks at more of them.
    pub fn look_on(&self) {
        self.left.set(0);
        self.round.set(self.round.get() + 1);
    }
    /// Another view, or another filter: what was known of the rows before is not held any longer.
    fn leave(&self) {
        self.left.set(0);
        self.sift.borrow_mut().forget();
        self.events.borrow_mut().forget();
        self.lines.forget();
    }
    /// The run is another one from here on.
    pub fn another_run(&self, w: &World) {
        self.roll.borrow_mut().forget_from(w.pods.len());
        self.sift.borrow_mut().forget();
        self.events.borrow_mut().forget();
    }
}

/// A value that is made anew where its key is another one.
struct Known<K, V>(RefCell<Option<(K, Rc<V>)>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Known<K, V> {
        Known(RefCell::new(None))
    }
}

impl<K: PartialEq, V> Known<K, V> {
    fn forget(&self) {
        *self.0.borrow_mut() = None;
    }
    fn of(&self, key: K, make: impl FnOnce() -> V) -> Rc<V> {
        if let Some((own, value)) = &*self.0.borrow()
            && *own == key
        {
            return Rc::clone(value);
        }
        let value = Rc::new(make());
        *self.0.borrow_mut() = Some((key, Rc::clone(&value)));
        value
    }
}

/// Of which moment: how often the run was changed, after how many steps, and of the clock, where ages are shown; and how often
/// more rows were looked at.
type Of = (u64, u64, i64, u64, View, Filter);

impl App {
    fn of(&self, with_clock: bool) -> Of {
        let clock = if with_clock { self.walk.offset().micros() } else { 0 };
        (
            self.changes,
            self.walk.position(),
            clock,
            self.kept.round.get(),
            self.view.clone(),
            self.filter.clone(),
        )
    }

    /// What waits in the queue, of what is selected.
    pub fn coming(&self) -> Rc<Vec<Coming>> {
        const SHOWN: usize = 200;
        let of = (self.changes, self.walk.position(), self.walk.selected);
        self.kept.coming.of(of, || self.walk.coming_first(self.walk.selected, SHOWN))
    }

    /// All pods by their names.
    pub fn pods(&self) -> Rc<Vec<PodId>> {
        let of = (self.changes, self.walk.position());
        self.kept.pods.of(of, || self.kept.roll.borrow_mut().pods(self.walk.world(), &self.kept.spelled))
    }

    /// The objects that are listed, from above.
    pub fn listed(&self) -> Rc<Vec<Leaf>> {
        self.kept.listed.of(self.of(false), || self.listed_anew())
    }

    fn listed_anew(&self) -> Vec<Leaf> {
        let w = self.walk.world();
        let flat = |of| Leaf { depth: 0, of };
        let mut all: Vec<Leaf> = match &self.view {
            View::All if !w.workloads.is_empty() => tree::tree_of(w, &self.pods()),
            View::Kind(ObjectType::Pod) | View::Pods | View::All => {
                self.pods().iter().map(|pod| flat(ObjectKey::Pod(*pod))).collect()
            }
            View::Kind(kind) => {
                let own = get::objects(w).filter(|key| api_server::type_of(w, *key) == *kind);
                own.map(flat).collect()
            }
            View::Nodes | View::Lines(_) | View::Coming => Vec::new(),
        };
        if let View::Kind(_) = self.view {
            all.sort_by_cached_key(|leaf| tree::name(w, leaf.of));
        }
        if !self.filter.is_empty() {
            let mut sift = self.kept.sift.borrow_mut();
            sift.begin(&self.filter);
            all.retain(|leaf| match leaf.of {
                ObjectKey::Pod(pod) => {
                    let version = w.pods[pod.ix()].resource_version;
                    sift.keeps(pod.ix(), version, |filter| takes_pod(w, filter, pod), &self.kept.spelled)
                }
                key => takes_object(w, &self.filter, key),
            });
            self.kept.left.set(sift.left());
        }
        all
    }

    /// The lines of a view that is no list of objects.
    pub fn lines(&self) -> Rc<Lines> {
        // What is told of events changes with steps alone; the ages of those that are seen are spelled for each frame.
        let with_clock = self.view != View::Lines(EVENTS);
        self.kept.lines.of(self.of(with_clock), || match self.view {
            View::Lines(EVENTS) => self.events_anew(),
            _ => self.lines_anew(),
        })
    }

    fn lines_anew(&self) -> Lines {
        let text = match &self.view {
            View::Nodes => self.walk.get("nodes"),
            View::Lines(of) => self.walk.get(of),
            View::Coming => Ok(super::panes::coming_lines(self).join("\n")),
            _ => Ok(String::new()),
        };
        let text = text.unwrap_or_else(|told| told);
        let mut lines = text.lines();
        let header = if self.has_header() { lines.next().map(str::to_owned) } else { None };
        let lines = lines.filter(|line| self.filter.is_empty() || self.filter.takes(line));
        Lines::Spelled { header, lines: lines.map(str::to_owned).collect() }
    }

    /// The events so far; those that a filter keeps, as far as they have been looked at.
    fn events_anew(&self) -> Lines {
        /// So many rows of the run are looked through in a frame.
        const ROWS: usize = 200_000;
        let mut events = self.kept.events.borrow_mut();
        let mut left = events.follow(&self.walk, ROWS);
        let (mut sift, has_filter) = (self.kept.sift.borrow_mut(), !self.filter.is_empty());
        if has_filter {
            sift.begin(&self.filter);
        }
        let mut rows = self.walk.history().iter();
        let mut keeps = |told: &ToldEvent| {
            let looks = |filter: &Filter| filter.takes(&self.walk.event_words(*told, &mut rows));
            sift.keeps(told.object as usize, u64::from(told.last), looks, &self.kept.spelled)
        };
        let is_kept = |told: &ToldEvent| !has_filter || keeps(told);
        let all = events.all().filter(is_kept).map(|told| told.object).collect();
        left += if has_filter { sift.left() } else { 0 };
        self.kept.left.set(left);
        Lines::Events(all)
    }

    /// How many lines there are below the header.
    pub fn line_count(&self) -> usize {
        match &*self.lines() {
            Lines::Spelled { lines, .. } => lines.len(),
            Lines::Events(all) => all.len(),
        }
    }

    /// The header, and so many lines from one on.
    pub fn shown_lines(&self, first: usize, count: usize) -> (Option<String>, Vec<String>) {
        match &*self.lines() {
            Lines::Spelled { header, lines } => {
                (header.clone(), lines.iter().skip(first).take(count).cloned().collect())
            }
            Lines::Events(all) => {
                let (shown, events) = (all.iter().skip(first).take(count), self.kept.events.borrow());
                let rows: Vec<_> = shown
                    .filter_map(|object| {
                        self.kept.spelled.one();
                        self.walk.event_line(events.told(*object)?)
                    })
                    .collect();
                aligned(&rows)
            }
        }
    }

    /// The first line of a view of lines is its header.
    pub fn has_header(&self) -> bool {
        matches!(self.view, View::Nodes | View::Lines(_))
    }

    /// The node that is marked in the view of nodes.
    pub fn node(&self) -> Option<NodeId> {
        if self.view != View::Nodes {
            return None;
        }
        let marked = self.row.min(self.line_count().saturating_sub(1));
        let (_, lines) = self.shown_lines(marked, 1);
        let name = lines.first()?.split_whitespace().next()?;
        let w = self.walk.world();
        let at = w.nodes.iter().position(|node| node.exists && node.spec.name == name)?;
        Some(NodeId(at as u32))
    }

    /// What the menu of actions is about.
    pub fn chosen(&self) -> Option<Chosen> {
        match &self.view {
            View::Nodes => self.node().map(Chosen::Node),
            View::Lines(_) | View::Coming => None,
            // What is not there, or not shown, is not acted on.
            _ => self.selection().filter(|own| self.is_listed(*own)).map(Chosen::Object),
        }
    }

    /// What is chosen, in a word, for the menu's title.
    pub fn chosen_words(&self) -> String {
        match self.chosen() {
            Some(Chosen::Node(node)) => {
                format!(
                    "{}, which is {}",
                    super::actions::spoken(self, Chosen::Node(node)),
                    node_words(self, node)
                )
            }
            Some(chosen) => super::actions::spoken(self, chosen),
            None => String::new(),
        }
    }

    /// Shows another view; the one before is where Esc goes back to. What it lists of what was selected is selected in it.
    pub fn show(&mut self, view: View) {
        if view == self.view {
            return;
        }
        let before = std::mem::replace(&mut self.view, view);
        self.views.push(before);
        (self.row, self.filter, self.scroll) = (0, Filter::default(), 0);
        self.kept.leave();
        let pod = self.walk.selected.map(ObjectKey::Pod);
        let own = self.walk.workload.or(pod).and_then(|own| self.shown_for(own));
        match own {
            _ if self.pinned || !self.view.has_objects() => {}
            Some(own) => self.look_at(own),
            None => self.select_row(0),
        }
    }

    /// Takes the filter away, or goes back to the view before; false: there is neither.
    pub fn step_out(&mut self) -> bool {
        if !self.filter.is_empty() {
            self.filter = Filter::default();
            self.kept.leave();
            return true;
        }
        let before = self.views.pop();
        let goes = before.is_some();
        if let Some(before) = before {
            (self.view, self.row) = (before, 0);
            self.kept.leave();
        }
        goes
    }
}

/// Whether a filter keeps a pod: by its labels, or by its line as kubectl prints it. How old it is counts as little as in k9s: what
/// is kept would change with the clock.
fn takes_pod(w: &World, filter: &Filter, pod: PodId) -> bool {
    let p = &w.pods[pod.ix()];
    match (filter.labels(), filter.namespace()) {
        (Some(labels), _) => has(&p.labels, &labels),
        (None, Some(namespace)) => p.ident.namespace == namespace,
        (None, None) => filter.takes(&kubectl::lasting_words(w, pod)),
    }
}

fn takes_object(w: &World, filter: &Filter, key: ObjectKey) -> bool {
    match (filter.labels(), filter.namespace()) {
        (Some(labels), _) => w.workloads.meta(key).is_some_and(|meta| has(&meta.labels, &labels)),
        (None, Some(namespace)) => w.workloads.meta(key).is_some_and(|meta| meta.namespace == namespace),
        (None, None) => filter.takes(&format!("{} {}", tree::name(w, key), tree::state(w, key))),
    }
}

fn has(own: &BTreeMap<String, String>, labels: &[(&str, &str)]) -> bool {
    labels.iter().all(|(key, value)| own.get(*key).is_some_and(|own| own == value))
}

/// Rows of named columns as kubectl lays them out, and the header above them.
fn aligned(rows: &[Vec<(&'static str, String)>]) -> (Option<String>, Vec<String>) {
    let Some(first) = rows.first() else { return (None, Vec::new()) };
    let header = first.iter().map(|(header, _)| (*header).to_owned()).collect();
    let cells = rows.iter().map(|row| row.iter().map(|(_, text)| text.clone()).collect());
    let mut lines = tables::lines(&[header].into_iter().chain(cells).collect::<Vec<Vec<String>>>());
    let header = lines.remove(0);
    (Some(header), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_have_the_names_of_kubectl() {
        for (word, view) in [
            (":deploy", View::Kind(ObjectType::Deployment)),
            ("deployments", View::Kind(ObjectType::Deployment)),
            ("po", View::Pods),
            ("no", View::Nodes),
            (":svc", View::Kind(ObjectType::Service)),
            ("EV", View::Lines("events")),
            ("all", View::All),
            ("pdb", View::Kind(ObjectType::PodDisruptionBudget)),
        ] {
            assert_eq!(View::named(word), Ok(view), "{word}");
        }
        assert_eq!(View::named("deplo"), Err("`deplo` is no view; did you mean `deploy`?".to_owned()));
        for word in names().filter(|word| !["help", "q"].contains(word)) {
            assert!(View::named(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn rows_are_kept_by_words_or_without_them() {
        let takes = |words: &str, row: &str| Filter { words: words.to_owned() }.takes(row);
        assert!(takes("back", "web-1 CrashLoopBackOff"));
        assert!(!takes("!back", "web-1 CrashLoopBackOff"));
        assert!(takes("!back", "web-2 Running"));
        let labels = Filter { words: "-l app=web,tier=front".to_owned() };
        assert_eq!(labels.labels(), Some(vec![("app", "web"), ("tier", "front")]));
    }
}
