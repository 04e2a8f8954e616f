//! Every function of every listener of live groups is called when it should be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bim::{
    Attributes, AttributesChanged, Client, Conversation, ConversationShortId, Discontinuity, LeftReason,
    LiveConversationListener, LiveGap, LiveGroupAttributeListener, LiveGroupMarkTypeListener,
    LiveGroupMemberListener, LiveGroupMessageListener, MarkAction, Member, Message, MessageBody, MuteAll,
    Named, Position, Priority, Refusal, Uid, Until,
};
use bim_tests::{Arena, Path, Watch, all_done, join, room, run, say, send, uid, uids};
use tokio::sync::{mpsc, watch};

#[test]
fn message_listeners_hear_of_messages_and_what_interrupts_them() {
    run(async {
        let stage = Stage::set().await;
        let live = stage.owner.live_groups();
        let mut bob = stage.listen(|ear| stage.bob.live_groups().add_live_group_message_listener(ear));
        let mut owner = stage.listen(|ear| live.add_live_group_message_listener(ear));
        let sent = say(&stage.owner, stage.group, "hello").await.unwrap();
        owner.until("on_send_message hello").await;
        bob.until("on_receive_message hello").await;
        let seq = sent.position.seq;
        live.update_live_group_message(stage.group, seq, MessageBody::Text("hi".into())).await.unwrap();
        bob.until("on_update_message hi").await;
        live.delete_live_group_message(stage.group, seq).await.unwrap();
        bob.until(&format!("on_delete_message {seq}")).await;
        live.set_live_group_name(stage.group, "renamed").await.unwrap();
        bob.until("on_state_changed renamed").await;
        stage.way.deafen();
        stage.flood(Priority::Low).await;
        stage.way.hear();
        bob.until("on_left_out").await;
        stage.way.cut();
        stage.flood(Priority::Normal).await;
        stage.way.mend();
        bob.until("on_discontinuity").await;
        live.kick_live_group_member_list(stage.group, uids(["bob"])).await.unwrap();
        bob.until("on_left").await;
    });
}

#[test]
fn conversation_listeners_hear_of_what_is_said_about_a_group_and_of_the_online_count() {
    run(async {
        let stage = Stage::set().await;
        let mut bob = stage.listen(|ear| stage.bob.live_groups().add_live_conversation_listener(ear));
        stage.owner.live_groups().set_live_group_notice(stage.group, "news").await.unwrap();
        bob.until("on_conversation_changed notice news").await;
        stage.owner.live_groups().set_live_group_silent(stage.group, true).await.unwrap();
        bob.until("on_conversation_changed mute_all NormalMembers").await;
        let cara = stage.arena.logged_in("cara").await;
        join([&cara], stage.group).await;
        bob.until("on_conversation_changed online 3").await;
    });
}

#[test]
fn member_listeners_hear_of_members_and_of_what_is_done_to_them() {
    run(async {
        let stage = Stage::set().await;
        let (live, group) = (stage.owner.live_groups(), stage.group);
        let mut owner = stage.listen(|ear| live.add_live_group_member_listener(ear));
        let cara = stage.arena.logged_in("cara").await;
        join([&cara], group).await;
        owner.until("on_member_joined cara").await;
        cara.live_groups().set_live_group_member_alias(group, "Cara").await.unwrap();
        owner.until("on_batch_member_info_changed cara").await;
        owner.until("on_member_info_changed cara Cara").await;
        live.set_live_group_mute_all(group, MuteAll::NormalMembers).await.unwrap();
        owner.until("on_all_member_silent NormalMembers by owner").await;
        let of_cara = || uids(["cara"]);
        all_done(live.add_live_group_member_silent_list(group, of_cara(), Duration::ZERO).await);
        owner.until("on_member_silent cara Forever by owner").await;
        all_done(live.remove_live_group_member_silent_list(group, of_cara()).await);
        owner.until("on_member_unsilent cara by owner").await;
        all_done(live.add_live_group_admin(group, of_cara()).await);
        owner.until("on_add_admin cara by owner").await;
        all_done(live.remove_live_group_admin(group, of_cara()).await);
        owner.until("on_remove_admin cara by owner").await;
        all_done(live.manage_live_group_mark_types(group, MarkAction::Add, &["vip"]).await);
        all_done(live.mark_live_group_member_list(group, of_cara(), MarkAction::Add, "vip").await);
        owner.until("on_member_marked vip cara by owner").await;
        all_done(live.mark_live_group_member_list(group, of_cara(), MarkAction::Delete, "vip").await);
        owner.until("on_member_unmarked vip cara by owner").await;
        all_done(live.kick_live_group_member_list(group, of_cara()).await);
        owner.until("on_member_kicked cara by owner, blocked: false").await;
        owner.until("on_member_leave cara").await;
        all_done(live.trans_live_group_owner(group, uid("bob")).await);
        owner.until("on_member_owner_changed from owner to bob").await;
    });
}

