use bim_proto::{ClientFrame, Goodbye, Hello, ServerFrame};
use bim_types::limits::CONNECT_TIMEOUT;
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, OpId, SessionRecord};
use bim_types::{AppId, ConnectStatus, Continuity, DisconnectReason, ErrorCode, Refusal, Uid};

use crate::testing::{
    Bench, LOGIN, device, disconnected, first_op, group, me, refused, refused_with, reply, status, welcome,
};
use crate::{Answer, Ask, CallId, Command, Credential, Event, Input, LinkId, Output, StoreFailed};

fn fixed() -> Credential {
    Credential::Fixed("t".into())
}

fn hello() -> ClientFrame {
    ClientFrame::Hello(Hello {
        app: AppId::new(1).unwrap(),
        uid: me(),
        device: device(),
        token: "t".into(),
        sdk: "bim/test".into(),
    })
}

fn goodbye(refusal: impl Into<Refusal>) -> ServerFrame {
    ServerFrame::Goodbye(Goodbye { reason: Some(refusal.into()) })
}

fn batch(change: ClientOp) -> ClientBatch {
    ClientBatch { ops: vec![change] }
}

#[test]
fn a_login_goes_from_the_device_id_to_connected() {
    let mut bench = Bench::new(1);
    let login = Command::Login { uid: me(), credential: fixed() };
    let out = bench.input(Input::Command(LOGIN, login));
    assert_eq!(out, [status(ConnectStatus::Connecting), Output::LoadDevice(first_op())]);
    let out = bench.input(Input::DeviceLoaded(first_op(), Ok(Some(DeviceRecord { device: device() }))));
    let link = LinkId(1);
    assert_eq!(out, [Output::Dial { link, endpoint: 0 }]);
    assert_eq!(bench.input(Input::Dialed(link)), [Output::Send(link, hello().encode())]);
    let session = SessionRecord { app: AppId::new(1).unwrap(), uid: me() };
    assert_eq!(
        bench.frame(ServerFrame::Welcome(welcome())),
        [
            Output::Commit(OpId(2), batch(ClientOp::PutSession(session))),
            status(ConnectStatus::Connected(Continuity::Fresh)),
            reply(LOGIN, Answer::Done),
        ]
    );
    assert!(bench.machine.is_logged_in());
    assert_eq!(bench.machine.server_time(bench.now), Some(welcome().server_time));
}

#[test]
fn a_new_device_is_durable_before_the_server_hears_of_it() {
    let mut bench = Bench::new(1);
    bench.input(Input::Command(LOGIN, Command::Login { uid: me(), credential: fixed() }));
    let out = bench.input(Input::DeviceLoaded(first_op(), Ok(None)));
    let [Output::Commit(op, made)] = out.as_slice() else { panic!("{out:?}") };
    assert!(matches!(made.ops.as_slice(), [ClientOp::PutDevice(_)]));
    let out = bench.input(Input::Committed(*op, Ok(())));
    assert_eq!(out, [Output::Dial { link: LinkId(1), endpoint: 0 }]);
}

#[test]
fn a_store_that_fails_fails_the_login() {
    let failed = StoreFailed { code: ErrorCode::StorageFailed };
    let mut bench = Bench::new(1);
    bench.input(Input::Command(LOGIN, Command::Login { uid: me(), credential: fixed() }));
    let out = bench.input(Input::DeviceLoaded(first_op(), Err(failed)));
    let not_logged_in = disconnected(DisconnectReason::NotLoggedIn);
    assert_eq!(out, [not_logged_in, refused(LOGIN, ErrorCode::StorageFailed)]);
}

