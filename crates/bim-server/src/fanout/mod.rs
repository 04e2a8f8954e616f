//! Group → connections: how one broadcast becomes bytes at each viewer.
//!
//! *What it is.* Each connection has a [`Mailbox`], its bounded outbound queue, with the connection itself in it while
//! that is idle. A shard, a task, knows the mailboxes of some connections and who of them is in which group. A [`Fanout`]
//! sends the engine's outputs to the shard of the connection they concern, and broadcasts to every shard: all messages of
//! a group that came while the last broadcast was under way, as one batch that is encoded once.
//!
//! *What it never does.* It makes no list of connections for a message, copies no frame, and waits for no
//! connection. Which frame a full queue gives up is decided by the queue of the machine below.
//!
//! ```text
//!   pump ─► Fanout ─┬─► shard 0 ─► Mailbox of 2, 4, 6 … ─► their sockets; their tasks where a socket is full
//!                   └─► shard 1 ─► Mailbox of 1, 3, 5 …
//! ```
//!
//! *When behind.* What is accepted while a broadcast is under way is gathered; when a whole batch has been gathered and
//! the last is still under way, the pump waits, and with it everyone who sends.
//!
//! *Order.* A connection belongs to one shard, and a shard obeys in order, so for each connection the order of
//! the engine's outputs holds, but for frames to one connection alone: they overtake a broadcast, as they do in its
//! queue. Across shards one thing holds too: when a connection was taken out of a group,
//! nothing of the group is put into its queue from that moment on, however far behind its shard is. So whoever
//! kicked it is not answered before that.

mod gathering;
mod group;
mod lane;
mod mailbox;
mod pace;
mod parked;
mod sending;
mod shard;

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;

use bim_server_core::queue::{LiveBatch, LiveFrame};
use bim_types::ConnectionId;
use tokio::time::Instant;

use gathering::Gathering;
use lane::Lane;
pub(crate) use mailbox::{Mailbox, Notes, Parcel, Until};
use pace::Pace;
use sending::Sending;
pub(crate) use shard::ShardCommand;

/// Most shards; more are of no use to one pump.
pub(crate) const SHARDS_MAX: usize = 64;

/// Carries the engine's outputs to the connections.
#[derive(Debug)]
pub(crate) struct Fanout {
    gathering: Gathering,
    pace: Arc<Pace>,
    lanes: Vec<Lane>,
    /// Every connection's, for what must not wait for a shard.
    mailboxes: HashMap<ConnectionId, Arc<Mailbox>>,
}

/// A shard is gone, because its task panicked. The server cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("a fan-out shard stopped")]
pub(crate) struct ShardGone;

impl Fanout {
    /// Starts so many shards, and at least one.
    pub(crate) fn start(shards: usize) -> Self {
        let lanes = (0..shards.clamp(1, SHARDS_MAX)).map(|_| Lane::start()).collect();
        Self { gathering: Gathering::default(), pace: Arc::default(), lanes, mailboxes: HashMap::new() }
    }

    /// Sends a message to its group, together with others. Waits when a whole batch has been gathered while the last one
    /// is still under way.
    pub(crate) async fn broadcast(&mut self, live: LiveFrame) -> Result<(), ShardGone> {
        let Some(batch) = self.gathering.add(live) else { return Ok(()) };
        self.pace.idle().await;
        self.send(batch).await
    }

    /// Obeys, after everything that was said before to the same connection. Waits when a shard is behind.
    pub(crate) async fn obey(&mut self, command: ShardCommand) -> Result<(), ShardGone> {
        // Whoever enters gets what is sent from then on, and no more.
        if let ShardCommand::Join(group, _) = &command
            && let Some(batch) = self.gathering.take(*group)
        {
            self.send(batch).await?;
        }
        self.note(&command);
        match command.connection() {
            Some(connection) => self.lane_of(connection)?.send(command).await,
            None => self.tell_all(command).await,
        }
    }

    /// Resolves when [`Self::send_gathered`] is to be called.
    pub(crate) async fn due(&self) {
        if self.gathering.is_empty() {
            pending().await
        }
        self.pace.due().await;
    }

    /// Whether [`Self::send_gathered`] is to be called now.
    pub(crate) fn is_due(&self) -> bool {
        !self.gathering.is_empty() && self.pace.is_due(Instant::now())
    }

    /// Sends what was gathered.
    pub(crate) async fn send_gathered(&mut self) -> Result<(), ShardGone> {
        while let Some(batch) = self.gathering.take_any() {
            self.send(batch).await?;
        }
        Ok(())
    }

    async fn send(&mut self, batch: Arc<LiveBatch>) -> Result<(), ShardGone> {
        let sending = Sending::new(batch, Arc::clone(&self.pace));
        self.tell_all(ShardCommand::Broadcast(Arc::new(sending))).await
    }

    async fn tell_all(&self, command: ShardCommand) -> Result<(), ShardGone> {
        for lane in &self.lanes {
            lane.send(command.clone()).await?;
        }
        Ok(())
    }

