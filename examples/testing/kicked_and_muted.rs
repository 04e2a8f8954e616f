//! Muted, unmuted and kicked in the middle, and the app shows it.

use std::error::Error;
use std::time::Duration;

use bim::{Client, ConversationShortId, ErrorCode, GroupChange, LeftReason, LiveEvent, Priority, Uid};
use bim_fake_server::{FakeServer, serve};
use tokio::sync::watch;

// ---- The app: a room with a line to write in. ----

/// What is on the screen.
#[derive(Clone, Debug, PartialEq)]
enum Screen {
    Lobby,
    Writing,
    /// The line is grey.
    Muted,
    /// A notice, and the lobby behind it.
    Removed(&'static str),
}

/// Shows a room until the user is not in it any more.
async fn show_room(
    client: Client,
    me: Uid,
    group: ConversationShortId,
    screen: watch::Sender<Screen>,
) -> Result<(), bim::Error> {
    let room = client.live_groups();
    let mut events = room.events();
    room.join_live_group(group).await?;
    screen.send_replace(Screen::Writing);
    while let Some(event) = events.next().await {
        let next = match event {
            LiveEvent::Members(event) => match event.change {
                GroupChange::Muted(uids, _) if uids.contains(&me) => Screen::Muted,
                GroupChange::Unmuted(uids) if uids.contains(&me) => Screen::Writing,
                _ => continue,
            },
            LiveEvent::Left { reason, .. } => Screen::Removed(match reason {
                LeftReason::Kicked { blocked: true, .. } => "you can not come back for now",
                LeftReason::Kicked { blocked: false, .. } => "you were removed",
                LeftReason::Dissolved => "the room was closed",
                _ => "the room did not let you back in",
            }),
            _ => continue,
        };
        let is_over = matches!(next, Screen::Removed(_));
        screen.send_replace(next);
        if is_over {
            break;
        }
    }
    Ok(())
}

// ---- The test. ----

/// Alice in a room, and her screen.
async fn alice(
    server: &FakeServer,
    group: ConversationShortId,
) -> Result<(Client, watch::Receiver<Screen>), Box<dyn Error>> {
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    let (screen, mut shown) = watch::channel(Screen::Lobby);
    tokio::spawn(show_room(client.clone(), Uid::try_from("alice")?, group, screen));
    shown.wait_for(|screen| *screen == Screen::Writing).await?;
    Ok((client, shown))
}

#[tokio::test(start_paused = true)]
async fn the_line_is_grey_while_the_user_is_muted() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let (client, mut shown) = alice(&server, group).await?;

    server.mute(group, "alice", Duration::from_secs(60)).await;
    shown.wait_for(|screen| *screen == Screen::Muted).await?;
    let message = client.create_text_message("may I?");
    let refused = client.live_groups().send_live_group_message(&message, group, Priority::Normal).await;
    assert_eq!(refused.map_err(|error| error.error_code()), Err(ErrorCode::UserBannedToPost));

    shown.wait_for(|screen| *screen == Screen::Writing).await?; // a minute later, by itself
    client.live_groups().send_live_group_message(&message, group, Priority::Normal).await?;
    server.seen().assert_refused("alice", ErrorCode::UserBannedToPost).assert_messages("alice", &["may I?"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_is_kicked_is_told_and_who_is_away_meanwhile_is_told_later() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let (client, mut shown) = alice(&server, group).await?;
    server.kick(group, "alice").await;
    shown.wait_for(|screen| *screen == Screen::Removed("you were removed")).await?;
    client.shutdown().await;

    let (_client, mut shown) = alice(&server, group).await?;
    server.go_offline();
    server.block(group, "alice", Duration::ZERO).await;
    server.come_back();
    shown.wait_for(|screen| matches!(screen, Screen::Removed(_))).await?;
    Ok(())
}
