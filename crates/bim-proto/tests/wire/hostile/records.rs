//! Records that are damaged.

use bim_proto::DecodeError;
use bim_proto::stored::{
    StoredApp, StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMessage, StoredLiveRoll,
    StoredRevocations, StoredTaps,
};
use bytes::Bytes;

use super::{field, uid_text};
use crate::bytes_by_hand::Fields;

#[test]
fn a_record_that_is_damaged_is_an_error() {
    let malformed = Some(DecodeError::Malformed { kind: 0 });
    let cut = Bytes::from_static(&[0x0a, 5, b'x']);
    assert_eq!(StoredApp::decode(cut.clone()).err(), malformed);
    assert_eq!(StoredLiveGroup::decode(cut.clone()).err(), malformed);
    assert_eq!(StoredLiveMessage::decode(cut).err(), malformed);
    let group = |fields: Fields| StoredLiveGroup::decode(fields.record()).err().map(Err);
    assert_eq!(group(Fields::new()), Some(field("StoredLiveGroup.info")));
    let info = Fields::new().message(1, &Fields::new());
    assert_eq!(group(info.clone()), Some(field("StoredLiveGroup.owner")));
    let owned = info.message(2, &uid_text("a"));
    assert_eq!(group(owned.message(5, &Fields::new())), Some(field("StoredLiveGroup.admins")));
}

#[test]
fn a_stored_message_with_a_wrong_field_names_it() {
    let whole = || Fields::new().message(1, &uid_text("a")).bytes(2, [1; 16]).bytes(3, [2; 16]);
    let read = |fields: Fields| StoredLiveMessage::decode(fields.record()).map(|_| ());
    assert_eq!(read(whole()), Ok(()));
    assert_eq!(read(Fields::new()), field("StoredLiveMessage.sender"));
    assert_eq!(read(whole().bytes(2, [1; 15])), field("StoredLiveMessage.device_id"));
    assert_eq!(read(whole().bytes(3, [1; 17])), field("StoredLiveMessage.client_message_id"));
    assert_eq!(read(whole().number(4, 9)), field("StoredLiveMessage.priority"));
    assert_eq!(read(whole().message(11, &Fields::new())), field("StoredLiveMessage.sender"));
}

#[test]
fn a_stored_change_nested_deeper_than_the_stack_bears_is_refused() {
    let whole = || Fields::new().message(1, &uid_text("a")).bytes(2, [1; 16]).bytes(3, [2; 16]);
    let nested = |depth| (0..depth).fold(whole(), |inner, _| whole().message(11, &inner)).record();
    assert!(StoredLiveMessage::decode(nested(90)).is_ok());
    assert_eq!(StoredLiveMessage::decode(nested(200)), Err(DecodeError::Malformed { kind: 0 }));
}

#[test]
fn other_records_of_live_groups_with_a_wrong_field_name_it() {
    let group = |fields: Fields| {
        let whole = Fields::new().message(1, &Fields::new()).message(2, &uid_text("a"));
        StoredLiveGroup::decode(whole.raw(fields.record()).record()).map(|_| ())
    };
    assert_eq!(group(Fields::new()), Ok(()));
    assert_eq!(group(Fields::new().number(6, 3)), field("StoredLiveGroup.mute_all"));
    let roll =
        |member: &Fields| StoredLiveRoll::decode(Fields::new().message(1, member).record()).map(|_| ());
    assert_eq!(roll(&Fields::new()), field("StoredLiveMember.uid"));
    let attributes = Fields::new().message(1, &Fields::new().bytes(1, "key")).record();
    assert_eq!(StoredLiveAttributes::decode(attributes).map(|_| ()), field("LiveAttribute.setter"));
    let cut = Bytes::from_static(&[0x0a, 5, b'x']);
    let malformed = Some(DecodeError::Malformed { kind: 0 });
    assert_eq!(StoredLiveRoll::decode(cut.clone()).err(), malformed);
    assert_eq!(StoredLiveAttributes::decode(cut.clone()).err(), malformed);
    assert_eq!(StoredLiveCounters::decode(cut.clone()).err(), malformed);
    assert_eq!(StoredTaps::decode(cut).err(), malformed);
}

#[test]
fn revocations_with_a_wrong_field_name_it() {
    let part = |field: u64, part: &Fields| {
        StoredRevocations::decode(Fields::new().message(field, part).record()).map(|_| ())
    };
    assert_eq!(part(1, &Fields::new()), field("StoredRevokedUser.uid"));
    for length in [0, 15, 17] {
        let token = Fields::new().bytes(1, vec![1; length]);
        assert_eq!(part(2, &token), field("StoredRevokedToken.jti_hash"), "{length}");
    }
    assert_eq!(part(2, &Fields::new().bytes(1, [1; 16])), Ok(()));
}

#[test]
fn of_two_entries_for_one_user_the_later_counts() {
    let member = |exempt| Fields::new().message(1, &uid_text("a")).number(4, exempt);
    let roll = Fields::new().message(1, &member(0)).message(1, &member(1)).record();
    let roll = StoredLiveRoll::decode(roll).unwrap();
    assert_eq!(roll.members.into_values().map(|member| member.exempt).collect::<Vec<_>>(), [true]);
}
