//! Records of the server's store, and their keys.
//!
//! The bytes are read as each record and as a key. What is read is written, and read again as the same. A key that is
//! read is written as the very bytes it was read from, so that no two byte strings are one key.

use bim_proto::DecodeError;
use bim_proto::stored::{
    StoredApp, StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMessage, StoredLiveRoll,
    StoredRevocations, StoredTaps,
};
use bim_types::store::RecordKey;
use bytes::Bytes;

use crate::reached::Reached;

macro_rules! records {
    ($($name:ident,)*) => {
        fn check_records(bytes: &Bytes, reached: &mut Reached) {
            $(check(stringify!($name), bytes, $name::decode, $name::encode, reached);)*
        }
    };
}

records! {
    StoredApp, StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMessage, StoredLiveRoll,
    StoredRevocations, StoredTaps,
}

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what was read.
pub fn run(data: &[u8]) -> Reached {
    let mut reached = Reached::default();
    check_records(&Bytes::copy_from_slice(data), &mut reached);
    if let Some(key) = RecordKey::from_bytes(data) {
        reached.count("RecordKey");
        assert_eq!(key.to_bytes(), data, "one key, one spelling");
    }
    reached
}

fn check<T: PartialEq + std::fmt::Debug>(
    name: &'static str,
    bytes: &Bytes,
    decode: fn(Bytes) -> Result<T, DecodeError>,
    encode: fn(&T) -> Bytes,
    reached: &mut Reached,
) {
    let Ok(record) = decode(bytes.clone()) else { return };
    reached.count(name);
    let written = encode(&record);
    let again = decode(written.clone());
    assert_eq!(again.as_ref(), Ok(&record), "{name}, written and read again");
    assert_eq!(encode(&record), written, "{name}: the same words are the same bytes");
}
