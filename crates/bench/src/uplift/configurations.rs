//! The ways of working that are compared.
//!
//! Data: `mission`, `replay` and `predict` use it. `toml` does not contain what is off: only replayed missions can
//! leave gates out, a mission with files has them all.

use std::fmt::Write;
use std::sync::LazyLock;

use mission::{Basis, Gate};

/// The engine with these settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Configuration {
    pub name: &'static str,
    pub about: &'static str,
    pub fixes: u32,
    pub fresh: u32,
    pub splits: u32,
    pub candidates: u32,
    pub quorum: u32,
    /// `[mission] tests`.
    pub tests: &'static str,
    /// Gates that are off, for ablations in replayed missions. A user's mission has all gates.
    pub off: &'static [Gate],
    pub max_cycles: u32,
    /// Whether the review of the objective counts; only for ablations, as above.
    pub reviews_objective: bool,
    /// Whether more Reviewers look at the whole after rejected submissions; only for ablations.
    pub doubts: bool,
    /// Whether a Coder may answer that an objection is already met; only for ablations.
    pub answers: bool,
}

pub const DEFAULT: Configuration = Configuration {
    name: "engine",
    about: "the engine as it is set by default",
    fixes: 2,
    fresh: 1,
    splits: 1,
    candidates: 1,
    quorum: 1,
    tests: "independent",
    off: &[],
    max_cycles: 3,
    reviews_objective: true,
    doubts: true,
    answers: true,
};

const OWN_TESTS: Configuration = Configuration {
    name: "tests by the coder",
    about: "nobody else writes tests: `tests = \"coder\"`",
    tests: "coder",
    ..DEFAULT
};

pub const CONFIGURATIONS: &[Configuration] = &[
    DEFAULT,
    OWN_TESTS,
    Configuration {
        name: "ladder alone",
        about: "what the formula of the design is about: tests by the coder, one cycle, no review of the objective",
        max_cycles: 1,
        reviews_objective: false,
        ..OWN_TESTS
    },
    Configuration { name: "candidates 3", about: "three coders at each attempt", candidates: 3, ..DEFAULT },
    Configuration { name: "quorum 3", about: "three reviewers vote", quorum: 3, ..DEFAULT },
    Configuration {
        name: "candidates 3 and quorum 3",
        about: "three coders at each attempt, and three reviewers vote",
        candidates: 3,
        quorum: 3,
        ..DEFAULT
    },
    Configuration {
        name: "deep",
        about: "all of these, and a deeper ladder: fresh = 2, splits = 2",
        candidates: 3,
        quorum: 3,
        fresh: 2,
        splits: 2,
        ..DEFAULT
    },
    Configuration {
        name: "thorough",
        about: "five reviewers vote, and a deeper ladder: fresh = 2, splits = 2, max_cycles = 5",
        quorum: 5,
        fresh: 2,
        splits: 2,
        max_cycles: 5,
        ..DEFAULT
    },
    Configuration {
        name: "thorough with candidates 3",
        about: "the same, and three coders at each attempt",
        candidates: 3,
        quorum: 5,
        fresh: 2,
        splits: 2,
        max_cycles: 5,
        ..DEFAULT
    },
    Configuration {
        name: "utmost",
        about: "nine reviewers vote, and all that the ladder can do: fresh = 3, splits = 3, max_cycles = 8",
        quorum: 9,
        fresh: 3,
        splits: 3,
        max_cycles: 8,
        ..DEFAULT
    },
    Configuration {
        name: "thorough with tests by the coder",
        about: "the same with `tests = \"coder\"`",
        quorum: 5,
        fresh: 2,
        splits: 2,
        max_cycles: 5,
        ..OWN_TESTS
    },
];

/// Each is the default without one thing: first each gate of the table, then the others.
pub static ABLATIONS: LazyLock<Vec<Configuration>> = LazyLock::new(|| {
    let mut all: Vec<Configuration> = Gate::ALL.iter().filter_map(without).collect();
    all.extend_from_slice(OTHER_ABLATIONS);
    all
});

