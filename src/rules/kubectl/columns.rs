//! The columns of the server's tables: what `kubectl get` prints at the top, and of which type the cells are.
//!
//! Source: `AddHandlers` in pkg/printers/internalversion/printers.go and the default of …/rest/table.go (1.36.3), as a server
//! answers them. The surprises: a Deployment's numbers are numbers in columns of strings, a CronJob's SUSPEND is a string
//! in a column of booleans.

use serde_json::{Value, json};

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// `Up-to-date`
    pub name: &'static str,
    /// `integer`
    pub kind: &'static str,
    /// The cells are JSON numbers, or booleans.
    pub is_bare: bool,
    /// Shown with `-o wide` alone.
    pub is_wide: bool,
}

/// By kind, the columns with a bar between them. A star in front: wide. A sign at the end says what it is, where it is no string:
/// `#` a number, `~` a number in a column of strings, `!` a boolean, `%` one in a column of strings, `?` a string in a column
/// of booleans, `@` a date.
const TABLE: &[(&str, &str)] = &[
    ("APIService", "Name|Service|Available|Age"),
    ("ComponentStatus", "Name|Status|Message|Error"),
    ("ConfigMap", "Name|Data~|Age"),
    ("ControllerRevision", "Name|Controller|Revision~|Age"),
    ("CronJob", "Name|Schedule|Timezone|Suspend?|Active#|Last Schedule|Age|*Containers|*Images|*Selector"),
    (
        "DaemonSet",
        "Name|Desired#|Current#|Ready#|Up-to-date#|Available#|Node Selector|Age|*Containers|*Images|*Selector",
    ),
    ("Deployment", "Name|Ready|Up-to-date~|Available~|Age|*Containers|*Images|*Selector"),
    ("Endpoints", "Name|Endpoints|Age"),
    ("EndpointSlice", "Name|AddressType|Ports|Endpoints|Age"),
    ("Event", "Last Seen|Type|Reason|Object|*Subobject|*Source|Message|*First Seen|*Count~|*Name"),
    ("HorizontalPodAutoscaler", "Name|Reference|Targets|MinPods|MaxPods~|Replicas~|Age"),
    ("Ingress", "Name|Class|Hosts|Address|Ports|Age"),
    ("Job", "Name|Status|Completions|Duration|Age|*Containers|*Images|*Selector"),
    ("Lease", "Name|Holder|Age"),
    ("Namespace", "Name|Status|Age"),
    ("NetworkPolicy", "Name|Pod-Selector|Age"),
    (
        "Node",
        "Name|Status|Roles|Age|Version|*Internal-IP|*External-IP|*OS-Image|*Kernel-Version|*Container-Runtime",
    ),
    (
        "PersistentVolumeClaim",
        "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|*VolumeMode",
    ),
    (
        "PersistentVolume",
        "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|*VolumeMode",
    ),
    ("PodDisruptionBudget", "Name|Min Available|Max Unavailable|Allowed Disruptions#|Age"),
    ("Pod", "Name|Ready|Status|Restarts|Age|*IP|*Node|*Nominated Node|*Readiness Gates"),
    ("PodTemplate", "Name|Containers|Images|Pod Labels"),
    ("PriorityClass", "Name|Value#|Global-Default!|Age|PreemptionPolicy"),
    ("ReplicaSet", "Name|Desired#|Current#|Ready#|Age|*Containers|*Images|*Selector"),
    ("ReplicationController", "Name|Desired#|Current#|Ready#|Age|*Containers|*Images|*Selector"),
    ("ResourceQuota", "Name|Request|Limit|Age"),
    ("RoleBinding", "Name|Role|Age|*Users|*Groups|*ServiceAccounts"),
    ("RuntimeClass", "Name|Handler|Age"),
    ("Scale", "Name|Desired#|Available#|Age"),
    ("Secret", "Name|Type|Data~|Age"),
    ("ServiceAccount", "Name|Age"),
    ("Service", "Name|Type|Cluster-IP|External-IP|Port(s)|Age|*Selector"),
    ("StatefulSet", "Name|Ready|Age|*Containers|*Images"),
    ("StorageClass", "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion%|Age"),
];

/// What kinds without a printer show.
const DEFAULT: &str = "Name|Created At@";

/// The columns of a kind's table.
pub fn columns(kind: &str) -> Vec<Column> {
    let own = TABLE.iter().find(|(own, _)| *own == kind).map_or(DEFAULT, |(_, columns)| columns);
    own.split('|').map(column).collect()
}

/// Whether a kind has rows of its own.
pub fn has_printer(kind: &str) -> bool {
    TABLE.iter().any(|(own, _)| *own == kind)
}

fn column(text: &'static str) -> Column {
    let is_wide = text.starts_with('*');
    let text = text.trim_start_matches('*');
    let (kind, is_bare) = match text.bytes().last() {
        Some(b'#') => ("integer", true),
        Some(b'~' | b'%') => ("string", true),
        Some(b'!') => ("boolean", true),
        Some(b'?') => ("boolean", false),
        Some(b'@') => ("date", false),
        _ => ("string", false),
    };
    Column { name: text.trim_end_matches(['#', '~', '%', '!', '?', '@']), kind, is_bare, is_wide }
}

impl Column {
    /// `columnDefinitions` of a table; a scale's name is a name like any other.
    pub fn definition(&self, kind: &str) -> Value {
        let format = if self.name == "Name" && kind != "Scale" { "name" } else { "" };
        json!({
            "name": self.name, "type": self.kind, "format": format, "description": "",
            "priority": i32::from(self.is_wide),
        })
    }
    /// A cell.
    pub fn cell(&self, text: &str) -> Value {
        let bare = || {
            serde_json::from_str(text).ok().filter(|value: &Value| value.is_number() || value.is_boolean())
        };
        self.is_bare.then(bare).flatten().unwrap_or_else(|| text.into())
    }
}
