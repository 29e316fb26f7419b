//! How the cases write what the runtime knows.

use kubelapse::api::{
    ContainerId, InstanceState, RuntimeContainer, RuntimeSandbox, RuntimeStatus, Sym, Text, wire,
};
use serde_json::Value;

pub fn runtime_status(value: &Value) -> RuntimeStatus {
    let items = |name: &str| value[name].as_array().cloned().unwrap_or_default();
    RuntimeStatus {
        ips: items("ips").iter().map(sym).collect(),
        sandboxes: items("sandboxes").iter().map(sandbox).collect(),
        containers: items("containers").iter().map(container).collect(),
    }
}

pub fn sym(value: &Value) -> Sym {
    value.as_str().map_or(Sym::EMPTY, Sym::new)
}

fn sandbox(value: &Value) -> RuntimeSandbox {
    RuntimeSandbox {
        id: sym(&value["id"]),
        attempt: value["attempt"].as_u64().unwrap_or_default() as u32,
        ready: value["state"] == "READY",
        ip: sym(&value["ip"]),
        host_network: value["hostNetwork"] == true,
        no_network: value["noNetwork"] == true,
    }
}

fn container(value: &Value) -> RuntimeContainer {
    let int = |name: &str| value[name].as_i64().unwrap_or_default() as i32;
    RuntimeContainer {
        name: sym(&value["name"]),
        // An id of no type and no text, spelled as `<type>://<id>`.
        id: ContainerId::Given(value["id"].as_str().map_or(Sym::new("://"), Sym::new)),
        state: match value["state"].as_str() {
            Some("created") => InstanceState::Created,
            Some("running") => InstanceState::Running,
            Some("exited") => InstanceState::Exited,
            _ => InstanceState::Unknown,
        },
        created_at: wire::time(&value["createdAt"]),
        started_at: wire::time(&value["startedAt"]),
        finished_at: wire::time(&value["finishedAt"]),
        exit_code: int("exitCode"),
        restart_count: int("restartCount"),
        reason: sym(&value["reason"]),
        message: Text::Is(sym(&value["message"])),
        image: sym(&value["image"]),
        image_ref: sym(&value["imageRef"]),
        active: value["active"] == true,
    }
}
