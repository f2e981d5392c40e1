//! Reads one file, and decides which files are not worth reading.

use serde::{Deserialize, Serialize};
use shared::StableHasher;
use shared::lockfiles::is_lockfile;
use shared::secret_files::is_always_secret;
use shared::test_files::is_test;
use std::fs::{self, Metadata};
use std::hash::Hasher;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;
use syntax::Language;

/// Larger files are known only by name.
pub(crate) const MAX_BYTES: u64 = 1024 * 1024;

/// The purpose of a file; files with the same words rank differently by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Code,
    Test,
    Docs,
    /// Configuration and data.
    Data,
    /// Generated, vendored, locked, binary, too large or secret: known only by name.
    Opaque,
}

/// Data that shows whether a file is unchanged, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    pub(crate) modified_ns: u128,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { bytes: metadata.len(), modified_ns: modified.unwrap_or_default().as_nanos() }
    }
}

pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = StableHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Whether `path` is relative and stays below its root as written.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir))
}

/// A folder whose files are read, with its real path.
pub(crate) struct Folder<'a> {
    root: &'a Path,
    real: Option<PathBuf>,
}

impl<'a> Folder<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, real: root.canonicalize().ok() }
    }

    pub(crate) fn root(&self) -> &'a Path {
        self.root
    }

    /// The text of a file below the root; `None` if it is missing, leaves the root through a link, is not an
    /// ordinary file, is not UTF-8, or is longer than [`MAX_BYTES`].
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        if !is_inside(path) {
            return None;
        }
        let full = self.root.join(path);
        // A link may lead anywhere, so the real path must be in the project.
        if !full.canonicalize().ok()?.starts_with(self.real.as_ref()?) {
            return None;
        }
        read_file(&full)
    }
}

/// [`Folder::read`] for a single file.
pub(crate) fn read_text(root: &Path, path: &str) -> Option<String> {
    Folder::new(root).read(path)
}

fn read_file(full: &Path) -> Option<String> {
    // Reading a pipe would wait.
    if !full.metadata().ok()?.is_file() {
        return None;
    }
    let file = fs::File::open(full).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()? + 1);
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > MAX_BYTES || bytes.iter().take(8192).any(|byte| *byte == 0) {
        return None;
    }
    String::from_utf8(bytes).ok()
}

/// The purpose of a file, by its path.
pub(crate) fn role_of(path: &str) -> Role {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let folder = |wanted: &[&str]| lower.split('/').rev().skip(1).any(|part| wanted.contains(&part));
    if is_opaque(path, name, extension) || folder(&["node_modules", "vendor", "third_party", "dist", ".git"])
    {
        return Role::Opaque;
    }
    if Language::of_path(path).is_some() || CODE.contains(&extension) {
        // Files that tests read count as tests
        let test = is_test(path) || folder(&["fixtures"]);
        return if test { Role::Test } else { Role::Code };
    }
    match extension {
        "md" | "mdx" | "rst" | "txt" | "adoc" => Role::Docs,
        _ => Role::Data,
    }
}

/// Languages of which only words are read.
const CODE: &[&str] = &[
    "c", "cc", "clj", "cpp", "cs", "css", "dart", "ex", "exs", "fs", "graphql", "h", "hpp", "hs", "html",
    "java", "jl", "kt", "kts", "lua", "m", "ml", "mm", "nix", "php", "pl", "proto", "r", "rb", "scala",
    "scss", "sh", "sql", "svelte", "swift", "vue", "zig",
];

fn is_opaque(path: &str, name: &str, extension: &str) -> bool {
    const UNREADABLE: &[&str] = &[
        "png", "jpg", "jpeg", "gif", "webp", "ico", "svg", "pdf", "zip", "gz", "tgz", "xz", "zst", "wasm",
        "woff", "woff2", "ttf", "otf", "mp3", "mp4", "mov", "bin", "exe", "so", "dylib", "dll", "node",
        "map", "snap", "parquet", "sqlite", "db", "lock", "csv", "tsv", "ipynb",
    ];
    is_lockfile(name) || UNREADABLE.contains(&extension) || is_always_secret(path) || name.contains(".min.")
}

/// Whether a text is generated: its beginning says so, or its lines are not meant for people.
pub(crate) fn is_generated(text: &str) -> bool {
    let said = text.lines().take(6).any(|line| {
        line.len() < 300
            && (line.contains("@generated")
                || line.contains("Code generated by")
                || (line.contains("DO NOT EDIT") && !line.contains('"')))
    });
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    said || (text.len() > 4096 && text.len() / lines > 400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_by_path() {
        for (path, role) in [
            ("src/a.rs", Role::Code),
            ("src/parser/tests.rs", Role::Test),
            ("pkg/a_test.go", Role::Test),
            ("web/a.spec.tsx", Role::Test),
            ("tests/e2e/run.js", Role::Test),
            ("src/contest.ts", Role::Code),
            ("README.md", Role::Docs),
            ("package.json", Role::Data),
            ("package-lock.json", Role::Opaque),
            ("web/vendor/x.js", Role::Opaque),
            ("a/jquery.min.js", Role::Opaque),
            (".env", Role::Opaque),
            (".env.example", Role::Data),
            ("certs/server.key", Role::Opaque),
        ] {
            assert_eq!(role_of(path), role, "{path}");
        }
    }

    #[test]
    fn generated_texts_are_told() {
        assert!(is_generated("// Code generated by protoc. DO NOT EDIT.\npackage x\n"));
        assert!(is_generated(&"x".repeat(9000)));
        assert!(!is_generated("if line == \"DO NOT EDIT\" {}\n"));
        assert!(!is_generated("fn main() {}\n"));
    }

    #[test]
    fn nothing_outside_the_root_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(dir.path().join("outside.txt"), "secret").unwrap();
        fs::write(root.join("inside.txt"), "text").unwrap();
        assert_eq!(read_text(&root, "inside.txt").as_deref(), Some("text"));
        assert_eq!(read_text(&root, "./inside.txt").as_deref(), Some("text"));
        for path in ["../outside.txt", "/etc/hostname", "", ".", "missing"] {
            assert_eq!(read_text(&root, path), None, "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../outside.txt", root.join("link")).unwrap();
            std::os::unix::fs::symlink("..", root.join("up")).unwrap();
            assert_eq!(read_text(&root, "link"), None);
            assert_eq!(read_text(&root, "up/outside.txt"), None);
        }
    }
}
