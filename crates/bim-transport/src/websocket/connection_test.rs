//! A WebSocket connection against a peer that does as it likes.

use raw_peer::*;

use super::*;
use crate::ConnectionExt;

#[tokio::test]
async fn a_text_message_ends_the_connection() {
    let (mut ours, mut peer) = server_and_raw_client();
    peer.write(&[0x81, 0x80, 0, 0, 0, 0]).await;
    assert!(matches!(ours.recv().await, Some(Err(TransportError::Protocol("text message")))));
    assert!(ours.recv().await.is_none());
    assert_eq!(peer.read_close_code().await, 1003);
}

#[tokio::test]
async fn an_announced_length_over_the_limit_is_refused_before_it_is_sent() {
    let (mut ours, mut peer) = server_and_raw_client();
    ours.set_frame_limit(1000);
    // A header for 65,536 bytes, and not one of them.
    peer.write(&[0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    let received = ours.recv().await;
    assert!(matches!(received, Some(Err(TransportError::FrameTooLarge { size: 65_536, limit: 1000 }))));
    assert_eq!(peer.read_close_code().await, 1009);
}

#[tokio::test]
async fn fragments_together_over_the_limit_are_refused() {
    let (mut ours, mut peer) = server_and_raw_client();
    ours.set_frame_limit(8);
    for opcode in [0x02, 0x00, 0x00] {
        peer.write(&[opcode, 0x84, 0, 0, 0, 0, 1, 2, 3, 4]).await;
    }
    assert!(matches!(ours.recv().await, Some(Err(TransportError::FrameTooLarge { limit: 8, .. }))));
}

#[tokio::test]
async fn ten_pings_are_answered_and_the_eleventh_is_a_flood() {
    let (mut ours, mut peer) = server_and_raw_client();
    for _ in 0..10 {
        peer.write(&[0x89, 0x80, 0, 0, 0, 0]).await;
    }
    peer.write(&[0x82, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(ours.recv().await.unwrap().unwrap(), "");
    assert_eq!(peer.read_exact::<2>().await, [0x8A, 0]);
    peer.write(&[0x89, 0x80, 0, 0, 0, 0]).await;
    let flood = ours.recv().await;
    assert!(matches!(flood, Some(Err(TransportError::Protocol("too many control frames")))));
}

#[tokio::test]
async fn an_unmasked_frame_of_a_client_is_malformed() {
    let (mut ours, mut peer) = server_and_raw_client();
    peer.write(&[0x82, 0x01, 7]).await;
    assert!(matches!(ours.recv().await, Some(Err(TransportError::Protocol(_)))));
}

#[tokio::test]
async fn a_stream_that_ends_in_the_middle_is_a_lost_peer() {
    let (mut ours, mut peer) = server_and_raw_client();
    peer.write(&[0x82, 0x84, 0, 0, 0, 0, 1]).await;
    drop(peer);
    assert!(matches!(ours.recv().await, Some(Err(TransportError::Lost))));
    assert!(ours.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn closing_towards_a_peer_that_never_answers_ends_in_time() {
    let (mut ours, _peer) = server_and_raw_client();
    let before = Instant::now();
    ours.close().await.unwrap();
    assert_eq!(before.elapsed(), CLOSE_TIMEOUT);
    assert!(matches!(ours.send(Bytes::new()).await, Err(TransportError::Closed)));
}

#[tokio::test]
async fn many_fed_frames_leave_with_one_flush() {
    let (mut ours, mut peer) = server_and_raw_client();
    for _ in 0..3 {
        ours.feed(Bytes::from_static(b"x")).await.unwrap();
    }
    ours.flush().await.unwrap();
    assert_eq!(peer.read_exact::<9>().await, [0x82, 1, b'x', 0x82, 1, b'x', 0x82, 1, b'x']);
}

mod raw_peer {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio_tungstenite::tungstenite::{WebSocket, protocol::Role};

    use super::super::*;
    use crate::websocket::{config::tuning, head::HeadThenStream, poll_io::PollIo};

    /// The bytes on the wire, by hand.
    pub(super) struct RawPeer(DuplexStream);

    impl RawPeer {
        pub(super) async fn write(&mut self, bytes: &[u8]) {
            self.0.write_all(bytes).await.unwrap();
        }

        pub(super) async fn read_exact<const N: usize>(&mut self) -> [u8; N] {
            let mut bytes = [0; N];
            self.0.read_exact(&mut bytes).await.unwrap();
            bytes
        }

        pub(super) async fn read_close_code(&mut self) -> u16 {
            let [opcode, size, high, low] = self.read_exact().await;
            assert_eq!((opcode, size), (0x88, 2));
            u16::from_be_bytes([high, low])
        }
    }

    pub(super) fn server_and_raw_client() -> (WebSocketConnection<DuplexStream>, RawPeer) {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let stream = PollIo::new(HeadThenStream::after_head(ours));
        let socket = WebSocket::from_raw_socket(stream, Role::Server, Some(tuning(Role::Server, 256 * 1024)));
        (WebSocketConnection::new(socket, Role::Server, 256 * 1024, Peer::other("test")), RawPeer(theirs))
    }
}
