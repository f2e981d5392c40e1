//! Asks an index random questions, or damages a kept index at random, for a number of seconds:
//! `cargo run --release -p context --example fuzz -- query 600` (or `kept 600`, `kept 600 SEED`).
//!
//! It prints the seed, which repeats a failed run. It must not run as a part of the tests.

use context::{Index, Kept};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: fuzz query|kept SECONDS [SEED]";
/// The cases of one round. The time limit is checked between rounds.
const ROUND: u32 = 2_000;
/// The bytes before the content of a kept index: its checksum is at 12, the length of the content at 16.
const HEADER: usize = 24;

const FILES: [(&str, &str); 5] = [
    (
        "src/cart.ts",
        "import { tax } from './tax'\nexport class Cart {\n  addItem(id: string) { return tax(id) }\n}\n",
    ),
    ("src/tax.ts", "export const tax = (id: string) => id.length\n"),
    ("größe/main.py", "def größe_x(wert):\n    return wert\n"),
    ("a b/`c`.rs", "pub fn add_item() {}\n"),
    ("README.md", "# Shop\n\nThe cart adds items.\n"),
];

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let what = args.next().ok_or(USAGE)?;
    let until = Duration::from_secs(args.next().ok_or(USAGE)?.parse()?);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seed: u64 = args.next().map_or_else(|| Ok(now()), |seed| seed.parse())?;
    println!("{what}, seed {seed}");
    let folder = tempfile::tempdir()?;
    let paths = write(folder.path())?;
    let index = Index::build(folder.path(), &paths);
    let bytes = index.to_bytes("fuzz").ok_or("the index has no bytes")?;
    let (started, mut cases) = (Instant::now(), 0_u64);
    while started.elapsed() < until {
        let mut runner = runner(seed.wrapping_add(cases));
        match what.as_str() {
            "query" => said(runner.run(&questions(), |question| asked(&index, &question)))?,
            "kept" => {
                let damaged = damage(bytes.len());
                said(runner.run(&damaged, |changes| kept(folder.path(), &paths, &bytes, &changes)))?;
            }
            _ => return Err(USAGE.into()),
        }
        cases += u64::from(ROUND);
    }
    println!("{cases} cases in {} s, nothing found", started.elapsed().as_secs());
    Ok(())
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: ROUND, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn said<T: std::fmt::Debug>(result: Result<(), TestError<T>>) -> Result<(), Failure> {
    result.map_err(|error| format!("found: {error}").into())
}

fn write(root: &Path) -> Result<Vec<String>, Failure> {
    for (path, text) in FILES {
        let full = root.join(path);
        std::fs::create_dir_all(full.parent().unwrap_or(root))?;
        std::fs::write(full, text)?;
    }
    Ok(FILES.iter().map(|(path, _)| (*path).to_owned()).collect())
}

fn questions() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,200}",
        "([`:/._ #@\\-]|src|größe|Cart|addItem|cart\\.ts|file://|\\.\\./|:[0-9]{1,25}|\u{0}|\u{202e}|\n){0,60}",
        proptest::collection::vec(any::<u8>(), 0..400)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

/// Checks that a question has finite scores, finds lines that exist, and gets the same answer twice.
fn asked(index: &Index, question: &str) -> Result<(), TestCaseError> {
    let hits = index.search(question, 5);
    for hit in &hits {
        prop_assert!(hit.score.is_finite() && index.lines(&hit.path).is_some());
    }
    prop_assert_eq!(&hits, &index.search(question, 5));
    for passage in index.lines_for(question, 100) {
        prop_assert!(passage.from >= 1 && passage.from <= passage.to);
    }
    Ok(())
}

/// Changed bytes, a length to cut to, bytes to append, and whether the header is made valid again.
type Damage = (Vec<(usize, u8)>, Option<usize>, Vec<u8>, bool);

fn damage(length: usize) -> impl Strategy<Value = Damage> {
    let changes = proptest::collection::vec((0..length, any::<u8>()), 0..12);
    let cut = proptest::option::of(0..length);
    (changes, cut, proptest::collection::vec(any::<u8>(), 0..40), any::<bool>())
}

/// Checks that damaged bytes are rejected. Bytes with a valid header may be read, but what they say about a
/// file must not be believed without its content.
fn kept(root: &Path, paths: &[String], bytes: &[u8], damage: &Damage) -> Result<(), TestCaseError> {
    let (changes, cut, end, sealed) = damage;
    let mut own = bytes.to_vec();
    for (at, byte) in changes {
        own[*at] = *byte;
    }
    own.truncate(cut.unwrap_or(own.len()));
    own.extend(end);
    let same = own == bytes;
    if *sealed && own.len() > HEADER {
        let (sum, length) = (crc32fast::hash(&own[HEADER..]), (own.len() - HEADER) as u64);
        own[12..16].copy_from_slice(&sum.to_le_bytes());
        own[16..24].copy_from_slice(&length.to_le_bytes());
    }
    match Kept::from_bytes(&own) {
        Ok(known) => {
            prop_assert!(same || *sealed, "damage was believed");
            let index = known.rebuild(root, paths);
            prop_assert_eq!(index.stats().files, paths.len());
            for question in ["add an item to the cart", "größe", "`src/tax.ts`"] {
                prop_assert!(index.search(question, 9).iter().all(|hit| hit.score.is_finite()));
            }
        }
        Err(_) => prop_assert!(!same, "a sound index was refused"),
    }
    Ok(())
}
