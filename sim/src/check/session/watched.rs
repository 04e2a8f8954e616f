//! A server notices a peer that is gone or never says who it is, and keeps those that give signs of life (S3, U3).

use std::collections::BTreeMap;
use std::time::Duration;

use bim_fake_server::faults::FaultKind;
use bim_proto::{Goodbye, ServerFrame};
use bim_server_core::{Input, Output};
use bim_types::limits::{AUTHENTICATION_DEADLINE, LIVENESS_TIMEOUT};
use bim_types::{ConnectionId, ErrorCode, Mono, Now};

use super::super::{Check, Context};
use super::ROUNDING;
use crate::sight::Sight;

/// How late the server's timers may be at most, and then some.
const LATENESS: Duration = Duration::from_millis(1_200);

/// A session from which nothing comes ends in time, and not before it was asked for a sign of life; a stranger has a few
/// seconds to say who it is.
#[derive(Debug, Default)]
pub(in crate::check) struct Watched {
    peers: BTreeMap<ConnectionId, Peer>,
    /// Until when the server stands still.
    paused_until: Mono,
    now: Mono,
}

/// One connection that was not ended; times by the server's clock, but for one.
#[derive(Debug)]
struct Peer {
    is_welcome: bool,
    heard: Mono,
    /// The same in true time.
    heard_at: Mono,
    was_pinged: bool,
}

impl Check for Watched {
    fn name(&self) -> &'static str {
        "dead-peer"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Crashed => self.peers.clear(),
            Sight::Fault(fault) if fault.kind == FaultKind::ServerPause => {
                self.paused_until = self.paused_until.max(context.at + fault.lasts);
            }
            Sight::Input(now, input) => {
                self.now = now.mono;
                self.look(context.at)?;
                self.on_input(context.at, *now, input);
            }
            Sight::Output(Output::Close { connection }) => drop(self.peers.remove(connection)),
            Sight::Out(connection, frame) => return self.on_out(*connection, frame),
            _ => {}
        }
        Ok(())
    }
}

impl Watched {
    /// Whether some connection should have been ended by now.
    fn look(&self, at: Mono) -> Result<(), String> {
        if at < self.paused_until + LATENESS {
            return Ok(());
        }
        let late = self.peers.iter().find(|(_, peer)| self.now > peer.heard + peer.patience() + LATENESS);
        let Some((connection, peer)) = late else { return Ok(()) };
        let silent = self.now.since(peer.heard).as_secs_f64();
        let whose = if peer.is_welcome { "a session" } else { "a stranger" };
        Err(format!("{connection:?} of {whose} lives, {silent:.1} s after its last sign of life"))
    }

    fn on_input(&mut self, at: Mono, now: Now, input: &Input) {
        match input {
            Input::Opened { connection, .. } => {
                let peer = Peer { is_welcome: false, heard: now.mono, heard_at: at, was_pinged: false };
                self.peers.insert(*connection, peer);
            }
            Input::Frame { connection, .. } => {
                // What a stranger sends gains it no time.
                let peer = self.peers.get_mut(connection).filter(|peer| peer.is_welcome);
                if let Some(peer) = peer {
                    (peer.heard, peer.heard_at, peer.was_pinged) = (now.mono, at, false);
                }
            }
            Input::Closed { connection } => drop(self.peers.remove(connection)),
            _ => {}
        }
    }

    fn on_out(&mut self, connection: ConnectionId, frame: &ServerFrame) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(&connection) else { return Ok(()) };
        match frame {
            ServerFrame::Welcome(_) => (peer.is_welcome, peer.heard) = (true, self.now),
            ServerFrame::Ping(_) => peer.was_pinged = true,
            ServerFrame::Goodbye(Goodbye { reason: Some(refusal) })
                if refusal.code == ErrorCode::Timeout && peer.is_welcome =>
            {
                let silent = self.now.since(peer.heard);
                if silent + ROUNDING < LIVENESS_TIMEOUT {
                    return Err(format!("{connection:?} is given up after {:.1} s", silent.as_secs_f64()));
                }
                let was_paused = self.paused_until > peer.heard_at;
                if !peer.was_pinged && !was_paused {
                    return Err(format!(
                        "{connection:?} is given up without having been asked whether it lives"
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Peer {
    fn patience(&self) -> Duration {
        if self.is_welcome { LIVENESS_TIMEOUT } else { AUTHENTICATION_DEADLINE }
    }
}
