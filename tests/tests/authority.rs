//! Who may do what in a live group: every cell of the table, by real clients over real transports.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cast;

use bim_livegroup::authority::{Operation, Ruling, Standing, absent, forbidden, muted, ruling};
use bim_tests::{Arena, everywhere};
use bim_types::ErrorCode;

use cast::Cast;

everywhere!(every_cell_of_the_table_holds, while_all_are_muted_only_those_speak_who_may);

async fn every_cell_of_the_table_holds(arena: Arena) {
    let cast = Cast::assemble(&arena).await;
    for operation in Operation::ALL {
        for standing in Standing::ALL {
            if cast.is_without_meaning(operation, standing) {
                continue;
            }
            let outcome = cast.attempt(operation, standing).await;
            let expected = expected(operation, standing);
            assert_eq!(outcome.err(), expected, "{operation:?} by {standing:?}");
        }
    }
}

async fn while_all_are_muted_only_those_speak_who_may(arena: Arena) {
    use bim::MuteAll;
    let cast = Cast::assemble(&arena).await;
    let silent = Some(ErrorCode::SendConversationSilent);
    let muted = Some(ErrorCode::UserBannedToPost);
    let table = [
        (MuteAll::NormalMembers, [silent, muted, None, None, None]),
        (MuteAll::Everyone, [silent, muted, silent, None, None]),
        (MuteAll::Off, [None, muted, None, None, None]),
    ];
    for (mode, codes) in table {
        cast.owner().live_groups().set_live_group_mute_all(cast.group, mode).await.unwrap();
        let speakers =
            [Standing::Member, Standing::Muted, Standing::Admin, Standing::Owner, Standing::AppServer];
        for (standing, code) in speakers.into_iter().zip(codes) {
            let outcome = cast.attempt(Operation::Send, standing).await;
            assert_eq!(outcome.err(), code, "{standing:?} while {mode:?}");
        }
    }
    let live = cast.owner().live_groups();
    live.set_live_group_silent(cast.group, true).await.unwrap();
    live.add_live_group_member_silent_white_list(cast.group, [cast.uid(Standing::Member)]).await.unwrap();
    assert_eq!(cast.attempt(Operation::Send, Standing::Member).await, Ok(()));
}

/// The code that the table's cell comes to with the default policy; `None`: it is done.
fn expected(operation: Operation, standing: Standing) -> Option<ErrorCode> {
    match ruling(operation, standing) {
        Ruling::Allowed
        | Ruling::UnlessAllMuted
        | Ruling::IfMembersMaySetAttributes
        | Ruling::WithinRecallWindow => None,
        Ruling::Forbidden if operation.is_speech() && standing == Standing::Muted => Some(muted().code),
        Ruling::Forbidden => Some(forbidden(operation).code),
        Ruling::IfMembersMaySendHigh => Some(ErrorCode::UserForbidden),
        Ruling::Absent => Some(absent(operation).code),
    }
}
