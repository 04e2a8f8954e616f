//! What reaches those to whom something is done.

use std::time::Duration;

use bim_fake_server::FakeServer;
use bim_proto::{RequestBody, ResponseBody, ServerFrame};
use bim_types::{ErrorCode, GroupChange, Measure, Uid};

use crate::peer::Peer;

/// More messages than a memory connection takes at once, so that many wait in the queue of who does not read.
const MESSAGES: u128 = 150;

fn uid(name: &str) -> Uid {
    Uid::string(name).unwrap()
}

async fn server() -> FakeServer {
    let limits = |limits: &mut bim_server_core::EngineConfig| {
        (limits.sender_per_second, limits.sender_burst) = (1_000, 1_000);
    };
    FakeServer::builder().limits(limits).memory(|memory| memory.frames_max = 8).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_is_kicked_hears_of_it_and_of_nothing_that_still_waited() {
    let server = server().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    let group = alice.create().await;
    alice.join(group).await;
    bob.join(group).await;
    for id in 1..=MESSAGES {
        alice.send(group, id, "hello").await.unwrap();
    }
    let kick = RequestBody::ChangeLiveGroup(group, Measure::Kick(vec![uid("bob")]));
    let Ok(ResponseBody::LiveGroupChanged(done)) = alice.ask(kick).await else { panic!("not kicked") };
    assert_eq!(done.failed, []);
    alice.send(group, MESSAGES + 1, "he is gone").await.unwrap();

    let (mut heard, mut told) = (0, false);
    let last = bob.ask(RequestBody::GetLiveGroup(group)).await;
    assert!(matches!(last, Ok(ResponseBody::LiveGroup(_))), "{last:?}");
    for frame in bob.aside {
        match frame {
            ServerFrame::LiveMessage(push) => {
                assert_eq!(push.message.body.as_str(), Some("hello"));
                heard += 1;
            }
            ServerFrame::LiveEvent(event) => {
                assert_eq!(event.operator, Some(uid("alice")));
                assert_eq!(event.change, GroupChange::Kicked { uids: vec![uid("bob")], blocked: false });
                told = true;
            }
            _ => {}
        }
    }
    assert!(told, "state is never shed");
    assert!(heard < MESSAGES, "what waited is not delivered any more: {heard}");
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_muted_sender_is_accepted_from_the_answer_on() {
    let server = server().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    let group = alice.create().await;
    alice.join(group).await;
    bob.join(group).await;
    bob.send(group, 1, "before").await.unwrap();
    let mute = Measure::Mute(vec![uid("bob")], Duration::from_secs(5));
    alice.ask(RequestBody::ChangeLiveGroup(group, mute)).await.unwrap();
    let refused = bob.send(group, 2, "after").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UserBannedToPost);
    tokio::time::advance(refused.retry_after.unwrap()).await;
    bob.send(group, 2, "later").await.unwrap();
}
