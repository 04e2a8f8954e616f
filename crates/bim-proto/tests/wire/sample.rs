//! The values of the golden fixtures, in words.

use std::time::Duration;

use bim_proto::stored::{StoredApp, StoredKey, StoredLiveGroup, StoredLiveMessage};
use bim_proto::{
    Accepted, ClientFrame, Goodbye, Hello, HistoryPage, HistoryQuery, Joined, ListQuery, LivePush, Page,
    Ping, Pong, Request, RequestBody, RequestId, Response, ResponseBody, SendLive, ServerFrame, Welcome,
};
use bim_types::{
    AppId, AppSecret, ClientMessageId, Conversation, ConversationShortId, Cursor, DeviceId,
    DiscontinuityReason, Epoch, ErrorCode, GroupInfo, GroupInfoChange, LiveGap, Message, MessageBody,
    PerPriority, Position, Priority, Refusal, ResumeVerdict, Role, Seq, Token, Uid, Wall,
};

use crate::words::Words;

/// Every fixture by name, with the value it holds.
pub(crate) fn all() -> Vec<(&'static str, Words)> {
    let mut all = session();
    all.extend(requests().into_iter().map(|(name, words)| (name, Words::Client(words))));
    all.extend(responses().into_iter().map(|(name, words)| (name, Words::Server(words))));
    all.extend(pushes().into_iter().map(|(name, words)| (name, Words::Server(words))));
    all.extend(stored());
    all
}

fn session() -> Vec<(&'static str, Words)> {
    let hello = |uid| {
        let token = Token::new("head.claims.mac");
        let sdk = "bim/0.1.0".into();
        Words::Client(ClientFrame::Hello(Hello {
            app: AppId::new(1000).unwrap(),
            uid,
            device: device(),
            token,
            sdk,
        }))
    };
    let welcome = Welcome {
        generation: 3,
        server_time: Wall::from_millis(T),
        token_expires_at: Wall::from_millis(T + 3_600_000),
        ping_interval_ms: 10_000,
        liveness_timeout_ms: 22_000,
        in_flight_max: 64,
        frame_bytes_max: 262_144,
        body_bytes_max: 65_536,
    };
    let draining = Refusal::new(ErrorCode::ServerDraining).hint("restart");
    let reason = Some(draining.retry_after(Duration::from_millis(1500)));
    let pong = Pong { nonce: u64::MAX, server_time: Wall::from_millis(T) };
    let pong_of_a_client = Pong { nonce: 1, server_time: Wall::default() };
    vec![
        ("hello", hello(alice())),
        ("hello_integer_uid", hello(Uid::int(i64::MAX).unwrap())),
        ("welcome", Words::Server(ServerFrame::Welcome(welcome))),
        ("ping", Words::Client(ClientFrame::Ping(Ping { nonce: u64::MAX }))),
        ("pong", Words::Server(ServerFrame::Pong(pong))),
        ("pong_of_a_client", Words::Client(ClientFrame::Pong(pong_of_a_client))),
        ("goodbye", Words::Server(ServerFrame::Goodbye(Goodbye { reason }))),
        ("goodbye_ordinary", Words::Client(ClientFrame::Goodbye(Goodbye { reason: None }))),
    ]
}

