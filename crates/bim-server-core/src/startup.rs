//! What the engine reads before connections may be accepted: its apps, page by page, each with what is revoked of it.
//!
//! ```text
//!   page of apps ──► their revocations ──► next page … ──► Ready, and a look at groups that end when idle
//! ```
//!
//! A read that fails is asked for again: nobody is let in by a server that does not know whom to turn away.

use bim_proto::stored::{StoredApp, StoredRevocations};
use bim_types::store::{RecordKey, RecordRange, VersionedRecord};
use bim_types::{AppId, Now};

use crate::engine::Engine;
use crate::io::{LogQuery, Notice, Output};
use crate::ops::PendingRead;
use crate::token::Revocations;

/// Apps read at a time.
const APPS_PAGE: usize = 256;

impl Engine {
    /// Reads the apps after an id; 0 for the first.
    pub(crate) fn read_apps(&mut self, after: u64) {
        let query = LogQuery::Records { range: RecordRange::Apps, after, limit: APPS_PAGE };
        self.ops.read(&mut self.out, query, PendingRead::Apps { after });
    }

    /// Reads what is revoked of a page of apps; then goes on with the page after `next`.
    pub(crate) fn read_revocations(&mut self, page: Vec<AppId>, next: Option<u64>) {
        let query = LogQuery::Keys(page.iter().map(|app| RecordKey::Revocations(*app)).collect());
        self.ops.read(&mut self.out, query, PendingRead::Revocations { page, next });
    }

    pub(crate) fn on_apps_loaded(&mut self, records: Vec<VersionedRecord>) {
        let is_full = records.len() == APPS_PAGE;
        let mut page = Vec::with_capacity(records.len());
        for record in records {
            let RecordKey::App(app) = record.key else { continue };
            page.push(app);
            match StoredApp::decode(record.value) {
                Ok(stored) => self.apps.insert(app, stored),
                Err(_) => {
                    self.apps.reserve(app);
                    self.out.push(Output::Notice(Notice::RecordDamaged { app, group: None }));
                }
            }
        }
        let next = page.last().filter(|_| is_full).map(|app| app.value().into());
        if page.is_empty() {
            self.continue_apps(next);
        } else {
            self.read_revocations(page, next);
        }
    }

    pub(crate) fn on_revocations_loaded(&mut self, now: Now, records: Vec<VersionedRecord>) {
        for record in records {
            let RecordKey::Revocations(app) = record.key else { continue };
            let revocations = StoredRevocations::decode(record.value).map(Revocations::new);
            let revocations = revocations.unwrap_or_else(|_| {
                self.out.push(Output::Notice(Notice::RecordDamaged { app, group: None }));
                Revocations::everything_until(now.wall)
            });
            if let Some(known) = self.apps.find_mut(app) {
                known.revocations = revocations;
            }
        }
    }

    /// Reads the next page of apps, or is ready when there is none.
    pub(crate) fn continue_apps(&mut self, next: Option<u64>) {
        if let Some(after) = next {
            return self.read_apps(after);
        }
        self.out.push(Output::Ready);
        for app in self.apps.ids() {
            self.watch_idle_groups(app, 0);
        }
    }
}
