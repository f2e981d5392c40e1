//! Seeds whose findings were seen, with their packages: kept in the project, so that no later measurement draws a
//! package by which rules may have been tuned.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::projects::Registry;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/spent-seeds.txt");
const HEAD: &str =
    "# Seeds of `npm run bench:gates -- --fresh` whose findings were shown: seed, registry/package\n";

/// The seeds and packages whose findings were seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    seen: BTreeSet<(u64, String)>,
}

impl Spent {
    pub fn load() -> io::Result<Spent> {
        match fs::read_to_string(Path::new(FILE)) {
            Ok(text) => Ok(Spent::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Spent::default()),
            Err(error) => Err(error),
        }
    }

    pub fn save(&self) -> io::Result<()> {
        fs::write(Path::new(FILE), self.text())
    }

    pub fn is_spent(&self, seed: u64) -> bool {
        self.seen.iter().any(|(of, _)| *of == seed)
    }

    /// Whether another seed has shown findings of a package.
    pub fn has(&self, seed: u64, registry: Registry, name: &str) -> bool {
        let shown = format!("{}/{name}", registry.name());
        self.seen.iter().any(|(of, seen)| *of != seed && *seen == shown)
    }

    pub fn add(&mut self, seed: u64, registry: Registry, name: &str) {
        self.seen.insert((seed, format!("{}/{name}", registry.name())));
    }

    fn parse(text: &str) -> Spent {
        let line = |line: &str| {
            let (seed, name) = line.split_once(' ')?;
            Some((seed.parse().ok()?, name.trim().to_string()))
        };
        Spent { seen: text.lines().filter_map(line).collect() }
    }

    fn text(&self) -> String {
        let lines = self.seen.iter().map(|(seed, name)| format!("{seed} {name}\n"));
        std::iter::once(HEAD.to_string()).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_seed_has_shown_no_other_draws() {
        let mut spent = Spent::default();
        spent.add(7, Registry::Npm, "@a/b");
        assert_eq!(Spent::parse(&spent.text()), spent);
        assert!(spent.is_spent(7) && !spent.is_spent(8));
        assert!(spent.has(8, Registry::Npm, "@a/b"), "another seed leaves it out");
        assert!(!spent.has(7, Registry::Npm, "@a/b"), "the seed itself can be run again");
        assert!(!spent.has(8, Registry::Crates, "@a/b"));
    }
}
