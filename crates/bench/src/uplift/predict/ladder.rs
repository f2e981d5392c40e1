//! The chances of each end of one task: the ladder as an absorbing Markov chain. A state is the content of the slot,
//! the attempt with its repair, and the tests that judge it. No mission is played.

use std::collections::HashMap;
use std::sync::Arc;

use mission::FailureClass;
use mission::independent::SOURCE;

use super::reviews::{Reviewers, found_wrong};
use crate::uplift::authors::Authored;
use crate::uplift::configurations::Configuration;
use crate::uplift::drawn::Drawn;
use crate::uplift::rates::{Rates, SAME_AGAIN, SLIPS};
use crate::uplift::steps::ReleaseTask;
use crate::uplift::verdicts::{Verdict, Verdicts};
use sim::Random;

/// The number of equal parts into which the chances of tasks are divided.
const PARTS: usize = 10;
/// The number of draws for these parts.
const DRAWS: usize = 20_000;
/// The most authors that try, as in the engine.
const AUTHORS: u32 = 2;

/// The expected number of rejected submissions on the way to an end, times the chance of that end; and the same for its
/// square.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rejections {
    count: f64,
    square: f64,
}

impl Rejections {
    fn add(&mut self, other: Rejections, weight: f64) {
        self.count += weight * other.count;
        self.square += weight * other.square;
    }

    /// Adds one rejection; `chance`: the chance of the end.
    fn and_one(self, chance: f64) -> Rejections {
        Rejections { count: self.count + chance, square: self.square + 2.0 * self.count + chance }
    }

    fn mean_and_variance(self, chance: f64) -> (f64, f64) {
        if chance <= 0.0 {
            return (0.0, 0.0);
        }
        let mean = self.count / chance;
        (mean, (self.square / chance - mean * mean).max(0.0))
    }
}

/// The chances that a task is integrated right, is integrated wrong, or is not integrated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fate {
    pub right: f64,
    pub wrong: f64,
    pub missing: f64,
    /// The part of `wrong` that the Reviewers' common view misses.
    pub missed: f64,
    /// It was integrated already and stays as it is; this is not part of `right` or `wrong`.
    pub unchanged: f64,
    /// It is integrated, right or wrong, without a rejection before.
    pub right_at_once: f64,
    pub wrong_at_once: f64,
    /// Rejected submissions before it is integrated, and before it is abandoned.
    pub before_integrated: Rejections,
    pub before_missing: Rejections,
}

impl Fate {
    fn integrated(&self) -> f64 {
        self.right + self.wrong + self.unchanged
    }

    /// The mean and the variance of the number of rejected submissions before it is integrated.
    pub fn rejected_before_integrated(&self) -> (f64, f64) {
        self.before_integrated.mean_and_variance(self.integrated())
    }

    /// The same, before it is abandoned.
    pub fn rejected_before_missing(&self) -> (f64, f64) {
        self.before_missing.mean_and_variance(self.missing)
    }

    pub fn add(&mut self, other: Fate, weight: f64) {
        self.right += weight * other.right;
        self.wrong += weight * other.wrong;
        self.missing += weight * other.missing;
        self.missed += weight * other.missed;
        self.unchanged += weight * other.unchanged;
        self.right_at_once += weight * other.right_at_once;
        self.wrong_at_once += weight * other.wrong_at_once;
        self.before_integrated.add(other.before_integrated, weight);
        self.before_missing.add(other.before_missing, weight);
    }
}

/// The chances of a release's task.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fates {
    /// The task in the first cycle.
    pub made: Fate,
    /// The task after it was integrated right and a Reviewer objected.
    pub right: Fate,
    /// The task after it was integrated wrong and a Reviewer objected.
    pub wrong: Fate,
}

/// The verdict of the gates without models on an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Said {
    Passes,
    /// It fails one test of another Coder, and nothing else.
    OneTest,
    Fails,
}

/// The tests of another Coder for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tests {
    None,
    Right,
    Wrong,
}

/// The verdicts on an answer without such tests, with right ones, and with wrong ones.
type Class = [Said; 3];

/// The content of the slot; for a wrong answer also whether the Reviewers' common view misses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum SlotContent {
    Right,
    Wrong(Class, bool),
    /// What is integrated already and is wrong.
    Integrated(bool),
}

/// What of the task is integrated when the task begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Integrated {
    Nothing,
    Right,
    Wrong { missed: bool },
}

/// Integrated work has passed its gates; a test that asks for too much may still fail on it.
const INTEGRATED: Class = [Said::Passes, Said::Passes, Said::OneTest];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Stand {
    answer: SlotContent,
    tests: Tests,
    attempt: u32,
    fix: u32,
    /// Whether the last failure of this attempt was one test alone, and whether the attempt before ended so.
    repaired: bool,
    ended: bool,
    upheld: u32,
    upheld_here: bool,
    redraws: u32,
}

