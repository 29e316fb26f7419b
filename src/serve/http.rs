//! Sockets: requests in, answers out, and who may ask at all.
//!
//! A [`Door`] answers requests wherever they come from: [`serve`] takes them from sockets, tests hand over what stands in memory.
//!
//! The server listens on the loopback address alone. A page of some other site that a browser has open must not reach it either:
//! a request must name this machine (`Host`), and one that a page makes must come from here (`Origin`). Bodies, connections
//! and watches are limited; a client that does not read what it is sent is dropped, and one that does not send what it has begun is
//! answered without it. When the server is told to end, every stream ends,
//! and a deadline follows.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::channel::{Channel, Sender};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch as signal;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::answer::logs::LogsOf;
use super::answer::watch::{Standing, Watch};
use super::answer::{Answer, answer};
use super::body::{self, Room};
use super::clock::Desk;
use super::path::Request;
use super::patient::Patient;
use super::status::{JSON, Response, failure};
use super::{own, verbs};
#[cfg(feature = "html")]
use crate::record::html;
use crate::rules::versions::gates::Gates;

/// What an answer consists of: one piece, or pieces that go on coming.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// So many connections at once.
const MOST_CONNECTIONS: usize = 4096;
/// So many streams at once.
const MOST_STREAMS: usize = 2048;
/// Who takes nothing for so long is dropped.
const SLOWEST: Duration = Duration::from_secs(30);
/// So many events are handed over at once.
const AT_ONCE: usize = 512;
/// How often a watch says how far things are.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// What is still open when the server ends has so long.
const DEADLINE: Duration = Duration::from_secs(2);

/// What all requests share.
struct Shared {
    desk: Desk,
    gates: Gates,
    port: u16,
    streams: AtomicUsize,
    connections: AtomicUsize,
    bodies: Arc<body::Held>,
    ends: signal::Receiver<bool>,
}

/// Where requests are answered, without a socket.
#[derive(Clone)]
pub struct Door(Arc<Shared>);

impl Door {
    /// The door of a simulation, at a port; `ends` says when it is over.
    pub fn new(desk: Desk, gates: Gates, port: u16, ends: signal::Receiver<bool>) -> Door {
        let (streams, connections) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let bodies = Arc::default();
        Door(Arc::new(Shared { desk, gates, port, streams, connections, bodies, ends }))
    }

    /// Answers a request, in a runtime: an answer that goes on is written beside.
    pub async fn answer<B>(&self, request: hyper::Request<B>) -> hyper::Response<Body>
    where
        B: hyper::body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        handle(request, &self.0).await
    }
}

/// A place to listen at: this port, or the next that is free.
///
/// # Errors
/// None is.
pub async fn listen(port: u16) -> std::io::Result<TcpListener> {
    let mut problem = None;
    for port in (port..=port.saturating_add(100)).take(if port == 0 { 1 } else { 100 }) {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Ok(listener) => return Ok(listener),
            Err(own) => problem = Some(own),
        }
    }
    Err(problem.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
}

/// Answers until `ends` says that it is over.
pub async fn serve(listener: TcpListener, desk: Desk, gates: Gates, ends: signal::Receiver<bool>) {
    let port = listener.local_addr().map_or(0, |own| own.port());
    let Door(shared) = Door::new(desk, gates, port, ends.clone());
    take_in(listener, &shared, ends).await;
}

/// Takes connections in, no more than there may be, until `ends` says that it is over.
async fn take_in(listener: TcpListener, shared: &Arc<Shared>, mut ends: signal::Receiver<bool>) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Too many files are open: that passes.
                Err(_) => { sleep(Duration::from_millis(50)).await; continue; }
            },
            () = ended(&mut ends) => break,
        };
        if shared.connections.load(Ordering::Relaxed) >= MOST_CONNECTIONS {
            continue;
        }
        let shared = Arc::clone(shared);
        shared.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            connection(stream, &shared).await;
            shared.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
    // Streams end by themselves; who does not is not waited for.
    let last = Instant::now() + DEADLINE;
    while shared.connections.load(Ordering::Relaxed) > 0 && Instant::now() < last {
        sleep(Duration::from_millis(10)).await;
    }
}

