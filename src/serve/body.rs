//! Bodies of requests, taken as a whole: each no longer than an API server takes, all that are under way together no more than
//! there is room for, and none from whoever needs for ever to send it.
//!
//! Source: staging/src/k8s.io/apiserver/pkg/server/config.go (1.36.3): `MaxRequestBodyBytes`, `RequestTimeout` (a minute), and the answers
//! of its filters: 413, 504 (`timeout.go`), 429 (`maxinflight.go`).

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes};
use serde_json::Value;
use tokio::time::timeout;

use super::status::{Response, failure};

/// One may be so long.
pub const MOST: usize = 3 << 20;
/// So many bytes of them are held at once.
pub const MOST_AT_ONCE: usize = 64 * MOST;
/// Who has not sent all of it by then is not waited for.
pub const SLOWEST: Duration = Duration::from_secs(60);

/// How many bytes of bodies there are.
#[derive(Default, Debug)]
pub struct Held(AtomicUsize);

/// The room that a body takes, until whoever asked is answered.
#[derive(Debug)]
pub struct Room {
    held: Arc<Held>,
    bytes: usize,
}

impl Room {
    /// Of nothing yet.
    pub fn of(held: &Arc<Held>) -> Room {
        Room { held: Arc::clone(held), bytes: 0 }
    }
    /// Takes so much more; false: there is not so much.
    fn grow(&mut self, bytes: usize) -> bool {
        let before = self.held.0.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before + bytes <= MOST_AT_ONCE
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// All of a body, in a room that is taken for it.
///
/// # Errors
/// It is too long, too slow, breaks off, or there is no room for it.
pub async fn taken<B>(incoming: B, room: &mut Room, slowest: Duration) -> Result<Vec<u8>, Response>
where
    B: Body<Data = Bytes>,
{
    let read = async {
        let (mut incoming, mut all) = (pin!(incoming), Vec::new());
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else {
                return Err(refuse(400, "BadRequest", "the request's body breaks off"));
            };
            let Ok(piece) = frame.into_data() else { continue };
            if all.len() + piece.len() > MOST {
                let message = format!("Request entity too large: limit is {MOST}");
                return Err(refuse(413, "RequestEntityTooLarge", &message));
            }
            if !room.grow(piece.len()) {
                let message = "Too many requests, please try again later.";
                return Err(refuse(429, "TooManyRequests", message));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all)
    };
    timeout(slowest, read).await.unwrap_or_else(|_| {
        let message = "Timeout: request did not complete within the allotted timeout";
        Err(refuse(504, "Timeout", message))
    })
}

fn refuse(code: u16, reason: &str, message: &str) -> Response {
    failure(code, reason, message, &Value::Null)
}

#[cfg(test)]
mod tests {
    use std::io;

    use http_body_util::Full;
    use http_body_util::channel::Channel;

    use super::*;

    /// What becomes of a body of so many bytes where so many are held by others; how many are held meanwhile, and afterwards.
    fn asked(bytes: usize, others: usize) -> (u16, usize, usize) {
        let held = Arc::new(Held(AtomicUsize::new(others)));
        let mut room = Room::of(&held);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let body = Full::new(Bytes::from(vec![0; bytes]));
        let came = runtime.block_on(taken(body, &mut room, SLOWEST));
        let meanwhile = held.0.load(Ordering::Relaxed);
        drop(room);
        let code = came.map_or_else(|refused| refused.code, |all| if all.len() == bytes { 200 } else { 0 });
        (code, meanwhile, held.0.load(Ordering::Relaxed))
    }

    #[test]
    fn there_is_room_for_so_many() {
        assert_eq!(asked(7, 0), (200, 7, 0));
        assert_eq!(asked(MOST, MOST_AT_ONCE - MOST), (200, MOST_AT_ONCE, MOST_AT_ONCE - MOST));
        assert_eq!(asked(7, MOST_AT_ONCE - 6), (429, MOST_AT_ONCE + 1, MOST_AT_ONCE - 6));
        assert_eq!(asked(MOST + 1, 0), (413, 0, 0));
    }

    /// Who says no more is not waited for, and who breaks off is told so.
    #[test]
    fn who_never_ends_is_not_waited_for() {
        type Sends = http_body_util::channel::Sender<Bytes, io::Error>;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let came = |ends: fn(Sends) -> Option<Sends>| {
            runtime.block_on(async {
                let (mut send, body) = Channel::new(4);
                send.send_data(Bytes::from_static(b"{")).await.expect("there is room");
                let left = ends(send);
                let mut room = Room::of(&Arc::default());
                let came = taken(body, &mut room, Duration::from_millis(20)).await;
                drop(left);
                came.map_err(|refused| refused.code)
            })
        };
        assert_eq!(came(Some), Err(504));
        assert_eq!(
            came(|send| {
                send.abort(io::ErrorKind::ConnectionReset.into());
                None
            }),
            Err(400)
        );
        assert_eq!(came(|_| None), Ok(b"{".to_vec()));
    }
}
