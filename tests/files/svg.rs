//! A picture: it is XML, it is the same each time, it says what has happened, and it does not grow with the pods.

use std::collections::BTreeSet;

use kubelapse::record::svg::FORMAT;

use super::written::{of_run, plan};

/// Reads XML as far as a picture uses it: elements close in the order of their opening, attributes are quoted, words hold no
/// markup and no character that XML forbids. Says which elements there are.
pub fn well_formed(text: &str) -> BTreeSet<String> {
    let (mut open, mut names) = (Vec::new(), BTreeSet::new());
    let mut rest = text;
    while let Some((words, tail)) = rest.split_once('<') {
        let allowed =
            |c: char| matches!(c, '\n' | '\t') || !c.is_control() && c != '\u{fffe}' && c != '\u{ffff}';
        assert!(words.chars().all(allowed) && !words.contains("]]>"), "{words:.80}");
        for entity in words.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "{entity:.40}");
        }
        let (tag, tail) = tail.split_once('>').expect("every element ends");
        rest = tail;
        assert!(!tag.contains(['<', '&']) && tag.matches('"').count() % 2 == 0, "{tag:.80}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        names.insert(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    names
}

#[test]
fn a_crash_loop_is_seen() {
    let plan = plan("crash-loop");
    let picture = of_run(&FORMAT, &plan, 0);
    well_formed(&picture);
    assert_eq!(picture, of_run(&FORMAT, &plan, 0));
    for words in [
        "1 pod on 1 node",
        ">CrashLoopBackOff<",
        "class=\"bo\"",
        "class=\"wr\"",
        "BackOff at",
        "prefers-color-scheme:dark",
    ] {
        assert!(picture.contains(words), "{words}");
    }
}

#[test]
fn a_rollout_that_stalls_is_seen() {
    let picture = of_run(&FORMAT, &plan("workloads/rollout-stalls"), 0);
    well_formed(&picture);
    for words in [
        "deployment/billing",
        "4 of 4 at the end",
        "ImagePullBackOff",
        "ScalingReplicaSet",
        "available, of desired",
    ] {
        assert!(picture.contains(words), "{words}");
    }
}

#[test]
fn a_lost_node_is_seen() {
    let picture = of_run(&FORMAT, &plan("node-lost"), 0);
    for words in ["that were not always Ready, of 2", "Ready is Unknown", "NodeNotReady"] {
        assert!(picture.contains(words), "{words}");
    }
}

/// A thousand pods are one crowd, with some of them one by one, and a line that says what the rest came to.
#[test]
fn a_crowd_is_folded() {
    let picture = of_run(&FORMAT, &plan("scale/healthy-1k"), 0);
    well_formed(&picture);
    assert!(picture.contains("8 one by one"), "no line tells of the rest");
    assert!(picture.contains("992 more: 992 Running at the end"), "the rest is summed up");
    assert!(picture.len() < 150_000, "{} bytes", picture.len());
}
