//! What is asked of the API server about workloads and Services.

use crate::scenario::command::Command;
use crate::world::World;

/// Obeys a command that is about an object which is neither pod nor node.
pub fn obey(w: &mut World, command: &Command) {
    let what = match command {
        Command::Apply { .. } => "apply",
        Command::Scale { .. } => "scale",
        Command::SetTemplateImage { .. } => "set image",
        Command::RolloutRestart { .. } => "rollout restart",
        Command::RolloutPause { .. } => "rollout pause",
        Command::RolloutResume { .. } => "rollout resume",
        Command::RolloutUndo { .. } => "rollout undo",
        Command::RolloutStatus { .. } => "rollout status",
        Command::Wait { .. } => "wait",
        Command::PatchObject { .. } => "patch",
        Command::LabelObject { .. } => "label",
        Command::DeleteObject { .. } => "delete",
        _ => return,
    };
    w.answer(&format!("{what}: not played yet"));
}
