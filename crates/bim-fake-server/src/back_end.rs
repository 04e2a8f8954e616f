//! What a test has the app's own server do.

use std::fmt;
use std::time::Duration;

use bim_server_core::script::{BackEndCall, BackEndReply, CallId, Script};
use bim_types::{
    ClientMessageId, ConversationShortId, ErrorCode, GroupInfo, Measure, MeasureDone, MessageBody, Position,
    Priority, Refusal, Uid,
};
use tokio::time::sleep;

use crate::seen::named;
use crate::server::FakeServer;

/// Messages of one [`FakeServer::deliver`] that wait for their answer: fewer than a connection may have.
const DELIVERIES_IN_FLIGHT: u64 = 32;

/// The app's own server, seated in the fake one: [`BACK_END_UID`](crate::BACK_END_UID). It speaks the ordinary
/// protocol, so nothing is bypassed: what it does is authorised, numbered, stored and told like anything else. Rules of
/// the script are not about it.
impl FakeServer {
    /// Has the app's own server ask for something.
    ///
    /// # Errors
    ///
    /// Why the server refused. 2014: it stopped meanwhile, and nobody knows.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been carried out.
    pub async fn ask(&self, call: BackEndCall) -> Result<BackEndReply, Refusal> {
        let waiting = self.put(call);
        self.nudge().await;
        self.answer(waiting).await
    }

