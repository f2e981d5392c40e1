//! The registries' ordinary clients.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Project, ProjectError, Registry, Tree, cache};

const MAX_TIME: Duration = Duration::from_secs(300);
/// Larger files are data, in bytes.
const MAX_FILE: u64 = 1 << 20;
const SKIPPED: [&str; 8] =
    ["node_modules", "target", ".git", "__pycache__", ".venv", ".idea", ".vscode", ".pytest_cache"];

/// The folder of a version in the cache.
pub(super) fn fetch(project: &Project, version: &str) -> Result<PathBuf, ProjectError> {
    let registry = match project.registry {
        Registry::Npm => "npm",
        Registry::Crates => "crates",
        Registry::Pypi => "pypi",
    };
    let name = project.name.replace('/', "+");
    let folder = cache().join(registry).join(format!("{name}-{version}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let parent = folder.parent().map(Path::to_path_buf).unwrap_or_default();
    fs::create_dir_all(&parent).map_err(|why| file(&parent, why))?;
    let work = tempfile::tempdir_in(&parent).map_err(|why| file(&parent, why))?;
    let found = match project.registry {
        Registry::Npm => npm(work.path(), project.name, version)?,
        Registry::Crates => crates(work.path(), project.name, version)?,
        Registry::Pypi => pypi(work.path(), project.name, version)?,
    };
    match fs::rename(&found, &folder) {
        Err(why) if !folder.is_dir() => Err(file(&folder, why)),
        _ => Ok(folder),
    }
}

fn npm(work: &Path, name: &str, version: &str) -> Result<PathBuf, ProjectError> {
    run(work, "npm", &["pack", "--silent", "--ignore-scripts", &format!("{name}@{version}")])?;
    unpack(work, "tgz")
}

fn pypi(work: &Path, name: &str, version: &str) -> Result<PathBuf, ProjectError> {
    let wanted = format!("{name}=={version}");
    run(work, "pip", &["download", "--quiet", "--no-deps", "--no-binary", name, &wanted])?;
    unpack(work, "gz")
}

fn crates(work: &Path, name: &str, version: &str) -> Result<PathBuf, ProjectError> {
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n\
         [dependencies]\n{name} = {{ version = \"={version}\", default-features = false }}\n[workspace]\n"
    );
    for (path, text) in [("Cargo.toml", manifest.as_str()), ("lib.rs", "")] {
        let path = work.join(path);
        fs::write(&path, text).map_err(|why| file(&path, why))?;
    }
    run(work, "cargo", &["vendor", "--quiet", "--versioned-dirs", "vendor"])?;
    let folder = work.join("vendor").join(format!("{name}-{version}"));
    // what cargo made of the manifest reads like it, and holds no path to elsewhere
    let _ = fs::remove_file(folder.join(".cargo-checksum.json"));
    Ok(folder)
}

/// Unpacks the archive in a folder; gives the one folder that was in it.
fn unpack(work: &Path, extension: &str) -> Result<PathBuf, ProjectError> {
    let archive = entries(work)?
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == extension))
        .ok_or_else(|| missing(work, "no archive came"))?;
    let out = work.join("unpacked");
    fs::create_dir_all(&out).map_err(|why| file(&out, why))?;
    run(&out, "tar", &["xzf", &archive.to_string_lossy()])?;
    entries(&out)?.into_iter().find(|path| path.is_dir()).ok_or_else(|| missing(work, "the archive is empty"))
}

fn missing(work: &Path, why: &str) -> ProjectError {
    ProjectError::Client { line: "fetch".into(), folder: work.display().to_string(), why: why.into() }
}

/// Runs a client to its end, or to the time limit.
pub(super) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), ProjectError> {
    let failed = |why: String| ProjectError::Client {
        line: format!("{program} {}", arguments.join(" ")),
        folder: folder.display().to_string(),
        why,
    };
    let errors = tempfile::tempfile().map_err(|why| failed(why.to_string()))?;
    let copy = errors.try_clone().map_err(|why| failed(why.to_string()))?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(copy)
        .spawn()
        .map_err(|why| failed(why.to_string()))?;
    let started = Instant::now();
    loop {
        match child.try_wait().map_err(|why| failed(why.to_string()))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(failed(format!("{status}: {}", tail(errors)))),
            None if started.elapsed() > MAX_TIME => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("it took more than {} s", MAX_TIME.as_secs())));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn tail(mut errors: fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    let _ = errors.rewind().and_then(|()| errors.read_to_string(&mut text));
    let start = text.floor_char_boundary(text.len().saturating_sub(600));
    text.get(start..).unwrap_or_default().trim().to_string()
}

/// The texts below a folder that are wanted.
pub(super) fn read(root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Tree, ProjectError> {
    let texts = walk(root, wanted)?.into_iter();
    Ok(texts.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?))).collect())
}

/// What is wanted and no text.
pub(super) fn data(
    root: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<BTreeMap<String, Vec<u8>>, ProjectError> {
    let files = walk(root, wanted)?.into_iter();
    Ok(files.filter(|(_, bytes)| std::str::from_utf8(bytes).is_err()).collect())
}

fn walk(root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>, ProjectError> {
    let mut files = Vec::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for path in entries(&folder)? {
            let skipped =
                path.file_name().and_then(|n| n.to_str()).is_none_or(|name| SKIPPED.contains(&name));
            let found = fs::symlink_metadata(&path).map_err(|why| file(&path, why))?;
            if found.is_dir() && !skipped {
                waiting.push(path);
            } else if found.is_file() && found.len() <= MAX_FILE {
                let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                if wanted(&relative) {
                    files.push((relative, fs::read(&path).map_err(|why| file(&path, why))?));
                }
            }
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let found = fs::read_dir(folder).map_err(|why| file(folder, why))?;
    found.map(|entry| entry.map(|e| e.path()).map_err(|why| file(folder, why))).collect()
}

fn file(path: &Path, why: std::io::Error) -> ProjectError {
    ProjectError::File { path: path.display().to_string(), why }
}
