//! A reader that does not read holds its writer back, and nothing is lost by that.

use std::time::Duration;

use tokio::time::timeout;

use super::{Ends, frame, receive};
use crate::{BoxConnection, ConnectionExt};

pub(super) const LARGE: usize = 64 * 1024;

/// Most that may be in flight: buffers of the operating system at both ends, and ours.
pub(super) const IN_FLIGHT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A writer with no room for so long counts as held back.
const HELD_BACK_AFTER: Duration = Duration::from_millis(300);

/// Without a reader the writer is not ready any more, within bounds; with one, everything arrives.
pub async fn a_writer_waits_for_a_reader_that_does_not_read(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let fed = feed_until_held_back(&mut client).await;
    let receiving = async {
        for number in 0..fed {
            let received = receive(&mut server).await;
            assert!(received == frame(number, LARGE), "frame {number} of {fed} arrives as it was");
        }
    };
    let (flushed, ()) = tokio::join!(client.flush(), receiving);
    flushed.expect("the client flushes");
    client.send(frame(fed, 10)).await.expect("there is room again");
    assert_eq!(receive(&mut server).await, frame(fed, 10));
}

/// Both ends send until neither has room, and then read as they can; both streams arrive complete.
pub async fn both_directions_flow_under_pressure(mut ends: Ends) {
    const FRAMES_MIN: u64 = 100;
    let (mut client, mut server) = ends.connect().await;
    let (fed, fed_back) = tokio::join!(feed_until_held_back(&mut client), feed_until_held_back(&mut server));
    let frames = fed.max(fed_back).max(FRAMES_MIN);
    tokio::join!(exchange(client, fed, frames), exchange(server, fed_back, frames));
}

/// Feeds large frames until there is no room, and says how many were taken.
pub(super) async fn feed_until_held_back(connection: &mut BoxConnection) -> u64 {
    let mut fed = 0;
    loop {
        match timeout(HELD_BACK_AFTER, connection.feed(frame(fed, LARGE))).await {
            Ok(taken) => taken.expect("the connection is up"),
            Err(_) => return fed,
        }
        fed += 1;
        assert!(fed as usize * LARGE < IN_FLIGHT_BYTES_MAX, "a writer is held back at some point");
    }
}

/// Sends and receives on one connection from one task, as its owner does: whichever can go on goes on. Some
/// frames were sent before.
async fn exchange(mut connection: BoxConnection, mut sent: u64, frames: u64) {
    let mut received = 0;
    let mut flushed = false;
    while received < frames || !flushed {
        let progress = std::future::poll_fn(|cx| {
            use std::task::Poll;
            if received < frames
                && let Poll::Ready(frame) = connection.poll_recv(cx)
            {
                return Poll::Ready(Step::Received(frame));
            }
            if sent < frames {
                return connection.poll_ready(cx).map(Step::Ready);
            }
            if flushed { Poll::Pending } else { connection.poll_flush(cx).map(Step::Flushed) }
        });
        match progress.await {
            Step::Received(arrived) => {
                let arrived = arrived.expect("a frame and not the end").expect("a frame and not an error");
                assert!(arrived == frame(received, LARGE), "frame {received} arrives as it was");
                received += 1;
            }
            Step::Ready(ready) => {
                ready.expect("the connection is up");
                connection.start_send(frame(sent, LARGE)).expect("there is room");
                sent += 1;
            }
            Step::Flushed(done) => {
                done.expect("the connection is up");
                flushed = true;
            }
        }
    }
    // The peer may still need what was flushed last; closing waits for it.
    connection.close().await.expect("the connection closes");
}

enum Step {
    Received(Option<Result<bytes::Bytes, crate::TransportError>>),
    Ready(Result<(), crate::TransportError>),
    Flushed(Result<(), crate::TransportError>),
}
