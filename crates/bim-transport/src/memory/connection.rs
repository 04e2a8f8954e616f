//! One end of a memory connection.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{
    MemoryConfig,
    pipe::{Ending, Pipe, Taken},
};
use crate::{Connection, Peer, TransportError};

/// One end of a connection inside this process.
#[derive(Debug)]
pub struct MemoryConnection {
    outbound: Arc<Pipe>,
    inbound: Arc<Pipe>,
    taken: Taken,
    frame_bytes_max: usize,
    frame_limit: usize,
    over: bool,
    peer: Peer,
}

/// Makes two connected ends.
#[must_use]
pub fn pair(config: MemoryConfig) -> (MemoryConnection, MemoryConnection) {
    let there = Arc::new(Pipe::new(config.frames_max, config.bytes_max));
    let back = Arc::new(Pipe::new(config.frames_max, config.bytes_max));
    let end = |outbound: &Arc<Pipe>, inbound: &Arc<Pipe>| MemoryConnection {
        outbound: Arc::clone(outbound),
        inbound: Arc::clone(inbound),
        taken: Taken::default(),
        frame_bytes_max: config.frame_bytes_max,
        frame_limit: config.frame_bytes_max,
        over: false,
        peer: Peer::memory(),
    };
    (end(&there, &back), end(&back, &there))
}

impl MemoryConnection {
    fn end(&mut self, ending: Ending) {
        self.over = true;
        self.taken = Taken::default();
        self.outbound.end_writing(ending);
        self.inbound.end_reading(ending);
    }
}

impl Connection for MemoryConnection {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.outbound.poll_room(cx)
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        if frame.len() > self.frame_bytes_max {
            return Err(TransportError::FrameTooLarge { size: frame.len(), limit: self.frame_bytes_max });
        }
        self.outbound.push(frame)
    }

    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(self.outbound.flush())
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let mut received = std::task::ready!(self.inbound.poll_pop(&mut self.taken, cx));
        if let Some(Ok(frame)) = &received
            && frame.len() > self.frame_limit
        {
            received =
                Some(Err(TransportError::FrameTooLarge { size: frame.len(), limit: self.frame_limit }));
        }
        if !matches!(received, Some(Ok(_))) {
            self.end(Ending::Dropped);
        }
        Poll::Ready(received)
    }

    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.end(Ending::InOrder);
        Poll::Ready(Ok(()))
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        self.frame_limit = bytes.min(self.frame_bytes_max);
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl Drop for MemoryConnection {
    fn drop(&mut self) {
        self.end(Ending::Dropped);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::{Wake, Waker},
    };

    use super::*;

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Woken {
        fn count(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counting() -> (Waker, Arc<Woken>) {
        let woken = Arc::new(Woken::default());
        (Waker::from(Arc::clone(&woken)), woken)
    }

    fn context() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    #[test]
    fn works_without_any_runtime() {
        let (mut left, mut right) = pair(MemoryConfig::default());
        assert!(left.poll_ready(&mut context()).is_ready());
        left.start_send(Bytes::from_static(b"x")).unwrap();
        let Poll::Ready(Some(Ok(frame))) = right.poll_recv(&mut context()) else { panic!("no frame") };
        assert_eq!(frame, "x");
        assert!(right.poll_recv(&mut context()).is_pending());
    }

    #[test]
    fn a_full_queue_refuses_until_the_peer_reads() {
        let (mut left, mut right) = pair(MemoryConfig { frames_max: 1, ..MemoryConfig::default() });
        left.start_send(Bytes::new()).unwrap();
        assert!(left.poll_ready(&mut context()).is_pending());
        assert!(matches!(left.start_send(Bytes::new()), Err(TransportError::NotReady)));
        assert!(right.poll_recv(&mut context()).is_ready());
        assert!(left.poll_ready(&mut context()).is_ready());
    }

    #[test]
    fn a_reader_is_woken_by_a_flush_and_by_a_writer_that_cannot_go_on() {
        let (waker, woken) = counting();
        let (mut left, mut right) = pair(MemoryConfig { frames_max: 1, ..MemoryConfig::default() });
        assert!(right.poll_recv(&mut Context::from_waker(&waker)).is_pending());
        left.start_send(Bytes::new()).unwrap();
        assert_eq!(woken.count(), 0);
        assert!(left.poll_flush(&mut context()).is_ready());
        assert_eq!(woken.count(), 1);
        assert!(right.poll_recv(&mut context()).is_ready());
        assert!(right.poll_recv(&mut Context::from_waker(&waker)).is_pending());
        left.start_send(Bytes::new()).unwrap();
        assert!(left.poll_ready(&mut context()).is_pending());
        assert_eq!(woken.count(), 2);
    }

    #[test]
    fn a_writer_is_woken_once_when_half_of_the_queue_is_free() {
        let (waker, woken) = counting();
        let (mut left, mut right) = pair(MemoryConfig { frames_max: 4, ..MemoryConfig::default() });
        for _ in 0..4 {
            left.start_send(Bytes::new()).unwrap();
        }
        assert!(left.poll_ready(&mut Context::from_waker(&waker)).is_pending());
        let counts: Vec<_> = std::iter::repeat_with(|| {
            assert!(right.poll_recv(&mut context()).is_ready());
            woken.count()
        })
        .take(4)
        .collect();
        assert_eq!(counts, [0, 1, 1, 1]);
    }

    #[test]
    fn frames_that_the_reader_took_and_has_not_given_out_take_room_as_long() {
        let (mut left, mut right) = pair(MemoryConfig { frames_max: 4, ..MemoryConfig::default() });
        let fill = |left: &mut MemoryConnection| {
            let all = std::iter::repeat_with(|| left.start_send(Bytes::new())).take_while(Result::is_ok);
            all.count()
        };
        assert_eq!(fill(&mut left), 4);
        for room in [0, 2, 0, 2] {
            assert!(right.poll_recv(&mut context()).is_ready());
            assert_eq!(fill(&mut left), room);
        }
    }

    #[test]
    fn a_dropped_end_is_lost_after_its_last_frame_and_then_over() {
        let (mut left, mut right) = pair(MemoryConfig::default());
        left.start_send(Bytes::from_static(b"last")).unwrap();
        drop(left);
        assert!(matches!(right.poll_recv(&mut context()), Poll::Ready(Some(Ok(_)))));
        assert!(matches!(right.poll_recv(&mut context()), Poll::Ready(Some(Err(TransportError::Lost)))));
        assert!(matches!(right.poll_recv(&mut context()), Poll::Ready(None)));
        assert!(matches!(right.poll_ready(&mut context()), Poll::Ready(Err(_))));
    }
}
