//! Formatters of source files: which of them a project uses, and how to format a single file.
//!
//! A formatter reads a text from standard input and writes it to standard output, so nothing but that text can change.
//! Pure: files are read through the given functions, and nothing runs.

use super::row::{Place, Row, above, extension, lines};
use crate::shell::quote;

/// One way to format a file: a shell command line that runs in the project's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatter {
    pub name: &'static str,
    /// Reads the text from standard input and writes the formatted one to standard output.
    pub line: String,
}

const OF_NODE: &[&str] = &[
    "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "json", "jsonc", "json5", "css", "scss", "less",
    "html", "vue", "svelte", "astro", "md", "mdx", "yaml", "yml", "graphql", "gql", "hbs",
];

/// In the order in which they are tried: formatters that a project names come before those of its language.
const ROWS: &[Row] = &[
    Row {
        name: "prettier",
        extensions: OF_NODE,
        asks: |place| {
            place.package_names("prettier")
                || place.has(&[
                    ".prettierrc",
                    ".prettierrc.json",
                    ".prettierrc.json5",
                    ".prettierrc.yaml",
                    ".prettierrc.yml",
                    ".prettierrc.toml",
                    ".prettierrc.js",
                    ".prettierrc.cjs",
                    ".prettierrc.mjs",
                    ".prettierrc.ts",
                    "prettier.config.js",
                    "prettier.config.cjs",
                    "prettier.config.mjs",
                    "prettier.config.ts",
                ])
        },
        command: |place, path| place.node("prettier", &format!("--stdin-filepath {path}")),
    },
    Row {
        name: "biome",
        extensions: OF_NODE,
        asks: |place| place.has(&["biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc"]),
        command: |place, path| place.node("biome", &format!("format --stdin-file-path={path}")),
    },
    Row {
        name: "dprint",
        extensions: &[
            "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "json", "jsonc", "css", "scss", "less",
            "html", "vue", "svelte", "md", "toml", "yaml", "yml", "graphql", "py", "rs",
        ],
        asks: |place| place.has(&["dprint.json", "dprint.jsonc", ".dprint.json", ".dprint.jsonc"]),
        command: |place, path| place.node("dprint", &format!("fmt --stdin {path}")),
    },
    Row {
        name: "deno fmt",
        extensions: &[
            "js", "jsx", "mjs", "ts", "tsx", "mts", "json", "jsonc", "md", "css", "scss", "html", "yaml",
            "yml",
        ],
        asks: |place| place.has(&["deno.json", "deno.jsonc"]),
        command: |place, _| format!("deno fmt --quiet --ext {} -", quote(extension(place.file))),
    },
    Row {
        name: "black",
        extensions: &["py", "pyi"],
        asks: |place| {
            place.says("pyproject.toml", &["[tool.black"])
                || place.says(".pre-commit-config.yaml", &["id: black"])
                || place.says("tox.ini", &["black --check", "black --diff"])
        },
        command: |_, path| format!("black --quiet --stdin-filename {path} -"),
    },
    Row {
        name: "ruff format",
        extensions: &["py", "pyi"],
        asks: |place| {
            place.has(&["ruff.toml", ".ruff.toml"]) || place.says("pyproject.toml", &["[tool.ruff", "\"ruff"])
        },
        command: |_, path| format!("ruff format --quiet --force-exclude --stdin-filename {path} -"),
    },
    Row {
        name: "rustfmt",
        extensions: &["rs"],
        asks: |place| place.has(&["Cargo.toml"]),
        command: |place, path| {
            let folder =
                path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("cd {} && ", folder));
            format!("{folder}rustfmt --quiet --edition {}", place.edition())
        },
    },
    Row {
        name: "gofmt",
        extensions: &["go"],
        asks: |place| place.has(&["go.mod"]),
        command: |_, _| "gofmt".to_owned(),
    },
    Row {
        name: "clang-format",
        extensions: &["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm", "proto"],
        asks: |place| place.has(&[".clang-format", "_clang-format"]),
        command: |_, path| format!("clang-format --assume-filename={path}"),
    },
    Row {
        name: "stylua",
        extensions: &["lua"],
        asks: |place| place.has(&["stylua.toml", ".stylua.toml"]),
        command: |_, path| format!("stylua --stdin-filepath {path} -"),
    },
    Row {
        name: "zig fmt",
        extensions: &["zig"],
        asks: |place| place.has(&["build.zig"]),
        command: |_, _| "zig fmt --stdin".to_owned(),
    },
    Row {
        name: "terraform fmt",
        extensions: &["tf", "tfvars"],
        asks: |place| place.folder.is_empty(),
        command: |_, _| "terraform fmt -".to_owned(),
    },
];

