//! One project's workspace: the private repository, and how it is protected from changes by others.
//!
//! Every other file of the crate works through [`Workspace`]. Before each use it rewrites configuration, attributes, hooks
//! and pointers from memory, because a slot could have changed them; it never trusts what is on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{At, Error};
use crate::files::linking::{alternates, link_objects, link_tree};
use crate::files::{ensure_file, private_dir, remove_tree};
use crate::git::confine::Confine;
use crate::git::filters::Filters;
use crate::git::{Git, require_version};
use crate::names::{HOST_NAMES, object, ref_part};
use crate::slots::ASIDE;
use crate::slots::place::{note_owner, slots_folder};
use crate::user::project::{UserRepository, repository};
use crate::user::settings::Settings;

/// How often, and after which pauses, a locked ref is tried again.
const LOCK_ROUNDS: usize = 6;
const LOCK_WAIT: Duration = Duration::from_millis(100);

/// The file that names the folder which the user wants for slots.
const CHOSEN: &str = "slots.folder";

/// Age at which folders of a snapshot or comparison that a crash left are removed.
const STALE: Duration = Duration::from_secs(3600);

/// The work places of one project. Cheap to clone; all clones share one lock.
#[derive(Clone, Debug)]
pub struct Workspace {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    state: PathBuf,
    slots: PathBuf,
    user: Option<UserRepository>,
    git: Git,
    sealed: Mutex<Sealed>,
}

/// The required content of the private repository's files that control git. Kept in memory only: processes in a slot can
/// write to the folder, but not here.
#[derive(Debug, Default)]
struct Sealed {
    settings: Settings,
    shallow: Option<Vec<u8>>,
    alternates: Option<Vec<u8>>,
    /// The sandbox of the user's filters.
    confine: Option<Arc<dyn Confine>>,
    filters: Option<Arc<Filters>>,
}

impl Workspace {
    /// Opens the workspace of the project at `root` (see [`crate::project_root`]) in its state folder, and creates or
    /// repairs the private repository. No file of the user is copied yet.
    pub fn open(root: &Path, state: &Path) -> Result<Workspace, Error> {
        let chosen = fs::read_to_string(state.join(CHOSEN)).ok().map(PathBuf::from);
        Workspace::open_with(root, state, chosen.as_deref())
    }

    /// The same with the folder that the user wants for slots.
    pub fn open_at(root: &Path, state: &Path, slots: Option<&Path>) -> Result<Workspace, Error> {
        private_dir(state)?;
        // Code that opens it without the settings must find the slots there too
        let note = state.join(CHOSEN);
        match slots {
            Some(slots) => ensure_file(&note, slots.as_os_str().as_encoded_bytes())?,
            None => remove_tree(&note)?,
        }
        Workspace::open_with(root, state, slots)
    }

    fn open_with(root: &Path, state: &Path, slots: Option<&Path>) -> Result<Workspace, Error> {
        let root = fs::canonicalize(root).at("open the project", root)?;
        private_dir(state)?;
        let state = fs::canonicalize(state).at("open the state folder", state)?;
        let git = Git::scrubbed()?;
        require_version(&git)?;
        let user = repository(&Git::as_user()?, &root)?;
        let slots = slots_folder(&state, slots)?;
        note_owner(&slots, &state)?;
        let inner = Inner { root, state, slots, user, git, sealed: Mutex::default() };
        let workspace = Workspace { inner: Arc::new(inner) };
        workspace.refresh_settings()?;
        workspace.git()?;
        workspace.remove_stale();
        Ok(workspace)
    }

    /// The root of the user's project.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Whether the project is under git.
    pub fn has_git(&self) -> bool {
        self.inner.user.is_some()
    }

    /// Keeps `commit` (and everything it needs) under `refs/orchestrator/<mission>/<name>`.
    pub fn pin(&self, mission: &str, name: &str, commit: &str) -> Result<(), Error> {
        let (name, what) = (pin_name(mission, name)?, "keep a commit");
        let args = ["update-ref", "--no-deref", name.as_str(), object(commit)?];
        let (git, lock) = (self.git()?, self.repository().join(format!("{name}.lock")));
        // A link here would make git write outside of the private repository.
        let place = self.repository().join(&name);
        for folder in place.ancestors().skip(1).take(2).collect::<Vec<_>>().into_iter().rev() {
            private_dir(folder)?;
        }
        if place.is_symlink() {
            remove_tree(&place)?;
        }
        for round in 0..LOCK_ROUNDS {
            let output = git.run(what, &args, None, 4096)?;
            if output.code == 0 {
                return Ok(());
            }
            if !lock.exists() {
                return Err(output.failed(what));
            }
            if round + 2 == LOCK_ROUNDS {
                // Our processes never hold it that long, so the process that held it was killed.
                remove_tree(&lock)?;
            }
            std::thread::sleep(LOCK_WAIT);
        }
        let why = "it stays locked".to_string();
        Err(Error::Damaged { path: lock, why })
    }

