//! Measures racing with sends and joins: every order of steps, with the disk answering at every moment.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::stored::StoredLiveGroup;
use bim_proto::{RequestBody, RequestId, ResponseBody, ServerFrame};
use bim_types::store::RecordKey;
use bim_types::{ConnectionId, Measure, MuteAll, Refusal};

use super::stage::Stage;
use super::world::{World, app, join, message, uid};
use crate::{EngineConfig, Input, Output};

/// Steps of one schedule.
const DEPTH: usize = 5;

/// Measures of one schedule.
const MEASURES_MAX: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Mute,
    MuteAll,
    Kick,
    Block,
    Transfer,
    Dissolve,
    /// Bob.
    Send,
    Join,
    Leave,
    /// Bob's connection breaks, and bob comes back on another.
    Reconnect,
    /// The disk answers once.
    Commit,
}

const STEPS: [Step; 11] = [
    Step::Mute,
    Step::MuteAll,
    Step::Kick,
    Step::Block,
    Step::Transfer,
    Step::Dissolve,
    Step::Send,
    Step::Join,
    Step::Leave,
    Step::Reconnect,
    Step::Commit,
];

struct Race {
    stage: Stage,
    /// What was asked by the owner, and by bob on a connection that is still there.
    asked: BTreeMap<(ConnectionId, RequestId), Step>,
    answered: BTreeSet<(ConnectionId, RequestId)>,
    sent: u128,
    /// What the owner was told is done.
    done: Vec<Step>,
    /// The version that was told last.
    version: u64,
    /// Who gets the group's broadcasts, by what the engine said.
    audience: BTreeSet<ConnectionId>,
}

impl Race {
    fn new() -> Self {
        let mut stage = Stage::on(World::unrecorded(EngineConfig::default()));
        for connection in [stage.owner, stage.ann, stage.bob] {
            stage.world.received(connection);
        }
        stage.world.holds_writes = true;
        stage.world.trace = Some(Vec::new());
        let audience = [stage.owner, stage.ann, stage.bob].into();
        let (asked, answered) = (BTreeMap::new(), BTreeSet::new());
        Self { stage, asked, answered, sent: 0, done: Vec::new(), version: 1, audience }
    }

    fn take(&mut self, step: Step) {
        let (owner, bob, group) = (self.stage.owner, self.stage.bob, self.stage.group);
        let measure = |measure| RequestBody::ChangeLiveGroup(group, measure);
        let request = match step {
            Step::Mute => (owner, measure(Measure::Mute(vec![uid("bob")], std::time::Duration::ZERO))),
            Step::MuteAll => (owner, measure(Measure::MuteAll(MuteAll::Everyone))),
            Step::Kick => (owner, measure(Measure::Kick(vec![uid("bob")]))),
            Step::Block => (owner, measure(Measure::Block(vec![uid("bob")], std::time::Duration::ZERO))),
            Step::Transfer => (owner, measure(Measure::TransferOwner(uid("ann")))),
            Step::Dissolve => (owner, RequestBody::DissolveLiveGroup(group)),
            Step::Send => {
                self.sent += 1;
                (bob, RequestBody::SendLiveMessage(message(group, self.sent)))
            }
            Step::Join => (bob, join(group, None)),
            Step::Leave => (bob, RequestBody::LeaveLiveGroup(group)),
            Step::Reconnect => return self.reconnect(),
            Step::Commit => return self.stage.world.release_some_writes(1),
        };
        let id = self.stage.world.request(request.0, request.1);
        self.asked.insert((request.0, id), step);
    }

    fn reconnect(&mut self) {
        let bob = self.stage.bob;
        self.stage.world.feed(Input::Closed { connection: bob });
        self.asked.retain(|(connection, _), _| *connection != bob);
        self.stage.bob = self.stage.world.log_in("bob", 3);
    }

    /// Reads what the engine said since, in its order.
    fn check(&mut self) {
        for output in std::mem::take(self.stage.world.trace.as_mut().unwrap()) {
            match output {
                Output::JoinGroup { connection, .. } => drop(self.audience.insert(connection)),
                Output::LeaveGroup { connection, .. } => drop(self.audience.remove(&connection)),
                Output::Broadcast(live) => self.on_message(&ServerFrame::decode(live.frame).unwrap()),
                Output::BroadcastState { frame, .. } => self.on_state(&ServerFrame::decode(frame).unwrap()),
                Output::Send { connection, frame } => {
                    if let ServerFrame::Response(response) = ServerFrame::decode(frame).unwrap() {
                        self.on_answer(connection, response.id, response.body);
                    }
                }
                _ => {}
            }
        }
        let world = &self.stage.world;
        let (key, sessions) = (self.stage.key(), &world.engine.sessions);
        let in_room = world.engine.rooms.connections(key);
        let says_so = |connection: &ConnectionId| sessions.find(*connection).unwrap().groups.contains(&key);
        let by_session: BTreeSet<_> = sessions.connections().into_iter().filter(says_so).collect();
        assert_eq!((&in_room, &in_room), (&by_session, &self.audience), "room, sessions and shell");
    }

