//! One commit in the journal.

/// Records begin at multiples of so many bytes, so that writing one never touches the page of another, which
/// a loss of power may tear.
pub(super) const BLOCK_BYTES: usize = 4_096;

/// Bytes before the words of a record: salt u64, serial u64, length of the words u32, CRC-32 of the three and
/// the words u32. All big-endian.
const FRAME_BYTES: usize = 24;

/// A commit with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Counted up by one from commit to commit, over the whole life of the log.
    pub(super) serial: u64,
    pub(super) words: &'a [u8],
}

/// Replaces what is in `out` with a record whose words `write` adds, filled up with zeros to whole blocks.
pub(super) fn encode(out: &mut Vec<u8>, salt: u64, serial: u64, write: impl FnOnce(&mut Vec<u8>)) {
    out.clear();
    out.extend_from_slice(&salt.to_be_bytes());
    out.extend_from_slice(&serial.to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    write(out);
    let length = u32::try_from(out.len() - FRAME_BYTES).expect("a commit is far below 4 GiB");
    out[16..20].copy_from_slice(&length.to_be_bytes());
    let sum = sum(&out[..20], &out[FRAME_BYTES..]);
    out[20..FRAME_BYTES].copy_from_slice(&sum.to_be_bytes());
    out.resize(out.len().next_multiple_of(BLOCK_BYTES), 0);
}

impl<'a> Record<'a> {
    /// The record that `bytes` begin with, if there is a whole one.
    pub(super) fn decode(bytes: &'a [u8], salt: u64) -> Option<Self> {
        let (frame, rest) = bytes.split_first_chunk::<FRAME_BYTES>()?;
        let number = |from: usize| frame[from..].first_chunk().map(|part| u64::from_be_bytes(*part));
        let small = |from: usize| frame[from..].first_chunk().map(|part| u32::from_be_bytes(*part));
        if number(0)? != salt {
            return None;
        }
        let words = rest.get(..usize::try_from(small(16)?).ok()?)?;
        (sum(&frame[..20], words) == small(20)?).then_some(Self { serial: number(8)?, words })
    }

    /// What it takes in the journal, in bytes.
    pub(super) fn blocks_bytes(self) -> usize {
        (FRAME_BYTES + self.words.len()).next_multiple_of(BLOCK_BYTES)
    }
}

fn sum(frame: &[u8], words: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(frame);
    sum.update(words);
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: u64 = 0x0102_0304_0506_0708;

    fn record(serial: u64, words: &[u8]) -> Vec<u8> {
        let mut out = vec![9; 3];
        encode(&mut out, SALT, serial, |out| out.extend_from_slice(words));
        out
    }

    #[test]
    fn the_bytes_of_a_record() {
        let bytes = record(9, b"words");
        let mut golden = vec![1, 2, 3, 4, 5, 6, 7, 8]; // salt
        golden.extend([0, 0, 0, 0, 0, 0, 0, 9]); // serial
        golden.extend([0, 0, 0, 5]); // length
        let mut summed = golden.clone();
        summed.extend(b"words");
        golden.extend(crc32fast::hash(&summed).to_be_bytes());
        golden.extend(b"words");
        golden.resize(BLOCK_BYTES, 0);
        assert_eq!(bytes, golden);
    }

    #[test]
    fn a_record_is_read_back_and_says_how_many_blocks_it_takes() {
        for length in [0, 1, BLOCK_BYTES - FRAME_BYTES, BLOCK_BYTES - FRAME_BYTES + 1, 100_000] {
            let words = vec![7; length];
            let mut bytes = record(3, &words);
            let blocks = bytes.len();
            bytes.extend([1; 100]);
            let read = Record::decode(&bytes, SALT).unwrap();
            assert_eq!(read, Record { serial: 3, words: &words });
            assert_eq!(read.blocks_bytes(), blocks);
        }
    }

    #[test]
    fn a_torn_flipped_or_foreign_record_is_none() {
        let bytes = record(3, &[7; 5_000]);
        assert_eq!(Record::decode(&bytes[..BLOCK_BYTES], SALT), None);
        assert_eq!(Record::decode(&bytes, SALT + 1), None);
        assert_eq!(Record::decode(&[], SALT), None);
        assert_eq!(Record::decode(&[0; BLOCK_BYTES], 0), None, "zeros are no record of salt 0");
        for byte in [0, 8, 15, 16, 19, 20, 23, 24, 5_000] {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 0x40;
            assert_eq!(Record::decode(&flipped, SALT), None, "byte {byte}");
        }
    }
}