#[test]
fn mark_type_listeners_hear_of_marks_that_can_be_given() {
    run(async {
        let stage = Stage::set().await;
        let mut bob = stage.listen(|ear| stage.bob.live_groups().add_live_group_mark_type_listener(ear));
        let live = stage.owner.live_groups();
        all_done(live.manage_live_group_mark_types(stage.group, MarkAction::Add, &["vip"]).await);
        bob.until("on_mark_types_add vip by owner").await;
        all_done(live.manage_live_group_mark_types(stage.group, MarkAction::Delete, &["vip"]).await);
        bob.until("on_mark_types_deleted vip by owner").await;
    });
}

#[test]
fn attribute_listeners_hear_of_attributes_and_counters() {
    run(async {
        let stage = Stage::set().await;
        let mut bob = stage.listen(|ear| stage.bob.live_groups().add_live_group_attribute_listener(ear));
        let live = stage.owner.live_groups();
        live.set_live_group_attribute(stage.group, "song", "one").await.unwrap();
        bob.until("on_attributes_changed song").await;
        live.tap_live_group_counter(stage.group, "likes", 7).unwrap();
        bob.until("on_counters_changed likes 7").await;
        stage.bob.live_groups().tap_live_group_counter(stage.group, "likes", 0).unwrap();
        bob.until("on_taps_refused").await;
        stage.way.cut();
        live.set_live_group_attribute(stage.group, "stage", "left").await.unwrap();
        stage.way.mend();
        bob.until("on_attributes_snapshot song stage").await;
    });
}

#[test]
fn a_listener_that_is_too_slow_is_told_that_it_missed_something() {
    run(async {
        let stage = Stage::set().await;
        let builder = Client::builder(stage.arena.server.app_id(), "slow").dialer(stage.arena.dialer());
        let slow = builder.event_buffer(4).build().await.unwrap();
        slow.login("slow", stage.arena.server.token("slow")).await.unwrap();
        join([&slow], stage.group).await;
        let ((calls, heard), (gate, closed)) = (mpsc::unbounded_channel(), watch::channel(()));
        let ear = Arc::new(Ear { calls, gate: Some(closed) });
        let live = slow.live_groups();
        live.add_live_group_message_listener(Arc::clone(&ear) as _);
        live.add_live_conversation_listener(Arc::clone(&ear) as _);
        live.add_live_group_member_listener(Arc::clone(&ear) as _);
        live.add_live_group_mark_type_listener(Arc::clone(&ear) as _);
        live.add_live_group_attribute_listener(ear);
        let (of_owner, mut to_bob) = (stage.owner.live_groups(), Watch::of(&stage.bob));
        for n in 0..100 {
            let (name, on) = (n.to_string(), n % 2 == 0);
            of_owner.set_live_group_name(stage.group, name.as_str()).await.unwrap();
            of_owner.set_live_group_silent(stage.group, on).await.unwrap();
            let action = if on { MarkAction::Add } else { MarkAction::Delete };
            of_owner.manage_live_group_mark_types(stage.group, action, &["vip"]).await.unwrap();
            of_owner.set_live_group_attribute(stage.group, "song", name.as_str()).await.unwrap();
            say(&stage.owner, stage.group, &name).await.unwrap();
            assert_eq!(to_bob.text().await, name, "others hear everything meanwhile");
        }
        drop(gate);
        let mut heard = Heard(heard);
        let mut missing: BTreeSet<_> =
            ["messages", "conversations", "members", "mark types", "attributes"].into();
        while !missing.is_empty() {
            let lagged = heard.until("on_lagged of ").await;
            missing.remove(lagged.as_str());
        }
    });
}

#[test]
fn a_listener_that_was_removed_is_not_called_any_more() {
    run(async {
        let stage = Stage::set().await;
        let live = stage.bob.live_groups();
        let (calls, mut heard) = mpsc::unbounded_channel();
        let ear = Arc::new(Ear { calls, gate: None });
        let ids = [
            live.add_live_group_message_listener(Arc::clone(&ear) as _),
            live.add_live_conversation_listener(Arc::clone(&ear) as _),
            live.add_live_group_member_listener(Arc::clone(&ear) as _),
            live.add_live_group_mark_type_listener(Arc::clone(&ear) as _),
            live.add_live_group_attribute_listener(ear),
        ];
        live.remove_live_group_message_listener(ids[0]);
        live.remove_live_conversation_listener(ids[1]);
        live.remove_live_group_member_listener(ids[2]);
        live.remove_live_group_mark_type_listener(ids[3]);
        live.remove_live_group_attribute_listener(ids[4]);
        let of_owner = stage.owner.live_groups();
        say(&stage.owner, stage.group, "hello").await.unwrap();
        of_owner.set_live_group_silent(stage.group, true).await.unwrap();
        of_owner.manage_live_group_mark_types(stage.group, MarkAction::Add, &["vip"]).await.unwrap();
        let mut to_bob = Watch::of(&stage.bob);
        of_owner.set_live_group_attribute(stage.group, "song", "one").await.unwrap();
        to_bob.until(|event| matches!(event, bim::LiveEvent::AttributesChanged(_)).then_some(())).await;
        assert_eq!(heard.recv().await, None, "all that could call are gone");
    });
}

