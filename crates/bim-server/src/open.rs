//! The real server: a data directory, sockets, a certificate.
//!
//! ```text
//!   data_dir/server.redb       apps, groups, messages; also the lock on the directory
//!   data_dir/tls/              the development certificate, when no other is given
//!   data_dir/admin.json        where a running server can be asked
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bim_store::redb::{OpenError, RedbLog, RedbOptions};
use bim_types::Epoch;

use crate::admin::AdminService;
use crate::config::{ConfigError, ServerConfig};
use crate::listeners;
use crate::moderation::{Moderator, WordList};
use crate::running::Running;
use crate::server::Server;
use crate::start_error::StartError;

/// Name of the database in the data directory.
const DATABASE: &str = "server.redb";

/// Opens and starts a server as its settings say.
pub(crate) async fn open(
    mut config: ServerConfig,
    moderator: Option<Arc<dyn Moderator>>,
) -> Result<Running, StartError> {
    config.check()?;
    let moderator = one_of(moderator, &config)?;
    let log = open_log(config.data_dir.clone()).await?;
    let bound = listeners::bind(&mut config).await?;
    let data_dir = config.data_dir.clone();
    let server = bound.listeners.into_iter().fold(Server::new(config, Arc::new(log)), Server::listener);
    let mut running = moderator.into_iter().fold(server, Server::moderator).run().await?;
    running.fingerprint = bound.fingerprint;
    let service = AdminService::start(&data_dir, running.admin()).await;
    running.service = Some(service.map_err(|error| StartError::Admin(Box::new(error)))?);
    for endpoint in running.endpoints() {
        tracing::info!(%endpoint, "listening");
    }
    Ok(running)
}

/// Starts the engine on a data directory, for operators only.
pub(crate) async fn open_without_listeners(data_dir: &Path) -> Result<Running, StartError> {
    let log = open_log(data_dir.to_owned()).await?;
    let config = ServerConfig { data_dir: data_dir.to_owned(), workers: 1, ..ServerConfig::default() };
    Server::start(config, Arc::new(log), Vec::new()).await
}

/// The moderator of the host, or the one of the settings.
fn one_of(
    moderator: Option<Arc<dyn Moderator>>,
    config: &ServerConfig,
) -> Result<Option<Arc<dyn Moderator>>, StartError> {
    let Some(words) = &config.moderation.words else { return Ok(moderator) };
    if moderator.is_some() {
        let right = "left out: the program brings a moderator of its own";
        return Err(ConfigError::Conflict { key: "moderation.words", right }.into());
    }
    Ok(Some(Arc::new(WordList::read(words, config.moderation.action)?)))
}

async fn open_log(data_dir: PathBuf) -> Result<RedbLog, StartError> {
    // 53 bits, so that it is exact in a JSON number too.
    let epoch = Epoch(getrandom::u64().map_err(|error| StartError::System(error.into()))? >> 11);
    let opening = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&data_dir)
            .map_err(|source| StartError::DataDirUnwritable { data_dir: data_dir.clone(), source })?;
        let path = data_dir.join(DATABASE);
        RedbLog::open(&path, epoch, RedbOptions::default()).map_err(|error| refusal(error, data_dir, path))
    });
    opening.await.map_err(|error| StartError::System(error.into()))?
}

fn refusal(error: OpenError, data_dir: PathBuf, path: PathBuf) -> StartError {
    match error {
        OpenError::InUse { .. } => StartError::DataDirInUse { data_dir },
        OpenError::Unwritable { source, .. } => StartError::DataDirUnwritable { data_dir, source },
        error => StartError::Database { path, source: Box::new(error) },
    }
}

#[cfg(test)]
#[path = "open_test.rs"]
mod tests;
