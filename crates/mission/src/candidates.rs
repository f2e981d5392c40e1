//! Several coders at one attempt: whose change goes on.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FailureClass, Gate};

/// What one of several coders made of the same attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub slot: u32,
    /// Of its change; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tree: String,
    /// Why nothing was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailureClass>,
    /// The first gate that refuses it, of those that ask no model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_by: Option<Gate>,
    /// What it does, in words that are the same where two do the same: what the checks say, and the symbols that changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub behaviour: String,
    /// Lines that it adds and takes away.
    #[serde(default)]
    pub lines: u32,
}

/// Whose change goes on, by its place; `None` where nobody handed in anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub chosen: Option<usize>,
    pub why: String,
}

/// Of those that pass the gates, the largest group that does the same, and the smallest change of it; among groups of the
/// same size, the one with the smaller change. Where none passes, the one that came furthest, to be mended.
pub fn choose(candidates: &[Candidate]) -> Choice {
    let all = candidates.len();
    let handed_in = || candidates.iter().enumerate().filter(|(_, c)| c.failed.is_none());
    let smallest = |places: &[usize]| {
        places.iter().copied().min_by_key(|at| (candidates.get(*at).map_or(u32::MAX, |c| c.lines), *at))
    };
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in handed_in().filter(|(_, c)| c.refused_by.is_none()) {
        groups.entry(&candidate.behaviour).or_default().push(at);
    }
    let passed: usize = groups.values().map(Vec::len).sum();
    let size = |places: &[usize]| smallest(places).and_then(|at| Some((candidates.get(at)?.lines, at)));
    let best = groups.values().max_by_key(|places| (places.len(), Reverse(size(places))));
    if let Some(places) = best {
        let why = match (groups.len(), places.len()) {
            _ if passed == 1 => format!("1 of {all} passes"),
            (1, _) => format!("{passed} of {all} pass and do the same; this is the smallest change"),
            (n, 1) => {
                format!("{passed} of {all} pass and do {n} different things; this is the smallest change")
            }
            (_, most) => format!("{most} of the {passed} that pass do the same"),
        };
        return Choice { chosen: smallest(places), why };
    }
    let furthest =
        handed_in().max_by_key(|(at, c)| (c.refused_by, Reverse(c.lines), Reverse(*at))).map(|(at, _)| at);
    let why = match furthest {
        Some(_) => format!("none of {all} passes; this one came furthest"),
        None => format!("none of {all} handed in a change"),
    };
    Choice { chosen: furthest, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(behaviour: &str, lines: u32) -> Candidate {
        Candidate { behaviour: behaviour.into(), lines, ..Candidate::default() }
    }

    #[track_caller]
    fn check(candidates: &[Candidate], chosen: Option<usize>, why: &str) {
        let choice = choose(candidates);
        assert_eq!((choice.chosen, choice.why.as_str()), (chosen, why));
    }

    #[test]
    fn most_of_those_that_pass_decide() {
        let two_and_one = [passing("a", 9), passing("b", 1), passing("a", 7)];
        check(&two_and_one, Some(2), "2 of the 3 that pass do the same");
        let same = [passing("a", 9), passing("a", 3), passing("a", 3)];
        check(&same, Some(1), "3 of 3 pass and do the same; this is the smallest change");
    }

    #[test]
    fn among_equals_the_smaller_change_goes_on() {
        let apart = [passing("a", 9), passing("b", 4), passing("c", 5)];
        check(&apart, Some(1), "3 of 3 pass and do 3 different things; this is the smallest change");
    }

    #[test]
    fn a_candidate_that_is_refused_has_no_vote() {
        let refused = |gate| Candidate { refused_by: Some(gate), ..passing("a", 1) };
        let failed = Candidate { failed: Some(FailureClass::Malformed), ..Candidate::default() };
        let one = [refused(Gate::Checks), refused(Gate::Checks), passing("b", 90)];
        check(&one, Some(2), "1 of 3 passes");
        let none = [refused(Gate::Guardian), failed.clone(), refused(Gate::Checks)];
        check(&none, Some(2), "none of 3 passes; this one came furthest");
        check(&[failed.clone(), failed], None, "none of 2 handed in a change");
        check(&[], None, "none of 0 handed in a change");
    }
}
