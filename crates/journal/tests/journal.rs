//! The journal against what disks do to files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use expect_test::{Expect, expect};
use journal::{Error, Journal, ReadError, Reader, Redactor, read, write_atomic};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Event {
    Noted { text: String },
    Counted { n: u64 },
}

fn noted(text: &str) -> Event {
    Event::Noted { text: text.to_owned() }
}

/// A journal of three events, closed.
fn three(path: &Path) -> Vec<Event> {
    let events = vec![noted("one"), Event::Counted { n: u64::MAX }, noted("drei \"é\"\n")];
    let mut journal = Journal::create(path, Redactor::shapes_only()).unwrap();
    for (n, event) in events.iter().enumerate() {
        assert_eq!(journal.append(event).unwrap(), n as u64 + 1);
    }
    events
}

/// Alters a journal of three events and compares what a reader says of it.
fn check(damage: impl FnOnce(Vec<u8>) -> Vec<u8>, expected: Expect) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    three(&path);
    let damaged = damage(fs::read(&path).unwrap());
    fs::write(&path, &damaged).unwrap();
    let said = match read::<Event>(&path) {
        Ok(found) => {
            let torn =
                found.torn.map(|t| format!("line {} at {}, {} bytes: {}", t.line, t.offset, t.bytes, t.why));
            format!("{} events, torn: {torn:?}", found.events.len())
        }
        Err(error) => error.to_string().replace(&dir.path().display().to_string(), "DIR"),
    };
    expected.assert_eq(&said);
    assert_eq!(fs::read(&path).unwrap(), damaged, "reading changes nothing");
}

#[test]
fn events_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let events = three(&path);
    let found = read::<Event>(&path).unwrap();
    assert_eq!((found.events, found.torn), (events, None));
}

