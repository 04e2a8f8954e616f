//! Pulses: who came, who went and whose record changed, as a net effect, in time; and the counters.

use std::collections::{BTreeMap, BTreeSet};

use bim_types::{GroupKey, LivePulse, Member, Mono, Uid};

use super::hall::Hall;
use super::room::Room;
use super::{Verdict, wrong};

/// What a group's viewers know from pulses.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Who is in, and its record, as the last pulse left it.
    told: BTreeMap<Uid, Member>,
    /// Who came or went since.
    pub(super) touched: BTreeSet<Uid>,
    /// Counters that changed since.
    pub(super) untold: BTreeSet<String>,
    /// Since when there is something to tell and somebody to tell it.
    since: Option<Mono>,
}

/// What the next pulse has to say.
struct News {
    joined: BTreeSet<Uid>,
    left: BTreeSet<Uid>,
    changed: BTreeSet<Uid>,
}

impl Pulse {
    fn news(&self, room: &Room) -> News {
        let inside = || room.said.keys();
        let differs = |uid: &&Uid| self.told.get(*uid).is_some_and(|told| told != &record(room, uid));
        News {
            joined: inside().filter(|uid| !self.told.contains_key(*uid)).cloned().collect(),
            left: self.told.keys().filter(|uid| !room.is_user_in(uid)).cloned().collect(),
            changed: inside().filter(differs).cloned().collect(),
        }
    }

    /// Notes that a step is over. Says when something should have been told and was not.
    pub(super) fn settle(&mut self, room: &Room, now: Mono) -> Option<Mono> {
        let news = self.news(room);
        let is_news = !(news.joined.is_empty() && news.left.is_empty() && news.changed.is_empty());
        let has_news = !room.inside.is_empty() && (is_news || !self.untold.is_empty());
        self.since = has_news.then(|| self.since.unwrap_or(now));
        self.since
    }
}

/// A record as pulses tell it: since when somebody is in is no news.
fn record(room: &Room, uid: &Uid) -> Member {
    Member { presence: None, ..room.member(uid, false) }
}

impl Hall {
    pub(super) fn on_pulse_told(&mut self, key: GroupKey, told: &LivePulse) -> Verdict {
        let Some(room) = self.rooms.get(&key) else { return wrong("online", "a pulse of no group") };
        let pulse = self.pulses.entry(key).or_default();
        if told.online_count != room.users() {
            return wrong("online", format!("{} are in; told are {}", room.users(), told.online_count));
        }
        let news = pulse.news(room);
        let joined: BTreeSet<Uid> = told.joined.named.iter().map(|member| member.uid.clone()).collect();
        let left: BTreeSet<Uid> = told.left.named.iter().cloned().collect();
        let changed: BTreeSet<Uid> = told.changed.named.iter().map(|member| member.uid.clone()).collect();
        if told.joined.more + told.left.more + told.changed.more > 0 {
            return wrong("online", format!("a few are counted and not named: {told:?}"));
        }
        let is_extra = |uid: &&Uid| !pulse.touched.contains(*uid);
        let not_in = joined.iter().find(|uid| !room.is_user_in(uid));
        let not_out = left.iter().find(|uid| room.is_user_in(uid));
        let never = joined.difference(&news.joined).chain(left.difference(&news.left)).find(is_extra);
        if let Some(uid) = not_in.or(not_out).or(never) {
            return wrong("online", format!("{uid} did not do what is told of it: {told:?}"));
        }
        let missed = news.joined.difference(&joined).chain(news.left.difference(&left)).next();
        let unchanged = news.changed.iter().find(|uid| !changed.contains(*uid) && !joined.contains(*uid));
        if let Some(uid) = missed.or(unchanged) {
            return wrong("online", format!("{uid} is not told of: {told:?}"));
        }
        for member in told.joined.named.iter().chain(&told.changed.named) {
            if let Some(what) = room.wrong_member(member, false, self.now.mono) {
                return wrong("online", what);
            }
        }
        let sums: BTreeMap<String, u64> =
            pulse.untold.iter().filter_map(|name| Some((name.clone(), *room.sums.get(name)?))).collect();
        if told.counters != sums {
            return wrong("counters", format!("told are {:?} and changed have {sums:?}", told.counters));
        }
        let told = room.said.keys().map(|uid| (uid.clone(), record(room, uid))).collect();
        *pulse = Pulse { told, ..Pulse::default() };
        Ok(())
    }
}
