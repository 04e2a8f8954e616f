//! A bad day: whatever happens to the network, in the end everything is on the screen.

use std::error::Error;
use std::time::Duration;

use bim::{Client, ConversationShortId, LiveEvent, LiveGroups, Seq};
use bim_fake_server::FakeServer;
use bim_fake_server::faults::Faults;
use tokio::sync::watch;

// ---- The app: it shows what is said in a room, and does not give up. ----

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
    token: bim::Token,
    screen: watch::Sender<Screen>,
) -> Result<(), bim::Error> {
    let room = client.live_groups();
    let mut events = room.events();
    again_and_again(|| client.login("alice", token.clone())).await?;
    again_and_again(|| room.join_live_group(group)).await?;
    catch_up(&room, group, &screen).await?;
    while let Some(event) = events.next().await {
        match event {
            LiveEvent::Received(message) => show(&screen, &message),
            LiveEvent::Discontinuity(_) | LiveEvent::LeftOut(_) => catch_up(&room, group, &screen).await?,
            _ => {}
        }
    }
    Ok(())
}

/// Asks again while that may help.
async fn again_and_again<T, F: Future<Output = Result<T, bim::Error>>>(
    mut ask: impl FnMut() -> F,
) -> Result<T, bim::Error> {
    loop {
        match ask().await {
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_secs(1))).await;
            }
            done => return done,
        }
    }
}

async fn catch_up(
    room: &LiveGroups,
    group: ConversationShortId,
    screen: &watch::Sender<Screen>,
) -> Result<(), bim::Error> {
    let mut from = Seq(screen.borrow().last.0 + 1);
    loop {
        let page = again_and_again(|| room.get_live_group_history(group, from, Seq::ZERO, 0)).await?;
        page.list.iter().for_each(|message| show(screen, message));
        if !page.has_more {
            return Ok(());
        }
        from = page.next_seq;
    }
}

fn show(screen: &watch::Sender<Screen>, message: &bim::Message) {
    screen.send_modify(|screen| {
        if message.position.seq > screen.last {
            screen.last = message.position.seq;
            screen.lines.push(message.body.as_str().unwrap_or("?").to_owned());
        }
    });
}

// ---- The test. ----

#[tokio::test(start_paused = true)]
async fn after_a_bad_day_everything_is_on_the_screen() -> Result<(), Box<dyn Error>> {
    for seed in 1..=10 {
        // Cuts, stalls, half-open connections and slow readers, a few of each every minute.
        let server = FakeServer::builder().faults(Faults::mobile()).fault_seed(seed).start().await?;
        let group = server.create_group("the room").await;
        let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
        let (screen, mut shown) = watch::channel(Screen::default());
        let app = tokio::spawn(show_room(client, group, server.token("alice"), screen));

        for number in 1..=60 {
            server.say(group, &format!("line {number}")).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        server.end_faults().await;
        server.say(group, "the end").await;

        let is_over = |screen: &Screen| screen.lines.last().is_some_and(|line| line == "the end");
        shown.wait_for(is_over).await?;
        let lines = (1..=60).map(|number| format!("line {number}"));
        assert_eq!(shown.borrow().lines, Vec::from_iter(lines.chain(["the end".to_owned()])));
        app.abort();
    }
    Ok(())
}
