//! Who may do what: the table of the documentation, as it stands there.

use bim_types::{ErrorCode, Mono, MuteAll, Role};

use super::people::Person;
use super::room::Room;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Join,
    Leave,
    Read,
    Send,
    SendHigh,
    ReadInfo,
    SetInfo,
    SetNotice,
    Hush,
    HushMember,
    HushAdmin,
    HushOwner,
    LiftMember,
    LiftAdmin,
    Lists,
    Roles,
    Dissolve,
    OwnInfo,
    InfoOfOthers,
    Marks,
    Members,
    EditOwn,
    EditOther,
    RemoveOwn,
    RemoveOfMember,
    RemoveOfResident,
    Attributes,
    Tap,
}

/// What an app may decide by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) members_may_send_high: bool,
    pub(super) members_may_set_attributes: bool,
}

/// One row: not in, blocked, member, muted member, admin, owner, app server. `y` yes, `n` no, `x` as if there were no
/// group, `m` unless all are muted, `h` and `p` where policy says so, `w` for some time.
fn row(act: Act) -> &'static [u8; 7] {
    match act {
        Act::Join => b"ynyyyyy",
        Act::ReadInfo => b"yxyyyyy",
        Act::Leave | Act::Read | Act::OwnInfo | Act::Members | Act::Tap => b"xxyyyyy",
        Act::Send => b"xxmnmyy",
        Act::SendHigh => b"xxhnmyy",
        Act::SetInfo | Act::Hush | Act::HushMember | Act::LiftMember | Act::Lists | Act::Marks => b"xxnnyyy",
        Act::RemoveOfMember => b"xxnnyyy",
        Act::SetNotice | Act::HushAdmin | Act::LiftAdmin | Act::Roles | Act::Dissolve => b"xxnnnyy",
        Act::RemoveOfResident => b"xxnnnyy",
        Act::HushOwner => b"xxnnnnn",
        Act::InfoOfOthers | Act::EditOther => b"xxnnnny",
        Act::EditOwn => b"xxwnyyy",
        Act::RemoveOwn => b"xxwwyyy",
        Act::Attributes => b"xxpnyyy",
    }
}

/// The column somebody stands in.
fn column(room: &Room, person: &Person, now: Mono) -> usize {
    if person.is_server {
        return 6;
    }
    match room.role(&person.uid) {
        Role::Owner => 5,
        Role::Admin => 4,
        _ if room.is_blocked(&person.uid, now) => 1,
        _ if !room.is_in(person.connection) => 0,
        _ if room.is_muted(&person.uid, now) => 3,
        _ => 2,
    }
}

/// Whether somebody may do something now; else the code it is refused with.
pub(super) fn may(
    room: &Room,
    person: &Person,
    act: Act,
    policy: Policy,
    now: Mono,
) -> Result<(), ErrorCode> {
    let column = column(room, person, now);
    let is_speech = matches!(act, Act::Send | Act::SendHigh | Act::EditOwn | Act::Attributes);
    if is_speech && matches!(column, 3 | 4) && room.is_muted(&person.uid, now) {
        return Err(ErrorCode::UserBannedToPost);
    }
    let is_silenced = || match (room.group.mute_all, column) {
        (MuteAll::Off, _) | (_, 5 | 6) => false,
        (MuteAll::NormalMembers, 4) => false,
        _ => !room.is_exempt(&person.uid),
    };
    match row(act)[column] {
        b'y' | b'w' => Ok(()),
        b'p' if policy.members_may_set_attributes => Ok(()),
        b'h' if !policy.members_may_send_high => Err(ErrorCode::UserForbidden),
        b'm' | b'h' if is_silenced() => Err(ErrorCode::SendConversationSilent),
        b'm' | b'h' => Ok(()),
        b'x' if act == Act::ReadInfo => Err(ErrorCode::ConversationNotFound),
        b'x' => Err(ErrorCode::UserNotInGroup),
        _ if act == Act::Join => Err(ErrorCode::MemberBlock),
        _ => Err(ErrorCode::UserForbidden),
    }
}

/// Whether somebody may send now: who has to be in is in, and the table allows it.
pub(super) fn may_send(
    room: &Room,
    person: &Person,
    is_high: bool,
    policy: Policy,
    now: Mono,
) -> Result<(), ErrorCode> {
    if !person.is_server && !room.is_in(person.connection) {
        return Err(ErrorCode::UserNotInGroup);
    }
    may(room, person, if is_high { Act::SendHigh } else { Act::Send }, policy, now)
}

/// Whether somebody may change what a message says now, or only remove it: of somebody with this role, or an own one.
pub(super) fn may_change(
    room: &Room,
    person: &Person,
    (author_is_self, author): (bool, Role),
    (is_removal, is_late): (bool, bool),
    policy: Policy,
    now: Mono,
) -> Result<(), ErrorCode> {
    let act = match (is_removal, author_is_self, author) {
        (false, true, _) => Act::EditOwn,
        (false, false, _) => Act::EditOther,
        (true, true, _) => Act::RemoveOwn,
        (true, false, Role::Owner | Role::Admin) => Act::RemoveOfResident,
        (true, false, _) => Act::RemoveOfMember,
    };
    may(room, person, act, policy, now)?;
    if !is_removal {
        // To change a message is to speak.
        let column = column(room, person, now);
        let is_silenced = match (room.group.mute_all, column) {
            (MuteAll::Off, _) | (_, 5 | 6) | (MuteAll::NormalMembers, 4) => false,
            _ => !room.is_exempt(&person.uid),
        };
        if is_silenced {
            return Err(ErrorCode::SendConversationSilent);
        }
    }
    if is_late && row(act)[column(room, person, now)] == b'w' {
        return Err(ErrorCode::RecallTimeout);
    }
    Ok(())
}
