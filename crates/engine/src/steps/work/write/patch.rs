//! Reads a patch as models write it (`*** Begin Patch`) and applies its parts to a text. It reads and writes no file.

/// What a patch does to one file.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Add { path: String, text: String },
    Delete { path: String },
    Update { path: String, to: Option<String>, hunks: Vec<Hunk> },
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Hunk {
    /// A line above the hunk, if the patch names one.
    below: Option<String>,
    old: Vec<String>,
    new: Vec<String>,
    at_end: bool,
}

/// Parses a patch into its parts, in order.
pub(super) fn parse(patch: &str) -> Result<Vec<Part>, String> {
    let wrong = |why: &str| format!("apply_patch verification failed: Error: {why}");
    let text = patch.replace("\r\n", "\n");
    let lines: Vec<&str> = text.trim().lines().collect();
    let begin = lines.iter().position(|line| line.trim() == "*** Begin Patch");
    let end = lines.iter().rposition(|line| line.trim() == "*** End Patch");
    let (Some(begin), Some(end)) = (begin, end) else {
        return Err(wrong("Invalid patch format: missing Begin/End markers"));
    };
    let mut parts: Vec<Part> = Vec::new();
    for line in lines.get(begin + 1..end).unwrap_or_default() {
        let named = |mark: &str| line.strip_prefix(mark).map(|path| path.trim().to_string());
        if let Some(path) = named("*** Add File:") {
            parts.push(Part::Add { path, text: String::new() });
        } else if let Some(path) = named("*** Delete File:") {
            parts.push(Part::Delete { path });
        } else if let Some(path) = named("*** Update File:") {
            parts.push(Part::Update { path, to: None, hunks: Vec::new() });
        } else if let Some(path) = named("*** Move to:") {
            match parts.last_mut() {
                Some(Part::Update { to, .. }) => *to = Some(path),
                _ => return Err(wrong("`*** Move to:` belongs below `*** Update File:`")),
            }
        } else {
            body(parts.last_mut(), line).map_err(|why| wrong(&why))?;
        }
    }
    if parts.is_empty() {
        return Err("patch rejected: empty patch".into());
    }
    Ok(parts)
}

fn body(part: Option<&mut Part>, line: &str) -> Result<(), String> {
    match part {
        Some(Part::Add { text, .. }) => {
            if let Some(line) = line.strip_prefix('+') {
                text.push_str(line);
                text.push('\n');
                return Ok(());
            }
            if line.trim().is_empty() {
                Ok(())
            } else {
                Err(format!("a new file's line begins with `+`: {line}"))
            }
        }
        Some(Part::Update { hunks, .. }) => {
            if let Some(below) = line.strip_prefix("@@") {
                let below = Some(below.trim().to_string()).filter(|below| !below.is_empty());
                hunks.push(Hunk { below, ..Hunk::default() });
                return Ok(());
            }
            if hunks.is_empty() {
                hunks.push(Hunk::default());
            }
            let Some(hunk) = hunks.last_mut() else { return Ok(()) };
            if line.trim() == "*** End of File" {
                hunk.at_end = true;
                return Ok(());
            }
            match (line.get(..1), line.get(1..)) {
                (Some("+"), Some(rest)) => hunk.new.push(rest.into()),
                (Some("-"), Some(rest)) => hunk.old.push(rest.into()),
                (Some(" "), Some(rest)) => {
                    hunk.old.push(rest.into());
                    hunk.new.push(rest.into());
                }
                (None, _) => {
                    hunk.old.push(String::new());
                    hunk.new.push(String::new());
                }
                _ => return Err(format!("a line of a hunk begins with `+`, `-` or a space: {line}")),
            }
            Ok(())
        }
        Some(Part::Delete { .. }) if line.trim().is_empty() => Ok(()),
        Some(Part::Delete { path }) => Err(format!("nothing follows `*** Delete File: {path}`")),
        None if line.trim().is_empty() => Ok(()),
        None => Err("no file is named before the first line".into()),
    }
}

