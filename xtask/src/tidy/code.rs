//! Rust source with comments and literals blanked out, so that rules can search it as plain text.
//!
//! Not a parser: it knows just enough of Rust's surface to tell code from words, and tests from product.

use std::ops::Range;

/// A source file as the rules see it. Blanking keeps every byte offset and line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Code {
    text: String,
    tests: Vec<Range<usize>>,
    line_starts: Vec<usize>,
}

impl Code {
    /// Blanks comments and the insides of literals.
    pub(crate) fn of(source: &str) -> Self {
        let text = blank(source);
        let line_starts =
            std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut code = Self { text, tests: Vec::new(), line_starts };
        code.tests = code.test_items();
        code
    }

    /// The blanked text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Whether an offset lies in an item marked `#[cfg(test)]` or `#[test]`.
    pub(crate) fn in_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }

    /// The items marked as tests.
    pub(crate) fn tests(&self) -> &[Range<usize>] {
        &self.tests
    }

    /// Offsets of an identifier or path that stands alone, not as part of a longer word.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let bytes = self.text.as_bytes();
        self.text.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            let after = bytes.get(at + word.len());
            !before.is_some_and(|b| is_word(*b)) && !after.is_some_and(|b| is_word(*b))
        })
    }

    /// The code after an offset, without leading white space.
    pub(crate) fn after(&self, offset: usize) -> &str {
        self.text.get(offset..).unwrap_or_default().trim_start()
    }

    /// The end of the item that starts at an offset: its `;`, or the brace that closes its body.
    pub(crate) fn item_end(&self, from: usize) -> usize {
        match self.body(from) {
            Some(body) => body.end,
            None => self.scan(from, b';').map_or(self.text.len(), |end| end + 1),
        }
    }

    /// The braces of the item that starts at an offset; `None` when it ends with `;` instead.
    pub(crate) fn body(&self, from: usize) -> Option<Range<usize>> {
        let open = self.scan(from, b'{')?;
        if self.scan(from, b';').is_some_and(|end| end < open) {
            return None;
        }
        Some(open..self.closing(open)?)
    }

    /// The offset just after the bracket that closes the one at `open`.
    pub(crate) fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, byte) in self.text.bytes().enumerate().skip(open) {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// The first `wanted` outside round and square brackets.
    fn scan(&self, from: usize, wanted: u8) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, byte) in self.text.bytes().enumerate().skip(from) {
            match byte {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth = depth.saturating_sub(1),
                _ if byte == wanted && depth == 0 => return Some(at),
                _ => {}
            }
        }
        None
    }

    fn test_items(&self) -> Vec<Range<usize>> {
        let marks = ["#[cfg(test)]", "#[cfg(all(test", "#[test]", "#[tokio::test"];
        let found = marks.iter().flat_map(|mark| self.text.match_indices(mark));
        let mut items: Vec<_> = found.map(|(at, _)| at..self.item_end(self.skip_attributes(at))).collect();
        if self.text.contains("#![cfg(test)]") {
            items.push(0..self.text.len());
        }
        items
    }

    /// The offset after any attributes that start at an offset.
    fn skip_attributes(&self, mut from: usize) -> usize {
        loop {
            let rest = self.after(from);
            let at = self.text.len() - rest.len();
            if !rest.starts_with("#[") {
                return at;
            }
            let Some(end) = self.closing(at + 1) else { return at };
            from = end;
        }
    }
}

/// Whether a byte can be part of an identifier.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn blank(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word_before = out.bytes().last().is_some_and(is_word);
        let (skip, keep) = literal(rest, word_before).unwrap_or((first.len_utf8(), first.len_utf8()));
        let (token, tail) = rest.split_at(skip);
        if keep == skip {
            out.push_str(token)
        } else {
            push_blank(&mut out, token, keep)
        }
        rest = tail;
    }
    out
}

/// Keeps `edge` bytes at both ends of a literal and blanks the rest but for line ends.
fn push_blank(out: &mut String, token: &str, edge: usize) {
    let inside = edge..token.len().saturating_sub(edge);
    for (at, byte) in token.bytes().enumerate() {
        let kept = byte == b'\n' || (byte.is_ascii() && !inside.contains(&at));
        out.push(if kept { char::from(byte) } else { ' ' });
    }
}

/// The length of the comment or literal that `rest` starts with, and how many bytes at its ends stay visible.
fn literal(rest: &str, word_before: bool) -> Option<(usize, usize)> {
    if rest.starts_with("//") {
        return Some((rest.find('\n').unwrap_or(rest.len()), 0));
    }
    if rest.starts_with("/*") {
        return Some((block_comment(rest), 0));
    }
    if rest.starts_with('"') {
        return Some((1 + quoted(rest.get(1..)?, '"'), 1));
    }
    if rest.starts_with('\'') {
        return character(rest).map(|length| (length, 1));
    }
    if !word_before && rest.starts_with(['r', 'b', 'c']) {
        return raw_string(rest).map(|length| (length, 1));
    }
    None
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(pair) = rest.as_bytes().get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length up to and with the closing quote, escapes skipped.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal; `None` for a lifetime or label.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.get(1..)?;
    let first = inner.chars().next()?;
    if first == '\\' {
        return Some(1 + quoted(inner, '\''));
    }
    inner.get(first.len_utf8()..)?.starts_with('\'').then_some(2 + first.len_utf8())
}

/// The length of `r"…"`, `br#"…"#` and their kin; `None` for anything else, raw identifiers too.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes_at = rest.find('r').filter(|at| *at <= 1)? + 1;
    let hashes = rest.get(hashes_at..)?.bytes().take_while(|b| *b == b'#').count();
    let open = hashes_at + hashes;
    if !rest.get(open..)?.starts_with('"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let length = rest.get(open + 1..)?.find(&close).map(|at| open + 1 + at + close.len());
    Some(length.unwrap_or(rest.len()))
}

#[cfg(test)]
#[path = "code_test.rs"]
mod tests;
