//! Whom a pulse names, and whom it only counts.
//!
//! A pulse must fit one frame whatever users say about themselves. Residents and marked members of all lists
//! have their place first, then others, list by list; from the first in a list that has none, the rest of that
//! kind is counted.

use bim_types::limits::PULSE_NAMES_MAX;
use bim_types::{Member, Named, Uid};

/// Residents and marked members that one list names. More are counted.
pub const PULSE_VIPS_MAX: usize = 200;

/// Entries of all lists of a pulse, with those of the maps and lists in them: what a frame may have, less 128
/// counters. Who would pass it is counted.
pub const PULSE_ENTRIES_MAX: usize = 860;

/// Bytes of all lists of a pulse: what a frame may have, less 128 counters. Who would pass it is counted.
pub const PULSE_BYTES_MAX: usize = 240 * 1024;

/// Entries of other members in one list. Who would pass it is counted.
pub const PULSE_OTHER_ENTRIES_MAX: usize = 300;

/// Bytes of other members in one list. Who would pass it is counted.
pub const PULSE_OTHER_BYTES_MAX: usize = 32 * 1024;

/// The part of a pulse that a roster knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulseParts {
    /// Users in the room now.
    pub online_count: u64,
    /// Who came, in the order of uids.
    pub joined: Named<Member>,
    /// Who left, in the order of uids.
    pub left: Named<Uid>,
    /// Whose record changed, in the order of uids.
    pub changed: Named<Member>,
}

/// The users of one list, each half in the order of uids.
#[derive(Debug, Default)]
pub(super) struct Roll {
    vips: Vec<Uid>,
    others: Vec<Uid>,
}

impl Roll {
    pub(super) fn push(&mut self, uid: Uid, is_vip: bool) {
        if is_vip {
            self.vips.push(uid);
        } else {
            self.others.push(uid);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.vips.is_empty() && self.others.is_empty()
    }

    /// Names residents and marked members who fit. `name` is asked for those only, and for one more.
    pub(super) fn name_vips<T: Nameable>(self, frame: &mut Space, name: impl Fn(Uid) -> T) -> HalfNamed<T> {
        let users = self.vips.len() + self.others.len();
        let vips = self.vips.into_iter().take(PULSE_VIPS_MAX).map(name);
        HalfNamed { users, named: vips.take_while(|one| frame.take(one)).collect(), others: self.others }
    }
}

/// A list in which residents and marked members are named.
#[derive(Debug)]
pub(super) struct HalfNamed<T> {
    users: usize,
    named: Vec<T>,
    others: Vec<Uid>,
}

impl<T: Nameable> HalfNamed<T> {
    /// Names others who fit, and counts the rest. `name` is asked for those only, and for one more.
    pub(super) fn name_others(mut self, frame: &mut Space, name: impl Fn(Uid) -> T) -> Named<T> {
        let mut list = Space { entries: PULSE_OTHER_ENTRIES_MAX, bytes: PULSE_OTHER_BYTES_MAX };
        let others = self.others.into_iter().take(PULSE_NAMES_MAX).map(name);
        self.named.extend(others.take_while(|one| list.take(one) && frame.take(one)));
        self.named.sort_by(|one, other| one.uid().cmp(other.uid()));
        Named { more: (self.users - self.named.len()) as u64, named: self.named }
    }
}

/// What is left of a frame or a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    entries: usize,
    bytes: usize,
}

impl Space {
    /// All that the lists of one pulse may take.
    pub(super) fn of_pulse() -> Self {
        Self { entries: PULSE_ENTRIES_MAX, bytes: PULSE_BYTES_MAX }
    }

    /// Whether one more fits; then it has its place.
    fn take(&mut self, one: &impl Nameable) -> bool {
        let (entries, bytes) = (one.entries(), one.bytes());
        let fits = entries <= self.entries && bytes <= self.bytes;
        if fits {
            self.entries -= entries;
            self.bytes -= bytes;
        }
        fits
    }
}

/// What can stand in a list of a pulse.
pub(super) trait Nameable {
    /// Who it is.
    fn uid(&self) -> &Uid;

    /// Entries it takes in a frame, its own included.
    fn entries(&self) -> usize;

    /// Bytes it takes in a frame, at most.
    fn bytes(&self) -> usize;
}

impl Nameable for Uid {
    fn uid(&self) -> &Uid {
        self
    }

    fn entries(&self) -> usize {
        1
    }

    fn bytes(&self) -> usize {
        let text = match self {
            Self::Int(_) => 10,
            Self::Str(text) => text.len(),
        };
        UID_FRAMING_BYTES + text
    }
}

impl Nameable for Member {
    fn uid(&self) -> &Uid {
        &self.uid
    }

    fn entries(&self) -> usize {
        1 + self.info.ext.len() + self.marks.len()
    }

    fn bytes(&self) -> usize {
        let ext = self.info.ext.iter().map(|(key, value)| key.len() + value.len() + EXT_FRAMING_BYTES);
        let marks = self.marks.iter().map(|mark| mark.len() + MARK_FRAMING_BYTES);
        let texts = self.info.alias.len() + self.info.avatar_url.len();
        MEMBER_FRAMING_BYTES + self.uid.bytes() + texts + ext.sum::<usize>() + marks.sum::<usize>()
    }
}

/// Keys and lengths around a uid.
const UID_FRAMING_BYTES: usize = 8;

/// Keys and lengths around an entry of an ext map.
const EXT_FRAMING_BYTES: usize = 12;

/// Key and length of a mark.
const MARK_FRAMING_BYTES: usize = 4;

/// Keys, lengths and numbers of a record.
const MEMBER_FRAMING_BYTES: usize = 80;
