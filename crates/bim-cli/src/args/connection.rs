//! How to reach a server, and as whom.

use std::path::PathBuf;

use clap::Args;

/// How to reach a server, and as whom. A join file says all of it; flags go before it.
///
/// The token may also be in the variable BIM_TOKEN.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectionArgs {
    /// A file that says everything below, as `bim dev` writes it [without FILE: that of the `bim dev` that
    /// runs in this user's directory]; flags go before it
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(crate) join: Option<Option<PathBuf>>,
    /// ws://host:port, wss://host:port or quic://host:port; repeated ones are tried in turn
    #[arg(long, value_name = "URL", required_unless_present = "join")]
    pub(crate) server: Vec<String>,
    /// The one certificate to trust: its file (PEM) or its SHA-256 fingerprint [default: what the system trusts]
    #[arg(long, value_name = "FILE|FINGERPRINT")]
    pub(crate) trust: Option<String>,
    /// Which app
    #[arg(long, value_name = "ID", required_unless_present = "join")]
    pub(crate) app: Option<u32>,
    /// Who you are; the token must be for this user
    #[arg(long, required_unless_present = "join")]
    pub(crate) uid: Option<String>,
    /// The uid is a number, not a string: 7 and "7" are different users
    #[arg(long)]
    pub(crate) int_uid: bool,
    /// The token. Better in --token-file or in the variable BIM_TOKEN: flags can be seen by other users
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    pub(crate) token: Option<String>,
    /// A file that holds the token; it is read again when the token is about to expire
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Keep this installation's identity there, instead of being a new device each time
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Record to this new file what the client is told, for a bug report: no token, and no message body without
    /// --record-bodies; see `bim replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Record message bodies as they are
    #[arg(long, requires = "record")]
    pub(crate) record_bodies: bool,
}

/// One live group of a server.
#[derive(Debug, Args)]
pub(crate) struct GroupArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// The live group's short id
    #[arg(long, value_name = "ID", required_unless_present = "join")]
    pub(crate) group: Option<i64>,
    /// One JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