/// A group with its owner and bob in it, and bob's way there.
struct Stage {
    arena: Arena,
    owner: Client,
    bob: Client,
    way: Path,
    group: ConversationShortId,
}

impl Stage {
    async fn set() -> Self {
        let arena = Arena::in_memory(|limits| {
            bim_tests::generous(limits);
            limits.room_buffer_messages = 200;
        })
        .await;
        let (owner, way) = (arena.logged_in("owner").await, Path::over(vec![arena.dialer()]));
        let bob = arena.logged_in_by("bob", way.clone()).await;
        let group = room(&owner).await;
        let mut to_owner = Watch::of(&owner);
        join([&bob], group).await;
        to_owner.pulse(|pulse| pulse.online_count == 2).await;
        Self { arena, owner, bob, way, group }
    }

    fn listen<I>(&self, add: impl FnOnce(Arc<Ear>) -> I) -> Heard {
        let (calls, heard) = mpsc::unbounded_channel();
        add(Arc::new(Ear { calls, gate: None }));
        Heard(heard)
    }

    /// More messages than a queue or the room's buffer holds.
    async fn flood(&self, priority: Priority) {
        for n in 0..1_000 {
            send(&self.owner, self.group, priority, &n.to_string()).await.unwrap();
        }
    }
}

/// What a listener was called with, in words.
struct Heard(mpsc::UnboundedReceiver<String>);

impl Heard {
    /// Waits for a call that begins like this; returns the rest.
    async fn until(&mut self, call: &str) -> String {
        let mut before = BTreeSet::new();
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.0.recv()).await;
            let next = next.unwrap_or_else(|_| panic!("{call} was not called, but {before:?}")).unwrap();
            if let Some(rest) = next.strip_prefix(call) {
                return rest.to_owned();
            }
            before.insert(next);
        }
    }
}

/// A listener of every kind that tells all its calls. With a gate it blocks in each of them until the gate is gone.
struct Ear {
    calls: mpsc::UnboundedSender<String>,
    gate: Option<watch::Receiver<()>>,
}

impl Ear {
    fn tell(&self, call: impl Into<String>) {
        if let Some(gate) = &self.gate {
            let mut gate = gate.clone();
            while tokio::runtime::Handle::current().block_on(gate.changed()).is_ok() {}
        }
        // The scenario may be over.
        self.calls.send(call.into()).ok();
    }
}

impl LiveGroupMessageListener for Ear {
    fn on_receive_message(&self, message: Message) {
        self.tell(format!("on_receive_message {}", text(&message)));
    }

    fn on_send_message(&self, message: Message) {
        self.tell(format!("on_send_message {}", text(&message)));
    }

    fn on_update_message(&self, message: Message) {
        self.tell(format!("on_update_message {}", text(&message)));
    }

    fn on_delete_message(&self, _: ConversationShortId, position: Position) {
        self.tell(format!("on_delete_message {}", position.seq));
    }

    fn on_left_out(&self, gap: LiveGap) {
        self.tell(format!("on_left_out {}", gap.count));
    }

    fn on_discontinuity(&self, discontinuity: Discontinuity) {
        self.tell(format!("on_discontinuity {:?}", discontinuity.reason));
    }

    fn on_state_changed(&self, conversation: Conversation) {
        self.tell(format!("on_state_changed {}", conversation.info.name));
    }

    fn on_left(&self, _: ConversationShortId, reason: LeftReason) {
        self.tell(format!("on_left {reason:?}"));
    }

    fn on_lagged(&self, _: u64) {
        self.tell("on_lagged of messages");
    }
}

impl LiveConversationListener for Ear {
    fn on_conversation_changed(&self, conversation: Conversation) {
        self.tell(format!("on_conversation_changed notice {}", conversation.info.notice));
        self.tell(format!("on_conversation_changed mute_all {:?}", conversation.mute_all));
        self.tell(format!("on_conversation_changed online {}", conversation.online_count));
    }

    fn on_lagged(&self, _: u64) {
        self.tell("on_lagged of conversations");
    }
}

impl LiveGroupMemberListener for Ear {
    fn on_member_joined(&self, _: ConversationShortId, members: &Named<Member>) {
        self.tell(format!("on_member_joined {}", list(members.named.iter().map(|member| &member.uid))));
    }

