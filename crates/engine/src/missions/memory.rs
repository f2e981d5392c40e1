//! The memory of a project, kept from one mission to the next: read, brought up to what journals say, shown, and changed by the user.
//!
//! What a mission teaches is for `mission::memory` to say. The lock of the project is not needed: what is missing is learned from
//! journals the next time.

use journal::StateDir;
use mission::memory::Memory;

use crate::actor::past::PastMission;
use crate::blocking::blocking;
use crate::missions::project::Project;
use crate::text::visible;

/// Missions that are learned from at once, the newest, and the largest journal that is read, in bytes.
const MISSIONS: usize = 10;
const MAX_JOURNAL: u64 = 16 * 1024 * 1024;

/// What the project's missions have learned by now. A memory that cannot be read or kept holds no mission up.
pub(crate) async fn learned(project: &Project) -> Memory {
    let (state, redactor) = (project.state.clone(), project.redactor.clone());
    let learned = blocking(move || {
        let before = read(&state)?;
        let memory = caught_up(&state, before.clone());
        if memory != before {
            let memory = redactor.redact_value(&memory).map_err(|error| error.to_string())?;
            keep(&state, &memory)?;
        }
        Ok::<_, String>(memory)
    });
    learned.await.unwrap_or_else(|why| {
        tracing::warn!("the memory of the project: {why}");
        Memory::default()
    })
}

/// The memory as it is kept. One that cannot be understood is put aside, and a new one begun.
pub(crate) fn read(state: &StateDir) -> Result<Memory, String> {
    let understood = match state.memory() {
        Ok(None) => return Ok(Memory::default()),
        Ok(Some(text)) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    understood.or_else(|why| {
        let aside = state.put_memory_aside().map_err(|error| error.to_string())?;
        tracing::warn!("the memory cannot be understood ({why}); it is kept as {}", aside.display());
        Ok(Memory::default())
    })
}

/// With the missions that have ended since; changes no file.
pub(crate) fn caught_up(state: &StateDir, mut memory: Memory) -> Memory {
    let missions = state.list_missions().unwrap_or_default();
    let new = missions.iter().filter(|dir| !memory.knows(dir.id())).filter(|dir| {
        std::fs::metadata(dir.journal_path()).is_ok_and(|journal| journal.len() <= MAX_JOURNAL)
    });
    let past: Vec<PastMission> = new.take(MISSIONS).filter_map(|dir| PastMission::read(dir).ok()).collect();
    for past in past.iter().rev() {
        memory.learn(&past.events, &past.state);
    }
    memory
}

/// # Errors
/// Where it cannot be written.
pub(crate) fn keep(state: &StateDir, memory: &Memory) -> Result<(), String> {
    let json = serde_json::to_string_pretty(memory).map_err(|error| error.to_string())?;
    state.keep_memory(&json, &visible(&memory.markdown(None))).map_err(|error| error.to_string())
}
