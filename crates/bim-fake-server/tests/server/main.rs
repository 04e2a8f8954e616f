//! A fake server, seen by clients that speak frames.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod back_end;
mod lives;
mod measures;
mod moderation;
mod network;
mod peer;
mod script;
mod storm;
