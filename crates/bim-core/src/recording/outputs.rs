//! Hashes over outputs of a client's machine.
//!
//! What is written here decides what counts as the same output, also between versions: the order and the numbers
//! stay as they are, and a new field comes last. Answers and events are written as the frames that would carry
//! them, whose format is kept anyway.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::recording::{Digest, OutputsDigest, Redaction, redact_client_frame, redact_server_frame};
use bim_proto::{
    HistoryPage, LiveChange, LiveChanged, LivePush, RequestId, Response, ResponseBody, ServerFrame,
};
use bim_types::store::{ClientBatch, ClientOp};
use bim_types::{
    ConnectStatus, Continuity, ConversationShortId, Cursor, DisconnectReason, DiscontinuityReason, Message,
    PerPriority, Position, Refusal, Seq,
};

use crate::command::Answer;
use crate::event::{Event, LeftReason, LiveEvent};
use crate::io::Output;

/// Outputs by number.
const NAMES: [&str; 9] =
    ["load_device", "commit", "ask_token", "dial", "send", "close", "abort", "reply", "event"];

/// The name of a kind.
pub(super) fn name(kind: u8) -> &'static str {
    NAMES.get(usize::from(kind)).copied().unwrap_or("unknown")
}

/// Adds an output.
pub(super) fn push(outputs: &mut OutputsDigest, output: &Output, redaction: &Redaction) {
    let kind = match output {
        Output::LoadDevice(_) => 0,
        Output::Commit(..) => 1,
        Output::AskToken(_) => 2,
        Output::Dial { .. } => 3,
        Output::Send(..) => 4,
        Output::Close(_) => 5,
        Output::Abort(_) => 6,
        Output::Reply(..) => 7,
        Output::Event(_) => 8,
    };
    outputs.push(kind, |digest| Writer { digest, redaction }.output(output));
}

/// Writes one output into its hash.
struct Writer<'a> {
    digest: &'a mut Digest,
    redaction: &'a Redaction,
}

