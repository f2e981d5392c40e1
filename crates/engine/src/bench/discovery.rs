//! The project's checks with the user's settings: the commands in its manifests, with the exclusions,
//! permissions, names, time limits and additions of `[checks]` in `opencode.toml`. Runs nothing.

use std::path::Path;

use checks::{Check, Choice, Found};

use crate::bench::slot_text;
use crate::config::Config;

/// All checks that are found, with the user's settings applied. `programs` says whether a program exists.
pub(crate) fn find(
    read: &dyn Fn(&str) -> Option<String>,
    files: &[String],
    programs: &dyn Fn(&str) -> bool,
    config: &Config,
) -> Found {
    let wanted = &config.checks;
    let choice = Choice { exclude: wanted.exclude.clone(), allow: wanted.allow.clone() };
    let mut found = checks::find(read, files, programs, &choice);
    if !wanted.auto {
        found.checks.clear();
        found.refused.clear();
        found.hints.clear();
    }
    for (old, new) in &wanted.rename {
        match found.checks.iter_mut().find(|check| check.name == *old) {
            Some(check) => check.name.clone_from(new),
            None => found.hints.push(format!(
                "`[checks.rename]` names `{old}`, which is no check that was found: remove the line, or correct the name"
            )),
        }
    }
    for command in &wanted.command {
        found.checks.retain(|check| check.name != command.name);
        let check = Check::configured(&command.name, &command.run, Some(command.timeout.get()));
        found.checks.push(checks::resolve(check, read, files));
    }
    for (name, limit) in &wanted.timeout {
        match found.checks.iter_mut().find(|check| check.name == *name) {
            Some(check) => check.timeout = limit.get(),
            None => found.hints.push(format!(
                "`[checks.timeout]` names `{name}`, which is no check that was found: remove the line, or correct the name"
            )),
        }
    }
    found.checks.sort_by_key(|check| check.kind);
    found
}

/// The same in the files of a slot.
pub(crate) fn find_in_slot(root: &Path, files: &[String], config: &Config) -> Found {
    find(&|path: &str| slot_text(root, path), files, &checks::has_program, config)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_user_has_the_last_word_on_what_is_found() {
        let manifest = r#"{"scripts": {"test": "docker compose up", "build": "tsc", "lint": "eslint .", "typecheck": "tsc --noEmit"}}"#;
        let read = |path: &str| (path == "package.json").then(|| manifest.to_owned());
        let find = |text: &str| {
            let config: Config = toml::from_str(text).unwrap();
            find(&read, &["package.json".to_owned()], &|_| true, &config)
        };
        let found = find("");
        let names =
            |found: &Found| found.checks.iter().map(|check| check.name.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&found), "build typecheck lint");
        assert_eq!(found.refused[0].name, "test");
        assert!(found.refused[0].why.contains("allow = [\"test\"]"), "{}", found.refused[0].why);

        let found = find(
            "[checks]\nexclude = [\"type*\"]\nallow = [\"test\"]\n[checks.rename]\nlint = \"style\"\nnone = \"x\"\n\
             [checks.timeout]\nstyle = \"90s\"\n",
        );
        assert_eq!(names(&found), "build style test");
        assert_eq!(found.checks[1].timeout, Duration::from_secs(90));
        assert!(found.hints.iter().any(|hint| hint.contains("`none`")), "{:?}", found.hints);

        let found = find("[checks]\nauto = false\n[[checks.command]]\nname = \"own\"\nrun = \"make x\"\n");
        assert_eq!(names(&found), "own");
        assert!(found.refused.is_empty());
    }
}
