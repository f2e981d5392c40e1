//! Commands that remove, move or overwrite files. They may do that to build output, but not to sources.

use super::options::plain;
use super::{Class, Judge, Judgement, Source, Why};

/// Folders and files that builds and tests write.
const OUTPUT: &[&str] = &[
    "dist",
    "build",
    "out",
    "output",
    "lib",
    "es",
    "esm",
    "cjs",
    "umd",
    "types",
    "typings",
    "coverage",
    "target",
    "tmp",
    "temp",
    ".tmp",
    ".temp",
    ".cache",
    ".next",
    ".nuxt",
    ".output",
    ".turbo",
    ".nyc_output",
    ".svelte-kit",
    ".parcel-cache",
    ".vite",
    ".vitest",
    ".angular",
    ".docusaurus",
    ".astro",
    ".wireit",
    ".eslintcache",
    ".tsbuildinfo",
    "storybook-static",
    "report",
    "reports",
    "test-results",
    "test-output",
    "junit",
    "junit.xml",
    "bin",
    "obj",
    "pkg",
    "release",
    "artifacts",
    "generated",
    ".generated",
    "__generated__",
    "gen",
    "compiled",
    ".compiled",
    "bundle",
    "bundles",
    "public",
    "_site",
    "site",
    "docs-dist",
    "lcov.info",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "__pycache__",
    "htmlcov",
    ".coverage",
    ".tox",
    ".nox",
    "wheels",
    "staging",
    "results",
    ".rollup.cache",
    ".swc",
    "www",
    "build-test",
    "dist-test",
    "test-dist",
    "lib-test",
    "out-tsc",
    ".tsimp",
    ".tap",
    "logs",
    "log",
    "vendor-dist",
];

/// Whether removing or writing this path would harm more than build output.
pub(super) fn harms(source: &Source, folder: &str, target: &str) -> bool {
    let target = target.trim_start_matches("./").trim_end_matches('/');
    if ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"].contains(&target) {
        return false;
    }
    let outside = target.starts_with(['/', '~']) || target.contains("..") || target.contains('$');
    if outside {
        // The folder for temporary files belongs to the run
        return !(target.starts_with("$TMPDIR/")
            || target.starts_with("${TMPDIR}/")
            || target.starts_with("/tmp/"));
    }
    source.holds(folder, target)
}

fn is_output(target: &str) -> bool {
    let is = |part: &str| {
        let part = part.trim_start_matches("{").trim_end_matches("}");
        OUTPUT.contains(&part)
            || part.split(',').all(|one| OUTPUT.contains(&one))
            || ["dist", "build", "coverage", "out"].iter().any(|stem| {
                part.starts_with(&format!("{stem}-"))
                    || part.ends_with(&format!("-{stem}"))
                    || part.starts_with(&format!("{stem}_"))
            })
            || [
                ".tgz",
                ".tsbuildinfo",
                ".log",
                ".vsix",
                ".map",
                ".min.js",
                ".o",
                ".d.ts",
                ".pyc",
                ".cache",
                ".xml",
            ]
            .iter()
            .any(|end| part.ends_with(end))
    };
    target.split('/').any(is)
}

/// Extensions of files that builds write: if the project has no file of that name, a build made it.
const MADE: &[&str] = &[
    ".js", ".cjs", ".mjs", ".map", ".css", ".html", ".wasm", ".node", ".tgz", ".zip", ".gz", ".out", ".tmp",
    ".bak",
];

/// Whether a path without a file of the project is a build result: by its extension, or because git ignores
/// it.
fn is_left_out(source: &Source, folder: &str, target: &str) -> bool {
    // Installed packages are not output
    if target.split('/').any(|part| ["node_modules", ".venv", "venv", ".git", "vendor"].contains(&part)) {
        return false;
    }
    let file = target.rsplit('/').next().unwrap_or(target);
    if !target.contains("**") && MADE.iter().any(|end| file.len() > end.len() && file.ends_with(end)) {
        return true;
    }
    let lists = [folder, ""].map(|place| source.read(place, ".gitignore"));
    lists.iter().flatten().any(|list| {
        let plain = |line: &str| line.trim().trim_start_matches("**/").trim_matches('/').to_owned();
        list.lines().any(|line| {
            let line = plain(line);
            !line.is_empty()
                && !line.contains('*')
                && (target == line || target.starts_with(&format!("{line}/")))
        })
    })
}

impl Judge<'_> {
    /// `rm`, `mv` and similar; `None` for other programs.
    pub(super) fn removing(
        &mut self,
        folder: &str,
        program: &str,
        arguments: &[String],
    ) -> Option<Judgement> {
        let told = || format!("{program} {}", arguments.join(" "));
        let (program, arguments) = match (program, arguments.split_first()) {
            ("shx", Some((first, rest))) => (first.as_str(), rest),
            _ => (program, arguments),
        };
        let removes = |targets: &[&str]| {
            let fine = |target: &&str| {
                let target = target.trim_start_matches("./").trim_end_matches('/').trim_start_matches("**/");
                let written = is_output(target) || is_left_out(self.source, folder, target);
                !target.is_empty() && written && !harms(self.source, folder, target)
            };
            if targets.iter().all(fine) {
                Judgement::is(Class::Harmless)
            } else {
                Judgement::refused(&told(), Why::Removes)
            }
        };
        match program {
            "rm" | "rimraf" | "del" | "del-cli" | "trash" | "unlink" | "rmdir" | "premove"
            | "fs-extra-remove" => Some(removes(&plain(arguments, &[]))),
            "mv" | "move" | "move-cli" | "renamer" => {
                let targets = plain(arguments, &[]);
                let harmed = targets.iter().any(|target| harms(self.source, folder, target));
                Some(if harmed {
                    Judgement::refused(&told(), Why::Removes)
                } else {
                    Judgement::is(Class::Harmless)
                })
            }
            "cp" | "copy" | "cpy" | "cpx" | "copyfiles" | "ncp" | "cpr" | "install" | "ln" | "touch"
            | "tee" | "truncate" => {
                let targets = plain(arguments, &[]);
                let last = targets.last().copied().unwrap_or_default();
                let outside = last.starts_with(['/', '~'])
                    || last.starts_with("..") && folder.is_empty()
                    || last.starts_with("$HOME");
                Some(if outside && !last.starts_with("/tmp/") {
                    Judgement::refused(&told(), Why::Removes)
                } else {
                    Judgement::is(Class::Harmless)
                })
            }
            "sed" | "gsed" | "perl" | "replace-in-file" | "replace" | "rexreplace" | "json" | "sd" => {
                let in_place = program.contains("replace")
                    || program == "sd"
                    || arguments.iter().any(|word| {
                        word.starts_with("-i")
                            || word == "--in-place"
                            || word.starts_with("-pi")
                            || word == "-I"
                    });
                if program == "perl" && !in_place {
                    return None;
                }
                if !in_place {
                    return Some(Judgement::is(Class::Harmless));
                }
                let harmed = plain(arguments, &[])
                    .iter()
                    .skip(1)
                    .any(|target| harms(self.source, folder, target) || target.contains("$()"));
                Some(if harmed {
                    Judgement::refused(&told(), Why::Rewrites)
                } else {
                    Judgement::is(Class::Harmless)
                })
            }
            _ => None,
        }
    }
}
