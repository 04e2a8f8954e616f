//! Tokens: who is let in, as whom, and for how long (T1 to T4).

mod book;
#[cfg(test)]
mod tokens_test;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bim_fake_server::faults::FaultKind;
use bim_proto::{ClientFrame, Hello, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame};
use bim_server_core::{AdminCommand, AdminReply, Input, Output, RevokedTokens};
use bim_types::limits::{FAILED_LOGINS_PER_MINUTE, PING_INTERVAL};
use bim_types::store::{AppendOutcome, LogOp, LogOutcome, StreamId};
use bim_types::{
    AppId, ClientMessageId, ConnectionId, ConversationShortId, DeviceId, ErrorCode, ErrorKind, Mono, Now,
    Refusal, Token, Uid, Wall,
};

use super::{Check, Context};
use crate::sight::Sight;
use book::{Book, Verdict};

/// How late the server's timers may be at most, and then some.
const LATENESS: Duration = Duration::from_millis(1_200);

/// A step of the time of day that is no rounding.
const STEP: Duration = Duration::from_millis(2);

/// Nobody gets anything but a goodbye without a good token, and everybody with one is let in; a session ends with its
/// token, whether that expires or is taken back; and what is written bears the name of the session that asked for it.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    book: Book,
    life: u64,
    now: Now,
    /// Until when the server stands still.
    paused_until: Mono,
    /// When the time of day was last set, by the monotonic clock.
    stepped: Option<Mono>,
    peers: BTreeMap<ConnectionId, Peer>,
    failed: BTreeMap<Arc<str>, u32>,
    /// Who has not said who it is, and is taken a frame of.
    stranger: Option<ConnectionId>,
    refreshes: BTreeMap<(ConnectionId, RequestId), Token>,
    /// Who asked for a message; without a group for one to every group.
    senders: BTreeMap<(Option<ConversationShortId>, ClientMessageId), BTreeSet<Sender>>,
}

type Sender = (AppId, Uid, DeviceId);

/// One connection.
#[derive(Debug, Default)]
struct Peer {
    address: Option<Arc<str>>,
    hello: Option<(Hello, Verdict)>,
    session: Option<Session>,
}

/// The session of a connection that was not ended.
#[derive(Debug)]
struct Session {
    who: Sender,
    token: Token,
    expires: Wall,
    /// Since when it is there although its token has expired.
    over: Option<Mono>,
}

impl Check for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Minted(minted) => self.book.enter(minted),
            Sight::Started(life) => self.life = *life,
            Sight::Crashed => {
                self.peers.clear();
                self.failed.clear();
                self.refreshes.clear();
                (self.stranger, self.stepped) = (None, None);
            }
            Sight::Fault(fault) if fault.kind == FaultKind::ServerPause => {
                self.paused_until = self.paused_until.max(context.at + fault.lasts);
            }
            Sight::Input(now, input) => {
                self.on_time(*now);
                // Whoever wakes up this moment ends sessions in this very turn.
                if context.at > self.paused_until {
                    self.check_expired()?;
                }
                self.on_input(input);
            }
            Sight::In(connection, frame) => self.on_frame(*connection, frame),
            Sight::Output(output) => return self.on_output(output),
            Sight::Out(connection, frame) => return self.on_out(*connection, frame),
            Sight::Committed(ops, outcomes) => return self.on_committed(context, ops, outcomes),
            _ => {}
        }
        Ok(())
    }
}

impl Tokens {
    fn on_time(&mut self, now: Now) {
        let mono = now.mono.since(self.now.mono);
        let wall = now.wall.since(self.now.wall);
        if wall + STEP < mono || wall > mono + STEP {
            self.stepped = Some(now.mono);
        }
        self.now = now;
    }

    /// Nobody is there for long on a token that has expired.
    fn check_expired(&mut self) -> Result<(), String> {
        let now = self.now;
        // A session is looked at once in a ping interval, whatever the time of day does.
        let late = LATENESS + PING_INTERVAL;
        let was_set = self.stepped.is_some_and(|stepped| now.mono.since(stepped) <= late);
        let patience = if was_set { late } else { LATENESS };
        for (connection, peer) in &mut self.peers {
            let Some(session) = &mut peer.session else { continue };
            if now.wall < session.expires {
                session.over = None;
                continue;
            }
            let over = *session.over.get_or_insert(now.mono);
            if now.mono.since(over) > patience {
                return Err(format!("{connection:?} lives on a token that has expired"));
            }
        }
        Ok(())
    }

