//! Wire ↔ words. From words: total. From the wire: checked.
//!
//! One file for each part of the protocol: `session`, `request` and `response` hold the envelopes, the others
//! what is in them.

mod attribute;
mod common;
mod event;
mod live;
mod measure;
mod member;
mod message;
mod period;
mod request;
mod response;
mod session;

pub(crate) use attribute::attributes;
pub(crate) use common::{client_message_id, content, message_body, priority, uid, uids};
pub(crate) use measure::mute_all;
pub(crate) use message::Change;
pub(crate) use period::{millis, seconds};