/// The default without a gate; `None` for scope, because no change can be judged without it.
fn without(gate: &'static Gate) -> Option<Configuration> {
    let off = std::slice::from_ref(gate);
    let rest = match gate.basis() {
        _ if *gate == Gate::Scope => return None,
        // Without that gate no Coder is asked for its tests.
        Basis::OtherCoder => OWN_TESTS,
        _ => Configuration { off, ..DEFAULT },
    };
    Some(Configuration { name: format!("no {}", gate.name()).leak(), ..rest })
}

const OTHER_ABLATIONS: &[Configuration] = &[
    Configuration { name: "no review of the objective", reviews_objective: false, ..DEFAULT },
    Configuration { name: "no doubt", doubts: false, ..DEFAULT },
    Configuration { name: "no answer to an objection", answers: false, ..DEFAULT },
    Configuration { name: "no further cycles", max_cycles: 1, ..DEFAULT },
    Configuration { name: "no repairs", fixes: 0, ..DEFAULT },
    Configuration { name: "no fresh attempt", fresh: 0, ..DEFAULT },
    Configuration { name: "no split", splits: 0, ..DEFAULT },
];

impl Configuration {
    /// One attempt, to get the verdicts of the gates on it.
    pub const JUDGING: Configuration = Configuration {
        name: "judging",
        about: "one attempt",
        fixes: 0,
        fresh: 0,
        splits: 0,
        tests: "coder",
        max_cycles: 1,
        ..DEFAULT
    };
    /// The same with tests by another Coder.
    pub const JUDGING_TESTED: Configuration =
        Configuration { tests: "independent", ..Configuration::JUDGING };

    pub fn find(name: &str) -> Option<&'static Configuration> {
        CONFIGURATIONS.iter().find(|one| one.name == name)
    }

    /// Whether another Coder writes the tests of changes in behaviour.
    pub fn independent_tests(&self) -> bool {
        self.tests == "independent"
    }

    pub fn off(&self, gate: Gate) -> bool {
        self.off.contains(&gate)
    }

    /// The settings as text for `opencode.toml`.
    pub fn toml(&self) -> String {
        let mut text = format!(
            "[mission]\nparallel = 4\nmax_cycles = {}\ntests = \"{}\"\n[heal]\nfixes = {}\nfresh = {}\nsplits = {}\ncandidates = {}\n\
             [review]\nquorum = {}\n",
            self.max_cycles, self.tests, self.fixes, self.fresh, self.splits, self.candidates, self.quorum
        );
        text.push_str("[budget]\ncalls = \"none\"\nwall = \"none\"\n[budget.task]\ncalls = \"none\"\n");
        text.push_str("[workspace]\nsetup = \"none\"\ncopy = []\n[checks]\nauto = false\n");
        let _ = write!(text, "[[checks.command]]\nname = \"test\"\nrun = \"npm test\"\ntimeout = \"10m\"\n");
        text
    }

    /// Calls of a mission of `n` tasks in which everything is right at once: the Searcher, the Planner, a Coder and the
    /// Reviewers for each task, and the Reviewers of the objective.
    pub fn perfect_pass(&self, n: usize) -> u64 {
        2 + n as u64 * (1 + u64::from(self.quorum)) + u64::from(self.quorum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gate_of_the_table_has_a_line_of_the_ablation() {
        for gate in Gate::ALL.iter().filter(|gate| **gate != Gate::Scope) {
            let name = format!("no {}", gate.name());
            let line = ABLATIONS.iter().find(|line| line.name == name);
            assert!(line.is_some_and(|line| line.off(*gate) || !line.independent_tests()), "{name}");
        }
        let mut names: Vec<&str> = ABLATIONS.iter().map(|line| line.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ABLATIONS.len(), "two lines have one name");
    }
}
