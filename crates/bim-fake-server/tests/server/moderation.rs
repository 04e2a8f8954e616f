//! What a moderator's verdicts come to, for the sender and for everyone else.

use std::sync::Arc;
use std::time::Duration;

use bim_fake_server::{FakeServer, FakeServerBuilder};
use bim_proto::{LiveChanged, ResponseBody, ServerFrame};
use bim_server::moderation::{
    AfterSend, BoxFuture, Moderated, ModerationVerdict, Moderator, WordAction, WordList,
};
use bim_types::{ConversationShortId, ErrorCode, MessageBody, Seq};

use crate::peer::{Peer, message};

/// Does what messages ask for.
struct Obedient;

impl Moderator for Obedient {
    fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict> {
        Box::pin(async {
            match message.body.as_str().unwrap_or_default() {
                "refuse" => ModerationVerdict::Refuse { check_code: 42, message: "not here".into() },
                "rewrite" => ModerationVerdict::Rewrite(MessageBody::Text("rewritten".into())),
                "hide" => ModerationVerdict::OnlyForSender,
                "panic" => panic!("a fault on purpose"),
                "hang" => std::future::pending().await,
                "slow" => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    ModerationVerdict::Allow
                }
                _ => ModerationVerdict::Allow,
            }
        })
    }

    fn after<'a>(&'a self, _: Seq, message: &'a Moderated) -> BoxFuture<'a, AfterSend> {
        Box::pin(async {
            match message.body.as_str() {
                Some("regret") => AfterSend::Remove,
                Some("panic later") => panic!("a fault on purpose"),
                _ => AfterSend::Keep,
            }
        })
    }
}

/// A sender and a viewer in one group.
struct World {
    server: FakeServer,
    alice: Peer,
    bob: Peer,
    group: ConversationShortId,
}

impl World {
    async fn new(moderator: impl Moderator) -> Self {
        Self::with(moderator, |builder| builder).await
    }

    async fn with(
        moderator: impl Moderator,
        change: impl FnOnce(FakeServerBuilder) -> FakeServerBuilder,
    ) -> Self {
        let server = change(FakeServer::builder().moderator(Arc::new(moderator))).start().await.unwrap();
        let mut alice = Peer::logged_in(&server, "alice").await;
        let mut bob = Peer::logged_in(&server, "bob").await;
        let group = alice.create().await;
        alice.join(group).await;
        bob.join(group).await;
        Self { server, alice, bob, group }
    }

