//! A moderator of the app's own: what its verdicts come to for the sender and for everyone else.

use std::sync::Arc;
use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent, MessageBody, Seq};
use bim_fake_server::FakeServer;
use bim_server::moderation::{AfterSend, BoxFuture, Moderated, ModerationVerdict, Moderator};
use bim_tests::{Arena, ClientKeeps, Link, ServerKeeps, Watch, join, room, run, say};
use tokio::sync::Notify;

/// Long enough for a moderator that answers at once, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does what a message asks for; `wait` gets its verdict when `go` has got one.
#[derive(Default)]
struct Obedient {
    go: Notify,
}

impl Moderator for Obedient {
    fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict> {
        Box::pin(async {
            match message.body.as_str().unwrap_or_default() {
                "refuse" => ModerationVerdict::Refuse { check_code: 42, message: "be kind".into() },
                "rewrite" => ModerationVerdict::Rewrite(MessageBody::Text("***".into())),
                "hide" => ModerationVerdict::OnlyForSender,
                "hang" => std::future::pending().await,
                "wait" => {
                    self.go.notified().await;
                    ModerationVerdict::Allow
                }
                "go" => {
                    self.go.notify_one();
                    ModerationVerdict::Allow
                }
                _ => ModerationVerdict::Allow,
            }
        })
    }

    fn after<'a>(&'a self, _: Seq, message: &'a Moderated) -> BoxFuture<'a, AfterSend> {
        let is_regretted = message.body.as_str() == Some("regret");
        Box::pin(async move { if is_regretted { AfterSend::Remove } else { AfterSend::Keep } })
    }
}

#[test]
fn a_message_is_allowed_refused_with_a_check_code_or_rewritten() {
    run(async {
        let stage = Stage::set(PATIENCE, false).await;
        let (bob, group) = (&stage.bob, stage.group);
        let mut to_owner = Watch::of(&stage.owner);
        say(bob, group, "allow").await.unwrap();
        assert_eq!(to_owner.text().await, "allow");
        let refused = say(bob, group, "refuse").await.unwrap_err();
        assert_eq!((refused.code(), refused.is_retryable()), (8, false));
        assert!(refused.to_string().contains("check code 42: be kind"), "{refused}");
        let rewritten = say(bob, group, "rewrite").await.unwrap();
        assert_eq!(rewritten.body.as_str(), Some("***"), "the sender sees what became of it");
        assert_eq!(to_owner.text().await, "***", "nothing of what was refused");
    });
}

#[test]
fn a_message_may_be_visible_only_to_its_sender() {
    run(async {
        let stage = Stage::set(PATIENCE, false).await;
        let (bob, group) = (&stage.bob, stage.group);
        let (mut to_owner, mut to_bob) = (Watch::of(&stage.owner), Watch::of(bob));
        let hidden = say(bob, group, "hide").await.unwrap();
        assert_eq!((hidden.body.as_str(), hidden.position.seq), (Some("hide"), Seq(1)));
        say(bob, group, "seen").await.unwrap();
        assert_eq!(to_owner.text().await, "seen");
        let sent = to_bob
            .until(|event| match event {
                LiveEvent::Sent(message) => Some(message),
                _ => None,
            })
            .await;
        assert_eq!(sent, hidden);
        assert_eq!(history(&stage.owner, group).await, ["seen"]);
        assert_eq!(history(bob, group).await, ["seen", "hide"]);
        stage.arena.crash_and_restart().await;
        assert_eq!(history(&stage.owner, group).await, ["seen"]);
        assert_eq!(history(bob, group).await, ["seen", "hide"]);
    });
}

#[test]
fn a_message_may_be_removed_after_it_was_sent() {
    run(async {
        let stage = Stage::set(PATIENCE, false).await;
        let mut to_owner = Watch::of(&stage.owner);
        let regretted = say(&stage.bob, stage.group, "regret").await.unwrap();
        let removed = to_owner
            .until(|event| match event {
                LiveEvent::Deleted { position, .. } => Some(position),
                _ => None,
            })
            .await;
        assert_eq!(removed, regretted.position);
        assert_eq!(history(&stage.bob, stage.group).await, [""; 0]);
    });
}

#[test]
fn a_moderator_that_takes_too_long_leaves_it_to_the_fallback() {
    run(async {
        for allows in [false, true] {
            let stage = Stage::set(Duration::from_millis(100), allows).await;
            let mut to_owner = Watch::of(&stage.owner);
            let outcome = say(&stage.bob, stage.group, "hang").await;
            assert_eq!(outcome.as_ref().err().map(bim::Error::code), (!allows).then_some(8), "{outcome:?}");
            say(&stage.bob, stage.group, "after").await.unwrap();
            let heard = to_owner.text().await;
            assert_eq!(heard, if allows { "hang" } else { "after" });
        }
    });
}

#[test]
fn messages_of_one_sender_stay_in_order_whatever_order_their_verdicts_come_in() {
    run(async {
        let stage = Stage::set(PATIENCE, false).await;
        let (bob, group) = (&stage.bob, stage.group);
        let mut to_owner = Watch::of(&stage.owner);
        let live = bob.live_groups();
        let texts = ["wait", "allow", "rewrite", "go"];
        let messages = texts.map(|text| bob.create_text_message(text));
        let sends =
            messages.map(|message| live.send_live_group_message(&message, group, bim::Priority::Normal));
        let mut seqs = Vec::new();
        for send in sends {
            seqs.push(send.await.unwrap().position.seq.0);
        }
        assert_eq!(seqs, [1, 2, 3, 4]);
        for text in ["wait", "allow", "***", "go"] {
            assert_eq!(to_owner.text().await, text);
        }
    });
}

#[test]
fn nobody_judges_the_app_server() {
    run(async {
        let stage = Stage::set(PATIENCE, false).await;
        let mut to_bob = Watch::of(&stage.bob);
        let server = stage.arena.app_server("backend").await;
        say(&server, stage.group, "refuse").await.unwrap();
        assert_eq!(to_bob.text().await, "refuse");
    });
}

/// A server with a moderator, and a group with its owner and bob in it.
struct Stage {
    arena: Arena,
    owner: Client,
    bob: Client,
    group: ConversationShortId,
}

impl Stage {
    async fn set(timeout: Duration, fallback_allows: bool) -> Self {
        let builder = FakeServer::builder().moderator(Arc::new(Obedient::default())).limits(|limits| {
            bim_tests::generous(limits);
            limits.moderation_timeout = timeout;
            limits.moderation_fallback_allows = fallback_allows;
        });
        let arena =
            Arena::start_server(Link::Memory, ServerKeeps::Memory, ClientKeeps::Memory, builder).await;
        let (owner, bob) = (arena.logged_in("owner").await, arena.logged_in("bob").await);
        let group = room(&owner).await;
        join([&bob], group).await;
        Self { arena, owner, bob, group }
    }
}

/// What a client reads back, newest first.
async fn history(client: &Client, group: ConversationShortId) -> Vec<String> {
    let live = client.live_groups();
    let read = || async { live.get_live_group_history_message_list(group, None, 20).await.ok() };
    let page = bim_tests::eventually(read).await;
    page.list.iter().map(|message| message.body.as_str().unwrap_or_default().to_owned()).collect()
}
