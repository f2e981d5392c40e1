//! Trees as packs, with which another machine gets exactly one tree.
//!
//! Uses trees from `slots` and `base`. A pack must not contain history. The engine decides where a pack goes.

use crate::base::tree_of;
use crate::error::Error;
use crate::names::object;
use crate::slots::{Commit, commit_tree};
use crate::workspace::Workspace;

impl Workspace {
    /// A commit of only the tree of `rev`, a commit or a tree. It has no parents, so the same tree gives the same commit
    /// on every machine.
    pub fn lone_commit(&self, rev: &str) -> Result<Commit, Error> {
        let git = self.git()?;
        let tree = tree_of(&git, object(rev)?)?;
        commit_tree(&git, &tree, &[], "One tree")
    }

    /// The objects of a commit as a pack, without those of the commit `known`.
    pub fn pack(&self, commit: &str, known: Option<&str>) -> Result<Vec<u8>, Error> {
        let mut revs = format!("{}\n", object(commit)?);
        if let Some(known) = known {
            revs.push_str(&format!("^{}\n", object(known)?));
        }
        // Lone commits have no parents: only with `--shallow` git leaves out what a commit beside them contains
        let args = ["pack-objects", "--stdout", "--revs", "--thin", "--shallow", "--quiet"];
        self.git()?.ok("pack a tree", &args, Some(revs.into_bytes()))
    }

    /// Adds the objects of a pack; git checks each of them and what they refer to.
    pub fn unpack(&self, pack: Vec<u8>) -> Result<(), Error> {
        let args = ["index-pack", "--stdin", "--fix-thin", "--strict"];
        self.git()?.ok("read a pack", &args, Some(pack)).map(drop)
    }

    /// The tree of a commit that is here.
    pub fn tree(&self, commit: &str) -> Result<String, Error> {
        tree_of(&self.git()?, object(commit)?)
    }
}
