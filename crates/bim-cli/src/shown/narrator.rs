//! What happens in a live group, told to a person in a line each.

use bim::{
    Conversation, GroupChange, GroupEvent, LiveEvent, LivePulse, Message, MuteAll, Named, Position, Uid,
};

use super::{escape, until_text};

/// Users that one sentence names; the rest is counted.
const NAMES_MAX: usize = 10;

/// Tells events, and what is new about the group compared with what was told before.
#[derive(Debug)]
pub(crate) struct Narrator {
    me: Uid,
    known: Conversation,
}

impl Narrator {
    pub(crate) fn new(me: Uid, known: Conversation) -> Self {
        Self { me, known }
    }

    /// What an event means, in a line each; nothing when there is nothing to say. Messages themselves, counters
    /// and attributes are not told here.
    pub(crate) fn tell(&mut self, event: &LiveEvent) -> Vec<String> {
        match event {
            LiveEvent::Updated { message, operator } => vec![self.updated(message, operator)],
            LiveEvent::Deleted { position, operator, .. } => vec![self.deleted(*position, operator)],
            LiveEvent::Members(event) => self.members(event).into_iter().collect(),
            LiveEvent::Pulse(pulse) => pulse_line(pulse).into_iter().collect(),
            LiveEvent::StateChanged(conversation) => self.state(conversation),
            LiveEvent::LeftOut(gap) => {
                vec![format!("{} {} messages were left out", gap.count, gap.priority.name())]
            }
            LiveEvent::Lagged { count } => vec![format!("{count} events were not shown")],
            LiveEvent::Discontinuity(_) => vec!["what was said meanwhile can not be replayed".to_owned()],
            LiveEvent::TapsRefused { reason, .. } => vec![format!("taps were not counted: {reason}")],
            _ => Vec::new(),
        }
    }

    fn updated(&self, message: &Message, operator: &Uid) -> String {
        let text = escape(message.body.as_str().unwrap_or_default());
        format!("{} changed message {}: {text}", self.name(operator), message.position.seq)
    }

    fn deleted(&self, position: Position, operator: &Uid) -> String {
        format!("{} removed message {}", self.name(operator), position.seq)
    }

    fn members(&self, event: &GroupEvent) -> Option<String> {
        let operator = event.operator.as_ref().map_or_else(|| "the server".to_owned(), |who| self.name(who));
        let uids = |uids: &[Uid]| self.names(uids);
        Some(match &event.change {
            GroupChange::MuteAll(MuteAll::Off) => format!("{operator} ended the silence for all"),
            GroupChange::MuteAll(MuteAll::NormalMembers) => format!("{operator} muted all ordinary members"),
            GroupChange::MuteAll(_) => format!("{operator} muted everyone but the owner"),
            GroupChange::Muted(who, until) => {
                format!("{operator} muted {} {}", uids(who), until_text(*until))
            }
            GroupChange::Unmuted(who) if event.operator.is_none() => {
                format!("{} may speak again: the time is over", uids(who))
            }
            GroupChange::Unmuted(who) => format!("{operator} unmuted {}", uids(who)),
            GroupChange::AdminsAdded(who) => format!("{operator} made admins: {}", uids(who)),
            GroupChange::AdminsRemoved(who) => format!("{operator} took back the admin role: {}", uids(who)),
            GroupChange::OwnerChanged { from, to } => {
                format!("the live group went from {} to {}", self.name(from), self.name(to))
            }
            GroupChange::Kicked { uids: who, blocked: true } => format!("{operator} blocked {}", uids(who)),
            GroupChange::Kicked { uids: who, blocked: false } => format!("{operator} removed {}", uids(who)),
            GroupChange::MarkTypesAdded(marks) => format!("{operator} made marks: {}", listed(marks)),
            GroupChange::MarkTypesRemoved(marks) => format!("{operator} removed marks: {}", listed(marks)),
            GroupChange::Marked(mark, who) => format!("{operator} marked {}: {}", uids(who), escape(mark)),
            GroupChange::Unmarked(mark, who) => {
                format!("{operator} took a mark from {}: {}", uids(who), escape(mark))
            }
            _ => return None,
        })
    }

    fn state(&mut self, now: &Conversation) -> Vec<String> {
        let before = std::mem::replace(&mut self.known, now.clone());
        let mut lines = Vec::new();
        if now.info.name != before.info.name {
            lines.push(format!("the live group is called {} now", escape(&now.info.name)));
        }
        if now.info.notice != before.info.notice {
            lines.push(format!("the notice is now: {}", escape(&now.info.notice)));
        }
        if now.info.description != before.info.description {
            lines.push(format!("the description is now: {}", escape(&now.info.description)));
        }
        if now.slow_mode != before.slow_mode {
            lines.push(match now.slow_mode.as_secs_f64() {
                0.0 => "slow mode is off".to_owned(),
                seconds => format!("slow mode: a message every {seconds} s"),
            });
        }
        lines
    }

