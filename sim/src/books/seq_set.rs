//! A set of positions, one bit each.

use bim_types::Seq;

/// A set of positions of one log. Takes one bit for each position up to the largest in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeqSet {
    words: Vec<u64>,
    len: u64,
}

impl SeqSet {
    /// Puts a position in. `false` when it was in already.
    pub fn insert(&mut self, seq: Seq) -> bool {
        let (word, bit) = place(seq);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += u64::from(is_new);
        is_new
    }

    /// Whether a position is in.
    #[must_use]
    pub fn contains(&self, seq: Seq) -> bool {
        let (word, bit) = place(seq);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// How many are in.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether none is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

fn place(seq: Seq) -> (usize, u64) {
    let word = usize::try_from(seq.0 / 64).expect("a run is far shorter than the address space");
    (word, 1 << (seq.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_in_once() {
        let mut set = SeqSet::default();
        assert!(set.insert(Seq(200)) && set.insert(Seq(1)));
        assert!(!set.insert(Seq(200)));
        assert!(set.contains(Seq(1)) && set.contains(Seq(200)) && !set.contains(Seq(2)));
        assert_eq!((set.len(), set.is_empty()), (2, false));
    }
}
