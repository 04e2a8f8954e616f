//! The afternoon version: what somebody has running by the evening, with tokio-tungstenite and a broadcast channel. It is part of
//! this program.

mod server;

use std::net::SocketAddr;
use std::process::Command;
use std::rc::Rc;

use crate::crowd::Entered;
use crate::dialog::Dialog;
use crate::process::Process;
use crate::websocket::{self, Said};
use crate::{Contestant, Entrance, Event, Ground, RivalError, Role, Stage, Wire};

pub use server::serve;

/// What everyone is greeted with when it is subscribed.
const WELCOME: &[u8] = b"welcome";

/// The afternoon version.
#[derive(Clone, Copy, Debug)]
pub struct Afternoon;

impl Contestant for Afternoon {
    fn name(&self) -> &'static str {
        "afternoon"
    }

    fn start(&self, stage: &Stage) -> Result<Ground, RivalError> {
        let mut command = Command::new(&stage.program);
        let (process, address) = Process::told(stage, command.arg("serve-afternoon"))?;
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

    fn connect(&mut self, _: Role) -> Result<Entered, RivalError> {
        let mut dialog = Dialog::begin(self.address)?;
        websocket::upgrade(&mut dialog, self.address)?;
        dialog.hear(|bytes| match websocket::take(bytes)? {
            Some((taken, Said::Binary(WELCOME))) => Ok(Some((taken, ()))),
            Some((_, other)) => Err(format!("{other:?}")),
            None => Ok(None),
        })?;
        dialog.end()
    }

    fn wire(&self) -> Rc<dyn Wire> {
        Rc::new(Messages)
    }
}

/// A message of a WebSocket for each body.
struct Messages;

impl Wire for Messages {
    fn publish(&self, _: u64, body: &str, out: &mut Vec<u8>) {
        websocket::put(body.as_bytes(), out);
    }

    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String> {
        let event = |said| match said {
            Said::Binary(body) => Event::Delivery(body),
            Said::Ping(pong) => Event::Asks(pong),
            Said::Aside => Event::Aside,
        };
        Ok(websocket::take(bytes)?.map(|(taken, said)| (taken, event(said))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::events;

    #[test]
    fn bodies_and_pings_are_told_apart() {
        let expected = [Event::Delivery(b"one"), Event::Asks(b"\x8a\x80\0\0\0\0".to_vec()), Event::Aside];
        assert_eq!(events(&Messages, b"\x82\x03one\x89\x00\x8a\x00"), expected);
    }
}
