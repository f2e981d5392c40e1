//! Protection that the code had before the change and no longer has: signatures that were verified, flags of
//! cookies, strong hashes, secrets from a safe source, comparisons in constant time, guards of routes.
//!
//! Compares base and head of one file. It must report nothing about new code, as nobody knows what that
//! should protect.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use syntax::Language;

use crate::code::bodies::decorators;
use crate::code::file::{File, even};
use crate::code::functions::functions;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Pair, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "weaker-security",
    category: Category::Unsafe,
    severity: Severity::Error,
    summary: "Protection that the code had before is gone: a signature is only read, a flag is off, a hash or a secret is weaker.",
    note: "What was refused before is let in now. Keep the protection and make the code work with it.",
    valid: &[
        Example::change(
            &[("a.js", "import jwt from 'jsonwebtoken';\nexport const f = (t, k) => jwt.verify(t, k);\n")],
            &[(
                "a.js",
                "import jwt from 'jsonwebtoken';\nexport const f = (t, k) => jwt.verify(t, k[jwt.decode(t).kid]);\n",
            )],
        ),
        Example::change(
            &[("a.py", "import hashlib\nA = hashlib.sha256(x)\n")],
            &[("a.py", "import hashlib\nA = hashlib.sha256(x)\nB = hashlib.md5(y)\n")],
        ),
        Example::change(
            &[("a.ts", "export const a = { httpOnly: true };\n")],
            &[("a.ts", "export const a = { httpOnly: true, secure: isOn };\n")],
        ),
    ],
    invalid: &[
        Example::change(
            &[("a.js", "import jwt from 'jsonwebtoken';\nexport const f = (t, k) => jwt.verify(t, k);\n")],
            &[("a.js", "import jwt from 'jsonwebtoken';\nexport const f = (t, k) => jwt.decode(t);\n")],
        ),
        Example::change(
            &[("a.ts", "export const a = { httpOnly: true };\n")],
            &[("a.ts", "export const a = { httpOnly: false };\n")],
        ),
        Example::change(
            &[("a.py", "import hashlib\nA = hashlib.sha256(x)\n")],
            &[("a.py", "import hashlib\nA = hashlib.md5(x)\n")],
        ),
        Example::change(
            &[("a.py", "import secrets\nA = secrets.token_hex(8)\n")],
            &[("a.py", "import random\nA = str(random.random())\n")],
        ),
        Example::change(
            &[("a.go", "package a\n\nvar A = hmac.Equal(b, c)\n")],
            &[("a.go", "package a\n\nvar A = bytes.Equal(b, c)\n")],
        ),
        Example::change(
            &[("a.py", "@login_required\ndef f(r): return g(r)\n")],
            &[("a.py", "def f(r): return g(r)\n")],
        ),
    ],
    check: Check::Edit(check),
};

/// Flags that are safe when on.
const ON: &[&str] = &[
    "httpOnly",
    "HttpOnly",
    "httponly",
    "secure",
    "Secure",
    "signed",
    "contextIsolation",
    "webSecurity",
    "sandbox",
    "autoescape",
    "csrf",
    "csrfProtection",
    "csrf_enabled",
    "WTF_CSRF_ENABLED",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "verify_signature",
    "require_auth",
    "requireAuth",
];
/// Flags that are safe when off.
const OFF: &[&str] = &["nodeIntegration", "allowInsecure", "insecure", "allowUnsafe", "allow_pickle"];

const PASSWORD_HASHES: &[&str] = &["scrypt", "bcrypt", "argon2", "Argon2", "pbkdf2", "PBKDF2"];
const STRONG_HASHES: &[&str] = &[
    "sha256", "sha384", "sha512", "sha3", "blake2", "blake3", "Sha256", "Sha512", "Blake", "SHA256", "SHA512",
];
const WEAK_HASHES: &[&str] = &["md5", "Md5", "MD5", "sha1", "Sha1", "SHA1"];
const SAFE_RANDOM: &[&str] = &[
    "secrets.",
    "SystemRandom",
    "os.urandom",
    "randomBytes",
    "getRandomValues",
    "randomUUID",
    "crypto.randomInt",
    "crypto/rand",
    "OsRng",
    "getrandom",
];
/// Calls that check a signature.
const VERIFIES: &[&str] =
    &["jwt.verify(", "jsonwebtoken.verify(", "JWT.verify(", "jwtVerify(", "jose.jwtVerify("];
