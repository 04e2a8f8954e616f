//! All live groups as they should be, and what is under way.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::{StoredLiveAttributes, StoredLiveGroup, StoredLiveRoll, StoredTaps};
use bim_proto::{ClientFrame, RequestId, ServerFrame};
use bim_server_core::{EngineConfig, Input, Loaded, LogQuery, Output, StoreFailure};
use bim_types::store::{AppendOutcome, IdempotencyKey, LogOp, LogOutcome, OpId, RecordKey, StreamId};
use bim_types::{AttributesChanged, ConnectionId, GroupEvent, GroupKey, Mono, Now, Seq, Uid, Wall};
use bytes::Bytes;

use super::people::{People, Person};
use super::pulse::Pulse;
use super::rights::Policy;
use super::room::Room;
use super::writes::Flight;
use super::{Verdict, wrong};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::sight::Sight;
use crate::stage::uid_of;

/// All live groups as they should be, and what is under way.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) policy: Policy,
    pub(super) config: EngineConfig,
    /// The clocks of the server in the step that is being seen.
    pub(super) now: Now,
    pub(super) people: People,
    pub(super) rooms: BTreeMap<GroupKey, Room>,
    pub(super) pulses: BTreeMap<GroupKey, Pulse>,
    pub(super) flights: BTreeMap<OpId, Flight>,
    reads: BTreeMap<OpId, GroupKey>,
    pub(super) step: Step,
    /// The disk has failed in this life of the server.
    pub(super) store_failed: bool,
    /// The server is being stopped.
    pub(super) is_closing: bool,
    /// When the disk had no room for a write or a read.
    pub(super) busy_at: Option<Mono>,
    /// What the durable taps of each group come to, and which batches they are.
    pub(super) taps: BTreeMap<GroupKey, BTreeMap<String, u64>>,
    batches: BTreeMap<StreamId, BTreeSet<(Uid, u128, u128)>>,
    /// The last message of each group that was announced.
    pub(super) heads: BTreeMap<GroupKey, Seq>,
    /// Who is out of which group, and what the group was told since.
    pub(super) banned: BTreeMap<ConnectionId, BTreeMap<GroupKey, Vec<Bytes>>>,
}

/// What has to be told before the server's step is over.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) is_tick: bool,
    /// The connection that is gone.
    pub(super) closed: Option<ConnectionId>,
    pub(super) due: BTreeMap<GroupKey, Due>,
    /// Who left what in this step, and for what.
    pub(super) left: BTreeSet<(ConnectionId, GroupKey)>,
    /// Groups that ended in this step, with what they were.
    pub(super) dissolved: BTreeMap<GroupKey, Room>,
}

/// What one group has to be told before the step is over.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub(super) events: std::collections::VecDeque<GroupEvent>,
    pub(super) state: bool,
    pub(super) attributes: Option<AttributesChanged>,
    /// To whom their own record.
    pub(super) records: BTreeSet<ConnectionId>,
    /// Who has to be out.
    pub(super) removed: BTreeSet<Uid>,
    /// Whom it is answered. It may be another who asked for what comes to the same.
    pub(super) answer: Option<(ConnectionId, RequestId)>,
    /// Who asked for the same.
    pub(super) twins: Vec<(Person, RequestId)>,
    /// The version, and for whom it was not done.
    pub(super) measured: Option<(u64, Vec<(Uid, bim_types::ErrorCode)>)>,
    /// What came of writes to attributes.
    pub(super) written: Option<super::board::Outcome>,
}

impl Hall {
    pub(super) fn new(plan: &Plan) -> Self {
        let servers = plan.cast.iter().filter(|role| role.app_server).map(|role| uid_of(role.user)).collect();
        let config = plan.world.engine.clone();
        let policy = Policy {
            members_may_send_high: config.members_may_send_high,
            members_may_set_attributes: config.members_may_set_attributes,
        };
        Self {
            policy,
            config,
            now: Now { mono: Mono::ZERO, wall: Wall::from_millis(0) },
            people: People::new(servers),
            rooms: BTreeMap::new(),
            pulses: BTreeMap::new(),
            flights: BTreeMap::new(),
            reads: BTreeMap::new(),
            step: Step::default(),
            store_failed: false,
            is_closing: false,
            busy_at: None,
            taps: BTreeMap::new(),
            batches: BTreeMap::new(),
            heads: BTreeMap::new(),
            banned: BTreeMap::new(),
        }
    }

    pub(super) fn see(&mut self, ledger: &Ledger, sight: &Sight<'_>) -> Verdict {
        match sight {
            Sight::Crashed => {
                self.on_crash();
                Ok(())
            }
            Sight::Input(now, input) => {
                self.settle()?;
                self.now = *now;
                self.on_input(ledger, input)
            }
            Sight::In(connection, frame) => {
                self.on_frame(*connection, frame);
                Ok(())
            }
            Sight::Output(output) => self.on_output(ledger, output),
            Sight::Out(connection, frame) => self.on_sent(ledger, *connection, frame),
            Sight::ToGroup(key, frame) => self.on_told(*key, frame),
            Sight::Committed(ops, outcomes) => self.on_committed(ops, outcomes),
            Sight::Wrote(connection, frame) => self.on_wrote(*connection, frame),
            // What happens in clients and to links is others' to look at.
            _ => Ok(()),
        }
    }

    fn on_crash(&mut self) {
        self.people.sessions.clear();
        self.rooms.clear();
        self.pulses.clear();
        self.flights.clear();
        self.reads.clear();
        self.heads.clear();
        self.banned.clear();
        self.step = Step::default();
        (self.store_failed, self.is_closing, self.busy_at) = (false, false, None);
    }

