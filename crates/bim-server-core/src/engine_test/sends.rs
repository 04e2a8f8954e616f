use std::time::Duration;

use bim_proto::{HistoryQuery, RequestBody, ResponseBody, SendLive, ServerFrame};
use bim_types::limits::MESSAGE_BODY_BYTES_MAX;
use bim_types::{ClientMessageId, Epoch, ErrorCode, MessageBody, Position, Priority, Seq};

use super::world::{World, message};
use crate::{EngineConfig, Input};

#[test]
fn the_verdict_and_the_broadcast_wait_for_the_disk() {
    let mut world = World::new();
    let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
    let group = world.create(owner);
    world.join(owner, group, None);
    world.join(viewer, group, None);
    world.holds_writes = true;
    world.request(viewer, RequestBody::SendLiveMessage(message(group, 1)));
    assert!(world.received(viewer).is_empty());
    assert!(world.received(owner).is_empty());
    world.release_writes();
    let to_sender = world.received(viewer);
    assert!(
        matches!(to_sender.as_slice(), [ServerFrame::Response(_), ServerFrame::LiveMessage(_)]),
        "{to_sender:?}"
    );
    assert_eq!(world.seqs(owner), [1]);
}

#[test]
fn a_resend_is_answered_with_the_original_position() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    let first = world.say(owner, group, 1).unwrap();
    world.say(owner, group, 2).unwrap();
    world.pass(Duration::from_secs(5));
    assert_eq!(world.say(owner, group, 1), Ok(first.clone()));
    assert_eq!(first.position, Position { epoch: Epoch(7), seq: Seq(1) });
}

#[test]
fn a_resend_while_the_first_is_being_written_is_never_refused_for_the_budget() {
    let config = EngineConfig { sender_per_second: 1, sender_burst: 1, ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    world.request(owner, RequestBody::SendLiveMessage(message(group, 1)));
    let again = world.log_in("owner", 1);
    world.join(again, group, None);
    world.received(again);
    world.request(again, RequestBody::SendLiveMessage(message(group, 1)));
    assert!(world.received(again).is_empty(), "its verdict is the log's");
    world.release_writes();
    let frames = world.received(again);
    let verdict = frames.iter().find_map(|frame| match frame {
        ServerFrame::Response(response) => Some(response.body.clone()),
        _ => None,
    });
    let Some(Ok(ResponseBody::LiveMessageAccepted(accepted))) = verdict else { panic!("{frames:?}") };
    assert_eq!(accepted.position.seq, Seq(1));
    assert_eq!(world.say(again, group, 2).unwrap_err().code, ErrorCode::MessageFrequency);
}

#[test]
fn a_resend_from_beyond_the_buffer_and_a_restart_is_answered_with_the_original_position() {
    let config = EngineConfig { room_buffer_messages: 1, ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    let first = world.say(owner, group, 1).unwrap();
    world.say(owner, group, 2).unwrap();
    assert_eq!(world.say(owner, group, 1), Ok(first.clone()));
    let mut world = world.restart();
    let owner = world.log_in("owner", 1);
    world.join(owner, group, None);
    assert_eq!(world.say(owner, group, 1), Ok(first.clone()));
    assert_eq!(world.say(owner, group, 3).unwrap().position.seq, Seq(3));
}

#[test]
fn the_same_id_racing_on_two_requests_gets_one_position() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    for _ in 0..10 {
        world.request(owner, RequestBody::SendLiveMessage(message(group, 1)));
    }
    world.release_writes();
    let frames = world.received(owner);
    let verdicts = frames.iter().filter(|frame| match frame {
        ServerFrame::Response(response) => matches!(
            &response.body,
            Ok(ResponseBody::LiveMessageAccepted(accepted)) if accepted.position.seq == Seq(1)
        ),
        _ => false,
    });
    assert_eq!(verdicts.count(), 10);
    let messages = frames.iter().filter(|frame| matches!(frame, ServerFrame::LiveMessage(_)));
    assert_eq!(messages.count(), 1);
}

#[test]
fn the_same_id_with_other_content_is_refused() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.say(owner, group, 1).unwrap();
    let other = SendLive { body: MessageBody::Text("other".into()), ..message(group, 1) };
    let refused = world.ask(owner, RequestBody::SendLiveMessage(other)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::IdempotencyConflict);
}

