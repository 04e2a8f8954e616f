//! The viewer against a model that is slow and obvious: it remembers every number.

use std::collections::BTreeSet;

use bim_types::{Epoch, GroupInfo, MessageBody, PerPriority};
use proptest::prelude::*;

use super::*;

/// One step of a server and a sender that are allowed to be careless: repeat, skip, answer late.
#[derive(Clone, Copy, Debug)]
enum Step {
    Message { seq: u64, class: Priority, mine: bool, previous: [u64; 3] },
    Gap { to: u64, class: Priority },
    Lose,
    Resume { ahead: u64 },
    Break { at: u64 },
    Send { seq: u64 },
    Accept { seq: u64 },
    Refuse { seq: u64 },
    GiveUp { seq: u64 },
}

/// Every number the app was told of, per class.
#[derive(Default)]
struct Model {
    joined: bool,
    known: PerPriority<BTreeSet<u64>>,
    waiting: BTreeSet<u64>,
    ever_sent: BTreeSet<u64>,
    reported: BTreeSet<u64>,
}

impl Model {
    fn is_new(&self, class: Priority, seq: u64) -> bool {
        self.joined && seq > self.last(class)
    }

    fn last(&self, class: Priority) -> u64 {
        self.known[class].last().copied().unwrap_or_default()
    }
}

const GROUP: i64 = 1;

/// An own message of a number always has the same class, as a real one would.
fn class_of(seq: u64) -> Priority {
    Priority::ALL[usize::try_from(seq % 3).unwrap()]
}

fn message(seq: u64, class: Priority, mine: bool) -> Message {
    Message {
        conversation_short_id: ConversationShortId::new(GROUP).unwrap(),
        position: Position { epoch: Epoch(1), seq: Seq(seq) },
        client_message_id: ClientMessageId::new(seq.into()),
        sender: Uid::string(if mine { "me" } else { "other" }).unwrap(),
        priority: class,
        accepted_at: Wall::from_millis(seq),
        edits: 0,
        body: MessageBody::Text("x".into()),
    }
}

fn joined(seqs: PerPriority<Seq>, verdict: ResumeVerdict) -> Joined {
    let short_id = ConversationShortId::new(GROUP).unwrap();
    let conversation = Conversation {
        conversation_short_id: short_id,
        conversation_id: Conversation::live_group_id(short_id),
        info: GroupInfo::default(),
        owner: Uid::string("owner").unwrap(),
        role: Role::Normal,
        created_at: Wall::default(),
        version: 1,
        online_count: 1,
        joined: true,
        dissolved: false,
    };
    Joined { conversation, cursor: Cursor { epoch: Epoch(1), seqs }, verdict }
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    let previous = [0..12_u64, 0..12_u64, 0..12_u64];
    prop_oneof![
        6 => (1..40_u64, class.clone(), previous.clone())
            .prop_map(|(seq, class, previous)| Step::Message { seq, class, mine: false, previous }),
        4 => (1..40_u64, previous)
            .prop_map(|(seq, previous)| Step::Message { seq, class: class_of(seq), mine: true, previous }),
        2 => (1..40_u64, class).prop_map(|(to, class)| Step::Gap { to, class }),
        1 => Just(Step::Lose),
        2 => (0..4_u64).prop_map(|ahead| Step::Resume { ahead }),
        1 => (1..40_u64).prop_map(|at| Step::Break { at }),
        4 => (1..40_u64).prop_map(|seq| Step::Send { seq }),
        4 => (1..40_u64).prop_map(|seq| Step::Accept { seq }),
        1 => (1..40_u64).prop_map(|seq| Step::Refuse { seq }),
        1 => (1..40_u64).prop_map(|seq| Step::GiveUp { seq }),
    ]
}

proptest! {
    #[test]
    fn the_viewer_agrees_with_a_model_that_remembers_everything(steps in prop::collection::vec(step(), 1..120)) {
        let mut viewer = Viewer::joining(Uid::string("me").unwrap());
        viewer.on_joined(joined(PerPriority::default(), ResumeVerdict::Fresh));
        let mut model = Model { joined: true, ..Model::default() };
        for step in steps {
            let before = viewer.cursor().unwrap();
            check(&mut viewer, &mut model, step)?;
            let after = viewer.cursor().unwrap();
            if !matches!(step, Step::Break { .. }) {
                for class in Priority::ALL {
                    prop_assert!(before.seqs[class] <= after.seqs[class], "the cursor moved back");
                }
            }
            for class in Priority::ALL {
                prop_assert_eq!(after.seqs[class], Seq(model.last(class)));
            }
        }
    }
}

