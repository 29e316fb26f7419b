//! What is expected of a pod, or of all pods of a glob.

use super::{AndAlso as _, Difference, Row, Seen, common, workloads};
use crate::api::Sym;
use crate::record::Event;
use crate::scenario::expected::{Among, PodExpect};
use crate::scenario::programs::matches;
use crate::world::{Pod, World};

/// What is not as it was expected; `named` are all pods that were ever named so.
pub fn difference(expect: &PodExpect, named: &[u32], seen: &Seen, w: &World) -> Option<Difference> {
    if !expect.is_glob() {
        // Of several that follow each other the last one is meant.
        return of_one(expect, named.last().copied(), seen, w);
    }
    let there = named.iter().copied().filter(|pod| w.pods[*pod as usize].exists);
    let chosen: Vec<u32> = there
        .filter(|pod| expect.among.as_ref().is_none_or(|among| is_among(&w.pods[*pod as usize], among, w)))
        .collect();
    if let Some(count) = expect.count
        && !count.holds(chosen.len() as i64)
    {
        let mut names: Vec<String> =
            chosen.iter().take(SHOWN).map(|pod| w.pods[*pod as usize].ident.name.to_string()).collect();
        if chosen.len() > SHOWN {
            names.push("…".to_owned());
        }
        let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        return Some(Difference::new(
            "the number of pods",
            count.to_string(),
            format!("{}{names}", chosen.len()),
        ));
    }
    if expect.gone == Some(true) {
        let pod = chosen.first()?;
        let name = w.pods[*pod as usize].ident.name;
        return Some(Difference {
            of: Some(Row::Pod(*pod)),
            ..Difference::new("the pods", "gone", format!("{name} is there"))
        });
    }
    if chosen.is_empty() && expect.count.is_none() {
        return Some(Difference::new("the pods", "there", "none of such a name"));
    }
    let of_each = chosen.into_iter().filter_map(|pod| {
        let mut difference = of_one(expect, Some(pod), seen, w)?;
        let name = w.pods[pod as usize].ident.name;
        let others = difference.others.iter_mut().map(|other| &mut other.what);
        others.chain([&mut difference.what]).for_each(|what| *what = format!("{what} of {name}"));
        Some(difference)
    });
    of_each.take(SHOWN).fold(None, |all, one| all.and_also(|| Some(one)))
}

/// So many pods are named where their number is wrong.
const SHOWN: usize = 8;

fn is_among(p: &Pod, among: &Among, w: &World) -> bool {
    let same = |expected: &Option<String>, own: &dyn Fn() -> String| {
        expected.as_ref().is_none_or(|expected| *expected == own())
    };
    same(&among.status, &|| p.shown.status.to_string())
        && same(&among.ready, &|| ready(p))
        && same(&among.node, &|| node(p, w).to_owned())
        && among.image.as_ref().is_none_or(|image| {
            let all = p.spec.init_containers.iter().chain(&p.spec.containers);
            all.into_iter().any(|container| matches(image, &container.image))
        })
        && among.revision.is_none_or(|wanted| workloads::revision(p, w) == Some(wanted))
}

fn ready(p: &Pod) -> String {
    format!("{}/{}", p.shown.ready.0, p.shown.ready.1)
}

fn node<'a>(p: &Pod, w: &'a World) -> &'a str {
    p.node.map_or("<none>", |n| w.nodes[n.ix()].spec.name.as_str())
}

fn of_one(expect: &PodExpect, pod: Option<u32>, seen: &Seen, w: &World) -> Option<Difference> {
    let Some(pod) = pod else {
        return if expect.gone == Some(true) {
            None
        } else {
            Some(Difference::new("the pod", "there", "none of that name yet"))
        };
    };
    let events = seen.of(Row::Pod(pod)).map_or(&[][..], |own| &own.events);
    let difference = of_pod(expect, &w.pods[pod as usize], events, w)?;
    Some(Difference { of: Some(Row::Pod(pod)), ..difference })
}

fn of_pod(expect: &PodExpect, p: &Pod, events: &[Event], w: &World) -> Option<Difference> {
    if let Some(gone) = expect.gone
        && gone == p.exists
    {
        return common::there("the pod", !gone, p.exists);
    }
    let of_object = expect.phase.is_some()
        || expect.status.is_some()
        || expect.ready.is_some()
        || expect.restarts.is_some()
        || !expect.conditions.is_empty();
    if of_object && !p.exists {
        return common::there("the pod", true, false);
    }
    let columns = [
        ("phase", &expect.phase, p.status.phase().to_string()),
        ("STATUS", &expect.status, p.shown.status.to_string()),
        ("READY", &expect.ready, ready(p)),
        ("node", &expect.node, node(p, w).to_owned()),
    ];
    let mut of_columns = None;
    for (what, expected, seen) in &columns {
        let expected = expected.as_ref();
        of_columns = of_columns.and_also(|| Difference::between(what, expected?, seen));
    }
    let condition = |kind: Sym| p.status.condition(kind).map(|own| (own.status, own.reason));
    of_columns
        .and_also(|| common::number("RESTARTS", expect.restarts, p.shown.restarts))
        .and_also(|| common::conditions(&expect.conditions, condition))
        .and_also(|| {
            let message = |event: &Event| event.message.show(&p.ident).to_string();
            common::events(expect.event.as_ref(), expect.no_event.as_deref(), events, &message)
        })
}
