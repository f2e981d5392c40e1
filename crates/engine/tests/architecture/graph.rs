//! Which file of a crate imports which: `use crate::…`, `super::…`, and paths in the code, through re-exports to the file
//! that defines a name.
//!
//! It reads texts without a compiler, so that a test can plant a violation in memory. Tests and comments do not count.
//! `mod x;` and `pub use` are no imports: a file that uses a re-exported name imports its definition.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::File;

/// A path in a file, by its words.
struct Path {
    words: Vec<String>,
    /// The name under which `use` brings it in.
    name: String,
    is_use: bool,
    is_public: bool,
}

pub struct ImportGraph {
    /// By file, the files that it imports.
    pub edges: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

impl ImportGraph {
    /// The graph of the files below `crates/<krate>/src/`; paths are relative to that folder.
    pub fn of(krate: &str, files: &[File]) -> ImportGraph {
        let start = format!("crates/{krate}/src/");
        let files: Vec<(&str, &File)> =
            files.iter().filter_map(|file| Some((file.path.strip_prefix(&start)?, file))).collect();
        let modules: BTreeMap<Vec<String>, &str> =
            files.iter().map(|(path, _)| (module_of(path), *path)).collect();
        let read: Vec<(Vec<String>, &str, Vec<Path>)> =
            files.iter().map(|(path, file)| (module_of(path), *path, paths(&tokens(&code(file))))).collect();
        let mut exports: BTreeMap<(Vec<String>, String), Vec<String>> = BTreeMap::new();
        for (module, _, paths) in &read {
            for path in paths.iter().filter(|path| path.is_public) {
                if let Some(words) = absolute(module, &path.words, &modules) {
                    exports.insert((module.clone(), path.name.clone()), words);
                }
            }
        }
        let house = House { modules, exports };
        let mut edges = BTreeMap::new();
        for (module, file, paths) in &read {
            let mut imported: BTreeSet<String> =
                house.imports(module, paths).into_iter().map(str::to_owned).collect();
            imported.remove(*file);
            edges.insert((*file).to_owned(), imported);
        }
        ImportGraph { edges }
    }

    /// Every circle of imports once, as a path: `a → b → a`. One for each file on a circle that no earlier path
    /// contains.
    pub fn circles(&self) -> Vec<String> {
        let (mut circles, mut shown) = (Vec::new(), BTreeSet::new());
        for start in self.edges.keys() {
            if shown.contains(start) {
                continue;
            }
            if let Some(way) = self.way_back(start) {
                shown.extend(way.iter().cloned());
                circles.push(way.join(" → "));
            }
        }
        circles
    }

    /// The shortest way from a file over its imports back to itself.
    fn way_back(&self, start: &str) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = std::collections::VecDeque::from([start]);
        while let Some(file) = waiting.pop_front() {
            for next in self.edges.get(file).into_iter().flatten() {
                if next == start {
                    let mut way = vec![start.to_owned(), file.to_owned()];
                    let mut at = file;
                    while let Some(before) = came_from.get(at) {
                        at = before;
                        way.push(at.to_owned());
                    }
                    if file == start {
                        way.truncate(2);
                    }
                    way.reverse();
                    return Some(way);
                }
                if !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, file);
                    waiting.push_back(next);
                }
            }
        }
        None
    }
}

struct House<'a> {
    modules: BTreeMap<Vec<String>, &'a str>,
    /// What a module re-exports under a name, as a path from the root.
    exports: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl<'a> House<'a> {
    fn imports(&self, module: &[String], paths: &[Path]) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut brought: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for path in paths.iter().filter(|path| path.is_use) {
            if let Some(words) = absolute(module, &path.words, &self.modules) {
                brought.insert(&path.name, words);
            }
        }
        for path in paths {
            let words = if path.is_use {
                absolute(module, &path.words, &self.modules)
            } else {
                match path.words.split_first() {
                    Some((first, rest)) if brought.contains_key(first.as_str()) => {
                        Some([brought[first.as_str()].as_slice(), rest].concat())
                    }
                    _ => absolute(module, &path.words, &self.modules),
                }
            };
            let Some(words) = words.filter(|_| !path.is_public) else { continue };
            // A `use` of a module counts only where a name of the module is used.
            if path.is_use && self.modules.contains_key(&words) {
                continue;
            }
            found.extend(self.file_of(&words, 0));
        }
        found
    }

    /// The file that defines what a path from the root names.
    fn file_of(&self, words: &[String], depth: usize) -> Option<&'a str> {
        let deepest = (0..=words.len()).rev().find(|n| self.modules.contains_key(&words[..*n]))?;
        let (module, rest) = words.split_at(deepest);
        if let Some((name, rest)) = rest.split_first()
            && depth < 8
            && let Some(elsewhere) = self.exports.get(&(module.to_vec(), name.clone()))
        {
            return self.file_of(&[elsewhere.as_slice(), rest].concat(), depth + 1);
        }
        self.modules.get(module).copied()
    }
}

/// `["gates", "checks"]` of `gates/checks.rs`, `["gates"]` of `gates/mod.rs`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut words: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(words.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        words.pop();
    }
    words
}

