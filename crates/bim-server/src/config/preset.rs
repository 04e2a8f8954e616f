//! Budgets by name.

use bim_server_core::{Budgets, EngineConfig};

use super::setting::{Raw, Setting, quote};

/// The setting that names a preset.
pub(super) const KEY: &str = "limits.preset";

/// The settings that a preset decides about, unless they are set by themselves.
const DECIDED: [&str; 4] = [
    "limits.room_high_per_second",
    "limits.room_shared_per_second",
    "limits.sender_per_second",
    "limits.sender_burst",
];

/// How much a live group accepts, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BudgetPreset {
    /// Ours, [`Budgets::default`]: 100 HIGH a second, 400 NORMAL and LOW, 10 from one sender and 20 at once.
    #[default]
    Default,
    /// The quota of cloud products, [`Budgets::CLOUD`]: 10 HIGH a second, 30 NORMAL and LOW, 5 from one sender
    /// and 10 at once.
    Cloud,
}

impl BudgetPreset {
    const NAMES: [(&'static str, Self); 2] = [("default", Self::Default), ("cloud", Self::Cloud)];

    /// Sets the budgets of an engine to those of the preset.
    pub fn apply(self, engine: &mut EngineConfig) {
        let budgets = match self {
            Self::Default => Budgets::default(),
            Self::Cloud => Budgets::CLOUD,
        };
        engine.room_high_per_second = budgets.high.per_second;
        engine.room_shared_per_second = budgets.shared.per_second;
        engine.sender_per_second = budgets.sender.per_second;
        engine.sender_burst = budgets.sender.burst;
    }
}

/// Whether a preset decides about this setting.
pub(super) fn decides(key: &str) -> bool {
    DECIDED.contains(&key)
}

impl Setting for BudgetPreset {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.named(&Self::NAMES).ok_or("\"default\" or \"cloud\"")
    }

    fn show(&self) -> Option<String> {
        Self::NAMES.iter().find(|(_, preset)| preset == self).map(|(name, _)| quote(name))
    }
}
