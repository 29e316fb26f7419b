//! A picture of what was gathered: nodes that were not always Ready, then workloads with their pods, below each pod its
//! containers, above it its events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::gather::{Gathered, Group, Instant, Life, Shown, Stage};
use super::paper::{LEFT, Paper, RIGHT, WIDTH, escaped, fitted, n, span, step, width};
use super::style::{HEAD, Look, NODE, of_container, of_pod};
use crate::api::{Sym, Tri};
use crate::record::{Directory, Ending, ObjectRow, PodRecord};
use crate::time::Time;

/// So many pods are shown one by one; the rest stand in their group's crowd.
const PODS: usize = 26;
/// So many where there is a crowd.
const OF_A_CROWD: usize = 8;
/// So many groups are shown.
const GROUPS: usize = 13;
/// So many nodes.
const NODES: usize = 6;
/// So many containers of a pod.
const CONTAINERS: usize = 4;
/// What is narrower than this is drawn as wide, and what comes behind it begins later.
const NARROWEST: f64 = 0.9;

/// The height of a pod's bar, of a container's lane, of the strip of events, and of a crowd.
const BAR: f64 = 13.0;
const LANE: f64 = 10.0;
const STRIP: f64 = 11.0;
const CROWD: f64 = 48.0;

/// What a picture is drawn from.
struct Draft<'a> {
    gathered: &'a Gathered,
    directory: &'a Directory,
    records: &'a [PodRecord],
    end: Time,
    paper: Paper,
    y: f64,
    looks: BTreeSet<Look>,
    has: [bool; 3],
}

/// Events, Normal and Warning, and the curve of a workload: places in [`Draft::has`].
const NORMAL: usize = 0;
const WARNING: usize = 1;
const CURVE: usize = 2;

/// The whole file.
pub fn picture(gathered: &Gathered, directory: &Directory, ending: &Ending<'_>) -> String {
    let paper = Paper::new(directory.start, ending.at);
    let end = paper.end;
    let records = ending.pods.as_slice();
    let (y, looks, has) = (0.0, BTreeSet::new(), [false; 3]);
    let mut draft = Draft { gathered, directory, records, end, paper, y, looks, has };
    draft.nodes();
    draft.groups();
    draft.whole(ending.partial)
}

