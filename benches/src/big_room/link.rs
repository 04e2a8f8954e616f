//! A viewer's way to the room: it is entered, lost, and entered again, and the account is kept over all of it.

use std::sync::Arc;
use std::time::Duration;

use bim_proto::{Joined, ServerFrame};
use bim_transport::websocket::WebSocketDialer;
use bim_types::{Attributes, ConversationShortId, ErrorCode, Priority, ResumeVerdict};

use super::stage::Shared;
use crate::load::{Account, ClientError, Clock, RawClient, Ticket};

/// Attempts to come back before somebody is given up.
const ATTEMPTS_MAX: u32 = 20;

/// How long is waited between two of them.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// How often something happened to one viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    /// Its connection ended.
    pub(super) cuts: u64,
    /// It was told that it was too slow.
    pub(super) told_slow: u64,
    /// It came back and missed nothing.
    pub(super) resumed: u64,
    /// It came back and was told of a discontinuity.
    pub(super) torn: u64,
}

/// One user in the room.
#[derive(Debug)]
pub(super) struct Link {
    dialer: WebSocketDialer,
    ticket: Arc<Ticket>,
    group: ConversationShortId,
    pub(super) client: RawClient,
    pub(super) account: Account,
    pub(super) fate: Fate,
    pub(super) shared: Arc<Shared>,
    /// Whether latencies of this one count.
    is_measured: bool,
}

impl Link {
    /// Logs in and enters.
    pub(super) async fn enter(
        dialer: WebSocketDialer,
        ticket: Arc<Ticket>,
        group: ConversationShortId,
        shared: Arc<Shared>,
        is_measured: bool,
    ) -> Result<Self, ClientError> {
        let client = RawClient::log_in(&dialer, &ticket).await?;
        let (account, fate) = (Account::default(), Fate::default());
        let mut link = Self { dialer, ticket, group, client, account, fate, shared, is_measured };
        link.join().await?;
        Ok(link)
    }

    /// Takes one frame; returns it when it is an answer to a request.
    pub(super) fn take(&mut self, frame: ServerFrame) -> Option<bim_proto::Response> {
        match frame {
            ServerFrame::Response(response) => return Some(response),
            ServerFrame::LiveMessage(push) => {
                let (class, seq) = (push.message.priority, push.message.position.seq);
                self.account.on_message(class, seq, &push.previous);
                self.shared.delivered(1);
                match Clock::sent_at(&push.message.body) {
                    Some(sent) if self.is_measured => self.shared.came(class, sent),
                    Some(_) => {}
                    None => self
                        .account
                        .fault("body changed", || format!("{} {seq} says nothing of its time", class.name())),
                }
            }
            ServerFrame::LiveGap(gap) => self.account.on_gap(&gap),
            ServerFrame::LiveChange(change) => {
                self.account.on_message(Priority::High, change.position.seq, &change.previous);
            }
            _ => {}
        }
        None
    }

    /// The connection is over: comes back with the cursor, and notes what the server says to it.
    ///
    /// # Errors
    ///
    /// It could not come back.
    pub(super) async fn come_back(&mut self, why: &ClientError) -> Result<(), ClientError> {
        self.fate.cuts += 1;
        if let ClientError::Goodbye(Some(refusal)) = why {
            self.fate.told_slow += u64::from(refusal.code == ErrorCode::SlowConsumer);
        }
        if let ClientError::Frame(_) | ClientError::Misfit(_) = why {
            self.account.fault("frame can not be read", || why.to_string());
        }
        for _ in 1..ATTEMPTS_MAX {
            match self.try_back().await {
                Ok(()) => return Ok(()),
                Err(error @ ClientError::Refused(_)) => return Err(error),
                Err(_) => tokio::time::sleep(RETRY_DELAY).await,
            }
        }
        self.try_back().await
    }

    async fn try_back(&mut self) -> Result<(), ClientError> {
        self.client = RawClient::log_in(&self.dialer, &self.ticket).await?;
        self.join().await
    }

    async fn join(&mut self) -> Result<(), ClientError> {
        let mut early = Vec::new();
        let cursor = self.account.present();
        let joined = self.client.join(self.group, cursor, |frame| early.push(frame)).await?;
        let Joined { cursor, verdict, attributes: Attributes { .. }, .. } = joined;
        self.account.on_joined(cursor, verdict);
        match verdict {
            ResumeVerdict::Fresh => {}
            ResumeVerdict::Resumed { .. } => self.fate.resumed += 1,
            ResumeVerdict::Discontinuity(_) => self.fate.torn += 1,
        }
        for frame in early {
            self.take(frame);
        }
        Ok(())
    }
}
