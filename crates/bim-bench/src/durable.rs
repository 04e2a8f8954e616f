//! Durable sends: how many verdicts a second, when each means that the disk has the message.
//!
//! Each sender is in a group of its own, so that what is measured is the log and not the fan-out, and has one message
//! on its way at a time. What one sender gets is what one commit takes; what many get together shows how commits are
//! shared.

use std::sync::Arc;
use std::time::Duration;

use bim_proto::{Accepted, RequestBody, ResponseBody, SendLive, ServerFrame};
use bim_types::{ClientMessageId, ConversationShortId, Priority, Seq};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::figures::{Latency, per_second};
use crate::group::{self, ENTER_AT_ONCE};
use crate::{BenchError, Client, ClientError, Clock, DurableFigures, Histogram, Place, Tell, Ticket, gather};

/// How long the last verdicts may take.
const LAST_VERDICT_TIMEOUT: Duration = Duration::from_secs(30);

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct DurablePlan {
    /// Senders, at least 1.
    pub senders: u32,
    /// Bytes of a message.
    pub body_bytes: usize,
    /// How long each of the three parts runs before it is measured.
    pub warm_up: Duration,
    /// How long each is measured.
    pub measured: Duration,
}

/// Somebody who sends in a group of its own.
struct Writer {
    client: Client,
    group: ConversationShortId,
    ticket: Ticket,
    sent: u64,
    came: u64,
    clock: Clock,
}

/// What one part came to.
struct Part {
    acks: f64,
    latencies: Histogram,
}

/// When each of a part's writers sends.
#[derive(Clone, Copy)]
struct Shift {
    from: Instant,
    measured: Duration,
    /// From one message of a writer to its next, at least.
    interval: Duration,
}

/// Measures verdicts of one sender, of all senders, and of all at half of what they could.
///
/// # Errors
///
/// Somebody could not send or got no verdict, positions were not 1, 2, 3 …, or a sender did not get its own messages.
///
/// # Cancel safety
///
/// When dropped, everyone leaves; the groups stay.
pub async fn run_durable(
    plan: &DurablePlan,
    place: &Place,
    tell: Tell<'_>,
) -> Result<DurableFigures, BenchError> {
    let tickets = place.tickets(plan.senders as usize)?;
    tell(&format!("{} senders join a group each", plan.senders));
    let clock = Clock::start(plan.body_bytes);
    let entering = tickets.iter().enumerate();
    let entering =
        entering.map(|(number, ticket)| Writer::enter(place.clone(), number, ticket.clone(), clock.clone()));
    let mut all = gather(entering, ENTER_AT_ONCE).await?;
    let mut one = all.pop().into_iter().collect::<Vec<_>>();
    tell("one sender");
    let of_one = part(plan, &mut one, Duration::ZERO).await?;
    all.append(&mut one);
    tell(&format!("{} senders", plan.senders));
    let of_all = part(plan, &mut all, Duration::ZERO).await?;
    tell(&format!("{} senders, half as much", plan.senders));
    let interval = Duration::from_secs_f64(2.0 * f64::from(plan.senders) / of_all.acks.max(1.0));
    let at_half = part(plan, &mut all, interval).await?;
    for Writer { client, group, ticket, .. } in all {
        client.close().await;
        group::dissolve(place, &ticket, group).await;
    }
    Ok(DurableFigures {
        senders: plan.senders,
        acks_per_second_of_one: of_one.acks,
        latency_of_one: Latency::of(&of_one.latencies),
        acks_per_second: of_all.acks,
        latency: Latency::of(&of_all.latencies),
        ratio: of_all.acks / of_one.acks.max(f64::MIN_POSITIVE),
        latency_at_half: Latency::of(&at_half.latencies),
    })
}

/// Lets these writers send, and gives them back.
async fn part(plan: &DurablePlan, writers: &mut Vec<Writer>, interval: Duration) -> Result<Part, BenchError> {
    let latencies = Arc::new(Histogram::default());
    let from = Instant::now() + plan.warm_up;
    let shift = Shift { from, measured: plan.measured, interval };
    let mut tasks = JoinSet::new();
    let count = writers.len().max(1) as u32;
    for (number, writer) in writers.drain(..).enumerate() {
        let start = Instant::now() + interval * number as u32 / count;
        tasks.spawn(writer.work(start, shift, Arc::clone(&latencies)));
    }
    let within = plan.warm_up + plan.measured + LAST_VERDICT_TIMEOUT;
    let working = async {
        while let Some(done) = tasks.join_next().await {
            writers.push(done.expect("a writer does not panic")?);
        }
        Ok(())
    };
    let in_time = timeout(within, working).await;
    in_time.map_err(|_| BenchError::Late { what: "the last verdict".to_owned(), within })??;
    let latencies = Arc::into_inner(latencies).expect("all who added to it are done");
    Ok(Part { acks: per_second(latencies.count(), plan.measured), latencies })
}

impl Writer {
    async fn enter(place: Place, number: usize, ticket: Ticket, clock: Clock) -> Result<Self, BenchError> {
        let group = group::create(&place, &ticket).await?;
        let mut client = Client::log_in(&**place.dialer(number), &ticket).await.map_err(BenchError::Enter)?;
        client.join(group, None, |_| {}).await.map_err(BenchError::Enter)?;
        Ok(Self { client, group, ticket, sent: 0, came: 0, clock })
    }

    /// Sends one message after the other until the shift is over.
    async fn work(
        mut self,
        start: Instant,
        shift: Shift,
        latencies: Arc<Histogram>,
    ) -> Result<Self, BenchError> {
        let (mut next, until) = (start, shift.from + shift.measured);
        while next < until {
            if !shift.interval.is_zero() {
                sleep_until(next).await;
            }
            let asked = Instant::now();
            self.send().await?;
            let now = Instant::now();
            if asked >= shift.from && now <= until {
                latencies.add(now - asked);
            }
            next = (next + shift.interval).max(now);
        }
        self.settle().await?;
        Ok(self)
    }

    /// Waits for those of its own messages whose verdicts were faster.
    async fn settle(&mut self) -> Result<(), BenchError> {
        while self.came < self.sent {
            let frame = self.client.next().await.map_err(BenchError::Cut)?;
            self.came += u64::from(is_message(&frame));
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), BenchError> {
        self.sent += 1;
        let send = SendLive {
            group: self.group,
            client_message_id: ClientMessageId::new(self.sent.into()),
            priority: Priority::Normal,
            body: self.clock.stamped(),
            follows: None,
        };
        let Self { client, came, .. } = self;
        let count = |frame| *came += u64::from(is_message(&frame));
        match client.ask(RequestBody::SendLiveMessage(send), count).await {
            Ok(ResponseBody::LiveMessageAccepted(Accepted { position, .. })) => self.check(position.seq),
            Ok(other) => Err(BenchError::Cut(ClientError::Misfit(format!("{other:?}")))),
            Err(ClientError::Refused(refusal)) => Err(BenchError::Refused { refusal }),
            Err(error) => Err(BenchError::Cut(error)),
        }
    }

    /// A verdict may come before the message itself.
    fn check(&self, seq: Seq) -> Result<(), BenchError> {
        if seq != Seq(self.sent) {
            return Err(BenchError::Books(format!("message {} of a group got position {seq}", self.sent)));
        }
        if self.came > self.sent {
            let (came, sent) = (self.came, self.sent);
            return Err(BenchError::Books(format!("{came} of {sent} messages came to their sender")));
        }
        Ok(())
    }
}

fn is_message(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::LiveMessage(_))
}
