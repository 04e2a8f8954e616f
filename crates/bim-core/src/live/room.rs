//! One live group: what the client keeps beside its viewer.

use std::collections::BTreeMap;

use bim_livegroup::viewer::Viewer;
use bim_types::{MemberInfo, Uid};

use super::taps::Taps;

/// Counters of one group that are remembered. What a server tells beyond that is told and not remembered. More
/// than any server keeps.
const KNOWN_COUNTERS_MAX: usize = 1_000;

/// One live group the client is in or enters.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) viewer: Viewer,
    /// What the user said about itself last; presented again whenever the group is entered again.
    pub(super) info: Option<MemberInfo>,
    pub(super) taps: Taps,
    attributes_version: u64,
    counters: BTreeMap<String, u64>,
}

impl Room {
    pub(super) fn joining(me: Uid) -> Self {
        Self {
            viewer: Viewer::joining(me),
            info: None,
            taps: Taps::default(),
            attributes_version: 0,
            counters: BTreeMap::new(),
        }
    }

    /// What the user says about itself changed by another hand: this is what it says from now on.
    pub(super) fn follow_own_record(&mut self) {
        let record = self.viewer.conversation().and_then(|known| known.me.as_ref());
        if let (Some(info), Some(record)) = (&mut self.info, record)
            && *info != record.info
        {
            *info = record.info.clone();
        }
    }

    pub(super) fn attributes_version(&self) -> u64 {
        self.attributes_version
    }

    /// Notes the version of attributes that the app is told of. Says whether it differs from the known one.
    pub(super) fn knows_attributes(&mut self, version: u64) -> bool {
        std::mem::replace(&mut self.attributes_version, version) != version
    }

    pub(super) fn counters(&self) -> &BTreeMap<String, u64> {
        &self.counters
    }

    /// Takes all counters as they stand. Gives those that differ from what was known.
    pub(super) fn reset_counters(&mut self, counters: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let known = std::mem::take(&mut self.counters);
        self.counters = counters.clone();
        let mut changed = counters;
        changed.retain(|name, sum| known.get(name) != Some(sum));
        changed
    }

    /// Takes some counters as they stand. They only rise: what an answer told may be older in a pulse that was
    /// on its way. Gives those that rose.
    pub(super) fn raise_counters(&mut self, counters: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let mut risen = counters.clone();
        risen.retain(|name, sum| self.counters.get(name).is_none_or(|known| known < sum));
        for (name, sum) in &risen {
            if self.counters.contains_key(name) || self.counters.len() < KNOWN_COUNTERS_MAX {
                self.counters.insert(name.clone(), *sum);
            }
        }
        risen
    }
}
