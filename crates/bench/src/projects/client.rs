//! The registries' ordinary clients.
//!
//! `projects` and `fresh` call it; only this file downloads packages. It fetches packages by name, searches no
//! registry, and runs no npm scripts. pip runs the code of source archives, so packages outside the list are taken
//! as wheels. Cached packages are not fetched again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::project::{Project, ProjectError, Registry, Tree, cache};

const MAX_TIME: Duration = Duration::from_secs(300);
/// Larger files are data, in bytes.
const MAX_FILE: u64 = 1 << 20;
const SKIPPED: [&str; 8] =
    ["node_modules", "target", ".git", "__pycache__", ".venv", ".idea", ".vscode", ".pytest_cache"];

/// The folder of a version in the cache.
pub(super) fn fetch(project: &Project, version: &str) -> Result<PathBuf, ProjectError> {
    let name = project.name.replace('/', "+");
    let folder = cache().join(project.registry.name()).join(format!("{name}-{version}"));
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

/// A release of a package, whatever its version.
#[derive(Debug)]
pub struct Release {
    pub version: String,
    pub tree: Tree,
}

/// The newest release of a package, or the newest below a version. The answer is kept, so that the same question
/// gives the same release later. From PyPI it takes the wheel, because pip runs code to read a source archive.
pub fn release(registry: Registry, name: &str, below: Option<&str>) -> Result<Release, ProjectError> {
    let parent = cache().join("fresh").join(registry.name()).join(name.replace('/', "+"));
    let folder = parent.join(below.map_or("newest".to_string(), |version| format!("below-{version}")));
    if !folder.is_dir() {
        fs::create_dir_all(&parent).map_err(|why| file(&parent, why))?;
        let work = tempfile::tempdir_in(&parent).map_err(|why| file(&parent, why))?;
        let found = match registry {
            Registry::Npm => {
                let wanted = below.map_or(format!("{name}@latest"), |version| format!("{name}@<{version}"));
                run(work.path(), "npm", &["pack", "--silent", "--ignore-scripts", &wanted])?;
                unpack(work.path(), "tgz")?
            }
            Registry::Pypi => {
                let wanted = below.map_or(name.to_string(), |version| format!("{name}<{version}"));
                run(
                    work.path(),
                    "pip",
                    &["download", "--quiet", "--no-deps", "--only-binary", ":all:", &wanted],
                )?;
                let wheel = entries(work.path())?
                    .into_iter()
                    .find(|path| path.extension().is_some_and(|e| e == "whl"))
                    .ok_or_else(|| missing(work.path(), "no wheel came"))?;
                let out = work.path().join("unpacked");
                let (wheel, to) = (wheel.to_string_lossy(), out.to_string_lossy());
                run(work.path(), "python3", &["-m", "zipfile", "-e", &wheel, &to])?;
                out
            }
            Registry::Crates => {
                let wanted = below.map_or("*".to_string(), |version| format!("<{version}"));
                vendor(work.path(), name, &wanted)?
            }
        };
        let version = version_of(registry, name, &found)
            .ok_or_else(|| missing(work.path(), "it does not say which version it is"))?;
        fs::write(found.join(VERSION), version).map_err(|why| file(&found, why))?;
        match fs::rename(&found, &folder) {
            Err(why) if !folder.is_dir() => return Err(file(&folder, why)),
            _ => {}
        }
    }
    let mut tree = read(&folder, &|_| true)?;
    let version = tree.remove(VERSION).ok_or_else(|| missing(&folder, "its version is not remembered"))?;
    Ok(Release { version, tree })
}

/// A file beside a package's own that says which version it is.
const VERSION: &str = ".bench-version";

fn version_of(registry: Registry, name: &str, folder: &Path) -> Option<String> {
    match registry {
        Registry::Npm => {
            let text = fs::read_to_string(folder.join("package.json")).ok()?;
            let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
            manifest.get("version")?.as_str().map(str::to_string)
        }
        Registry::Pypi => {
            let info = entries(folder)
                .ok()?
                .into_iter()
                .find(|path| path.extension().is_some_and(|extension| extension == "dist-info"))?;
            let text = fs::read_to_string(info.join("METADATA")).ok()?;
            text.lines()
                .find_map(|line| line.strip_prefix("Version: "))
                .map(|version| version.trim().to_string())
        }
        Registry::Crates => {
            let own = folder.file_name()?.to_str()?;
            own.strip_prefix(name)?.strip_prefix('-').map(str::to_string)
        }
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
    vendor(work, name, &format!("={version}"))
}

/// The newest version of a crate that a requirement allows.
fn vendor(work: &Path, name: &str, wanted: &str) -> Result<PathBuf, ProjectError> {
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n\
         [dependencies]\n{name} = {{ version = \"{wanted}\", default-features = false }}\n[workspace]\n"
    );
    for (path, text) in [("Cargo.toml", manifest.as_str()), ("lib.rs", "")] {
        let path = work.join(path);
        fs::write(&path, text).map_err(|why| file(&path, why))?;
    }
    run(work, "cargo", &["vendor", "--quiet", "--versioned-dirs", "vendor"])?;
    let vendored = work.join("vendor");
    let is_own = |path: &PathBuf| {
        let folder = path.file_name().and_then(|own| own.to_str()).unwrap_or_default();
        let rest = folder.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let exact = wanted.strip_prefix('=').map(|version| vendored.join(format!("{name}-{version}")));
    let folder = match exact {
        Some(exact) => exact,
        None => entries(&vendored)?
            .into_iter()
            .filter(is_own)
            .max_by_key(|path| numbers(path, name))
            .ok_or_else(|| missing(work, "the crate did not come"))?,
    };
    // The manifest that cargo rewrote is equivalent and contains no path to other folders
    let _ = fs::remove_file(folder.join(".cargo-checksum.json"));
    Ok(folder)
}

/// The numbers of the version in a folder's name: of several folders, the greatest version is the requested one.
fn numbers(folder: &Path, name: &str) -> Vec<u64> {
    let own = folder.file_name().and_then(|own| own.to_str()).unwrap_or_default();
    let version = own.strip_prefix(name).unwrap_or_default().trim_start_matches('-');
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

/// Unpacks the archive in a folder; returns the single folder that it contains.
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

/// The wanted text files below a folder.
pub(super) fn read(root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Tree, ProjectError> {
    let texts = walk(root, wanted)?.into_iter();
    Ok(texts.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?))).collect())
}

/// The wanted files that are no text.
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
