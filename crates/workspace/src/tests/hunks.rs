//! Undoing a part of a delivered file: the rest stays as the user has it, and an undo of everything stays exact.

use std::collections::BTreeSet;

use crate::testing::{Project, mission};
use crate::{Delivery, Entry, HunkError, UndoError, Workspace};

const BEFORE: &str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
const AFTER: &str = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nL\nm\n";

fn delivered(before: &str, after: &str) -> (Project, Workspace, Delivery) {
    let project = Project::with(&[("a.txt", before), ("keep.txt", "k\n")]);
    let workspace = project.open();
    let (base, _, commit) = mission(&workspace, &[("a.txt", after), ("new.txt", "n\n")]);
    let delivery = workspace.plan_delivery(&base.commit, &commit).unwrap();
    workspace.deliver(&delivery).unwrap();
    (project, workspace, delivery)
}

fn taken(numbers: &[usize]) -> BTreeSet<usize> {
    numbers.iter().copied().collect()
}

/// Undoes hunk `number`; returns what an undo of the rest expects.
fn take(workspace: &Workspace, delivery: &Delivery, number: usize, before: &[usize]) -> Entry {
    let undo = workspace.plan_hunk_undo(delivery, "a.txt", number, &taken(before)).unwrap();
    workspace.undo_hunk(delivery, &undo).unwrap();
    undo.left
}

#[test]
fn one_hunk_goes_and_an_undo_of_the_rest_is_exact() {
    let (project, workspace, mut delivery) = delivered(BEFORE, AFTER);
    let at = delivery.entries.iter().position(|entry| entry.path == "a.txt").unwrap();
    let all = workspace.all_hunks(&delivery).unwrap();
    assert_eq!(all[at].as_ref().unwrap().len(), 2);
    let left = take(&workspace, &delivery, 1, &[]);
    assert_eq!(project.read("a.txt").unwrap(), AFTER.replace('B', "b"));
    workspace.standing(&mut delivery, &[("a.txt".into(), vec![left])]).unwrap();
    let undone = workspace.undo(&delivery).unwrap();
    assert_eq!((undone.restored, undone.removed), (vec!["a.txt".to_string()], vec!["new.txt".to_string()]));
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn all_hunks_one_by_one_leave_the_file_as_it_was() {
    let (project, workspace, mut delivery) = delivered(BEFORE, AFTER);
    let first = take(&workspace, &delivery, 2, &[]);
    let second = take(&workspace, &delivery, 1, &[2]);
    assert_eq!(project.read("a.txt").unwrap(), BEFORE);
    workspace.standing(&mut delivery, &[("a.txt".into(), vec![first, second])]).unwrap();
    workspace.undo(&delivery).unwrap();
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_was_noted_and_not_written_is_still_undone() {
    let (project, workspace, mut delivery) = delivered(BEFORE, AFTER);
    let left = workspace.plan_hunk_undo(&delivery, "a.txt", 1, &taken(&[])).unwrap().left;
    // After a crash at this point, the journal lists the undo, but the file is as delivered
    workspace.standing(&mut delivery, &[("a.txt".into(), vec![left])]).unwrap();
    workspace.undo(&delivery).unwrap();
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn whether_a_hunk_was_taken_back_is_what_the_file_says() {
    let (project, workspace, delivery) = delivered(BEFORE, AFTER);
    // A crash after the undo was noted
    take(&workspace, &delivery, 1, &[1]);
    assert_eq!(project.read("a.txt").unwrap(), AFTER.replace('B', "b"));
    let refused =
        |number: usize| workspace.plan_hunk_undo(&delivery, "a.txt", number, &taken(&[1])).unwrap_err();
    assert!(matches!(refused(1), HunkError::Taken));
    project.write("a.txt", AFTER.replace('B', "mine"));
    assert!(matches!(refused(1), HunkError::Taken), "nothing of it stands");

    // The added line is beside a line with the same text
    let (_project, workspace, delivery) = delivered("a\n", "a\na\n");
    take(&workspace, &delivery, 1, &[]);
    let refused = workspace.plan_hunk_undo(&delivery, "a.txt", 1, &taken(&[1])).unwrap_err();
    assert!(matches!(refused, HunkError::Taken), "{refused}");
}

#[test]
fn later_changes_elsewhere_stay_and_those_in_it_are_refused() {
    let (project, workspace, mut delivery) = delivered(BEFORE, AFTER);
    project.write("a.txt", format!("mine\n{}", AFTER.replace("m\n", "m, mine\n")));
    let left = take(&workspace, &delivery, 1, &[]);
    let now = project.read("a.txt").unwrap();
    assert_eq!(now, format!("mine\n{}", AFTER.replace('B', "b").replace("m\n", "m, mine\n")));

    project.write("a.txt", now.replace('L', "my own L"));
    let refused = workspace.plan_hunk_undo(&delivery, "a.txt", 2, &taken(&[1])).unwrap_err();
    assert!(matches!(refused, HunkError::Edited { line: 12 }), "{refused}");
    workspace.standing(&mut delivery, &[("a.txt".into(), vec![left])]).unwrap();
    let refused = workspace.undo(&delivery).unwrap_err();
    assert!(
        matches!(refused, UndoError::Changed { paths } if paths == ["a.txt"]),
        "as for any file of the user's"
    );
}

#[test]
fn an_empty_line_of_the_user_s_own_is_not_taken_for_a_delivered_one() {
    let (project, workspace, delivery) = delivered("x\ny\n", "x\n\ny\n");
    project.write("a.txt", "x\nq\n\nz\n");
    let refused = workspace.plan_hunk_undo(&delivery, "a.txt", 1, &taken(&[])).unwrap_err();
    assert!(matches!(refused, HunkError::Edited { line: 2 }), "{refused}");
}

#[test]
fn line_ends_and_the_executable_bit_stay_as_they_are() {
    use std::os::unix::fs::PermissionsExt;
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let (project, workspace, delivery) = delivered(&crlf(BEFORE), &crlf(AFTER));
    let path = project.root().join("a.txt");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    take(&workspace, &delivery, 2, &[]);
    assert_eq!(project.read("a.txt").unwrap(), crlf(&AFTER.replace('L', "l")));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn what_has_no_such_hunk_says_why() {
    let (project, workspace, delivery) = delivered(BEFORE, AFTER);
    let refused = |path: &str, number: usize, before: &[usize]| {
        workspace.plan_hunk_undo(&delivery, path, number, &taken(before)).unwrap_err()
    };
    assert!(matches!(refused("a.txt", 3, &[]), HunkError::NoHunk { number: 3, of: 2 }));
    assert!(matches!(refused("a.txt", 0, &[]), HunkError::NoHunk { .. }));
    assert!(matches!(refused("keep.txt", 1, &[]), HunkError::NoFile));
    assert!(matches!(refused("new.txt", 1, &[]), HunkError::Whole));
    std::fs::remove_file(project.root().join("a.txt")).unwrap();
    assert!(matches!(refused("a.txt", 1, &[]), HunkError::Gone));
}
