//! `bim group`: live groups, as a user of an app.

use bim::{Client, Conversation, GroupInfo, GroupInfoChange};
use serde_json::{Value, json};

use super::say;
use crate::answer::{self, ANSWER_TIMEOUT, NoAnswer};
use crate::args::{ConnectionArgs, GroupArgs, GroupCommand};
use crate::error::CliError;
use crate::target::{Target, group_id};

/// Groups asked for at once.
const PAGE_GROUPS: u32 = 50;

pub(super) async fn run(command: GroupCommand) -> Result<(), CliError> {
    match command {
        GroupCommand::Create { connection, name, description, notice, json } => {
            let info = GroupInfo { name, description, notice, ..GroupInfo::default() };
            let client = connect(&Target::of(&connection)?).await?;
            let made = asked(client.live_groups().create_live_group(info)).await;
            client.shutdown().await;
            let made = made.map_err(|error| CliError::failed(format!("no live group was made: {error}")))?;
            say(if json { as_json(&made).to_string() } else { made.conversation_short_id.to_string() })
        }
        GroupCommand::List { connection, mine, json } => list(&connection, mine, json).await,
        GroupCommand::Get(args) => {
            let (target, group) = target(&args)?;
            let client = connect(&target).await?;
            let found = asked(client.live_groups().get_live_group(group)).await;
            client.shutdown().await;
            let found = found.map_err(|error| CliError::failed(format!("live group {group}: {error}")))?;
            say(if args.json { as_json(&found).to_string() } else { as_text(&found) })
        }
        GroupCommand::Set { group, name, description, notice, avatar_url } => {
            set(&group, GroupInfoChange { name, description, notice, avatar_url, ext: None }).await
        }
        GroupCommand::Dissolve(args) => {
            let (target, group) = target(&args)?;
            let client = connect(&target).await?;
            let done = asked(client.live_groups().dissolve_live_group(group)).await;
            client.shutdown().await;
            done.map_err(|error| CliError::failed(format!("live group {group}: {error}")))?;
            say(if args.json {
                json!({ "group": group.value(), "dissolved": true }).to_string()
            } else {
                format!("live group {group} is dissolved")
            })
        }
    }
}

async fn set(args: &GroupArgs, change: GroupInfoChange) -> Result<(), CliError> {
    let (target, group) = target(args)?;
    let client = connect(&target).await?;
    let changed = asked(client.live_groups().set_live_group_info(group, change)).await;
    client.shutdown().await;
    let changed = changed.map_err(|error| CliError::failed(format!("live group {group}: {error}")))?;
    say(if args.json { as_json(&changed).to_string() } else { as_text(&changed) })
}

async fn list(connection: &ConnectionArgs, mine: bool, json: bool) -> Result<(), CliError> {
    let client = connect(&Target::of(connection)?).await?;
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
                say(as_json(group).to_string())?;
            } else {
                let (id, online, name) = (group.conversation_short_id, group.online_count, &group.info.name);
                say(format!("{id:>16}  {online:>6} online  {}", name.escape_debug()))?;
            }
        }
        if !page.has_more || page.next_cursor == cursor {
            break;
        }
        cursor = page.next_cursor;
    }
    client.shutdown().await;
    Ok(())
}

fn target(args: &GroupArgs) -> Result<(Target, bim::ConversationShortId), CliError> {
    let target = Target::of(&args.connection)?;
    let group = match args.group {
        Some(group) => group_id(group)?,
        None => target.group.ok_or_else(|| CliError::arguments("--group is missing"))?,
    };
    Ok((target, group))
}

async fn connect(target: &Target) -> Result<Client, CliError> {
    target.connect(None, |text| crate::chat::note(&text)).await
}

async fn asked<T>(call: impl Future<Output = Result<T, bim::Error>>) -> Result<T, NoAnswer> {
    answer::within(ANSWER_TIMEOUT, call).await
}

fn as_json(group: &Conversation) -> Value {
    let info = &group.info;
    json!({
        "group": group.conversation_short_id.value(), "name": info.name, "description": info.description,
        "notice": info.notice, "avatar_url": info.avatar_url, "ext": info.ext, "owner": group.owner.to_string(),
        "created_at_ms": group.created_at.as_millis(), "online": group.online_count, "version": group.version,
        "dissolved": group.dissolved,
    })
}

fn as_text(group: &Conversation) -> String {
    let info = &group.info;
    let lines = [
        ("group", group.conversation_short_id.to_string()),
        ("name", info.name.escape_debug().to_string()),
        ("description", info.description.escape_debug().to_string()),
        ("notice", info.notice.escape_debug().to_string()),
        ("owner", group.owner.to_string()),
        ("online", group.online_count.to_string()),
        ("dissolved", group.dissolved.to_string()),
    ];
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:<12} {value}")).collect();
    lines.join("\n")
}
