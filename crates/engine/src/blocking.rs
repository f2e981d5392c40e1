//! Blocking work (git, files) off the async threads; in simulations, in virtual time. A leaf: it knows no other file.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::time::Duration;

use tokio::task::{JoinError, spawn_blocking};

/// How long a piece of blocking work takes before and after it has its effect.
pub type Takes = Box<dyn FnMut() -> (Duration, Duration)>;

thread_local! {
    static VIRTUAL: RefCell<Option<Takes>> = const { RefCell::new(None) };
}

/// From now on, blocking work begun on this thread is done on it, in the time that `takes` says, so that a runtime of one
/// thread whose clock stands does everything in one order. `None` ends it. For simulations.
pub fn block_in_virtual_time(takes: Option<Takes>) {
    VIRTUAL.set(takes);
}

/// Runs blocking work (git, files) off the async threads. A panic in it is passed on.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let takes = VIRTUAL.with_borrow_mut(|takes| takes.as_mut().map(|takes| takes()));
    let done = match takes {
        None => spawn_blocking(work).await,
        // Like a blocking thread, it goes on where nobody waits for it any more
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
        // Only when the runtime shuts down: nobody waits for the answer any more
        Err(Err(_)) => std::future::pending().await,
    }
}
