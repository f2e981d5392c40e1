//! Protection that one line disables: certificates not checked, tokens not verified, HTML built from values.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use syntax::Language;

use crate::code::file::File;
use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unsafe-setting",
    category: Category::Unsafe,
    severity: Severity::Error,
    summary: "Certificates that are not checked, tokens that are not verified, HTML that is made of values.",
    note: "An attacker in between, or the author of the value, decides what happens. Trust the one authority or key that is meant; let a value stay text, or clean it first.",
    valid: &[
        Example::new(&[(
            "a.py",
            "requests.get(url, verify='ca.pem')\njwt.decode(t, k, algorithms=['HS256'])\n",
        )]),
        Example::new(&[("a.ts", "export const a = { rejectUnauthorized: true };\nel.innerHTML = '';\n")]),
        Example::new(&[("a.go", "package a\n\nvar A = &tls.Config{InsecureSkipVerify: false}\n")]),
    ],
    invalid: &[
        Example::new(&[("a.py", "requests.post(url, verify=False)\n")]),
        Example::new(&[("a.py", "ctx.verify_mode = ssl.CERT_NONE\n")]),
        Example::new(&[("a.py", "claims = jwt.decode(t, options={'verify_signature': False})\n")]),
        Example::new(&[("a.js", "export const agent = new https.Agent({ rejectUnauthorized: false });\n")]),
        Example::new(&[("a.ts", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n")]),
        Example::new(&[("a.go", "package a\n\nvar A = &tls.Config{InsecureSkipVerify: true}\n")]),
        Example::new(&[("src/lib.rs", "fn f() { Client::builder().danger_accept_invalid_certs(true); }\n")]),
        Example::new(&[(
            "a.tsx",
            "export const A = ({ t }) => <p dangerouslySetInnerHTML={{ __html: t }} />;\n",
        )]),
        Example::new(&[("a.js", "export function f(el, text) { el.innerHTML = text; }\n")]),
    ],
    check: Check::File(check),
};

struct Form {
    languages: &'static [Language],
    /// Kinds of the smallest node that contains the setting
    kinds: &'static [&'static str],
    pattern: &'static str,
    message: &'static str,
}

const SCRIPT: &[Language] = &[Language::TypeScript, Language::Tsx, Language::JavaScript];

const FORMS: &[Form] = &[
    Form {
        languages: &[Language::Python],
        kinds: &["keyword_argument"],
        pattern: r"^verify\s*=\s*False$",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["keyword_argument"],
        pattern: r"^(verify_ssl|ssl_verify|verify_certs|validate_certs|check_hostname)\s*=\s*False$",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["keyword_argument"],
        pattern: r"^(cert_reqs|ssl_cert_reqs|verify_mode)\s*=\s*(ssl\.CERT_NONE|.CERT_NONE.)$",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["assignment"],
        pattern: r"(\.verify\s*=\s*False|\.check_hostname\s*=\s*False|\.verify_mode\s*=\s*ssl\.CERT_NONE|_create_default_https_context\s*=\s*ssl\._create_unverified_context)$",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["call"],
        pattern: r"(?s)^(yaml\.(unsafe_load|full_load)\(|yaml\.load\(.*Loader\s*=\s*(yaml\.)?(Unsafe)?Loader\s*\)|(pickle|cPickle|dill|marshal)\.loads?\(\s*(flask\.)?(self\.)?request\.)",
        message: "text from outside may make any object and run any code",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["call"],
        pattern: r"^ssl\._create_unverified_context\(",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["pair"],
        pattern: r#"^["']verify_(signature|exp|aud)["']\s*:\s*False$"#,
        message: "the token is not verified",
    },
    Form {
        languages: &[Language::Python],
        kinds: &["keyword_argument"],
        pattern: r#"^algorithms\s*=\s*\[\s*["'](?i)none["']"#,
        message: "a token without a signature is taken",
    },
    Form {
        languages: SCRIPT,
        kinds: &["pair"],
        pattern: r"^(rejectUnauthorized|strictSSL|checkServerIdentity)\s*:\s*(false|\(\)\s*=>\s*(undefined|\{\s*\}|null))$",
        message: "certificates are not checked",
    },
    Form {
        languages: SCRIPT,
        kinds: &["assignment_expression"],
        pattern: r#"NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s*=\s*["'0]"#,
        message: "certificates are not checked",
    },
    Form {
        languages: SCRIPT,
        kinds: &["pair"],
        pattern: r#"^algorithms\s*:\s*\[\s*["'](?i)none["']"#,
        message: "a token without a signature is taken",
    },
    Form {
        languages: SCRIPT,
        kinds: &["pair"],
        pattern: r"^ignoreExpiration\s*:\s*true$",
        message: "a token that has expired is taken",
    },
    Form {
        languages: &[Language::Go],
        kinds: &["keyed_element", "assignment_statement"],
        pattern: r"InsecureSkipVerify\s*(:|=)\s*true$",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Go],
        kinds: &["call_expression"],
        pattern: r"\.ParseUnverified\(",
        message: "the token is not verified",
    },
    Form {
        languages: &[Language::Go],
        kinds: &["call_expression"],
        pattern: r"^ssh\.InsecureIgnoreHostKey\(",
        message: "the host's key is not checked",
    },
    Form {
        languages: &[Language::Rust],
        kinds: &["call_expression"],
        pattern: r"(?s)\.(danger_accept_invalid_(certs|hostnames)|tls_danger_accept_invalid_certs)\(\s*true\s*\)$",
        message: "certificates are not checked",
    },
    Form {
        languages: &[Language::Rust],
        kinds: &["call_expression"],
        pattern: r"(?s)\.(insecure_disable_signature_validation\(\s*\)|set_verify\(\s*(\w+::)*SslVerifyMode::NONE\s*\))$",
        message: "what came is not verified",
    },
    Form {
        languages: &[Language::Rust],
        kinds: &["assignment_expression"],
        pattern: r"\.validate_(exp|aud|nbf)\s*=\s*false$",
        message: "the token is not verified in full",
    },
];

