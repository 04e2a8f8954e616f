//! The frame decoders of both ends.
//!
//! The bytes are a frame. What an end reads it writes again, and reads the same; what both ends know reads the same
//! on both. A frame is never read when its version is not ours.

use bim_proto::{ClientFrame, DecodeError, PROTOCOL_VERSION, Request, ServerFrame};
use bytes::Bytes;

use crate::reached::Reached;

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what was read.
pub fn run(data: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let frame = Bytes::copy_from_slice(data);
    let client = ClientFrame::decode(frame.clone());
    let server = ServerFrame::decode(frame);
    check_header(data, client.as_ref().err());
    check_header(data, server.as_ref().err());
    check_both_ends(&client, &server);
    if let Ok(frame) = client {
        check_client(&frame, &mut reached);
    }
    if let Ok(frame) = server {
        check_server(&frame, &mut reached);
    }
    reached
}

/// A short frame and one of another version are told as what they are, and nothing else is.
fn check_header(data: &[u8], error: Option<&DecodeError>) {
    let truncated = error == Some(&DecodeError::Truncated);
    assert_eq!(truncated, data.len() < 2, "a frame of {} bytes: {error:?}", data.len());
    let other_version = matches!(error, Some(DecodeError::Version { .. }));
    let claims_other = data.len() >= 2 && data.first() != Some(&PROTOCOL_VERSION);
    assert_eq!(other_version, claims_other, "a frame of version {:?}: {error:?}", data.first());
}

fn check_both_ends(client: &Result<ClientFrame, DecodeError>, server: &Result<ServerFrame, DecodeError>) {
    let same = match (client, server) {
        (Ok(ClientFrame::Ping(one)), Ok(ServerFrame::Ping(other))) => one == other,
        (Ok(ClientFrame::Pong(one)), Ok(ServerFrame::Pong(other))) => one == other,
        (Ok(ClientFrame::Goodbye(one)), Ok(ServerFrame::Goodbye(other))) => one == other,
        (Ok(_), Ok(_)) => false,
        (Ok(ClientFrame::Hello(_) | ClientFrame::Request(_)) | Err(_), Err(_)) | (Err(_), Ok(_)) => true,
        (Ok(_), Err(_)) => false,
    };
    assert!(same, "the ends read differently: {client:?} and {server:?}");
}

fn check_client(frame: &ClientFrame, reached: &mut Reached) {
    let again = ClientFrame::decode(frame.clone().encode());
    // Why a request is to be refused is not part of its bytes, only that it is.
    if let ClientFrame::Request(Request { id, body: Err(_) }) = frame {
        reached.count("refused request");
        let same =
            matches!(&again, Ok(ClientFrame::Request(Request { id: other, body: Err(_) })) if other == id);
        assert!(same, "{frame:?} came back as {again:?}");
        return;
    }
    assert_eq!(again.as_ref(), Ok(frame), "written and read again");
    reached.count(match frame {
        ClientFrame::Hello(_) => "hello",
        ClientFrame::Request(_) => "request",
        ClientFrame::Ping(_) => "ping",
        ClientFrame::Pong(_) => "pong",
        ClientFrame::Goodbye(_) => "goodbye",
    });
}

fn check_server(frame: &ServerFrame, reached: &mut Reached) {
    assert_eq!(ServerFrame::decode(frame.clone().encode()).as_ref(), Ok(frame), "written and read again");
    reached.count(match frame {
        ServerFrame::Welcome(_) => "welcome",
        ServerFrame::Response(_) => "response",
        ServerFrame::Ping(_) => "server's ping",
        ServerFrame::Pong(_) => "server's pong",
        ServerFrame::Goodbye(_) => "server's goodbye",
        ServerFrame::LiveMessage(_) => "live message",
        ServerFrame::LiveGap(_) => "live gap",
        ServerFrame::LiveState(_) => "live state",
        ServerFrame::LiveChange(_) => "live change",
        ServerFrame::LiveEvent(_) => "live event",
        ServerFrame::LivePulse(_) => "live pulse",
        ServerFrame::LiveAttributesChanged(_) => "live attributes changed",
    });
}
