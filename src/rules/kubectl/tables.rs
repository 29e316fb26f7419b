//! The rows of `kubectl get`, of every kind but pods ([`super::printing`]), narrow and wide, from an object's JSON.
//!
//! Source: pkg/printers/internalversion/printers.go (`printDeployment`, `printJob`, `printService`, …), the layout in
//! staging/src/k8s.io/cli-runtime/pkg/printers/{tableprinter,tabwriter}.go (1.36.3). The surprises: READY is of what is
//! wanted, not of what there is; a failed Job's DURATION goes on growing; numbers are those of a status and lag the pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::printing::age;
use super::stored_tables;
use crate::time::Time;

/// A cell of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// `UP-TO-DATE`
    pub header: &'static str,
    /// Shown with `-o wide` alone.
    pub is_wide: bool,
    /// What stands there.
    pub text: String,
}

/// The row of an object in the order of its columns; none for kinds that have no table here.
pub fn row(object: &Value, now: Time) -> Option<Vec<Cell>> {
    let o = Printed { object, now };
    let row = match object["kind"].as_str()? {
        "Deployment" => o.deployment(),
        "ReplicaSet" => o.replica_set("/spec/selector"),
        "ReplicationController" => o.replica_set(""),
        "StatefulSet" => o.stateful_set(),
        "DaemonSet" => o.daemon_set(),
        "Job" => o.job(),
        "CronJob" => o.cron_job(),
        "Service" => o.service(),
        "EndpointSlice" => o.endpoint_slice(),
        "PersistentVolumeClaim" => o.claim(),
        "PersistentVolume" => o.volume(),
        "StorageClass" => o.class(),
        "PodDisruptionBudget" => o.budget(),
        "ResourceQuota" => o.quota(),
        "LimitRange" => vec![o.name(), narrow("CREATED AT", o.text("/metadata/creationTimestamp"))],
        "HorizontalPodAutoscaler" => o.autoscaler(),
        "ControllerRevision" => o.revision(),
        "Node" => o.node(),
        "Event" => o.event(),
        "Namespace" => vec![o.name(), narrow("STATUS", o.text("/status/phase")), o.age()],
        _ => return stored_tables::row(object, now),
    };
    Some(row)
}

/// `GetAccessModesAsString`: in an order of its own.
pub fn access_modes(modes: &[Value]) -> String {
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let own = known.iter().filter(|(mode, _)| modes.iter().any(|own| own == mode)).map(|(_, short)| *short);
    own.collect::<Vec<_>>().join(",")
}

pub(super) fn narrow(header: &'static str, text: impl ToString) -> Cell {
    Cell { header, is_wide: false, text: text.to_string() }
}

pub(super) fn wide(header: &'static str, text: impl ToString) -> Cell {
    Cell { header, is_wide: true, text: text.to_string() }
}

/// What `kubectl get` prints of several rows of the same columns, with one line for each.
pub fn lines(rows: &[Vec<String>]) -> Vec<String> {
    // A tab within a cell ends it, as it does for the writer.
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .flat_map(|cell| shown(cell).split('\t').map(str::to_owned).collect::<Vec<_>>())
                .collect()
        })
        .collect();
    let width = |row: usize, column: usize| {
        let has = |row: &usize| cells.get(*row).is_some_and(|cells| column + 1 < cells.len());
        let before = (0..row).rev().take_while(has);
        let after = (row..cells.len()).take_while(has);
        let longest = before.chain(after).map(|row| cells[row][column].chars().count()).max();
        (longest.unwrap_or(0) + 3).max(6)
    };
    let line = |(ix, row): (usize, &Vec<String>)| {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if column + 1 < row.len() {
                let pad = width(ix, column).saturating_sub(cell.chars().count());
                line.extend(std::iter::repeat_n(' ', pad));
            }
        }
        line
    };
    cells.iter().enumerate().map(line).collect()
}

/// A cell up to its first line's end, without what a terminal would obey.
fn shown(cell: &str) -> String {
    let cut = match cell.find(['\x0c', '\n', '\r']) {
        Some(end) => format!("{}...", &cell[..end]),
        None => cell.to_owned(),
    };
    cut.replace('\x1b', "^[")
}

struct Printed<'a> {
    object: &'a Value,
    now: Time,
}

