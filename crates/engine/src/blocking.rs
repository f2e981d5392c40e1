use tokio::task::spawn_blocking;

/// Runs blocking work (git, files) off the async threads. A panic in it is passed on.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // only when the runtime shuts down: nobody waits for the answer any more
            Err(_) => std::future::pending().await,
        },
    }
}