async fn connection(stream: TcpStream, shared: &Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let shared = Arc::clone(shared);
        async move { Ok::<_, Infallible>(handle(request, &shared).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30)).max_buf_size(64 << 10);
    let mut connection =
        std::pin::pin!(http.serve_connection(TokioIo::new(Patient::new(stream, SLOWEST)), service));
    let mut ends = shared.ends.clone();
    tokio::select! {
        _ = connection.as_mut() => {}
        () = ended(&mut ends) => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(DEADLINE, connection).await;
        }
    }
}

async fn handle<B>(request: hyper::Request<B>, shared: &Arc<Shared>) -> hyper::Response<Body>
where
    B: hyper::body::Body<Data = Bytes>,
{
    if let Some(refused) = refused(request.headers(), shared.port) {
        return whole(refused);
    }
    let (parts, incoming) = request.into_parts();
    let text = |name: HeaderName| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let mut asked =
        Request::of(parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default());
    asked.accept = text(header::ACCEPT);
    asked.if_none_match = text(header::IF_NONE_MATCH);
    asked.content_type = text(header::CONTENT_TYPE);
    asked.user_agent = text(header::USER_AGENT);
    let is_master = parts.headers.get_all("impersonate-group").iter().any(|group| group == "system:masters");
    if !is_master {
        asked.impersonates = text(HeaderName::from_static("impersonate-user"));
    }
    let mut room = Room::of(&shared.bodies);
    match body::taken(incoming, &mut room, body::SLOWEST).await {
        Ok(taken) => asked.body = taken,
        Err(refused) => return whole(refused),
    }
    #[cfg(feature = "html")]
    if asked.path == "/" && asked.accept.contains("text/html") {
        return whole(Response {
            content_type: "text/html; charset=utf-8",
            ..Response::of_json(html::live())
        });
    }
    if let Some(rest) = asked.path.strip_prefix("/kubelapse/v1/") {
        let rest = rest.trim_end_matches('/').to_owned();
        return whole(own::answer(&shared.desk, &asked, &rest).await);
    }
    let _busy = shared.desk.steady.request();
    let found = {
        let store = shared.desk.store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        answer(&store, &shared.gates, &asked)
    };
    match found {
        Answer::Whole(response) => whole(response),
        // It is looked at once more where nothing can come between looking and doing.
        Answer::Do(_) => whole(shared.desk.write(asked).await.unwrap_or_else(over)),
        Answer::Watch(watch, first) => {
            streamed(shared, JSON, |send| watched(*watch, first, send, Arc::clone(shared)))
        }
        Answer::Logs(of) => logs(of, shared).await,
    }
}

fn over() -> Response {
    failure(503, "ServiceUnavailable", "the simulation has ended", &serde_json::Value::Null)
}

/// Comes when the server is to end.
async fn ended(ends: &mut signal::Receiver<bool>) {
    let _ = ends.wait_for(|over| *over).await;
}

/// Whoever does not mean this server, or asks for another site.
fn refused(headers: &HeaderMap, port: u16) -> Option<Response> {
    let is_own = |host: &str| {
        let own = [
            format!("127.0.0.1:{port}"),
            format!("localhost:{port}"),
            format!("[::1]:{port}"),
            "127.0.0.1".to_owned(),
            "localhost".to_owned(),
        ];
        own.iter().any(|own| own.eq_ignore_ascii_case(host))
    };
    let text =
        |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).unwrap_or("?").to_owned();
    let host = text(headers.get(header::HOST));
    if !is_own(&host) {
        let message = "this server answers whoever asks for 127.0.0.1 or localhost";
        return Some(failure(403, "Forbidden", message, &serde_json::Value::Null));
    }
    let origin = headers.get(header::ORIGIN).map(|origin| text(Some(origin)));
    let is_foreign = origin.is_some_and(|origin| !origin.strip_prefix("http://").is_some_and(is_own));
    let is_cross = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if is_foreign || is_cross {
        let message = "pages of other sites are not answered";
        return Some(failure(403, "Forbidden", message, &serde_json::Value::Null));
    }
    None
}

