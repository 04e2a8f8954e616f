//! A server just big enough: a number for each message of four groups, and frames as it would send them, or as no
//! server should.

use std::collections::BTreeMap;

use bim_proto::{Goodbye, LiveChange, LiveChanged, LivePush, Ping, Pong, ServerFrame};
use bim_types::{
    AttributesChanged, Conversation, ConversationShortId, Epoch, GroupChange, GroupEvent, LiveGap, LivePulse,
    Member, MuteAll, Named, PerPriority, Position, Priority, Seq, Until, Wall,
};

use super::answers::{EPOCH, attribute, conversation, message};
use crate::vocabulary;

/// What the server knows of each group.
#[derive(Debug, Default)]
pub(super) struct Server {
    rooms: BTreeMap<ConversationShortId, Room>,
}

/// Where a group stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// The last number.
    pub(super) head: u64,
    /// The last number of each class.
    last: PerPriority<Seq>,
}

impl Server {
    pub(super) fn room(&mut self, group: ConversationShortId) -> &mut Room {
        self.rooms.entry(group).or_default()
    }

    /// Somebody says something. Its place is right when `flaw` is below 160.
    pub(super) fn push(&mut self, group: ConversationShortId, priority: Priority, flaw: u8) -> ServerFrame {
        let room = self.room(group);
        let (mut seq, mut previous) = room.next(priority);
        let mut epoch = EPOCH;
        match flaw {
            160..180 => (seq, previous) = room.next(priority),
            180..200 => seq = u64::from(flaw % 8),
            200..220 => previous = PerPriority::splat(Seq(u64::from(flaw % 16))),
            220..235 => epoch = Epoch(u64::from(flaw % 3)),
            235..245 => seq = u64::MAX - u64::from(flaw % 2),
            _ => {}
        }
        let mut message = message(group, priority, seq);
        message.position.epoch = epoch;
        if flaw % 16 == 3 {
            message.sender = vocabulary::uid(0);
        }
        ServerFrame::LiveMessage(LivePush { message, previous, hidden: flaw % 32 == 5 })
    }

    /// The server left messages of a class out, and says so; what it says is right when `count` is below 128.
    pub(super) fn gap(&mut self, group: ConversationShortId, priority: Priority, count: u8) -> ServerFrame {
        let room = self.room(group);
        let from = Seq(room.head + 1);
        let left_out = if count < 128 { u64::from(count % 4) + 1 } else { u64::from(count) };
        for _ in 0..left_out.min(8) {
            room.next(priority);
        }
        let to = if count < 192 { Seq(room.head) } else { Seq(u64::from(count % 16)) };
        ServerFrame::LiveGap(LiveGap { conversation_short_id: group, priority, count: left_out, from, to })
    }

    /// A message was changed or removed.
    pub(super) fn change(&mut self, group: ConversationShortId, number: u8) -> ServerFrame {
        let room = self.room(group);
        let (seq, previous) = room.next(Priority::High);
        let of = u64::from(number % 16);
        let place = |seq| Position { epoch: EPOCH, seq: Seq(seq) };
        let what = if number.is_multiple_of(2) {
            LiveChanged::Updated(message(group, vocabulary::priority(number >> 4), of))
        } else {
            LiveChanged::Deleted { group, position: place(of) }
        };
        ServerFrame::LiveChange(LiveChange {
            position: place(seq),
            previous,
            operator: vocabulary::uid(2),
            what,
        })
    }
}

impl Room {
    /// The next message of a class: its number, and those of the messages before it.
    pub(super) fn next(&mut self, priority: Priority) -> (u64, PerPriority<Seq>) {
        let previous = self.last;
        self.head += 1;
        self.last[priority] = Seq(self.head);
        (self.head, previous)
    }
}

/// A group changed.
pub(super) fn state(group: ConversationShortId, number: u8) -> ServerFrame {
    ServerFrame::LiveState(Conversation {
        version: u64::from(number % 32),
        dissolved: number > 240,
        joined: number.is_multiple_of(2),
        mute_all: [MuteAll::Off, MuteAll::NormalMembers, MuteAll::Everyone][usize::from(number) % 3],
        ..conversation(group)
    })
}

/// Something was done to members.
pub(super) fn event(group: ConversationShortId, number: u8) -> ServerFrame {
    let uids = vec![vocabulary::uid(number >> 4)];
    let change = match number % 10 {
        0 => GroupChange::MuteAll(MuteAll::Everyone),
        1 => GroupChange::Muted(uids, Until::Forever),
        2 => GroupChange::Unmuted(uids),
        3 => GroupChange::AdminsAdded(uids),
        4 => GroupChange::AdminsRemoved(uids),
        5 => GroupChange::OwnerChanged { from: vocabulary::uid(1), to: vocabulary::uid(number >> 4) },
        6 => GroupChange::Kicked { uids, blocked: number.is_multiple_of(2) },
        7 => GroupChange::MarkTypesAdded(vec!["vip".into()]),
        8 => GroupChange::Marked("vip".into(), uids),
        _ => GroupChange::Muted(uids, Until::At(Wall::from_millis(u64::from(number)))),
    };
    let version = u64::from(number % 32);
    ServerFrame::LiveEvent(GroupEvent {
        conversation_short_id: group,
        version,
        operator: Some(vocabulary::uid(1)),
        change,
    })
}

/// A group tells who came and went, and its counters.
pub(super) fn pulse(group: ConversationShortId, number: u8) -> ServerFrame {
    ServerFrame::LivePulse(LivePulse {
        conversation_short_id: group,
        online_count: u64::from(number),
        joined: Named { named: vec![Member::unknown(vocabulary::uid(number))], more: u64::from(number % 3) },
        left: Named { named: vec![vocabulary::uid(number >> 3)], more: 0 },
        changed: Named::default(),
        counters: BTreeMap::from([("likes".to_owned(), u64::from(number))]),
    })
}

/// Attributes of a group changed.
pub(super) fn attributes(group: ConversationShortId, number: u8) -> ServerFrame {
    ServerFrame::LiveAttributesChanged(AttributesChanged {
        conversation_short_id: group,
        version: u64::from(number % 8),
        set: vec![attribute(number)],
        removed: vec![format!("k{}", number % 3)],
    })
}

/// A ping, a pong or a goodbye.
pub(super) fn control(kind: u8, number: u8) -> ServerFrame {
    match kind % 4 {
        0 | 1 => ServerFrame::Ping(Ping { nonce: number.into() }),
        2 => ServerFrame::Pong(Pong { nonce: number.into(), server_time: Wall::from_secs(number.into()) }),
        _ => ServerFrame::Goodbye(Goodbye { reason: (number > 16).then(|| vocabulary::refusal(number)) }),
    }
}
