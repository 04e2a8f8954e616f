//! That the books find what is not on them.

use bim_core::{Answer, Ask, CallId, Command, Event};
use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame};
use bim_types::Priority::{High, Low, Normal};
use bim_types::{ConnectStatus, Continuity, Cursor, ErrorCode, PerPriority, ResumeVerdict};

use super::{CONNECTION, LINK, Scene, cursor, group, joined};
use crate::check::books::Books;
use crate::plan::Mode;
use crate::sight::{ClientSight, Sight};

fn wire() -> Scene<Books> {
    let mut scene = Scene::new(Books::new(Mode::Liveness));
    scene.joins(1, None, joined(cursor(0), ResumeVerdict::Fresh)).unwrap();
    scene.enters(0);
    scene.says(&[High, Normal, Low, Normal, Low, High]);
    scene
}

#[test]
fn books_that_are_in_order_are_no_fault() {
    let mut scene = wire();
    for seq in 1..=3 {
        scene.arrives(seq).unwrap();
    }
    scene.arrives(6).unwrap();
    scene.gap(Normal, 4, 4, 1).unwrap();
    scene.arrives(5).unwrap();
    scene.end().unwrap();
}

#[test]
fn books_find_what_is_passed_over_repeated_miscounted_or_never_comes() {
    assert!(wire().arrives(6).unwrap_err().contains("nothing was said of [Seq(1)]"));
    let mut scene = wire();
    scene.arrives(1).unwrap();
    assert!(scene.arrives(1).is_err(), "twice");
    assert!(wire().gap(Normal, 2, 4, 1).is_err(), "a short count");
    assert!(wire().gap(High, 1, 1, 1).is_err(), "high in a gap");
    assert!(wire().end().is_err(), "nothing came");
}

#[test]
fn books_find_a_cursor_that_skips_repeats_or_is_forgotten() {
    let resumed = ResumeVerdict::Resumed { left_out: PerPriority::default() };
    let comes_back_with = |resume: Option<Cursor>| {
        let mut scene = wire();
        scene.arrives(1).unwrap();
        scene.client(ClientSight::Closed(LINK)).unwrap();
        scene.joins(2, resume, joined(resume.unwrap_or_default(), resumed))
    };
    comes_back_with(Some(cursor(1))).unwrap();
    assert!(comes_back_with(Some(cursor(2))).unwrap_err().contains("skips normal"));
    assert!(comes_back_with(Some(cursor(0))).unwrap_err().contains("again"));
    assert!(comes_back_with(None).unwrap_err().contains("without its cursor"));
}

impl Scene<Books> {
    fn asks(&mut self, call: u64, ask: Ask) {
        self.client(ClientSight::Asked(CallId(call), &Command::Ask(ask))).unwrap();
    }

    fn is_told(&mut self, call: u64, code: ErrorCode) {
        self.client(ClientSight::Answered(CallId(call), &Err(code.into()))).unwrap();
    }

    /// The app is told that it is in, without having been told anything else.
    fn is_told_in(&mut self, call: u64) -> Result<(), String> {
        let conversation = joined(cursor(0), ResumeVerdict::Fresh).conversation;
        self.client(ClientSight::Answered(CallId(call), &Ok(Answer::Conversation(conversation.into()))))
    }

    /// A leave on the first connection, up to the client's having its answer.
    fn leaves(&mut self, id: u64) -> Result<(), String> {
        let request = Request { id: RequestId(id), body: Ok(RequestBody::LeaveLiveGroup(group())) };
        self.see(&Sight::In(CONNECTION, &ClientFrame::Request(request)))?;
        let response = Response { id: RequestId(id), body: Ok(ResponseBody::Done) };
        let response = ServerFrame::Response(response);
        self.see(&Sight::Out(CONNECTION, &response))?;
        self.client(ClientSight::Frame(LINK, &response))
    }

    /// Its connection is lost, and it is connected on another, in no group.
    fn connects_again(&mut self) -> Result<(), String> {
        self.client(ClientSight::Closed(LINK))?;
        self.client(ClientSight::Dialing(LinkId(2)))?;
        let connected = Event::StatusChanged(ConnectStatus::Connected(Continuity::Resumed));
        self.client(ClientSight::Event(&connected))
    }
}

#[test]
fn books_find_who_was_told_to_be_in_and_does_not_come_back() {
    assert!(wire().connects_again().unwrap_err().contains("has not entered"));
    let mut scene = wire();
    scene.asks(3, Ask::Leave(group()));
    scene.connects_again().unwrap();
}

#[test]
fn books_do_not_expect_back_who_was_let_in_when_its_call_was_over() {
    let let_in_late = || {
        let mut scene = Scene::new(Books::new(Mode::Liveness));
        scene.asks(2, Ask::Join(group(), None));
        scene.is_told(2, ErrorCode::Timeout);
        scene.joins(1, None, joined(cursor(0), ResumeVerdict::Fresh)).unwrap();
        scene
    };
    let_in_late().connects_again().unwrap();
    let mut scene = let_in_late();
    scene.asks(3, Ask::Join(group(), None));
    scene.is_told_in(3).unwrap();
    assert!(scene.connects_again().unwrap_err().contains("has not entered"), "the second call was told");
}

#[test]
fn books_find_who_is_told_to_be_in_and_is_not() {
    let mut scene = Scene::new(Books::new(Mode::Liveness));
    scene.asks(2, Ask::Join(group(), None));
    assert!(scene.is_told_in(2).unwrap_err().contains("did not let it in"));
    let mut scene = wire();
    scene.asks(3, Ask::Leave(group()));
    scene.is_told(3, ErrorCode::Timeout);
    scene.leaves(2).unwrap();
    scene.asks(4, Ask::Join(group(), None));
    assert!(scene.is_told_in(4).unwrap_err().contains("did not let it in"), "it had left");
}
