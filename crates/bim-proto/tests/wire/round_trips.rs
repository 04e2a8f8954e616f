//! Words → bytes → words is the same, and what a newer version adds is passed over.

use std::time::Duration;

use bim_proto::{Goodbye, ServerFrame};
use bim_types::{ErrorCode, Refusal};
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use crate::strategies;
use crate::words::{Family, Words};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_survive_bytes(words in strategies::words()) {
        prop_assert_eq!(words.family().decode(words.encode()), Ok(words));
    }

    #[test]
    fn a_field_of_a_newer_version_is_passed_over(
        words in strategies::words(),
        field in unknown_field(),
    ) {
        let mut bytes = BytesMut::from(&words.encode()[..]);
        bytes.extend_from_slice(&field);
        prop_assert_eq!(words.family().decode(bytes.freeze()), Ok(words));
    }

    #[test]
    fn what_is_encoded_twice_is_the_same_bytes(words in strategies::words()) {
        prop_assert_eq!(words.encode(), words.encode());
    }
}

#[test]
fn a_retry_time_below_a_millisecond_is_rounded_up_and_not_lost() {
    let refusal = |after| Refusal::new(ErrorCode::MessageFrequency).retry_after(after);
    let sent = |after| Words::Server(ServerFrame::Goodbye(Goodbye { reason: Some(refusal(after)) }));
    for (exact, read) in [(1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2)] {
        let bytes = sent(Duration::from_nanos(exact)).encode();
        assert_eq!(Family::Server.decode(bytes), Ok(sent(Duration::from_millis(read))), "{exact} ns");
    }
}

/// Field 1,000 in each encoding that protobuf has.
fn unknown_field() -> impl Strategy<Value = Bytes> {
    let field = |wire_type: u8, value: &[u8]| Bytes::from([&[0xc0 | wire_type, 0x3e], value].concat());
    prop::sample::select(vec![
        field(0, &[0xff, 0x01]),
        field(1, &[0; 8]),
        field(2, &[3, 1, 2, 3]),
        field(3, &[0x08, 0x01, 0xc4, 0x3e]),
        field(5, &[0; 4]),
    ])
}
