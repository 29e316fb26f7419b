//! A folder of one test, gone with it.

use std::path::{Path, PathBuf};

pub struct Desk(pub PathBuf);

impl Desk {
    /// A folder of this name; with the files of a folder below `tests`, if one is named.
    pub fn with(name: &str, files: Option<&str>) -> Desk {
        let folder = std::env::temp_dir().join(format!("kubelapse-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        if let Some(files) = files {
            let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(files);
            for file in std::fs::read_dir(files).expect("the test's files").flatten() {
                std::fs::copy(file.path(), folder.join(file.file_name())).expect("a copy of the test's file");
            }
        }
        Desk(folder)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
