//! Users who were named lately.

use bim_types::Uid;

/// Places for users at first, and at most: a room in which more people speak than this makes some of them anew.
const PLACES_MIN: usize = 16;
const PLACES_MAX: usize = 256;

/// Places in a row that one name may have.
const CHOICE: usize = 4;

/// Users who were named lately, so that a name that comes again is neither checked nor copied again.
///
/// Each name has a choice of places, where another may take its turn. There are more places when names get in each other's
/// way, at most 256: with names of 20 bytes that is 16 KiB. Nothing depends on who is known but time and memory.
#[derive(Clone, Debug, Default)]
pub struct Names {
    places: Vec<Option<Uid>>,
    /// Names that lost their place since there are so many.
    lost: usize,
}

impl Names {
    /// The user of this name; `None` when nobody may be called that.
    pub(crate) fn user(&mut self, name: &str) -> Option<Uid> {
        let choice = self.choice(name);
        for at in choice.clone() {
            match self.places.get(at) {
                Some(Some(uid @ Uid::Str(text))) if **text == *name => return Some(uid.clone()),
                Some(Some(_)) => {}
                Some(None) | None => break,
            }
        }
        let uid = Uid::string(name).ok()?;
        if self.places.is_empty() || self.lost > self.places.len() && self.places.len() < PLACES_MAX {
            self.grow();
        }
        self.seat(uid.clone());
        Some(uid)
    }

    /// Forgets everyone.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Gives a name a place that is free, or one of somebody else.
    fn seat(&mut self, uid: Uid) {
        let Uid::Str(name) = &uid else { return };
        let choice = self.choice(name);
        let free = choice.clone().find(|at| self.places.get(*at).is_some_and(Option::is_none));
        let at = free.unwrap_or_else(|| {
            self.lost += 1;
            choice.start + self.lost % CHOICE
        });
        if let Some(place) = self.places.get_mut(at) {
            *place = Some(uid);
        }
    }

    fn choice(&self, name: &str) -> std::ops::Range<usize> {
        // The last places are nobody's first choice.
        let firsts = self.places.len().saturating_sub(CHOICE - 1).max(1);
        let first = mixed(name) as usize % firsts;
        first..first + CHOICE
    }

    fn grow(&mut self) {
        let places = vec![None; (self.places.len() * 2).max(PLACES_MIN)];
        let known = std::mem::replace(&mut self.places, places);
        known.into_iter().flatten().for_each(|uid| self.seat(uid));
        self.lost = 0;
    }
}

/// Bits of a name that differ where names do. Whoever makes names alike has them checked and copied, and no more.
fn mixed(name: &str) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = name.as_bytes().as_chunks::<8>();
    let mix = |mixed: u64, word: u64| (mixed.rotate_left(23) ^ word).wrapping_mul(ODD);
    let mixed = words.iter().fold(ODD, |mixed, word| mix(mixed, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(name.len() as u64, |last, byte| last << 8 | u64::from(*byte));
    mix(mixed, last) >> 32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;

    fn text(uid: &Uid) -> Arc<str> {
        match uid {
            Uid::Str(text) => Arc::clone(text),
            Uid::Int(number) => panic!("{number} is no name"),
        }
    }

    #[test]
    fn whoever_is_named_again_is_not_made_again() {
        let mut names = Names::default();
        let first = names.user("alice").unwrap();
        assert!(Arc::ptr_eq(&text(&first), &text(&names.user("alice").unwrap())));
        names.clear();
        assert!(!Arc::ptr_eq(&text(&first), &text(&names.user("alice").unwrap())));
    }

    #[test]
    fn everyone_is_who_they_are_however_many_there_are() {
        let mut names = Names::default();
        for number in (0..5_000).chain(0..5_000) {
            let name = format!("user{}", number % 700);
            assert_eq!(names.user(&name), Uid::string(&name).ok());
            assert!(names.places.len() <= PLACES_MAX);
        }
    }

    #[test]
    fn a_hundred_who_speak_in_turn_are_known_most_of_the_time() {
        let mut names = Names::default();
        let (mut before, mut again) = (BTreeMap::new(), 0);
        for number in 0..10_000 {
            let name = format!("sender{}", number % 100);
            let said = text(&names.user(&name).unwrap());
            let known =
                before.insert(name, Arc::clone(&said)).is_some_and(|known| Arc::ptr_eq(&known, &said));
            again += usize::from(known);
        }
        assert!(again > 9_000, "{again}");
    }

    #[test]
    fn a_name_that_nobody_may_have_is_not_known() {
        let mut names = Names::default();
        assert_eq!((names.user(""), names.user("a\nb")), (None, None));
    }
}
