//! Ten thousand messages to a reader who is too slow, and every loss is counted.

use std::error::Error;
use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent};
use bim_fake_server::{RequestKind, serve};
use tokio::sync::watch;

// ---- The app: it shows the last lines of a busy room, and how many it has left out. ----

/// How many lines the screen has.
const LINES: usize = 20;

/// What is on the screen.
#[derive(Clone, Debug, Default)]
struct Screen {
    lines: Vec<String>,
    shown: u64,
    left_out: u64,
}

async fn show_room(
    client: Client,
    group: ConversationShortId,
    screen: watch::Sender<Screen>,
) -> Result<(), bim::Error> {
    let room = client.live_groups();
    let mut events = room.events();
    room.join_live_group(group).await?;
    while let Some(event) = events.next().await {
        screen.send_modify(|screen| match event {
            LiveEvent::Received(message) => {
                screen.shown += 1;
                screen.lines.push(message.body.as_str().unwrap_or("?").to_owned());
                let too_many = screen.lines.len().saturating_sub(LINES);
                screen.lines.drain(..too_many);
            }
            // The server gave up what this reader was too slow for, and says how many.
            LiveEvent::LeftOut(gap) => screen.left_out += gap.count,
            // This app itself was too slow for its own buffer.
            LiveEvent::Lagged { count } => screen.left_out += count,
            _ => {}
        });
    }
    Ok(())
}

// ---- The test. ----

#[tokio::test(start_paused = true)]
async fn of_ten_thousand_messages_each_is_shown_or_counted_as_left_out() -> Result<(), Box<dyn Error>> {
    const MESSAGES: u64 = 10_000;
    let server = serve().await;
    let group = server.create_group("a busy room").await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", server.token("alice")).await?;
    let (screen, mut shown) = watch::channel(Screen::default());
    tokio::spawn(show_room(client, group, screen));
    server.until(|seen| seen.asked("alice", RequestKind::Join) == 1).await;

    server.network_of("alice").slow_down(Duration::from_millis(1)); // a thousand frames a second
    server.deliver(group, MESSAGES, |number| format!("line {number}")).await;
    server.network_of("alice").flow_again();
    server.say(group, "the end").await;

    let all = |screen: &Screen| screen.shown + screen.left_out > MESSAGES;
    let screen = shown.wait_for(all).await?.clone();
    assert_eq!(screen.shown + screen.left_out, MESSAGES + 1, "{screen:?}");
    assert!(screen.left_out > 0, "it was too slow: {screen:?}");
    assert_eq!(screen.lines.last().map(String::as_str), Some("the end"));
    Ok(())
}
