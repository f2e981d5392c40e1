//! What a release changed, with half of its tests held back. It reads no files: trees are arguments.

use std::collections::BTreeSet;

use super::project::{Project, Tree};

/// What a release changed.
#[derive(Clone, Debug)]
pub struct Change {
    pub project: &'static Project,
    pub from: String,
    pub to: String,
    /// The version before, without the tests that are held back.
    pub base: Tree,
    /// The version after, without them.
    pub head: Tree,
    /// Paths that differ between the two, sorted.
    pub changed: Vec<String>,
    /// Test files of the version after that no gate sees.
    pub held_out: Tree,
}

impl Change {
    /// The change between two versions, each a name and its files.
    pub fn new(project: &'static Project, from: (&str, &Tree), to: (&str, &Tree)) -> Change {
        let is_test = |path: &str| project.suite.is_some_and(|suite| suite.is_test(path));
        // Every other name of both versions, so that a file is on the same side in every version
        let tests: BTreeSet<&String> =
            from.1.keys().chain(to.1.keys()).filter(|path| is_test(path)).collect();
        let held: BTreeSet<&String> = tests.into_iter().skip(1).step_by(2).collect();
        let shown = |tree: &Tree| -> Tree {
            tree.iter()
                .filter(|(path, _)| !held.contains(path))
                .map(|(p, t)| (p.clone(), t.clone()))
                .collect()
        };
        let (base, head) = (shown(from.1), shown(to.1));
        let changed = differing(&base, &head);
        let held_out =
            held.iter().filter_map(|path| Some(((*path).clone(), to.1.get(*path)?.clone()))).collect();
        Change { project, from: from.0.into(), to: to.0.into(), base, head, changed, held_out }
    }

    /// The same change, with its changes to these files moved into the base.
    pub fn after(&self, paths: &[String]) -> Change {
        let mut change = self.clone();
        for path in paths {
            match self.head.get(path) {
                Some(text) => change.base.insert(path.clone(), text.clone()),
                None => change.base.remove(path),
            };
        }
        change.changed = differing(&change.base, &change.head);
        change
    }

    /// A tree with the held-out tests in place of the visible ones.
    pub fn with_held_out(&self, tree: &Tree) -> Tree {
        let others = tree.iter().filter(|(path, _)| !self.is_test(path));
        others.chain(&self.held_out).map(|(path, text)| (path.clone(), text.clone())).collect()
    }

    /// `name from → to`.
    pub fn title(&self) -> String {
        format!("{} {} → {}", self.project.name, self.from, self.to)
    }

    pub fn is_test(&self, path: &str) -> bool {
        self.project.suite.is_some_and(|suite| suite.is_test(path))
    }

    /// Test files of the version after that gates may run.
    pub fn visible_tests(&self) -> Vec<&str> {
        self.head.keys().map(String::as_str).filter(|path| self.is_test(path)).collect()
    }
}

fn differing(base: &Tree, head: &Tree) -> Vec<String> {
    let paths: BTreeSet<&String> = base.keys().chain(head.keys()).collect();
    paths.into_iter().filter(|path| base.get(*path) != head.get(*path)).cloned().collect()
}
