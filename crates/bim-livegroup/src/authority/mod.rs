//! Who may do what in a live group: one table, read at the moment of the deed.
//!
//! [`ruling`] has a row for every [`Operation`] and a column for every [`Standing`]; an operation without a row
//! does not compile. What depends on more than that (silence, windows of time, policy) is a [`Ruling`] of its
//! own, which whoever asks has to resolve.

#[cfg(test)]
mod authority_test;

use bim_types::{ErrorCode, Refusal, Role};

/// Declares an enum together with the list of its variants, so that none is left out of the list.
macro_rules! listed {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: [Self; [$(stringify!($variant)),*].len()] = [$(Self::$variant),*];
        }
    };
}

listed! {
    /// Where a user stands, seen from one live group. The order is that of the table's columns.
    pub enum Standing {
        /// Not in the group.
        Outsider,
        /// On the block list.
        Blocked,
        /// In the group.
        Member,
        /// In the group and muted.
        Muted,
        /// An admin, in the group or not.
        Admin,
        /// The owner, in the group or not.
        Owner,
        /// A session of the app's own server, which is in no group.
        AppServer,
    }
}

listed! {
    /// What can be done with a live group.
    pub enum Operation {
        /// Make one.
        Create,
        /// Come in.
        Join,
        /// Go out.
        Leave,
        /// Read its messages, attributes and counters.
        Receive,
        /// Send LOW or NORMAL.
        Send,
        /// Send HIGH.
        SendHigh,
        /// Read what is said about it.
        ReadInfo,
        /// Change name, description, picture or ext.
        SetInfo,
        /// Change the notice.
        SetNotice,
        /// Mute all, keep the exempt list, set slow mode.
        MuteAll,
        /// Mute, kick or block an ordinary member.
        SanctionMember,
        /// Mute, kick or block an admin.
        SanctionAdmin,
        /// Mute, kick or block the owner or oneself.
        SanctionOwner,
        /// Unmute or unblock an ordinary member.
        LiftFromMember,
        /// Unmute an admin.
        LiftFromAdmin,
        /// Read the lists of muted, blocked and exempt users.
        ListSanctions,
        /// Add and remove admins, transfer the group.
        ManageRoles,
        /// End it, now or when it is idle.
        Dissolve,
        /// Change one's own alias, picture or ext.
        SetOwnInfo,
        /// Change those of another.
        SetInfoOfOthers,
        /// Make marks, give them and take them back.
        Mark,
        /// Read who is in, and how many.
        ListMembers,
        /// Change an own message.
        EditOwn,
        /// Change a message of another.
        EditOfOthers,
        /// Remove an own message.
        RecallOwn,
        /// Remove a message of an ordinary member.
        RecallOfMember,
        /// Remove a message of the owner or an admin.
        RecallOfResident,
        /// Write attributes.
        WriteAttributes,
        /// Add to counters.
        Tap,
        /// Send to every group of the app.
        Broadcast,
    }
}

impl Operation {
    /// To mute, kick or block someone of this role.
    #[must_use]
    pub fn sanction(target: Role) -> Self {
        match target {
            Role::Owner => Self::SanctionOwner,
            Role::Admin => Self::SanctionAdmin,
            _ => Self::SanctionMember,
        }
    }

    /// To unmute or unblock someone of this role.
    #[must_use]
    pub fn lift(target: Role) -> Self {
        match target {
            Role::Owner | Role::Admin => Self::LiftFromAdmin,
            _ => Self::LiftFromMember,
        }
    }

    /// Whether it is a way to speak: open to members, and taken from whoever is muted, admins included.
    #[must_use]
    pub fn is_speech(self) -> bool {
        let (member, muted) = (ruling(self, Standing::Member), ruling(self, Standing::Muted));
        member != Ruling::Forbidden && muted == Ruling::Forbidden
    }

    /// To remove a message of someone of this role.
    #[must_use]
    pub fn recall_of(author: Role) -> Self {
        match author {
            Role::Owner | Role::Admin => Self::RecallOfResident,
            _ => Self::RecallOfMember,
        }
    }
}

/// What the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ruling {
    /// Yes.
    Allowed,
    /// No; see [`forbidden`] and [`muted`].
    Forbidden,
    /// No, in the same words as when there were no such group.
    Absent,
    /// Yes, unless all are muted and this user is not exempt.
    UnlessAllMuted,
    /// Yes where members may send HIGH, unless all are muted; otherwise no.
    IfMembersMaySendHigh,
    /// Yes where members may set attributes; otherwise no.
    IfMembersMaySetAttributes,
    /// Yes for some time after the message was accepted.
    WithinRecallWindow,
}

/// The table.
#[must_use]
pub const fn ruling(operation: Operation, standing: Standing) -> Ruling {
    row(operation)[standing as usize]
}

