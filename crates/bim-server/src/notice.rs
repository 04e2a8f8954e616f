//! What the engine noticed, as events of the log: ids and codes, never bodies, tokens or keys.

use bim_server_core::Notice;

/// Longest piece of a name that comes from outside, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Writes a notice to whoever subscribed.
pub(crate) fn report(notice: &Notice) {
    match notice {
        Notice::LoggedIn { connection, app, uid } => {
            let uid: String = uid.to_string().chars().take(NAME_CHARS_MAX).collect();
            tracing::info!(connection = connection.0, app = app.value(), uid = ?uid, "logged in");
        }
        Notice::Ended { connection, code } => {
            tracing::info!(
                connection = connection.0,
                code = code.number(),
                reason = code.text(),
                "session ended"
            );
        }
        Notice::TokensRevoked { app, sessions } => {
            tracing::info!(app = app.value(), sessions, "tokens revoked");
        }
        Notice::GroupCreated { group } => {
            tracing::info!(app = group.app.value(), group = group.group.value(), "live group made");
        }
        Notice::GroupDissolved { group } => {
            tracing::info!(app = group.app.value(), group = group.group.value(), "live group dissolved");
        }
        Notice::RecordDamaged { app, group } => {
            let group = group.map(|group| group.value());
            tracing::warn!(app = app.value(), group, "a damaged record was passed over");
        }
        Notice::StoreFailed => {
            tracing::error!("the store failed; nothing is acknowledged until the server is started anew");
        }
    }
}
