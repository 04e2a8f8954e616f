//! Reads messages in the form in which they are sent, and no other: fields in the order of their numbers, each once, of the
//! kinds that are known, and something to show. `None` for everything else, which the generated code then reads or refuses.

use bim_types::{
    ClientMessageId, ConversationShortId, Epoch, Message, MessageBody, PerPriority, Position, Priority, Seq,
    Uid, Wall,
};

use crate::message::{Accepted, LivePush, RequestId, SendLive};
use crate::names::Names;

const VARINT: u64 = 0;
const BYTES: u64 = 2;

/// Reads a message; `None` leaves it to the generated code.
pub(crate) fn live_message(payload: &[u8], names: &mut Names) -> Option<LivePush> {
    let (mut numbers, mut position, mut sender, mut id, mut body) = ([0; 13], None, None, None, None);
    let mut fields = Fields::of(payload);
    while let Some(field) = fields.next()? {
        match field {
            Field::Number(at @ (1 | 5 | 6 | 8..=11), number) => *numbers.get_mut(at as usize)? = number,
            Field::Bytes(2, bytes) => position = Some(read_position(bytes)?),
            Field::Bytes(3, bytes) => sender = Some(read_uid(bytes, names)?),
            Field::Bytes(4, bytes) => id = Some(ClientMessageId::from_slice(bytes).ok()?),
            Field::Bytes(7, bytes) => body = Some(read_body(bytes)?),
            _ => return None,
        }
    }
    let [_, group, _, _, _, class, at, _, edits, low, normal, high, _] = numbers;
    let message = Message {
        conversation_short_id: ConversationShortId::new(group as i64).ok()?,
        position: position?,
        client_message_id: id?,
        sender: sender?,
        priority: Priority::from_number(i64::try_from(class).ok()?)?,
        accepted_at: Wall::from_millis(at),
        edits: u32::try_from(edits).ok()?,
        body: body?,
    };
    let previous = PerPriority { low: Seq(low), normal: Seq(normal), high: Seq(high) };
    Some(LivePush { message, previous, hidden: false })
}

/// Reads the request to send a message; `None` leaves it, and every other request, to the generated code.
pub(crate) fn send_request(payload: &[u8]) -> Option<(RequestId, SendLive)> {
    let (mut id, mut send) = (RequestId(0), None);
    let mut fields = Fields::of(payload);
    while let Some(field) = fields.next()? {
        match field {
            Field::Number(1, number) => id = RequestId(number),
            Field::Bytes(9, bytes) => send = Some(read_send(bytes)?),
            _ => return None,
        }
    }
    Some((id, send?))
}

/// Reads the answer to a message that was accepted as it was said; `None` leaves it, and every other answer, to the generated
/// code.
pub(crate) fn accepted(payload: &[u8]) -> Option<(RequestId, Accepted)> {
    let (mut id, mut accepted) = (RequestId(0), None);
    let mut fields = Fields::of(payload);
    while let Some(field) = fields.next()? {
        match field {
            Field::Number(1, number) => id = RequestId(number),
            Field::Bytes(8, bytes) => accepted = Some(read_accepted(bytes)?),
            _ => return None,
        }
    }
    Some((id, accepted?))
}

fn read_accepted(bytes: &[u8]) -> Option<Accepted> {
    let (mut position, mut at, mut only_for_sender) = (None, 0, 0);
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        match field {
            Field::Bytes(1, bytes) => position = Some(read_position(bytes)?),
            Field::Number(2, millis) => at = millis,
            Field::Number(3, truth @ 0..=1) => only_for_sender = truth,
            _ => return None,
        }
    }
    Some(Accepted {
        position: position?,
        accepted_at: Wall::from_millis(at),
        only_for_sender: only_for_sender == 1,
        rewritten: None,
    })
}

fn read_send(bytes: &[u8]) -> Option<SendLive> {
    let (mut group, mut class, mut id, mut body, mut follows) = (0, 0, None, None, None);
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        match field {
            Field::Number(1, number) => group = number,
            Field::Bytes(2, bytes) => id = Some(ClientMessageId::from_slice(bytes).ok()?),
            Field::Number(3, number) => class = number,
            Field::Bytes(4, bytes) => body = Some(read_body(bytes)?),
            Field::Bytes(5, bytes) => follows = Some(ClientMessageId::from_slice(bytes).ok()?),
            _ => return None,
        }
    }
    Some(SendLive {
        group: ConversationShortId::new(group as i64).ok()?,
        client_message_id: id?,
        priority: Priority::from_number(i64::try_from(class).ok()?)?,
        body: body?,
        follows,
    })
}