#[test]
fn a_refusal_for_the_budget_says_when_and_holds_what_follows() {
    let mut world = World::with(EngineConfig { sender_burst: 1, ..EngineConfig::default() });
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.say(owner, group, 1).unwrap();
    let refused = world.say(owner, group, 2).unwrap_err();
    assert_eq!(refused.code, ErrorCode::MessageFrequency);
    let wait = refused.retry_after.unwrap();
    world.pass(wait);
    let follower = SendLive { follows: Some(ClientMessageId::new(2)), ..message(group, 3) };
    let held = world.ask(owner, RequestBody::SendLiveMessage(follower.clone())).unwrap_err();
    assert_eq!(held.code, ErrorCode::MessageFrequency);
    assert_eq!(world.say(owner, group, 2).unwrap().position.seq, Seq(2));
    world.pass(wait);
    assert!(world.ask(owner, RequestBody::SendLiveMessage(follower)).is_ok());
}

#[test]
fn a_body_one_byte_over_the_limit_is_refused_with_the_limit() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    let sized = |bytes: usize| SendLive {
        body: MessageBody::Text("x".repeat(bytes).into()),
        ..message(group, bytes as u128)
    };
    assert!(world.ask(owner, RequestBody::SendLiveMessage(sized(MESSAGE_BODY_BYTES_MAX))).is_ok());
    let refused =
        world.ask(owner, RequestBody::SendLiveMessage(sized(MESSAGE_BODY_BYTES_MAX + 1))).unwrap_err();
    assert_eq!((refused.code, refused.limit), (ErrorCode::MessageTooLarge, Some(65_536)));
}

#[test]
fn who_is_not_in_the_group_can_not_send_or_read() {
    let mut world = World::new();
    let (owner, stranger) = (world.log_in("owner", 1), world.log_in("stranger", 2));
    let group = world.create(owner);
    assert_eq!(world.say(stranger, group, 1).unwrap_err().code, ErrorCode::UserNotInGroup);
    let query = HistoryQuery { group, from: Seq(0), to: None, limit: 0, newest_first: false };
    let refused = world.ask(stranger, RequestBody::ReadLiveHistory(query)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserNotInGroup);
}

#[test]
fn after_a_store_failure_nothing_is_acknowledged_and_reads_go_on() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.say(owner, group, 1).unwrap();
    world.fails_writes = true;
    assert_eq!(world.say(owner, group, 2).unwrap_err().code, ErrorCode::StorageUnavailable);
    world.fails_writes = false;
    assert_eq!(world.say(owner, group, 3).unwrap_err().code, ErrorCode::StorageUnavailable);
    assert!(world.ask(owner, RequestBody::GetLiveGroup(group)).is_ok());
}

#[test]
fn a_resend_is_answered_with_the_original_position_also_when_nothing_can_be_written() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    let first = world.say(owner, group, 1).unwrap();
    world.fails_writes = true;
    assert_eq!(world.say(owner, group, 2).unwrap_err().code, ErrorCode::StorageUnavailable);
    assert_eq!(world.say(owner, group, 1), Ok(first));
}

