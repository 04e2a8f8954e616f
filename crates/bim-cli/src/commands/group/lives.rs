//! Groups as a whole.

use bim::{Client, Conversation, GroupInfo, GroupInfoChange};
use serde_json::json;

use super::measure::Measured;
use super::say;
use super::visit::{asked, session, visit};
use crate::args::{ConnectionArgs, GroupArgs, LivesCommand};
use crate::error::CliError;
use crate::shown::{conversation_json, conversation_text};

/// Groups asked for at once.
const PAGE_GROUPS: u32 = 50;

pub(super) async fn run(command: LivesCommand) -> Result<(), CliError> {
    match command {
        LivesCommand::Create { connection, name, description, notice, json } => {
            let info = GroupInfo { name, description, notice, ..GroupInfo::default() };
            create(&connection, info, json).await
        }
        LivesCommand::List { connection, mine, json } => list(&connection, mine, json).await,
        LivesCommand::Mine { connection, json } => list(&connection, true, json).await,
        LivesCommand::Info(args) => {
            let found =
                visit(&args, async |visit| visit.ask(visit.live.get_live_group(visit.group)).await).await?;
            show(&args, &found)
        }
        LivesCommand::Set { group, name, description, notice, avatar_url } => {
            set(&group, GroupInfoChange { name, description, notice, avatar_url, ext: None }).await
        }
        LivesCommand::Slow { wait, group } => {
            let done = visit(&group, async |visit| {
                visit.ask(visit.live.set_live_group_slow_mode(visit.group, wait)).await
            });
            Measured::of_group("slow mode", &group, done.await?)
        }
        LivesCommand::Dissolve(args) => dissolve(&args).await,
        LivesCommand::DissolveAfter { idle, group } => {
            let done = visit(&group, async |visit| {
                visit.ask(visit.live.set_live_group_dissolve_after_idle(visit.group, idle)).await
            });
            Measured::of_group("dissolve-after", &group, done.await?)
        }
    }
}

async fn create(connection: &ConnectionArgs, info: GroupInfo, json: bool) -> Result<(), CliError> {
    let made = session(connection, async |client| {
        let made = asked(client.live_groups().create_live_group(info)).await;
        made.map_err(|error| CliError::failed(format!("no live group was made: {error}")))
    });
    let made = made.await?;
    say(if json { conversation_json(&made).to_string() } else { made.conversation_short_id.to_string() })
}

async fn set(args: &GroupArgs, change: GroupInfoChange) -> Result<(), CliError> {
    let changed =
        visit(args, async |visit| visit.ask(visit.live.set_live_group_info(visit.group, change)).await);
    show(args, &changed.await?)
}

async fn dissolve(args: &GroupArgs) -> Result<(), CliError> {
    let group = visit(args, async |visit| {
        visit.ask(visit.live.dissolve_live_group(visit.group)).await.map(|()| visit.group)
    });
    let group = group.await?;
    say(if args.json {
        json!({ "group": group.value(), "dissolved": true }).to_string()
    } else {
        format!("live group {group} is dissolved")
    })
}

async fn list(connection: &ConnectionArgs, mine: bool, json: bool) -> Result<(), CliError> {
    session(connection, async |client| print_pages(client, mine, json).await).await
}

async fn print_pages(client: &Client, mine: bool, json: bool) -> Result<(), CliError> {
    let live = client.live_groups();
    let mut cursor = 0;
    loop {
        let page = if mine {
            asked(live.get_owner_live_group_list(cursor, PAGE_GROUPS)).await
        } else {
            asked(live.get_all_live_group_list(cursor, PAGE_GROUPS)).await
        };
        let page =
            page.map_err(|error| CliError::failed(format!("live groups can not be listed: {error}")))?;
        for group in &page.list {
            if json {
                say(conversation_json(group).to_string())?;
            } else {
                let (id, online, name) = (group.conversation_short_id, group.online_count, &group.info.name);
                say(format!("{id:>16}  {online:>6} online  {}", name.escape_debug()))?;
            }
        }
        if !page.has_more || page.next_cursor == cursor {
            return Ok(());
        }
        cursor = page.next_cursor;
    }
}

fn show(args: &GroupArgs, group: &Conversation) -> Result<(), CliError> {
    say(if args.json { conversation_json(group).to_string() } else { conversation_text(group) })
}
