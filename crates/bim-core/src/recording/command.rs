//! What an app asks, in entries. What is asked of a server is kept as the request it becomes.

use bim_proto::recording::{Redaction, Unplayable, redact_request, uid};
use bim_proto::wire::{self, recorded_command};
use bim_proto::{Request, RequestBody, RequestId};
use bim_types::{ConversationShortId, Token};

use crate::command::{Ask, CallId, Command, Credential};

pub(super) fn entry(call: CallId, command: &Command, redaction: &Redaction) -> wire::RecordedCommand {
    let command = match command {
        Command::Login { uid, credential } => {
            let token = match credential {
                Credential::Fixed(token) => Some(redaction.token(token.reveal())),
                Credential::Provider => None,
            };
            recorded_command::Command::Login(wire::RecordedLogin { uid: Some(uid.clone().into()), token })
        }
        Command::Logout => recorded_command::Command::Logout(wire::Done {}),
        Command::Shutdown => recorded_command::Command::Shutdown(wire::Done {}),
        Command::Ask(ask) => {
            let mut request = Request { id: RequestId(0), body: Ok(ask.clone().into()) }.into();
            redact_request(&mut request, redaction, &mut |token| redaction.token(token));
            recorded_command::Command::Ask(request)
        }
        Command::Tap { group, counter, amount } => recorded_command::Command::Tap(wire::RecordedTap {
            short_id: group.value(),
            counter: counter.clone(),
            amount: *amount,
        }),
        Command::Counters(group) => recorded_command::Command::Counters(group.value()),
    };
    wire::RecordedCommand { call: call.0, command: Some(command) }
}

pub(super) fn read(wire: wire::RecordedCommand) -> Result<Command, Unplayable> {
    Ok(match wire.command.ok_or(Unplayable)? {
        recorded_command::Command::Login(login) => Command::Login {
            uid: uid(login.uid)?,
            credential: login
                .token
                .map_or(Credential::Provider, |token| Credential::Fixed(Token::new(token))),
        },
        recorded_command::Command::Logout(_) => Command::Logout,
        recorded_command::Command::Shutdown(_) => Command::Shutdown,
        recorded_command::Command::Ask(request) => Command::Ask(read_ask(Request::from(request).body?)?),
        recorded_command::Command::Tap(tap) => Command::Tap {
            group: ConversationShortId::new(tap.short_id)?,
            counter: tap.counter,
            amount: tap.amount,
        },
        recorded_command::Command::Counters(group) => Command::Counters(ConversationShortId::new(group)?),
    })
}

fn read_ask(body: RequestBody) -> Result<Ask, Unplayable> {
    Ok(match body {
        RequestBody::CreateLiveGroup(info) => Ask::Create(info),
        RequestBody::GetLiveGroup(group) => Ask::Get(group),
        RequestBody::ListLiveGroups(query) => Ask::List(query),
        RequestBody::JoinLiveGroup(join) => Ask::Join(join.group, join.info),
        RequestBody::LeaveLiveGroup(group) => Ask::Leave(group),
        RequestBody::DissolveLiveGroup(group) => Ask::Dissolve(group),
        RequestBody::SendLiveMessage(send) => Ask::Send(send),
        RequestBody::ReadLiveHistory(query) => Ask::History(query),
        RequestBody::SetLiveGroupInfo(group, change) => Ask::SetInfo(group, change),
        RequestBody::ChangeLiveGroup(group, measure) => Ask::Measure(group, measure),
        RequestBody::SetLiveMemberInfo(set) => Ask::SetMemberInfo(set),
        RequestBody::ListLiveMembers(query) => Ask::ListMembers(query),
        RequestBody::GetLiveMembers(group, uids) => Ask::GetMembers(group, uids),
        RequestBody::UpdateLiveMessage(group, seq, body) => Ask::Update(group, seq, body),
        RequestBody::DeleteLiveMessage(group, seq) => Ask::Delete(group, seq),
        RequestBody::WriteLiveAttributes(group, writes) => Ask::WriteAttributes(group, writes),
        RequestBody::ReadLiveAttributes(group, keys) => Ask::ReadAttributes(group, keys),
        RequestBody::BroadcastToLiveGroups(broadcast) => Ask::Broadcast(broadcast),
        RequestBody::RefreshToken(_) | RequestBody::TapLiveCounters(_) => return Err(Unplayable),
    })
}