/// Calls that compare in constant time.
const COMPARES: &[&str] = &[
    "hmac.compare_digest",
    "secrets.compare_digest",
    "compare_digest",
    "crypto.timingSafeEqual",
    "timingSafeEqual",
    "hmac.Equal",
    "subtle.ConstantTimeCompare",
];
/// Words of decorators and handlers that let in only some callers.
const GUARDS: &[&str] = &[
    "login_required",
    "permission_required",
    "permission_classes",
    "require_auth",
    "requires_auth",
    "auth_required",
    "jwt_required",
    "admin_required",
    "staff_member_required",
    "csrf_protect",
    "requireauth",
    "requireadmin",
    "requirelogin",
    "requirerole",
    "isauthenticated",
    "ensureauthenticated",
    "ensureloggedin",
    "authenticate",
    "authorize",
    "checkauth",
    "verifytoken",
    "authmiddleware",
    "csrfprotection",
    "ratelimit",
];

/// All words of this rule, for one quick pass: a file without any of them has no protection to lose.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let lists = [ON, OFF, PASSWORD_HASHES, STRONG_HASHES, SAFE_RANDOM, GUARDS, COMPARES, VERIFIES];
    AhoCorasick::builder().ascii_case_insensitive(true).build(lists.into_iter().flatten()).ok()
});

fn check(pair: &Pair, found: &mut Found) {
    let Some((base, head)) = pair.both() else { return };
    let protects = MARKS.as_ref().is_some_and(|marks| marks.is_match(&*base.text));
    if !protects || head.is_broken() || base.is_broken() || head.is_test() || is_specimen(&head.path) {
        return;
    }
    if head.language.is_some_and(Language::is_ecmascript) {
        only_decoded(pair, base, head, found);
    }
    flags(pair, base, head, found);
    replaced(pair, base, head, found);
    compared(pair, base, head, found);
    guards(pair, base, head, found);
}

fn count(text: &str, words: &[&str]) -> usize {
    words.iter().map(|word| text.matches(word).count()).sum()
}

/// Reports a token whose signature was verified, and that is only read now.
fn only_decoded(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    const READS: &[&str] = &[
        "jwt.decode",
        "jsonwebtoken.decode",
        "JWT.decode",
        "jwtDecode",
        "jwt_decode",
        "decodeJwt",
        "jose.decodeJwt",
    ];
    if count(&base.text, VERIFIES) <= count(&head.text, VERIFIES) {
        return;
    }
    let flat = head.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "call_expression") {
        let callee = head.field_text(index, "function");
        if READS.contains(&callee) && pair.wrote_at(node.start) {
            found.node(
                head,
                index,
                "the token was verified before, and is only read now: anyone can write one",
            );
        }
    }
}

/// The flags that a file sets, with their values: `httpOnly: true`, `SESSION_COOKIE_SECURE = True`.
fn stated(file: &File) -> Vec<(usize, &str, bool)> {
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, node) in flat.iter() {
        let (key, value) = match node.kind {
            "pair" => (flat.field(index, "key"), flat.field(index, "value")),
            "keyword_argument" => (flat.field(index, "name"), flat.field(index, "value")),
            "assignment" | "assignment_expression" => (flat.field(index, "left"), flat.field(index, "right")),
            "keyed_element" => (flat.parts(index).next(), flat.parts(index).nth(1)),
            _ => continue,
        };
        let (Some(key), Some(value)) = (key, value) else { continue };
        let key = file.text_of(key).trim_matches(['"', '\'']);
        let key = key.rsplit('.').next().unwrap_or(key);
        match file.text_of(value) {
            "true" | "True" => found.push((index, key, true)),
            "false" | "False" => found.push((index, key, false)),
            _ => {}
        }
    }
    found
}

