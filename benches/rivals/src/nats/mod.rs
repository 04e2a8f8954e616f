//! nats-server, core: publish and subscribe without storage.

mod text;

use std::net::SocketAddr;
use std::process::Command;
use std::rc::Rc;

use text::Text;

use crate::crowd::Entered;
use crate::dialog::Dialog;
use crate::process::{Process, free_address, installed, not_installed};
use crate::wire::line;
use crate::{Contestant, Entrance, Ground, RivalError, Role, Stage, Wire};

const PROGRAM: &str = "nats-server";

/// nats-server, core.
#[derive(Clone, Copy, Debug)]
pub struct Nats;

impl Contestant for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn missing(&self) -> Option<String> {
        not_installed(PROGRAM)
    }

    fn start(&self, stage: &Stage) -> Result<Ground, RivalError> {
        let address = free_address()?;
        let mut command = Command::new(installed(PROGRAM).unwrap_or_else(|| PROGRAM.into()));
        command.args(["-a", "127.0.0.1", "-p", &address.port().to_string()]);
        let process = Process::silent(stage, &mut command, address)?;
        Ok(Ground::Open(Box::new(Open { process, address })))
    }
}

struct Open {
    process: Process,
    address: SocketAddr,
}

impl Entrance for Open {
    fn pid(&self) -> u32 {
        self.process.pid()
    }

    fn connect(&mut self, role: Role) -> Result<Entered, RivalError> {
        let mut dialog = Dialog::begin(self.address)?;
        dialog.hear(|bytes| match line(bytes) {
            Some((info, taken)) if info.starts_with(b"INFO ") => Ok(Some((taken, ()))),
            Some((other, _)) => Err(String::from_utf8_lossy(other).into_owned()),
            None => Ok(None),
        })?;
        dialog.say(text::CONNECT)?;
        if let Role::Viewer(_) = role {
            dialog.say(text::SUBSCRIBE)?;
        }
        // The answer comes when everything before it is done.
        dialog.say(text::PING)?;
        dialog.expect(text::PONG)?;
        dialog.end()
    }

    fn wire(&self) -> Rc<dyn Wire> {
        Rc::new(Text)
    }
}
