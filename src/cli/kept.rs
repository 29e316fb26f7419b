//! The file in which progress is kept, in the user's data folder or where a flag says.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::{beside, disk};
use crate::course::Progress;

pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// The given file, or `kubelapse/progress.toml` in the user's data folder.
    ///
    /// # Errors
    /// When nobody knows where that is.
    pub fn at(given: Option<&Path>) -> Result<Kept, String> {
        if let Some(path) = given {
            return Ok(Kept { path: path.to_owned() });
        }
        let base = etcetera::choose_base_strategy()
            .map_err(|e| format!("there is no place for your progress ({e}); --progress FILE names one"))?;
        Ok(Kept { path: base.data_dir().join("kubelapse").join("progress.toml") })
    }

    fn refuse(&self, problem: impl std::fmt::Display) -> String {
        format!("{}: {problem}", self.path.display())
    }

    /// What is kept; without a file, nothing is done yet.
    ///
    /// # Errors
    /// When the file cannot be read. It is left as it is: `learn --reset` sets it aside.
    pub fn load(&self) -> Result<Progress, String> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Progress::default()),
            Err(e) => return Err(self.refuse(e)),
        };
        Progress::parse(&text).map_err(|why| {
            format!(
                "{} keeps your progress and cannot be read: {}\nhint: nothing was changed; mend the file, let \
                 `kubelapse learn --reset` set it aside, or name another one with --progress FILE",
                self.path.display(),
                why.trim_end()
            )
        })
    }

    /// Changes what is kept. The file is read anew: another lesson may have been done meanwhile.
    ///
    /// # Errors
    /// When the file cannot be read or written; what it held is then still there.
    pub fn change<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> Result<T, String> {
        // Two lessons that end at once are both kept.
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let _ = disk::make_folder(folder);
        let _alone = beside::hold(folder, false);
        let mut progress = self.load()?;
        let told = change(&mut progress);
        beside::replace(&self.path, &progress.text()).map_err(|e| self.refuse(e))?;
        Ok(told)
    }

    /// Renames a file that cannot be read, so that a new one can be begun; answers what it is called now.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn set_aside(&self) -> Result<PathBuf, String> {
        if !self.path.is_file() {
            return Err(self.refuse("this is no file"));
        }
        let free = |number: &u32| !self.aside(*number).exists();
        let aside = self.aside((1..1000).find(free).unwrap_or(1000));
        disk::rename(&self.path, &aside).map_err(|e| self.refuse(e))?;
        Ok(aside)
    }

    fn aside(&self, number: u32) -> PathBuf {
        self.path.with_extension(format!("broken-{number}.toml"))
    }
}
