//! Chromium without a window, driven over its pipe (`--remote-debugging-pipe`): no port, no driver.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A browser with one page.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    asked: u64,
    /// What it has told beside its answers.
    told: Vec<Value>,
}

impl Browser {
    /// None: there is none on this machine.
    pub fn start(profile: &Path, width: u32, height: u32) -> Option<Browser> {
        if !Command::new("chromium").arg("--version").output().is_ok_and(|output| output.status.success()) {
            return None;
        }
        // The pipe's two ends are the descriptors 3 and 4; messages end in a zero byte.
        let line = format!(
            "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --no-first-run \
             --user-data-dir='{}' --window-size={width},{height} --remote-debugging-pipe about:blank 3<&0 4>&1 2>/dev/null",
            profile.display()
        );
        let mut child = Command::new("sh")
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let (to, from) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let from = BufReader::new(from);
        let mut browser = Browser { child, to, from, session: String::new(), asked: 0, told: Vec::new() };
        let page = browser.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", attach)["sessionId"].clone();
        browser.session = session.as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        browser.size(width, height);
        Some(browser)
    }

    /// Asks the browser, and waits for its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("it listens");
        self.to.flush().expect("it listens");
        loop {
            let told = self.next();
            if told["id"] == self.asked {
                assert!(told["error"].is_null(), "{method}: {told}");
                return told["result"].clone();
            }
            self.told.push(told);
        }
    }

    fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("it speaks");
        assert_eq!(bytes.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&bytes).expect("it speaks JSON")
    }

    pub fn size(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", size);
    }

    /// Opens a page, and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        self.told.clear();
        self.ask("Page.navigate", json!({ "url": url }));
        while !self.told.iter().any(|told| told["method"] == "Page.loadEventFired") {
            let told = self.next();
            self.told.push(told);
        }
        self.frame();
    }

    /// Waits until what was done is drawn.
    pub fn frame(&mut self) {
        self.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
    }

    /// What an expression comes to.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer:#}");
        answer["result"]["value"].clone()
    }

    /// Waits until something holds.
    pub fn wait(&mut self, holds: &str) {
        let looks = format!(
            "new Promise((done) => {{ let left = 200; const look = () => {{ let is = false; try {{ is = {holds}; }} catch {{}} \
             is ? done(true) : left-- ? setTimeout(look, 100) : done(false); }}; look(); }})"
        );
        assert_eq!(self.eval(&looks), true, "{holds}");
    }

    /// Puts a text into a field, as if it were typed, and presses Enter.
    pub fn enter(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.eval(&format!(
            "(() => {{ const field = document.querySelector({selector}); field.value = {text}; \
             field.dispatchEvent(new Event('input', {{ bubbles: true }})); field.dispatchEvent(new Event('change', {{ bubbles: true }})); \
             field.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true, cancelable: true }})); }})()"
        ));
    }

    /// Presses a button.
    pub fn press(&mut self, selector: &str) {
        self.eval(&format!("document.querySelector({}).click()", json!(selector)));
        self.frame();
    }

    /// The text of an element.
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.eval(&format!("document.querySelector({}).innerText", json!(selector)));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key.
    pub fn key(&mut self, key: &str) {
        let mut down = json!({ "type": "keyDown", "key": key });
        if key.chars().count() == 1 {
            down["text"] = key.into();
        }
        self.ask("Input.dispatchKeyEvent", down);
        self.ask("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
        self.frame();
    }

    /// Moves the pointer, or presses, releases or turns its wheel.
    pub fn mouse(&mut self, kind: &str, (x, y): (f64, f64), more: Value) {
        let mut event = json!({ "type": kind, "x": x, "y": y });
        for (key, value) in more.as_object().into_iter().flatten() {
            event[key] = value.clone();
        }
        self.ask("Input.dispatchMouseEvent", event);
        self.frame();
    }

    pub fn click(&mut self, at: (f64, f64)) {
        for kind in ["mousePressed", "mouseReleased"] {
            self.mouse(kind, at, json!({ "button": "left", "clickCount": 1 }));
        }
    }

    /// Errors and warnings of the page since it was opened.
    pub fn complaints(&self) -> Vec<&Value> {
        let is_one = |told: &&Value| match told["method"].as_str() {
            Some("Runtime.exceptionThrown" | "Log.entryAdded") => true,
            Some("Runtime.consoleAPICalled") => told["params"]["type"] != "log",
            _ => false,
        };
        self.told.iter().filter(is_one).collect()
    }

    /// What it has asked for since a page was opened.
    pub fn requests(&self) -> Vec<&str> {
        let sent = self.told.iter().filter(|told| told["method"] == "Network.requestWillBeSent");
        sent.filter_map(|told| told["params"]["request"]["url"].as_str()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
