//! The verdict on a resume (L5), recomputed from the log, the window and the time: replayed whole, or a discontinuity
//! with its true reason; no third outcome.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_proto::{ClientFrame, Joined, LiveChanged, RequestBody, RequestId, ResponseBody, ServerFrame};
use bim_server_core::queue::LiveFrame;
use bim_server_core::{EngineConfig, Input, Loaded, LogQuery, Output};
use bim_types::store::{OpId, StreamId};
use bim_types::{
    AppId, ConnectionId, ConversationShortId, Cursor, DiscontinuityReason, GroupKey, Mono, Now, PerPriority,
    Priority, ResumeVerdict, Seq,
};

use super::order::says_the_same;
use super::{Check, Context};
use crate::ledger::Ledger;
use crate::sight::Sight;

/// Bytes by which a frame may be larger than what was accepted: it may say more since, and says more about itself.
const CHANGE_BYTES: usize = 2_000;

/// The version of a message that is gone.
const GONE: u32 = u32::MAX;

/// Holds verdicts on resumes against what could be replayed.
#[derive(Debug)]
pub(super) struct Resume {
    window: Duration,
    messages: u64,
    bytes: usize,
    now: Now,
    rooms: BTreeMap<StreamId, Room>,
    reads: BTreeMap<OpId, StreamId>,
    apps: BTreeMap<ConnectionId, AppId>,
    asked: BTreeMap<(ConnectionId, RequestId), (ConversationShortId, Option<Cursor>)>,
    replay: Option<Replay>,
}

/// What a server can replay of a group.
#[derive(Debug, Default)]
struct Room {
    loading: bool,
    /// The last number that its viewers were told, or that it began with.
    head: Seq,
    /// Numbers up to this one were out of reach when the room was read.
    floor: Seq,
    /// Since when each later one is known, and how many bytes it takes at most.
    known: VecDeque<(Seq, Mono, usize)>,
    /// The version of messages that were changed, as viewers were told; the last of all when it is gone.
    told: BTreeMap<Seq, u32>,
}

/// What has to be replayed now.
#[derive(Debug)]
struct Replay {
    stream: StreamId,
    connection: ConnectionId,
    missed: VecDeque<(Seq, Priority)>,
    left_out: PerPriority<u64>,
}

impl Resume {
    pub(super) fn new(config: &EngineConfig) -> Self {
        Self {
            window: config.resume_window,
            messages: config.room_buffer_messages as u64,
            bytes: config.room_buffer_bytes,
            now: Now::default(),
            rooms: BTreeMap::new(),
            reads: BTreeMap::new(),
            apps: BTreeMap::new(),
            asked: BTreeMap::new(),
            replay: None,
        }
    }
}

