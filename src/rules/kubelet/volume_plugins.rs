//! Kinds of volumes that the API still takes and no kubelet mounts any more.
//!
//! Source: `FindPluginBySpec` in pkg/volume/plugins.go, `AddPodToVolume` in
//! pkg/kubelet/volumemanager/cache/desired_state_of_world.go, `SetUpAt` in pkg/volume/git_repo/git_repo.go (1.36.2); the
//! plugins went in 1.16, 1.22, 1.25, 1.26 and 1.31. The surprise: the pod is let in with a warning, scheduled, and never
//! starts.

use crate::api::spec::Volume;

/// Fields of a volume whose plugins are gone.
const GONE: [&str; 8] =
    ["photonPersistentDisk", "scaleIO", "flocker", "storageos", "quobyte", "glusterfs", "cephfs", "rbd"];

/// Why the volume manager cannot take a volume in, where no plugin is for it.
pub fn no_plugin(volume: &Volume) -> Option<String> {
    is_gone(|field| volume.rest.contains_key(field)).then(|| not_matched(&volume.name))
}

/// Whether the plugin of a PersistentVolume's source is gone.
pub fn is_gone(has: impl Fn(&str) -> bool) -> bool {
    GONE.iter().any(|field| has(field))
}

/// The error of a volume, or PersistentVolume, of this name.
pub fn not_matched(name: &str) -> String {
    format!("failed to get Plugin from volumeSpec for volume \"{name}\" err=no volume plugin matched")
}

/// Why a repository cannot be mounted where that is switched off.
pub const NO_REPOSITORIES: &str = "git-repo volume plugin has been disabled; if necessary, it may be re-enabled by \
                                   enabling the feature-gate `GitRepoVolumeDriver`";

/// Whether a volume is a repository.
pub fn is_repository(volume: &Volume) -> bool {
    volume.rest.contains_key("gitRepo")
}
