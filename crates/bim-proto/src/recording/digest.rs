//! Hashes over outputs, the same in every version that decides the same.

use std::hash::Hasher as _;
#[expect(
    deprecated,
    reason = "the only hash of the standard library whose result is specified: SipHash-2-4"
)]
use std::hash::SipHasher;

use bim_types::{Mono, Uid};

use crate::wire;

/// Outputs after one input that are told apart when they differ; of more only the count and one hash is kept.
const OUTPUTS_NAMED_MAX: usize = 64;

/// A SipHash-2-4 over values, each written so that no two lists of values give the same bytes.
#[derive(Clone, Debug)]
pub struct Digest(#[expect(deprecated, reason = "as above")] SipHasher);

impl Digest {
    /// One with these keys.
    #[must_use]
    #[expect(deprecated, reason = "as above")]
    pub fn keyed(keys: [u64; 2]) -> Self {
        Self(SipHasher::new_with_keys(keys[0], keys[1]))
    }

    /// A number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.0.write(&number.to_le_bytes());
        self
    }

    /// A switch.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.number(flag.into())
    }

    /// Bytes, with their length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64);
        self.0.write(bytes);
        self
    }

    /// Bytes and nothing else: for a hash over one run of bytes.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// A number that may be missing.
    pub fn maybe(&mut self, number: Option<u64>) -> &mut Self {
        self.flag(number.is_some()).number(number.unwrap_or_default())
    }

    /// A user.
    pub fn uid(&mut self, uid: &Uid) -> &mut Self {
        match uid {
            Uid::Int(number) => self.number(0).number(number.unsigned_abs()),
            Uid::Str(text) => self.number(1).bytes(text.as_bytes()),
        }
    }

    /// The hash.
    #[must_use]
    pub fn finish(&self) -> u64 {
        self.0.finish()
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::keyed([0, 0])
    }
}

/// Outputs after one input, while they are gathered.
#[derive(Clone, Debug, Default)]
pub struct OutputsDigest {
    seen: OutputsSeen,
    all: Digest,
}

impl OutputsDigest {
    /// One more output of a kind of this number.
    pub fn push(&mut self, kind: u8, write: impl FnOnce(&mut Digest)) {
        let mut one = Digest::default();
        write(one.number(kind.into()));
        let mark = one.finish();
        self.all.number(mark);
        self.seen.count += 1;
        if self.seen.kinds.len() < OUTPUTS_NAMED_MAX {
            self.seen.kinds.push(kind);
            self.seen.marks.push(mark as u32);
        }
    }

    /// All of them, with the deadline that the machine named then.
    #[must_use]
    pub fn finish(mut self, deadline: Option<Mono>) -> OutputsSeen {
        self.all.maybe(deadline.map(Mono::as_micros));
        OutputsSeen { digest: self.all.finish(), ..self.seen }
    }
}

/// What a machine wanted done after one input, as far as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputsSeen {
    count: u64,
    digest: u64,
    kinds: Vec<u8>,
    marks: Vec<u32>,
}

impl OutputsSeen {
    /// How many outputs.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What the first of them are, at most 64.
    #[must_use]
    pub fn kinds(&self) -> &[u8] {
        &self.kinds
    }

    /// The first output, counted from 0, in which two differ; `None` when those that are told apart are alike.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        let ours = self.kinds.iter().zip(&self.marks);
        let theirs = other.kinds.iter().zip(&other.marks);
        let alike = ours.zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
        (alike < self.kinds.len().max(other.kinds.len())).then_some(alike)
    }
}

impl From<OutputsSeen> for wire::RecordedOutputs {
    fn from(seen: OutputsSeen) -> Self {
        Self { count: seen.count, digest: seen.digest, kinds: seen.kinds.into(), marks: seen.marks }
    }
}

impl From<wire::RecordedOutputs> for OutputsSeen {
    fn from(wire: wire::RecordedOutputs) -> Self {
        Self { count: wire.count, digest: wire.digest, kinds: wire.kinds.to_vec(), marks: wire.marks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        let keys = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let mut digest = Digest::keyed(keys);
        digest.raw(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        assert_eq!(digest.finish(), 0xa129_ca61_49be_45e5, "the vector of the paper, appendix A");
    }

    #[test]
    fn the_first_output_that_differs_is_named() {
        let outputs = |values: &[u64]| {
            let mut outputs = OutputsDigest::default();
            for value in values {
                outputs.push(1, |digest| {
                    digest.number(*value);
                });
            }
            outputs.finish(None)
        };
        assert_eq!(outputs(&[1, 2, 3]).first_difference(&outputs(&[1, 2, 3])), None);
        assert_eq!(outputs(&[1, 2, 3]).first_difference(&outputs(&[1, 4, 3])), Some(1));
        assert_eq!(outputs(&[1, 2]).first_difference(&outputs(&[1, 2, 3])), Some(2));
    }

    #[test]
    fn another_deadline_is_a_difference() {
        let with = |deadline| OutputsDigest::default().finish(deadline);
        assert_ne!(with(None), with(Some(Mono::ZERO)));
    }
}
