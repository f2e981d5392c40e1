//! The gates of a change: one row a gate, in the order in which they look at it. The enum is made from the table, so a gate
//! without a row does not compile. The pipeline in the engine, the report, the ablation in `sim` and the documents read it.

use serde::{Deserialize, Serialize};

/// What a gate is, for readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateRow {
    pub gate: Gate,
    /// As findings, reports and messages call it.
    pub name: &'static str,
    /// The evidence that it looks at.
    pub looks_at: &'static str,
    /// One sentence for the documents: when the gate fails.
    pub fails: &'static str,
    /// Whether it needs an answer of a model.
    pub asks_model: bool,
}

macro_rules! gates {
    ($($gate:ident { name: $name:expr, looks_at: $looks_at:literal, fails: $fails:literal, asks_model: $asks_model:literal })*) => {
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
                        asks_model: $asks_model,
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
        asks_model: false
    }
    Protected {
        name: "protected",
        looks_at: "existing tests, scripts and configuration",
        fails: "One of them changed, and the plan gives no reason for it.",
        asks_model: false
    }
    Guardian {
        name: "guardian",
        looks_at: "the source before and after, by the rules",
        fails: "The change introduced an error.",
        asks_model: false
    }
    IndependentTests {
        name: crate::independent::SOURCE,
        looks_at: "the tests that another coder wrote before the change",
        fails: "One of them does not pass.",
        asks_model: false
    }
    Checks {
        name: "checks",
        looks_at: "the project's own checks, compared with the base",
        fails: "A check fails on something that passed on the base.",
        asks_model: false
    }
    NewTests {
        name: "new tests",
        looks_at: "the tests that the change adds, on the base and on mutants",
        fails: "They pass without the change, or kill no mutant.",
        asks_model: false
    }
    Review {
        name: "review",
        looks_at: "task, acceptance and diff",
        fails: "A Reviewer finds an error, or an acceptance item that is not met.",
        asks_model: true
    }
}

impl Gate {
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The gates after scope that ask no model, in order.
    pub fn without_models() -> impl Iterator<Item = Gate> {
        Gate::ALL.iter().copied().filter(|gate| !gate.row().asks_model && *gate != Gate::Scope)
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
    fn a_journal_names_a_gate_and_not_its_place() {
        let written: Vec<String> =
            Gate::ALL.iter().map(|gate| serde_json::to_string(gate).unwrap()).collect();
        let names = ["scope", "protected", "guardian", "independent_tests", "checks", "new_tests", "review"];
        assert_eq!(written, names.map(|name| format!("\"{name}\"")));
    }
}
