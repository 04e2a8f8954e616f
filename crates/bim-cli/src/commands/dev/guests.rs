//! Join files: one for each transport, with a token that is renewed while the server runs.

use std::path::PathBuf;
use std::time::Duration;

use bim::{ConversationShortId, Uid};
use tokio::task::JoinHandle;

use super::home::Home;
use super::tokens::AdminTokens;
use crate::commands::place::refusal;
use crate::error::CliError;
use crate::target::{JoinFile, JoinUid};

/// Who a guest is.
const GUEST: &str = "guest";

/// The join file over QUIC.
pub(crate) const FIRST_FILE: &str = "join-quic.json";

/// The join file over WebSocket.
const SECOND_FILE: &str = "join-websocket.json";

/// How long a guest's token is valid: a day is the most a server signs by default.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the files get a new token.
const RENEW_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// Guests are invited for as long as this is kept.
pub(super) struct Guests {
    pub(super) invitations: Vec<Invitation>,
    renewal: JoinHandle<()>,
}

/// A way in for guests.
#[derive(Clone)]
pub(super) struct Invitation {
    pub(super) transport: &'static str,
    /// The name of the join file.
    pub(super) file: &'static str,
    path: PathBuf,
    join: JoinFile,
}

impl Guests {
    /// Writes the join files.
    pub(super) async fn invite(
        home: &Home,
        tokens: &AdminTokens,
        group: ConversationShortId,
        quic: Option<String>,
        websocket: Option<String>,
        trust: Option<String>,
    ) -> Result<Self, CliError> {
        let uid = Uid::string(GUEST).map_err(|error| CliError::failed(error.to_string()))?;
        let tokens = tokens.with_uid(uid);
        let places = [("QUIC", FIRST_FILE, quic, trust), ("WebSocket", SECOND_FILE, websocket, None)];
        let app = tokens.app().value();
        let invitation = |(transport, file, server, trust): (_, _, Option<String>, _)| {
            let (uid, token, group) = (JoinUid::Text(GUEST.to_owned()), String::new(), Some(group.value()));
            let join = JoinFile { server: server?, trust, app, uid, token, group };
            Some(Invitation { transport, file, path: home.file(file), join })
        };
        let mut invitations: Vec<Invitation> = places.into_iter().filter_map(invitation).collect();
        renew(&tokens, &mut invitations).await?;
        let mut copies = invitations.clone();
        let renewal = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEW_EVERY).await;
                if let Err(error) = renew(&tokens, &mut copies).await {
                    tracing::warn!(%error, "guests got no new token");
                }
            }
        });
        Ok(Self { invitations, renewal })
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        self.renewal.abort();
        for invitation in &self.invitations {
            // A file that stays behind leads to nobody.
            let _ = std::fs::remove_file(&invitation.path);
        }
    }
}

async fn renew(tokens: &AdminTokens, invitations: &mut [Invitation]) -> Result<(), CliError> {
    for invitation in invitations {
        let token = tokens.mint(TOKEN_LIFE).await.map_err(|error| refusal(&error))?;
        token.reveal().clone_into(&mut invitation.join.token);
        invitation.join.write(&invitation.path).map_err(|error| {
            CliError::failed(format!("{} can not be written: {error}", invitation.path.display()))
        })?;
    }
    Ok(())
}
