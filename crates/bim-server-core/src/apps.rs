//! The apps of this server, all in memory: who may sign, and who is turned away.

use std::collections::BTreeMap;

use bim_proto::stored::StoredApp;
use bim_types::{AppId, AppSecret};

use crate::io::AppSummary;
use crate::token::Revocations;

/// The apps of this server.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    apps: BTreeMap<AppId, App>,
    by_key: BTreeMap<String, AppId>,
    /// The largest id known or given away.
    last: u32,
}

/// One app in memory.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) record: StoredApp,
    /// How many live groups it has, once somebody had to know.
    pub(crate) live_groups: Option<usize>,
    /// Which of its tokens are not taken any more.
    pub(crate) revocations: Revocations,
}

impl Apps {
    /// Takes an app as it was stored.
    pub(crate) fn insert(&mut self, app: AppId, record: StoredApp) {
        for key in &record.keys {
            self.by_key.insert(key.key_id.clone(), app);
        }
        self.reserve(app);
        let (live_groups, revocations) =
            self.apps.remove(&app).map(|known| (known.live_groups, known.revocations)).unwrap_or_default();
        self.apps.insert(app, App { record, live_groups, revocations });
    }

    /// Keeps an id from being given away.
    pub(crate) fn reserve(&mut self, app: AppId) {
        self.last = self.last.max(app.value());
    }

    /// Every app.
    pub(crate) fn ids(&self) -> Vec<AppId> {
        self.apps.keys().copied().collect()
    }

    /// One app.
    pub(crate) fn find(&self, app: AppId) -> Option<&App> {
        self.apps.get(&app)
    }

    /// One app, to change.
    pub(crate) fn find_mut(&mut self, app: AppId) -> Option<&mut App> {
        self.apps.get_mut(&app)
    }

    /// The app and the secret that a key id names.
    pub(crate) fn key(&self, key_id: &str) -> Option<(AppId, &AppSecret)> {
        let app = *self.by_key.get(key_id)?;
        let key = self.apps.get(&app)?.record.keys.iter().find(|key| key.key_id == key_id)?;
        Some((app, &key.secret))
    }

    /// The id for a new app, given away once: one more than the largest; `None` when ids have run out.
    pub(crate) fn next_id(&mut self) -> Option<AppId> {
        let app = AppId::new(self.last.checked_add(1)?).ok()?;
        self.last = app.value();
        Some(app)
    }

    /// All apps, for operators.
    pub(crate) fn summaries(&self) -> Vec<AppSummary> {
        let summary = |(app, known): (&AppId, &App)| AppSummary {
            app: *app,
            name: known.record.name.clone(),
            created_at: known.record.created_at,
            disabled: known.record.disabled,
            key_ids: known.record.keys.iter().map(|key| key.key_id.clone()).collect(),
        };
        self.apps.iter().map(summary).collect()
    }
}
