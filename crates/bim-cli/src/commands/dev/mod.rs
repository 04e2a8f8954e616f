//! `bim dev`: a server, an app, a live group and a chat in one process.
//!
//! *How it flows.* Open the real server on a data directory of this user; make the app `dev` and the live group
//! `lobby`, or find them; write join files for guests; chat; stop the server in order.

mod greeting;
mod guests;
mod home;
mod tokens;

use std::net::{Ipv4Addr, SocketAddr};

use bim::{AppId, ConversationShortId, GroupInfo, TokenSource, Uid};
use bim_server::admin::{AdminCommand, AdminHandle, AdminReply, command};
use bim_server::{Running, Server, ServerOverrides, StartError};

use super::place::{refusal, start_refusal, unexpected};
use super::serve::load_with;
use crate::args::DevArgs;
use crate::chat;
use crate::error::{CliError, chain};
use crate::progress;
use crate::target::Target;

pub(crate) use guests::FIRST_FILE as JOIN_FILE;
pub(crate) use home::default_dir;

use greeting::Greeting;
use guests::Guests;
use home::Home;
use tokens::AdminTokens;

/// The app that is made.
const APP_NAME: &str = "dev";

/// The live group that is made.
const GROUP_NAME: &str = "lobby";

/// Live groups asked for at once.
const PAGE_GROUPS: u32 = 50;

pub(super) async fn run(args: DevArgs) -> Result<(), CliError> {
    let uid = user_name(args.name.as_deref())?;
    let (server, home) = open(&args).await?;
    let done = tokio::select! {
        done = chat(&server, &home, uid, &args) => done,
        () = server.failed() => Err(CliError::failed("the server stopped by a fault")),
    };
    progress::while_waiting("finishing what is being written", server.drain()).await;
    done
}

async fn chat(server: &Running, home: &Home, uid: Uid, args: &DevArgs) -> Result<(), CliError> {
    let admin = server.admin();
    let app = app(&admin).await?;
    let tokens = AdminTokens::new(admin, app, uid.clone());
    let websocket = endpoint(server, "ws");
    let quic = endpoint(server, "quic");
    let trust = server.certificate_fingerprint().map(str::to_owned);
    let own = websocket.clone().or_else(|| quic.clone());
    let own = own.ok_or_else(|| CliError::arguments("bim dev needs a WebSocket or a QUIC listener"))?;
    let mut target = Target {
        servers: vec![own],
        trust: trust.clone(),
        app,
        uid,
        token: TokenSource::provider(tokens.clone()),
        data_dir: None,
        record: None,
        group: None,
    };
    let group = lobby(&target).await?;
    target.group = Some(group);
    let guests = Guests::invite(home, &tokens, group, quic, websocket, trust).await?;
    let greeting = Greeting::new(home, &guests).lines();
    if !chat::is_for_people(&args.room) {
        greeting.iter().for_each(|line| chat::note(line));
    }
    chat::enter(&target, &args.room, &greeting).await
}

/// Opens the server; where nothing was asked for, makes do with what is free.
async fn open(args: &DevArgs) -> Result<(Running, Home), CliError> {
    let mut home = Home::of(args.data_dir.clone());
    let mut overrides = ServerOverrides {
        websocket: args.listen_websocket.map(Some),
        quic: args.listen_quic.map(Some),
        settings: vec![("limits.members_may_send_high".to_owned(), "true".to_owned())],
        ..ServerOverrides::default()
    };
    overrides.settings.extend(args.settings.iter().cloned());
    let any_port = Some(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
    loop {
        home.make();
        overrides.data_dir = Some(home.data_dir.clone());
        let config = load_with(None, &overrides)?;
        let error = match progress::while_waiting("opening the store", Server::open(config)).await {
            Ok(server) => return Ok((server, home)),
            Err(error) => error,
        };
        match &error {
            StartError::AddressTaken { key: "listen.websocket", listener }
                if overrides.websocket.is_none() =>
            {
                chat::note(&format!("{listener} is taken; another port is used"));
                overrides.websocket = any_port;
            }
            StartError::AddressTaken { key: "listen.quic", listener } if overrides.quic.is_none() => {
                chat::note(&format!("{listener} is taken; another port is used"));
                overrides.quic = any_port;
            }
            StartError::DataDirUnwritable { .. } if home.is_default() => {
                let temporary = Home::temporary();
                chat::note(&format!("{}; using {}", chain(&error), temporary.data_dir.display()));
                home = temporary;
            }
            StartError::DataDirInUse { .. } => {
                return Err(CliError::failed(chain(&error)).help(format!(
                    "to join the bim that runs there: {}; to run another: --data-dir DIR",
                    greeting::join_command(&home, guests::FIRST_FILE)
                )));
            }
            _ => return Err(start_refusal(&error)),
        }
    }
}

fn user_name(name: Option<&str>) -> Result<Uid, CliError> {
    if let Some(name) = name {
        return Uid::string(name).map_err(|error| CliError::arguments(format!("--name: {error}")));
    }
    let user = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    let named = user.ok().and_then(|user| Uid::string(&user).ok());
    named.map_or_else(|| Uid::string("dev").map_err(|error| CliError::failed(error.to_string())), Ok)
}

/// Where a client of this machine reaches a listener.
fn endpoint(server: &Running, scheme: &str) -> Option<String> {
    let texts = server.endpoints().iter().map(ToString::to_string);
    let mut ours = texts.filter(|text| text.split("://").next() == Some(scheme));
    // Whoever listens on all addresses can be dialed on the loopback one.
    ours.next().map(|text| text.replace("://0.0.0.0:", "://127.0.0.1:").replace("://[::]:", "://[::1]:"))
}

async fn app(admin: &AdminHandle) -> Result<AppId, CliError> {
    let apps = admin.call(AdminCommand::ListApps).await.map_err(|error| refusal(&error))?;
    let AdminReply::Apps(apps) = apps else { return Err(unexpected()) };
    if let Some(app) = apps.iter().find(|app| app.name == APP_NAME && !app.disabled) {
        return Ok(app.app);
    }
    let create = command::create_app(APP_NAME).map_err(|error| refusal(&error))?;
    match admin.call(create).await.map_err(|error| refusal(&error))? {
        AdminReply::AppCreated { app, .. } => Ok(app),
        _ => Err(unexpected()),
    }
}

async fn lobby(target: &Target) -> Result<ConversationShortId, CliError> {
    let client = target.connect(None, |text| chat::note(&text)).await?;
    let live = client.live_groups();
    let found = async {
        let mut cursor = 0;
        loop {
            let page = live.get_all_live_group_list(cursor, PAGE_GROUPS).await?;
            let named = page.list.iter().find(|group| group.info.name == GROUP_NAME && !group.dissolved);
            if let Some(group) = named {
                return Ok(group.conversation_short_id);
            }
            if !page.has_more || page.next_cursor == cursor {
                break;
            }
            cursor = page.next_cursor;
        }
        let info = GroupInfo { name: GROUP_NAME.into(), ..GroupInfo::default() };
        live.create_live_group(info).await.map(|group| group.conversation_short_id)
    };
    let group = found.await;
    client.shutdown().await;
    group.map_err(|error: bim::Error| CliError::failed(format!("no live group: {}", chain(&error))))
}
