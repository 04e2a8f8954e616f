//! What an app knows of its groups from what it is told: never older than before, and in the end as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_core::{Answer, Ask, CallId, Command, Event, LiveEvent};
use bim_types::{
    Attribute, Attributes, ConnectStatus, Conversation, ConversationShortId, DisconnectReason, Mono,
};

use super::{Check, Context};
use crate::sight::{ClientId, ClientSight, Sight};

/// How long after everything has come to rest whatever was told has arrived.
const ARRIVAL: Duration = Duration::from_secs(30);

/// What an app knows of a group it is in.
#[derive(Debug)]
struct View {
    state: Conversation,
    attributes: BTreeMap<String, Attribute>,
    version: u64,
    counters: BTreeMap<String, u64>,
}

/// What an app asked, as far as it matters here.
#[derive(Clone, Debug)]
enum Asked {
    Join(ConversationShortId),
    Leave(ConversationShortId),
    Get(ConversationShortId),
    Attributes(ConversationShortId),
    Counters(ConversationShortId),
    Logout,
}

/// Adds up what every app is told, and compares it with what it is answered.
#[derive(Debug, Default)]
pub(super) struct Views {
    views: BTreeMap<(ClientId, ConversationShortId), View>,
    asked: BTreeMap<(ClientId, CallId), Asked>,
    /// Since when nothing happens any more.
    quiet: Option<Mono>,
}

