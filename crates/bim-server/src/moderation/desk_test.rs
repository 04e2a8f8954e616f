//! What becomes of hooks that decide, hang, panic or are too many.

use bim_server_core::ModerationVerdict;
use bim_types::{AppId, ConversationShortId, GroupKey, MessageBody, Priority, Uid};

use super::*;
use crate::moderation::BoxFuture;
use crate::testing::soon;

const LIMIT: Duration = Duration::from_millis(500);

fn message(text: &str) -> Moderated {
    Moderated {
        group: GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() },
        sender: Uid::int(7).unwrap(),
        priority: Priority::Normal,
        body: MessageBody::Text(text.into()),
    }
}

/// Does what a message says.
struct Obedient;

impl Moderator for Obedient {
    fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict> {
        assert_ne!(message.body.as_str(), Some("panic at once"), "a fault on purpose");
        Box::pin(async {
            match message.body.as_str() {
                Some("hang") => std::future::pending().await,
                Some("panic") => panic!("a fault on purpose"),
                Some("hide") => ModerationVerdict::OnlyForSender,
                _ => ModerationVerdict::Allow,
            }
        })
    }

    fn after<'a>(&'a self, _: Seq, message: &'a Moderated) -> BoxFuture<'a, AfterSend> {
        Box::pin(async {
            match message.body.as_str() {
                Some("hang") => std::future::pending().await,
                Some("panic") => panic!("a fault on purpose"),
                Some("remove") => AfterSend::Remove,
                _ => AfterSend::Keep,
            }
        })
    }
}

fn limits(fallback_allows: bool) -> EngineConfig {
    EngineConfig {
        moderation_timeout: LIMIT,
        moderation_fallback_allows: fallback_allows,
        ..EngineConfig::default()
    }
}

fn desk() -> Desk {
    Desk::new(Some(Arc::new(Obedient)), &limits(false), Arc::default())
}

async fn next(desk: &mut Desk) -> Input {
    soon(desk.arrived()).await;
    desk.take().unwrap()
}

/// Waits until every hook has ended.
async fn idle(desk: &mut Desk) {
    while !desk.before.is_empty() || !desk.after.is_empty() {
        assert!(desk.take().is_none());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_verdict_comes_back_with_the_number_of_its_message() {
    let mut desk = desk();
    desk.moderate(4, message("hide"));
    let Input::Moderated { id, verdict } = next(&mut desk).await else { panic!("no verdict") };
    assert_eq!((id, verdict), (4, ModerationVerdict::OnlyForSender));
    assert!(desk.take().is_none());
}

#[tokio::test(start_paused = true)]
async fn after_a_send_only_a_removal_is_told() {
    let mut desk = desk();
    desk.review(Seq(1), message("fine"));
    desk.review(Seq(2), message("remove"));
    let Input::Remove { group, seq } = next(&mut desk).await else { panic!("no removal") };
    assert_eq!((group, seq), (message("").group, Seq(2)));
    idle(&mut desk).await;
}

#[tokio::test(start_paused = true)]
async fn hooks_that_panic_or_hang_are_counted_and_give_no_verdict() {
    let mut desk = desk();
    let start = tokio::time::Instant::now();
    for text in ["panic", "panic at once", "hang"] {
        desk.moderate(1, message(text));
    }
    for text in ["panic", "hang"] {
        desk.review(Seq(1), message(text));
    }
    desk.moderate(2, message("fine"));
    assert!(matches!(next(&mut desk).await, Input::Moderated { id: 2, .. }));
    idle(&mut desk).await;
    assert!(start.elapsed() >= AFTER_TIMEOUT && start.elapsed() < AFTER_TIMEOUT + LIMIT);
    assert_eq!(desk.counters.moderation_failed(), 5);
    assert_eq!(desk.counters.moderation_busy(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_place_is_counted_and_a_place_is_free_again_after_the_limit() {
    let mut desk = desk();
    for id in 0..=BEFORE_HOOKS_MAX as u64 {
        desk.moderate(id, message("hang"));
    }
    for seq in 0..=AFTER_HOOKS_MAX as u64 {
        desk.review(Seq(seq), message("hang"));
    }
    assert_eq!((desk.before.len(), desk.after.len()), (BEFORE_HOOKS_MAX, AFTER_HOOKS_MAX));
    assert_eq!(desk.counters.moderation_busy(), 2);
    assert!(matches!(desk.take(), Some(Input::Moderated { id: 1_024, .. })));
    // Waiting for verdicts is what notices that hooks are over.
    assert!(timeout(2 * LIMIT, desk.arrived()).await.is_err());
    desk.moderate(9, message("fine"));
    assert!(matches!(next(&mut desk).await, Input::Moderated { id: 9, .. }));
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_place_is_decided_by_the_fallback_at_once() {
    let message_of_refusal = "too many messages wait for a verdict".to_owned();
    let refused = ModerationVerdict::Refuse { check_code: 0, message: message_of_refusal };
    for (fallback_allows, expected) in [(true, ModerationVerdict::Allow), (false, refused)] {
        let mut desk = Desk::new(Some(Arc::new(Obedient)), &limits(fallback_allows), Arc::default());
        let start = tokio::time::Instant::now();
        for id in 0..=BEFORE_HOOKS_MAX as u64 {
            desk.moderate(id, message("hang"));
        }
        let Input::Moderated { id, verdict } = next(&mut desk).await else { panic!("no verdict") };
        assert_eq!((id, verdict), (BEFORE_HOOKS_MAX as u64, expected));
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(desk.take().is_none());
    }
}

#[tokio::test]
async fn without_a_moderator_nothing_runs() {
    let mut desk = Desk::new(None, &limits(false), Arc::default());
    desk.moderate(1, message("fine"));
    desk.review(Seq(1), message("remove"));
    assert!(desk.before.is_empty() && desk.after.is_empty() && desk.take().is_none());
}
