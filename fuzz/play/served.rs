//! A served cluster whose door is the library's own, without a socket: requests in, answers out, and whether the simulation is still there.
//!
//! Its clock stands where requests come. Once something was done a few seconds are played, so that whatever was taken is also lived
//! with, everything is listed, and what is saved of it is loaded. Where nothing was done nothing has changed, so that the next requests
//! find the same cluster.

#![allow(dead_code, reason = "whoever plays takes what he needs")]

use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::Poll;
use std::thread::JoinHandle;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes};
use kubelapse::serve::clock::{self, Desk, Pace};
use kubelapse::serve::http::{Body, Door};
use kubelapse::serve::steady::Steady;
use kubelapse::session::{Script, Walk};
use kubelapse::time::Span;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch::{self, Sender};

/// What is there before anybody asks.
const SCENARIO: &str = "name = \"served\"\nuntil = \"40s\"\n[[node]]\nname = \"node\"\ncount = 2\n[[apply]]\nmanifest = \"m.yaml\"\n";
const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  \
                        template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: app, image: nginx, readinessProbe: \
                        {tcpSocket: {port: 80}}}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, \
                        ports: [{port: 80}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: one, finalizers: [example.com/keep]}\nspec: \
                        {containers: [{name: app, image: nginx}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: set}\ndata: {a: \
                        b}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec:\n  schedule: '* * * * *'\n  jobTemplate: \
                        {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: busybox}]}}}}\n---\napiVersion: \
                        policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 1, selector: {matchLabels: {app: \
                        web}}}\n";

/// It is listed after the last request.
const LISTED: [&str; 6] = [
    "/api/v1/pods",
    "/apis/apps/v1/deployments",
    "/apis/batch/v1/jobs",
    "/api/v1/events",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/api/v1/configmaps",
];

/// Of an answer that goes on so many pieces are read, each awaited for so many turns of whoever sends it.
const PIECES: usize = 2;
const TURNS: usize = 16;
/// The instant of the run at which requests come, and that to which it is played once something was done.
const BEFORE: Span = Span::from_secs(8);
const AFTER: &str = "/kubelapse/v1/clock/goto?at=14s";

/// The run at the instant at which requests come.
static OPENED: LazyLock<Mutex<Walk>> = LazyLock::new(|| {
    let opened = Script::load("served.toml", SCENARIO, &beside, &[]);
    let (script, loaded) = opened.unwrap_or_else(|told| panic!("{}", told.render(false)));
    let plan = Arc::new(loaded.plan);
    let mut walk = Walk::new(script, &plan, plan.seed);
    walk.seek_time(plan.start + BEFORE);
    Mutex::new(walk)
});

fn beside(_: &str) -> Result<String, String> {
    Ok(MANIFEST.to_owned())
}

/// What comes of it within some turns; what comes by itself alone is not waited for.
async fn soon<T>(what: impl Future<Output = T>) -> Option<T> {
    let mut what = pin!(what);
    for _ in 0..TURNS {
        let turn = std::future::poll_fn(|context| Poll::Ready(what.as_mut().poll(context))).await;
        if let Poll::Ready(come) = turn {
            return Some(come);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// A request: its method, its path with what it asks for, what its body is, what is wanted, and the body.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub content_type: &'a str,
    pub accept: &'a str,
    pub body: &'a [u8],
}

impl<'a> Asked<'a> {
    pub fn get(path: &'a str) -> Asked<'a> {
        Asked { method: "GET", path, content_type: "", accept: "", body: b"" }
    }

    /// None: HTTP has no such request.
    fn told(&self) -> Option<hyper::Request<Full<Bytes>>> {
        let body = Full::new(Bytes::copy_from_slice(self.body));
        let head = hyper::Request::builder().method(self.method).uri(self.path).header("host", "localhost");
        let head = head.header("content-type", self.content_type).header("accept", self.accept);
        head.header("user-agent", "kubectl/v1.36").body(body).ok()
    }
}

/// A cluster that is served.
pub struct Served {
    door: Door,
    desk: Desk,
    thread: JoinHandle<()>,
    runtime: Runtime,
    over: Sender<bool>,
}

impl Served {
    pub fn open() -> Served {
        let walk = OPENED.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (gates, until) = (walk.world().gates, walk.plan().until);
        let (desk, thread) = clock::begin(walk, Pace::Paused, until, Steady::new(false)).expect("a thread");
        let (over, ends) = watch::channel(false);
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Served { door: Door::new(desk.clone(), gates, 80, ends), desk, thread, runtime, over }
    }

    /// The code of the answer, and what was read of its body; None: HTTP has no such request.
    pub fn ask(&self, asked: &Asked<'_>) -> Option<(u16, Vec<u8>)> {
        let request = asked.told()?;
        self.runtime.block_on(async {
            let answer = self.door.answer(request).await;
            let code = answer.status().as_u16();
            // Of what has no end its beginning counts.
            let has_end = answer.body().size_hint().exact().is_some();
            let mut body = answer.into_body();
            let mut all = Vec::new();
            for _ in 0..if has_end { usize::MAX } else { PIECES } {
                let piece = if has_end { Ok(body.frame().await) } else { soon(body.frame()).await.ok_or(()) };
                let Ok(Some(Ok(piece))) = piece else { break };
                all.extend(piece.into_data().unwrap_or_default());
            }
            // The API server itself has 500 for some of what is applied; 503 says that nobody is there any more.
            assert!(code != 503, "{} {}: {}", asked.method, asked.path, String::from_utf8_lossy(&all));
            Some((code, all))
        })
    }

    /// The answer itself, whose body nobody has read, where it goes on as long as it is held.
    pub fn hold(&self, asked: &Asked<'_>) -> Option<hyper::Response<Body>> {
        let request = asked.told()?;
        self.runtime.block_on(async {
            let answer = self.door.answer(request).await;
            tokio::task::yield_now().await;
            Some(answer)
        })
    }

    /// Which change was the last.
    pub fn version(&self) -> u64 {
        self.desk.store.read().unwrap_or_else(PoisonError::into_inner).version()
    }

    /// Stores ConfigMaps until there are so many objects.
    pub fn fill(&self, objects: usize) {
        let mut store = self.desk.store.write().unwrap_or_else(PoisonError::into_inner);
        let configs = store.find("", "v1", "configmaps").expect("they are served");
        let missing = objects.saturating_sub(store.count());
        let one = |number: usize| serde_json::json!({ "metadata": { "namespace": "default", "name": format!("c{number}"), "resourceVersion": "1" } });
        (0..missing).for_each(|number| store.load(configs, one(number)));
    }

    /// Lives with what was done.
    pub fn live_on(&self) {
        self.ask(&Asked { method: "POST", ..Asked::get(AFTER) });
        for path in LISTED {
            let (code, body) = self.ask(&Asked::get(path)).expect("it can be asked");
            assert_eq!(code, 200, "{path}");
            serde_json::from_slice::<serde_json::Value>(&body).expect("a list is JSON");
        }
        let (code, saved) = self.ask(&Asked::get("/kubelapse/v1/scenario")).expect("it can be asked");
        assert_eq!(code, 200, "the simulation has ended");
        let saved = String::from_utf8(saved).expect("a scenario is text");
        if let Err(told) = Script::load("served.toml", &saved, &beside, &[]) {
            panic!("what is saved does not load: {}\n{saved}", told.render(false));
        }
    }

    /// It is over; a simulation that has ended by a fault is found.
    pub fn close(self) {
        let _ = self.over.send(true);
        drop(self.runtime);
        self.desk.stop();
        assert!(self.thread.join().is_ok(), "the simulation has ended by a fault");
    }
}
