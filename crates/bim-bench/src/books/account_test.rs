use bim_sim::books as strict;
use bim_types::{ConversationShortId, Cursor, ResumeVerdict};
use proptest::prelude::*;

use super::*;

/// What happens to one message on its way to one viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    /// It does not come, and nobody says so.
    Removed,
    /// It comes twice.
    Doubled,
    /// It comes after the next of its class.
    Late,
    /// It comes as one of another class.
    Reclassed,
}

/// What a viewer is sent.
#[derive(Clone, Copy, Debug)]
enum Event {
    Message(Priority, Seq, PerPriority<Seq>),
    Gap(LiveGap),
}

/// Classes of all messages, and which of them are left out.
fn run() -> impl Strategy<Value = Vec<(Priority, bool)>> {
    let one = (0..3_i64, any::<bool>()).prop_map(|(class, left_out)| {
        let class = Priority::from_number(class).unwrap();
        (class, left_out && class != Priority::High)
    });
    proptest::collection::vec(one, 4..60)
}

fn ledger_of(run: &[(Priority, bool)]) -> Ledger {
    let mut ledger = Ledger::default();
    run.iter().zip(1..).for_each(|((class, _), seq)| assert!(ledger.accept(*class, Seq(seq))));
    ledger
}

/// What a server that keeps its promises sends: a marker before the next message of the class, and at the end.
fn events(run: &[(Priority, bool)]) -> Vec<Event> {
    let (mut events, mut last) = (Vec::new(), PerPriority::<Seq>::default());
    let mut open: PerPriority<Option<(Seq, Seq, u64)>> = PerPriority::default();
    let close =
        |class: Priority, open: &mut PerPriority<Option<(Seq, Seq, u64)>>, events: &mut Vec<Event>| {
            if let Some((from, to, count)) = open[class].take() {
                events.push(Event::Gap(gap(class, from, to, count)));
            }
        };
    for ((class, left_out), seq) in run.iter().zip(1..).map(|(one, seq)| (*one, Seq(seq))) {
        if left_out {
            let (from, _, count) = open[class].unwrap_or((seq, seq, 0));
            open[class] = Some((from, seq, count + 1));
        } else {
            close(class, &mut open, &mut events);
            events.push(Event::Message(class, seq, last));
        }
        last[class] = seq;
    }
    Priority::ALL.into_iter().for_each(|class| close(class, &mut open, &mut events));
    events
}

fn gap(class: Priority, from: Seq, to: Seq, count: u64) -> LiveGap {
    let conversation_short_id = ConversationShortId::new(1).unwrap();
    LiveGap { conversation_short_id, priority: class, count, from, to }
}

fn account_of(events: &[Event]) -> Account {
    let mut account = Account::default();
    for event in events {
        match event {
            Event::Message(class, seq, previous) => account.on_message(*class, *seq, previous),
            Event::Gap(gap) => account.on_gap(gap),
        }
    }
    account
}

/// The same in the books of the simulation.
fn strict_faults(run: &[(Priority, bool)], events: &[Event]) -> u64 {
    let mut faults = strict::Faults::default();
    let verdicts = run.iter().zip(1..).map(|((class, _), seq)| (*class, Seq(seq)));
    let ledger = strict::Ledger::of(verdicts, &mut faults);
    let mut account = strict::Account::default();
    account.on_joined(Cursor::default(), ResumeVerdict::Fresh);
    for event in events {
        match event {
            Event::Message(class, seq, previous) => account.on_message(*class, *seq, previous),
            Event::Gap(gap) => account.on_gap(gap),
        }
    }
    account.check(&ledger).1.count()
}

