//! What of the user's git settings is used: only what shapes the content of files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::git::Git;
use crate::names::fields;
use crate::user::project::{UserRepository, ask};

/// Single settings that decide which bytes a file in the working tree has.
const SHAPING: &[&str] = &[
    "core.autocrlf",
    "core.eol",
    "core.filemode",
    "core.symlinks",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.checkroundtripencoding",
];
const FILTER_KEYS: &[&str] = &["clean", "smudge", "process", "required"];

/// Never wanted in a slot, even where the project forgot to ignore them; a project may re-include them.
const ALWAYS_IGNORED: &str = "node_modules\n.venv\n__pycache__\n.DS_Store\n";

/// The user's settings that shape content, in the form in which the private repository needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Pairs of key and value.
    shaping: Vec<(String, String)>,
    /// Patterns: built in, then `core.excludesFile`, then `info/exclude`; later ones win.
    pub(crate) excludes: Vec<u8>,
    /// `core.attributesFile`.
    pub(crate) attributes: Vec<u8>,
    /// `info/attributes`.
    pub(crate) info_attributes: Option<Vec<u8>>,
    /// `core.fileMode`: whether the executable bit in the working tree means something.
    pub(crate) file_mode: bool,
    /// Filters run programs of the user's, which need HOME.
    pub(crate) filters: bool,
}

impl Settings {
    /// Reads them as the user's own git would see them in `root`.
    pub(crate) fn read(
        git: &Git,
        root: &Path,
        repository: Option<&UserRepository>,
        state: &Path,
    ) -> Result<Settings, Error> {
        let listed = ask(git, root, &["config", "--list", "-z", "--includes"])?;
        let mut settings = Settings { file_mode: true, ..Settings::default() };
        for field in fields(&listed.stdout) {
            let text = String::from_utf8_lossy(field);
            let (key, value) = text.split_once('\n').unwrap_or((&text, "true"));
            if key == "core.filemode" {
                settings.file_mode = !matches!(value, "false" | "no" | "off" | "0");
            }
            let filter = is_filter(key);
            if filter && let Some(program) = inside(root, value) {
                let why = format!(
                    "your git setting `{key}` runs it, and a mission may change it: move the program out of the project, or \
                     take the filter out of your settings"
                );
                return Err(Error::Damaged { path: program, why });
            }
            settings.filters |= filter;
            if filter || SHAPING.contains(&key) {
                settings.shaping.push((key.to_string(), value.to_string()));
            }
        }
        settings.excludes = ALWAYS_IGNORED.as_bytes().to_vec();
        if repository.is_none() && root.join("Cargo.toml").is_file() {
            settings.excludes.extend_from_slice(b"/target\n");
        }
        if let Ok(inside) = state.strip_prefix(root) {
            settings.excludes.extend_from_slice(format!("/{}\n", inside.display()).as_bytes());
        }
        append(&mut settings.excludes, user_file(git, root, "core.excludesFile", "ignore"));
        settings.attributes = user_file(git, root, "core.attributesFile", "attributes").unwrap_or_default();
        if let Some(repository) = repository {
            let info = repository.common_dir.join("info");
            append(&mut settings.excludes, std::fs::read(info.join("exclude")).ok());
            settings.info_attributes = std::fs::read(info.join("attributes")).ok();
        }
        Ok(settings)
    }

    /// The private repository's whole `config`.
    pub(crate) fn config(&self, format: &str, excludes: &Path, attributes: &Path) -> String {
        let sha256 = format == "sha256";
        let mut text = String::from("[core]\n");
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        line(format!("\trepositoryformatversion = {}", u8::from(sha256)));
        line("\tbare = true\n\tlogAllRefUpdates = false\n\tsharedRepository = 0600".into());
        line("\thooksPath = /dev/null\n\tfsmonitor = false".into());
        line(format!("\texcludesFile = {}", quoted(&excludes.to_string_lossy())));
        line(format!("\tattributesFile = {}", quoted(&attributes.to_string_lossy())));
        if sha256 {
            line("[extensions]\n\tobjectFormat = sha256".into());
        }
        line("[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[merge]\n\tconflictStyle = zdiff3".into());
        line("[user]\n\tname = opencode-orchestrator\n\temail = orchestrator@localhost".into());
        line("[commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false".into());
        for (key, value) in &self.shaping {
            let Some((section, rest)) = key.split_once('.') else { continue };
            match rest.rsplit_once('.') {
                Some((name, key)) => {
                    line(format!("[{section} {}]\n\t{key} = {}", quoted(name), quoted(value)))
                }
                None => line(format!("[{section}]\n\t{rest} = {}", quoted(value))),
            }
        }
        text
    }
}

/// The file of the project that a filter's command runs or reads, if it does.
fn inside(root: &Path, command: &str) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let words = command.split(|c: char| c.is_whitespace() || "'\";|&()=".contains(c));
    let file = |word: &str| root.join(word).canonicalize().ok().filter(|path| path.is_file());
    // A bare word is a program on the PATH, or an argument
    words.filter(|word| word.contains(['/', '.'])).filter_map(file).find(|path| path.starts_with(&root))
}

fn is_filter(key: &str) -> bool {
    key.strip_prefix("filter.")
        .and_then(|rest| rest.rsplit_once('.'))
        .is_some_and(|(name, key)| !name.contains('\n') && FILTER_KEYS.contains(&key))
}

/// A file that a setting names, or git's default place for it.
fn user_file(git: &Git, root: &Path, key: &str, default: &str) -> Option<Vec<u8>> {
    let output = ask(git, root, &["config", "--type=path", "--get", key]).ok()?;
    let named = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_string();
    let path = if output.code == 0 && !named.is_empty() {
        root.join(named)
    } else {
        let folder = std::env::var_os("XDG_CONFIG_HOME")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
        folder.join("git").join(default)
    };
    std::fs::read(path).ok()
}

fn append(patterns: &mut Vec<u8>, more: Option<Vec<u8>>) {
    patterns.extend(more.unwrap_or_default());
    if patterns.last().is_some_and(|byte| *byte != b'\n') {
        patterns.push(b'\n');
    }
}

fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' | '\\' => drop(write!(text, "\\{letter}")),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_filters_pass_as_commands() {
        assert!(is_filter("filter.lfs.clean") && is_filter("filter.a.b.process"));
        assert!(!is_filter("filter.lfs.other") && !is_filter("alias.x") && !is_filter("core.fsmonitor"));
    }

    #[test]
    fn a_filter_s_program_inside_the_project_is_found() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("tools")).unwrap();
        std::fs::write(root.path().join("tools/strip.sh"), "cat").unwrap();
        let own = root.path().join("tools/strip.sh");
        for command in
            ["tools/strip.sh", "sh ./tools/strip.sh %f", "sh -c 'tools/strip.sh'", own.to_str().unwrap()]
        {
            assert!(inside(root.path(), command).is_some(), "{command}");
        }
        for command in ["git-lfs clean -- %f", "cat", "/usr/bin/env cat", "tools/none.sh"] {
            assert_eq!(inside(root.path(), command), None, "{command}");
        }
    }

    #[test]
    fn values_are_written_so_that_git_reads_them_back() {
        assert_eq!(quoted("sh -c \"x\\y\"\n"), "\"sh -c \\\"x\\\\y\\\"\\n\"");
    }
}
