//! A client notices a path that is dead, and leaves alone one that is not (S3).

use std::collections::BTreeMap;
use std::time::Duration;

use bim_core::{Command, Event};
use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, Request, RequestBody, RequestId, Response, ServerFrame};
use bim_types::limits::{CONNECT_TIMEOUT, LIVENESS_TIMEOUT, PING_INTERVAL, REQUEST_TIMEOUT};
use bim_types::{ConnectStatus, Mono};

use super::super::{Check, Context};
use super::{Clocks, ROUNDING};
use crate::plan::Plan;
use crate::sight::{ClientId, ClientSight, Sight};

/// What is promised: a dead path is noticed in this time.
const NOTICED_WITHIN: Duration = Duration::from_secs(25);

/// An attempt may take [`CONNECT_TIMEOUT`] by a clock that is five per cent slow.
const ATTEMPT_WITHIN: Duration = Duration::from_millis(10_550);

/// Pages that a client asks for at once at most.
const PAGES_MAX: usize = 4;

/// A path on which nothing arrives is given up within 25 seconds, and not before it was asked for a sign of life; a path
/// on which something arrives is kept, unless either side says goodbye, or no place is left to ask on it since all that
/// was asked is overdue.
#[derive(Debug)]
pub(in crate::check) struct Silence {
    clocks: Clocks,
    /// Requests that a client may wait for at once: all but one that the server allows.
    window: usize,
    clients: BTreeMap<ClientId, Seen>,
    /// When the first path is given up at the latest.
    next: Mono,
}

#[derive(Debug, Default)]
struct Seen {
    path: Option<Path>,
    /// Its app ends the session right now.
    is_leaving: bool,
}

#[derive(Debug)]
struct Path {
    link: LinkId,
    dialed: Mono,
    has_spoken: bool,
    welcomed: Option<Mono>,
    heard: Mono,
    was_pinged: bool,
    /// When each request that was not answered was asked, and whether it was for a page.
    asked: BTreeMap<RequestId, (Mono, bool)>,
    was_told: bool,
    /// The server said that it is over, or that the client shall come back later.
    is_ended: bool,
}

impl Silence {
    pub(in crate::check) fn new(plan: &Plan) -> Self {
        let window = plan.world.engine.in_flight_requests.saturating_sub(1).max(1);
        Self {
            clocks: Clocks::new(plan),
            window,
            clients: BTreeMap::new(),
            next: Mono::from_micros(u64::MAX),
        }
    }

    /// Whether some path should have been given up by now.
    fn look(&mut self, now: Mono) -> Result<(), String> {
        if now < self.next {
            return Ok(());
        }
        self.next = Mono::from_micros(u64::MAX);
        for (client, seen) in &self.clients {
            let Some(path) = &seen.path else { continue };
            let due = path.due();
            if now > due {
                let since = now.since(path.heard).as_secs_f64();
                return Err(format!("{client:?} holds on to {:?}, silent for {since:.1} s", path.link));
            }
            self.next = self.next.min(due);
        }
        Ok(())
    }

    fn on_let_go(&self, client: ClientId, now: Mono, path: &Path, is_leaving: bool) -> Result<(), String> {
        let shown = |since: Mono| self.clocks.shown(client, now.since(since)) + ROUNDING;
        let is_overdue = |asked: Mono| shown(asked) >= REQUEST_TIMEOUT;
        let late = match path.welcomed {
            // A token may run out before anything is said.
            _ if !path.has_spoken => true,
            None => shown(path.dialed) >= CONNECT_TIMEOUT,
            Some(welcomed) if !path.was_told && shown(welcomed) >= REQUEST_TIMEOUT => true,
            // An answer is overdue, and nothing else comes either.
            Some(_)
                if shown(path.heard) >= PING_INTERVAL
                    && path.asked.values().any(|(at, _)| is_overdue(*at)) =>
            {
                true
            }
            // All places are taken by what is overdue.
            Some(_) if path.is_full(self.window) && path.asked.values().all(|(at, _)| is_overdue(*at)) => {
                true
            }
            Some(_) if shown(path.heard) >= LIVENESS_TIMEOUT && !path.was_pinged => {
                return Err(format!(
                    "{client:?} gives {:?} up without having asked whether it lives",
                    path.link
                ));
            }
            Some(_) => shown(path.heard) >= LIVENESS_TIMEOUT,
        };
        if late || is_leaving || path.is_ended {
            return Ok(());
        }
        let since = now.since(path.heard).as_secs_f64();
        Err(format!("{client:?} gives {:?} up {since:.1} s after it gave a sign of life", path.link))
    }

