//! Rows as bytes. The layout is told in the folder's documentation; golden bytes below guard it.

use ::redb::TableDefinition;
use bim_types::store::{IdempotencyKey, SessionRecord, StreamId};
use bim_types::{AppId, DeviceId, Epoch, Seq, Uid, Wall};

use super::fault::Fault;

/// The format of a server log: the only one known here, and the one that is written.
pub(super) const FORMAT_LOG: u32 = 2;

/// The format of a client store.
const FORMAT_CLIENT: u32 = 1;

pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
pub(super) const HEADS: TableDefinition<'_, &StreamKey, &HeadRow> = TableDefinition::new("heads");
pub(super) const LOG: TableDefinition<'_, &LogKey, &[u8]> = TableDefinition::new("log");
pub(super) const IDS: TableDefinition<'_, &[u8], &IdRow> = TableDefinition::new("ids");
pub(super) const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
pub(super) const CLIENT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("client");

/// The row of [`META`] that says up to which commit of the journal the database is.
pub(super) const JOURNALLED: &str = "journalled";

pub(super) type StreamKey = [u8; 13];
pub(super) type LogKey = [u8; 21];
pub(super) type HeadRow = [u8; 16];
pub(super) type IdRow = [u8; 24];

/// The epoch and its complement: a damaged one must not pass for another life of the log.
pub(super) fn encode_epoch(epoch: Epoch) -> [u8; 16] {
    (u128::from(epoch.0) << 64 | u128::from(!epoch.0)).to_be_bytes()
}

pub(super) fn decode_epoch(row: &[u8]) -> Result<Epoch, Fault> {
    let both = u128::from_be_bytes(row.try_into().map_err(|_| Fault::Damaged)?);
    let (epoch, complement) = ((both >> 64) as u64, both as u64);
    if epoch == !complement { Ok(Epoch(epoch)) } else { Err(Fault::Damaged) }
}

pub(super) fn decode_serial(row: &[u8]) -> Result<u64, Fault> {
    Ok(u64::from_be_bytes(row.try_into().map_err(|_| Fault::Damaged)?))
}

/// Which of the two stores a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ServerLog,
    ClientStore,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ServerLog => "server log",
            Self::ClientStore => "client store",
        }
    }

    pub(super) fn format(self) -> u32 {
        match self {
            Self::ServerLog => FORMAT_LOG,
            Self::ClientStore => FORMAT_CLIENT,
        }
    }
}

/// The ends of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) first: Seq,
    pub(super) last: Seq,
}

impl Head {
    pub(super) const UNWRITTEN: Self = Self { first: Seq(1), last: Seq::ZERO };

    pub(super) fn encode(self) -> HeadRow {
        let mut row = [0; 16];
        row[..8].copy_from_slice(&self.first.0.to_be_bytes());
        row[8..].copy_from_slice(&self.last.0.to_be_bytes());
        row
    }

    pub(super) fn decode(row: &HeadRow) -> Self {
        let both = u128::from_be_bytes(*row);
        Self { first: Seq((both >> 64) as u64), last: Seq(both as u64) }
    }
}

/// A record of a stream with what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) at: Wall,
    /// Empty when it has none.
    pub(super) id: &'a [u8],
    pub(super) record: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Replaces what is in `row`.
    pub(super) fn encode(self, row: &mut Vec<u8>) {
        let length = u8::try_from(self.id.len()).expect("an idempotency key has at most 162 bytes");
        row.clear();
        row.extend_from_slice(&self.at.as_millis().to_be_bytes());
        row.push(length);
        row.extend_from_slice(self.id);
        row.extend_from_slice(self.record);
    }

    pub(super) fn decode(row: &'a [u8]) -> Result<Self, Fault> {
        let (at, rest) = row.split_first_chunk::<8>().ok_or(Fault::Damaged)?;
        let (length, rest) = rest.split_first().ok_or(Fault::Damaged)?;
        let (id, record) = rest.split_at_checked(usize::from(*length)).ok_or(Fault::Damaged)?;
        Ok(Self { at: Wall::from_millis(u64::from_be_bytes(*at)), id, record })
    }
}

/// Where a record is that was appended with an id, and the hash of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) seq: Seq,
    pub(super) content: [u8; 16],
}

impl Known {
    pub(super) fn encode(self) -> IdRow {
        let mut row = [0; 24];
        row[..8].copy_from_slice(&self.seq.0.to_be_bytes());
        row[8..].copy_from_slice(&self.content);
        row
    }

