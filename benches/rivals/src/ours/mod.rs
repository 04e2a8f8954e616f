//! bim itself: the release program, with everything on that it always has on, over WebSocket with and without TLS, and over QUIC.

mod entry;
mod pinned;
mod server;
mod words;

use std::rc::Rc;

use bim_bench::{Place, Trust};

use entry::Entry;
use server::Server;
use words::Words;

use crate::contestant::Apart;
use crate::crowd::Entered;
use crate::options::Transport;
use crate::{Contestant, Entrance, Ground, RivalError, Role, Stage, Wire};

/// bim over one of its transports.
#[derive(Clone, Copy, Debug)]
pub struct Ours(pub Transport);

impl Contestant for Ours {
    fn name(&self) -> &'static str {
        match self.0 {
            Transport::Ws => "bim-ws",
            Transport::Wss => "bim-wss",
            Transport::Quic => "bim-quic",
        }
    }

    fn start(&self, stage: &Stage) -> Result<Ground, RivalError> {
        let server = Server::start(stage, self.0)?;
        let tickets = server.tickets(stage.viewers + 1)?;
        if self.0 != Transport::Quic {
            let entry = Entry::new(&server, tickets)?;
            return Ok(Ground::Open(Box::new(Open { entry, server })));
        }
        let trust = server.fingerprint.clone().map_or(Trust::Platform, Trust::Fingerprint);
        let place = Place::new(&server.endpoint, &trust, tickets);
        let place = place.map_err(|error| RivalError::Answer(error.to_string()))?;
        Ok(Ground::Apart(Box::new(Apart { place, process: server.process, _home: server.home })))
    }
}

struct Open {
    entry: Entry,
    server: Server,
}

impl Entrance for Open {
    fn pid(&self) -> u32 {
        self.server.process.pid()
    }

    fn connect(&mut self, role: Role) -> Result<Entered, RivalError> {
        match role {
            Role::Sender => self.entry.enter(0),
            Role::Viewer(number) => self.entry.enter(number + 1),
        }
    }

    fn wire(&self) -> Rc<dyn Wire> {
        Rc::new(Words { group: self.entry.group() })
    }
}
