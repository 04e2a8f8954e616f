//! One shard, in a task of its own.

use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::task::{JoinHandle, coop::unconstrained, yield_now};

use super::shard::{Shard, ShardCommand};
use super::{Sending, ShardGone};

/// Commands that wait for one shard. When full, the pump waits, and with it everyone who sends.
const QUEUE_MAX: usize = 1_024;

/// Commands that a shard obeys before it lets other tasks run.
const TURN_MAX: usize = 64;

/// Viewers that are sent to before other tasks run: about half a millisecond.
const VIEWERS_PER_TURN: usize = 64;

/// The way to one shard.
#[derive(Debug)]
pub(super) struct Lane {
    commands: mpsc::Sender<ShardCommand>,
    task: JoinHandle<()>,
}

impl Lane {
    pub(super) fn start() -> Self {
        let (commands, queue) = mpsc::channel(QUEUE_MAX);
        let worker = Worker { shard: Shard::default(), queue, held: None };
        // A thousand sockets are written in one go. The worker lets others run by itself.
        Self { commands, task: tokio::spawn(unconstrained(worker.run())) }
    }

    /// Obeyed after everything that was sent before. Waits when the shard is behind.
    pub(super) async fn send(&self, command: ShardCommand) -> Result<(), ShardGone> {
        self.commands.send(command).await.map_err(|_| ShardGone)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Worker {
    shard: Shard,
    queue: mpsc::Receiver<ShardCommand>,
    /// What came during a broadcast and has to wait for its end.
    held: Option<ShardCommand>,
}

impl Worker {
    async fn run(mut self) {
        loop {
            for _ in 0..TURN_MAX {
                let next = match self.held.take() {
                    Some(held) => Ok(held),
                    None => self.queue.try_recv(),
                };
                match next {
                    Ok(ShardCommand::Broadcast(sending)) => self.broadcast(&sending).await,
                    Ok(command) => self.shard.obey(command),
                    Err(TryRecvError::Disconnected) => return,
                    Err(TryRecvError::Empty) => {
                        self.held = self.queue.recv().await;
                        if self.held.is_none() {
                            return;
                        }
                    }
                }
            }
            yield_now().await;
        }
    }

    async fn broadcast(&mut self, sending: &Sending) {
        let mut from = 0;
        while self.shard.broadcast(&sending.batch, from, VIEWERS_PER_TURN) {
            from += VIEWERS_PER_TURN;
            yield_now().await;
            self.let_answers_pass();
        }
    }

    /// Frames to one connection overtake a broadcast, so that nobody waits for an answer until thousands were sent to.
    fn let_answers_pass(&mut self) {
        while self.held.is_none() {
            match self.queue.try_recv() {
                Ok(command @ (ShardCommand::Send(..) | ShardCommand::Admit(_))) => self.shard.obey(command),
                Ok(command) => self.held = Some(command),
                Err(_) => return,
            }
        }
    }
}
