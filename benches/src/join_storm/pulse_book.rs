//! What pulses told, added up.

use std::collections::BTreeSet;

use bim_types::limits::PULSE_NAMES_MAX;
use bim_types::{LivePulse, Uid};

use crate::load::Faults;

/// Everything that the pulses of one group told since its first. Who is counted but not named is somebody.
#[derive(Clone, Debug, Default)]
pub(super) struct PulseBook {
    pub(super) pulses: u64,
    pub(super) joined: u64,
    pub(super) left: u64,
    named: BTreeSet<Uid>,
    pub(super) faults: Faults,
}

impl PulseBook {
    /// Takes the next pulse. `is_resident` says who is named in any case.
    pub(super) fn take(&mut self, pulse: &LivePulse, is_resident: impl Fn(&Uid) -> bool) {
        self.pulses += 1;
        self.joined += pulse.joined.named.len() as u64 + pulse.joined.more;
        self.left += pulse.left.named.len() as u64 + pulse.left.more;
        for member in &pulse.joined.named {
            if !self.named.insert(member.uid.clone()) {
                self.faults
                    .add("pulses do not add up", || format!("{:?} came twice without leaving", member.uid));
            }
            if member.presence.is_none() {
                self.faults.add("pulses do not add up", || format!("{:?} came, and is not in", member.uid));
            }
        }
        for uid in &pulse.left.named {
            self.named.remove(uid);
        }
        let others = pulse.joined.named.iter().filter(|member| !is_resident(&member.uid)).count();
        let others = others.max(pulse.left.named.iter().filter(|uid| !is_resident(uid)).count());
        if others > PULSE_NAMES_MAX {
            self.faults.add("pulse names too many", || {
                format!("{others} ordinary members are named in one list of a pulse")
            });
        }
        if self.online() != Some(pulse.online_count) {
            let (joined, left) = (self.joined, self.left);
            self.faults.add("pulses do not add up", || {
                format!("a pulse counts {}, but {joined} came and {left} left", pulse.online_count)
            });
        }
    }

    /// Who is in by what was told; `None` when more left than came.
    pub(super) fn online(&self) -> Option<u64> {
        self.joined.checked_sub(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bim_types::{ConversationShortId, Member, Named, Presence, Wall};

    use super::*;

    fn member(uid: i64) -> Member {
        let here = Presence { joined_at: Wall::default(), last_seen_at: Wall::default() };
        Member { presence: Some(here), ..Member::unknown(Uid::int(uid).unwrap()) }
    }

    fn pulse(online_count: u64, joined: &[i64], more: u64, left: &[i64]) -> LivePulse {
        LivePulse {
            conversation_short_id: ConversationShortId::new(1).unwrap(),
            online_count,
            joined: Named { named: joined.iter().map(|uid| member(*uid)).collect(), more },
            left: Named { named: left.iter().map(|uid| Uid::int(*uid).unwrap()).collect(), more: 0 },
            changed: Named::default(),
            counters: BTreeMap::new(),
        }
    }

    #[test]
    fn pulses_that_add_up_are_no_fault() {
        let mut book = PulseBook::default();
        book.take(&pulse(3, &[1, 2], 1, &[]), |_| false);
        book.take(&pulse(2, &[4], 0, &[1, 3]), |_| false);
        assert!(book.faults.is_empty(), "{}", book.faults);
        assert_eq!(book.online(), Some(2));
    }

    #[test]
    fn a_count_that_nobody_came_for_is_found() {
        let mut book = PulseBook::default();
        book.take(&pulse(3, &[1, 2], 0, &[]), |_| false);
        assert_eq!(
            book.faults.to_string(),
            "  pulses do not add up: 1\n    a pulse counts 3, but 2 came and 0 left\n"
        );
    }

    #[test]
    fn somebody_who_comes_twice_is_found() {
        let mut book = PulseBook::default();
        book.take(&pulse(1, &[1], 0, &[]), |_| false);
        book.take(&pulse(2, &[1], 0, &[]), |_| false);
        assert_eq!(book.faults.to_string(), "  pulses do not add up: 1\n    1 came twice without leaving\n");
    }

    #[test]
    fn too_many_names_are_found_and_residents_do_not_count() {
        let uids: Vec<i64> = (1..=51).collect();
        let mut book = PulseBook::default();
        book.take(&pulse(51, &uids, 0, &[]), |uid| *uid == Uid::int(1).unwrap());
        assert!(book.faults.is_empty(), "{}", book.faults);
        let mut book = PulseBook::default();
        book.take(&pulse(51, &uids, 0, &[]), |_| false);
        assert_eq!(book.faults.count(), 1);
    }
}
