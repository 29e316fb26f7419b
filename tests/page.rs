//! `timeline.html` in a real browser: it draws, answers keys and pointer, asks for nothing, and takes no text for markup.

#![cfg(all(feature = "cli", feature = "html"))]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/clients.rs"]
mod clients;
#[path = "support/desk.rs"]
mod desk;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/program.rs"]
mod program;
#[path = "support/wasm.rs"]
mod wasm;

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
    let top = browser
        .eval("document.getElementById('scroll').getBoundingClientRect().top")
        .as_f64()
        .expect("a height");
    let (ruler, row) = (top + 12.0, top + 34.0);
    browser.mouse("mouseMoved", (500.0, row), json!({}));
    assert!(browser.text("#tip").contains("orders"), "{}", browser.text("#tip"));
    browser.click((500.0, row));
    assert!(browser.text("#panel").contains("orders"));
    browser.mouse("mouseWheel", (500.0, ruler), json!({ "deltaX": 0, "deltaY": -400 }));
    assert_ne!(browser.eval("kubelapse.scale.to"), to, "the wheel zooms");
    browser.key("/");
    browser.key("x");
    assert_eq!(browser.eval("kubelapse.layout.rows.length"), 0, "nothing is called so");
    is_quiet(&browser);
}

/// What a reader could not tell before: whose run it is, until when it goes, what was done, what became of nodes and of who is
/// gone.
#[test]
fn what_is_asked_of_a_run_can_be_told() {
    let scenario = "name = \"told\"\ndescription = \"A node is cordoned.\"\nkubernetes = \"1.36\"\nuntil = \"10m\"\n[[node]]\nname = \"own\"\n\
                    [[node]]\nname = \"other\"\n[[pod]]\nname = \"web\"\nreplicas = 3\n[pod.spec]\nnodeName = \"own\"\n\
                    [[pod.spec.initContainers]]\nname = \"first\"\nimage = \"a\"\n[[pod.spec.containers]]\nname = \"app\"\nimage = \"a\"\n\
                    [pod.behavior.containers.first]\nattempts = [{ runs = \"2s\", exit = 0 }]\n\
                    [pod.behavior.containers.app]\nattempts = [{ runs = \"4s\", exit = 3 }, { runs = \"forever\" }]\n\
                    [[action]]\nat = \"30s\"\ncordon = \"node/own\"\n[[action]]\nat = \"1m\"\ndelete = \"pod/web-0\"\n\
                    [[action]]\nat = \"2m\"\ndelete = \"node/other\"\n";
    let written = written("told", scenario);
    let Some(mut browser) = written.shown("#t=300&select=web-0") else { return };
    assert_eq!(
        (browser.text("#title"), browser.text("#about")),
        ("told".into(), "A node is cordoned.".into())
    );
    assert_eq!(
        browser.eval("kubelapse.run.end"),
        600_000,
        "all stays as it is until the end that was asked for"
    );
    let panel = browser.text("#panel");
    assert!(
        panel.contains("It is gone since")
            && panel.contains("first (init)")
            && panel.contains("Last changes"),
        "{panel}"
    );
    assert_eq!(
        browser.eval("kubelapse.run.deeds.map((deed) => deed.words).join()"),
        "cordon node/own,delete pod/web-0,delete node/other"
    );
    // Nodes are shown where something became of one, and say what.
    let nodes =
        "kubelapse.run.nodes.map((node) => node.shown.map((one) => one.status).join(' > ')).join('; ')";
    assert_eq!(browser.eval(nodes), "Ready > Ready, cordoned; Ready > not in the API");
    assert_eq!(browser.eval("kubelapse.layout.rows.filter((row) => row.kind === 'node').length"), 2);
    // A failure is gone to, and whose it is, is selected.
    browser.key("Escape");
    browser.key("Home");
    browser.key("f");
    assert_eq!(browser.eval("kubelapse.selected === kubelapse.run.failures[0].pod && kubelapse.cursor === kubelapse.run.failures[0].t"), true);
    browser.key("f");
    assert_eq!(browser.eval("kubelapse.selected === kubelapse.run.failures[1].pod"), true);
    // What is looked for is counted, and the table keeps to it; Esc looks for nothing.
    browser.key("/");
    for letter in ["w", "e", "b", "-", "1"] {
        browser.key(letter);
    }
    assert_eq!(browser.text("#found"), "1 of 3");
    browser.key("Enter");
    browser.key("T");
    assert!(
        browser.text("#table").contains("1 pod for “web-1”") && !browser.text("#table").contains("web-2")
    );
    browser.press("#table button");
    assert_eq!(browser.eval("kubelapse.selected.name"), "web-1");
    assert!(browser.text("#panel").contains("web-1"));
    browser.key("T");
    browser.key("/");
    browser.key("Escape");
    assert_eq!((browser.text("#found"), browser.eval("kubelapse.view.find")), (String::new(), json!("")));
    // A mark is told where it is, not what came last before the pointer.
    browser.key("0");
    let place = "(() => { const row = kubelapse.layout.rows.find((one) => one.kind === 'deeds'); return [kubelapse.scale.x(30000), row.y + 26 + 9 \
                 + document.getElementById('scroll').getBoundingClientRect().top]; })()";
    let place = browser.eval(place);
    let at = (place[0].as_f64().expect("x"), place[1].as_f64().expect("y"));
    browser.mouse("mouseMoved", at, json!({}));
    assert!(browser.text("#tip").contains("cordon node/own"), "{}", browser.text("#tip"));
    browser.mouse("mouseMoved", (at.0 + 60.0, at.1), json!({}));
    assert_eq!(browser.eval("document.getElementById('tip').hidden"), true, "nothing is there");
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
    browser.wait("window.kubelapse?.run.pods.length === 0");
    browser.key(".");
    browser.wait("kubelapse.run.end > 1");
    browser.enter("#goto", "2m");
    browser.wait("kubelapse.run.pods.length === 6 && kubelapse.run.end === 120000");
    assert!(
        browser.text("#now").starts_with("2m0s"),
        "who looks at the end goes on: {}",
        browser.text("#now")
    );
    browser.key(",");
    browser.wait("kubelapse.run.end < 120000");
    browser.enter("#goto", "rollout=failed deployment=billing");
    browser.wait("kubelapse.run.end > 170000 && kubelapse.run.end < 190000");
    // What is selected, told by the server as it was at the cursor.
    browser.eval("(() => { kubelapse.selected = kubelapse.run.pods[0]; kubelapse.redraw(); })()");
    for (name, holds) in [("YAML", "kind: Pod"), ("Describe", "Conditions:"), ("Why", "kubelet: ")] {
        browser.eval(&format!(
            "[...document.querySelectorAll('#looks button')].find((one) => one.textContent === '{name}').click()"
        ));
        browser.wait(&format!("document.getElementById('answer').textContent.includes('{holds}')"));
    }
    browser.enter("#do", "delete pod/billing-x");
    browser.wait("document.getElementById('said').textContent !== ''");
    let left = "kubelapse.run.pods[0].name";
    let pod = browser.eval(left);
    browser.enter("#do", &format!("delete pod/{}", pod.as_str().expect("a name")));
    browser.wait("kubelapse.run.deeds.length > 0");
    browser.key("p");
    browser.wait("kubelapse.plays");
    let requests = browser.requests();
    assert!(
        requests.iter().all(|url| url.starts_with(&server.address) || url.starts_with("data:")),
        "{requests:?}"
    );
    // Who is left alone says so.
    drop(server);
    browser.wait("!document.getElementById('banner').hidden");
}