impl Printed<'_> {
    fn at(&self, path: &str) -> &Value {
        self.object.pointer(path).unwrap_or(&Value::Null)
    }
    fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_default()
    }
    fn int(&self, path: &str) -> i64 {
        self.at(path).as_i64().unwrap_or(0)
    }
    fn list(&self, path: &str) -> &[Value] {
        self.at(path).as_array().map_or(&[], Vec::as_slice)
    }
    fn name(&self) -> Cell {
        narrow("NAME", self.text("/metadata/name"))
    }
    fn age(&self) -> Cell {
        narrow("AGE", self.since(self.at("/metadata/creationTimestamp")))
    }
    /// `translateTimestampSince`
    fn since(&self, time: &Value) -> String {
        age(time.as_str().and_then(Time::parse_rfc3339), self.now)
    }

    /// CONTAINERS and IMAGES (`layoutContainerCells`).
    fn containers(&self, template: &str) -> [Cell; 2] {
        let list = self.list(&format!("{template}/spec/containers"));
        let all = |key: &str| {
            let texts: Vec<&str> = list.iter().map(|c| c[key].as_str().unwrap_or_default()).collect();
            texts.join(",")
        };
        [wide("CONTAINERS", all("name")), wide("IMAGES", all("image"))]
    }

    fn with_template(&self, mut row: Vec<Cell>, selector: Option<String>) -> Vec<Cell> {
        row.extend(self.containers("/spec/template"));
        row.extend(selector.map(|text| wide("SELECTOR", text)));
        row
    }

    fn ready(&self) -> Cell {
        narrow("READY", format!("{}/{}", self.int("/status/readyReplicas"), self.int("/spec/replicas")))
    }

    fn deployment(&self) -> Vec<Cell> {
        let row = vec![
            self.name(),
            self.ready(),
            narrow("UP-TO-DATE", self.int("/status/updatedReplicas")),
            narrow("AVAILABLE", self.int("/status/availableReplicas")),
            self.age(),
        ];
        self.with_template(row, Some(selector_text(self.at("/spec/selector"))))
    }

    /// Of a ReplicaSet, or of a ReplicationController, whose selector is a map.
    fn replica_set(&self, selector: &str) -> Vec<Cell> {
        let row = vec![
            self.name(),
            narrow("DESIRED", self.int("/spec/replicas")),
            narrow("CURRENT", self.int("/status/replicas")),
            narrow("READY", self.int("/status/readyReplicas")),
            self.age(),
        ];
        let text = match selector {
            "" => labels_text(self.at("/spec/selector")),
            at => or_none(selector_text(self.at(at))),
        };
        self.with_template(row, Some(text))
    }

    fn stateful_set(&self) -> Vec<Cell> {
        self.with_template(vec![self.name(), self.ready(), self.age()], None)
    }

    fn daemon_set(&self) -> Vec<Cell> {
        let row = vec![
            self.name(),
            narrow("DESIRED", self.int("/status/desiredNumberScheduled")),
            narrow("CURRENT", self.int("/status/currentNumberScheduled")),
            narrow("READY", self.int("/status/numberReady")),
            narrow("UP-TO-DATE", self.int("/status/updatedNumberScheduled")),
            narrow("AVAILABLE", self.int("/status/numberAvailable")),
            narrow("NODE SELECTOR", labels_text(self.at("/spec/template/spec/nodeSelector"))),
            self.age(),
        ];
        self.with_template(row, Some(or_none(selector_text(self.at("/spec/selector")))))
    }

    /// `printControllerRevision`
    fn revision(&self) -> Vec<Cell> {
        let owners = self.at("/metadata/ownerReferences").as_array().into_iter().flatten();
        let mut controller = owners.filter(|own| own["controller"] == true).map(|own| {
            let text = |key: &str| own[key].as_str().unwrap_or_default();
            let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
            format!("{}.{group}/{}", text("kind").to_lowercase(), text("name"))
        });
        let controller = controller.next_back().unwrap_or_else(|| "<none>".to_owned());
        vec![
            self.name(),
            narrow("CONTROLLER", controller),
            narrow("REVISION", self.int("/revision")),
            self.age(),
        ]
    }

    fn job(&self) -> Vec<Cell> {
        let succeeded = self.int("/status/succeeded");
        let completions = match (self.at("/spec/completions").as_i64(), self.int("/spec/parallelism")) {
            (Some(completions), _) => format!("{succeeded}/{completions}"),
            (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
            (None, _) => format!("{succeeded}/1"),
        };
        let start = Time::parse_rfc3339(self.text("/status/startTime"));
        let end = Time::parse_rfc3339(self.text("/status/completionTime")).unwrap_or(self.now);
        let duration = start.map_or_else(String::new, |start| age(Some(start), end));
        let row = vec![
            self.name(),
            narrow("STATUS", self.job_status()),
            narrow("COMPLETIONS", completions),
            narrow("DURATION", duration),
            self.age(),
        ];
        self.with_template(row, Some(or_none(selector_text(self.at("/spec/selector")))))
    }

    fn job_status(&self) -> &'static str {
        let has = |kind: &str| {
            let conditions = self.list("/status/conditions");
            conditions.iter().any(|condition| condition["type"] == kind && condition["status"] == "True")
        };
        if has("Complete") {
            "Complete"
        } else if has("Failed") {
            "Failed"
        } else if !self.at("/metadata/deletionTimestamp").is_null() {
            "Terminating"
        } else if has("Suspended") {
            "Suspended"
        } else if has("FailureTarget") {
            "FailureTarget"
        } else if has("SuccessCriteriaMet") {
            "SuccessCriteriaMet"
        } else {
            "Running"
        }
    }

    fn cron_job(&self) -> Vec<Cell> {
        let suspend = match self.at("/spec/suspend").as_bool() {
            Some(true) => "True",
            Some(false) => "False",
            None => "<unset>",
        };
        let last = match self.at("/status/lastScheduleTime") {
            Value::Null => "<none>".to_owned(),
            time => self.since(time),
        };
        let mut row = vec![
            self.name(),
            narrow("SCHEDULE", self.text("/spec/schedule")),
            narrow("TIMEZONE", or_none(self.text("/spec/timeZone").to_owned())),
            narrow("SUSPEND", suspend),
            narrow("ACTIVE", self.list("/status/active").len()),
            narrow("LAST SCHEDULE", last),
            self.age(),
        ];
        row.extend(self.containers("/spec/jobTemplate/spec/template"));
        row.push(wide("SELECTOR", or_none(selector_text(self.at("/spec/jobTemplate/spec/selector")))));
        row
    }

    fn service(&self) -> Vec<Cell> {
        let address = self.at("/spec/clusterIPs/0").as_str().unwrap_or("<none>");
        let ports: Vec<String> = self
            .list("/spec/ports")
            .iter()
            .map(|port| {
                let protocol = port["protocol"].as_str().unwrap_or_default();
                match port["nodePort"].as_i64() {
                    None | Some(0) => format!("{}/{protocol}", port["port"]),
                    Some(node_port) => format!("{}:{node_port}/{protocol}", port["port"]),
                }
            })
            .collect();
        vec![
            self.name(),
            narrow("TYPE", self.text("/spec/type")),
            narrow("CLUSTER-IP", address),
            narrow("EXTERNAL-IP", self.external_ip()),
            narrow("PORT(S)", or_none(ports.join(","))),
            self.age(),
            wide("SELECTOR", labels_text(self.at("/spec/selector"))),
        ]
    }

    /// `getServiceExternalIP`
    fn external_ip(&self) -> String {
        let own = self.list("/spec/externalIPs").iter().filter_map(Value::as_str);
        match self.text("/spec/type") {
            "ClusterIP" | "NodePort" => or_none(own.collect::<Vec<_>>().join(",")),
            "LoadBalancer" => {
                let given: BTreeSet<&str> = self
                    .list("/status/loadBalancer/ingress")
                    .iter()
                    .filter_map(|ingress| {
                        let text = |key: &str| ingress[key].as_str().filter(|text| !text.is_empty());
                        text("ip").or_else(|| text("hostname"))
                    })
                    .collect();
                let all: Vec<&str> = given.into_iter().chain(own).collect();
                if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
            }
            "ExternalName" => self.text("/spec/externalName").to_owned(),
            _ => "<unknown>".to_owned(),
        }
    }

    fn endpoint_slice(&self) -> Vec<Cell> {
        let ports: Vec<String> = self
            .list("/ports")
            .iter()
            .map(|port| match port["port"].as_i64() {
                Some(number) => number.to_string(),
                None => port["name"].as_str().unwrap_or_default().to_owned(),
            })
            .collect();
        let addresses: Vec<String> = self
            .list("/endpoints")
            .iter()
            .flat_map(|endpoint| endpoint["addresses"].as_array().into_iter().flatten())
            .map(|address| address.as_str().unwrap_or_default().to_owned())
            .collect();
        vec![
            self.name(),
            narrow("ADDRESSTYPE", self.text("/addressType")),
            narrow("PORTS", first_of(&ports, 3, ",")),
            narrow("ENDPOINTS", first_of(&addresses, 3, ",")),
            self.age(),
        ]
    }

    /// `printResourceQuota`
    fn quota(&self) -> Vec<Cell> {
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        for (name, hard) in self.at("/status/hard").as_object().into_iter().flatten() {
            let used = self.at("/status/used")[name].as_str().unwrap_or("0");
            let list = if name.starts_with("limits.") { &mut limits } else { &mut requests };
            list.push(format!("{name}: {used}/{}", hard.as_str().unwrap_or_default()));
        }
        vec![
            self.name(),
            narrow("REQUEST", requests.join(", ")),
            narrow("LIMIT", limits.join(", ")),
            self.age(),
        ]
    }

    fn budget(&self) -> Vec<Cell> {
        let amount = |path: &str| match self.at(path) {
            Value::Null => "N/A".to_owned(),
            value => plain(value),
        };
        vec![
            self.name(),
            narrow("MIN AVAILABLE", amount("/spec/minAvailable")),
            narrow("MAX UNAVAILABLE", amount("/spec/maxUnavailable")),
            narrow("ALLOWED DISRUPTIONS", self.int("/status/disruptionsAllowed")),
            self.age(),
        ]
    }

    /// `printPersistentVolumeClaim`: of one without a volume nothing is said that only a volume has.
    fn claim(&self) -> Vec<Cell> {
        let phase = match self.at("/metadata/deletionTimestamp") {
            Value::Null => self.text("/status/phase"),
            _ => "Terminating",
        };
        let volume = self.text("/spec/volumeName");
        let (capacity, modes) = match volume {
            "" => (String::new(), String::new()),
            _ => (plain_or_empty(self.at("/status/capacity/storage")), self.modes("/status/accessModes")),
        };
        vec![
            self.name(),
            narrow("STATUS", phase),
            narrow("VOLUME", volume),
            narrow("CAPACITY", capacity),
            narrow("ACCESS MODES", modes),
            narrow("STORAGECLASS", self.text("/spec/storageClassName")),
            narrow("VOLUMEATTRIBUTESCLASS", "<unset>"),
            self.age(),
            wide("VOLUMEMODE", or_unset(self.text("/spec/volumeMode"))),
        ]
    }

    /// `printPersistentVolume`
    fn volume(&self) -> Vec<Cell> {
        let claim = match self.at("/spec/claimRef") {
            Value::Null => String::new(),
            _ => format!("{}/{}", self.text("/spec/claimRef/namespace"), self.text("/spec/claimRef/name")),
        };
        let phase = match self.at("/metadata/deletionTimestamp") {
            Value::Null => self.text("/status/phase"),
            _ => "Terminating",
        };
        vec![
            self.name(),
            narrow("CAPACITY", plain_or_empty(self.at("/spec/capacity/storage"))),
            narrow("ACCESS MODES", self.modes("/spec/accessModes")),
            narrow("RECLAIM POLICY", self.text("/spec/persistentVolumeReclaimPolicy")),
            narrow("STATUS", phase),
            narrow("CLAIM", claim),
            narrow("STORAGECLASS", self.text("/spec/storageClassName")),
            narrow("VOLUMEATTRIBUTESCLASS", "<unset>"),
            narrow("REASON", self.text("/status/reason")),
            self.age(),
            wide("VOLUMEMODE", or_unset(self.text("/spec/volumeMode"))),
        ]
    }

    fn modes(&self, path: &str) -> String {
        access_modes(self.list(path))
    }

    /// `printStorageClass`
    fn class(&self) -> Vec<Cell> {
        let annotation = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
        let default = if self.text(annotation) == "true" { " (default)" } else { "" };
        let or = |path: &str, usual: &'static str| match self.text(path) {
            "" => usual.to_owned(),
            text => text.to_owned(),
        };
        vec![
            narrow("NAME", self.text("/metadata/name").to_owned() + default),
            narrow("PROVISIONER", self.text("/provisioner")),
            narrow("RECLAIMPOLICY", or("/reclaimPolicy", "Delete")),
            narrow("VOLUMEBINDINGMODE", or("/volumeBindingMode", "Immediate")),
            narrow("ALLOWVOLUMEEXPANSION", self.at("/allowVolumeExpansion") == &Value::Bool(true)),
            self.age(),
        ]
    }

    fn autoscaler(&self) -> Vec<Cell> {
        let target = "/spec/scaleTargetRef";
        let min = match self.at("/spec/minReplicas").as_i64() {
            Some(min) => min.to_string(),
            None => "<unset>".to_owned(),
        };
        let current = self.list("/status/currentMetrics");
        let metrics: Vec<String> = self
            .list("/spec/metrics")
            .iter()
            .enumerate()
            .map(|(ix, metric)| metric_text(metric, current.get(ix).unwrap_or(&Value::Null)))
            .collect();
        let targets = if metrics.is_empty() { "<none>".to_owned() } else { first_of(&metrics, 2, ", ") };
        let (kind, name) = (self.text(&format!("{target}/kind")), self.text(&format!("{target}/name")));
        vec![
            self.name(),
            narrow("REFERENCE", format!("{kind}/{name}")),
            narrow("TARGETS", targets),
            narrow("MINPODS", min),
            narrow("MAXPODS", self.int("/spec/maxReplicas")),
            narrow("REPLICAS", self.int("/status/currentReplicas")),
            self.age(),
        ]
    }

    fn node(&self) -> Vec<Cell> {
        let ready = self.list("/status/conditions").iter().find(|condition| condition["type"] == "Ready");
        let mut status = match ready {
            None => "Unknown",
            Some(condition) if condition["status"] == "True" => "Ready",
            Some(_) => "NotReady",
        }
        .to_owned();
        if self.at("/spec/unschedulable") == &Value::Bool(true) {
            status.push_str(",SchedulingDisabled");
        }
        let address = |kind: &str| {
            let addresses = self.list("/status/addresses");
            let found = addresses.iter().find(|address| address["type"] == kind);
            found.and_then(|address| address["address"].as_str()).unwrap_or("<none>")
        };
        let info = |key: &str| match self.text(&format!("/status/nodeInfo/{key}")) {
            "" => "<unknown>".to_owned(),
            text => text.to_owned(),
        };
        let mut kernel = info("kernelVersion");
        let architecture = self.text("/status/nodeInfo/architecture");
        if !architecture.is_empty() {
            kernel.push_str(&format!(" ({architecture})"));
        }
        vec![
            self.name(),
            narrow("STATUS", status),
            narrow("ROLES", or_none(self.roles())),
            self.age(),
            narrow("VERSION", self.text("/status/nodeInfo/kubeletVersion")),
            wide("INTERNAL-IP", address("InternalIP")),
            wide("EXTERNAL-IP", address("ExternalIP")),
            wide("OS-IMAGE", info("osImage")),
            wide("KERNEL-VERSION", kernel),
            wide("CONTAINER-RUNTIME", info("containerRuntimeVersion")),
        ]
    }

    /// `findNodeRoles`
    fn roles(&self) -> String {
        let labels = self.at("/metadata/labels").as_object();
        let roles: BTreeSet<&str> = labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None => (key == "kubernetes.io/role").then(|| value.as_str().unwrap_or_default()),
            })
            .filter(|role| !role.is_empty())
            .collect();
        roles.into_iter().collect::<Vec<_>>().join(",")
    }

    fn event(&self) -> Vec<Cell> {
        let first = match self.at("/firstTimestamp") {
            Value::Null => self.since(self.at("/eventTime")),
            time => self.since(time),
        };
        let series = self.at("/series");
        let last = if series.is_object() {
            self.since(&series["lastObservedTime"])
        } else {
            match self.at("/lastTimestamp") {
                Value::Null => first.clone(),
                time => self.since(time),
            }
        };
        let count = if series.is_object() {
            series["count"].as_i64().unwrap_or(0)
        } else {
            self.int("/count").max(1)
        };
        let (kind, name) =
            (self.text("/involvedObject/kind").to_lowercase(), self.text("/involvedObject/name"));
        let object = if name.is_empty() { kind } else { format!("{kind}/{name}") };
        let either = |first: &str, second: &str| match self.text(first) {
            "" => self.text(second).to_owned(),
            text => text.to_owned(),
        };
        let (component, host) = (
            either("/source/component", "/reportingComponent"),
            either("/source/host", "/reportingInstance"),
        );
        let source = if host.is_empty() { component } else { format!("{component}, {host}") };
        vec![
            narrow("LAST SEEN", last),
            narrow("TYPE", self.text("/type")),
            narrow("REASON", self.text("/reason")),
            narrow("OBJECT", object),
            wide("SUBOBJECT", self.text("/involvedObject/fieldPath")),
            wide("SOURCE", source),
            narrow("MESSAGE", self.text("/message").trim()),
            wide("FIRST SEEN", first),
            wide("COUNT", count),
            wide("NAME", self.text("/metadata/name")),
        ]
    }
}

