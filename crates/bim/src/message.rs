//! A message that is not sent yet.

use bim_types::{ClientMessageId, MessageBody};

/// A message that is not sent yet, or whose verdict is not known yet.
///
/// Its id is drawn once, when it is made. Sending the same value again is harmless: the server recognises the
/// id and answers with the original position. Made by
/// [`Client::create_text_message`](crate::Client::create_text_message) and its sisters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    pub(crate) client_message_id: ClientMessageId,
    pub(crate) body: MessageBody,
    pub(crate) follows: Option<ClientMessageId>,
}

impl OutgoingMessage {
    /// Says that this message must not overtake `earlier`: when the server has just refused that one, it
    /// refuses this one too, with the same retry time. For senders that have several messages under way.
    #[must_use]
    pub fn follows(mut self, earlier: &Self) -> Self {
        self.follows = Some(earlier.client_message_id);
        self
    }

    /// The id, which the accepted message carries too.
    #[must_use]
    pub fn client_message_id(&self) -> ClientMessageId {
        self.client_message_id
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &MessageBody {
        &self.body
    }
}