fn flags(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let may = |file: &File| ON.iter().chain(OFF).any(|flag| file.text.contains(flag));
    if !may(base) || !may(head) {
        return;
    }
    let (was, now) = (stated(base), stated(head));
    let of = |all: &[(usize, &str, bool)], flag: &str, value: bool| {
        all.iter().filter(|(_, key, stated)| *key == flag && *stated == value).count()
    };
    for (index, key, value) in &now {
        let safe = if ON.contains(key) {
            true
        } else if OFF.contains(key) {
            false
        } else {
            continue;
        };
        let turned = *value != safe
            && of(&was, key, safe) > of(&now, key, safe)
            && of(&was, key, *value) < of(&now, key, *value);
        if turned && pair.wrote_at(head.flat().node(*index).start) {
            found.node(head, *index, format!("`{key}` was {safe} before: the protection is off now"));
        }
    }
}

/// Reports a strong hash or a safe source of secrets that a weak one replaced.
fn replaced(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    let fewer = |words: &[&str]| count(&base.text, words) > count(&head.text, words);
    let more = |words: &[&str]| count(&head.text, words) > count(&base.text, words);
    let place = |words: &[&str]| {
        let mut rows = (0..head.lines()).filter(|row| pair.wrote(*row));
        rows.find(|row| {
            let line = head.line(*row);
            let comment = line.trim_start().starts_with(['/', '#', '*']);
            !comment && words.iter().any(|word| line.contains(word))
        })
    };
    let mut report = |row: Option<usize>, message: &str| {
        let Some(row) = row else { return };
        let start = head.start_of_line(u32::try_from(row + 1).unwrap_or(1));
        found.at(head, start, start + head.line(row).len(), message);
    };
    let declared_harmless = head.text.contains("usedforsecurity=False");
    if fewer(STRONG_HASHES) && more(WEAK_HASHES) && !declared_harmless {
        report(place(WEAK_HASHES), "this hash was strong before, and can be forged now");
    } else if fewer(PASSWORD_HASHES) && (more(WEAK_HASHES) || more(STRONG_HASHES)) {
        let row = place(WEAK_HASHES).or_else(|| place(STRONG_HASHES));
        report(row, "passwords had a slow hash before, and have one now that is quickly guessed");
    }
    let plain: &[&str] = match head.language {
        Some(Language::Python) => &["random."],
        Some(Language::Go) => &["math/rand"],
        Some(Language::Rust) => &["thread_rng", "fastrand"],
        _ => &["Math.random("],
    };
    if fewer(SAFE_RANDOM) && count(&head.text, SAFE_RANDOM) == 0 && more(plain) {
        report(place(plain), "this came from a safe source of secrets before, and can be predicted now");
    }
}

/// Reports a comparison in constant time that became a plain one.
fn compared(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    if !COMPARES.iter().any(|name| base.text.contains(name)) {
        return;
    }
    let flat = base.flat();
    for (index, _) in flat.iter().filter(|(_, node)| matches!(node.kind, "call" | "call_expression")) {
        let callee = base.field_text(index, "function");
        if !COMPARES.contains(&callee)
            || base.text.matches(&format!("{callee}(")).count()
                <= head.text.matches(&format!("{callee}(")).count()
        {
            continue;
        }
        let Some(list) = flat.field(index, "arguments") else { continue };
        let given: Vec<&str> = flat.parts(list).map(|part| unwrapped(base.text_of(part))).collect();
        let [one, other] = given.as_slice() else { continue };
        let forms = [
            format!("{one} == {other}"),
            format!("{other} == {one}"),
            format!("{one} === {other}"),
            format!("{other} === {one}"),
            format!("{one} != {other}"),
            format!("{one} !== {other}"),
            format!("bytes.Equal({one}, {other})"),
        ];
        let at = forms.iter().find_map(|form| Some((head.text.find(form.as_str())?, form.len())));
        if let Some((at, length)) = at.filter(|(at, _)| pair.wrote_at(*at)) {
            found.at(
                head,
                at,
                at + length,
                "this comparison took the same time for all before: its time now tells the secret",
            );
        }
    }
}

