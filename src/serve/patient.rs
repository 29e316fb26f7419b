//! A stream that waits for whoever reads at the other end, and not for ever: an answer that nobody takes is given up, whatever it is
//! an answer to.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// One whose writes fail once nothing of them was taken for so long.
#[derive(Debug)]
pub struct Patient<S> {
    stream: S,
    patience: Duration,
    /// How long it goes on waiting; nothing, where it does not wait.
    waits: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub fn new(stream: S, patience: Duration) -> Patient<S> {
        Patient { stream, patience, waits: None }
    }
    /// What came of a write: as long as it does not go on, the wait does.
    fn came<T>(&mut self, context: &mut Context<'_>, came: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if came.is_ready() {
            self.waits = None;
            return came;
        }
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        ready!(waits.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.came(context, came)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.came(context, came)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let came = Pin::new(&mut self.stream).poll_flush(context);
        self.came(context, came)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Read as _;
    use std::net::{Ipv4Addr, TcpListener};

    use tokio::net::TcpStream;

    use super::*;

    async fn write(to: &mut Patient<TcpStream>, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|context| Pin::new(&mut *to).poll_write(context, bytes)).await?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    #[test]
    fn what_nobody_reads_is_given_up() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let place = listener.local_addr().expect("it listens");
        let piece = vec![7; 1 << 20];
        let (wrote, read) = runtime.block_on(async {
            let near = TcpStream::connect(place).await.expect("it listens");
            let (mut far, _) = listener.accept().expect("somebody came");
            let mut near = Patient::new(near, Duration::from_millis(20));
            // As many go as fit into the system's own buffers.
            let gave_up = loop {
                if let Err(problem) = write(&mut near, &piece).await {
                    break problem;
                }
            };
            assert_eq!(gave_up.kind(), io::ErrorKind::TimedOut);
            // Whoever is waited for longer, and reads, gets what there is.
            let mut near = Patient::new(near.stream, Duration::from_secs(3600));
            let reads = std::thread::spawn(move || {
                let mut all = Vec::new();
                far.read_to_end(&mut all).expect("it is there");
                all.len()
            });
            let wrote = write(&mut near, &piece).await;
            drop(near);
            (wrote, reads.join().expect("it ends"))
        });
        assert!(wrote.is_ok() && read > piece.len(), "{wrote:?}, {read} bytes");
    }
}
