//! The scenarios that are built into the binary, so that `kubelapse run crash-loop` works anywhere.

/// A shipped scenario.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its file's stem.
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal,)*) => {
        /// All of them, by name.
        pub static ALL: &[Builtin] =
            &[$(Builtin { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".toml")) },)*];
    };
}

shipped! {
    "crash-loop",
    "failed",
    "graceful-deletion",
    "happy-path",
    "image-pull-back-off",
    "init-containers",
    "nginx-test",
    "node-lost",
    "node-lost-unknown",
    "probes",
    "sidecar",
    "succeeded",
    "unschedulable",
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
}