/// A release with the verdicts of its gates.
pub struct Known {
    /// The verdicts on the release itself.
    right: Class,
    /// Wrong answers with and without the tests of the release, each with its share.
    wrong: [Vec<(Class, f64)>; 2],
    /// Which submissions of authors the engine accepts; `None`: no author is asked.
    takes: Option<[bool; 4]>,
}

impl Known {
    /// # Errors
    /// In words, if a verdict is not known and cannot be found.
    pub fn of(step: &Arc<ReleaseTask>, verdicts: &Verdicts, way: &Configuration) -> Result<Known, String> {
        let tested = way.independent_tests() && !step.pool.is_empty();
        let said = |verdict: &Verdict| match verdict.without(|gate| way.off(gate)).1 {
            None => Said::Passes,
            Some((FailureClass::Test, issues))
                if issues.len() == 1 && issues.iter().all(|i| i.source == SOURCE) =>
            {
                Said::OneTest
            }
            Some(_) => Said::Fails,
        };
        let class = |drawn| -> Result<Class, String> {
            let alone = verdicts.of(step, drawn, false)?;
            if !tested {
                return Ok([said(&alone); 3]);
            }
            let judged = verdicts.of(step, drawn, true)?;
            let wrong = Verdicts::with_wrong_tests(step, judged.clone());
            Ok([said(&alone), said(&judged), said(&wrong)])
        };
        let share = 1.0 / step.wrong.len().max(1) as f64;
        let wrong = |brings| -> Result<Vec<(Class, f64)>, String> {
            let mut shares: Vec<(Class, f64)> = Vec::new();
            for at in 0..step.wrong.len() {
                let class = class(Drawn::Wrong(at, brings))?;
                match shares.iter_mut().find(|(known, _)| *known == class) {
                    Some((_, of)) => *of += share,
                    None => shares.push((class, share)),
                }
            }
            Ok(shares)
        };
        let mut takes = [false; 4];
        for (takes, tests) in takes.iter_mut().zip(Authored::ALL).filter(|_| tested) {
            *takes = verdicts.of_tests(step, tests)?.is_none();
        }
        let (right, wrong) = (class(Drawn::Right)?, [wrong(true)?, wrong(false)?]);
        Ok(Known { right, wrong, takes: tested.then_some(takes) })
    }
}

/// The model's chances at tasks, in parts of the same weight.
pub fn chances(rates: Rates) -> Vec<f64> {
    let mut random = Random::new(97);
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| rates.of_task(&mut random)).collect();
    drawn.sort_by(f64::total_cmp);
    drawn.chunks(DRAWS / PARTS).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect()
}

/// The chances of each end of this release's task.
pub fn fates(known: &Known, way: &Configuration, rates: Rates, chances: &[f64]) -> Fates {
    let rejects = rates.review_rejects();
    let of = |disliked, integrated| fate(known, way, rates, chances, disliked, integrated);
    let mut fates = Fates::default();
    let (mut liked, mut all) = (Fate::default(), 0.0);
    for (disliked, weight) in [(true, rejects), (false, 1.0 - rejects)] {
        let made = of(disliked, Integrated::Nothing);
        fates.made.add(made, weight);
        // Work that was integrated right was less often disliked
        liked.add(of(disliked, Integrated::Right), weight * made.right);
        all += weight * made.right;
    }
    fates.right.add(liked, if all > 0.0 { 1.0 / all } else { 0.0 });
    let missed = if fates.made.wrong > 0.0 { fates.made.missed / fates.made.wrong } else { 0.0 };
    for (is_missed, share) in [(true, missed), (false, 1.0 - missed)] {
        for (disliked, weight) in [(true, rejects), (false, 1.0 - rejects)] {
            fates.wrong.add(of(disliked, Integrated::Wrong { missed: is_missed }), share * weight);
        }
    }
    fates
}

fn fate(
    known: &Known,
    way: &Configuration,
    rates: Rates,
    chances: &[f64],
    disliked: bool,
    integrated: Integrated,
) -> Fate {
    // The chances of a split task, by the number of splits that are left
    let mut part = Fate { missing: 1.0, ..Fate::default() };
    for _ in 0..=way.splits {
        let mut all = Fate::default();
        for chance in chances {
            let mut chain = Chain {
                known,
                way,
                rates,
                chance: *chance,
                disliked,
                integrated,
                part,
                memo: HashMap::new(),
            };
            all.add(chain.begin(), 1.0 / chances.len() as f64);
        }
        part = all;
    }
    part
}