fn read_position(bytes: &[u8]) -> Option<Position> {
    let mut position = Position { epoch: Epoch(0), seq: Seq(0) };
    let mut fields = Fields::of(bytes);
    while let Some(field) = fields.next()? {
        match field {
            Field::Number(1, epoch) => position.epoch = Epoch(epoch),
            Field::Number(2, seq) => position.seq = Seq(seq),
            _ => return None,
        }
    }
    Some(position)
}

fn read_uid(bytes: &[u8], names: &mut Names) -> Option<Uid> {
    match Fields::of(bytes).only()? {
        Field::Number(1, number) => Uid::int(number as i64).ok(),
        Field::Bytes(2, name) => names.user(std::str::from_utf8(name).ok()?),
        _ => None,
    }
}

fn read_body(bytes: &[u8]) -> Option<MessageBody> {
    match Fields::of(bytes).only()? {
        Field::Bytes(1, text) => Some(MessageBody::Text(std::str::from_utf8(text).ok()?.into())),
        Field::Bytes(2, data) => Some(MessageBody::Custom(std::str::from_utf8(data).ok()?.into())),
        _ => None,
    }
}

/// A field of a message, with its number.
enum Field<'a> {
    Number(u64, u64),
    Bytes(u64, &'a [u8]),
}

/// The fields of a message, as long as their numbers rise.
struct Fields<'a> {
    bytes: &'a [u8],
    last: u64,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, last: 0 }
    }

    /// The next field, `Some(None)` at the end.
    #[expect(clippy::option_option, reason = "an end is no failure")]
    #[inline]
    fn next(&mut self) -> Option<Option<Field<'a>>> {
        if self.bytes.is_empty() {
            return Some(None);
        }
        let key = self.varint()?;
        let number = key >> 3;
        if number <= std::mem::replace(&mut self.last, number) {
            return None;
        }
        match key & 7 {
            VARINT => Some(Some(Field::Number(number, self.varint()?))),
            BYTES => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (value, rest) = self.bytes.split_at_checked(length)?;
                self.bytes = rest;
                Some(Some(Field::Bytes(number, value)))
            }
            _ => None,
        }
    }

    /// The field of a message that has one field.
    fn only(mut self) -> Option<Field<'a>> {
        let field = self.next()??;
        self.bytes.is_empty().then_some(field)
    }

    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        let (first, rest) = self.bytes.split_first()?;
        if *first < 0x80 {
            self.bytes = rest;
            return Some(u64::from(*first));
        }
        self.long_varint()
    }

    #[inline(never)]
    fn long_varint(&mut self) -> Option<u64> {
        // Up to eight bytes at once: each but the last has its highest bit set.
        if let Some((word, _)) = self.bytes.split_first_chunk() {
            let word = u64::from_le_bytes(*word);
            let ends = !word & 0x8080_8080_8080_8080;
            if ends != 0 {
                let bits = ends.trailing_zeros() + 1;
                self.bytes = self.bytes.get(bits as usize / 8..)?;
                return Some(joined(word & (u64::MAX >> (64 - bits))));
            }
        }
        self.longest_varint()
    }

    fn longest_varint(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0, 0);
        for (at, byte) in self.bytes.iter().enumerate() {
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                self.bytes = self.bytes.get(at + 1..)?;
                // Of the tenth byte there is one bit.
                return (shift < 63 || *byte < 2).then_some(value);
            }
            shift += 7;
            if shift > 63 {
                break;
            }
        }
        None
    }
}

/// The lower seven bits of each of eight bytes, side by side.
fn joined(word: u64) -> u64 {
    let word = word & 0x7f7f_7f7f_7f7f_7f7f;
    let word = (word & 0x007f_007f_007f_007f) | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let word = (word & 0x0000_3fff_0000_3fff) | (word & 0x3fff_0000_3fff_0000) >> 2;
    (word & 0x0fff_ffff) | (word & 0x0fff_ffff_0000_0000) >> 4
}