/// A path from the root of the crate; `None` if it leaves the crate.
fn absolute(
    module: &[String],
    words: &[String],
    modules: &BTreeMap<Vec<String>, &str>,
) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    let words = match first.as_str() {
        "crate" => rest.to_vec(),
        "self" => [module, rest].concat(),
        "super" => {
            let ups = words.iter().take_while(|word| *word == "super").count();
            [&module[..module.len().checked_sub(ups)?], &words[ups..]].concat()
        }
        _ => {
            let child = [module, std::slice::from_ref(first)].concat();
            if !modules.contains_key(&child) {
                return None;
            }
            [module, words].concat()
        }
    };
    Some(words)
}

fn code(file: &File) -> String {
    file.code().iter().map(|(_, line)| format!("{line}\n")).collect()
}

/// Words and signs, without texts in quotes and comments.
fn tokens(code: &str) -> Vec<Token> {
    let chars: Vec<char> = code.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        if c == '/' && next == Some('/') {
            while chars.get(at).is_some_and(|c| *c != '\n') {
                at += 1;
            }
        } else if c == 'r' && matches!(next, Some('"' | '#')) && raw_end(&chars, at).is_some() {
            at = raw_end(&chars, at).unwrap_or(at + 1);
        } else if c == '"' {
            at += 1;
            while chars.get(at).is_some_and(|c| *c != '"') {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if c == '\'' && (next == Some('\\') || chars.get(at + 2) == Some(&'\'')) {
            at += if next == Some('\\') { 3 } else { 2 };
            while chars.get(at).is_some_and(|c| *c != '\'') {
                at += 1;
            }
            at += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let start = at;
            while chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                at += 1;
            }
            tokens.push(Token::Word(chars[start..at].iter().collect()));
        } else if c == ':' && next == Some(':') {
            tokens.push(Token::Colons);
            at += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
            }
            at += 1;
        }
    }
    tokens
}

/// The end of the raw string that begins here.
fn raw_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return None;
    }
    let mut end = at + 2 + hashes;
    while end < chars.len() {
        let closing = chars[end] == '"'
            && chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        end += 1;
        if closing {
            return Some(end + hashes);
        }
    }
    Some(end)
}

fn paths(tokens: &[Token]) -> Vec<Path> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let word = match &tokens[at] {
            Token::Word(word) => word.as_str(),
            _ => {
                at += 1;
                continue;
            }
        };
        // `pub(in a::b)` says who may use it, and imports nothing
        let visibility = word == "in"
            && at >= 2
            && tokens[at - 1] == Token::Sign('(')
            && matches!(&tokens[at - 2], Token::Word(before) if before == "pub");
        if visibility {
            at = tokens[at..].iter().position(|t| *t == Token::Sign(')')).map_or(tokens.len(), |n| at + n);
            continue;
        }
        let uses = word == "use" && matches!(tokens.get(at + 1), Some(Token::Word(_) | Token::Colons));
        if uses {
            let is_public = match at.checked_sub(1).map(|before| &tokens[before]) {
                Some(Token::Word(before)) => before == "pub",
                Some(Token::Sign(')')) => true,
                _ => false,
            };
            let end =
                tokens[at..].iter().position(|t| *t == Token::Sign(';')).map_or(tokens.len(), |n| at + n);
            tree(&tokens[at + 1..end], &mut Vec::new(), is_public, &mut found);
            at = end + 1;
            continue;
        }
        let mut words = vec![word.to_owned()];
        let inside = at > 0 && tokens[at - 1] == Token::Colons;
        at += 1;
        while tokens.get(at) == Some(&Token::Colons) {
            let Some(Token::Word(next)) = tokens.get(at + 1) else { break };
            words.push(next.clone());
            at += 2;
        }
        if words.len() > 1 && !inside {
            found.push(Path { words, name: String::new(), is_use: false, is_public: false });
        }
    }
    found
}

/// The paths of one `use`, with those in braces.
fn tree(tokens: &[Token], before: &mut Vec<String>, is_public: bool, found: &mut Vec<Path>) {
    let (mut depth, mut start) = (0_usize, 0);
    for (n, token) in tokens.iter().chain(std::iter::once(&Token::Sign(','))).enumerate() {
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => depth = depth.saturating_sub(1),
            Token::Sign(',') if depth == 0 => {
                branch(&tokens[start..n], before, is_public, found);
                start = n + 1;
            }
            _ => {}
        }
    }
}

fn branch(tokens: &[Token], before: &mut Vec<String>, is_public: bool, found: &mut Vec<Path>) {
    let kept = before.len();
    let (mut name, mut at) = (None, 0);
    while at < tokens.len() {
        match &tokens[at] {
            Token::Sign('{') => {
                tree(&tokens[at + 1..tokens.len() - 1], before, is_public, found);
                before.truncate(kept);
                return;
            }
            Token::Word(word) if word == "as" => {
                if let Some(Token::Word(alias)) = tokens.get(at + 1) {
                    name = Some(alias.clone());
                }
                break;
            }
            // `a::{self}` names `a`.
            Token::Word(word) if word == "self" && !before.is_empty() => {}
            Token::Word(word) => before.push(word.clone()),
            _ => {}
        }
        at += 1;
    }
    let words = before.clone();
    before.truncate(kept);
    if let Some(last) = words.last() {
        let name = name.unwrap_or_else(|| last.clone());
        found.push(Path { words, name, is_use: true, is_public });
    }
}
