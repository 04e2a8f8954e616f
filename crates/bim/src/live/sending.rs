//! A message under way.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bim_core::Answer;
use bim_types::{ErrorCode, Message};

use crate::call::Answered;
use crate::client::unfit;
use crate::error::Error;

/// A message under way: resolves with its one verdict. Dropping it does not unsend.
#[must_use = "the verdict of the message is lost"]
pub struct Sending(State);

enum State {
    UnderWay(Answered),
    Refused(Option<Error>),
}

impl Sending {
    pub(crate) fn new(call: Result<Answered, Error>) -> Self {
        Self(match call {
            Ok(answer) => State::UnderWay(answer),
            Err(error) => State::Refused(Some(error)),
        })
    }
}

impl Future for Sending {
    type Output = Result<Message, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = match &mut self.0 {
            State::UnderWay(answer) => std::task::ready!(Pin::new(answer).poll(cx)),
            State::Refused(error) => return Poll::Ready(Err(error.take().unwrap_or_else(unfit))),
        };
        self.0 = State::Refused(None);
        Poll::Ready(match answer {
            Some(Ok(Answer::Message(message))) => Ok(message),
            Some(Ok(_)) => Err(unfit()),
            Some(Err(refusal)) => Err(refusal.into()),
            None => Err(ErrorCode::ShutDown.into()),
        })
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
