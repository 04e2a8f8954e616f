//! Tokens from the server in this process.

use std::time::Duration;

use bim::{AppId, Token, TokenError, TokenProvider, Uid};
use bim_server::admin::{AdminError, AdminHandle, AdminReply, command};

/// How long a token is valid. A client asks for the next one in time.
const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// Has tokens for one user signed.
#[derive(Clone, Debug)]
pub(super) struct AdminTokens {
    admin: AdminHandle,
    app: AppId,
    uid: Uid,
}

impl AdminTokens {
    pub(super) fn new(admin: AdminHandle, app: AppId, uid: Uid) -> Self {
        Self { admin, app, uid }
    }

    /// The same for another user.
    pub(super) fn with_uid(&self, uid: Uid) -> Self {
        Self { uid, ..self.clone() }
    }

    pub(super) fn app(&self) -> AppId {
        self.app
    }

    /// Has a token signed.
    pub(super) async fn mint(&self, life: Duration) -> Result<Token, AdminError> {
        match self.admin.call(command::mint_token(self.app, self.uid.clone(), life)?).await? {
            AdminReply::Token { token, .. } => Ok(token),
            _ => Err(AdminError::Protocol),
        }
    }
}

#[async_trait::async_trait]
impl TokenProvider for AdminTokens {
    async fn token(&self) -> Result<Token, TokenError> {
        self.mint(TOKEN_LIFE).await.map_err(TokenError::new)
    }
}
