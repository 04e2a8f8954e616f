//! The races that broke others, in every order of their first steps, with real clients and the real engine.

use bim_core::{Ask, Command};
use bim_proto::SendLive;
use bim_sim::ClientId;
use bim_sim::explore::{Deed, Explored, Scene, explore};
use bim_types::{ClientMessageId, ConversationShortId, Measure, MessageBody, Priority};

const ANN: ClientId = ClientId(0);
const BOB: ClientId = ClientId(1);

/// Orders of one race that are played at most. A race with more is cut off, and the test says so.
const ORDERS_MAX: u64 = 3_000;

fn say(client: ClientId, group: ConversationShortId, number: u128) -> Deed {
    let client_message_id = ClientMessageId::new(((client.0 as u128 + 1) << 64) | number);
    let priority = [Priority::Low, Priority::Normal, Priority::High][(number % 3) as usize];
    let body = MessageBody::Text(format!("{} {number}", client.0).into());
    Deed::Ask(
        client,
        Command::Ask(Ask::Send(SendLive { group, client_message_id, priority, body, follows: None })),
    )
}

fn join(client: ClientId, group: ConversationShortId) -> Deed {
    Deed::Ask(client, Command::Ask(Ask::Join(group, None)))
}

fn measure(client: ClientId, group: ConversationShortId, measure: Measure) -> Deed {
    Deed::Ask(client, Command::Ask(Ask::Measure(group, measure)))
}

/// Plays a race in every order of its first choices.
fn check(depth: usize, scenario: impl Fn(&mut Scene)) {
    let Explored { schedules, violation } = explore(depth, ORDERS_MAX, scenario);
    if let Some((choices, violation)) = violation {
        panic!("{violation}\nafter {schedules} orders, with the choices {choices:?}");
    }
    assert!((10..ORDERS_MAX).contains(&schedules), "{schedules} orders: the depth is not what it says");
}

#[test]
fn a_join_while_messages_flow_misses_nothing_and_sees_nothing_twice() {
    check(5, |scene| {
        scene.log_in(&[ANN, BOB]);
        let group = scene.room(&[ANN]);
        let messages = (1..=3).map(|number| say(ANN, group, number)).collect();
        scene.race(vec![messages, vec![join(BOB, group)]]);
    });
}

#[test]
fn what_is_pushed_while_a_viewer_comes_back_is_neither_lost_nor_repeated() {
    check(6, |scene| {
        scene.log_in(&[ANN, BOB]);
        let group = scene.room(&[ANN, BOB]);
        let messages = (1..=3).map(|number| say(ANN, group, number)).collect();
        scene.cut_and_redial(BOB);
        scene.race(vec![messages]);
    });
}

#[test]
fn a_message_whose_answer_may_be_lost_has_one_position() {
    check(6, |scene| {
        scene.log_in(&[ANN, BOB]);
        let group = scene.room(&[ANN, BOB]);
        scene.race(vec![vec![say(BOB, group, 1), say(BOB, group, 2)], vec![Deed::Cut(BOB)]]);
    });
}

#[test]
fn late_frames_of_a_session_that_was_taken_over_change_nothing() {
    check(6, |scene| {
        scene.log_in(&[ANN, BOB]);
        let group = scene.room(&[ANN, BOB]);
        scene.race(vec![vec![say(BOB, group, 1), say(BOB, group, 2)], vec![Deed::TakeOver(BOB)]]);
    });
}

#[test]
fn nothing_reaches_or_comes_from_a_kicked_member_after_the_operators_answer() {
    check(4, |scene| {
        scene.log_in(&[ANN, BOB]);
        let group = scene.room(&[ANN, BOB]);
        let kick = measure(ANN, group, Measure::Kick(vec![scene.uid(BOB)]));
        scene.race(vec![
            vec![say(BOB, group, 1), say(BOB, group, 2)],
            vec![kick, say(ANN, group, 1)],
            vec![join(BOB, group)],
        ]);
    });
}

#[test]
fn a_server_that_dies_between_commit_and_answer_keeps_what_it_acknowledged() {
    check(5, |scene| {
        scene.log_in(&[ANN, BOB]);
        let group = scene.room(&[ANN, BOB]);
        scene.race(vec![vec![say(BOB, group, 1), say(ANN, group, 2)], vec![Deed::RestartServer]]);
    });
}