    fn names(&self, uids: &[Uid]) -> String {
        let mut names: Vec<_> = uids.iter().take(NAMES_MAX).map(|uid| self.name(uid)).collect();
        if let Some(more) = uids.len().checked_sub(NAMES_MAX).filter(|more| *more > 0) {
            names.push(format!("{more} more"));
        }
        names.join(", ")
    }

    fn name(&self, uid: &Uid) -> String {
        if *uid == self.me { "you".to_owned() } else { uid.to_string() }
    }
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| escape(word)).collect::<Vec<_>>().join(", ")
}

/// Who came and went, as `+3 -1, 128 online`; nothing when nobody did.
fn pulse_line(pulse: &LivePulse) -> Option<String> {
    let (joined, left) = (count(&pulse.joined), count(&pulse.left));
    attendance_line(joined, left, pulse.online_count)
}

/// How many came and went since the last line, and how many there are.
pub(crate) fn attendance_line(joined: u64, left: u64, online: u64) -> Option<String> {
    let came = (joined > 0).then(|| format!("+{joined}"));
    let went = (left > 0).then(|| format!("-{left}"));
    let moved: Vec<_> = [came, went].into_iter().flatten().collect();
    (!moved.is_empty()).then(|| format!("{}, {online} online", moved.join(" ")))
}

/// How many there are, named or not.
pub(crate) fn count<T>(some: &Named<T>) -> u64 {
    some.more.saturating_add(some.named.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bim::{ConversationShortId, Epoch, GroupInfo, Role, Seq, Until, Wall};

    use super::*;

    fn uid(name: &str) -> Uid {
        Uid::string(name).unwrap()
    }

    fn group() -> Conversation {
        Conversation {
            conversation_short_id: ConversationShortId::new(5).unwrap(),
            conversation_id: "live:5".into(),
            info: GroupInfo { name: "room".into(), ..GroupInfo::default() },
            owner: uid("alice"),
            role: Role::Normal,
            created_at: Wall::from_millis(0),
            version: 1,
            online_count: 1,
            online_count_age: Duration::ZERO,
            joined: true,
            dissolved: false,
            mute_all: MuteAll::Off,
            slow_mode: Duration::ZERO,
            dissolve_after_idle: Duration::ZERO,
            mark_types: Vec::new(),
            me: None,
        }
    }

    fn told(operator: Option<&str>, change: GroupChange) -> Vec<String> {
        let (conversation_short_id, operator) = (group().conversation_short_id, operator.map(uid));
        let event = GroupEvent { conversation_short_id, version: 2, operator, change };
        Narrator::new(uid("bob"), group()).tell(&LiveEvent::Members(event))
    }

    #[test]
    fn what_is_done_to_members_names_who_did_it_and_you() {
        let both = || vec![uid("bob"), uid("carol")];
        for (operator, change, line) in [
            (Some("alice"), GroupChange::Muted(both(), Until::Forever), "alice muted you, carol for ever"),
            (Some("bob"), GroupChange::Unmuted(vec![uid("carol")]), "you unmuted carol"),
            (None, GroupChange::Unmuted(both()), "you, carol may speak again: the time is over"),
            (Some("alice"), GroupChange::MuteAll(MuteAll::Everyone), "alice muted everyone but the owner"),
            (
                Some("alice"),
                GroupChange::Kicked { uids: vec![uid("carol")], blocked: true },
                "alice blocked carol",
            ),
            (Some("alice"), GroupChange::Marked("vip".into(), both()), "alice marked you, carol: vip"),
        ] {
            assert_eq!(told(operator, change), [line]);
        }
    }

    #[test]
    fn a_long_list_is_counted() {
        let many: Vec<Uid> = (0..12).map(|number| uid(&format!("u{number}"))).collect();
        let line = told(Some("alice"), GroupChange::AdminsAdded(many)).remove(0);
        assert!(line.ends_with("u9, 2 more"), "{line}");
    }

    #[test]
    fn a_removed_message_is_named_by_its_number() {
        let position = Position { epoch: Epoch(1), seq: Seq(42) };
        let (group_id, operator) = (group().conversation_short_id, uid("alice"));
        let event = LiveEvent::Deleted { group: group_id, position, operator };
        assert_eq!(Narrator::new(uid("bob"), group()).tell(&event), ["alice removed message 42"]);
    }

    #[test]
    fn of_a_new_state_only_what_changed_is_told() {
        let mut narrator = Narrator::new(uid("bob"), group());
        let mut changed = Conversation { online_count: 9, slow_mode: Duration::from_secs(5), ..group() };
        changed.info.notice = "be\nkind".into();
        let event = LiveEvent::StateChanged(changed);
        let lines = ["the notice is now: be\\nkind", "slow mode: a message every 5 s"];
        assert_eq!(narrator.tell(&event), lines);
        assert_eq!(narrator.tell(&event), [""; 0]);
    }

    #[test]
    fn who_comes_and_goes_is_counted() {
        assert_eq!(attendance_line(3, 1, 128).as_deref(), Some("+3 -1, 128 online"));
        assert_eq!(attendance_line(0, 1, 7).as_deref(), Some("-1, 7 online"));
        assert_eq!(attendance_line(0, 0, 7), None);
    }
}
