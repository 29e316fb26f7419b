//! What people and disks do wrong does no harm: names that lead elsewhere, texts that a terminal would obey, objects as they
//! are pasted, values at every edge, and inputs of any length.

#![cfg(feature = "cli")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

mod faults {
    mod bounds;
    mod disks;
    mod growth;
    mod hostile;
    mod names;
    mod operations;
    mod options;
    mod pasted;
    mod talked;
    mod verdicts;
}

use desk::Desk;

impl Desk {
    /// A folder with one file in it.
    fn holding(name: &str, file: &str, text: &str) -> Desk {
        let desk = Desk::with(&format!("faults-{name}"), None);
        desk.write(file, text);
        desk
    }

    fn write(&self, file: &str, text: &str) {
        let place = self.0.join(file);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder).expect("a folder for the test");
        }
        std::fs::write(place, text).expect("a file for the test");
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).expect("a file of the test")
    }

    /// Exit code, stdout and stderr.
    fn said(&self, line: &str) -> (Option<i32>, String, String) {
        let output = self.run(line);
        let text = |bytes| String::from_utf8(bytes).expect("it speaks text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// The same of a conversation.
    fn talked(&self, line: &str, words: &str) -> String {
        use std::io::Write as _;
        use std::process::Stdio;
        let mut command = self.command(line);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("it listens").write_all(words.as_bytes()).expect("it listens");
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8([output.stdout, output.stderr].concat()).expect("it speaks text")
    }

    /// Every file and folder below, by its path.
    fn everything(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder of the test").flatten() {
                let path = entry.path();
                found.push(path.strip_prefix(&self.0).expect("it is below").display().to_string());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

/// A pod with one container, as a scenario writes it.
const POD: &str = "[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n";
