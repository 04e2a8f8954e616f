//! Messages, and changes of messages, that wait for a moderator's verdict.
//!
//! Those of one connection are released in the order they came, whatever order the verdicts come in. Rights are
//! looked at again when a message is released: who was muted meanwhile does not speak, and one that waits for a
//! measure to become durable waits on with its verdict.

use std::collections::{BTreeMap, BTreeSet};

use bim_livegroup::room::Actor;
use bim_proto::SendLive;
use bim_proto::stored::StoredLiveMessage;
use bim_types::{ConnectionId, ErrorCode, GroupKey, MessageBody, Mono, Now, Priority, Refusal, Seq};

use super::RoomRequest;
use crate::engine::Engine;
use crate::io::{Moderated, ModerationVerdict, Output};
use crate::ops::{Asker, Origin, PendingEdit, Sending};

/// Messages that may wait for a verdict. More are refused as busy.
const CHECKS_MAX: usize = 16_384;

/// When to come back when too many wait.
const CHECKS_RETRY: std::time::Duration = std::time::Duration::from_millis(100);

/// Messages that wait for a verdict.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    last: u64,
    waiting: BTreeMap<(ConnectionId, u64), Check>,
    connections: BTreeMap<u64, ConnectionId>,
    /// When which verdict is overdue.
    deadlines: BTreeSet<(Mono, u64)>,
}

/// What waits for its verdict, or with it for what came before it.
#[derive(Debug)]
pub(super) struct Check {
    key: GroupKey,
    asker: Asker,
    actor: Actor,
    pub(super) subject: Subject,
    deadline: Mono,
    verdict: Option<ModerationVerdict>,
}

/// What a moderator is asked about.
#[derive(Debug)]
pub(super) enum Subject {
    /// A message, and a hash of what its device said.
    Send(SendLive, [u8; 16]),
    /// What a message is to say from now on.
    Edit(Seq, MessageBody),
}

impl Checks {
    /// When the next verdict is overdue.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    fn insert(&mut self, check: Check) -> u64 {
        self.last += 1;
        self.connections.insert(self.last, check.asker.connection);
        self.deadlines.insert((check.deadline, self.last));
        self.waiting.insert((check.asker.connection, self.last), check);
        self.last
    }

    /// Takes a verdict; the first one counts. Says on whose connection.
    fn judge(&mut self, id: u64, verdict: ModerationVerdict) -> Option<ConnectionId> {
        let connection = *self.connections.get(&id)?;
        let check = self.waiting.get_mut(&(connection, id))?;
        self.deadlines.remove(&(check.deadline, id));
        check.verdict.get_or_insert(verdict);
        Some(connection)
    }

    /// The first message of a connection, if its verdict is known.
    fn release(&mut self, connection: ConnectionId) -> Option<Check> {
        let all = (connection, 0)..=(connection, u64::MAX);
        let (at, _) = self.waiting.range(all).next().filter(|(_, check)| check.verdict.is_some())?;
        let at = *at;
        self.connections.remove(&at.1);
        self.waiting.remove(&at)
    }
}

impl Engine {
    pub(super) fn ask_moderator(
        &mut self,
        now: Now,
        key: GroupKey,
        asker: Asker,
        actor: Actor,
        subject: Subject,
    ) {
        let sender = actor.uid.clone();
        let message = match &subject {
            Subject::Send(send, _) => {
                Moderated { group: key, sender, priority: send.priority, body: send.body.clone() }
            }
            // A change is a message of class HIGH.
            Subject::Edit(_, body) => {
                Moderated { group: key, sender, priority: Priority::High, body: body.clone() }
            }
        };
        if let (Subject::Send(send, _), Some(active)) = (&subject, self.rooms.active(key)) {
            active.room.send_begins(&actor.uid, actor.device, send.client_message_id);
        }
        let deadline = now.mono + self.config.moderation_timeout;
        let check = Check { key, asker, actor, subject, deadline, verdict: None };
        if self.checks.waiting.len() >= CHECKS_MAX {
            self.check_ended(&check);
            let refusal = Refusal::new(ErrorCode::ServerBusy).retry_after(CHECKS_RETRY);
            return self.refuse_request(key, asker, RoomRequest::Checked(Box::new(check)), refusal);
        }
        let id = self.checks.insert(check);
        self.out.push(Output::Moderate { id, message });
    }

    pub(crate) fn on_moderated(&mut self, now: Now, id: u64, verdict: ModerationVerdict) {
        let Some(connection) = self.checks.judge(id, verdict) else { return };
        while let Some(check) = self.checks.release(connection) {
            self.with_room(now, check.key, check.asker, RoomRequest::Checked(Box::new(check)));
        }
    }

