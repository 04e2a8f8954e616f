//! What travels and what is stored, seen from outside: exact bytes, round trips, and what a peer may do wrong.

#![expect(clippy::unwrap_used, reason = "the values of these tests are known to be good")]

mod bytes_by_hand;
mod coverage;
mod fixture;
mod golden;
mod hostile;
mod limits;
mod mutations;
mod round_trips;
mod sample;
mod specification;
mod strategies;
mod words;
