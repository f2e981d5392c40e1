//! TAP that no other row reads: node-tap, QUnit, and the `tap` reporters of Mocha, Vitest, AVA and
//! others. `crate::parse::tap` reads the lines.

use crate::parse::tap;
use crate::runners::{Command, Filter, Language, Narrowed, Row};

pub(crate) const ROW: Row =
    Row { language: Language::JavaScript, starts, narrow, parse: tap::read, is_format: true };

fn starts(command: &Command<'_>) -> bool {
    ["tap", "qunit", "zora", "pta"].contains(&command.program)
}

fn narrow(_: &Command<'_>, filter: &Filter<'_>) -> Narrowed {
    if filter.is_file { Narrowed::one(filter.text) } else { Narrowed::No }
}
