//! Connection ids that a listener recognises as its own, also after a restart.

use quinn::{ConnectionId, ConnectionIdGenerator};
use quinn_proto::InvalidCid;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};

/// Random bytes of an id: enough that no id is given twice, so that what resets one connection resets no other.
const RANDOM_BYTES: usize = 8;

/// Bytes that mark an id as ours. One of 4 billion made-up ids has the right ones.
const MARK_BYTES: usize = 4;

/// Random ids with a mark. A packet with an unmarked id is none of ours and gets no answer at all.
#[derive(Debug, Clone)]
pub(super) struct ConnectionIds {
    key: hmac::Key,
    random: SystemRandom,
}

impl ConnectionIds {
    pub(super) fn new(key: hmac::Key) -> Self {
        Self { key, random: SystemRandom::new() }
    }

    fn mark(&self, random: &[u8]) -> [u8; MARK_BYTES] {
        let tag = hmac::sign(&self.key, random);
        *tag.as_ref().first_chunk().expect("a tag of sha-256 is longer than a mark")
    }
}

impl ConnectionIdGenerator for ConnectionIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut random = [0; RANDOM_BYTES];
        self.random.fill(&mut random).expect("the operating system gives random bytes");
        let mut id = [0; RANDOM_BYTES + MARK_BYTES];
        let (front, back) = id.split_at_mut(RANDOM_BYTES);
        front.copy_from_slice(&random);
        back.copy_from_slice(&self.mark(&random));
        ConnectionId::new(&id)
    }

    fn validate(&self, id: &ConnectionId) -> Result<(), InvalidCid> {
        match id.split_at_checked(RANDOM_BYTES) {
            Some((random, mark)) if mark == self.mark(random) => Ok(()),
            _ => Err(InvalidCid),
        }
    }

    fn cid_len(&self) -> usize {
        RANDOM_BYTES + MARK_BYTES
    }

    fn cid_lifetime(&self) -> Option<std::time::Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(key: &[u8]) -> ConnectionIds {
        ConnectionIds::new(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    #[test]
    fn an_id_is_recognised_with_its_key_and_with_no_other() {
        let id = ids(b"key").generate_cid();
        assert_eq!(id.len(), ids(b"key").cid_len());
        assert!(ids(b"key").validate(&id).is_ok());
        assert!(ids(b"another").validate(&id).is_err());
    }

    #[test]
    fn made_up_ids_of_any_length_are_not_ours() {
        for length in [0, 1, 8, 11, 12, 20] {
            assert!(ids(b"key").validate(&ConnectionId::new(&vec![7; length])).is_err());
        }
    }
}