    fn on_input(&mut self, input: &Input) {
        self.stranger = None;
        match input {
            Input::Opened { connection, peer } => {
                let peer = Peer { address: peer.clone(), ..Peer::default() };
                self.peers.insert(*connection, peer);
            }
            Input::Frame { connection, .. } => {
                let known = self.peers.get(connection).is_some_and(|peer| peer.session.is_some());
                self.stranger = (!known).then_some(*connection);
            }
            Input::Closed { connection } => drop(self.peers.remove(connection)),
            Input::Admin {
                id,
                command:
                    AdminCommand::RevokeTokens { app, tokens: RevokedTokens::OfUser { uid, issued_before: None } },
            } => self.book.take_back((self.life, *id), *app, uid, self.now.wall),
            _ => {}
        }
    }

    fn on_frame(&mut self, connection: ConnectionId, frame: &ClientFrame) {
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        match (frame, &peer.session) {
            (ClientFrame::Hello(hello), None) => {
                let verdict = self.book.judge(&hello.token, hello.app, &hello.uid, self.now.wall);
                peer.hello = Some((hello.clone(), verdict));
            }
            (ClientFrame::Request(Request { id, body: Ok(body) }), Some(session)) => {
                let message = match body {
                    RequestBody::RefreshToken(token) => {
                        self.refreshes.insert((connection, *id), token.clone());
                        return;
                    }
                    RequestBody::SendLiveMessage(send) => (Some(send.group), send.client_message_id),
                    RequestBody::BroadcastToLiveGroups(send) => (None, send.client_message_id),
                    _ => return,
                };
                self.senders.entry(message).or_default().insert(session.who.clone());
            }
            _ => {}
        }
    }

