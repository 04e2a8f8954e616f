//! What many scenarios begin with, and how they say what they do.

use std::future::Future;
use std::time::Duration;

use bim::{Client, ConversationShortId, Error, GroupInfo, MeasureDone, Message, Priority, Uid};

/// How often something that nobody tells is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// A user by name.
///
/// # Panics
///
/// When it is not a uid.
#[must_use]
pub fn uid(name: &str) -> Uid {
    Uid::string(name).expect("a test names its users rightly")
}

/// Users by name.
///
/// # Panics
///
/// When one is not a uid.
#[must_use]
pub fn uids<const N: usize>(names: [&str; N]) -> Vec<Uid> {
    names.map(uid).into()
}

/// Makes a live group; its maker is not in it.
///
/// # Panics
///
/// When it is refused.
pub async fn create_room(owner: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let group = owner.live_groups().create_live_group(info).await.expect("the group is made");
    group.conversation_short_id
}

/// Makes a live group and enters it.
///
/// # Panics
///
/// When it is refused.
pub async fn room(owner: &Client) -> ConversationShortId {
    let group = create_room(owner).await;
    join([owner], group).await;
    group
}

/// Enters a live group with each of these clients, one after the other.
///
/// # Panics
///
/// When one is refused.
pub async fn join<const N: usize>(clients: [&Client; N], group: ConversationShortId) {
    for client in clients {
        client.live_groups().join_live_group(group).await.expect("the client comes in");
    }
}

/// Sends a NORMAL message.
///
/// # Errors
///
/// Why it was refused.
pub async fn say(client: &Client, group: ConversationShortId, text: &str) -> Result<Message, Error> {
    send(client, group, Priority::Normal, text).await
}

/// Sends a message.
///
/// # Errors
///
/// Why it was refused.
pub async fn send(
    client: &Client,
    group: ConversationShortId,
    priority: Priority,
    text: &str,
) -> Result<Message, Error> {
    let message = client.create_text_message(text);
    client.live_groups().send_live_group_message(&message, group, priority).await
}

/// A measure that was done for everyone.
///
/// # Panics
///
/// When it was refused, or not done for somebody.
pub fn all_done(outcome: Result<MeasureDone, Error>) {
    let done = outcome.expect("the measure is not refused");
    assert!(done.failed.is_empty(), "{:?}", done.failed);
}

/// Asks until there is an answer, for what nobody is told. The scenario's time limit ends it.
pub async fn eventually<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let mut pause = tokio::time::interval(ASK_AGAIN);
    loop {
        pause.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
    }
}
