//! What a script reads: lines of text, or of JSON.

use std::io::{self, Write};

use bim::{Conversation, ErrorCode, Message};
use serde::Serialize;

use crate::shown::{MessageRecord, escape, message_line};

/// Writes lines. Nothing is seen until [`Self::flush`].
#[derive(Debug)]
pub(super) struct Printer<W> {
    out: W,
    json: bool,
    waiting: bool,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(out: W, json: bool) -> Self {
        Self { out, json, waiting: false }
    }

    /// Whether something was written that nobody has seen.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.waiting = false;
        self.out.flush()
    }

    /// The room was joined.
    pub(super) fn joined(&mut self, room: &Conversation) -> io::Result<()> {
        let (group, name, online) = (room.conversation_short_id.value(), &room.info.name, room.online_count);
        self.json(&Record::Joined { group, name, online })
    }

    /// Somebody's message.
    pub(super) fn message(&mut self, message: &Message) -> io::Result<()> {
        if self.json {
            return self.json(&Record::Message(MessageRecord::of(message)));
        }
        self.line(message_line(message).into_bytes())
    }

    /// An own line has its position.
    pub(super) fn accepted(&mut self, line: u64, message: &Message) -> io::Result<()> {
        if self.json {
            return self.json(&Record::Accepted { line, message: MessageRecord::of(message) });
        }
        let text = message.body.as_str().unwrap_or_default();
        self.line(format!("accepted {} {}", message.position.seq, escape(text)).into_bytes())
    }

    /// An own line was refused: for now, with a retry time perhaps, or for good.
    pub(super) fn refused(
        &mut self,
        line: u64,
        code: ErrorCode,
        reason: &str,
        retry_after_ms: Option<u64>,
        r#final: bool,
    ) -> io::Result<()> {
        let (code, name) = (code.number(), code.name());
        self.json(&Record::Refused { line, code, name, reason, retry_after_ms, r#final })
    }

    /// These numbers can not be had any more.
    pub(super) fn gap(&mut self, from: u64, to: u64) -> io::Result<()> {
        self.json(&Record::Gap { from, to })
    }

    /// The room's log began anew.
    pub(super) fn discontinuity(&mut self, reason: &str) -> io::Result<()> {
        self.json(&Record::Discontinuity { reason })
    }

    /// The connection changed.
    pub(super) fn status(&mut self, status: &str, detail: &str) -> io::Result<()> {
        self.json(&Record::Status { status, detail })
    }

    fn json(&mut self, record: &Record<'_>) -> io::Result<()> {
        if self.json { self.line(serde_json::to_vec(record)?) } else { Ok(()) }
    }

    fn line(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        self.waiting = true;
        self.out.write_all(&line)
    }
}

/// One line of JSON.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Record<'a> {
    Joined {
        group: i64,
        name: &'a str,
        online: u64,
    },
    Message(MessageRecord<'a>),
    Accepted {
        line: u64,
        #[serde(flatten)]
        message: MessageRecord<'a>,
    },
    Refused {
        line: u64,
        code: i32,
        name: &'static str,
        reason: &'a str,
        retry_after_ms: Option<u64>,
        r#final: bool,
    },
    Gap {
        from: u64,
        to: u64,
    },
    Discontinuity {
        reason: &'a str,
    },
    Status {
        status: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        detail: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use bim::{ClientMessageId, ConversationShortId, Epoch, MessageBody, Position, Priority, Seq, Uid, Wall};

    use serde_json::{Value, json};

    use super::*;

    fn message(text: &str) -> Message {
        Message {
            conversation_short_id: ConversationShortId::new(5).unwrap(),
            position: Position { epoch: Epoch(7), seq: Seq(42) },
            client_message_id: ClientMessageId::new(1),
            sender: Uid::string("alice").unwrap(),
            priority: Priority::Normal,
            accepted_at: Wall::from_millis(9),
            edits: 0,
            body: MessageBody::Text(text.into()),
        }
    }

    fn printed(json: bool, print: impl FnOnce(&mut Printer<Vec<u8>>) -> io::Result<()>) -> String {
        let mut printer = Printer::new(Vec::new(), json);
        print(&mut printer).unwrap();
        String::from_utf8(printer.out).unwrap()
    }

    #[test]
    fn text_is_one_line_for_each_message_whatever_it_holds() {
        let lines = printed(false, |printer| printer.message(&message("שלום\t群\r\n\u{1b}[2J")));
        assert_eq!(lines, "alice: שלום\t群\\r\\n\\u{1b}[2J\n");
        let lines = printed(false, |printer| printer.accepted(3, &message("hello")));
        assert_eq!(lines, "accepted 42 hello\n");
    }

    #[test]
    fn json_holds_exact_bytes() {
        let line = printed(true, |printer| printer.message(&message("a\r\u{1b}👩\u{200D}🚀")));
        assert_eq!(line.matches('\n').count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            value,
            json!({
                "type": "message", "position": { "epoch": 7, "seq": 42 }, "sender": "alice",
                "priority": "normal", "kind": "text", "text": "a\r\u{1b}👩\u{200D}🚀",
                "client_message_id": "00000000000000000000000000000001", "accepted_at_ms": 9,
            })
        );
    }

    #[test]
    fn what_is_neither_a_message_nor_a_verdict_is_only_in_json() {
        assert_eq!(printed(false, |printer| printer.gap(1, 2)), "");
        assert_eq!(printed(true, |printer| printer.gap(1, 2)), "{\"type\":\"gap\",\"from\":1,\"to\":2}\n");
    }
}