impl Writer<'_> {
    fn output(&mut self, output: &Output) {
        match output {
            Output::LoadDevice(op) => self.number(op.0),
            Output::Commit(op, batch) => {
                self.number(op.0);
                self.batch(batch);
            }
            Output::AskToken(ask) => self.number(ask.0),
            Output::Dial { link, endpoint } => {
                self.number(link.0);
                self.number(*endpoint as u64);
            }
            Output::Send(link, frame) => {
                let redaction = self.redaction;
                let frame = redact_client_frame(frame, redaction, &mut |token| redaction.token(token));
                self.digest.number(link.0).bytes(&frame);
            }
            Output::Close(link) | Output::Abort(link) => self.number(link.0),
            Output::Reply(call, answer) => {
                self.number(call.0);
                self.answer(answer);
            }
            Output::Event(Event::StatusChanged(status)) => {
                self.number(0);
                self.status(status);
            }
            Output::Event(Event::TokenInvalid(code)) => {
                self.number(1);
                self.number(code.number().unsigned_abs().into());
            }
            Output::Event(Event::Live(event)) => {
                self.number(2);
                self.live(event);
            }
        }
    }

    fn number(&mut self, number: u64) {
        self.digest.number(number);
    }

    fn group(&mut self, group: ConversationShortId) {
        self.number(group.value().unsigned_abs());
    }

    fn position(&mut self, position: Position) {
        self.digest.number(position.epoch.0).number(position.seq.0);
    }

    fn cursor(&mut self, cursor: &Cursor) {
        let PerPriority { low, normal, high } = cursor.seqs;
        self.digest.number(cursor.epoch.0).number(low.0).number(normal.0).number(high.0);
    }

    fn frame(&mut self, frame: ServerFrame) {
        self.digest.bytes(&redact_server_frame(&frame.encode(), self.redaction));
    }

    fn response(&mut self, body: Result<ResponseBody, Refusal>) {
        self.frame(ServerFrame::Response(Response { id: RequestId(0), body }));
    }

    fn message(&mut self, message: &Message) {
        let previous = PerPriority::<Seq>::default();
        self.frame(ServerFrame::LiveMessage(LivePush { message: message.clone(), previous, hidden: false }));
    }

    fn batch(&mut self, batch: &ClientBatch) {
        for op in &batch.ops {
            match op {
                ClientOp::PutDevice(record) => self.digest.number(0).bytes(&record.device.to_bytes()),
                ClientOp::PutSession(record) => {
                    self.digest.number(1).number(record.app.value().into()).uid(&record.uid)
                }
                ClientOp::ClearSession => self.digest.number(2),
            };
        }
    }

    fn answer(&mut self, answer: &Result<Answer, Refusal>) {
        let body = match answer.clone() {
            Ok(Answer::Done) => Ok(ResponseBody::Done),
            Ok(Answer::Conversation(group)) => Ok(ResponseBody::LiveGroup(*group)),
            Ok(Answer::Page(page)) => Ok(ResponseBody::LiveGroupPage(page)),
            Ok(Answer::Message(message)) => {
                let page = HistoryPage { messages: vec![message], next: Seq::ZERO, has_more: false };
                Ok(ResponseBody::LiveHistoryPage(page))
            }
            Ok(Answer::History(page)) => Ok(ResponseBody::LiveHistoryPage(page)),
            Ok(Answer::Joined(joined)) => Ok(ResponseBody::JoinedLiveGroup(*joined)),
            Ok(Answer::Measure(done)) => Ok(ResponseBody::LiveGroupChanged(done)),
            Ok(Answer::Member(member)) => Ok(ResponseBody::LiveMember(member)),
            Ok(Answer::Members(page)) => Ok(ResponseBody::LiveMemberPage(page)),
            Ok(Answer::AttributesWritten(written)) => Ok(ResponseBody::LiveAttributesWritten(written)),
            Ok(Answer::Attributes(attributes)) => Ok(ResponseBody::LiveAttributes(attributes)),
            Ok(Answer::Counters(counters)) => Ok(ResponseBody::LiveCounters(counters)),
            Ok(Answer::Broadcast(done)) => Ok(ResponseBody::BroadcastDone(done)),
            Err(refusal) => Err(refusal),
        };
        self.response(body);
    }

    fn status(&mut self, status: &ConnectStatus) {
        match status {
            ConnectStatus::Connecting => self.number(0),
            ConnectStatus::Connected(continuity) => {
                self.number(1);
                self.number(match continuity {
                    Continuity::Fresh => 0,
                    Continuity::Resumed => 1,
                    Continuity::Discontinuous => 2,
                    _ => u64::MAX,
                });
            }
            ConnectStatus::Disconnected(reason) => {
                self.number(2);
                self.disconnected(reason);
            }
            _ => self.number(u64::MAX),
        }
    }

    fn disconnected(&mut self, reason: &DisconnectReason) {
        match reason {
            DisconnectReason::NotLoggedIn => self.number(0),
            DisconnectReason::LoggedOut => self.number(1),
            DisconnectReason::Replaced => self.number(2),
            DisconnectReason::Refused(code) => {
                self.digest.number(3).number(code.number().unsigned_abs().into());
            }
            DisconnectReason::Lost { retry_in } => {
                self.digest.number(4).number(micros(*retry_in));
            }
            DisconnectReason::ShutDown => self.number(5),
            _ => self.number(u64::MAX),
        }
    }

    fn live(&mut self, event: &LiveEvent) {
        self.number(live_number(event));
        match event {
            LiveEvent::Received(message) | LiveEvent::Sent(message) => self.message(message),
            LiveEvent::Updated { message, operator } => {
                self.digest.uid(operator);
                self.frame(ServerFrame::LiveChange(LiveChange {
                    position: Position::default(),
                    previous: PerPriority::default(),
                    operator: operator.clone(),
                    what: LiveChanged::Updated(message.clone()),
                }));
            }
            LiveEvent::Deleted { group, position, operator } => {
                self.group(*group);
                self.position(*position);
                self.digest.uid(operator);
            }
            LiveEvent::LeftOut(gap) => self.frame(ServerFrame::LiveGap(*gap)),
            LiveEvent::StateChanged(state) => self.frame(ServerFrame::LiveState((**state).clone())),
            LiveEvent::Members(event) => self.frame(ServerFrame::LiveEvent(event.clone())),
            LiveEvent::Pulse(pulse) => self.frame(ServerFrame::LivePulse(pulse.clone())),
            LiveEvent::AttributesChanged(changed) => {
                self.frame(ServerFrame::LiveAttributesChanged(changed.clone()));
            }
            LiveEvent::AttributesSnapshot { group, attributes } => {
                self.group(*group);
                self.response(Ok(ResponseBody::LiveAttributes(attributes.clone())));
            }
            LiveEvent::CountersChanged { group, counters } => self.counters(*group, counters),
            LiveEvent::TapsRefused { group, lost, reason } => {
                self.counters(*group, lost);
                self.response(Err(reason.clone()));
            }
            LiveEvent::Discontinuity { group, reason, from, to } => {
                self.group(*group);
                self.number(discontinuity_number(*reason));
                self.cursor(from);
                self.cursor(to);
            }
            LiveEvent::Left { group, reason } => {
                self.group(*group);
                self.left(reason);
            }
        }
    }

    fn counters(&mut self, group: ConversationShortId, counters: &BTreeMap<String, u64>) {
        self.group(group);
        self.response(Ok(ResponseBody::LiveCounters(counters.clone())));
    }

    fn left(&mut self, reason: &LeftReason) {
        match reason {
            LeftReason::Dissolved => self.number(0),
            LeftReason::Refused(code) => {
                self.digest.number(1).number(code.number().unsigned_abs().into());
            }
            LeftReason::Kicked { blocked, operator } => {
                self.digest.number(2).flag(*blocked).flag(operator.is_some());
                if let Some(operator) = operator {
                    self.digest.uid(operator);
                }
            }
        }
    }
}

fn live_number(event: &LiveEvent) -> u64 {
    match event {
        LiveEvent::Received(_) => 0,
        LiveEvent::Sent(_) => 1,
        LiveEvent::Updated { .. } => 2,
        LiveEvent::Deleted { .. } => 3,
        LiveEvent::LeftOut(_) => 4,
        LiveEvent::StateChanged(_) => 5,
        LiveEvent::Members(_) => 6,
        LiveEvent::Pulse(_) => 7,
        LiveEvent::AttributesChanged(_) => 8,
        LiveEvent::AttributesSnapshot { .. } => 9,
        LiveEvent::CountersChanged { .. } => 10,
        LiveEvent::TapsRefused { .. } => 11,
        LiveEvent::Discontinuity { .. } => 12,
        LiveEvent::Left { .. } => 13,
    }
}

fn discontinuity_number(reason: DiscontinuityReason) -> u64 {
    match reason {
        DiscontinuityReason::BeyondWindow => 0,
        DiscontinuityReason::NewEpoch => 1,
        DiscontinuityReason::CursorAhead => 2,
        _ => u64::MAX,
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
