//! `bim app`: what an operator does with apps.

use bim_server::admin::{AdminCommand, AdminReply, AppSummary, command};
use serde_json::json;

use super::place::{app_id, ask, refusal, unexpected};
use super::say;
use crate::args::AppCommand;
use crate::error::CliError;

pub(super) async fn run(command: AppCommand) -> Result<(), CliError> {
    match command {
        AppCommand::Create { name, json, place } => {
            let create = command::create_app(name).map_err(|error| refusal(&error))?;
            let AdminReply::AppCreated { app, key_id, secret } = ask(&place.data_dir, create).await? else {
                return Err(unexpected());
            };
            let secret = base64url(secret.reveal());
            if json {
                return say(json!({ "app": app.value(), "key_id": key_id, "secret": secret }).to_string());
            }
            say(format!(
                "app     {app}\nkey id  {key_id}\nsecret  {secret}\n\n\
                 Your back end signs tokens with the secret (base64url). Keep it; it is not shown again."
            ))
        }
        AppCommand::List { json, place } => {
            let AdminReply::Apps(apps) = ask(&place.data_dir, AdminCommand::ListApps).await? else {
                return Err(unexpected());
            };
            list(&apps, json)
        }
        AppCommand::Disable { app, place } => {
            let app = app_id(app)?;
            ask(&place.data_dir, AdminCommand::SetAppDisabled { app, disabled: true }).await?;
            say(format!("app {app} is disabled; its users are turned away"))
        }
        AppCommand::Enable { app, place } => {
            let app = app_id(app)?;
            ask(&place.data_dir, AdminCommand::SetAppDisabled { app, disabled: false }).await?;
            say(format!("app {app} is enabled"))
        }
    }
}

fn list(apps: &[AppSummary], json: bool) -> Result<(), CliError> {
    if apps.is_empty() && !json {
        return say("no apps yet; bim app create --name NAME makes one");
    }
    for AppSummary { app, name, created_at, disabled, key_ids } in apps {
        if json {
            let (app, created_at) = (app.value(), created_at.as_millis());
            let line = json!({
                "app": app, "name": name, "created_at_ms": created_at, "disabled": disabled, "key_ids": key_ids,
            });
            say(line.to_string())?;
        } else {
            let state = if *disabled { "disabled" } else { "enabled" };
            say(format!("{app:>10}  {state:<8}  {}  {}", key_ids.join(","), name.escape_debug()))?;
        }
    }
    Ok(())
}

/// RFC 4648 section 5, without padding: how every JSON Web Token library reads a key.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let index = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64url;

    #[test]
    fn a_secret_is_base64url_without_padding() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foobar", "Zm9vYmFy"),
            (&[0xfb, 0xff], "-_8"),
        ] {
            assert_eq!(base64url(bytes), text);
        }
    }
}
