//! What Go's compiler has checked: every file of the module that is built on all systems.
//!
//! `mod.rs` calls it for `.go` files. It evaluates no build constraint: a file with one, with cgo or with a system
//! in its name stays undecided. So does every file if the command builds less than `./...`.

use super::command::Options;
use super::{Decisions, Place};
use crate::check::Check;
use crate::runners::Command;

const OPTIONS: Options<'static> = Options {
    plain: &["-v", "-race", "-short", "-cover", "-failfast", "-a", "-x", "-json", "-benchmem"],
    valued: &[
        "-run",
        "-count",
        "-timeout",
        "-p",
        "-parallel",
        "-bench",
        "-coverprofile",
        "-covermode",
        "-cpu",
        "-shuffle",
        "-o",
        "-vet",
        "-coverpkg",
        "-benchtime",
        "-tags",
    ],
};
/// Ends of names of files that are built on some systems only.
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "unix",
    "zos",
    "386",
    "amd64",
    "arm",
    "arm64",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mipsle",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "sparc64",
    "wasm",
];

pub(super) fn judges(all: &Decisions<'_>, check: &Check, words: &[String], place: &Place<'_>) -> bool {
    let Some(command) = Command::of(words).filter(|command| command.program == "go") else { return false };
    let Some((action, arguments)) = command.arguments.split_first() else { return false };
    let tests = match action.as_str() {
        "build" => false,
        "vet" | "test" => true,
        _ => return false,
    };
    let Some(told) = OPTIONS.read(arguments) else { return false };
    let (folder, name) = place.path.rsplit_once('/').unwrap_or(("", place.path));
    let stem = name.trim_end_matches(".go");
    let is_test = stem.ends_with("_test");
    let mut ends = stem.trim_end_matches("_test").rsplit('_');
    let one_system = ends.next().is_some_and(|end| SYSTEMS.contains(&end) && end.len() < stem.len());
    let left_out = folder
        .split('/')
        .chain([name])
        .any(|part| part.starts_with(['_', '.']) || part == "testdata" || part == "vendor");
    let conditional =
        ["//go:build", "// +build", "//+build", "import \"C\""].iter().any(|mark| place.text.contains(mark));
    told.words == ["./..."]
        && (tests || !is_test)
        && !(one_system || left_out || conditional)
        && all.is_in_project(check, place.path)
}
