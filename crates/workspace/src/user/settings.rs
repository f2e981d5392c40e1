//! Reads those of the user's git settings that decide about the content of files.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files::reading::read_beneath;
use crate::git::Git;
use crate::names::fields;
use crate::user::filter_attributes::FilterAttributes;
use crate::user::project::{UserRepository, ask};

/// Single settings that change the bytes of files in the working tree.
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

/// Never wanted in a slot, even if the project does not ignore them; a project may include them again.
const ALWAYS_IGNORED: &str = "node_modules\n.venv\n__pycache__\n.DS_Store\n";

/// The user's settings about content, in the form that the private repository needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Keys and values.
    shaping: Vec<(String, String)>,
    /// Patterns: built in, then `core.excludesFile`, then `info/exclude`; later ones win.
    pub(crate) excludes: Vec<u8>,
    /// `core.attributesFile`.
    pub(crate) attributes: Vec<u8>,
    /// `info/attributes`, then the lines that choose filters.
    pub(crate) info_attributes: Vec<u8>,
    /// `core.fileMode`: whether the executable bit in the working tree counts.
    pub(crate) file_mode: bool,
    /// Settings of filters that the project uses: key and value.
    pub(crate) filters: Vec<(String, String)>,
    /// The names of these filters.
    pub(crate) filter_names: BTreeSet<String>,
    /// Programs that the filters name by a path.
    pub(crate) filter_programs: Vec<PathBuf>,
}

impl Settings {
    /// Reads the settings that the user's own git would use in `root`.
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
            if filter {
                settings.filters.push((key.to_string(), value.to_string()));
            } else if SHAPING.contains(&key) {
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
            settings.info_attributes = std::fs::read(info.join("attributes")).unwrap_or_default();
        }
        settings.keep_filters(git, root, repository.is_some())?;
        Ok(settings)
    }

    /// Keeps the filters that the user's attributes name, and pins these attributes where no mission can change
    /// them.
    fn keep_filters(&mut self, git: &Git, root: &Path, has_git: bool) -> Result<(), Error> {
        let mut attributes = FilterAttributes::default();
        if !self.filters.is_empty() {
            attributes.add("", &self.attributes);
            for (folder, text) in attribute_files(git, root, has_git)? {
                attributes.add(&folder, &text);
            }
            attributes.add("", &self.info_attributes);
        }
        self.filters.retain(|(key, _)| filter_name(key).is_some_and(|name| attributes.names.contains(name)));
        self.filter_names =
            self.filters.iter().filter_map(|(key, _)| filter_name(key)).map(str::to_string).collect();
        self.filter_programs = self.filters.iter().flat_map(|(_, command)| outside(command)).collect();
        append(&mut self.info_attributes, Some(attributes.text().into_bytes()));
        Ok(())
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

/// The file of the project that a filter's command runs or reads, if there is one.
fn inside(root: &Path, command: &str) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let words = command.split(|c: char| c.is_whitespace() || "'\";|&()=".contains(c));
    let file = |word: &str| root.join(word).canonicalize().ok().filter(|path| path.is_file());
    // A bare word is a program on the PATH, or an argument
    words.filter(|word| word.contains(['/', '.'])).filter_map(file).find(|path| path.starts_with(&root))
}

fn is_filter(key: &str) -> bool {
    filter_name(key).is_some()
}

fn filter_name(key: &str) -> Option<&str> {
    let (name, key) = key.strip_prefix("filter.")?.rsplit_once('.')?;
    (!name.contains('\n') && FILTER_KEYS.contains(&key)).then_some(name)
}

/// Files that a filter's command names by an absolute path or one below the home folder.
fn outside(command: &str) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let words = command.split(|c: char| c.is_whitespace() || "'\";|&()=".contains(c));
    let file = |word: &str| {
        let below = ["~/", "$HOME/", "${HOME}/"].iter().find_map(|home| word.strip_prefix(home));
        let path = match below {
            Some(below) => home.as_ref()?.join(below),
            None => PathBuf::from(word),
        };
        (path.is_absolute() && path.is_file()).then_some(path)
    };
    words.filter_map(file).collect()
}

/// The project's current files of attributes with their folders, outer folders first.
fn attribute_files(git: &Git, root: &Path, has_git: bool) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut paths = vec![ATTRIBUTES.to_string()];
    if has_git {
        let pattern = format!(":(glob)**/{ATTRIBUTES}");
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pattern.as_str()];
        let listed = ask(git, root, &args)?;
        if listed.code != 0 {
            return Err(listed.failed("look for files of attributes"));
        }
        paths = fields(&listed.stdout).filter_map(|path| String::from_utf8(path.to_vec()).ok()).collect();
    }
    paths.sort_by_key(|path| path.matches('/').count());
    let read = |path: String| {
        let bytes = read_beneath(root, &path, LONGEST_ATTRIBUTES)?;
        let folder = path.strip_suffix(ATTRIBUTES)?.trim_end_matches('/').to_string();
        Some((folder, bytes))
    };
    Ok(paths.into_iter().filter_map(read).collect())
}

const ATTRIBUTES: &str = ".gitattributes";
/// Git itself reads no longer file.
const LONGEST_ATTRIBUTES: u64 = 100 << 20;

/// The content of a file that a setting names, or of git's default file for it.
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
