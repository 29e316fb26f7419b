//! The real promtool, and a folder in which it reads. Python makes the folder and takes it away.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use kubelapse::answers::alerts::promtool::{ASKED, Said, answers};
use pyo3::exceptions::{PyFileNotFoundError, PyOSError};
use pyo3::prelude::*;

use crate::waiting::Crew;

/// The file of rules in the folder.
pub const RULES: &str = "rules.yaml";

/// How to come by it.
const HOW: &str =
    "it comes with Prometheus (its release's archive holds it; Debian and Ubuntu: apt install prometheus)";

/// Somebody who wants it to stop waits so long at most.
const PATIENCE: Duration = Duration::from_millis(10);

/// promtool, as the PATH has it.
pub struct Promtool {
    folder: PathBuf,
}

/// Why nothing can be told: in words, or as what the machine said.
pub enum Refused {
    /// promtool does not like what it was given.
    Words(String),
    /// A file cannot be written, or promtool cannot be run.
    Machine(String, io::Error),
}

impl Promtool {
    /// promtool, and a folder in which it will find these rules.
    ///
    /// # Errors
    /// There is none on the PATH.
    pub fn find(folder: PathBuf, rules: &str) -> Result<Promtool, Refused> {
        let own = Promtool { folder };
        own.write(RULES, rules)?;
        own.run(&["--version"], "version.txt", &|| false).map(|_| own)
    }

    /// Whether the rules can be read; `shown` is how their file is called.
    ///
    /// # Errors
    /// What promtool finds wrong with them.
    pub fn check(&self, shown: &str) -> Result<(), Refused> {
        let (has_held, said) = self.run(&["check", "rules", RULES], "check.txt", &|| false)?;
        if has_held {
            return Ok(());
        }
        let lines = said.lines().filter(|line| !line.trim().is_empty() && line.trim() != "FAILED:");
        let words: Vec<String> = lines.map(|line| line.trim_end().replace(RULES, shown)).collect();
        Err(Refused::Words(words.join("\n")))
    }

    /// What there is at each evaluation of a unit test; the number tells tests apart that go on at the same time.
    ///
    /// # Errors
    /// What promtool says of it; or somebody wanted it to stop.
    pub fn test(&self, number: usize, text: &str, crew: &Crew) -> Result<Said, Refused> {
        let name = format!("test-{number}.yaml");
        self.write(&name, text)?;
        let told = format!("test-{number}.txt");
        let came = self.run(&["test", "rules", &name], &told, &|| crew.is_over());
        for name in [&name, &told] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        match came? {
            (false, said) if !said.contains(ASKED) => {
                Err(Refused::Words(format!("promtool: {}", said.trim())))
            }
            (_, said) => Ok(answers(&said)),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Refused> {
        let place = self.folder.join(name);
        fs::write(&place, text).map_err(|problem| Refused::Machine(place.display().to_string(), problem))
    }

    /// Whether it ended well, and what it said meanwhile, which goes into a file: a pipe would be full while nobody reads it.
    fn run(&self, words: &[&str], told: &str, is_over: &dyn Fn() -> bool) -> Result<(bool, String), Refused> {
        let place = self.folder.join(told);
        let unkept = |problem| Refused::Machine(place.display().to_string(), problem);
        let broken = |problem| Refused::Machine("promtool".to_owned(), problem);
        let file = File::create(&place).map_err(unkept)?;
        let mut command = Command::new("promtool");
        command.args(words).current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let has_held = waited(command.spawn().map_err(broken)?, is_over).map_err(broken)?;
        let said = fs::read(&place).map_err(unkept)?;
        Ok((has_held, String::from_utf8_lossy(&said).into_owned()))
    }
}

/// Waits for its end, or ends it where somebody wants that.
fn waited(mut child: Child, is_over: &dyn Fn() -> bool) -> io::Result<bool> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if is_over() {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(PATIENCE);
    }
}

impl Refused {
    /// As an exception.
    pub fn raised(self) -> PyErr {
        match self {
            Refused::Words(words) => crate::errors::wrong(words),
            Refused::Machine(name, problem)
                if name == "promtool" && problem.kind() == ErrorKind::NotFound =>
            {
                let words = format!("there is no promtool on the PATH, which evaluates the rules: {HOW}");
                PyFileNotFoundError::new_err((2, words, name))
            }
            Refused::Machine(name, problem) => match problem.raw_os_error() {
                Some(_) => crate::errors::of_file(&name, &problem),
                None => PyOSError::new_err(format!("{name}: {problem}")),
            },
        }
    }
}
