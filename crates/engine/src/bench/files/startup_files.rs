//! Finds files that run automatically or configure checks, by rules, because a list of tools is never complete: names
//! of settings begin with a dot or have typical endings, and runners load start-up files and modules by fixed names.

/// Hidden files that configure nothing.
const HARMLESS: [&str; 5] = [".gitkeep", ".keep", ".gitignore", ".mailmap", ".all-contributorsrc"];
/// Folders of samples that only tests read.
const SAMPLES: [&str; 4] = ["fixtures", "__fixtures__", "testdata", "__testdata__"];
/// Folders from which runners load modules before the project's own.
const LOADED_FIRST: [&str; 3] = ["node_modules", "site-packages", "dist-packages"];
/// Words in a name that make a script or a data file settings of a tool: `jest.config.ts`, `setupTests.js`, `build.conf.json`.
const PARTS: [&str; 8] =
    ["config", "conf", "setup", "workspace", "preset", "rc", "setuptests", "globalsetup"];
/// First parts of names of programs that run builds and tests.
const RUNNERS: [&str; 26] = [
    "gruntfile",
    "gulpfile",
    "jakefile",
    "cakefile",
    "rakefile",
    "makefile",
    "gnumakefile",
    "justfile",
    "taskfile",
    "noxfile",
    "fabfile",
    "dodo",
    "magefile",
    "wscript",
    "sconstruct",
    "sconscript",
    "jest",
    "vitest",
    "karma",
    "babel",
    "wdio",
    "tox",
    "pytest",
    "mypy",
    "pylintrc",
    "jest-preset",
];
/// Whole names.
const NAMES: [&str; 30] = [
    "conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "setup.py",
    "build.rs",
    "binding.gyp",
    "cmakelists.txt",
    "meson.build",
    "build.zig",
    "go.work",
    "deno.json",
    "deno.jsonc",
    "nx.json",
    "lerna.json",
    "rush.json",
    "pom.xml",
    "build.xml",
    "gemfile",
    "mix.exs",
    "phpunit.xml",
    "phpunit.xml.dist",
    "gradle.properties",
    "build",
    "build.bazel",
    "workspace",
    "jasmine.json",
    "mocha.opts",
    "jest-preset.js",
    "junit-platform.properties",
    "surefire.properties",
];
/// Endings of names.
const ENDS: [&str; 7] = [".pth", ".mk", ".make", ".gradle", ".gradle.kts", ".bzl", ".cmake"];
/// Modules of Python and of its test runners. A module of the same name in a folder that Python searches first replaces
/// them.
const PYTHON: [&str; 90] = [
    "_pytest",
    "abc",
    "anyio",
    "argparse",
    "ast",
    "asyncio",
    "atexit",
    "attr",
    "base64",
    "bisect",
    "builtins",
    "codecs",
    "collections",
    "colorama",
    "configparser",
    "contextlib",
    "copy",
    "coverage",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "django",
    "doctest",
    "encodings",
    "enum",
    "exceptiongroup",
    "fnmatch",
    "fractions",
    "functools",
    "getpass",
    "glob",
    "hashlib",
    "heapq",
    "hypothesis",
    "importlib",
    "iniconfig",
    "inspect",
    "io",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "math",
    "mock",
    "nose",
    "optparse",
    "os",
    "packaging",
    "pathlib",
    "pdb",
    "pickle",
    "platform",
    "pluggy",
    "posixpath",
    "pprint",
    "py",
    "pygments",
    "pytest",
    "pytest_asyncio",
    "pytest_cov",
    "pytest_django",
    "random",
    "re",
    "reprlib",
    "runpy",
    "selectors",
    "shlex",
    "shutil",
    "signal",
    "site",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "tokenize",
    "tomli",
    "traceback",
    "types",
    "typing",
    "unittest",
    "uuid",
    "warnings",
    "weakref",
    "xdist",
    "zlib",
];
/// Folders that Python searches, beside the root.
const PYTHON_ROOTS: [&str; 4] = ["", "src", "tests", "test"];

