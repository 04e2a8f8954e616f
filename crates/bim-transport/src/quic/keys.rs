//! The keys of a listener that it has again after a restart.

use std::net::SocketAddr;

use ring::{
    hkdf::{HKDF_SHA256, KeyType, Prk},
    hmac::{self, HMAC_SHA256},
};

use super::connection_ids::ConnectionIds;

/// Derived from the server's private key and the address it listens at. With the address in them, two
/// listeners that share a private key cannot be made to reset each other's connections.
#[derive(Debug)]
pub(super) struct Keys {
    /// Makes the tokens by which a client recognises the reset of its connection.
    pub(super) reset: hmac::Key,
    /// Seals the tokens by which a client proves its address.
    pub(super) token: Prk,
    /// Marks connection ids as ours.
    pub(super) connection_ids: ConnectionIds,
}

impl Keys {
    pub(super) fn derive(secret: &Prk, address: SocketAddr) -> Self {
        Self {
            reset: derived(secret, "quic stateless reset", address, HMAC_SHA256),
            token: derived(secret, "quic address validation", address, HKDF_SHA256),
            connection_ids: ConnectionIds::new(derived(secret, "quic connection id", address, HMAC_SHA256)),
        }
    }
}

fn derived<L, K>(secret: &Prk, label: &str, address: SocketAddr, length: L) -> K
where
    L: KeyType,
    K: for<'a> From<ring::hkdf::Okm<'a, L>>,
{
    let address = address.to_string();
    let info = [label.as_bytes(), b" ", address.as_bytes()];
    secret.expand(&info, length).expect("the keys of sha-256 are short enough").into()
}

#[cfg(test)]
mod tests {
    use ring::hkdf::Salt;

    use super::*;

    fn signed(private_key: &[u8], address: &str) -> Vec<u8> {
        let secret = Salt::new(HKDF_SHA256, b"").extract(private_key);
        let keys = Keys::derive(&secret, address.parse().unwrap());
        hmac::sign(&keys.reset, b"connection").as_ref().to_vec()
    }

    #[test]
    fn the_same_private_key_and_address_give_the_same_keys_and_others_do_not() {
        let before = signed(b"private", "10.0.0.1:7301");
        assert_eq!(signed(b"private", "10.0.0.1:7301"), before);
        assert_ne!(signed(b"another", "10.0.0.1:7301"), before);
        assert_ne!(signed(b"private", "10.0.0.1:7302"), before);
    }
}
