//! One order and one verdict: no message before the one it follows (P5), refused means not in the log and accepted means
//! sent to the group, once (L1, P4).

use std::collections::{BTreeMap, BTreeSet};

use bim_core::{Answer, Ask, CallId, Command};
use bim_proto::{ClientFrame, LiveChanged, RequestBody, RequestId, ServerFrame};
use bim_server_core::{Input, Output};
use bim_types::store::{AppendOutcome, LogOp, LogOutcome, OpId, StreamId};
use bim_types::{
    ClientMessageId, ConnectionId, ErrorCode, GroupKey, Message, MessageBody, Position, Refusal, Seq,
};

use super::{Check, Context};
use crate::ledger::{Entry, Ledger};
use crate::sight::{ClientId, ClientSight, Sight};

/// Holds the order of messages and the verdicts on them.
#[derive(Debug, Default)]
pub(super) struct Order {
    sends: BTreeMap<ClientMessageId, Sending>,
    calls: BTreeMap<(ClientId, CallId), ClientMessageId>,
    asked: u64,
    /// What the server has and has not answered, and whether it was in the log before.
    requests: BTreeMap<(ConnectionId, RequestId), (ClientMessageId, bool)>,
    /// Streams that a write appends to.
    writes: BTreeMap<OpId, Vec<Option<StreamId>>>,
    /// What has to be sent to its group before anything else is taken.
    due: BTreeSet<(StreamId, Seq)>,
    /// What was sent to its group since the server started.
    told: BTreeMap<StreamId, Seq>,
}

/// One message of a client.
#[derive(Debug)]
struct Sending {
    /// Its place among all calls.
    number: u64,
    follows: Option<ClientMessageId>,
    /// How often the server has it and has not answered.
    open: u32,
    place: Option<Seq>,
    verdict: Verdict,
    /// When its app was told that it failed: its place among all calls, and whether it may come again.
    told_failed: Option<(u64, bool)>,
    /// The message that was refused when the server took this one, which must not overtake it.
    overtakes: Option<ClientMessageId>,
    /// The message that follows it and came before it.
    overtaken: Option<(ClientMessageId, Seq)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Never taken by the server, or on its way again.
    Open,
    Accepted,
    /// Refused, for this reason.
    Refused(ErrorCode),
}

impl Check for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Client(client, ClientSight::Asked(call, Command::Ask(Ask::Send(send)))) => {
                self.asked += 1;
                let (follows, id) = (send.follows, send.client_message_id);
                self.calls.insert((*client, *call), id);
                self.sends.insert(id, Sending::new(self.asked, follows));
            }
            Sight::Client(client, ClientSight::Answered(call, answer)) => {
                self.on_answered(*client, *call, answer)
            }
            Sight::In(connection, ClientFrame::Request(request)) => {
                let Ok(RequestBody::SendLiveMessage(send)) = &request.body else { return Ok(()) };
                let overtakes = self.overtaken_by(send.client_message_id);
                if let Some(sending) = self.sends.get_mut(&send.client_message_id) {
                    sending.overtakes = overtakes;
                    sending.open += 1;
                    sending.verdict = Verdict::Open;
                    let known = (send.client_message_id, sending.place.is_some());
                    self.requests.insert((*connection, request.id), known);
                }
            }
            Sight::Out(connection, ServerFrame::Response(response)) => {
                let Some((id, was_known)) = self.requests.remove(&(*connection, response.id)) else {
                    return Ok(());
                };
                return self.on_verdict(id, was_known, response.body.as_ref().err());
            }
            Sight::Output(Output::Write { op, ops }) => {
                self.writes.insert(*op, ops.iter().map(stream_of).collect());
            }
            Sight::Committed(ops, outcomes) => return self.on_committed(context.ledger, ops, outcomes),
            Sight::Input(_, input) => return self.on_input(input),
            Sight::ToGroup(key, frame) => return self.on_told(context.ledger, *key, frame),
            Sight::Crashed => self.forget_life(),
            _ => {}
        }
        Ok(())
    }
}

impl Order {
    fn forget_life(&mut self) {
        self.requests.clear();
        self.writes.clear();
        self.due.clear();
        self.told.clear();
        self.sends.values_mut().for_each(|sending| sending.open = 0);
    }

