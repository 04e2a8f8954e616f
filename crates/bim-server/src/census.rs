//! Who is connected from where, and how many may be.
//!
//! A connection takes a [`Place`] when it is accepted, as a stranger. When it is authenticated it becomes a
//! resident. The place is given back when it is dropped.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections there may be. Over a limit, a connection is closed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections in all (100,000).
    pub connections: usize,
    /// Connections that are not authenticated, in all, those in a handshake included (2,000).
    pub strangers: usize,
    /// Connections of one IPv4 address or IPv6 /64 that are not authenticated, those in a handshake
    /// included (20).
    pub strangers_per_address: usize,
    /// Authenticated connections of one IPv4 address or IPv6 /64 (200).
    pub connections_per_address: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            strangers: 2_000,
            strangers_per_address: 20,
            connections_per_address: 200,
        }
    }
}

/// Counts connections against their limits.
#[derive(Debug)]
pub(crate) struct Census {
    limits: ConnectionLimits,
    trusted: Vec<IpAddr>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    strangers: usize,
    all: usize,
    by_origin: HashMap<Origin, Share>,
}

#[derive(Debug, Default)]
struct Share {
    strangers: usize,
    residents: usize,
}

/// One connection's place in the counts.
#[derive(Debug)]
pub(crate) struct Place {
    census: Arc<Census>,
    /// `None` for those that are not counted by address.
    origin: Option<Origin>,
    resident: bool,
}

/// What connections are counted by: an IPv4 address, or the /64 that one IPv6 customer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    V4([u8; 4]),
    V6([u16; 4]),
}

impl Census {
    /// Counts against these limits. The trusted addresses belong to proxies: connections from there are
    /// counted in all, but not by address.
    pub(crate) fn new(limits: ConnectionLimits, trusted: Vec<IpAddr>) -> Arc<Self> {
        let trusted = trusted.iter().map(IpAddr::to_canonical).collect();
        Arc::new(Self { limits, trusted, counts: Mutex::default() })
    }

    /// Takes a place for a stranger, or `None` when there is none.
    pub(crate) fn enter(self: &Arc<Self>, peer: Option<SocketAddr>) -> Option<Place> {
        let origin = self.origin(peer);
        let mut counts = self.lock();
        if counts.all >= self.limits.connections || counts.strangers >= self.limits.strangers {
            return None;
        }
        if let Some(origin) = origin {
            let share = counts.by_origin.entry(origin).or_default();
            if share.strangers >= self.limits.strangers_per_address {
                return None;
            }
            share.strangers += 1;
        }
        counts.strangers += 1;
        counts.all += 1;
        Some(Place { census: Arc::clone(self), origin, resident: false })
    }

    fn origin(&self, peer: Option<SocketAddr>) -> Option<Origin> {
        let address = peer?.ip().to_canonical();
        if self.trusted.contains(&address) { None } else { Some(Origin::from(address)) }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Makes a resident of a stranger. `false` when its address has its share already.
    pub(crate) fn admit(&mut self) -> bool {
        if self.resident {
            return true;
        }
        let mut counts = self.census.lock();
        if let Some(origin) = self.origin {
            let share = counts.by_origin.entry(origin).or_default();
            if share.residents >= self.census.limits.connections_per_address {
                return false;
            }
            share.strangers = share.strangers.saturating_sub(1);
            share.residents += 1;
        }
        counts.strangers = counts.strangers.saturating_sub(1);
        self.resident = true;
        true
    }

    /// What failed logins are counted by; `None` for those that are not counted by address.
    pub(crate) fn counted_by(&self) -> Option<Arc<str>> {
        let text = match self.origin? {
            Origin::V4([a, b, c, d]) => format!("{a}.{b}.{c}.{d}"),
            Origin::V6([a, b, c, d]) => format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"),
        };
        Some(text.into())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.census.lock();
        counts.all = counts.all.saturating_sub(1);
        if !self.resident {
            counts.strangers = counts.strangers.saturating_sub(1);
        }
        let Some(origin) = self.origin else { return };
        let Some(share) = counts.by_origin.get_mut(&origin) else { return };
        let of = if self.resident { &mut share.residents } else { &mut share.strangers };
        *of = of.saturating_sub(1);
        if share.strangers == 0 && share.residents == 0 {
            counts.by_origin.remove(&origin);
        }
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// An address as it may stand in a log: without the part that names one machine.
pub(crate) fn cut(peer: Option<SocketAddr>) -> String {
    match peer.map(|peer| peer.ip().to_canonical()) {
        None => "none".to_owned(),
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Option<SocketAddr> {
        Some(text.parse().unwrap())
    }

    fn census() -> Arc<Census> {
        let limits = ConnectionLimits {
            connections: 4,
            strangers: 3,
            strangers_per_address: 2,
            connections_per_address: 1,
        };
        Census::new(limits, vec!["::ffff:127.0.0.1".parse().unwrap()])
    }

    #[test]
    fn strangers_of_one_address_are_bounded_and_others_are_not_hindered() {
        let census = census();
        let _first = census.enter(peer("10.0.0.1:1")).unwrap();
        let _second = census.enter(peer("[::ffff:10.0.0.1]:2")).unwrap();
        assert!(census.enter(peer("10.0.0.1:3")).is_none());
        assert!(census.enter(peer("10.0.0.2:3")).is_some());
    }

    #[test]
    fn who_is_admitted_makes_room_for_a_stranger_until_its_address_has_its_share() {
        let census = census();
        let mut first = census.enter(peer("10.0.0.1:1")).unwrap();
        let mut second = census.enter(peer("10.0.0.1:2")).unwrap();
        assert!(first.admit() && first.admit());
        assert!(!second.admit());
        assert!(census.enter(peer("10.0.0.1:3")).is_some());
        drop((first, second));
        let counts = census.lock();
        assert_eq!((counts.all, counts.strangers, counts.by_origin.len()), (0, 0, 0));
    }

    #[test]
    fn a_proxy_is_counted_in_all_only() {
        let census = census();
        let places: Vec<_> = (0..3).filter_map(|_| census.enter(peer("127.0.0.1:1"))).collect();
        assert_eq!(places.len(), 3);
        assert!(census.enter(peer("127.0.0.1:1")).is_none());
        assert!(places.into_iter().all(|place| place.counted_by().is_none()));
    }

    #[test]
    fn an_ipv6_network_is_one_origin_and_logs_show_less_than_that() {
        let census = census();
        let place = census.enter(peer("[2001:db8:1:2:3::4]:5")).unwrap();
        assert_eq!(place.counted_by().unwrap().as_ref(), "2001:db8:1:2::/64");
        assert_eq!(cut(peer("[2001:db8:1:2:3::4]:5")), "2001:db8:1::/48");
        assert_eq!(cut(peer("10.1.2.3:4")), "10.1.2.0/24");
    }
}
