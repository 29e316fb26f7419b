//! What of a pod's spec a scenario can say something about: its containers, their images, what they refer to.

use serde_json::{Map, Value};

/// How the kubelet treats a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Init,
    Sidecar,
    Main,
    /// A main container that is not meant to run for ever: its pod does not always restart it.
    Task,
}

impl Role {
    /// What such a container is called, and what it does of which nobody says anything.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Role::Init => ("init container", "ends after 1s with exit code 0"),
            Role::Sidecar => ("sidecar", "runs for ever"),
            Role::Main | Role::Task => ("container", "runs for ever"),
        }
    }
}

/// A container, and what of it can be given a behaviour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Container {
    pub name: String,
    pub role: Role,
    /// Probes and hooks that it declares, by the names that an attempt gives them.
    pub declares: Vec<&'static str>,
}

/// An image, and the Secret that its registry may want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    pub reference: String,
    pub secret: Option<String>,
}

/// An object that pods need, and without which they wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needed {
    pub kind: &'static str,
    pub name: String,
    pub namespace: String,
}

/// All of that for a list of pods, each thing once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outline {
    pub containers: Vec<Container>,
    pub images: Vec<Image>,
    pub needed: Vec<Needed>,
    /// Classes of priority, which must exist, with their value where the pod knows it.
    pub priorities: Vec<(String, Option<i64>)>,
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn items<'a>(map: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    map.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn word<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

impl Outline {
    pub fn of(specs: &[(&str, &Map<String, Value>)]) -> Outline {
        let mut outline = Outline::default();
        for (namespace, spec) in specs {
            let secret = items(spec, "imagePullSecrets").find_map(|item| word(item, "name"));
            let always = word(spec, "restartPolicy").is_none_or(|policy| policy == "Always");
            let main = if always { Role::Main } else { Role::Task };
            for (list, role) in [("initContainers", Role::Init), ("containers", main)] {
                for container in items(spec, list) {
                    outline.container(container, role, secret, namespace);
                }
            }
            for volume in items(spec, "volumes") {
                outline.volume(volume, namespace);
            }
            outline.priority(spec);
        }
        outline
    }

    /// What the manifest brings itself nobody has to make.
    pub fn forget(&mut self, brings: impl Fn(&str, &str, &str) -> bool) {
        self.needed.retain(|needed| !brings(needed.kind, &needed.namespace, &needed.name));
        self.priorities.retain(|(class, _)| !brings("PriorityClass", "default", class));
    }

    fn container(
        &mut self,
        container: &Map<String, Value>,
        role: Role,
        secret: Option<&str>,
        namespace: &str,
    ) {
        const PROBES: [(&str, &str); 3] =
            [("startupProbe", "startup"), ("readinessProbe", "readiness"), ("livenessProbe", "liveness")];
        if let Some(reference) = word(container, "image") {
            add(
                &mut self.images,
                Image { reference: reference.to_owned(), secret: secret.map(str::to_owned) },
            );
        }
        let Some(name) = word(container, "name") else { return };
        let always = word(container, "restartPolicy") == Some("Always");
        let role = if role == Role::Init && always { Role::Sidecar } else { role };
        let hooks = container.get("lifecycle").and_then(Value::as_object);
        let declared = |hook: &str| hooks.is_some_and(|hooks| hooks.get(hook).is_some_and(Value::is_object));
        let declares: Vec<&'static str> = PROBES
            .iter()
            .filter(|(field, _)| container.get(*field).is_some_and(Value::is_object))
            .map(|(_, name)| *name)
            .chain(["postStart", "preStop"].into_iter().filter(|hook| declared(hook)))
            .collect();
        // One table of the scenario speaks for all containers of a name.
        match self.containers.iter_mut().find(|own| own.name == name) {
            Some(own) => declares.into_iter().for_each(|word| add(&mut own.declares, word)),
            None => self.containers.push(Container { name: name.to_owned(), role, declares }),
        }
        for variable in items(container, "env") {
            let from = variable.get("valueFrom").and_then(Value::as_object);
            for (key, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
                let reference = from.and_then(|from| from.get(key)).and_then(Value::as_object);
                self.refer(reference, kind, "name", namespace);
            }
        }
        for source in items(container, "envFrom") {
            for (key, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                self.refer(source.get(key).and_then(Value::as_object), kind, "name", namespace);
            }
        }
    }

    fn volume(&mut self, volume: &Map<String, Value>, namespace: &str) {
        const SOURCES: [(&str, &str, &str); 3] = [
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
        ];
        for (field, kind, name) in SOURCES {
            self.refer(volume.get(field).and_then(Value::as_object), kind, name, namespace);
        }
        if let Some(projected) = volume.get("projected").and_then(Value::as_object) {
            for source in items(projected, "sources") {
                for (key, kind) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
                    self.refer(source.get(key).and_then(Value::as_object), kind, "name", namespace);
                }
            }
        }
    }

    /// What may be missing without harm is not needed, nor is what every namespace has.
    fn refer(
        &mut self,
        reference: Option<&Map<String, Value>>,
        kind: &'static str,
        key: &str,
        namespace: &str,
    ) {
        let Some(reference) = reference else { return };
        let optional = reference.get("optional").and_then(Value::as_bool) == Some(true);
        if let Some(name) = word(reference, key).filter(|name| !optional && *name != "kube-root-ca.crt") {
            add(&mut self.needed, Needed { kind, name: name.to_owned(), namespace: namespace.to_owned() });
        }
    }

    fn priority(&mut self, spec: &Map<String, Value>) {
        if let Some(class) = word(spec, "priorityClassName").filter(|class| !class.starts_with("system-"))
            && self.priorities.iter().all(|(known, _)| known != class)
        {
            self.priorities.push((class.to_owned(), spec.get("priority").and_then(Value::as_i64)));
        }
    }
}