fn requests() -> Vec<(&'static str, ClientFrame)> {
    let send = |priority, body, follows| {
        RequestBody::SendLiveMessage(SendLive {
            group: group(),
            client_message_id: client_message_id(),
            priority,
            body,
            follows,
        })
    };
    let follows = Some(ClientMessageId::new(0xb0b1_b2b3_b4b5_b6b7_b8b9_babb_bcbd_bebf));
    let history = HistoryQuery { group: group(), from: Seq(100), to: Seq(200), limit: 50 };
    let list = ListQuery { cursor: group().value(), count: 50, mine: true };
    let everything = GroupInfoChange {
        name: Some(info().name),
        description: Some(info().description),
        notice: Some(info().notice),
        avatar_url: Some(info().avatar_url),
        ext: Some(info().ext),
    };
    let no_notice = GroupInfoChange { notice: Some(String::new()), ..GroupInfoChange::default() };
    let bodies = [
        ("request_refresh_token", RequestBody::RefreshToken(Token::new("head.newer.mac"))),
        ("request_create_live_group", RequestBody::CreateLiveGroup(info())),
        ("request_get_live_group", RequestBody::GetLiveGroup(group())),
        ("request_list_live_groups", RequestBody::ListLiveGroups(list)),
        ("request_join_live_group", RequestBody::JoinLiveGroup(group(), Some(cursor()))),
        ("request_join_live_group_anew", RequestBody::JoinLiveGroup(group(), None)),
        ("request_leave_live_group", RequestBody::LeaveLiveGroup(group())),
        ("request_dissolve_live_group", RequestBody::DissolveLiveGroup(group())),
        ("request_send_live_message", send(Priority::Normal, text(), follows)),
        ("request_send_live_message_custom", send(Priority::High, custom(), None)),
        ("request_send_live_message_low", send(Priority::Low, custom(), None)),
        ("request_read_live_history", RequestBody::ReadLiveHistory(history)),
        ("request_set_live_group_info", RequestBody::SetLiveGroupInfo(group(), everything)),
        ("request_set_live_group_info_notice", RequestBody::SetLiveGroupInfo(group(), no_notice)),
    ];
    let id = |name| RequestId(if name == "request_send_live_message_custom" { u64::MAX } else { 7 });
    let frame = |(name, body)| (name, ClientFrame::Request(Request { id: id(name), body: Ok(body) }));
    bodies.into_iter().map(frame).collect()
}

fn responses() -> Vec<(&'static str, ServerFrame)> {
    let refusal = Refusal::new(ErrorCode::MessageFrequency)
        .retry_after(Duration::from_millis(250))
        .limit(10)
        .hint("messages of one sender in a second");
    let page = Page { entries: vec![conversation(), small()], next_cursor: group().value(), has_more: true };
    let edited = Message {
        sender: Uid::int(42).unwrap(),
        priority: Priority::High,
        edits: 3,
        body: custom(),
        ..message()
    };
    let history = HistoryPage { messages: vec![message(), edited], next: Seq(301), has_more: true };
    let accepted = Accepted { position: position(), accepted_at: Wall::from_millis(T) };
    let bodies = [
        ("response_refusal", Err(refusal)),
        ("response_done", Ok(ResponseBody::Done)),
        ("response_token_refreshed", Ok(ResponseBody::TokenRefreshed(Wall::from_millis(T)))),
        ("response_live_group", Ok(ResponseBody::LiveGroup(conversation()))),
        ("response_live_group_page", Ok(ResponseBody::LiveGroupPage(page))),
        ("response_live_message_accepted", Ok(ResponseBody::LiveMessageAccepted(accepted))),
        ("response_live_history_page", Ok(ResponseBody::LiveHistoryPage(history))),
    ];
    let joined = verdicts().map(|(name, verdict)| {
        let joined = Joined { conversation: small(), cursor: cursor(), verdict };
        (name, Ok(ResponseBody::JoinedLiveGroup(joined)))
    });
    let frame = |(name, body)| (name, ServerFrame::Response(Response { id: RequestId(7), body }));
    bodies.into_iter().chain(joined).map(frame).collect()
}

