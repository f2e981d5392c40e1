//! Valid TypeScript and JavaScript that the grammars do not know.

use crate::edit::{Edit, ErrorAt, closed, is_part, name, words};

/// Masks code that is misread without an error: `await using x = f()` does not await a name.
pub(crate) fn always(text: &str) -> Vec<Edit> {
    words(text, "using")
        .filter(|(at, word)| declares(text, *at, at + word.len()))
        .flat_map(|(at, word)| {
            let waits = text[..at].trim_end_matches(' ');
            let waits = waits.ends_with("await").then(|| waits.len() - "await".len());
            let blank = waits.map(|start| Edit::blank(text, start..at));
            blank.into_iter().chain([Edit::new(at, &"const"[..word.len()])])
        })
        .collect()
}

/// Whether `using` is the keyword: a name follows on its line, and then a value or `of`.
fn declares(text: &str, at: usize, end: usize) -> bool {
    let rest = &text[end..];
    let after = rest.trim_start_matches(' ');
    let declared = name(after);
    if after.len() == rest.len() || declared.is_empty() || declared.starts_with(|c: char| c.is_ascii_digit())
    {
        return false;
    }
    let next = after[declared.len()..].trim_start();
    let begins = {
        let before = text[..at].trim_end_matches([' ', '\t']);
        let before = before.strip_suffix("await").map_or(before, |b| b.trim_end_matches([' ', '\t']));
        before.is_empty() || before.ends_with(['\n', ';', '{', '}', '(', ':'])
    };
    let is_value = next.starts_with('=') && !next.starts_with("==") && !next.starts_with("=>");
    let is_loop = declared != "of" && next.strip_prefix("of").is_some_and(|n| !n.starts_with(is_part));
    begins
        && !matches!(declared, "in" | "instanceof" | "as" | "satisfies")
        && (is_value || is_loop || next.starts_with(':'))
}

