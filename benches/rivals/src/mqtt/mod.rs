//! mosquitto, MQTT 3.1.1 at quality of service 0: a message is sent once and never again.

mod packets;

use std::net::SocketAddr;
use std::process::Command;
use std::rc::Rc;

use packets::Packets;
use tempfile::TempDir;

use crate::crowd::Entered;
use crate::dialog::Dialog;
use crate::process::{Process, free_address, installed, not_installed};
use crate::{Contestant, Entrance, Ground, RivalError, Role, Stage, Wire};

const PROGRAM: &str = "mosquitto";

/// mosquitto, at quality of service 0.
#[derive(Clone, Copy, Debug)]
pub struct Mosquitto;

impl Contestant for Mosquitto {
    fn name(&self) -> &'static str {
        "mosquitto"
    }

    fn missing(&self) -> Option<String> {
        not_installed(PROGRAM)
    }

    fn start(&self, stage: &Stage) -> Result<Ground, RivalError> {
        let address = free_address()?;
        let home =
            TempDir::with_prefix("bim-rivals-").map_err(RivalError::io("there is no place for a file"))?;
        let file = home.path().join("mosquitto.conf");
        let settings = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\n",
            address.port()
        );
        std::fs::write(&file, settings).map_err(RivalError::io("a file could not be written"))?;
        let mut command = Command::new(installed(PROGRAM).unwrap_or_else(|| PROGRAM.into()));
        let process = Process::silent(stage, command.arg("-c").arg(file), address)?;
        Ok(Ground::Open(Box::new(Open { process, address, _home: home })))
    }
}

struct Open {
    process: Process,
    address: SocketAddr,
    _home: TempDir,
}

impl Entrance for Open {
    fn pid(&self) -> u32 {
        self.process.pid()
    }

    fn connect(&mut self, role: Role) -> Result<Entered, RivalError> {
        let mut dialog = Dialog::begin(self.address)?;
        let name = match role {
            Role::Viewer(number) => format!("viewer{number}"),
            Role::Sender => "sender".to_owned(),
        };
        dialog.say(&packets::connect(&name))?;
        dialog.expect(packets::CONNECTED)?;
        if let Role::Viewer(_) = role {
            dialog.say(packets::SUBSCRIBE)?;
            dialog.expect(packets::SUBSCRIBED)?;
        }
        dialog.end()
    }

    fn wire(&self) -> Rc<dyn Wire> {
        Rc::new(Packets)
    }
}
