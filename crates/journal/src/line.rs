//! One line of the journal: `{"v":1,"seq":7,"crc":"0a1b2c3d","event":{…}}`.
//!
//! The layout is fixed to the byte up to the event, so that the text which the checksum covers is the
//! text that is on disk and not a re-encoding of it.

/// The place of an event in its journal, from 1, without gaps.
pub type Seq = u64;

/// The version of the line's layout that this program writes. A line of every version is kept as a fixture.
pub const VERSION: u64 = 1;

/// The most bytes that a line may have, its newline included.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// A decoded line with a valid checksum.
pub(crate) struct JournalLine<'a> {
    pub(crate) seq: Seq,
    pub(crate) event: &'a str,
}

/// Why a line cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LineError {
    Newer { found: u64 },
    Damaged(String),
}

/// The bytes to append for `event`, which is JSON without a newline.
pub(crate) fn encode(seq: Seq, event: &str) -> String {
    let crc = checksum(VERSION, seq, event);
    format!("{{\"v\":{VERSION},\"seq\":{seq},\"crc\":\"{crc:08x}\",\"event\":{event}}}\n")
}

/// Decodes a line, given without its newline, and checks it.
pub(crate) fn decode(bytes: &[u8]) -> Result<JournalLine<'_>, LineError> {
    let damaged = |why: &str| LineError::Damaged(why.to_owned());
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("the line is not text (UTF-8)"))?;
    let layout = || damaged("the line does not have the layout of an event");
    let rest = text.strip_prefix("{\"v\":").ok_or_else(layout)?;
    let (version, rest) = number(rest).ok_or_else(layout)?;
    // A later layout may differ in everything after the version, so the version is checked first.
    if version > VERSION {
        return Err(LineError::Newer { found: version });
    }
    let rest = rest.strip_prefix(",\"seq\":").ok_or_else(layout)?;
    let (seq, rest) = number(rest).ok_or_else(layout)?;
    let rest = rest.strip_prefix(",\"crc\":\"").ok_or_else(layout)?;
    let (crc, rest) = rest.split_once('"').ok_or_else(layout)?;
    let event =
        rest.strip_prefix(",\"event\":").and_then(|rest| rest.strip_suffix('}')).ok_or_else(layout)?;
    let computed = format!("{:08x}", checksum(version, seq, event));
    if crc != computed {
        return Err(LineError::Damaged(format!("the checksum is {computed} where {crc} was recorded")));
    }
    Ok(JournalLine { seq, event })
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

/// Covers the version and the sequence too, so that a moved or renumbered line is found like an altered
/// one.
fn checksum(version: u64, seq: Seq, event: &str) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(format!("{version}:{seq}:").as_bytes());
    hasher.update(event.as_bytes());
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let text = encode(7, r#"{"kind":"note","text":"a \"b\" é"}"#);
        let line = decode(text.trim_end_matches('\n').as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!((line.seq, line.event), (7, r#"{"kind":"note","text":"a \"b\" é"}"#));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let text = encode(12, r#"{"kind":"note"}"#);
        let good = text.trim_end_matches('\n').as_bytes();
        for position in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.to_vec();
                bad[position] ^= 1 << bit;
                assert!(
                    decode(&bad).is_err(),
                    "byte {position} bit {bit}: {}",
                    String::from_utf8_lossy(&bad)
                );
            }
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        assert_eq!(decode(br#"{"v":9,"whatever":true}"#).err(), Some(LineError::Newer { found: 9 }));
    }
}