    fn lane_of(&self, connection: ConnectionId) -> Result<&Lane, ShardGone> {
        let place = connection.0 % self.lanes.len().max(1) as u64;
        usize::try_from(place).ok().and_then(|place| self.lanes.get(place)).ok_or(ShardGone)
    }

    /// Does at once what must not wait for a shard.
    fn note(&mut self, command: &ShardCommand) {
        match command {
            ShardCommand::Attach(connection, mailbox) => {
                self.mailboxes.insert(*connection, Arc::clone(mailbox));
            }
            ShardCommand::Detach(connection) => {
                self.mailboxes.remove(connection);
            }
            ShardCommand::Leave(group, connection) => {
                if let Some(mailbox) = self.mailboxes.get(connection) {
                    mailbox.bar_group(*group);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use bim_server_core::queue::LiveFrame;
    use bim_types::{AppId, ConversationShortId, GroupKey, Priority, Seq};
    use bytes::Bytes;

    use super::*;

    #[tokio::test]
    async fn who_is_taken_out_gets_nothing_more_even_while_its_shard_is_behind() {
        let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
        let frame = Bytes::from_static(b"live");
        let live = LiveFrame { group, priority: Priority::High, seq: Seq(1), frame };
        let (kicked, mailbox) = (ConnectionId(1), Arc::new(Mailbox::default()));
        let mut fanout = Fanout::start(2);
        fanout.obey(ShardCommand::Attach(kicked, Arc::clone(&mailbox))).await.unwrap();
        fanout.obey(ShardCommand::Join(group, kicked)).await.unwrap();
        // The shards' tasks have not run: this is one thread, and nothing was waited for.
        fanout.broadcast(live.clone()).await.unwrap();
        fanout.send_gathered().await.unwrap();
        fanout.obey(ShardCommand::Leave(group, kicked)).await.unwrap();
        fanout.obey(ShardCommand::Send(kicked, Bytes::from_static(b"mark"))).await.unwrap();
        while !mailbox.has_control() {
            assert!(mailbox.is_empty(), "nothing of the group is queued any more");
            tokio::task::yield_now().await;
        }
        fanout.obey(ShardCommand::Join(group, kicked)).await.unwrap();
        fanout.broadcast(live).await.unwrap();
        fanout.send_gathered().await.unwrap();
        assert_eq!(mailbox.pop_frame().unwrap(), "mark");
        while mailbox.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(mailbox.pop_frame().unwrap(), "live", "who comes back gets what is sent from then on");
        assert!(mailbox.is_empty());
    }

    #[tokio::test]
    async fn who_asks_is_answered_before_hundreds_were_sent_to() {
        let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
        let frame = Bytes::from_static(b"live");
        let mut fanout = Fanout::start(1);
        let mailboxes: Vec<_> = (0..200).map(|_| Arc::new(Mailbox::default())).collect();
        for (id, mailbox) in (0..).map(ConnectionId).zip(&mailboxes) {
            fanout.obey(ShardCommand::Attach(id, Arc::clone(mailbox))).await.unwrap();
            fanout.obey(ShardCommand::Join(group, id)).await.unwrap();
        }
        fanout.broadcast(LiveFrame { group, priority: Priority::High, seq: Seq(1), frame }).await.unwrap();
        fanout.send_gathered().await.unwrap();
        fanout.obey(ShardCommand::Send(ConnectionId(7), Bytes::from_static(b"answer"))).await.unwrap();
        while !mailboxes[7].has_control() {
            tokio::task::yield_now().await;
        }
        assert!(mailboxes[199].is_empty(), "the broadcast is still under way");
        assert!(!fanout.is_due());
        while mailboxes[199].is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_enters_gets_nothing_that_was_gathered_before() {
        let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
        let live = |seq| LiveFrame {
            group,
            priority: Priority::Low,
            seq: Seq(seq),
            frame: Bytes::from(format!("live {seq}")),
        };
        let mut fanout = Fanout::start(1);
        let mailboxes = [1, 2].map(|id| (ConnectionId(id), Arc::new(Mailbox::default())));
        for (id, mailbox) in &mailboxes {
            fanout.obey(ShardCommand::Attach(*id, Arc::clone(mailbox))).await.unwrap();
        }
        for (seq, (id, _)) in (1..).zip(&mailboxes) {
            fanout.obey(ShardCommand::Join(group, *id)).await.unwrap();
            fanout.broadcast(live(seq)).await.unwrap();
        }
        fanout.send_gathered().await.unwrap();
        for (id, _) in &mailboxes {
            fanout.obey(ShardCommand::Send(*id, Bytes::from_static(b"mark"))).await.unwrap();
        }
        while !mailboxes[1].1.has_control() {
            tokio::task::yield_now().await;
        }
        let seen =
            mailboxes.map(|(_, mailbox)| std::iter::from_fn(|| mailbox.pop_frame()).collect::<Vec<_>>());
        assert_eq!(seen, [vec!["mark", "live 1", "live 2"], vec!["mark", "live 2"]]);
    }
}