    pub(super) fn decode(row: &IdRow) -> Self {
        let mut known = Self { seq: Seq::ZERO, content: [0; 16] };
        let mut seq = [0; 8];
        seq.copy_from_slice(&row[..8]);
        known.seq = Seq(u64::from_be_bytes(seq));
        known.content.copy_from_slice(&row[8..]);
        known
    }
}

pub(super) fn log_key(stream: &StreamKey, seq: Seq) -> LogKey {
    let mut key = [0; 21];
    key[..13].copy_from_slice(stream);
    key[13..].copy_from_slice(&seq.0.to_be_bytes());
    key
}

pub(super) fn seq_of(key: &LogKey) -> Seq {
    let mut seq = [0; 8];
    seq.copy_from_slice(&key[13..]);
    Seq(u64::from_be_bytes(seq))
}

pub(super) fn stream_key(stream: StreamId) -> StreamKey {
    stream.to_bytes()
}

/// Replaces what is in `key`.
pub(super) fn id_key(key: &mut Vec<u8>, stream: &StreamKey, id: &[u8]) {
    key.clear();
    key.extend_from_slice(stream);
    key.extend_from_slice(id);
}

pub(super) fn id_bytes(id: Option<&IdempotencyKey>) -> Vec<u8> {
    id.map(IdempotencyKey::to_bytes).unwrap_or_default()
}

/// Replaces what is in `row`.
pub(super) fn encode_record(row: &mut Vec<u8>, version: u64, value: &[u8]) {
    row.clear();
    row.extend_from_slice(&version.to_be_bytes());
    row.extend_from_slice(value);
}

pub(super) fn decode_record(row: &[u8]) -> Result<(u64, &[u8]), Fault> {
    let (version, value) = row.split_first_chunk::<8>().ok_or(Fault::Damaged)?;
    Ok((u64::from_be_bytes(*version), value))
}

pub(super) fn decode_device(row: &[u8]) -> Result<DeviceId, Fault> {
    DeviceId::from_slice(row).map_err(|_| Fault::Damaged)
}

pub(super) fn encode_session(session: &SessionRecord) -> Vec<u8> {
    let mut row = session.app.value().to_be_bytes().to_vec();
    match &session.uid {
        Uid::Int(number) => {
            row.push(0);
            row.extend_from_slice(&number.to_be_bytes());
        }
        Uid::Str(text) => {
            row.push(1);
            row.extend_from_slice(text.as_bytes());
        }
    }
    row
}

pub(super) fn decode_session(row: &[u8]) -> Result<SessionRecord, Fault> {
    let (app, rest) = row.split_first_chunk::<4>().ok_or(Fault::Damaged)?;
    let app = AppId::new(u32::from_be_bytes(*app)).map_err(|_| Fault::Damaged)?;
    let uid = match rest.split_first() {
        Some((0, number)) => Uid::int(i64::from_be_bytes(number.try_into().map_err(|_| Fault::Damaged)?)),
        Some((1, text)) => Uid::string(std::str::from_utf8(text).map_err(|_| Fault::Damaged)?),
        _ => return Err(Fault::Damaged),
    };
    Ok(SessionRecord { app, uid: uid.map_err(|_| Fault::Damaged)? })
}

#[cfg(test)]
mod tests {
    use bim_types::{ClientMessageId, ConversationShortId};

    use super::*;

    #[test]
    fn the_bytes_of_a_log_key() {
        let app = AppId::new(0x0102_0304).unwrap();
        let group = ConversationShortId::new(0x0506).unwrap();
        let key = log_key(&stream_key(StreamId::LiveGroup(app, group)), Seq(7));
        let golden = [
            1, // a live group
            1, 2, 3, 4, // app
            0, 0, 0, 0, 0, 0, 5, 6, // group
            0, 0, 0, 0, 0, 0, 0, 7, // number
        ];
        assert_eq!(key, golden);
        assert_eq!(seq_of(&key), Seq(7));
        let taps = log_key(&stream_key(StreamId::LiveCounters(app, group)), Seq(7));
        assert_eq!(taps[0], 2, "the taps on its counters");
        assert_eq!(taps[1..], golden[1..]);
    }

