//! The user's project: its root and its repository. Only reads.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::git::{Git, Output};
use crate::system::OsStrExt;

/// The parts of the user's git repository that are read.
#[derive(Clone, Debug)]
pub(crate) struct UserRepository {
    /// Belongs to this working tree: holds its HEAD and index.
    pub(crate) git_dir: PathBuf,
    /// Is shared by all working trees: holds objects, refs, `info/`.
    pub(crate) common_dir: PathBuf,
    /// `sha1` or `sha256`.
    pub(crate) object_format: String,
}

/// The root of the project that contains `directory`: the top of its git working tree (main or linked),
/// or the directory itself without git; links are resolved.
///
/// A directory that the surrounding repository ignores is a separate project.
pub fn project_root(directory: &Path) -> PathBuf {
    let directory = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_path_buf());
    let Ok(git) = Git::as_user() else { return directory };
    let Some(top) = toplevel(&git, &directory).ok().flatten() else { return directory };
    if top != directory
        && let Ok(output) = ask(&git, &directory, &["check-ignore", "-q", "--", "."])
        && output.code == 0
    {
        return directory;
    }
    top
}

/// The repository whose working tree has exactly this root; `None` for a project without git.
pub(crate) fn repository(git: &Git, root: &Path) -> Result<Option<UserRepository>, Error> {
    if toplevel(git, root)?.as_deref() != Some(root) {
        return Ok(None);
    }
    let path = |flag| -> Result<PathBuf, Error> {
        let output = ask(git, root, &["rev-parse", "--path-format=absolute", flag])?;
        if output.code == 0 { Ok(one_path(&output.stdout)) } else { Err(output.failed(READ)) }
    };
    let format = ask(git, root, &["rev-parse", "--show-object-format"])?;
    let format = String::from_utf8_lossy(&format.stdout).trim().to_string();
    Ok(Some(UserRepository {
        git_dir: path("--git-dir")?,
        common_dir: path("--git-common-dir")?,
        object_format: if format == "sha256" { format } else { "sha1".to_string() },
    }))
}

/// The commit that HEAD names; `None` before the first commit.
pub(crate) fn head(git: &Git, root: &Path) -> Result<Option<String>, Error> {
    let output = ask(git, root, &["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
    Ok((output.code == 0 && !text.is_empty()).then_some(text))
}

const READ: &str = "read the project's repository";

/// Runs git in the folder; reads at most a few MB.
pub(crate) fn ask(git: &Git, folder: &Path, args: &[&str]) -> Result<Output, Error> {
    let mut all: Vec<&OsStr> = vec![OsStr::new("-C"), folder.as_os_str()];
    all.extend(args.iter().map(OsStr::new));
    git.run(READ, &all, None, 16 * 1024 * 1024)
}

fn toplevel(git: &Git, directory: &Path) -> Result<Option<PathBuf>, Error> {
    let output = ask(git, directory, &["rev-parse", "--show-toplevel"])?;
    if output.code == 0 {
        let top = one_path(&output.stdout);
        return Ok(Some(std::fs::canonicalize(&top).unwrap_or(top)));
    }
    if output.stderr.contains("dubious ownership") {
        return Err(output.failed(READ));
    }
    // No repository, a bare one, or a folder inside `.git`.
    Ok(None)
}

/// A path printed by git, without the newline at its end; names may contain newlines.
fn one_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes.strip_suffix(b"\n").unwrap_or(bytes)))
}
