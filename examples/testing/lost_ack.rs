//! An acknowledgement that is lost, and the message is still sent once.

use std::error::Error;
use std::time::Duration;

use bim::{Client, ConversationShortId, ErrorCode, Message, Priority, Refusal};
use bim_fake_server::{Request, serve};

// ---- The app: it sends, and tries again when it is told to wait. ----

/// Sends a text once, however often that has to be tried.
async fn send(client: &Client, group: ConversationShortId, text: &str) -> Result<Message, bim::Error> {
    let message = client.create_text_message(text); // the same value again is the same message
    loop {
        let sending = client.live_groups().send_live_group_message(&message, group, Priority::Normal);
        match sending.await {
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_secs(1))).await;
            }
            verdict => return verdict,
        }
    }
}

// ---- The test. ----

#[tokio::test(start_paused = true)]
async fn a_lost_ack_is_not_a_second_message() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    client.live_groups().join_live_group(group).await?;

    server.script().on(Request::send()).nth(3).lose_answer();
    for (number, text) in ["one", "two", "three", "four"].into_iter().enumerate() {
        let sent = send(&client, group, text).await?;
        assert_eq!(sent.position.seq.0, 1 + number as u64);
    }

    // The third came twice, and took one position.
    server.seen().assert_sends("alice", 5).assert_messages("alice", &["one", "two", "three", "four"]);
    server.seen().assert_logins("alice", 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_hears_is_sent_again() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    client.live_groups().join_live_group(group).await?;

    server.script().on(Request::send()).swallow();
    let sent = send(&client, group, "hello").await?;
    assert_eq!(sent.position.seq.0, 1);
    server.seen().assert_messages("alice", &["hello"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_sends_too_fast_waits_as_long_as_the_server_says() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    client.live_groups().join_live_group(group).await?;

    let wait = Duration::from_secs(7);
    server.refuse_next_send(Refusal::new(ErrorCode::MessageFrequency).retry_after(wait)); // code 78
    let begin = tokio::time::Instant::now();
    send(&client, group, "hello").await?;
    assert_eq!(begin.elapsed(), wait);
    server.seen().assert_refused("alice", ErrorCode::MessageFrequency).assert_sends("alice", 2);
    Ok(())
}
