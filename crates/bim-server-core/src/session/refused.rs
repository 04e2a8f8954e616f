//! Messages that were refused on a connection.

use std::collections::VecDeque;

use bim_types::ClientMessageId;

/// What was refused lately and not accepted since: what follows one of these must not overtake it. When full
/// the one whose refusal is the longest ago is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Refused(VecDeque<ClientMessageId>);

impl Refused {
    /// Whether a message was refused and not accepted since.
    pub(crate) fn contains(&self, id: ClientMessageId) -> bool {
        self.0.contains(&id)
    }

    /// Remembers a message as the latest of at most so many.
    pub(crate) fn insert(&mut self, id: ClientMessageId, most: usize) {
        self.remove(id);
        while self.0.len() >= most.max(1) {
            self.0.pop_front();
        }
        self.0.push_back(id);
    }

    /// Forgets a message: it was let in.
    pub(crate) fn remove(&mut self, id: ClientMessageId) {
        self.0.retain(|refused| *refused != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_ago_is_forgotten_first_whatever_its_id() {
        let mut refused = Refused::default();
        for id in [30, 20, 10, 30, 5] {
            refused.insert(ClientMessageId::new(id), 3);
        }
        let known = |id| refused.contains(ClientMessageId::new(id));
        assert_eq!([known(5), known(10), known(20), known(30)], [true, true, false, true]);
    }
}