/// Whether a path, in lower case, is a start-up or settings file.
pub(crate) fn is_one(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let Some((name, folders)) = parts.split_last() else { return false };
    if folders.iter().any(|folder| LOADED_FIRST.contains(folder)) {
        return true;
    }
    if folders.iter().any(|folder| SAMPLES.contains(folder)) {
        return false;
    }
    let sample = [".example", ".sample", ".template", ".md"].iter().any(|end| name.ends_with(end));
    if parts.iter().any(|part| part.starts_with('.')) && !HARMLESS.contains(name) && !sample {
        return true;
    }
    NAMES.contains(name)
        || name.starts_with("makefile.")
        || ENDS.iter().any(|end| name.ends_with(end))
        || is_settings(name, folders)
        || shadows(path, name, folders)
        || stands_in(folders)
}

/// Whether Jest uses the file in place of a package: it does so for files in a `__mocks__` folder next to
/// `node_modules`.
fn stands_in(folders: &[&str]) -> bool {
    let Some(at) = folders.iter().position(|folder| *folder == "__mocks__") else { return false };
    let above = folders.get(..at).unwrap_or_default();
    !above.iter().any(|folder| ["src", "lib", "app", "test", "tests", "__tests__"].contains(folder))
}

fn is_settings(name: &str, folders: &[&str]) -> bool {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let loaded = match rest.last() {
        None => true,
        Some(end) => [
            "js", "cjs", "mjs", "ts", "cts", "mts", "json", "jsonc", "yml", "yaml", "toml", "py", "ini",
            "rb", "go",
        ]
        .contains(end),
    };
    let middle = rest.split_last().map_or(&[][..], |(_, middle)| middle);
    let runner = RUNNERS.contains(&first)
        && (rest.len() != 1 || first.ends_with("file") || matches!(rest[..], ["ini" | "toml" | "json"]));
    // Among sources such a name belongs to the product: `src/app/app.config.ts`
    let source =
        folders.iter().any(|folder| ["src", "lib", "app"].contains(folder)) && !RUNNERS.contains(&first);
    let settings = !source && middle.iter().any(|part| PARTS.contains(part));
    loaded && (runner || settings || ["setuptests", "globalsetup"].contains(&first))
}

/// Whether it is a Python module that is found before the real module of its name.
fn shadows(path: &str, name: &str, folders: &[&str]) -> bool {
    let root = |folder: &str| PYTHON_ROOTS.contains(&folder);
    match name.strip_suffix(".py") {
        Some("__init__") => match folders {
            [module] => PYTHON.contains(module),
            [above, module] => root(above) && PYTHON.contains(module),
            _ => false,
        },
        Some(module) => {
            root(path.rsplit_once('/').map_or("", |(folder, _)| folder)) && PYTHON.contains(&module)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_tell_what_runs_by_itself() {
        for path in [
            ".tool/settings",
            "packages/a/.toolrc",
            "a/b/unknown.config.mts",
            "web/setuptests.ts",
            "vitest.setup.js",
            "x/conftest.py",
            "sitecustomize.py",
            "lib/a.pth",
            "crates/a/build.rs",
            "sub/makefile.inc",
            "rules.mk",
            "unittest.py",
            "src/json.py",
            "pytest/__init__.py",
            "node_modules/a/index.js",
            "jest.globals.js",
            "jest.polyfills.config.js",
            "app/build.gradle.kts",
            "Rakefile".to_ascii_lowercase().as_str(),
            "tox.ini",
            "pytest.toml",
            "web/jest-preset.js",
            "spec/support/jasmine.json",
            "__mocks__/left-pad.js",
            "packages/a/__mocks__/@x/y.js",
            "subprocess.py",
        ] {
            assert!(is_one(path), "{path}");
        }
        for path in [
            "src/config.ts",
            "src/setup.js",
            "pkg/json.py",
            "src/app/types.py",
            "docs/.gitkeep",
            ".env.example",
            "src/babel.ts",
            "tests/fixtures/.eslintrc",
            "src/jest.ts",
            "src/conf/load.rs",
            "src/build.ts",
            "readme.md",
            "src/a.test.ts",
            "src/rc.js",
            "src/app/app.config.ts",
            "app/tasks.py",
            "src/__mocks__/api.js",
            "src/queue.py",
            "src/jest.json/x.js",
        ] {
            assert!(!is_one(path), "{path}");
        }
    }
}