fn or_unset(text: &str) -> &str {
    if text.is_empty() { "<unset>" } else { text }
}

fn plain_or_empty(value: &Value) -> String {
    if value.is_null() { String::new() } else { plain(value) }
}

pub(super) fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text }
}

/// A text or a number, without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The first few of a list, and how many there are besides.
fn first_of(list: &[String], max: usize, separator: &str) -> String {
    if list.is_empty() {
        return "<unset>".to_owned();
    }
    let shown = list[..list.len().min(max)].join(separator);
    if list.len() > max { format!("{shown} + {} more...", list.len() - max) } else { shown }
}

/// `labels.FormatLabels`: `app=web,tier=front`, sorted.
pub(super) fn labels_text(labels: &Value) -> String {
    let mut pairs: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort();
    or_none(pairs.join(","))
}

/// `labels.Selector.String` of a label selector: its requirements by key.
/// A label selector as a column has it (`FormatLabelSelector`,
/// staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go).
pub fn selector_text(selector: &Value) -> String {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut parts: Vec<(&str, String)> = labels
        .map(|(key, value)| (key.as_str(), format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect();
    for requirement in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = requirement["key"].as_str().unwrap_or_default();
        let values: BTreeSet<&str> =
            requirement["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let values = values.into_iter().collect::<Vec<_>>().join(",");
        parts.push((
            key,
            match requirement["operator"].as_str().unwrap_or_default() {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "Exists" => key.to_owned(),
                _ => format!("!{key}"),
            },
        ));
    }
    parts.sort_by_key(|(key, _)| *key);
    parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

/// `formatHPAMetrics` of one metric: `cpu: 54%/37%`, what is and what shall be.
fn metric_text(metric: &Value, status: &Value) -> String {
    let unknown = "<unknown>".to_owned();
    let (source, is_resource) = match metric["type"].as_str().unwrap_or_default() {
        "Object" => ("object", false),
        "Pods" => ("pods", false),
        "External" => ("external", false),
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        _ => return "<unknown type>".to_owned(),
    };
    let (target, current) = (&metric[source]["target"], &status[source]["current"]);
    let amount = |key: &str| match &current[key] {
        Value::Null => unknown.clone(),
        value => plain(value),
    };
    if is_resource {
        let name = metric[source]["name"].as_str().unwrap_or_default();
        return match &target["averageValue"] {
            Value::Null => {
                let percent = match &current["averageUtilization"] {
                    Value::Null => unknown,
                    value => format!("{value}%"),
                };
                let wanted = match &target["averageUtilization"] {
                    Value::Null => "<auto>".to_owned(),
                    value => format!("{value}%"),
                };
                format!("{name}: {percent}/{wanted}")
            }
            value => format!("{name}: {}/{}", amount("averageValue"), plain(value)),
        };
    }
    match &target["averageValue"] {
        Value::Null => format!("{}/{}", amount("value"), plain(&target["value"])),
        value if source == "pods" => format!("{}/{}", amount("averageValue"), plain(value)),
        value => format!("{}/{} (avg)", amount("averageValue"), plain(value)),
    }
}