    fn on_message(&mut self, frame: &ServerFrame) {
        let ServerFrame::LiveMessage(push) = frame else { panic!("{frame:?}") };
        let silenced = [Step::Mute, Step::MuteAll, Step::Block, Step::Dissolve];
        let too_late = self.done.iter().find(|step| silenced.contains(step));
        assert_eq!(too_late, None, "{:?} is accepted after it", push.message.body);
    }

    fn on_state(&mut self, frame: &ServerFrame) {
        let version = match frame {
            ServerFrame::LiveEvent(event) => event.version,
            ServerFrame::LiveState(state) => state.version,
            other => panic!("{other:?}"),
        };
        assert!(version >= self.version, "version {version} after {}", self.version);
        self.version = version;
    }

    fn on_answer(&mut self, connection: ConnectionId, id: RequestId, body: Result<ResponseBody, Refusal>) {
        let Some(step) = self.asked.get(&(connection, id)).copied() else { return };
        assert!(self.answered.insert((connection, id)), "{step:?} is answered twice");
        let is_done = match &body {
            Ok(ResponseBody::LiveGroupChanged(done)) => done.failed.is_empty(),
            Ok(_) => true,
            Err(_) => false,
        };
        if !is_done {
            return;
        }
        match step {
            Step::Kick | Step::Block => assert!(!self.audience.contains(&self.stage.bob), "{step:?}"),
            Step::Dissolve => assert!(self.audience.is_empty()),
            Step::Join => {
                let keeps_out = |step: &&Step| [Step::Block, Step::Dissolve].contains(step);
                assert_eq!(self.done.iter().find(keeps_out), None, "let in");
            }
            _ => {}
        }
        self.done.push(step);
    }

    /// The disk answers everything; nobody waits any more, and what is on the disk is what was told.
    fn finish(mut self) {
        self.stage.world.release_writes();
        self.check();
        let waiting: Vec<_> = self.asked.iter().filter(|(at, _)| !self.answered.contains(at)).collect();
        assert!(waiting.is_empty(), "no answer: {waiting:?}");
        let record = RecordKey::LiveGroup(app(), self.stage.group);
        let record = bim_store::ServerLog::record(&*self.stage.world.log, &record).unwrap();
        assert_eq!(record.is_none(), self.done.contains(&Step::Dissolve));
        if let Some(record) = record {
            let kept = StoredLiveGroup::decode(record.value).unwrap();
            let owner = if self.done.contains(&Step::Transfer) { "ann" } else { "owner" };
            assert_eq!((kept.version, kept.owner), (self.version, uid(owner)));
        }
    }
}

impl Step {
    fn is_measure(self) -> bool {
        matches!(
            self,
            Self::Mute | Self::MuteAll | Self::Kick | Self::Block | Self::Transfer | Self::Dissolve
        )
    }

    /// Whether it may come after these. A step comes once, but for sends and what the disk does; the disk
    /// answers when something may wait for it, and in the end anyhow.
    fn may_follow(self, steps: &[Self]) -> bool {
        let count = |is: fn(&Self) -> bool| steps.iter().filter(|step| is(step)).count();
        match self {
            Self::Send => true,
            Self::Commit => {
                let writes = count(|step| step.is_measure() || *step == Self::Send);
                steps.len() + 1 < DEPTH && writes > count(|step| *step == Self::Commit)
            }
            step if step.is_measure() && count(|step| step.is_measure()) >= MEASURES_MAX => false,
            step => !steps.contains(&step),
        }
    }
}

/// Runs every schedule that begins with these steps, has a measure and something that meets it.
fn explore(steps: &mut Vec<Step>, schedules: &mut u64) {
    if steps.len() < DEPTH {
        for step in STEPS {
            if step.may_follow(steps) {
                steps.push(step);
                explore(steps, schedules);
                steps.pop();
            }
        }
        return;
    }
    let is_met = steps.iter().any(|step| matches!(step, Step::Send | Step::Join));
    if steps.iter().any(|step| step.is_measure()) && is_met {
        *schedules += 1;
        let mut race = Race::new();
        for step in steps.iter() {
            race.take(*step);
            race.check();
        }
        race.finish();
    }
}

fn explore_from(is_first: fn(&Step) -> bool) {
    let mut schedules = 0;
    for first in STEPS.into_iter().filter(is_first).filter(|step| *step != Step::Commit) {
        explore(&mut vec![first], &mut schedules);
    }
    assert!(schedules > 5_000, "{schedules}");
}

#[test]
fn whatever_meets_a_measure_authority_is_immediate_nobody_is_half_in_and_everyone_is_answered() {
    explore_from(|step| step.is_measure());
}

#[test]
fn whatever_a_measure_meets_authority_is_immediate_nobody_is_half_in_and_everyone_is_answered() {
    explore_from(|step| !step.is_measure());
}
