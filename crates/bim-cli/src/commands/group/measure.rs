//! What came of something that was done to a group or to users: for whom, and for whom not.

use bim::{MeasureDone, Uid};
use serde_json::{Value, json};

use super::say;
use crate::args::{GroupArgs, UidsArgs};
use crate::chat;
use crate::commands::user_at;
use crate::error::CliError;
use crate::shown::{uid_json, uids_json};

/// What was done, to whom, and what came of it.
pub(super) struct Measured<'a> {
    /// The command, as it was typed.
    pub(super) what: &'a str,
    pub(super) uids: &'a [Uid],
    pub(super) done: MeasureDone,
}

impl Measured<'_> {
    /// Tells of something that was done to the group as a whole.
    pub(super) fn of_group(what: &str, args: &GroupArgs, done: MeasureDone) -> Result<(), CliError> {
        Measured { what, uids: &[], done }.tell(args)
    }

    /// Prints for whom it was done, and says for whom not. An error when there is one for whom it was not.
    pub(super) fn tell(&self, args: &GroupArgs) -> Result<(), CliError> {
        let failed = |uid: &&Uid| self.done.failed.iter().any(|failure| failure.uid == **uid);
        let done: Vec<Uid> = self.uids.iter().filter(|uid| !failed(uid)).cloned().collect();
        if args.json {
            say(self.json(&done).to_string())?;
        } else if self.uids.is_empty() {
            say(format!("{}: done", self.what))?;
        } else if !done.is_empty() {
            let names: Vec<_> = done.iter().map(ToString::to_string).collect();
            say(format!("{}: {}", self.what, names.join(", ")))?;
        }
        for failure in &self.done.failed {
            chat::tell_error(&format!("failed: {}: {}", failure.uid, failure.reason));
        }
        match self.done.failed.len() {
            0 => Ok(()),
            failed => {
                let all = self.uids.len().max(failed);
                Err(CliError::failed(format!("{} was not done for {failed} of {all} users", self.what)))
            }
        }
    }

    fn json(&self, done: &[Uid]) -> Value {
        let failed = self.done.failed.iter().map(|failure| {
            let (code, reason) = (failure.reason.code, failure.reason.to_string());
            json!({ "uid": uid_json(&failure.uid), "code": code.number(), "name": code.name(), "reason": reason })
        });
        json!({
            "done": self.what, "version": self.done.version, "uids": uids_json(done),
            "failed": failed.collect::<Vec<_>>(),
        })
    }
}

/// The users that were typed.
pub(super) fn uids_of(args: &UidsArgs) -> Result<Vec<Uid>, CliError> {
    args.uids.iter().map(|uid| one_uid(uid, args.int_uids)).collect()
}

/// A user that was typed.
pub(super) fn one_uid(text: &str, is_int: bool) -> Result<Uid, CliError> {
    user_at("UID", "--int-uids", text, is_int)
}
