//! The gates of a change: one row per gate, in the order in which they look at it. The enum is made from the table, so
//! a gate without a row does not compile. The engine's pipeline, the report, the ablation in `bench` and the documents
//! read it.

use serde::{Deserialize, Serialize};

/// What a gate is, for readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateRow {
    pub gate: Gate,
    /// The name in findings, reports and messages.
    pub name: &'static str,
    /// The evidence that the gate looks at.
    pub looks_at: &'static str,
    /// One sentence for the documents: when the gate fails.
    pub fails: &'static str,
    pub basis: Basis,
}

/// What a gate's verdict is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Which files the change touches.
    Paths,
    /// The content of the files, before and after.
    Source,
    /// Tests that another Coder wrote before the change, which the engine runs.
    OtherCoder,
    /// Commands of the project and the change, which the engine runs.
    Runs,
    /// The answer of a model.
    Model,
}

/// What a gate says of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateVerdict {
    Pass,
    Fail,
    NoEvidence,
}

macro_rules! gates {
    ($($gate:ident { name: $name:expr, looks_at: $looks_at:literal, fails: $fails:literal, basis: $basis:ident })*) => {
        /// A gate. The order of the variants is the order in which gates look at a change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Gate {
            $(#[doc = $looks_at] $gate,)*
        }

        impl Gate {
            /// Every gate, cheapest first. The first that fails ends the judgement.
            pub const ALL: &[Gate] = &[$(Gate::$gate),*];

            /// What the gate is.
            pub const fn row(self) -> GateRow {
                match self {
                    $(Gate::$gate => GateRow {
                        gate: Gate::$gate,
                        name: $name,
                        looks_at: $looks_at,
                        fails: $fails,
                        basis: Basis::$basis,
                    },)*
                }
            }
        }
    };
}

gates! {
    Scope {
        name: "scope",
        looks_at: "the paths of the change",
        fails: "Nothing changed, or a file changed that is not the task's.",
        basis: Paths
    }
    Protected {
        name: "protected",
        looks_at: "existing tests, scripts and configuration",
        fails: "One of them changed, and the plan gives no reason for it.",
        basis: Paths
    }
    Guardian {
        name: "guardian",
        looks_at: "the source before and after, by the rules",
        fails: "The change introduced an error.",
        basis: Source
    }
    IndependentTests {
        name: "independent tests",
        looks_at: "the tests that another coder wrote before the change",
        fails: "One of them does not pass.",
        basis: OtherCoder
    }
    Checks {
        name: "checks",
        looks_at: "the project's own checks, compared with the base",
        fails: "A check fails on something that passed on the base.",
        basis: Runs
    }
    NewTests {
        name: "new tests",
        looks_at: "the tests that the change adds, on the base and on mutants",
        fails: "They pass without the change, or kill no mutant.",
        basis: Runs
    }
    Review {
        name: "review",
        looks_at: "task, acceptance and diff",
        fails: "A Reviewer finds an error, or an acceptance item that is not met.",
        basis: Model
    }
}

impl Gate {
    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub const fn basis(self) -> Basis {
        self.row().basis
    }

    /// The gates after scope that ask no model, in order.
    pub fn without_models() -> impl Iterator<Item = Gate> {
        Gate::ALL.iter().copied().filter(|gate| gate.basis() != Basis::Model && *gate != Gate::Scope)
    }

    /// The gates that need nothing but the change and its base: no model, and no other Coder.
    pub fn of_a_change() -> impl Iterator<Item = Gate> {
        let alone = |gate: &Gate| !matches!(gate.basis(), Basis::OtherCoder | Basis::Model);
        Gate::ALL.iter().copied().filter(alone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gate_has_a_name_of_its_own_and_words_for_readers() {
        let rows: Vec<GateRow> = Gate::ALL.iter().map(|gate| gate.row()).collect();
        for (i, row) in rows.iter().enumerate() {
            assert!(rows[i + 1..].iter().all(|other| other.name != row.name), "two gates are `{}`", row.name);
            assert!(row.fails.ends_with('.') && !row.looks_at.is_empty(), "`{}` lacks words", row.name);
        }
    }

    #[test]
    fn only_the_last_gates_ask_a_model_as_they_cost_most() {
        let asks = |gate: &Gate| gate.basis() == Basis::Model;
        assert!(Gate::ALL.is_sorted_by_key(asks));
        assert!(Gate::without_models().all(|gate| !asks(&gate) && gate != Gate::Scope));
        assert!(
            Gate::of_a_change().all(|gate| gate == Gate::Scope || Gate::without_models().any(|g| g == gate))
        );
    }

    #[test]
    fn a_journal_names_a_gate_and_not_its_place() {
        let written: Vec<String> =
            Gate::ALL.iter().map(|gate| serde_json::to_string(gate).unwrap()).collect();
        let names = ["scope", "protected", "guardian", "independent_tests", "checks", "new_tests", "review"];
        assert_eq!(written, names.map(|name| format!("\"{name}\"")));
    }
}
