//! Random settings files: they are read without a panic, with the same result each time, and never loosen what they may
//! not. `CASES` says how many.

use super::{EXAMPLE, source};
use crate::config::{Config, Trusted, load};

const VALUES: [&str; 18] = [
    "true",
    "false",
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "1.5",
    "inf",
    "\"none\"",
    "\"all\"",
    "\"\"",
    "\"5m\"",
    "[]",
    "[\"~/.ssh\"]",
    "{}",
    "\"\\u202e\"",
    "'''",
    "1979-05-27",
];

/// The example with some of its lines changed.
fn text(random: &mut fastrand::Rng) -> String {
    // A section that only the user's own file may have is refused elsewhere
    let anyone = EXAMPLE.split("\n[dispatch]").next().unwrap_or_default();
    let mut lines: Vec<String> = anyone.lines().map(str::to_owned).collect();
    for _ in 0..random.usize(0..6) {
        let at = random.usize(0..lines.len());
        let value = VALUES[random.usize(0..VALUES.len())];
        let line = &mut lines[at];
        match random.u8(0..7) {
            0..=2 => *line = format!("{} = {value}", line.split('=').next().unwrap_or("x").trim()),
            3 => line.clear(),
            4 => {
                let at = line.char_indices().nth(3).map_or(line.len(), |(at, _)| at);
                line.insert(at, '\u{e9}');
            }
            5 => *line = line.repeat(2),
            _ => {
                let from = random.usize(0..lines.len());
                lines.swap(at, from);
            }
        }
    }
    let mut text = lines.join("\n");
    if random.u8(0..8) == 0 {
        let cut = random.usize(0..text.len());
        text.truncate((0..=cut).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    }
    text
}

#[test]
fn any_text_is_read_and_what_is_not_trusted_loosens_nothing() {
    let cases = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300_u64);
    let mut read = 0;
    for seed in 0..cases {
        let text = text(&mut fastrand::Rng::with_seed(seed));
        let own = load(source("own.toml", &text), None, None, Trusted::default());
        let theirs = load(None, source("opencode.toml", &text), None, Trusted::default());
        assert_eq!(own.is_ok(), theirs.is_ok(), "seed {seed}: trust decides what is valid");
        match (own, theirs) {
            (Ok(own), Ok(theirs)) => {
                read += 1;
                assert!(own.withheld.is_empty(), "seed {seed}");
                loosens_nothing(&theirs, seed);
            }
            (Err(problems), _) | (_, Err(problems)) => {
                assert!(!problems.is_empty(), "seed {seed}");
                let lines = text.lines().count() + 1;
                for problem in problems {
                    assert!(
                        (1..=lines).contains(&problem.line) && problem.column > 0,
                        "seed {seed}: {problem}"
                    );
                }
            }
        }
    }
    assert!(read * 20 > cases, "{read} of {cases} were valid: the others test only errors");
}

fn loosens_nothing(config: &Config, seed: u64) {
    let usual = Config::default();
    let (sandbox, roles) = (&config.sandbox, &config.roles);
    assert!(!roles.coder.bash && !roles.fixer.bash, "seed {seed}: a shell");
    assert!(config.checks.command.is_empty(), "seed {seed}: a command");
    assert!(sandbox.allow_read.is_empty() && sandbox.allow_write.is_empty(), "seed {seed}: a way out");
    assert!(
        matches!(sandbox.settings().network, checks::Network::None | checks::Network::Loopback),
        "seed {seed}: the network"
    );
    assert!(
        matches!(sandbox.settings().require, None | Some(checks::Level::Full)),
        "seed {seed}: the sandbox"
    );
    assert!(config.mission.parallel <= usual.mission.parallel, "seed {seed}: slots");
    assert!(config.mission.max_cycles <= usual.mission.max_cycles, "seed {seed}: cycles");
    assert_eq!(config.workspace.directory, usual.workspace.directory, "seed {seed}: where slots lie");
    assert_eq!(config.command, usual.command, "seed {seed}: the command's name");
}
