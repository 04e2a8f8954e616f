//! Who speaks, for shells that do not read frames.

use bim_proto::ClientFrame;
use bim_types::Uid;
use bytes::Bytes;

/// The user that a login names; `None` for any other frame. Nothing of it is verified.
#[must_use]
pub fn uid_of_hello(frame: &Bytes) -> Option<Uid> {
    match ClientFrame::decode(frame.clone()) {
        Ok(ClientFrame::Hello(hello)) => Some(hello.uid),
        Ok(
            ClientFrame::Request(_) | ClientFrame::Ping(_) | ClientFrame::Pong(_) | ClientFrame::Goodbye(_),
        )
        | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use bim_proto::{Hello, Ping};
    use bim_types::{AppId, DeviceId, Token};

    use super::*;

    #[test]
    fn a_hello_names_its_user_and_nothing_else_does() {
        let uid = Uid::string("alice").unwrap();
        let hello = Hello {
            app: AppId::new(1).unwrap(),
            uid: uid.clone(),
            device: DeviceId::new(1),
            token: Token::from("t"),
            sdk: "test".into(),
        };
        assert_eq!(uid_of_hello(&ClientFrame::Hello(hello).encode()), Some(uid));
        assert_eq!(uid_of_hello(&ClientFrame::Ping(Ping { nonce: 1 }).encode()), None);
        assert_eq!(uid_of_hello(&Bytes::from_static(b"noise")), None);
    }
}
