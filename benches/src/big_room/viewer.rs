//! Somebody who watches, or who stopped reading.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::timeout;

use super::books::Ending;
use super::link::Link;
use super::roles::Role;
use super::stage::Stage;
use crate::load::ClientError;

/// How often somebody who does not read says that it is there, so that the server can not go by silence.
const KEEP_ALIVE: Duration = Duration::from_secs(8);

/// How long a sign of life may take when the connection takes nothing.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Frames that are read before a look at the stage.
const FRAMES_PER_TURN: usize = 64;

/// Watches until the run is over.
pub(super) async fn watch(mut link: Link, role: Role, mut stage: watch::Receiver<Stage>) -> Ending {
    if role == Role::Stalled {
        stall(&mut link, &mut stage).await;
    }
    let mut is_settled = false;
    loop {
        let now = stage.borrow_and_update().clone();
        match now {
            Stage::Settling(ledger) if !is_settled && link.account.is_settled(&ledger) => {
                is_settled = true;
                link.shared.settled.fetch_add(1, Ordering::Relaxed);
            }
            Stage::Over => break,
            _ => {}
        }
        let read = tokio::select! {
            _ = stage.changed() => Ok(()),
            read = read(&mut link) => read,
        };
        // Not within the select: who is on the way back must not be stopped halfway.
        if let Err(why) = read
            && !back(&mut link, &why).await
        {
            break;
        }
    }
    leave(link, role).await
}

/// Reads some frames.
///
/// # Cancel safety
///
/// Cancel safe: what was read is in the account.
async fn read(link: &mut Link) -> Result<(), ClientError> {
    let mut next = Some(link.client.next().await);
    for turn in 1..=FRAMES_PER_TURN {
        match next {
            Some(Ok(frame)) => drop(link.take(frame)),
            Some(Err(why)) => return Err(why),
            None => break,
        }
        next = if turn < FRAMES_PER_TURN { link.client.next().now_or_never() } else { None };
    }
    Ok(())
}

/// Comes back after a lost connection. `false` when that can not be.
pub(super) async fn back(link: &mut Link, why: &ClientError) -> bool {
    match link.come_back(why).await {
        Ok(()) => true,
        Err(error) => {
            link.account
                .fault("could not come back", || format!("could not come back after \"{why}\": {error}"));
            false
        }
    }
}

/// Goes in order, and hands in the books.
pub(super) async fn leave(link: Link, role: Role) -> Ending {
    let Link { client, account, fate, .. } = link;
    client.close().await;
    Ending { role, account, fate, sent: Default::default() }
}

/// Reads nothing until the senders have ended.
async fn stall(link: &mut Link, stage: &mut watch::Receiver<Stage>) {
    while !matches!(*stage.borrow_and_update(), Stage::Settling(_) | Stage::Over) {
        if timeout(KEEP_ALIVE, stage.changed()).await.is_err() {
            // Whether it still goes out is the server's affair: the connection may be closed by now.
            let _ = timeout(KEEP_ALIVE_TIMEOUT, link.client.ping()).await;
        }
    }
}
