//! Where a client goes and as whom, put together from flags, a join file, a token file and the environment.

mod join_file;
mod token_file;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bim::{AppId, Client, ConversationShortId, Error, ErrorCode, ServerTrust, TokenSource, Uid};

pub(crate) use join_file::{JoinFile, JoinUid};
use token_file::TokenFile;

use crate::args::ConnectionArgs;
use crate::commands::user;
use crate::error::{CliError, chain};

/// How long a first connection is tried.
pub(crate) const FIRST_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait between two attempts of a first connection.
const FIRST_CONNECT_PAUSE: Duration = Duration::from_millis(500);

/// Events that wait for a reader, for each stream. What does not fit is fetched from the history.
const EVENT_BUFFER: usize = 16_384;

/// The variable that may hold the token.
const TOKEN_VARIABLE: &str = "BIM_TOKEN";

/// Where a client goes and as whom.
pub(crate) struct Target {
    pub(crate) servers: Vec<String>,
    pub(crate) trust: Option<String>,
    pub(crate) app: AppId,
    pub(crate) uid: Uid,
    pub(crate) token: TokenSource,
    pub(crate) data_dir: Option<PathBuf>,
    /// Where the client is recorded to, and whether with message bodies.
    pub(crate) record: Option<(PathBuf, bool)>,
    /// The group of the join file.
    pub(crate) group: Option<ConversationShortId>,
}

impl Target {
    /// Puts a target together: flags go before the join file, and that before the environment.
    pub(crate) fn of(args: &ConnectionArgs) -> Result<Self, CliError> {
        let join_path = args.join.clone().map(|given| given.map_or_else(JoinFile::of_dev, Ok)).transpose()?;
        let join = join_path.as_deref().map(JoinFile::read).transpose()?;
        let app = args.app.or(join.as_ref().map(|join| join.app)).ok_or_else(|| missing("--app"))?;
        let uid = match (&args.uid, &join) {
            (Some(uid), _) => user(uid, args.int_uid)?,
            (None, Some(join)) => join.uid()?,
            (None, None) => return Err(missing("--uid")),
        };
        let servers = match &join {
            Some(join) if args.server.is_empty() => vec![join.server.clone()],
            _ => args.server.clone(),
        };
        Ok(Self {
            servers,
            trust: args.trust.clone().or_else(|| join.as_ref().and_then(|join| join.trust.clone())),
            app: AppId::new(app).map_err(|error| CliError::arguments(format!("--app: {error}")))?,
            uid,
            token: token(args, join_path)?,
            data_dir: args.data_dir.clone(),
            record: args.record.clone().map(|file| (file, args.record_bodies)),
            group: join.as_ref().and_then(|join| join.group).map(group_id).transpose()?,
        })
    }