fn headers(response: &mut hyper::Response<Body>, content_type: &str, more: Vec<(&'static str, String)>) {
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    own.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(content_type)
        && !content_type.is_empty()
    {
        own.insert(header::CONTENT_TYPE, value);
    }
    for (name, value) in more {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            own.insert(name, value);
        }
    }
}

fn whole(response: Response) -> hyper::Response<Body> {
    let Response { code, content_type, headers: more, body } = response;
    let mut out = hyper::Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *out.status_mut() = hyper::StatusCode::from_u16(code).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    headers(&mut out, content_type, more);
    out
}

/// An answer that goes on; what is written into it runs beside.
fn streamed<F: Future<Output = ()> + Send + 'static>(
    shared: &Arc<Shared>,
    content_type: &str,
    write: impl FnOnce(Sender<Bytes>) -> F,
) -> hyper::Response<Body> {
    if shared.streams.load(Ordering::Relaxed) >= MOST_STREAMS {
        let message = "too many watches at once, please try again later";
        return whole(failure(429, "TooManyRequests", message, &serde_json::Value::Null));
    }
    let (send, body) = Channel::new(4);
    shared.streams.fetch_add(1, Ordering::Relaxed);
    let (writes, counted) = (write(send), Arc::clone(shared));
    tokio::spawn(async move {
        writes.await;
        counted.streams.fetch_sub(1, Ordering::Relaxed);
    });
    let mut out = hyper::Response::new(body.boxed_unsync());
    headers(&mut out, content_type, Vec::new());
    out
}

/// Hands over a piece; false: nobody takes it.
async fn hand(send: &mut Sender<Bytes>, piece: Bytes) -> bool {
    piece.is_empty() || matches!(timeout(SLOWEST, send.send_data(piece)).await, Ok(Ok(())))
}

