//! Somebody who sends, and keeps every verdict.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use bim_proto::{Accepted, RequestBody, RequestId, Response, ResponseBody, SendLive};
use bim_types::{ClientMessageId, ConversationShortId, ErrorCode, MessageBody, Priority, Refusal, Seq, Wall};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::books::Ending;
use super::link::Link;
use super::roles::{Duty, Role};
use super::stage::Stage;
use super::viewer;
use crate::load::ClientError;

/// How often a sender looks whether something is due.
const LOOK_INTERVAL: Duration = Duration::from_millis(4);

/// Verdicts that may be out, less than what a server allows.
const OUT_MAX: usize = 48;

/// What a sender did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Messages that were due.
    pub(super) due: u64,
    /// Messages that went out: fewer, when verdicts are slow to come.
    pub(super) offered: u64,
    /// Refused for now, with a time to come back.
    pub(super) refused: u64,
}

impl Sent {
    /// Adds what another did.
    pub(super) fn add(&mut self, other: &Self) {
        self.due += other.due;
        self.offered += other.offered;
        self.refused += other.refused;
    }
}

/// What was accepted of one sender.
pub(super) type Verdicts = Vec<(Priority, Seq)>;

/// One user who sends.
#[derive(Debug)]
pub(super) struct Sender {
    link: Link,
    group: ConversationShortId,
    duty: Duty,
    /// What tells this sender's messages from all others.
    number: u128,
    /// Messages whose verdict is out.
    out: BTreeMap<ClientMessageId, Out>,
    /// Under which number each was asked for on this connection.
    asked: BTreeMap<RequestId, ClientMessageId>,
    /// Messages to ask again for, and from when on.
    again: VecDeque<(Instant, ClientMessageId)>,
    accepted: Verdicts,
    sent: Sent,
}

/// A message whose verdict is out.
#[derive(Clone, Debug)]
struct Out {
    body: MessageBody,
    /// When it was asked for again, because the connection was lost before its verdict came. Until an answer says
    /// otherwise nobody knows whether it was accepted before.
    resent_at: Option<Wall>,
    /// It was refused after it was asked for again.
    refused: bool,
}

impl Sender {
    /// Somebody who is in the room already.
    pub(super) fn new(link: Link, group: ConversationShortId, duty: Duty, number: u128) -> Self {
        let (out, asked, sent) = (BTreeMap::new(), BTreeMap::new(), Sent::default());
        let (again, accepted) = (VecDeque::new(), Vec::new());
        Self { link, group, duty, number, out, asked, again, accepted, sent }
    }

    /// Sends while the stage says so, hands in its verdicts when the last has come, and watches until the end.
    pub(super) async fn run(
        mut self,
        mut stage: watch::Receiver<Stage>,
        verdicts: mpsc::Sender<Verdicts>,
    ) -> Ending {
        let role = Role::Sending(self.duty);
        if self.send(&mut stage).await {
            // The run has been given up when nobody takes them.
            let _ = verdicts.send(std::mem::take(&mut self.accepted)).await;
        }
        drop(verdicts);
        let sent = self.sent;
        Ending { sent, ..viewer::watch(self.link, role, stage).await }
    }

    /// `false` when there was no way on.
    async fn send(&mut self, stage: &mut watch::Receiver<Stage>) -> bool {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut began = None;
        loop {
            let is_running = match &*stage.borrow_and_update() {
                Stage::Gathering => false,
                Stage::Running => {
                    began.get_or_insert_with(Instant::now);
                    true
                }
                Stage::Ending | Stage::Settling(_) | Stage::Over => {
                    if self.out.is_empty() {
                        return true;
                    }
                    began = None;
                    false
                }
            };
            let done = tokio::select! {
                _ = stage.changed() => Ok(()),
                frame = self.link.client.next() => frame.map(|frame| self.take(frame)),
                _ = looks.tick(), if is_running || !self.again.is_empty() => self.look(began).await,
            };
            if let Err(why) = done
                && !self.back(&why).await
            {
                return false;
            }
        }
    }

