//! redis, publish and subscribe.

mod resp;

use std::net::SocketAddr;
use std::process::Command;
use std::rc::Rc;

use resp::Resp;

use crate::crowd::Entered;
use crate::dialog::Dialog;
use crate::process::{Process, free_address, installed, not_installed};
use crate::{Contestant, Entrance, Ground, RivalError, Role, Stage, Wire};

const PROGRAM: &str = "redis-server";

/// Connections beside the viewers.
const OTHER_CONNECTIONS: usize = 100;

/// redis, publish and subscribe.
#[derive(Clone, Copy, Debug)]
pub struct Redis;

impl Contestant for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn missing(&self) -> Option<String> {
        not_installed(PROGRAM)
    }

    fn start(&self, stage: &Stage) -> Result<Ground, RivalError> {
        let address = free_address()?;
        let mut command = Command::new(installed(PROGRAM).unwrap_or_else(|| PROGRAM.into()));
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
        command.args(["--maxclients", &(stage.viewers + OTHER_CONNECTIONS).to_string()]);
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
        if let Role::Viewer(_) = role {
            dialog.say(resp::SUBSCRIBE)?;
            dialog.expect(resp::SUBSCRIBED)?;
        }
        dialog.end()
    }

    fn wire(&self) -> Rc<dyn Wire> {
        Rc::new(Resp)
    }
}