    /// Decides in the place of moderators that took too long.
    pub(crate) fn tick_checks(&mut self, now: Now) {
        while self.checks.next_deadline().is_some_and(|at| at <= now.mono) {
            let Some((_, id)) = self.checks.deadlines.pop_first() else { return };
            let verdict = self.config.fallback_verdict("no verdict in time");
            self.on_moderated(now, id, verdict);
        }
    }

    /// A message or a change comes back with its verdict.
    pub(super) fn decide(&mut self, now: Now, check: Check) {
        self.check_ended(&check);
        let Check { key, asker, actor, subject, verdict, .. } = check;
        let verdict = verdict.unwrap_or(ModerationVerdict::Allow);
        match subject {
            Subject::Send(send, content) => {
                let id = send.client_message_id;
                let sending = self
                    .may_release(now, key, &actor, &send)
                    .and_then(|()| judged(super::sends::stored(&actor, &send, now.wall), verdict));
                match sending {
                    Ok((message, said)) => {
                        let origin = Origin::Request(asker);
                        self.append(key, Sending { origin, message, content, said });
                        if let Some(session) = self.sessions.find_mut(asker.connection) {
                            session.refused.remove(id);
                        }
                    }
                    Err(refusal) => self.refuse_send(asker, id, refusal),
                }
            }
            Subject::Edit(seq, body) => match judged_edit(body, verdict) {
                // Who is gone gets no answer and makes no change.
                Ok(_) if self.actor(asker).is_none() => {}
                Ok(body) => self.read_edited(PendingEdit { asker, actor, key, seq, body: Some(body) }),
                Err(refusal) => self.respond(asker, Err(refusal)),
            },
        }
    }

    fn check_ended(&mut self, check: &Check) {
        if let (Subject::Send(send, _), Some(active)) = (&check.subject, self.rooms.active(check.key)) {
            active.room.send_ended(&check.actor.uid, check.actor.device, send.client_message_id);
        }
    }

    fn may_release(
        &mut self,
        now: Now,
        key: GroupKey,
        actor: &Actor,
        send: &SendLive,
    ) -> Result<(), Refusal> {
        self.check_writable()?;
        self.check_order(actor.connection, send)?;
        let Some(active) = self.rooms.active(key) else { return Err(ErrorCode::UserNotInGroup.into()) };
        active.room.may_speak(now, actor, send.priority)
    }

    /// A message as the moderator sees it, if there is one.
    pub(super) fn to_review(&self, key: GroupKey, message: &StoredLiveMessage) -> Option<Moderated> {
        self.config.moderates.then(|| Moderated {
            group: key,
            sender: message.sender.clone(),
            priority: message.priority,
            body: message.body.clone(),
        })
    }

    /// Shows an accepted message to the moderator.
    pub(super) fn review(&mut self, seq: Seq, message: Option<Moderated>) {
        if let Some(message) = message {
            self.out.push(Output::Review { seq, message });
        }
    }
}

/// A message as it is to be stored after its verdict, and what its device said when that is something else.
fn judged(
    message: StoredLiveMessage,
    verdict: ModerationVerdict,
) -> Result<(StoredLiveMessage, Option<MessageBody>), Refusal> {
    match verdict {
        ModerationVerdict::Allow => Ok((message, None)),
        ModerationVerdict::OnlyForSender => {
            Ok((StoredLiveMessage { only_for_sender: true, ..message }, None))
        }
        ModerationVerdict::Refuse { check_code, message } => Err(refused(check_code, &message)),
        ModerationVerdict::Rewrite(body) => {
            let body = rewritten(body)?;
            let said = Some(message.body.clone());
            Ok((StoredLiveMessage { body, ..message }, said))
        }
    }
}

/// What a message is to say after the verdict on it. A message that all saw can not be changed for one.
fn judged_edit(body: MessageBody, verdict: ModerationVerdict) -> Result<MessageBody, Refusal> {
    match verdict {
        ModerationVerdict::Allow => Ok(body),
        ModerationVerdict::OnlyForSender => Err(refused(0, "only its sender may see it")),
        ModerationVerdict::Refuse { check_code, message } => Err(refused(check_code, &message)),
        ModerationVerdict::Rewrite(body) => rewritten(body),
    }
}

fn rewritten(body: MessageBody) -> Result<MessageBody, Refusal> {
    match body.check() {
        Ok(()) => Ok(body),
        Err(_) => Err(refused(0, "rewritten to nothing that can be sent")),
    }
}

/// What a sender is told: the app's code and words, cut to what a hint holds.
fn refused(check_code: i32, message: &str) -> Refusal {
    const WORDS_BYTES_MAX: usize = 150;
    let mut end = message.len().min(WORDS_BYTES_MAX);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let words = message.get(..end).unwrap_or_default();
    Refusal::new(ErrorCode::MessageIllegal).hint(format!("check code {check_code}: {words}"))
}
