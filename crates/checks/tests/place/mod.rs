//! A slot in which tests run commands, and a machine around it that must stay as it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use checks::{Check, Level, Outcome, RunOptions, Sandbox, run};
use tokio_util::sync::CancellationToken;

/// A slot, and beside it folders that stand for the rest of the machine.
pub struct Place {
    folder: tempfile::TempDir,
    pub options: RunOptions,
}

impl Place {
    pub fn at(level: Level) -> Place {
        let folder = tempfile::tempdir().unwrap();
        for name in ["slot", "tmp", "home", "state"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("home/.profile"), "mine").unwrap();
        std::fs::write(folder.path().join("state/journal"), "mine").unwrap();
        let mut options = RunOptions::new(folder.path().join("slot"), folder.path().join("tmp"), "m-hostile");
        options.sandbox.require = Some(level);
        Place { folder, options }
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub async fn quick(&self, command: &str) -> Outcome {
        let check = Check::configured("custom", command, Some(Duration::from_secs(30)));
        run(&check, None, &self.options, &CancellationToken::new()).await
    }
}

/// The confining levels that this machine has.
pub fn levels() -> Vec<Level> {
    [Level::Basic, Level::Full].into_iter().filter(|level| has(*level)).collect()
}

pub fn has(level: Level) -> bool {
    let wanted = Sandbox { require: Some(level), ..Sandbox::default() };
    match wanted.level() {
        Ok(_) => true,
        Err(why) => {
            eprintln!("skipped: no level {level} here: {why}");
            false
        }
    }
}

/// Python exists on machines that run these tests; without it, tests that need it are skipped.
pub fn python() -> bool {
    Path::new("/usr/bin/python3").exists() || {
        eprintln!("skipped: no /usr/bin/python3");
        false
    }
}