#[test]
fn history_is_paged_forward_and_ends_at_the_wanted_number() {
    let mut world = World::with(EngineConfig { sender_burst: 100, ..EngineConfig::default() });
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    for id in 1..=9 {
        world.say(owner, group, id).unwrap();
    }
    let mut seqs = Vec::new();
    let mut from = Seq(3);
    loop {
        let query = HistoryQuery { group, from, to: Some(Seq(8)), limit: 4, newest_first: false };
        match world.ask(owner, RequestBody::ReadLiveHistory(query)) {
            Ok(ResponseBody::LiveHistoryPage(page)) => {
                seqs.extend(page.messages.iter().map(|message| message.position.seq.0));
                from = page.next;
                if !page.has_more {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seqs, [3, 4, 5, 6, 7, 8]);
}

#[test]
fn high_is_for_owner_and_admins_unless_the_operator_says_otherwise() {
    for (open, allowed) in [(false, false), (true, true)] {
        let config = EngineConfig { members_may_send_high: open, ..EngineConfig::default() };
        let mut world = World::with(config);
        let (owner, viewer) = (world.log_in("owner", 1), world.log_in("viewer", 2));
        let group = world.create(owner);
        world.join(owner, group, None);
        world.join(viewer, group, None);
        let high = |id| SendLive { priority: Priority::High, ..message(group, id) };
        assert!(world.ask(owner, RequestBody::SendLiveMessage(high(1))).is_ok());
        assert_eq!(world.ask(viewer, RequestBody::SendLiveMessage(high(2))).is_ok(), allowed);
    }
}

#[test]
fn more_requests_than_the_window_are_refused_as_busy() {
    let mut world = World::with(EngineConfig { sender_burst: 100, ..EngineConfig::default() });
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    for id in 0..65 {
        world.request(owner, RequestBody::SendLiveMessage(message(group, id)));
    }
    let frames = world.received(owner);
    let [ServerFrame::Response(response)] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(response.body.as_ref().unwrap_err().code, ErrorCode::ServerBusy);
    world.release_writes();
    assert_eq!(world.seqs(owner).len(), 64);
}

#[test]
fn a_drain_waits_for_what_is_being_written() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    world.request(owner, RequestBody::SendLiveMessage(message(group, 1)));
    world.feed(Input::Drain);
    assert!(!world.drained);
    world.release_writes();
    assert!(world.drained);
    let frames = world.received(owner);
    assert!(
        matches!(frames.as_slice(), [ServerFrame::Response(_), ServerFrame::Goodbye(_), ..]),
        "{frames:?}"
    );
}

#[test]
fn a_drain_after_a_store_failure_ends_too() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.fails_writes = true;
    assert!(world.say(owner, group, 1).is_err());
    world.feed(Input::Drain);
    assert!(world.drained);
    assert_eq!(world.farewell(owner), ErrorCode::ServerDraining);
}

#[test]
fn a_resend_of_what_is_trimmed_before_it_is_read_is_not_answered_with_another_message() {
    let config = EngineConfig { resume_window: Duration::from_secs(2), ..EngineConfig::default() };
    let mut world = World::with(config);
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.say(owner, group, 1).unwrap();
    world.pass(Duration::from_secs(5));
    world.say(owner, group, 2).unwrap();
    world.received(owner);
    world.holds_reads = true;
    world.request(owner, RequestBody::SendLiveMessage(message(group, 1)));
    let stream = bim_types::store::StreamId::LiveGroup(super::world::app(), group);
    let before = world.now.wall.before(Duration::from_secs(1));
    let trim = bim_types::store::LogOp::Trim(bim_types::store::Trim { stream, before });
    bim_store::ServerLog::commit(&*world.log, &[trim]).unwrap();
    world.release_reads();
    let frames = world.received(owner);
    let [ServerFrame::Response(response)] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(response.body.as_ref().unwrap_err().code, ErrorCode::MessageNotFound);
}

#[test]
fn a_message_on_its_way_to_the_log_has_one_verdict_also_when_its_sender_is_out_meanwhile() {
    let mut world = World::new();
    let owner = world.log_in("owner", 1);
    let group = world.create(owner);
    world.join(owner, group, None);
    world.holds_writes = true;
    world.request(owner, RequestBody::SendLiveMessage(message(group, 1)));
    world.feed(Input::Closed { connection: owner });
    let again = world.log_in("owner", 1);
    let asked = world.request(again, RequestBody::SendLiveMessage(message(group, 1)));
    world.release_writes();
    let verdicts: Vec<_> = world
        .received(again)
        .into_iter()
        .filter_map(|frame| match frame {
            ServerFrame::Response(response) if response.id == asked => Some(response.body),
            _ => None,
        })
        .collect();
    let [Ok(ResponseBody::LiveMessageAccepted(accepted))] = verdicts.as_slice() else {
        panic!("{verdicts:?}")
    };
    assert_eq!(accepted.position.seq, Seq(1));
    let known = world.say(again, group, 1).unwrap();
    assert_eq!(known.position.seq, Seq(1), "nor is it refused after that");
    assert_eq!(world.say(again, group, 2).unwrap_err().code, ErrorCode::UserNotInGroup);
}
