use super::{Check, Example, Found, Pair, Rule};
use crate::baseline::Hunks;
use crate::finding::{Category, Severity};

pub(super) static RULE: Rule = Rule {
    id: "truncated-file",
    category: Category::Lazy,
    severity: Severity::Error,
    summary: "A file whose end was cut off.",
    note: "An answer that ran out of room ends like this. Put the rest of the file back; to change a part of a file, edit that part only.",
    valid: &[Example::change(
        &[("a.py", "def a(): pass\n\ndef b(): pass\n")],
        &[("a.py", "def a(): pass\n")],
    )],
    invalid: &[Example::change(
        &[(
            "a.py",
            "def a(): return 1\n\ndef b(): return 2\n\ndef c(): return 3\n\ndef d(): return 4\n\ndef e(): return 5\n\ndef f(): return 6\n",
        )],
        &[("a.py", "def a(): return 1\n\ndef b(): return 2")],
    )],
    check: Check::Edit(check),
};

fn check(pair: &Pair, found: &mut Found) {
    let (Some(base), Some(head)) = (pair.base.as_deref(), pair.head.as_deref()) else { return };
    // a base without a last line end says nothing about the head's
    if base.text == head.text
        || head.text.ends_with('\n')
        || !base.text.ends_with('\n')
        || head.text.is_empty()
    {
        return;
    }
    let lost = Hunks::new(base, head).lost_at_end(base.text.lines().count());
    if lost >= 5 {
        let end = head.text.len();
        let start = head.start_of_line(u32::try_from(head.lines()).unwrap_or(u32::MAX));
        found.at(
            head,
            start,
            end,
            format!("the file ends in the middle of its last line: {lost} lines that followed are gone"),
        );
    }
}
