//! Frames arrive: whole, once, in order, on the right connection.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Wake, Waker},
    time::Duration,
};

use bim_types::FrameBatch;
use bytes::Bytes;
use tokio::time::timeout;

use super::{Ends, frame, receive};
use crate::{BoxConnection, Connection, ConnectionExt};

/// How often an `accept` is dropped before one that stays, and how long every other of them lasts. A handshake
/// over loopback is done in less than that.
const CANCELLED_ACCEPTS: u32 = 200;
const ACCEPT_PATIENCE: Duration = Duration::from_millis(1);

/// Frames of many sizes arrive whole and in order, both ways.
pub async fn frames_arrive_whole_and_in_order_both_ways(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    for (number, size) in
        [1, 7, 8, 125, 126, 127, 4095, 4096, 65_535, 65_536, 200_000].into_iter().enumerate()
    {
        let sent = frame(number as u64, size);
        let (sending, received) = tokio::join!(client.send(sent.clone()), receive(&mut server));
        sending.expect("the client sends");
        assert!(received == sent, "a frame of {size} bytes arrives at the server as it was");
        let (sending, received) = tokio::join!(server.send(sent.clone()), receive(&mut client));
        sending.expect("the server sends");
        assert!(received == sent, "a frame of {size} bytes arrives at the client as it was");
    }
}

/// An empty frame arrives as an empty frame, between others.
pub async fn an_empty_frame_is_a_frame(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    for sent in [Bytes::new(), frame(1, 10), Bytes::new(), Bytes::new()] {
        client.send(sent.clone()).await.expect("the client sends");
        assert_eq!(receive(&mut server).await, sent);
    }
}

/// The server's first frame does not wait for one of the client.
pub async fn the_server_may_speak_first(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    server.send(frame(1, 10)).await.expect("the server sends");
    assert_eq!(receive(&mut client).await, frame(1, 10));
}

/// After a flush the frame arrives although the sender's end is not touched again.
pub async fn a_flushed_frame_arrives_without_another_call(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    for number in 0..100 {
        client.feed(frame(number, 100)).await.expect("the client feeds");
    }
    client.flush().await.expect("the client flushes");
    for number in 0..100 {
        assert_eq!(receive(&mut server).await, frame(number, 100));
    }
}

/// Ten thousand small frames, fed and flushed now and then, all arrive in order.
pub async fn ten_thousand_small_frames_arrive(mut ends: Ends) {
    const FRAMES: u64 = 10_000;
    let (mut client, mut server) = ends.connect().await;
    let sending = async {
        for number in 0..FRAMES {
            client.feed(frame(number, 24)).await.expect("the client feeds");
            if number % 100 == 99 {
                client.flush().await.expect("the client flushes");
            }
        }
    };
    let receiving = async {
        for number in 0..FRAMES {
            assert_eq!(receive(&mut server).await, frame(number, 24));
        }
    };
    tokio::join!(sending, receiving);
}

/// Batches arrive as the frames they are made of, in order with frames sent one by one, also when the reader lags; from
/// every end that takes batches.
pub async fn batches_arrive_as_their_frames_between_others(mut ends: Ends) {
    const ROUNDS: u64 = 60;
    const FRAMES: u64 = 25;
    let size = |number: u64| (number as usize * 131) % 2_000;
    let (mut client, mut server) = ends.connect().await;
    for is_down in [true, false] {
        let (from, to) = if is_down { (&mut server, &mut client) } else { (&mut client, &mut server) };
        if !from.takes_batches() {
            continue;
        }
        let sending = async {
            for round in 0..ROUNDS {
                let first = round * FRAMES;
                from.feed(frame(first, size(first))).await.expect("the sender feeds");
                let batch =
                    FrameBatch::new((first + 1..first + FRAMES).map(|number| frame(number, size(number))));
                poll_fn(|cx| from.poll_ready(cx)).await.expect("the sender gets ready");
                from.start_send_batch(&batch).expect("a ready sender takes a batch");
                if round % 7 == 0 {
                    from.flush().await.expect("the sender flushes");
                }
            }
            from.flush().await.expect("the sender flushes");
        };
        let receiving = async {
            for number in 0..ROUNDS * FRAMES {
                assert_eq!(receive(to).await, frame(number, size(number)));
            }
        };
        tokio::join!(sending, receiving);
    }
}

/// Receives that are dropped again and again, in the middle of frames too, lose and double nothing.
pub async fn a_cancelled_recv_loses_nothing(mut ends: Ends) {
    const FRAMES: u64 = 200;
    let size = |number: u64| (number as usize * 997) % 40_000;
    let (mut client, mut server) = ends.connect().await;
    let sending = async {
        for number in 0..FRAMES {
            client.send(frame(number, size(number))).await.expect("the client sends");
        }
    };
    let receiving = async {
        for number in 0..FRAMES {
            let received = impatient_receive(&mut server).await;
            assert!(received == frame(number, size(number)), "frame {number} arrives as it was");
        }
    };
    tokio::join!(sending, receiving);
}

/// Frames of one connection never show up on another, and a busy one does not hold up the rest.
pub async fn many_connections_are_independent(mut ends: Ends) {
    const CONNECTIONS: u64 = 12;
    let mut pairs = Vec::new();
    for _ in 0..CONNECTIONS {
        pairs.push(ends.connect().await);
    }
    for (number, (client, _)) in (0..).zip(&mut pairs) {
        client.send(frame(number, 1000)).await.expect("the client sends");
    }
    // The last is read first, so that nothing can depend on the order.
    for (number, (client, server)) in (0..CONNECTIONS).rev().zip(pairs.iter_mut().rev()) {
        let received = receive(server).await;
        assert_eq!(received, frame(number, 1000));
        server.send(received).await.expect("the server sends");
        assert_eq!(receive(client).await, frame(number, 1000));
    }
}

/// An `accept` that is dropped while waiting takes no connection with it.
pub async fn a_cancelled_accept_loses_no_connection(mut ends: Ends) {
    let Ends { dialer, listener } = &mut ends;
    let accepting = async {
        for round in 0..CANCELLED_ACCEPTS {
            let patience = if round % 2 == 0 { Duration::ZERO } else { ACCEPT_PATIENCE };
            if let Ok(connection) = timeout(patience, listener.accept()).await {
                return connection.expect("the listener accepts");
            }
            tokio::task::yield_now().await;
        }
        listener.accept().await.expect("the listener accepts")
    };
    let (client, mut server) = tokio::join!(dialer.dial(), accepting);
    let mut client = client.expect("the dial succeeds");
    client.send(frame(1, 10)).await.expect("the client sends");
    assert_eq!(receive(&mut server).await, frame(1, 10));
}

/// Starts and drops a few receives, each on behalf of somebody else, before one that stays.
async fn impatient_receive(connection: &mut BoxConnection) -> Bytes {
    // All at once, so that no two of them have the same address.
    let wakers = [(); 3].map(|()| Waker::from(Arc::new(Somebody)));
    for waker in &wakers {
        let polled = {
            let mut cx = Context::from_waker(waker);
            pin!(connection.recv()).poll(&mut cx)
        };
        if let std::task::Poll::Ready(received) = polled {
            return received.expect("a frame and not the end").expect("a frame and not an error");
        }
        tokio::task::yield_now().await;
    }
    receive(connection).await
}

/// Whom it does not help to be woken.
struct Somebody;

impl Wake for Somebody {
    fn wake(self: Arc<Self>) {}
}
