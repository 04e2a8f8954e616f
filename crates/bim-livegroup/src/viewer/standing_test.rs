use std::time::Duration;

use bim_types::{Conversation, GroupChange, GroupEvent, LivePulse, Member, Named, Role, Uid, Until};

use super::viewer_test::{conversation, group, me, viewer_at};

#[test]
fn an_older_or_equal_state_is_ignored_and_the_role_is_kept() {
    let mut viewer = viewer_at(10);
    assert_eq!(viewer.on_state(conversation(0)), None);
    assert_eq!(viewer.on_state(conversation(1)), None);
    let mine_now = Conversation { owner: me(), me: None, ..conversation(2) };
    let state = viewer.on_state(mine_now).unwrap();
    assert_eq!((state.role, state.joined, state.version), (Role::Owner, true, 2));
    assert_eq!(viewer.on_state(conversation(1)), None);
    let given_away = Conversation { me: None, ..conversation(3) };
    assert_eq!(viewer.on_state(given_away).unwrap().role, Role::Normal);
}

#[test]
fn a_state_with_the_own_record_replaces_it_and_one_without_keeps_it() {
    let mut viewer = viewer_at(10);
    let record = Member { role: Role::Admin, muted: Some(Until::Forever), ..Member::unknown(me()) };
    let told = Conversation { me: Some(record.clone()), ..conversation(2) };
    let state = viewer.on_state(told).unwrap();
    assert_eq!((state.role, state.me.as_ref()), (Role::Admin, Some(&record)));
    let state = viewer.on_state(Conversation { me: None, ..conversation(3) }).unwrap();
    assert_eq!((state.role, state.me.as_ref()), (Role::Admin, Some(&record)));
}

#[test]
fn the_age_of_the_online_count_is_no_news() {
    let mut viewer = viewer_at(10);
    let aged = Conversation { online_count_age: Duration::from_secs(1), ..conversation(1) };
    assert_eq!(viewer.on_state(aged), None);
    assert_eq!(viewer.conversation().unwrap().online_count_age, Duration::from_secs(1));
}

fn event(version: u64, change: GroupChange) -> GroupEvent {
    let operator = Some(Uid::string("owner").unwrap());
    GroupEvent { conversation_short_id: group(), version, operator, change }
}

#[test]
fn what_is_done_to_this_user_shows_in_its_record_once() {
    let mut viewer = viewer_at(10);
    let muted = event(2, GroupChange::Muted(vec![me()], Until::Forever));
    let state = viewer.on_event(&muted).unwrap().clone();
    assert_eq!(state.me.as_ref().unwrap().muted, Some(Until::Forever));
    assert_eq!(viewer.on_event(&muted), None, "the same again");
    assert_eq!(viewer.on_state(state), None, "the server tells it this way too");
    let state = viewer.on_event(&event(3, GroupChange::AdminsAdded(vec![me()]))).unwrap();
    assert_eq!((state.role, state.me.as_ref().unwrap().role), (Role::Admin, Role::Admin));
    let state = viewer.on_event(&event(4, GroupChange::Unmuted(vec![me()]))).unwrap();
    assert_eq!(state.me.as_ref().unwrap().muted, None);
    assert_eq!(viewer.on_event(&muted), None, "older than what is known");
    let to_me = GroupChange::OwnerChanged { from: Uid::string("owner").unwrap(), to: me() };
    let state = viewer.on_event(&event(5, to_me)).unwrap();
    assert_eq!((state.role, &state.owner), (Role::Owner, &me()));
    let marks = |change| event(6, change);
    viewer.on_event(&marks(GroupChange::MarkTypesAdded(vec!["vip".into()]))).unwrap();
    let state = viewer.on_event(&marks(GroupChange::Marked("vip".into(), vec![me()]))).unwrap();
    assert_eq!(state.me.as_ref().unwrap().marks, ["vip"]);
    let state = viewer.on_event(&marks(GroupChange::MarkTypesRemoved(vec!["vip".into()]))).unwrap();
    assert_eq!((state.mark_types.len(), state.me.as_ref().unwrap().marks.len()), (0, 0));
}

#[test]
fn what_is_done_to_others_changes_nothing_here() {
    let mut viewer = viewer_at(10);
    let other = || vec![Uid::string("other").unwrap()];
    for change in [
        GroupChange::Muted(other(), Until::Forever),
        GroupChange::AdminsAdded(other()),
        GroupChange::Kicked { uids: other(), blocked: true },
        GroupChange::Marked("vip".into(), other()),
    ] {
        assert_eq!(viewer.on_event(&event(2, change)), None);
    }
}

#[test]
fn a_pulse_refreshes_the_online_count_and_the_own_record() {
    let mut viewer = viewer_at(10);
    let mut pulse = LivePulse {
        conversation_short_id: group(),
        online_count: 7,
        joined: Named::default(),
        left: Named::default(),
        changed: Named::default(),
        counters: Default::default(),
    };
    let state = viewer.on_pulse(&pulse).unwrap();
    assert_eq!((state.online_count, state.online_count_age), (7, Duration::ZERO));
    assert_eq!(viewer.on_pulse(&pulse), None);
    let record = Member { marks: vec!["vip".into()], ..Member::unknown(me()) };
    pulse.changed.named = vec![Member::unknown(Uid::string("other").unwrap()), record.clone()];
    assert_eq!(viewer.on_pulse(&pulse).unwrap().me.as_ref(), Some(&record));
    assert_eq!(viewer.on_pulse(&pulse), None);
    viewer.on_lost();
    assert_eq!(viewer.on_pulse(&LivePulse { online_count: 9, ..pulse }), None);
}