#[test]
fn a_refused_login_is_final_and_may_be_repeated_with_a_better_token() {
    for code in [1, 9, 51, 55, 100, 1007] {
        let code = ErrorCode::from_number(code);
        let mut bench = Bench::new(2);
        bench.login(fixed());
        bench.input(Input::Dialed(LinkId(1)));
        let out = bench.frame(goodbye(code));
        assert_eq!(out[0], Output::Close(LinkId(1)));
        assert_eq!(
            out[out.len() - 2..],
            [disconnected(DisconnectReason::Refused(code)), refused(LOGIN, code)]
        );
        let invalid = Output::Event(Event::TokenInvalid(code));
        assert_eq!(out.contains(&invalid), [1, 55, 100].contains(&code.number()), "{code}");
        assert_eq!(bench.machine.next_deadline(), None);
        let out = bench.login(fixed());
        assert_eq!(out, [Output::Dial { link: LinkId(2), endpoint: 0 }]);
    }
}

#[test]
fn a_second_login_and_a_login_of_somebody_else_are_refused() {
    let mut bench = Bench::new(1);
    let login = |uid| Command::Login { uid, credential: fixed() };
    let (call, out) = bench.command(login(Uid::string("bob").unwrap()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::ParameterError));
    bench.login(fixed());
    let (call, out) = bench.command(login(me()));
    assert_eq!(out, [refused(call, ErrorCode::AlreadyLoggedIn)]);
    bench.dialed_and_welcomed();
    let (call, out) = bench.command(login(me()));
    assert_eq!(out, [refused(call, ErrorCode::AlreadyLoggedIn)]);
}

#[test]
fn a_token_that_is_too_long_is_refused_before_anything_is_sent() {
    let mut bench = Bench::new(1);
    for token in [String::new(), "x".repeat(2049)] {
        let login = Command::Login { uid: me(), credential: Credential::Fixed(token.into()) };
        let (call, out) = bench.command(login);
        assert_eq!((out.len(), refused_with(&out, call)), (1, Some(ErrorCode::InvalidToken)));
    }
}

#[test]
fn a_first_login_tries_each_endpoint_once() {
    let mut bench = Bench::new(2);
    bench.login(fixed());
    let out = bench.input(Input::DialFailed(LinkId(1), "connection was refused".into()));
    assert_eq!(out, [Output::Dial { link: LinkId(2), endpoint: 1 }]);
    let out = bench.advance(CONNECT_TIMEOUT);
    assert_eq!(out[0], Output::Abort(LinkId(2)));
    assert_eq!(out[1], disconnected(DisconnectReason::NotLoggedIn));
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::ConnectFailed));
    assert!(ErrorCode::ConnectFailed.is_retryable());
}

#[test]
fn a_busy_server_is_named_when_every_endpoint_failed() {
    let mut bench = Bench::new(2);
    bench.login(fixed());
    bench.input(Input::Dialed(LinkId(1)));
    bench.frame(goodbye(ErrorCode::ServerBusy));
    let out = bench.input(Input::DialFailed(LinkId(2), "no".into()));
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::ServerBusy));
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let mut bench = Bench::new(1);
    bench.login(fixed());
    bench.advance(CONNECT_TIMEOUT / 2);
    bench.input(Input::Dialed(LinkId(1)));
    let out = bench.advance(CONNECT_TIMEOUT / 2);
    assert_eq!(out[0], Output::Abort(LinkId(1)));
    assert_eq!(refused_with(&out, LOGIN), Some(ErrorCode::ConnectFailed));
}

#[test]
fn calls_need_a_session() {
    let mut bench = Bench::new(1);
    let (call, out) = bench.ask(Ask::Get(group()));
    assert_eq!(out, [refused(call, ErrorCode::NotLoggedIn)]);
}

#[test]
fn calls_made_during_a_login_fail_with_it() {
    let mut bench = Bench::new(1);
    bench.login(fixed());
    let (call, out) = bench.ask(Ask::Get(group()));
    assert_eq!(out, []);
    let out = bench.input(Input::DialFailed(LinkId(1), "no".into()));
    assert_eq!(refused_with(&out, call), Some(ErrorCode::LoginFailed));
}

