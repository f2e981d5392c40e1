//! A tool that reads one file: the folder in which a project uses it, and the command line that starts it there.
//!
//! For `formatters` and `linters`, which list the tools. It reads files only through the given functions.

use crate::shell::quote;

/// A kind of tool.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) extensions: &'static [&'static str],
    /// Whether the project uses it in this folder, which is the file's folder or one above.
    pub(super) asks: fn(&Place<'_>) -> bool,
    /// The command; the path is relative to that folder.
    pub(super) command: fn(&Place<'_>, &str) -> String,
}

/// A folder of the project, seen from one file.
pub(super) struct Place<'a> {
    pub(super) folder: &'a str,
    pub(super) file: &'a str,
    pub(super) read: &'a dyn Fn(&str) -> Option<String>,
    pub(super) is_file: &'a dyn Fn(&str) -> bool,
}

/// The names and command lines of the tools that a project uses for a file at this path, in the order of the rows.
pub(super) fn lines(
    rows: &[Row],
    read: &dyn Fn(&str) -> Option<String>,
    is_file: &dyn Fn(&str) -> bool,
    path: &str,
) -> Vec<(&'static str, String)> {
    let fits = |row: &&Row| row.extensions.contains(&extension(path));
    let mut found = Vec::new();
    for row in rows.iter().filter(fits) {
        let place = |folder| Place { folder, file: path, read, is_file };
        let Some(place) = above(path).map(place).find(|place| (row.asks)(place)) else { continue };
        let inside = path.get(place.folder.len()..).unwrap_or(path).trim_start_matches('/');
        // A path with a leading dash would be read as an option
        let inside = if inside.starts_with('-') { format!("./{inside}") } else { inside.to_owned() };
        let command = (row.command)(&place, &quote(&inside));
        let line = match place.folder {
            "" => command,
            folder => format!("cd {} && {command}", quote(&format!("./{folder}"))),
        };
        found.push((row.name, line));
    }
    found
}

pub(super) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The folder of a path and those above it, the root last.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(path);
    std::iter::from_fn(move || {
        let path = next?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        next = (!folder.is_empty()).then_some(folder);
        Some(folder)
    })
}

impl Place<'_> {
    pub(super) fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| (self.is_file)(&self.path(name)))
    }

    pub(super) fn says(&self, name: &str, words: &[&str]) -> bool {
        let path = self.path(name);
        (self.is_file)(&path)
            && (self.read)(&path).is_some_and(|text| words.iter().any(|word| text.contains(word)))
    }

    /// A program of a Node package; the project's own has priority.
    pub(super) fn node(&self, program: &str, arguments: &str) -> String {
        if (self.is_file)(".pnp.cjs") {
            return format!("yarn run {program} {arguments}");
        }
        let depth = self.folder.split('/').filter(|part| !part.is_empty()).count();
        let up: Vec<String> =
            (0..=depth).map(|n| format!("$PWD/{}node_modules/.bin", "../".repeat(n))).collect();
        format!("PATH=\"{}:$PATH\" {program} {arguments}", up.join(":"))
    }
}