fn check(viewer: &mut Viewer, model: &mut Model, step: Step) -> Result<(), TestCaseError> {
    match step {
        Step::Message { seq, class, mine, previous: [low, normal, high] } => {
            let previous = PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) };
            check_message(viewer, model, LivePush { message: message(seq, class, mine), previous }, mine)?;
        }
        Step::Gap { to, class } => {
            let conversation_short_id = ConversationShortId::new(GROUP).unwrap();
            let gap =
                LiveGap { conversation_short_id, priority: class, count: 1, from: Seq(to), to: Seq(to) };
            let new = model.is_new(class, to);
            prop_assert_eq!(viewer.on_gap(gap).is_some(), new);
            if new {
                model.known[class].insert(to);
            }
        }
        Step::Lose => {
            viewer.on_lost();
            model.joined = false;
        }
        Step::Resume { ahead } if !model.joined => {
            let mut cursor = viewer.resume_cursor().unwrap();
            cursor.seqs.low.0 += ahead;
            if ahead > 0 {
                model.known.low.insert(cursor.seqs.low.0);
            }
            let left_out = PerPriority { low: ahead, normal: 0, high: 0 };
            let JoinOutcome::Resumed(gaps) =
                viewer.on_joined(joined(cursor.seqs, ResumeVerdict::Resumed { left_out }))
            else {
                return Err(TestCaseError::fail("not resumed"));
            };
            prop_assert_eq!(gaps.iter().map(|gap| gap.count).sum::<u64>(), ahead);
            model.joined = true;
        }
        Step::Break { at } if !model.joined => {
            let verdict = ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow);
            viewer.on_joined(joined(PerPriority::splat(Seq(at)), verdict));
            model.known = PerPriority { low: [at].into(), normal: [at].into(), high: [at].into() };
            // Numbers that were told before may be told again: the app knows that the stream is a new one.
            model.reported.retain(|seq| *seq <= at);
            model.joined = true;
        }
        Step::Resume { .. } | Step::Break { .. } => {}
        Step::Send { .. } | Step::Accept { .. } | Step::Refuse { .. } | Step::GiveUp { .. } => {
            check_own(viewer, model, step)?;
        }
    }
    Ok(())
}

/// What happens to own messages, copies aside.
fn check_own(viewer: &mut Viewer, model: &mut Model, step: Step) -> Result<(), TestCaseError> {
    match step {
        Step::Send { seq } => {
            viewer.on_send(ClientMessageId::new(seq.into()));
            model.waiting.insert(seq);
            model.ever_sent.insert(seq);
        }
        Step::Accept { seq } if model.waiting.remove(&seq) => {
            let position = Position { epoch: Epoch(1), seq: Seq(seq) };
            let report = viewer.on_accepted(ClientMessageId::new(seq.into()), position, class_of(seq));
            if report {
                prop_assert!(model.reported.insert(seq), "an own message was reported twice");
            }
        }
        Step::Refuse { seq } if model.waiting.remove(&seq) => {
            viewer.on_refused(ClientMessageId::new(seq.into()));
        }
        Step::GiveUp { seq } if model.waiting.remove(&seq) => {
            let id = ClientMessageId::new(seq.into());
            match viewer.copy_of(id) {
                Some((position, _)) if viewer.on_accepted(id, position, class_of(seq)) => {
                    prop_assert!(model.reported.insert(seq), "an own message was reported twice");
                }
                Some(_) => {}
                None => viewer.on_no_verdict(id),
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_message(
    viewer: &mut Viewer,
    model: &mut Model,
    push: LivePush,
    mine: bool,
) -> Result<(), TestCaseError> {
    let (seq, class, previous) = (push.message.position.seq.0, push.message.priority, push.previous);
    let new = model.is_new(class, seq);
    let broken = new && model.last(class) < previous[class].0;
    let own = mine && model.ever_sent.contains(&seq);
    match viewer.on_message(push) {
        Delivery::Broken => {
            prop_assert!(broken);
            return Ok(());
        }
        Delivery::Received(_) => {
            prop_assert!(new && !broken);
            prop_assert!(!mine || !model.waiting.contains(&seq), "an own message was received");
        }
        Delivery::Sent(_) => {
            prop_assert!(new && !broken && own && !model.waiting.contains(&seq));
            prop_assert!(model.reported.insert(seq), "an own message was reported twice");
        }
        Delivery::Quiet => prop_assert!(!new || own && !broken),
    }
    if new {
        for class in Priority::ALL {
            if model.last(class) >= previous[class].0 {
                model.known[class].insert(seq);
            }
        }
    }
    Ok(())
}
