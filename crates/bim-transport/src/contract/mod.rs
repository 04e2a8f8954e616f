//! What every transport keeps, as checks that any transport can run.
//!
//! A transport proves itself with one line in its tests. The factory makes a listener and a dialer to it,
//! of any types (boxed ones included), with a frame limit of [`FRAME_LIMIT`] bytes both ways. Every check
//! becomes a test of its own, runs on a fresh single-threaded tokio runtime, and ends within
//! [`CHECK_TIMEOUT`].
//!
//! ```
//! use bim_transport::{memory, transport_contract};
//!
//! transport_contract!(memory_hub, || async { memory::hub("contract", memory::MemoryConfig::default()) });
//! # fn main() {}
//! ```

mod delivery;
mod endings;
mod limits;
mod pressure;

use std::{future::Future, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};

pub use delivery::*;
pub use endings::*;
pub use limits::*;
pub use pressure::*;

use crate::{BoxConnection, ConnectionExt, Dialer, Listener, TransportError};

/// The frame limit that the transport under test has, in bytes (256 KiB).
pub const FRAME_LIMIT: usize = crate::FRAME_BYTES_MAX;

/// Longest time one check may take.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(60);

/// Emits one test for each check of the contract, in a module of the given name. See the
/// [module](crate::contract).
#[macro_export]
macro_rules! transport_contract {
    ($name:ident, $make:expr) => {
        mod $name {
            use super::*;

            $crate::transport_contract! { @checks $make;
                frames_arrive_whole_and_in_order_both_ways,
                an_empty_frame_is_a_frame,
                the_server_may_speak_first,
                a_flushed_frame_arrives_without_another_call,
                ten_thousand_small_frames_arrive,
                a_cancelled_recv_loses_nothing,
                many_connections_are_independent,
                a_cancelled_accept_loses_no_connection,
                the_largest_frame_arrives,
                a_frame_over_the_limit_is_refused_and_the_connection_stays_usable,
                an_oversized_frame_of_the_peer_is_an_error,
                a_raised_frame_limit_counts_from_then_on,
                a_writer_waits_for_a_reader_that_does_not_read,
                both_directions_flow_under_pressure,
                frames_sent_right_before_close_arrive,
                a_close_in_order_is_seen_as_the_end,
                both_ends_may_close_at_once,
                a_closed_connection_sends_no_more,
                a_dropped_peer_is_seen_as_an_end,
                a_writer_learns_of_a_dropped_peer,
                a_closed_listener_accepts_and_admits_nobody,
                a_connection_outlives_its_listener_and_its_dialer,
            }
        }
    };
    (@checks $make:expr; $($check:ident),* $(,)?) => {
        $(
            #[test]
            fn $check() {
                $crate::contract::run(($make)(), $crate::contract::$check);
            }
        )*
    };
}

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
