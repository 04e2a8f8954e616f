//! The real server on a data directory.

use std::net::SocketAddr;

use bim_server_core::{AdminCommand, AdminReply};

use super::*;
use crate::admin::command;
use crate::running::Stopped;

fn config(dir: &Path) -> ServerConfig {
    let mut config = ServerConfig { data_dir: dir.to_owned(), ..ServerConfig::default() };
    config.listen.websocket = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.listen.quic = None;
    config
}

#[tokio::test]
async fn what_was_made_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let server = open(config(dir.path()), None).await.unwrap();
    assert!(server.endpoints()[0].to_string().starts_with("ws://127.0.0.1:"));
    let made = server.admin().call(command::create_app("shop").unwrap()).await.unwrap();
    let AdminReply::AppCreated { app, .. } = made else { panic!("not made") };
    assert_eq!(server.drain().await, Stopped::Orderly);
    assert!(!dir.path().join("admin.json").exists());

    let server = open(config(dir.path()), None).await.unwrap();
    let AdminReply::Apps(apps) = server.admin().call(AdminCommand::ListApps).await.unwrap() else {
        panic!("no list")
    };
    assert_eq!(
        apps.iter().map(|found| (found.app, found.name.as_str())).collect::<Vec<_>>(),
        [(app, "shop")]
    );
    server.drain().await;
}

#[tokio::test]
async fn a_directory_that_is_in_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = open(config(dir.path()), None).await.unwrap();
    let error = open(config(dir.path()), None).await.unwrap_err();
    assert!(matches!(&error, StartError::DataDirInUse { data_dir } if data_dir == dir.path()));
    server.drain().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_setting() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = open(config(dir.path()), None).await.unwrap();
    let mut second = config(other.path());
    let port = server.endpoints()[0].port();
    second.listen.websocket = Some(SocketAddr::from(([127, 0, 0, 1], port)));
    let error = open(second, None).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("ws://127.0.0.1:{port} is taken")), "{error}");
    assert!(error.contains("`listen.websocket`"));
    server.drain().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.redb");
    std::fs::write(&path, "something of somebody").unwrap();
    let error = open(config(dir.path()), None).await.unwrap_err();
    assert!(matches!(&error, StartError::Database { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"something of somebody");
}

#[tokio::test]
async fn a_data_directory_that_is_a_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "").unwrap();
    let error = open(config(&path), None).await.unwrap_err();
    assert!(matches!(&error, StartError::DataDirUnwritable { data_dir, .. } if *data_dir == path), "{error}");
}

#[cfg(feature = "quic")]
#[tokio::test]
async fn quic_and_secure_websockets_share_the_development_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    let free = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    (config.listen.quic, config.listen.secure_websocket) = (free, free);
    let server = open(config, None).await.unwrap();
    let schemes: Vec<_> = server.endpoints().iter().map(|at| at.scheme().to_string()).collect();
    assert_eq!(schemes, ["ws", "quic", "wss"]);
    let told = std::fs::read_to_string(dir.path().join("tls/fingerprint.txt")).unwrap();
    assert_eq!(Some(told.trim()), server.certificate_fingerprint());
    server.drain().await;
}

#[tokio::test]
async fn a_word_list_that_can_not_be_read_is_named_before_anything_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    let mut config = config(&data_dir);
    config.moderation.words = Some(dir.path().join("words.txt"));
    let error = open(config.clone(), None).await.unwrap_err();
    assert_eq!(error.to_string(), "`moderation.words` can not be used");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.ends_with("words.txt can not be read"), "{source}");
    assert!(!data_dir.exists());

    std::fs::write(dir.path().join("words.txt"), "darn\n").unwrap();
    open(config, None).await.unwrap().drain().await;
}

#[tokio::test]
async fn there_is_one_moderator() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    let own = |_: &crate::moderation::Moderated| crate::moderation::ModerationVerdict::Allow;
    Server::open_with_moderator(config.clone(), Arc::new(own)).await.unwrap().drain().await;
    config.moderation.words = Some(dir.path().join("words.txt"));
    let error = Server::open_with_moderator(config, Arc::new(own)).await.unwrap_err().to_string();
    assert!(error.starts_with("configuration: `moderation.words` must be left out"), "{error}");
}
