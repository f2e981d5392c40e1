//! The Coder's first text.

#![allow(clippy::unwrap_used)]

mod shop;

use context::{Index, estimate_tokens, task_context};
use expect_test::{Expect, expect};
use std::fmt::Write;

/// A long file in which few lines matter.
fn long() -> String {
    let mut text = String::from("//! Many things.\n\nuse crate::near::helper;\n\n");
    for n in 0..60 {
        let name = if n == 37 { "parse_invoice".to_owned() } else { format!("thing_{n}") };
        write!(
            text,
            "/// Does it.\npub fn {name}(x: u32) -> u32 {{\n    let y = x + {n};\n    helper(y)\n}}\n\n"
        )
        .unwrap();
    }
    text
}

fn check(files: &[(&str, &str)], task: &[&str], objective: &str, budget: usize, expected: Expect) {
    let dir = tempfile::tempdir().unwrap();
    let paths = shop::write(dir.path(), files);
    let index = Index::build(dir.path(), &paths);
    let task: Vec<String> = task.iter().map(|path| (*path).to_owned()).collect();
    let text = task_context(dir.path(), &index, &task, objective, budget, false);
    assert!(estimate_tokens(&text) <= budget);
    expected.assert_eq(&text);
}

#[test]
fn small_files_are_shown_whole_with_their_neighbours_in_outline() {
    check(
        shop::FILES,
        &["src/upload/client.ts", "src/upload/limit.ts"],
        "limit uploads",
        800,
        expect![[r#"
            <file path="src/upload/client.ts">
            import { backoff } from '../net/backoff.js';
            import { Picture } from './picture';

            /** Sends a picture to the store. */
            export async function uploadPicture(picture: Picture) {
              await backoff(() => send(picture));
            }

            function send(picture: Picture) {
              return fetch('/pictures', { method: 'POST', body: picture.bytes });
            }
            </file>
            <file path="src/upload/limit.ts" state="does not exist yet" />

            How this repository does the like:
            <example path="src/upload/picture.ts">
            export interface Picture {
              bytes: Uint8Array;
            }
            </example>

            Neighbours, in outline:
            <outline path="src/net/backoff.ts" of="imported by src/upload/client.ts">
                1  export async function backoff(work: () => Promise<unknown>)
            </outline>
            <calls path="test/upload.test.ts" of="imports src/upload/client.ts">
                2  test('uploads a picture', () => uploadPicture);
            </calls>
        "#]],
    );
}

#[test]
fn of_a_long_file_the_part_that_matters_is_shown() {
    let text = long();
    let files = [
        ("src/lib.rs", "pub mod near;\npub mod long;\n"),
        ("src/long.rs", text.as_str()),
        ("src/near.rs", "pub fn helper(x: u32) -> u32 {\n    x\n}\n"),
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
    ];
    check(
        &files,
        &["src/long.rs"],
        "round what parse_invoice returns",
        400,
        expect![[r#"
            <file path="src/long.rs" lines="364" shown="in part">
                1  //! Many things.
                2  
                3  use crate::near::helper;
                4  
                …  lines 5-226 not shown: thing_0:6, thing_1:12, thing_2:18, thing_3:24, thing_4:30, thing_5:36, thing_6:42, thing_7:48, thing_8:54, thing_9:60, thing_10:66, thing_11:72 and 25 more
              227  /// Does it.
              228  pub fn parse_invoice(x: u32) -> u32 {
              229      let y = x + 37;
              230      helper(y)
              231  }
              232  
                …  lines 233-364 not shown: thing_38:234, thing_39:240, thing_40:246, thing_41:252, thing_42:258, thing_43:264, thing_44:270, thing_45:276, thing_46:282, thing_47:288, thing_48:294, thing_49:300 and 10 more
            </file>

            Neighbours, in outline:
            <outline path="src/near.rs" of="imported by src/long.rs">
                1  pub fn helper(x: u32) -> u32
            </outline>
            <outline path="src/lib.rs" of="imports src/long.rs">
                1  pub mod near;
                2  pub mod long;
            </outline>
        "#]],
    );
}

#[test]
fn what_cannot_be_shown_is_said() {
    check(
        &[("a.bin", "\u{0}"), ("b.txt", "text without an end")],
        &["a.bin", "../outside", "new.py", "b.txt", "./b.txt"],
        "anything",
        300,
        expect![[r#"
            <file path="a.bin" state="not shown: no text, too large, or outside the project" />
            <file path="../outside" state="not shown: no text, too large, or outside the project" />
            <file path="new.py" state="does not exist yet" />
            <file path="b.txt">
            text without an end
            </file>
        "#]],
    );
}

#[test]
fn no_budget_is_exceeded_and_no_line_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let text = long();
    let wide = format!("x = \"{}\"\n", "é".repeat(3000)).repeat(20);
    let mut files = shop::FILES.to_vec();
    files.extend([
        ("src/long.rs", text.as_str()),
        ("wide.py", wide.as_str()),
        ("src/near.rs", "pub fn helper() {}\n"),
    ]);
    let paths = shop::write(dir.path(), &files);
    let index = Index::build(dir.path(), &paths);
    for task in [&paths[..], &["src/long.rs".to_owned()], &["wide.py".to_owned(), "missing".to_owned()], &[]]
    {
        for budget in (0..300).step_by(7).chain((300..6000).step_by(713)) {
            let text = task_context(dir.path(), &index, task, "parse_invoice uploads", budget, false);
            assert!(estimate_tokens(&text) <= budget, "{budget}");
            assert!(text.is_empty() || text.ends_with('\n'), "{budget}: {text}");
        }
    }
}

#[test]
fn a_large_budget_leaves_nothing_out() {
    let dir = tempfile::tempdir().unwrap();
    let paths = shop::write(dir.path(), shop::FILES);
    let index = Index::build(dir.path(), &paths);
    let text = task_context(dir.path(), &index, &paths, "", 100_000, false);
    assert!(!text.contains("Left out") && !text.contains("not shown: no room"), "{text}");
    assert!(text.contains("export class Cart"));
}

#[test]
fn a_long_file_is_shown_by_its_signatures_and_the_bodies_that_matter() {
    let dir = tempfile::tempdir().unwrap();
    let body =
        |name: &str| format!("function {name}(a) {{\n{}}}\n\n", format!("  {name}_call(a)\n").repeat(180));
    let names = ["openDoor", "closeWindow", "refundOrder", "chargeCard", "sendMail", "listItems"];
    let text: String = names.into_iter().map(body).collect();
    std::fs::write(dir.path().join("orders.js"), &text).unwrap();
    std::fs::write(dir.path().join("short.js"), "export const A = 1\n").unwrap();
    let files = ["orders.js".to_string(), "short.js".to_string()];
    let index = Index::build(dir.path(), &files);
    let shown = task_context(dir.path(), &index, &files, "make refundOrder exact", 24_000, true);
    for name in names {
        assert!(shown.contains(&format!("function {name}(a)")), "{name}: {shown}");
    }
    assert!(shown.contains("refundOrder_call") && !shown.contains("sendMail_call"), "{shown}");
    assert!(shown.contains("<file path=\"short.js\">\nexport const A = 1\n"), "a short one is whole");
    assert!(shown.len() < text.len(), "{}", shown.len());
}

#[test]
fn of_an_imported_file_what_the_task_names_is_shown_and_near_copies_once() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["greet", "thank", "warn", "ask", "wave"];
    let words = |n: usize| -> String {
        names.iter().map(|name| format!("export function {name}() {{\n  return {n}\n}}\n")).collect()
    };
    let uses =
        "import './de'\nimport './fr'\nimport { bake } from './oven'\nbake(); greet(); thank(); warn();\n";
    let oven = "export function bake() {}\nexport function clean() {}\nexport function sell() {}\n";
    let files = [("app.js", uses), ("oven.js", oven), ("de.js", &words(1)), ("fr.js", &words(2))];
    let paths = shop::write(dir.path(), &files);
    let index = Index::build(dir.path(), &paths);
    let shown = task_context(dir.path(), &index, &paths[..1], "bake and sell", 24_000, true);
    assert_eq!(shown.matches("export function greet").count(), 1, "{shown}");
    assert!(shown.contains("Also connected: fr.js.") || shown.contains("Also connected: de.js."), "{shown}");
    assert!(shown.contains("function bake") && shown.contains("function sell"), "{shown}");
    assert!(!shown.contains("function clean") && !shown.contains("function wave"), "{shown}");
}
