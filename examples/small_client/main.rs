//! A whole client in one small program: WebSocket, TLS and a store. Built with the profile `size`.
//!
//! `small_client wss://chat.example.org:443 1 alice "$TOKEN" 42 ./state hello` logs in, joins the live group 42, says
//! hello, and prints what comes until the connection ends for good. `cargo xtask size` says how many bytes it has.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what it hears")]

use std::error::Error;
use std::process::ExitCode;

use bim::{AppId, Client, ConversationShortId, LiveEvent, Priority};

const USAGE: &str = "small_client ENDPOINT APP UID TOKEN GROUP DIRECTORY TEXT";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Ok(arguments) = <[String; 7]>::try_from(arguments) else {
        eprintln!("usage: {USAGE}");
        return ExitCode::FAILURE;
    };
    match watch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn watch([endpoint, app, user, token, group, directory, text]: &[String; 7]) -> Result<(), Box<dyn Error>> {
    let (app, group): (AppId, ConversationShortId) = (app.parse()?, group.parse()?);
    // One thread: the client is one task.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let builder = Client::builder(app, user.as_str()).endpoint(endpoint)?;
        let client = builder.data_dir(directory).build().await?;
        client.login(user.as_str(), token.as_str()).await?;
        let live = client.live_groups();
        let mut events = live.events();
        live.join_live_group(group).await?;
        live.send_live_group_message(&client.create_text_message(text), group, Priority::Normal).await?;
        while let Some(event) = events.next().await {
            match event {
                LiveEvent::Received(message) | LiveEvent::Sent(message) => {
                    println!("{}: {}", message.sender, message.body.as_str().unwrap_or("?"));
                }
                other => println!("{other:?}"),
            }
        }
        Ok(())
    })
}
