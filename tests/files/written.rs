//! Shipped scenarios, and rows that nobody would write, in a format.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use kubelapse::record::{Format, Settings, Sink};
use kubelapse::scenario::{self, Plan};
use kubelapse::session::{self, Silent};

/// What a sink has written; also after the sink is gone.
#[derive(Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("nobody has panicked").clone()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody has panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn sink(format: &Format) -> (Box<dyn Sink + Send>, Written) {
    let written = Written::default();
    ((format.sink)(Box::new(written.clone()), &Settings::default()), written)
}

/// A shipped scenario's plan; manifests are read beside it.
pub fn plan(name: &str) -> Arc<Plan> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("a scenario");
    let folder = path.parent().expect("a folder").to_owned();
    let read = move |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| e.to_string());
    let file = path.display().to_string();
    Arc::new(scenario::load(&file, &text, &read, &[]).unwrap_or_else(|_| panic!("{name} is read")))
}

/// What a format says of a run.
pub fn bytes_of_run(format: &Format, plan: &Arc<Plan>, seed: u64) -> Vec<u8> {
    let (mut sink, written) = sink(format);
    session::run(plan, seed, &mut sink, &Silent).expect("memory takes all");
    drop(sink);
    written.bytes()
}

/// The same, where it is text.
pub fn of_run(format: &Format, plan: &Arc<Plan>, seed: u64) -> String {
    String::from_utf8(bytes_of_run(format, plan, seed)).expect("it is text")
}
