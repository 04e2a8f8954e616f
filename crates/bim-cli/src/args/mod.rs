//! What may be typed. The doc comments are what `--help` prints.

mod bench;
mod connection;
mod duration;
mod group;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use bench::{BENCH_HELP, BenchArgs, BenchServerArgs, TransportArg};
pub(crate) use connection::{ConnectionArgs, GroupArgs};
pub(crate) use duration::{parse_duration, parse_period};
use group::GROUP_HELP;
pub(crate) use group::{
    AdminRoleCommand, AttributeCommand, AttrsCommand, GroupCommand, ListArg, LivesCommand, MarksCommand,
    MembersArgs, MembersCommand, MessageCommand, MuteAllArg, ProfileArgs, RoleArg, RoleCommand,
    SanctionCommand, SetAttributeArgs, UidsArgs, WatchArgs,
};
pub(crate) use token::{RevokeArgs, TokenArgs, TokenCommand};

/// Live-room chat: a server, a chat for people, and a tool for scripts.
///
/// Without a command this is `bim dev`: a server, an app, a live group and a chat in one process.
#[derive(Debug, Parser)]
#[command(name = "bim", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(after_help = "Examples:
  bim                                        chat at once; prints the line for a second terminal
  printf 'hello\\n' | bim                     send one line, see its verdict, end
  bim serve --data-dir /var/lib/bim          a server, until ctrl-c or SIGTERM
  bim app create --name demo                 an app and the secret its tokens are signed with
  bim token --app 1 --uid alice --ttl 1h     a token for alice
  bim chat --help                            everything a chat can do
  bim bench                                  what a server does on this machine")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) dev: DevArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A server, an app, a live group and a chat in one process, to try things out.
    ///
    /// The server is the real one. It listens on 127.0.0.1:7900 for WebSocket and on 127.0.0.1:7901 for
    /// QUIC, and on free ports when those are taken. Its data is kept from one start to the next.
    /// When standard input is not a terminal, this behaves as `bim chat` does: each line is sent, and it
    /// ends when each has its verdict.
    Dev(DevArgs),
    /// A server, until ctrl-c or SIGTERM.
    ///
    /// Settings come from defaults, then the file, then variables that begin with BIM_ (limits.ping_interval
    /// is BIM_LIMITS_PING_INTERVAL), then flags. SIGTERM and ctrl-c end it in order: it accepts nobody,
    /// finishes what is being written, tells everyone, and exits with 0.
    #[command(after_help = "Examples:
  bim serve --print-config > bim.toml
  bim serve --config bim.toml
  bim serve --data-dir /var/lib/bim --listen-websocket 0.0.0.0:7900 --listen-quic off
  bim serve --set limits.preset=cloud
  bim serve --set moderation.words=words.txt --set moderation.action=mask
  bim serve --set limits.sender_per_second=100000 --set limits.sender_burst=100000")]
    Serve(ServeArgs),
    /// Make, list, disable and enable apps. Works whether the server runs or not.
    #[command(subcommand)]
    App(AppCommand),
    /// Print a token for a user: only the token, for `$(bim token …)`. Or take tokens back.
    ///
    /// A back end signs tokens by itself with the app's secret; this is for trying things out.
    #[command(after_help = "Examples:
  bim chat --token \"$(bim token --app 1 --uid alice --ttl 1h)\" …
  bim token --app 1 --uid backend --app-server      for the app's own server, never for a client
  bim token revoke --app 1 --uid alice              the tokens alice has; her sessions end at once")]
    Token(TokenArgs),
    /// Everything that can be done with a live group, as a user of an app: one command, one answer.
    #[command(subcommand, after_help = GROUP_HELP)]
    Group(GroupCommand),
    /// Chat in a live group: for people on a terminal, for scripts otherwise.
    ///
    /// On a terminal: type and press enter; /help lists what else there is.
    ///
    /// Otherwise each line of standard input is sent, in order, and each message of others is one line on
    /// standard output, in the order of positions, none missing, none twice. A refusal with a retry time
    /// holds its line and those behind it, and they are sent again at that time. After the end of input it
    /// ends with 0 once every line has its verdict; with 1 and the reason otherwise.
    #[command(after_help = CHAT_HELP)]
    Chat(ChatArgs),
    /// Play a recording of a server or a client, and say whether the same comes of it.
    ///
    /// A recording is what `bim serve --record FILE`, `bim chat --record FILE` or a program with `bim` wrote. It is
    /// told to a fresh machine of this version. Ends with 0 when that wants the same after every entry, with 1 and
    /// the first difference otherwise. Nothing is sent anywhere.
    #[command(after_help = "Examples:
  bim serve --record bug.bimrec
  bim chat --join --record bug.bimrec --record-bodies
  bim replay bug.bimrec
  bim replay bug.bimrec --json")]
    Replay(ReplayArgs),
    /// Measure a server: what a message to many costs, how long it takes, and that nothing is lost.
    ///
    /// Without ENDPOINT it starts a server of its own in a second process, on a temporary directory, with budgets so
    /// high that nothing is refused, on a core of its own. Viewers join a live group and keep an account of every
    /// position, which is compared with what the senders were told. Ends with 1 when anything is lost.
    #[command(after_help = BENCH_HELP)]
    Bench(Box<BenchArgs>),
    /// The server of a bench, until standard input ends.
    #[command(hide = true)]
    BenchServer(Box<BenchServerArgs>),
    /// Print the version.
    Version,
}

