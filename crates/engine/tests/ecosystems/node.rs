//! JavaScript: folders with their own packages, and workspaces of every package manager.

use crate::{Scene, reaches, skipped};

const TEST: &str = r#"import assert from "node:assert/strict";
import test from "node:test";
import { isEven } from "../index.js";

test("four is even", () => assert.equal(isEven(4), true));
test("a text is not", () => assert.equal(isEven("x"), false));
"#;
const RIGHT: &str = "import isNumber from \"is-number\";\n\nexport const isEven = (n) => isNumber(n) && Number(n) % 2 === 0;\n";
const BEFORE: &str =
    "import isNumber from \"is-number\";\n\nexport const isEven = (n) => isNumber(n) && n % 2 === 0;\n";
const BROKEN: &str =
    "import isNumber from \"is-number\";\n\nexport const isEven = (n) => isNumber(n) && n % 2 === 1;\n";

fn package(name: &str) -> String {
    format!(
        r#"{{ "name": "{name}", "version": "1.0.0", "type": "module", "scripts": {{ "test": "node --test" }}, "dependencies": {{ "is-number": "7.0.0" }} }}"#
    )
}

fn skip(scene: &str, programs: &[&str]) -> bool {
    skipped(scene, programs) || !reaches("npm", &["view", "is-number@7.0.0", "version"], scene)
}

/// A workspace of two members; `more`: what its package manager needs.
async fn workspace(root: &str, more: &[(&str, &str)], check: &str) {
    let (one, two) = (package("one"), package("two"));
    let mut files = vec![
        ("package.json", root),
        (".gitignore", "node_modules\n.yarn\n.pnp.*\n"),
        ("packages/one/package.json", one.as_str()),
        ("packages/one/index.js", BEFORE),
        ("packages/one/test/even.test.js", TEST),
        ("packages/two/package.json", two.as_str()),
        ("packages/two/index.js", BEFORE),
        ("packages/two/test/even.test.js", TEST),
    ];
    files.extend(more);
    let scene = Scene {
        files: &files,
        changed: "packages/two/index.js",
        right: RIGHT,
        broken: BROKEN,
        test: "four is even",
        check,
    };
    scene.play().await;
}

#[tokio::test]
async fn folders_with_packages_of_their_own() {
    if skip("npm, nested", &["npm"]) {
        return;
    }
    let (api, web) = (package("api"), package("web"));
    let files = [
        ("README.md", "two folders\n"),
        (".gitignore", "node_modules\n"),
        ("api/package.json", api.as_str()),
        ("api/index.js", BEFORE),
        ("api/test/even.test.js", TEST),
        ("web/package.json", web.as_str()),
        ("web/index.js", BEFORE),
        ("web/test/even.test.js", TEST),
    ];
    let scene = Scene {
        files: &files,
        changed: "web/index.js",
        right: RIGHT,
        broken: BROKEN,
        test: "four is even",
        check: "npm test",
    };
    scene.play().await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_workspace_of_pnpm() {
    if skip("pnpm workspace", &["pnpm"]) {
        return;
    }
    let root = r#"{ "name": "all", "private": true, "scripts": { "test": "pnpm -r test" } }"#;
    workspace(root, &[("pnpm-workspace.yaml", "packages:\n  - packages/*\n")], "pnpm").await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_workspace_of_yarn_4() {
    if skip("yarn 4 workspace", &["yarn"]) {
        return;
    }
    let root = r#"{ "name": "all", "private": true, "packageManager": "yarn@4.5.0", "workspaces": ["packages/*"], "scripts": { "test": "yarn workspaces foreach -A run test" } }"#;
    let settings = ("nodeLinker: node-modules\n", "");
    workspace(root, &[(".yarnrc.yml", settings.0), ("yarn.lock", settings.1)], "yarn").await;
}

#[tokio::test]
#[ignore = "slow: npm run test:ecosystems"]
async fn a_workspace_of_bun() {
    if skip("bun workspace", &["bun"]) {
        return;
    }
    let root = r#"{ "name": "all", "private": true, "workspaces": ["packages/*"], "scripts": { "test": "bun run --filter '*' test" } }"#;
    workspace(root, &[("bunfig.toml", "[install]\n")], "bun").await;
}
