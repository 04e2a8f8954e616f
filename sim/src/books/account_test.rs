//! That an account finds what it is there to find.

use bim_types::{
    ConversationShortId, Cursor, DiscontinuityReason, Epoch, LiveGap, PerPriority, Position, Priority,
    ResumeVerdict, Seq,
};

use super::{Account, Faults, Ledger, Tally};

/// What was accepted: HIGH 1, 4, 7; NORMAL 2, 5, 8; LOW 3, 6, 9.
const CLASSES: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

fn class_of(seq: u64) -> Priority {
    CLASSES[(seq as usize - 1) % 3]
}

fn ledger() -> Ledger {
    Ledger::of((1..=9).map(|seq| (class_of(seq), Seq(seq))), &mut Faults::default())
}

fn at(seq: u64) -> Cursor {
    Cursor::at(Position { epoch: Epoch(1), seq: Seq(seq) })
}

fn joined() -> Account {
    let mut account = Account::default();
    assert_eq!(account.present(), None);
    account.on_joined(at(0), ResumeVerdict::Fresh);
    account
}

/// The last number of each class before one.
fn previous(seq: u64) -> PerPriority<Seq> {
    let mut previous = PerPriority::default();
    for before in 1..seq {
        previous[class_of(before)] = Seq(before);
    }
    previous
}

fn take(account: &mut Account, seqs: impl IntoIterator<Item = u64>) {
    for seq in seqs {
        account.on_message(class_of(seq), Seq(seq), &previous(seq));
    }
}

fn gap(class: Priority, from: u64, to: u64, count: u64) -> LiveGap {
    let conversation_short_id = ConversationShortId::new(1).unwrap();
    LiveGap { conversation_short_id, priority: class, count, from: Seq(from), to: Seq(to) }
}

fn faults(account: &Account) -> String {
    account.check(&ledger()).1.to_string()
}

#[test]
fn everything_delivered_in_order_is_no_fault() {
    let mut account = joined();
    take(&mut account, 1..=8);
    assert!(!account.is_settled(&ledger()));
    take(&mut account, [9]);
    assert!(account.is_settled(&ledger()));
    let (tallies, faults) = account.check(&ledger());
    assert!(faults.is_empty(), "{faults}");
    assert_eq!(tallies, PerPriority::splat(Tally { accepted: 3, delivered: 3, ..Tally::default() }));
}

#[test]
fn what_came_before_the_join_is_not_missed() {
    let mut account = Account::default();
    account.on_joined(at(6), ResumeVerdict::Fresh);
    take(&mut account, 7..=9);
    assert!(account.is_settled(&ledger()));
    assert_eq!(faults(&account), "");
}

#[test]
fn high_that_passes_over_high_is_found() {
    let mut account = joined();
    take(&mut account, [1, 2, 7]);
    assert!(faults(&account).contains("high 7 says 4 was before it"));
}

#[test]
fn high_may_overtake_and_what_a_marker_counts_is_accounted_for() {
    let mut account = joined();
    take(&mut account, [1, 2, 4, 7, 3, 5]);
    account.on_gap(&gap(Priority::Low, 6, 6, 1));
    take(&mut account, [8, 9]);
    let (tallies, faults) = account.check(&ledger());
    assert!(faults.is_empty(), "{faults}");
    assert_eq!((tallies.low.delivered, tallies.low.left_out), (2, 1));
}

#[test]
fn a_lost_message_is_found_at_once_and_at_the_end() {
    let mut account = joined();
    take(&mut account, [1, 2, 3, 4, 6, 7, 8, 9]);
    assert!(!account.is_settled(&ledger()));
    let faults = faults(&account);
    assert!(faults.contains("normal 8 says 5 was before it"), "{faults}");
    assert!(faults.contains("normal 5 is missing"), "{faults}");
}

#[test]
fn a_last_message_that_is_lost_is_found_by_the_senders_verdict() {
    let mut account = joined();
    take(&mut account, 1..=8);
    assert_eq!(
        faults(&account),
        "  missing: 1\n    low 9 is missing: not delivered, not reported as left out\n"
    );
}

#[test]
fn a_doubled_message_is_found() {
    let mut account = joined();
    take(&mut account, (1..=9).chain([5]));
    assert_eq!(faults(&account), "  came twice: 1\n    normal 5 came twice\n");
}

#[test]
fn a_message_that_comes_after_its_gap_marker_is_found() {
    let mut account = joined();
    take(&mut account, [1, 2, 3, 4, 5]);
    account.on_gap(&gap(Priority::Low, 6, 6, 1));
    take(&mut account, [6, 7, 8, 9]);
    let faults = faults(&account);
    assert!(faults.contains("low 6 came after low was accounted to 6"), "{faults}");
    assert!(faults.contains("low 6 is accounted for more than once"), "{faults}");
}

#[test]
fn high_in_a_gap_marker_is_found() {
    let mut account = joined();
    take(&mut account, [1, 2, 3]);
    account.on_gap(&gap(Priority::High, 4, 4, 1));
    take(&mut account, 5..=9);
    assert_eq!(faults(&account), "  high left out: 1\n    1 high up to 4 are reported as left out\n");
}

#[test]
fn a_marker_that_counts_wrong_is_found() {
    let mut account = joined();
    take(&mut account, [1, 2, 3, 4, 5, 7, 8]);
    account.on_gap(&gap(Priority::Low, 6, 9, 1));
    assert!(faults(&account).contains("a marker says 1 low were left out, but 2 were"));
}

#[test]
fn low_from_before_a_normal_message_that_was_given_up_is_found() {
    let mut account = joined();
    take(&mut account, [1, 2, 4]);
    account.on_gap(&gap(Priority::Normal, 5, 5, 1));
    take(&mut account, [3, 6, 7, 8, 9]);
    assert_eq!(
        faults(&account),
        "  low kept while normal was given up: 1\n    low 3 was kept while normal 5 was given up\n"
    );
}

#[test]
fn a_message_of_another_class_or_that_nobody_sent_is_found() {
    let mut account = joined();
    take(&mut account, 1..=9);
    account.on_message(Priority::Low, Seq(10), &previous(10));
    assert_eq!(
        faults(&account),
        "  never accepted: 1\n    4 low came, but only 3 of them were accepted as low\n"
    );
}

#[test]
fn a_resume_continues_and_a_discontinuity_says_what_is_torn() {
    let mut account = joined();
    take(&mut account, 1..=3);
    let presented = account.present().unwrap();
    account.on_joined(presented, ResumeVerdict::Resumed { left_out: PerPriority::default() });
    take(&mut account, 4..=5);
    account.present();
    account.on_joined(at(8), ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow));
    take(&mut account, [9]);
    let (tallies, faults) = account.check(&ledger());
    assert!(faults.is_empty(), "{faults}");
    assert_eq!((tallies.high.delivered, tallies.high.torn), (2, 1));
    assert_eq!((tallies.low.delivered, tallies.low.torn), (2, 1));
    assert!(account.is_settled(&ledger()));
}

#[test]
fn a_resume_without_a_verdict_on_the_cursor_is_found() {
    let mut account = joined();
    account.present();
    account.on_joined(at(9), ResumeVerdict::Fresh);
    assert!(faults(&account).contains("verdict Fresh for a join with a cursor: true"));
}
