//! Clusters as somebody prints them, and what the program says of them.

use crate::desk::Desk;

/// Exit code, and what was said to whom.
pub fn told_by(desk: &Desk, line: &str) -> (Option<i32>, String, String) {
    let output = desk.run(line);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub fn desk(name: &str, files: &[(&str, &str)]) -> Desk {
    let desk = Desk::with(&format!("predict-{name}"), None);
    for (name, text) in files {
        std::fs::write(desk.0.join(name), text).expect("a file of the test");
    }
    desk
}

pub const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, uid: u-1, creationTimestamp: "2026-11-22T13:00:00Z" }
spec:
  nodeName: node-a
  containers: [{ name: app, image: "registry.example/web:1", resources: {} }]
status:
  phase: Running
  startTime: "2026-11-22T13:00:00Z"
  conditions:
  - { type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: "2026-11-22T13:20:30Z" }
  - { type: PodScheduled, status: "True", lastTransitionTime: "2026-11-22T13:00:00Z" }
  containerStatuses:
  - name: app
    ready: false
    started: false
    restartCount: 5
    image: registry.example/web:1
    imageID: sha256:1
    containerID: containerd://5
    state: { waiting: { reason: CrashLoopBackOff, message: "back-off 2m40s restarting failed container=app" } }
    lastState: { terminated: { exitCode: 1, reason: Error, startedAt: "2026-11-22T13:20:10Z", finishedAt: "2026-11-22T13:20:30Z", containerID: "containerd://5" } }
"#;

/// A pod that runs well, with what else stands in its metadata, spec and conditions.
pub fn running(name: &str, node: &str, meta: &str, spec: &str, conditions: &str) -> String {
    format!(
        r#"
- apiVersion: v1
  kind: Pod
  metadata: {{ name: {name}, namespace: shop, uid: u-{name}, creationTimestamp: "2026-11-22T13:00:00Z"{meta} }}
  spec:
    nodeName: {node}
    terminationGracePeriodSeconds: 30
    containers: [{{ name: app, image: "registry.example/web:1", resources: {{}} }}]{spec}
  status:
    phase: Running
    startTime: "2026-11-22T13:00:00Z"
    conditions:
    - {{ type: PodScheduled, status: "True", lastTransitionTime: "2026-11-22T13:00:00Z" }}
    - {{ type: Ready, status: "True", lastTransitionTime: "2026-11-22T13:00:03Z" }}{conditions}
    containerStatuses:
    - name: app
      ready: true
      started: true
      restartCount: 0
      image: registry.example/web:1
      imageID: sha256:1
      containerID: containerd://{name}
      state: {{ running: {{ startedAt: "2026-11-22T13:00:02Z" }} }}"#
    )
}

/// A node, with what else stands in its spec, and what its Ready says.
pub fn node(name: &str, spec: &str, ready: &str) -> String {
    format!(
        r#"
- apiVersion: v1
  kind: Node
  metadata: {{ name: {name}, uid: u-{name}, creationTimestamp: "2026-11-01T00:00:00Z" }}
  spec: {{ {spec} }}
  status:
    capacity: {{ cpu: "8", memory: 16Gi, pods: "110" }}
    allocatable: {{ cpu: "8", memory: 16Gi, pods: "110" }}
    conditions:
    - {{ type: Ready, status: "{ready}", reason: NodeStatusUnknown, lastTransitionTime: "2026-11-22T13:10:00Z" }}"#
    )
}