    fn on_answered(&mut self, client: ClientId, call: CallId, answer: &Result<Answer, Refusal>) {
        let Some(id) = self.calls.remove(&(client, call)) else { return };
        if let (Some(sending), Err(refusal)) = (self.sends.get_mut(&id), answer) {
            sending.told_failed = Some((self.asked, refusal.code.is_retryable()));
        }
    }

    fn on_verdict(
        &mut self,
        id: ClientMessageId,
        was_known: bool,
        refusal: Option<&Refusal>,
    ) -> Result<(), String> {
        let Some(sending) = self.sends.get_mut(&id) else { return Ok(()) };
        sending.open = sending.open.saturating_sub(1);
        match (refusal, sending.place) {
            (None, None) => return Err(format!("{id} is accepted and not in the log")),
            (None, Some(_)) => sending.verdict = Verdict::Accepted,
            (Some(refusal), Some(seq)) if !was_known && sending.open == 0 => {
                return Err(format!("{id} is refused with {:?}, and is in the log as {seq}", refusal.code));
            }
            // It was accepted, and may not be asked about any more.
            (Some(_), Some(_)) => {}
            (Some(refusal), None) => sending.verdict = Verdict::Refused(refusal.code),
        }
        Ok(())
    }

    fn on_committed(
        &mut self,
        ledger: &Ledger,
        ops: &[LogOp],
        outcomes: &[LogOutcome],
    ) -> Result<(), String> {
        for (op, outcome) in ops.iter().zip(outcomes) {
            let (LogOp::Append(append), LogOutcome::Appended(appended)) = (op, outcome) else { continue };
            for outcome in appended {
                let AppendOutcome::New(seq) = outcome else { continue };
                let message = ledger.entry(append.stream, *seq).and_then(|entry| entry.message.as_ref());
                match message.filter(|message| message.changes.is_none()) {
                    Some(message) => self.on_accepted(message.client_message_id, *seq)?,
                    None => continue,
                }
            }
        }
        Ok(())
    }

    fn on_accepted(&mut self, id: ClientMessageId, seq: Seq) -> Result<(), String> {
        let Some(sending) = self.sends.get_mut(&id) else { return Ok(()) };
        sending.place = Some(seq);
        if let Verdict::Refused(code) = sending.verdict
            && sending.open == 0
        {
            return Err(format!("{id} was refused with {code:?}, and is in the log as {seq}"));
        }
        let (overtakes, overtaken) = (sending.overtakes, sending.overtaken);
        let (number, follows) = (sending.number, sending.follows);
        if let Some(before) = overtakes
            && self.sends.get(&before).is_none_or(|before| before.place.is_none())
        {
            return Err(format!("{id} at {seq} overtakes {before}, which was refused"));
        }
        if let Some((later, at)) = overtaken {
            return Err(format!("{id} stands at {seq}, and {later}, which follows it, at {at}"));
        }
        if let Some(before) = follows.and_then(|before| self.sends.get_mut(&before))
            && before.place.is_none()
            && before.may_come(number)
        {
            before.overtaken = Some((id, seq));
        }
        Ok(())
    }

    /// The message that this one must not overtake, if it was refused and may come again.
    fn overtaken_by(&self, id: ClientMessageId) -> Option<ClientMessageId> {
        let sending = self.sends.get(&id)?;
        let before = sending.follows?;
        let waits = self.sends.get(&before)?.waits_for(sending.number);
        waits.then_some(before)
    }

    fn on_input(&mut self, input: &Input) -> Result<(), String> {
        if let Some((stream, seq)) = self.due.first() {
            return Err(format!("{seq} of {stream:?} is accepted, and its group never hears of it"));
        }
        if let Input::Written { op, result } = input
            && let (Some(streams), Ok(outcomes)) = (self.writes.remove(op), result)
        {
            for (stream, outcome) in streams.into_iter().zip(outcomes) {
                let (Some(stream), LogOutcome::Appended(appended)) = (stream, outcome) else { continue };
                let new = appended.iter().filter_map(|outcome| match outcome {
                    AppendOutcome::New(seq) => Some((stream, *seq)),
                    _ => None,
                });
                self.due.extend(new);
            }
        }
        Ok(())
    }