impl Check for Resume {
    fn name(&self) -> &'static str {
        "resume"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Input(now, input) => {
                self.replayed()?;
                self.now = *now;
                self.on_input(context, input);
            }
            Sight::In(connection, ClientFrame::Hello(hello)) => {
                self.apps.insert(*connection, hello.app);
            }
            Sight::In(connection, ClientFrame::Request(request)) => {
                if let Ok(RequestBody::JoinLiveGroup(join)) = &request.body {
                    self.asked.insert((*connection, request.id), (join.group, join.resume));
                }
            }
            Sight::Output(output) => return self.on_output(context, output),
            Sight::Out(connection, ServerFrame::Response(response)) => {
                let Some((group, cursor)) = self.asked.remove(&(*connection, response.id)) else {
                    return Ok(());
                };
                if let Ok(ResponseBody::JoinedLiveGroup(joined)) = &response.body {
                    let Some(app) = self.apps.get(connection) else {
                        return Err("a stranger is let in".into());
                    };
                    let stream = StreamId::LiveGroup(*app, group);
                    return self.on_joined(context, *connection, stream, cursor, joined);
                }
            }
            Sight::ToGroup(key, ServerFrame::LiveChange(change)) => {
                let stream = StreamId::LiveGroup(key.app, key.group);
                if let Some(room) = self.rooms.get_mut(&stream) {
                    match &change.what {
                        LiveChanged::Updated(message) => {
                            room.told.insert(message.position.seq, message.edits)
                        }
                        LiveChanged::Deleted { position, .. } => room.told.insert(position.seq, GONE),
                    };
                }
            }
            Sight::Crashed => {
                self.rooms.clear();
                self.reads.clear();
                self.asked.clear();
                self.apps.clear();
                self.replay = None;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Resume {
    fn on_input(&mut self, context: &Context<'_>, input: &Input) {
        let Input::Loaded { op, result } = input else { return };
        let Some(stream) = self.reads.remove(op) else { return };
        let Some(room) = self.rooms.get_mut(&stream) else { return };
        match result {
            Ok(Loaded::Room(_, head)) => {
                let first = head.first.0.saturating_sub(1);
                room.head = head.last;
                room.floor = Seq(head.last.0.saturating_sub(self.messages).max(first));
                room.loading = room.floor < room.head;
            }
            Ok(Loaded::Messages(records)) if room.loading => {
                for record in records {
                    let is_message =
                        context.ledger.entry(stream, record.seq).is_some_and(|entry| entry.message.is_some());
                    if record.seq > room.reached().next() {
                        room.begin_after(Seq(record.seq.0 - 1));
                    }
                    if self.now.wall.since(record.at) > self.window || !is_message {
                        room.begin_after(record.seq);
                    } else {
                        let bytes = record.record.len() + CHANGE_BYTES;
                        room.known.push_back((record.seq, self.now.mono, bytes));
                    }
                }
                if records.is_empty() {
                    room.begin_after(room.head);
                }
                room.loading = room.reached() < room.head;
            }
            _ => {}
        }
    }

    fn on_output(&mut self, context: &Context<'_>, output: &Output) -> Result<(), String> {
        match output {
            Output::Replay { connection, live } => self.on_replay(context, *connection, live),
            Output::Read { op, query: LogQuery::Room { stream, .. } } => {
                self.rooms.insert(*stream, Room { loading: true, ..Room::default() });
                self.reads.insert(*op, *stream);
                Ok(())
            }
            Output::Read { op, query: LogQuery::Messages { stream, .. } } => {
                if self.rooms.get(stream).is_some_and(|room| room.loading) {
                    self.reads.insert(*op, *stream);
                }
                Ok(())
            }
            Output::Broadcast(live) => {
                self.on_broadcast(live);
                self.replayed()
            }
            _ => self.replayed(),
        }
    }

    fn on_broadcast(&mut self, live: &LiveFrame) {
        let GroupKey { app, group } = live.group;
        let Some(room) = self.rooms.get_mut(&StreamId::LiveGroup(app, group)) else { return };
        room.loading = false;
        room.head = room.head.max(live.seq);
        room.known.push_back((live.seq, self.now.mono, live.frame.len() + CHANGE_BYTES));
        while room.known.len() as u64 > self.messages + 1 {
            room.known.pop_front();
        }
    }

    fn on_joined(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        stream: StreamId,
        asked: Option<Cursor>,
        joined: &Joined,
    ) -> Result<(), String> {
        self.replayed()?;
        let Some(room) = self.rooms.get_mut(&stream) else {
            return Err(format!("{stream:?} is entered and was never read"));
        };
        room.loading = false;
        let here = PerPriority::splat(room.head);
        let Joined { cursor, verdict, .. } = joined;
        match (asked, verdict) {
            (None, ResumeVerdict::Fresh) => stands(cursor, here),
            (None, verdict) => Err(format!("{verdict:?} for a join without a cursor")),
            (Some(_), ResumeVerdict::Fresh) => Err("a join with a cursor is taken for a first one".into()),
            (Some(asked), ResumeVerdict::Resumed { left_out }) => {
                self.on_resumed(context, connection, stream, &asked, cursor, left_out)
            }
            (Some(asked), ResumeVerdict::Discontinuity(reason)) => {
                stands(cursor, here)?;
                self.justifies(context, stream, &asked, cursor, *reason)
            }
        }
    }

    /// Everything that was missed can be replayed, and is from here on.
    fn on_resumed(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        stream: StreamId,
        asked: &Cursor,
        cursor: &Cursor,
        left_out: &PerPriority<u64>,
    ) -> Result<(), String> {
        let Some(room) = self.rooms.get(&stream) else { return Ok(()) };
        if cursor.epoch != asked.epoch {
            return Err(format!("{asked:?} is continued in another epoch"));
        }
        if left_out.high > 0 {
            return Err(format!("{} high are left out of a resume", left_out.high));
        }
        if Priority::ALL.into_iter().any(|class| asked.seqs[class] > room.head) {
            return Err(format!("{asked:?} is continued, and is ahead of {}", room.head));
        }
        let missed = context.ledger.between(stream, asked.lowest(), room.head).filter_map(|(seq, entry)| {
            let class = entry.class()?;
            (seq > asked.seqs[class]).then_some((seq, class))
        });
        let missed: VecDeque<_> = missed.collect();
        if let Some((seq, _)) = missed.front() {
            let since = room.known.iter().find(|(known, ..)| known == seq).map(|(_, since, _)| *since);
            let reach = Seq(room.head.0.saturating_sub(self.messages));
            let is_old = since.is_none_or(|since| self.now.mono.since(since) > self.window);
            let is_long = least_bytes(context.ledger, stream, *seq, room.head) > self.bytes;
            if *seq <= room.floor || *seq <= reach || is_old || is_long {
                return Err(format!(
                    "{asked:?} is continued, and {seq} is beyond the window: {since:?}, {reach}"
                ));
            }
        }
        for class in Priority::ALL {
            let expected = if left_out[class] > 0 { cursor.seqs[class] } else { asked.seqs[class] };
            if cursor.seqs[class] != expected {
                return Err(format!("{asked:?} is continued at {cursor:?}"));
            }
        }
        self.replay = Some(Replay { stream, connection, missed, left_out: *left_out });
        Ok(())
    }

    fn on_replay(
        &mut self,
        context: &Context<'_>,
        connection: ConnectionId,
        live: &LiveFrame,
    ) -> Result<(), String> {
        let seq = live.seq;
        let Some(replay) = self.replay.as_mut().filter(|replay| replay.connection == connection) else {
            return Err(format!("{seq} is replayed to who did not resume"));
        };
        loop {
            match replay.missed.pop_front() {
                Some((next, class)) if next == seq && class == live.priority => break,
                Some((next, class))
                    if next < seq && class != Priority::High && replay.left_out[class] > 0 =>
                {
                    replay.left_out[class] -= 1;
                }
                next => {
                    return Err(format!("{} {seq} is replayed, and next is {next:?}", live.priority.name()));
                }
            }
        }
        let stream = replay.stream;
        let frame = ServerFrame::decode(live.frame.clone()).map_err(|error| error.to_string())?;
        let position = match &frame {
            ServerFrame::LiveMessage(push) => push.message.position,
            ServerFrame::LiveChange(change) => change.position,
            _ => return Err(format!("{seq} is replayed as something else")),
        };
        if position.seq != seq {
            return Err(format!("{seq} is replayed as {position}"));
        }
        if let ServerFrame::LiveMessage(push) = &frame {
            let told =
                self.rooms.get(&stream).and_then(|room| room.told.get(&seq)).copied().unwrap_or_default();
            if told == GONE && !push.hidden || told != GONE && push.message.edits < told {
                return Err(format!("{seq} is replayed as it was in version {}", push.message.edits));
            }
        }
        let entry = context.ledger.entry(stream, seq).ok_or("replayed, and not in the log")?;
        says_the_same(context.ledger, stream, entry, position, &frame)
    }

    /// All that had to be replayed was.
    fn replayed(&mut self) -> Result<(), String> {
        let Some(Replay { missed, mut left_out, connection, .. }) = self.replay.take() else { return Ok(()) };
        for (seq, class) in missed {
            if class == Priority::High || left_out[class] == 0 {
                let name = class.name();
                return Err(format!(
                    "{connection:?} resumes, and {name} {seq} is neither replayed nor left out"
                ));
            }
            left_out[class] -= 1;
        }
        match left_out.total() {
            0 => Ok(()),
            _ => {
                Err(format!("{connection:?} resumes, and more is said to be left out than was: {left_out:?}"))
            }
        }
    }

    /// A resume is cut off for this reason.
    fn justifies(
        &self,
        context: &Context<'_>,
        stream: StreamId,
        asked: &Cursor,
        cursor: &Cursor,
        reason: DiscontinuityReason,
    ) -> Result<(), String> {
        let Some(room) = self.rooms.get(&stream) else { return Ok(()) };
        let is_ahead = Priority::ALL.into_iter().any(|class| asked.seqs[class] > room.head);
        let is_true = match reason {
            DiscontinuityReason::NewEpoch => asked.epoch != cursor.epoch,
            DiscontinuityReason::CursorAhead => asked.epoch == cursor.epoch && is_ahead,
            DiscontinuityReason::BeyondWindow => {
                asked.epoch == cursor.epoch
                    && !is_ahead
                    && self.is_beyond_window(context, stream, room, asked)
            }
            _ => false,
        };
        if is_true {
            return Ok(());
        }
        Err(format!("{reason:?} is said of {asked:?}, and is not so: the room is at {}", room.head))
    }

    fn is_beyond_window(&self, context: &Context<'_>, stream: StreamId, room: &Room, asked: &Cursor) -> bool {
        if Priority::ALL.into_iter().any(|class| asked.seqs[class] < room.floor) {
            return true;
        }
        let reach = Seq(room.head.0.saturating_sub(self.messages));
        let mut bytes = 0_usize;
        let mut is_out = |known: &(Seq, Mono, usize)| {
            bytes += known.2;
            known.0 <= reach || self.now.mono.since(known.1) > self.window || bytes > self.bytes
        };
        // What is out of reach takes everything before it along.
        let out = room.known.iter().rev().find(|known| is_out(known)).map(|known| known.0);
        let Some(out) = out.max(Some(reach)).filter(|out| *out > Seq::ZERO) else { return false };
        let mut missed = context.ledger.between(stream, asked.lowest(), out);
        missed.any(|(seq, entry)| entry.class().is_some_and(|class| seq > asked.seqs[class]))
    }
}

impl Room {
    /// How far it was read.
    fn reached(&self) -> Seq {
        self.known.back().map_or(self.floor, |(seq, ..)| *seq)
    }

    /// Everything up to here is out of reach.
    fn begin_after(&mut self, floor: Seq) {
        self.known.clear();
        self.floor = floor;
    }
}

/// Bytes that messages from one number up to another take in any case.
fn least_bytes(ledger: &Ledger, stream: StreamId, from: Seq, to: Seq) -> usize {
    let entries = ledger.between(stream, Seq(from.0.saturating_sub(1)), to);
    entries
        .filter(|(_, entry)| entry.bodies.len() == 1)
        .filter_map(|(_, entry)| entry.bodies.last())
        .map(|body| body.len())
        .sum()
}

fn stands(cursor: &Cursor, here: PerPriority<Seq>) -> Result<(), String> {
    if cursor.seqs == here {
        Ok(())
    } else {
        Err(format!("a join begins at {cursor:?}, and the group is at {here:?}"))
    }
}
