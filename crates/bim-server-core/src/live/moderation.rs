//! Messages that wait for a moderator's verdict.
//!
//! Those of one connection are released in the order they came, whatever order the verdicts come in. Rights are
//! looked at again when a message is released: who was muted meanwhile does not speak.

use std::collections::{BTreeMap, VecDeque};

use bim_livegroup::room::Actor;
use bim_proto::SendLive;
use bim_types::{ConnectionId, ErrorCode, GroupKey, MessageBody, Mono, Now, Refusal};

use crate::engine::Engine;
use crate::io::{Moderated, ModerationVerdict, Output};
use crate::ops::{Asker, Origin};

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
    deadlines: VecDeque<(Mono, u64)>,
}

/// A message that waits for its verdict, or with it for those before it.
#[derive(Debug)]
struct Check {
    key: GroupKey,
    asker: Asker,
    actor: Actor,
    send: SendLive,
    content: [u8; 16],
    verdict: Option<ModerationVerdict>,
}

impl Checks {
    /// When the next verdict is overdue.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.front().map(|(at, _)| *at)
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
        send: SendLive,
        content: [u8; 16],
    ) {
        if self.checks.waiting.len() >= CHECKS_MAX {
            let refusal = Refusal::new(ErrorCode::ServerBusy).retry_after(CHECKS_RETRY);
            return self.refuse_send(asker, send.client_message_id, refusal);
        }
        self.checks.last += 1;
        let id = self.checks.last;
        let message = Moderated {
            group: key,
            sender: actor.uid.clone(),
            priority: send.priority,
            body: send.body.clone(),
        };
        let check = Check { key, asker, actor, send, content, verdict: None };
        self.checks.waiting.insert((asker.connection, id), check);
        self.checks.connections.insert(id, asker.connection);
        self.checks.deadlines.push_back((now.mono + self.config.moderation_timeout, id));
        self.out.push(Output::Moderate { id, message });
    }

    pub(crate) fn on_moderated(&mut self, now: Now, id: u64, verdict: ModerationVerdict) {
        let Some(connection) = self.checks.connections.get(&id).copied() else { return };
        if let Some(check) = self.checks.waiting.get_mut(&(connection, id)) {
            check.verdict.get_or_insert(verdict);
        }
        while let Some(check) = self.checks.release(connection) {
            self.decide(now, check);
        }
    }

    /// Decides in the place of moderators that took too long.
    pub(crate) fn tick_checks(&mut self, now: Now) {
        while self.checks.next_deadline().is_some_and(|at| at <= now.mono) {
            let Some((_, id)) = self.checks.deadlines.pop_front() else { return };
            let verdict = if self.config.moderation_fallback_allows {
                ModerationVerdict::Allow
            } else {
                let message = "no verdict in time".to_owned();
                ModerationVerdict::Refuse { check_code: 0, message }
            };
            self.on_moderated(now, id, verdict);
        }
    }

    fn decide(&mut self, now: Now, check: Check) {
        let Check { key, asker, actor, send, content, verdict } = check;
        let id = send.client_message_id;
        let Some(active) = self.rooms.active(key).filter(|active| !active.ending) else {
            return self.refuse_send(asker, id, ErrorCode::UserNotInGroup.into());
        };
        if let Err(refusal) = active.room.may_speak(now, &actor, send.priority) {
            return self.refuse_send(asker, id, refusal);
        }
        let mut message = super::sends::stored(&actor, &send, now.wall);
        let mut said = None;
        match verdict {
            None | Some(ModerationVerdict::Allow) => {}
            Some(ModerationVerdict::OnlyForSender) => message.only_for_sender = true,
            Some(ModerationVerdict::Refuse { check_code, message }) => {
                return self.refuse_send(asker, id, refused(check_code, &message));
            }
            Some(ModerationVerdict::Rewrite(body)) => match body.check() {
                Ok(()) => said = Some(std::mem::replace(&mut message.body, body)),
                Err(_) => {
                    return self.refuse_send(asker, id, refused(0, "rewritten to nothing that can be sent"));
                }
            },
        }
        let origin = Origin::Request(asker);
        self.append(key, crate::ops::Sending { origin, message, content, said });
        if let Some(session) = self.sessions.find_mut(asker.connection) {
            session.refused.remove(id);
        }
    }

    /// Shows an accepted message to the moderator.
    pub(super) fn review(&mut self, key: GroupKey, seq: bim_types::Seq, message: Moderated) {
        if self.config.moderates {
            self.out.push(Output::Review { seq, message: Moderated { group: key, ..message } });
        }
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

/// A message as a moderator sees it.
pub(super) fn shown(key: GroupKey, message: &bim_proto::stored::StoredLiveMessage) -> Moderated {
    let body: MessageBody = message.body.clone();
    Moderated { group: key, sender: message.sender.clone(), priority: message.priority, body }
}