/// `10,000`
fn count(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

/// `1 pod`, `2 pods`
fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

impl Draft<'_> {
    /// Title, legend and axes around what has been drawn.
    fn whole(mut self, partial: bool) -> String {
        let high = self.y;
        let pods: usize = self.gathered.groups.iter().map(|group| group.pods.len()).sum();
        let workloads: BTreeSet<ObjectRow> =
            self.gathered.groups.iter().filter_map(|group| group.owner).collect();
        let mut title = counted(pods, "pod");
        if !workloads.is_empty() {
            let _ = write!(title, " of {}", counted(workloads.len(), "workload"));
        }
        if !self.directory.nodes.is_empty() {
            let _ = write!(title, " on {}", counted(self.directory.nodes.len(), "node"));
        }
        let over = span(self.end.since(self.paper.start));
        let cut = if partial { ", cut short" } else { "" };
        let under = format!("{over}{cut}, from {}", self.paper.start.rfc3339_secs());
        let body = std::mem::take(&mut self.paper.body);

        self.paper.text("h", (12.0, 22.0), &title);
        self.paper.text("q e", (RIGHT, 22.0), &under);
        self.y = 32.0;
        self.legend();
        let top = self.y + 18.0;
        let bottom = top + high;
        self.axis(top, bottom);
        let frame = std::mem::take(&mut self.paper.body);

        let all = bottom + 26.0;
        let desc = format!(
            "{title}, over {under}. Each pod is a bar of its phase and readiness; lanes below it are its containers, marks above it events."
        );
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
             aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{HEAD}\
             <rect class=\"bg\" width=\"{w}\" height=\"{h}\"/>\n{frame}<g transform=\"translate(0 {})\">\n{body}</g>\n</svg>\n",
            escaped(&title),
            desc.replace('&', "&amp;").replace('<', "&lt;"),
            n(top),
            w = n(WIDTH),
            h = n(all),
        )
    }

    /// The states that occur, with their words.
    fn legend(&mut self) {
        let mut x = 12.0;
        let all: Vec<Look> = [Shown::ALL.map(of_pod).to_vec(), containers()].concat();
        let mut y = self.y + 4.0;
        let mut place = |wide: f64| {
            if x + wide > RIGHT {
                (x, y) = (12.0, y + 15.0);
            }
            let at = (x, y);
            x += wide + 12.0;
            at
        };
        for look in all.into_iter().chain(NODE.into_iter().skip(1)).filter(|look| self.looks.contains(look)) {
            let at = place(20.0 + width(look.words, 10.0));
            self.paper.rect(look.class, at, (14.0, 10.0), "");
            self.paper.text("q", (at.0 + 18.0, at.1 + 9.0), look.words);
        }
        let marks = [(NORMAL, "event"), (WARNING, "warning"), (CURVE, "available, of desired")];
        let has = self.has;
        for (mark, words) in marks.into_iter().filter(|(mark, _)| has[*mark]) {
            let (x, y) = place(20.0 + width(words, 10.0));
            match mark {
                NORMAL => self.glyph(x + 7.0, y + 5.0, false, ""),
                WARNING => self.glyph(x + 7.0, y + 5.0, true, ""),
                _ => {
                    self.paper.rect("av", (x, y + 3.0), (14.0, 7.0), "");
                    self.paper.path("de", &format!("M{} {}h14", n(x), n(y + 1.0)), "");
                }
            }
            self.paper.text("q", (x + 18.0, y + 9.0), words);
        }
        self.y = y + 15.0;
    }

    fn axis(&mut self, top: f64, bottom: f64) {
        let all = self.end.since(self.paper.start);
        let step = step(all);
        let mut at = self.paper.start;
        while at <= self.end {
            let x = self.paper.x(at);
            self.paper.path("gl", &format!("M{x} {t}V{b}", x = n(x), t = n(top - 4.0), b = n(bottom)), "");
            let words = span(at.since(self.paper.start));
            let class = if x > RIGHT - 14.0 { "q e" } else { "q m" };
            self.paper.text(class, (x, top - 7.0), &words);
            self.paper.text(class, (x, bottom + 14.0), &words);
            at += step;
        }
        self.paper.path("ax", &format!("M{} {}H{}", n(LEFT), n(bottom), n(RIGHT)), "");
    }

    /// Nodes that were not Ready all the time that they were there.
    fn nodes(&mut self) {
        let gathered = self.gathered;
        let changed = |steps: &&Vec<(Time, Tri)>| {
            let settled = steps.iter().skip_while(|(_, ready)| *ready != Tri::True);
            settled.take(2).count() == 2
                || steps.iter().all(|(_, ready)| *ready != Tri::True) && !steps.is_empty()
        };
        let rows: Vec<(usize, &Vec<(Time, Tri)>)> =
            gathered.nodes.iter().enumerate().filter(|(_, steps)| changed(steps)).collect();
        if rows.is_empty() {
            return;
        }
        self.heading(
            "nodes",
            &format!("that were not always Ready, of {}", count(self.directory.nodes.len())),
        );
        for (row, steps) in rows.iter().take(NODES) {
            let name = self.directory.nodes[*row];
            self.label("", &name, self.y + BAR - 3.0);
            let steps: Vec<(Time, Option<(Look, String)>)> = steps
                .iter()
                .map(|(at, ready)| {
                    (*at, Some((NODE[usize::from(*ready != Tri::True)], node_words(*ready).to_owned())))
                })
                .collect();
            self.bar(&steps, BAR, &name);
            self.y += BAR + 6.0;
        }
        if rows.len() > NODES {
            self.note(&format!("and {} more", counted(rows.len() - NODES, "node")));
        }
        self.y += 6.0;
    }

    fn groups(&mut self) {
        let gathered = self.gathered;
        let shares = shares(&gathered.groups.iter().map(|group| group.pods.len()).collect::<Vec<_>>());
        for (group, share) in gathered.groups.iter().zip(&shares) {
            self.group(group, *share);
        }
        if gathered.groups.len() > GROUPS {
            let rest = &gathered.groups[GROUPS..];
            let pods = rest.iter().map(|group| group.pods.len()).sum();
            let rows = rest.iter().flat_map(|group| &group.pods);
            let words = format!(
                "and {} with {}: {}",
                counted(rest.len(), "more group"),
                counted(pods, "pod"),
                self.summed_up(rows.map(|pod| *pod as usize))
            );
            self.note(&words);
        }
    }

    fn group(&mut self, group: &Group, share: usize) {
        let mut title = match group.owner {
            Some(owner) => {
                let ident = &self.directory.objects[owner as usize];
                format!("{}/{}", ident.kind, ident.name)
            }
            None if group.base.is_empty() => "pods of their own".to_owned(),
            None => format!("pods {}-…", group.base),
        };
        if group.namespace.as_str() != "default" {
            let _ = write!(title, " in {}", group.namespace);
        }
        let many = group.pods.len() > share;
        let words = if many { counted(group.pods.len(), "pod") } else { String::new() };
        self.heading(&title, &words);
        if let Some(owner) = group.owner {
            self.curve(owner);
            self.instants(self.gathered.instants.get(&owner).map_or(&[], Vec::as_slice));
        }
        let mut shown: Vec<&Life> = group.lives.iter().collect();
        if many {
            self.crowd(group);
            shown.sort_by_key(|life| std::cmp::Reverse(self.trouble(life)));
            shown.truncate(share);
            shown.sort_by_key(|life| life.pod);
            let all: BTreeSet<u32> = shown.iter().map(|life| life.pod).collect();
            let rest = group.pods.iter().filter(|pod| !all.contains(pod)).map(|pod| *pod as usize);
            let words = format!(
                "{} one by one: those that fare worst of the first {}; {} more: {}",
                count(shown.len()),
                count(group.lives.len()),
                count(group.pods.len() - shown.len()),
                self.summed_up(rest)
            );
            self.note(&words);
        }
        for life in shown {
            self.pod(life);
        }
        self.y += 8.0;
    }

    /// How ill a pod fares: how it stands at the end, and how often it was restarted.
    fn trouble(&self, life: &Life) -> (u8, i32) {
        let record = self.records.get(life.pod as usize).copied().unwrap_or_default();
        let last = life.shown.last().and_then(|(_, shown)| *shown);
        let grade = match last {
            Some(Shown::Failed) => 4,
            Some(Shown::NotReady | Shown::Unknown) => 3,
            Some(Shown::Pending) => 2,
            Some(Shown::Leaving) => 1,
            _ => 0,
        };
        (grade, record.restarts)
    }

    /// `90 Running, 10 CrashLoopBackOff at the end; 123 restarts`
    fn summed_up(&self, pods: impl Iterator<Item = usize>) -> String {
        let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
        let mut restarts = 0_i64;
        for record in pods.filter_map(|pod| self.records.get(pod)) {
            restarts += i64::from(record.restarts);
            let status = if record.removed.is_some() { "gone" } else { record.status.as_str() };
            *by_status.entry(status).or_default() += 1;
        }
        let mut most: Vec<(&str, usize)> = by_status.into_iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let words: Vec<String> =
            most.iter().take(4).map(|(status, number)| format!("{} {status}", count(*number))).collect();
        let restarts = match usize::try_from(restarts) {
            Ok(number) if number > 0 => format!("; {}", counted(number, "restart")),
            _ => String::new(),
        };
        format!("{} at the end{restarts}", words.join(", "))
    }

    fn heading(&mut self, title: &str, words: &str) {
        self.paper.rect("band", (0.0, self.y), (WIDTH, 17.0), "");
        let title = fitted(title, 12.0, if words.is_empty() { WIDTH - 24.0 } else { WIDTH / 2.0 });
        self.paper.text("g", (12.0, self.y + 12.5), &title);
        self.paper.text("q e", (RIGHT, self.y + 12.5), words);
        self.y += 21.0;
    }

    /// A line of small print.
    fn note(&mut self, words: &str) {
        self.paper.text("q", (12.0, self.y + 9.0), &fitted(words, 9.0, WIDTH - 24.0));
        self.y += 15.0;
    }

    fn label(&mut self, class: &str, words: &str, y: f64) {
        let size = if class.is_empty() { 11.0 } else { 10.0 };
        let words = fitted(words, size, LEFT - 20.0);
        self.paper.text(&format!("{class} e"), (LEFT - 8.0, y), &words);
    }

    /// How many were available, of how many.
    fn curve(&mut self, owner: ObjectRow) {
        let Some(steps) = self.gathered.figures.get(&owner).filter(|steps| !steps.is_empty()) else { return };
        let most =
            steps.iter().filter_map(|(_, level)| *level).map(|(there, of)| there.max(of)).max().unwrap_or(0);
        if most <= 0 {
            return;
        }
        self.has[CURVE] = true;
        const HIGH: f64 = 20.0;
        let base = self.y + HIGH;
        let y = |number: i32| base - HIGH * f64::from(number.max(0)) / f64::from(most);
        let (mut there, mut of) = (String::new(), String::new());
        let mut cursor = f64::MIN;
        for (ix, (at, level)) in steps.iter().enumerate() {
            let next = steps.get(ix + 1).map_or(self.end, |(next, _)| *next);
            let (from, to) = (self.paper.x(*at), self.paper.x(next));
            if to - cursor < 0.3 && ix + 1 < steps.len() {
                continue;
            }
            cursor = to;
            let (now, desired) = level.unwrap_or((0, 0));
            let begin = if there.is_empty() { format!("M{} {}", n(from), n(base)) } else { String::new() };
            let _ = write!(there, "{begin}L{} {y}H{}", n(from), n(to), y = n(y(now)));
            let joint = if of.is_empty() { 'M' } else { 'L' };
            let _ = write!(of, "{joint}{} {y}H{}", n(from), n(to), y = n(y(desired)));
        }
        let _ = write!(there, "V{}Z", n(base));
        let last = steps.last().and_then(|(_, level)| *level);
        let words =
            last.map_or("gone at the end".to_owned(), |(there, of)| format!("{there} of {of} at the end"));
        self.paper.path("av", &there, &words);
        self.paper.path("de", &of, "");
        self.label("q", &words, self.y + 14.0);
        self.y += HIGH + 4.0;
    }

    /// How many pods were in which state.
    fn crowd(&mut self, group: &Group) {
        let steps = group.crowd.counts();
        let most = steps.iter().map(|(_, counts)| counts.iter().sum::<i32>()).max().unwrap_or(0).max(1);
        let base = self.y + CROWD;
        let high = |number: i32| CROWD * f64::from(number.max(0)) / f64::from(most);
        for shown in Shown::ALL {
            let place = shown as usize;
            if steps.iter().all(|(_, counts)| counts[place] == 0) {
                continue;
            }
            let look = of_pod(shown);
            self.looks.insert(look);
            let (mut upper, mut lower) = (Vec::new(), Vec::new());
            let mut cursor = f64::MIN;
            for (ix, (at, counts)) in steps.iter().enumerate() {
                let next = steps.get(ix + 1).map_or(self.end, |(next, _)| *next);
                let (from, to) = (self.paper.x(*at), self.paper.x(next));
                if to - cursor < 0.3 {
                    continue;
                }
                let from = from.max(if cursor == f64::MIN { from } else { cursor });
                cursor = to;
                let below: i32 = counts[..place].iter().sum();
                let (bottom, top) = (base - high(below), base - high(below + counts[place]));
                upper.extend([(from, top), (to, top)]);
                lower.extend([(from, bottom), (to, bottom)]);
            }
            let points: Vec<String> =
                upper.iter().chain(lower.iter().rev()).map(|(x, y)| format!("{} {}", n(*x), n(*y))).collect();
            let last = steps.last().map_or(0, |(_, counts)| counts[place]);
            let hint = format!("{}: {} at the end", look.words, count(last.max(0) as usize));
            self.paper.path(look.class, &format!("M{}Z", points.join("L")), &hint);
        }
        self.label("q", &format!("{} pods", count(most as usize)), self.y + 9.0);
        self.label("q", "0", base);
        self.y = base + 6.0;
    }

    fn pod(&mut self, life: &Life) {
        let ident = &self.directory.pods[life.pod as usize];
        let name = ident.name.to_string();
        self.instants(&life.instants);
        self.label("", &name, self.y + BAR - 3.0);
        let steps: Vec<_> = life
            .shown
            .iter()
            .map(|(at, shown)| (*at, shown.map(|shown| (of_pod(shown), shown.words().to_owned()))))
            .collect();
        self.bar(&steps, BAR, &name);
        self.y += BAR + 1.0;
        let gone = life.shown.last().filter(|(_, shown)| shown.is_none()).map(|(at, _)| *at);
        for (container, stages) in life.containers.iter().take(CONTAINERS) {
            if life.containers.len() > 1 {
                self.label("q", container, self.y + LANE - 1.5);
            }
            let ended = gone.map(|gone| (gone, None));
            let steps: Vec<_> = stages
                .iter()
                .map(|(at, stage)| (*at, Some((of_container(*stage), stage_words(*stage)))))
                .chain(ended)
                .collect();
            self.bar(&steps, LANE, container);
            self.y += LANE + 1.0;
        }
        if life.containers.len() > CONTAINERS {
            self.label("q", &format!("and {} more", life.containers.len() - CONTAINERS), self.y + LANE - 1.5);
            self.y += LANE;
        }
        self.y += 6.0;
    }

    /// A life as a bar; words stand in what has room for them.
    fn bar(&mut self, steps: &[(Time, Option<(Look, String)>)], high: f64, of: &str) {
        let mut cursor = LEFT;
        for (ix, (at, shown)) in steps.iter().enumerate() {
            let next = steps.get(ix + 1).map_or(self.end, |(next, _)| *next);
            let (from, to) = (self.paper.x(*at).max(cursor), self.paper.x(next));
            let Some((look, words)) = shown else { continue };
            if next <= *at || to < cursor || from >= RIGHT {
                continue;
            }
            let wide = (to - from).max(NARROWEST).min(RIGHT - from);
            cursor = from + wide;
            self.looks.insert(*look);
            let since = span(at.since(self.paper.start));
            let hint = format!("{of}: {words}, from {since} for {}", span(next.since(*at)));
            self.paper.rect(look.class, (from, self.y), (wide, high), &hint);
            if width(words, 9.0) + 4.0 < wide {
                self.paper.text(look.letters, (from + 3.0, self.y + high / 2.0 + 3.2), words);
            }
        }
    }

    /// Events above a bar: those that lie near each other are one mark, with the word of the first that warns.
    fn instants(&mut self, instants: &[Instant]) {
        const NEAR: f64 = 7.0;
        let mut marks: Vec<(f64, Vec<Instant>)> = Vec::new();
        for instant in instants {
            let x = self.paper.x(instant.at);
            match marks.last_mut() {
                Some((last, own)) if x - *last < NEAR => own.push(*instant),
                _ => marks.push((x, vec![*instant])),
            }
        }
        if marks.is_empty() {
            return;
        }
        let mut free = LEFT - 4.0;
        for (ix, (x, own)) in marks.iter().enumerate() {
            let is_warning = own.iter().any(|instant| instant.is_warning);
            self.has[usize::from(is_warning)] = true;
            let told: Vec<String> =
                own.iter().take(12).map(|instant| told(instant, self.paper.start)).collect();
            let more = if own.len() > 12 { format!(", and {} more", own.len() - 12) } else { String::new() };
            self.glyph(*x, self.y + 4.5, is_warning, &format!("{}{more}", told.join(", ")));
            let word =
                own.iter().find(|instant| instant.is_warning == is_warning).map(|instant| instant.reason);
            let word = word.unwrap_or(Sym::EMPTY);
            let next = marks.get(ix + 1).map_or(RIGHT, |(next, _)| next - 4.0);
            if *x >= free && x + 6.0 + width(&word, 8.5) < next {
                let class = if is_warning { "ev wn" } else { "ev" };
                self.paper.text(class, (x + 6.0, self.y + 7.5), &word);
            }
            free = x + 4.0;
        }
        self.y += STRIP;
    }

    /// A ring for what is normal, a triangle for a warning.
    fn glyph(&mut self, x: f64, y: f64, is_warning: bool, hint: &str) {
        if is_warning {
            let path = format!("M{} {}l4 7h-8Z", n(x), n(y - 3.5));
            self.paper.path("wr", &path, hint);
        } else {
            let path = format!("M{} {}a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0Z", n(x - 2.6), n(y));
            self.paper.path("no", &path, hint);
        }
    }
}

