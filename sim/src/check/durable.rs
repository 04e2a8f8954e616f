//! What is acknowledged is durable, once, as it was sent.

use std::collections::BTreeMap;

use bim_proto::{ClientFrame, RequestBody, RequestId, ResponseBody, SendLive, ServerFrame};
use bim_types::store::StreamId;
use bim_types::{AppId, ConnectionId, DeviceId, Position, Seq, Uid};

use super::{Check, Context};
use crate::sight::Sight;

/// Who sends on a connection.
type Who = (AppId, Uid, DeviceId);

/// What is acknowledged is in the log at that place (P2), and one id has one place (P3).
#[derive(Debug, Default)]
pub(super) struct Durable {
    who: BTreeMap<ConnectionId, Who>,
    asked: BTreeMap<(ConnectionId, RequestId), SendLive>,
    acked: BTreeMap<(Who, bim_types::ClientMessageId), Position>,
    places: BTreeMap<(StreamId, Seq), bim_types::ClientMessageId>,
}

impl Check for Durable {
    fn name(&self) -> &'static str {
        "acked-is-durable"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::In(connection, ClientFrame::Hello(hello)) => {
                self.who.insert(*connection, (hello.app, hello.uid.clone(), hello.device));
            }
            Sight::In(connection, ClientFrame::Request(request)) => {
                if let Ok(RequestBody::SendLiveMessage(send)) = &request.body {
                    self.asked.insert((*connection, request.id), send.clone());
                }
            }
            Sight::Out(connection, ServerFrame::Response(response)) => {
                let Some(send) = self.asked.remove(&(*connection, response.id)) else { return Ok(()) };
                if let Ok(ResponseBody::LiveMessageAccepted(accepted)) = &response.body {
                    return self.on_acked(context, *connection, &send, accepted);
                }
            }
            Sight::Crashed => {
                self.asked.clear();
                self.who.clear();
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        for ((stream, seq), id) in &self.places {
            let entry = context.ledger.entry(*stream, *seq);
            let same = entry.and_then(|entry| entry.message.as_ref());
            if same.is_none_or(|message| message.client_message_id != *id) {
                return Err(format!("{seq} of {stream:?} was acknowledged and holds something else now"));
            }
        }
        Ok(())
    }
}

impl Durable {
    fn on_acked(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        send: &SendLive,
        accepted: &bim_proto::Accepted,
    ) -> Result<(), String> {
        let who = self.who.get(&connection).ok_or("a stranger's message is accepted")?.clone();
        let (position, id) = (accepted.position, send.client_message_id);
        let stream = StreamId::LiveGroup(who.0, send.group);
        let entry = context.ledger.entry(stream, position.seq);
        let Some(entry) = entry else {
            return Err(format!("{position} is acknowledged and not durable"));
        };
        let message = entry.message.as_ref().ok_or("a record that is no message")?;
        if (message.client_message_id, &message.sender, message.device) != (id, &who.1, who.2) {
            return Err(format!("{position} is acknowledged to another than the one who wrote it"));
        }
        let said = accepted.rewritten.as_ref().unwrap_or(&send.body);
        if message.priority != send.priority || !entry.bodies.contains(said) {
            return Err(format!("{position} is not what was sent"));
        }
        if entry.key.as_ref().is_none_or(|key| key.client_id != id || key.sender != who.1) {
            return Err(format!("{position} would not be recognised when it is sent again"));
        }
        if self.places.insert((stream, position.seq), id).is_some_and(|other| other != id) {
            return Err(format!("{position} is acknowledged to two messages"));
        }
        match self.acked.insert((who, id), position) {
            Some(other) if other != position => {
                Err(format!("one message is acknowledged at {other} and at {position}"))
            }
            _ => Ok(()),
        }
    }
}