fn happen(events: &mut Vec<Event>, at: usize, mishap: Mishap) -> bool {
    let Event::Message(class, seq, previous) = events[at] else { return false };
    match mishap {
        Mishap::Removed => drop(events.remove(at)),
        Mishap::Doubled => events.insert(at, events[at]),
        Mishap::Reclassed => {
            let other = if class == Priority::Low { Priority::Normal } else { Priority::Low };
            events[at] = Event::Message(other, seq, previous);
        }
        Mishap::Late => {
            let is_next = |event: &Event| matches!(event, Event::Message(of, ..) if *of == class);
            let Some(next) = events[at + 1..].iter().position(is_next) else { return false };
            let event = events.remove(at);
            events.insert(at + 1 + next, event);
        }
    }
    true
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![Just(Mishap::Removed), Just(Mishap::Doubled), Just(Mishap::Late), Just(Mishap::Reclassed)]
}

proptest! {
    #[test]
    fn a_server_that_keeps_its_promises_is_never_accused(run in run()) {
        let account = account_of(&events(&run));
        let (tally, faults) = account.check(&ledger_of(&run));
        prop_assert!(faults.is_empty(), "{}", faults);
        prop_assert_eq!(tally.delivered + tally.left_out, run.len() as u64);
        prop_assert_eq!((tally.missing, tally.accepted), (0, account.accounted()));
    }

    #[test]
    fn whatever_is_removed_doubled_late_or_of_another_class_is_found(
        run in run(),
        at in any::<proptest::sample::Index>(),
        mishap in mishap(),
    ) {
        let mut events = events(&run);
        prop_assume!(!events.is_empty());
        let at = at.index(events.len());
        prop_assume!(happen(&mut events, at, mishap));
        let faults = account_of(&events).check(&ledger_of(&run)).1;
        prop_assert!(!faults.is_empty(), "{mishap:?} of event {at} was not found in {events:?}");
        prop_assert!(strict_faults(&run, &events) > 0);
    }

    #[test]
    fn a_marker_that_counts_wrong_is_found(run in run(), by in prop_oneof![Just(-1_i64), Just(1)]) {
        let mut events = events(&run);
        let marker = events.iter_mut().find_map(|event| match event {
            Event::Gap(gap) => Some(gap),
            Event::Message(..) => None,
        });
        prop_assume!(marker.is_some());
        if let Some(gap) = marker {
            gap.count = gap.count.saturating_add_signed(by);
        }
        prop_assert!(!account_of(&events).check(&ledger_of(&run)).1.is_empty());
    }
}

#[test]
fn what_is_off_is_said_in_a_sentence() {
    let run = [(Priority::Normal, false), (Priority::Normal, false), (Priority::Normal, false)];
    let (ledger, all) = (ledger_of(&run), events(&run));
    let of = |events: &[Event]| account_of(events).check(&ledger).1.to_string();
    assert_eq!(of(&all), "no fault");
    let removed = of(&[all[0], all[2]]);
    assert!(removed.starts_with("normal 3 says 2 was before it, but nothing was said since 1"), "{removed}");
    let last = of(&all[..2]);
    assert_eq!(last, "1 of 3 normal are missing: not delivered, not reported as left out");
    let twice = of(&[all[0], all[0], all[1], all[2]]);
    assert!(twice.starts_with("normal 1 came after normal was accounted to 1"), "{twice}");
}

#[test]
fn high_in_a_gap_marker_is_a_fault() {
    let mut account = Account::default();
    account.on_gap(&gap(Priority::High, Seq(1), Seq(1), 1));
    assert!(account.faults().to_string().contains("high up to 1 are reported as left out"));
}

#[test]
fn verdicts_that_share_a_position_or_leave_one_out_are_faults() {
    let mut ledger = Ledger::default();
    assert!(ledger.accept(Priority::Low, Seq(1)) && ledger.accept(Priority::High, Seq(1)));
    assert!(ledger.accept(Priority::Low, Seq(3)));
    assert!(!ledger.accept(Priority::Low, Seq(u64::MAX)));
    assert_eq!((ledger.total(), ledger.check().count()), (2, 2));
}
