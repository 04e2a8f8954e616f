//! What can go wrong on an established connection.

/// Why an operation on a [`Connection`](crate::Connection) failed.
///
/// Never holds bytes of a frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A frame is larger than this end may send, or larger than this end accepts.
    ///
    /// From `start_send` it concerns only that frame and the connection stays usable. From `poll_recv` it
    /// ends the connection.
    #[error("frame of {size} bytes is over the limit of {limit} bytes")]
    FrameTooLarge {
        /// Size of the frame, or as much of it as was announced, in bytes.
        size: usize,
        /// The limit that was in force, in bytes.
        limit: usize,
    },
    /// `start_send` was called before `poll_ready` said that there is room; the frame was not taken.
    #[error("connection has no room for a frame yet")]
    NotReady,
    /// The connection was closed in order, by this end or by the peer.
    #[error("connection is closed")]
    Closed,
    /// The peer vanished without closing: dropped, crashed, or cut off.
    #[error("peer vanished without closing the connection")]
    Lost,
    /// The peer answered nothing for too long.
    #[error("peer did not answer in time")]
    TimedOut,
    /// The peer broke a rule of the transport, or of bim on top of it.
    #[error("peer broke the protocol: {0}")]
    Protocol(&'static str),
    /// The operating system reported an error that has no name of its own here.
    #[error("network failed")]
    Io(#[source] std::io::Error),
}

impl From<std::io::Error> for TransportError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => {
                Self::Lost
            }
            Kind::TimedOut => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_reset_socket_is_a_lost_peer() {
        let error = TransportError::from(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(matches!(error, TransportError::Lost));
    }

    #[test]
    fn the_size_error_names_size_and_limit() {
        let text = TransportError::FrameTooLarge { size: 9, limit: 8 }.to_string();
        assert_eq!(text, "frame of 9 bytes is over the limit of 8 bytes");
    }
}
