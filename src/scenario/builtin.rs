//! The scenarios that are built into the binary, so that `kubelapse run crash-loop` works anywhere.

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its file's stem: what `kubelapse run` calls it.
    pub name: &'static str,
    pub topic: Topic,
    pub text: &'static str,
}

/// What a scenario is about, from the simple to the hard: the chapters of `kubelapse list` and of the course.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Topic {
    Basics,
    Images,
    Configuration,
    Init,
    Crashes,
    Probes,
    Termination,
    Scheduling,
    Nodes,
    Scale,
}

macro_rules! shipped {
    ($($topic:ident $folder:literal: $($name:literal)*;)*) => {
        /// All of them, topic by topic, in the order in which one learns them.
        pub static ALL: &[Builtin] = &[$($(Builtin {
            name: $name,
            topic: Topic::$topic,
            text: include_str!(concat!("../../scenarios/", $folder, $name, ".toml")),
        },)*)*];
    };
}

shipped! {
    Basics "":
        "happy-path"
        "nginx-test"
        "succeeded"
        "failed"
        "crash-loop"
        "image-pull-back-off"
        "init-containers"
        "sidecar"
        "probes"
        "unschedulable"
        "graceful-deletion"
        "node-lost"
        "node-lost-unknown"
    ;
    Images "images/":
    ;
    Configuration "configuration/":
        "sandbox-changed"
    ;
    Init "init/":
    ;
    Crashes "crashes/":
    ;
    Probes "probes/":
    ;
    Termination "termination/":
        "gone-at-once"
        "requests-dropped"
        "sigterm-ignored"
        "prestop-past-grace"
        "finalizer-held"
        "grace-shortened"
        "force-deletion"
        "delete-during-pull"
        "never-started"
        "sidecars-last"
        "deadline-clock"
    ;
    Scheduling "scheduling/":
        "scheduler-missing"
        "device-plugin-late"
    ;
    Nodes "nodes/":
        "ephemeral-limit"
    ;
    Scale "scale/":
    ;
}

impl Topic {
    /// Where its scenarios stand below `scenarios/`; the basics stand in `scenarios/` itself.
    pub fn folder(self) -> &'static str {
        match self {
            Topic::Basics => "",
            Topic::Images => "images",
            Topic::Configuration => "configuration",
            Topic::Init => "init",
            Topic::Crashes => "crashes",
            Topic::Probes => "probes",
            Topic::Termination => "termination",
            Topic::Scheduling => "scheduling",
            Topic::Nodes => "nodes",
            Topic::Scale => "scale",
        }
    }

    /// The heading in a table of contents.
    pub fn title(self) -> &'static str {
        match self {
            Topic::Basics => "Basics: the phases, and what kubectl makes of them",
            Topic::Images => "Images: pulls that fail, wait or never happen",
            Topic::Configuration => "Configuration, volumes and sandboxes",
            Topic::Init => "Init containers and sidecars",
            Topic::Crashes => "Crashes, restarts and back-off",
            Topic::Probes => "Probes and readiness",
            Topic::Termination => "Termination",
            Topic::Scheduling => "Scheduling and admission",
            Topic::Nodes => "Nodes: pressure, shutdown and loss",
            Topic::Scale => "Scale: fleets and long lives",
        }
    }
}

/// A shipped scenario by its name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|b| b.name == name)
}

impl Builtin {
    /// What one is about to see: the comment at the head of the file.
    pub fn about(&self) -> String {
        let head = self.text.lines().take_while(|l| l.starts_with('#'));
        // `#:` is for editors.
        let comment: Vec<&str> =
            head.filter(|l| !l.starts_with("#:")).map(|l| l.trim_start_matches('#').trim()).collect();
        comment.join(" ")
    }

    /// Its one line in a table of contents.
    pub fn description(&self) -> String {
        let table = self.text.parse::<toml::Table>().unwrap_or_default();
        table.get("description").and_then(|d| d.as_str()).unwrap_or_default().to_owned()
    }
}