impl Check for Views {
    fn name(&self) -> &'static str {
        "client-view"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Quiet => self.quiet = Some(context.at),
            Sight::Client(client, sight) => {
                let verdict = self.on_client(context.at, *client, sight);
                return verdict.map_err(|what| format!("{client:?} {what}"));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Views {
    fn on_client(&mut self, at: Mono, client: ClientId, sight: &ClientSight<'_>) -> Result<(), String> {
        match sight {
            ClientSight::Started | ClientSight::Died => {
                self.forget(client);
                self.asked.retain(|(of, _), _| *of != client);
            }
            ClientSight::Asked(call, command) => {
                let asked = match command {
                    Command::Ask(Ask::Join(group, _)) => Asked::Join(*group),
                    Command::Ask(Ask::Leave(group)) => Asked::Leave(*group),
                    Command::Ask(Ask::Get(group)) => Asked::Get(*group),
                    Command::Ask(Ask::ReadAttributes(group, keys)) if keys.is_empty() => {
                        Asked::Attributes(*group)
                    }
                    Command::Counters(group) => Asked::Counters(*group),
                    Command::Logout => Asked::Logout,
                    _ => return Ok(()),
                };
                self.asked.insert((client, *call), asked);
            }
            ClientSight::Answered(call, answer) => {
                let asked = self.asked.remove(&(client, *call));
                if let (Some(asked), Ok(answer)) = (asked, answer) {
                    return self.on_answer(at, client, &asked, answer);
                }
            }
            ClientSight::Event(event) => return self.on_event(client, event),
            _ => {}
        }
        Ok(())
    }

    fn on_answer(
        &mut self,
        at: Mono,
        client: ClientId,
        asked: &Asked,
        answer: &Answer,
    ) -> Result<(), String> {
        let is_at_rest = self.quiet.is_some_and(|quiet| at.since(quiet) > ARRIVAL);
        match (asked, answer) {
            (Asked::Join(group), Answer::Joined(joined)) => {
                let Attributes { attributes, version } = joined.attributes.clone();
                let attributes = attributes.into_iter().map(|value| (value.key.clone(), value)).collect();
                let (state, counters) = (joined.conversation.clone(), joined.counters.clone());
                self.views.insert((client, *group), View { state, attributes, version, counters });
            }
            (Asked::Join(group), Answer::Conversation(known)) => {
                if let Some(view) = self.views.get(&(client, *group)) {
                    return same_state(&view.state, known);
                }
            }
            (Asked::Leave(group), _) => drop(self.views.remove(&(client, *group))),
            (Asked::Logout, _) => self.forget(client),
            (Asked::Counters(group), Answer::Counters(known)) => {
                if let Some(view) = self.views.get(&(client, *group)).filter(|view| view.counters != *known) {
                    return Err(format!("was told the counters {:?} and knows {known:?}", view.counters));
                }
            }
            (Asked::Get(group), Answer::Conversation(truth)) if is_at_rest && truth.joined => {
                if let Some(view) = self.views.get(&(client, *group)) {
                    return same_state(&view.state, truth);
                }
            }
            (Asked::Attributes(group), Answer::Attributes(truth)) if is_at_rest => {
                let Some(view) = self.views.get(&(client, *group)) else { return Ok(()) };
                if !view.attributes.values().eq(truth.attributes.iter()) {
                    return Err(format!("was told {:?} of {group}; there are {truth:?}", view.attributes));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_event(&mut self, client: ClientId, event: &Event) -> Result<(), String> {
        match event {
            Event::StatusChanged(ConnectStatus::Disconnected(
                DisconnectReason::Replaced | DisconnectReason::Refused(_) | DisconnectReason::LoggedOut,
            )) => self.forget(client),
            Event::Live(event) => return self.on_live(client, event),
            _ => {}
        }
        Ok(())
    }

    fn on_live(&mut self, client: ClientId, event: &LiveEvent) -> Result<(), String> {
        let group = match event {
            LiveEvent::StateChanged(state) => state.conversation_short_id,
            LiveEvent::AttributesChanged(changed) => changed.conversation_short_id,
            LiveEvent::AttributesSnapshot { group, .. }
            | LiveEvent::CountersChanged { group, .. }
            | LiveEvent::Left { group, .. } => *group,
            _ => return Ok(()),
        };
        let Some(view) = self.views.get_mut(&(client, group)) else { return Ok(()) };
        match event {
            LiveEvent::StateChanged(state) => {
                if state.version < view.state.version {
                    return Err(format!("is told {group} as it was: {state:?} after {:?}", view.state));
                }
                view.state = (**state).clone();
            }
            LiveEvent::AttributesChanged(changed) => {
                if changed.version < view.version {
                    return Err(format!("is told {changed:?} after version {}", view.version));
                }
                view.version = changed.version;
                let gone: BTreeSet<&String> = changed.removed.iter().collect();
                view.attributes.retain(|key, _| !gone.contains(key));
                view.attributes.extend(changed.set.iter().map(|value| (value.key.clone(), value.clone())));
            }
            LiveEvent::AttributesSnapshot { attributes, .. } => {
                view.version = attributes.version;
                let all = attributes.attributes.iter().map(|value| (value.key.clone(), value.clone()));
                view.attributes = all.collect();
            }
            LiveEvent::CountersChanged { counters, .. } => {
                for (name, sum) in counters {
                    let before = view.counters.insert(name.clone(), *sum).unwrap_or_default();
                    if before > *sum {
                        return Err(format!("is told that {name} of {group} fell from {before} to {sum}"));
                    }
                }
            }
            LiveEvent::Left { .. } => drop(self.views.remove(&(client, group))),
            _ => {}
        }
        Ok(())
    }

    fn forget(&mut self, client: ClientId) {
        self.views.retain(|(of, _), _| *of != client);
    }
}

/// Whether two states say the same, but for when they were told.
fn same_state(told: &Conversation, truth: &Conversation) -> Result<(), String> {
    if plain(told) == plain(truth) {
        return Ok(());
    }
    Err(format!("was told {told:?}; it is {truth:?}"))
}

/// What does not depend on when it is told. A change of the version alone is not told, and the online count is told
/// with pulses, at any time.
fn plain(state: &Conversation) -> Conversation {
    let (version, online_count, online_count_age) = (0, 0, Duration::ZERO);
    let mut state = Conversation { version, online_count, online_count_age, ..state.clone() };
    state.mark_types.sort();
    if let Some(me) = &mut state.me {
        me.presence = None;
        me.marks.sort();
    }
    state
}
