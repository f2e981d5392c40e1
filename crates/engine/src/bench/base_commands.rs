//! The project's commands as they were at the base: a mission may change a script where the user agreed to it, but what its
//! checks run stays what the base says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use workspace::{Slot, Workspace};

use crate::bench::manifests::changes_scripts;
use crate::bench::slot_text;
use crate::blocking::blocking;

/// Files that hold commands, beside package.json.
const FILES: [&str; 9] = [
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "tox.ini",
    "noxfile.py",
];
/// Such files that are remembered.
const MAX_FILES: usize = 300;

#[derive(Default)]
pub(crate) struct BaseCommands {
    texts: OnceLock<BTreeMap<String, String>>,
    /// Files of a slot are other than its own for one run at a time.
    one: Arc<AsyncMutex<()>>,
}

impl BaseCommands {
    /// Remembers what the base says, from a slot that holds it.
    pub fn remember(&self, root: &Path, files: &[String]) {
        let holds = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name == "package.json" || FILES.contains(&name)
        };
        let read = |path: &String| Some((path.clone(), slot_text(root, path)?));
        let _ = self.texts.set(files.iter().filter(holds).take(MAX_FILES).filter_map(read).collect());
    }

    /// Puts the base's commands into a slot that has others; `None` where it has not.
    pub async fn put(&self, workspace: &Workspace, slot: &Slot) -> Result<Option<AtBase>, String> {
        let Some(texts) = self.texts.get() else { return Ok(None) };
        if differing(texts, &slot.path).is_empty() {
            return Ok(None);
        }
        let one = self.one.clone().lock_owned().await;
        let replaced = differing(texts, &slot.path);
        let mut kept =
            AtBase { workspace: workspace.clone(), slot: slot.clone(), replaced: Vec::new(), _one: one };
        blocking(move || {
            for (path, ours, before) in replaced {
                kept.workspace.write_slot_file(&kept.slot, &path, &ours).map_err(|error| {
                    format!("the commands of the base could not be put in place: {error}")
                })?;
                kept.replaced.push((path, ours, before));
            }
            Ok(Some(kept))
        })
        .await
    }
}

/// While it is kept, the slot's commands are those of the base.
pub(crate) struct AtBase {
    workspace: Workspace,
    slot: Slot,
    /// Path, what stands there for the run, and what stood there.
    replaced: Vec<(String, String, String)>,
    _one: OwnedMutexGuard<()>,
}

impl Drop for AtBase {
    fn drop(&mut self) {
        for (path, ours, before) in &self.replaced {
            // What was written meanwhile is newer
            let is_ours = slot_text(&self.slot.path, path).is_some_and(|text| text == *ours);
            if is_ours && let Err(error) = self.workspace.write_slot_file(&self.slot, path, before) {
                tracing::warn!("a file of a slot was not put back: {error}");
            }
        }
    }
}

/// Files whose commands are not those of the base: path, the text for the run, and the text that stands there.
fn differing(texts: &BTreeMap<String, String>, root: &Path) -> Vec<(String, String, String)> {
    let other = |(path, base): (&String, &String)| {
        let now = slot_text(root, path)?;
        Some((path.clone(), with_commands_of(path, base, &now)?, now))
    };
    texts.iter().filter_map(other).collect()
}

/// A text with the commands of another, and all else its own; `None` where its commands are the same.
fn with_commands_of(path: &str, base: &str, now: &str) -> Option<String> {
    if base == now {
        return None;
    }
    if path.rsplit('/').next() != Some("package.json") {
        return Some(base.to_string());
    }
    if !changes_scripts(path, base, now) {
        return None;
    }
    let read = |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok();
    let (Some(mut merged), Some(mut base)) = (read(now), read(base)) else { return Some(base.to_string()) };
    match base.remove("scripts") {
        Some(scripts) => drop(merged.insert("scripts".into(), scripts)),
        None => drop(merged.remove("scripts")),
    }
    serde_json::to_string_pretty(&merged).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_base_s_and_all_else_is_the_change_s() {
        let base = r#"{ "name": "a", "scripts": { "test": "node --test" } }"#;
        let now = r#"{ "name": "a", "scripts": { "test": "true" }, "dependencies": { "b": "1" } }"#;
        let merged = with_commands_of("web/package.json", base, now).unwrap();
        let merged: serde_json::Value = serde_json::from_str(&merged).unwrap();
        assert_eq!(merged["scripts"]["test"], "node --test");
        assert_eq!(merged["dependencies"]["b"], "1");
        assert_eq!(with_commands_of("package.json", base, &now.replace("\"true\"", "\"node --test\"")), None);
        let hooked = base.replace("\"test\":", "\"pretest\": \"rm a\", \"test\":");
        assert!(!with_commands_of("package.json", base, &hooked).unwrap().contains("pretest"));
        assert_eq!(with_commands_of("package.json", base, "{ broken").as_deref(), Some(base));
        assert_eq!(
            with_commands_of("Makefile", "test:\n\tx\n", "test:\n\ttrue\n").as_deref(),
            Some("test:\n\tx\n")
        );
        assert_eq!(with_commands_of("Makefile", "a", "a"), None);
    }
}
