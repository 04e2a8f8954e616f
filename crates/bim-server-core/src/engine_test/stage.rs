//! A group with its owner and two members in it, on three connections.

use bim_proto::{HistoryPage, HistoryQuery, RequestBody, ResponseBody, ServerFrame};
use bim_types::{
    ConnectionId, ConversationShortId, ErrorCode, GroupChange, GroupInfoChange, GroupKey, LivePulse, Measure,
    MeasureDone, MessageBody, Refusal, Seq,
};

use super::world::{World, app, message};
use crate::EngineConfig;

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) group: ConversationShortId,
    pub(super) owner: ConnectionId,
    pub(super) ann: ConnectionId,
    pub(super) bob: ConnectionId,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(EngineConfig::default())
    }

    pub(super) fn with(config: EngineConfig) -> Self {
        Self::on(World::with(config))
    }

    pub(super) fn on(mut world: World) -> Self {
        let owner = world.log_in("owner", 1);
        let group = world.create(owner);
        Self::enter(world, group, owner)
    }

    /// The others log in, and everyone joins.
    fn enter(mut world: World, group: ConversationShortId, owner: ConnectionId) -> Self {
        let ann = world.log_in("ann", 2);
        let bob = world.log_in("bob", 3);
        for connection in [owner, ann, bob] {
            world.join(connection, group, None);
        }
        Self { world, group, owner, ann, bob }
    }

    /// As after `kill -9`: a new engine, and everyone is in again.
    pub(super) fn restart(self) -> Self {
        let group = self.group;
        let mut world = self.world.restart();
        let owner = world.log_in("owner", 1);
        Self::enter(world, group, owner)
    }

    pub(super) fn key(&self) -> GroupKey {
        GroupKey { app: app(), group: self.group }
    }

    pub(super) fn ask(&mut self, who: ConnectionId, body: RequestBody) -> Result<ResponseBody, ErrorCode> {
        self.world.ask(who, body).map_err(|refusal| refusal.code)
    }

    pub(super) fn measure(&mut self, who: ConnectionId, measure: Measure) -> Result<MeasureDone, ErrorCode> {
        match self.ask(who, RequestBody::ChangeLiveGroup(self.group, measure))? {
            ResponseBody::LiveGroupChanged(done) => Ok(done),
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a measure and leaves the answer in the inbox.
    pub(super) fn request_measure(&mut self, who: ConnectionId, measure: Measure) {
        self.world.request(who, RequestBody::ChangeLiveGroup(self.group, measure));
    }

    /// Sends a message; says where it stands.
    pub(super) fn say(&mut self, who: ConnectionId, id: u128) -> Result<u64, ErrorCode> {
        let said = self.world.say(who, self.group, id);
        said.map(|accepted| accepted.position.seq.0).map_err(|refusal| refusal.code)
    }

    /// Sends a message and leaves the answer in the inbox.
    pub(super) fn request_say(&mut self, who: ConnectionId, id: u128) {
        self.world.request(who, RequestBody::SendLiveMessage(message(self.group, id)));
    }

    pub(super) fn edit(&mut self, who: ConnectionId, seq: u64, words: &str) -> Result<(), ErrorCode> {
        self.ask(who, RequestBody::UpdateLiveMessage(self.group, Seq(seq), text(words))).map(drop)
    }

    pub(super) fn delete(&mut self, who: ConnectionId, seq: u64) -> Result<(), ErrorCode> {
        self.ask(who, RequestBody::DeleteLiveMessage(self.group, Seq(seq))).map(drop)
    }

    pub(super) fn notice(&self, words: &str) -> RequestBody {
        let change = GroupInfoChange { notice: Some(words.into()), ..GroupInfoChange::default() };
        RequestBody::SetLiveGroupInfo(self.group, change)
    }

    pub(super) fn history(&mut self, who: ConnectionId, newest_first: bool, to: Option<u64>) -> HistoryPage {
        let query = HistoryQuery { group: self.group, from: Seq(0), to: to.map(Seq), limit: 0, newest_first };
        match self.ask(who, RequestBody::ReadLiveHistory(query)) {
            Ok(ResponseBody::LiveHistoryPage(page)) => page,
            other => panic!("{other:?}"),
        }
    }

    /// What everyone reads in the history.
    pub(super) fn texts(&mut self, who: ConnectionId) -> Vec<String> {
        let page = self.history(who, false, None);
        page.messages.iter().map(|message| message.body.as_str().unwrap_or_default().into()).collect()
    }

    /// What a connection was told of measures.
    pub(super) fn events(&mut self, who: ConnectionId) -> Vec<GroupChange> {
        let frames = self.world.received(who).into_iter();
        let changes = frames.filter_map(|frame| match frame {
            ServerFrame::LiveEvent(event) => Some(event.change),
            _ => None,
        });
        changes.collect()
    }

    /// The pulses that wait for a connection.
    pub(super) fn pulses(&mut self, who: ConnectionId) -> Vec<LivePulse> {
        let frames = self.world.received_with_pulses(who).into_iter();
        let pulses = frames.filter_map(|frame| match frame {
            ServerFrame::LivePulse(pulse) => Some(pulse),
            _ => None,
        });
        pulses.collect()
    }

    /// What the waiting answers of a connection say.
    pub(super) fn answers(&mut self, who: ConnectionId) -> Vec<Result<ResponseBody, ErrorCode>> {
        let frames = self.world.received(who).into_iter();
        let answers = frames.filter_map(|frame| match frame {
            ServerFrame::Response(response) => Some(response.body.map_err(|refusal: Refusal| refusal.code)),
            _ => None,
        });
        answers.collect()
    }

    /// The codes of the waiting answers of a connection; `None` for success.
    pub(super) fn codes(&mut self, who: ConnectionId) -> Vec<Option<ErrorCode>> {
        self.answers(who).into_iter().map(Result::err).collect()
    }

    /// Stops hearing from everyone without their connections being closed, and hears from them again: nobody
    /// times out while time passes.
    pub(super) fn pass(&mut self, duration: std::time::Duration) {
        let mut left = duration;
        while !left.is_zero() {
            let step = left.min(std::time::Duration::from_secs(5));
            self.world.pass(step);
            left -= step;
            for who in [self.owner, self.ann, self.bob] {
                if !self.world.closed.contains(&who) {
                    let pong = bim_proto::Pong { nonce: 0, server_time: bim_types::Wall::default() };
                    self.world.send_frame(who, bim_proto::ClientFrame::Pong(pong));
                }
            }
        }
    }
}

pub(super) fn text(words: &str) -> MessageBody {
    MessageBody::Text(words.into())
}
