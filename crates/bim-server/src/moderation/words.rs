//! A moderator that knows a list of words.

use std::future::ready;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bim_server_core::{Moderated, ModerationVerdict};
use bim_types::MessageBody;

use super::phrases::Phrases;
use super::{BoxFuture, Moderator};

/// Longest file of words, in bytes. A longer one is refused.
pub const WORD_LIST_BYTES_MAX: u64 = 1024 * 1024;

/// The check code of what a [`WordList`] refuses.
pub const CHECK_CODE: i32 = 1;

/// What the sender of a refused message is told.
const REFUSED: &str = "a word in it is not allowed here";

/// What stands in the place of a masked word.
const MASK: &str = "***";

/// Refuses messages that hold a word of a list, or masks the words.
///
/// A word or phrase is found as a whole, whatever its case and spacing: `ass` is not found in `class`, but in `ASS!`;
/// in scripts that are written without spaces, anywhere. It looks at texts only: what is in messages of the app's
/// own kinds, bim does not know.
#[derive(Clone, Debug)]
pub struct WordList {
    phrases: Phrases,
    action: WordAction,
}

/// What a [`WordList`] does with a message that holds a word of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WordAction {
    /// It is refused, with [`CHECK_CODE`].
    #[default]
    Refuse,
    /// It is accepted with `***` in the place of each word.
    Mask,
}

/// Why a file is not a list of words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordListError {
    /// It cannot be read.
    #[error("word list {} can not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// It is too long.
    #[error("word list {} is longer than {WORD_LIST_BYTES_MAX} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It is not UTF-8.
    #[error("word list {}, line {line}: not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl WordList {
    /// A list of these words and phrases. Empty ones are passed over.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>, action: WordAction) -> Self {
        Self { phrases: Phrases::new(phrases), action }
    }

    /// Reads a file: one word or phrase a line. Empty lines and those that begin with `#` are passed over. Blocks.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is longer than [`WORD_LIST_BYTES_MAX`], or is not UTF-8.
    pub fn read(path: &Path, action: WordAction) -> Result<Self, WordListError> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(WORD_LIST_BYTES_MAX + 1).read_to_end(&mut bytes))
            .map_err(|source| WordListError::Unreadable { path: path.to_owned(), source })?;
        if bytes.len() as u64 > WORD_LIST_BYTES_MAX {
            return Err(WordListError::TooLong { path: path.to_owned() });
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            WordListError::NotText { path: path.to_owned(), line }
        })?;
        Ok(Self::new(lines(text), action))
    }

    fn judge(&self, body: &MessageBody) -> ModerationVerdict {
        let MessageBody::Text(text) = body else { return ModerationVerdict::Allow };
        let mut found = self.phrases.find(text).peekable();
        if found.peek().is_none() {
            return ModerationVerdict::Allow;
        }
        let masked = match self.action {
            WordAction::Refuse => return refused(),
            WordAction::Mask => MessageBody::Text(mask(text, found).into()),
        };
        // A mask may be longer than what it hides.
        if masked.check().is_ok() { ModerationVerdict::Rewrite(masked) } else { refused() }
    }
}

impl Moderator for WordList {
    fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict> {
        Box::pin(ready(self.judge(&message.body)))
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().filter(|line| !line.starts_with('#'))
}

fn refused() -> ModerationVerdict {
    ModerationVerdict::Refuse { check_code: CHECK_CODE, message: REFUSED.to_owned() }
}

fn mask(text: &str, found: impl Iterator<Item = std::ops::Range<usize>>) -> String {
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    for range in found {
        masked.push_str(text.get(done..range.start).unwrap_or_default());
        masked.push_str(MASK);
        done = range.end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> MessageBody {
        MessageBody::Text(text.into())
    }

    fn read(content: &[u8]) -> Result<WordList, WordListError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words.txt");
        std::fs::write(&path, content).unwrap();
        WordList::read(&path, WordAction::Mask)
    }

    #[test]
    fn a_message_with_a_word_of_the_list_is_refused_with_the_check_code() {
        let list = WordList::new(["darn"], WordAction::Refuse);
        let ModerationVerdict::Refuse { check_code, message } = list.judge(&text("Oh DARN")) else {
            panic!("not refused")
        };
        assert_eq!((check_code, message.as_str()), (1, REFUSED));
        assert_eq!(list.judge(&text("oh dear")), ModerationVerdict::Allow);
    }

    #[test]
    fn masking_changes_the_words_and_nothing_else() {
        let list = WordList::new(["darn", "坏话"], WordAction::Mask);
        let verdict = list.judge(&text("Darn,\tоб darn he说坏话 darnly"));
        assert_eq!(verdict, ModerationVerdict::Rewrite(text("***,\tоб *** he说*** darnly")));
        assert_eq!(list.judge(&text("fine")), ModerationVerdict::Allow);
    }

    #[test]
    fn what_is_too_long_once_masked_is_refused() {
        let list = WordList::new(["x"], WordAction::Mask);
        let long = "x ".repeat(bim_types::limits::MESSAGE_BODY_BYTES_MAX / 2);
        assert_eq!(list.judge(&text(&long)), refused());
    }

    #[test]
    fn what_bim_does_not_know_is_let_through() {
        let list = WordList::new(["darn"], WordAction::Refuse);
        assert_eq!(list.judge(&MessageBody::Custom("darn".into())), ModerationVerdict::Allow);
        assert_eq!(list.judge(&MessageBody::Unknown { kind: 9 }), ModerationVerdict::Allow);
    }

    #[test]
    fn a_file_has_one_phrase_a_line_and_remarks() {
        let list = read("\u{feff}# what we do not want\r\n\r\nDarn\r\n two words \n".as_bytes()).unwrap();
        let masked = list.judge(&text("darn two  WORDS # two"));
        assert_eq!(masked, ModerationVerdict::Rewrite(text("*** *** # two")));
        assert_eq!(read(b"").unwrap().judge(&text("")), ModerationVerdict::Allow);
    }

    #[test]
    fn a_file_that_is_no_list_is_told_with_its_reason() {
        let missing = WordList::read(Path::new("no-such-list"), WordAction::Mask).unwrap_err();
        assert_eq!(missing.to_string(), "word list no-such-list can not be read");
        assert!(
            matches!(missing, WordListError::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound)
        );
        assert!(matches!(read(b"fine\n\xff\n"), Err(WordListError::NotText { line: 2, .. })));
        let long = vec![b'a'; usize::try_from(WORD_LIST_BYTES_MAX).unwrap() + 1];
        assert!(matches!(read(&long), Err(WordListError::TooLong { .. })));
    }
}
