//! Code that is right and that a grammar does not know yet.
//!
//! Where a text has errors, it is parsed once more with such code masked by as many bytes that the
//! grammar does know, so that every offset stays what it was. The second tree counts if it has fewer
//! errors.

use crate::Language;

/// The text with what the grammar does not know masked; `None` where there is nothing of the kind.
pub(crate) fn masked(language: Language, text: &str) -> Option<String> {
    if language == Language::Rust {
        // macros may be given any punctuation
        return text.contains('~').then(|| text.replace('~', "+"));
    }
    if !language.is_ecmascript() {
        return None;
    }
    let mut out = text.as_bytes().to_vec();
    if language != Language::JavaScript {
        variance(text, &mut out);
        import_types(text, &mut out);
        // a type that is called `type`
        for (at, word) in words(text, "type") {
            if text[at + word.len()..].trim_start().starts_with("extends ") {
                out[at..at + word.len()].copy_from_slice(b"typ_");
            }
        }
        if language == Language::TypeScript {
            call_signatures(text, &mut out);
        }
        for (at, word) in words(text, "accessor") {
            if text[at + word.len()..].starts_with(' ') && starts_member(text, at) {
                out[at..at + word.len()].fill(b' ');
            }
        }
        for (at, word) in words(text, "type") {
            if text[at + word.len()..].trim_start().starts_with('*')
                && text[..at].trim_end().ends_with("export")
            {
                out[at..at + word.len()].fill(b' ');
            }
        }
    }
    for (at, word) in words(text, "using") {
        let declares = text[at + word.len()..]
            .trim_start_matches(' ')
            .starts_with(|c: char| c.is_alphabetic() || c == '_');
        if declares && (starts_member(text, at) || text[..at].ends_with("await ")) {
            out[at..at + word.len()].copy_from_slice(b"const");
            if text[..at].ends_with("await ") {
                out[at - "await ".len()..at].fill(b' ');
            }
        }
    }
    reserved_aliases(text, &mut out);
    (out != text.as_bytes()).then(|| String::from_utf8(out).ok()).flatten()
}

/// Places where a word stands by itself.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    text.match_indices(word).filter(move |(at, word)| {
        !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}

/// First on its line, modifiers aside.
fn starts_member(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    line.split_whitespace().all(|w| {
        matches!(
            w,
            "static"
                | "public"
                | "private"
                | "protected"
                | "readonly"
                | "override"
                | "declare"
                | "await"
                | "{"
                | ";"
        )
    })
}

/// `<in out T>` says how a type parameter varies.
fn variance(text: &str, out: &mut [u8]) {
    for modifier in ["in", "out"] {
        for (at, word) in words(text, modifier) {
            let before = text[..at].trim_end();
            let before = before.strip_suffix("in").map_or(before, str::trim_end);
            let after = &text[at + word.len()..];
            let names = after.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
            let commented = before.ends_with("*/")
                || before.rsplit('\n').next().is_some_and(|l| l.trim_start().starts_with("//"));
            if (before.ends_with(['<', ',']) || commented) && after.starts_with(char::is_whitespace) && names
            {
                out[at..at + word.len()].fill(b' ');
            }
        }
    }
}

/// A call signature with type parameters, after a member that no `;` ends.
fn call_signatures(text: &str, out: &mut [u8]) {
    let mut at = 0;
    let mut ended = true;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let indent = line.len() - line.trim_start().len();
        if code.starts_with('<') && !ended && indent > 0 {
            out[at + indent - 1] = b';';
        }
        at += line.len();
        if !code.is_empty() && !code.starts_with(['*', '/']) {
            ended =
                !code.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '>' | ']' | '}'));
        }
    }
}

/// `import("x").Type<…>` as a type.
fn import_types(text: &str, out: &mut [u8]) {
    for (at, _) in text.match_indices("import(") {
        let Some(end) = text[at..].find(").").map(|end| at + end + 2) else { continue };
        let inside = &text[at + "import(".len()..end - 2];
        let is_string = inside.len() > 2
            && inside.len() < 300
            && inside.starts_with(['"', '\''])
            && !inside.contains('\n');
        if is_string
            && !text[..at].trim_end().ends_with(['(', '.'])
            && !text[..at].trim_end().ends_with("await")
        {
            out[at..end].fill(b' ');
        }
    }
}

/// `export { f as function }`.
fn reserved_aliases(text: &str, out: &mut [u8]) {
    const RESERVED: &[&str] = &[
        "function",
        "class",
        "null",
        "void",
        "enum",
        "in",
        "instanceof",
        "new",
        "return",
        "catch",
        "delete",
        "do",
        "if",
        "for",
        "while",
        "with",
        "switch",
        "case",
        "try",
        "throw",
        "var",
        "const",
        "let",
        "export",
        "import",
        "true",
        "false",
        "this",
        "typeof",
    ];
    for (at, word) in words(text, "as") {
        let after = &text[at + word.len()..];
        let trimmed = after.trim_start_matches(' ');
        let Some(reserved) = RESERVED.iter().find(|r| {
            trimmed.strip_prefix(**r).is_some_and(|rest| rest.trim_start().starts_with([',', '}']))
        }) else {
            continue;
        };
        // the last letter is enough to make it a name
        let end = at + word.len() + (after.len() - trimmed.len()) + reserved.len();
        out[end - 1] = b'_';
    }
}

#[cfg(test)]
mod tests {
    use crate::{Language, problems};

    #[test]
    fn newer_syntax_is_no_error() {
        for code in [
            "export interface A<in out T, out U = T> extends B<T, U> { a: T }\n",
            "type A<\n  out Shape extends B = B,\n  in X = never\n> = Shape;\n",
            "export declare const f: import(\"./types.js\").FPFn1<\n  Date,\n  string\n>;\n",
            "interface A<\n  // cast\n  out T extends B = B,\n> extends C<T> {}\n",
            "class A { accessor x = 1;\n  static accessor y = 2;\n}\n",
            "export type * from './a';\nexport type * as ns from './b';\n",
            "function f() { using x = g();\n  await using y = h();\n}\n",
            "function f() {}\nexport { f as function, f as class };\n",
            "type A<type> =\n  | (type extends B ? type : never)\n  | (unknown extends type ? 1 : 2)\n",
            "interface A {\n  <T>(x: T): B<T> & C\n\n  /** says */\n  <\n    T extends D,\n    U = T\n  >(\n    x: U\n  ): E\n  f: <T extends D>() => B<\n    T\n  >\n}\n",
        ] {
            assert_eq!(problems(Language::TypeScript, code), [], "{code}");
        }
        assert!(!problems(Language::TypeScript, "type A<in out> = ;\n").is_empty());
        assert_eq!(problems(Language::Rust, "macro_rules! a { (~$t:tt) => { b!(~$t) } }\n"), []);
        assert!(!problems(Language::Rust, "fn f() { ~; }\n").is_empty());
    }
}
