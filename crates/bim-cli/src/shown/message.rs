//! Messages.

use bim::{Message, MessageBody, Uid};
use serde::Serialize;
use serde_json::{Value, json};

use super::escape;

/// What is shown instead of a body that is not known.
const UNKNOWN_BODY: &str = "(a kind of message this version does not know)";

/// A message as JSON, with its exact bytes.
#[derive(Serialize)]
pub(crate) struct MessageRecord<'a> {
    position: Place,
    sender: Sender<'a>,
    priority: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    client_message_id: String,
    accepted_at_ms: u64,
}

#[derive(Serialize)]
struct Place {
    epoch: u64,
    seq: u64,
}

/// A user: a JSON number is the integer flavour.
#[derive(Serialize)]
#[serde(untagged)]
enum Sender<'a> {
    Number(i64),
    Text(&'a str),
}

impl<'a> MessageRecord<'a> {
    pub(crate) fn of(message: &'a Message) -> Self {
        let (kind, text, data) = match &message.body {
            MessageBody::Text(text) => ("text", Some(text.as_ref()), None),
            MessageBody::Custom(data) => ("custom", None, Some(data.as_ref())),
            _ => ("unknown", None, None),
        };
        Self {
            position: Place { epoch: message.position.epoch.0, seq: message.position.seq.0 },
            sender: match &message.sender {
                Uid::Int(number) => Sender::Number(*number),
                Uid::Str(text) => Sender::Text(text),
            },
            priority: message.priority.name(),
            kind,
            text,
            data,
            client_message_id: message.client_message_id.to_string(),
            accepted_at_ms: message.accepted_at.as_millis(),
        }
    }
}

/// A message as it stands, which may not be as it was sent.
pub(crate) fn history_json(message: &Message) -> Value {
    // A record of plain fields has nothing that JSON can not hold.
    let mut value = serde_json::to_value(MessageRecord::of(message)).unwrap_or_default();
    value["type"] = json!("message");
    value["edits"] = json!(message.edits);
    value
}

/// A message on one line.
pub(crate) fn message_line(message: &Message) -> String {
    format!("{}: {}", message.sender, escape(message.body.as_str().unwrap_or(UNKNOWN_BODY)))
}
