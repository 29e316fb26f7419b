//! `timeline.html` in a real browser: it draws, answers keys and pointer, asks for nothing, and takes no text for markup.

#![cfg(all(feature = "cli", feature = "html"))]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/program.rs"]
mod program;

use browser::Browser;
use desk::Desk;
use serde_json::{Value, json};

/// A run's page, written by the program.
struct Written {
    desk: Desk,
    page: String,
}

fn written(name: &str, scenario: &str) -> Written {
    let desk = Desk::with(&format!("page-{name}"), None);
    let text = match scenario.contains('\n') {
        true => scenario.to_owned(),
        false => format!("name = \"{name}\"\n"),
    };
    std::fs::write(desk.0.join("own.toml"), text).expect("a file on the desk");
    let what = if scenario.contains('\n') { "own.toml" } else { scenario };
    let output = desk.run(&format!("run {what} --format html --out out --quiet"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(desk.0.join("out/timeline.html")).expect("a page");
    Written { desk, page }
}

impl Written {
    fn model(&self) -> Value {
        let (_, rest) =
            self.page.split_once("<script type=\"application/json\" id=\"run\">").expect("a model");
        serde_json::from_str(rest.split_once("</script>").expect("its end").0).expect("JSON")
    }
    /// In a browser; None: there is none here.
    fn shown(&self, hash: &str) -> Option<Browser> {
        let Some(mut browser) = Browser::start(&self.desk.0.join("profile"), 1200, 700) else {
            clients::missing("chromium");
            return None;
        };
        browser.open(&format!("file://{}{hash}", self.desk.0.join("out/timeline.html").display()));
        Some(browser)
    }
}

/// Nothing was asked for but the page, and nothing was complained of.
fn is_quiet(browser: &Browser) {
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
    let others: Vec<&str> = browser
        .requests()
        .into_iter()
        .filter(|url| !url.starts_with("file:") && !url.starts_with("data:"))
        .collect();
    assert_eq!(others, Vec::<&str>::new());
}

#[test]
fn the_model_holds_the_rows_of_the_timeline() {
    let written = written("model", "rollout-stalls");
    let model = written.model();
    let (texts, pods) = (model["texts"].as_array().expect("texts"), model["pods"].as_array().expect("pods"));
    let timeline = written.desk.run("run rollout-stalls --out csv --quiet");
    assert!(timeline.status.success());
    let table = std::fs::read_to_string(written.desk.0.join("csv/timeline.csv")).expect("a timeline");
    let of_pods =
        table.lines().skip(1).filter(|line| !line.split(',').nth(3).unwrap_or("").is_empty()).count();
    // Beside the rows of the timeline stands where a pod is.
    let rows = |pod: &Value| pod[4].as_array().expect("rows").iter().filter(|row| row[1] != 6).count();
    assert_eq!(pods.iter().map(rows).sum::<usize>(), of_pods);
    let words = |place: &Value| texts[place.as_u64().expect("a place") as usize].as_str().expect("a text");
    let objects = model["objects"].as_array().expect("objects");
    let kinds: Vec<&str> = objects.iter().map(|object| words(&object[0])).collect();
    assert!(kinds.contains(&"deployment") && kinds.contains(&"service"), "{kinds:?}");
    assert_eq!(model["start"], "2025-01-01T00:00:00.000000Z");
}

#[test]
fn keys_and_pointer_look_at_a_run() {
    let written = written("keys", "crash-loop");
    let Some(mut browser) = written.shown("#t=500&select=orders") else { return };
    let panel = browser.text("#panel");
    assert!(panel.contains("CrashLoopBackOff") && panel.contains("Phase (the summary)\tRunning"), "{panel}");
    assert!(browser.text("#now").starts_with("8m20s"));
    let drawn = browser.eval("(() => { const { data } = kubelapse.pen.getImageData(220, 40, 500, 40); return new Set(data).size > 8; })()");
    assert_eq!(drawn, true, "bars are drawn");
    let (from, to) = (browser.eval("kubelapse.scale.from"), browser.eval("kubelapse.scale.to"));
    browser.key("+");
    assert_ne!(browser.eval("kubelapse.scale.to"), to, "closer");
    browser.key("0");
    assert_eq!(
        (browser.eval("kubelapse.scale.from"), browser.eval("kubelapse.scale.to")),
        (from, to.clone())
    );
    browser.key("Home");
    assert!(browser.text("#now").starts_with("0s"));
    browser.key("ArrowRight");
    let first = browser.eval("kubelapse.cursor");
    browser.key("f");
    assert!(browser.text("#panel").contains("Error"), "the first failure");
    browser.key("b");
    assert!(browser.eval("kubelapse.cursor").as_f64() >= first.as_f64());
    browser.key("End");
    browser.key("Escape");
    assert!(browser.text("#panel").contains("What is seen"));
    browser.key("T");
    assert!(browser.text("#table").contains("orders"), "a table for whoever reads");
    browser.key("T");
    browser.key("?");
    assert_eq!(browser.eval("document.getElementById('keys').open"), true);
    browser.eval("document.getElementById('keys').close()");
    // The pointer: what is under it in words, a click, the wheel over the ruler.
    browser.mouse("mouseMoved", (500.0, 75.0), json!({}));
    assert!(browser.text("#tip").contains("orders"), "{}", browser.text("#tip"));
    browser.click((500.0, 75.0));
    assert!(browser.text("#panel").contains("orders"));
    browser.mouse("mouseWheel", (500.0, 50.0), json!({ "deltaX": 0, "deltaY": -400 }));
    assert_ne!(browser.eval("kubelapse.scale.to"), to, "the wheel zooms");
    browser.key("/");
    browser.key("x");
    assert_eq!(browser.eval("kubelapse.layout.rows.length"), 0, "nothing is called so");
    is_quiet(&browser);
}

#[test]
fn text_stays_text() {
    let hostile = "</script><script>document.title='taken'</script><img src=x onerror=document.title='taken'>\\u202e\\\"'&amp;\\n";
    let scenario = format!(
        "name = \"hostile\"\nkubernetes = \"1.36\"\nuntil = \"60s\"\n[[pod]]\nname = \"own\"\n[pod.spec]\nrestartPolicy = \"Never\"\n\
         [[pod.spec.containers]]\nname = \"app\"\nimage = \"a\"\nterminationMessagePolicy = \"FallbackToLogsOnError\"\n\
         [pod.behavior.containers.app]\nattempts = [{{ runs = \"1s\", exit = 3, log = [\"{hostile}\"] }}]\n"
    );
    let written = written("hostile", &scenario);
    let Some(mut browser) = written.shown("#t=50&select=own") else { return };
    let panel = browser.text("#panel");
    assert!(panel.contains("<img src=x onerror"), "{panel}");
    assert_ne!(browser.eval("document.title"), "taken");
    assert_eq!(browser.eval("document.querySelectorAll('#panel img, #panel script').length"), 0);
    is_quiet(&browser);
}

#[test]
fn a_thousand_pods_are_a_small_file_that_scrolls() {
    let written = written("fleet", "fleet-1k");
    assert!(written.page.len() < 3_000_000, "{} bytes", written.page.len());
    let Some(mut browser) = written.shown("#t=60") else { return };
    assert_eq!(browser.eval("kubelapse.run.pods.length"), 1000);
    for _ in 0..3 {
        browser.key("j");
    }
    browser.key("Enter");
    assert!(browser.text("#panel").contains("Conditions (the detail)"));
    browser.key("8");
    assert_eq!(browser.eval("kubelapse.layout.rows.filter((row) => row.kind === 'node').length"), 100);
    browser.size(800, 600);
    browser.frame();
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= 800"), true, "nothing sticks out");
    is_quiet(&browser);
}

/// WCAG 2.2, 1.4.3: 4.5 for text, 1.4.11: 3 for what must be seen beside the ground.
#[test]
fn letters_are_readable_in_light_and_dark() {
    let written = written("contrast", "crash-loop");
    let Some(mut browser) = written.shown("") else { return };
    let measure = "(() => {
        const light = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
            .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
            .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
        const full = (hex) => (hex.length === 4 ? '#' + [...hex.slice(1)].map((one) => one + one).join('') : hex);
        const ratio = (a, b) => { const [x, y] = [light(full(a)), light(full(b))].sort(); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
        const { colours } = kubelapse.palette;
        const letters = kubelapse.looks().map((look) => ratio(look.light ? '#fff' : '#1f2328', colours[look.fill]));
        const ground = ['fg', 'dim', 'mark', 'wn'].map((name) => ratio(colours[name], colours.bg));
        return { letters: Math.min(...letters), ground: Math.min(...ground.slice(0, 2)), marks: Math.min(...ground) };
    })()";
    for theme in ["light", "dark"] {
        browser.eval(&format!("document.documentElement.dataset.theme = '{theme}'; kubelapse.recolour(); 1"));
        let least = browser.eval(measure);
        let of = |what: &str| least[what].as_f64().expect("a ratio");
        assert!(of("letters") >= 4.5 && of("ground") >= 4.5 && of("marks") >= 3.0, "{theme}: {least}");
    }
}

/// A server of the program, ended with this value.
#[cfg(feature = "serve")]
struct Server {
    child: std::process::Child,
    address: String,
}

#[cfg(feature = "serve")]
impl Server {
    fn of(desk: &Desk, line: &str) -> Server {
        use std::io::{BufRead as _, BufReader};
        let mut child = desk
            .command(&format!("serve {line} --port 0 --kubeconfig own.kubeconfig"))
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("the program");
        let said = BufReader::new(child.stdout.take().expect("it speaks")).lines().next();
        let said = said.expect("a line").expect("text");
        let address = said.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        Server { child, address: address.to_owned() }
    }
}

#[cfg(feature = "serve")]
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[cfg(feature = "serve")]
fn a_live_run_is_followed_stepped_and_acted_upon() {
    let desk = Desk::with("page-live", None);
    let Some(mut browser) = Browser::start(&desk.0.join("profile"), 1200, 700) else {
        return clients::missing("chromium");
    };
    let server = Server::of(&desk, "rollout-stalls --speed paused");
    browser.open(&format!("{}/", server.address));
    let wait = |browser: &mut Browser, holds: &str| {
        let looks = format!(
            "new Promise((done) => {{ let left = 100; const look = () => {holds} ? done(true) : left-- ? setTimeout(look, 100) : done(false); look(); }})"
        );
        assert_eq!(browser.eval(&looks), true, "{holds}");
    };
    wait(&mut browser, "window.kubelapse?.run.pods.length === 0");
    browser.key(".");
    wait(&mut browser, "kubelapse.run.end > 1");
    browser.eval("(() => { const field = document.getElementById('goto'); field.value = '2m'; field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })); })()");
    wait(&mut browser, "kubelapse.run.pods.length === 6 && kubelapse.run.end === 120000");
    assert!(
        browser.text("#now").starts_with("2m0s"),
        "who looks at the end goes on: {}",
        browser.text("#now")
    );
    browser.key(",");
    wait(&mut browser, "kubelapse.run.end < 120000");
    let command = "(() => { const field = document.getElementById('do'); field.value = 'delete pod/billing-x'; field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })); })()";
    browser.eval(command);
    wait(&mut browser, "document.getElementById('said').textContent !== ''");
    browser.key("p");
    wait(&mut browser, "kubelapse.plays");
    let requests = browser.requests();
    assert!(
        requests.iter().all(|url| url.starts_with(&server.address) || url.starts_with("data:")),
        "{requests:?}"
    );
}
