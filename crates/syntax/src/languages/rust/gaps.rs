//! Valid Rust that the grammar does not know.

use crate::edit::{Edit, closed, is_part, name, words};

/// Types whose names may also be names of macros; the grammar knows only the types.
const PRIMITIVES: [&str; 17] = [
    "str", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64",
];

/// Possible masks in a text with errors, one list for each kind of gap.
pub(crate) fn edits(text: &str) -> Vec<Vec<Edit>> {
    vec![
        modifiers(text),
        macros(text),
        punctuation(text),
        constness(text),
        patterns(text),
        attributes(text),
        clauses(text),
    ]
}

/// `safe fn`, `gen fn`, `gen { … }`, `auto trait`.
fn modifiers(text: &str) -> Vec<Edit> {
    let followed: [(&str, &[&str]); 3] =
        [("safe", &["fn", "static"]), ("gen", &["fn", "{", "move"]), ("auto", &["trait"])];
    let mut edits = Vec::new();
    for (word, next) in followed {
        for (at, _) in words(text, word) {
            let after = text[at + word.len()..].trim_start();
            if !text[..at].ends_with('#') && next.iter().any(|next| after.starts_with(next)) {
                // Without the keyword, a generator is an asynchronous or a plain block
                let end = at + word.len();
                let moved = after.starts_with("move").then(|| text.len() - after.len() + "move".len());
                edits.push(Edit::blank(text, at..moved.unwrap_or(end)));
            }
        }
    }
    edits
}

/// Macros with the name of a primitive type, and `try!` of edition 2015.
fn macros(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for word in PRIMITIVES.iter().chain(&["try"]) {
        for (at, _) in words(text, word) {
            let end = at + word.len();
            let called = text[end..]
                .strip_prefix('!')
                .is_some_and(|rest| rest.trim_start().starts_with(['(', '[', '{']));
            // `|s| f32::<_, E>(a)(s)`
            let generic = *word != "try" && text[end..].starts_with("::<");
            if called && !text[..at].ends_with('#') || generic {
                edits.push(Edit::new(end - 1, "_"));
            }
        }
    }
    edits
}

/// Arguments of macros may contain any punctuation.
fn punctuation(text: &str) -> Vec<Edit> {
    let tilde = text.match_indices('~').map(|(at, _)| Edit::new(at, "+"));
    let dollar = text.match_indices('$').filter(|(at, _)| {
        let next = text[at + 1..].chars().next();
        next.is_none_or(|c| !is_part(c) && c != '(')
    });
    tilde.chain(dollar.map(|(at, _)| Edit::new(at, ";"))).collect()
}

/// `impl const Trait`, `T: const Trait`, `T: [const] Trait`, and an item with the name `default`.
fn constness(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, word) in words(text, "const") {
        let end = at + word.len();
        let before = text[..at].trim_end();
        if before.ends_with('[') && text[end..].starts_with(']') {
            edits.push(Edit::blank(text, before.len() - 1..end + 1));
        } else if (before.ends_with("impl") || before.ends_with([':', '+', '>']))
            && text[end..].trim_start().starts_with(char::is_uppercase)
        {
            edits.push(Edit::blank(text, at..end));
        }
    }
    for (at, word) in words(text, "default") {
        if text[at + word.len()..].starts_with(':') && text[..at].ends_with("const ") {
            edits.push(Edit::new(at + word.len() - 1, "_"));
        }
    }
    edits
}

/// `S { 0: a, .. }`, `box x`, and closures over any lifetime, `for<'a> |x| …`.
fn patterns(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, _) in text.match_indices(':') {
        let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let start = at - digits;
        if digits > 0 && text[..start].trim_end().ends_with(['{', ',']) && !text[at..].starts_with("::") {
            edits.push(Edit::fill(text, start..at, b'f'));
        }
    }
    for (at, word) in words(text, "box") {
        let after = &text[at + word.len()..];
        if after.starts_with(' ') && !name(after.trim_start()).is_empty() {
            edits.push(Edit::blank(text, at..at + word.len()));
        }
    }
    for (at, word) in words(text, "for") {
        let open = at + word.len();
        if let Some(end) = text[open..].starts_with('<').then(|| closed(text, open)).flatten()
            && text[end..].trim_start().starts_with(['|', 'm', 'a'])
        {
            edits.push(Edit::blank(text, at..end));
        }
    }
    edits
}

/// Attributes at places that the grammar does not allow: on parameters, on fields of patterns.
fn attributes(text: &str) -> Vec<Edit> {
    let odd = text.match_indices("#[").filter(|(at, _)| {
        let before = text[..*at].trim_end();
        before.ends_with(['(', ',', '{', ']'])
    });
    odd.filter_map(|(at, _)| Some(Edit::blank(text, at..closed(text, at + 1)?))).collect()
}

/// `where` without a bound, bounds of `()`, and defaults of fields.
fn clauses(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, word) in words(text, "where") {
        let mut after = text[at + word.len()..].trim_start();
        while let Some(comment) = after.strip_prefix("//") {
            after = comment.split_once('\n').map_or("", |(_, rest)| rest.trim_start());
        }
        if after.starts_with(['{', ';']) {
            edits.push(Edit::blank(text, at..at + word.len()));
        }
    }
    for (at, _) in text.match_indices("():") {
        edits.push(Edit::new(at, "U_"));
    }
    edits
}

#[cfg(test)]
mod tests {
    use crate::{Language, problems};

    #[test]
    fn what_compiles_is_no_error() {
        for code in [
            "macro_rules! a { (~$t:tt) => { b!(~$t) } ; ([$]) => { c![$] } }\n",
            "unsafe extern \"C\" { safe fn a(); pub safe static B: u8; }\n",
            "fn f(#[cfg(a)] x: u8, #[b] #[c] y: u8) {}\n",
            "gen fn f() { yield 1; }\nfn g() { let a = gen { yield 1; }; let b = gen move { yield a; }; }\n",
            "impl const Default for A { fn default() -> A { A } }\nfn f<T: [const] B>() where T: const C {}\n",
            "fn f(x: S) { let S { 0: a, 1: b } = x; match x { S { #[cfg(c)] d, .. } => 1, _ => 2 }; }\n",
            "fn f() { let a = str![\"x\"]; let b = str![[r#\"y\"#]]; let c = try!(d); u32::MAX; }\n",
            "fn f() { let a = |s| f32::<_, (_, E)>(b)(s); }\n",
            "fn f() { let a = for<'a> |x: &'a u8| -> u8 { *x }; }\nauto trait T {}\n",
            "pub struct A\nwhere\n    // none\n{ a: u8 }\nimpl B for C where (): D {}\n",
            "fn f() { if let Some(a) = b() && a > 1 && let Some(c) = a {} }\nmod r#type;\n",
        ] {
            assert_eq!(problems(Language::Rust, code), [], "{code}");
        }
        for code in [
            "fn f() { ~; }\n",
            "fn f(#[cfg(a)] x: ) {}\n",
            "fn f() { let S { 0: } = x; }\n",
            "safe fn f( {}\n",
        ] {
            assert!(!problems(Language::Rust, code).is_empty(), "{code}");
        }
    }
}