    fn on_member_leave(&self, _: ConversationShortId, members: &Named<Uid>) {
        self.tell(format!("on_member_leave {}", list(&members.named)));
    }

    fn on_member_kicked(
        &self,
        _: ConversationShortId,
        members: &[Uid],
        operator: Option<&Uid>,
        blocked: bool,
    ) {
        self.tell(format!("on_member_kicked {}{}, blocked: {blocked}", list(members), by(operator)));
    }

    fn on_member_owner_changed(&self, _: ConversationShortId, from: &Uid, to: &Uid) {
        self.tell(format!("on_member_owner_changed from {from} to {to}"));
    }

    fn on_member_silent(
        &self,
        _: ConversationShortId,
        members: &[Uid],
        until: Until,
        operator: Option<&Uid>,
    ) {
        self.tell(format!("on_member_silent {} {until:?}{}", list(members), by(operator)));
    }

    fn on_member_unsilent(&self, _: ConversationShortId, members: &[Uid], operator: Option<&Uid>) {
        self.tell(format!("on_member_unsilent {}{}", list(members), by(operator)));
    }

    fn on_all_member_silent(&self, _: ConversationShortId, mute_all: MuteAll, operator: Option<&Uid>) {
        self.tell(format!("on_all_member_silent {mute_all:?}{}", by(operator)));
    }

    fn on_add_admin(&self, _: ConversationShortId, admins: &[Uid], operator: Option<&Uid>) {
        self.tell(format!("on_add_admin {}{}", list(admins), by(operator)));
    }

    fn on_remove_admin(&self, _: ConversationShortId, admins: &[Uid], operator: Option<&Uid>) {
        self.tell(format!("on_remove_admin {}{}", list(admins), by(operator)));
    }

    fn on_member_info_changed(&self, _: ConversationShortId, member: &Member) {
        self.tell(format!("on_member_info_changed {} {}", member.uid, member.info.alias));
    }

    fn on_batch_member_info_changed(&self, _: ConversationShortId, members: &Named<Member>) {
        let uids = list(members.named.iter().map(|member| &member.uid));
        self.tell(format!("on_batch_member_info_changed {uids}"));
    }

    fn on_member_marked(&self, _: ConversationShortId, mark: &str, members: &[Uid], operator: Option<&Uid>) {
        self.tell(format!("on_member_marked {mark} {}{}", list(members), by(operator)));
    }

    fn on_member_unmarked(
        &self,
        _: ConversationShortId,
        mark: &str,
        members: &[Uid],
        operator: Option<&Uid>,
    ) {
        self.tell(format!("on_member_unmarked {mark} {}{}", list(members), by(operator)));
    }

    fn on_lagged(&self, _: u64) {
        self.tell("on_lagged of members");
    }
}

impl LiveGroupMarkTypeListener for Ear {
    fn on_mark_types_add(&self, _: ConversationShortId, types: &[String], operator: Option<&Uid>) {
        self.tell(format!("on_mark_types_add {}{}", list(types), by(operator)));
    }

    fn on_mark_types_deleted(&self, _: ConversationShortId, types: &[String], operator: Option<&Uid>) {
        self.tell(format!("on_mark_types_deleted {}{}", list(types), by(operator)));
    }

    fn on_lagged(&self, _: u64) {
        self.tell("on_lagged of mark types");
    }
}

impl LiveGroupAttributeListener for Ear {
    fn on_attributes_changed(&self, changed: &AttributesChanged) {
        self.tell(format!("on_attributes_changed {}", list(changed.set.iter().map(|set| &set.key))));
    }

    fn on_attributes_snapshot(&self, _: ConversationShortId, attributes: &Attributes) {
        let keys = list(attributes.attributes.iter().map(|attribute| &attribute.key));
        self.tell(format!("on_attributes_snapshot {keys}"));
    }

    fn on_counters_changed(&self, _: ConversationShortId, counters: &BTreeMap<String, u64>) {
        let counters = counters.iter().map(|(name, sum)| format!("{name} {sum}"));
        self.tell(format!("on_counters_changed {}", list(counters)));
    }

    fn on_taps_refused(&self, _: ConversationShortId, _: &BTreeMap<String, u64>, reason: &Refusal) {
        self.tell(format!("on_taps_refused {}", reason.code.number()));
    }

    fn on_lagged(&self, _: u64) {
        self.tell("on_lagged of attributes");
    }
}

fn list(names: impl IntoIterator<Item = impl ToString>) -> String {
    names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>().join(" ")
}

fn by(operator: Option<&Uid>) -> String {
    operator.map(|operator| format!(" by {operator}")).unwrap_or_default()
}

fn text(message: &Message) -> &str {
    message.body.as_str().unwrap_or_default()
}
