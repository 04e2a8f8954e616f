//! What all users handed in, added up and judged.

use bim_types::{PerPriority, Priority};

use super::link::Fate;
use super::roles::Role;
use super::sender::Sent;
use crate::load::{Account, Faults, Ledger, Tally};

/// What one user hands in at the end.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) role: Role,
    pub(super) account: Account,
    pub(super) fate: Fate,
    pub(super) sent: Sent,
}

/// The accounts of all users of a kind, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) users: u64,
    pub(super) tallies: PerPriority<Tally>,
    pub(super) fate: Fate,
    /// Users of whom anything was left out or torn, or who were cut off.
    pub(super) affected: u64,
}

/// The books of all users.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) reading: Sum,
    pub(super) stalled: Sum,
    pub(super) senders: Sum,
    pub(super) sent: PerPriority<Sent>,
    pub(super) accepted: PerPriority<u64>,
}

impl Books {
    /// Checks each account against the ledger and adds it. Who reads has to have every HIGH message, unless
    /// `may_be_cut`: the machine is known not to carry the load.
    pub(super) fn close(endings: &[Ending], ledger: &Ledger, may_be_cut: bool, faults: &mut Faults) -> Self {
        let mut books = Self::default();
        for class in Priority::ALL {
            books.accepted[class] = ledger.count(class);
        }
        for Ending { role, account, fate, sent } in endings {
            let (tallies, own) = account.check(ledger);
            faults.extend(role.name(), &own);
            let high = tallies.high;
            if *role != Role::Stalled && high.delivered != high.accepted && !may_be_cut {
                faults.add("reader without all high", || {
                    format!("a {} got {} of {} high messages", role.name(), high.delivered, high.accepted)
                });
            }
            books.sum_of(*role).add(&tallies, fate);
            if let Role::Sending(duty) = role {
                books.sent[duty.class].add(sent);
            }
        }
        books
    }

    fn sum_of(&mut self, role: Role) -> &mut Sum {
        match role {
            Role::Reading => &mut self.reading,
            Role::Stalled => &mut self.stalled,
            Role::Sending(_) => &mut self.senders,
        }
    }
}

impl Sum {
    fn add(&mut self, tallies: &PerPriority<Tally>, fate: &Fate) {
        self.users += 1;
        let mut is_affected = fate.cuts > 0;
        for class in Priority::ALL {
            let (sum, one) = (&mut self.tallies[class], tallies[class]);
            sum.accepted += one.accepted;
            sum.delivered += one.delivered;
            sum.left_out += one.left_out;
            sum.torn += one.torn;
            sum.missing += one.missing;
            is_affected |= one.left_out > 0 || one.torn > 0;
        }
        self.fate.cuts += fate.cuts;
        self.fate.told_slow += fate.told_slow;
        self.fate.resumed += fate.resumed;
        self.fate.torn += fate.torn;
        self.affected += u64::from(is_affected);
    }
}
