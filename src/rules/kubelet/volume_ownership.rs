//! What it means that a pod has an `fsGroup`: all files of its volumes get that group before a container sees them.
//!
//! Source: pkg/volume/volume_linux.go (`VolumeOwnership.ChangePermissions`, `skipPermissionChange`, `monitorProgress`,
//! `logWarning`), pkg/volume/csi/csi_mounter.go (`supportsFSGroup`), 1.36.2. The surprises: by default every file is
//! visited on each mount, whoever owns it already; and until 1.32 nobody was told, the kubelet only wrote to its log.

use crate::api::{Sym, Text};
use crate::rules::versions::gates::Gates;
use crate::time::Span;

/// `firstEventReportDuration`
pub const FIRST_REPORT: Span = Span::from_secs(30);
/// `progressReportDuration`
pub const REPORT_PERIOD: Span = Span::from_secs(60);
/// How many files get another group in a second (measured where the progress events were brought in,
/// kubernetes/kubernetes#130398: 27,000 to 37,000).
const FILES_A_SECOND: u64 = 30_000;
const MICROS_A_SECOND: u64 = 1_000_000;

/// How long so many files take where nothing else is said.
pub fn takes(files: u64) -> Span {
    let micros = u128::from(files) * u128::from(MICROS_A_SECOND) / u128::from(FILES_A_SECOND);
    Span::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// How many of the files are done after a part of the time that all of them take.
pub fn processed(files: Option<u64>, elapsed: Span, all: Span) -> u64 {
    let (elapsed, all) = (elapsed.micros().unsigned_abs(), all.micros().unsigned_abs().max(1));
    let (files, per) = files.map_or((FILES_A_SECOND, MICROS_A_SECOND), |files| (files, all));
    u64::try_from(u128::from(files) * u128::from(elapsed) / u128::from(per)).unwrap_or(u64::MAX)
}

/// Whether the files' group is changed at all: `root` is the group of the volume's root directory as it was found.
pub fn changes(fs_group: Option<i64>, policy: Option<&str>, access_modes: &[Sym], root: Option<i64>) -> bool {
    let Some(group) = fs_group else { return false };
    // The default of a driver's fsGroupPolicy, ReadWriteOnceWithFSType: volumes of many writers are left alone.
    let alone = |mode: &Sym| *mode == "ReadWriteOnce" || *mode == "ReadWriteOncePod";
    (access_modes.is_empty() || access_modes.iter().any(alone))
        && !(policy == Some("OnRootMismatch") && root == Some(group))
}

/// Whether events tell of a change that takes long.
pub fn is_told(gates: &Gates) -> bool {
    gates.habits.tells_volume_ownership
}

/// The event after [`FIRST_REPORT`]; `volume` is the PersistentVolume's name.
pub fn first_words(volume: Sym) -> Text {
    Text::AroundUid {
        before: Sym::new("Setting volume ownership for "),
        after: Sym::new(&format!(
            "{} is taking longer than expected, consider using OnRootMismatch - \
             https://kubernetes.io/docs/tasks/configure-pod-container/security-context/\
             #configure-volume-permission-and-ownership-change-policy-for-pods",
            directory(volume)
        )),
    }
}

/// The event after each further [`REPORT_PERIOD`].
pub fn progress_words(volume: Sym, files: u64) -> Text {
    Text::AroundUid {
        before: Sym::new("Setting volume ownership for "),
        after: Sym::new(&format!("{}, processed {files} files.", directory(volume))),
    }
}

/// `getDirnameToReport`: the volume's directory below that of the pod.
fn directory(volume: Sym) -> String {
    format!("/volumes/kubernetes.io~csi/{volume}/mount")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_means_on_each_mount() {
        let rwo = [Sym::new("ReadWriteOnce")];
        assert!(changes(Some(1000), None, &rwo, Some(1000)));
        assert!(changes(Some(1000), Some("Always"), &rwo, Some(1000)));
        assert!(changes(Some(1000), Some("OnRootMismatch"), &rwo, None));
        assert!(changes(Some(1000), Some("OnRootMismatch"), &rwo, Some(0)));
        assert!(!changes(Some(1000), Some("OnRootMismatch"), &rwo, Some(1000)));
        assert!(!changes(None, None, &rwo, None));
        assert!(!changes(Some(1000), None, &[Sym::new("ReadWriteMany")], None));
    }

    #[test]
    fn progress_is_a_part_of_the_whole() {
        assert_eq!(takes(1_200_000), Span::from_secs(40));
        assert_eq!(processed(Some(1_200_000), Span::from_secs(90), Span::from_secs(240)), 450_000);
        assert_eq!(processed(None, Span::from_secs(90), Span::from_secs(240)), 2_700_000);
    }
}
