//! What a script does with what it hears.

use std::io;
use std::time::Instant;

use bim::{ConnectEvent, ConnectStatus, Continuity, DisconnectReason, Discontinuity, DiscontinuityReason};
use bim::{Error, HistoryPage, LiveEvent, Message};

use super::sequence::{Placed, Range};
use super::{End, Heard, Script};
use crate::chat::room;
use crate::error::CliError;

/// What a message weighs beside its body, in bytes, roughly.
const MESSAGE_OVERHEAD_BYTES: usize = 256;

impl Script {
    pub(super) fn on_event(&mut self, event: Option<LiveEvent>) -> Result<(), End> {
        let group = self.room.group;
        match event {
            Some(LiveEvent::Received(message)) if message.conversation_short_id == group => {
                self.sequence.heard(placed_at(message.position.seq.0, Heard::Message(message)));
            }
            Some(LiveEvent::LeftOut(gap)) if gap.conversation_short_id == group => {
                self.sequence.left_out(gap.from.0, gap.to.0);
            }
            Some(LiveEvent::Discontinuity(discontinuity)) if discontinuity.group == group => {
                self.on_discontinuity(&discontinuity)?;
            }
            Some(LiveEvent::Lagged { .. }) => self.sequence.lost_count(),
            Some(LiveEvent::Left { group: which, reason }) if which == group => {
                self.end_badly(room::left(group, reason));
            }
            Some(_) => {}
            None => return Err(CliError::failed("the session is over").into()),
        }
        Ok(())
    }

    pub(super) fn on_status(&mut self, event: Option<ConnectEvent>) -> Result<(), End> {
        let status = match event {
            Some(ConnectEvent::Status(status)) => status,
            Some(ConnectEvent::TokenInvalid(code)) => {
                if self.token_refused.replace(code) != Some(code) {
                    self.note(&format!("the server does not accept the token: {code}"));
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        if let Some(error) = room::session_over(&status) {
            self.printer.flush()?;
            return Err(error.into());
        }
        let (name, detail) = words(&status);
        if matches!(status, ConnectStatus::Connected(_)) {
            self.token_refused = None;
        }
        match status {
            ConnectStatus::Connected(_) if self.lost_since.take().is_some() => self.note("connected again"),
            ConnectStatus::Disconnected(_) if self.lost_since.is_none() => {
                self.lost_since = Some(Instant::now());
                self.note("the connection is lost; trying again");
            }
            _ => {}
        }
        Ok(self.printer.status(name, detail)?)
    }

    pub(super) fn on_page(&mut self, range: Range, page: Result<HistoryPage, Error>) -> io::Result<()> {
        match page {
            Ok(HistoryPage { list, next_seq, has_more }) => {
                let reached = has_more.then(|| next_seq.0.saturating_sub(1).max(range.from));
                let heard = |message: Message| placed_at(message.position.seq.0, self.heard(message));
                let heard = list.into_iter().map(heard).collect();
                self.sequence.page(range, heard, reached);
            }
            Err(error) if error.is_retryable() => {}
            Err(_) => self.sequence.give_up(range),
        }
        Ok(())
    }

    /// Nothing more is sent; what is under way still gets its verdict.
    pub(super) fn end_badly(&mut self, error: CliError) {
        self.input_open = false;
        self.input.close();
        self.outbox.drop_unsent();
        self.failure.get_or_insert(error);
    }

    fn on_discontinuity(&mut self, discontinuity: &Discontinuity) -> io::Result<()> {
        let Discontinuity { reason, to, .. } = discontinuity;
        match reason {
            // The room's buffer does not reach back so far, but the history may.
            DiscontinuityReason::BeyondWindow => {
                let newest = to.seqs.low.max(to.seqs.normal).max(to.seqs.high);
                self.sequence.left_out(newest.0, newest.0);
                Ok(())
            }
            _ => {
                self.sequence.restart();
                self.write_heard()?;
                self.note("the live group's log began anew; what was missed can not be had");
                self.printer.discontinuity(match reason {
                    DiscontinuityReason::NewEpoch => "new_epoch",
                    DiscontinuityReason::CursorAhead => "cursor_ahead",
                    _ => "unknown",
                })
            }
        }
    }

    fn heard(&self, message: Message) -> Heard {
        if self.outbox.holds(message.client_message_id) { Heard::OwnPending } else { Heard::Message(message) }
    }
}

/// Gives something heard its place.
pub(super) fn placed_at(seq: u64, heard: Heard) -> Placed<Heard> {
    let bytes = match &heard {
        Heard::Message(message) | Heard::Accepted { message, .. } => message.body.len(),
        Heard::OwnPending => 0,
    };
    Placed { seq, bytes: bytes + MESSAGE_OVERHEAD_BYTES, item: heard }
}

fn words(status: &ConnectStatus) -> (&'static str, &'static str) {
    match status {
        ConnectStatus::Connecting => ("connecting", ""),
        ConnectStatus::Connected(Continuity::Fresh) => ("connected", "fresh"),
        ConnectStatus::Connected(Continuity::Resumed) => ("connected", "resumed"),
        ConnectStatus::Connected(_) => ("connected", "discontinuous"),
        ConnectStatus::Disconnected(DisconnectReason::Lost { .. }) => ("disconnected", "lost"),
        _ => ("disconnected", ""),
    }
}
