//! Counters: taps that are gathered, and how many there were.

use std::collections::BTreeMap;

use bim::{LiveEvent, LiveEvents};
use futures_util::FutureExt;
use serde_json::json;

use super::say;
use super::visit::visit;
use crate::answer::ANSWER_TIMEOUT;
use crate::args::GroupArgs;
use crate::chat;
use crate::error::CliError;
use crate::shown::escape;

pub(super) async fn show(args: &GroupArgs) -> Result<(), CliError> {
    let counters = visit(args, async |visit| {
        visit.enter().await?;
        visit.ask(visit.live.get_live_group_counters(visit.group)).await
    });
    print(args, &counters.await?)
}

/// Adds to a counter, and waits until it was counted.
pub(super) async fn tap(counter: &str, amount: u64, args: &GroupArgs) -> Result<(), CliError> {
    let stands = visit(args, async |visit| {
        let mut events = visit.live.events();
        visit.enter().await?;
        let known = visit.ask(visit.live.get_live_group_counters(visit.group)).await?;
        let wanted = known.get(counter).copied().unwrap_or_default().saturating_add(amount);
        let tapped = visit.live.tap_live_group_counter(visit.group, counter, amount);
        tapped.map_err(|error| CliError::failed(format!("the tap was not taken: {error}")))?;
        let counted = tokio::time::timeout(ANSWER_TIMEOUT, counted(&mut events, counter, wanted)).await;
        let stands = counted.map_err(|_| CliError::failed("nobody said that the tap was counted"))??;
        // What is still under way, because others tapped meanwhile, goes out before.
        visit.leave().await;
        refused_late(&mut events)?;
        Ok(stands)
    });
    print(args, &BTreeMap::from([(counter.to_owned(), stands.await?)]))
}

/// Waits until a counter has reached a value, and gives how it stands then.
async fn counted(events: &mut LiveEvents, counter: &str, wanted: u64) -> Result<u64, CliError> {
    loop {
        match events.next().await {
            Some(LiveEvent::CountersChanged { counters, .. }) => {
                if let Some(stands) = counters.get(counter).filter(|stands| **stands >= wanted) {
                    return Ok(*stands);
                }
            }
            Some(event) => refusal(&event)?,
            None => return Err(CliError::failed("the session is over")),
        }
    }
}

fn refused_late(events: &mut LiveEvents) -> Result<(), CliError> {
    while let Some(Some(event)) = events.next().now_or_never() {
        refusal(&event)?;
    }
    Ok(())
}

fn refusal(event: &LiveEvent) -> Result<(), CliError> {
    match event {
        LiveEvent::TapsRefused { reason, .. } => {
            Err(CliError::failed(format!("the tap was not counted: {reason}")))
        }
        LiveEvent::Left { group, reason } => Err(chat::left(*group, reason.clone())),
        _ => Ok(()),
    }
}

fn print(args: &GroupArgs, counters: &BTreeMap<String, u64>) -> Result<(), CliError> {
    for (counter, value) in counters {
        say(if args.json {
            json!({ "counter": counter, "value": value }).to_string()
        } else {
            format!("{} {value}", escape(counter))
        })?;
    }
    Ok(())
}
