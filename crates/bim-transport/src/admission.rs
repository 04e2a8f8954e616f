//! How many peers may be in their handshake, in all and for one address.
//!
//! A [`Slot`] is held while a peer is unfinished and gives its place back when dropped.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts the peers in handshake.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    pending_max: usize,
    per_address_max: usize,
    pending: Arc<Mutex<Pending>>,
}

/// One place among the peers in handshake.
#[derive(Debug)]
pub(crate) struct Slot {
    origin: Origin,
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
    pub(crate) fn new(pending_max: usize, per_address_max: usize) -> Self {
        Self { pending_max, per_address_max, pending: Arc::default() }
    }

    /// Takes a place, or `None` when there is none in all or none for this address.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Slot> {
        let origin = Origin::from(address);
        let mut pending = lock(&self.pending);
        if pending.total >= self.pending_max {
            return None;
        }
        let here = pending.by_origin.entry(origin).or_default();
        if *here >= self.per_address_max {
            return None;
        }
        *here += 1;
        pending.total += 1;
        Some(Slot { origin, pending: Arc::clone(&self.pending) })
    }

    /// Peers in handshake, in all and for this address.
    #[cfg(any(feature = "quic", test))]
    pub(crate) fn pending(&self, address: IpAddr) -> (usize, usize) {
        let pending = lock(&self.pending);
        (pending.total, pending.by_origin.get(&Origin::from(address)).copied().unwrap_or(0))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut pending = lock(&self.pending);
        pending.total = pending.total.saturating_sub(1);
        if let Some(here) = pending.by_origin.get_mut(&self.origin) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                pending.by_origin.remove(&self.origin);
            }
        }
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
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

    #[test]
    fn one_address_gets_its_share_and_no_more() {
        let admission = Admission::new(10, 2);
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
        let admission = Admission::new(10, 1);
        let _held = admission.enter(ip("2001:db8::1"));
        assert!(admission.enter(ip("2001:db8::2")).is_none());
        assert!(admission.enter(ip("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn the_total_is_bounded_and_everything_is_given_back() {
        let admission = Admission::new(2, 2);
        let held = [admission.enter(ip("10.0.0.1")), admission.enter(ip("10.0.0.2"))];
        assert!(admission.enter(ip("10.0.0.3")).is_none());
        drop(held);
        assert_eq!(admission.pending(ip("10.0.0.1")), (0, 0));
        assert!(lock(&admission.pending).by_origin.is_empty());
    }
}