    /// The commit kept under that name, if there is one.
    pub fn pinned(&self, mission: &str, name: &str) -> Result<Option<String>, Error> {
        let name = pin_name(mission, name)?;
        let what = "read a kept commit";
        let output = self.git()?.run(what, &["rev-parse", "--quiet", "--verify", &name], None, 1024)?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
        Ok((output.code == 0).then_some(text))
    }

    /// Keeps a commit for later steps outside of refs as well, because a slot could move a ref.
    pub(crate) fn remember(&self, mission: &str, name: &str, commit: &str) -> Result<(), Error> {
        self.pin(mission, name, commit)?;
        ensure_file(&self.memory(mission, name), commit.as_bytes())
    }

    /// The commit that was remembered under this name.
    pub(crate) fn recall(&self, mission: &str, name: &str) -> Result<Option<String>, Error> {
        pin_name(mission, name)?;
        let text = fs::read_to_string(self.memory(mission, name)).unwrap_or_default();
        match object(&text) {
            Ok(commit) => Ok(Some(commit.to_string())),
            Err(_) => self.pinned(mission, name),
        }
    }

    fn memory(&self, mission: &str, name: &str) -> PathBuf {
        self.area().join(format!("{mission}.{name}.commit"))
    }

    pub(crate) fn user(&self) -> Option<&UserRepository> {
        self.inner.user.as_ref()
    }

    /// The private repository.
    pub fn repository(&self) -> PathBuf {
        self.inner.state.join("repository.git")
    }

    pub(crate) fn state(&self) -> &Path {
        &self.inner.state
    }

    /// The folder in which set-up keeps what it has fetched for this project.
    pub fn caches(&self) -> PathBuf {
        self.inner.state.join("caches")
    }

    /// The folder of environments from set-up that the next mission can use again.
    pub(crate) fn environments(&self) -> PathBuf {
        self.inner.state.join("environments")
    }

    /// The folder of all slots.
    pub fn slots(&self) -> PathBuf {
        self.inner.slots.clone()
    }

    /// The folder of indexes, staging and backups: private, and named in no file that a slot can see.
    pub(crate) fn area(&self) -> PathBuf {
        self.inner.state.join("git")
    }

    /// Git on the private repository, after all its files that could make git run a command are reset.
    pub(crate) fn git(&self) -> Result<Git, Error> {
        let sealed = self.lock();
        self.seal(&sealed)?;
        let git = self.inner.git.clone().git_dir(&self.repository());
        Ok(git.filtered_by(sealed.filters.clone()))
    }

    /// From now on, runs the user's git filters in a sandbox, for all clones of this workspace. Before this call no filter
    /// runs.
    pub fn confine_filters(&self, confine: Arc<dyn Confine>) {
        let mut sealed = self.lock();
        sealed.confine = Some(confine);
        self.choose_filters(&mut sealed);
    }

    fn choose_filters(&self, sealed: &mut Sealed) {
        let settings = &sealed.settings;
        let elsewhere = self.user().map(|user| alternates(&user.common_dir.join("objects")));
        sealed.filters = (!settings.filters.is_empty()).then(|| {
            Arc::new(Filters {
                commands: settings.filters.clone(),
                names: settings.filter_names.clone(),
                repository: self.repository(),
                area: self.area(),
                readable: settings
                    .filter_programs
                    .iter()
                    .cloned()
                    .chain(elsewhere.into_iter().flatten())
                    .collect(),
                confine: sealed.confine.clone(),
            })
        });
    }

    pub(crate) fn file_mode(&self) -> bool {
        self.lock().settings.file_mode
    }

