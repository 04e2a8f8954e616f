//! The few messages that travel in thousands each second, read and written straight from and to their bytes.
//!
//! The generated code makes strings and buffers of everything first. What is here makes nothing but what is asked for, and
//! gives or writes exactly what the generated code would: its tests hold the one against the other. *What it never does.*
//! It refuses nothing: what it does not know is left to the generated code.

mod block;
mod read;
mod write;

pub(crate) use read::{accepted, live_message, send_request};
pub(crate) use write::{accepted_frame, live_frame, send_frame, stored};

#[cfg(test)]
mod quick_test;
