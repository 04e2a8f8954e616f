//! What a wrapper leaves to the connection inside.

/// Writes the named methods of a `Connection`, each of which asks `inner`.
macro_rules! forward {
    ($($method:ident),*) => {
        $($crate::forward::forward!(@ $method);)*
    };
    (@ poll_ready) => {
        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
            self.inner.poll_ready(cx)
        }
    };
    (@ start_send) => {
        fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
            self.inner.start_send(frame)
        }
    };
    (@ poll_flush) => {
        fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
            self.inner.poll_flush(cx)
        }
    };
    (@ poll_recv) => {
        fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
            self.inner.poll_recv(cx)
        }
    };
    (@ poll_close) => {
        fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
            self.inner.poll_close(cx)
        }
    };
    (@ set_frame_limit) => {
        fn set_frame_limit(&mut self, bytes: usize) {
            self.inner.set_frame_limit(bytes);
        }
    };
    (@ peer) => {
        fn peer(&self) -> &Peer {
            self.inner.peer()
        }
    };
}

pub(crate) use forward;
