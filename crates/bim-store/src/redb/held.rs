//! A database that is held by a store.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::redb::Database;

/// Closes the database when it is dropped, and keeps a panic of that to itself: after one inside of a commit,
/// closing panics as well. The file is then left for the next opening to recover.
#[derive(Debug)]
pub(super) struct Held(Option<Database>);

impl From<Database> for Held {
    fn from(database: Database) -> Self {
        Self(Some(database))
    }
}

impl Deref for Held {
    type Target = Database;

    fn deref(&self) -> &Database {
        self.0.as_ref().expect("only dropping takes the database")
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Database {
        self.0.as_mut().expect("only dropping takes the database")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let database = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}
