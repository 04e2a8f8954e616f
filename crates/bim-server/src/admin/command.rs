//! Commands with the random bits they need.

use std::time::Duration;

use bim_server_core::AdminCommand;
use bim_types::{AppId, AppSecret, Uid};

use super::AdminError;

/// Length of an app's secret, in bytes.
const SECRET_BYTES: usize = 32;

/// Makes an app with a fresh secret.
///
/// # Errors
///
/// [`AdminError::Random`] when the operating system gives no random bytes.
pub fn create_app(name: impl Into<String>) -> Result<AdminCommand, AdminError> {
    let secret: [u8; SECRET_BYTES] = random()?;
    Ok(AdminCommand::CreateApp { name: name.into(), secret: AppSecret::new(secret.to_vec()) })
}

/// Signs a token for a user.
///
/// # Errors
///
/// [`AdminError::Random`] when the operating system gives no random bytes.
pub fn mint_token(app: AppId, uid: Uid, ttl: Duration) -> Result<AdminCommand, AdminError> {
    Ok(AdminCommand::MintToken { app, uid, ttl, nonce: u128::from_be_bytes(random()?), app_server: false })
}

/// Signs a token for the app's own server, which may do in every live group what its owner may. It never belongs
/// into a client.
///
/// # Errors
///
/// [`AdminError::Random`] when the operating system gives no random bytes.
pub fn mint_app_server_token(app: AppId, uid: Uid, ttl: Duration) -> Result<AdminCommand, AdminError> {
    Ok(AdminCommand::MintToken { app, uid, ttl, nonce: u128::from_be_bytes(random()?), app_server: true })
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], AdminError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| AdminError::Random)?;
    Ok(bytes)
}
