use super::*;

/// The specification as people read it: N B V M A O S, `y` yes, `-` forbidden, `x` as if absent, lower-case
/// letters for what depends on more.
const SPECIFICATION: &str = "
Create           y y y y y y y
Join             y - y y y y y
Leave            x x y y y y y
Receive          x x y y y y y
Send             x x s - s y y
SendHigh         x x h - s y y
ReadInfo         y x y y y y y
SetInfo          x x - - y y y
SetNotice        x x - - - y y
MuteAll          x x - - y y y
SanctionMember   x x - - y y y
SanctionAdmin    x x - - - y y
SanctionOwner    x x - - - - -
LiftFromMember   x x - - y y y
LiftFromAdmin    x x - - - y y
ListSanctions    x x - - y y y
ManageRoles      x x - - - y y
Dissolve         x x - - - y y
SetOwnInfo       x x y y y y y
SetInfoOfOthers  x x - - - - y
Mark             x x - - y y y
ListMembers      x x y y y y y
EditOwn          x x t - y y y
EditOfOthers     x x - - - - y
RecallOwn        x x t t y y y
RecallOfMember   x x - - y y y
RecallOfResident x x - - - y y
WriteAttributes  x x p - y y y
Tap              x x y y y y y
Broadcast        - - - - - - y
";

fn letter(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Allowed => "y",
        Ruling::Forbidden => "-",
        Ruling::Absent => "x",
        Ruling::UnlessAllMuted => "s",
        Ruling::IfMembersMaySendHigh => "h",
        Ruling::IfMembersMaySetAttributes => "p",
        Ruling::WithinRecallWindow => "t",
    }
}

#[test]
fn the_table_says_what_the_specification_says() {
    let lines: Vec<&str> = SPECIFICATION.trim().lines().collect();
    assert_eq!(lines.len(), Operation::ALL.len());
    for (line, operation) in lines.into_iter().zip(Operation::ALL) {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some(format!("{operation:?}").as_str()));
        let row: Vec<&str> = Standing::ALL.into_iter().map(|s| letter(ruling(operation, s))).collect();
        assert_eq!(words.collect::<Vec<_>>(), row, "{operation:?}");
    }
}

#[test]
fn who_is_not_in_and_who_is_blocked_learn_the_same() {
    for operation in Operation::ALL {
        let outside = ruling(operation, Standing::Outsider);
        let blocked = ruling(operation, Standing::Blocked);
        let is_public = matches!(operation, Operation::Join | Operation::ReadInfo);
        assert!(is_public || outside == blocked, "{operation:?}");
    }
}
