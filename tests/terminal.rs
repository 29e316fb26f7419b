//! The real binary in a pseudo-terminal: it takes the whole screen, does what keys say, and leaves the terminal as it was,
//! also on Ctrl-C, on SIGTERM and after a panic.

#![cfg(feature = "tui")]
#![cfg(unix)]

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::termios::LocalFlags;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

struct Person {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    /// Everything that the program wrote, for what a screen does not keep.
    written: Arc<Mutex<Vec<u8>>>,
    master: Box<dyn MasterPty + Send>,
}

#[expect(clippy::disallowed_methods, reason = "a person and a program wait for each other in real time")]
fn now() -> Instant {
    Instant::now()
}
#[expect(clippy::disallowed_methods, reason = "a person and a program wait for each other in real time")]
fn rest(span: Duration) {
    std::thread::sleep(span);
}

impl Person {
    fn sits_down(arguments: &[&str]) -> Person {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubelapse"));
        command.args(arguments);
        Person::starts(command)
    }
    fn starts(mut command: CommandBuilder) -> Person {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut out = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let written = Arc::new(Mutex::new(Vec::new()));
        let (shown, kept) = (Arc::clone(&screen), Arc::clone(&written));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                shown.lock().expect("nobody panicked").process(&bytes[..count]);
                kept.lock().expect("nobody panicked").extend_from_slice(&bytes[..count]);
            }
        });
        Person { child, keys, screen, written, master: pair.master }
    }
    fn presses(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it listens");
        self.keys.flush().expect("it listens");
    }
    fn sees(&self) -> String {
        self.screen.lock().expect("nobody panicked").screen().contents()
    }
    /// Waits until the screen shows it.
    fn waits_for(&self, text: &str) {
        self.waits_for_one(&[text]);
    }
    /// Waits until the screen shows one of these.
    fn waits_for_one(&self, texts: &[&str]) {
        let until = now() + Duration::from_secs(60);
        while !texts.iter().any(|text| self.sees().contains(text)) {
            assert!(now() < until, "none of {texts:?} appears:\n{}", self.sees());
            rest(Duration::from_millis(10));
        }
    }
    fn waits_for_the_end(&mut self) -> u32 {
        let until = now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                // What it wrote last is still on its way.
                rest(Duration::from_millis(200));
                return status.exit_code();
            }
            assert!(now() < until, "it does not end:\n{}", self.sees());
            rest(Duration::from_millis(10));
        }
    }
    /// The terminal is as it was: the first screen, a visible cursor, and lines are edited and echoed again.
    fn finds_a_clean_terminal(&self) {
        let screen = self.screen.lock().expect("nobody panicked");
        assert!(!screen.screen().alternate_screen(), "the other screen is still shown");
        assert!(!screen.screen().hide_cursor(), "the cursor is hidden");
        let modes = self.master.get_termios().expect("a terminal has modes");
        let local = modes.local_flags;
        assert!(local.contains(LocalFlags::ICANON), "lines are not edited");
        assert!(local.contains(LocalFlags::ECHO), "what is typed is not echoed");
        assert!(local.contains(LocalFlags::ISIG), "Ctrl-C does nothing");
        let written = self.written.lock().expect("nobody panicked");
        let entered = b"\x1b[?1049h";
        assert!(written.windows(entered.len()).any(|bytes| bytes == entered), "it never took the screen");
    }
}

/// A scenario without a lesson, whose questions would stop the walk.
const CRASH_LOOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/step/crash-loop.toml");

/// Who wants no colours gets none; the mouse is given back with the screen.
#[test]
fn no_colours_and_the_mouse() {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubelapse"));
    command.args(["step", CRASH_LOOP]);
    command.env("NO_COLOR", "1");
    let mut person = Person::starts(command);
    person.waits_for("? help");
    person.presses("f");
    person.waits_for("STATUS Error");
    // A click on the line of time, at its beginning.
    person.presses("\x1b[<0;12;8M");
    person.presses("q");
    assert_eq!(person.waits_for_the_end(), 0);
    let written = person.written.lock().expect("nobody panicked").clone();
    let has = |bytes: &[u8]| written.windows(bytes.len()).any(|own| own == bytes);
    assert!(!has(b"\x1b[38;5;"), "no colour is set");
    assert!(has(b"\x1b[?1000h") && has(b"\x1b[?1000l"), "the mouse is asked for, and given back");
    person.finds_a_clean_terminal();
}

#[test]
fn a_person_steps_goes_back_asks_why_and_quits() {
    let mut person = Person::sits_down(&["step", CRASH_LOOP]);
    person.waits_for("? help");
    person.presses("n");
    person.waits_for("orders");
    person.presses("ustatus=CrashLoopBackOff\r");
    person.waits_for("phase Running | STATUS CrashLoopBackOff");
    person.presses("w");
    person.waits_for("Why?");
    person.waits_for("refused to start app");
    person.presses("\x1b");
    person.waits_for("Enter act");
    // Back with the arrow, as a terminal sends it.
    person.presses("\x1b[D\x1b[D\x1b[D");
    person.waits_for("back at: ");
    person.presses("xdelete pod/orders\r");
    person.waits_for("STATUS Terminating");
    person.presses("?");
    person.waits_for("next change that kubectl would show");
    // What is not saved is asked about once.
    person.presses("qq");
    person.waits_for("is not saved");
    person.presses("q");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
}

#[test]
fn a_resize_is_followed() {
    let mut person = Person::sits_down(&["step", CRASH_LOOP]);
    person.waits_for("? help");
    person.presses("g40s\r");
    person.waits_for("40.000s of 20m0s");
    person.screen.lock().expect("nobody panicked").screen_mut().set_size(45, 140);
    let size = PtySize { rows: 45, cols: 140, pixel_width: 0, pixel_height: 0 };
    person.master.resize(size).expect("a terminal can be resized");
    person.waits_for("NOMINATED NODE");
    person.presses("q");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
}

