//! Some connections, and which of their groups they are in.

use std::collections::HashMap;
use std::sync::Arc;

use bim_server_core::queue::{LiveBatch, LiveFrame};
use bim_types::{ConnectionId, GroupKey};
use bytes::Bytes;

use super::group::Group;
use super::{Mailbox, Sending};

/// Obeys what the engine wants of its connections. Orders for a connection it does not know are ignored: that
/// connection is gone.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    connections: HashMap<ConnectionId, Member>,
    groups: HashMap<GroupKey, Group>,
}

#[derive(Debug)]
struct Member {
    mailbox: Arc<Mailbox>,
    groups: Vec<GroupKey>,
}

/// What a shard is told.
#[derive(Clone, Debug)]
pub(crate) enum ShardCommand {
    /// A connection is there.
    Attach(ConnectionId, Arc<Mailbox>),
    /// A connection is gone; it leaves all its groups.
    Detach(ConnectionId),
    /// Queue a frame that must not be given up.
    Send(ConnectionId, Bytes),
    /// Queue a message that a resume reads again.
    Replay(ConnectionId, LiveFrame),
    /// The connection gets the group's broadcasts.
    Join(GroupKey, ConnectionId),
    /// The connection gets none of the group's broadcasts, those that wait included.
    Leave(GroupKey, ConnectionId),
    /// Queue messages for everyone in their group.
    Broadcast(Arc<Sending>),
    /// Queue a frame that must not be given up for everyone in the group.
    BroadcastState(GroupKey, Bytes),
    /// The peer is authenticated.
    Admit(ConnectionId),
    /// Close, after the control frames that wait.
    Close(ConnectionId),
}

impl ShardCommand {
    /// Whom it concerns; `None` when everyone.
    pub(super) fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Attach(connection, _)
            | Self::Detach(connection)
            | Self::Send(connection, _)
            | Self::Replay(connection, _)
            | Self::Join(_, connection)
            | Self::Leave(_, connection)
            | Self::Admit(connection)
            | Self::Close(connection) => Some(*connection),
            Self::Broadcast(_) | Self::BroadcastState(..) => None,
        }
    }
}

impl Shard {
    /// Obeys one command. Takes no longer than one push for each member of a group.
    pub(super) fn obey(&mut self, command: ShardCommand) {
        match command {
            ShardCommand::Broadcast(sending) => {
                self.broadcast(&sending.batch, 0, usize::MAX);
            }
            ShardCommand::Attach(connection, mailbox) => {
                self.connections.insert(connection, Member { mailbox, groups: Vec::new() });
            }
            ShardCommand::Detach(connection) => self.detach(connection),
            ShardCommand::Send(connection, frame) => {
                self.at(connection, |mailbox| mailbox.push_control(frame))
            }
            ShardCommand::Replay(connection, live) => {
                self.at(connection, |mailbox| mailbox.push_replay(live))
            }
            ShardCommand::Join(group, connection) => self.join(group, connection),
            ShardCommand::Leave(group, connection) => self.leave(group, connection),
            ShardCommand::BroadcastState(group, frame) => {
                if let Some(group) = self.groups.get(&group) {
                    group.mailboxes(0, group.len()).for_each(|mailbox| mailbox.push_control(frame.clone()));
                }
            }
            ShardCommand::Admit(connection) => self.at(connection, Mailbox::admit),
            ShardCommand::Close(connection) => self.at(connection, Mailbox::close),
        }
    }

    /// Sends messages to so many members of their group, from a place in its row on. `false` when those were the last.
    pub(super) fn broadcast(&self, batch: &Arc<LiveBatch>, from: usize, viewers: usize) -> bool {
        let group = batch.frames().first().map(|live| live.group);
        let Some((group, members)) = group.and_then(|group| Some((group, self.groups.get(&group)?))) else {
            return false;
        };
        members.mailboxes(from, viewers).for_each(|mailbox| mailbox.push_batch(group, batch));
        from.saturating_add(viewers) < members.len()
    }

    fn detach(&mut self, connection: ConnectionId) {
        let Some(member) = self.connections.remove(&connection) else { return };
        for group in member.groups {
            self.remove_member(group, connection);
        }
    }

    fn join(&mut self, group: GroupKey, connection: ConnectionId) {
        let Some(member) = self.connections.get_mut(&connection) else { return };
        if !member.groups.contains(&group) {
            member.groups.push(group);
        }
        self.groups.entry(group).or_default().add(connection, Arc::clone(&member.mailbox));
    }

    fn leave(&mut self, group: GroupKey, connection: ConnectionId) {
        self.remove_member(group, connection);
        let Some(member) = self.connections.get_mut(&connection) else { return };
        member.groups.retain(|joined| *joined != group);
        member.mailbox.forget_group(group);
    }

    fn remove_member(&mut self, group: GroupKey, connection: ConnectionId) {
        let Some(members) = self.groups.get_mut(&group) else { return };
        members.remove(connection);
        if members.is_empty() {
            self.groups.remove(&group);
        }
    }

    fn at(&self, connection: ConnectionId, act: impl FnOnce(&Mailbox)) {
        if let Some(member) = self.connections.get(&connection) {
            act(&member.mailbox);
        }
    }
}

