//! One connection of the client, as the network and the server see it.

use std::collections::BTreeMap;

use bim_proto::{ClientFrame, Request, RequestBody, RequestId};
use bim_types::limits::FRAME_BYTES_MAX;
use bytes::Bytes;

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Dialing,
    Open,
    /// The client closes it in order.
    Closing,
    /// Gone, or let go of.
    Gone,
}

/// One connection of the client.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) stage: Stage,
    pub(super) said_hello: bool,
    pub(super) is_welcomed: bool,
    /// Requests that the server did not answer; `None` for one that no server takes, because the app asked for what
    /// can not be.
    pub(super) waiting: BTreeMap<RequestId, Option<RequestBody>>,
    /// Nonces of pings that the server did not answer.
    pub(super) pings: Vec<u64>,
}

impl Link {
    pub(super) fn dialing() -> Self {
        Self {
            stage: Stage::Dialing,
            said_hello: false,
            is_welcomed: false,
            waiting: BTreeMap::new(),
            pings: Vec::new(),
        }
    }

    /// Takes what the client sent.
    pub(super) fn on_sent(&mut self, frame: Bytes) {
        assert_eq!(self.stage, Stage::Open, "a frame leaves on a connection that is open");
        assert!(frame.len() <= FRAME_BYTES_MAX, "a frame of {} bytes can not leave", frame.len());
        let frame = ClientFrame::decode(frame).expect("a client sends what can be read");
        match frame {
            ClientFrame::Hello(_) => {
                assert!(!self.said_hello, "hello is said once");
                self.said_hello = true;
            }
            frame if !self.said_hello => panic!("before hello comes {frame:?}"),
            ClientFrame::Request(Request { id, body }) => {
                let other = self.waiting.insert(id, body.ok());
                assert!(other.is_none(), "{id:?} stands for two requests");
            }
            ClientFrame::Ping(ping) => self.pings.push(ping.nonce),
            ClientFrame::Pong(_) | ClientFrame::Goodbye(_) => {}
        }
    }
}
