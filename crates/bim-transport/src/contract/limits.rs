//! Frame sizes, at both ends.

use super::{Ends, FRAME_LIMIT, frame, receive};
use crate::{ConnectionExt, TransportError};

/// A frame of exactly the limit arrives.
pub async fn the_largest_frame_arrives(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    let sent = frame(1, FRAME_LIMIT);
    let (sending, received) = tokio::join!(client.send(sent.clone()), receive(&mut server));
    sending.expect("the client sends");
    assert!(received == sent, "the largest frame arrives as it was");
}

/// A frame one byte over the limit is refused by its sender, with both sizes, and costs nothing else.
pub async fn a_frame_over_the_limit_is_refused_and_the_connection_stays_usable(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    match client.send(frame(1, FRAME_LIMIT + 1)).await {
        Err(TransportError::FrameTooLarge { size, limit }) => {
            assert_eq!((size, limit), (FRAME_LIMIT + 1, FRAME_LIMIT));
        }
        other => panic!("expected the frame to be refused, got {other:?}"),
    }
    client.send(frame(2, 10)).await.expect("the next frame is sent");
    assert_eq!(receive(&mut server).await, frame(2, 10));
}

/// A frame over the receiver's limit ends the connection with an error; it is not delivered.
pub async fn an_oversized_frame_of_the_peer_is_an_error(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    server.set_frame_limit(1000);
    client.send(frame(1, 1000)).await.expect("a frame of the limit is sent");
    assert_eq!(receive(&mut server).await, frame(1, 1000));

    // The client may learn at any time that the server does not want it.
    let sending = async { drop(client.send(frame(2, 1001)).await) };
    let (received, ()) = tokio::join!(server.recv(), sending);
    match received {
        Some(Err(TransportError::FrameTooLarge { size: 1001, limit: 1000 })) => {}
        other => panic!("expected an error about the size, got {other:?}"),
    }
    assert!(server.recv().await.is_none(), "after the error the connection is over");
}

/// A limit that is raised later lets larger frames in from then on, on the same connection.
pub async fn a_raised_frame_limit_counts_from_then_on(mut ends: Ends) {
    let (mut client, mut server) = ends.connect().await;
    server.set_frame_limit(4096);
    client.send(frame(1, 100)).await.expect("a small frame is sent");
    assert_eq!(receive(&mut server).await, frame(1, 100));
    server.set_frame_limit(FRAME_LIMIT);
    for number in 2..6 {
        let sent = frame(number, FRAME_LIMIT);
        let (sending, received) = tokio::join!(client.send(sent.clone()), receive(&mut server));
        sending.expect("a large frame is sent");
        assert!(received == sent, "a large frame arrives as it was");
    }
}
