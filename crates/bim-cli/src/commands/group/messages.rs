//! Messages, one at a time.

use bim::{LiveGroups, Message, MessageBody, Priority, Seq};
use serde_json::json;

use super::say;
use super::visit::{asked, session, visit};
use crate::args::{ConnectionArgs, GroupArgs, MessageCommand, PriorityArg};
use crate::error::CliError;
use crate::shown::{history_json, message_line, moment};

/// Messages asked for at once; a server may give fewer.
const PAGE_MESSAGES: u64 = 20;

pub(super) async fn run(command: MessageCommand) -> Result<(), CliError> {
    match command {
        MessageCommand::History { before, count, group } => history(before, count, &group).await,
        MessageCommand::Send { text, priority, group } => send(&text, priority, &group).await,
        MessageCommand::Edit { seq, text, group } => edit(seq, text, &group).await,
        MessageCommand::Delete { seq, group } => delete(seq, &group).await,
        MessageCommand::Broadcast { text, priority, connection, json } => {
            broadcast(&text, priority, &connection, json).await
        }
    }
}

async fn history(before: Option<u64>, count: u64, args: &GroupArgs) -> Result<(), CliError> {
    let mut cursor = before.map(|before| Seq(before.saturating_sub(1)));
    let mut left = count;
    visit(args, async |visit| {
        while left > 0 {
            let limit = u32::try_from(left.min(PAGE_MESSAGES)).unwrap_or(0);
            let ask = async |live: &LiveGroups, group| {
                live.get_live_group_history_message_list(group, cursor, limit).await
            };
            let page = visit.ask_inside(ask).await?;
            for message in &page.list {
                show(args, message)?;
            }
            left = left.saturating_sub(page.list.len() as u64);
            if !page.has_more {
                break;
            }
            cursor = Some(page.next_cursor);
        }
        Ok(())
    })
    .await
}

async fn send(text: &str, priority: PriorityArg, args: &GroupArgs) -> Result<(), CliError> {
    let sent = visit(args, async |visit| {
        // One value for both attempts, so that it is one message whatever happens.
        let message = visit.client.create_text_message(text);
        let send = async |live: &LiveGroups, group| {
            live.send_live_group_message(&message, group, priority.into()).await
        };
        visit.ask_inside(send).await
    });
    let sent: Message = sent.await?;
    say(if args.json {
        let mut value = history_json(&sent);
        value["type"] = json!("accepted");
        value.to_string()
    } else {
        sent.position.seq.to_string()
    })
}

async fn edit(seq: u64, text: String, args: &GroupArgs) -> Result<(), CliError> {
    let body = MessageBody::Text(text.into());
    let edit = visit(args, async |visit| {
        let edit = async |live: &LiveGroups, group| {
            live.update_live_group_message(group, Seq(seq), body.clone()).await
        };
        visit.ask_inside(edit).await
    });
    edit.await?;
    changed(args, seq, "edited")
}

async fn delete(seq: u64, args: &GroupArgs) -> Result<(), CliError> {
    let delete = visit(args, async |visit| {
        let delete = async |live: &LiveGroups, group| live.delete_live_group_message(group, Seq(seq)).await;
        visit.ask_inside(delete).await
    });
    delete.await?;
    changed(args, seq, "deleted")
}

async fn broadcast(
    text: &str,
    priority: PriorityArg,
    connection: &ConnectionArgs,
    json: bool,
) -> Result<(), CliError> {
    let priority: Priority = priority.into();
    let done = session(connection, async |client| {
        let message = client.create_text_message(text);
        let sent = asked(client.live_groups().broadcast_to_live_groups(&message, priority)).await;
        sent.map_err(|error| {
            let failed = CliError::failed(format!("the broadcast was not sent: {error}"));
            failed.help("it takes a token of the app's server, as bim token --app-server makes")
        })
    });
    let done = done.await?;
    let (accepted, failed) = (done.accepted, done.failed);
    say(if json {
        json!({ "accepted": accepted, "failed": failed }).to_string()
    } else {
        format!("broadcast to {accepted} live groups")
    })?;
    match failed {
        0 => Ok(()),
        _ => Err(CliError::failed(format!("{failed} live groups could not be reached"))),
    }
}

fn changed(args: &GroupArgs, seq: u64, what: &str) -> Result<(), CliError> {
    say(if args.json { json!({ "seq": seq, "done": what }).to_string() } else { format!("{what} {seq}") })
}

fn show(args: &GroupArgs, message: &Message) -> Result<(), CliError> {
    if args.json {
        return say(history_json(message).to_string());
    }
    let edited = if message.edits > 0 { " (edited)" } else { "" };
    let (seq, at) = (message.position.seq, moment(message.accepted_at));
    say(format!("{seq:>8}  {at}  {}{edited}", message_line(message)))
}