/// The formatters that a project uses for a file at this path, the likeliest first.
pub fn formatters(
    read: &dyn Fn(&str) -> Option<String>,
    is_file: &dyn Fn(&str) -> bool,
    path: &str,
) -> Vec<Formatter> {
    let found = lines(ROWS, read, is_file, path).into_iter();
    found.map(|(name, line)| Formatter { name, line }).collect()
}

impl Place<'_> {
    /// Whether the package.json of this folder depends on the program, or has settings for it.
    fn package_names(&self, program: &str) -> bool {
        let path = self.path("package.json");
        let text = (self.is_file)(&path).then(|| (self.read)(&path)).flatten();
        let manifest: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        let Some(manifest) = manifest else { return false };
        let among = |key: &str| manifest.get(key).and_then(|packages| packages.get(program)).is_some();
        among("devDependencies") || among("dependencies") || manifest.get(program).is_some()
    }

    /// The edition in the nearest Cargo.toml; a member may inherit it from its workspace.
    fn edition(&self) -> String {
        let of = |folder: &str| {
            let path =
                if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
            let table: toml::Table = (self.read)(&path)?.parse().ok()?;
            let edition = |key: &str| table.get(key).and_then(|package| package.get("edition")).cloned();
            let shared = table.get("workspace").and_then(|shared| shared.get("package"));
            let own = edition("package").filter(|edition| edition.is_str());
            own.or_else(|| shared?.get("edition").cloned())?.as_str().map(str::to_owned)
        };
        let known =
            above(self.file).find_map(of).filter(|edition| edition.chars().all(|c| c.is_ascii_digit()));
        known.unwrap_or_else(|| "2015".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(files: &[(&str, &str)], path: &str) -> Vec<(&'static str, String)> {
        let read =
            |name: &str| files.iter().find(|(path, _)| *path == name).map(|(_, text)| (*text).to_owned());
        let is_file = |name: &str| files.iter().any(|(path, _)| *path == name);
        formatters(&read, &is_file, path).into_iter().map(|found| (found.name, found.line)).collect()
    }

    fn names(files: &[(&str, &str)], path: &str) -> Vec<&'static str> {
        asked(files, path).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_project_says_which_formatter_it_uses_for_a_file() {
        let node = [("package.json", r#"{ "devDependencies": { "prettier": "3" } }"#)];
        assert_eq!(names(&node, "src/a.ts"), ["prettier"]);
        assert!(names(&node, "src/a.py").is_empty());
        assert!(names(&[("package.json", r#"{ "devDependencies": { "eslint": "9" } }"#)], "a.js").is_empty());
        assert_eq!(names(&[("web/biome.json", "{}")], "web/src/a.ts"), ["biome"]);
        assert!(names(&[("web/biome.json", "{}")], "api/a.ts").is_empty());
        assert_eq!(names(&[("pyproject.toml", "[tool.black]\n")], "a/b.py"), ["black"]);
        assert_eq!(names(&[("pyproject.toml", "[tool.ruff.format]\n")], "a/b.py"), ["ruff format"]);
        assert_eq!(names(&[("go.mod", "module a")], "cmd/a.go"), ["gofmt"]);
    }

    #[test]
    fn it_is_asked_where_its_settings_are() {
        let files = [("web/package.json", r#"{ "prettier": {} }"#)];
        let (_, line) = &asked(&files, "web/src/it's.js")[0];
        assert!(
            line.starts_with("cd ./web && PATH=\"$PWD/node_modules/.bin:$PWD/../node_modules/.bin:$PATH\""),
            "{line}"
        );
        assert!(line.ends_with(r"prettier --stdin-filepath 'src/it'\''s.js'"), "{line}");
        let plug = [("package.json", r#"{ "prettier": {} }"#), (".pnp.cjs", "")];
        assert_eq!(asked(&plug, "-a.js")[0].1, "yarn run prettier --stdin-filepath ./-a.js");
    }

    #[test]
    fn the_edition_is_the_package_s_or_its_workspace_s() {
        let root = ("Cargo.toml", "[workspace.package]\nedition = \"2024\"\n");
        let member = ("a/Cargo.toml", "[package]\nname = \"a\"\nedition.workspace = true\n");
        assert_eq!(
            asked(&[root, member], "a/src/lib.rs")[0].1,
            "cd ./a && cd src && rustfmt --quiet --edition 2024"
        );
        let own = ("Cargo.toml", "[package]\nedition = \"2021\"\n");
        assert_eq!(asked(&[own], "build.rs")[0].1, "rustfmt --quiet --edition 2021");
    }
}