    #[test]
    fn the_bytes_of_an_epoch() {
        let golden = [
            0, 0, 0, 0, 0, 0, 1, 2, // epoch
            255, 255, 255, 255, 255, 255, 254, 253, // its complement
        ];
        assert_eq!(encode_epoch(Epoch(0x0102)), golden);
        assert_eq!(decode_epoch(&golden), Ok(Epoch(0x0102)));
        let mut flipped = golden;
        flipped[6] ^= 4;
        assert_eq!(decode_epoch(&flipped), Err(Fault::Damaged));
    }

    #[test]
    fn the_bytes_of_a_head() {
        let head = Head { first: Seq(2), last: Seq(0x0100) };
        let golden = [
            0, 0, 0, 0, 0, 0, 0, 2, // first
            0, 0, 0, 0, 0, 0, 1, 0, // last
        ];
        assert_eq!(head.encode(), golden);
        assert_eq!(Head::decode(&golden), head);
    }

    #[test]
    fn the_bytes_of_an_entry() {
        let entry = Entry { at: Wall::from_millis(0x0102), id: b"id", record: b"body" };
        let golden = [
            0, 0, 0, 0, 0, 0, 1, 2, // accepted at
            2, b'i', b'd', // id
            b'b', b'o', b'd', b'y', // record
        ];
        let mut row = vec![9; 3];
        entry.encode(&mut row);
        assert_eq!(row, golden);
        assert_eq!(Entry::decode(&golden), Ok(entry));
        assert_eq!(Entry::decode(&golden[..10]), Err(Fault::Damaged));
        assert_eq!(Entry::decode(&golden[..8]), Err(Fault::Damaged));
    }

    #[test]
    fn the_bytes_of_an_id_and_its_row() {
        let id = IdempotencyKey {
            sender: Uid::string("ab").unwrap(),
            device: DeviceId::new(3),
            client_id: ClientMessageId::new(4),
            content: [8; 16],
        };
        let mut key = Vec::new();
        id_key(&mut key, &[7; 13], &id_bytes(Some(&id)));
        let mut golden = vec![7; 13]; // stream
        golden.extend([1, 2, b'a', b'b']); // a string of two bytes
        golden.extend([0; 15]);
        golden.push(3); // device
        golden.extend([0; 15]);
        golden.push(4); // client id
        assert_eq!(key, golden);

        let known = Known { seq: Seq(9), content: [8; 16] };
        let mut golden = [8; 24]; // content hash, after the number
        golden[..8].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(known.encode(), golden);
        assert_eq!(Known::decode(&golden), known);
    }

    #[test]
    fn the_longest_id_fits_its_length_byte() {
        let id = IdempotencyKey {
            sender: Uid::string(&"x".repeat(128)).unwrap(),
            device: DeviceId::new(1),
            client_id: ClientMessageId::new(1),
            content: [0; 16],
        };
        assert_eq!(id_bytes(Some(&id)).len(), 162);
    }

    #[test]
    fn the_bytes_of_a_small_record() {
        let golden = [
            0, 0, 0, 0, 0, 0, 0, 5,    // version
            b'v', // value
        ];
        let mut row = Vec::new();
        encode_record(&mut row, 5, b"v");
        assert_eq!(row, golden);
        assert_eq!(decode_record(&golden), Ok((5, &b"v"[..])));
        assert_eq!(decode_record(&golden[..7]), Err(Fault::Damaged));
    }

    #[test]
    fn the_bytes_of_a_session_and_a_device() {
        let app = AppId::new(258).unwrap();
        let named = SessionRecord { app, uid: Uid::string("é").unwrap() };
        let numbered = SessionRecord { app, uid: Uid::int(3).unwrap() };
        assert_eq!(encode_session(&named), [0, 0, 1, 2, 1, 0xc3, 0xa9]);
        assert_eq!(encode_session(&numbered), [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        for session in [named, numbered] {
            assert_eq!(decode_session(&encode_session(&session)), Ok(session));
        }
        for bad in [&[][..], &[0, 0, 0, 0, 1, b'a'], &[0, 0, 0, 1, 2, b'a'], &[0, 0, 0, 1, 1, 0xff]] {
            assert_eq!(decode_session(bad), Err(Fault::Damaged));
        }
        assert_eq!(decode_device(&[1; 16]), Ok(DeviceId::new(u128::from_be_bytes([1; 16]))));
        assert_eq!(decode_device(&[1; 15]), Err(Fault::Damaged));
    }
}
