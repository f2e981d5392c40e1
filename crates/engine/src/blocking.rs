//! Runs blocking work (git, files) off the async threads; in simulations, in virtual time. A leaf: it uses no other
//! file.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::time::Duration;

use tokio::task::{JoinError, spawn_blocking};

/// Gives the durations before and after the effect of a piece of blocking work.
pub type Takes = Box<dyn FnMut() -> (Duration, Duration)>;

thread_local! {
    static VIRTUAL: RefCell<Option<Takes>> = const { RefCell::new(None) };
}

/// From now on, this thread runs its blocking work itself, for the durations that `takes` gives, so that a
/// single-threaded runtime with a paused clock does everything in one order. `None` ends this. For simulations.
pub fn block_in_virtual_time(takes: Option<Takes>) {
    VIRTUAL.set(takes);
}

/// Runs blocking work (git, files) off the async threads. A panic in it is passed on.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let takes = VIRTUAL.with_borrow_mut(|takes| takes.as_mut().map(|takes| takes()));
    let done = match takes {
        None => spawn_blocking(work).await,
        // Like work on a blocking thread, it continues if its caller stops waiting
        Some((before, after)) => {
            let work = async move {
                tokio::time::sleep(before).await;
                let done = work();
                tokio::time::sleep(after).await;
                done
            };
            tokio::spawn(work).await
        }
    };
    match done.map_err(JoinError::try_into_panic) {
        Ok(value) => value,
        Err(Ok(panic)) => resume_unwind(panic),
        // This happens only while the runtime shuts down: nobody waits for the answer any more
        Err(Err(_)) => std::future::pending().await,
    }
}
