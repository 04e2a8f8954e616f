//! The viewer against a model that is slow and obvious: it remembers every number.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_types::{Attributes, Epoch, ErrorCode, GroupInfo, MessageBody, MuteAll, PerPriority, Role, Wall};
use proptest::prelude::*;

use super::*;

/// One step of a server and a sender that are allowed to be careless: repeat, skip, answer late.
#[derive(Clone, Copy, Debug)]
enum Step {
    Message { seq: u64, class: Priority, mine: bool, hidden: bool, previous: [u64; 3] },
    Change { seq: u64, target: u64, edits: Option<u32>, previous: [u64; 3] },
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
    /// Messages whose answer may have been lost: a refusal that comes later need not be the truth.
    in_doubt: BTreeSet<u64>,
    ever_sent: BTreeSet<u64>,
    reported: BTreeSet<u64>,
    /// What became of messages by changes: the count of edits, or `None` for a removal.
    changed: BTreeMap<u64, Option<u32>>,
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
        online_count_age: Duration::ZERO,
        joined: true,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: None,
    };
    let cursor = Cursor { epoch: Epoch(1), seqs };
    Joined { conversation, cursor, verdict, attributes: Attributes::default(), counters: BTreeMap::new() }
}

fn hidden() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.2)
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    let previous = [0..12_u64, 0..12_u64, 0..12_u64];
    prop_oneof![
        6 => (1..40_u64, class.clone(), previous.clone(), hidden()).prop_map(|(seq, class, previous, hidden)| {
            Step::Message { seq, class, mine: false, hidden, previous }
        }),
        4 => (1..40_u64, previous.clone(), hidden()).prop_map(|(seq, previous, hidden)| {
            Step::Message { seq, class: class_of(seq), mine: true, hidden, previous }
        }),
        4 => (1..40_u64, 1..40_u64, prop::option::of(1..5_u32), previous)
            .prop_map(|(seq, target, edits, previous)| Step::Change { seq, target, edits, previous }),
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
            let lowest = Priority::ALL.into_iter().map(|class| model.last(class)).min().unwrap_or_default();
            model.changed.retain(|target, _| *target > lowest);
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
        Step::Message { seq, class, mine, hidden, previous } => {
            let previous = per_class(previous);
            let message = message(seq, class, mine);
            check_message(viewer, model, LivePush { message, previous, hidden }, mine)?;
        }
        Step::Change { seq, target, edits, previous } => {
            check_change(viewer, model, (seq, target, edits), per_class(previous))?;
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
            model.in_doubt.extend(&model.waiting);
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
            model.joined = true;
            // Numbers that were told before may be told again: the app knows that the stream is a new one.
            model.reported.retain(|seq| *seq <= at);
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
            model.in_doubt.remove(&seq);
            let position = Position { epoch: Epoch(1), seq: Seq(seq) };
            let report = viewer.on_accepted(ClientMessageId::new(seq.into()), position, class_of(seq));
            if report {
                prop_assert!(model.reported.insert(seq), "an own message was reported twice");
            }
        }
        Step::Refuse { seq } if model.waiting.remove(&seq) => {
            viewer.on_refused(ClientMessageId::new(seq.into()), ErrorCode::MessageFrequency);
        }
        Step::GiveUp { seq } if model.waiting.remove(&seq) => {
            let id = ClientMessageId::new(seq.into());
            match viewer.copy_of(id).map(|copy| copy.position) {
                Some(position) => {
                    model.in_doubt.remove(&seq);
                    if viewer.on_accepted(id, position, class_of(seq)) {
                        prop_assert!(model.reported.insert(seq), "an own message was reported twice");
                    }
                }
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
    let change = model.changed.get(&seq).copied();
    let hidden = push.hidden || change == Some(None);
    match viewer.on_message(push) {
        Delivery::Broken => {
            prop_assert!(broken);
            return Ok(());
        }
        Delivery::Received(message) => {
            prop_assert!(new && !broken && !hidden);
            let is_awaited = model.waiting.contains(&seq) || model.in_doubt.contains(&seq);
            prop_assert!(!mine || !is_awaited, "an own message was received");
            prop_assert_eq!(message.edits, change.flatten().unwrap_or_default());
        }
        Delivery::Sent(_) => {
            prop_assert!(new && !broken && !hidden && own && !model.waiting.contains(&seq));
            model.in_doubt.remove(&seq);
            prop_assert!(model.reported.insert(seq), "an own message was reported twice");
        }
        Delivery::Quiet => prop_assert!(!new || (own || hidden) && !broken),
        other => return Err(TestCaseError::fail(format!("{other:?}"))),
    }
    if new {
        model.changed.remove(&seq);
        account(model, seq, previous);
    }
    Ok(())
}

fn check_change(
    viewer: &mut Viewer,
    model: &mut Model,
    (seq, target, edits): (u64, u64, Option<u32>),
    previous: PerPriority<Seq>,
) -> Result<(), TestCaseError> {
    let new = model.is_new(Priority::High, seq);
    let broken = new && model.last(Priority::High) < previous.high.0;
    let what = match edits {
        Some(edits) => LiveChanged::Updated(Message { edits, ..message(target, class_of(target), false) }),
        None => LiveChanged::Deleted {
            group: ConversationShortId::new(GROUP).unwrap(),
            position: Position { epoch: Epoch(1), seq: Seq(target) },
        },
    };
    let position = Position { epoch: Epoch(1), seq: Seq(seq) };
    let operator = Uid::string("admin").unwrap();
    match viewer.on_change(LiveChange { position, previous, operator, what }) {
        Delivery::Broken => {
            prop_assert!(broken);
            return Ok(());
        }
        Delivery::Updated { message, .. } => prop_assert!(new && edits == Some(message.edits)),
        Delivery::Deleted { position, .. } => {
            prop_assert!(new && edits.is_none() && position.seq == Seq(target));
        }
        Delivery::Quiet => prop_assert!(!new),
        other => return Err(TestCaseError::fail(format!("{other:?}"))),
    }
    if new {
        account(model, seq, previous);
        let gone = model.changed.get(&target) == Some(&None);
        let may_come = Priority::ALL.into_iter().any(|class| model.last(class) < target);
        if may_come && !gone {
            model.changed.insert(target, edits);
        }
    }
    Ok(())
}

fn account(model: &mut Model, seq: u64, previous: PerPriority<Seq>) {
    for class in Priority::ALL {
        if model.last(class) >= previous[class].0 {
            model.known[class].insert(seq);
        }
    }
}

fn per_class([low, normal, high]: [u64; 3]) -> PerPriority<Seq> {
    PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) }
}
