//! Wire ↔ words, one file for each `.proto` file. From words: total. From the wire: checked.

mod common;
mod live;
mod request;
mod session;

pub(crate) use common::{content, message_body, uid};