    fn on_input(&mut self, ledger: &Ledger, input: &Input) -> Verdict {
        match input {
            Input::Closed { connection } => {
                self.people.end(*connection);
                self.banned.remove(connection);
                self.step.closed = Some(*connection);
            }
            Input::Tick => self.step.is_tick = true,
            Input::Drain => self.is_closing = true,
            Input::Written { op, result } => {
                self.store_failed |= *result == Err(StoreFailure::Failed);
                if result.is_err() {
                    self.busy_at = Some(self.now.mono);
                }
                return self.on_written(*op, result.as_deref().ok());
            }
            Input::Loaded { op, result } => {
                let key = self.reads.remove(op);
                if let (Some(key), Ok(Loaded::Room(..))) = (key, result) {
                    return self.load(ledger, key);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_frame(&mut self, connection: ConnectionId, frame: &ClientFrame) {
        match frame {
            ClientFrame::Hello(hello) => self.people.on_hello(connection, hello),
            ClientFrame::Request(request) => self.people.on_request(connection, request, &self.heads),
            ClientFrame::Goodbye(_) => self.people.end(connection),
            ClientFrame::Ping(_) | ClientFrame::Pong(_) => {}
        }
    }

    fn on_output(&mut self, ledger: &Ledger, output: &Output) -> Verdict {
        match output {
            Output::Write { op, ops } => self.on_write(ledger, *op, ops),
            Output::Read { op, query: LogQuery::Room { stream: StreamId::LiveGroup(app, group), .. } } => {
                self.reads.insert(*op, GroupKey { app: *app, group: *group });
                Ok(())
            }
            Output::JoinGroup { group, connection } => self.on_join(*group, *connection),
            Output::LeaveGroup { group, connection } => self.on_leave(*group, *connection),
            Output::Close { connection } => {
                self.people.end(*connection);
                Ok(())
            }
            Output::Broadcast(live) => {
                let head = self.heads.entry(live.group).or_default();
                *head = live.seq.max(*head);
                Ok(())
            }
            Output::BroadcastState { group, frame } => {
                self.note_told(*group, frame);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn on_sent(&mut self, ledger: &Ledger, connection: ConnectionId, frame: &ServerFrame) -> Verdict {
        match frame {
            ServerFrame::Response(response) => self.on_response(ledger, connection, response),
            ServerFrame::LiveState(state) => self.on_own_state(connection, state),
            ServerFrame::Goodbye(_) => {
                self.people.end(connection);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A group comes into memory, as it lies on the disk.
    fn load(&mut self, ledger: &Ledger, key: GroupKey) -> Verdict {
        let (app, group) = (key.app, key.group);
        if self.rooms.get(&key).is_some_and(|room| !room.inside.is_empty()) {
            return wrong("online", format!("{key:?} was forgotten while somebody was in"));
        }
        self.rooms.remove(&key);
        self.pulses.remove(&key);
        let read = |key| ledger.record(&key).cloned();
        let Some(stored) = read(RecordKey::LiveGroup(app, group)) else { return Ok(()) };
        let Ok(stored) = StoredLiveGroup::decode(stored) else {
            return wrong("state", "a group's record can not be read");
        };
        let mut room = Room::new(stored);
        let roll = read(RecordKey::LiveRoll(app, group)).map(StoredLiveRoll::decode);
        let board = read(RecordKey::LiveAttributes(app, group)).map(StoredLiveAttributes::decode);
        let (Ok(roll), Ok(board)) = (roll.transpose(), board.transpose()) else {
            return wrong("state", "a record of a group can not be read");
        };
        room.load_roll(roll.unwrap_or_default().members, self.now);
        room.board.take(board.unwrap_or_default(), self.now);
        let goes_at = self.now.mono + self.config.attribute_leave_grace;
        let leaving = room.board.values.values().filter(|value| value.delete_on_leave);
        room.away = leaving.map(|value| (value.setter.clone(), goes_at)).collect();
        room.sums = self.taps.get(&key).cloned().unwrap_or_default();
        self.heads.insert(key, ledger.last(StreamId::LiveGroup(app, group)));
        self.rooms.insert(key, room);
        Ok(())
    }

    /// Adds up durable taps: each batch once.
    fn on_committed(&mut self, ops: &[LogOp], outcomes: &[LogOutcome]) -> Verdict {
        for (op, outcome) in ops.iter().zip(outcomes) {
            let (LogOp::Append(append), LogOutcome::Appended(appended)) = (op, outcome) else { continue };
            let StreamId::LiveCounters(app, group) = append.stream else { continue };
            for (entry, outcome) in append.entries.iter().zip(appended) {
                let (AppendOutcome::New(_), Some(id)) = (outcome, &entry.idempotency) else { continue };
                let IdempotencyKey { sender, device, client_id, .. } = id;
                let batch = (sender.clone(), device.value(), client_id.value());
                if !self.batches.entry(append.stream).or_default().insert(batch) {
                    return wrong("counters", format!("a batch of {sender} is counted twice"));
                }
                let Ok(taps) = StoredTaps::decode(entry.record.clone()) else { continue };
                add(self.taps.entry(GroupKey { app, group }).or_default(), &taps.taps);
            }
        }
        Ok(())
    }

    pub(super) fn end(&mut self) -> Verdict {
        self.settle()
    }
}

/// Adds taps to sums.
pub(super) fn add(sums: &mut BTreeMap<String, u64>, taps: &BTreeMap<String, u64>) {
    for (name, amount) in taps {
        let sum = sums.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
}
