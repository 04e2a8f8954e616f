//! What a user does with a client: a little of everything, as chance has it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bim_core::{Answer, Ask, CallId, Command, Credential, Event, LiveEvent};
use bim_proto::{HistoryQuery, ListQuery, MemberQuery, SendLive, SetMemberInfo};
use bim_types::{
    AttributeCondition, AttributeWrite, ClientMessageId, ConnectStatus, ConversationShortId,
    DisconnectReason, Entropy, GroupInfo, GroupInfoChange, Measure, MemberInfo, MemberInfoChange, MemberList,
    MessageBody, Mono, MuteAll, Priority, Refusal, Seq, Uid,
};

use crate::plan::Habits;
use crate::sight::ClientId;
use crate::stage::{Stage, below, percent, pick};

/// Calls of one app that may wait.
const CALLS_MAX: usize = 40;

/// Own messages that an app remembers, to change them.
const REMEMBERED_MAX: usize = 16;

/// How long somebody who looks on does nothing, and up to twice that.
const QUIET: Duration = Duration::from_secs(30);

/// One app.
#[derive(Debug)]
pub(crate) struct App {
    id: ClientId,
    uid: Uid,
    app_server: bool,
    has_provider: bool,
    /// It mostly looks on once it is in a group.
    pub(crate) is_quiet: bool,
    habits: Habits,
    dice: Entropy,
    life: u64,
    messages: u64,
    session: Session,
    joined: BTreeSet<ConversationShortId>,
    open: BTreeMap<CallId, Asked>,
    mine: VecDeque<(ConversationShortId, Seq)>,
    last_sent: BTreeMap<ConversationShortId, ClientMessageId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    None,
    LoggingIn,
    LoggedIn,
}

/// What the app remembers of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Login,
    Logout,
    Join(ConversationShortId),
    Leave(ConversationShortId),
    Other,
}

impl App {
    pub(crate) fn new(
        id: ClientId,
        uid: Uid,
        app_server: bool,
        has_provider: bool,
        habits: Habits,
        seed: u64,
    ) -> Self {
        Self {
            id,
            uid,
            app_server,
            has_provider,
            is_quiet: false,
            habits,
            dice: Entropy::new(seed),
            life: 0,
            messages: 0,
            session: Session::None,
            joined: BTreeSet::new(),
            open: BTreeMap::new(),
            mine: VecDeque::new(),
            last_sent: BTreeMap::new(),
        }
    }

    pub(crate) fn on_started(&mut self, life: u64) {
        self.life = life;
        self.session = Session::None;
        self.joined.clear();
        self.open.clear();
        self.last_sent.clear();
    }

    pub(crate) fn on_answer(&mut self, call: CallId, answer: &Result<Answer, Refusal>, stage: &mut Stage) {
        match (self.open.remove(&call), answer) {
            (Some(Asked::Login), Ok(_)) => self.session = Session::LoggedIn,
            (Some(Asked::Login), Err(_)) if self.session == Session::LoggingIn => {
                self.session = Session::None
            }
            (Some(Asked::Logout), _) => {
                self.session = Session::None;
                self.joined.clear();
            }
            (Some(Asked::Join(group)), Ok(_)) => drop(self.joined.insert(group)),
            (Some(Asked::Leave(group)), Ok(_)) => drop(self.joined.remove(&group)),
            (_, Ok(Answer::Conversation(made)))
                if !made.dissolved && !stage.groups.contains(&made.conversation_short_id) =>
            {
                stage.groups.push(made.conversation_short_id);
            }
            (_, Ok(Answer::Message(message))) => {
                self.mine.push_back((message.conversation_short_id, message.position.seq));
                if self.mine.len() > REMEMBERED_MAX {
                    self.mine.pop_front();
                }
            }
            _ => {}
        }
    }

    pub(crate) fn on_event(&mut self, event: &Event) {
        match event {
            Event::Live(LiveEvent::Left { group, .. }) => drop(self.joined.remove(group)),
            Event::StatusChanged(ConnectStatus::Disconnected(
                DisconnectReason::Replaced | DisconnectReason::Refused(_) | DisconnectReason::LoggedOut,
            )) => {
                self.session = Session::None;
                self.joined.clear();
            }
            _ => {}
        }
    }

    /// A call was made.
    pub(crate) fn asked(&mut self, call: CallId, command: &Command) {
        let asked = match command {
            Command::Login { .. } => Asked::Login,
            Command::Logout => Asked::Logout,
            Command::Ask(Ask::Join(group, _)) => Asked::Join(*group),
            Command::Ask(Ask::Leave(group)) => Asked::Leave(*group),
            Command::Ask(_) | Command::Tap { .. } | Command::Counters(_) | Command::Shutdown => Asked::Other,
        };
        self.open.insert(call, asked);
    }

