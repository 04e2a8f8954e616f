//! What operators ask for, in entries.

use std::time::Duration;

use bim_proto::recording::{Unplayable, uid};
use bim_proto::wire::{self, recorded_admin, recorded_revoke_tokens};
use bim_types::{AppId, AppSecret, Wall};

use crate::io::{AdminCommand, RevokedTokens};

pub(super) fn command(id: u64, command: AdminCommand) -> wire::RecordedAdmin {
    let command = match command {
        AdminCommand::CreateApp { name, secret } => {
            let secret = secret.reveal().to_vec().into();
            recorded_admin::Command::CreateApp(wire::RecordedCreateApp { name, secret })
        }
        AdminCommand::ListApps => recorded_admin::Command::ListApps(wire::Done {}),
        AdminCommand::SetAppDisabled { app, disabled } => {
            let wire = wire::RecordedSetAppDisabled { app_id: app.value(), disabled };
            recorded_admin::Command::SetAppDisabled(wire)
        }
        AdminCommand::MintToken { app, uid, ttl, nonce, app_server } => {
            recorded_admin::Command::MintToken(wire::RecordedMintToken {
                app_id: app.value(),
                uid: Some(uid.into()),
                ttl_us: u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX),
                nonce: nonce.to_be_bytes().to_vec().into(),
                app_server,
            })
        }
        AdminCommand::RevokeTokens { app, tokens } => {
            recorded_admin::Command::RevokeTokens(wire::RecordedRevokeTokens {
                app_id: app.value(),
                tokens: Some(revoked(tokens)),
            })
        }
        AdminCommand::Status => recorded_admin::Command::Status(wire::Done {}),
    };
    wire::RecordedAdmin { id, command: Some(command) }
}

pub(super) fn read_command(wire: wire::RecordedAdmin) -> Result<AdminCommand, Unplayable> {
    Ok(match wire.command.ok_or(Unplayable)? {
        recorded_admin::Command::CreateApp(create) => {
            AdminCommand::CreateApp { name: create.name, secret: AppSecret::new(create.secret.to_vec()) }
        }
        recorded_admin::Command::ListApps(_) => AdminCommand::ListApps,
        recorded_admin::Command::SetAppDisabled(set) => {
            AdminCommand::SetAppDisabled { app: AppId::new(set.app_id)?, disabled: set.disabled }
        }
        recorded_admin::Command::MintToken(mint) => AdminCommand::MintToken {
            app: AppId::new(mint.app_id)?,
            uid: uid(mint.uid)?,
            ttl: Duration::from_micros(mint.ttl_us),
            nonce: u128::from_be_bytes(mint.nonce.as_ref().try_into()?),
            app_server: mint.app_server,
        },
        recorded_admin::Command::RevokeTokens(revoke) => AdminCommand::RevokeTokens {
            app: AppId::new(revoke.app_id)?,
            tokens: read_revoked(revoke.tokens.ok_or(Unplayable)?)?,
        },
        recorded_admin::Command::Status(_) => AdminCommand::Status,
    })
}

fn revoked(tokens: RevokedTokens) -> recorded_revoke_tokens::Tokens {
    match tokens {
        RevokedTokens::OfUser { uid, issued_before } => {
            recorded_revoke_tokens::Tokens::OfUser(wire::RecordedRevokedUser {
                uid: Some(uid.into()),
                issued_before_ms: issued_before.map(Wall::as_millis),
            })
        }
        RevokedTokens::WithId(id) => recorded_revoke_tokens::Tokens::WithId(id),
        RevokedTokens::OfKey(key_id) => recorded_revoke_tokens::Tokens::OfKey(key_id),
    }
}

fn read_revoked(wire: recorded_revoke_tokens::Tokens) -> Result<RevokedTokens, Unplayable> {
    Ok(match wire {
        recorded_revoke_tokens::Tokens::OfUser(of) => RevokedTokens::OfUser {
            uid: uid(of.uid)?,
            issued_before: of.issued_before_ms.map(Wall::from_millis),
        },
        recorded_revoke_tokens::Tokens::WithId(id) => RevokedTokens::WithId(id),
        recorded_revoke_tokens::Tokens::OfKey(key_id) => RevokedTokens::OfKey(key_id),
    })
}
