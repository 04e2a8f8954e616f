//! What is off.

use std::collections::BTreeMap;
use std::fmt;

/// Faults of a kind that are told in full. More are only counted.
const TOLD_MAX: usize = 3;

/// Promises that were broken, by kind: the first ones of each in full, all of them counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    kinds: BTreeMap<&'static str, Kind>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Kind {
    count: u64,
    told: Vec<String>,
}

impl Faults {
    /// Adds a fault. `kind` says which promise is broken; the rest is only put into words when it will be told.
    pub fn add(&mut self, kind: &'static str, tell: impl FnOnce() -> String) {
        let of_kind = self.kinds.entry(kind).or_default();
        of_kind.count += 1;
        if of_kind.told.len() < TOLD_MAX {
            of_kind.told.push(tell());
        }
    }

    /// Adds those of somebody, who is named before each.
    pub fn extend(&mut self, whose: &str, others: &Self) {
        for (kind, other) in &others.kinds {
            let of_kind = self.kinds.entry(kind).or_default();
            of_kind.count += other.count;
            let room = TOLD_MAX.saturating_sub(of_kind.told.len());
            of_kind.told.extend(other.told.iter().take(room).map(|fault| format!("{whose}: {fault}")));
        }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.kinds.values().map(|of_kind| of_kind.count).sum()
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, Kind { count, told }) in &self.kinds {
            writeln!(f, "  {kind}: {count}")?;
            for fault in told {
                writeln!(f, "    {fault}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_and_every_fault_is_counted() {
        let (mut one, mut all) = (Faults::default(), Faults::default());
        (1..=5).for_each(|number| one.add("doubled", || format!("low {number}")));
        one.add("lost", || "high 7".to_owned());
        all.extend("viewer", &one);
        assert_eq!(all.count(), 6);
        let text = all.to_string();
        assert!(text.contains("doubled: 5") && text.contains("viewer: high 7"), "{text}");
        assert!(text.contains("low 3") && !text.contains("low 4"), "{text}");
        assert!(Faults::default().is_empty() && !all.is_empty());
    }
}
