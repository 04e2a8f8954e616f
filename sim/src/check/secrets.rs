//! No secret, token or message body appears in what is said about things (T5).

use std::fmt::Debug;

use bim_core::{Command, Credential};
use bim_proto::{ClientFrame, Response, ServerFrame};
use bim_server_core::{AdminReply, Output};
use bim_types::{AppSecret, Refusal};

use super::{Check, Context};
use crate::sight::{ClientSight, Sight};

/// How every token begins: the start of a header in base64url.
const TOKEN: &str = "eyJ";

/// What every message body is filled with, and nothing else holds.
pub(crate) const BODY: &str = "xxxxxx";

/// Notices, refusals, and the words for what holds a secret show neither tokens, nor secrets, nor bodies; and no frame to
/// a client holds a token.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Secrets of apps, as people write them down.
    secrets: Vec<String>,
}

impl Secrets {
    fn check(&self, where_from: &str, text: &str) -> Result<(), String> {
        let secret = self.secrets.iter().any(|secret| text.contains(secret.as_str()));
        match () {
            () if text.contains(TOKEN) => Err(format!("a token shows in {where_from}")),
            () if text.contains(BODY) => Err(format!("a message body shows in {where_from}")),
            () if secret => Err(format!("the secret of an app shows in {where_from}")),
            () => Ok(()),
        }
    }

    fn check_refusal(&self, where_from: &str, refusal: &Refusal) -> Result<(), String> {
        self.check(where_from, &refusal.hint)
    }

    fn check_words(&self, where_from: &str, value: &impl Debug) -> Result<(), String> {
        self.check(where_from, &format!("{value:?}"))
    }

    fn on_output(&mut self, output: &Output) -> Result<(), String> {
        match output {
            Output::Notice(notice) => self.check_words("a notice", notice),
            Output::AdminDone { result: Ok(reply), .. } => {
                if let AdminReply::AppCreated { secret, .. } = reply {
                    self.secrets.extend(written(secret));
                }
                self.check_words("the words for an answer to an operator", reply)
            }
            Output::AdminDone { result: Err(refusal), .. } => self.check_refusal("a refusal", refusal),
            Output::Send { frame, .. } if holds(frame, TOKEN.as_bytes()) => {
                Err("a token is in a frame to a client".into())
            }
            _ => Ok(()),
        }
    }
}

impl Check for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Output(output) => self.on_output(output),
            Sight::In(_, ClientFrame::Hello(hello)) => self.check_words("the words for a hello", hello),
            Sight::Out(_, ServerFrame::Goodbye(goodbye)) => {
                goodbye.reason.as_ref().map_or(Ok(()), |refusal| self.check_refusal("a goodbye", refusal))
            }
            Sight::Out(_, ServerFrame::Response(Response { body: Err(refusal), .. })) => {
                self.check_refusal("a refusal", refusal)
            }
            Sight::Client(
                _,
                ClientSight::Asked(_, Command::Login { credential: Credential::Fixed(token), .. }),
            ) => self.check_words("the words for a token", token),
            Sight::Client(_, ClientSight::Answered(_, Err(refusal))) => {
                self.check_refusal("what a client answers", refusal)
            }
            _ => Ok(()),
        }
    }
}

/// A secret as it might be written: its bytes as numbers, in hexadecimal, and as characters.
fn written(secret: &AppSecret) -> Vec<String> {
    let bytes = secret.reveal();
    let head = bytes.get(..8).unwrap_or(bytes);
    let numbers: Vec<_> = head.iter().map(u8::to_string).collect();
    let hex: Vec<_> = head.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![numbers.join(", "), hex.concat()]
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[cfg(test)]
mod tests {
    use bim_types::ErrorCode;

    use super::*;
    use crate::check::stand::{CONNECTION, Stand, goodbye};

    #[test]
    fn what_is_said_shows_no_token_no_secret_and_no_body() {
        let mut stand = Stand::new(Secrets::default());
        let reply = AdminReply::AppCreated {
            app: bim_types::AppId::new(1).unwrap(),
            key_id: "1.1".into(),
            secret: AppSecret::new(vec![0xab; 32]),
        };
        stand.output(&Output::AdminDone { id: 1, result: Ok(reply) }).unwrap();
        let refusal = |hint: &'static str| goodbye(Refusal::new(ErrorCode::InvalidToken).hint(hint));
        stand.says(CONNECTION, &refusal("the token was revoked")).unwrap();
        for hint in ["eyJhbGciOiJIUzI1NiJ9.e30.x", "0.1.2 xxxxxxxxx", "abababababababab"] {
            stand.see(&Sight::Out(CONNECTION, &refusal(hint))).unwrap_err();
        }
    }
}
