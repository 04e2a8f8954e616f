//! How connections and listeners end: always, and as one can tell.

use std::time::Duration;

use super::{
    Ends, frame,
    pressure::{IN_FLIGHT_BYTES_MAX, LARGE, feed_until_held_back},
    receive, receive_end,
};
use crate::{AcceptError, CLOSE_TIMEOUT, ConnectionExt};

/// What a close may take beyond [`CLOSE_TIMEOUT`] on a busy machine.
const CLOSE_GRACE: Duration = Duration::from_secs(10);

/// What was started right before a close arrives, and then the end.
pub async fn frames_sent_right_before_close_arrive(mut ends: Ends) {
    for round in 0..20 {
        let (mut client, mut server) = ends.connect().await;
        let (closing, reading) =
            if round % 2 == 0 { (&mut client, &mut server) } else { (&mut server, &mut client) };
        let closing = async {
            for number in 0..20 {
                closing.feed(frame(number, 3000)).await.expect("there is room");
            }
            closing.close().await.expect("the connection closes");
        };
        let reading = async {
            for number in 0..20 {
                assert_eq!(receive(reading).await, frame(number, 3000));
            }
            assert!(reading.recv().await.is_none(), "the close is seen as the end");
        };
        tokio::join!(closing, reading);
    }
}

/// A close is `None` at the peer, now and later, and the peer can send no more.
pub async fn a_close_in_order_is_seen_as_the_end(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let (closed, received) = tokio::join!(client.close(), server.recv());
    closed.expect("the connection closes");
    assert!(received.is_none(), "the close is seen as the end");
    assert!(server.recv().await.is_none(), "the end stays the end");
    assert!(server.send(frame(1, 10)).await.is_err(), "nobody is there to send to");
    server.close().await.expect("closing a closed connection does nothing");
}

/// Two closes that cross each other both succeed.
pub async fn both_ends_may_close_at_once(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let (one, other) = tokio::join!(client.close(), server.close());
    one.expect("the client closes");
    other.expect("the server closes");
}

/// After its own close a connection sends and receives no more, and closing again does nothing.
pub async fn a_closed_connection_sends_no_more(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let (closed, ended) = tokio::join!(client.close(), receive_end(&mut server));
    closed.expect("the connection closes");
    ended.expect("the close is in order");
    assert!(client.send(frame(1, 10)).await.is_err(), "a closed connection does not send");
    assert!(client.recv().await.is_none(), "a closed connection does not receive");
    client.close().await.expect("closing again does nothing");
}

/// A peer that neither reads nor goes away holds up a close for [`CLOSE_TIMEOUT`], and no longer.
pub async fn a_close_ends_although_the_peer_does_not_read(mut ends: Ends) {
    let (mut client, server) = ends.connect().await;
    feed_until_held_back(&mut client).await;
    // Whether it says that not everything was handed over depends on the transport.
    let closed = tokio::time::timeout(CLOSE_TIMEOUT + CLOSE_GRACE, client.close()).await;
    assert!(closed.is_ok(), "the close ends");
    assert!(client.send(frame(1, 10)).await.is_err(), "the connection is over");
    drop(server);
}

/// A peer that is dropped without closing is an error or the end, never a wait for ever.
pub async fn a_dropped_peer_is_seen_as_an_end(mut ends: Ends) {
    for drop_the_client in [true, false] {
        let (client, server) = ends.connect().await;
        let mut left = if drop_the_client {
            drop(client);
            server
        } else {
            drop(server);
            client
        };
        // In order or not: a transport may be unable to tell.
        let _ = receive_end(&mut left).await;
        assert!(left.recv().await.is_none(), "after the end the connection is over");
    }
}

/// A writer whose peer was dropped gets an error sooner or later, and does not wait for ever.
pub async fn a_writer_learns_of_a_dropped_peer(mut ends: Ends) {
    let (mut client, server) = ends.connect().await;
    drop(server);
    for _ in 0..IN_FLIGHT_BYTES_MAX / LARGE {
        if client.send(frame(1, LARGE)).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nobody is there, and the writer was never told");
}

/// A closed listener accepts nobody, and a dial to it fails.
pub async fn a_closed_listener_accepts_and_admits_nobody(mut ends: Ends) {
    drop(ends.connect().await);
    ends.listener.close().await;
    assert!(ends.dialer.dial().await.is_err(), "nobody is there to answer");
    assert!(matches!(ends.listener.accept().await, Err(AcceptError::Closed)));
    ends.listener.close().await;
}

/// Connections do not need the listener or the dialer that made them.
pub async fn a_connection_outlives_its_listener_and_its_dialer(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    ends.listener.close().await;
    drop(ends);
    for number in 0..20 {
        let sent = frame(number, 5000);
        let (sending, received) = tokio::join!(client.send(sent.clone()), receive(&mut server));
        sending.expect("the client sends");
        assert_eq!(received, sent);
        let (sending, received) = tokio::join!(server.send(sent.clone()), receive(&mut client));
        sending.expect("the server sends");
        assert_eq!(received, sent);
    }
}
