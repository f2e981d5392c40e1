//! The plan of a delivery, as data that is journalled before anything is written.
//!
//! It writes nothing. After a crash, the plan tells how to go forward or back.

use serde::{Deserialize, Serialize};

use crate::base::secrets::is_secret;
use crate::base::tree_of;
use crate::error::Error;
use crate::git::inspect::raw_entries;
use crate::names::{is_host, object, relative};
use crate::workspace::Workspace;

/// A planned delivery with everything that [`Workspace::deliver`], [`Workspace::recover`] and
/// [`Workspace::undo`] need, also in another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The user's files at the planning.
    pub from_tree: String,
    /// The user's files after the delivery.
    pub to_tree: String,
    /// The commit with `to_tree`.
    pub to_commit: String,
    /// The files that differ, by path.
    pub entries: Vec<DeliveryEntry>,
}

/// One file of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryEntry {
    /// Relative to the project's root.
    pub path: String,
    /// The entry before the delivery; `None`: there is none.
    pub before: Option<Entry>,
    /// The entry after the delivery; `None`: there is none.
    pub after: Option<Entry>,
}

/// A file's content as git names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `100644`, `100755` or `120000` (a link).
    pub mode: String,
    /// The object with the content.
    pub oid: String,
}

impl Workspace {
    /// Plans how to bring the user's files from one commit (their current state, see
    /// [`Workspace::user_tree`]) to another. Secrets, OpenCode's configuration and submodules are never
    /// part of it.
    pub fn plan_delivery(&self, from: &str, to: &str) -> Result<Delivery, Error> {
        let (git, from, to) = (self.git()?, object(from)?, object(to)?);
        let (from_tree, to_tree) = (tree_of(&git, from)?, tree_of(&git, to)?);
        let entry = |side: Option<(String, String)>| side.map(|(mode, oid)| Entry { mode, oid });
        let mut entries = Vec::new();
        for (path, before, after) in raw_entries(&git, &from_tree, &to_tree)? {
            let submodule = [&before, &after].into_iter().flatten().any(|(mode, _)| mode == "160000");
            if submodule || is_secret(&path) || is_host(&path) {
                continue;
            }
            let Ok(path) = String::from_utf8(path) else { continue };
            relative(&path)?;
            entries.push(DeliveryEntry { path, before: entry(before), after: entry(after) });
        }
        Ok(Delivery { from_tree, to_tree, to_commit: to.to_string(), entries })
    }
}

impl Delivery {
    /// The delivery in the other direction.
    pub(crate) fn reversed(&self) -> Delivery {
        let entries = self.entries.iter().map(|entry| DeliveryEntry {
            path: entry.path.clone(),
            before: entry.after.clone(),
            after: entry.before.clone(),
        });
        Delivery {
            from_tree: self.to_tree.clone(),
            to_tree: self.from_tree.clone(),
            to_commit: self.to_commit.clone(),
            entries: entries.collect(),
        }
    }
}
