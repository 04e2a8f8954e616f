//! Counts the entries of lists and maps in a frame before anything is built from them.
//!
//! Two bytes of a frame can become a message of two hundred bytes in memory. No honest frame has many
//! entries, so a frame with too many is refused while it is still bytes. This reads no values and judges no
//! form: where bytes are not a message, it stops and leaves the verdict to the decoder, which stops at the
//! same byte.

use crate::error::DecodeError;
use crate::wire::FrameKind;

/// Most entries of lists and maps in one frame, all of them together. More: [`DecodeError::Entries`], before
/// anything is built.
///
/// Groups and members with all the ext keys and marks they may have can not fill a page of 50: a server ends
/// a page, and names fewer in a pulse, before this number. The largest frame that can not be made smaller is
/// the answer to a join: one group, its 100 attributes and its 64 counters.
pub const FRAME_ENTRIES_MAX: usize = 1_000;

/// Refuses a frame of a kind whose payload holds more than [`FRAME_ENTRIES_MAX`] entries.
pub(crate) fn check(kind: u8, payload: &[u8]) -> Result<(), DecodeError> {
    if payload.len() <= FRAME_ENTRIES_MAX * ENTRY_BYTES_MIN {
        return Ok(());
    }
    let mut census = Census { found: 0 };
    let _ = census.count(payload, lists(kind));
    if census.found > FRAME_ENTRIES_MAX { Err(DecodeError::Entries) } else { Ok(()) }
}

/// The smallest payload of a kind that is refused for its entries; empty for a kind without lists.
pub(crate) fn overfull(kind: u8) -> Vec<u8> {
    fill(lists(kind))
}

fn fill(fields: &[Field]) -> Vec<u8> {
    let Some(field) = fields.iter().find(|field| field.is_list || !field.within.is_empty()) else {
        return Vec::new();
    };
    if field.is_list {
        return key_and_length(field.number, 0).repeat(FRAME_ENTRIES_MAX + 1);
    }
    let within = fill(field.within);
    let mut filled = key_and_length(field.number, within.len());
    filled.extend(within);
    filled
}

fn key_and_length(number: u64, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mut value in [number << 3 | 2, length as u64] {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }
    bytes
}

/// An empty entry still has its key and its length.
const ENTRY_BYTES_MIN: usize = 2;

/// A field that is a list, or that holds one further in.
struct Field {
    number: u64,
    is_list: bool,
    within: &'static [Field],
}

const fn list(number: u64, within: &'static [Field]) -> Field {
    Field { number, is_list: true, within }
}

const fn holder(number: u64, within: &'static [Field]) -> Field {
    Field { number, is_list: false, within }
}

/// Which fields of a kind of frame are lists or hold some.
fn lists(kind: u8) -> &'static [Field] {
    const EXT: &[Field] = &[list(1, &[])];
    const GROUP_INFO: &[Field] = &[list(5, &[])];
    const MEMBER_INFO: &[Field] = &[list(3, &[])];
    const MEMBER: &[Field] = &[holder(3, MEMBER_INFO), list(4, &[])];
    const LIVE_GROUP: &[Field] = &[holder(2, GROUP_INFO), list(14, &[]), holder(15, MEMBER)];
    const ATTRIBUTES: &[Field] = &[list(1, &[])];
    const REQUEST: &[Field] = &[
        holder(3, &[holder(1, GROUP_INFO)]),
        holder(6, &[holder(3, MEMBER_INFO)]),
        holder(11, &[holder(6, EXT)]),
        holder(12, &[list(3, &[]), list(5, &[])]),
        holder(13, &[holder(4, EXT)]),
        holder(15, &[list(2, &[])]),
        holder(18, &[list(2, &[])]),
        holder(19, &[list(2, &[])]),
        holder(20, &[list(3, &[])]),
    ];
    const RESPONSE: &[Field] = &[
        holder(5, LIVE_GROUP),
        holder(6, &[list(1, LIVE_GROUP)]),
        holder(7, &[holder(1, LIVE_GROUP), holder(6, ATTRIBUTES), list(7, &[])]),
        holder(9, &[list(1, &[])]),
        holder(10, &[list(2, &[])]),
        holder(11, MEMBER),
        holder(12, &[list(1, MEMBER)]),
        holder(13, &[list(1, &[]), list(2, &[])]),
        holder(14, ATTRIBUTES),
        holder(15, &[list(1, &[])]),
    ];
    const LIVE_STATE: &[Field] = &[holder(1, LIVE_GROUP)];
    const LIVE_EVENT: &[Field] = &[list(5, &[]), list(7, &[])];
    const LIVE_PULSE: &[Field] = &[list(3, MEMBER), list(5, &[]), list(7, MEMBER), list(9, &[])];
    const ATTRIBUTES_CHANGED: &[Field] = &[list(3, &[]), list(4, &[])];
    match FrameKind::try_from(i32::from(kind)) {
        Ok(FrameKind::Request) => REQUEST,
        Ok(FrameKind::Response) => RESPONSE,
        Ok(FrameKind::LiveState) => LIVE_STATE,
        Ok(FrameKind::LiveEvent) => LIVE_EVENT,
        Ok(FrameKind::LivePulse) => LIVE_PULSE,
        Ok(FrameKind::LiveAttributesChanged) => ATTRIBUTES_CHANGED,
        Ok(
            FrameKind::Unspecified
            | FrameKind::Hello
            | FrameKind::Welcome
            | FrameKind::Ping
            | FrameKind::Pong
            | FrameKind::Goodbye
            | FrameKind::LiveMessage
            | FrameKind::LiveGap
            | FrameKind::LiveMessageUpdated
            | FrameKind::LiveMessageDeleted,
        )
        | Err(_) => &[],
    }
}

