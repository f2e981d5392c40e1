//! A tree that travels to another machine as packs.

use crate::testing::{Project, write};

#[test]
fn a_tree_arrives_whole_and_without_history() {
    let long: String = (0..2000).map(|n| format!("{}\n", n * n)).collect();
    let project = Project::with(&[("a.txt", "one\n"), ("src/b.txt", &long)]);
    let workspace = project.open();
    let base = workspace.take_base("m").unwrap();
    let slot = workspace.slot(1, &base.commit).unwrap();
    write(&slot.path, "src/new.txt", "new\n");
    write(&slot.path, "src/b.txt", format!("{long}one more\n"));
    let changed = workspace.commit_slot(&slot, &base.commit, "task").unwrap();

    let (from, to) =
        (workspace.lone_commit(&base.commit).unwrap(), workspace.lone_commit(&changed.tree).unwrap());
    assert_eq!((&from.tree, &to.tree), (&base.tree, &changed.tree));
    let (first, second) =
        (workspace.pack(&from.id, None).unwrap(), workspace.pack(&to.id, Some(&from.id)).unwrap());
    assert!(second.len() * 5 < first.len(), "only what is new: {} and {}", second.len(), first.len());

    let elsewhere = Project::plain();
    let other = elsewhere.open();
    assert!(other.tree(&to.id).is_err());
    assert!(other.unpack(b"PACK of nothing".to_vec()).is_err());
    other.unpack(first).unwrap();
    other.unpack(second).unwrap();
    assert_eq!(other.tree(&to.id).unwrap(), changed.tree);
    assert_eq!(other.files(&to.id).unwrap(), ["a.txt", "src/b.txt", "src/new.txt"]);
    let slot = other.fresh_slot(0, &to.id, &[]).unwrap();
    assert_eq!(std::fs::read_to_string(slot.path.join("src/new.txt")).unwrap(), "new\n");
    assert!(other.tree(&base.commit).is_err(), "the user's commits stay where they are");
}
