//! What a shell does for the engine: it feeds it, and carries out what it wants.

use std::time::Duration;

use bim_server_core::{Input, Moderated, Output, StoreFailure};
use bim_types::limits::{RESUME_WINDOW, UNWRITABLE_TIMEOUT};
use bim_types::store::OpId;
use bim_types::{ConnectionId, Mono};

use super::{Happening, LinkId, Occasion, World, below};
use crate::step::link::{Desk, Direction};
use crate::step::pipe::Item;
use crate::step::server::{Server, Write};
use crate::step::watch::{Sight, Watcher};

/// How long the last frames of a connection may take. After it the connection is cut.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

impl<W: Watcher> World<W> {
    pub(super) fn on_tick(&mut self, plan: u64) {
        let Some(server) = self.server.as_mut().filter(|server| server.tick.1 == plan) else { return };
        server.tick.0 = None;
        self.input(Input::Tick);
    }

    /// Writes all that waits, as a disk with group commit does.
    pub(super) fn on_commit(&mut self) {
        let Some(server) = &mut self.server else { return };
        server.is_committing = false;
        while let Some(Write { op, ops, refused }) = server.writes.pop_front() {
            let result = if refused {
                Err(StoreFailure::Busy)
            } else if self.config.log.failing || server.log_failed {
                server.log_failed = true;
                Err(StoreFailure::Failed)
            } else {
                match server.log.commit(&ops) {
                    Ok(outcomes) => {
                        self.watcher.see(self.now, Sight::Committed(&ops, &outcomes));
                        Ok(outcomes)
                    }
                    Err(_) => {
                        server.log_failed = true;
                        Err(StoreFailure::Failed)
                    }
                }
            };
            server.results.push_back(Input::Written { op, result });
            let due = self.now + self.weather.up_to(self.config.log.answer);
            server.answered_by = due.max(server.answered_by);
            self.agenda.plan(server.answered_by, Occasion::Written(self.lives));
        }
    }

    pub(super) fn on_loaded(&mut self, op: OpId) {
        let busy = self.is_busy();
        let Some(server) = &mut self.server else { return };
        let Some(query) = server.reads.remove(&op) else { return };
        let result = if busy { Err(StoreFailure::Busy) } else { server.load(query) };
        self.input(Input::Loaded { op, result });
    }

    /// A peer that took nothing for too long is too slow.
    pub(super) fn on_patience(&mut self, id: LinkId) {
        let now = self.now;
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        let waited = |since: Option<Mono>, limit| since.is_some_and(|since| now.since(since) >= limit);
        if waited(desk.blocked_since, UNWRITABLE_TIMEOUT) || waited(desk.replaying_since, RESUME_WINDOW) {
            self.report_slow(id);
        }
    }

    pub(super) fn report_slow(&mut self, id: LinkId) {
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if !std::mem::replace(&mut desk.too_slow, true) && !desk.mailbox.closing {
            self.inbox.push_back(Input::TooSlow { connection: ConnectionId(id.0) });
            self.feed();
        }
    }

    /// The server lets go of a connection; the engine hears of it.
    pub(super) fn let_go(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.desk.take().is_none() {
            return self.forget_if_over(id);
        }
        self.push(id, Direction::Down, Item::End);
        self.forget_if_over(id);
        self.inbox.push_back(Input::Closed { connection: ConnectionId(id.0) });
        self.feed();
    }

    pub(super) fn input(&mut self, input: Input) {
        self.inbox.push_back(input);
        self.feed();
    }

    /// Feeds the engine what waits, and carries out what it wants. Calls itself only through what it carries out, and
    /// then leaves the work to the outermost call.
    pub(super) fn feed(&mut self) {
        while let Some(input) = self.inbox.pop_front() {
            let Some(mut server) = self.server.take() else { return self.inbox.clear() };
            let now = server.clock.now(self.now);
            self.watcher.see(self.now, Sight::Input(now, &input));
            server.engine.handle(now, input);
            while let Some(output) = server.engine.poll_output() {
                self.watcher.see(self.now, Sight::Output(&output));
                self.carry_out(&mut server, output);
            }
            self.plan_tick(&mut server);
            self.server = Some(server);
            for link in std::mem::take(&mut self.touched) {
                self.fill(link);
            }
        }
    }

