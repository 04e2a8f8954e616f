//! Who is in a group, and what they say about themselves.

use bim::{
    ConversationShortId, Error, LiveGroups, LiveMemberOnlineInfo, Member, MemberCursor, MemberInfoChange,
    MemberListResult,
};
use serde_json::json;

use super::measure::{one_uid, uids_of};
use super::say;
use super::visit::visit;
use crate::args::{GroupArgs, ListArg, MembersArgs, MembersCommand, ProfileArgs, UidsArgs};
use crate::chat;
use crate::error::CliError;
use crate::shown::{member_json, member_line, moment, uid_json};

/// Members asked for at once; a server may give fewer.
const PAGE_MEMBERS: u32 = 50;

pub(super) async fn run(command: MembersCommand) -> Result<(), CliError> {
    match command {
        MembersCommand::Members(args) => list(&args).await,
        MembersCommand::Member(args) => records(&args).await,
        MembersCommand::Online(args) => online(&args).await,
        MembersCommand::Presence(args) => presence(&args).await,
        MembersCommand::Profile(args) => profile(&args).await,
    }
}

async fn list(args: &MembersArgs) -> Result<(), CliError> {
    if args.mark.is_some() && args.list != ListArg::Online {
        return Err(CliError::arguments("--mark goes with --list online"));
    }
    let after = args.after.as_deref().map(|uid| one_uid(uid, args.int_uids)).transpose()?;
    let mut cursor = after.map_or(MemberCursor::START, MemberCursor::after);
    let mut left = if args.all { u32::MAX } else { args.count };
    visit(&args.group, async |visit| {
        while left > 0 {
            let count = left.min(PAGE_MEMBERS);
            let page = visit
                .ask_inside(async |live, group| page(live, group, args, cursor.clone(), count).await)
                .await?;
            for member in &page.list {
                show(&args.group, member)?;
            }
            left = left.saturating_sub(u32::try_from(page.list.len()).unwrap_or(u32::MAX));
            if !page.has_more || page.next_cursor == cursor {
                return Ok(());
            }
            cursor = page.next_cursor;
        }
        if let Some(last) = cursor.uid() {
            chat::note(&format!("there are more; --after {last} goes on, --all prints all"));
        }
        Ok(())
    })
    .await
}

async fn page(
    live: &LiveGroups,
    group: ConversationShortId,
    args: &MembersArgs,
    cursor: MemberCursor,
    count: u32,
) -> Result<MemberListResult, Error> {
    match args.list {
        ListArg::Resident => live.get_live_group_member_list(group, cursor, count).await,
        ListArg::Online => {
            live.get_live_group_member_online_list(group, cursor, count, args.mark.as_deref()).await
        }
        ListArg::Muted => live.get_live_group_member_silent_list(group, cursor, count).await,
        ListArg::Exempt => live.get_live_group_member_silent_white_list(group, cursor, count).await,
        ListArg::Blocked => live.get_live_group_member_block_list(group, cursor, count).await,
    }
}

async fn records(args: &UidsArgs) -> Result<(), CliError> {
    let uids = uids_of(args)?;
    let found = visit(&args.group, async |visit| {
        let ask = async |live: &LiveGroups, group| live.get_live_group_member_info(group, uids.clone()).await;
        visit.ask_inside(ask).await
    });
    found.await?.iter().try_for_each(|member| show(&args.group, member))
}

async fn online(args: &GroupArgs) -> Result<(), CliError> {
    let (group, online) = visit(args, async |visit| {
        let online = visit.ask(visit.live.get_live_group_online_count(visit.group)).await?;
        Ok((visit.group, online))
    })
    .await?;
    let age = u64::try_from(online.age.as_millis()).unwrap_or(u64::MAX);
    say(if args.json {
        json!({ "group": group.value(), "online": online.count, "online_age_ms": age }).to_string()
    } else {
        format!("{} online, counted {age} ms before the answer", online.count)
    })
}

async fn presence(args: &UidsArgs) -> Result<(), CliError> {
    let uids = uids_of(args)?;
    let found = visit(&args.group, async |visit| {
        let ask = async |live: &LiveGroups, group| {
            live.get_live_group_member_online_info(group, uids.clone()).await
        };
        visit.ask_inside(ask).await
    });
    for LiveMemberOnlineInfo { uid, is_in_group, join_time, last_ping_time } in found.await? {
        say(if args.group.json {
            let (joined, heard) =
                (join_time.map(|at| at.as_millis()), last_ping_time.map(|at| at.as_millis()));
            json!({
                "uid": uid_json(&uid), "online": is_in_group, "joined_at_ms": joined, "last_seen_at_ms": heard,
            })
            .to_string()
        } else {
            match (join_time, last_ping_time) {
                (Some(joined), Some(heard)) => {
                    format!("{uid}: online since {}, last heard {}", moment(joined), moment(heard))
                }
                _ => format!("{uid}: {}", if is_in_group { "online" } else { "away" }),
            }
        })?;
    }
    Ok(())
}

async fn profile(args: &ProfileArgs) -> Result<(), CliError> {
    let of = args.of.as_deref().map(|uid| one_uid(uid, args.int_uids)).transpose()?;
    let ext = (!args.ext.is_empty()).then(|| args.ext.iter().cloned().collect());
    let change = MemberInfoChange { alias: args.alias.clone(), avatar_url: args.avatar.clone(), ext };
    let member = visit(&args.group, async |visit| {
        let me = visit.client.current_user();
        let uid = of.or(me).ok_or_else(|| CliError::failed("the session is over"))?;
        if change == MemberInfoChange::default() {
            let ask = async |live: &LiveGroups, group| {
                live.get_live_group_member_info(group, vec![uid.clone()]).await
            };
            let found = visit.ask_inside(ask).await?;
            return found
                .into_iter()
                .next()
                .ok_or_else(|| CliError::failed(format!("nothing is known of {uid}")));
        }
        let set = async |live: &LiveGroups, group| {
            live.set_live_group_member_info_of(group, uid.clone(), change.clone()).await
        };
        visit.ask_inside(set).await
    });
    show(&args.group, &member.await?)
}

fn show(args: &GroupArgs, member: &Member) -> Result<(), CliError> {
    say(if args.json { member_json(member).to_string() } else { member_line(member) })
}