#[test]
fn ctrl_c_leaves_a_clean_terminal() {
    let mut person = Person::sits_down(&["step", CRASH_LOOP]);
    person.waits_for("? help");
    person.presses("np");
    person.presses("\x03");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
}

#[test]
fn sigterm_leaves_a_clean_terminal() {
    let mut person = Person::sits_down(&["step", CRASH_LOOP]);
    person.waits_for("? help");
    let id = person.child.process_id().expect("it runs");
    let id = nix::unistd::Pid::from_raw(i32::try_from(id).expect("a process's number"));
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).expect("it can be told");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
}

#[test]
fn a_panic_leaves_a_clean_terminal_and_its_message() {
    let mut command = CommandBuilder::new(std::env::current_exe().expect("this test"));
    command.args(["--ignored", "--exact", "the_screen_panics", "--nocapture"]);
    command.env("RUST_BACKTRACE", "0");
    let mut person = Person::starts(command);
    person.waits_for("? help");
    person.presses("sfile\r");
    assert_ne!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
    assert!(person.sees().contains("saving went wrong on purpose"), "{}", person.sees());
}

/// Started by the test above in a pseudo-terminal of its own.
#[test]
#[ignore = "it takes the terminal and panics"]
fn the_screen_panics() {
    use kubelapse::session::{Script, Walk};
    let text = std::fs::read_to_string(CRASH_LOOP).expect("it is in the repository");
    let (script, loaded) =
        Script::load("crash-loop.toml", &text, &kubelapse::scenario::no_files, &[]).expect("it is read");
    let walk = Walk::new(script, &Arc::new(loaded.plan), 0);
    let save = |_: &Walk, _: &str| -> Result<String, String> { panic!("saving went wrong on purpose") };
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let _ = kubelapse::tui::run(walk, &save, &stop);
}

#[test]
fn the_line_mode_speaks_on_a_terminal_too() {
    let mut person = Person::sits_down(&["step", CRASH_LOOP, "--plain"]);
    person.waits_for("[0.000s]");
    person.presses("next\r");
    person.waits_for("orders: created, phase Pending");
    person.presses("back event\rquit\r");
    assert_eq!(person.waits_for_the_end(), 0);
}

#[test]
fn a_person_learns_a_lesson_and_goes_on_with_the_next() {
    let folder = std::env::temp_dir().join(format!("kubelapse-terminal-{}", std::process::id()));
    let file = folder.join("progress.toml");
    let path = file.display().to_string();
    let mut person = Person::sits_down(&["learn", "--progress", &path]);
    person.waits_for("Enter begins with the lesson that is marked");
    person.presses("\r");
    person.waits_for("questions will come at their instants");
    person.presses("\x1b");
    person.waits_for("? keys");
    // Whatever the lesson asks, the first answer is given.
    let mut asked = 0;
    while asked < 20 {
        person.presses("\x1b[F");
        person.waits_for_one(&["What do you expect?", "How the predictions went"]);
        if !person.sees().contains("What do you expect?") {
            break;
        }
        person.presses("1");
        person.waits_for("so far, ");
        person.presses("\r");
        asked += 1;
    }
    assert!(asked >= 2, "{}", person.sees());
    person.waits_for("How the predictions went");
    person.presses("\x1b");
    person.waits_for("w why");
    person.presses("q");
    person.waits_for("Next: ");
    person.waits_for("1 of ");
    person.presses("q");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
    let kept = std::fs::read_to_string(&file).expect("progress is kept");
    assert!(kept.contains("[lessons."), "{kept}");
    // Ctrl-C leaves a lesson and the course; the lesson stays open.
    let mut person = Person::sits_down(&["learn", "--progress", &path]);
    person.waits_for("Enter begins with the lesson that is marked");
    person.presses("\r");
    person.waits_for("questions will come at their instants");
    person.presses("\x03");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
    assert!(person.sees().contains("stays open"), "{}", person.sees());
    assert_eq!(std::fs::read_to_string(&file).expect("it is still there"), kept);
    std::fs::remove_dir_all(&folder).expect("it can be removed");
}

/// A drill takes the screen, hears what is typed, and Ctrl-C leaves it from its menu; what it came to stands on the terminal then.
#[test]
fn a_drill_is_left_with_its_score() {
    let mut person = Person::sits_down(&["drill", "--seed", "7"]);
    person.waits_for("not yet mended");
    person.presses("get nodes\r");
    person.waits_for("node-a   Ready");
    person.presses("\t");
    person.waits_for("What is the cause?");
    person.presses("\x03");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
    let seen = person.sees();
    assert!(
        seen.contains("of 100 points") && seen.contains("It goes on with: kubelapse drill --seed 7"),
        "{seen}"
    );
    // Line by line, where that is asked for.
    let mut person = Person::sits_down(&["drill", "--seed", "7", "--plain"]);
    person.waits_for("[+0.000s]");
    person.presses("quit\r");
    assert_eq!(person.waits_for_the_end(), 0);
}

#[test]
fn ctrl_c_leaves_a_form() {
    let mut person = Person::sits_down(&["step", CRASH_LOOP]);
    person.waits_for("? help");
    person.presses("n\r");
    person.waits_for("What is done to pod/");
    person.presses("\r");
    person.waits_for("Enter does it");
    person.presses("\x03");
    assert_eq!(person.waits_for_the_end(), 0);
    person.finds_a_clean_terminal();
}
