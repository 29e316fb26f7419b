//! A machine goes off and on, with all that runs on it.

use super::kubelet::process;
use crate::api::{InstanceState, Sym};
use crate::time::Span;
use crate::world::{NodeId, World};

/// A machine goes off, with everything on it.
pub fn off(w: &mut World, node: NodeId) {
    w.machines[node.ix()].going_off = false;
    process::stop(w, node);
    w.machines[node.ix()].up = false;
}

/// A machine that was off runs again: no process and no sandbox has survived. What was queued for them finds them ended.
pub fn on(w: &mut World, node: NodeId) {
    w.machines[node.ix()].up = true;
    let now = w.now;
    for pod in w.machines[node.ix()].pods.clone() {
        let live = w.live_mut(pod);
        for c in &mut live.containers {
            if c.state == InstanceState::Running {
                c.state = InstanceState::Exited;
                c.exit_code = 255;
                c.reason = Sym::UNKNOWN;
                c.finished_at = Some(now);
            }
        }
        for s in &mut live.sandboxes {
            s.ready = false;
        }
    }
    process::start_after(w, node, Span::ZERO);
}