    fn on_output(&mut self, output: &Output) -> Result<(), String> {
        match output {
            Output::Close { connection } => {
                if let Some(peer) = self.peers.get_mut(connection) {
                    peer.session = None;
                }
            }
            Output::AdminDone { id, result: Ok(AdminReply::TokensRevoked { .. }) } => {
                self.book.taken_back((self.life, *id));
                return self.check_revoked();
            }
            Output::Write { .. }
            | Output::Read { .. }
            | Output::Replay { .. }
            | Output::JoinGroup { .. }
            | Output::Broadcast(_)
            | Output::Moderate { .. }
            | Output::Review { .. } => {
                if let Some(stranger) = self.stranger {
                    return Err(format!("what {stranger:?} says has an effect, and nobody knows who it is"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Nobody is there any more on a token that was taken back.
    fn check_revoked(&self) -> Result<(), String> {
        for (connection, peer) in &self.peers {
            let Some(claims) = peer.session.as_ref().and_then(|session| self.book.claims(&session.token))
            else {
                continue;
            };
            if matches!(self.book.revocation(claims), Verdict::Bad(_)) {
                return Err(format!("{connection:?} lives on a token that was taken back"));
            }
        }
        Ok(())
    }

    fn on_out(&mut self, connection: ConnectionId, frame: &ServerFrame) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(&connection) else { return Ok(()) };
        match frame {
            ServerFrame::Welcome(welcome) => {
                let Some((hello, verdict)) = peer.hello.take() else {
                    return Err(format!("{connection:?} is welcome and never said who it is"));
                };
                if let Verdict::Bad(why) = verdict {
                    return Err(format!("{connection:?} is welcome with a token although {why}"));
                }
                let expires = self.book.claims(&hello.token).map(|claims| claims.expires_at);
                if expires != Some(welcome.token_expires_at) {
                    return Err(format!("{connection:?} is told another end than that of its token"));
                }
                let who = (hello.app, hello.uid, hello.device);
                let expires = welcome.token_expires_at;
                peer.session = Some(Session { who, token: hello.token, expires, over: None });
                Ok(())
            }
            ServerFrame::Goodbye(goodbye) => self.on_goodbye(connection, goodbye.reason.as_ref()),
            ServerFrame::Response(response) if peer.session.is_some() => {
                self.on_response(connection, response)
            }
            _ if peer.session.is_none() => {
                Err(format!("{connection:?} is sent something, and nobody knows who it is"))
            }
            _ => Ok(()),
        }
    }

    fn on_goodbye(&mut self, connection: ConnectionId, reason: Option<&Refusal>) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(&connection) else { return Ok(()) };
        let code = reason.map(|refusal| refusal.code);
        let is_of_token = code.is_some_and(|code| code.kind() == ErrorKind::Token);
        let failures = peer.address.clone().map(|address| self.failed.entry(address).or_default());
        if let Some((_, verdict)) = peer.hello.take() {
            if is_of_token && verdict == Verdict::Good {
                return Err(format!("{connection:?} has a good token and is told {code:?}"));
            }
            let enough = failures.as_ref().is_some_and(|count| **count >= FAILED_LOGINS_PER_MINUTE);
            if code == Some(ErrorCode::LoginFrequency) && !enough {
                return Err(format!("{connection:?} is told that too many logins failed"));
            }
            if let Some(count) = failures.filter(|_| is_of_token) {
                *count += 1;
            }
            return Ok(());
        }
        let Some(session) = peer.session.as_ref().filter(|_| is_of_token) else { return Ok(()) };
        let has_expired = self.now.wall >= session.expires;
        let claims = self.book.claims(&session.token);
        let was_revoked = claims.is_some_and(|claims| self.book.revocation(claims) != Verdict::Good);
        match has_expired || was_revoked {
            true => Ok(()),
            false => Err(format!("{connection:?} is told {code:?}, and its token is good")),
        }
    }

    fn on_response(&mut self, connection: ConnectionId, response: &Response) -> Result<(), String> {
        let Some(token) = self.refreshes.remove(&(connection, response.id)) else { return Ok(()) };
        let peer = self.peers.get_mut(&connection);
        let Some(session) = peer.and_then(|peer| peer.session.as_mut()) else { return Ok(()) };
        let verdict = self.book.judge(&token, session.who.0, &session.who.1, self.now.wall);
        match (&response.body, verdict) {
            (Ok(_), Verdict::Bad(why)) => Err(format!("{connection:?} goes on with a token although {why}")),
            (Err(refusal), Verdict::Good) if refusal.code.kind() == ErrorKind::Token => {
                Err(format!("{connection:?} presents a good token and is told {:?}", refusal.code))
            }
            (Ok(ResponseBody::TokenRefreshed(expires)), _) => {
                let promised = self.book.claims(&token).map(|claims| claims.expires_at);
                if promised != Some(*expires) {
                    return Err(format!("{connection:?} is told another end than that of its token"));
                }
                (session.token, session.expires, session.over) = (token, *expires, None);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Every message bears the name of a session that asked for it.
    fn on_committed(
        &self,
        context: &Context<'_>,
        ops: &[LogOp],
        outcomes: &[LogOutcome],
    ) -> Result<(), String> {
        for (op, outcome) in ops.iter().zip(outcomes) {
            let (LogOp::Append(append), LogOutcome::Appended(appended)) = (op, outcome) else { continue };
            let StreamId::LiveGroup(app, group) = append.stream else { continue };
            for outcome in appended {
                let AppendOutcome::New(seq) = outcome else { continue };
                let entry = context.ledger.entry(append.stream, *seq).filter(|entry| !entry.is_change());
                let Some(message) = entry.and_then(|entry| entry.message.as_ref()) else { continue };
                let sender = (app, message.sender.clone(), message.device);
                let asked = |group| self.senders.get(&(group, message.client_message_id));
                let asked = asked(Some(group)).or_else(|| asked(None));
                if !asked.is_some_and(|senders| senders.contains(&sender)) {
                    return Err(format!("{seq} of {group} is {}'s, who did not ask for it", message.sender));
                }
            }
        }
        Ok(())
    }
}
