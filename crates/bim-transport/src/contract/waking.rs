//! Who waits is woken. Here the two ends belong to two tasks, so that nobody is woken by the other's turn.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
};

use bytes::Bytes;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{Ends, frame, pressure::feed_until_held_back, receive};
use crate::{BoxConnection, ConnectionExt, TransportError};

/// Turns that a task gets to begin its wait.
const TURNS: usize = 20;

/// A reader that waits gets the frame, whichever end it is.
pub async fn a_waiting_reader_is_woken_by_a_frame(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    for number in 0..20 {
        let reading = reader(server);
        wait_for_the_others().await;
        client.send(frame(number, 100)).await.expect("the client sends");
        let (received, reader) = reading.await.expect("the reader is well");
        assert_eq!(received.expect("a frame and not the end").expect("and not an error"), frame(number, 100));
        (server, client) = (client, reader);
    }
}

/// A reader that waits learns that its peer has closed, or is gone.
pub async fn a_waiting_reader_is_woken_by_the_end(mut ends: Ends) {
    let (mut client, server) = ends.connect().await;
    let reading = reader(server);
    wait_for_the_others().await;
    client.close().await.expect("the connection closes");
    let (received, _) = reading.await.expect("the reader is well");
    assert!(received.is_none(), "the close is seen as the end");

    let (client, server) = ends.connect().await;
    let reading = reader(client);
    wait_for_the_others().await;
    drop(server);
    let (received, _) = reading.await.expect("the reader is well");
    assert!(!matches!(received, Some(Ok(_))), "a peer that is gone sends nothing");
}

/// A writer that has no room goes on when its peer reads.
pub async fn a_waiting_writer_is_woken_by_its_reader(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let (held_back, fed) = oneshot::channel();
    let writing = tokio::spawn(async move {
        let fed = feed_until_held_back(&mut client).await;
        let _ = held_back.send(fed);
        client.send(frame(fed, 10)).await.expect("there is room again");
        client
    });
    let fed = fed.await.expect("the writer is held back");
    wait_for_the_others().await;
    for _ in 0..fed {
        receive(&mut server).await;
    }
    assert_eq!(receive(&mut server).await, frame(fed, 10));
    drop(writing.await.expect("the writer is well"));
}

/// A call with another waker, dropped since, does not keep the reader from being woken.
pub async fn the_waker_of_the_latest_call_counts(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(pin!(server.recv()).poll(&mut nobody).is_pending(), "nothing was sent");
    let reading = reader(server);
    wait_for_the_others().await;
    client.send(frame(1, 100)).await.expect("the client sends");
    let (received, mut server) = reading.await.expect("the reader is well");
    assert_eq!(received.expect("a frame and not the end").expect("and not an error"), frame(1, 100));

    let fed = feed_until_held_back(&mut client).await;
    assert!(client.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending());
    let writing = tokio::spawn(async move { (client.send(frame(fed, 10)).await, client) });
    wait_for_the_others().await;
    for _ in 0..fed {
        receive(&mut server).await;
    }
    assert_eq!(receive(&mut server).await, frame(fed, 10));
    let (sent, _client) = writing.await.expect("the writer is well");
    sent.expect("there is room again");
}

type Received = (Option<Result<Bytes, TransportError>>, BoxConnection);

/// Receives once in a task of its own.
fn reader(mut connection: BoxConnection) -> JoinHandle<Received> {
    tokio::spawn(async move {
        let received = connection.recv().await;
        (received, connection)
    })
}

async fn wait_for_the_others() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