    pub(crate) fn pause(&mut self) -> Duration {
        let looks_on = self.is_quiet && !self.joined.is_empty();
        if looks_on { QUIET + self.dice.up_to(QUIET) } else { self.dice.up_to(self.habits.pause) }
    }

    /// What it does now; nothing when it waits for something.
    pub(crate) fn act(&mut self, stage: &mut Stage, now: Mono) -> Vec<Command> {
        match self.session {
            Session::LoggingIn => Vec::new(),
            Session::None => vec![self.log_in(stage, now)],
            Session::LoggedIn if self.open.len() >= CALLS_MAX => Vec::new(),
            Session::LoggedIn => self.act_in_session(stage),
        }
    }

    /// What it does when everything is over and it only looks.
    pub(crate) fn look(&mut self, stage: &mut Stage, now: Mono) -> Vec<Command> {
        match self.session {
            Session::LoggingIn => return Vec::new(),
            Session::None => return vec![self.log_in(stage, now)],
            Session::LoggedIn => {}
        }
        let groups: Vec<_> = self.joined.iter().copied().collect();
        let Some(group) = groups.first().copied() else { return Vec::new() };
        vec![
            Command::Ask(Ask::Get(group)),
            Command::Ask(Ask::ReadAttributes(group, Vec::new())),
            Command::Counters(group),
        ]
    }

    fn log_in(&mut self, stage: &mut Stage, now: Mono) -> Command {
        self.session = Session::LoggingIn;
        let credential = if self.has_provider {
            Credential::Provider
        } else {
            Credential::Fixed(stage.mint(&self.uid, self.app_server, now))
        };
        Command::Login { uid: self.uid.clone(), credential }
    }

    fn act_in_session(&mut self, stage: &Stage) -> Vec<Command> {
        let Some(group) = pick(&mut self.dice, &stage.groups) else {
            return if self.id.0 == 0 { vec![create()] } else { Vec::new() };
        };
        if !self.app_server && !self.joined.contains(&group) && percent(&mut self.dice, 80) {
            return vec![Command::Ask(Ask::Join(group, self.member_info()))];
        }
        if percent(&mut self.dice, self.habits.messages) {
            return self.say(group);
        }
        if percent(&mut self.dice, self.habits.measures) {
            return vec![Command::Ask(Ask::Measure(group, self.measure(stage)))];
        }
        vec![self.other(group, stage)]
    }

    fn say(&mut self, group: ConversationShortId) -> Vec<Command> {
        let count = 1 + below(&mut self.dice, self.habits.burst);
        (0..count).map(|_| self.message(group)).collect()
    }

    fn message(&mut self, group: ConversationShortId) -> Command {
        let client_message_id = self.next_id();
        let priority = match below(&mut self.dice, 10) {
            0 | 1 => Priority::High,
            2..=5 => Priority::Normal,
            _ => Priority::Low,
        };
        let before = self.last_sent.insert(group, client_message_id);
        let follows = before.filter(|_| percent(&mut self.dice, 70));
        let body = self.body();
        Command::Ask(Ask::Send(SendLive { group, client_message_id, priority, body, follows }))
    }

    fn other(&mut self, group: ConversationShortId, stage: &Stage) -> Command {
        let ask = match below(&mut self.dice, 30) {
            0..=3 => return self.tap(group),
            4..=7 => Ask::WriteAttributes(group, vec![self.attribute()]),
            8 => Ask::ReadAttributes(group, Vec::new()),
            9 | 10 => Ask::History(self.history(group)),
            11..=13 => match pick(&mut self.dice, &Vec::from(self.mine.clone())) {
                Some((group, seq)) => Ask::Update(group, seq, self.body()),
                None => Ask::Get(group),
            },
            14 | 15 => match pick(&mut self.dice, &Vec::from(self.mine.clone())) {
                Some((group, seq)) => Ask::Delete(group, seq),
                None => Ask::Get(group),
            },
            16 => Ask::Get(group),
            17 => Ask::List(ListQuery { cursor: 0, count: 0, mine: percent(&mut self.dice, 50) }),
            18 => Ask::ListMembers(MemberQuery {
                group,
                list: MemberList::ALL[below(&mut self.dice, MemberList::ALL.len())],
                after: None,
                count: 0,
                mark: None,
            }),
            19 => Ask::GetMembers(group, stage.uids.clone()),
            20 => Ask::SetMemberInfo(SetMemberInfo { group, uid: None, change: self.member_change() }),
            21 => Ask::SetInfo(group, self.info_change()),
            22 | 23 => Ask::Leave(group),
            24 if percent(&mut self.dice, 20) => Ask::Dissolve(group),
            25 if percent(&mut self.dice, 30) => return Command::Logout,
            26 if stage.groups.len() < 4 => return create(),
            27 if self.app_server => Ask::Broadcast(bim_proto::Broadcast {
                client_message_id: self.next_id(),
                priority: Priority::High,
                body: self.body(),
            }),
            28 => return Command::Counters(group),
            _ => Ask::Join(group, None),
        };
        Command::Ask(ask)
    }

