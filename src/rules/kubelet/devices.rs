//! Devices of plugins at a kubelet's admission.
//!
//! Source: pkg/kubelet/cm/devicemanager/manager.go (`allocateContainerResources`, `devicesToAllocate`), alike in kubernetes
//! 7510f329 (before 1.36) and in forks of about 1.36; the words around the error as kubernetes issue 125579 quotes them.
//! The surprises: a pod that has had its devices for long is asked about them again at each start of the kubelet; a
//! container that still runs then needs no plugin, but an init container that is done does (kubernetes issue 138446).

use std::fmt;

use crate::api::Sym;

/// What a container asks of one resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    pub needed: i64,
    /// It was given its devices before: the checkpoint tells.
    pub held: bool,
    pub running: bool,
    /// Its devices go on to the containers behind it (init containers that are no sidecars).
    pub passed_on: bool,
}

/// A resource as the device manager knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Devices {
    pub resource: Sym,
    /// Zero until its plugin has registered.
    pub healthy: i64,
    /// Of other pods.
    pub in_use: i64,
    /// The kubelet has only just started and is given its pods for the first time.
    pub initializing: bool,
}

/// Why a pod does not get its devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    Unhealthy { resource: Sym },
    Unavailable { resource: Sym, requested: i64, available: i64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allocate failed due to ")?;
        match self {
            Refusal::Unhealthy { resource } => {
                write!(f, "no healthy devices present; cannot allocate unhealthy devices {resource}")?;
            }
            Refusal::Unavailable { resource, requested, available } => write!(
                f,
                "requested number of devices unavailable for {resource}. Requested: {requested}, Available: {available}"
            )?,
        }
        f.write_str(", which is unexpected")
    }
}

/// Whether every container of a pod gets its devices of a resource, init containers first.
///
/// # Errors
/// The first container that does not.
pub fn allocate(claims: impl IntoIterator<Item = Claim>, devices: Devices) -> Result<(), Refusal> {
    let Devices { resource, healthy, in_use, initializing } = devices;
    let (mut free, mut passed_on) = (healthy - in_use, 0);
    for claim in claims.into_iter().filter(|claim| claim.needed > 0) {
        if initializing && claim.running {
            continue;
        }
        if healthy == 0 {
            return Err(Refusal::Unhealthy { resource });
        }
        if claim.held {
            continue;
        }
        let reused = claim.needed.min(passed_on);
        let requested = claim.needed - reused;
        if requested > free {
            return Err(Refusal::Unavailable { resource, requested, available: free.max(0) });
        }
        free -= requested;
        if claim.passed_on {
            passed_on += requested;
        } else {
            passed_on -= reused;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(healthy: i64, in_use: i64) -> Devices {
        Devices { resource: Sym::new("nvidia.com/gpu"), healthy, in_use, initializing: false }
    }
    fn new(needed: i64) -> Claim {
        Claim { needed, held: false, running: false, passed_on: false }
    }

    #[test]
    fn init_containers_pass_their_devices_on_and_sidecars_do_not() {
        let init = Claim { passed_on: true, ..new(2) };
        assert_eq!(allocate([init, new(1), new(1)], devices(2, 0)), Ok(()));
        assert!(allocate([new(1), new(2)], devices(2, 0)).is_err());
        assert_eq!(allocate([Claim { passed_on: true, ..new(1) }, new(2)], devices(2, 0)), Ok(()));
    }

    #[test]
    fn who_runs_on_needs_no_plugin_and_who_starts_again_does() {
        let held = Claim { held: true, ..new(1) };
        let running = Claim { running: true, ..held };
        let starting = Devices { initializing: true, ..devices(0, 0) };
        assert_eq!(allocate([running], starting), Ok(()));
        let refusal = allocate([held], starting).expect_err("no plugin");
        assert_eq!(
            refusal.to_string(),
            "Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, \
             which is unexpected"
        );
        // An init container that is done does not run.
        assert!(allocate([Claim { passed_on: true, ..held }, running], starting).is_err());
        assert_eq!(allocate([held], devices(1, 0)), Ok(()));
    }

    #[test]
    fn what_others_have_is_not_there() {
        let refusal = allocate([new(1)], devices(2, 2)).expect_err("both are taken");
        assert_eq!(
            refusal.to_string(),
            "Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, \
             Available: 0, which is unexpected"
        );
    }
}