    /// Reads the user's settings and shares the user's current objects.
    pub(crate) fn follow_user(&self) -> Result<(), Error> {
        self.refresh_settings()?;
        self.git()?;
        let Some(user) = self.user() else { return Ok(()) };
        let objects = self.repository().join("objects");
        link_objects(&user.common_dir.join("objects"), &objects)?;
        link_tree(&user.common_dir.join("lfs/objects"), &self.repository().join("lfs/objects"), 4)?;
        // OpenCode keeps the project's identity there; slots are the same project.
        if let Ok(id) = fs::read(user.common_dir.join("opencode"))
            && id.len() < 1024
        {
            ensure_file(&self.repository().join("opencode"), &id)?;
        }
        Ok(())
    }

    /// Best effort: what is left only takes space.
    fn remove_stale(&self) {
        for entry in fs::read_dir(self.area()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let age =
                entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
            if ["snapshot-", "compare-", "filter-"].iter().any(|prefix| name.starts_with(prefix))
                && age.is_some_and(|age| age > STALE)
            {
                drop(remove_tree(&entry.path()));
            }
        }
        // Processes in these folders have had time to end
        for entry in fs::read_dir(self.slots()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(ASIDE) {
                drop(remove_tree(&entry.path()));
            }
        }
    }

    fn refresh_settings(&self) -> Result<(), Error> {
        let inner = &self.inner;
        let settings = Settings::read(&Git::as_user()?, &inner.root, inner.user.as_ref(), &inner.state)?;
        let (mut shallow, mut others) = (None, None);
        if let Some(user) = &inner.user {
            shallow = fs::read(user.common_dir.join("shallow")).ok();
            let found = alternates(&user.common_dir.join("objects"));
            others = (!found.is_empty()).then(|| {
                let lines: Vec<String> = found.iter().map(|path| format!("{}\n", path.display())).collect();
                lines.concat().into_bytes()
            });
        }
        let mut sealed = self.lock();
        let confine = sealed.confine.take();
        *sealed = Sealed { settings, shallow, alternates: others, confine, filters: None };
        self.choose_filters(&mut sealed);
        Ok(())
    }

    /// Resets every file that controls git to its required content.
    fn seal(&self, sealed: &Sealed) -> Result<(), Error> {
        let (repository, area) = (self.repository(), self.area());
        for folder in [&repository, &area, &self.slots()] {
            private_dir(folder)?;
        }
        for folder in ["objects", "objects/info", "objects/pack", "refs", "refs/heads", "info", "worktrees"] {
            private_dir(&repository.join(folder))?;
        }
        remove_links(&repository.join("objects"))?;
        remove_links(&repository.join("lfs"))?;
        let info = repository.join("info");
        let (excludes, attributes) = (info.join("user-excludes"), info.join("user-attributes"));
        ensure_file(&excludes, &sealed.settings.excludes)?;
        ensure_file(&attributes, &sealed.settings.attributes)?;
        ensure_file(&info.join("attributes"), &sealed.settings.info_attributes)?;
        let format = self.user().map_or("sha1", |user| &user.object_format);
        let config = sealed.settings.config(format, &excludes, &attributes);
        ensure_file(&repository.join("config"), config.as_bytes())?;
        ensure_file(&repository.join("HEAD"), b"ref: refs/heads/none\n")?;
        ensure_file(&repository.join("info/sparse-checkout"), sparse_patterns().as_bytes())?;
        for (name, bytes) in [("shallow", &sealed.shallow), ("objects/info/alternates", &sealed.alternates)] {
            match bytes {
                Some(bytes) => ensure_file(&repository.join(name), bytes)?,
                None => remove_tree(&repository.join(name))?,
            }
        }
        for name in ["config.worktree", "commondir", "gitdir", "info/grafts", "info/exclude", "hooks"] {
            remove_tree(&repository.join(name))?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Sealed> {
        // The data is only ever replaced as a whole, so it stays valid after a panic elsewhere.
        self.inner.sealed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes links among the entries of a folder: git would write new objects through them.
fn remove_links(folder: &Path) -> Result<(), Error> {
    if folder.is_symlink() {
        remove_tree(folder)?;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            remove_tree(&entry.path())?;
        }
    }
    Ok(())
}

fn pin_name(mission: &str, name: &str) -> Result<String, Error> {
    let (mission, name) =
        (ref_part(mission, "the name of a mission")?, ref_part(name, "the name of a commit")?);
    Ok(format!("refs/orchestrator/{mission}/{name}"))
}

fn sparse_patterns() -> String {
    let hidden: String = HOST_NAMES.iter().map(|name| format!("!/{name}\n")).collect();
    format!("/*\n{hidden}")
}
