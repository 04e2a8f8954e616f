//! What waits under rising numbers and mostly leaves in the order in which it came.

use std::collections::VecDeque;

/// Values that room is kept for while there are none.
const KEPT_MAX: usize = 64;

/// A map for small windows over rising numbers: requests in flight, writes under way. What comes has the highest number, and what
/// leaves the lowest, so both are done at an end of one row, with no search and without an allocation for each. Everything
/// else is allowed and takes a search, and moves what lies between the place and the nearer end.
#[derive(Clone, Debug)]
pub struct Window<K, V> {
    row: VecDeque<(K, V)>,
}

impl<K: Ord, V> Window<K, V> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// Puts a value under a number, in the place of one that is there.
    pub fn insert(&mut self, key: K, value: V) {
        if self.row.back().is_none_or(|(last, _)| *last < key) {
            return self.row.push_back((key, value));
        }
        match self.place(&key) {
            Ok(at) => self.row[at] = (key, value),
            Err(at) => self.row.insert(at, (key, value)),
        }
    }

    /// Takes the value under a number.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let is_first = self.row.front().is_some_and(|(first, _)| first == key);
        let at = if is_first { 0 } else { self.place(key).ok()? };
        let removed = self.row.remove(at);
        self.let_go();
        removed.map(|(_, value)| value)
    }

    /// Takes the value under the lowest number.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let first = self.row.pop_front();
        self.let_go();
        first
    }

    /// The value under the lowest number.
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> {
        self.row.front().map(|(key, value)| (key, value))
    }

    /// The value under the highest number.
    pub fn last_mut(&mut self) -> Option<(&K, &mut V)> {
        self.row.back_mut().map(|(key, value)| (&*key, value))
    }

    /// All values, in the order of their numbers.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.row.iter().map(|(_, value)| value)
    }

    /// All values to change, in the order of their numbers.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.row.iter_mut().map(|(_, value)| value)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.row.clear();
        self.let_go();
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.row.binary_search_by(|(known, _)| known.cmp(key))
    }

    fn let_go(&mut self) {
        if self.row.is_empty() && self.row.capacity() > KEPT_MAX {
            self.row = VecDeque::new();
        }
    }
}

impl<K, V> Default for Window<K, V> {
    fn default() -> Self {
        Self { row: VecDeque::new() }
    }
}

impl<K, V> IntoIterator for Window<K, V> {
    type Item = (K, V);
    type IntoIter = std::collections::vec_deque::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.row.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_whatever_comes_and_leaves(steps in prop::collection::vec((0..4_u8, 0..12_u32), 0..200)) {
            let (mut window, mut map) = (Window::default(), BTreeMap::new());
            for (at, (what, key)) in steps.into_iter().enumerate() {
                match what {
                    0 | 1 => {
                        window.insert(key, at);
                        map.insert(key, at);
                    }
                    2 => prop_assert_eq!(window.remove(&key), map.remove(&key)),
                    _ => prop_assert_eq!(window.pop_first(), map.pop_first()),
                }
                prop_assert_eq!(window.len(), map.len());
                prop_assert_eq!(window.first(), map.first_key_value());
                prop_assert!(window.values().eq(map.values()));
            }
            prop_assert!(window.into_iter().eq(map));
        }
    }

    #[test]
    fn a_window_that_was_large_and_is_empty_keeps_no_room() {
        let mut window: Window<u32, u32> = (0..1_000).fold(Window::default(), |mut window, key| {
            window.insert(key, key);
            window
        });
        while window.pop_first().is_some() {}
        assert_eq!(window.row.capacity(), 0);
    }
}
