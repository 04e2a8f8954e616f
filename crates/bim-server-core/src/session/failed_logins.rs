//! Addresses that failed to log in too often.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bim_types::Mono;

use crate::config::EngineConfig;

/// Addresses remembered. When full, those whose minute is over are forgotten; if there are none, the new
/// one is not counted.
const ADDRESSES_MAX: usize = 10_000;

const WINDOW: Duration = Duration::from_secs(60);

/// Counts failed logins per address.
#[derive(Debug)]
pub(crate) struct FailedLogins {
    per_minute: u32,
    penalty: Duration,
    addresses: BTreeMap<Arc<str>, Record>,
}

#[derive(Debug)]
struct Record {
    since: Mono,
    count: u32,
    closed_until: Option<Mono>,
}

impl FailedLogins {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            per_minute: config.failed_logins_per_minute,
            penalty: config.failed_login_penalty,
            addresses: BTreeMap::new(),
        }
    }

    /// How long an address is still closed.
    pub(crate) fn closed_for(&self, now: Mono, peer: &Option<Arc<str>>) -> Option<Duration> {
        let until = self.addresses.get(peer.as_ref()?)?.closed_until?;
        (until > now).then(|| until.since(now))
    }

    /// Counts a failed login.
    pub(crate) fn count(&mut self, now: Mono, peer: &Option<Arc<str>>) {
        let Some(peer) = peer else { return };
        if self.addresses.len() >= ADDRESSES_MAX && !self.addresses.contains_key(peer) {
            self.addresses.retain(|_, record| !record.is_over(now));
            if self.addresses.len() >= ADDRESSES_MAX {
                return;
            }
        }
        let fresh = Record { since: now, count: 0, closed_until: None };
        let record = self.addresses.entry(Arc::clone(peer)).or_insert(fresh);
        if now.since(record.since) > WINDOW {
            (record.since, record.count) = (now, 0);
        }
        record.count += 1;
        if record.count >= self.per_minute {
            record.closed_until = Some(now + self.penalty);
        }
    }
}

impl Record {
    fn is_over(&self, now: Mono) -> bool {
        now.since(self.since) > WINDOW && self.closed_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_in_a_minute_close_an_address_for_a_minute() {
        let mut logins = FailedLogins::new(&EngineConfig::default());
        let peer = Some(Arc::from("10.0.0.1"));
        for _ in 0..10 {
            assert_eq!(logins.closed_for(Mono::ZERO, &peer), None);
            logins.count(Mono::ZERO, &peer);
        }
        assert_eq!(logins.closed_for(Mono::ZERO, &peer), Some(Duration::from_secs(60)));
        assert_eq!(logins.closed_for(Mono::ZERO + Duration::from_secs(60), &peer), None);
        assert_eq!(logins.closed_for(Mono::ZERO, &Some(Arc::from("10.0.0.2"))), None);
    }
}
