//! Messages of live groups.

use bim_core::{Answer, Ask, Broadcast, BroadcastDone, Command, HistoryQuery, SendLive};
use bim_types::{ConversationShortId, MessageBody, Priority, Seq};

use super::{HistoryPage, LiveGroups, LiveMessageListResult, Sending};
use crate::client::unfit;
use crate::error::Error;
use crate::message::OutgoingMessage;
use crate::shared::HandleCommand;

impl LiveGroups {
    /// Sends a message to a live group the client is in.
    ///
    /// The message is on its way when this function returns: messages of one client go out in the order of
    /// these calls, whenever their futures are awaited. Each ends in exactly one verdict: the message with its
    /// position, durable on the server, or the reason why not.
    ///
    /// # Errors
    ///
    /// 21 with the limit for a body that is too large; 3 no such group, or dissolved; 13 not in the group; 14
    /// muted; 1013 all are muted; 11 not allowed in this class; 8 and 19 refused by moderation; 78 too fast, with
    /// [`retry_after`](Error::retry_after); 1002 the id was used for other content; 2012 too many messages wait.
    /// 2010 means that nobody knows: send the same value again, which can not double it. If it was accepted after
    /// all, [`LiveEvent::Sent`](crate::LiveEvent::Sent) may tell before.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not unsend: the verdict then shows only as an event.
    pub fn send_live_group_message(
        &self,
        message: &OutgoingMessage,
        id: ConversationShortId,
        priority: Priority,
    ) -> Sending {
        let send = SendLive {
            group: id,
            client_message_id: message.client_message_id,
            priority,
            body: message.body.clone(),
            follows: message.follows,
        };
        Sending::new(self.handle.call_now(HandleCommand::Machine(Command::Ask(Ask::Send(send)))))
    }

    /// Reads messages of a live group the client is in, oldest first: those from `from_seq` to `to_seq`, both
    /// included. [`Seq::ZERO`] means the oldest that is kept, and as `to_seq` the newest. `limit` is 1 to 20, 0
    /// means 20. Deleted messages are not in it, and those that were changed say what they say now.
    ///
    /// # Errors
    ///
    /// 3 no such group; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_history(
        &self,
        id: ConversationShortId,
        from_seq: Seq,
        to_seq: Seq,
        limit: u32,
    ) -> Result<HistoryPage, Error> {
        let (from, to) = (from_seq, Some(to_seq).filter(|to| *to != Seq::ZERO));
        let query = HistoryQuery { group: id, from, to, limit, newest_first: false };
        self.history(query).await.map(Into::into)
    }

    /// Reads messages of a live group the client is in, newest first: from `cursor` backwards, that message
    /// included. Begin with `None` for the newest, or with the
    /// [`join_message_cursor`](crate::LiveJoinGroupResult::join_message_cursor) for what was said before this client came:
    /// nothing, if nothing was. Go on with the page's `next_cursor` while it has more. `limit` is 1 to 20, 0 means 20.
    ///
    /// # Errors
    ///
    /// 3 no such group; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_history_message_list(
        &self,
        id: ConversationShortId,
        cursor: Option<Seq>,
        limit: u32,
    ) -> Result<LiveMessageListResult, Error> {
        let query = HistoryQuery { group: id, from: Seq::ZERO, to: cursor, limit, newest_first: true };
        let page = self.history(query).await?;
        Ok(LiveMessageListResult { list: page.messages, next_cursor: page.next, has_more: page.has_more })
    }

    /// Changes what a message says. Its sender may within two minutes. Everyone in the group gets
    /// [`LiveEvent::Updated`](crate::LiveEvent::Updated), also those who were away or get the message only later.
    ///
    /// # Errors
    ///
    /// 4 and 21 for a body that can not be sent; 8 and 19 refused by moderation; 11 not allowed; 13 not in the group;
    /// 14 muted; 17 too late; 1013 all are muted; 1017 no such message, or it was removed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn update_live_group_message(
        &self,
        id: ConversationShortId,
        seq: Seq,
        body: MessageBody,
    ) -> Result<(), Error> {
        self.ask(Ask::Update(id, seq, body)).await.map(drop)
    }

    /// Removes a message for everyone. Its sender may within two minutes, admins those of ordinary members, the owner
    /// any. Everyone in the group gets [`LiveEvent::Deleted`](crate::LiveEvent::Deleted). Harmless for one that was
    /// removed before.
    ///
    /// # Errors
    ///
    /// 11 not allowed; 13 not in the group; 17 too late; 1017 no such message.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn delete_live_group_message(&self, id: ConversationShortId, seq: Seq) -> Result<(), Error> {
        self.ask(Ask::Delete(id, seq)).await.map(drop)
    }

    /// Sends a message to every live group of the app. App servers only: those whose token says so. Asking again with
    /// the same value reaches only the groups that were not reached before.
    ///
    /// # Errors
    ///
    /// 4 and 21 for a body that can not be sent; 11 not an app server.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn broadcast_to_live_groups(
        &self,
        message: &OutgoingMessage,
        priority: Priority,
    ) -> Result<BroadcastDone, Error> {
        let client_message_id = message.client_message_id;
        let broadcast = Broadcast { client_message_id, priority, body: message.body.clone() };
        match self.ask(Ask::Broadcast(broadcast)).await? {
            Answer::Broadcast(done) => Ok(done),
            _ => Err(unfit()),
        }
    }

    async fn history(&self, query: HistoryQuery) -> Result<bim_core::HistoryPage, Error> {
        match self.ask(Ask::History(query)).await? {
            Answer::History(page) => Ok(page),
            _ => Err(unfit()),
        }
    }
}