struct Chain<'a> {
    known: &'a Known,
    way: &'a Configuration,
    rates: Rates,
    chance: f64,
    /// Whether the Reviewers' common view rejects the release.
    disliked: bool,
    integrated: Integrated,
    part: Fate,
    memo: HashMap<Stand, Fate>,
}

impl Chain<'_> {
    fn begin(&mut self) -> Fate {
        let mut fate = Fate::default();
        let before = match self.integrated {
            Integrated::Wrong { missed } => Some(SlotContent::Integrated(missed)),
            Integrated::Nothing | Integrated::Right => None,
        };
        let answers = self.fresh(before);
        for (tests, weight) in self.authored() {
            for (answer, of) in &answers {
                let stand = Stand {
                    answer: *answer,
                    tests,
                    attempt: 0,
                    fix: 0,
                    repaired: false,
                    ended: false,
                    upheld: 0,
                    upheld_here: false,
                    redraws: 0,
                };
                fate.add(self.fate_when_judged(stand), weight * of);
            }
        }
        fate
    }

    /// The tests that remain after the authors, with their chances.
    fn authored(&self) -> Vec<(Tests, f64)> {
        let Some(takes) = self.known.takes else { return vec![(Tests::None, 1.0)] };
        let errs = Authored::errs(self.chance);
        let right = 1.0 - errs.iter().map(|(_, of)| of).sum::<f64>();
        let takes = |tests| Authored::ALL.iter().zip(takes).any(|(of, takes)| *of == tests && takes);
        let (mut left, mut stand) = (1.0, [0.0, 0.0]);
        for _ in 0..AUTHORS {
            let mut open: Vec<(Authored, f64)> = errs.into_iter().chain([(Authored::Right, right)]).collect();
            let mut refused = 0.0;
            for fixed in 0..=self.way.fixes {
                let mut next: HashMap<Authored, f64> = HashMap::new();
                for (tests, weight) in open {
                    // Work that is integrated right passes right tests, but tests must fail before the work begins
                    let holds = self.integrated == Integrated::Right && tests != Authored::Wrong;
                    match (tests, takes(tests) && !holds) {
                        (Authored::Wrong, true) => stand[1] += left * weight,
                        (_, true) => stand[0] += left * weight,
                        (_, false) if fixed == self.way.fixes => refused += weight,
                        (_, false) => {
                            let fixes = Rates::repair(self.chance);
                            *next.entry(Authored::Right).or_default() += weight * fixes;
                            *next.entry(tests).or_default() += weight * (1.0 - fixes);
                        }
                    }
                }
                open = next.into_iter().collect();
            }
            left *= refused;
        }
        vec![(Tests::Right, stand[0]), (Tests::Wrong, stand[1]), (Tests::None, left)]
    }

    /// The wrong answers, each with its chance.
    fn wrong_answers(&self) -> Vec<(SlotContent, f64)> {
        let missed = self.rates.review_misses();
        let [with, without] = &self.known.wrong;
        let shares = with.iter().map(|(class, of)| (class, of * self.chance));
        let shares = shares.chain(without.iter().map(|(class, of)| (class, of * (1.0 - self.chance))));
        shares
            .flat_map(|(class, of)| {
                [
                    (SlotContent::Wrong(*class, true), of * missed),
                    (SlotContent::Wrong(*class, false), of * (1.0 - missed)),
                ]
            })
            .collect()
    }

    /// The answers of a fresh attempt; prose and empty claims are drawn again.
    fn fresh(&self, before: Option<SlotContent>) -> Vec<(SlotContent, f64)> {
        let right = match self.integrated {
            Integrated::Right => f64::midpoint(1.0, self.chance),
            Integrated::Nothing | Integrated::Wrong { .. } => self.chance,
        };
        let mut answers = vec![(SlotContent::Right, right)];
        let mut other = 1.0 - right;
        if let Some(before @ (SlotContent::Wrong(..) | SlotContent::Integrated(_))) = before
            && self.integrated != Integrated::Right
        {
            answers.push((before, other * SAME_AGAIN));
            other *= 1.0 - SAME_AGAIN;
        }
        // A third of the answers without work are the right text at a wrong place, which no gate accepts
        answers.push((SlotContent::Wrong([Said::Fails; 3], false), other * SLIPS / 3.0));
        answers.extend(self.wrong_answers().into_iter().map(|(a, of)| (a, of * other * (1.0 - SLIPS))));
        let all: f64 = answers.iter().map(|(_, of)| of).sum();
        answers.iter_mut().for_each(|(_, of)| *of /= all);
        answers
    }

    fn repaired(&self, current: SlotContent) -> Vec<(SlotContent, f64)> {
        let right = match current {
            SlotContent::Right => f64::midpoint(1.0, self.chance),
            SlotContent::Wrong(..) | SlotContent::Integrated(_) => Rates::repair(self.chance),
        };
        let same = if current == SlotContent::Right { 0.0 } else { (1.0 - right) * SAME_AGAIN };
        let mut answers = vec![(SlotContent::Right, right), (current, same)];
        let other = 1.0 - right - same;
        answers.extend(self.wrong_answers().into_iter().map(|(answer, of)| (answer, of * other)));
        answers
    }

    fn fate_when_judged(&mut self, stand: Stand) -> Fate {
        if let Some(fate) = self.memo.get(&stand) {
            return *fate;
        }
        let class = match stand.answer {
            SlotContent::Right => self.known.right,
            SlotContent::Wrong(class, _) => class,
            SlotContent::Integrated(_) => INTEGRATED,
        };
        let said = class[stand.tests as usize];
        let mut fate = Fate::default();
        let mut rejected = 1.0;
        if said == Said::Passes {
            let reviewers = match self.way.off(mission::Gate::Review) {
                true => None,
                false => Some(Reviewers { quorum: self.way.quorum, rates: self.rates }),
            };
            let takes = |right, errs| reviewers.map_or(1.0, |of| of.approve(right, errs));
            let accepted = match stand.answer {
                SlotContent::Right => takes(true, self.disliked),
                SlotContent::Wrong(_, missed) | SlotContent::Integrated(missed) => takes(false, missed),
            };
            match (stand.answer, self.integrated) {
                (SlotContent::Right, Integrated::Right) | (SlotContent::Integrated(_), _) => {
                    fate.unchanged += accepted
                }
                (SlotContent::Right, _) => {
                    fate.right += accepted;
                    fate.right_at_once += accepted;
                }
                (SlotContent::Wrong(_, missed), _) => {
                    fate.wrong += accepted;
                    fate.wrong_at_once += accepted;
                    fate.missed += if missed { accepted } else { 0.0 };
                }
            }
            rejected = 1.0 - accepted;
        }
        if rejected > 0.0 {
            let next = self.failed(stand, said == Said::OneTest);
            let later = Fate {
                right_at_once: 0.0,
                wrong_at_once: 0.0,
                before_integrated: next.before_integrated.and_one(next.integrated()),
                before_missing: next.before_missing.and_one(next.missing),
                ..next
            };
            fate.add(later, rejected);
        }
        self.memo.insert(stand, fate);
        fate
    }

    /// After a failure: Reviewers look at a test, or the next rung.
    fn failed(&mut self, stand: Stand, one_test: bool) -> Fate {
        let repairs = stand.fix < self.way.fixes;
        let first = stand.upheld == 0 && stand.repaired;
        let second = !repairs && stand.ended && stand.upheld < 2 && !(stand.upheld > 0 && stand.upheld_here);
        if !one_test || stand.tests == Tests::None || !(first || second) {
            return self.climb(stand, one_test);
        }
        let wrong = found_wrong(self.way.quorum, self.rates, stand.tests == Tests::Right);
        let mut fate = Fate::default();
        let upheld = Stand { upheld: stand.upheld + 1, upheld_here: true, ..stand };
        fate.add(self.climb(upheld, one_test), 1.0 - wrong);
        let tests = if stand.redraws == 0 { self.authored() } else { vec![(Tests::None, 1.0)] };
        for (tests, weight) in tests {
            // The rejected work is judged again, and the ladder starts again
            let again = Stand {
                tests,
                attempt: 0,
                fix: 0,
                repaired: false,
                ended: false,
                upheld: 0,
                upheld_here: false,
                redraws: stand.redraws + 1,
                ..stand
            };
            fate.add(self.fate_when_judged(again), wrong * weight);
        }
        fate
    }

    fn climb(&mut self, stand: Stand, one_test: bool) -> Fate {
        let (answers, next) = if stand.fix < self.way.fixes {
            (self.repaired(stand.answer), Stand { fix: stand.fix + 1, repaired: one_test, ..stand })
        } else if stand.attempt < self.way.fresh {
            let next = Stand {
                attempt: stand.attempt + 1,
                fix: 0,
                repaired: false,
                ended: one_test,
                upheld_here: false,
                ..stand
            };
            (self.fresh(Some(stand.answer)), next)
        } else {
            return self.part;
        };
        let mut fate = Fate::default();
        for (answer, of) in answers.into_iter().filter(|(_, of)| *of > 0.0) {
            fate.add(self.fate_when_judged(Stand { answer, ..next }), of);
        }
        fate
    }
}
