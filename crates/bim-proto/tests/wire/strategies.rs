//! Any value that may be sent or stored.

use std::collections::BTreeMap;
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
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::words::Words;

/// Any frame and any record.
pub(crate) fn words() -> impl Strategy<Value = Words> {
    prop_oneof![
        4 => client_frame().prop_map(Words::Client),
        5 => server_frame().prop_map(Words::Server),
        1 => stored_app().prop_map(Words::App),
        1 => stored_live_group().prop_map(Words::LiveGroup),
        1 => stored_live_message().prop_map(Words::LiveMessage),
    ]
}

/// Anything a client may send.
pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let request = (any::<u64>(), request_body());
    prop_oneof![
        1 => hello().prop_map(ClientFrame::Hello),
        5 => request.prop_map(|(id, body)| ClientFrame::Request(Request { id: RequestId(id), body: Ok(body) })),
        1 => ping().prop_map(ClientFrame::Ping),
        1 => pong().prop_map(ClientFrame::Pong),
        1 => goodbye().prop_map(ClientFrame::Goodbye),
    ]
}

/// Anything a server may send.
pub(crate) fn server_frame() -> impl Strategy<Value = ServerFrame> {
    prop_oneof![
        1 => welcome().prop_map(ServerFrame::Welcome),
        6 => (any::<u64>(), response_body())
            .prop_map(|(id, body)| ServerFrame::Response(Response { id: RequestId(id), body })),
        1 => ping().prop_map(ServerFrame::Ping),
        1 => pong().prop_map(ServerFrame::Pong),
        1 => goodbye().prop_map(ServerFrame::Goodbye),
        2 => (message(), seqs())
            .prop_map(|(message, previous)| ServerFrame::LiveMessage(LivePush { message, previous })),
        1 => live_gap().prop_map(ServerFrame::LiveGap),
        1 => conversation().prop_map(ServerFrame::LiveState),
        1 => message().prop_map(ServerFrame::LiveMessageUpdated),
        1 => (short_id(), position())
            .prop_map(|(group, position)| ServerFrame::LiveMessageDeleted(group, position)),
    ]
}

fn info_change() -> impl Strategy<Value = GroupInfoChange> {
    let mentioned = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (info(), mentioned).prop_map(|(info, (name, description, notice, avatar_url, ext))| GroupInfoChange {
        name: name.then_some(info.name),
        description: description.then_some(info.description),
        notice: notice.then_some(info.notice),
        avatar_url: avatar_url.then_some(info.avatar_url),
        ext: ext.then_some(info.ext),
    })
}

fn request_body() -> impl Strategy<Value = RequestBody> {
    let list = (0..=i64::MAX, any::<u32>(), any::<bool>());
    let history = (short_id(), any::<u64>(), any::<u64>(), any::<u32>());
    prop_oneof![
        token().prop_map(RequestBody::RefreshToken),
        info().prop_map(RequestBody::CreateLiveGroup),
        short_id().prop_map(RequestBody::GetLiveGroup),
        list.prop_map(|(cursor, count, mine)| {
            RequestBody::ListLiveGroups(ListQuery { cursor, count, mine })
        }),
        (short_id(), option::of(cursor())).prop_map(|(group, at)| RequestBody::JoinLiveGroup(group, at)),
        short_id().prop_map(RequestBody::LeaveLiveGroup),
        short_id().prop_map(RequestBody::DissolveLiveGroup),
        send_live().prop_map(RequestBody::SendLiveMessage),
        history.prop_map(|(group, from, to, limit)| {
            RequestBody::ReadLiveHistory(HistoryQuery { group, from: Seq(from), to: Seq(to), limit })
        }),
        (short_id(), info_change()).prop_map(|(group, change)| RequestBody::SetLiveGroupInfo(group, change)),
    ]
}

fn response_body() -> impl Strategy<Value = Result<ResponseBody, Refusal>> {
    prop_oneof![
        refusal().prop_map(Err),
        Just(Ok(ResponseBody::Done)),
        wall().prop_map(|at| Ok(ResponseBody::TokenRefreshed(at))),
        conversation().prop_map(|group| Ok(ResponseBody::LiveGroup(group))),
        group_page().prop_map(|page| Ok(ResponseBody::LiveGroupPage(page))),
        joined().prop_map(|joined| Ok(ResponseBody::JoinedLiveGroup(joined))),
        (position(), wall()).prop_map(|(position, accepted_at)| {
            Ok(ResponseBody::LiveMessageAccepted(Accepted { position, accepted_at }))
        }),
        history_page().prop_map(|page| Ok(ResponseBody::LiveHistoryPage(page))),
    ]
}

