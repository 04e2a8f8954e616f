//! A client comes back when it said it would, not before the server asked it to, and not all at once (S4).

use std::collections::BTreeMap;
use std::time::Duration;

use bim_core::Event;
use bim_fake_server::step::LinkId;
use bim_proto::{Response, ServerFrame};
use bim_types::limits::{RECONNECT_DELAY_FIRST, RECONNECT_DELAY_MAX, RECONNECT_STABLE_AFTER};
use bim_types::{ConnectStatus, DisconnectReason, Mono};

use super::super::{Check, Context};
use super::{Clocks, ROUNDING};
use crate::plan::Plan;
use crate::sight::{ClientId, ClientSight, Sight};

/// The longest delay that a client lets a server ask for.
const ASKED_DELAY_MAX: Duration = Duration::from_secs(600);

/// How late the next attempt may be, by the client's clock.
const LATENESS: Duration = Duration::from_millis(1);

/// As many draws in a row in the same tenth of their range are no chance.
const ALIKE_MAX: u32 = 9;

/// As many delays in a row that are equal to the microsecond, or all of what they may be, are none either.
const EQUAL_MAX: u32 = 3;

/// Each delay is drawn from zero to a bound that doubles with each failure, on top of what the server asked for; the next
/// attempt comes then; there is none after the session has ended for good.
#[derive(Debug)]
pub(in crate::check) struct Backoff {
    clocks: Clocks,
    clients: BTreeMap<ClientId, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Attempts and connections that came to nothing since the last one that held.
    failures: u32,
    connected: Option<Mono>,
    link: Option<LinkId>,
    is_told: bool,
    /// What the server asked for in what is taken now.
    asked: Option<Duration>,
    /// Since when it waits, and how long it said.
    wait: Option<(Mono, Duration)>,
    /// It is logged in, or logs in.
    has_session: bool,
    /// The tenth of its range that the last delay came from, and how many in a row did.
    tenth: (u128, u32),
    /// The last delay was none at all.
    was_nothing: bool,
    /// The last delay beside what was asked for, and how many in a row were like it.
    equal: (Duration, u32),
    /// How many in a row were all of what they may be.
    full: u32,
}

impl Backoff {
    pub(in crate::check) fn new(plan: &Plan) -> Self {
        Self { clocks: Clocks::new(plan), clients: BTreeMap::new() }
    }

    fn on_status(&mut self, now: Mono, client: ClientId, status: &ConnectStatus) -> Result<(), String> {
        let Some(seen) = self.clients.get_mut(&client) else { return Ok(()) };
        match status {
            ConnectStatus::Connecting => {
                let Some((since, retry_in)) = seen.wait.take() else {
                    (seen.has_session, seen.failures) = (true, 0);
                    return Ok(());
                };
                let shown = self.clocks.shown(client, now.since(since));
                if shown + ROUNDING < retry_in {
                    return Err(format!("comes back after {shown:?} instead of {retry_in:?}"));
                }
                if shown > retry_in + LATENESS {
                    return Err(format!("comes back after {shown:?}, late for {retry_in:?}"));
                }
            }
            ConnectStatus::Connected(_) => (seen.connected, seen.is_told) = (Some(now), true),
            ConnectStatus::Disconnected(DisconnectReason::Lost { retry_in }) => {
                let stable = seen.connected.take().map(|since| self.clocks.shown(client, now.since(since)));
                if stable.is_some_and(|stable| stable + ROUNDING >= RECONNECT_STABLE_AFTER) {
                    seen.failures = 0;
                }
                seen.wait = Some((now, *retry_in));
                return seen.on_delay(*retry_in);
            }
            ConnectStatus::Disconnected(_) => {
                (seen.wait, seen.connected, seen.has_session) = (None, None, false);
            }
            _ => return Err(format!("is told {status:?}, which means nothing here")),
        }
        Ok(())
    }

