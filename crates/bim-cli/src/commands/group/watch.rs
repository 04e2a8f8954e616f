//! Everything that happens in a live group, as it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use bim::{Attributes, AttributesChanged, ConnectEvent, ConnectEvents, ConnectStatus, LiveEvent, LiveEvents};
use serde_json::json;

use super::say;
use super::visit::{Visit, visit};
use crate::args::WatchArgs;
use crate::chat;
use crate::error::CliError;
use crate::shown::{Narrator, attribute_json, conversation_json, escape, event_json, message_line};
use crate::signals::StopSignal;

pub(super) async fn run(args: WatchArgs) -> Result<(), CliError> {
    let mut stop = StopSignal::install()?;
    visit(&args.group, async |visit| {
        let mut watch = Watch::begin(visit, args.group.json).await?;
        watch.run(&mut stop, args.period).await
    })
    .await
}

/// A watcher in a group.
struct Watch {
    events: LiveEvents,
    status: ConnectEvents,
    json: bool,
    narrator: Narrator,
}

impl Watch {
    /// Goes in, and prints what there is. Nothing that happens from then on is missed.
    async fn begin(visit: &mut Visit, json: bool) -> Result<Self, CliError> {
        let (events, status) = (visit.live.events(), visit.client.connect_events());
        let conversation = visit.enter().await?;
        let attributes = visit.ask(visit.live.get_live_group_attributes(visit.group, &[])).await?;
        let counters = visit.ask(visit.live.get_live_group_counters(visit.group)).await?;
        if json {
            let mut joined = conversation_json(&conversation);
            joined["type"] = json!("joined");
            joined["attributes"] = attributes.attributes.iter().map(attribute_json).collect();
            joined["counters"] = json!(counters);
            say(joined.to_string())?;
        } else {
            let (name, online) = (escape(&conversation.info.name), conversation.online_count);
            say(format!("in live group {name} ({}), {online} online", visit.group))?;
            attribute_lines(&attributes).chain(counter_lines(&counters)).try_for_each(say)?;
        }
        let me = visit.client.current_user().ok_or_else(|| CliError::failed("the session is over"))?;
        Ok(Self { events, status, json, narrator: Narrator::new(me, conversation) })
    }

    async fn run(&mut self, stop: &mut StopSignal, period: Option<Duration>) -> Result<(), CliError> {
        let over = async {
            match period {
                Some(period) => tokio::time::sleep(period).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = stop.wait() => return Ok(()),
                () = &mut over => return Ok(()),
                status = self.status.next() => self.on_status(status)?,
                event = self.events.next() => self.on_event(event)?,
            }
        }
    }

    fn on_event(&mut self, event: Option<LiveEvent>) -> Result<(), CliError> {
        let event = event.ok_or_else(|| CliError::failed("the session is over"))?;
        if self.json {
            say(event_json(&event).to_string())?;
        } else {
            lines(&mut self.narrator, &event).into_iter().try_for_each(say)?;
        }
        match event {
            LiveEvent::Left { group, reason } => Err(chat::left(group, reason)),
            _ => Ok(()),
        }
    }

    fn on_status(&mut self, event: Option<ConnectEvent>) -> Result<(), CliError> {
        let Some(ConnectEvent::Status(status)) = event else { return Ok(()) };
        if let Some(error) = chat::session_over(&status) {
            return Err(error);
        }
        let name = match status {
            ConnectStatus::Connecting => "connecting",
            ConnectStatus::Connected(_) => "connected",
            ConnectStatus::Disconnected(_) => "disconnected",
            _ => "unknown",
        };
        if self.json {
            return say(json!({ "type": "status", "status": name }).to_string());
        }
        chat::note(name);
        Ok(())
    }
}

/// What an event means, in a line each.
fn lines(narrator: &mut Narrator, event: &LiveEvent) -> Vec<String> {
    match event {
        LiveEvent::Received(message) | LiveEvent::Sent(message) => vec![message_line(message)],
        LiveEvent::AttributesChanged(changed) => changed_lines(changed).collect(),
        LiveEvent::AttributesSnapshot { attributes, .. } => attribute_lines(attributes).collect(),
        LiveEvent::CountersChanged { counters, .. } => counter_lines(counters).collect(),
        event => narrator.tell(event),
    }
}

fn attribute_lines(attributes: &Attributes) -> impl Iterator<Item = String> {
    attributes.attributes.iter().map(|attribute| attribute_line(&attribute.key, &attribute.value))
}

fn changed_lines(changed: &AttributesChanged) -> impl Iterator<Item = String> {
    let removed = changed.removed.iter().map(|key| format!("attribute {} is gone", escape(key)));
    changed.set.iter().map(|attribute| attribute_line(&attribute.key, &attribute.value)).chain(removed)
}

fn attribute_line(key: &str, value: &str) -> String {
    format!("attribute {} = {}", escape(key), escape(value))
}

fn counter_lines(counters: &BTreeMap<String, u64>) -> impl Iterator<Item = String> {
    counters.iter().map(|(counter, value)| format!("counter {} {value}", escape(counter)))
}