async fn watched(mut watch: Watch, first: Vec<u8>, mut send: Sender<Bytes>, shared: Arc<Shared>) {
    let mut news = shared.desk.news.clone();
    let mut ends = shared.ends.clone();
    // Somebody who asks for no end gets one that he would get from a real server, sooner or later.
    let last =
        Instant::now() + watch.timeout.unwrap_or(Duration::from_secs(3600)).min(Duration::from_secs(7200));
    let mut next_bookmark = Instant::now() + Duration::from_secs(1);
    let watching = shared.desk.steady.watch(watch.version);
    watching.told(watch.version, !first.is_empty());
    if !hand(&mut send, Bytes::from(first)).await {
        return;
    }
    loop {
        news.mark_unchanged();
        loop {
            let mut pieces = Vec::new();
            let standing = {
                let store = shared.desk.store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                watch.go_on(&store, &mut pieces, AT_ONCE)
            };
            let is_last = pieces.len() < AT_ONCE;
            let has_news = !pieces.is_empty();
            let piece = if pieces.len() == 1 { pieces.remove(0) } else { Bytes::from(pieces.concat()) };
            if !hand(&mut send, piece).await || standing == Standing::Over {
                return;
            }
            watching.told(watch.version, has_news);
            if is_last {
                break;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            () = ended(&mut ends) => return,
            () = sleep_until(last) => return,
            () = sleep_until(next_bookmark) => {
                next_bookmark = Instant::now() + BOOKMARKS;
                let mut piece = Vec::new();
                watch.bookmark(&mut piece);
                if !hand(&mut send, Bytes::from(piece)).await {
                    return;
                }
            }
        }
    }
}

/// A log: what there is, and what comes.
async fn logs(of: LogsOf, shared: &Arc<Shared>) -> hyper::Response<Body> {
    let clock =
        |shared: &Shared| shared.desk.store.read().unwrap_or_else(std::sync::PoisonError::into_inner).clock;
    let first = match shared.desk.logs(of.clone()).await {
        Some(Ok(first)) => first,
        Some(Err(words)) => {
            let resource = super::kinds::find("", "v1", "pods").unwrap_or_default();
            return whole(verbs::said(&words, &super::kinds::RESOURCES[resource], &of.pod));
        }
        None => return whole(over()),
    };
    let text = of.text(&first.0, clock(shared));
    if !of.follow {
        return whole(Response { content_type: "text/plain", ..Response::text(text) });
    }
    let own = Arc::clone(shared);
    streamed(shared, "text/plain", move |mut send| async move {
        let (mut known, mut goes_on) = (first.0.len(), first.1);
        if !hand(&mut send, Bytes::from(text)).await {
            return;
        }
        let mut ends = own.ends.clone();
        while goes_on {
            tokio::select! {
                () = sleep(Duration::from_millis(250)) => {}
                () = ended(&mut ends) => return,
            }
            let Some(Ok((lines, more))) = own.desk.logs(of.clone()).await else { return };
            goes_on = more;
            let text = of.more(lines.get(known..).unwrap_or_default(), clock(&own));
            known = lines.len().max(known);
            if !hand(&mut send, Bytes::from(text)).await {
                return;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::super::clock::{self, Pace};
    use super::super::steady::Steady;
    use super::*;
    use crate::scenario::no_files;
    use crate::session::{Script, Walk};

    /// One connection more than there may be is not taken, and one less is.
    #[test]
    fn too_many_connections_are_not_taken() {
        let text = "until = \"1s\"\n[[pod]]\nname = \"web\"\nspec.containers = [{ name = \"app\", image = \"x\" }]\n";
        let (script, loaded) = Script::load("web.toml", text, &no_files, &[])
            .unwrap_or_else(|told| panic!("{}", told.render(false)));
        let plan = Arc::new(loaded.plan);
        let (walk, gates, until) = (Walk::new(script, &plan, 0), plan.gates, plan.until);
        let (desk, thread) = clock::begin(walk, Pace::Paused, until, Steady::new(false)).expect("a thread");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answers = runtime.block_on(async {
            let listener = listen(0).await.expect("a port is free");
            let port = listener.local_addr().expect("it listens").port();
            let (over, ends) = signal::channel(false);
            let Door(shared) = Door::new(desk.clone(), gates, port, ends.clone());
            let counted = Arc::clone(&shared);
            let clients = std::thread::spawn(move || {
                let answers = [MOST_CONNECTIONS, MOST_CONNECTIONS - 1].map(|others| {
                    counted.connections.store(others, Ordering::Relaxed);
                    let mut answer = Vec::new();
                    let mut stream =
                        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("somebody listens");
                    // It may be gone before all is said.
                    let _ = stream
                        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                    let _ = stream.read_to_end(&mut answer);
                    String::from_utf8_lossy(&answer).into_owned()
                });
                counted.connections.fetch_sub(MOST_CONNECTIONS - 1, Ordering::Relaxed);
                over.send(true).expect("it is waited for");
                answers
            });
            take_in(listener, &shared, ends).await;
            clients.join().expect("both have come back")
        });
        desk.stop();
        thread.join().expect("the simulation ends");
        assert_eq!(answers[0], "");
        assert!(answers[1].starts_with("HTTP/1.1 200 OK"), "{}", answers[1]);
    }

    fn asked(pairs: &[(&'static str, &'static str)]) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        refused(&headers, 8473).map(|refused| refused.code)
    }

    #[test]
    fn only_who_means_this_server_is_answered() {
        assert_eq!(asked(&[("host", "127.0.0.1:8473")]), None);
        assert_eq!(asked(&[("host", "localhost:8473"), ("origin", "http://localhost:8473")]), None);
        assert_eq!(
            asked(&[("host", "evil.example:8473")]),
            Some(403),
            "a name that was bound to this machine"
        );
        assert_eq!(asked(&[]), Some(403));
        assert_eq!(asked(&[("host", "127.0.0.1:8473"), ("origin", "http://evil.example")]), Some(403));
        assert_eq!(asked(&[("host", "127.0.0.1:8473"), ("origin", "null")]), Some(403));
        assert_eq!(asked(&[("host", "127.0.0.1:8473"), ("sec-fetch-site", "cross-site")]), Some(403));
    }
}
