//! An index on disk: after reading it answers like a new one, and damaged bytes are never used.

#![allow(clippy::unwrap_used)]

mod shop;

use context::{Damage, Index, Kept};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

const QUESTIONS: [&str; 4] =
    ["retry uploading pictures with a backoff", "total of the carts", "checkout", "`net/backoff.ts` picture"];

/// All answers of an index to some questions.
fn answers(index: &Index) -> Vec<String> {
    QUESTIONS.iter().map(|question| serde_json::to_string(&index.search(question, 50)).unwrap()).collect()
}

fn project() -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let files = shop::write(dir.path(), shop::FILES);
    (dir, files)
}

fn bytes() -> Vec<u8> {
    let (dir, files) = project();
    Index::build(dir.path(), &files).to_bytes("head").unwrap()
}

/// Damaged bytes with a correct header, which a checksum cannot detect.
fn sealed_again(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes[24..]);
    bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    let length = (bytes.len() - 24) as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn a_kept_index_answers_as_a_new_one_and_parses_nothing_again() {
    let (dir, files) = project();
    let index = Index::build(dir.path(), &files);
    let kept = Kept::from_bytes(&index.to_bytes("commit 1").unwrap()).unwrap();
    assert_eq!(kept.label(), "commit 1");
    let again = kept.rebuild(dir.path(), &files);
    assert_eq!(again.stats().reused, files.len());
    assert_eq!(answers(&again), answers(&index));
    // A file with the same content at another place is recognised by its hash.
    let (other, files) = project();
    let there = kept.rebuild(other.path(), &files);
    assert_eq!(there.stats().reused, files.len());
    assert_eq!(answers(&there), answers(&index));
    assert_eq!(again.to_bytes("x"), index.to_bytes("x"), "the same files give the same bytes");
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let bytes = bytes();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(Kept::from_bytes(&damaged).is_err(), "bit {} of byte {at}", at % 8);
        assert!(Kept::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Kept::from_bytes(&longer).unwrap_err(), Damage::Broken);
}

#[test]
fn another_version_is_told_from_damage() {
    let mut other = bytes();
    other[8] += 1;
    assert_eq!(Kept::from_bytes(&other).unwrap_err(), Damage::OtherVersion);
    // The first word of the content is the program's version.
    let mut other = bytes();
    other[25] = b'9';
    assert_eq!(Kept::from_bytes(&sealed_again(other)).unwrap_err(), Damage::OtherVersion);
    assert_eq!(Kept::from_bytes(b"{\"json\": true}").unwrap_err(), Damage::Foreign);
    assert_eq!(Kept::from_bytes(b"").unwrap_err(), Damage::Foreign);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Bytes with a correct checksum that we did not write: they are refused, or they can be searched without a
    /// panic.
    #[test]
    fn a_forged_index_does_no_harm(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        thread_local!(static BYTES: Vec<u8> = bytes());
        let mut forged = BYTES.with(Clone::clone);
        let length = forged.len() - 24;
        for (at, byte) in changes {
            forged[24 + at.index(length)] = byte;
        }
        if let Ok(kept) = Kept::from_bytes(&sealed_again(forged)) {
            let dir = tempfile::tempdir().unwrap();
            let files: Vec<String> = shop::FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
            let index = kept.update(dir.path(), &files, &[]);
            answers(&index);
            index.evidence(QUESTIONS[0]).passages(&context::Weights::LEARNED, 1_000);
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Kept::from_bytes(&bytes).is_err());
        let mut led = b"ocoindex\x01\0\0\0".to_vec();
        led.extend([0; 12]);
        led.extend(bytes);
        prop_assert!(Kept::from_bytes(&sealed_again(led)).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

  /// After any changes, additions and removals, in any order, an updated index answers like a new one.
    #[test]
    fn an_index_carried_on_is_as_good_as_a_new_one(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..5_u8), 1..6), told in any::<bool>()
    ) {
        let (dir, mut files) = project();
        let mut index = Index::build(dir.path(), &files);
        for (n, (at, what)) in edits.into_iter().enumerate() {
            let path = files[at.index(files.len())].clone();
            let mut changed = vec![path.clone()];
            match what {
                0 if files.len() > 2 => {
                    fs::remove_file(dir.path().join(&path)).unwrap();
                    files.retain(|file| *file != path);
                }
                1 => {
                    let new = format!("src/new{n}.ts");
                    write(dir.path(), &new, &format!("import {{ Cart }} from './cart';\nexport function checkoutLater{n}() {{}}\n"));
                    changed.push(new.clone());
                    files.push(new);
                }
                2 => write(dir.path(), &path, ""),
                _ => {
                    let text = fs::read_to_string(dir.path().join(&path)).unwrap_or_default();
                    write(dir.path(), &path, &format!("{text}\nexport function pictureTotal{n}() {{ backoff(); }}\n"));
                }
            }
            index = if told { index.update(dir.path(), &files, &changed) } else { index.rebuild(dir.path(), &files) };
        }
        let new = Index::build(dir.path(), &files);
        prop_assert_eq!(answers(&index), answers(&new));
        prop_assert_eq!(index.stats().edges, new.stats().edges);
        prop_assert_eq!(index.to_bytes("x"), new.to_bytes("x"));
    }
}

fn write(root: &Path, path: &str, text: &str) {
    fs::write(root.join(path), text).unwrap();
}
