//! A use of a missing name, as the rules about missing names pass it to each other.

use crate::code::file::File;

/// A use of a missing name.
pub(super) struct Lost {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Lost {
    pub(super) fn key(self) -> (String, String) {
        (self.module, self.name)
    }
}

pub(super) fn line_of(file: &File, line: u32) -> (usize, usize) {
    let start = file.start_of_line(line);
    (start, start + file.line(line as usize - 1).len())
}