/// Possible masks in a text with errors, one list for each kind of gap.
pub(crate) fn edits(text: &str, typed: bool, tsx: bool, errors: &[ErrorAt<'_>]) -> Vec<Vec<Edit>> {
    let mut all =
        vec![at_errors(text, errors), reserved_aliases(text), attributes_of_exports(text), phases(text)];
    if !typed || tsx {
        all.push(ampersands(text));
    }
    all.push(words(text, "using").map(|(at, _)| Edit::new(at + 4, "_")).collect());
    if typed {
        all.extend([
            variance(text),
            import_types(text),
            imports_in_brackets(text),
            members(text),
            ambient(text),
            shifted_generics(text),
            tagged_templates(text),
            keywords_as_names(text),
        ]);
        if !tsx {
            all.push(call_signatures(text));
        }
    }
    all
}

/// Masks code that only an error distinguishes from code with another meaning.
fn at_errors(text: &str, errors: &[ErrorAt<'_>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for error in errors {
        let found = text.get(error.start..error.end).unwrap_or_default();
        // A bare `&` in the text of an element, or in an attribute
        if error.within.starts_with("jsx") || error.within == "string" {
            edits.extend(found.match_indices('&').map(|(at, _)| Edit::new(error.start + at, "+")));
        }
        // An escape in a template that is a type
        if error.within == "template_literal_type" {
            edits.extend(found.match_indices('\\').map(|(at, _)| Edit::new(error.start + at, "_")));
        }
    }
    edits
}

/// Each `&` between tags or in an attribute that begins no entity, as far as the brackets before it show. If
/// that is wrong, the `&` was an operator, and becomes another one.
fn ampersands(text: &str) -> Vec<Edit> {
    const FAR: usize = 400;
    let bare = text.match_indices('&').filter(|(at, _)| {
        let after = &text[at + 1..];
        let entity = after.strip_prefix('#').unwrap_or(after);
        let is_entity = !name(entity).is_empty() && entity[name(entity).len()..].starts_with(';');
        let before = &text.as_bytes()[at.saturating_sub(FAR)..*at];
        let nearest = before.iter().rposition(|byte| b"<>{}(\"'".contains(byte));
        !is_entity
            && nearest.is_some_and(|i| match before[i] {
                b'>' | b'}' => true,
                b'"' | b'\'' => i > 0 && before[i - 1] == b'=',
                _ => false,
            })
    });
    bare.map(|(at, _)| Edit::new(at, "|")).collect()
}

/// `import defer * as a`, `import source a from`, `import.defer("a")`.
fn phases(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for word in ["defer", "source"] {
        for (at, _) in words(text, word) {
            let after = text[at + word.len()..].trim_start();
            if text[..at].ends_with("import.") && after.starts_with('(') {
                edits.push(Edit::blank(text, at - 1..at + word.len()));
            }
            if text[..at].ends_with("import ") && !after.starts_with("from ") && !after.starts_with(',') {
                edits.push(Edit::blank(text, at..at + word.len()));
            }
        }
    }
    edits
}

/// Members of classes and interfaces.
fn members(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, word) in words(text, "accessor") {
        let after = &text[at + word.len()..];
        let declares = after.starts_with(' ')
            && after
                .trim_start_matches(' ')
                .starts_with(|c: char| c.is_alphabetic() || "_$#[\"'".contains(c));
        if declares && starts_member(text, at) {
            edits.push(Edit::blank(text, at..at + word.len()));
        }
    }
    // An index signature on the class itself
    for (at, word) in words(text, "static") {
        let after = text[at + word.len()..].trim_start_matches(' ');
        if let Some(key) = after.strip_prefix('[')
            && !name(key).is_empty()
            && key[name(key).len()..].trim_start().starts_with(':')
        {
            edits.push(Edit::new(at, ";     "));
        }
    }
    // The grammar takes a member that begins with `in` for the operator, so the line before does not end
    for keyword in ["in", "instanceof"] {
        for (at, _) in text.match_indices(keyword) {
            let begins = text[..at].trim_end_matches([' ', '\t']).ends_with('\n');
            if begins
                && text[at + keyword.len()..]
                    .starts_with(|c: char| c == '_' || c == '$' || c.is_ascii_digit())
            {
                edits.push(Edit::new(at, "j"));
            }
        }
    }
    edits
}

/// `global { … }` inside of a module declaration.
fn ambient(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, word) in words(text, "global") {
        let begins = text[..at].trim_end_matches([' ', '\t']).ends_with('\n');
        if begins && text[at + word.len()..].trim_start().starts_with('{') {
            edits.push(Edit::new(at, "if (1)"));
        }
    }
    edits
}

/// `f<<T>(x: T) => U>()`: two brackets that are not a shift.
fn shifted_generics(text: &str) -> Vec<Edit> {
    let opens = text.match_indices("<<").filter_map(|(at, _)| {
        let generics = at + 1;
        let named = !name(&text[generics + 1..]).is_empty() && text[..at].ends_with(is_part);
        let end = named.then(|| closed(text, generics)).flatten()?;
        text[end..].starts_with('(').then(|| Edit::blank(text, generics..end))
    });
    opens.collect()
}

/// A tag with type arguments: ``styled.div<Props>`…` ``. The grammar wants a `!` between them.
fn tagged_templates(text: &str) -> Vec<Edit> {
    const FAR: usize = 4_000;
    let mut edits = Vec::new();
    for (end, _) in text.match_indices(">`") {
        let mut depth = 0_usize;
        let bytes = text.as_bytes();
        for at in (end.saturating_sub(FAR)..=end).rev() {
            match bytes[at] {
                b'>' if at == 0 || bytes[at - 1] != b'=' => depth += 1,
                b'<' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                if text[..at].ends_with(|c: char| is_part(c) || c == ')') {
                    edits.push(Edit::blank(text, at..end + 1));
                }
                break;
            }
        }
    }
    edits
}

