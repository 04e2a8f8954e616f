//! The values of the golden fixtures, in words.

mod measure;
mod push;
mod request;
mod response;
mod session;
mod stored;
mod values;

use bim_proto::DecodeError;

use crate::words::{Family, Words};

/// Every fixture by name, with the value it holds.
pub(crate) fn all() -> Vec<(&'static str, Words)> {
    let mut all = session::all();
    let requests = request::all().into_iter().chain(measure::requests());
    let pushes = push::all().into_iter().chain(measure::events());
    all.extend(requests.map(|(name, words)| (name, Words::Client(words))));
    all.extend(response::all().into_iter().map(|(name, words)| (name, Words::Server(words))));
    all.extend(pushes.map(|(name, words)| (name, Words::Server(words))));
    all.extend(stored::all());
    all
}

/// Fixtures of frames that were specified, and that no server ever sent, before changes of messages had places
/// of their own in the log. A client drops such a frame.
pub(crate) fn not_read_any_more() -> [(&'static str, Family, DecodeError); 2] {
    let without = |field| DecodeError::Field { field };
    [
        ("live_message_updated", Family::Server, without("LiveMessageUpdated.position")),
        ("live_message_deleted", Family::Server, without("LiveMessageDeleted.removal")),
    ]
}
