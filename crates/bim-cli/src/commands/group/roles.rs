//! Roles and marks.

use bim::{LiveGroups, MarkAction, Role, Uid};
use serde_json::json;

use super::measure::{Measured, one_uid};
use super::sanctions::for_uids;
use super::say;
use super::visit::visit;
use crate::args::{AdminRoleCommand, GroupArgs, MarksCommand, RoleArg, RoleCommand, UidsArgs};
use crate::error::CliError;

pub(super) async fn run(command: RoleCommand) -> Result<(), CliError> {
    match command {
        RoleCommand::Admin(AdminRoleCommand::Add(args)) => set_role("admin add", Role::Admin, &args).await,
        RoleCommand::Admin(AdminRoleCommand::Remove(args)) => {
            set_role("admin remove", Role::Normal, &args).await
        }
        RoleCommand::Role { role, uids } => {
            let role = match role {
                RoleArg::Owner => Role::Owner,
                RoleArg::Admin => Role::Admin,
                RoleArg::Normal => Role::Normal,
            };
            set_role("role", role, &uids).await
        }
        RoleCommand::Transfer { to, int_uids, group } => transfer(one_uid(&to, int_uids)?, &group).await,
        RoleCommand::Marks(MarksCommand::List(args)) => list_marks(&args).await,
        RoleCommand::Marks(MarksCommand::Add { marks, group }) => {
            manage_marks("marks add", MarkAction::Add, &marks, &group).await
        }
        RoleCommand::Marks(MarksCommand::Remove { marks, group }) => {
            manage_marks("marks remove", MarkAction::Delete, &marks, &group).await
        }
        RoleCommand::Mark { mark, uids } => mark_users("mark", MarkAction::Add, mark, &uids).await,
        RoleCommand::Unmark { mark, uids } => mark_users("unmark", MarkAction::Delete, mark, &uids).await,
    }
}

async fn set_role(what: &str, role: Role, args: &UidsArgs) -> Result<(), CliError> {
    let set = async |live: &LiveGroups, group, uids: Vec<Uid>| {
        live.set_live_group_member_role(group, uids, role).await
    };
    for_uids(what, args, set).await
}

async fn transfer(to: Uid, args: &GroupArgs) -> Result<(), CliError> {
    let done = visit(args, async |visit| {
        visit.ask(visit.live.trans_live_group_owner(visit.group, to.clone())).await
    });
    let done = done.await?;
    Measured { what: "transfer", uids: &[to], done }.tell(args)
}

async fn list_marks(args: &GroupArgs) -> Result<(), CliError> {
    let marks =
        visit(args, async |visit| visit.ask(visit.live.get_live_group_mark_type_list(visit.group)).await);
    for mark in marks.await? {
        say(if args.json { json!({ "mark": mark }).to_string() } else { mark.escape_debug().to_string() })?;
    }
    Ok(())
}

async fn manage_marks(
    what: &str,
    action: MarkAction,
    marks: &[String],
    args: &GroupArgs,
) -> Result<(), CliError> {
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    let done = visit(args, async |visit| {
        visit.ask(visit.live.manage_live_group_mark_types(visit.group, action, &marks)).await
    });
    Measured::of_group(what, args, done.await?)
}

async fn mark_users(what: &str, action: MarkAction, mark: String, args: &UidsArgs) -> Result<(), CliError> {
    let give = async |live: &LiveGroups, group, uids: Vec<Uid>| {
        live.mark_live_group_member_list(group, uids, action, mark).await
    };
    for_uids(what, args, give).await
}
