//! Text in cells: what one character of a person is, how wide it is, where a line breaks.

use ratatui::style::Style;
use ratatui::text::Span;

/// Longest message that is shown whole, in bytes. Of a longer one the beginning is shown.
const SHOWN_BYTES_MAX: usize = 4 * 1024;

/// Text without what would move the cursor or turn the reading direction of what follows.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !turns_direction(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The lines of a message as they are shown: line ends kept, the rest cleaned, too long ones cut.
pub(super) fn shown_lines(text: &str) -> Vec<String> {
    let cut = beginning(text, SHOWN_BYTES_MAX).len();
    let (shown, rest) = text.split_at(cut);
    let mut lines: Vec<String> = shown.split('\n').map(clean).collect();
    if !rest.is_empty() {
        lines.push(format!("… ({} bytes in all)", text.len()));
    }
    lines
}

/// The beginning of a text, at most so many bytes.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    let cut = (0..=bytes.min(text.len())).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
    text.get(..cut).unwrap_or_default()
}

/// The end of a text, at most so many bytes.
pub(super) fn ending(text: &str, bytes: usize) -> &str {
    let from = text.len().saturating_sub(bytes);
    let cut = (from..=text.len()).find(|cut| text.is_char_boundary(*cut)).unwrap_or(text.len());
    text.get(cut..).unwrap_or_default()
}

/// The length in bytes of each character as a person counts them. The text is clean.
pub(super) fn grapheme_lengths(text: &str) -> Vec<usize> {
    Span::raw(text).styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol.len()).collect()
}

/// Cells that a text takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// Breaks a clean line into rows of at most so many cells: after a space where there is one.
pub(super) fn wrap(line: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut rows = Vec::new();
    let (mut row_begins, mut at, mut taken) = (0, 0, 0);
    // Where the row could break, and the cells up to there.
    let mut space: Option<(usize, usize)> = None;
    for length in grapheme_lengths(line) {
        let grapheme = line.get(at..at + length).unwrap_or_default();
        let wide = width(grapheme);
        if taken + wide > cells && at > row_begins {
            let (breaks, cells_before) =
                space.filter(|(breaks, _)| *breaks > row_begins).unwrap_or((at, taken));
            rows.push(line.get(row_begins..breaks).unwrap_or_default().trim_end().to_owned());
            (row_begins, taken, space) = (breaks, taken - cells_before, None);
        }
        at += length;
        taken += wide;
        if grapheme == " " {
            space = Some((at, taken));
        }
    }
    rows.push(line.get(row_begins..).unwrap_or_default().to_owned());
    rows
}

/// Marks and overrides of reading direction: they would reach beyond their message.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_two_cells_and_are_not_split() {
        assert_eq!(wrap("直播群公告", 4), ["直播", "群公", "告"]);
        assert_eq!(wrap("a直播", 4), ["a直", "播"]);
    }

    #[test]
    fn lines_break_after_spaces_where_there_are_some() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("onetwothree", 4), ["onet", "woth", "ree"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_family_is_one_character() {
        let family = "👩\u{200D}👧";
        assert_eq!(grapheme_lengths(&format!("{family}é")), [family.len(), 2]);
    }

    #[test]
    fn controls_and_direction_overrides_do_not_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[2J\u{202E}b"), "a [2Jb");
        assert_eq!(clean("שלום"), "שלום");
    }

    #[test]
    fn a_very_long_message_is_cut_where_it_is_shown() {
        let lines = shown_lines(&"群".repeat(20_000));
        assert_eq!(lines.last().unwrap(), "… (60000 bytes in all)");
        assert_eq!(shown_lines("a\nb"), ["a", "b"]);
    }
}
