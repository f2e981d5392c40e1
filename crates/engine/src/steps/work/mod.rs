//! Work on one task: its tests, its implementation, its fixes, and the tools that its roles use.

pub(crate) mod candidates;
pub(crate) mod coder;
pub(crate) mod edit;
pub(crate) mod fixer;
pub(crate) mod shell;
pub(crate) mod test_author;
pub(crate) mod work_mailbox;
pub(crate) mod workers;