fn hello() -> impl Strategy<Value = Hello> {
    let sdk = prop_oneof!["[ -~]{0,64}", "é{0,32}"];
    (1..=u32::MAX, uid(), any::<u128>(), token(), sdk).prop_map(|(app, uid, device, token, sdk)| Hello {
        app: AppId::new(app).unwrap(),
        uid,
        device: DeviceId::new(device),
        token,
        sdk,
    })
}

fn welcome() -> impl Strategy<Value = Welcome> {
    let numbers = any::<[u32; 5]>();
    (any::<u64>(), wall(), wall(), numbers).prop_map(
        |(generation, server_time, token_expires_at, numbers)| {
            let [ping_interval_ms, liveness_timeout_ms, in_flight_max, frame_bytes_max, body_bytes_max] =
                numbers;
            Welcome {
                generation,
                server_time,
                token_expires_at,
                ping_interval_ms,
                liveness_timeout_ms,
                in_flight_max,
                frame_bytes_max,
                body_bytes_max,
            }
        },
    )
}

fn ping() -> impl Strategy<Value = Ping> {
    any::<u64>().prop_map(|nonce| Ping { nonce })
}

fn pong() -> impl Strategy<Value = Pong> {
    (any::<u64>(), wall()).prop_map(|(nonce, server_time)| Pong { nonce, server_time })
}

fn goodbye() -> impl Strategy<Value = Goodbye> {
    option::of(refusal()).prop_map(|reason| Goodbye { reason })
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let code = prop_oneof![prop::sample::select(ErrorCode::ALL).prop_map(ErrorCode::number), any::<i32>()];
    let code = code.prop_filter("0 is no code", |code| *code != 0).prop_map(ErrorCode::from_number);
    let retry_after = option::of((1..=u64::MAX).prop_map(Duration::from_millis));
    let limit = option::of(1..=u64::MAX);
    (code, retry_after, limit, "\\PC{0,50}").prop_map(|(code, retry_after, limit, hint)| Refusal {
        code,
        retry_after,
        limit,
        hint: hint.into(),
    })
}

fn send_live() -> impl Strategy<Value = SendLive> {
    let ids = (any::<u128>(), option::of(any::<u128>()));
    (short_id(), ids, priority(), said()).prop_map(|(group, (id, follows), priority, body)| SendLive {
        group,
        client_message_id: ClientMessageId::new(id),
        priority,
        body,
        follows: follows.map(ClientMessageId::new),
    })
}

fn joined() -> impl Strategy<Value = Joined> {
    let verdict = prop_oneof![
        Just(ResumeVerdict::Fresh),
        any::<[u64; 2]>().prop_map(|[low, normal]| ResumeVerdict::Resumed {
            left_out: PerPriority { low, normal, high: 0 }
        }),
        Just(ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow)),
        Just(ResumeVerdict::Discontinuity(DiscontinuityReason::NewEpoch)),
        Just(ResumeVerdict::Discontinuity(DiscontinuityReason::CursorAhead)),
    ];
    (conversation(), cursor(), verdict).prop_map(|(conversation, cursor, verdict)| Joined {
        conversation,
        cursor,
        verdict,
    })
}

fn group_page() -> impl Strategy<Value = Page<Conversation>> {
    (vec(conversation(), 0..4), any::<i64>(), any::<bool>())
        .prop_map(|(entries, next_cursor, has_more)| Page { entries, next_cursor, has_more })
}

fn history_page() -> impl Strategy<Value = HistoryPage> {
    (vec(message(), 0..4), any::<u64>(), any::<bool>()).prop_map(|(messages, next, has_more)| HistoryPage {
        messages,
        next: Seq(next),
        has_more,
    })
}