fn node_words(ready: Tri) -> &'static str {
    match ready {
        Tri::True => "Ready",
        Tri::False => "NotReady",
        Tri::Unknown => "Ready is Unknown",
    }
}

fn stage_words(stage: Stage) -> String {
    match stage {
        Stage::Waits(Sym::EMPTY) => "waits".to_owned(),
        Stage::Waits(reason) | Stage::BackOff(reason) | Stage::Stuck(reason) => reason.to_string(),
        Stage::Runs(true) => "runs, ready".to_owned(),
        Stage::Runs(false) => "runs".to_owned(),
        Stage::Ended(reason, code) => format!("{reason}, exit {code}"),
    }
}

fn told(instant: &Instant, start: Time) -> String {
    format!("{} at {}", instant.reason, span(instant.at.since(start)))
}

/// Every look that a container may have.
fn containers() -> Vec<Look> {
    let none = Sym::EMPTY;
    [
        Stage::Waits(none),
        Stage::BackOff(none),
        Stage::Stuck(none),
        Stage::Runs(false),
        Stage::Runs(true),
        Stage::Ended(none, 0),
        Stage::Ended(none, 1),
    ]
    .map(of_container)
    .to_vec()
}

/// How many pods of each group are shown one by one, so that all groups come to their right; for the first groups only.
fn shares(sizes: &[usize]) -> Vec<usize> {
    let mut shares = vec![0; sizes.len().min(GROUPS)];
    let mut left = PODS;
    while left > 0 {
        let before = left;
        for (share, size) in shares.iter_mut().zip(sizes) {
            if *share < *size && left > 0 {
                *share += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    for (share, size) in shares.iter_mut().zip(sizes) {
        if *share < *size {
            *share = (*share).min(OF_A_CROWD);
        }
    }
    shares
}
