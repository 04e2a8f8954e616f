//! A small mutator, so that ordinary tests look around the committed corpus without libFuzzer.

use bim_types::Entropy;

/// Bytes that stand at edges of lengths, numbers and field tags.
const EDGES: [u8; 8] = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x08, 0x0a, 0x12];

/// Changes a copy of `bytes` in one to four places, never to more than `bytes_max`. `others` lends parts.
#[must_use]
pub fn mutate(entropy: &mut Entropy, bytes: &[u8], others: &[Vec<u8>], bytes_max: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=below(entropy, 4) {
        change(entropy, &mut bytes, others);
    }
    bytes.truncate(bytes_max);
    bytes
}

fn change(entropy: &mut Entropy, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = below(entropy, bytes.len() + 1);
    let end = at + below(entropy, (bytes.len() - at).min(16) + 1);
    let byte = u8::try_from(entropy.bits() & 0xff).expect("masked to a byte");
    match below(entropy, 8) {
        0 => set(bytes, at, |present| present ^ (1 << (byte % 8))),
        1 => set(bytes, at, |_| byte),
        2 => set(bytes, at, |_| EDGES[usize::from(byte) % EDGES.len()]),
        3 => set(bytes, at, |present| present.wrapping_add(byte % 5).wrapping_sub(2)),
        4 => bytes.insert(at, byte),
        5 => drop(bytes.drain(at..end)),
        6 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        _ => {
            let Some(other) = others.get(below(entropy, others.len().max(1))) else { return };
            let from = below(entropy, other.len() + 1);
            let to = from + below(entropy, (other.len() - from).min(64) + 1);
            bytes.splice(at..end, other[from..to].iter().copied());
        }
    }
}

fn set(bytes: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

/// A number below `most`, which is not zero.
fn below(entropy: &mut Entropy, most: usize) -> usize {
    usize::try_from(entropy.bits() % most as u64).expect("less than a usize")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_mutates_the_same_way_and_stays_in_bounds() {
        let others = [b"another".to_vec(), Vec::new()];
        let run = |seed| {
            let mut entropy = Entropy::new(seed);
            let start = b"some bytes".to_vec();
            (0..500).map(|_| mutate(&mut entropy, &start, &others, 12)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(run(1).iter().all(|bytes| bytes.len() <= 12));
        assert!(run(1).iter().filter(|bytes| *bytes != b"some bytes").count() > 400);
    }

    #[test]
    fn nothing_can_be_mutated_too() {
        let mut entropy = Entropy::new(3);
        assert!((0..200).any(|_| !mutate(&mut entropy, &[], &[], 8).is_empty()));
    }
}