const CHAT_HELP: &str = "Lines in:
  Only \\n ends a line; \\r belongs to it; a last line without \\n counts. Lines are UTF-8 and at most 65536
  bytes long. Empty lines are passed over and counted on standard error.

Lines out, as text:
  alice: hello                  a message of alice; control characters are shown as escapes
  accepted 42 hello             an own line with its number in the group
  everything else goes to standard error

Lines out, with --json, one object each; exact bytes, as JSON strings:
  {\"type\":\"joined\",\"group\":…,\"name\":…,\"online\":…}
  {\"type\":\"message\",\"position\":{\"epoch\":…,\"seq\":…},\"sender\":…,\"priority\":\"normal\",\"kind\":\"text\",
   \"text\":…,\"client_message_id\":…,\"accepted_at_ms\":…}
  {\"type\":\"accepted\",\"line\":…,\"position\":{…},…,\"text\":…}
  {\"type\":\"refused\",\"line\":…,\"code\":78,\"reason\":…,\"retry_after_ms\":…,\"final\":false}
  {\"type\":\"gap\",\"from\":…,\"to\":…}              these numbers can not be had any more
  {\"type\":\"discontinuity\",\"reason\":…}           the group's log began anew
  {\"type\":\"status\",\"status\":…}                  connecting, connected, disconnected

Examples:
  bim chat --join ~/.local/share/bim/dev/join-quic.json
  bim chat --server wss://chat.example.org:443 --app 1 --uid alice --token-file token --group 123
  seq 1000 | bim chat --server ws://127.0.0.1:7900 --app 1 --uid bot --token \"$T\" --group 123
  bim chat … --json --listen --receive 100 < /dev/null      the next 100 messages, then end";

#[derive(Clone, Debug, Args)]
pub(crate) struct DevArgs {
    /// Where the server keeps its data [default: bim/dev in the user's data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Who you are [default: $USER, or dev]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Where to listen for WebSocket [default: 127.0.0.1:7900, or a free port]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_websocket: Option<SocketAddr>,
    /// Where to listen for QUIC [default: 127.0.0.1:7901, or a free port]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_quic: Option<SocketAddr>,
    /// Any setting of the server, as in its file; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_setting)]
    pub(crate) settings: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) room: RoomArgs,
}

/// What a chat does, wherever it is.
#[derive(Clone, Debug, Args)]
pub(crate) struct RoomArgs {
    /// The class of what is sent
    #[arg(long, value_enum, default_value_t = PriorityArg::Normal, hide_possible_values = false)]
    pub(crate) priority: PriorityArg,
    /// Scripts: one JSON object a line instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Scripts: go on receiving after the end of input, until ctrl-c, SIGTERM, --receive or --timeout
    #[arg(long)]
    pub(crate) listen: bool,
    /// Scripts: end once so many messages of others have arrived
    #[arg(long, value_name = "COUNT")]
    pub(crate) receive: Option<u64>,
    /// Scripts: give up after this time, whatever is left to do; with --listen alone, end then with 0
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Give up after this time without a connection [default: 10s for the first one, 60s later]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) connect_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PriorityArg {
    /// The first to be left out for viewers who can not keep up
    Low,
    /// Chat
    Normal,
    /// Never left out; who may send it is the server's decision
    High,
}

#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// The live group's short id
    #[arg(long, value_name = "ID", required_unless_present = "join")]
    pub(crate) group: Option<i64>,
    #[command(flatten)]
    pub(crate) room: RoomArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// A file with settings; see --print-config
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the database, the development certificate and admin.json are [default: bim-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where to listen for ws://, or off; port 0 takes a free one [default: 127.0.0.1:7900]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_listen)]
    pub(crate) listen_websocket: Option<Listen>,
    /// Where to listen for quic://, or off [default: 127.0.0.1:7901]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_listen)]
    pub(crate) listen_quic: Option<Listen>,
    /// Where to listen for wss://, or off [default: off]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_listen)]
    pub(crate) listen_secure_websocket: Option<Listen>,
    /// Certificate chain as PEM [default: a development certificate in the data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Its private key as PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Fan-out shards; 0 for one per core
    #[arg(long, value_name = "COUNT")]
    pub(crate) workers: Option<usize>,
    /// Record to this new file what the engine is told, for a bug report: no token and no secret, and no message
    /// body without --record-bodies; see `bim replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Record message bodies as they are
    #[arg(long)]
    pub(crate) record_bodies: bool,
    /// How the log is written
    #[arg(long, value_enum)]
    pub(crate) log_format: Option<LogFormatArg>,
    /// From which level on the log is written
    #[arg(long, value_enum)]
    pub(crate) log_level: Option<LogLevelArg>,
    /// Any setting, as in the file; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_setting)]
    pub(crate) settings: Vec<(String, String)>,
    /// Write a JSON file with the endpoints once connections are accepted; it is removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Print a documented sample of the settings, and end
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormatArg {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevelArg {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Where the data of a server is, for operators.
#[derive(Debug, Args)]
pub(crate) struct DataDirArgs {
    /// The server's data directory
    #[arg(long, value_name = "DIR", env = "BIM_DATA_DIR", default_value = "bim-data")]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Make an app. Prints its id, its key id and its secret; the secret is never shown again.
    Create {
        /// For people: 1 to 100 characters
        #[arg(long)]
        name: String,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: DataDirArgs,
    },
    /// List all apps.
    List {
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: DataDirArgs,
    },
    /// Turn the users of an app away, those who are connected too.
    Disable {
        /// Which app
        #[arg(long, value_name = "ID")]
        app: u32,
        #[command(flatten)]
        place: DataDirArgs,
    },
    /// Let the users of an app in again.
    Enable {
        /// Which app
        #[arg(long, value_name = "ID")]
        app: u32,
        #[command(flatten)]
        place: DataDirArgs,
    },
}

/// An address to listen on, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) Option<SocketAddr>);

fn parse_listen(text: &str) -> Result<Listen, String> {
    if text == "off" {
        return Ok(Listen(None));
    }
    let address = text
        .parse()
        .map_err(|_| format!("`{text}` is not an address with a port, as 127.0.0.1:7900, nor off"))?;
    Ok(Listen(Some(address)))
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("`{text}` is not a setting; write key=value, as limits.sender_per_second=100")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_flags_are_those_of_dev() {
        let cli = Cli::try_parse_from(["bim", "--name", "ann", "--json"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!((cli.dev.name.as_deref(), cli.dev.room.json), (Some("ann"), true));
    }

    #[test]
    fn a_chat_needs_to_know_where_or_a_join_file() {
        assert!(Cli::try_parse_from(["bim", "chat"]).is_err());
        assert!(Cli::try_parse_from(["bim", "chat", "--join", "f"]).is_ok());
        let full = ["bim", "chat", "--server", "ws://h:1", "--app", "1", "--uid", "a", "--token", "t"];
        assert!(Cli::try_parse_from(full).is_err());
        assert!(Cli::try_parse_from(full.into_iter().chain(["--group", "5"])).is_ok());
    }

    #[test]
    fn listeners_can_be_switched_off_and_settings_have_values() {
        assert_eq!(parse_listen("off"), Ok(Listen(None)));
        assert!(parse_listen("localhost").unwrap_err().contains("127.0.0.1:7900"));
        assert_eq!(parse_setting("a.b = 1"), Ok(("a.b".into(), "1".into())));
        assert!(parse_setting("a.b").is_err());
    }
}
