//! The three classes of live-group messages.

use std::ops::{Index, IndexMut};

/// How much a live-group message matters. Numbers as on the wire: 0, 1, 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Likes, arrivals: the first to be left out.
    Low = 0,
    /// Chat.
    #[default]
    Normal = 1,
    /// Gifts, announcements: never left out.
    High = 2,
}

impl Priority {
    /// From the first to be left out to the last.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The class of a number on the wire.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Low),
            1 => Some(Self::Normal),
            2 => Some(Self::High),
            _ => None,
        }
    }

    /// `low`, `normal` or `high`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// One value for each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerPriority<T> {
    /// For [`Priority::Low`].
    pub low: T,
    /// For [`Priority::Normal`].
    pub normal: T,
    /// For [`Priority::High`].
    pub high: T,
}

impl<T: Copy> PerPriority<T> {
    /// The same value for every class.
    #[must_use]
    pub fn splat(value: T) -> Self {
        Self { low: value, normal: value, high: value }
    }
}

impl PerPriority<u64> {
    /// The sum over the classes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.low.saturating_add(self.normal).saturating_add(self.high)
    }
}

impl<T> Index<Priority> for PerPriority<T> {
    type Output = T;

    fn index(&self, priority: Priority) -> &T {
        match priority {
            Priority::Low => &self.low,
            Priority::Normal => &self.normal,
            Priority::High => &self.high,
        }
    }
}

impl<T> IndexMut<Priority> for PerPriority<T> {
    fn index_mut(&mut self, priority: Priority) -> &mut T {
        match priority {
            Priority::Low => &mut self.low,
            Priority::Normal => &mut self.normal,
            Priority::High => &mut self.high,
        }
    }
}