/// The folder that any host serves, in a browser that looks at it; None: it cannot be built or looked at here.
fn playground(name: &str, hash: &str) -> Option<(Desk, Browser, String)> {
    let module = wasm::built()?;
    let desk = Desk::with(&format!("page-{name}"), None);
    let built =
        std::process::Command::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/build"))
            .arg(desk.0.join("site"))
            .env("KUBELAPSE_WASM", module)
            .output()
            .expect("a shell");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let Some(mut browser) = Browser::start(&desk.0.join("profile"), 1500, 900) else {
        clients::missing("chromium");
        return None;
    };
    let address = folder::serve(desk.0.join("site"));
    browser.open(&format!("{address}/{hash}"));
    browser.wait("document.documentElement.dataset.ready === 'yes'");
    Some((desk, browser, address))
}

/// The browser has heard nothing but what lies in the folder, and has not complained.
fn is_at_home(browser: &Browser, address: &str) {
    assert_eq!(browser.complaints(), Vec::<&Value>::new());
    let requests = browser.requests();
    let own = |url: &&str| url.starts_with(address) || url.starts_with("data:") || url.starts_with("blob:");
    assert!(requests.iter().all(own), "{requests:?}");
}

#[test]
fn webassembly_playground_plays_what_is_written_and_its_link_holds_it() {
    let Some((_desk, mut browser, address)) = playground("play", "") else { return };
    browser.wait("kubelapse.run.pods.length === 1 && document.getElementById('run-says').textContent.includes('digest')");
    assert_eq!(browser.text("#title"), "crash-loop");
    assert_eq!(browser.eval("location.hash"), "#example=crash-loop");
    let heard = browser.requests().len();
    // A mistake is told as the program tells it, at its line.
    browser.eval("(() => { const text = document.getElementById('text'); text.value = text.value.replace('until', 'untill'); text.dispatchEvent(new Event('input')); })()");
    browser.wait("document.getElementById('problems').textContent.includes('did you mean')");
    let marked = browser.eval("document.getElementById('gutter').textContent.split('\\n').filter((line) => line.includes('●')).length");
    assert!(marked.as_u64() >= Some(1), "{}", browser.text("#problems"));
    browser.press("#problems button");
    let line = "document.getElementById('text').value.slice(0, document.getElementById('text').selectionStart).split('\\n').length";
    assert_eq!(
        browser.eval(&format!(
            "document.getElementById('text').value.split('\\n')[{line} - 1].includes('untill')"
        )),
        true
    );
    // The drawing is of the text before, and says so.
    assert_eq!(browser.eval("document.getElementById('scene').hasAttribute('data-old')"), true);
    // A manifest, as it is pasted.
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: 3\n  selector: { matchLabels: { app: web } }\n  \
                    template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: app, image: a:1 }] }\n";
    browser.enter("#text", manifest);
    browser.wait("kubelapse.run.pods.length === 3 && location.hash.startsWith('#play=1')");
    assert_eq!(browser.eval("document.getElementById('scene').hasAttribute('data-old')"), false);
    assert!(browser.text("#problems").contains("assumed: "), "{}", browser.text("#problems"));
    // Stepping, and what is done at the cursor makes another future, which the link holds, too.
    browser.eval("(() => { document.activeElement.blur(); kubelapse.goTo(0); })()");
    browser.key(".");
    assert!(browser.eval("kubelapse.cursor").as_f64() > Some(0.0));
    browser.key(",");
    assert_eq!(browser.eval("kubelapse.cursor"), 0.0);
    browser.enter("#goto", "40s");
    browser.wait("kubelapse.cursor === 40000");
    // To where something is so, from the start.
    browser.eval("kubelapse.goTo(0)");
    browser.enter("#goto", "ready>=3 deployment=web");
    browser.wait("kubelapse.cursor > 0 && kubelapse.cursor < 40000");
    browser.enter("#goto", "40s");
    browser.wait("kubelapse.cursor === 40000");
    let before = browser.text("#run-says");
    browser.enter("#do", "scale deployment/web replicas=5");
    browser.wait("kubelapse.run.pods.length === 5 && kubelapse.run.deeds.length === 2");
    browser.wait("kubelapse.cursor < 41000");
    browser.enter("#line", "get deployments");
    browser.wait("document.getElementById('told').textContent.includes('UP-TO-DATE')");
    // What is selected, whole and explained.
    browser.eval("(() => { kubelapse.selects(kubelapse.run.pods[0]); kubelapse.goTo(30000); })()");
    for (name, holds) in [("YAML", "kind: Pod"), ("Describe", "Conditions:"), ("Why", "kubelet: ")] {
        browser.eval(&format!(
            "[...document.querySelectorAll('#looks button')].find((one) => one.textContent === '{name}').click()"
        ));
        browser.wait(&format!("document.getElementById('answer').textContent.includes('{holds}')"));
    }
    assert_eq!(browser.requests().len(), heard, "nothing is asked of anybody once the page is there");
    let hash = browser.eval("location.hash");
    let hash = hash.as_str().expect("a text").to_owned();
    is_at_home(&browser, &address);
    browser.open("about:blank");
    browser.open(&format!("{address}/{hash}"));
    browser.wait("document.documentElement.dataset.ready === 'yes' && kubelapse.run.pods.length === 5");
    assert_eq!(browser.eval("document.getElementById('text').value"), manifest);
    assert_eq!(browser.eval("location.hash"), *hash);
    assert_ne!(browser.text("#run-says"), before);
    // A link that was cut off says so.
    browser.open("about:blank");
    browser.open(&format!("{address}/{}", &hash[..hash.len() / 2]));
    browser.wait("document.getElementById('problems').textContent.includes('cannot be read')");
    // So does one to nowhere, and a life is drawn all the same.
    browser.open("about:blank");
    browser.open(&format!("{address}/#example=nope"));
    browser.wait("document.getElementById('problems').textContent.includes('no example is called nope')");
    assert_eq!(browser.eval("kubelapse.run.pods.length"), 1);
    is_at_home(&browser, &address);
}

