//! A call on its way to the driver and its answer on the way back, in one place that both ends share.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bim_core::Answer;
use bim_types::Refusal;

use crate::shared::HandleCommand;

/// The driver's end: what is asked, until it is taken, and the duty to answer. Dropped, the call ends without an answer.
pub(crate) struct Call(Arc<Slot>);

/// The handle's end. Resolves with the answer; `None` when there will be none. Dropped, the call goes on.
pub(crate) struct Answered(Arc<Slot>);

struct Slot(Mutex<State>);

struct State {
    stage: Stage,
    waker: Option<Waker>,
}

enum Stage {
    Asked(HandleCommand),
    UnderWay,
    Answered(Result<Answer, Refusal>),
    Over,
}

/// Both ends of a call.
pub(crate) fn call(command: HandleCommand) -> (Call, Answered) {
    let slot = Arc::new(Slot(Mutex::new(State { stage: Stage::Asked(command), waker: None })));
    (Call(Arc::clone(&slot)), Answered(slot))
}

impl Call {
    /// Takes what is asked; `None` when it was taken before.
    pub(crate) fn take(&self) -> Option<HandleCommand> {
        let mut state = self.0.lock();
        match std::mem::replace(&mut state.stage, Stage::UnderWay) {
            Stage::Asked(command) => Some(command),
            stage => {
                state.stage = stage;
                None
            }
        }
    }

    /// Answers. Whoever does not wait any more did not want to know.
    pub(crate) fn answer(self, answer: Result<Answer, Refusal>) {
        self.0.settle(Stage::Answered(answer));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.settle(Stage::Over);
    }
}

impl Future for Answered {
    type Output = Option<Result<Answer, Refusal>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        match state.stage {
            Stage::Asked(_) | Stage::UnderWay => {
                match &mut state.waker {
                    Some(waker) => waker.clone_from(cx.waker()),
                    waker => *waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            Stage::Answered(_) | Stage::Over => match std::mem::replace(&mut state.stage, Stage::Over) {
                Stage::Answered(answer) => Poll::Ready(Some(answer)),
                _ => Poll::Ready(None),
            },
        }
    }
}

impl Slot {
    /// Says how it ended, if that was not said before, and wakes who waits, outside the lock.
    fn settle(&self, end: Stage) {
        let mut state = self.lock();
        if matches!(state.stage, Stage::Answered(_) | Stage::Over) {
            return;
        }
        let before = std::mem::replace(&mut state.stage, end);
        let waker = state.waker.take();
        drop(state);
        drop(before);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bim_core::Command;

    use super::*;

    fn poll(answered: &mut Answered) -> Poll<Option<Result<Answer, Refusal>>> {
        Pin::new(answered).poll(&mut Context::from_waker(Waker::noop()))
    }

    fn logout() -> (Call, Answered) {
        call(HandleCommand::Machine(Command::Logout))
    }

    #[test]
    fn a_call_is_taken_once_and_answered_once() {
        let (call, mut answered) = logout();
        assert!(poll(&mut answered).is_pending());
        assert!(call.take().is_some());
        assert!(call.take().is_none());
        assert!(poll(&mut answered).is_pending());
        call.answer(Ok(Answer::Done));
        assert_eq!(poll(&mut answered), Poll::Ready(Some(Ok(Answer::Done))));
        assert_eq!(poll(&mut answered), Poll::Ready(None));
    }

    #[test]
    fn a_call_that_is_dropped_ends_without_an_answer_whether_it_was_taken_or_not() {
        for is_taken in [false, true] {
            let (call, mut answered) = logout();
            assert_eq!(is_taken.then(|| call.take().is_some()), is_taken.then_some(true));
            drop(call);
            assert_eq!(poll(&mut answered), Poll::Ready(None));
        }
    }

    #[test]
    fn a_call_goes_on_when_nobody_waits_for_its_answer() {
        let (call, answered) = logout();
        drop(answered);
        assert!(call.take().is_some());
        call.answer(Ok(Answer::Done));
    }
}
