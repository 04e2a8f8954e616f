//! What every transport keeps, as checks that any transport can run.
//!
//! A transport proves itself with one line in a test file of its own crate, which needs the feature:
//!
//! ```toml
//! [dev-dependencies]
//! bim-transport = { version = "0.1", default-features = false, features = ["contract"] }
//! ```
//!
//! The first argument names a module for the tests. The second is a factory that makes a listener and a
//! dialer to it, of any types (boxed ones included), with a frame limit of [`FRAME_LIMIT`] bytes both ways.
//! Every check becomes a test of its own, runs on a fresh single-threaded tokio runtime, and ends within
//! [`CHECK_TIMEOUT`]; one that would hang fails instead. Write the line once more with the pair boxed, and
//! once for every wrapper.
//!
//! ```
//! use bim_transport::{memory, transport_contract};
//!
//! transport_contract!(memory_hub, || async { memory::hub("contract", memory::MemoryConfig::default()) });
//! # fn main() {}
//! ```
//!
//! [`CHECKS`] is the same list as data, for whoever wants to run it otherwise: each check takes [`Ends`].
//!
//! | what is checked | where |
//! |---|---|
//! | frames arrive whole, once, in order, on the right connection, whoever is cancelled meanwhile | `delivery` |
//! | sizes are refused by the sender and by the receiver, and may be raised later | `limits` |
//! | a reader that does not read holds its writer back, and nothing is lost by it | `pressure` |
//! | who waits is woken, by the waker of the latest call | `waking` |
//! | connections, listeners and peers end so that one can tell, and never by waiting for ever | `endings` |
//!
//! Transports that are broken on purpose, one fault each, have to be found by these checks
//! (`tests/broken_transports`); a fault that a real transport had and that passes here belongs there first.

mod delivery;
mod endings;
mod limits;
mod macros;
mod pressure;
mod waking;

use std::{future::Future, pin::Pin, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};

pub use delivery::*;
pub use endings::*;
pub use limits::*;
pub use pressure::{a_writer_waits_for_a_reader_that_does_not_read, both_directions_flow_under_pressure};
pub use waking::*;

use crate::{BoxConnection, ConnectionExt, Dialer, Listener, TransportError};

/// The frame limit that the transport under test has, in bytes (256 KiB).
pub const FRAME_LIMIT: usize = crate::FRAME_BYTES_MAX;

/// Longest time one check may take.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(60);

/// One check: its name, and what panics, or does not end, when the transport is wrong.
pub type Check = (&'static str, fn(Ends) -> Pin<Box<dyn Future<Output = ()>>>);

/// Every check of the contract.
pub const CHECKS: &[Check] = crate::__transport_checks!(__transport_check_table);

/// The two sides of a transport under test.
pub struct Ends {
    dialer: Box<dyn Dialer>,
    listener: Box<dyn Listener>,
}

impl Ends {
    /// Takes a listener and a dialer to it.
    pub fn new(listener: impl Listener, dialer: impl Dialer) -> Self {
        Self { dialer: Box::new(dialer), listener: Box::new(listener) }
    }

    /// One new connection: the client's end and the server's.
    async fn connect(&mut self) -> (BoxConnection, BoxConnection) {
        let (dialed, accepted) = tokio::join!(self.dialer.dial(), self.listener.accept());
        (dialed.expect("the dial succeeds"), accepted.expect("the listener accepts"))
    }
}

/// Runs one check against what `make` makes. Used by [`transport_contract!`](crate::transport_contract).
///
/// # Panics
/// When the transport does not keep the contract.
pub fn run<L, D, C>(make: impl Future<Output = (L, D)>, check: impl FnOnce(Ends) -> C)
where
    L: Listener,
    D: Dialer,
    C: Future<Output = ()>,
{
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let whole = async {
            let (listener, dialer) = make.await;
            check(Ends::new(listener, dialer)).await;
        };
        tokio::time::timeout(CHECK_TIMEOUT, whole).await.expect("the check ends in time");
    });
}

/// A frame that shows its number and whether any byte of it is out of place.
fn frame(number: u64, size: usize) -> Bytes {
    let mut bytes = BytesMut::with_capacity(size + 8);
    bytes.put_u64(number);
    // 251 is prime, so that pieces that change places are noticed.
    bytes.extend((0..size as u64).map(|at| ((at + number) % 251) as u8));
    bytes.truncate(size);
    bytes.freeze()
}

/// Receives one frame and fails on anything else.
async fn receive(connection: &mut BoxConnection) -> Bytes {
    connection.recv().await.expect("a frame and not the end").expect("a frame and not an error")
}

/// Receives until the end, whichever it is, and says whether it came in order.
async fn receive_end(connection: &mut BoxConnection) -> Result<(), TransportError> {
    loop {
        match connection.recv().await {
            None => return Ok(()),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error),
        }
    }
}
