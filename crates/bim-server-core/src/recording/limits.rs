//! The limits of an engine as numbers with names.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::EngineConfig;

/// A limit as a number.
trait Limit: Sized {
    fn to_number(&self) -> u64;
    fn from_number(number: u64) -> Option<Self>;
}

impl Limit for u32 {
    fn to_number(&self) -> u64 {
        u64::from(*self)
    }

    fn from_number(number: u64) -> Option<Self> {
        number.try_into().ok()
    }
}

impl Limit for usize {
    fn to_number(&self) -> u64 {
        u64::try_from(*self).unwrap_or(u64::MAX)
    }

    fn from_number(number: u64) -> Option<Self> {
        number.try_into().ok()
    }
}

impl Limit for bool {
    fn to_number(&self) -> u64 {
        u64::from(*self)
    }

    fn from_number(number: u64) -> Option<Self> {
        (number <= 1).then_some(number == 1)
    }
}

/// Microseconds.
impl Limit for Duration {
    fn to_number(&self) -> u64 {
        u64::try_from(self.as_micros()).unwrap_or(u64::MAX)
    }

    fn from_number(number: u64) -> Option<Self> {
        Some(Self::from_micros(number))
    }
}

/// Both directions from one list, which does not compile when a limit is missing.
macro_rules! limits {
    ($($name:ident,)*) => {
        /// Every limit by its name.
        pub(super) fn to_wire(config: &EngineConfig) -> BTreeMap<String, u64> {
            let EngineConfig { $($name,)* } = config;
            [$((stringify!($name).to_owned(), $name.to_number()),)*].into()
        }

        /// The limits by these names, and defaults for limits that were not there yet. `None` for a name or a
        /// number that this version does not know.
        pub(super) fn from_wire(mut limits: BTreeMap<String, u64>) -> Option<EngineConfig> {
            let mut config = EngineConfig::default();
            $(if let Some(number) = limits.remove(stringify!($name)) {
                config.$name = Limit::from_number(number)?;
            })*
            limits.is_empty().then_some(config)
        }
    };
}

limits! {
    room_high_per_second,
    room_shared_per_second,
    sender_per_second,
    sender_burst,
    members_may_send_high,
    resume_window,
    room_buffer_messages,
    room_buffer_bytes,
    live_history,
    live_groups_per_app,
    joined_groups_per_connection,
    devices_per_uid,
    in_flight_requests,
    writes_in_flight,
    ping_interval,
    liveness_timeout,
    authentication_deadline,
    token_lifetime,
    token_leeway,
    failed_logins_per_minute,
    failed_login_penalty,
    room_idle,
    history_page_messages,
    sanction_page_entries,
    page_entries,
    admins_per_group,
    recall_window,
    pulse_interval,
    members_may_set_attributes,
    counters_per_group,
    moderates,
    moderation_timeout,
    moderation_fallback_allows,
    attribute_leave_grace,
    dissolve_after_idle,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_back_as_they_were() {
        let config = EngineConfig {
            sender_burst: 7,
            moderates: true,
            room_idle: Duration::from_micros(1_500),
            ..EngineConfig::default()
        };
        assert_eq!(from_wire(to_wire(&config)), Some(config));
    }

    #[test]
    fn a_limit_that_was_not_there_yet_is_the_default_and_an_unknown_one_is_refused() {
        assert_eq!(from_wire(BTreeMap::new()), Some(EngineConfig::default()));
        assert_eq!(from_wire([("of_tomorrow".to_owned(), 1)].into()), None);
        assert_eq!(from_wire([("moderates".to_owned(), 2)].into()), None);
        assert_eq!(from_wire([("sender_burst".to_owned(), u64::MAX)].into()), None);
    }
}