#[test]
fn a_logout_says_goodbye_forgets_the_session_and_answers_everyone() {
    let mut bench = Bench::connected();
    let (get, _) = bench.ask(Ask::Get(group()));
    let (logout, out) = bench.command(Command::Logout);
    let farewell = ClientFrame::Goodbye(Goodbye { reason: None }).encode();
    let op = OpId(3);
    assert_eq!(
        out,
        [
            Output::Send(LinkId(1), farewell),
            Output::Close(LinkId(1)),
            refused(get, ErrorCode::Cancelled),
            disconnected(DisconnectReason::LoggedOut),
            Output::Commit(op, batch(ClientOp::ClearSession)),
        ]
    );
    assert_eq!(bench.input(Input::Committed(op, Ok(()))), []);
    assert_eq!(bench.input(Input::Closed(LinkId(1))), [reply(logout, Answer::Done)]);
    assert_eq!(bench.machine.next_deadline(), None);
    let out = bench.login(fixed());
    assert_eq!(out, [Output::Dial { link: LinkId(2), endpoint: 0 }], "the same user may come back");
}

#[test]
fn a_logout_does_not_wait_for_ever() {
    let mut bench = Bench::connected();
    let (logout, _) = bench.command(Command::Logout);
    let out = bench.wait();
    assert_eq!(out, [Output::Abort(LinkId(1)), reply(logout, Answer::Done)]);
}

#[test]
fn a_logout_during_a_login_cancels_it() {
    let mut bench = Bench::new(1);
    bench.login(fixed());
    let (_, out) = bench.command(Command::Logout);
    assert_eq!(out[0], Output::Abort(LinkId(1)));
    assert_eq!(out[1], refused(LOGIN, ErrorCode::Cancelled));
    assert_eq!(bench.input(Input::Dialed(LinkId(1))), [Output::Abort(LinkId(1))], "it comes too late");
}

#[test]
fn a_shutdown_answers_everyone_at_once_and_is_the_end() {
    let mut bench = Bench::connected();
    let (get, _) = bench.ask(Ask::Get(group()));
    let (shutdown, out) = bench.command(Command::Shutdown);
    assert_eq!(
        out[1..],
        [
            Output::Close(LinkId(1)),
            refused(get, ErrorCode::ShutDown),
            disconnected(DisconnectReason::ShutDown),
            reply(shutdown, Answer::Done),
        ]
    );
    assert_eq!(bench.machine.next_deadline(), None);
    let (call, out) = bench.command(Command::Login { uid: me(), credential: fixed() });
    assert_eq!(out, [refused(call, ErrorCode::ShutDown)]);
    let (call, out) = bench.ask(Ask::Get(group()));
    assert_eq!(out, [refused(call, ErrorCode::ShutDown)]);
    let (call, out) = bench.command(Command::Shutdown);
    assert_eq!(out, [reply(call, Answer::Done)]);
}

#[test]
fn a_replaced_session_never_comes_back_by_itself() {
    let mut bench = Bench::connected();
    let out = bench.frame(goodbye(ErrorCode::Replaced));
    assert_eq!(out, [Output::Close(LinkId(1)), disconnected(DisconnectReason::Replaced)]);
    assert_eq!(bench.machine.next_deadline(), None);
    let (call, out) = bench.ask(Ask::Get(group()));
    assert_eq!(out, [refused(call, ErrorCode::Replaced)]);
    assert_eq!(bench.input(Input::Closed(LinkId(1))), []);
    assert_eq!(bench.login(fixed()), [Output::Dial { link: LinkId(2), endpoint: 0 }]);
}

#[test]
fn every_call_gets_one_answer() {
    let mut bench = Bench::connected();
    let mut answered = Vec::new();
    let mut count = |out: Vec<Output>| {
        answered.extend(out.into_iter().filter_map(|output| match output {
            Output::Reply(call, _) => Some(call),
            _ => None,
        }));
    };
    let mut asked: Vec<CallId> = Vec::new();
    for _ in 0..20 {
        let (call, out) = bench.ask(Ask::Get(group()));
        asked.push(call);
        count(out);
    }
    count(bench.frame(goodbye(ErrorCode::AppNotNormal)));
    assert_eq!(answered, asked);
}
