//! A group with someone of every standing, and what they try.

use std::collections::BTreeMap;
use std::time::Duration;

use bim::{
    AttributeWrite, Client, ConversationShortId, Error, GroupInfo, MarkAction, MeasureDone, MemberCursor,
    MessageBody, MuteAll, Priority, Seq, Uid,
};
use bim_livegroup::authority::{Operation, Standing};
use bim_tests::{Arena, Watch};
use bim_types::ErrorCode;

/// A group with someone of every standing, and two more to do things to.
pub(crate) struct Cast {
    pub(crate) group: ConversationShortId,
    actors: BTreeMap<Standing, Client>,
    /// An ordinary member and an admin, both inside.
    spare: Client,
    second_admin: Client,
    /// What the muted one said before.
    said_before_the_mute: Seq,
}

impl Cast {
    /// Everyone takes their place.
    pub(crate) async fn assemble(arena: &Arena) -> Self {
        let mut actors = BTreeMap::new();
        for standing in Standing::ALL {
            let client = match standing {
                Standing::AppServer => arena.app_server("app-server").await,
                _ => arena.logged_in(name(standing)).await,
            };
            actors.insert(standing, client);
        }
        let (spare, second_admin) = (arena.logged_in("spare").await, arena.logged_in("second-admin").await);
        let owner = actors[&Standing::Owner].live_groups();
        let info = GroupInfo { name: "table".into(), ..GroupInfo::default() };
        let group = owner.create_live_group(info).await.unwrap().conversation_short_id;
        let inside = [Standing::Member, Standing::Muted, Standing::Admin, Standing::Owner];
        for client in inside.iter().map(|standing| &actors[standing]).chain([&spare, &second_admin]) {
            client.live_groups().join_live_group(group).await.unwrap();
        }
        owner.add_live_group_admin(group, [uid("admin"), uid("second-admin")]).await.unwrap();
        let muted = &actors[&Standing::Muted];
        let message = muted.create_text_message("before the mute");
        let sent = muted.live_groups().send_live_group_message(&message, group, Priority::Normal).await;
        let said_before_the_mute = sent.unwrap().position.seq;
        owner.add_live_group_member_silent_list(group, [uid("muted")], Duration::ZERO).await.unwrap();
        owner.add_live_group_member_block_list(group, [uid("blocked")], Duration::ZERO).await.unwrap();
        Self { group, actors, spare, second_admin, said_before_the_mute }
    }

    pub(crate) fn owner(&self) -> &Client {
        &self.actors[&Standing::Owner]
    }

    pub(crate) fn uid(&self, standing: Standing) -> Uid {
        uid(name(standing))
    }

    /// Whether nobody of this standing can come to try this: who is not in has no own message there, and taps
    /// are gathered by a client that is in.
    pub(crate) fn is_without_meaning(&self, operation: Operation, standing: Standing) -> bool {
        let is_inside = !matches!(standing, Standing::Outsider | Standing::Blocked | Standing::AppServer);
        match operation {
            Operation::EditOwn | Operation::RecallOwn => {
                matches!(standing, Standing::Outsider | Standing::Blocked)
            }
            Operation::Tap => !is_inside,
            // An app server has no record of its own in a group; it sets those of others.
            Operation::SetOwnInfo => standing == Standing::AppServer,
            _ => false,
        }
    }

    /// Tries it, and puts things back as they were.
    pub(crate) async fn attempt(&self, operation: Operation, standing: Standing) -> Result<(), ErrorCode> {
        self.try_it(operation, standing).await.map_err(|error| error.error_code())
    }

    async fn try_it(&self, operation: Operation, standing: Standing) -> Result<(), Error> {
        let client = &self.actors[&standing];
        self.be_there(client, operation, standing).await?;
        self.moderate(client, operation).await?;
        self.speak(client, operation, standing).await?;
        self.describe(client, operation).await
    }

