//! What becomes of requests that match.

use std::fmt;
use std::time::Duration;

use bim_types::{Refusal, Uid};

use super::kind::Summary;
use super::request::Request;
use super::state::Script;

/// Rules at once. One more is a mistake of the test, and panics.
pub const RULES_MAX: usize = 1_024;

/// Numbers a rule of one script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(pub(super) u64);

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The engine refuses it and does nothing. A login is refused with a goodbye.
    Refuse(Refusal),
    /// The engine does it, the answer is lost, and the connection with it.
    LoseAnswer,
    /// The engine never hears it, nobody answers, and the connection stays.
    Swallow,
    /// The engine does it at once, and the answer leaves so much later. What else goes to the client is not held. A
    /// login and a join, whose answers everything else follows, are heard later instead.
    AnswerLate(Duration),
    /// The engine hears it so much later, and everything after it on the same connection too, as over a slow uplink.
    HearLate(Duration),
    /// The connection is cut before the engine hears it.
    Cut,
}

/// A rule that is being written; see [`Script::on`]. By default it applies once, to the next request that matches.
#[must_use = "a rule holds from the moment it has an effect"]
pub struct NewRule<'a> {
    script: &'a Script,
    request: Request,
    first: u64,
    times: u64,
}

impl<'a> NewRule<'a> {
    pub(super) fn new(script: &'a Script, request: Request) -> Self {
        Self { script, request, first: 1, times: 1 }
    }

    /// Applies first to the n-th request that matches from now on, counted from 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.first = nth.max(1);
        self
    }

    /// Applies to so many in a row.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Applies to all from then on, until it is [removed](Script::remove).
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// See [`Effect::Refuse`]. A code is enough: `.refuse(ErrorCode::MessageFrequency)`.
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn refuse(self, refusal: impl Into<Refusal>) -> RuleId {
        self.then(Effect::Refuse(refusal.into()))
    }

    /// See [`Effect::LoseAnswer`].
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn lose_answer(self) -> RuleId {
        self.then(Effect::LoseAnswer)
    }

    /// See [`Effect::Swallow`].
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn swallow(self) -> RuleId {
        self.then(Effect::Swallow)
    }

    /// See [`Effect::AnswerLate`].
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn answer_late(self, by: Duration) -> RuleId {
        self.then(Effect::AnswerLate(by))
    }

    /// See [`Effect::HearLate`].
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn hear_late(self, by: Duration) -> RuleId {
        self.then(Effect::HearLate(by))
    }

    /// See [`Effect::Cut`].
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn cut(self) -> RuleId {
        self.then(Effect::Cut)
    }

    /// Any effect.
    ///
    /// # Panics
    ///
    /// When there are [`RULES_MAX`] rules.
    pub fn then(self, effect: Effect) -> RuleId {
        let rule = Rule { request: self.request, first: self.first, left: self.times, met: 0, effect };
        self.script.change(|state| state.rules.add(rule))
    }
}

impl fmt::Debug for NewRule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRule").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A rule that holds.
#[derive(Debug)]
pub(super) struct Rule {
    request: Request,
    /// The first match it applies to.
    first: u64,
    /// How often it applies still.
    left: u64,
    /// How many requests matched.
    met: u64,
    effect: Effect,
}

/// All rules that hold, oldest first.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<(RuleId, Rule)>,
    last: u64,
}

impl Rules {
    pub(super) fn add(&mut self, rule: Rule) -> RuleId {
        assert!(self.rules.len() < RULES_MAX, "a script has at most {RULES_MAX} rules");
        self.last += 1;
        let id = RuleId(self.last);
        if rule.left > 0 {
            self.rules.push((id, rule));
        }
        id
    }

    pub(super) fn remove(&mut self, id: RuleId) {
        self.rules.retain(|(known, _)| *known != id);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// What becomes of a request. Every rule counts it that it matches; of those that would apply only the oldest
    /// does, and is used up by it.
    pub(super) fn apply(&mut self, uid: Option<&Uid>, request: &Summary) -> Option<Effect> {
        let mut effect = None;
        for (_, rule) in &mut self.rules {
            if rule.request.matches(uid, request) {
                rule.met += 1;
                if rule.met >= rule.first && effect.is_none() {
                    rule.left -= 1;
                    effect = Some(rule.effect.clone());
                }
            }
        }
        self.rules.retain(|(_, rule)| rule.left > 0);
        effect
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse(refusal) => write!(f, "refused with {}", refusal.code.number()),
            Self::LoseAnswer => f.write_str("the answer is lost with the connection"),
            Self::Swallow => f.write_str("nobody hears it"),
            Self::AnswerLate(by) => write!(f, "answered {by:?} late"),
            Self::HearLate(by) => write!(f, "heard {by:?} late"),
            Self::Cut => f.write_str("the connection is cut before it is heard"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::RequestKind;
    use super::*;

    fn applied(rules: &mut Rules, times: usize) -> Vec<Option<Effect>> {
        let send = Summary::of_kind(RequestKind::Send);
        (0..times).map(|_| rules.apply(None, &send)).collect()
    }

    fn rule(first: u64, left: u64, effect: Effect) -> Rule {
        Rule { request: Request::send(), first, left, met: 0, effect }
    }

    #[test]
    fn a_rule_applies_from_its_turn_on_as_often_as_it_says() {
        let mut rules = Rules::default();
        rules.add(rule(2, 2, Effect::Cut));
        assert_eq!(applied(&mut rules, 4), [None, Some(Effect::Cut), Some(Effect::Cut), None]);
        assert!(rules.rules.is_empty(), "used up");
    }

    #[test]
    fn of_two_rules_for_one_request_the_older_applies_and_the_younger_has_counted_it() {
        let mut rules = Rules::default();
        rules.add(rule(1, 1, Effect::Cut));
        rules.add(rule(2, 1, Effect::Swallow));
        assert_eq!(applied(&mut rules, 3), [Some(Effect::Cut), Some(Effect::Swallow), None]);
    }

    #[test]
    fn a_removed_rule_applies_no_more() {
        let mut rules = Rules::default();
        let id = rules.add(rule(1, u64::MAX, Effect::Cut));
        assert_eq!(applied(&mut rules, 1), [Some(Effect::Cut)]);
        rules.remove(id);
        assert_eq!(applied(&mut rules, 1), [None]);
    }
}
