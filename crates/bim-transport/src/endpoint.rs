//! Where to listen or dial, as text: `ws://host:port[/path]`, `wss://…`, `quic://host:port`, `memory://name`.

use std::{fmt, net::SocketAddr, str::FromStr};

/// Longest endpoint text, in bytes. A longer one is refused.
const ENDPOINT_BYTES_MAX: usize = 1024;

/// A place to listen at or to dial.
///
/// Parses from and prints as a URL without user, password, query or fragment, so that it can be logged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

/// The transport an endpoint belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// WebSocket without TLS.
    Ws,
    /// WebSocket with TLS.
    Wss,
    /// QUIC.
    Quic,
    /// A hub inside this process.
    Memory,
    /// A transport written outside this crate; such endpoints print, but do not parse.
    Other(&'static str),
}

impl Endpoint {
    /// `ws://` or, if `secure`, `wss://` at an address.
    #[must_use]
    pub fn websocket(address: SocketAddr, secure: bool) -> Self {
        let scheme = if secure { Scheme::Wss } else { Scheme::Ws };
        Self::at(scheme, address)
    }

    /// `quic://` at an address.
    #[must_use]
    pub fn quic(address: SocketAddr) -> Self {
        Self::at(Scheme::Quic, address)
    }

    /// `memory://name`.
    #[must_use]
    pub fn memory(name: impl Into<String>) -> Self {
        Self { scheme: Scheme::Memory, host: name.into(), port: 0, path: String::new() }
    }

    /// An endpoint of a transport written outside this crate: `scheme://place`.
    #[must_use]
    pub fn other(scheme: &'static str, place: impl Into<String>) -> Self {
        Self { scheme: Scheme::Other(scheme), host: place.into(), port: 0, path: String::new() }
    }

    /// The same place under another host name, for instance one that a certificate is made for.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The transport.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host name or address, IPv6 without brackets; the hub's name for `memory://`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 where there is none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The HTTP path of a WebSocket endpoint, `/` if none was given; empty for other transports.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    fn at(scheme: Scheme, address: SocketAddr) -> Self {
        let path = if scheme == Scheme::Quic { String::new() } else { "/".to_owned() };
        Self { scheme, host: address.ip().to_string(), port: address.port(), path }
    }

    fn parse_network(scheme: Scheme, rest: &str) -> Result<Self, EndpointError> {
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let path = match (scheme, path) {
            (Scheme::Quic, "" | "/") => "",
            (Scheme::Quic, _) => return Err(EndpointError::PathNotAllowed { scheme }),
            (_, "") => "/",
            (_, path) => path,
        };
        let (host, port) = split_authority(scheme, authority)?;
        Ok(Self { scheme, host: host.to_owned(), port, path: path.to_owned() })
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > ENDPOINT_BYTES_MAX {
            return Err(EndpointError::TooLong { limit: ENDPOINT_BYTES_MAX });
        }
        if let Some(found) = text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '?' | '#' | '@')) {
            return Err(EndpointError::Character { found });
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(EndpointError::NoScheme);
        };
        match scheme {
            "ws" => Self::parse_network(Scheme::Ws, rest),
            "wss" => Self::parse_network(Scheme::Wss, rest),
            "quic" => Self::parse_network(Scheme::Quic, rest),
            "memory" if rest.is_empty() || rest.contains('/') => Err(EndpointError::MemoryName),
            "memory" => Ok(Self::memory(rest)),
            other => Err(EndpointError::UnknownScheme { found: other.chars().take(16).collect() }),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, path } = self;
        let path = if path == "/" { "" } else { path.as_str() };
        match scheme {
            Scheme::Memory | Scheme::Other(_) => write!(f, "{scheme}://{host}"),
            Scheme::Ws | Scheme::Wss | Scheme::Quic if host.contains(':') => {
                write!(f, "{scheme}://[{host}]:{port}{path}")
            }
            Scheme::Ws | Scheme::Wss | Scheme::Quic => write!(f, "{scheme}://{host}:{port}{path}"),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Quic => "quic",
            Self::Memory => "memory",
            Self::Other(name) => name,
        })
    }
}

fn split_authority(scheme: Scheme, authority: &str) -> Result<(&str, u16), EndpointError> {
    let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or(EndpointError::Brackets { scheme })?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(EndpointError::Brackets { scheme });
        }
        (host, after.strip_prefix(':').ok_or(EndpointError::NoPort { scheme })?)
    } else {
        let (host, port) = authority.split_once(':').ok_or(EndpointError::NoPort { scheme })?;
        if port.contains(':') {
            return Err(EndpointError::Brackets { scheme });
        }
        (host, port)
    };
    if host.is_empty() {
        return Err(EndpointError::NoHost { scheme });
    }
    // `parse` alone would take "+80".
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EndpointError::BadPort { scheme });
    }
    let port = port.parse().map_err(|_| EndpointError::BadPort { scheme })?;
    Ok((host, port))
}