    async fn look(&mut self, began: Option<Instant>) -> Result<(), ClientError> {
        while let Some((_, id)) = self.again.front().copied().filter(|(at, _)| *at <= Instant::now()) {
            self.again.pop_front();
            if let Some(out) = self.out.get(&id) {
                self.ask(id, out.body.clone()).await?;
            }
        }
        self.offer(began).await
    }

    /// Sends what is due by now, as far as verdicts may be out.
    async fn offer(&mut self, began: Option<Instant>) -> Result<(), ClientError> {
        let Some(began) = began else { return self.link.client.flush().await };
        let due = (began.elapsed().as_secs_f64() * self.duty.per_second) as u64;
        let new = due.saturating_sub(self.sent.due);
        self.sent.due += new;
        let room = OUT_MAX.min(self.link.client.in_flight_max).saturating_sub(self.out.len()) as u64;
        for _ in 0..new.min(room) {
            self.sent.offered += 1;
            let id = ClientMessageId::new((self.number << 64) | u128::from(self.sent.offered));
            let body = self.link.shared.clock.stamped();
            self.out.insert(id, Out { body: body.clone(), resent_at: None, refused: false });
            self.ask(id, body).await?;
        }
        self.link.client.flush().await
    }

    async fn ask(&mut self, id: ClientMessageId, body: MessageBody) -> Result<(), ClientError> {
        let (group, priority) = (self.group, self.duty.class);
        let send = SendLive { group, client_message_id: id, priority, body, follows: None };
        let request = self.link.client.feed(RequestBody::SendLiveMessage(send)).await?;
        self.asked.insert(request, id);
        Ok(())
    }

    fn take(&mut self, frame: bim_proto::ServerFrame) {
        let Some(Response { id, body }) = self.link.take(frame) else { return };
        let known = self.asked.remove(&id).and_then(|id| self.out.remove_entry(&id));
        let Some((id, out)) = known else {
            return self.link.account.fault("answer to no request", || format!("{body:?}"));
        };
        match body {
            Ok(ResponseBody::LiveMessageAccepted(accepted)) => self.accepted(&out, &accepted),
            Err(Refusal { code: ErrorCode::MessageFrequency, retry_after: Some(after), .. })
                if !after.is_zero() =>
            {
                self.refused(id, out, after);
            }
            other => self.link.account.fault("wrong verdict on a message", || format!("{other:?}")),
        }
    }

    fn accepted(&mut self, out: &Out, accepted: &Accepted) {
        let position = accepted.position.seq;
        if out.refused && out.resent_at.is_some_and(|resent_at| accepted.accepted_at < resent_at) {
            self.link.account.fault("resend of an accepted message refused", || {
                format!("a resend was refused with code 78 although the message stood at {position}")
            });
        }
        self.accepted.push((self.duty.class, position));
    }

    /// Refused for now. What may have been accepted on a connection before is asked for again, until it is known.
    fn refused(&mut self, id: ClientMessageId, out: Out, after: Duration) {
        if out.resent_at.is_some() {
            self.out.insert(id, Out { refused: true, ..out });
            self.again.push_back((Instant::now() + after, id));
        } else {
            self.sent.refused += 1;
        }
    }

    /// Comes back, and asks again for every verdict that was out: who asks twice gets the first answer.
    async fn back(&mut self, why: &ClientError) -> bool {
        if !viewer::back(&mut self.link, why).await {
            return false;
        }
        self.asked.clear();
        self.again.clear();
        let now = wall_now();
        for out in self.out.values_mut() {
            out.resent_at.get_or_insert(now);
        }
        self.again.extend(self.out.keys().map(|id| (Instant::now(), *id)));
        true
    }
}

/// The server's clock too: both are on one machine.
fn wall_now() -> Wall {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Wall::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
