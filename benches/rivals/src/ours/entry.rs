//! The way in: connect, log in, join.

use std::net::SocketAddr;
use std::sync::Arc;

use bim_bench::Ticket;
use bim_proto::{
    ClientFrame, Hello, JoinLive, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame,
};
use bim_types::{ConversationShortId, DeviceId, GroupInfo};
use bytes::Bytes;
use rustls::ClientConfig;

use super::pinned;
use super::server::Server;
use crate::RivalError;
use crate::crowd::Entered;
use crate::dialog::Dialog;
use crate::websocket::{self, Said};

/// What tells the device that makes the group from the one its owner joins with.
const OWNERS_DEVICE: u128 = 1 << 127;

/// The first request of a connection. Messages have numbers above it.
pub(super) const FIRST_REQUEST: u64 = 1;

/// The way in.
pub(super) struct Entry {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    tickets: Vec<Ticket>,
    group: ConversationShortId,
}

impl Entry {
    /// Makes a group; the first who may come owns it.
    pub(super) fn new(server: &Server, tickets: Vec<Ticket>) -> Result<Self, RivalError> {
        let unusable = || RivalError::Answer(format!("{} is no address", server.endpoint));
        let (scheme, place) = server.endpoint.split_once("://").ok_or_else(unusable)?;
        let address = place.parse().map_err(|_| unusable())?;
        let tls = match (&server.fingerprint, scheme) {
            (Some(fingerprint), "wss") => Some(pinned::config(fingerprint)?),
            _ => None,
        };
        let owner = tickets.first().cloned().ok_or_else(|| RivalError::Options("nobody may come".into()))?;
        let group = ConversationShortId::new(1).expect("one is a positive number");
        let mut entry = Self { address, tls, tickets, group };
        let at_desk = Ticket { device: DeviceId::new(owner.device.value() ^ OWNERS_DEVICE), ..owner };
        let mut dialog = entry.log_in(&at_desk)?;
        let info = GroupInfo { name: "rivals".into(), ..GroupInfo::default() };
        entry.group = match ask(&mut dialog, RequestBody::CreateLiveGroup(info))? {
            ResponseBody::LiveGroup(group) => group.conversation_short_id,
            other => return Err(RivalError::Answer(format!("{other:?}"))),
        };
        Ok(entry)
    }

    /// The group that everyone joins.
    pub(super) fn group(&self) -> ConversationShortId {
        self.group
    }

    /// Lets somebody join, by number.
    pub(super) fn enter(&self, number: usize) -> Result<Entered, RivalError> {
        let ticket =
            self.tickets.get(number).ok_or_else(|| RivalError::Options("nobody else may come".into()))?;
        let mut dialog = self.log_in(ticket)?;
        let join = JoinLive { group: self.group, resume: None, info: None };
        match ask(&mut dialog, RequestBody::JoinLiveGroup(join))? {
            ResponseBody::JoinedLiveGroup(_) => dialog.end(),
            other => Err(RivalError::Answer(format!("{other:?}"))),
        }
    }

    fn log_in(&self, ticket: &Ticket) -> Result<Dialog, RivalError> {
        let mut dialog = match &self.tls {
            Some(config) => Dialog::begin_secure(self.address, config)?,
            None => Dialog::begin(self.address)?,
        };
        websocket::upgrade(&mut dialog, self.address)?;
        let Ticket { app, uid, device, token } = ticket.clone();
        let hello = Hello { app, uid, device, token, sdk: "rivals".into() };
        say(&mut dialog, ClientFrame::Hello(hello))?;
        match hear(&mut dialog)? {
            ServerFrame::Welcome(_) => Ok(dialog),
            other => Err(RivalError::Answer(format!("{other:?}"))),
        }
    }
}

fn ask(dialog: &mut Dialog, body: RequestBody) -> Result<ResponseBody, RivalError> {
    let id = RequestId(FIRST_REQUEST);
    say(dialog, ClientFrame::Request(Request { id, body: Ok(body) }))?;
    loop {
        match hear(dialog)? {
            ServerFrame::Response(Response { id: answered, body }) if answered == id => {
                return body.map_err(|refusal| RivalError::Answer(format!("refused: {refusal}")));
            }
            ServerFrame::Goodbye(goodbye) => return Err(RivalError::Answer(format!("{goodbye:?}"))),
            // What goes on in the group meanwhile.
            _ => {}
        }
    }
}

fn say(dialog: &mut Dialog, frame: ClientFrame) -> Result<(), RivalError> {
    let mut bytes = Vec::new();
    websocket::put(&frame.encode(), &mut bytes);
    dialog.say(&bytes)
}

fn hear(dialog: &mut Dialog) -> Result<ServerFrame, RivalError> {
    loop {
        let heard = dialog.hear(|bytes| match websocket::take(bytes)? {
            None => Ok(None),
            Some((taken, Said::Binary(frame))) => {
                let frame = ServerFrame::decode(Bytes::copy_from_slice(frame));
                frame.map(|frame| Some((taken, Some(frame)))).map_err(|error| error.to_string())
            }
            Some((taken, _)) => Ok(Some((taken, None))),
        })?;
        if let Some(frame) = heard {
            return Ok(frame);
        }
    }
}
