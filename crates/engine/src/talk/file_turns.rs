//! The files of a slot are either opened by the host's tools or changed by a command, never both at once: a path that the
//! engine has looked at must still be that path when the host opens it.
//!
//! `Engine` says when a tool begins and ends; `check_tool` and `shell` run their commands in between.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, RwLock, RwLockWriteGuard};
use tokio::time::timeout;

/// The longest wait of a command for tools that have begun. A host does not say that a tool failed.
const LONGEST: Duration = Duration::from_secs(2);

/// The tools that have begun and not ended, as far as the host says.
#[derive(Debug, Default)]
struct Tools {
    open: u32,
    last: Option<Instant>,
}

/// Whose turn it is in one slot.
#[derive(Debug, Default)]
pub(crate) struct FileTurns {
    command: RwLock<()>,
    tools: Mutex<Tools>,
    ended: Notify,
}

impl FileTurns {
    /// A tool of the host may open files from now on; waits while a command runs.
    pub async fn tool_begins(&self) {
        let _no_command = self.command.read().await;
        let mut tools = self.tools();
        tools.open += 1;
        tools.last = Some(Instant::now());
    }

    pub fn tool_ends(&self) {
        let mut tools = self.tools();
        tools.open = tools.open.saturating_sub(1);
        self.ended.notify_waiters();
    }

    /// A command may change files while the guard lives; waits for tools that have begun.
    pub async fn command(&self) -> RwLockWriteGuard<'_, ()> {
        self.command_within(LONGEST).await
    }

    async fn command_within(&self, longest: Duration) -> RwLockWriteGuard<'_, ()> {
        let turn = self.command.write().await;
        let idle = async {
            loop {
                let ended = self.ended.notified();
                if self.tools().open == 0 {
                    break;
                }
                ended.await;
            }
        };
        let waited = self.tools().last.map_or(longest, |last| last.elapsed());
        if timeout(longest.saturating_sub(waited), idle).await.is_err() {
            self.tools().open = 0;
        }
        turn
    }

    fn tools(&self) -> MutexGuard<'_, Tools> {
        self.tools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_tool_waits_for_a_command_and_a_command_for_a_tool() {
        let turns = Arc::new(FileTurns::default());
        let command = turns.command().await;
        let tool = tokio::spawn({
            let turns = turns.clone();
            async move { turns.tool_begins().await }
        });
        tokio::time::sleep(SOON).await;
        assert!(!tool.is_finished(), "the command still runs");
        drop(command);
        tool.await.unwrap();
        assert!(timeout(SOON, turns.command()).await.is_err(), "the tool has not ended");
        turns.tool_ends();
        assert!(timeout(LONGEST, turns.command()).await.is_ok());
    }

    #[tokio::test]
    async fn a_tool_that_never_ends_delays_one_command() {
        let turns = FileTurns::default();
        turns.tool_begins().await;
        drop(turns.command_within(SOON).await);
        assert!(timeout(LONGEST / 2, turns.command()).await.is_ok());
    }
}
