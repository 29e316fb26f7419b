//! The program serves a scenario, and is asked over a socket by hand.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::desk::Desk;

/// A server that ends with its test.
pub struct Server {
    pub child: Child,
    pub port: u16,
    pub kubeconfig: String,
    pub desk: Desk,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves what these words say, from the folder of this test.
pub fn serve(words: &str) -> Server {
    serve_beside(words, &[])
}

/// The same, with files in that folder.
pub fn serve_beside(words: &str, files: &[(&str, &str)]) -> Server {
    let name = std::thread::current().name().map_or_else(String::new, |name| format!("serve-{name}"));
    let desk = Desk::with(&name, None);
    for (name, text) in files {
        std::fs::write(desk.0.join(name), text).expect("a file on the desk");
    }
    let line = format!("serve {words} --port 0");
    let mut child = desk.command(&line).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    let (mut port, mut kubeconfig) = (0, String::new());
    for _ in 0..8 {
        let mut line = String::new();
        out.read_line(&mut line).expect("it speaks");
        if let Some((_, address)) = line.split_once("http://127.0.0.1:") {
            port = address.trim().parse().expect("a port");
        }
        if let Some((_, file)) = line.split_once("KUBECONFIG=") {
            file.trim().clone_into(&mut kubeconfig);
        }
        if line.starts_with("The clock") {
            break;
        }
    }
    assert!(port > 0 && !kubeconfig.is_empty());
    Server { child, port, kubeconfig, desk }
}

impl Server {
    pub fn open(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        stream
    }

    /// What is answered to a request that closes its connection.
    pub fn raw(&self, request: &str) -> String {
        let mut stream = self.open();
        let _ = stream.write_all(request.as_bytes());
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Code and body.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let text = self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/merge-patch+json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        ));
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a code");
        (code, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    pub fn get(&self, path: &str) -> Value {
        let (code, body) = self.ask("GET", path, "");
        assert_eq!(code, 200, "{path}: {body}");
        body
    }

    /// A watch, whose events can be read line by line.
    pub fn watch(&self, path: &str) -> BufReader<TcpStream> {
        let mut stream = self.open();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port).expect("it takes it");
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            lines.read_line(&mut line).expect("a head");
        }
        lines
    }
}

/// The next event of a watch, past what belongs to the chunks; None: it has ended.
pub fn event(watch: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut line = String::new();
    loop {
        line.clear();
        if watch.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.starts_with('{') {
            return serde_json::from_str(&line).ok();
        }
        if line.trim() == "0" {
            return None;
        }
    }
}