    /// Comes, goes, and looks around.
    async fn be_there(&self, client: &Client, operation: Operation, standing: Standing) -> Result<(), Error> {
        let (live, group) = (client.live_groups(), self.group);
        let spare = uid("spare");
        match operation {
            Operation::Create => {
                live.create_live_group(GroupInfo { name: "own".into(), ..Default::default() }).await?;
            }
            Operation::Join => {
                live.join_live_group(group).await?;
                if matches!(standing, Standing::Outsider | Standing::AppServer) {
                    live.leave_live_group(group).await?;
                }
            }
            Operation::Leave => {
                live.leave_live_group(group).await?;
                if standing != Standing::AppServer {
                    live.join_live_group(group).await?;
                }
            }
            Operation::Receive => drop(live.get_live_group_history_message_list(group, None, 5).await?),
            Operation::ReadInfo => drop(live.get_live_group(group).await?),
            Operation::ListMembers => {
                live.get_live_group_member_online_list(group, MemberCursor::START, 5, None).await?;
                live.get_live_group_member_info(group, [spare]).await?;
            }
            Operation::Dissolve => {
                live.set_live_group_dissolve_after_idle(group, Duration::ZERO).await?;
                let info = GroupInfo { name: "short-lived".into(), ..Default::default() };
                let other = self.owner().live_groups().create_live_group(info).await?.conversation_short_id;
                live.dissolve_live_group(other).await?;
            }
            Operation::ManageRoles => {
                all(live.add_live_group_admin(group, [spare.clone()]).await?)?;
                all(live.remove_live_group_admin(group, [spare.clone()]).await?)?;
                live.trans_live_group_owner(group, uid("spare")).await?;
                self.give_back().await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Acts on others.
    async fn moderate(&self, client: &Client, operation: Operation) -> Result<(), Error> {
        let (live, group) = (client.live_groups(), self.group);
        let spare = uid("spare");
        let admin = uid("second-admin");
        let minute = Duration::from_secs(60);
        match operation {
            Operation::SanctionMember => {
                let mut heard = Watch::of(&self.spare);
                all(live.add_live_group_member_silent_list(group, [spare.clone()], minute).await?)?;
                all(live.remove_live_group_member_silent_list(group, [spare.clone()]).await?)?;
                all(live.kick_live_group_member_list(group, [spare.clone()]).await?)?;
                heard.left().await;
                all(live.add_live_group_member_block_list(group, [spare.clone()], minute).await?)?;
                all(live.remove_live_group_member_block_list(group, [spare]).await?)?;
                self.spare.live_groups().join_live_group(group).await?;
            }
            Operation::SanctionAdmin => {
                let mut heard = Watch::of(&self.second_admin);
                all(live.add_live_group_member_silent_list(group, [admin.clone()], minute).await?)?;
                all(live.kick_live_group_member_list(group, [admin.clone()]).await?)?;
                heard.left().await;
                self.second_admin.live_groups().join_live_group(group).await?;
                all(live.remove_live_group_member_silent_list(group, [admin]).await?)?;
            }
            Operation::SanctionOwner => {
                all(live.add_live_group_member_silent_list(group, [uid("owner")], minute).await?)?;
            }
            Operation::LiftFromMember => {
                all(live.remove_live_group_member_silent_list(group, [spare.clone()]).await?)?;
                all(live.remove_live_group_member_block_list(group, [spare]).await?)?;
            }
            Operation::LiftFromAdmin => {
                all(live.remove_live_group_member_silent_list(group, [admin]).await?)?;
            }
            Operation::ListSanctions => {
                live.get_live_group_member_silent_list(group, MemberCursor::START, 5).await?;
                live.get_live_group_member_block_list(group, MemberCursor::START, 5).await?;
                live.get_live_group_member_silent_white_list(group, MemberCursor::START, 5).await?;
            }
            Operation::Mark => {
                live.manage_live_group_mark_types(group, MarkAction::Add, &["vip"]).await?;
                all(live.mark_live_group_member_list(group, [spare], MarkAction::Add, "vip").await?)?;
                live.manage_live_group_mark_types(group, MarkAction::Delete, &["vip"]).await?;
            }
            Operation::MuteAll => drop(live.set_live_group_mute_all(group, MuteAll::Off).await?),
            _ => {}
        }
        Ok(())
    }

    /// Sends, changes and removes messages.
    async fn speak(&self, client: &Client, operation: Operation, standing: Standing) -> Result<(), Error> {
        let (live, group) = (client.live_groups(), self.group);
        match operation {
            Operation::Send => drop(say(client, group, Priority::Normal).await?),
            Operation::SendHigh => drop(say(client, group, Priority::High).await?),
            Operation::EditOwn => {
                let seq = self.own_message(standing).await?;
                live.update_live_group_message(group, seq, MessageBody::Text("edited".into())).await?;
            }
            Operation::EditOfOthers => {
                let seq = say(&self.spare, group, Priority::Low).await?;
                live.update_live_group_message(group, seq, MessageBody::Text("edited".into())).await?;
            }
            Operation::RecallOwn => {
                let seq = self.own_message(standing).await?;
                live.delete_live_group_message(group, seq).await?;
            }
            Operation::RecallOfMember => {
                let seq = say(&self.spare, group, Priority::Low).await?;
                live.delete_live_group_message(group, seq).await?;
            }
            Operation::RecallOfResident => {
                let seq = say(&self.second_admin, group, Priority::Low).await?;
                live.delete_live_group_message(group, seq).await?;
            }
            Operation::Broadcast => {
                let message = client.create_text_message("to all");
                let done = live.broadcast_to_live_groups(&message, Priority::High).await?;
                assert_eq!(done.failed, 0);
            }
            _ => {}
        }
        Ok(())
    }

    /// Changes what is said about the group, its members, and beside its messages.
    async fn describe(&self, client: &Client, operation: Operation) -> Result<(), Error> {
        let (live, group) = (client.live_groups(), self.group);
        let spare = uid("spare");
        match operation {
            Operation::SetInfo => drop(live.set_live_group_name(group, "renamed").await?),
            Operation::SetNotice => drop(live.set_live_group_notice(group, "noticed").await?),
            Operation::SetOwnInfo => drop(live.set_live_group_member_alias(group, "alias").await?),
            Operation::SetInfoOfOthers => {
                let change = bim::MemberInfoChange { alias: Some("named".into()), ..Default::default() };
                live.set_live_group_member_info_of(group, spare, change).await?;
            }
            Operation::WriteAttributes => {
                let written =
                    live.write_live_group_attributes(group, [AttributeWrite::set("key", "value")]).await?;
                assert_eq!(written.failed, []);
            }
            Operation::Tap => live.tap_live_group_counter(group, "likes", 1)?,
            _ => {}
        }
        Ok(())
    }

    async fn own_message(&self, standing: Standing) -> Result<Seq, Error> {
        match standing {
            Standing::Muted => Ok(self.said_before_the_mute),
            _ => say(&self.actors[&standing], self.group, Priority::Normal).await,
        }
    }

    /// The spare one owns the group and gives it back.
    async fn give_back(&self) -> Result<(), Error> {
        let live = self.spare.live_groups();
        live.trans_live_group_owner(self.group, uid("owner")).await.map(drop)
    }
}

async fn say(client: &Client, group: ConversationShortId, priority: Priority) -> Result<Seq, Error> {
    let message = client.create_text_message("said");
    let sent = client.live_groups().send_live_group_message(&message, group, priority).await?;
    Ok(sent.position.seq)
}

/// What was not done for somebody was not done.
fn all(done: MeasureDone) -> Result<(), Error> {
    done.failed.into_iter().next().map_or(Ok(()), |failure| Err(failure.reason.into()))
}

fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::Outsider => "outsider",
        Standing::Blocked => "blocked",
        Standing::Member => "member",
        Standing::Muted => "muted",
        Standing::Admin => "admin",
        Standing::Owner => "owner",
        Standing::AppServer => "app-server",
    }
}

fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}