/// Type keywords that are used as names.
fn keywords_as_names(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    // A type with the name `type`
    for (at, word) in words(text, "type") {
        let after = text[at + word.len()..].trim_start();
        if after.starts_with("extends ") {
            edits.push(Edit::new(at, "typ_"));
        } else if after.starts_with('*') && text[..at].trim_end().ends_with("export") {
            edits.push(Edit::blank(text, at..at + word.len()));
        }
    }
    for keyword in ["unique", "abstract", "satisfies", "as"] {
        for (at, _) in words(text, keyword) {
            let after = text[at + keyword.len()..].trim_start();
            let is_name = after.starts_with(['.', '=', ')', ',', ';']);
            if is_name {
                edits.push(Edit::new(at + keyword.len() - 1, "_"));
            }
        }
    }
    for (at, _) in text.match_indices(": this is ") {
        edits.push(Edit::new(at + 2, "thi_"));
    }
    edits
}

/// Whether a member begins here: first on its line, except for modifiers and decorators.
fn starts_member(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    let modifiers = [
        "static",
        "public",
        "private",
        "protected",
        "readonly",
        "override",
        "declare",
        "abstract",
        "{",
        ";",
        "}",
    ];
    line.starts_with('@')
        || line
            .rsplit(['{', ';'])
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .all(|w| modifiers.contains(&w))
}

/// `<in out T>` says how a type parameter varies.
fn variance(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
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
                edits.push(Edit::blank(text, at..at + word.len()));
            }
        }
    }
    edits
}

/// A call signature with type parameters, after a member without `;` at its end.
fn call_signatures(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    let mut ended = true;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let indent = line.len() - line.trim_start().len();
        if code.starts_with('<') && !ended && indent > 0 {
            edits.push(Edit::new(at + indent - 1, ";"));
        }
        at += line.len();
        if !code.is_empty() && !code.starts_with(['*', '/']) {
            ended =
                !code.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '>' | ']' | '}'));
        }
    }
    edits
}

/// The string of an `import("…")`, and the offset after its closing bracket.
fn imported(text: &str, at: usize) -> Option<usize> {
    const FAR: usize = 300;
    let rest = text.get(at + "import(".len()..)?;
    let start = rest.trim_start();
    let quote = start.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let length = start[1..].find(quote).filter(|length| *length < FAR)?;
    let after = start[length + 2..].trim_start();
    after.starts_with(')').then(|| text.len() - after.len() + 1)
}

/// `import("x").Type<…>` as a type, `typeof import("x")`.
fn import_types(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, _) in text.match_indices("import(") {
        let Some(end) = imported(text, at) else { continue };
        let before = text[..at].trim_end();
        let after = &text[end..];
        let of_module = before.strip_suffix("typeof").filter(|b| !b.ends_with(is_part)).map(str::len);
        let member = after
            .strip_prefix('.')
            .filter(|rest| !["then(", "catch(", "finally("].iter().any(|f| rest.starts_with(f)));
        match (of_module, member) {
            (Some(_), Some(_)) => edits.push(Edit::blank(text, at..end + 1)),
            (Some(start), None) => {
                edits.push(Edit::blank(text, start..end));
                edits.push(Edit::new(before.len() - "any".len(), "any"));
            }
            (None, Some(_)) if !before.ends_with(['(', '.']) && !before.ends_with("await") => {
                edits.push(Edit::blank(text, at..end + 1));
            }
            _ => {}
        }
    }
    edits
}

/// `(import("x").A | import("x").B)[]`: the bracket begins no call.
fn imports_in_brackets(text: &str) -> Vec<Edit> {
    let types = text.match_indices("import(").filter_map(|(at, _)| {
        let end = imported(text, at)?;
        let member = text[end..].strip_prefix('.')?;
        let before = text[..at].trim_end();
        let in_type = before.ends_with(['|', '&', '<', ':'])
            || before.ends_with('(') && member.starts_with(char::is_uppercase);
        in_type.then(|| Edit::blank(text, at..end + 1))
    });
    types.collect()
}

