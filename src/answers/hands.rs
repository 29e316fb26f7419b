//! What a door lends to a question that takes many runs: its threads, the wish of somebody to stop, a net under each run.
//!
//! Work is handed out in pieces. What they come to stands in their order, whatever the threads did. A piece that breaks by a
//! fault of ours ends the whole, and so does whoever wants it to stop; the first that broke, in the order of the pieces, is told.

/// What a door lends.
pub trait Hands: Sync {
    /// Does all pieces side by side, and gives what each came to, in their order. `begin` makes what pieces that follow each other on
    /// a thread share.
    fn side_by_side<S, P: Sync, R: Send>(
        &self,
        pieces: &[P],
        begin: impl Fn() -> S + Send + Sync,
        work: impl Fn(&mut S, &P) -> R + Send + Sync,
    ) -> Vec<R>;

    /// Whether somebody wants it to stop.
    fn stop(&self) -> bool;

    /// Another piece is done.
    fn done(&self);

    /// What a piece came to, or what the fault said that ended it.
    ///
    /// # Errors
    /// The words of a fault of ours.
    fn caught<R>(&self, work: impl FnOnce() -> R) -> Result<R, String>;
}

/// Why work came to no end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// A fault of our own: which of the pieces it was, and what it said.
    Fault(usize, String),
    /// Somebody wanted it to stop.
    Interrupted,
}

/// Does all pieces; None of one of them says that somebody wanted it to stop.
///
/// # Errors
/// A fault of ours in a piece, or somebody wanted it to stop.
pub fn all<H: Hands, S, P: Sync, R: Send>(
    hands: &H,
    pieces: &[P],
    begin: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, &P) -> Option<R> + Send + Sync,
) -> Result<Vec<R>, Stopped> {
    let came = hands.side_by_side(pieces, begin, |shared, piece| {
        let came = (!hands.stop()).then(|| hands.caught(|| work(shared, piece)));
        hands.done();
        came
    });
    let mut all = Vec::with_capacity(pieces.len());
    for (ix, came) in came.into_iter().enumerate() {
        match came {
            Some(Ok(Some(came))) => all.push(came),
            Some(Err(said)) => return Err(Stopped::Fault(ix, said)),
            None | Some(Ok(None)) => return Err(Stopped::Interrupted),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One thread; stops after so many pieces, and catches what says that it breaks.
    struct Alone {
        after: usize,
        done: std::sync::atomic::AtomicUsize,
    }

    impl Hands for Alone {
        fn side_by_side<S, P: Sync, R: Send>(
            &self,
            pieces: &[P],
            begin: impl Fn() -> S + Send + Sync,
            work: impl Fn(&mut S, &P) -> R + Send + Sync,
        ) -> Vec<R> {
            let mut shared = begin();
            pieces.iter().map(|piece| work(&mut shared, piece)).collect()
        }
        fn stop(&self) -> bool {
            self.done.load(std::sync::atomic::Ordering::Relaxed) >= self.after
        }
        fn done(&self) {
            self.done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        fn caught<R>(&self, work: impl FnOnce() -> R) -> Result<R, String> {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|_| "broken".to_owned())
        }
    }

    fn squares(after: usize, breaks: Option<u32>) -> Result<Vec<u32>, Stopped> {
        let alone = Alone { after, done: std::sync::atomic::AtomicUsize::new(0) };
        all(
            &alone,
            &[1, 2, 3, 4],
            || (),
            |(), piece| {
                assert_ne!(Some(*piece), breaks);
                Some(piece * piece)
            },
        )
    }

    #[test]
    fn all_pieces_come_in_their_order_or_it_is_told_why_not() {
        assert_eq!(squares(9, None), Ok(vec![1, 4, 9, 16]));
        assert_eq!(squares(2, None), Err(Stopped::Interrupted));
        assert_eq!(squares(9, Some(3)), Err(Stopped::Fault(2, "broken".to_owned())));
    }
}
