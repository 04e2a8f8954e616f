//! Attributes: values under keys.

use bim::{AttributeCondition, AttributeWrite, AttributesWritten, LiveGroups};
use serde_json::{Value, json};

use super::visit::visit;
use super::{counters, say};
use crate::args::{AttributeCommand, AttrsCommand, GroupArgs, SetAttributeArgs};
use crate::chat;
use crate::error::CliError;
use crate::shown::{attribute_json, escape};

pub(super) async fn run(command: AttributeCommand) -> Result<(), CliError> {
    match command {
        AttributeCommand::Attrs(AttrsCommand::Get { keys, group }) => get(&keys, &group).await,
        AttributeCommand::Attrs(AttrsCommand::Set(args)) => {
            let write = write_of(&args);
            write_all("set", &[write], &args.group).await
        }
        AttributeCommand::Attrs(AttrsCommand::Remove { keys, group }) => {
            let writes: Vec<_> = keys.into_iter().map(AttributeWrite::remove).collect();
            write_all("removed", &writes, &group).await
        }
        AttributeCommand::Tap { counter, amount, group } => counters::tap(&counter, amount, &group).await,
        AttributeCommand::Counters(args) => counters::show(&args).await,
    }
}

fn write_of(args: &SetAttributeArgs) -> AttributeWrite {
    let condition = match (args.if_absent, args.if_version) {
        (true, _) => AttributeCondition::Absent,
        (false, Some(version)) => AttributeCondition::Version(version),
        (false, None) => AttributeCondition::Any,
    };
    AttributeWrite {
        expires_in: (!args.ttl.is_zero()).then_some(args.ttl),
        delete_on_leave: args.delete_on_leave,
        ..AttributeWrite::set(&args.key, &args.value).only_if(condition)
    }
}

async fn get(keys: &[String], args: &GroupArgs) -> Result<(), CliError> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let found = visit(args, async |visit| {
        let read = async |live: &LiveGroups, group| live.get_live_group_attributes(group, &keys).await;
        visit.ask_inside(read).await
    });
    for attribute in found.await?.attributes {
        say(if args.json {
            attribute_json(&attribute).to_string()
        } else {
            let (key, value) = (escape(&attribute.key), escape(&attribute.value));
            format!("{key} = {value}  (version {})", attribute.version)
        })?;
    }
    Ok(())
}

async fn write_all(what: &str, writes: &[AttributeWrite], args: &GroupArgs) -> Result<(), CliError> {
    let outcome = visit(args, async |visit| {
        let write =
            async |live: &LiveGroups, group| live.write_live_group_attributes(group, writes.to_vec()).await;
        visit.ask_inside(write).await
    });
    let outcome = outcome.await?;
    let has_failed = |write: &&AttributeWrite| outcome.failed.iter().any(|failure| failure.key == write.key);
    let done: Vec<&str> =
        writes.iter().filter(|write| !has_failed(write)).map(|write| write.key.as_str()).collect();
    if args.json {
        say(outcome_json(what, &done, &outcome).to_string())?;
    } else {
        for key in &done {
            say(format!("{what} {} (version {})", escape(key), outcome.version))?;
        }
    }
    for failure in &outcome.failed {
        let stands = match &failure.present {
            Some(present) => format!("it has version {}", present.version),
            None => "there is none".to_owned(),
        };
        chat::tell_error(&format!("failed: {}: {}; {stands}", escape(&failure.key), failure.reason));
    }
    match outcome.failed.len() {
        0 => Ok(()),
        failed => {
            let all = writes.len();
            Err(CliError::failed(format!("{failed} of {all} attributes were not {what}")))
        }
    }
}

fn outcome_json(what: &str, done: &[&str], outcome: &AttributesWritten) -> Value {
    let failed = outcome.failed.iter().map(|failure| {
        let (code, reason) = (failure.reason.code, failure.reason.to_string());
        json!({
            "key": failure.key, "code": code.number(), "name": code.name(), "reason": reason,
            "present": failure.present.as_ref().map(attribute_json),
        })
    });
    json!({
        "done": what, "keys": done, "version": outcome.version,
        "attributes": outcome.written.iter().map(attribute_json).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
    })
}
