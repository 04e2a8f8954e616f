//! Any value that may be sent or stored.

mod measure;
pub(crate) mod push;
mod request;
mod response;
mod session;
mod stored;
mod values;

use bim_proto::stored::StoredTaps;
use bim_proto::{ClientFrame, Request, RequestId, Response, ServerFrame};
use proptest::prelude::*;

use crate::words::Words;

/// Any frame and any record.
pub(crate) fn words() -> BoxedStrategy<Words> {
    prop_oneof![
        6 => client_frame().prop_map(Words::Client),
        8 => server_frame().prop_map(Words::Server),
        1 => stored::app().prop_map(Words::App),
        1 => stored::live_group().prop_map(Words::LiveGroup),
        1 => stored::live_message().prop_map(Words::LiveMessage),
        1 => stored::revocations().prop_map(Words::Revocations),
        1 => stored::roll().prop_map(Words::Roll),
        1 => stored::attributes().prop_map(Words::Attributes),
        1 => stored::counters().prop_map(Words::Counters),
        1 => values::counters().prop_map(|taps| Words::Taps(StoredTaps { taps })),
    ]
    .boxed()
}

/// Anything a client may send.
pub(crate) fn client_frame() -> BoxedStrategy<ClientFrame> {
    let request = (any::<u64>(), request::body());
    prop_oneof![
        1 => session::hello().prop_map(ClientFrame::Hello),
        9 => request.prop_map(|(id, body)| ClientFrame::Request(Request { id: RequestId(id), body: Ok(body) })),
        1 => session::ping().prop_map(ClientFrame::Ping),
        1 => session::pong().prop_map(ClientFrame::Pong),
        1 => session::goodbye().prop_map(ClientFrame::Goodbye),
    ]
        .boxed()
}

/// Anything a server may send.
pub(crate) fn server_frame() -> BoxedStrategy<ServerFrame> {
    prop_oneof![
        1 => session::welcome().prop_map(ServerFrame::Welcome),
        8 => (any::<u64>(), response::body())
            .prop_map(|(id, body)| ServerFrame::Response(Response { id: RequestId(id), body })),
        1 => session::ping().prop_map(ServerFrame::Ping),
        1 => session::pong().prop_map(ServerFrame::Pong),
        1 => session::goodbye().prop_map(ServerFrame::Goodbye),
        2 => push::message().prop_map(ServerFrame::LiveMessage),
        1 => push::gap().prop_map(ServerFrame::LiveGap),
        1 => values::conversation().prop_map(ServerFrame::LiveState),
        2 => push::change().prop_map(ServerFrame::LiveChange),
        3 => push::event().prop_map(ServerFrame::LiveEvent),
        2 => push::pulse().prop_map(ServerFrame::LivePulse),
        1 => push::attributes_changed().prop_map(ServerFrame::LiveAttributesChanged),
    ]
    .boxed()
}
