//! Several frames as a server's WebSocket messages, in one run of bytes.

use bytes::{BufMut, Bytes, BytesMut};

/// A final fragment with binary data (RFC 6455, section 5.2).
const FINAL_BINARY: u8 = 0x82;

/// Lengths up to this one stand in the second byte; larger ones in the two or eight that follow it.
const SHORT_MAX: usize = 125;

/// Announces a length in two bytes.
const TWO_BYTES: u8 = 126;

/// Announces a length in eight bytes.
const EIGHT_BYTES: u8 = 127;

/// The largest header: what is not masked has no key.
const HEADER_BYTES_MAX: usize = 10;

/// Each frame as one unmasked message.
pub(super) fn messages(frames: &[Bytes]) -> Bytes {
    let bytes = frames.iter().map(|frame| frame.len() + HEADER_BYTES_MAX).sum();
    let mut out = BytesMut::with_capacity(bytes);
    frames.iter().for_each(|frame| message(frame, &mut out));
    out.freeze()
}

/// Appends a frame as one unmasked message.
pub(super) fn message(frame: &[u8], out: &mut BytesMut) {
    out.reserve(frame.len() + HEADER_BYTES_MAX);
    out.put_u8(FINAL_BINARY);
    match (u8::try_from(frame.len()), u16::try_from(frame.len())) {
        (Ok(length), _) if frame.len() <= SHORT_MAX => out.put_u8(length),
        (_, Ok(length)) => {
            out.put_u8(TWO_BYTES);
            out.put_u16(length);
        }
        _ => {
            out.put_u8(EIGHT_BYTES);
            out.put_u64(frame.len() as u64);
        }
    }
    out.put_slice(frame);
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tokio_tungstenite::tungstenite::{Message, WebSocket, protocol::Role};

    use super::*;

    #[test]
    fn tungstenite_reads_frames_of_every_length_back() {
        let frames = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map(|size| Bytes::from(vec![7; size]));
        let mut socket =
            WebSocket::from_raw_socket(Cursor::new(messages(&frames).to_vec()), Role::Client, None);
        for frame in frames {
            assert_eq!(socket.read().unwrap(), Message::Binary(frame));
        }
    }
}
