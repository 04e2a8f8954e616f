//! From a host name to the first address that answers.

use std::{future::Future, net::SocketAddr, time::Duration};

use tokio::task::JoinSet;

use crate::{DialError, Endpoint};

/// Addresses of one host that are tried; further ones are ignored.
const ADDRESSES_MAX: usize = 6;

/// Head start of each address over the next one.
const ADDRESS_STAGGER: Duration = Duration::from_millis(250);

/// Resolves the endpoint and tries its addresses, each a little later than the one before; the first that
/// works wins, and the others are dropped. A silent first address then costs a quarter of a second and not
/// the whole dial.
pub(crate) async fn first_that_answers<T, F, A>(endpoint: &Endpoint, attempt: A) -> Result<T, DialError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, DialError>> + Send + 'static,
    A: Fn(SocketAddr) -> F,
{
    let mut attempts = JoinSet::new();
    for (place, address) in resolve(endpoint).await?.into_iter().enumerate() {
        let attempt = attempt(address);
        let head_start = ADDRESS_STAGGER.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX));
        attempts.spawn(async move {
            if !head_start.is_zero() {
                tokio::time::sleep(head_start).await;
            }
            attempt.await
        });
    }
    let mut failure = None;
    while let Some(ended) = attempts.join_next().await {
        match ended {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => failure = Some(failure.unwrap_or(error)),
            Err(panicked) => failure = Some(DialError::Other(panicked.into())),
        }
    }
    Err(failure.unwrap_or(DialError::Refused))
}

async fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, DialError> {
    let found = tokio::net::lookup_host((endpoint.host(), endpoint.port()))
        .await
        .map_err(|source| DialError::Resolve { host: endpoint.host().to_owned(), source })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found.take(64) {
        if addresses.len() < ADDRESSES_MAX && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}