/// `Buffer.from(a)` compares `a`.
fn unwrapped(text: &str) -> &str {
    ["Buffer.from(", "[]byte("]
        .iter()
        .find_map(|start| text.strip_prefix(start)?.strip_suffix(')'))
        .unwrap_or(text)
}

fn is_guard(text: &str) -> bool {
    let text = text.to_lowercase();
    GUARDS.iter().any(|guard| text.contains(guard))
}

/// Reports functions and routes that lost a decorator or a handler which lets in only some callers.
fn guards(pair: &Pair, base: &File, head: &File, found: &mut Found) {
    if !is_guard(&base.text) {
        return;
    }
    let in_python = head.language == Some(Language::Python);
    let was = if in_python { decorated(base) } else { routed(base) };
    let now = if in_python { decorated(head) } else { routed(head) };
    for one in &was {
        let mut same = now.iter().filter(|other| other.name == one.name);
        let Some(other) = same.next().filter(|other| same.next().is_none() && other.guard.is_none()) else {
            continue;
        };
        let Some(guard) = &one.guard else { continue };
        let node = head.flat().node(other.index);
        let message = format!("`{}` had the guard `{guard}`, and has none now", one.name);
        // The guard may be in another place now: before all routes, or around a class
        let word = guard.trim_start_matches('@').split('(').next().unwrap_or(guard).to_string();
        let end = node.start + head.line(head.row(node.start)).trim().len();
        let still = head.text.matches(&word).count() >= base.text.matches(&word).count();
        let everywhere = ["use(", "dependencies=", "before_request", "addHook(", "middleware"]
            .iter()
            .any(|form| head.text.matches(form).count() > base.text.matches(form).count());
        // A guard whose name is not known here may be in its place
        let replaced = other.around >= one.around;
        if still || everywhere || replaced || !pair.wrote_in(node.start.saturating_sub(200), end) {
            found.maybe(head, node.start, end, message);
        } else {
            found.at(head, node.start, end, message);
        }
    }
}

/// A function or a route, with its guard.
struct Guarded {
    name: String,
    index: usize,
    guard: Option<String>,
    /// How many decorators or handlers it has
    around: usize,
}

/// Functions with the guard among their decorators.
fn decorated(file: &File) -> Vec<Guarded> {
    let all = functions(file).iter().map(|function| {
        let decorators: Vec<String> = decorators(file, function).map(even).collect();
        let around = decorators.len();
        let guard = decorators.into_iter().find(|text| is_guard(text));
        Guarded { name: function.name.clone(), index: function.index, guard, around }
    });
    all.collect()
}

/// Routes with the guard among their handlers: `app.get("/a", requireAuth, handler)`.
fn routed(file: &File) -> Vec<Guarded> {
    const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "all", "use", "route"];
    let flat = file.flat();
    let mut found = Vec::new();
    for (index, _) in flat.iter().filter(|(_, node)| node.kind == "call_expression") {
        let callee = file.field_text(index, "function");
        let Some((of, verb)) = callee.rsplit_once('.').filter(|(_, verb)| VERBS.contains(verb)) else {
            continue;
        };
        let Some(list) = flat.field(index, "arguments") else { continue };
        let parts: Vec<usize> = flat.parts(list).collect();
        let Some(path) = parts.first().filter(|i| flat.kind(**i) == "string") else { continue };
        if parts.len() < 2 || of.len() > 30 {
            continue;
        }
        let plain = ["identifier", "call_expression", "member_expression"];
        let handlers = parts.iter().skip(1).filter(|i| plain.contains(&flat.kind(**i)));
        let guard = handlers.map(|i| even(file.text_of(*i))).find(|text| text.len() < 60 && is_guard(text));
        found.push(Guarded {
            name: format!("{verb} {}", file.text_of(*path)),
            index,
            guard,
            around: parts.len() - 1,
        });
    }
    found
}
