//! What a peer may send wrong, each with the exact answer. What is wrong in the content of a request is
//! answered by its id; anything else ends the connection.

mod frames;
mod members;
mod records;

use bim_proto::wire::FrameKind;
use bim_proto::{ClientFrame, DecodeError, Request, RequestId, ServerFrame};
use bytes::Bytes;

use crate::bytes_by_hand::Fields;

pub(crate) fn client(frame: Bytes) -> Result<(), DecodeError> {
    ClientFrame::decode(frame).map(|_| ())
}

pub(crate) fn server(frame: Bytes) -> Result<(), DecodeError> {
    ServerFrame::decode(frame).map(|_| ())
}

pub(crate) fn field(field: &'static str) -> Result<(), DecodeError> {
    Err(DecodeError::Field { field })
}

/// The field for which request 7 is to be refused.
pub(crate) fn refused(frame: Bytes) -> &'static str {
    match ClientFrame::decode(frame) {
        Ok(ClientFrame::Request(Request { id: RequestId(7), body: Err(DecodeError::Field { field }) })) => {
            field
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn request(body: u64, fields: &Fields) -> Bytes {
    Fields::new().number(1, 7).message(body, fields).frame(FrameKind::Request)
}

pub(crate) fn send() -> Fields {
    Fields::new().number(1, 1).bytes(2, [7; 16]).message(4, &said())
}

pub(crate) fn said() -> Fields {
    Fields::new().bytes(1, "hi")
}

pub(crate) fn update() -> Fields {
    Fields::new().number(1, 1).number(2, 300).message(3, &said())
}

pub(crate) fn measure(kind: i64) -> Fields {
    Fields::new().number(1, 1).number(2, kind)
}

pub(crate) fn live_message() -> Fields {
    let position = Fields::new().number(1, 1).number(2, 1);
    Fields::new().number(1, 1).message(2, &position).message(3, &uid_text("a")).bytes(4, [7; 16])
}

pub(crate) fn live_group() -> Fields {
    Fields::new().number(1, 1).message(2, &Fields::new().bytes(1, "g")).message(3, &uid_text("a"))
}

pub(crate) fn hello(uid: &Fields) -> Fields {
    Fields::new().number(1, 1000).message(2, uid).bytes(3, [7; 16]).bytes(4, "token")
}

pub(crate) fn uid_text(text: &str) -> Fields {
    Fields::new().bytes(2, text)
}
