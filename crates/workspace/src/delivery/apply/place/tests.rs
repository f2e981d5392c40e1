//! Placing files: what is replaced, what is kept, and what is refused.

use super::*;
use std::os::unix::fs::PermissionsExt;

struct Folders {
    here: tempfile::TempDir,
    there: tempfile::TempDir,
}

impl Folders {
    fn new(there: &Path) -> Folders {
        Folders { here: tempfile::tempdir().unwrap(), there: tempfile::tempdir_in(there).unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.here.path().join(name)
    }

    /// Makes a file of ours that shall replace the user's.
    fn new_file(&self, text: &str) -> PathBuf {
        let path = self.there.path().join("new");
        fs::write(&path, text).unwrap();
        path
    }

    /// Edits the file as an editor does that replaces files.
    fn edit(&self, text: &str) {
        fs::write(self.at("edit"), text).unwrap();
        fs::rename(self.at("edit"), self.at("file")).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.at("file")).unwrap()
    }
}

fn done(put: io::Result<Put>) -> Option<Fingerprint> {
    match put {
        Ok(Put::Done(Done { ours, left: None })) => ours,
        other => panic!("{other:?}"),
    }
}

fn changed(put: io::Result<Put>) {
    assert!(matches!(put, Ok(Put::Changed)), "{put:?}");
}

/// Runs the test on one file system, and between two if the machine has two.
fn on_each(test: impl Fn(&Folders)) {
    test(&Folders::new(&std::env::temp_dir()));
    let shared = Path::new("/dev/shm");
    if shared.is_dir() {
        test(&Folders::new(shared));
    } else {
        eprintln!("skipped between file systems: there is no /dev/shm");
    }
}

#[test]
fn an_editor_that_was_quicker_keeps_its_file() {
    on_each(|folders| {
        let (file, beside) = (folders.at("file"), folders.at(".beside"));
        let aside = folders.there.path().join("aside");
        folders.edit("old");
        let seen = fingerprint(&file);
        folders.edit("the user's");
        let new = folders.new_file("ours");
        changed(replace(&new, &file, &beside, seen));
        changed(remove(&file, &aside, &beside, seen));
        changed(replace(&new, &file, &beside, None));
        assert_eq!(folders.text(), "the user's");
        let ours = done(replace(&new, &file, &beside, fingerprint(&file)));
        assert_eq!((folders.text().as_str(), ours), ("ours", fingerprint(&file)));
        done(remove(&file, &aside, &beside, ours));
        assert_eq!(fs::read_dir(folders.here.path()).unwrap().count(), 0);
        assert!(!aside.exists());
    });
}

#[test]
fn a_file_that_its_owner_removed_stays_removed() {
    on_each(|folders| {
        let (file, beside) = (folders.at("file"), folders.at(".beside"));
        folders.edit("old");
        let seen = fingerprint(&file);
        fs::remove_file(&file).unwrap();
        changed(replace(&folders.new_file("ours"), &file, &beside, seen));
        changed(remove(&file, &folders.there.path().join("aside"), &beside, seen));
        assert_eq!(fs::read_dir(folders.here.path()).unwrap().count(), 0);
    });
}

#[test]
fn modes_and_links_arrive_also_between_file_systems() {
    on_each(|folders| {
        let (file, beside) = (folders.at("file"), folders.at(".beside"));
        let new = folders.new_file("new");
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        folders.edit("old");
        done(replace(&new, &file, &beside, fingerprint(&file)));
        assert_eq!(folders.text(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o755);
        let link = folders.there.path().join("link");
        symlink("nowhere", &link).unwrap();
        done(replace(&link, &file, &beside, fingerprint(&file)));
        assert_eq!(fs::read_link(&file).unwrap(), Path::new("nowhere"));
        assert_eq!(fs::read_dir(folders.here.path()).unwrap().count(), 1);
    });
}

#[test]
fn a_copy_that_cannot_be_completed_leaves_nothing_and_the_file_as_it_was() {
    on_each(|folders| {
        folders.edit("old");
        let (file, absent) = (folders.at("file"), folders.there.path().join("absent"));
        assert!(replace(&absent, &file, &folders.at(".beside"), fingerprint(&file)).is_err());
        assert_eq!(folders.text(), "old");
        assert_eq!(fs::read_dir(folders.here.path()).unwrap().count(), 1);
    });
}
