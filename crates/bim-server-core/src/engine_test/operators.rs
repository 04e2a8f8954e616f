use std::time::Duration;

use bim_store::ServerLog;
use bim_types::store::{Expected, LogOp, Put, RecordKey};
use bim_types::{AppId, AppSecret, ErrorCode};

use super::world::{World, app, uid};
use crate::{AdminCommand, AdminReply};

#[test]
fn apps_are_numbered_from_one_and_survive_a_restart() {
    let mut world = World::new();
    assert_eq!(world.create_app(), AppId::new(2).unwrap());
    let mut world = world.restart();
    let Ok(AdminReply::Apps(apps)) = world.admin(AdminCommand::ListApps) else { panic!("no list") };
    let listed: Vec<_> = apps.iter().map(|app| (app.app.value(), app.key_ids.join(","))).collect();
    assert_eq!(listed, [(1, "1.1".into()), (2, "2.1".into())]);
}

#[test]
fn bad_requests_of_operators_say_what_would_be_right() {
    let mut world = World::new();
    let short = AdminCommand::CreateApp { name: "a".into(), secret: AppSecret::new(vec![1; 31]) };
    let nameless = AdminCommand::CreateApp { name: String::new(), secret: AppSecret::new(vec![1; 32]) };
    let unknown = AdminCommand::SetAppDisabled { app: AppId::new(9).unwrap(), disabled: true };
    let endless = AdminCommand::MintToken {
        app: app(),
        uid: uid("a"),
        ttl: Duration::from_secs(86_401),
        nonce: 0,
        app_server: false,
    };
    for (command, code) in [
        (short, ErrorCode::InvalidRequest),
        (nameless, ErrorCode::InvalidRequest),
        (unknown, ErrorCode::AppNotNormal),
        (endless, ErrorCode::InvalidRequest),
    ] {
        assert_eq!(world.admin(command).unwrap_err().code, code);
    }
}

#[test]
fn an_app_that_can_not_be_read_keeps_its_id_from_others() {
    let world = World::new();
    let key = RecordKey::App(AppId::new(2).unwrap());
    let value = Some(bytes::Bytes::from_static(b"\xff"));
    let damage = LogOp::Put(Put { key, expected: Expected::Any, value });
    world.log.commit(&[damage]).unwrap();
    assert_eq!(world.restart().create_app(), AppId::new(3).unwrap());
}
