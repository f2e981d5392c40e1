//! How much of a repository is read.
//!
//! Numbers only: `read` decides by them which files have no symbols or words, `kept` whether an index is stored.
//! `file` limits the size of one file.

/// The limits of an index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most files; further ones are not listed at all.
    pub(crate) files: usize,
    /// The most bytes of source that are parsed for symbols, smaller files first. The other files are read for words.
    pub(crate) parsed: u64,
    /// The most bytes of text that are read for words; the other files are known by name.
    pub(crate) read: u64,
    /// The most bytes of an index on disk.
    pub(crate) kept: usize,
}

impl Limits {
    pub(crate) const USUAL: Limits =
        Limits { files: 100_000, parsed: 64 << 20, read: 512 << 20, kept: 300_000_000 };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Index;

    #[test]
    fn beyond_the_bounds_the_largest_files_are_known_by_less() {
        let dir = tempfile::tempdir().unwrap();
        let files: Vec<String> = (1..=6).map(|n| format!("f{n}.rs")).collect();
        for (n, path) in (1..).zip(&files) {
            let text = format!("pub fn name{n}() {{}}\n").repeat(n);
            std::fs::write(dir.path().join(path), text).unwrap();
        }
        let stats = |limits: &Limits| {
            let stats = Index::build_within(dir.path(), &files, limits).stats();
            (stats.files, stats.read, stats.parsed)
        };
        let line = "pub fn name1() {}\n".len() as u64;
        assert_eq!(stats(&Limits::USUAL), (6, 6, 6));
        assert_eq!(stats(&Limits { parsed: 3 * line, ..Limits::USUAL }), (6, 6, 2));
        assert_eq!(stats(&Limits { parsed: line, read: 6 * line, ..Limits::USUAL }), (6, 3, 1));
        assert_eq!(stats(&Limits { files: 4, ..Limits::USUAL }), (4, 4, 4));
    }
}
