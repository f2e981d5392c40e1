//! Assertions in a common form, without differences between assertion libraries.

use std::borrow::Cow;

/// Receivers before the name of an assertion.
const RECEIVERS: [&str; 9] =
    ["t.assert.", "assert.", "require.", "t.", "st.", "tap.", "self.", "chai.", "should."];
/// Names of the same assertion in other libraries.
const SAME: [(&str, &[&str]); 5] = [
    ("equal", &["strictEqual", "is", "equals", "strictEquals", "assertEqual", "assertEquals"]),
    ("deepEqual", &["same", "deepStrictEqual", "strictSame", "deepEquals", "assertDeepEqual"]),
    ("notEqual", &["notStrictEqual", "not", "isNot"]),
    ("notDeepEqual", &["notSame", "notDeepStrictEqual", "strictNotSame"]),
    ("ok", &["true", "assert", "assertTrue"]),
];

/// An assertion in the common form: `t.assert.strictEqual(a, 1)` becomes `equal(a, 1)`.
pub(super) fn plain(assertion: &str) -> Cow<'_, str> {
    let bare = RECEIVERS.iter().find_map(|receiver| assertion.strip_prefix(receiver)).unwrap_or(assertion);
    let Some((name, rest)) = bare.split_once('(') else { return Cow::Borrowed(bare) };
    match SAME.iter().find(|(_, others)| others.contains(&name)) {
        Some((same, _)) => Cow::Owned(format!("{same}({rest}")),
        None => Cow::Borrowed(bare),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn libraries_say_the_same_in_other_words() {
        for (one, other) in [
            ("t.ok(f())", "t.assert.ok(f())"),
            ("t.same(f(), { a: 1 })", "assert.deepStrictEqual(f(), { a: 1 })"),
            ("self.assertEqual(f(), 1)", "t.is(f(), 1)"),
        ] {
            assert_eq!(plain(one), plain(other));
        }
        assert_ne!(plain("t.equal(f(), 1)"), plain("t.ok(f(), 1)"));
        assert_eq!(plain("assert f() == 1"), "assert f() == 1");
        assert_eq!(plain("expect(f()).toBe(1)"), "expect(f()).toBe(1)");
    }
}