/// The text with these hunks applied, one below the other.
pub(super) fn apply(path: &str, text: &str, hunks: &[Hunk]) -> Result<String, String> {
    let failed = |why: String| format!("apply_patch verification failed: Error: {why}");
    let lines: Vec<&str> = text.lines().collect();
    let (mut result, mut at): (Vec<&str>, usize) = (Vec::new(), 0);
    for hunk in hunks {
        let mut from = at;
        if let Some(below) = &hunk.below {
            let found = seek(&lines, std::slice::from_ref(below), from, false);
            from = found.ok_or_else(|| failed(format!("Failed to find context '{below}' in {path}")))? + 1;
        }
        let mut old = hunk.old.as_slice();
        let mut new = hunk.new.as_slice();
        let place = if old.is_empty() {
            if hunk.below.is_some() { from } else { lines.len() }
        } else {
            let mut found = seek(&lines, old, from, hunk.at_end);
            // An empty line at the end of a hunk is often only the end of the patch.
            if found.is_none()
                && let (Some((last, rest)), trailing) = (old.split_last(), new.split_last())
                && last.is_empty()
            {
                old = rest;
                new = trailing.filter(|(last, _)| last.is_empty()).map_or(new, |(_, rest)| rest);
                found = seek(&lines, old, from, hunk.at_end);
            }
            found.ok_or_else(|| {
                failed(format!("Failed to find expected lines in {path}:\n{}", hunk.old.join("\n")))
            })?
        };
        result.extend(lines.get(at..place).unwrap_or_default());
        // Unchanged lines are taken from the file, not from the model's copy.
        let mut kept = lines.get(place..place + old.len()).unwrap_or_default().iter();
        let mut wanted = old.iter().peekable();
        for line in new {
            match wanted.peek() == Some(&line) {
                true => {
                    wanted.next();
                    result.extend(kept.next());
                }
                false => {
                    let gone = wanted.clone().position(|old| old == line);
                    match gone {
                        Some(gone) => {
                            wanted.nth(gone);
                            result.extend(kept.nth(gone));
                        }
                        None => result.push(line),
                    }
                }
            }
        }
        at = place + old.len();
    }
    result.extend(lines.get(at..).unwrap_or_default());
    let mut joined = result.join("\n");
    if !joined.is_empty() {
        joined.push('\n');
    }
    Ok(joined)
}

/// The first place after `from` that has these lines, with as little tolerance as needed.
fn seek(lines: &[&str], wanted: &[String], from: usize, at_end: bool) -> Option<usize> {
    let last = lines.len().checked_sub(wanted.len())?;
    let ways: [fn(&str, &str) -> bool; 3] =
        [|a, b| a == b, |a, b| a.trim_end() == b.trim_end(), |a, b| a.trim() == b.trim()];
    let from = if at_end { from.max(last) } else { from };
    ways.iter().find_map(|same| {
        (from..=last).find(|at| {
            lines
                .get(*at..*at + wanted.len())
                .is_some_and(|there| there.iter().zip(wanted).all(|(a, b)| same(a, b)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_parts_and_each_is_applied() {
        let patch = "*** Begin Patch\n*** Add File: n.js\n+one\n+two\n*** Update File: a.js\n*** Move to: b.js\n@@ fn f\n-  x\n+  y\n z\n*** Delete File: c.js\n*** End Patch";
        let parts = parse(patch).unwrap();
        assert_eq!(parts[0], Part::Add { path: "n.js".into(), text: "one\ntwo\n".into() });
        assert_eq!(parts[2], Part::Delete { path: "c.js".into() });
        let Part::Update { to, hunks, .. } = &parts[1] else { panic!("{parts:?}") };
        assert_eq!(to.as_deref(), Some("b.js"));
        let after = apply("a.js", "  x\nz\nfn f\n  x\n\tz  \nend\n", hunks).unwrap();
        assert_eq!(after, "  x\nz\nfn f\n  y\n\tz  \nend\n", "the file's own line stays as it is");
        assert!(apply("a.js", "other\n", hunks).unwrap_err().contains("Failed to find context"));
    }

    #[test]
    fn what_is_no_patch_says_why() {
        for (patch, says) in [
            ("x", "missing Begin/End markers"),
            ("*** Begin Patch\n*** End Patch", "empty patch"),
            ("*** Begin Patch\n*** Update File: a\n?x\n*** End Patch", "begins with"),
            ("*** Begin Patch\n+x\n*** End Patch", "no file is named"),
        ] {
            assert!(parse(patch).unwrap_err().contains(says), "{patch}");
        }
    }

    #[test]
    fn lines_are_added_at_the_end_and_removed() {
        let hunks = |text: &str| match parse(&format!(
            "*** Begin Patch\n*** Update File: a\n{text}\n*** End Patch"
        )) {
            Ok(mut parts) => match parts.pop() {
                Some(Part::Update { hunks, .. }) => hunks,
                other => panic!("{other:?}"),
            },
            Err(why) => panic!("{why}"),
        };
        assert_eq!(apply("a", "one\n", &hunks("@@\n+two")).unwrap(), "one\ntwo\n");
        assert_eq!(apply("a", "one\ntwo\none\n", &hunks("@@\n-one\n*** End of File")).unwrap(), "one\ntwo\n");
    }
}