struct Census {
    found: usize,
}

impl Census {
    /// Counts in one message. `None`: the bytes are not a message, or there are too many entries already.
    fn count(&mut self, mut bytes: &[u8], fields: &[Field]) -> Option<()> {
        while !bytes.is_empty() {
            let key = varint(&mut bytes)?;
            match key & 7 {
                0 => {
                    varint(&mut bytes)?;
                }
                1 => {
                    take(&mut bytes, 8)?;
                }
                2 => {
                    let length = varint(&mut bytes)?;
                    let value = take(&mut bytes, length)?;
                    if let Some(field) = fields.iter().find(|field| field.number == key >> 3) {
                        self.enter(value, field)?;
                    }
                }
                // Nobody sends groups. One is read as if its fields stood here: too much is counted, never
                // too little.
                3 | 4 => {}
                5 => {
                    take(&mut bytes, 4)?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn enter(&mut self, value: &[u8], field: &Field) -> Option<()> {
        if field.is_list {
            self.found += 1;
        }
        if self.found > FRAME_ENTRIES_MAX {
            return None;
        }
        if field.within.is_empty() { Some(()) } else { self.count(value, field.within) }
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: u8 = FrameKind::Request as u8;
    const PING: u8 = FrameKind::Ping as u8;

    /// A field that holds bytes, in the encoding of protobuf.
    fn nested(number: u8, value: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2];
        let mut length = value.len();
        while length >= 0x80 {
            field.push(length as u8 | 0x80);
            length >>= 7;
        }
        field.push(length as u8);
        field.extend_from_slice(value);
        field
    }

    fn entries(count: usize) -> Vec<u8> {
        nested(5, &[]).repeat(count)
    }

    #[test]
    fn as_many_entries_as_allowed_pass_and_one_more_does_not() {
        let create = |count| nested(3, &nested(1, &entries(count)));
        assert_eq!(check(REQUEST, &create(FRAME_ENTRIES_MAX)), Ok(()));
        assert_eq!(check(REQUEST, &create(FRAME_ENTRIES_MAX + 1)), Err(DecodeError::Entries));
    }

    #[test]
    fn entries_spread_over_repeated_messages_are_counted_together() {
        let info = nested(3, &nested(1, &entries(501)));
        assert_eq!(check(REQUEST, &info), Ok(()));
        assert_eq!(check(REQUEST, &info.repeat(2)), Err(DecodeError::Entries));
    }

    #[test]
    fn fields_of_every_form_before_the_entries_do_not_hide_them() {
        let mut payload = vec![8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        payload.extend([0x79, 1, 2, 3, 4, 5, 6, 7, 8]);
        payload.extend([0x7d, 1, 2, 3, 4]);
        payload.extend([0x7b, 0x7c]);
        payload.extend([0xfa, 1, 7]);
        payload.extend(b"unknown");
        payload.extend(nested(3, &nested(1, &entries(FRAME_ENTRIES_MAX + 1))));
        assert_eq!(check(REQUEST, &payload), Err(DecodeError::Entries));
    }

    #[test]
    fn the_smallest_payload_with_too_many_entries_has_too_many() {
        for kind in (0..=255).filter(|kind| !lists(*kind).is_empty()) {
            assert_eq!(check(kind, &overfull(kind)), Err(DecodeError::Entries), "{kind}");
        }
        assert_eq!(overfull(PING), Vec::<u8>::new());
    }

    #[test]
    fn a_kind_without_lists_is_not_counted() {
        assert_eq!(check(PING, &nested(3, &nested(1, &entries(2_000)))), Ok(()));
    }

    #[test]
    fn bytes_that_are_no_message_are_left_to_the_decoder() {
        for wrong in [[0x0f], [0x80], [0x0a], [0x09]] {
            assert_eq!(check(REQUEST, &wrong.repeat(4_000)), Ok(()), "{wrong:02x?}");
        }
    }
}