    fn on_client(&mut self, now: Mono, client: ClientId, sight: &ClientSight<'_>) -> Result<(), String> {
        let seen = self.clients.entry(client).or_default();
        match sight {
            ClientSight::Started | ClientSight::Died => *seen = Seen::default(),
            ClientSight::Asked(_, Command::Logout | Command::Shutdown) => seen.is_leaving = true,
            ClientSight::Settled => seen.is_leaving = false,
            ClientSight::Dialing(link) => {
                seen.path = Some(Path::new(*link, now));
                self.next = self.next.min(now + ATTEMPT_WITHIN);
            }
            ClientSight::LetGo(link) => {
                if let Some(path) = seen.path.take_if(|path| path.link == *link) {
                    let is_leaving = seen.is_leaving;
                    return self.on_let_go(client, now, &path, is_leaving);
                }
            }
            ClientSight::Closed(link) => drop(seen.path.take_if(|path| path.link == *link)),
            ClientSight::Event(Event::StatusChanged(ConnectStatus::Connected(_))) => {
                if let Some(path) = &mut seen.path {
                    path.was_told = true;
                }
            }
            ClientSight::Received(link, _) | ClientSight::Frame(link, _) | ClientSight::Sent(link, _) => {
                if let Some(path) = seen.path.as_mut().filter(|path| path.link == *link) {
                    path.see(now, sight);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Check for Silence {
    fn name(&self) -> &'static str {
        "dead-path"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        if let Sight::Client(client, sight) = sight {
            self.on_client(context.at, *client, sight)?;
        }
        self.look(context.at)
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        self.look(context.at)
    }
}

impl Path {
    fn new(link: LinkId, now: Mono) -> Self {
        Self {
            link,
            dialed: now,
            has_spoken: false,
            welcomed: None,
            heard: now,
            was_pinged: false,
            asked: BTreeMap::new(),
            was_told: false,
            is_ended: false,
        }
    }

    fn due(&self) -> Mono {
        match self.welcomed {
            Some(_) => self.heard + NOTICED_WITHIN,
            None => self.dialed + ATTEMPT_WITHIN,
        }
    }

    /// Whether the client may ask nothing more, or no more pages.
    fn is_full(&self, window: usize) -> bool {
        let pages = self.asked.values().filter(|(_, is_page)| *is_page).count();
        self.asked.len() >= window || pages >= PAGES_MAX
    }

    fn see(&mut self, now: Mono, sight: &ClientSight<'_>) {
        match sight {
            ClientSight::Received(..) => (self.heard, self.was_pinged) = (now, false),
            ClientSight::Frame(_, ServerFrame::Welcome(_)) => self.welcomed = self.welcomed.or(Some(now)),
            ClientSight::Frame(_, ServerFrame::Goodbye(_)) => self.is_ended = true,
            ClientSight::Frame(_, ServerFrame::Response(Response { id, body })) => {
                self.asked.remove(id);
                let refusal = body.as_ref().err().filter(|_| !self.was_told);
                self.is_ended |= refusal.is_some_and(|refusal| refusal.code.is_retryable());
            }
            ClientSight::Sent(_, frame) => {
                self.has_spoken = true;
                match ClientFrame::decode((*frame).clone()) {
                    Ok(ClientFrame::Ping(_)) => self.was_pinged = true,
                    // A newer token takes no place from what the app asks.
                    Ok(ClientFrame::Request(Request { body: Ok(RequestBody::RefreshToken(_)), .. })) => {}
                    Ok(ClientFrame::Request(Request { id, body })) => {
                        self.asked.insert(id, (now, body.is_ok_and(|body| is_page(&body))));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn is_page(body: &RequestBody) -> bool {
    matches!(
        body,
        RequestBody::ListLiveGroups(_)
            | RequestBody::ReadLiveHistory(_)
            | RequestBody::ListLiveMembers(_)
            | RequestBody::GetLiveMembers(..)
            | RequestBody::ReadLiveAttributes(..)
    )
}
