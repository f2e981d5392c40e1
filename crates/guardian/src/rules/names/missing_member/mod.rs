//! Members that a class, struct, enum or type of the project does not have.

mod classes;
mod ecmascript;
mod ecmascript_fields;
mod ecmascript_variables;
mod enums;
mod extended;
mod go;
mod python;
mod python_variables;
mod rust;
mod rust_variants;

pub(in crate::rules) use classes::class_of;
pub(in crate::rules) use go::type_of as go_type_of;
pub(in crate::rules) use rust_variants::variants as rust_variants;

use syntax::Language;

use crate::finding::{Category, Severity};
use crate::project::is_specimen;
use crate::rules::{Change, Check, Example, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "missing-member",
    category: Category::Broken,
    severity: Severity::Error,
    summary: "A method, field or variant that the project's own class, struct, enum or type does not have.",
    note: "It was invented or misspelt. Look up what the type has, or write what is missing.",
    valid: &[
        Example::new(&[(
            "a.ts",
            "class A { b() { return 1; } }\nexport class C extends A { c() { return this.b(); } }\n",
        )]),
        Example::new(&[(
            "a.py",
            "class A:\n    def __getattr__(self, name): return 1\n    def f(self): return self.g()\n",
        )]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub struct A;\npub trait T { fn make() -> Self; }\nimpl T for A { fn make() -> A { A } }\npub fn f() -> A { A::make() }\n",
            ),
        ]),
        Example::new(&[
            ("go.mod", "module example.com/a\n"),
            (
                "a.go",
                "package a\n\ntype B struct{}\n\nfunc (b *B) Do() {}\n\ntype A struct{ B }\n\nfunc (a *A) F() { a.Do() }\n",
            ),
        ]),
        Example::new(&[(
            "a.ts",
            "class A { b() {} }\nclass C extends A { d() {} }\nexport function f(a: A) { if (a instanceof C) a.d(); const c = new C(); c.b(); }\n",
        )]),
        Example::new(&[(
            "a.py",
            "class A:\n    x: int\n\ndef f(a: A):\n    if isinstance(a, C):\n        return a.y\n    b = A()\n    return b.x\n\nclass C(A):\n    y = 1\n",
        )]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub struct A(u8);\nimpl Iterator for A { type Item = u8; fn next(&mut self) -> Option<u8> { None } }\nimpl A {\n    pub fn all(&mut self) -> usize { self.by_ref().count() }\n}\n",
            ),
        ]),
        Example::new(&[
            ("a.ts", "import { A } from './b';\nexport const f = (a: A) => a === A.C;\n"),
            ("b.ts", "export enum A { B, C = 3 }\n"),
        ]),
        Example::new(&[("a.py", "from enum import Enum\nclass A(Enum):\n    B = 1\nC = A.B.value\n")]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub enum Kind { B, C(u8) }\nimpl Kind { pub const D: Kind = Kind::B; }\npub fn f(a: Kind) -> bool { matches!(a, Kind::B | Kind::C(_) | Kind::D) }\n",
            ),
        ]),
        Example::new(&[("a.ts", "interface A { c(): void }\nclass A { b() { this.c(); } }\n")]),
    ],
    invalid: &[
        Example::new(&[
            ("a.ts", "import { A } from './b';\nexport const f = (a: A) => a === A.D;\n"),
            ("b.ts", "export enum A { B, C = 3 }\n"),
        ]),
        Example::new(&[("a.py", "from enum import Enum\nclass A(Enum):\n    B = 1\nC = A.D\n")]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub enum Kind { B, C(u8) }\npub fn f(a: Kind) -> bool { matches!(a, Kind::B | Kind::D) }\n",
            ),
        ]),
        Example::new(&[
            (
                "a.ts",
                "import { B } from './b';\nexport class A {\n  constructor(private b: B) {}\n  c() { this.b.close(); }\n}\n",
            ),
            ("b.ts", "export class B { open() {} }\n"),
        ]),
        Example::new(&[("a.ts", "export class A {\n  b() { return this.c(); }\n}\n")]),
        Example::new(&[(
            "a.js",
            "class A { d() {} }\nexport class B extends A {\n  b() { return this.c(); }\n}\n",
        )]),
        Example::new(&[
            ("a.ts", "import { B } from './b';\nconst b = new B();\nb.close();\n"),
            ("b.ts", "export class B { open() {} }\n"),
        ]),
        Example::new(&[
            ("package.json", "{ \"name\": \"a\", \"dependencies\": { \"p\": \"1\" } }\n"),
            ("node_modules/p/package.json", "{ \"name\": \"p\", \"types\": \"index.d.ts\" }\n"),
            ("node_modules/p/index.d.ts", "export declare class B { open(): void; }\n"),
            ("a.ts", "import { B } from 'p';\nexport const f = (b: B) => b.close();\n"),
        ]),
        Example::new(&[
            ("a.py", "from b import B\n\ndef f(b: B):\n    return b.total\n"),
            ("b.py", "class B:\n    def sum(self): return 1\n"),
        ]),
        Example::new(&[(
            "a.py",
            "class A:\n    def __init__(self): self.x = 1\n    def f(self): return self._g(self.x)\n",
        )]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "#[derive(Debug)]\npub struct A;\nimpl A { pub fn new() -> A { A } }\npub fn f() -> A { A::with_size(3) }\n",
            ),
        ]),
        Example::new(&[
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            (
                "src/lib.rs",
                "pub struct A(Vec<u8>);\nimpl A {\n    pub fn add(&mut self, b: u8) { self.push_front(b); }\n}\n",
            ),
        ]),
        Example::new(&[
            ("go.mod", "module example.com/a\n"),
            ("a.go", "package a\n\ntype A struct{ x int }\n\nfunc (a *A) F() { a.Close() }\n"),
        ]),
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, found: &mut Found) {
    for (pair, head) in change.heads().filter(|(_, head)| !is_specimen(&head.path)) {
        match head.language {
            Some(Language::Python) => {
                python::check(change, pair, head, found);
                python_variables::check(change, pair, head, found);
                enums::check(change, pair, head, found);
            }
            Some(Language::Rust) => {
                rust::check(change, pair, head, found);
                rust_variants::check(change, pair, head, found);
            }
            Some(Language::Go) => go::check(change, pair, head, found),
            Some(Language::TypeScript | Language::Tsx | Language::JavaScript) => {
                ecmascript::check(change, pair, head, found);
                ecmascript_variables::check(change, pair, head, found);
                if head.language != Some(Language::JavaScript) {
                    ecmascript_fields::check(change, pair, head, found);
                    enums::check(change, pair, head, found);
                }
            }
            None => {}
        }
    }
}