    pub(super) fn carry_out(&mut self, server: &mut Server, output: Output) {
        match output {
            Output::Ready => server.is_ready = true,
            Output::Send { connection, frame } => {
                self.at(connection, |desk| desk.mailbox.push_control(frame));
            }
            Output::Replay { connection, live } => self.at(connection, |desk| {
                desk.mailbox.push_replay(live);
                false
            }),
            Output::JoinGroup { group, connection } => {
                server.groups.entry(group).or_default().insert(LinkId(connection.0));
            }
            Output::LeaveGroup { group, connection } => {
                if let Some(members) = server.groups.get_mut(&group) {
                    members.remove(&LinkId(connection.0));
                }
                self.at(connection, |desk| {
                    desk.mailbox.forget_group(group);
                    false
                });
            }
            Output::Broadcast(live) => {
                for member in server.groups.get(&live.group).into_iter().flatten() {
                    self.at(ConnectionId(member.0), |desk| desk.mailbox.push_live(live.clone()));
                }
            }
            Output::BroadcastState { group, frame } => {
                for member in server.groups.get(&group).into_iter().flatten() {
                    self.at(ConnectionId(member.0), |desk| desk.mailbox.push_control(frame.clone()));
                }
            }
            Output::Admit { connection } => self.at(connection, |desk| {
                desk.admitted = true;
                false
            }),
            Output::Close { connection } => self.close_desk(connection),
            Output::Write { op, ops } => {
                let refused = server.refused > 0 || self.is_busy();
                server.refused += usize::from(refused);
                server.writes.push_back(Write { op, ops, refused });
                if !std::mem::replace(&mut server.is_committing, true) {
                    let due = self.now + self.weather.up_to(self.config.log.commit);
                    self.agenda.plan(due, Occasion::Commit(self.lives));
                }
            }
            Output::Read { op, query } => {
                server.reads.insert(op, query);
                let due = self.now + self.weather.up_to(self.config.log.answer);
                self.agenda.plan(due, Occasion::Loaded(self.lives, op));
            }
            Output::Moderate { id, message } => self.moderate(id, &message),
            Output::AdminDone { id, result } => self.happened.push_back(Happening::Answered(id, result)),
            Output::Drained => self.happened.push_back(Happening::Drained),
            Output::Review { .. } | Output::Notice(_) => {}
        }
    }

    /// Changes what is kept for a connection; `true` when its queue was too small for it.
    pub(super) fn at(&mut self, connection: ConnectionId, change: impl FnOnce(&mut Desk) -> bool) {
        let id = LinkId(connection.0);
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if change(desk) {
            self.watcher.see(self.now, Sight::Overflowed(connection));
            self.report_slow_later(id);
        }
        let Some(desk) = self.links.get(&id).and_then(|link| link.desk.as_ref()) else { return };
        if !desk.mailbox.has_replay() {
            let (frames, bytes) = desk.mailbox.load();
            self.watcher.see(self.now, Sight::Queued(connection, frames, bytes));
        }
        self.touched.insert(id);
    }

    pub(super) fn report_slow_later(&mut self, id: LinkId) {
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if !std::mem::replace(&mut desk.too_slow, true) && !desk.mailbox.closing {
            self.inbox.push_back(Input::TooSlow { connection: ConnectionId(id.0) });
        }
    }

    pub(super) fn close_desk(&mut self, connection: ConnectionId) {
        let id = LinkId(connection.0);
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        desk.mailbox.closing = true;
        self.touched.insert(id);
        self.agenda.plan(self.now + FAREWELL_TIMEOUT, Occasion::Farewell(id));
    }

    pub(super) fn moderate(&mut self, id: u64, message: &Moderated) {
        let Some(moderator) = &mut self.moderator else { return };
        if let Some((after, verdict)) = moderator(message, &mut self.weather) {
            self.agenda.plan(self.now + after, Occasion::Moderated(self.lives, id, verdict));
        }
    }

    /// Writes what waits for a peer, as far as the link has room.
    pub(super) fn fill(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(desk) = &mut link.desk else { return };
        let mut wrote = false;
        while link.down.has_room() {
            let Some(frame) = desk.mailbox.pop() else { break };
            self.watcher.see(self.now, Sight::Wrote(ConnectionId(id.0), &frame));
            link.down.push(self.now, Item::Frame(frame), &mut self.network);
            wrote = true;
        }
        let (empty, replaying) = (desk.mailbox.is_empty(), desk.mailbox.has_replay());
        if empty && desk.mailbox.closing {
            self.plan_arrival(id, Direction::Down);
            return self.let_go(id);
        }
        if wrote || empty {
            desk.blocked_since = None;
        }
        if !empty && desk.blocked_since.is_none() {
            desk.blocked_since = Some(self.now);
            self.agenda.plan(self.now + UNWRITABLE_TIMEOUT, Occasion::Patience(id));
        }
        match (replaying, desk.replaying_since) {
            (true, None) => {
                desk.replaying_since = Some(self.now);
                self.agenda.plan(self.now + RESUME_WINDOW, Occasion::Patience(id));
            }
            (false, Some(_)) => desk.replaying_since = None,
            _ => {}
        }
        self.plan_arrival(id, Direction::Down);
    }

    pub(super) fn plan_tick(&mut self, server: &mut Server) {
        let Some(deadline) = server.engine.next_deadline() else { return };
        if server.tick.0.is_some_and(|planned| planned <= deadline) {
            return;
        }
        let due = server.clock.when(deadline).max(self.now) + self.weather.up_to(self.config.timer_lateness);
        server.tick = (Some(deadline), server.tick.1 + 1);
        self.agenda.plan(due, Occasion::Tick(server.tick.1));
    }

    pub(super) fn is_busy(&mut self) -> bool {
        let per_mille = self.config.log.busy_per_mille as usize;
        per_mille > 0 && below(&mut self.weather, 1_000) < per_mille
    }
}
