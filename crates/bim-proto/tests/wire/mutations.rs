//! Bytes gone wrong: nothing panics, and whatever is read once is read the same for ever.

use bim_proto::{LivePush, Names, ServerFrame};
use bim_types::MessageBody;
use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::words::Family;
use crate::{sample, strategies};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes.into())?;
    }

    #[test]
    fn random_bytes_behind_a_good_header_never_panic(kind in 0..18_u8, bytes in vec(any::<u8>(), 0..300)) {
        read_as_everything(&[&[1, kind], &bytes[..]].concat().into())?;
    }

    #[test]
    fn a_few_wrong_bytes_anywhere_never_panic(
        words in strategies::words(),
        wrong in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = BytesMut::from(&words.encode()[..]);
        for (at, byte) in wrong.into_iter().filter(|_| !words.encode().is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_as_everything(&bytes.freeze())?;
    }

    #[test]
    fn a_frame_cut_anywhere_never_panics(words in strategies::words(), cut in any::<prop::sample::Index>()) {
        let bytes = words.encode();
        read_as_everything(&bytes.slice(..cut.index(bytes.len() + 1)))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_message_that_shows_something_is_read_quickly(push in strategies::push::message()) {
        let shows = !push.hidden && !matches!(push.message.body, MessageBody::Unknown { .. });
        let frame = ServerFrame::LiveMessage(push.clone()).encode();
        let read = LivePush::read_quickly(&frame, &mut Names::default());
        prop_assert!(read.is_some() || !shows);
        prop_assert!(read.is_none_or(|read| read == push));
    }

    #[test]
    fn what_is_read_quickly_is_what_is_decoded(
        push in strategies::push::message(),
        wrong in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = ServerFrame::LiveMessage(push).encode().to_vec();
        for (at, byte, way) in wrong {
            let at = at.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        read_as_everything(&bytes.into())?;
    }
}

#[test]
fn every_golden_frame_cut_at_every_byte_never_panics() {
    for (name, words) in sample::all() {
        let bytes = words.encode();
        for end in 0..=bytes.len() {
            read_as_everything(&bytes.slice(..end))
                .unwrap_or_else(|error| panic!("{name} to {end}: {error}"));
        }
    }
}

#[test]
fn every_golden_frame_with_every_single_bit_turned_never_panics() {
    for (name, words) in sample::all() {
        let bytes = words.encode();
        for at in 0..bytes.len() * 8 {
            let mut wrong = BytesMut::from(&bytes[..]);
            wrong[at / 8] ^= 1 << (at % 8);
            let read = read_as_everything(&wrong.freeze());
            read.unwrap_or_else(|error| panic!("{name} at bit {at}: {error}"));
        }
    }
}

/// Reads the bytes as each family, and quickly, which must give the same if it gives anything. What is read is written and read again, to the same words. Only the
/// reason why a request is to be refused is not written: the request stays one that is to be refused.
fn read_as_everything(bytes: &Bytes) -> Result<(), TestCaseError> {
    if let Some(push) = LivePush::read_quickly(bytes, &mut Names::default()) {
        prop_assert_eq!(ServerFrame::decode(bytes.clone()), Ok(ServerFrame::LiveMessage(push)));
    }
    for family in Family::ALL {
        let Ok(words) = family.decode(bytes.clone()) else { continue };
        let again = family.decode(words.encode());
        if words.is_refused_request() {
            prop_assert!(again.is_ok_and(|again| again.is_refused_request()), "{:?}", words);
        } else {
            prop_assert_eq!(again, Ok(words));
        }
    }
    Ok(())
}
