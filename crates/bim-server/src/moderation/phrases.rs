//! Finds phrases in texts, whatever their case and spacing.
//!
//! Text and phrases are compared in one form: upper and lower case are one, a run of white space is one space, and
//! characters that take no room are not there. A phrase is found as a whole: `ass` is not in `class`. In scripts that
//! are written without spaces, such as Chinese, Japanese and Thai, it is found anywhere.

use std::collections::HashMap;
use std::ops::Range;

/// Phrases as a tree of characters, so that a text is read once for all of them.
#[derive(Clone, Debug)]
pub(super) struct Phrases {
    branches: HashMap<(usize, char), usize>,
    /// For each node, whether a phrase ends there.
    ends: Vec<bool>,
}

/// One character in the form that is compared, and the bytes it came from.
#[derive(Clone, Copy, Debug)]
struct Glyph {
    folded: char,
    from: usize,
    to: usize,
}

impl Phrases {
    /// These phrases. Those without a character that can be seen are passed over.
    pub(super) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tree = Self { branches: HashMap::new(), ends: vec![false] };
        phrases.into_iter().for_each(|phrase| tree.insert(phrase));
        tree
    }

    /// Where phrases are in a text: ranges of bytes in order, the longest phrase at each place.
    pub(super) fn find<'a>(&'a self, text: &str) -> impl Iterator<Item = Range<usize>> + 'a {
        let glyphs = fold(text);
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(first) = glyphs.get(at) {
                if let Some(last) = self.longest(&glyphs, at) {
                    at = last + 1;
                    return glyphs.get(last).map(|last| first.from..last.to);
                }
                at += 1;
            }
            None
        })
    }

    fn insert(&mut self, phrase: &str) {
        let mut node = 0;
        for glyph in fold(phrase.trim()) {
            let next = self.ends.len();
            node = *self.branches.entry((node, glyph.folded)).or_insert(next);
            if node == next {
                self.ends.push(false);
            }
        }
        if let Some(end) = self.ends.get_mut(node).filter(|_| node != 0) {
            *end = true;
        }
    }

    /// The last character of the longest phrase that begins here.
    fn longest(&self, glyphs: &[Glyph], start: usize) -> Option<usize> {
        if start > 0 && is_within_word(glyphs, start - 1) {
            return None;
        }
        let (mut node, mut longest) = (0, None);
        for (at, glyph) in glyphs.iter().enumerate().skip(start) {
            let Some(next) = self.branches.get(&(node, glyph.folded)) else { break };
            node = *next;
            if self.ends.get(node) == Some(&true) && !is_within_word(glyphs, at) {
                longest = Some(at);
            }
        }
        longest
    }
}

/// Whether a character and the next one belong to one word.
fn is_within_word(glyphs: &[Glyph], at: usize) -> bool {
    let joins = |at: usize| glyphs.get(at).is_some_and(|glyph| joins_words(glyph.folded));
    joins(at) && joins(at + 1)
}

fn joins_words(c: char) -> bool {
    c.is_alphanumeric() && !stands_alone(c)
}

/// Letters of scripts that are written without spaces, or whose words take endings of many kinds: Thai to
/// Tibetan, Burmese, Khmer, Chinese, Japanese, Korean.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Characters that take no room and can be put between letters.
fn takes_no_room(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn fold(text: &str) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
    for (from, c) in text.char_indices().filter(|(_, c)| !takes_no_room(*c)) {
        let to = from + c.len_utf8();
        if c.is_whitespace() {
            match glyphs.last_mut() {
                Some(space) if space.folded == ' ' => space.to = to,
                _ => glyphs.push(Glyph { folded: ' ', from, to }),
            }
            continue;
        }
        // By way of upper case, which has fewer variants: so final sigma and sharp s are found too.
        let folded = c.to_uppercase().flat_map(char::to_lowercase);
        glyphs.extend(folded.map(|folded| Glyph { folded, from, to }));
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(phrases: &[&str], text: &'a str) -> Vec<&'a str> {
        Phrases::new(phrases.iter().copied()).find(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn a_phrase_is_found_whatever_its_case_and_spacing() {
        assert_eq!(found(&["Bad Word"], "no BAD \n word, bad word"), ["BAD \n word", "bad word"]);
        assert_eq!(found(&["  darn  "], "Darn!"), ["Darn"]);
        assert_eq!(found(&["ΌΣΟΣ", "straße"], "όσος STRASSE"), ["όσος", "STRASSE"]);
        assert_eq!(found(&["darn"], "d\u{200b}a\u{ad}rn"), ["d\u{200b}a\u{ad}rn"]);
    }

    #[test]
    fn a_part_of_a_word_is_not_the_word() {
        assert!(found(&["ass", "bad"], "class assert badly bad7 2bad").is_empty());
        assert_eq!(found(&["ass", "bad"], "#ass, (bad) bad_"), ["ass", "bad", "bad"]);
        assert_eq!(found(&["a+"], "a+b"), ["a+"]);
    }

    #[test]
    fn scripts_without_spaces_are_searched_everywhere() {
        assert_eq!(found(&["坏话"], "他说坏话了"), ["坏话"]);
        assert_eq!(found(&["darn"], "真darn了"), ["darn"]);
    }

    #[test]
    fn the_longest_phrase_wins_and_none_overlap() {
        assert_eq!(found(&["red", "red hot", "hot dog"], "red hot dog"), ["red hot"]);
        assert_eq!(found(&["red", "red hot pan"], "red hot pot"), ["red"]);
    }

    #[test]
    fn nothing_is_looked_for_without_phrases_and_nothing_found_in_an_empty_text() {
        assert!(found(&["", " ", "\u{200b}"], "anything at all").is_empty());
        assert!(found(&["a"], "").is_empty());
    }

    #[test]
    fn parts_of_one_folded_character_are_found_once_in_bounds() {
        assert_eq!(found(&["ss"], "ß s\u{fb01}"), ["ß"]);
    }
}
