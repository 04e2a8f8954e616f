//! How many peers may be in their handshake, in all and for one address.
//!
//! A [`Slot`] is held while a peer is unfinished and gives its place back when dropped.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::HandshakeLimits;

/// Counts the peers in handshake.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    pending_max: usize,
    per_address_max: usize,
    exempt: Arc<[IpAddr]>,
    pending: Arc<Mutex<Pending>>,
}

/// One place among the peers in handshake.
#[derive(Debug)]
pub(crate) struct Slot {
    /// `None` for those that are not counted by address.
    origin: Option<Origin>,
    pending: Arc<Mutex<Pending>>,
}

#[derive(Debug, Default)]
struct Pending {
    total: usize,
    by_origin: HashMap<Origin, usize>,
}

/// Whose share a peer counts against: an IPv4 address, or the /64 that one IPv6 customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    V4(Ipv4Addr),
    V6([u16; 4]),
}

impl Admission {
    pub(crate) fn new(limits: &HandshakeLimits) -> Self {
        Self {
            pending_max: limits.pending_max,
            per_address_max: limits.pending_per_address_max,
            exempt: limits.exempt.iter().map(IpAddr::to_canonical).collect(),
            pending: Arc::default(),
        }
    }

    /// Takes a place, or `None` when there is none in all or none for this address.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Slot> {
        let origin = self.origin(address);
        let mut pending = lock(&self.pending);
        if pending.total >= self.pending_max {
            return None;
        }
        if let Some(origin) = origin {
            let here = pending.by_origin.get(&origin).copied().unwrap_or(0);
            if here >= self.per_address_max {
                return None;
            }
            pending.by_origin.insert(origin, here + 1);
        }
        pending.total += 1;
        Some(Slot { origin, pending: Arc::clone(&self.pending) })
    }

    /// Peers in handshake, in all and for this address; `None` when it is not counted.
    #[cfg(any(feature = "quic", test))]
    pub(crate) fn pending(&self, address: IpAddr) -> (usize, Option<usize>) {
        let origin = self.origin(address);
        let pending = lock(&self.pending);
        (pending.total, origin.map(|origin| pending.by_origin.get(&origin).copied().unwrap_or(0)))
    }

    fn origin(&self, address: IpAddr) -> Option<Origin> {
        let address = address.to_canonical();
        if self.exempt.contains(&address) { None } else { Some(Origin::from(address)) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut pending = lock(&self.pending);
        pending.total = pending.total.saturating_sub(1);
        let Some(origin) = self.origin else { return };
        if let Some(here) = pending.by_origin.get_mut(&origin) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                pending.by_origin.remove(&origin);
            }
        }
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

fn lock(pending: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admission(pending_max: usize, pending_per_address_max: usize, exempt: &[&str]) -> Admission {
        let exempt = exempt.iter().map(|text| ip(text)).collect();
        Admission::new(&HandshakeLimits {
            pending_max,
            pending_per_address_max,
            exempt,
            ..HandshakeLimits::default()
        })
    }

    #[test]
    fn an_exempt_address_is_counted_in_all_only() {
        let admission = admission(3, 1, &["::ffff:10.0.0.1"]);
        let held = [admission.enter(ip("10.0.0.1")), admission.enter(ip("::ffff:10.0.0.1"))];
        assert!(held.iter().all(Option::is_some));
        assert_eq!(admission.pending(ip("10.0.0.1")), (2, None));
        let _third = admission.enter(ip("10.0.0.2"));
        assert!(admission.enter(ip("10.0.0.1")).is_none());
        drop(held);
        assert_eq!(admission.pending(ip("10.0.0.1")), (1, None));
        assert!(admission.enter(ip("10.0.0.2")).is_none());
    }

    #[test]
    fn one_address_gets_its_share_and_no_more() {
        let admission = admission(10, 2, &[]);
        let first = admission.enter(ip("10.0.0.1"));
        let second = admission.enter(ip("::ffff:10.0.0.1"));
        assert!(first.is_some() && second.is_some());
        assert!(admission.enter(ip("10.0.0.1")).is_none());
        assert!(admission.enter(ip("10.0.0.2")).is_some());
        drop(first);
        assert!(admission.enter(ip("10.0.0.1")).is_some());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let admission = admission(10, 1, &[]);
        let _held = admission.enter(ip("2001:db8::1"));
        assert!(admission.enter(ip("2001:db8::2")).is_none());
        assert!(admission.enter(ip("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn the_total_is_bounded_and_everything_is_given_back() {
        let admission = admission(2, 2, &[]);
        let held = [admission.enter(ip("10.0.0.1")), admission.enter(ip("10.0.0.2"))];
        assert!(admission.enter(ip("10.0.0.3")).is_none());
        drop(held);
        assert_eq!(admission.pending(ip("10.0.0.1")), (0, Some(0)));
        assert!(lock(&admission.pending).by_origin.is_empty());
    }
}