    /// The server goes on as if nothing had happened.
    async fn assert_fine(&mut self, id: u128) {
        self.alice.send(self.group, id, "still fine").await.unwrap();
        while self.bob.message().await != "still fine" {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_allowed_reaches_everyone_and_what_is_refused_nobody() {
    let mut world = World::new(Obedient).await;
    let group = world.group;
    let refused = world.alice.send(group, 1, "refuse").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::MessageIllegal);
    assert_eq!(refused.hint, "check code 42: not here");
    let accepted = world.alice.send(group, 2, "fine").await.unwrap();
    assert_eq!((accepted.position.seq, accepted.only_for_sender, accepted.rewritten), (Seq(1), false, None));
    assert_eq!(world.bob.message().await, "fine");
}

#[tokio::test(start_paused = true)]
async fn a_message_is_rewritten_for_everyone_and_its_sender_is_told_and_a_resend_too() {
    let mut world = World::new(Obedient).await;
    let group = world.group;
    let first = world.alice.send(group, 1, "rewrite").await.unwrap();
    assert_eq!(first.rewritten, Some(MessageBody::Text("rewritten".into())));
    assert_eq!(world.bob.message().await, "rewritten");
    assert_eq!(world.alice.send(group, 1, "rewrite").await.unwrap().position, first.position);

    world.server.crash().await;
    world.server.restart().await;
    let mut alice = Peer::logged_in(&world.server, "alice").await;
    alice.join(group).await;
    assert_eq!(alice.send(group, 1, "rewrite").await.unwrap(), first);
}

#[tokio::test(start_paused = true)]
async fn a_message_for_its_sender_only_is_a_number_without_words_for_others() {
    let mut world = World::new(Obedient).await;
    let group = world.group;
    let accepted = world.alice.send(group, 1, "hide").await.unwrap();
    assert!(accepted.only_for_sender);
    let push = world.bob.push().await;
    assert_eq!((push.message.position, push.hidden), (accepted.position, true));
    assert_eq!(push.message.body, MessageBody::Unknown { kind: 0 });
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_after_a_send_disappears_for_everyone() {
    let mut world = World::new(Obedient).await;
    let group = world.group;
    let accepted = world.alice.send(group, 1, "regret").await.unwrap();
    for peer in [&mut world.alice, &mut world.bob] {
        let change = loop {
            if let ServerFrame::LiveChange(change) = peer.news().await {
                break change;
            }
        };
        assert_eq!(change.what, LiveChanged::Deleted { group, position: accepted.position });
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_or_hangs_is_answered_by_the_fallback_and_hurts_nobody_else() {
    for (allows, limit) in [(false, 500), (true, 50)] {
        let limit = Duration::from_millis(limit);
        let change = |limits: &mut bim_server_core::EngineConfig| {
            limits.moderation_fallback_allows = allows;
            limits.moderation_timeout = limit;
        };
        let mut world = World::with(Obedient, |builder| builder.limits(change)).await;
        for (id, text) in [(1, "panic"), (2, "hang"), (3, "panic later")] {
            let start = tokio::time::Instant::now();
            let verdict = world.alice.send(world.group, id, text).await;
            match verdict {
                Err(refusal) if id < 3 && !allows => assert_eq!(refusal.code, ErrorCode::MessageIllegal),
                other => assert!(other.is_ok() && (allows || id == 3), "{other:?}"),
            }
            let waited = if id < 3 { limit } else { Duration::ZERO };
            assert!(start.elapsed().abs_diff(waited) <= Duration::from_millis(1), "{:?}", start.elapsed());
            world.assert_fine(id + 10).await;
        }
        assert_eq!(world.server.counters().moderation_failed(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_one_sender_keep_their_order_and_others_do_not_wait() {
    let mut world = World::new(Obedient).await;
    let group = world.group;
    let slow = world.alice.start(message(group, 1, "slow")).await;
    let quick = world.alice.start(message(group, 2, "quick")).await;
    let other = world.bob.send(group, 1, "of somebody else").await.unwrap();
    assert_eq!(other.position.seq, Seq(1));
    for (request, seq) in [(slow, 2), (quick, 3)] {
        let Ok(ResponseBody::LiveMessageAccepted(accepted)) = world.alice.answer(request).await else {
            panic!("not accepted")
        };
        assert_eq!(accepted.position.seq, Seq(seq));
    }
}

#[tokio::test(start_paused = true)]
async fn the_apps_own_server_is_not_judged() {
    let mut world = World::new(Obedient).await;
    let token = world.server.app_server_token("backend");
    let mut backend = Peer::logged_in_with(&world.server, "backend", token).await;
    backend.send(world.group, 1, "refuse").await.unwrap();
    assert_eq!(world.bob.message().await, "refuse");
}

#[tokio::test(start_paused = true)]
async fn without_a_moderator_no_message_waits_whatever_the_limits_say() {
    let builder = FakeServer::builder().limits(|limits| limits.moderates = true);
    let server = builder.start().await.unwrap();
    let start = tokio::time::Instant::now();
    let mut alice = Peer::logged_in(&server, "alice").await;
    let group = alice.create().await;
    alice.join(group).await;
    alice.send(group, 1, "refuse").await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_word_list_refuses_or_masks() {
    let mut strict = World::new(WordList::new(["darn"], WordAction::Refuse)).await;
    let refused = strict.alice.send(strict.group, 1, "Darn it").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::MessageIllegal);
    assert!(refused.hint.starts_with("check code 1: "), "{}", refused.hint);
    strict.assert_fine(2).await;

    let mut mild = World::new(WordList::new(["darn"], WordAction::Mask)).await;
    let accepted = mild.alice.send(mild.group, 1, "Darn it").await.unwrap();
    assert_eq!(accepted.rewritten, Some(MessageBody::Text("*** it".into())));
    assert_eq!(mild.bob.message().await, "*** it");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_for_its_verdict_does_not_hold_up_a_shutdown() {
    let mut world = World::new(Obedient).await;
    world.alice.start(message(world.group, 1, "hang")).await;
    let start = tokio::time::Instant::now();
    assert_eq!(world.server.shutdown().await, bim_server::Stopped::Orderly);
    assert!(start.elapsed() <= bim_types::limits::MODERATION_TIMEOUT, "{:?}", start.elapsed());
}
