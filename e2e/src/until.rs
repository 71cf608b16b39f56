//! Waiting for something rather than for a while.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Well above what a loaded build machine needs for one page.
const LIMIT: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(40);

/// Looks again and again until there is something. An error while looking (a page that is just being replaced) counts as nothing yet.
///
/// # Errors
/// When it is still not there at the end of the limit; with what the last look said.
pub(crate) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut last_error = None;
    let looking = async {
        let mut beat = interval(BETWEEN_LOOKS);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            match look().await {
                Ok(Some(found)) => return found,
                Ok(None) => last_error = None,
                Err(error) => last_error = Some(error),
            }
        }
    };
    match timeout(LIMIT, looking).await {
        Ok(found) => Ok(found),
        Err(_) => Err(match last_error {
            Some(error) => error.context(format!("waited in vain for {what}")),
            None => anyhow!("waited in vain for {what}"),
        }),
    }
}
