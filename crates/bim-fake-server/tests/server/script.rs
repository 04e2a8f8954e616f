//! What a script does to requests, seen by clients that speak frames.

use std::time::Duration;

use bim_fake_server::{FakeServer, Request, RequestKind, serve};
use bim_proto::{Goodbye, JoinLive, RequestBody, ResponseBody, ServerFrame};
use bim_types::{ConversationShortId, ErrorCode, Refusal};
use tokio::time::Instant;

use crate::peer::{Peer, message};

/// A server, and alice in a group.
async fn scene() -> (FakeServer, Peer, ConversationShortId) {
    let server = serve().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    let group = alice.create().await;
    alice.join(group).await;
    (server, alice, group)
}

#[tokio::test(start_paused = true)]
async fn the_next_send_is_refused_and_the_one_after_it_is_not() {
    let (server, mut alice, group) = scene().await;
    let refusal =
        Refusal::new(ErrorCode::MessageFrequency).retry_after(Duration::from_secs(2)).hint("slowly");
    server.refuse_next_send(refusal.clone());
    assert_eq!(alice.send(group, 1, "hello").await, Err(refusal));
    assert_eq!(alice.send(group, 1, "hello").await.unwrap().position.seq.0, 1);
    server.seen().assert_sends("alice", 2).assert_messages("alice", &["hello"]);
    server.seen().assert_refused("alice", ErrorCode::MessageFrequency);
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_message_that_a_rule_refused_does_not_overtake_it() {
    let (server, mut alice, group) = scene().await;
    server.script().on(Request::send().saying("first")).refuse(ErrorCode::ServerBusy);
    let RequestBody::SendLiveMessage(mut second) = message(group, 2, "second") else { unreachable!() };
    second.follows = Some(bim_types::ClientMessageId::new(1));
    let first = alice.start(message(group, 1, "first")).await;
    let second = alice.start(RequestBody::SendLiveMessage(second)).await;
    assert_eq!(alice.answer(first).await.unwrap_err().code, ErrorCode::ServerBusy);
    assert_eq!(alice.answer(second).await.unwrap_err().code, ErrorCode::MessageFrequency);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_of_a_message_that_was_accepted_and_takes_the_connection_with_it() {
    let (server, mut alice, group) = scene().await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    bob.join(group).await;
    server.lose_answer_to_send(3);
    for id in [1, 2] {
        alice.send(group, id, "heard").await.unwrap();
    }
    alice.start(message(group, 3, "lost")).await;
    while let Some(frame) = alice.frame().await {
        assert!(!matches!(frame, ServerFrame::Response(_) | ServerFrame::Goodbye(_)), "{frame:?}");
    }
    for text in ["heard", "heard", "lost"] {
        assert_eq!(bob.message().await, text);
    }
    let mut alice = Peer::logged_in(&server, "alice").await;
    alice.join(group).await;
    assert_eq!(alice.send(group, 3, "lost").await.unwrap().position.seq.0, 3);
    server.seen().assert_sends("alice", 4).assert_logins("alice", 2);
}

#[tokio::test(start_paused = true)]
async fn a_swallowed_request_is_heard_by_nobody_and_the_connection_stays() {
    let (server, mut alice, group) = scene().await;
    server.script().on(Request::send()).swallow();
    alice.start(message(group, 1, "swallowed")).await;
    assert_eq!(alice.send(group, 2, "heard").await.unwrap().position.seq.0, 1);
    server.seen().assert_sends("alice", 2).assert_logins("alice", 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_leaves_at_its_time_and_holds_nothing_else() {
    let (server, mut alice, group) = scene().await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    bob.join(group).await;
    server.script().on(Request::send().by("alice")).answer_late(Duration::from_secs(3));
    let begin = Instant::now();
    let late = alice.start(message(group, 1, "late")).await;
    assert_eq!(bob.message().await, "late");
    alice.send(group, 2, "at once").await.unwrap();
    assert_eq!(begin.elapsed(), Duration::ZERO);
    alice.answer(late).await.unwrap();
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn what_is_heard_late_holds_up_everything_behind_it_and_keeps_the_order() {
    let (server, mut alice, group) = scene().await;
    server.script().on(Request::send().saying("first")).hear_late(Duration::from_secs(3));
    let begin = Instant::now();
    let first = alice.start(message(group, 1, "first")).await;
    let second = alice.start(message(group, 2, "second")).await;
    for (request, seq) in [(first, 1), (second, 2)] {
        let Ok(ResponseBody::LiveMessageAccepted(accepted)) = alice.answer(request).await else {
            panic!("not accepted")
        };
        assert_eq!(accepted.position.seq.0, seq);
    }
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_join_that_is_answered_late_loses_no_message_at_the_seam() {
    let (server, mut alice, group) = scene().await;
    let mut bob = Peer::logged_in(&server, "bob").await;
    server.script().on(Request::join().by("bob")).answer_late(Duration::from_secs(3));
    let join = RequestBody::JoinLiveGroup(JoinLive { group, resume: None, info: None });
    let joining = bob.start(join).await;
    alice.send(group, 1, "before").await.unwrap();
    let Ok(ResponseBody::JoinedLiveGroup(joined)) = bob.answer(joining).await else { panic!("not in") };
    assert_eq!(joined.cursor.seqs.normal.0, 1, "it is accounted for from after the first message");
    alice.send(group, 2, "after").await.unwrap();
    assert_eq!(bob.message().await, "after");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_cut_before_its_request_is_heard() {
    let (server, mut alice, group) = scene().await;
    server.script().on(Request::send()).cut();
    alice.start(message(group, 1, "unheard")).await;
    while alice.frame().await.is_some() {}
    let mut alice = Peer::logged_in(&server, "alice").await;
    alice.join(group).await;
    assert_eq!(alice.send(group, 2, "heard").await.unwrap().position.seq.0, 1);
}

#[tokio::test(start_paused = true)]
async fn logins_are_refused_swallowed_lost_and_late_too() {
    let server = serve().await;
    let script = server.script();
    script.on(Request::login()).refuse(ErrorCode::ServerBusy);
    let mut alice = Peer::dial(&server).await;
    let refused = alice.hello(&server, "alice", server.token("alice")).await;
    let ServerFrame::Goodbye(Goodbye { reason: Some(reason) }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason.code, ErrorCode::ServerBusy);

    script.on(Request::login()).lose_answer();
    let mut alice = Peer::dial(&server).await;
    alice.start_hello(&server, "alice", server.token("alice")).await;
    assert_eq!(alice.frame().await, None);

    script.on(Request::login()).answer_late(Duration::from_secs(2));
    let begin = Instant::now();
    let _alice = Peer::logged_in(&server, "alice").await;
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
    server.seen().assert_logins("alice", 2).assert_asked("alice", RequestKind::Login, 3);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_ends_the_session_with_100_and_is_not_taken_again_but_a_fresh_one_is() {
    let (server, mut alice, _) = scene().await;
    let (old, unused) = (server.token("alice"), server.token("alice"));
    let mut bob = Peer::logged_in(&server, "bob").await;
    server.expire_token("alice").await;
    let goodbye = loop {
        if let ServerFrame::Goodbye(goodbye) = alice.frame().await.expect("a goodbye before the end") {
            break goodbye;
        }
    };
    assert_eq!(goodbye.reason.unwrap().code, ErrorCode::ExpiredToken);
    for token in [old, unused.clone()] {
        let answer = Peer::dial(&server).await.hello(&server, "alice", token).await;
        let ServerFrame::Goodbye(goodbye) = answer else { panic!("let in: {answer:?}") };
        assert_eq!(goodbye.reason.unwrap().code, ErrorCode::ExpiredToken);
    }
    let mut alice = Peer::logged_in(&server, "alice").await;
    let refreshed = alice.ask(RequestBody::RefreshToken(unused)).await;
    assert_eq!(refreshed.unwrap_err().code, ErrorCode::ExpiredToken);
    bob.create().await;
    server.seen().assert_ended("alice", ErrorCode::ExpiredToken);
    assert_eq!(server.seen().endings("bob"), []);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_stays_expired_over_a_restart() {
    let server = serve().await;
    let old = server.token("alice");
    server.expire_token("alice").await;
    server.restart().await;
    let answer = Peer::dial(&server).await.hello(&server, "alice", old).await;
    assert!(matches!(answer, ServerFrame::Goodbye(_)), "{answer:?}");
    Peer::logged_in(&server, "alice").await;
}

#[tokio::test(start_paused = true)]
async fn revoked_tokens_end_sessions_and_the_next_token_is_taken_at_once() {
    let (server, mut alice, _) = scene().await;
    let old = server.token("alice");
    assert_eq!(server.revoke_tokens("alice").await, 1);
    while alice.frame().await.is_some() {}
    let answer = Peer::dial(&server).await.hello(&server, "alice", old).await;
    assert!(matches!(answer, ServerFrame::Goodbye(_)), "{answer:?}");
    Peer::logged_in(&server, "alice").await;
}

#[tokio::test(start_paused = true)]
async fn rules_and_what_was_seen_survive_a_crash() {
    let (server, mut alice, group) = scene().await;
    server.script().on(Request::send()).nth(2).refuse(ErrorCode::MessageIllegal);
    alice.send(group, 1, "one").await.unwrap();
    server.crash().await;
    server.restart().await;
    let mut alice = Peer::logged_in(&server, "alice").await;
    alice.join(group).await;
    assert_eq!(alice.send(group, 2, "two").await.unwrap_err().code, ErrorCode::MessageIllegal);
    let seen = server.seen();
    seen.assert_messages("alice", &["one", "two"]).assert_logins("alice", 2);
    assert!(seen.to_string().contains("let in, a known device"), "{seen}");
    assert!(seen.to_string().contains("the server starts (life 2)"), "{seen}");
}

#[tokio::test(start_paused = true)]
async fn the_same_test_sees_the_same_journal_twice() {
    let mut journals = Vec::new();
    for _ in 0..2 {
        let (server, mut alice, group) = scene().await;
        server.lose_answer_to_send(2);
        alice.send(group, 1, "one").await.unwrap();
        alice.start(message(group, 2, "two")).await;
        while alice.frame().await.is_some() {}
        server.until(|seen| seen.sends("alice") == 2).await;
        journals.push(server.seen().to_string());
    }
    assert_eq!(journals[0], journals[1]);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "alice sent 7 times; but the server saw:")]
async fn an_assertion_that_fails_says_what_was_seen_instead() {
    let (server, _alice, _) = scene().await;
    server.seen().assert_sends("alice", 7);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "not seen within 600s")]
async fn waiting_for_what_never_comes_ends() {
    let (server, _alice, _) = scene().await;
    server.until(|seen| seen.sends("alice") == 7).await;
}

#[tokio::test]
async fn scripts_work_in_real_time_too() {
    let (server, mut alice, group) = scene().await;
    server.refuse_next_send(ErrorCode::MessageFrequency);
    alice.send(group, 1, "hello").await.unwrap_err();
    alice.send(group, 1, "hello").await.unwrap();
    server.until(|seen| seen.sends("alice") == 2).await;
}