/// What is wrong with the text of an endpoint, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// There is no `://`.
    #[error(
        "endpoint has no scheme; write ws://host:port, wss://host:port, quic://host:port or memory://name"
    )]
    NoScheme,
    /// The scheme is not one of ours.
    #[error("endpoint scheme `{found}` is unknown; use ws, wss, quic or memory")]
    UnknownScheme {
        /// The first characters of what was found.
        found: String,
    },
    /// Nothing stands before the port.
    #[error("endpoint has no host; write {scheme}://host:port")]
    NoHost {
        /// The scheme that was read.
        scheme: Scheme,
    },
    /// No port follows the host.
    #[error("endpoint has no port; write {scheme}://host:port")]
    NoPort {
        /// The scheme that was read.
        scheme: Scheme,
    },
    /// The port is not a number from 0 to 65535.
    #[error("endpoint port is not a number from 0 to 65535; write {scheme}://host:port")]
    BadPort {
        /// The scheme that was read.
        scheme: Scheme,
    },
    /// An IPv6 address without brackets, or brackets around something else.
    #[error("endpoint has a malformed IPv6 address; write {scheme}://[::1]:port")]
    Brackets {
        /// The scheme that was read.
        scheme: Scheme,
    },
    /// Only WebSocket endpoints have a path.
    #[error("endpoint has a path; write {scheme}://host:port without one")]
    PathNotAllowed {
        /// The scheme that was read.
        scheme: Scheme,
    },
    /// `memory://` needs one name.
    #[error("endpoint has no name; write memory://name without slashes")]
    MemoryName,
    /// White space, a control character, something outside ASCII, or `?`, `#`, `@`.
    #[error("endpoint contains {found:?}; user names, queries, fragments and spaces are not allowed")]
    Character {
        /// The first such character.
        found: char,
    },
    /// The text is too long.
    #[error("endpoint is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        text.parse()
    }

    #[test]
    fn endpoints_print_as_they_were_written() {
        for text in [
            "ws://127.0.0.1:7300",
            "wss://chat.example.org:443/bim",
            "quic://localhost:7301",
            "quic://[::1]:7301",
            "ws://[2001:db8::1]:80/a/b",
            "memory://hub",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_ipv6_host_loses_its_brackets_and_a_missing_path_is_the_root() {
        let endpoint = parse("ws://[::1]:80").unwrap();
        assert_eq!((endpoint.host(), endpoint.port(), endpoint.path()), ("::1", 80, "/"));
    }

    #[test]
    fn an_address_becomes_an_endpoint() {
        let address: SocketAddr = "[::1]:9".parse().unwrap();
        assert_eq!(Endpoint::websocket(address, true).to_string(), "wss://[::1]:9");
        assert_eq!(Endpoint::quic(address).to_string(), "quic://[::1]:9");
        assert_eq!(Endpoint::other("unix", "/run/x").to_string(), "unix:///run/x");
    }

    #[test]
    fn every_mistake_has_its_own_error() {
        let scheme = Scheme::Ws;
        assert_eq!(parse("localhost:80"), Err(EndpointError::NoScheme));
        assert_eq!(parse("http://h:80"), Err(EndpointError::UnknownScheme { found: "http".into() }));
        assert_eq!(parse("ws://:80"), Err(EndpointError::NoHost { scheme }));
        assert_eq!(parse("ws://h"), Err(EndpointError::NoPort { scheme }));
        assert_eq!(parse("ws://[::1]"), Err(EndpointError::NoPort { scheme }));
        assert_eq!(parse("ws://h:70000"), Err(EndpointError::BadPort { scheme }));
        assert_eq!(parse("ws://h:+80"), Err(EndpointError::BadPort { scheme }));
        assert_eq!(parse("ws://h:"), Err(EndpointError::BadPort { scheme }));
        assert_eq!(parse("ws://::1:80"), Err(EndpointError::Brackets { scheme }));
        assert_eq!(parse("ws://[h]:80"), Err(EndpointError::Brackets { scheme }));
        assert_eq!(parse("quic://h:80/x"), Err(EndpointError::PathNotAllowed { scheme: Scheme::Quic }));
        assert_eq!(parse("memory://"), Err(EndpointError::MemoryName));
        assert_eq!(parse("ws://u@h:80"), Err(EndpointError::Character { found: '@' }));
        assert_eq!(parse("ws://h:80/ x"), Err(EndpointError::Character { found: ' ' }));
        assert!(matches!(parse(&"w".repeat(2000)), Err(EndpointError::TooLong { .. })));
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        let text = parse("quic://example.org").unwrap_err().to_string();
        assert_eq!(text, "endpoint has no port; write quic://host:port");
    }
}
