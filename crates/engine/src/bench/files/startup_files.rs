//! Finds files that run automatically or configure checks, by rules, because a list of tools is never complete: names
//! of settings begin with a dot or have typical endings, and runners load start-up files and modules by fixed names.

/// Hidden files that configure nothing.
const HARMLESS: [&str; 5] = [".gitkeep", ".keep", ".gitignore", ".mailmap", ".all-contributorsrc"];
/// Hidden folders of texts for people. Texts in others are instructions and commands for agents of the user.
const TEXTS: [&str; 6] = [".changeset", ".changes", ".changelog", ".docs", ".vitepress", ".vuepress"];
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
const NAMES: &[&str] = &[
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
    // Where names of modules lead
    "import_map.json",
    "importmap.json",
    "import-map.json",
    "entry_points.txt",
    // Wrappers of a build tool, and the files that say where they fetch it
    "gradlew",
    "gradlew.bat",
    "gradle-wrapper.jar",
    "gradle-wrapper.properties",
    "libs.versions.toml",
    "mvnw",
    "mvnw.cmd",
    "configure",
    "configure.ac",
    "module.bazel",
    "workspace.json",
    "project.json",
    "angular.json",
    "pnpmfile.js",
    "pnpmfile.cjs",
    "ember-cli-build.js",
    "hatch_build.py",
    "pdm_build.py",
    "setup.hs",
    "setup.lhs",
    "cabal.project",
    "cabal.project.local",
    "dune-workspace",
    "config.nims",
    "nim.cfg",
    "build.sc",
    "build.mill",
    "rebar.config.script",
    "cmakepresets.json",
    "cmakeuserpresets.json",
    "meson_options.txt",
    "meson.options",
    "xmake.lua",
    "premake5.lua",
    "global.json",
    "nuget.config",
    "flake.nix",
    "shell.nix",
    "default.nix",
    "nodemon.json",
    "mise.toml",
    "pants.toml",
    "buck",
    "moon.yml",
    // Runners, and what they load of themselves
    "testem.js",
    "testem.json",
    "cypress.json",
    "nose2.cfg",
    "unittest.cfg",
    "coverage.toml",
    "hatch.toml",
    "testng.xml",
    "spockconfig.groovy",
    "kotest.properties",
    "cucumber.properties",
    "lombok.config",
    "xunit.runner.json",
    "testconfig.json",
    "phpunit.dist.xml",
    "phpcs.xml",
    "phpcs.xml.dist",
    "psalm.xml",
    "rector.php",
    "infection.json",
    "infection.json5",
    "codeception.yml",
    "behat.yml",
    "pest.php",
    "dart_test.yaml",
    "analysis_options.yaml",
    "flutter_test_config.dart",
    "tests.edn",
    "user.clj",
    "dprint.json",
    "tslint.json",
    "knip.json",
    "rubygems_plugin.rb",
];
/// What a name ends with.
const ENDS: &[&str] = &[
    ".pth",
    ".mk",
    ".make",
    ".gradle",
    ".gradle.kts",
    ".bzl",
    ".bazel",
    ".cmake",
    ".egg-link",
    ".props",
    ".targets",
    ".runsettings",
    ".testsettings",
    ".neon",
    ".neon.dist",
    ".m4",
    ".xcconfig",
    ".xctestplan",
    ".xcscheme",
];
/// Services that runners and compilers of the JVM look up of themselves are named after their packages.
const SERVICES: [&str; 9] = [
    "junit",
    "testng",
    "spock",
    "kotest",
    "cucumber",
    "mockito",
    "scalatest",
    "annotation.processing",
    "gradle",
];
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
/// More of them, whose names a package of sources has more often: they count where tests are run and collected.
const PYTHON_AT_THE_ROOT: &[&str] = &[
    "__future__",
    "_collections_abc",
    "_compat_pickle",
    "_pydecimal",
    "_sitebuiltins",
    "_strptime",
    "_threading_local",
    "_weakrefset",
    "bdb",
    "bz2",
    "calendar",
    "cmd",
    "code",
    "codeop",
    "concurrent",
    "contextvars",
    "copyreg",
    "csv",
    "dis",
    "distutils",
    "email",
    "errno",
    "execnet",
    "faulthandler",
    "genericpath",
    "gettext",
    "graphlib",
    "html",
    "http",
    "ipaddress",
    "lzma",
    "multiprocessing",
    "ntpath",
    "numbers",
    "opcode",
    "operator",
    "pkg_resources",
    "pkgutil",
    "profile",
    "pstats",
    "queue",
    "secrets",
    "select",
    "setuptools",
    "ssl",
    "stat",
    "statistics",
    "string",
    "struct",
    "symtable",
    "sysconfig",
    "time",
    "timeit",
    "token",
    "tomllib",
    "tracemalloc",
    "typing_extensions",
    "unicodedata",
    "urllib",
    "xml",
    "zipfile",
    "zipimport",
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
    let hidden = folders.iter().find(|folder| folder.starts_with('.'));
    let text = name.ends_with(".md") && hidden.is_none_or(|folder| TEXTS.contains(folder));
    let sample = text || [".example", ".sample", ".template"].iter().any(|end| name.ends_with(end));
    if parts.iter().any(|part| part.starts_with('.')) && !HARMLESS.contains(name) && !sample {
        return true;
    }
    NAMES.contains(name)
        || name.starts_with("makefile.")
        || ENDS.iter().any(|end| name.ends_with(end))
        || is_settings(name, folders)
        || shadows(path, name, folders)
        || stands_in(folders)
        || is_installed(name, folders)
        || is_part_of_the_build(name, folders)
        || changes_packages(name, folders)
        || shadows_a_gem(name, folders)
}

