//! Who comes to a bench: users with tokens.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bim::{AppId, Token, Uid};
use bim_bench::Ticket;
use bim_server::admin::{self, AdminReply, command};
use serde::Deserialize;

use crate::commands::place::{refusal, unexpected};
use crate::error::CliError;

/// How long minted tokens are valid: longer than any run.
const TOKEN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Largest file of tokens, in bytes: a hundred thousand of them.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The app that is made on a server for a bench.
const APP_NAME: &str = "bench";

/// Has an app made and tokens signed by the server that runs on a data directory.
pub(super) async fn minted(data_dir: &Path, users: u32) -> Result<Vec<Ticket>, CliError> {
    let admin = admin::connect(data_dir).await.map_err(|error| refusal(&error))?;
    let create = command::create_app(APP_NAME).map_err(|error| refusal(&error))?;
    let AdminReply::AppCreated { app, .. } = admin.call(create).await.map_err(|error| refusal(&error))?
    else {
        return Err(unexpected());
    };
    let mut tickets = Vec::with_capacity(users as usize);
    for user in 1..=i64::from(users) {
        let uid = Uid::int(user).map_err(|error| CliError::failed(error.to_string()))?;
        let mint = command::mint_token(app, uid.clone(), TOKEN_LIFE).map_err(|error| refusal(&error))?;
        let AdminReply::Token { token, .. } = admin.call(mint).await.map_err(|error| refusal(&error))? else {
            return Err(unexpected());
        };
        tickets.push(Ticket::new(app, uid, user as u128, token));
    }
    admin.close().await;
    Ok(tickets)
}

/// Reads tokens of a file, as many as are needed. App and user stand in the tokens themselves.
pub(super) fn read(file: &Path, users: u32) -> Result<Vec<Ticket>, CliError> {
    let name = file.display();
    let unreadable =
        |error: std::io::Error| CliError::failed(format!("--tokens {name} can not be read: {error}"));
    if std::fs::metadata(file).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(CliError::failed(format!("--tokens {name} is too large for a file of tokens")));
    }
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let (mut tickets, mut known) = (Vec::new(), BTreeSet::new());
    for (at, line) in lines.take(users as usize) {
        let ticket = ticket(line, at as u128 + 1)
            .ok_or_else(|| CliError::failed(format!("--tokens {name}: line {} is no token", at + 1)))?;
        if !known.insert(ticket.uid.clone()) {
            let wrong = format!("--tokens {name}: line {} is for a user who has one already", at + 1);
            return Err(CliError::failed(wrong).help("each user of the bench is another one"));
        }
        tickets.push(ticket);
    }
    if tickets.len() < users as usize {
        let wrong = format!("--tokens {name} has {} tokens, and {users} users come", tickets.len());
        return Err(CliError::failed(wrong).help("add tokens, or take fewer --viewers"));
    }
    Ok(tickets)
}

/// What the middle part of a token says.
#[derive(Deserialize)]
struct Claims {
    app_id: u32,
    uid: ClaimedUid,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ClaimedUid {
    Number(i64),
    Text(String),
}

fn ticket(token: &str, device: u128) -> Option<Ticket> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let Claims { app_id, uid } = serde_json::from_slice(&claims).ok()?;
    let uid = match uid {
        ClaimedUid::Number(number) => Uid::int(number).ok()?,
        ClaimedUid::Text(text) => Uid::string(&text).ok()?,
    };
    Some(Ticket::new(AppId::new(app_id).ok()?, uid, device, Token::new(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    fn read_text(text: &str, users: u32) -> Result<Vec<Ticket>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path(), users).map_err(|error| error.to_string())
    }

    #[test]
    fn app_and_user_stand_in_the_token() {
        let text =
            format!("{}\n\n{}\n", token(r#"{"app_id":7,"uid":"ann"}"#), token(r#"{"app_id":7,"uid":42}"#));
        let tickets = read_text(&text, 2).unwrap();
        assert_eq!(tickets[0].uid, Uid::string("ann").unwrap());
        assert_eq!(tickets[1].uid, Uid::int(42).unwrap());
        assert_eq!(tickets[1].app, AppId::new(7).unwrap());
    }

    #[test]
    fn what_is_wrong_with_a_file_of_tokens_is_said_with_its_line() {
        let one = token(r#"{"app_id":7,"uid":1}"#);
        assert!(read_text("x.y.z", 1).unwrap_err().contains("line 1 is no token"));
        assert!(
            read_text(&format!("{one}\n{one}"), 2).unwrap_err().contains("line 2 is for a user who has one")
        );
        assert!(read_text(&one, 2).unwrap_err().contains("1 tokens, and 2 users"));
        assert!(read(Path::new("/nowhere/tokens"), 1).is_err());
    }
}