    fn on_client(&mut self, now: Mono, client: ClientId, sight: &ClientSight<'_>) -> Result<(), String> {
        if let ClientSight::Event(Event::StatusChanged(status)) = sight {
            return self.on_status(now, client, status);
        }
        let seen = self.clients.entry(client).or_default();
        match sight {
            ClientSight::Started | ClientSight::Died => *seen = Seen::default(),
            ClientSight::Dialing(_) if !seen.has_session => return Err("dials without a session".into()),
            ClientSight::Dialing(_) if seen.wait.is_some() => {
                return Err("dials before the time has come".into());
            }
            ClientSight::Dialing(link) => (seen.link, seen.is_told) = (Some(*link), false),
            ClientSight::LetGo(link) | ClientSight::Closed(link) => drop(seen.link.take_if(|id| id == link)),
            ClientSight::Frame(link, frame) if seen.link == Some(*link) => seen.on_frame(frame),
            ClientSight::Settled => {
                seen.asked = None;
                if let Some((since, retry_in)) = seen.wait
                    && self.clocks.shown(client, now.since(since)) > retry_in + LATENESS
                {
                    return Err(format!("does not come back after {retry_in:?}"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Check for Backoff {
    fn name(&self) -> &'static str {
        "backoff"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Client(client, sight) = sight else { return Ok(()) };
        self.on_client(context.at, *client, sight).map_err(|what| format!("{client:?} {what}"))
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        let late = self.clients.iter().find(|(client, seen)| {
            let shown = |since: Mono| self.clocks.shown(**client, context.at.since(since));
            seen.wait.is_some_and(|(since, retry_in)| shown(since) > retry_in + LATENESS)
        });
        late.map_or(Ok(()), |(client, _)| Err(format!("{client:?} never came back")))
    }
}

impl Seen {
    fn on_frame(&mut self, frame: &ServerFrame) {
        let refusal = match frame {
            ServerFrame::Goodbye(goodbye) => goodbye.reason.as_ref(),
            // The only requests before the connection is told of enter groups again.
            ServerFrame::Response(Response { body: Err(refusal), .. }) if !self.is_told => {
                Some(refusal).filter(|refusal| refusal.code.is_retryable())
            }
            _ => None,
        };
        self.asked = refusal.and_then(|refusal| refusal.retry_after);
    }

    fn on_delay(&mut self, delay: Duration) -> Result<(), String> {
        let doubled = RECONNECT_DELAY_FIRST.saturating_mul(1 << self.failures.min(16));
        let bound = doubled.min(RECONNECT_DELAY_MAX);
        self.failures += 1;
        let asked = self.asked.unwrap_or_default().min(ASKED_DELAY_MAX);
        let Some(drawn) = delay.checked_sub(asked) else {
            return Err(format!("comes back in {delay:?}, and was asked to wait {asked:?}"));
        };
        if drawn > bound {
            return Err(format!("waits {delay:?} where {bound:?} after {asked:?} is the most"));
        }
        if drawn.is_zero() && std::mem::replace(&mut self.was_nothing, drawn.is_zero()) {
            return Err("comes back at once again and again".into());
        }
        self.was_nothing = drawn.is_zero();
        let tenth = drawn.as_micros() * 10 / bound.as_micros().max(1);
        let alike = if self.tenth.0 == tenth { self.tenth.1 + 1 } else { 1 };
        self.tenth = (tenth, alike);
        let equal = if self.equal.0 == drawn { self.equal.1 + 1 } else { 1 };
        self.equal = (drawn, equal);
        self.full = if drawn == bound { self.full + 1 } else { 0 };
        if equal >= EQUAL_MAX || self.full >= EQUAL_MAX {
            return Err(format!("waits {drawn:?} again and again"));
        }
        if alike >= ALIKE_MAX {
            return Err(format!("has waited for the same part of its time {alike} times in a row"));
        }
        Ok(())
    }
}