#[test]
fn webassembly_course_asks_hints_and_keeps_the_score() {
    let Some((_desk, mut browser, address)) = playground("course", "#lesson=deadline-clock") else { return };
    browser.wait("!document.getElementById('lesson').hidden");
    assert_eq!(browser.text("#about"), "", "it would give the answer away");
    assert!(browser.text("#story").len() > 40);
    browser.press("#moves button[data-say=end]");
    browser.wait("!document.getElementById('question').hidden");
    let ahead = browser.eval("kubelapse.run.end");
    assert!(ahead.as_f64() < Some(61_000.0), "nothing is drawn of what comes: {ahead}");
    browser.press("#hint");
    browser.wait("document.getElementById('told').textContent.includes('> hint')");
    browser.eval("document.querySelectorAll('#choices input')[3].click()");
    browser.press("#question button");
    browser.wait("document.getElementById('told').textContent.includes('Right.')");
    assert!(browser.text("#score").starts_with("0.5 of 1 point"), "{}", browser.text("#score"));
    for _ in 0..2 {
        browser.press("#moves button[data-say=end]");
        browser.wait("!document.getElementById('question').hidden");
        browser.eval("document.querySelectorAll('#choices input')[0].click()");
        browser.press("#question button");
        browser.wait("document.getElementById('question').hidden");
    }
    browser.press("#moves button[data-say=end]");
    browser.wait("document.getElementById('told').textContent.includes('What is behind it')");
    browser.press("#to-contents");
    browser.wait("document.getElementById('summary').textContent.startsWith('1 of ')");
    // A path has some of the lessons, in its own order, and is kept as what was done is.
    let all = browser.eval("document.querySelectorAll('#contents button[data-lesson]').length");
    let choose = "const own = document.getElementById('path'); own.value = 'new'; own.dispatchEvent(new Event('change'))";
    browser.eval(&format!("(() => {{ {choose} }})()"));
    browser.wait("document.querySelector('#contents summary').textContent.includes('What a pod is')");
    let own = browser.eval("document.querySelectorAll('#contents button[data-lesson]').length");
    assert!(own.as_f64() < all.as_f64() && own.as_f64() > Some(20.0), "{own} of {all}");
    browser.press("#to-playground");
    browser.press("#to-course");
    browser.wait("document.querySelector('#contents summary').textContent.includes('What a pod is')");
    assert_eq!(browser.eval("localStorage.getItem('kubelapse path')"), "new");
    browser.eval(&format!("(() => {{ {} }})()", choose.replace("'new'", "''")));
    browser.wait("!document.querySelector('#contents summary').textContent.includes('What a pod is')");
    // Without questions it is a walk.
    browser.press("#questions");
    browser.press("button[data-lesson=crash-loop]");
    browser.wait("!document.getElementById('lesson').hidden");
    browser.press("#moves button[data-say=end]");
    browser.wait("kubelapse.run.end >= 1200000");
    assert_eq!(browser.eval("document.getElementById('question').hidden"), true);
    is_at_home(&browser, &address);
}

#[test]
fn webassembly_playground_takes_no_text_for_markup() {
    let hostile = "name = \"hostile\"\ndescription = \"<img src=x onerror=document.title='taken'><script>document.title='taken'</script>\u{202e}\"\nuntil = \"1m\"\n\
                   [[pod]]\nname = \"own\"\nspec.containers = [{ name = \"app\", image = \"<b>&amp;</b>\" }]\n<b>\n";
    let Some((_desk, mut browser, address)) = playground("hostile", "") else { return };
    browser.enter("#text", hostile);
    browser.wait("document.getElementById('problems').textContent.includes('<b>')");
    browser.enter("#text", hostile.trim_end_matches("<b>\n"));
    browser.wait("document.getElementById('about').textContent.includes('<img')");
    browser.enter("#line", "<img src=x onerror=document.title='taken'>");
    browser.wait("document.getElementById('told').textContent.includes('is no command')");
    assert_eq!(browser.eval("document.querySelectorAll('img, b, main script').length"), 0);
    assert_ne!(browser.eval("document.title"), "taken");
    is_at_home(&browser, &address);
}
