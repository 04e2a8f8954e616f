//! What a run is to do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bim_types::{PerPriority, Priority};

/// What a load run is to do.
#[derive(Clone, Debug)]
pub struct LoadPlan {
    /// Viewers that only watch, those that stop reading included.
    pub viewers: u32,
    /// Users who send and watch.
    pub senders: u32,
    /// Percent of the viewers that stop reading while it is measured, 0 to 100.
    pub stalled_percent: u32,
    /// Bytes of a message, at least [`BODY_BYTES_MIN`](crate::BODY_BYTES_MIN).
    pub body_bytes: usize,
    /// Of which classes messages are.
    pub classes: ClassMix,
    /// One after the other, with the same crowd.
    pub loads: Vec<Load>,
    /// How long a load runs before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub measured: Duration,
    /// The server's process, when it runs on this machine.
    pub server_pid: Option<u32>,
}

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// So many a second, by all senders together, whatever becomes of them.
    Rate(f64),
    /// As fast as viewers get them: a message is in flight until every viewer that reads has it, or was told that it
    /// was left out, and there are so many in flight.
    InFlight(u32),
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(per_second) => write!(f, "{per_second}/s"),
            Self::InFlight(messages) => write!(f, "{messages} in flight"),
        }
    }
}

/// How many messages of which class: `high:1,normal:8,low:1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassMix {
    weights: PerPriority<u32>,
    /// What each class has saved up for its next message.
    credit: PerPriority<i64>,
}

/// Largest weight of a class.
const WEIGHT_MAX: u32 = 1_000;

impl ClassMix {
    /// Whether there are messages of a class.
    #[must_use]
    pub fn has(&self, class: Priority) -> bool {
        self.weights[class] > 0
    }

    /// The class of the next message. Classes are spread evenly.
    pub fn take(&mut self) -> Priority {
        let (mut first, mut total) = (Priority::Normal, 0);
        for class in Priority::ALL {
            let weight = i64::from(self.weights[class]);
            total += weight;
            self.credit[class] += weight;
            if self.credit[class] > self.credit[first] {
                first = class;
            }
        }
        self.credit[first] -= total;
        first
    }
}

impl Default for ClassMix {
    fn default() -> Self {
        let (weights, credit) = (PerPriority { normal: 1, ..PerPriority::default() }, PerPriority::default());
        Self { weights, credit }
    }
}

impl FromStr for ClassMix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no mix of classes; write high:1,normal:8,low:1, with weights up to {WEIGHT_MAX}"
            )
        };
        let mut weights = PerPriority::default();
        for part in text.split(',') {
            let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
            let class = Priority::ALL.into_iter().find(|class| class.name() == name).ok_or_else(wrong)?;
            let weight = weight.parse().ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight));
            if std::mem::replace(&mut weights[class], weight.ok_or_else(wrong)?) > 0 {
                return Err(wrong());
            }
        }
        Ok(Self { weights, credit: PerPriority::default() })
    }
}

impl fmt::Display for ClassMix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all =
            [Priority::High, Priority::Normal, Priority::Low].into_iter().filter(|class| self.has(*class));
        let parts: Vec<String> =
            all.map(|class| format!("{}:{}", class.name(), self.weights[class])).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_as_often_as_their_weights_say() {
        let mut mix: ClassMix = "high:1,normal:8,low:1".parse().unwrap();
        let mut counts = PerPriority::<u32>::default();
        for _ in 0..100 {
            counts[mix.take()] += 1;
        }
        assert_eq!(counts, PerPriority { low: 10, normal: 80, high: 10 });
        assert_eq!(mix.to_string(), "high:1,normal:8,low:1");
    }

    #[test]
    fn without_words_all_is_normal_and_one_class_needs_no_weight() {
        let mut mix = ClassMix::default();
        assert!((0..10).all(|_| mix.take() == Priority::Normal));
        let mut mix: ClassMix = "high".parse().unwrap();
        assert!((0..10).all(|_| mix.take() == Priority::High) && !mix.has(Priority::Low));
    }

    #[test]
    fn what_is_no_mix_is_refused_with_an_example() {
        for text in ["", "x:1", "high:0", "high:1,high:2", "low:-1", "low:9999"] {
            assert!(text.parse::<ClassMix>().unwrap_err().contains("high:1,normal:8,low:1"), "{text}");
        }
    }
}
