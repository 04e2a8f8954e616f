//! What rules do: refuse, cut, hold back.

use std::collections::VecDeque;
use std::time::Duration;

use bim_proto::{ClientFrame, Request};
use bim_types::{ConnectionId, ErrorCode, Now, Refusal};
use bytes::Bytes;

use super::{HELD_MAX, Held, Scripted};
use crate::io::{Input, Output};
use crate::script::journal::{Seen, SeenRequest};
use crate::script::kind::Summary;
use crate::script::pending::Fate;

impl Scripted {
    pub(super) fn refuse(
        &mut self,
        now: Now,
        connection: ConnectionId,
        request: Request,
        seen: SeenRequest,
        refusal: Refusal,
    ) {
        if let Some(link) = self.links.find_mut(connection) {
            link.asked.insert(request.id, (seen, Fate::Leaves));
        }
        self.engine.refuse_by_script(now, connection, request, refusal);
        self.feed(now, Input::Tick);
    }

    pub(super) fn refuse_login(&mut self, now: Now, connection: ConnectionId, refusal: Refusal) {
        self.engine.refuse_login_by_script(now, connection, refusal);
        self.feed(now, Input::Tick);
    }

    /// Ends a connection as a lost path would: nobody is told goodbye, and the engine knows at once.
    pub(super) fn cut(&mut self, now: Now, connection: ConnectionId) {
        self.lose(now, connection);
        self.drain(now);
    }

    /// As [`cut`](Self::cut), while outputs are being seen: the engine knows after them.
    pub(super) fn lose(&mut self, now: Now, connection: ConnectionId) {
        let Some(link) = self.links.find_mut(connection).filter(|link| !link.is_over) else { return };
        link.is_over = true;
        link.is_cut = true;
        self.waiting_frames -= link.uplink.take().map_or(0, |frames| frames.len());
        self.note(now, Some(connection), Seen::Closed);
        self.out.push_back(Output::Close { connection });
        self.after.push_back(Input::Closed { connection });
    }

    pub(super) fn hold_uplink(&mut self, now: Now, connection: ConnectionId, frame: Bytes, by: Duration) {
        if self.is_full() {
            return self.cut(now, connection);
        }
        if let Some(link) = self.links.find_mut(connection) {
            link.uplink = Some(VecDeque::from([frame]));
            self.waiting_frames += 1;
            self.hold(now, by, Held::Uplink(connection));
        }
    }

    /// Holds an answer back. When too much is held already, the connection is cut instead.
    pub(super) fn hold_answer(&mut self, now: Now, connection: ConnectionId, frame: Bytes, by: Duration) {
        if self.is_full() {
            return self.lose(now, connection);
        }
        self.hold(now, by, Held::Answer(connection, frame));
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting_frames + self.held.len() >= HELD_MAX
    }

    fn hold(&mut self, now: Now, by: Duration, what: Held) {
        self.last_held += 1;
        self.held.insert((now.mono + by, self.last_held), what);
    }

    /// Lets go of what was held back long enough.
    pub(super) fn release(&mut self, now: Now) {
        while let Some(first) = self.held.first_entry().filter(|first| first.key().0 <= now.mono) {
            match first.remove() {
                Held::Answer(connection, frame) => {
                    if self.links.is_open(connection) {
                        self.out.push_back(Output::Send { connection, frame });
                    }
                }
                Held::Uplink(connection) => self.release_uplink(now, connection),
            }
        }
    }

    fn release_uplink(&mut self, now: Now, connection: ConnectionId) {
        let Some(mut frames) = self.links.find_mut(connection).and_then(|link| link.uplink.take()) else {
            return;
        };
        self.waiting_frames -= frames.len();
        if let Some(first) = frames.pop_front() {
            self.hear_at_last(now, connection, first);
        }
        for frame in frames {
            self.on_frame(now, connection, frame);
        }
    }

    /// Lets the engine hear what a rule has held back.
    fn hear_at_last(&mut self, now: Now, connection: ConnectionId, frame: Bytes) {
        match ClientFrame::decode(frame.clone()) {
            Ok(ClientFrame::Request(request)) => {
                let summary = Summary::of_request(&request);
                self.pass(now, connection, request, summary, Fate::Leaves, frame);
            }
            Ok(ClientFrame::Hello(hello)) if self.has_expired(connection, &hello.token) => {
                self.refuse_login(now, connection, ErrorCode::ExpiredToken.into());
            }
            Ok(
                ClientFrame::Hello(_) | ClientFrame::Ping(_) | ClientFrame::Pong(_) | ClientFrame::Goodbye(_),
            )
            | Err(_) => self.feed(now, Input::Frame { connection, frame }),
        }
    }
}