fn conversation() -> impl Strategy<Value = Conversation> {
    let role = prop::sample::select(&[Role::Normal, Role::Owner, Role::Admin][..]);
    let numbers = (wall(), any::<u64>(), any::<u64>());
    let flags = any::<[bool; 2]>();
    (short_id(), info(), uid(), role, numbers, flags).prop_map(
        |(group, info, owner, role, numbers, flags)| {
            let (created_at, version, online_count) = numbers;
            let [joined, dissolved] = flags;
            Conversation {
                conversation_short_id: group,
                conversation_id: Conversation::live_group_id(group),
                info,
                owner,
                role,
                created_at,
                version,
                online_count,
                joined,
                dissolved,
            }
        },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let stamp = (any::<u128>(), wall(), any::<u32>());
    (short_id(), position(), uid(), priority(), stamp, body()).prop_map(
        |(conversation_short_id, position, sender, priority, (id, accepted_at, edits), body)| Message {
            conversation_short_id,
            position,
            client_message_id: ClientMessageId::new(id),
            sender,
            priority,
            accepted_at,
            edits,
            body,
        },
    )
}

fn live_gap() -> impl Strategy<Value = LiveGap> {
    (short_id(), priority(), any::<[u64; 3]>()).prop_map(|(group, priority, [count, from, to])| LiveGap {
        conversation_short_id: group,
        priority,
        count,
        from: Seq(from),
        to: Seq(to),
    })
}

fn stored_app() -> impl Strategy<Value = StoredApp> {
    let key = ("[a-z0-9]{0,16}", vec(any::<u8>(), 0..40));
    let key = key.prop_map(|(key_id, secret)| StoredKey { key_id, secret: AppSecret::new(secret) });
    ("\\PC{0,20}", wall(), any::<bool>(), vec(key, 0..4))
        .prop_map(|(name, created_at, disabled, keys)| StoredApp { name, created_at, disabled, keys })
}

fn stored_live_group() -> impl Strategy<Value = StoredLiveGroup> {
    (info(), uid(), wall(), any::<u64>(), vec(uid(), 0..4)).prop_map(
        |(info, owner, created_at, version, admins)| StoredLiveGroup {
            info,
            owner,
            created_at,
            version,
            admins,
        },
    )
}

fn stored_live_message() -> impl Strategy<Value = StoredLiveMessage> {
    (uid(), any::<[u128; 2]>(), priority(), wall(), any::<u32>(), body()).prop_map(
        |(sender, [device, id], priority, accepted_at, edits, body)| StoredLiveMessage {
            sender,
            device: DeviceId::new(device),
            client_message_id: ClientMessageId::new(id),
            priority,
            accepted_at,
            edits,
            body,
        },
    )
}

fn info() -> impl Strategy<Value = GroupInfo> {
    let ext = btree_map("[a-z]{0,4}", "\\PC{0,8}", 0..5);
    let texts = ("\\PC{0,12}", "\\PC{0,12}", "\\PC{0,12}", "[a-z:/.]{0,12}");
    (texts, ext).prop_map(|((name, description, notice, avatar_url), ext): (_, BTreeMap<_, _>)| GroupInfo {
        name,
        description,
        notice,
        avatar_url,
        ext,
    })
}

/// What a message may say; a kind that is not known too.
fn body() -> impl Strategy<Value = MessageBody> {
    prop_oneof![4 => said(), 1 => Just(MessageBody::Unknown { kind: 0 })]
}

/// What a client may send. Whether it is empty or too long is not the codec's business.
fn said() -> impl Strategy<Value = MessageBody> {
    prop_oneof![
        "(?s).{0,40}".prop_map(|text| MessageBody::Text(text.into())),
        "\\PC{0,40}".prop_map(|data| MessageBody::Custom(data.into())),
    ]
}

fn uid() -> impl Strategy<Value = Uid> {
    prop_oneof![
        (1..=i64::MAX).prop_map(|number| Uid::int(number).unwrap()),
        "\\PC{1,30}".prop_map(|text| Uid::string(&text).unwrap()),
    ]
}

fn token() -> impl Strategy<Value = Token> {
    "[A-Za-z0-9_.-]{0,60}".prop_map(Token::new)
}

fn short_id() -> impl Strategy<Value = ConversationShortId> {
    (1..=i64::MAX).prop_map(|id| ConversationShortId::new(id).unwrap())
}

fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(&Priority::ALL[..])
}

fn position() -> impl Strategy<Value = Position> {
    any::<[u64; 2]>().prop_map(|[epoch, seq]| Position { epoch: Epoch(epoch), seq: Seq(seq) })
}

fn cursor() -> impl Strategy<Value = Cursor> {
    (any::<u64>(), seqs()).prop_map(|(epoch, seqs)| Cursor { epoch: Epoch(epoch), seqs })
}

fn seqs() -> impl Strategy<Value = PerPriority<Seq>> {
    any::<[u64; 3]>().prop_map(|[low, normal, high]| PerPriority {
        low: Seq(low),
        normal: Seq(normal),
        high: Seq(high),
    })
}

fn wall() -> impl Strategy<Value = Wall> {
    any::<u64>().prop_map(Wall::from_millis)
}
