//! Why pods were restarted or wait, as far as a run's summary tells it: which probe had their containers killed, and what the volume
//! says that they wait for. STATUS has neither: it stays Running over a restart, and is ContainerCreating whatever is waited for.
//!
//! What is told comes from events: `Killing`, with the kubelet's words for a probe (`rules/kubelet/sync_actions.rs`), and
//! `FailedAttachVolume` and `FailedMount`. The chain behind them is told by `why` in a walk.

use std::collections::BTreeMap;
use std::io;

use crate::api::{Phase, Sym};
use crate::record::{Change, Directory, PodRow, Sink, Transition};
use crate::world::World;

/// So many pods are shown; more would bury what is to be seen.
const SHOWN: usize = 20;

/// What was told of pods so far.
#[derive(Default)]
pub struct Causes {
    by_pod: BTreeMap<PodRow, Told>,
}

#[derive(Default)]
struct Told {
    /// By probe: how often it had a container killed.
    kills: BTreeMap<&'static str, u32>,
    /// The last complaint about a volume, until it is attached.
    volume: Option<String>,
}

impl Sink for Causes {
    fn batch(&mut self, directory: &Directory, rows: &[Transition]) -> io::Result<()> {
        for row in rows {
            let (Some(pod), Change::Event(event)) = (row.pod, row.change) else { continue };
            let words = || event.message.show(&directory.pods[pod as usize]).to_string();
            if event.reason == Sym::KILLING {
                let words = words();
                let probe = ["liveness", "startup"]
                    .into_iter()
                    .find(|probe| words.contains(&format!("failed {probe} probe")));
                if let Some(probe) = probe {
                    *self.by_pod.entry(pod).or_default().kills.entry(probe).or_default() += 1;
                }
            } else if event.reason == Sym::FAILED_ATTACH_VOLUME || event.reason == "FailedMount" {
                self.by_pod.entry(pod).or_default().volume = Some(words());
            } else if event.reason == "SuccessfulAttachVolume"
                && let Some(told) = self.by_pod.get_mut(&pod)
            {
                told.volume = None;
            }
        }
        Ok(())
    }
}

impl Causes {
    /// A line for each pod that was killed by a probe, or waits for a volume now; and where to look further.
    pub fn lines(&self, w: &World) -> String {
        let all: Vec<String> = self.by_pod.iter().filter_map(|(pod, told)| line(w, *pod, told)).collect();
        if all.is_empty() {
            return String::new();
        }
        let mut text = String::from("\n");
        for line in all.iter().take(SHOWN) {
            text.push_str(&format!("{line}\n"));
        }
        if all.len() > SHOWN {
            text.push_str(&format!("… and {} more\n", all.len() - SHOWN));
        }
        text + "why: `kubelapse step` walks through it, where `why` tells the chain of causes\n"
    }
}

fn line(w: &World, pod: PodRow, told: &Told) -> Option<String> {
    let ident = &w.directory.pods[pod as usize];
    let times = |count: u32| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let mut parts: Vec<String> = told
        .kills
        .iter()
        .map(|(probe, count)| format!("killed by its {probe} probe {}", times(*count)))
        .collect();
    let is_its = |p: &&crate::world::Pod| p.ident.name == ident.name && p.ident.namespace == ident.namespace;
    let waits =
        w.pods.iter().filter(|p| p.exists).find(is_its).is_some_and(|p| p.status.phase() == Phase::Pending);
    if let Some(words) = told.volume.as_ref().filter(|_| waits) {
        parts.push(format!("waits for a volume: {words}"));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", ident.name, parts.join("; ")))
}
