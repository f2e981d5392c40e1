//! Several Coders make one attempt: whose change continues.
//!
//! It compares what the gates and the engine found, and never what a Coder says of its change.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FailureClass, Gate};

/// The result of one of several Coders of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub slot: u32,
    /// The tree of its change; empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tree: String,
    /// Why nothing was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailureClass>,
    /// The first gate without models that rejects the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_by: Option<Gate>,
    /// What the change does: results of the checks, and changed symbols. The text is equal for changes that do the
    /// same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub behaviour: String,
    /// What the changed files contain, without their formatting. The text is equal for changes that differ only in
    /// style.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub form: String,
    /// The number of lines that it adds and removes.
    #[serde(default)]
    pub lines: u32,
}

/// Whose change continues: `chosen` is its place, `None` if no Coder submitted a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub chosen: Option<usize>,
    pub why: String,
    /// Some pass, but no two of them make the same change, or several such groups have the same size: one more Coder
    /// is worth asking.
    pub open: bool,
}

/// Chooses among the changes that pass the gates: the smallest one of the largest group that makes the same change,
/// because right answers agree and wrong ones differ. If no two make the same change, the largest group that behaves
/// the same decides, and among groups of one size the smaller change. If none passes, the one that passed the most
/// gates is chosen, to be fixed.
pub fn choose(candidates: &[Candidate]) -> Choice {
    let all = candidates.len();
    let submitted = || candidates.iter().enumerate().filter(|(_, c)| c.failed.is_none());
    let passing = || submitted().filter(|(_, c)| c.refused_by.is_none());
    let passed = passing().count();
    if passed == 0 {
        let furthest = submitted().max_by_key(|(at, c)| (c.refused_by, Reverse(c.lines), Reverse(*at)));
        let chosen = furthest.map(|(at, _)| at);
        let why = match chosen {
            Some(_) => format!("none of {all} passes; this one came furthest"),
            None => format!("none of {all} submitted a change"),
        };
        return Choice { chosen, why, open: false };
    }
    let smallest = |places: &[usize]| {
        places.iter().copied().min_by_key(|at| (candidates.get(*at).map_or(u32::MAX, |c| c.lines), *at))
    };
    let size = |places: &[usize]| smallest(places).and_then(|at| Some((candidates.get(at)?.lines, at)));
    let largest = |groups: &BTreeMap<(&str, &str), Vec<usize>>| {
        groups
            .values()
            .max_by_key(|places| (places.len(), Reverse(size(places))))
            .cloned()
            .unwrap_or_default()
    };
    let (mut made, mut behaved): (BTreeMap<_, Vec<usize>>, BTreeMap<_, Vec<usize>>) = Default::default();
    for (at, candidate) in passing() {
        let behaviour = candidate.behaviour.as_str();
        if !candidate.form.is_empty() {
            made.entry((behaviour, candidate.form.as_str())).or_default().push(at);
        }
        behaved.entry((behaviour, "")).or_default().push(at);
    }
    let agreed = largest(&made);
    let rivals = made.values().filter(|places| places.len() == agreed.len()).count();
    let open = agreed.len() < 2 || rivals > 1;
    let places = if open { largest(&behaved) } else { agreed };
    let groups = behaved.len();
    let why = match (open, places.len()) {
        (false, n) if n == passed => {
            format!("{n} of {all} pass and do the same; this is the smallest change")
        }
        (false, n) => format!("{n} of the {passed} that pass do the same"),
        _ if passed == 1 => format!("1 of {all} passes"),
        _ if groups == 1 => {
            format!(
                "{passed} of {all} pass and change the same in different ways; this is the smallest change"
            )
        }
        (_, 1) => {
            format!("{passed} of {all} pass and do {groups} different things; this is the smallest change")
        }
        (_, most) => format!("{most} of the {passed} that pass change the same, in different ways"),
    };
    Choice { chosen: smallest(&places), why, open }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(behaviour: &str, form: &str, lines: u32) -> Candidate {
        Candidate { behaviour: behaviour.into(), form: form.into(), lines, ..Candidate::default() }
    }

    #[track_caller]
    fn check(candidates: &[Candidate], chosen: Option<usize>, why: &str, open: bool) {
        let choice = choose(candidates);
        assert_eq!((choice.chosen, choice.why.as_str(), choice.open), (chosen, why, open));
    }

    #[test]
    fn most_of_those_that_pass_decide() {
        let two_and_one = [passing("a", "x", 9), passing("a", "y", 1), passing("a", "x", 7)];
        check(&two_and_one, Some(2), "2 of the 3 that pass do the same", false);
        let same = [passing("a", "x", 9), passing("a", "x", 3), passing("a", "x", 3)];
        check(&same, Some(1), "3 of 3 pass and do the same; this is the smallest change", false);
    }

    #[test]
    fn where_no_two_make_the_same_change_behaviour_decides_and_then_size() {
        let apart = [passing("a", "x", 9), passing("b", "y", 4), passing("c", "z", 5)];
        check(&apart, Some(1), "3 of 3 pass and do 3 different things; this is the smallest change", true);
        let ways = [passing("a", "x", 9), passing("b", "y", 1), passing("a", "z", 7)];
        check(&ways, Some(2), "2 of the 3 that pass change the same, in different ways", true);
        let one = [passing("a", "x", 9), passing("a", "y", 8)];
        let why = "2 of 2 pass and change the same in different ways; this is the smallest change";
        check(&one, Some(1), why, true);
        let tied = [passing("a", "x", 9), passing("b", "y", 3), passing("a", "x", 8), passing("b", "y", 4)];
        assert!(choose(&tied).open);
    }

    #[test]
    fn a_candidate_that_is_refused_has_no_vote() {
        let refused = |gate| Candidate { refused_by: Some(gate), ..passing("a", "x", 1) };
        let failed = Candidate { failed: Some(FailureClass::Malformed), ..Candidate::default() };
        let one = [refused(Gate::Checks), refused(Gate::Checks), passing("b", "y", 90)];
        check(&one, Some(2), "1 of 3 passes", true);
        let none = [refused(Gate::Guardian), failed.clone(), refused(Gate::Checks)];
        check(&none, Some(2), "none of 3 passes; this one came furthest", false);
        check(&[failed.clone(), failed], None, "none of 2 submitted a change", false);
        check(&[], None, "none of 0 submitted a change", false);
    }
}
