//! The client's machine between an app, a store, a network and a server that do anything.
//!
//! The bytes are `Step`s. The world around the machine keeps books and holds every output against what
//! is promised:
//!
//! * each call is answered at most once, and exactly once when the client was shut down;
//! * one connection at a time; nothing is sent on one that is not open, and the first frame of each is its only hello;
//! * what is sent can be read by a server, and no two requests that wait on a connection have one number;
//! * within a class of a group nothing comes twice or out of order, unless the app was told of a break;
//! * one input sets off a bounded number of outputs, and the next wake is never now or in the past;
//! * after a shutdown nothing comes out but refusals.

mod answers;
mod link;
mod outputs;
mod server;
mod step;
mod viewed;
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
    let mut world = World::new();
    for _ in 0..STEPS_MAX {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut bytes) else { break };
        world.carry_out(step, &mut bytes);
    }
    world.finish()
}
