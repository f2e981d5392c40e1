//! Tests of `outline`, with the expected outlines written out.

use expect_test::{Expect, expect};

use super::outline;
use crate::Language;

fn check(path: &str, text: &str, expected: Expect) {
    let outline = outline(Language::of_path(path).expect("a known extension"), text);
    let mut shown = String::new();
    for s in &outline.symbols {
        let arity = s.arity.map_or(String::new(), |a| {
            format!("({}..{})", a.required, a.max.map_or("*".into(), |m| m.to_string()))
        });
        let container = s.container.as_ref().map_or(String::new(), |c| format!("{c}."));
        let public = if s.exported { "+" } else { "-" };
        shown += &format!("{public} {:?} {container}{}{arity} {}-{}\n", s.kind, s.name, s.line, s.end_line);
    }
    for i in &outline.imports {
        let names: Vec<String> = i
            .names
            .iter()
            .map(|n| n.alias.as_ref().map_or(n.name.clone(), |a| format!("{} as {a}", n.name)))
            .collect();
        let alias = i.alias.as_ref().map_or(String::new(), |a| format!(" as {a}"));
        let maybe = if i.conditional { "?" } else { "" };
        shown += &format!("{:?}{maybe} {}{alias} [{}] {}\n", i.kind, i.module, names.join(", "), i.line);
    }
    for e in &outline.exports {
        let from = e.from.as_ref().map_or(String::new(), |f| format!(" from {f}"));
        shown += &format!("export {} = {}{from} {}\n", e.name, e.local, e.line);
    }
    if outline.open {
        shown += "open\n";
    }
    expected.assert_eq(&shown);
}

#[test]
fn ecmascript() {
    check(
        "a.ts",
        r#"import d, { a, b as c } from "./m";
import * as ns from 'pkg';
import type { T } from "./t";
import fs = require("fs");
export { a, b as default } from "./x";
export * from "./y";
export * as z from "./z";
const q = require("q"), { r, s: t } = require("r");
export const f = (x: number, y?: string) => x, LIMIT = 3;
export default class A<T> { constructor(a: T) {} m(x = 1, ...rest) {} private p() {} #h() {} }
export function g(this: Window, a, b = 2) { return import("./lazy"); }
interface I {} type U = I; enum E { A }
declare function ambient(a: number): void;
const { one, two: [three] } = f;
export { one, three as drei };
"#,
        expect![[r#"
            - Constant q 8-8
            - Constant r 8-8
            - Constant t 8-8
            + Function f(1..2) 9-9
            + Constant LIMIT 9-9
            + Class A 10-10
            + Method A.constructor(1..1) 10-10
            + Method A.m(0..*) 10-10
            - Method A.p(0..0) 10-10
            - Method A.#h(0..0) 10-10
            + Function g(1..2) 11-11
            - Interface I 12-12
            - Type U 12-12
            - Enum E 12-12
            - Function ambient(1..1) 13-13
            + Constant one 14-14
            + Constant three 14-14
            Static ./m [default as d, a, b as c] 1
            Static pkg as ns [] 2
            TypeOnly ./t [T] 3
            Require fs as fs [] 4
            ReExport ./x [a, b as default] 5
            ReExport ./y [] 6
            ReExport ./z [] 7
            Require q as q [] 8
            Require r [r, s as t] 8
            Dynamic? ./lazy [] 11
            export a = a from ./x 5
            export default = b from ./x 5
            export * = * from ./y 6
            export z = * from ./z 7
            export f = f 9
            export LIMIT = LIMIT 9
            export default = A 10
            export g = g 11
            export one = one 15
            export drei = three 15
        "#]],
    );
    check(
        "b.js",
        "exports.a = 1;\nmodule.exports = { b };\nexport default () => 1;\n",
        expect![[r#"
        + Function default(0..0) 3-3
        export default = default 3
        open
    "#]],
    );
}

#[test]
fn rust() {
    check(
        "a.rs",
        r#"use std::{fmt, io::{self, Read as R}};
use crate::a::*;
use serde;
extern crate alloc;
mod b;
#[cfg(test)]
mod tests { use super::*; fn helper() {} }
pub struct S<T>(T);
impl<T> S<T> { pub fn new(t: T) -> Self { S(t) } fn get(&self, i: usize) -> &T { &self.0 } }
pub(crate) trait Tr { fn need(&self); }
pub const N: u8 = 1;
#[macro_export]
macro_rules! m { () => {} }
fn main() { use std::env; }
"#,
        expect![[r#"
            - Module b 5-5
            - Module tests 7-7
            - Function tests.helper(0..0) 7-7
            + Struct S 8-8
            + Function S.new(1..1) 9-9
            - Method S.get(1..1) 9-9
            + Trait Tr 10-10
            - Method Tr.need(0..0) 10-10
            + Constant N 11-11
            + Macro m 13-13
            - Function main(0..0) 14-14
            Static std [fmt] 1
            Static std [io] 1
            Static std::io [Read as R] 1
            Static crate::a [*] 2
            Static serde [] 3
            ExternCrate alloc [] 4
            Mod b [] 5
            Static? super [*] 7
            Static? std [env] 14
        "#]],
    );
}

#[test]
fn python() {
    check(
        "a.py",
        r#"from __future__ import annotations
import os, sys as system
import a.b.c
from . import sibling
from ..pkg.mod import (x, y as z)
from star import *
try:
    import fast
except ImportError:
    fast = None
if TYPE_CHECKING:
    from t import T
LIMIT = 3
def f(a, b=1, *args, c, **kw): pass
def g(a, /, b: int = 2): import late
class C(Base):
    attr = 1
    def m(self, x): pass
    @staticmethod
    def s(x): pass
def _private(): pass
"#,
        expect![[r#"
            + Variable fast 10-10
            + Constant LIMIT 13-13
            + Function f(2..*) 14-14
            + Function g(1..2) 15-15
            + Class C 16-20
            + Variable C.attr 17-17
            + Method C.m(1..1) 18-18
            + Method C.s 20-20
            - Function _private(0..0) 21-21
            Static __future__ [annotations] 1
            Static os [] 2
            Static sys as system [] 2
            Static a.b.c [] 3
            Static . [sibling] 4
            Static ..pkg.mod [x, y as z] 5
            Static star [*] 6
            Static? fast [] 8
            TypeOnly? t [T] 12
            Static? late [] 15
            open
        "#]],
    );
}

#[test]
fn go() {
    check(
        "a.go",
        r#"package a
import "fmt"
import (
	"net/http"
	x "example.com/y/v2"
	_ "embed"
)
type Server struct{}
type I interface{ M() }
const A, b = 1, 2
var (
	V = 1
)
func New(a, b int, opts ...Option) *Server { return nil }
func (s *Server) Run(ctx context.Context) error { return nil }
func init() {}
"#,
        expect![[r#"
            + Struct Server 8-8
            + Interface I 9-9
            + Constant A 10-10
            - Constant b 10-10
            + Variable V 12-12
            + Function New(2..*) 14-14
            + Method Server.Run(1..1) 15-15
            - Function init(0..0) 16-16
            Static fmt [] 2
            Static net/http [] 4
            Static example.com/y/v2 as x [] 5
            Static embed as _ [] 6
        "#]],
    );
}
