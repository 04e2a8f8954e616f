//! Finding the server that a data directory belongs to.

use std::path::Path;

use bim::{AppId, Uid};
use bim_server::StartError;
use bim_server::admin::{self, AdminClient, AdminCommand, AdminError, AdminReply};

use crate::error::{CliError, chain};
use crate::progress;

/// Has one command carried out by the server of a data directory, or on the directory itself when none runs.
pub(super) async fn ask(data_dir: &Path, command: AdminCommand) -> Result<AdminReply, CliError> {
    let client = progress::while_waiting("opening the store", admin::connect_or_open(data_dir)).await;
    let client: AdminClient = client.map_err(|error| refusal(&error))?;
    let reply = client.call(command).await.map_err(|error| refusal(&error));
    client.close().await;
    reply
}

/// Says why an operator was not answered.
pub(super) fn refusal(error: &AdminError) -> CliError {
    match error {
        AdminError::Refused(refusal) => CliError::failed(refusal.to_string()),
        AdminError::Unanswered { .. } => {
            CliError::failed(chain(error)).help("if it was killed a moment ago, try again")
        }
        AdminError::Open(error) => start_refusal(error),
        error => CliError::failed(chain(error)),
    }
}

/// Says why a server did not start.
pub(super) fn start_refusal(error: &StartError) -> CliError {
    let failed = CliError::failed(chain(error));
    match error {
        StartError::Config(_) => failed.help("bim serve --print-config prints all settings"),
        StartError::DataDirUnwritable { .. } => {
            failed.help("choose another with --data-dir, or change its owner or permissions")
        }
        StartError::DataDirInUse { .. } => {
            failed.help("stop the server that uses it, or choose another directory with --data-dir")
        }
        StartError::WordList(_) => failed
            .help("it is a text file with one word or phrase a line; lines that begin with # are remarks"),
        StartError::AddressTaken { key, .. } => {
            let flag = key.trim_start_matches("listen.").replace('_', "-");
            failed.help(format!("--listen-{flag} takes another address; port 0 takes a free one"))
        }
        _ => failed,
    }
}

/// An app id as it was typed.
pub(super) fn app_id(app: u32) -> Result<AppId, CliError> {
    AppId::new(app).map_err(|error| CliError::arguments(format!("--app: {error}")))
}

/// A user as it was typed.
pub(crate) fn user(text: &str, is_int: bool) -> Result<Uid, CliError> {
    user_at("--uid", "--int-uid", text, is_int)
}

/// A user as it was typed at some place, where a flag says whether it is a number.
pub(crate) fn user_at(place: &str, flag: &str, text: &str, is_int: bool) -> Result<Uid, CliError> {
    let uid = if is_int {
        let wrong = || {
            CliError::arguments(format!("{flag}: the uid is not a number"))
                .help(format!("write {place} 7 {flag}"))
        };
        Uid::int(text.parse().map_err(|_| wrong())?)
    } else {
        Uid::string(text)
    };
    uid.map_err(|error| CliError::arguments(format!("{place}: {error}")))
}

/// The answer did not fit the question; a newer server, perhaps.
pub(super) fn unexpected() -> CliError {
    CliError::failed("the server answered something else").help("use the bim that the server runs")
}
