//! The targets, one module each, with one function `target` that takes any bytes.

pub mod client_machine;
pub mod config;
pub mod fanout_queue;
pub mod frame;
pub mod server_engine;
pub mod stored;
pub mod token;
pub mod wire;