    /// Logs in. Tries for a while when nobody answers; `say` is told once that it does. A time that was asked for
    /// is kept to; without one, an attempt that was begun in time is brought to its end.
    pub(crate) async fn connect(
        &self,
        asked_for: Option<Duration>,
        mut say: impl FnMut(String),
    ) -> Result<Client, CliError> {
        let client = self.client().await?;
        let patience = asked_for.unwrap_or(FIRST_CONNECT_TIMEOUT);
        let until = Instant::now() + patience;
        let mut told = false;
        loop {
            let login = client.login(self.uid.clone(), self.token.clone());
            let outcome = match asked_for {
                Some(_) => tokio::time::timeout_at(until.into(), login).await,
                None => Ok(login.await),
            };
            let Err(error) = outcome.map_err(|_| self.no_connection(patience))? else { return Ok(client) };
            let again = error.is_retryable() && !is_certificate(&error);
            let pause = error.retry_after().unwrap_or_default().max(FIRST_CONNECT_PAUSE);
            if !again || pause >= until.saturating_duration_since(Instant::now()) {
                return Err(self.login_refusal(&error));
            }
            if !std::mem::replace(&mut told, true) {
                say(format!("{}; trying for {} s", chain(&error), patience.as_secs()));
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn client(&self) -> Result<Client, CliError> {
        let mut builder = Client::builder(self.app, self.uid.clone()).event_buffer(EVENT_BUFFER);
        for server in &self.servers {
            builder = builder
                .endpoint(server)
                .map_err(|error| CliError::arguments(format!("--server: {}", chain(&error))))?;
        }
        if let Some(trust) = &self.trust {
            builder = builder.trust_certificate(trust_of(trust)?);
        }
        if let Some(data_dir) = &self.data_dir {
            builder = builder.data_dir(data_dir);
        }
        if let Some((file, bodies)) = &self.record {
            builder = builder.record(file).record_bodies(*bodies);
        }
        builder.build().await.map_err(|error| self.build_refusal(&error))
    }

    fn build_refusal(&self, error: &Error) -> CliError {
        let failed = CliError::failed(chain(error));
        match error.error_code() {
            ErrorCode::DataDirUnwritable => {
                failed.help("choose another with --data-dir, or change its permissions")
            }
            ErrorCode::DataDirInUse => {
                failed.help("end the client that uses it, or choose another directory with --data-dir")
            }
            _ => failed,
        }
    }

    fn no_connection(&self, patience: Duration) -> CliError {
        let (servers, waited) = (self.servers.join(", "), patience.as_secs_f64());
        CliError::failed(format!("login to {servers} failed: no connection within {waited} s"))
            .help("check --server, and that a server listens there; --connect-timeout sets how long to try")
    }

    fn login_refusal(&self, error: &Error) -> CliError {
        let servers = self.servers.join(", ");
        let failed = CliError::failed(format!("login to {servers} failed: {}", chain(error)));
        match error.error_code() {
            ErrorCode::ExpiredToken => failed
                .help(format!("make a new one, as bim token --app {} --uid {} does", self.app, self.uid)),
            ErrorCode::InvalidToken => failed.help(format!(
                "it must be signed with the secret of app {}, whole, and not revoked",
                self.app
            )),
            ErrorCode::UserIdMismatchToken => {
                failed.help("--uid must be the user the token is for, and --int-uid given for a number")
            }
            ErrorCode::AppNotNormal => failed.help("bim app list shows the apps of a server"),
            ErrorCode::TooManyDevices => failed.help("end another client of this user first"),
            _ if is_certificate(error) => failed
                .help("--trust takes the file or the fingerprint of the certificate that bim serve prints"),
            ErrorCode::ConnectFailed => failed.help("check --server, and that a server listens there"),
            _ => failed,
        }
    }
}

/// A live group as it was typed.
pub(crate) fn group_id(id: i64) -> Result<ConversationShortId, CliError> {
    ConversationShortId::new(id).map_err(|error| CliError::arguments(format!("--group: {error}")))
}

/// The flag is needed, here or in a join file.
fn missing(flag: &str) -> CliError {
    CliError::arguments(format!("{flag} is missing")).help("give it, or a --join file that has it")
}

fn token(args: &ConnectionArgs, join: Option<PathBuf>) -> Result<TokenSource, CliError> {
    if let Some(token) = &args.token {
        return Ok(TokenSource::fixed(token.trim()));
    }
    if let Some(path) = &args.token_file {
        return TokenFile::plain(path.clone()).source();
    }
    if let Ok(token) = std::env::var(TOKEN_VARIABLE) {
        return Ok(TokenSource::fixed(token.trim()));
    }
    match join {
        Some(path) => TokenFile::join(path).source(),
        None => Err(CliError::arguments("there is no token")
            .help("give --token or --token-file, or set the variable BIM_TOKEN")),
    }
}

/// A certificate to trust as it was typed: a fingerprint or a file.
pub(crate) fn trust_of(text: &str) -> Result<ServerTrust, CliError> {
    let digits = text.trim().trim_start_matches("sha256:").replace(':', "");
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(ServerTrust::Fingerprint(digits));
    }
    let path = PathBuf::from(text);
    if path.is_file() {
        return Ok(ServerTrust::Certificate(path));
    }
    Err(CliError::arguments(format!(
        "--trust: there is no file {}, and it is not a fingerprint",
        path.display()
    ))
    .help("a fingerprint is the 64 hexadecimal digits that bim serve prints"))
}

/// Whether the server showed a certificate that is not trusted: trying again would not help.
fn is_certificate(error: &Error) -> bool {
    error.error_code() == ErrorCode::ConnectFailed && chain(error).contains("certificate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_a_fingerprint_or_a_file_that_exists() {
        let digits = "ab".repeat(32);
        for text in [digits.clone(), format!("sha256:{digits}"), vec!["AB"; 32].join(":")] {
            assert!(matches!(trust_of(&text), Ok(ServerTrust::Fingerprint(_))), "{text}");
        }
        let error = trust_of("/nowhere/cert.pem").err().unwrap().to_string();
        assert!(error.contains("/nowhere/cert.pem") && error.contains("fingerprint"), "{error}");
    }
}