static COMPILED: LazyLock<Vec<(Regex, &'static Form)>> =
    LazyLock::new(|| FORMS.iter().filter_map(|form| Some((Regex::new(form.pattern).ok()?, form))).collect());

/// A node with more bytes is not a setting.
const MAX_NODE: usize = 2_000;

/// A file without any of these words contains none of the forms.
const NEEDS: &[&str] = &[
    "verify",
    "CERT_NONE",
    "check_hostname",
    "validate_certs",
    "rejectUnauthorized",
    "strictSSL",
    "checkServerIdentity",
    "REJECT_UNAUTHORIZED",
    "algorithms",
    "ignoreExpiration",
    "InsecureSkipVerify",
    "ParseUnverified",
    "InsecureIgnoreHostKey",
    "danger_accept",
    "insecure_disable",
    "set_verify",
    "validate_",
    "unverified",
    "yaml.",
    "pickle.",
    "dill.",
    "marshal.",
];

fn check(file: &File, found: &mut Found) {
    let Some(language) = file.language.filter(|_| file.is_code()) else { return };
    if is_specimen(&file.path) || file.is_test() {
        return;
    }
    let flat = file.flat();
    if NEEDS.iter().any(|word| file.text.contains(word)) {
        let words = NEEDS.iter().flat_map(|word| file.text.match_indices(word).map(|(at, _)| at));
        let words: BTreeSet<usize> = words.collect();
        let forms: Vec<_> = COMPILED.iter().filter(|(_, form)| form.languages.contains(&language)).collect();
        for (index, node) in flat.iter() {
            let small =
                node.end - node.start < MAX_NODE && words.range(node.start..node.end).next().is_some();
            for (pattern, form) in forms.iter().filter(|_| small) {
                if form.kinds.contains(&node.kind)
                    && pattern.is_match(file.text_of(index))
                    && !is_choice(file, index, language)
                {
                    let last = flat
                        .field(index, "function")
                        .and_then(|callee| flat.field(callee, "field"))
                        .unwrap_or(index);
                    // If the identity of the peer is unknown, there is no name to compare
                    let name_only =
                        file.text_of(index).contains("check_hostname") && !file.text.contains("CERT_NONE");
                    if name_only {
                        found.maybe(file, node.start, node.end, form.message);
                    } else {
                        found.node(file, last, form.message);
                    }
                }
            }
        }
    }
    if language.is_ecmascript()
        && ["innerHTML", "InnerHTML", "outerHTML", "insertAdjacentHTML", "document.write"]
            .iter()
            .any(|word| file.text.contains(word))
    {
        html(file, found);
    }
    if language == Language::Python && (file.text.contains("mark_safe(") || file.text.contains("Markup(")) {
        for (index, _) in flat.iter().filter(|(_, node)| node.kind == "call") {
            let callee = file.field_text(index, "function");
            let value = flat.field(index, "arguments").and_then(|a| flat.parts(a).next());
            if matches!(callee.rsplit('.').next(), Some("mark_safe" | "Markup"))
                && value.is_some_and(|value| !is_plain(file, value))
            {
                let node = flat.node(index);
                found.maybe(file, node.start, node.end, "a value becomes HTML as it is");
            }
        }
    }
}

/// Only libraries that contact servers use `verify=False` in this sense; other functions also have such a parameter.
fn is_choice(file: &File, index: usize, language: Language) -> bool {
    if language != Language::Python
        || !file.text_of(index).starts_with("verify")
        || file.flat().kind(index) != "keyword_argument"
    {
        return false;
    }
    let clients = [
        "requests",
        "httpx",
        "aiohttp",
        "urllib3",
        "boto3",
        "session",
        "Session",
        "client",
        "Client",
        "jwt",
        "hvac",
        "elasticsearch",
    ];
    let call = file.flat().above(index).find(|i| file.flat().kind(*i) == "call");
    let callee = call.map_or("", |call| file.field_text(call, "function"));
    !clients.iter().any(|word| callee.contains(word))
}

fn html(file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter() {
        let value = match node.kind {
            "pair" if file.field_text(index, "key") == "__html" => flat.field(index, "value"),
            "assignment_expression"
                if [".innerHTML", ".outerHTML"]
                    .iter()
                    .any(|end| file.field_text(index, "left").ends_with(end)) =>
            {
                flat.field(index, "right")
            }
            "call_expression" if file.field_text(index, "function").ends_with(".insertAdjacentHTML") => {
                flat.field(index, "arguments").and_then(|a| flat.parts(a).nth(1))
            }
            "call_expression"
                if matches!(file.field_text(index, "function"), "document.write" | "document.writeln") =>
            {
                flat.field(index, "arguments").and_then(|a| flat.parts(a).next())
            }
            _ => continue,
        };
        if value.is_some_and(|value| !is_plain(file, value)) {
            found.maybe(file, node.start, node.end, "a value becomes HTML as it is");
        }
    }
}

/// Whether a value is a constant of the program, or was sanitized.
fn is_plain(file: &File, value: usize) -> bool {
    let flat = file.flat();
    let text = file.text_of(value);
    let cleaned = [
        "sanitize",
        "Sanitize",
        "purify",
        "Purify",
        "escape",
        "Escape",
        "trusted",
        "bleach",
        "clean",
        "JSON.stringify",
        "renderToString",
        "highlight",
        "xss",
    ]
    .iter()
    .any(|word| text.contains(word));
    let named = flat.kind(value) == "identifier"
        && flat.iter().any(|(i, node)| {
            let (name, held) = match node.kind {
                "variable_declarator" => (flat.field(i, "name"), flat.field(i, "value")),
                "assignment" => (flat.field(i, "left"), flat.field(i, "right")),
                _ => return false,
            };
            name.is_some_and(|name| file.text_of(name) == text)
                && held.is_some_and(|held| {
                    crate::code::constant::is_fixed(file, held)
                        || file.text_of(held).contains("sanitize")
                        || file.text_of(held).contains("urify")
                })
        });
    cleaned
        || named
        || crate::code::constant::is_fixed(file, value)
        || text.chars().all(|c| c.is_uppercase() || c == '_')
}
