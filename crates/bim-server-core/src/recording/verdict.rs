//! What a moderator decided, in entries.

use bim_proto::recording::{Unplayable, body, content};
use bim_proto::wire::{self, recorded_moderated};

use crate::io::ModerationVerdict;

pub(super) fn verdict(id: u64, verdict: ModerationVerdict) -> wire::RecordedModerated {
    let verdict = match verdict {
        ModerationVerdict::Allow => recorded_moderated::Verdict::Allow(wire::Done {}),
        ModerationVerdict::Refuse { check_code, message } => {
            recorded_moderated::Verdict::Refuse(wire::RecordedRefusal { check_code, message })
        }
        ModerationVerdict::Rewrite(body) => {
            recorded_moderated::Verdict::Rewrite(content(&body).unwrap_or_default())
        }
        ModerationVerdict::OnlyForSender => recorded_moderated::Verdict::OnlyForSender(wire::Done {}),
    };
    wire::RecordedModerated { id, verdict: Some(verdict) }
}

pub(super) fn read_verdict(wire: wire::RecordedModerated) -> Result<ModerationVerdict, Unplayable> {
    Ok(match wire.verdict.ok_or(Unplayable)? {
        recorded_moderated::Verdict::Allow(_) => ModerationVerdict::Allow,
        recorded_moderated::Verdict::Refuse(wire::RecordedRefusal { check_code, message }) => {
            ModerationVerdict::Refuse { check_code, message }
        }
        recorded_moderated::Verdict::Rewrite(content) => ModerationVerdict::Rewrite(body(Some(content))),
        recorded_moderated::Verdict::OnlyForSender(_) => ModerationVerdict::OnlyForSender,
    })
}
