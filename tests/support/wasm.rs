//! The library as a WebAssembly module, built as it is given away.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The module; None: it cannot be built here, which is told (and is a failure where the environment has KUBELAPSE_DEMAND).
pub fn built() -> Option<PathBuf> {
    let library = said("rustc", &["--print", "target-libdir", "--target", TARGET]);
    if !library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        assert!(std::env::var_os("KUBELAPSE_DEMAND").is_none(), "rustup target add {TARGET}");
        eprintln!("not played: the target is missing: rustup target add {TARGET}");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--quiet", "--profile", "web", "--package", "kubelapse-web", "--target", TARGET])
        .arg("--target-dir")
        .arg(folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "web/ is built");
    Some(folder.join(TARGET).join("web/kubelapse_web.wasm"))
}

/// Whether there is a Node to play it.
pub fn has_node() -> bool {
    let has = said("node", &["--version"]).is_some();
    assert!(has || std::env::var_os("KUBELAPSE_DEMAND").is_none(), "node is not installed");
    has
}