#[test]
fn a_torn_last_line_is_dropped_and_reported() {
    let cut = |mut text: Vec<u8>| {
        text.truncate(text.len() - 10);
        text
    };
    check(cut, expect![[r#"2 events, torn: Some("line 3 at 156, 71 bytes: it has no end")"#]]);
    check(
        |text| text[..text.len() - 1].to_vec(),
        expect![[r#"2 events, torn: Some("line 3 at 156, 80 bytes: it has no end")"#]],
    );
    // The length reached the disk, the bytes did not.
    check(
        |text| [text, vec![0; 40]].concat(),
        expect![[r#"3 events, torn: Some("line 4 at 237, 40 bytes: it has no end")"#]],
    );
    check(|_| Vec::new(), expect!["0 events, torn: None"]);
}

#[test]
fn damage_before_the_last_line_names_the_line() {
    let flip = |mut text: Vec<u8>| {
        let at = text.iter().position(|b| *b == b'\n').unwrap_or_default() - 6;
        text[at] ^= 1;
        text
    };
    check(
        flip,
        expect![[r#"
            DIR/journal.jsonl:1: the journal is damaged: the checksum is 451448ec where 7874615c was recorded
            hint: the lines before it are intact, but nothing is resumed from a file that was altered; restore it from a backup, or start a new mission"#]],
    );
    let without_second = |text: Vec<u8>| {
        let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
        [lines[0], lines[2], lines[2]].concat()
    };
    check(
        without_second,
        expect![[r#"
            DIR/journal.jsonl:2: the journal is damaged: event 3 stands where event 2 belongs
            hint: the lines before it are intact, but nothing is resumed from a file that was altered; restore it from a backup, or start a new mission"#]],
    );
    check(
        |text| [b"{\"v\":2,\"new\":1}\n".to_vec(), text].concat(),
        expect![[r#"
        DIR/journal.jsonl:1: this journal was written by a newer version of opencode-orchestrator (format 2, this one knows up to 1)
        hint: update opencode-orchestrator, then resume"#]],
    );
}

#[test]
fn an_unknown_event_is_not_taken_for_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut journal = Journal::create(&path, Redactor::shapes_only()).unwrap();
    journal.append(&serde_json::json!({ "kind": "from_the_future" })).unwrap();
    let error = read::<Event>(&path).unwrap_err();
    assert!(matches!(error, ReadError::Unknown { line: 1, .. }), "{error}");
}

#[test]
fn lines_of_every_version_stay_readable() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1.jsonl");
    let found = read::<Event>(&fixture).unwrap();
    assert_eq!(found.events, [noted("begun"), Event::Counted { n: 2 }]);
}

#[test]
fn reopening_cuts_the_torn_line_keeps_its_bytes_and_continues() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    three(&path);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"{\"v\":1,\"seq\":4,\"cr"].concat()).unwrap();

    let (mut journal, found) = Journal::<Event>::reopen(&path, Redactor::shapes_only()).unwrap();
    assert_eq!((found.events.len(), found.torn.map(|torn| torn.line)), (3, Some(4)));
    assert_eq!(fs::read(&path).unwrap(), whole);
    assert_eq!(fs::read(dir.path().join("journal.jsonl.torn")).unwrap(), b"{\"v\":1,\"seq\":4,\"cr");
    assert_eq!(journal.append(&noted("four")).unwrap(), 4);
    drop(journal);
    assert_eq!(read::<Event>(&path).unwrap().events.len(), 4);
}

#[test]
fn every_cut_of_the_file_reopens_to_a_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let events = three(&path);
    let whole = fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let lines = whole[..length].iter().filter(|b| **b == b'\n').count();
        let (_, found) = Journal::<Event>::reopen(&path, Redactor::shapes_only()).unwrap();
        assert_eq!(found.events, events[..lines], "cut at {length}");
    }
}

#[test]
fn whatever_happens_to_the_bytes_what_is_read_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let events = three(&path);
    let whole = fs::read(&path).unwrap();
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..500 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let (from, to) = (next(bytes.len()), next(bytes.len()));
            match next(4) {
                0 => bytes[from] = u8::try_from(next(256)).unwrap(),
                1 => bytes.insert(from, b'\n'),
                2 => drop(bytes.drain(from.min(to)..from.max(to))),
                _ => bytes.swap(from, to),
            }
            if bytes.is_empty() {
                break;
            }
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(found) = read::<Event>(&path) {
            assert!(events.starts_with(&found.events), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn a_reader_follows_a_growing_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut journal = Journal::create(&path, Redactor::shapes_only()).unwrap();
    let mut reader = Reader::<Event>::open(&path).unwrap();
    assert_eq!(reader.poll().unwrap(), []);
    journal.append(&noted("one")).unwrap();
    journal.append(&noted("two")).unwrap();
    assert_eq!(reader.poll().unwrap(), [noted("one"), noted("two")]);
    assert_eq!(reader.poll().unwrap(), []);
    journal.append(&noted("three")).unwrap();
    assert_eq!(reader.poll().unwrap(), [noted("three")]);
}

#[test]
fn secrets_do_not_reach_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let env = [("DEPLOY_TOKEN".to_owned(), "tomato-soup-17".to_owned())];
    let redactor = Redactor::new(env.into_iter());
    let event = redactor.redact_value(&noted("use tomato-soup-17")).unwrap();
    let mut journal = Journal::create(&path, redactor).unwrap();
    journal.append(&noted("use tomato-soup-17")).unwrap();
    assert_eq!(read::<Event>(&path).unwrap().events, std::slice::from_ref(&event));
    assert_eq!(event, noted("use [redacted:DEPLOY_TOKEN]"));
}

#[test]
fn one_writer_and_no_overwriting() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let writer = Journal::<Event>::create(&path, Redactor::shapes_only()).unwrap();
    let second = Journal::<Event>::reopen(&path, Redactor::shapes_only());
    assert!(matches!(second, Err(Error::Busy { .. })));
    drop(writer);
    assert!(Journal::<Event>::create(&path, Redactor::shapes_only()).is_err());
    assert!(Journal::<Event>::reopen(&path, Redactor::shapes_only()).is_ok());
}

#[test]
fn an_event_too_large_is_refused_before_a_byte_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut journal = Journal::create(&path, Redactor::shapes_only()).unwrap();
    let error = journal.append(&noted(&" ".repeat(journal::MAX_LINE))).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    journal.append(&noted("small")).unwrap();
}

/// A limit on file sizes acts as a full disk: the write stops in the middle of a line.
#[cfg(unix)]
#[test]
fn on_a_full_disk_the_file_ends_with_a_whole_line_and_goes_on_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact --ignored --nocapture fill_the_disk"])
        .arg(std::env::current_exe().unwrap())
        .env("JOURNAL_TEST_PATH", &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("cut back to the last whole line") && said.contains("hint: "), "{said}");

    let (mut journal, found) = Journal::<Event>::reopen(&path, Redactor::shapes_only()).unwrap();
    assert!(found.torn.is_none() && found.events.len() > 4, "{found:?}");
    journal.append(&noted("space again")).unwrap();
}

#[cfg(unix)]
#[test]
#[ignore = "runs in a process of its own, started by the test above"]
fn fill_the_disk() {
    let Some(path) = std::env::var_os("JOURNAL_TEST_PATH") else { return };
    let mut journal = Journal::create(Path::new(&path), Redactor::shapes_only()).unwrap();
    let event = noted(&"x".repeat(900));
    let error = (0..1000).find_map(|_| journal.append(&event).err()).expect("the limit is reached");
    assert!(matches!(error, Error::Append { poisoned: false, .. }));
    println!("{error}");
    // A smaller event that fits is accepted, and the sequence has no gap.
    journal.append(&Event::Counted { n: 1 }).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_space_is_told_as_that() {
    let error = fs::write("/dev/full", "x").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    let said = Error::Io { doing: "write", path: "/dev/full".into(), source: error }.to_string();
    assert!(said.contains("free some space"), "{said}");
}

/// Measures only; `cargo test -p journal -- --nocapture replay` prints them.
#[test]
fn replay_of_many_events() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let mut journal = Journal::create(&path, Redactor::shapes_only()).unwrap();
    let mut times: Vec<_> = (0..200)
        .map(|n| {
            let start = Instant::now();
            journal.append(&Event::Counted { n }).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("a durable event: median {:?}, slowest {:?}", times[100], times[199]);
    drop(journal);

    // Writes many lines without a sync after each, which is faster.
    let line = fs::read_to_string(&path).unwrap();
    assert_eq!(line.lines().count(), 200);
    let many = dir.path().join("many.jsonl");
    let text: String = (1..=100_000).map(|seq| whole_line(seq, r#"{"kind":"counted","n":7}"#)).collect();
    write_atomic(&many, text.as_bytes()).unwrap();
    let start = Instant::now();
    let found = read::<Event>(&many).unwrap();
    println!("100,000 events replayed in {:?}", start.elapsed());
    assert_eq!((found.events.len(), found.torn), (100_000, None));
}

fn whole_line(seq: u64, event: &str) -> String {
    let crc = crc32fast::hash(format!("1:{seq}:{event}").as_bytes());
    format!("{{\"v\":1,\"seq\":{seq},\"crc\":\"{crc:08x}\",\"event\":{event}}}\n")
}