    fn on_told(&mut self, ledger: &Ledger, key: GroupKey, frame: &ServerFrame) -> Result<(), String> {
        let stream = StreamId::LiveGroup(key.app, key.group);
        let position = match frame {
            ServerFrame::LiveMessage(push) => push.message.position,
            ServerFrame::LiveChange(change) => change.position,
            _ => return Ok(()),
        };
        let told = self.told.entry(stream).or_default();
        if position.seq <= *told {
            return Err(format!("{position} of {key:?} is sent to the group after {told}"));
        }
        *told = position.seq;
        if !self.due.remove(&(stream, position.seq)) {
            return Err(format!(
                "{position} of {key:?} is sent to the group, and is not durable or was sent before"
            ));
        }
        let entry = ledger.entry(stream, position.seq).ok_or("sent, and not in the log")?;
        says_the_same(ledger, stream, entry, position, frame)
    }
}

impl Sending {
    fn new(number: u64, follows: Option<ClientMessageId>) -> Self {
        let (verdict, place, told_failed) = (Verdict::Open, None, None);
        Self { number, follows, open: 0, place, verdict, told_failed, overtakes: None, overtaken: None }
    }

    /// Whether it may come behind a later call: its client does not know that it failed, or knows that it failed for now and
    /// did not when that call was made.
    fn may_come(&self, later: u64) -> bool {
        self.told_failed.is_none_or(|(told, may_come_again)| may_come_again && later <= told)
    }

    /// Whether it is refused, and may come behind a later call.
    fn waits_for(&self, later: u64) -> bool {
        matches!(self.verdict, Verdict::Refused(_)) && self.place.is_none() && self.may_come(later)
    }
}

/// Whether a frame says of a record what the record says.
pub(super) fn says_the_same(
    ledger: &Ledger,
    stream: StreamId,
    entry: &Entry,
    position: Position,
    frame: &ServerFrame,
) -> Result<(), String> {
    let stored = entry.message.as_ref().ok_or("a record that is no message")?;
    match frame {
        ServerFrame::LiveMessage(push) => {
            let is_hidden = push.hidden || stored.only_for_sender;
            if stored.changes.is_some()
                || push.hidden != is_hidden
                || push.hidden && shows(&push.message.body)
            {
                return Err(format!("{position} shows what is hidden, or a change as a message"));
            }
            is_a_version_of(entry, &push.message, push.hidden)
        }
        ServerFrame::LiveChange(change) => {
            let target = match &change.what {
                LiveChanged::Updated(message) => message.position.seq,
                LiveChanged::Deleted { position, .. } => position.seq,
            };
            if stored.changes != Some(target) || stored.sender != change.operator {
                return Err(format!("{position} is told as another change than it is"));
            }
            let changed = ledger.entry(stream, target).ok_or("a change of nothing")?;
            let is_gone =
                changed.message.as_ref().is_none_or(|message| message.deleted || message.only_for_sender);
            match (&change.what, &stored.changed) {
                (LiveChanged::Updated(message), Some(said))
                    if said.body == message.body && said.edits == message.edits =>
                {
                    is_a_version_of(changed, message, false)
                }
                (LiveChanged::Deleted { .. }, changed) if changed.is_none() || is_gone => Ok(()),
                _ => Err(format!("{position} tells another change than is in the log")),
            }
        }
        _ => Ok(()),
    }
}

/// Whether a message is what a record says or once said.
pub(super) fn is_a_version_of(entry: &Entry, message: &Message, hidden: bool) -> Result<(), String> {
    let at = message.position;
    let stored = entry.message.as_ref().ok_or("a record that is no message")?;
    let (sender, id, class) = (&stored.sender, stored.client_message_id, stored.priority);
    if (&message.sender, message.client_message_id, message.priority) != (sender, id, class) {
        return Err(format!("{at} is not the message that was accepted there: {message:?}"));
    }
    if message.accepted_at != stored.accepted_at {
        return Err(format!("{at} was not accepted at {:?}", message.accepted_at));
    }
    let version = usize::try_from(message.edits).ok().and_then(|edits| entry.bodies.get(edits));
    if !hidden && version != Some(&message.body) {
        return Err(format!("{at} never said this in its version {}: {:?}", message.edits, message.body));
    }
    Ok(())
}

fn shows(body: &MessageBody) -> bool {
    !matches!(body, MessageBody::Unknown { .. })
}

fn stream_of(op: &LogOp) -> Option<StreamId> {
    match op {
        LogOp::Append(append) if matches!(append.stream, StreamId::LiveGroup(..)) => Some(append.stream),
        _ => None,
    }
}
