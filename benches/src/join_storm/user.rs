//! One of the many.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bim_proto::{RequestBody, ResponseBody};
use bim_transport::websocket::WebSocketDialer;
use bim_types::ConversationShortId;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::load::{ClientError, RawClient, Ticket};

/// How far a storm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Waiting,
    Joining,
    Leaving,
    Over,
}

/// How somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Asks, and stays connected.
    Asks,
    /// Closes its connection in order.
    Closes,
    /// Lets go of its socket.
    IsCut,
}

/// What a user tells. Each step once, or that it failed and why.
#[derive(Debug)]
pub(super) enum Heard {
    LoggedIn,
    /// In the group, after this time.
    Joined(Duration),
    Left,
    Failed(String),
}

/// One user.
pub(super) struct User {
    pub(super) dialer: WebSocketDialer,
    pub(super) ticket: Arc<Ticket>,
    pub(super) group: ConversationShortId,
    pub(super) way: Way,
    pub(super) step: watch::Receiver<Step>,
    pub(super) told: mpsc::Sender<Heard>,
    pub(super) logins: Arc<Semaphore>,
}

impl Way {
    /// The way of the user with this number: half ask, a quarter closes, a quarter is cut off.
    pub(super) fn of(number: usize) -> Self {
        match number % 4 {
            1 => Self::Closes,
            3 => Self::IsCut,
            _ => Self::Asks,
        }
    }
}

impl User {
    /// Takes part in the whole storm.
    pub(super) async fn attend(mut self) {
        if let Err(error) = self.take_part().await {
            self.tell(Heard::Failed(format!("{:?}: {error}", self.ticket.uid))).await;
        }
    }

    async fn take_part(&mut self) -> Result<(), ClientError> {
        let mut client = self.log_in().await?;
        self.tell(Heard::LoggedIn).await;
        self.read_until(&mut client, Step::Joining).await?;
        let asked = Instant::now();
        client.join(self.group, None, |_| {}).await?;
        self.tell(Heard::Joined(asked.elapsed())).await;
        self.read_until(&mut client, Step::Leaving).await?;
        match self.way {
            Way::Asks => {
                let answer = client.ask(RequestBody::LeaveLiveGroup(self.group), |_| {}).await?;
                if answer != ResponseBody::Done {
                    return Err(ClientError::Misfit(format!("{answer:?}")));
                }
                self.tell(Heard::Left).await;
                self.read_until(&mut client, Step::Over).await?;
                client.close().await;
                return Ok(());
            }
            Way::Closes => client.close().await,
            Way::IsCut => drop(client),
        }
        self.tell(Heard::Left).await;
        Ok(())
    }

    async fn log_in(&self) -> Result<RawClient, ClientError> {
        let _permit = self.logins.acquire().await.map_err(|_| ClientError::Ended)?;
        RawClient::log_in(&self.dialer, &self.ticket).await
    }

    /// Reads what comes, until it is time.
    async fn read_until(&mut self, client: &mut RawClient, step: Step) -> Result<(), ClientError> {
        while *self.step.borrow_and_update() < step {
            tokio::select! {
                changed = self.step.changed() => changed.map_err(|_| ClientError::Ended)?,
                frame = client.next() => drop(frame?),
            }
        }
        Ok(())
    }

    async fn tell(&self, heard: Heard) {
        // When nobody hears it the storm has been given up.
        let _ = self.told.send(heard).await;
    }
}
