//! The line that is being typed.

use super::text::{beginning, clean, ending, grapheme_lengths, width};

/// Longest line that can be typed, in bytes: that of a message. What goes beyond is not taken.
const TYPED_BYTES_MAX: usize = 64 * 1024;

/// How far from the cursor a character is looked for, in bytes: far more than the longest has.
const NEAR_BYTES: usize = 256;

/// Bytes looked at for each cell that is shown: more than characters have.
const CHARACTER_BYTES: usize = 32;

/// A line with a cursor between two characters.
#[derive(Debug, Default)]
pub(super) struct InputLine {
    before: String,
    after: String,
}

impl InputLine {
    /// Types or pastes; line ends become spaces.
    pub(super) fn insert(&mut self, text: &str) {
        let text = clean(text);
        if self.before.len() + self.after.len() + text.len() <= TYPED_BYTES_MAX {
            self.before.push_str(&text);
        }
    }

    pub(super) fn backspace(&mut self) {
        let cut = self.before.len() - last(&self.before);
        self.before.truncate(cut);
    }

    pub(super) fn delete(&mut self) {
        self.after.drain(..first(&self.after));
    }

    pub(super) fn left(&mut self) {
        let moved = self.before.split_off(self.before.len() - last(&self.before));
        self.after.insert_str(0, &moved);
    }

    pub(super) fn right(&mut self) {
        let moved: String = self.after.drain(..first(&self.after)).collect();
        self.before.push_str(&moved);
    }

    pub(super) fn home(&mut self) {
        self.after.insert_str(0, &std::mem::take(&mut self.before));
    }

    pub(super) fn end(&mut self) {
        self.before.push_str(&std::mem::take(&mut self.after));
    }

    /// Removes what is before the cursor.
    pub(super) fn clear_before(&mut self) {
        self.before.clear();
    }

    /// Removes the word before the cursor.
    pub(super) fn delete_word(&mut self) {
        let kept = self.before.trim_end().rfind(' ').map_or(0, |space| space + 1);
        self.before.truncate(kept);
    }

    /// Takes the whole line; what remains is empty.
    pub(super) fn take(&mut self) -> String {
        self.end();
        std::mem::take(&mut self.before)
    }

    /// Puts a line back, to be edited.
    pub(super) fn restore(&mut self, line: &str) {
        self.after.clear();
        line.clone_into(&mut self.before);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// The part that fits into so many cells around the cursor, and the cursor's cell.
    pub(super) fn visible(&self, cells: usize) -> (String, usize) {
        let mut shown = self.before.as_str();
        // One cell is for the cursor behind the last character.
        let room = cells.saturating_sub(1);
        shown = ending(shown, room * CHARACTER_BYTES);
        for length in grapheme_lengths(shown) {
            if width(shown) <= room {
                break;
            }
            shown = shown.get(length..).unwrap_or_default();
        }
        let cursor = width(shown);
        let near = beginning(&self.after, room * CHARACTER_BYTES);
        (format!("{shown}{near}"), cursor)
    }
}

fn first(text: &str) -> usize {
    grapheme_lengths(beginning(text, NEAR_BYTES)).first().copied().unwrap_or(0)
}

fn last(text: &str) -> usize {
    grapheme_lengths(ending(text, NEAR_BYTES)).last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> InputLine {
        let mut line = InputLine::default();
        line.insert(text);
        line
    }

    #[test]
    fn the_cursor_moves_and_deletes_by_characters_of_a_person() {
        let mut line = typed("a群👩\u{200D}👧");
        line.backspace();
        assert_eq!(line.take(), "a群");
        let mut line = typed("abc");
        line.left();
        line.left();
        line.delete();
        line.insert("é");
        assert_eq!(line.take(), "aéc");
    }

    #[test]
    fn the_part_around_the_cursor_is_shown() {
        let line = typed("直播群公告");
        assert_eq!(line.visible(80), ("直播群公告".into(), 10));
        assert_eq!(line.visible(6), ("公告".into(), 4));
    }

    #[test]
    fn words_and_beginnings_can_be_removed() {
        let mut line = typed("one two  ");
        line.delete_word();
        assert_eq!(line.visible(80).0, "one ");
        line.clear_before();
        assert!(line.is_empty());
    }

    #[test]
    fn pasted_line_ends_become_spaces_and_a_paste_over_the_limit_is_not_taken() {
        assert_eq!(typed("a\nb").take(), "a b");
        let mut line = typed("x");
        line.insert(&"y".repeat(TYPED_BYTES_MAX));
        assert_eq!(line.take(), "x");
    }
}
