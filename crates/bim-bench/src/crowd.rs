//! Doing something for thousands, some at a time.

use std::future::Future;

use tokio::task::JoinSet;

/// Runs all of them, at most so many at the same time, and returns what they return, in the order in which they
/// end.
///
/// # Errors
///
/// The first error; the others are dropped.
///
/// # Panics
///
/// When one of them does.
pub async fn gather<T, E, F>(all: impl IntoIterator<Item = F>, at_once: usize) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    for one in all {
        if running.len() >= at_once.max(1)
            && let Some(ended) = running.join_next().await
        {
            done.push(ended.expect("a task of the crowd does not panic")?);
        }
        running.spawn(one);
    }
    while let Some(ended) = running.join_next().await {
        done.push(ended.expect("a task of the crowd does not panic")?);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn no_more_run_at_the_same_time_than_asked_for() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = (0..20).map(|number| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::Relaxed);
                Ok::<_, ()>(number)
            }
        });
        let mut done = gather(all, 3).await.unwrap();
        done.sort_unstable();
        assert_eq!(done, (0..20).collect::<Vec<_>>());
        assert!(most.load(Ordering::Relaxed) <= 3);
    }

    #[tokio::test]
    async fn the_first_error_ends_it() {
        let all = (0..5).map(|number| async move { if number == 3 { Err(number) } else { Ok(number) } });
        assert_eq!(gather(all, 1).await, Err(3));
    }
}
