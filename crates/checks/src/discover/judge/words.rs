//! Words in names that show a danger: for programs and files that are in no table.

use super::Why;

/// Parts of names, split at signs and capital letters.
const DANGER: &[(&str, Why)] = &[
    ("publish publisher release releaser bump prerelease changelog", Why::Publishes),
    ("deploy deployment provision promote rollback rollout teardown destroy ship", Why::Deploys),
    (
        "migrate migration migrations migrator seed seeder seeds reseed dropdb createdb resetdb initdb database databases",
        Why::Database,
    ),
    ("reset wipe purge nuke truncate drop", Why::Removes),
    ("upload push pull sync notify slack email mail telemetry webhook report-to", Why::Network),
    ("serve server serverless start dev devserver preview daemon up launch live", Why::Serves),
    ("watch watcher watchmode livereload hot", Why::Watches),
    ("e2e endtoend", Why::EndToEnd),
    (
        "browser browsers cypress playwright puppeteer selenium webdriver chrome chromium firefox safari webkit headless screenshot screenshots visual storybook",
        Why::Browser,
    ),
    ("docker compose podman container containers kubernetes k8s kubectl vagrant", Why::Container),
    ("open login logout interactive prompt wizard password passwd", Why::Interactive),
    ("install uninstall upgrade download installer bootstrap", Why::Installs),
    ("fix fixer autofix format reformat prettify write", Why::Rewrites),
    ("commit tag rebase", Why::Repository),
    ("ios android emulator simulator device", Why::Device),
    ("sudo kill", Why::System),
];

/// Those of them that are harmless for a file among tests.
const SOFT: &[Why] = &[
    Why::Publishes,
    Why::Deploys,
    Why::Database,
    Why::Removes,
    Why::Network,
    Why::Serves,
    Why::Watches,
    Why::Container,
    Why::Interactive,
    Why::Installs,
    Why::Rewrites,
    Why::Repository,
    Why::Device,
    Why::System,
];

fn parts(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        let upper = c.is_ascii_uppercase();
        if !c.is_ascii_alphanumeric() || upper && lower {
            all.push(String::new());
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(last) = all.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            last.push(c.to_ascii_lowercase());
        }
    }
    all.retain(|part| !part.is_empty());
    all
}

/// The danger that the name of a program, a script or a file shows.
pub(super) fn danger(name: &str) -> Option<Why> {
    let parts = parts(name);
    let joined = parts.join("");
    if joined.contains("endtoend") {
        return Some(Why::EndToEnd);
    }
    let has = |words: &str| words.split(' ').any(|word| parts.iter().any(|part| part == word));
    DANGER.iter().find(|(words, _)| has(words)).map(|(_, why)| *why)
}

/// The danger that a program file's path shows; test files may be named after what they test.
pub(super) fn danger_of_file(path: &str) -> Option<Why> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let among_tests =
        folders.split('/').any(|part| ["test", "tests", "spec", "specs", "__tests__"].contains(&part))
            || [".test.", ".spec.", "_test.", "-test."].iter().any(|mark| file.contains(mark))
            || stem.starts_with("test");
    danger(path).filter(|why| !(among_tests && SOFT.contains(why)))
}

/// The danger that the arguments of a program show: only words and options, no paths, texts or
/// values.
pub(super) fn danger_in(arguments: &[String]) -> Option<Why> {
    let is_name = |word: &&String| {
        !word.contains(['/', ' ', '*', '.', '='])
            && word.trim_start_matches('-').chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c))
    };
    let negated = |word: &str| {
        ["--no-", "--skip", "--without", "--ignore", "--exclude"].iter().any(|begin| word.starts_with(begin))
    };
    arguments.iter().filter(is_name).filter(|word| !negated(word)).find_map(|word| danger(word))
}

/// The assignment that requires a browser: `NAME=chromium`.
pub(super) fn browser_in(assignments: &[String]) -> Option<&String> {
    assignments.iter().find(|word| {
        word.split_once('=')
            .is_some_and(|(_, value)| !value.contains('/') && danger(value) == Some(Why::Browser))
    })
}

/// Whether the arguments of a test runner select end-to-end or browser tests, instead of excluding
/// them.
pub(super) fn names_end_to_end(arguments: &[String]) -> bool {
    let leaves_out = |word: &str| {
        let word = word.to_ascii_lowercase();
        ["ignore", "exclude", "skip", "deselect", "invert", "not "].iter().any(|mark| word.contains(mark))
            || word.starts_with('!')
    };
    let inverted = arguments.iter().any(|word| ["--invert", "-i", "--fgrep-invert"].contains(&word.as_str()));
    arguments.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| arguments.get(at)).map_or("", String::as_str);
        let left_out =
            leaves_out(word) || leaves_out(before) && before.starts_with('-') && !before.contains('=');
        !inverted && !left_out && matches!(danger(word), Some(Why::EndToEnd | Why::Browser))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_their_parts() {
        for (name, expected) in [
            ("scripts/deploy.js", Some(Why::Deploys)),
            ("scripts/buildAndPublish.ts", Some(Why::Publishes)),
            ("db:migrate", Some(Why::Database)),
            ("end-to-end", Some(Why::EndToEnd)),
            ("test:e2e", Some(Why::EndToEnd)),
            ("scripts/build.js", None),
            ("observer", None),
            ("starting", None),
        ] {
            assert_eq!(danger(name), expected, "{name}");
        }
        assert_eq!(danger_of_file("test/server.js"), None);
        assert_eq!(danger_of_file("server.test.js"), None);
        assert_eq!(danger_of_file("test/e2e/run.js"), Some(Why::EndToEnd));
    }

    #[test]
    fn leaving_end_to_end_tests_out_is_not_choosing_them() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (line, expected) in [
            ("--config jest.e2e.json", true),
            ("test/e2e", true),
            ("--exclude test/e2e", false),
            ("--testPathIgnorePatterns=e2e", false),
            ("--ignore=tests/e2e -q", false),
            ("src", false),
        ] {
            assert_eq!(names_end_to_end(&words(line)), expected, "{line}");
        }
    }
}
