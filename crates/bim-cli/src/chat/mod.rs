//! A chat in one live group: for people on a terminal, for scripts otherwise.
//!
//! *What it owns.* The client from login to logout. *How it flows.* Log in, listen, join; then `terminal` or
//! `script` until one of them has reason to end; then log out.

mod outbox;
mod room;
mod script;
mod terminal;
mod window;

use std::io::{self, IsTerminal, Write};

use crate::args::{ChatArgs, RoomArgs};
use crate::error::CliError;
use crate::progress;
use crate::target::{Target, group_id};

use room::Room;

pub(crate) use room::{left, log_out, session_over};

/// `bim chat`.
pub(crate) async fn run(args: ChatArgs) -> Result<(), CliError> {
    let mut target = Target::of(&args.connection)?;
    if let Some(group) = args.group {
        target.group = Some(group_id(group)?);
    }
    enter(&target, &args.room, &[]).await
}

/// Whether there is a person: someone who types, and sees.
pub(crate) fn is_for_people(args: &RoomArgs) -> bool {
    let for_scripts = args.json || args.listen || args.receive.is_some() || args.timeout.is_some();
    io::stdin().is_terminal() && io::stdout().is_terminal() && !for_scripts
}

/// Chats in the target's group until there is reason to end. A person is shown the greeting first.
pub(crate) async fn enter(target: &Target, args: &RoomArgs, greeting: &[String]) -> Result<(), CliError> {
    let connecting = target.connect(args.connect_timeout, |text| note(&text));
    let client = progress::while_waiting("connecting", connecting).await?;
    let room = match Room::join(client.clone(), target, args).await {
        Ok(room) => room,
        Err(error) => {
            room::log_out(&client).await;
            return Err(error);
        }
    };
    let done =
        if is_for_people(args) { terminal::run(room, greeting).await } else { script::run(room, args).await };
    room::log_out(&client).await;
    done
}

/// Says on standard error, in these words alone, what could not be done.
pub(crate) fn tell_error(text: &str) {
    // With standard error closed the exit code still tells.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says something on standard error.
pub(crate) fn note(text: &str) {
    // With standard error closed nobody wants to know.
    let _ = writeln!(io::stderr().lock(), "bim: {text}");
}