/// A change of an installed package that the project's set-up applies.
fn changes_packages(name: &str, folders: &[&str]) -> bool {
    folders.last() == Some(&"patches") && (name.ends_with(".patch") || name.ends_with(".diff"))
}

/// Ruby searches these folders before its gems.
fn shadows_a_gem(name: &str, folders: &[&str]) -> bool {
    const FOLDERS: [&str; 3] = ["lib", "test", "spec"];
    let Some((first, below)) = folders.split_first() else { return false };
    let Some(stem) = name.strip_suffix(".rb").filter(|_| FOLDERS.contains(first)) else { return false };
    let parts = ["assertions", "autorun", "core", "expectations", "mock", "mocks", "spec", "test", "unit"];
    match below {
        [] => ["minitest", "rspec"].contains(&stem),
        ["minitest" | "rspec"] => parts.contains(&stem),
        ["test"] => stem == "unit",
        _ => false,
    }
}

/// Copies of packages in the project, and what tells Python of installed ones: runners look there for plugins.
fn is_installed(name: &str, folders: &[&str]) -> bool {
    if folders.iter().any(|folder| folder.ends_with(".dist-info")) {
        return true;
    }
    let Some(at) = folders.iter().position(|folder| *folder == "vendor") else { return false };
    match folders.get(at + 1) {
        // Go names packages by where they come from; PHP and Ruby have folders of their own
        Some(owner) => owner.contains('.') || ["composer", "bundle", "bin", "cache"].contains(owner),
        None => ["autoload.php", "modules.txt"].contains(&name),
    }
}

/// What build tools compile for themselves, and services that are looked up by the name of a file.
fn is_part_of_the_build(name: &str, folders: &[&str]) -> bool {
    let services = folders.ends_with(&["meta-inf", "services"]);
    services && SERVICES.iter().any(|service| name.contains(service))
        || folders.contains(&"mockito-extensions")
        || folders.first().is_some_and(|first| ["buildsrc", "build-logic"].contains(first))
        || folders == ["project"] && (name.ends_with(".scala") || name.ends_with(".sbt"))
        || folders == ["project"] && name == "build.properties"
        || folders.ends_with(&["config"]) && name.ends_with(".exs")
        || folders.ends_with(&["minitest"]) && name.ends_with("_plugin.rb")
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

/// Whether Python or its runners have a module of this name, in lower case.
pub(crate) fn is_python_module(name: &str) -> bool {
    PYTHON.contains(&name) || PYTHON_AT_THE_ROOT.contains(&name) || name.starts_with("pytest_")
}

/// Whether it is a Python module that is found before the real module of its name.
fn shadows(path: &str, name: &str, folders: &[&str]) -> bool {
    let root = |folder: &str| PYTHON_ROOTS.contains(&folder);
    let taken = |module: &str, folder: &str| {
        PYTHON.contains(&module)
            || folder != "src" && (PYTHON_AT_THE_ROOT.contains(&module) || module.starts_with("pytest_"))
    };
    match name.strip_suffix(".py") {
        Some("__init__") => match folders {
            [module] => taken(module, ""),
            [above, module] => root(above) && taken(module, above),
            _ => false,
        },
        Some(module) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            root(folder) && taken(module, folder)
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
            "queue.py",
            "tests/pytest_more.py",
            "import_map.json",
            "more-1.0.dist-info/entry_points.txt",
            "src/more.egg-info/entry_points.txt",
            "vendor/example.org/assert/assert.go",
            "api/vendor/modules.txt",
            "vendor/composer/autoload_real.php",
            "core/src/test/resources/meta-inf/services/org.junit.platform.launcher.postdiscoveryfilter",
            "src/main/resources/meta-inf/services/javax.annotation.processing.processor",
            "src/test/resources/mockito-extensions/org.mockito.plugins.mockmaker",
            "gradlew",
            "buildsrc/src/main/java/plugin.java",
            "project/plugins.sbt",
            "directory.build.targets",
            "a/xunit.runner.json",
            "lib/minitest/more_plugin.rb",
            "test/flutter_test_config.dart",
            "config/test.exs",
            "tests/pest.php",
            "patches/left-pad+1.3.0.patch",
            "lib/minitest/autorun.rb",
            "test/minitest.rb",
            ".claude/commands/deploy.md",
            "web/.tool/rules/style.md",
            "app.xctestplan",
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
            "app/queue.py",
            "vendor/lib.js",
            "app/cache_plugin.rb",
            "tests/fixtures/a-1.0.dist-info/metadata",
            "src/vendor/jquery/jquery.js",
            "src/main/resources/meta-inf/services/org.example.codec",
            "web/project/plan.ts",
            "src/jest.json/x.js",
            "src/minitest.rb",
            "lib/rspec/more.rb",
            ".changeset/brave-cats.md",
            ".notes.md",
        ] {
            assert!(!is_one(path), "{path}");
        }
    }
}