    /// Makes a live group of this name, owned by the app's own server.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn create_group(&self, name: &str) -> ConversationShortId {
        let info = GroupInfo { name: name.to_owned(), ..GroupInfo::default() };
        match self.ask(BackEndCall::CreateGroup(info)).await {
            Ok(BackEndReply::Group(group)) => group.conversation_short_id,
            other => panic!("the group was not made: {other:?}"),
        }
    }

    /// Sends a NORMAL text to a live group; see [`deliver`](Self::deliver).
    ///
    /// # Panics
    ///
    /// When it is refused for good, or while the server is stopped.
    pub async fn say(&self, group: ConversationShortId, text: &str) -> Position {
        let sent = self.deliver(group, 1, |_| text.to_owned()).await;
        *sent.first().expect("one message has one position")
    }

    /// Sends so many NORMAL messages to a live group, in order, as fast as they are taken; the text of each comes from
    /// its number, from 1. Budgets of messages do not hold for the app's own server; while the server is busy, this
    /// waits as long as it is told, on tokio's clock. Returns their positions.
    ///
    /// # Panics
    ///
    /// When one is refused for good, or while the server is stopped.
    ///
    /// # Cancel safety
    ///
    /// When dropped, some were sent.
    pub async fn deliver(
        &self,
        group: ConversationShortId,
        count: u64,
        text: impl FnMut(u64) -> String,
    ) -> Vec<Position> {
        self.deliver_as(Priority::Normal, group, count, text).await
    }

    /// As [`deliver`](Self::deliver), in any class.
    ///
    /// # Panics
    ///
    /// As [`deliver`](Self::deliver).
    pub async fn deliver_as(
        &self,
        priority: Priority,
        group: ConversationShortId,
        count: u64,
        mut text: impl FnMut(u64) -> String,
    ) -> Vec<Position> {
        let mut positions = Vec::new();
        let mut before = None;
        for first in (1..=count).step_by(DELIVERIES_IN_FLIGHT as usize) {
            let last = count.min(first + DELIVERIES_IN_FLIGHT - 1);
            let bodies = (first..=last).map(|number| MessageBody::Text(text(number).into()));
            let mut batch = Vec::new();
            for body in bodies {
                let (client_message_id, follows) = (self.script().message_id(), before);
                before = Some(client_message_id);
                batch.push(BackEndCall::Send { group, client_message_id, follows, priority, body });
            }
            positions.extend(self.send_all(batch).await);
        }
        positions
    }

    /// Sends a NORMAL text to every live group of the app. Returns how many groups have it.
    ///
    /// # Panics
    ///
    /// When it is refused, when a group could not be reached, or while the server is stopped.
    pub async fn broadcast(&self, text: &str) -> u64 {
        let client_message_id = self.script().message_id();
        let (priority, body) = (Priority::Normal, MessageBody::Text(text.into()));
        match self.ask(BackEndCall::Broadcast { client_message_id, priority, body }).await {
            Ok(BackEndReply::Broadcast { accepted, failed: 0 }) => accepted,
            other => panic!("the broadcast did not reach every group: {other:?}"),
        }
    }

    /// Removes a user from a live group; it may come back.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn kick<U: TryInto<Uid, Error: fmt::Debug>>(&self, group: ConversationShortId, uid: U) {
        self.measure(group, Measure::Kick(vec![named(uid)])).await;
    }

    /// Silences a user in a live group for so long, in whole seconds; zero means for ever.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn mute<U: TryInto<Uid, Error: fmt::Debug>>(
        &self,
        group: ConversationShortId,
        uid: U,
        time: Duration,
    ) {
        self.measure(group, Measure::Mute(vec![named(uid)], time)).await;
    }

    /// Ends that.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn unmute<U: TryInto<Uid, Error: fmt::Debug>>(&self, group: ConversationShortId, uid: U) {
        self.measure(group, Measure::Unmute(vec![named(uid)])).await;
    }

    /// Keeps a user out of a live group for so long, in whole seconds, and removes it when it is in; zero means for
    /// ever.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn block<U: TryInto<Uid, Error: fmt::Debug>>(
        &self,
        group: ConversationShortId,
        uid: U,
        time: Duration,
    ) {
        self.measure(group, Measure::Block(vec![named(uid)], time)).await;
    }

    /// Ends that.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn unblock<U: TryInto<Uid, Error: fmt::Debug>>(&self, group: ConversationShortId, uid: U) {
        self.measure(group, Measure::Unblock(vec![named(uid)])).await;
    }

    /// Does anything that the owner of a live group can do.
    ///
    /// # Panics
    ///
    /// When it is refused, also for one user only, or while the server is stopped.
    pub async fn measure(&self, group: ConversationShortId, measure: Measure) -> MeasureDone {
        match self.ask(BackEndCall::Measure(group, measure)).await {
            Ok(BackEndReply::Measured(done)) if done.failed.is_empty() => done,
            other => panic!("the measure was not done: {other:?}"),
        }
    }

    /// Ends a live group.
    ///
    /// # Panics
    ///
    /// When it is refused, or while the server is stopped.
    pub async fn dissolve(&self, group: ConversationShortId) {
        if let Err(refusal) = self.ask(BackEndCall::Dissolve(group)).await {
            panic!("the group was not dissolved: {refusal}");
        }
    }

    /// Sends messages until each has its position. Each follows the one before it, so that those after a refused one
    /// are refused with it, and the order is kept.
    async fn send_all(&self, mut left: Vec<BackEndCall>) -> Vec<Position> {
        let mut positions = Vec::new();
        while !left.is_empty() {
            let calls: Vec<_> = left.iter().cloned().map(|call| self.put(call)).collect();
            self.nudge().await;
            let (mut again, mut wait) = (Vec::new(), Duration::ZERO);
            for (waiting, call) in calls.into_iter().zip(left) {
                match self.answer(waiting).await {
                    Ok(BackEndReply::Sent(position)) => positions.push(position),
                    Err(Refusal { code, retry_after: Some(after), .. }) if code.is_retryable() => {
                        wait = if again.is_empty() { after } else { wait };
                        again.push(call);
                    }
                    // The same message again is harmless, whatever became of it.
                    Err(Refusal { code: ErrorCode::OutcomeUnknown, .. }) => again.push(call),
                    other => panic!("a message was not delivered: {other:?}"),
                }
            }
            left = again;
            if !left.is_empty() {
                sleep(wait).await;
            }
        }
        positions
    }

    fn put(&self, call: BackEndCall) -> Waiting<'_> {
        assert!(self.parts().is_scripted, "an unscripted fake server has no seat for the app's own server");
        let script = self.script();
        Waiting { id: script.call(self.app_id(), call), script }
    }

    async fn answer(&self, waiting: Waiting<'_>) -> Result<BackEndReply, Refusal> {
        let mut news = self.parts().news.subscribe();
        loop {
            news.mark_unchanged();
            if let Some(answer) = waiting.script.take_answer(waiting.id) {
                return answer;
            }
            // The sender lives as long as the server that is borrowed here.
            let _ = news.changed().await;
        }
    }

    /// An id for a [`BackEndCall::Send`], never given before.
    #[must_use]
    pub fn message_id(&self) -> ClientMessageId {
        self.script().message_id()
    }
}

/// A call whose answer somebody waits for; forgotten when nobody does any more.
struct Waiting<'a> {
    id: CallId,
    script: &'a Script,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.script.forget_call(self.id);
    }
}
