//! Somebody in another group of the same server: what the big room costs those who have nothing to do with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bim_proto::{RequestBody, ResponseBody, SendLive};
use bim_transport::websocket::WebSocketDialer;
use bim_types::{ClientMessageId, ConversationShortId, Priority};
use tokio::sync::watch;
use tokio::time::sleep;

use super::stage::{Shared, Stage};
use crate::load::{ClientError, RawClient, Ticket};

/// How long it waits after each verdict: less than it may send.
const PAUSE: Duration = Duration::from_millis(250);

/// One user in a group of its own.
#[derive(Debug)]
pub(super) struct Bystander {
    client: RawClient,
    group: ConversationShortId,
    shared: Arc<Shared>,
}

impl Bystander {
    /// Makes a group and enters it.
    pub(super) async fn enter(
        dialer: &WebSocketDialer,
        ticket: &Arc<Ticket>,
        shared: Arc<Shared>,
    ) -> Result<Self, ClientError> {
        let mut client = RawClient::log_in(dialer, ticket).await?;
        let group = client.create("beside").await?;
        client.join(group, None, |_| {}).await?;
        Ok(Self { client, group, shared })
    }

    /// Sends a message now and then while senders send, and counts how long each verdict takes.
    ///
    /// # Errors
    ///
    /// A message was refused, or the connection was lost: nothing that happens in another group may do that.
    pub(super) async fn run(mut self, mut stage: watch::Receiver<Stage>) -> Result<(), ClientError> {
        let mut number = 0;
        loop {
            match &*stage.borrow_and_update() {
                Stage::Gathering => {}
                Stage::Running => number += 1,
                Stage::Ending | Stage::Settling(_) | Stage::Over => break,
            }
            if number > 0 {
                self.send(number).await?;
            }
            tokio::select! {
                _ = stage.changed() => {}
                () = sleep(PAUSE) => {}
            }
        }
        self.client.close().await;
        Ok(())
    }

    async fn send(&mut self, number: u128) -> Result<(), ClientError> {
        let send = SendLive {
            group: self.group,
            client_message_id: ClientMessageId::new(number),
            priority: Priority::Normal,
            body: self.shared.clock.stamped(),
            follows: None,
        };
        let asked = Instant::now();
        match self.client.ask(RequestBody::SendLiveMessage(send), |_| {}).await? {
            ResponseBody::LiveMessageAccepted(_) => {
                self.shared.beside.add(asked.elapsed());
                Ok(())
            }
            other => Err(ClientError::Misfit(format!("{other:?}"))),
        }
    }
}
