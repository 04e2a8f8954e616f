//! A client for one command at one live group.

use bim::{Client, Conversation, ConversationShortId, Error, ErrorCode, LiveGroups};

use crate::answer::{self, ANSWER_TIMEOUT, NoAnswer};
use crate::args::{ConnectionArgs, GroupArgs};
use crate::chat;
use crate::error::CliError;
use crate::target::{Target, group_id};

/// A client for one command at one live group. It is in the group only if something was asked that only members
/// may ask.
pub(super) struct Visit {
    pub(super) client: Client,
    pub(super) live: LiveGroups,
    pub(super) group: ConversationShortId,
    is_in: bool,
}

impl Visit {
    async fn open(args: &GroupArgs) -> Result<Self, CliError> {
        let target = Target::of(&args.connection)?;
        let group = match args.group {
            Some(group) => group_id(group)?,
            None => target.group.ok_or_else(|| CliError::arguments("--group is missing"))?,
        };
        let client = connect(&target).await?;
        Ok(Self { live: client.live_groups(), client, group, is_in: false })
    }

    /// Asks as the user is.
    pub(super) async fn ask<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, CliError> {
        answer::within(ANSWER_TIMEOUT, call).await.map_err(|error| self.refusal(&error))
    }

    /// Asks what any member may ask: who is not in goes in, and asks again.
    pub(super) async fn ask_inside<T>(
        &mut self,
        call: impl AsyncFn(&LiveGroups, ConversationShortId) -> Result<T, Error>,
    ) -> Result<T, CliError> {
        match answer::within(ANSWER_TIMEOUT, call(&self.live, self.group)).await {
            Err(error) if error.code() == Some(ErrorCode::UserNotInGroup) && !self.is_in => {
                self.enter().await?;
                self.ask(call(&self.live, self.group)).await
            }
            answer => answer.map_err(|error| self.refusal(&error)),
        }
    }

    /// Goes in, until the end of the visit.
    pub(super) async fn enter(&mut self) -> Result<Conversation, CliError> {
        let group = self.group;
        let entered = answer::within(ANSWER_TIMEOUT, self.live.join_live_group(group)).await;
        let entered = entered
            .map_err(|error| CliError::failed(format!("live group {group} can not be joined: {error}")))?;
        self.is_in = true;
        Ok(entered)
    }

    /// Goes out, if the visit went in.
    pub(super) async fn leave(&mut self) {
        if std::mem::take(&mut self.is_in) {
            // Whoever was removed meanwhile is out already, and without a connection the server finds out.
            let _ = answer::within(ANSWER_TIMEOUT, self.live.leave_live_group(self.group)).await;
        }
    }

    fn refusal(&self, error: &NoAnswer) -> CliError {
        CliError::failed(format!("live group {}: {error}", self.group))
    }
}

/// Does something at a group, and says goodbye however it ended.
pub(super) async fn visit<T>(
    args: &GroupArgs,
    work: impl AsyncFnOnce(&mut Visit) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let mut visit = Visit::open(args).await?;
    let done = work(&mut visit).await;
    visit.leave().await;
    chat::log_out(&visit.client).await;
    done
}

/// Does something with the groups of an app, and says goodbye however it ended.
pub(super) async fn session<T>(
    args: &ConnectionArgs,
    work: impl AsyncFnOnce(&Client) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let client = connect(&Target::of(args)?).await?;
    let done = work(&client).await;
    chat::log_out(&client).await;
    done
}

/// What a call gives, if it gives something in time.
pub(super) async fn asked<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, NoAnswer> {
    answer::within(ANSWER_TIMEOUT, call).await
}

async fn connect(target: &Target) -> Result<Client, CliError> {
    target.connect(None, |text| chat::note(&text)).await
}
