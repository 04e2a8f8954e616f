//! Offline for two minutes, and nothing is missed.

use std::error::Error;
use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent, LiveGroups, Seq};
use bim_fake_server::{RequestKind, serve};
use tokio::sync::watch;

// ---- The app: it shows what is said in a room. ----

/// What is on the screen, and how far that reaches.
#[derive(Default)]
struct Screen {
    lines: Vec<String>,
    last: Seq,
}

/// Shows a room until the client is shut down.
async fn show_room(
    client: Client,
    group: ConversationShortId,
    screen: watch::Sender<Screen>,
) -> Result<(), bim::Error> {
    let room = client.live_groups();
    let mut events = room.events(); // before the join, so that nothing falls between
    room.join_live_group(group).await?;
    while let Some(event) = events.next().await {
        match event {
            LiveEvent::Received(message) => show(&screen, &message),
            // Away for longer than the server replays: the rest is in the history.
            LiveEvent::Discontinuity(_) => catch_up(&room, group, &screen).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn catch_up(
    room: &LiveGroups,
    group: ConversationShortId,
    screen: &watch::Sender<Screen>,
) -> Result<(), bim::Error> {
    let mut from = Seq(screen.borrow().last.0 + 1);
    loop {
        let page = room.get_live_group_history(group, from, Seq::ZERO, 0).await?;
        page.list.iter().for_each(|message| show(screen, message));
        if !page.has_more {
            return Ok(());
        }
        from = page.next_seq;
    }
}

fn show(screen: &watch::Sender<Screen>, message: &bim::Message) {
    screen.send_modify(|screen| {
        // What the history has shown may come as an event too.
        if message.position.seq > screen.last {
            screen.last = message.position.seq;
            screen.lines.push(message.body.as_str().unwrap_or("?").to_owned());
        }
    });
}

// ---- The test. ----

#[tokio::test(start_paused = true)]
async fn two_minutes_offline_and_nothing_is_missed() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    let (screen, mut shown) = watch::channel(Screen::default());
    tokio::spawn(show_room(client, group, screen));
    server.until(|seen| seen.asked("alice", RequestKind::Join) == 1).await;

    server.say(group, "before").await;
    server.go_offline();
    server.deliver(group, 50, |number| format!("while away {number}")).await;
    tokio::time::sleep(Duration::from_secs(120)).await; // no time at all, as the clock is paused
    server.come_back();
    server.say(group, "after").await;

    let screen = shown.wait_for(|screen| screen.lines.last().is_some_and(|line| line == "after")).await?;
    let away = (1..=50).map(|number| format!("while away {number}"));
    let expected: Vec<String> =
        std::iter::once("before".to_owned()).chain(away).chain(["after".to_owned()]).collect();
    assert_eq!(screen.lines, expected);
    server.seen().assert_logins("alice", 2).assert_nothing_refused();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_short_cut_is_not_even_seen() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let group = server.create_group("the room").await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    let (screen, mut shown) = watch::channel(Screen::default());
    tokio::spawn(show_room(client, group, screen));
    server.until(|seen| seen.asked("alice", RequestKind::Join) == 1).await;

    for number in 1..=5 {
        server.cut("alice");
        server.say(group, &number.to_string()).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let screen = shown.wait_for(|screen| screen.lines.len() == 5).await?;
    assert_eq!(screen.lines, ["1", "2", "3", "4", "5"]);
    Ok(())
}
