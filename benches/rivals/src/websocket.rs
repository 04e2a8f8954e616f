//! WebSocket by hand: the client's side of an upgrade, and the headers of messages.

use std::net::SocketAddr;

use crate::RivalError;
use crate::dialog::Dialog;

/// Announces a final binary message, and the others that matter.
const BINARY: u8 = 0x82;
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

/// What a client's message has in its second byte: its bytes are masked. With a key of zeros they stay as they are.
const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0; 4];

/// What one message of a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    Binary(&'a [u8]),
    /// Wants these bytes as an answer.
    Ping(Vec<u8>),
    Aside,
}

/// Asks for a WebSocket and waits for the answer.
pub(crate) fn upgrade(dialog: &mut Dialog, address: SocketAddr) -> Result<(), RivalError> {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    dialog.say(request.as_bytes())?;
    dialog.hear(|bytes| {
        let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { return Ok(None) };
        if bytes.starts_with(b"HTTP/1.1 101 ") {
            return Ok(Some((end + 4, ())));
        }
        Err(String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned())
    })
}

/// Appends a client's message.
pub(crate) fn put(payload: &[u8], out: &mut Vec<u8>) {
    put_as(BINARY, payload, out);
}

fn put_as(kind: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length), _) if length < 126 => out.push(MASKED | length),
        (_, Ok(length)) => {
            out.push(MASKED | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&KEY);
    out.extend_from_slice(payload);
}

/// The first message of a server in these bytes, and how many of them it takes.
#[inline]
pub(crate) fn take(bytes: &[u8]) -> Result<Option<(usize, Said<'_>)>, String> {
    let [kind, length, rest @ ..] = bytes else { return Ok(None) };
    let (length, header): (usize, usize) = match (length, rest) {
        (126, [high, low, ..]) => (usize::from(u16::from_be_bytes([*high, *low])), 4),
        (127, rest) if rest.len() >= 8 => {
            let length = rest.first_chunk().copied().map_or(u64::MAX, u64::from_be_bytes);
            (usize::try_from(length).map_err(|_| "a message without an end".to_owned())?, 10)
        }
        (126 | 127, _) => return Ok(None),
        (length @ ..126, _) => (usize::from(*length), 2),
        _ => return Err("a server masks nothing".to_owned()),
    };
    let Some(payload) = header.checked_add(length).and_then(|end| bytes.get(header..end)) else {
        return Ok(None);
    };
    let said = match *kind {
        BINARY | TEXT => Said::Binary(payload),
        PING => {
            let mut pong = Vec::new();
            put_as(PONG, payload, &mut pong);
            Said::Ping(pong)
        }
        PONG => Said::Aside,
        CLOSE => return Err("the server closed the connection".to_owned()),
        other => return Err(format!("an unknown kind of message: {other:#x}")),
    };
    Ok(Some((header + length, said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_every_length_are_read() {
        for length in [0_usize, 1, 125, 126, 65_535, 65_536] {
            let mut bytes = Vec::new();
            put(&vec![7; length], &mut bytes);
            // A server's is the same without mask and key.
            let key = bytes.len() - length - 4;
            bytes.drain(key..key + 4);
            bytes[1] &= !MASKED;
            let (taken, said) = take(&bytes).unwrap().unwrap();
            assert_eq!((taken, said), (bytes.len(), Said::Binary(&vec![7; length][..])));
            for cut in [1, 2, 3, 9, bytes.len() - 1] {
                assert!(cut >= bytes.len() || take(&bytes[..cut]).unwrap().is_none(), "{length} {cut}");
            }
        }
    }

    #[test]
    fn a_ping_wants_its_own_bytes_back() {
        assert_eq!(take(b"\x89\x02hi").unwrap(), Some((4, Said::Ping(b"\x8a\x82\0\0\0\0hi".to_vec()))));
        assert_eq!(take(b"\x8a\x00").unwrap(), Some((2, Said::Aside)));
    }

    #[test]
    fn an_end_a_mask_and_an_unknown_kind_are_errors() {
        for wrong in [&b"\x88\x00"[..], b"\x82\x80\0\0\0\0", b"\x83\x00"] {
            assert!(take(wrong).is_err(), "{wrong:?}");
        }
    }
}