fn verdicts() -> [(&'static str, ResumeVerdict); 5] {
    let left_out = PerPriority { low: 500, normal: 5, high: 0 };
    let broken = ResumeVerdict::Discontinuity;
    [
        ("response_joined_live_group_fresh", ResumeVerdict::Fresh),
        ("response_joined_live_group_resumed", ResumeVerdict::Resumed { left_out }),
        ("response_joined_live_group_beyond_window", broken(DiscontinuityReason::BeyondWindow)),
        ("response_joined_live_group_new_epoch", broken(DiscontinuityReason::NewEpoch)),
        ("response_joined_live_group_cursor_ahead", broken(DiscontinuityReason::CursorAhead)),
    ]
}

fn pushes() -> Vec<(&'static str, ServerFrame)> {
    let previous = PerPriority { low: Seq(297), normal: Seq(298), high: Seq(299) };
    let like = Message {
        sender: Uid::int(42).unwrap(),
        priority: Priority::Low,
        edits: 1,
        body: custom(),
        ..message()
    };
    let unknown = Message { priority: Priority::High, body: MessageBody::Unknown { kind: 0 }, ..message() };
    let gap = LiveGap {
        conversation_short_id: group(),
        priority: Priority::Normal,
        count: 12,
        from: Seq(288),
        to: Seq(301),
    };
    let state = Conversation { role: Role::Normal, joined: false, dissolved: false, ..conversation() };
    let push = |message, previous| ServerFrame::LiveMessage(LivePush { message, previous });
    vec![
        ("live_message", push(message(), previous)),
        ("live_message_custom", push(like, PerPriority::default())),
        ("live_message_of_unknown_kind", push(unknown, previous)),
        ("live_gap", ServerFrame::LiveGap(gap)),
        ("live_state", ServerFrame::LiveState(state)),
        ("live_message_updated", ServerFrame::LiveMessageUpdated(Message { edits: 2, ..message() })),
        ("live_message_deleted", ServerFrame::LiveMessageDeleted(group(), position())),
    ]
}

fn stored() -> Vec<(&'static str, Words)> {
    let key = |key_id: &str, secret| StoredKey { key_id: key_id.into(), secret: AppSecret::new(secret) };
    let app = StoredApp {
        name: "demo".into(),
        created_at: Wall::from_millis(T),
        disabled: true,
        keys: vec![key("k1", (0..32).collect()), key("k2", vec![255; 32])],
    };
    let live_group = StoredLiveGroup {
        info: info(),
        owner: alice(),
        created_at: Wall::from_millis(T),
        version: 7,
        admins: vec![Uid::string("bob").unwrap(), Uid::int(42).unwrap()],
    };
    let live_message = StoredLiveMessage {
        sender: alice(),
        device: device(),
        client_message_id: client_message_id(),
        priority: Priority::High,
        accepted_at: Wall::from_millis(T),
        edits: 2,
        body: text(),
    };
    vec![
        ("stored_app", Words::App(app)),
        ("stored_live_group", Words::LiveGroup(live_group)),
        ("stored_live_message", Words::LiveMessage(live_message)),
    ]
}

fn conversation() -> Conversation {
    Conversation {
        conversation_short_id: group(),
        conversation_id: "live:4503599627370497".into(),
        info: info(),
        owner: alice(),
        role: Role::Owner,
        created_at: Wall::from_millis(T),
        version: 7,
        online_count: 100_000,
        joined: true,
        dissolved: true,
    }
}

fn small() -> Conversation {
    Conversation {
        conversation_short_id: ConversationShortId::new(9).unwrap(),
        conversation_id: "live:9".into(),
        info: GroupInfo { name: "b".into(), ..GroupInfo::default() },
        owner: Uid::int(42).unwrap(),
        role: Role::Admin,
        created_at: Wall::from_millis(1),
        version: 1,
        online_count: 0,
        joined: false,
        dissolved: false,
    }
}

fn info() -> GroupInfo {
    GroupInfo {
        name: "群 one".into(),
        description: "about".into(),
        notice: "be kind".into(),
        avatar_url: "https://a.example/1".into(),
        ext: [("colour".into(), "red".into()), ("level".into(), "3".into())].into(),
    }
}

fn message() -> Message {
    Message {
        conversation_short_id: group(),
        position: position(),
        client_message_id: client_message_id(),
        sender: alice(),
        priority: Priority::Normal,
        accepted_at: Wall::from_millis(T + 1),
        edits: 0,
        body: text(),
    }
}

fn text() -> MessageBody {
    MessageBody::Text("hi 🎉".into())
}

fn custom() -> MessageBody {
    MessageBody::Custom(r#"{"gift":1}"#.into())
}

fn alice() -> Uid {
    Uid::string("alice").unwrap()
}

fn group() -> ConversationShortId {
    ConversationShortId::new(4_503_599_627_370_497).unwrap()
}

fn position() -> Position {
    Position { epoch: Epoch(2), seq: Seq(300) }
}

fn cursor() -> Cursor {
    Cursor { epoch: Epoch(2), seqs: PerPriority { low: Seq(300), normal: Seq(301), high: Seq(302) } }
}

fn device() -> DeviceId {
    DeviceId::new(0xd0d1_d2d3_d4d5_d6d7_d8d9_dadb_dcdd_dedf)
}

fn client_message_id() -> ClientMessageId {
    ClientMessageId::new(0xc0c1_c2c3_c4c5_c6c7_c8c9_cacb_cccd_cecf)
}

/// Milliseconds: a day in 2026.
const T: u64 = 1_795_000_000_000;
