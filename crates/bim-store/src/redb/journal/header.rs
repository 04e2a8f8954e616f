//! The first page of a server log's file.

use crate::redb::fault::Fault;
use crate::redb::format::{FORMAT_LOG, Kind};

/// Bytes of the page: what stands behind the header is zero.
pub(in crate::redb) const HEADER_BYTES: usize = 4_096;

/// What a file with a journal begins with: no text, and broken by what treats it as one.
const MAGIC: [u8; 8] = *b"bimlog\r\n";

/// Bytes of the header itself.
const LENGTH: usize = 32;

/// Written once, when the file is made.
///
/// | bytes | |
/// |---|---|
/// | 8 | `bimlog`, carriage return, line feed |
/// | 4 | format u32 |
/// | 8 | length of the journal u64, in bytes |
/// | 8 | salt u64 |
/// | 4 | CRC-32 of what stands before it |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redb) struct Header {
    /// Bytes between the header and the database.
    pub(in crate::redb) journal_bytes: u64,
    /// Stands in every record, so that bytes that a user sent are not taken for one.
    pub(in crate::redb) salt: u64,
}

impl Header {
    /// Where the database begins, in bytes from the start of the file.
    pub(in crate::redb) fn database_offset(self) -> u64 {
        HEADER_BYTES as u64 + self.journal_bytes
    }

    /// Whether a file that begins so has a header, be it damaged.
    pub(in crate::redb) fn begins(page: &[u8]) -> bool {
        page.starts_with(&MAGIC)
    }

    pub(super) fn encode(self) -> [u8; HEADER_BYTES] {
        let mut page = [0; HEADER_BYTES];
        page[..8].copy_from_slice(&MAGIC);
        page[8..12].copy_from_slice(&FORMAT_LOG.to_be_bytes());
        page[12..20].copy_from_slice(&self.journal_bytes.to_be_bytes());
        page[20..28].copy_from_slice(&self.salt.to_be_bytes());
        let sum = crc32fast::hash(&page[..28]);
        page[28..LENGTH].copy_from_slice(&sum.to_be_bytes());
        page
    }

    pub(in crate::redb) fn decode(page: &[u8; HEADER_BYTES]) -> Result<Self, Fault> {
        if !Self::begins(page) {
            return Err(Fault::Foreign);
        }
        let number = |from: usize| u64::from_be_bytes(*page[from..].first_chunk().expect("the page goes on"));
        let small = |from: usize| u32::from_be_bytes(*page[from..].first_chunk().expect("the page goes on"));
        if small(28) != crc32fast::hash(&page[..28]) {
            return Err(Fault::Damaged);
        }
        if small(8) > FORMAT_LOG {
            return Err(Fault::NewerFormat { found: small(8), known: Kind::ServerLog.format() });
        }
        Ok(Self { journal_bytes: number(12), salt: number(20) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { journal_bytes: 0x0001_0000, salt: 0x0102_0304_0506_0708 };

    #[test]
    fn the_bytes_of_a_header() {
        let page = HEADER.encode();
        let mut golden = b"bimlog\r\n".to_vec();
        golden.extend([0, 0, 0, 2]); // format
        golden.extend([0, 0, 0, 0, 0, 1, 0, 0]); // length of the journal
        golden.extend([1, 2, 3, 4, 5, 6, 7, 8]); // salt
        golden.extend(crc32fast::hash(&golden).to_be_bytes());
        assert_eq!(page[..LENGTH], golden);
        assert!(page[LENGTH..].iter().all(|byte| *byte == 0));
        assert_eq!(Header::decode(&page), Ok(HEADER));
    }

    #[test]
    fn a_flipped_bit_is_damage_and_another_beginning_is_foreign() {
        for byte in 0..LENGTH {
            let mut page = HEADER.encode();
            page[byte] ^= 1;
            let expected = if byte < 8 { Fault::Foreign } else { Fault::Damaged };
            assert_eq!(Header::decode(&page), Err(expected), "byte {byte}");
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_both_numbers() {
        let mut page = HEADER.encode();
        page[8..12].copy_from_slice(&9_u32.to_be_bytes());
        let sum = crc32fast::hash(&page[..28]);
        page[28..LENGTH].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(Header::decode(&page), Err(Fault::NewerFormat { found: 9, known: FORMAT_LOG }));
    }
}
