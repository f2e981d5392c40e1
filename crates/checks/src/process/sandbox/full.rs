//! Level full: the arguments of bubblewrap, and whether it works here.
//!
//! The command gets its own root, which contains the system, toolchains and the slot. The home folder, `/run`, `/tmp` and
//! everything else of this machine does not exist there. Its processes are in a namespace that ends with bubblewrap, which
//! ends with us.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::places::{SYSTEM, hidden, toolchains};
use super::{Reach, real};

/// Paths of bubblewrap; folders that others may write to are never searched.
const PROGRAMS: &[&str] =
    &["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap", "/run/current-system/sw/bin/bwrap"];

/// The longest wait for the trial.
const TRIAL: Duration = Duration::from_secs(5);

/// Arguments of every run.
const ALWAYS: &[&str] = &[
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
];

/// Folders in the slot's dependencies in which runners keep caches.
const SCRATCH: &[&str] = &[".cache", ".vite", ".vite-temp", ".vitest"];

fn program() -> Option<&'static str> {
    PROGRAMS.iter().copied().find(|path| Path::new(path).is_file())
}

/// Tries bubblewrap once; the error says why it cannot be used.
pub(super) fn probe() -> Result<(), String> {
    let program = program().ok_or("bubblewrap is not installed")?;
    let trial = Command::new(program)
        .args(ALWAYS)
        .args([
            "--unshare-net",
            "--ro-bind",
            "/",
            "/",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "/bin/sh",
            "-c",
            ":",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut trial = trial.map_err(|error| format!("bubblewrap does not start: {error}"))?;
    let until = Instant::now() + TRIAL;
    while Instant::now() < until {
        match trial.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => break,
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(format!("bubblewrap cannot be waited for: {error}")),
        }
    }
    drop(trial.kill());
    drop(trial.wait());
    Err("bubblewrap may not make namespaces here (a container or a setting of the kernel forbids it)"
        .to_owned())
}

struct Arguments(Vec<OsString>);

impl Arguments {
    fn add(&mut self, words: &[&dyn AsRef<std::ffi::OsStr>]) {
        self.0.extend(words.iter().map(|word| word.as_ref().to_os_string()));
    }

    /// Shows a path, unchanged, at another path.
    fn show(&mut self, how: &str, from: &Path, to: &Path) {
        self.add(&[&how, &from, &to]);
    }
}

/// Files below `/proc` that root can change in any namespace without a capability, because root owns them. One of them
/// names the program that the kernel runs when another crashes.
fn kernel_settings() -> Vec<PathBuf> {
    let writable = |path: &Path| {
        // Links lead to files of a process.
        path.symlink_metadata().is_ok_and(|found| {
            found.is_dir() || found.is_file() && std::os::unix::fs::MetadataExt::mode(&found) & 0o222 != 0
        })
    };
    if !rustix::process::geteuid().is_root() {
        return Vec::new();
    }
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .map(|entry| entry.path())
        .filter(|path| writable(path))
        .collect()
}

/// Program and arguments, without the command itself.
pub(super) fn arguments(reach: &Reach, directory: &Path) -> Vec<OsString> {
    let mut all = Arguments(vec![program().unwrap_or("bwrap").into()]);
    all.0.extend(ALWAYS.iter().map(OsString::from));
    if !reach.network.is_shared() {
        all.add(&[&"--unshare-net"]);
    }
    for folder in SYSTEM.iter().map(Path::new) {
        match std::fs::read_link(folder) {
            Ok(target) => all.add(&[&"--symlink", &target, &folder]),
            Err(_) if folder.exists() => all.show("--ro-bind", folder, folder),
            Err(_) => {}
        }
    }
    for hidden in hidden() {
        if hidden.is_dir() {
            all.add(&[&"--tmpfs", &hidden]);
        } else if hidden.exists() {
            all.show("--ro-bind", Path::new("/dev/null"), hidden);
        }
    }
    all.add(&[&"--proc", &"/proc", &"--dev", &"/dev", &"--tmpfs", &"/run", &"--tmpfs", &"/var/tmp"]);
    for setting in kernel_settings() {
        all.show("--ro-bind", &setting, &setting);
    }
    match &reach.scratch {
        Some(scratch) => all.show("--bind", scratch, Path::new("/tmp")),
        None => all.add(&[&"--tmpfs", &"/tmp"]),
    }
    for system in ["/run/current-system", "/run/systemd/resolve"].map(Path::new) {
        if system.exists() {
            all.show("--ro-bind", system, system);
        }
    }
    if let Some(home) = &reach.home
        && home.parent().is_some()
    {
        all.add(&[&"--tmpfs", home]);
    }
    for folder in toolchains(reach).iter().chain(&reach.readable) {
        all.show("--ro-bind-try", &real(folder), folder);
    }
    for folder in &reach.writable {
        all.show("--bind-try", &real(folder), folder);
    }
    all.show("--bind", &reach.tmp, &reach.tmp);
    all.show("--bind", &reach.root, &reach.seen_at);
    for kept in &reach.kept {
        let seen = reach.seen(kept);
        let scratch: Vec<PathBuf> = SCRATCH.iter().map(|name| kept.join(name)).collect();
        for folder in &scratch {
            // A mount needs an existing folder
            drop(std::fs::create_dir(folder));
        }
        all.show("--ro-bind", kept, &seen);
        for folder in scratch.iter().filter(|folder| folder.is_dir() && !folder.is_symlink()) {
            all.add(&[&"--tmpfs", &reach.seen(folder)]);
        }
    }
    all.add(&[&"--chdir", &reach.seen(directory), &"--", &"/bin/sh", &"-c"]);
    all.0
}