    fn measure(&mut self, stage: &Stage) -> Measure {
        let who = vec![pick(&mut self.dice, &stage.uids).unwrap_or_else(|| self.uid.clone())];
        let time = Duration::from_secs([0, 1, 5, 3_600][below(&mut self.dice, 4)]);
        match below(&mut self.dice, 20) {
            0..=2 => Measure::Mute(who, time),
            3..=5 => Measure::Unmute(who),
            6 | 7 => Measure::Kick(who),
            8 => Measure::Block(who, time),
            9 | 10 => Measure::Unblock(who),
            11 => Measure::AddAdmins(who),
            12 => Measure::RemoveAdmins(who),
            13 => Measure::TransferOwner(who[0].clone()),
            14 => Measure::MuteAll([MuteAll::Off, MuteAll::Off, MuteAll::Everyone][below(&mut self.dice, 3)]),
            15 => Measure::Exempt(who),
            16 => Measure::SlowMode(Duration::from_secs([0, 0, 2][below(&mut self.dice, 3)])),
            17 => Measure::AddMarkTypes(vec!["vip".into()]),
            18 => Measure::Mark("vip".into(), who),
            _ => Measure::Unmark("vip".into(), who),
        }
    }

    fn tap(&mut self, group: ConversationShortId) -> Command {
        let counter = ["likes", "claps"][below(&mut self.dice, 2)].into();
        Command::Tap { group, counter, amount: 1 + below(&mut self.dice, 5) as u64 }
    }

    fn attribute(&mut self) -> AttributeWrite {
        let key = ["host", "topic", "seat"][below(&mut self.dice, 3)];
        let mut write = match below(&mut self.dice, 5) {
            0 => AttributeWrite::remove(key),
            _ => AttributeWrite::set(key, format!("{}-{}", self.id.0, self.dice.bits() % 1_000)),
        };
        write.delete_on_leave = percent(&mut self.dice, 20);
        if percent(&mut self.dice, 10) {
            write.expires_in = Some(Duration::from_secs(1 + below(&mut self.dice, 10) as u64));
        }
        match below(&mut self.dice, 4) {
            0 => write.only_if(AttributeCondition::Absent),
            _ => write,
        }
    }

    fn history(&mut self, group: ConversationShortId) -> HistoryQuery {
        let newest_first = percent(&mut self.dice, 50);
        let from = Seq(1 + below(&mut self.dice, 20) as u64);
        HistoryQuery { group, from, to: None, limit: below(&mut self.dice, 20) as u32, newest_first }
    }

    fn body(&mut self) -> MessageBody {
        self.messages += 1;
        let head = format!("{}.{}.{} ", self.id.0, self.life, self.messages);
        let fill = below(&mut self.dice, self.habits.body.saturating_sub(head.len()).max(1));
        let text: Arc<str> = format!("{head}{}", "x".repeat(fill)).into();
        if percent(&mut self.dice, 20) { MessageBody::Custom(text) } else { MessageBody::Text(text) }
    }

    fn member_info(&mut self) -> Option<MemberInfo> {
        percent(&mut self.dice, 30).then(|| MemberInfo {
            alias: format!("alias {}", self.dice.bits() % 10),
            ..MemberInfo::default()
        })
    }

    fn member_change(&mut self) -> MemberInfoChange {
        let alias = Some(format!("alias {}", self.dice.bits() % 10));
        MemberInfoChange { alias, ..MemberInfoChange::default() }
    }

    fn info_change(&mut self) -> GroupInfoChange {
        let notice = Some(format!("notice {}", self.dice.bits() % 100));
        GroupInfoChange { notice, ..GroupInfoChange::default() }
    }

    fn next_id(&mut self) -> ClientMessageId {
        self.messages += 1;
        let client = (self.id.0 as u128 + 1) << 96;
        ClientMessageId::new(client | (u128::from(self.life) << 64) | u128::from(self.messages))
    }
}

fn create() -> Command {
    Command::Ask(Ask::Create(GroupInfo { name: "room".into(), ..GroupInfo::default() }))
}
