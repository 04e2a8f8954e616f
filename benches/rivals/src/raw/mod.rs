//! The limit: what write calls cost, from a bare thread, without a protocol. Two servers, both within this program.

mod server;

use std::net::SocketAddr;
use std::process::Command;
use std::rc::Rc;

use crate::crowd::Entered;
use crate::dialog::Dialog;
use crate::options::Style;
use crate::process::Process;
use crate::{Contestant, Entrance, Event, Ground, RivalError, Role, Stage, Wire};

pub use server::serve;

/// What a viewer says first, and what a sender does. Everything else is messages: four bytes of length, lowest first, and a body.
const VIEWER: u8 = b'v';
const SENDER: u8 = b's';

/// What the server answers.
const WELCOME: &[u8] = b"w";

/// Bytes of a length.
const LENGTH_BYTES: usize = 4;

/// A bare thread that writes.
#[derive(Clone, Copy, Debug)]
pub struct Raw(pub Style);

impl Contestant for Raw {
    fn name(&self) -> &'static str {
        match self.0 {
            Style::Each => "raw-each",
            Style::Waiting => "raw-waiting",
        }
    }

    fn start(&self, stage: &Stage) -> Result<Ground, RivalError> {
        let mut command = Command::new(&stage.program);
        let (process, address) = Process::told(stage, command.args(["serve-raw", self.0.name()]))?;
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
        dialog.say(&[if role == Role::Sender { SENDER } else { VIEWER }])?;
        dialog.expect(WELCOME)?;
        dialog.end()
    }

    fn wire(&self) -> Rc<dyn Wire> {
        Rc::new(Lengths)
    }
}

/// Lengths and bodies.
struct Lengths;

impl Wire for Lengths {
    fn publish(&self, _: u64, body: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(body.as_bytes());
    }

    fn next<'a>(&self, bytes: &'a [u8]) -> Result<Option<(usize, Event<'a>)>, String> {
        Ok(message(bytes)
            .map(|whole| (whole.len(), Event::Delivery(whole.get(LENGTH_BYTES..).unwrap_or_default()))))
    }
}

/// The first message in these bytes, with its length.
#[inline]
fn message(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?);
    bytes.get(..LENGTH_BYTES.checked_add(usize::try_from(length).ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::events;

    #[test]
    fn what_is_published_comes_back() {
        let mut bytes = Vec::new();
        for body in ["hello", "", "again"] {
            Lengths.publish(0, body, &mut bytes);
        }
        let bodies = ["hello", "", "again"].map(|body| Event::Delivery(body.as_bytes()));
        assert_eq!(events(&Lengths, &bytes), bodies);
    }
}
