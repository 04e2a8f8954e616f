//! Group → connections: how one broadcast becomes a frame in the queue of each viewer.
//!
//! *What it is.* Each connection has a [`Mailbox`], its bounded outbound queue. A [`Shard`] knows the
//! mailboxes of some connections and who of them is in which group. A [`Fanout`] sends the engine's outputs
//! to the shard of the connection they concern, and broadcasts to every shard: all messages of a group that one turn
//! of the pump brought, as one batch that is encoded once.
//!
//! *What it never does.* It makes no list of connections for a message, copies no frame, and waits for no
//! connection. Which frame a full queue gives up is decided by the queue of the machine below.
//!
//! ```text
//!   pump ─► Fanout ─┬─► Shard 0 ─► Mailbox of 2, 4, 6 … ─► their tasks, woken when idle
//!                   └─► Shard 1 ─► Mailbox of 1, 3, 5 …
//! ```
//!
//! *Order.* A connection belongs to one shard, and a shard obeys in order, so for each connection the order of
//! the engine's outputs holds. Across shards one thing holds too: when a connection was taken out of a group,
//! nothing of the group is put into its queue from that moment on, however far behind its shard is. So whoever
//! kicked it is not answered before that.

mod gathering;
mod group;
mod mailbox;
mod pace;
mod shard;

use std::collections::HashMap;
use std::sync::Arc;

use bim_server_core::queue::LiveFrame;
use bim_types::ConnectionId;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::Instant;

use gathering::Gathering;
pub(crate) use mailbox::{Mailbox, Notes, Parcel, Until};
use pace::Pace;
pub(crate) use shard::{Shard, ShardCommand};

/// Commands that wait for one shard. When full, the pump waits, and with it everyone who sends.
const SHARD_QUEUE_MAX: usize = 1_024;

/// Commands that a shard obeys before it lets other tasks run.
const SHARD_TURN_MAX: usize = 64;

/// Most shards; more are of no use to one pump.
pub(crate) const SHARDS_MAX: usize = 64;

/// Carries the engine's outputs to the connections.
#[derive(Debug)]
pub(crate) struct Fanout {
    gathering: Gathering,
    pace: Pace,
    shards: Shards,
}

#[derive(Debug)]
enum Shards {
    /// One shard, obeyed in place: no other task, so the same inputs give the same order of events.
    InPlace(Box<Shard>),
    /// Several shards, each with a task of its own.
    Spread(Spread),
}

/// Several shards, and every connection's mailbox.
#[derive(Debug)]
struct Spread {
    lanes: Vec<Lane>,
    mailboxes: HashMap<ConnectionId, Arc<Mailbox>>,
}

/// The way to one shard.
#[derive(Debug)]
struct Lane {
    commands: mpsc::Sender<ShardCommand>,
    task: JoinHandle<()>,
}

/// A shard is gone, because its task panicked. The server cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("a fan-out shard stopped")]
pub(crate) struct ShardGone;

impl Fanout {
    /// Starts so many shards; one is obeyed in place.
    pub(crate) fn start(shards: usize) -> Self {
        let pace = Pace::new(Instant::now());
        Self { gathering: Gathering::default(), pace, shards: Shards::start(shards) }
    }

    /// Sends a message to its group, together with others of this turn.
    pub(crate) async fn broadcast(&mut self, live: LiveFrame) -> Result<(), ShardGone> {
        match self.gathering.add(live) {
            Some(batch) => self.shards.obey(ShardCommand::Broadcast(batch)).await,
            None => Ok(()),
        }
    }

    /// Obeys, after everything that was said before to the same connection. Waits when a shard is behind.
    pub(crate) async fn obey(&mut self, command: ShardCommand) -> Result<(), ShardGone> {
        // Whoever enters gets what is sent from then on, and no more.
        if let ShardCommand::Join(group, _) = &command
            && let Some(batch) = self.gathering.take(*group)
        {
            self.shards.obey(ShardCommand::Broadcast(batch)).await?;
        }
        self.shards.obey(command).await
    }

    /// When [`Self::send_gathered`] is to be called, if anything was gathered.
    pub(crate) fn due(&self) -> Option<Instant> {
        (!self.gathering.is_empty()).then(|| self.pace.due())
    }

    /// Sends what was gathered, and lets those who were woken write before more is gathered.
    pub(crate) async fn send_gathered(&mut self) -> Result<(), ShardGone> {
        let start = Instant::now();
        while let Some(batch) = self.gathering.take_any() {
            self.shards.obey(ShardCommand::Broadcast(batch)).await?;
        }
        yield_now().await;
        self.pace.sent(start, Instant::now());
        Ok(())
    }
}

impl Shards {
    fn start(shards: usize) -> Self {
        if shards <= 1 {
            return Self::InPlace(Box::default());
        }
        let lanes = (0..shards.min(SHARDS_MAX)).map(|_| Lane::start()).collect();
        Self::Spread(Spread { lanes, mailboxes: HashMap::new() })
    }

    async fn obey(&mut self, command: ShardCommand) -> Result<(), ShardGone> {
        match self {
            Self::InPlace(shard) => {
                shard.obey(command);
                Ok(())
            }
            Self::Spread(spread) => spread.obey(command).await,
        }
    }
}

impl Spread {
    async fn obey(&mut self, command: ShardCommand) -> Result<(), ShardGone> {
        self.note(&command);
        let Some(connection) = command.connection() else {
            for lane in &self.lanes {
                lane.send(command.clone()).await?;
            }
            return Ok(());
        };
        match self.lanes.get(lane_of(connection, self.lanes.len())) {
            Some(lane) => lane.send(command).await,
            None => Err(ShardGone),
        }
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

impl Lane {
    fn start() -> Self {
        let (commands, queue) = mpsc::channel(SHARD_QUEUE_MAX);
        Self { commands, task: tokio::spawn(serve(queue)) }
    }

    async fn send(&self, command: ShardCommand) -> Result<(), ShardGone> {
        self.commands.send(command).await.map_err(|_| ShardGone)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lane_of(connection: ConnectionId, lanes: usize) -> usize {
    usize::try_from(connection.0 % lanes.max(1) as u64).unwrap_or(0)
}

async fn serve(mut queue: mpsc::Receiver<ShardCommand>) {
    let mut shard = Shard::default();
    let mut turn = Vec::with_capacity(SHARD_TURN_MAX);
    while queue.recv_many(&mut turn, SHARD_TURN_MAX).await > 0 {
        turn.drain(..).for_each(|command| shard.obey(command));
        yield_now().await;
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
        assert!(mailboxes[1].1.is_empty(), "what a turn brings is gathered to its end");
        fanout.send_gathered().await.unwrap();
        let seen =
            mailboxes.map(|(_, mailbox)| std::iter::from_fn(|| mailbox.pop_frame()).collect::<Vec<_>>());
        assert_eq!(seen, [vec!["live 1", "live 2"], vec!["live 2"]]);
    }
}
