//! Operators take tokens back.
//!
//! It holds from the command on: whoever runs on such a token is told goodbye at once, and the answer follows when it
//! is on disk. A write that fails takes nothing of this back, so that an error leaves the door shut rather than open.

use bim_types::limits::TOKEN_BYTES_MAX;
use bim_types::store::{Expected, LogOp, LogOutcome, Put, PutOutcome, RecordKey};
use bim_types::{AppId, ErrorCode, Now, Refusal, Wall};

use crate::engine::Engine;
use crate::io::{AdminReply, Notice, Output, RevokedTokens, StoreFailure};
use crate::ops::PendingWrite;
use crate::token::{Revocation, TokenId, next_second};

impl Engine {
    pub(crate) fn revoke_tokens(
        &mut self,
        now: Now,
        id: u64,
        app: AppId,
        tokens: RevokedTokens,
    ) -> Result<(), Refusal> {
        self.check_writable()?;
        let revocation = self.read_revocation(now.wall, app, tokens)?;
        let life = self.config.token_lifetime + self.config.token_leeway;
        let known = self.apps.find_mut(app).ok_or(ErrorCode::AppNotNormal)?;
        known.revocations.add(revocation, now.wall, life)?;
        let value = Some(known.revocations.encode());
        let sessions = self.end_revoked(now, app);
        let put = Put { key: RecordKey::Revocations(app), expected: Expected::Any, value };
        let pending = PendingWrite::Revocations { admin: id, sessions };
        self.ops.write(&mut self.out, vec![LogOp::Put(put)], pending);
        self.out.push(Output::Notice(Notice::TokensRevoked { app, sessions }));
        Ok(())
    }

    pub(crate) fn on_revocations_written(
        &mut self,
        id: u64,
        sessions: u64,
        result: &Result<Vec<LogOutcome>, StoreFailure>,
    ) {
        let done = matches!(result.as_deref(), Ok([LogOutcome::Put(PutOutcome::Done(_))]));
        let result = if done {
            Ok(AdminReply::TokensRevoked { sessions })
        } else {
            let refusal = Refusal::new(ErrorCode::StorageUnavailable);
            Err(refusal.hint("the tokens are not taken until a restart; revoke them again"))
        };
        self.out.push(Output::AdminDone { id, result });
    }

    fn read_revocation(&self, now: Wall, app: AppId, tokens: RevokedTokens) -> Result<Revocation, Refusal> {
        let known = self.apps.find(app).ok_or(ErrorCode::AppNotNormal)?;
        let invalid = |hint: &'static str| Refusal::new(ErrorCode::InvalidRequest).hint(hint);
        match tokens {
            RevokedTokens::OfUser { uid, issued_before } => {
                let leeway = self.config.token_leeway;
                if issued_before.is_some_and(|before| before > now + leeway) {
                    let refusal =
                        invalid("tokens of the future can not be revoked; at most so far ahead, in seconds");
                    return Err(refusal.limit(leeway.as_secs()));
                }
                Ok(Revocation::OfUser(uid, issued_before.unwrap_or_else(|| next_second(now))))
            }
            RevokedTokens::WithId(jti) if (1..=TOKEN_BYTES_MAX).contains(&jti.len()) => {
                Ok(Revocation::One(TokenId::of(&jti)))
            }
            RevokedTokens::WithId(_) => {
                Err(invalid("no token has such a jti: empty or too long, in bytes")
                    .limit(TOKEN_BYTES_MAX as u64))
            }
            RevokedTokens::OfKey(key_id) if known.record.keys.iter().any(|key| key.key_id == key_id) => {
                Ok(Revocation::OfKey(key_id))
            }
            RevokedTokens::OfKey(_) => Err(invalid("the app has no such key")),
        }
    }

    /// Says goodbye to everyone who runs on a token that is not taken any more; returns how many they were.
    fn end_revoked(&mut self, now: Now, app: AppId) -> u64 {
        let Some(known) = self.apps.find(app) else { return 0 };
        let refused = self.sessions.users_refused(|user| {
            if user.app != app {
                return None;
            }
            known.revocations.check(&user.uid, &user.credential, now.wall).err()
        });
        let sessions = refused.len() as u64;
        for (connection, refusal) in refused {
            self.end(now, connection, refusal);
        }
        sessions
    }
}
