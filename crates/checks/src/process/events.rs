//! Machine formats: the runner of a test command can write events, from which names of tests are read
//! exactly. People and models get the plain text.
//!
//! For `process`. It must not change a command that the user wrote: only those that discovery composed.

use std::collections::BTreeMap;

use crate::check::Check;
use crate::runners::GoEvent;

/// The command line that runs instead of a check's own, if its runner can write events.
pub(super) fn line(check: &Check, line: &str) -> Option<String> {
    let is_own = check.source.rsplit('/').next() == Some("go.mod");
    let rest = line.strip_prefix("go test ").filter(|_| is_own)?;
    Some(format!("go test -json {rest}"))
}

/// The plain output of the events, package by package, without the lines that only say which test runs.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut open: BTreeMap<String, String> = BTreeMap::new();
    for line in text.lines() {
        let Some(event) = GoEvent::read(line) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let package = event.package.or(event.import_path).unwrap_or_default();
        let is_end = event.test.is_none() && ["pass", "fail", "skip"].contains(&event.action.as_str());
        if let Some(said) = event.output.filter(|said| !is_turn(said)) {
            open.entry(package.clone()).or_default().push_str(&said);
        }
        if is_end {
            out.push_str(&open.remove(&package).unwrap_or_default());
        }
    }
    open.values().for_each(|said| out.push_str(said));
    out
}

/// Whether a line only says which test runs: `=== RUN   TestX`.
fn is_turn(said: &str) -> bool {
    ["=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME "].iter().any(|turn| said.starts_with(turn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_composed_commands_write_events() {
        let mut check = Check::configured("test", "go test ./...", None);
        assert_eq!(line(&check, &check.run), None);
        for source in ["go.mod", "tools/go.mod"] {
            check.source = source.to_owned();
            assert_eq!(line(&check, &check.run).as_deref(), Some("go test -json ./..."));
        }
        assert_eq!(line(&check, "go build ./..."), None);
    }

    #[test]
    fn the_text_is_put_together_package_by_package() {
        let events = "# m/c\nc.go:3: undefined: x\n\
            {\"Action\":\"output\",\"Package\":\"m/a\",\"Test\":\"TestA\",\"Output\":\"=== RUN   TestA\\n\"}\n\
            {\"Action\":\"output\",\"Package\":\"m/b\",\"Test\":\"TestB\",\"Output\":\"--- PASS: TestB (0.00s)\\n\"}\n\
            {\"Action\":\"output\",\"Package\":\"m/a\",\"Test\":\"TestA\",\"Output\":\"no line end\"}\n\
            {\"Action\":\"output\",\"Package\":\"m/a\",\"Test\":\"TestA\",\"Output\":\"--- FAIL: TestA (0.00s)\\n\"}\n\
            {\"Action\":\"fail\",\"Package\":\"m/a\",\"Test\":\"TestA\",\"Elapsed\":0}\n\
            {\"Action\":\"output\",\"Package\":\"m/a\",\"Output\":\"FAIL\\tm/a\\t0.1s\\n\"}\n\
            {\"Action\":\"fail\",\"Package\":\"m/a\",\"Elapsed\":0.1}\n{ not an event }\n";
        let expected = "# m/c\nc.go:3: undefined: x\nno line end--- FAIL: TestA (0.00s)\nFAIL\tm/a\t0.1s\n{ not an event }\n--- PASS: TestB (0.00s)\n";
        assert_eq!(plain(events), expected);
        assert_eq!(plain("ok\n"), "ok\n");
    }
}