#[cfg(test)]
mod tests {
    use bim_types::{AppId, ConversationShortId, Priority, Seq};

    use super::*;

    fn group(id: i64) -> GroupKey {
        GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(id).unwrap() }
    }

    fn broadcast(live: LiveFrame) -> ShardCommand {
        ShardCommand::Broadcast(Arc::new(Sending::new(Arc::new(LiveBatch::new(vec![live])), Arc::default())))
    }

    fn message(id: i64) -> ShardCommand {
        let frame = Bytes::from_static(b"live");
        broadcast(LiveFrame { group: group(id), priority: Priority::Normal, seq: Seq(1), frame })
    }

    fn attached(shard: &mut Shard, id: u64) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox::default());
        shard.obey(ShardCommand::Attach(ConnectionId(id), Arc::clone(&mailbox)));
        mailbox
    }

    #[test]
    fn a_broadcast_reaches_those_in_the_group_and_nobody_else() {
        let mut shard = Shard::default();
        let (inside, outside) = (attached(&mut shard, 1), attached(&mut shard, 2));
        shard.obey(ShardCommand::Join(group(1), ConnectionId(1)));
        shard.obey(ShardCommand::Join(group(2), ConnectionId(2)));
        shard.obey(message(1));
        shard.obey(ShardCommand::BroadcastState(group(1), Bytes::from_static(b"state")));
        assert_eq!(inside.pop_frame().unwrap(), "state");
        assert_eq!(inside.pop_frame().unwrap(), "live");
        assert!(inside.is_empty() && outside.is_empty());
    }

    #[test]
    fn who_left_gets_not_even_what_waited() {
        let mut shard = Shard::default();
        let mailbox = attached(&mut shard, 1);
        shard.obey(ShardCommand::Join(group(1), ConnectionId(1)));
        shard.obey(message(1));
        shard.obey(ShardCommand::Leave(group(1), ConnectionId(1)));
        shard.obey(message(1));
        assert!(mailbox.is_empty());
        assert!(shard.groups.is_empty());
    }

    #[test]
    fn who_is_removed_hears_of_it_and_gets_nothing_else_of_the_group_from_any_lane() {
        let mut shard = Shard::default();
        let (kicked, stays) = (attached(&mut shard, 1), attached(&mut shard, 2));
        for of in [1, 2] {
            shard.obey(ShardCommand::Join(group(of), ConnectionId(1)));
        }
        shard.obey(ShardCommand::Join(group(1), ConnectionId(2)));
        let live = |of: i64, priority| LiveFrame {
            group: group(of),
            priority,
            seq: Seq(1),
            frame: Bytes::from(format!("{priority:?} of {of}")),
        };
        shard.obey(ShardCommand::Send(ConnectionId(1), Bytes::from_static(b"answer")));
        for of in [1, 2] {
            shard.obey(ShardCommand::Replay(ConnectionId(1), live(of, Priority::High)));
            for priority in Priority::ALL {
                shard.obey(broadcast(live(of, priority)));
            }
        }
        shard.obey(ShardCommand::BroadcastState(group(1), Bytes::from_static(b"kicked")));
        shard.obey(ShardCommand::Leave(group(1), ConnectionId(1)));
        shard.obey(ShardCommand::BroadcastState(group(1), Bytes::from_static(b"later")));
        shard.obey(broadcast(live(1, Priority::High)));
        let texts =
            |mailbox: &Mailbox| -> Vec<Bytes> { std::iter::from_fn(|| mailbox.pop_frame()).collect() };
        let left = texts(&kicked);
        assert_eq!(left[..4], ["answer", "kicked", "High of 2", "High of 2"]);
        assert_eq!(left.len(), 6, "{left:?}");
        assert!(left[4..].iter().all(|frame| frame.ends_with(b" of 2")), "{left:?}");
        assert_eq!(texts(&stays).len(), 6);
    }

    #[test]
    fn who_comes_back_gets_what_is_sent_from_then_on() {
        let mut shard = Shard::default();
        let mailbox = attached(&mut shard, 1);
        for _ in 0..2 {
            shard.obey(ShardCommand::Join(group(1), ConnectionId(1)));
            shard.obey(message(1));
            shard.obey(ShardCommand::Leave(group(1), ConnectionId(1)));
        }
        shard.obey(ShardCommand::Join(group(1), ConnectionId(1)));
        shard.obey(message(1));
        assert_eq!(mailbox.pop_frame().unwrap(), "live");
        assert!(mailbox.is_empty());
    }

    #[test]
    fn a_connection_that_is_gone_leaves_nothing_behind() {
        let mut shard = Shard::default();
        let mailbox = attached(&mut shard, 1);
        shard.obey(ShardCommand::Join(group(1), ConnectionId(1)));
        shard.obey(ShardCommand::Join(group(2), ConnectionId(1)));
        shard.obey(ShardCommand::Detach(ConnectionId(1)));
        shard.obey(ShardCommand::Join(group(1), ConnectionId(1)));
        shard.obey(ShardCommand::Send(ConnectionId(1), Bytes::new()));
        shard.obey(message(1));
        assert!(shard.groups.is_empty() && shard.connections.is_empty());
        assert!(mailbox.is_empty());
    }
}
