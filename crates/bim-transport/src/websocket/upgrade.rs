//! From a stream to a WebSocket: the HTTP upgrade, on either side.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config, client_async_with_config,
    tungstenite::{Error, WebSocket, protocol::Role},
};

use super::{config::tuning, head::HeadThenStream, poll_io::PollIo};

/// A WebSocket after its handshake.
pub(super) type Socket<S> = WebSocket<PollIo<HeadThenStream<S>>>;

/// Answers a client's upgrade.
pub(super) async fn accept<S>(stream: S, frame_bytes_max: usize) -> Result<Socket<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let tuning = tuning(Role::Server, frame_bytes_max);
    let upgraded = accept_async_with_config(HeadThenStream::new(stream), Some(tuning)).await?;
    Ok(settle(upgraded, Role::Server, frame_bytes_max))
}

/// Asks a server for the upgrade.
pub(super) async fn request<S>(url: &str, stream: S, frame_bytes_max: usize) -> Result<Socket<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let tuning = tuning(Role::Client, frame_bytes_max);
    let (upgraded, _response) =
        client_async_with_config(url, HeadThenStream::new(stream), Some(tuning)).await?;
    Ok(settle(upgraded, Role::Client, frame_bytes_max))
}

/// Takes the stream back from tokio-tungstenite, whose own type cannot change its limits at run time. Its
/// buffers are empty here: the head stream hands out nothing beyond the head until it is asked again.
fn settle<S>(upgraded: WebSocketStream<HeadThenStream<S>>, role: Role, frame_bytes_max: usize) -> Socket<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    WebSocket::from_raw_socket(PollIo::new(upgraded.into_inner()), role, Some(tuning(role, frame_bytes_max)))
}