const fn row(operation: Operation) -> [Ruling; 7] {
    use Ruling::{
        Absent as X, Allowed as Y, Forbidden as N, IfMembersMaySendHigh as H, IfMembersMaySetAttributes as P,
        UnlessAllMuted as S, WithinRecallWindow as T,
    };
    // outsider, blocked, member, muted, admin, owner, app server
    match operation {
        Operation::Create => [Y, Y, Y, Y, Y, Y, Y],
        Operation::Join => [Y, N, Y, Y, Y, Y, Y],
        Operation::Leave => [X, X, Y, Y, Y, Y, Y],
        Operation::Receive => [X, X, Y, Y, Y, Y, Y],
        Operation::Send => [X, X, S, N, S, Y, Y],
        Operation::SendHigh => [X, X, H, N, S, Y, Y],
        Operation::ReadInfo => [Y, X, Y, Y, Y, Y, Y],
        Operation::SetInfo => [X, X, N, N, Y, Y, Y],
        Operation::SetNotice => [X, X, N, N, N, Y, Y],
        Operation::MuteAll => [X, X, N, N, Y, Y, Y],
        Operation::SanctionMember => [X, X, N, N, Y, Y, Y],
        Operation::SanctionAdmin => [X, X, N, N, N, Y, Y],
        Operation::SanctionOwner => [X, X, N, N, N, N, N],
        Operation::LiftFromMember => [X, X, N, N, Y, Y, Y],
        Operation::LiftFromAdmin => [X, X, N, N, N, Y, Y],
        Operation::ListSanctions => [X, X, N, N, Y, Y, Y],
        Operation::ManageRoles => [X, X, N, N, N, Y, Y],
        Operation::Dissolve => [X, X, N, N, N, Y, Y],
        Operation::SetOwnInfo => [X, X, Y, Y, Y, Y, Y],
        Operation::SetInfoOfOthers => [X, X, N, N, N, N, Y],
        Operation::Mark => [X, X, N, N, Y, Y, Y],
        Operation::ListMembers => [X, X, Y, Y, Y, Y, Y],
        Operation::EditOwn => [X, X, T, N, Y, Y, Y],
        Operation::EditOfOthers => [X, X, N, N, N, N, Y],
        Operation::RecallOwn => [X, X, T, T, Y, Y, Y],
        Operation::RecallOfMember => [X, X, N, N, Y, Y, Y],
        Operation::RecallOfResident => [X, X, N, N, N, Y, Y],
        Operation::WriteAttributes => [X, X, P, N, Y, Y, Y],
        Operation::Tap => [X, X, Y, Y, Y, Y, Y],
        Operation::Broadcast => [N, N, N, N, N, N, Y],
    }
}

/// The answer to an operation that is refused as if there were no such group. Who is not in learns nothing.
#[must_use]
pub fn absent(operation: Operation) -> Refusal {
    match operation {
        Operation::ReadInfo => ErrorCode::ConversationNotFound.into(),
        _ => Refusal::new(ErrorCode::UserNotInGroup).hint("no such live group, or not in it"),
    }
}

/// The answer to an operation that is forbidden. Who is muted is told that instead; see [`muted`].
#[must_use]
pub fn forbidden(operation: Operation) -> Refusal {
    let (code, hint) = match operation {
        Operation::Join => (ErrorCode::MemberBlock, "blocked in this group"),
        Operation::SetNotice => (ErrorCode::UserForbidden, "only the owner may change the notice"),
        Operation::Dissolve => (ErrorCode::UserForbidden, "only the owner may dissolve a live group"),
        Operation::ManageRoles => (ErrorCode::UserForbidden, "only the owner may change roles"),
        Operation::SanctionAdmin | Operation::LiftFromAdmin => {
            (ErrorCode::UserForbidden, "only the owner may act on admins")
        }
        Operation::SanctionOwner => (
            ErrorCode::UserForbidden,
            "nobody may act on the owner or on themselves; transfer the group first",
        ),
        Operation::SendHigh => (ErrorCode::UserForbidden, "only owner and admins may send HIGH here"),
        Operation::SetInfoOfOthers | Operation::EditOfOthers | Operation::Broadcast => {
            (ErrorCode::UserForbidden, "only the app's server may do this")
        }
        Operation::RecallOfMember | Operation::RecallOfResident => {
            (ErrorCode::UserForbidden, "not allowed to remove this message")
        }
        Operation::WriteAttributes => {
            (ErrorCode::UserForbidden, "only owner and admins may set attributes here")
        }
        Operation::Create
        | Operation::Leave
        | Operation::Receive
        | Operation::Send
        | Operation::ReadInfo
        | Operation::SetInfo
        | Operation::MuteAll
        | Operation::SanctionMember
        | Operation::LiftFromMember
        | Operation::ListSanctions
        | Operation::SetOwnInfo
        | Operation::Mark
        | Operation::ListMembers
        | Operation::EditOwn
        | Operation::RecallOwn
        | Operation::Tap => (ErrorCode::UserForbidden, "only owner and admins may do this"),
    };
    Refusal::new(code).hint(hint)
}

/// The answer to someone who is muted and wants to speak.
#[must_use]
pub fn muted() -> Refusal {
    Refusal::new(ErrorCode::UserBannedToPost).hint("muted in this group")
}
