//! The one table of what we deliberately do not answer. It only shrinks: a line that no case needs fails the test.

use super::harness::Skip;

/// Amounts move only in a resize in place, which the simulator does not do: they are what the spec asks for.
const RESIZE: &str = "in-place resize internals";

pub const NOT_MODELLED: &[Skip] = &[
    Skip { file: "D_api_status", path: "status.resources", why: RESIZE },
    Skip { file: "D_api_status", path: "status.allocatedResources", why: RESIZE },
    Skip { file: "D_api_status", path: "status.containerStatuses[].resources", why: RESIZE },
    Skip { file: "D_api_status", path: "status.containerStatuses[].allocatedResources", why: RESIZE },
    Skip { file: "D_api_status", path: "status.initContainerStatuses[].resources", why: RESIZE },
    Skip { file: "D_api_status", path: "status.initContainerStatuses[].allocatedResources", why: RESIZE },
    Skip { file: "I_status_manager", path: "[].cached.resources", why: RESIZE },
    Skip { file: "I_status_manager", path: "[].cached.containerStatuses[].resources", why: RESIZE },
    Skip { file: "I_status_manager", path: "[].merged.resources", why: RESIZE },
    Skip { file: "I_status_manager", path: "[].merged.containerStatuses[].resources", why: RESIZE },
];
