//! A stand to try one checker on: it is shown what is made up, at times that are made up.

use std::time::Duration;

use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, Goodbye, Hello, ServerFrame, Welcome};
use bim_server_core::{Input, Output};
use bim_types::{AppId, ConnectionId, DeviceId, Mono, Now, Refusal, Token, Uid, Wall};

use super::{Check, Context};
use crate::ledger::Ledger;
use crate::plan::{Mode, Plan};
use crate::sight::{ClientId, ClientSight, Sight};

/// The client of which everything is told.
pub(super) const ANN: ClientId = ClientId(0);

/// Its connection, and the same for the server.
pub(super) const LINK: LinkId = LinkId(1);
pub(super) const CONNECTION: ConnectionId = ConnectionId(1);

/// One checker, and what it is shown.
pub(super) struct Stand<C> {
    check: C,
    ledger: Ledger,
    at: Mono,
}

impl<C: Check> Stand<C> {
    pub(super) fn new(check: C) -> Self {
        Self { check, ledger: Ledger::default(), at: Mono::ZERO }
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.at = self.at + time;
    }

    pub(super) fn see(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        self.check.see(&Context { at: self.at, ledger: &self.ledger }, sight)
    }

    /// Something happens in the client.
    pub(super) fn client(&mut self, sight: ClientSight<'_>) -> Result<(), String> {
        self.see(&Sight::Client(ANN, sight))
    }

    /// A frame arrives at the client.
    pub(super) fn arrives(&mut self, link: LinkId, frame: &ServerFrame) -> Result<(), String> {
        self.client(ClientSight::Received(link, &frame.clone().encode()))?;
        self.client(ClientSight::Frame(link, frame))
    }

    /// The client sends a frame.
    pub(super) fn sends(&mut self, link: LinkId, frame: ClientFrame) -> Result<(), String> {
        self.client(ClientSight::Sent(link, &frame.encode()))
    }

    /// The engine takes something.
    pub(super) fn input(&mut self, input: &Input) -> Result<(), String> {
        let wall = wall() + self.at.since(Mono::ZERO);
        self.see(&Sight::Input(Now { mono: self.at, wall }, input))
    }

    /// The engine takes a frame.
    pub(super) fn takes(&mut self, connection: ConnectionId, frame: &ClientFrame) -> Result<(), String> {
        self.input(&Input::Frame { connection, frame: frame.clone().encode() })?;
        self.see(&Sight::In(connection, frame))
    }

    /// The engine sends a frame.
    pub(super) fn says(&mut self, connection: ConnectionId, frame: &ServerFrame) -> Result<(), String> {
        self.see(&Sight::Output(&Output::Send { connection, frame: frame.clone().encode() }))?;
        self.see(&Sight::Out(connection, frame))
    }

    pub(super) fn output(&mut self, output: &Output) -> Result<(), String> {
        self.see(&Sight::Output(output))
    }

    pub(super) fn opened(&mut self, connection: ConnectionId) -> Result<(), String> {
        self.input(&Input::Opened { connection, peer: Some("10.0.0.1".into()) })
    }

    pub(super) fn end(&mut self) -> Result<(), String> {
        self.check.end(&Context { at: self.at, ledger: &self.ledger })
    }
}

/// The time of day when it all begins.
pub(super) fn wall() -> Wall {
    Wall::from_secs(1_764_000_000)
}

/// A plan in which no clock drifts.
pub(super) fn plan() -> Plan {
    let mut plan = Plan::draw(1, Mode::Liveness);
    plan.cast.iter_mut().for_each(|role| role.drift_ppm = 0);
    plan
}

pub(super) fn uid() -> Uid {
    Uid::string("ann").unwrap()
}

pub(super) fn hello(token: Token) -> ClientFrame {
    let app = AppId::new(1).unwrap();
    ClientFrame::Hello(Hello { app, uid: uid(), device: DeviceId::new(7), token, sdk: "test".into() })
}

pub(super) fn welcome(generation: u64, token_expires_at: Wall) -> ServerFrame {
    ServerFrame::Welcome(Welcome {
        generation,
        server_time: wall(),
        token_expires_at,
        ping_interval_ms: 10_000,
        liveness_timeout_ms: 22_000,
        in_flight_max: 64,
        frame_bytes_max: 262_144,
        body_bytes_max: 65_536,
    })
}

pub(super) fn goodbye(refusal: Refusal) -> ServerFrame {
    ServerFrame::Goodbye(Goodbye { reason: Some(refusal) })
}
