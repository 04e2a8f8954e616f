//! Short frames that several hands hold.

use bytes::Bytes;

/// Bytes of a frame in the same allocation as the count of who holds it. Bytes that are made of a vector get that count, which is
/// one more allocation, as soon as a second hand wants them.
struct Block<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

impl<const N: usize> AsRef<[u8]> for Block<N> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

/// Bytes of so many, at most 512, and what writes them; `None` when they are too many. What is not written is zero.
pub(super) fn filled(length: usize, fill: impl FnOnce(&mut [u8])) -> Option<Bytes> {
    Some(match length {
        0..=64 => block::<64>(length, fill),
        65..=128 => block::<128>(length, fill),
        129..=192 => block::<192>(length, fill),
        193..=256 => block::<256>(length, fill),
        257..=384 => block::<384>(length, fill),
        385..=512 => block::<512>(length, fill),
        _ => return None,
    })
}

fn block<const N: usize>(length: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
    let mut block = Block { length, bytes: [0; N] };
    fill(block.bytes.get_mut(..length).unwrap_or_default());
    Bytes::from_owner(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_what_is_held_whatever_its_length() {
        for length in 0..=512 {
            let bytes = filled(length, |bytes| bytes.iter_mut().for_each(|byte| *byte = length as u8));
            let bytes = bytes.expect("a frame of 512 bytes is short");
            assert_eq!(bytes, vec![length as u8; length]);
            assert_eq!(bytes.clone().slice(length / 2..), vec![length as u8; length - length / 2]);
        }
        assert_eq!(filled(513, |_| ()), None);
    }
}
