//! Processes many items with as many threads as there are processors.
//!
//! `read` uses it. It knows no files. Results come in the order of the items, but any thread may process any item: no result may
//! depend on that. A panic in the work is passed on to the caller.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Threads, at most.
pub(super) const MAX_THREADS: usize = 8;
/// Fewer items are not worth a second thread.
pub(super) const MIN_PARALLEL: usize = 64;
/// The number of items that a thread takes at once.
const CHUNK: usize = 32;

/// Calls `work` on each item with at most this many threads, each with its own state. Returns the results in the order of the
/// items, with the number of the thread, and the states by that number.
pub(super) fn in_parallel<T: Sync, R: Send, S: Send>(
    items: &[T],
    threads: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> (Vec<(usize, R)>, Vec<S>) {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(threads);
    if threads <= 1 || items.len() < MIN_PARALLEL {
        let mut own = state();
        let done = items.iter().map(|item| (0, work(&mut own, item))).collect();
        return (done, vec![own]);
    }
    let next = AtomicUsize::new(0);
    let chunks: Vec<&[T]> = items.chunks(CHUNK).collect();
    let mut done: Vec<(usize, usize, Vec<R>)> = Vec::with_capacity(chunks.len());
    let mut states = Vec::with_capacity(threads);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let (mut own, mut results) = (state(), Vec::new());
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let Some(chunk) = chunks.get(n) else { return (own, results) };
                        results.push((n, chunk.iter().map(|item| work(&mut own, item)).collect::<Vec<R>>()));
                    }
                })
            })
            .collect();
        for (number, worker) in workers.into_iter().enumerate() {
            let (own, results) = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            states.push(own);
            done.extend(results.into_iter().map(|(n, results)| (n, number, results)));
        }
    });
    done.sort_unstable_by_key(|(n, ..)| *n);
    let flat =
        done.into_iter().flat_map(|(_, number, results)| results.into_iter().map(move |r| (number, r)));
    (flat.collect(), states)
}
