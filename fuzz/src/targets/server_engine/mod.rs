//! The server's engine between peers, a store and a clock that do anything.
//!
//! The first byte is the configuration, the rest are `Step`s. The world is a shell small enough to be believed:
//! a log in memory, connections without bytes in between, and books that hold every output against what is
//! promised:
//!
//! * nothing but a goodbye or a welcome goes to a stranger, and no flawed token is welcomed; a newer login ends the
//!   older one;
//! * nobody runs on a token that was taken back, or in an app that is disabled;
//! * nothing goes to a connection after its goodbye, and who is gone is in no group;
//! * each request is answered at most once, and exactly once when the store has answered and the session lives;
//! * an accepted message is in the log, with its sender, at the position it was told; the same id is accepted at one
//!   position only, and with one content only;
//! * what a group is told rises in number and names the message before it in each class; nothing of a muted sender is
//!   in it, and who was kicked is out when the operator hears of it;
//! * a resume sends exactly what of the log the cursor does not cover, in order;
//! * nobody is in a group of another app;
//! * the next wake is never now or in the past, and what waits is bounded;
//! * when everyone is gone and time has passed, no session and no room is left.

mod books;
mod config;
mod hello;
mod outputs;
mod peer;
mod peers;
mod requests;
mod revoked;
mod settle;
mod step;
mod store;
mod world;

use arbitrary::{Arbitrary, Unstructured};

use crate::reached::Reached;
pub(crate) use step::Step;
use world::World;

/// The most steps of one run.
const STEPS_MAX: usize = 600;

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what was reached.
pub fn run(data: &[u8]) -> Reached {
    let mut bytes = Unstructured::new(data);
    let mut world = World::new(u8::arbitrary(&mut bytes).unwrap_or_default());
    for _ in 0..STEPS_MAX {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut bytes) else { break };
        world.carry_out(step, &mut bytes);
    }
    world.finish()
}
