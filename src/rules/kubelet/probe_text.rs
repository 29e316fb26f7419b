//! What a failed probe says, by its handler.
//!
//! Source: pkg/probe/http/http.go, pkg/probe/tcp/tcp.go, pkg/probe/grpc/grpc.go, pkg/probe/exec/exec.go and
//! pkg/kubelet/prober/prober.go (`runProbe`) of v1.36.2; the words of a failed connection are those of Go's net package.

use crate::api::spec::{ContainerPort, Handler, HttpGetAction};
use crate::time::Span;
use serde_json::Value;

/// How an attempt failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Failure {
    /// The process said no.
    #[default]
    Answered,
    /// It said nothing within `timeoutSeconds`.
    TimedOut,
    /// No process was there.
    NobodyThere,
    /// The process ended while it was asked.
    CutOff,
    /// The kubelet did not wait for the answer.
    GivenUp,
}

/// Where a probe knocks.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    pub handler: &'a Handler,
    /// Of the container: ports may be named.
    pub ports: &'a [ContainerPort],
    /// The host, where the handler names none.
    pub pod_ip: &'a str,
}

/// The text behind `Readiness probe failed: `. `output` is what the process says; where nothing is known of it, it is a
/// web server's 503, a closed port, NOT_SERVING, or a command that prints nothing.
///
/// The surprise: gRPC dials until its time is over, so that a server that is not there is a timeout too.
pub fn failure(door: Door<'_>, failure: Failure, output: &str, timeout: Span) -> String {
    let handler = door.handler;
    if failure == Failure::Answered && !output.is_empty() {
        return output.to_owned();
    }
    if let Some(http) = &handler.http_get {
        let address = address(host(&http.host, door.pod_ip), port(&http.port, door.ports));
        let failed = |cause: &str| format!("Get \"{}\": {cause}", url(http, &address));
        return match failure {
            Failure::Answered => "HTTP probe failed with statuscode: 503".to_owned(),
            Failure::TimedOut => {
                failed("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
            }
            Failure::NobodyThere => failed(&refused(&address)),
            Failure::CutOff | Failure::GivenUp => failed("EOF"),
        };
    }
    if let Some(tcp) = &handler.tcp_socket {
        let address = address(host(&tcp.host, door.pod_ip), port(&tcp.port, door.ports));
        return match failure {
            Failure::TimedOut => format!("dial tcp {address}: i/o timeout"),
            _ => refused(&address),
        };
    }
    if let Some(grpc) = &handler.grpc {
        let address = address(door.pod_ip, i64::from(grpc.port));
        return match failure {
            Failure::Answered => "service unhealthy (responded with \"NOT_SERVING\")".to_owned(),
            Failure::TimedOut => format!("timeout: health rpc did not complete within {timeout}"),
            Failure::NobodyThere => format!(
                "timeout: failed to connect service \"{address}\" within {timeout}: context deadline exceeded"
            ),
            Failure::CutOff | Failure::GivenUp => {
                "error: health rpc probe failed: rpc error: code = Unavailable desc = error reading \
                                from server: EOF"
                    .to_owned()
            }
        };
    }
    match (&handler.exec, failure) {
        (Some(exec), Failure::TimedOut) => {
            format!("command timed out: \"{}\" timed out after {timeout}", exec.command.join(" "))
        }
        _ => String::new(),
    }
}

/// What is wrong with a port that its probe names and its container does not have: no such probe ever gives a result.
/// `by_name`: the words from 1.37 on; before, a name that is unknown was read as a number.
pub fn unknown_port(door: Door<'_>, by_name: bool) -> Option<String> {
    let handler = door.handler;
    let http = handler.http_get.as_ref().map(|http| &http.port);
    let written = http.or_else(|| handler.tcp_socket.as_ref().map(|tcp| &tcp.port))?;
    let name = written.as_str().filter(|name| door.ports.iter().all(|port| port.name != **name))?;
    Some(if by_name {
        format!("port \"{name}\" not found")
    } else {
        format!("strconv.Atoi: parsing \"{name}\": invalid syntax")
    })
}

/// At which port a probe knocks; None: it is run in the container.
pub fn knocks_at(handler: &Handler, ports: &[ContainerPort]) -> Option<i64> {
    let of = |written: &Value| port(written, ports);
    (handler.http_get.as_ref().map(|http| of(&http.port)))
        .or_else(|| handler.tcp_socket.as_ref().map(|tcp| of(&tcp.port)))
        .or_else(|| handler.grpc.as_ref().map(|grpc| i64::from(grpc.port)))
}

/// What a web server answers that does not know a path.
pub const NOT_FOUND: &str = "HTTP probe failed with statuscode: 404";

fn host<'a>(written: &'a str, pod_ip: &'a str) -> &'a str {
    if written.is_empty() { pod_ip } else { written }
}

/// `net.JoinHostPort`
fn address(host: &str, port: i64) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// `ResolveContainerPort` (pkg/probe/util.go).
fn port(written: &Value, ports: &[ContainerPort]) -> i64 {
    let named = |name: &str| ports.iter().find(|p| p.name == name).map(|p| i64::from(p.container_port));
    written.as_i64().or_else(|| written.as_str().and_then(named)).unwrap_or_default()
}

/// `formatURL` (pkg/probe/http/request.go).
fn url(http: &HttpGetAction, address: &str) -> String {
    let scheme = if http.scheme.is_empty() { "http".to_owned() } else { http.scheme.to_lowercase() };
    let slash = if http.path.is_empty() || http.path.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{address}{slash}{}", http.path)
}

fn refused(address: &str) -> String {
    format!("dial tcp {address}: connect: connection refused")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(handler: Value, how: Failure, output: &str, expected: &str) {
        let handler: Handler = serde_json::from_value(handler).expect("a handler");
        let ports = [ContainerPort { name: "web".to_owned(), container_port: 8080, ..Default::default() }];
        let door = Door { handler: &handler, ports: &ports, pod_ip: "10.244.0.7" };
        assert_eq!(failure(door, how, output, Span::from_secs(2)), expected);
    }

    #[test]
    fn every_handler_has_its_words() {
        use Failure::{Answered, CutOff, NobodyThere, TimedOut};
        let http = json!({ "httpGet": { "path": "/healthz", "port": "web", "scheme": "HTTP" } });
        check(http.clone(), Answered, "", "HTTP probe failed with statuscode: 503");
        check(
            http.clone(),
            Answered,
            "HTTP probe failed with statuscode: 500",
            "HTTP probe failed with statuscode: 500",
        );
        check(
            http.clone(),
            TimedOut,
            "never heard",
            "Get \"http://10.244.0.7:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting \
             headers)",
        );
        check(
            http,
            NobodyThere,
            "",
            "Get \"http://10.244.0.7:8080/healthz\": dial tcp 10.244.0.7:8080: connect: connection refused",
        );
        let tcp = json!({ "tcpSocket": { "port": 6379, "host": "fd00::1" } });
        check(tcp.clone(), TimedOut, "", "dial tcp [fd00::1]:6379: i/o timeout");
        check(tcp, Answered, "", "dial tcp [fd00::1]:6379: connect: connection refused");
        let grpc = json!({ "grpc": { "port": 9000 } });
        check(grpc.clone(), Answered, "", "service unhealthy (responded with \"NOT_SERVING\")");
        check(grpc.clone(), TimedOut, "", "timeout: health rpc did not complete within 2s");
        check(
            grpc,
            NobodyThere,
            "",
            "timeout: failed to connect service \"10.244.0.7:9000\" within 2s: context deadline exceeded",
        );
        let exec = json!({ "exec": { "command": ["cat", "/run/ok"] } });
        check(exec.clone(), Answered, "no", "no");
        check(exec.clone(), TimedOut, "no", "command timed out: \"cat /run/ok\" timed out after 2s");
        check(exec, CutOff, "no", "");
    }
}
