//! `bim token`: a token for trying things out.

use bim_server::admin::{AdminReply, command};

use super::place::{app_id, ask, refusal, unexpected, user};
use super::say;
use crate::args::TokenArgs;
use crate::error::CliError;

pub(super) async fn run(args: TokenArgs) -> Result<(), CliError> {
    let app = app_id(args.app)?;
    let uid = user(&args.uid, args.int_uid)?;
    let mint = if args.app_server { command::mint_app_server_token } else { command::mint_token };
    let mint = mint(app, uid, args.ttl).map_err(|error| refusal(&error))?;
    match ask(&args.place.data_dir, mint).await? {
        AdminReply::Token { token, .. } => say(token.reveal()),
        _ => Err(unexpected()),
    }
}
