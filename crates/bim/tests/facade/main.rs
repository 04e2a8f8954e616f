//! The facade against a scripted server over memory connections.
#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod common;
mod endings;
mod handles;
mod keeping;
mod members;
mod quick_start;
mod reconnect;
