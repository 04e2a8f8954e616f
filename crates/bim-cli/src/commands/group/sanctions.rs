//! Who may speak, and who may come in.

use bim::{ConversationShortId, Error, LiveGroups, MeasureDone, MuteAll, Uid};

use super::measure::{Measured, uids_of};
use super::visit::visit;
use crate::args::{GroupArgs, MuteAllArg, SanctionCommand, UidsArgs};
use crate::error::CliError;

pub(super) async fn run(command: SanctionCommand) -> Result<(), CliError> {
    use SanctionCommand as Do;
    match command {
        Do::Mute(args) => {
            let mute = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.add_live_group_member_silent_list(group, uids, args.period).await
            };
            for_uids("mute", &args.uids, mute).await
        }
        Do::Unmute(args) => {
            let unmute = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.remove_live_group_member_silent_list(group, uids).await
            };
            for_uids("unmute", &args, unmute).await
        }
        Do::MuteAll { who, group } => mute_all(who, &group).await,
        Do::Exempt(args) => {
            let exempt = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.add_live_group_member_silent_white_list(group, uids).await
            };
            for_uids("exempt", &args, exempt).await
        }
        Do::Unexempt(args) => {
            let unexempt = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.remove_live_group_member_silent_white_list(group, uids).await
            };
            for_uids("unexempt", &args, unexempt).await
        }
        Do::Block(args) => {
            let block = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.add_live_group_member_block_list(group, uids, args.period).await
            };
            for_uids("block", &args.uids, block).await
        }
        Do::Unblock(args) => {
            let unblock = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.remove_live_group_member_block_list(group, uids).await
            };
            for_uids("unblock", &args, unblock).await
        }
        Do::Kick(args) => {
            let kick = async |live: &LiveGroups, group, uids: Vec<Uid>| {
                live.kick_live_group_member_list(group, uids).await
            };
            for_uids("kick", &args, kick).await
        }
    }
}

/// Does something to the users that were typed, and tells what came of it.
pub(super) async fn for_uids(
    what: &str,
    args: &UidsArgs,
    measure: impl AsyncFnOnce(&LiveGroups, ConversationShortId, Vec<Uid>) -> Result<MeasureDone, Error>,
) -> Result<(), CliError> {
    let uids = uids_of(args)?;
    let done =
        visit(&args.group, async |visit| visit.ask(measure(&visit.live, visit.group, uids.clone())).await);
    let done = done.await?;
    Measured { what, uids: &uids, done }.tell(&args.group)
}

async fn mute_all(who: MuteAllArg, args: &GroupArgs) -> Result<(), CliError> {
    let mute_all = match who {
        MuteAllArg::Off => MuteAll::Off,
        MuteAllArg::Members => MuteAll::NormalMembers,
        MuteAllArg::Everyone => MuteAll::Everyone,
    };
    let done =
        visit(args, async |visit| visit.ask(visit.live.set_live_group_mute_all(visit.group, mute_all)).await);
    Measured::of_group("mute-all", args, done.await?)
}
