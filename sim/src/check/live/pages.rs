//! Pages of members, groups and attributes.

use bim_proto::{ListQuery, MemberPage, MemberQuery, Page};
use bim_types::store::RecordKey;
use bim_types::{Conversation, GroupKey, MemberList, Role, Uid};

use super::hall::Hall;
use super::people::Person;
use super::rights::{Act, may};
use super::room::Room;
use super::{Verdict, wrong};
use crate::ledger::Ledger;

impl Hall {
    pub(super) fn on_members(&self, room: &Room, query: &MemberQuery, page: &MemberPage) -> Verdict {
        let now = self.now.mono;
        let is_sanction = matches!(query.list, MemberList::Muted | MemberList::Exempt | MemberList::Blocked);
        let has_mark = |uid: &&Uid| {
            let marks = room.roll.get(*uid).map(|member| &member.marks);
            query.mark.as_ref().is_none_or(|mark| marks.is_some_and(|marks| marks.contains(mark)))
        };
        let roll = room.roll_at(now);
        let mut listed: Vec<&Uid> = match query.list {
            MemberList::Online => room.said.keys().collect(),
            MemberList::Muted => roll.iter().filter(|(_, m)| m.muted.is_some()).map(|(uid, _)| uid).collect(),
            MemberList::Blocked => {
                roll.iter().filter(|(_, m)| m.blocked.is_some()).map(|(uid, _)| uid).collect()
            }
            MemberList::Exempt => roll.iter().filter(|(_, m)| m.exempt).map(|(uid, _)| uid).collect(),
            _ => room.group.admins.iter().chain([&room.group.owner]).collect(),
        };
        listed.sort();
        listed.retain(|uid| query.after.as_ref().is_none_or(|after| *uid > after) && has_mark(uid));
        let most = if is_sanction { self.config.sanction_page_entries } else { self.config.page_entries };
        let count =
            usize::try_from(query.count).ok().filter(|count| (1..=most).contains(count)).unwrap_or(most);
        let has_more = listed.len() > count;
        listed.truncate(count);
        let told: Vec<&Uid> = page.members.iter().map(|member| &member.uid).collect();
        if told != listed || page.has_more != has_more {
            let what = format!("{:?} is told as {told:?}, more: {}", query.list, page.has_more);
            return wrong("state", format!("{what}; it is {listed:?}, more: {has_more}"));
        }
        self.check_records(room, page, is_sanction)
    }

    pub(super) fn on_records(
        &self,
        room: &Room,
        person: &Person,
        uids: &[Uid],
        page: &MemberPage,
    ) -> Verdict {
        let told: Vec<&Uid> = page.members.iter().map(|member| &member.uid).collect();
        if told != uids.iter().collect::<Vec<_>>() || page.has_more {
            return wrong("state", format!("{told:?} are told and {uids:?} were asked for"));
        }
        let sees_blocks = may(room, person, Act::Lists, self.policy, self.now.mono).is_ok();
        self.check_records(room, page, sees_blocks)
    }

    fn check_records(&self, room: &Room, page: &MemberPage, sees_blocks: bool) -> Verdict {
        let mut wrongs =
            page.members.iter().filter_map(|member| room.wrong_member(member, sees_blocks, self.now.mono));
        wrongs.next().map_or(Ok(()), |what| wrong("state", what))
    }

    /// A page of groups: those that there are, in order, as they stand or are about to.
    pub(super) fn on_groups(
        &self,
        ledger: &Ledger,
        person: &Person,
        query: ListQuery,
        page: &Page<Conversation>,
    ) -> Verdict {
        let mut last = query.cursor;
        for told in &page.entries {
            let key = GroupKey { app: person.app, group: told.conversation_short_id };
            if key.group.value() <= last {
                return wrong("state", format!("{key:?} comes after {last} in a page of groups"));
            }
            last = key.group.value();
            if let Some(room) = self.rooms.get(&key) {
                if told.version < room.group.version {
                    return wrong("state", format!("{key:?} is listed as it was: {told:?}"));
                }
                let state = Conversation { role: Role::Normal, joined: false, ..told.clone() };
                if told.version == room.group.version
                    && let Some(what) = room.wrong_state(key, &state, None, self.now.mono)
                {
                    return wrong("state", what);
                }
                if told.version == room.group.version && told.role != room.role(&person.uid) {
                    return wrong("state", format!("{} is told role {:?} in {key:?}", person.uid, told.role));
                }
                if told.joined != room.is_in(person.connection) {
                    return wrong(
                        "state",
                        format!("{} is told joined: {} of {key:?}", person.uid, told.joined),
                    );
                }
            }
        }
        if page.has_more {
            return if page.next_cursor > query.cursor {
                Ok(())
            } else {
                wrong("state", "a page leads nowhere")
            };
        }
        // The own ones are read in two steps, and may have become others in between.
        if query.mine { Ok(()) } else { self.check_all_listed(ledger, person, query, page) }
    }

    /// The last page leaves out no group that is durable and known.
    fn check_all_listed(
        &self,
        ledger: &Ledger,
        person: &Person,
        query: ListQuery,
        page: &Page<Conversation>,
    ) -> Verdict {
        for key in self.rooms.keys() {
            let is_changing = self.flights.values().any(|flight| flight.key == *key);
            let is_there = ledger.record(&RecordKey::LiveGroup(key.app, key.group)).is_some();
            let is_wanted = key.app == person.app && key.group.value() > query.cursor;
            let is_listed = page.entries.iter().any(|told| told.conversation_short_id == key.group);
            if is_wanted && is_there && !is_changing && !is_listed {
                return wrong("state", format!("{key:?} is left out of a page of groups: {page:?}"));
            }
        }
        Ok(())
    }
}
