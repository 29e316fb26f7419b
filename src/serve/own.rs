//! The server's own API: the clock, what is done by words, the scenario that comes of it; described by OpenAPI.

use serde_json::{Value, json};

use super::clock::{Desk, Jump, Pace};
use super::path::Request;
use super::status::{Response, bad, failure, no_page};
use crate::session::Breakpoint;
use crate::time::{GoDuration, Span};

/// A path below `/kubelapse/v1`, its method, and what it does.
const PATHS: [(&str, &str, &str); 13] = [
    ("clock", "get", "how the clock stands"),
    ("clock/pause", "post", "the clock stands"),
    (
        "clock/resume",
        "post",
        "the clock goes on; ?speed=10: so many times as fast as on the wall; ?speed=max",
    ),
    ("clock/step", "post", "to the next change that a client would see; the clock stands there"),
    ("clock/back", "post", "to before the last change; the clock stands there, and watches end with 410"),
    ("clock/goto", "post", "to an instant of the run: ?at=90s from its start, on or back"),
    (
        "clock/until",
        "post",
        "on to where it is so: ?what=status=CrashLoopBackOff pod=web, as `until` of `step`; by an hour at most, or &within=24h",
    ),
    (
        "do",
        "post",
        "does something: the body is what one would type, as `delete pod/web gracePeriodSeconds=5`",
    ),
    ("scenario", "get", "the scenario with everything that was done, as TOML"),
    ("view", "get", "what the page draws: the view model"),
    (
        "look",
        "get",
        "what words of `step` that only look come to: ?words=describe pod/web, ?words=why pod/web Ready; &at=90s: then",
    ),
    (
        "predict",
        "get",
        "what may come from here on under other luck, as text: ?of=pod/web, ?of=deployment/web; without it of all; &at=90s: from then on",
    ),
    ("openapi", "get", "this description"),
];

/// Answers what lies below `/kubelapse/v1`.
pub async fn answer(desk: &Desk, request: &Request, rest: &str) -> Response {
    let Some((path, method, _)) = PATHS.iter().find(|(path, ..)| *path == rest) else { return no_page() };
    if !method.eq_ignore_ascii_case(&request.method) {
        return failure(
            405,
            "MethodNotAllowed",
            &format!("{path} wants {}", method.to_uppercase()),
            &json!({}),
        );
    }
    let state = match *path {
        "openapi" => return Response::json(200, &described()),
        "clock" => desk.state().await,
        "clock/pause" => desk.pace(Pace::Paused).await,
        "clock/resume" => {
            let word = if request.query("speed").is_empty() { "1" } else { request.query("speed") };
            match Pace::parse(word) {
                Ok(pace) => desk.pace(pace).await,
                Err(problem) => return bad(&problem),
            }
        }
        "clock/step" | "clock/back" | "clock/goto" | "clock/until" => {
            let jump = match *path {
                "clock/step" => Jump::Step,
                "clock/back" => Jump::Back,
                "clock/until" => match Breakpoint::parse(request.query("what")) {
                    Err(problem) => return bad(&problem),
                    Ok(breakpoint) => {
                        let within = if request.query("within").is_empty() {
                            Ok(AN_HOUR)
                        } else {
                            span(request, "within")
                        };
                        match within {
                            Ok(within) => Jump::Until(breakpoint, within),
                            Err(refused) => return refused,
                        }
                    }
                },
                _ => match span(request, "at") {
                    Ok(offset) => Jump::To(offset),
                    Err(refused) => return refused,
                },
            };
            // Who looks at one instant wants to go on looking at it.
            let paused = desk.pace(Pace::Paused).await;
            match if paused.is_some() { desk.jump(jump).await } else { None } {
                Some(Err(refused)) => return failure(410, "Expired", &refused, &Value::Null),
                other => other.and_then(Result::ok),
            }
        }
        "look" => {
            return looked(desk, request, request.query("words").to_owned(), |text| {
                Response::json(200, &json!({ "kind": "Look", "apiVersion": "kubelapse/v1", "text": text }))
            })
            .await;
        }
        "predict" => {
            let words = format!("predict {}", request.query("of"));
            return looked(desk, request, words, |text| Response::plain(200, text)).await;
        }
        "do" => return done(desk, request).await,
        "view" => return desk.view().await.map_or_else(over, Response::of_json),
        _ => {
            return match desk.saved().await {
                Some(text) => Response { content_type: "application/toml", ..Response::plain(200, &text) },
                None => over(),
            };
        }
    };
    state.map_or_else(over, |state| Response::json(200, &state))
}

/// How far `clock/until` goes where nobody says it.
const AN_HOUR: Span = Span::from_secs(3600);

/// `at`, an offset from the start of the run, or `within`, one from now.
fn span(request: &Request, name: &str) -> Result<Span, Response> {
    match GoDuration::parse(request.query(name)) {
        Ok(GoDuration(nanos)) if nanos >= 0 => Ok(Span::from_micros(nanos / 1000)),
        _ => Err(bad(&format!("`{name}` is an offset: 90s, 15m, 2h"))),
    }
}

/// Looks at what was, or is, and answers in a form.
async fn looked(desk: &Desk, request: &Request, words: String, form: impl Fn(&str) -> Response) -> Response {
    let at = match request.query("at") {
        "" => None,
        _ => match span(request, "at") {
            Ok(offset) => Some(offset),
            Err(refused) => return refused,
        },
    };
    match desk.look(at, words).await {
        None => over(),
        Some(Err(refused)) => bad(&refused),
        Some(Ok(text)) => form(&text),
    }
}

fn over() -> Response {
    failure(503, "ServiceUnavailable", "the simulation has ended", &Value::Null)
}

async fn done(desk: &Desk, request: &Request) -> Response {
    let words = String::from_utf8_lossy(&request.body).trim().to_owned();
    let Some(done) = desk.act(vec![words]).await else { return over() };
    // In the API's own words, which kubectl prints.
    if let Some(refused) = &done.refused {
        return failure(422, "Invalid", refused, &Value::Null);
    }
    Response::json(200, &json!({ "kind": "Done", "apiVersion": "kubelapse/v1", "lines": done.lines }))
}

fn described() -> Value {
    let mut paths = json!({});
    for (path, method, words) in PATHS {
        let mut operation = json!({ "summary": words, "responses": { "200": { "description": "done" } } });
        let parameters: &[&str] = match path {
            "clock/resume" => &["speed"],
            "clock/goto" => &["at"],
            "clock/until" => &["what", "within"],
            "look" => &["words", "at"],
            "predict" => &["of", "at"],
            _ => &[],
        };
        if !parameters.is_empty() {
            let described =
                |name: &&str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
            operation["parameters"] = parameters.iter().map(described).collect();
        }
        if path == "do" {
            operation["requestBody"] =
                json!({ "content": { "text/plain": { "schema": { "type": "string" } } } });
        }
        paths[format!("/kubelapse/v1/{path}")][method] = operation;
    }
    json!({
        "openapi": "3.0.0", "info": { "title": "kubelapse", "version": env!("CARGO_PKG_VERSION") }, "paths": paths,
    })
}
