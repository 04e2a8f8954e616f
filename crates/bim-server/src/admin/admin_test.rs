//! Operators of other processes.

use std::net::Ipv4Addr;
use std::time::Duration;

use bim_server_core::token::{self, TokenRules};
use bim_server_core::{AdminCommand, AdminReply};
use bim_types::{AppId, AppSecret, ErrorCode, Token, Uid, Wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::place::{AdminKey, AdminPlace};
use super::*;
use crate::config::ServerConfig;
use crate::running::Running;
use crate::server::Server;
use crate::testing::soon;

async fn server(dir: &std::path::Path) -> Running {
    let mut config = ServerConfig { data_dir: dir.to_owned(), ..ServerConfig::default() };
    (config.listen.websocket, config.listen.quic) = (None, None);
    Server::open(config).await.unwrap()
}

/// What the engine reads from a token.
fn is_of_app_server(token: &Token, secret: &AppSecret) -> bool {
    let rules = TokenRules { lifetime: Duration::from_secs(3600), leeway: Duration::from_secs(60) };
    token::verify(token, secret, rules, crate::Clock::system().now().wall).unwrap().app_server
}

/// Everything an operator can ask for.
async fn try_everything(client: &AdminClient) {
    let made = client.call(command::create_app("shop").unwrap()).await.unwrap();
    let AdminReply::AppCreated { app, secret, .. } = made else { panic!("not made") };
    assert_eq!(secret.reveal().len(), 32);
    let hour = Duration::from_secs(3600);
    for uid in [Uid::int(7).unwrap(), Uid::string("alice").unwrap()] {
        let minted = client.call(command::mint_token(app, uid, hour).unwrap()).await.unwrap();
        assert!(matches!(minted, AdminReply::Token { token, .. } if token.reveal().split('.').count() == 3));
    }
    let backend = Uid::string("backend").unwrap();
    let ordinary = command::mint_token(app, backend.clone(), hour).unwrap();
    let of_server = command::mint_app_server_token(app, backend, hour).unwrap();
    for (mint, expected) in [(ordinary, false), (of_server, true)] {
        let AdminReply::Token { token, .. } = client.call(mint).await.unwrap() else { panic!("no token") };
        assert_eq!(is_of_app_server(&token, &secret), expected);
    }
    for tokens in [
        RevokedTokens::OfUser { uid: Uid::int(7).unwrap(), issued_before: None },
        RevokedTokens::OfUser { uid: Uid::string("7").unwrap(), issued_before: Some(Wall::from_secs(9)) },
        RevokedTokens::WithId("jti".into()),
        RevokedTokens::OfKey(format!("{app}.1")),
    ] {
        let revoked = client.call(AdminCommand::RevokeTokens { app, tokens }).await.unwrap();
        assert_eq!(revoked, AdminReply::TokensRevoked { sessions: 0 });
    }
    let disable = AdminCommand::SetAppDisabled { app, disabled: true };
    assert_eq!(client.call(disable).await.unwrap(), AdminReply::Done);
    let AdminReply::Apps(apps) = client.call(AdminCommand::ListApps).await.unwrap() else {
        panic!("no list")
    };
    assert!(apps.iter().any(|found| found.app == app && found.disabled && found.name == "shop"));
    assert!(matches!(
        client.call(AdminCommand::Status).await.unwrap(),
        AdminReply::Status { sessions: 0, .. }
    ));
    let unknown = AppId::new(4_000_000_000).unwrap();
    let refused = client.call(command::mint_token(unknown, Uid::int(1).unwrap(), hour).unwrap()).await;
    assert!(matches!(refused, Err(AdminError::Refused(refusal)) if refusal.code == ErrorCode::AppNotNormal));
}

#[tokio::test]
async fn a_running_server_is_asked_and_without_one_the_directory_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let client = soon(connect_or_open(dir.path())).await.unwrap();
    assert!(!client.is_remote());
    soon(try_everything(&client)).await;
    client.close().await;

    let running = server(dir.path()).await;
    let client = soon(connect_or_open(dir.path())).await.unwrap();
    assert!(client.is_remote());
    soon(try_everything(&client)).await;
    running.drain().await;
    assert!(matches!(connect(dir.path()).await, Err(AdminError::NotRunning { .. })));
}

#[tokio::test]
async fn what_a_killed_server_left_behind_is_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    AdminPlace { address: gone, key: AdminKey::random().unwrap() }.write(dir.path()).unwrap();
    let client = soon(connect_or_open(dir.path())).await.unwrap();
    assert!(!client.is_remote());
    client.close().await;

    // Another server has the port by now.
    let other = tempfile::tempdir().unwrap();
    let running = server(other.path()).await;
    let address = AdminPlace::read(other.path()).unwrap().address;
    AdminPlace { address, key: AdminKey::random().unwrap() }.write(dir.path()).unwrap();
    let client = soon(connect_or_open(dir.path())).await.unwrap();
    assert!(!client.is_remote());
    client.close().await;
    running.drain().await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_from_none() {
    let dir = tempfile::tempdir().unwrap();
    let running = server(dir.path()).await;
    AdminPlace::remove(dir.path());
    assert!(matches!(soon(connect_or_open(dir.path())).await, Err(AdminError::Unanswered { .. })));
    running.drain().await;
}

#[tokio::test]
async fn without_the_key_nothing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let running = server(dir.path()).await;
    let place = AdminPlace::read(dir.path()).unwrap();
    let long = "x".repeat(LINE_BYTES_MAX + 1);
    let wrong = format!("{{\"key\":\"{}\",\"command\":\"list_apps\"}}\n", "0".repeat(64));
    for line in ["\n", "{}\n", &wrong, &long] {
        let mut stream = TcpStream::connect(place.address).await.unwrap();
        stream.write_all(line.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset instead of an answer tells nothing either.
        let _ = soon(stream.read_to_end(&mut answer)).await;
        assert!(answer.is_empty() || answer == b"\"denied\"\n", "{}", String::from_utf8_lossy(&answer));
    }
    running.drain().await;
}

#[test]
fn keys_fit_only_themselves() {
    let key = AdminKey::random().unwrap();
    assert!(key.fits(&key.text()));
    assert!(!key.fits(&AdminKey::random().unwrap().text()));
    assert!(!key.fits("") && !key.fits("zz"));
}
