use super::*;
use crate::wire::{RecordedEntry, RecordedTick, RecordingHeader, recorded_entry::Input};

/// Of the header of these tests: another one means that nobody can read older files any more.
const HEADER_CHECKSUM: u64 = 0x2cdc_8029_1b47_5fd1;

fn tick(at: u64) -> RecordedEntry {
    RecordedEntry { mono_us: at, input: Some(Input::Tick(RecordedTick {})), ..RecordedEntry::default() }
}

fn header() -> RecordingHeader {
    RecordingHeader { made_by: "1.2.3".into(), seed: 7, ..RecordingHeader::default() }
}

fn file(entries: u64) -> Vec<u8> {
    let mut file = opening(&header()).to_vec();
    file.extend((0..entries).flat_map(|at| block(&tick(at)).unwrap()));
    file
}

fn read(file: &[u8]) -> Result<(u64, bool), RecordingError> {
    let (mut reader, _) = Reader::open(file)?;
    let mut entries = 0;
    while reader.next_entry()?.is_some() {
        entries += 1;
    }
    Ok((entries, reader.is_cut_off()))
}

#[test]
fn what_was_written_is_read() {
    let file = file(2);
    let (mut reader, found) = Reader::open(file.as_slice()).unwrap();
    assert_eq!(found, header());
    assert_eq!(reader.next_entry(), Ok(Some(tick(0))));
    assert_eq!(reader.next_entry(), Ok(Some(tick(1))));
    assert_eq!((reader.next_entry(), reader.is_cut_off()), (Ok(None), false));
}

#[test]
fn the_bytes_of_a_file_stay_what_they_are() {
    let bytes = opening(&header());
    let (magic_and_version, block) = bytes.split_at(12);
    assert_eq!(magic_and_version, b"bim-rec\n\x01\0\0\0");
    let (length, rest) = block.split_at(4);
    assert_eq!(length, [9, 0, 0, 0]);
    let (checksum, message) = rest.split_at(8);
    assert_eq!(checksum, HEADER_CHECKSUM.to_le_bytes());
    assert_eq!(message, b"\x12\x051.2.3\x20\x07");
}

#[test]
fn a_file_that_was_cut_off_gives_what_is_whole() {
    let whole = file(3);
    let beginning = opening(&header()).len();
    for end in beginning..whole.len() {
        let (entries, is_cut_off) = read(&whole[..end]).unwrap();
        assert_eq!(is_cut_off, (0..3).all(|count| file(count).len() != end), "{end}");
        assert!(entries < 3);
    }
    for end in 1..beginning {
        assert_eq!(read(&whole[..end]), Err(RecordingError::CutOff), "{end}");
    }
}

#[test]
fn other_files_and_newer_ones_are_told_apart() {
    for other in [&b""[..], b"PK\x03\x04", b"bim-rel\n\x01\0\0\0", b"bim-rec\n\0\0\0\0", &[0; 4_096]] {
        assert_eq!(read(other), Err(RecordingError::NotARecording));
    }
    assert_eq!(read(b"bim-rec\n\x02\0\0\0"), Err(RecordingError::Newer { found: 2 }));
}

#[test]
fn damage_is_found_and_named_by_its_entry() {
    let mut changed = file(3);
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(read(&changed), Err(RecordingError::Damaged { entry: 3 }));
    let mut changed = file(3);
    changed[24] ^= 1;
    assert_eq!(read(&changed), Err(RecordingError::Damaged { entry: 0 }));
}

#[test]
fn a_block_that_claims_to_be_huge_takes_no_memory() {
    let mut claims = file(1);
    claims.extend((ENTRY_BYTES_MAX as u32).to_le_bytes());
    claims.extend([0; 100]);
    assert_eq!(read(&claims), Ok((1, true)));
    let mut claims = file(1);
    claims.extend(u32::MAX.to_le_bytes());
    claims.extend([0; 100]);
    assert_eq!(read(&claims), Err(RecordingError::Damaged { entry: 2 }));
}

#[test]
fn an_entry_that_is_too_large_is_no_block() {
    let frame = wire::RecordedFrame { connection: 1, frame: vec![0; ENTRY_BYTES_MAX].into() };
    assert_eq!(block(&RecordedEntry { input: Some(Input::Frame(frame)), ..tick(0) }), None);
}

#[test]
fn a_disk_that_fails_is_said_to() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let expected = RecordingError::Unreadable { kind: io::ErrorKind::PermissionDenied };
    assert_eq!(Reader::open(Broken).err(), Some(expected));
}