/// `export { default } from './a.json' with { type: 'json' }`.
fn attributes_of_exports(text: &str) -> Vec<Edit> {
    let follows = words(text, "with").filter_map(|(at, word)| {
        let (before, after) = (text[..at].trim_end(), &text[at + word.len()..]);
        let open = at + word.len() + (after.len() - after.trim_start().len());
        let statement = before.rsplit([';', '\n']).next().unwrap_or_default();
        let passed_on = statement.trim_start().starts_with("export") && before.ends_with(['\'', '"']);
        let end = closed(text, open).filter(|_| passed_on && text[open..].starts_with('{'))?;
        Some(Edit::blank(text, at..end))
    });
    follows.collect()
}

/// `export { f as function }`.
fn reserved_aliases(text: &str) -> Vec<Edit> {
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
    let mut edits = Vec::new();
    for (at, word) in words(text, "as") {
        let after = &text[at + word.len()..];
        let trimmed = after.trim_start_matches(' ');
        let Some(reserved) = RESERVED.iter().find(|r| {
            trimmed.strip_prefix(**r).is_some_and(|rest| rest.trim_start().starts_with([',', '}']))
        }) else {
            continue;
        };
        // Replacing the last letter is enough to make it a name
        let end = at + word.len() + (after.len() - trimmed.len()) + reserved.len();
        edits.push(Edit::new(end - 1, "_"));
    }
    edits
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
            "export { default } from '../package.json' with { type: 'json' };\n",
            "function f() {}\nexport { f as function, f as class };\n",
            "type A<type> =\n  | (type extends B ? type : never)\n  | (unknown extends type ? 1 : 2)\n",
            "class A { @dec accessor x = 1;\n  @dec() static accessor y = 2;\n  abstract accessor z: string\n  static [k: string]: unknown }\n",
            "for (using x of y) {}\nfor await (using x of y) {}\nfor (await using x of y) {}\n",
            "export function a({ using }: B) {\n  const [m, r] = using ? using.split(' ') : []\n  return using === undefined ? 'a' : `${m}`\n}\n",
            "const a = await f<typeof import('../b.js')>();\nconst b = f<typeof import(\n  'c'\n)>();\n",
            "const a = vi.importActual<typeof import('./x').default>('./x');\nlet b: (import('./x').Y | null)[];\n",
            "export declare const a: (import('../t').C | import('../t').S)[];\n",
            "const a = styled.div<{ b: string }>`c`;\nconst d = p.$queryRaw<A<B>[]>`e`;\ngql<\n  A\n>`x`;\n",
            "for (let i = 0; i < unique.length; i++) {}\n",
            "type A<T extends string> = `\\0${T}`;\n",
            "expect(a).type.toBe<<C extends number>(x: C) => D<C>>()\n",
            "interface A {\n  all: number\n  in_progress: number\n  b: number\n}\n",
            "import defer * as ns from './x';\nimport source mod from './x.wasm';\nconst a = await import.defer('./y');\n",
            "declare module 'a' {\n  global {\n    var b: number;\n  }\n}\n",
            "interface A {\n  <T>(x: T): B<T> & C\n\n  /** says */\n  <\n    T extends D,\n    U = T\n  >(\n    x: U\n  ): E\n  f: <T extends D>() => B<\n    T\n  >\n}\n",
        ] {
            assert_eq!(problems(Language::TypeScript, code), [], "{code}");
        }
        for code in [
            "const a = <p>b & c && d &amp; <b>&</b></p>;\nconst e = <a href=\"?f=1&g=2\">h</a>;\n",
            "const a = styled.div<{ b: string }>`c`;\n",
        ] {
            assert_eq!(problems(Language::Tsx, code), [], "{code}");
        }
        for code in [
            "type A<in out> = ;\n",
            "const a = f<typeof import('x')>(;\n",
            "for (using x of) {}\n",
            "const a = css<B>`c` d;\n",
            "class A { @dec accessor = }\n",
        ] {
            assert!(!problems(Language::TypeScript, code).is_empty(), "{code}");
        }
        assert!(!problems(Language::Tsx, "const a = <p>b & {c</p>;\n").is_empty());
    }
}
