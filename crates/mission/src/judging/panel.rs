//! How many Reviewers compare all integrated work with the objective, and how many of them may object.
//!
//! With R rejected and I integrated submissions and n Reviewers, the first rule that applies decides:
//! - distrust: R > 80 or R > max(8, 5I/2). n = min(31, 3 + R), and n/10 may object;
//! - answer: a Coder, with the Reviewers of its task, found an objection to be no fault. n = min(15, 3 + R/4), and 3n/5
//!   may repeat it;
//! - trust: R = 0. As many as judge a task, three if they object; each item by majority;
//! - doubt: n = min(15, 3 + R/4), and (n - 1)/5 may object.
//!
//! A wrong objection costs a further cycle, a wrong approval costs the user. `docs/MISSION.md` has the same rules for
//! users. It asks no Reviewer: it only counts.

/// The fewest Reviewers who decide if anything was rejected.
const MIN_REVIEWERS: u32 = 3;
/// The most Reviewers who are asked in doubt.
const MAX_REVIEWERS: u32 = 15;
/// The most Reviewers who are asked in distrust.
const MAX_REVIEWERS_IN_DISTRUST: u32 = 31;
/// In doubt, one more Reviewer is asked for this many rejected submissions.
const REJECTIONS_FOR_ONE_MORE_REVIEWER: usize = 4;
/// The most Reviewers who work in parallel: if too many of them object, the rest are not asked.
const MAX_PARALLEL_REVIEWERS: u32 = 4;
/// One of this many Reviewers may object to what is met.
const REVIEWERS_FOR_ONE_OBJECTION: u32 = 5;
/// The same, in distrust.
const REVIEWERS_FOR_ONE_OBJECTION_IN_DISTRUST: u32 = 10;
/// More rejected submissions for every two that were integrated mean distrust.
const MAX_REJECTIONS_FOR_TWO_INTEGRATED: usize = 5;
/// Up to this many rejected submissions say nothing about the roles.
const REJECTIONS_THAT_SAY_NOTHING: usize = 8;
/// More rejected submissions mean distrust, however many were integrated: something wrong was almost certainly accepted.
const MAX_REJECTIONS: usize = 80;

/// How well the roles of a mission have worked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackRecord {
    /// Submissions that a gate rejected.
    pub rejected: usize,
    /// Submissions that were integrated.
    pub integrated: usize,
}

impl TrackRecord {
    fn is_distrusted(self) -> bool {
        let of_those = self.integrated.saturating_mul(MAX_REJECTIONS_FOR_TWO_INTEGRATED) / 2;
        self.rejected > MAX_REJECTIONS || self.rejected > of_those.max(REJECTIONS_THAT_SAY_NOTHING)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The first Reviewers decide, unless they object.
    Trusted,
    /// Only a few may object.
    Doubted,
    /// So much was rejected that many Reviewers look, only a few may object, and no answer to an objection is believed.
    Distrusted,
    /// A Coder found the objection to be no fault.
    Answered,
}

/// The Reviewers of the objective: some are asked first, in parallel, and more if those do not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    first: u32,
    voters: u32,
    /// How many of all voters may object although the objective counts as met; `None`: the majority of those asked
    /// decides, item by item.
    tolerated: Option<u32>,
}

impl Panel {
    /// `quorum`: how many Reviewers judge each task; `whole`: every task was integrated; `answered`: a Coder found the
    /// objection to be no fault.
    pub fn new(quorum: u32, record: TrackRecord, whole: bool, answered: bool) -> Panel {
        let rule = match record.rejected {
            _ if whole && record.is_distrusted() => Rule::Distrusted,
            _ if whole && answered => Rule::Answered,
            0 => Rule::Trusted,
            _ => Rule::Doubted,
        };
        let (for_one_more, most) = match rule {
            Rule::Distrusted => (1, MAX_REVIEWERS_IN_DISTRUST),
            Rule::Trusted | Rule::Doubted | Rule::Answered => {
                (REJECTIONS_FOR_ONE_MORE_REVIEWER, MAX_REVIEWERS)
            }
        };
        let more = u32::try_from(record.rejected / for_one_more).unwrap_or(most);
        let first = if rule == Rule::Trusted { quorum } else { quorum.max(MIN_REVIEWERS) };
        let voters = first.max(MIN_REVIEWERS).max(more.saturating_add(MIN_REVIEWERS).min(most)) | 1;
        let voters = if whole { voters } else { first };
        let tolerated = match rule {
            Rule::Trusted => None,
            Rule::Doubted => Some(voters.saturating_sub(1) / REVIEWERS_FOR_ONE_OBJECTION),
            Rule::Distrusted => Some(voters / REVIEWERS_FOR_ONE_OBJECTION_IN_DISTRUST),
            Rule::Answered => Some(voters * 3 / 5),
        };
        Panel { first, voters, tolerated }
    }

    /// How many more to ask after `asked` Reviewers, with the given approvals and objections; 0: these decide, or more
    /// Reviewers could not change the result.
    pub fn next(self, asked: u32, approvals: u32, objections: u32) -> u32 {
        let decided = match self.tolerated {
            None => asked > 0 && objections * 2 < asked,
            Some(tolerated) => approvals + tolerated < asked,
        };
        match asked {
            0 => self.first,
            _ if decided => 0,
            _ => self.voters.saturating_sub(asked).min(MAX_PARALLEL_REVIEWERS),
        }
    }

    /// The most Reviewers that may still be asked, including the `next` ones.
    pub fn at_most(self, asked: u32, next: u32) -> u32 {
        match self.tolerated {
            None => next,
            Some(_) => self.voters.saturating_sub(asked).max(next),
        }
    }

    /// Whether each item is voted on separately. Otherwise the vote is on the whole, and if that fails, every item with
    /// an objection counts as not met.
    pub fn by_item(self) -> bool {
        self.tolerated.is_none()
    }

    /// Whether the whole is met, with the given approvals and objections of `asked` Reviewers; `None`: too few gave a
    /// verdict.
    pub fn met(self, asked: u32, approvals: u32, objections: u32) -> Option<bool> {
        match self.tolerated {
            None if approvals * 2 > asked => Some(true),
            None => (objections * 2 > asked).then_some(false),
            Some(tolerated) if objections > tolerated => Some(false),
            Some(tolerated) => (approvals + tolerated >= asked).then_some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the waves, if the given number of each wave objects.
    fn waves(panel: Panel, objections: &[u32]) -> Vec<u32> {
        let (mut waves, mut asked, mut against) = (Vec::new(), 0, 0);
        for more in objections.iter().chain([&0; 8]) {
            let wave = panel.next(asked, asked - against, against);
            if wave == 0 {
                break;
            }
            waves.push(wave);
            asked += wave;
            against += more;
        }
        waves
    }

    fn after(rejected: usize) -> TrackRecord {
        TrackRecord { rejected, integrated: 20 }
    }

    #[test]
    fn where_nothing_was_rejected_the_reviewers_of_tasks_decide() {
        let one = Panel::new(1, after(0), true, false);
        assert_eq!(waves(one, &[0]), [1]);
        assert_eq!(waves(one, &[1, 0]), [1, 2], "one that objects is not alone to decide");
        assert!(one.by_item());
        assert_eq!(
            (one.met(1, 1, 0), one.met(3, 2, 1), one.met(3, 1, 2)),
            (Some(true), Some(true), Some(false))
        );
        assert_eq!(one.met(3, 1, 1), None, "one of three gave no verdict");
        let five = Panel::new(5, after(0), true, false);
        assert_eq!(waves(five, &[3]), [5], "five are enough");
        assert_eq!(five.met(5, 3, 2), Some(true));
        assert_eq!(waves(Panel::new(1, after(0), false, false), &[1]), [1], "what is missing needs no vote");
    }

    #[test]
    fn what_was_rejected_on_the_way_makes_more_of_them_look_and_fewer_decide() {
        let three = Panel::new(1, after(1), true, false);
        assert_eq!(waves(three, &[0]), [3]);
        assert!(!three.by_item());
        assert_eq!((three.met(3, 3, 0), three.met(3, 2, 1)), (Some(true), Some(false)));
        assert_eq!(
            three.met(3, 0, 1),
            Some(false),
            "one who objects is enough, whatever the others would say"
        );
        assert_eq!(three.met(3, 2, 0), None);
        let twenty = Panel::new(1, after(20), true, false);
        assert_eq!(waves(twenty, &[0, 0, 0]), [3, 4, 2]);
        assert_eq!(waves(twenty, &[2]), [3], "no more are asked where two object");
        assert_eq!((twenty.met(9, 8, 1), twenty.met(9, 7, 2)), (Some(true), Some(false)));
        assert_eq!(
            waves(Panel::new(1, TrackRecord { rejected: 60, integrated: 50 }, true, false), &[0]),
            [3, 4, 4, 4]
        );
        assert_eq!(waves(Panel::new(15, after(1), true, false), &[0]), [15]);
        assert_eq!(waves(Panel::new(1, after(20), false, false), &[0]), [3], "nobody approves of a part");
    }

    #[test]
    fn nobody_more_is_asked_where_those_who_say_nothing_are_too_many() {
        let distrusted = Panel::new(1, after(51), true, false);
        assert_eq!((distrusted.next(7, 4, 0), distrusted.next(7, 3, 0)), (4, 0));
        assert_eq!((distrusted.at_most(0, 3), distrusted.at_most(7, 4)), (31, 24));
        assert_eq!(Panel::new(1, after(0), true, false).at_most(0, 1), 1);
    }

    #[test]
    fn what_was_found_to_be_no_fault_stands_only_if_most_say_it_again() {
        let panel = Panel::new(1, after(20), true, true);
        assert_eq!(waves(panel, &[3, 0]), [3, 4, 2]);
        assert_eq!(waves(panel, &[3, 3]), [3, 4], "six of nine make it again");
        assert_eq!((panel.met(9, 4, 5), panel.met(9, 3, 6)), (Some(true), Some(false)));
        assert_eq!(panel.met(9, 2, 3), None, "four of nine gave no verdict");
        let three = Panel::new(1, after(0), true, true);
        assert_eq!((three.met(3, 2, 1), three.met(3, 1, 2)), (Some(true), Some(false)));
        assert_eq!(
            Panel::new(1, after(20), false, true),
            Panel::new(1, after(20), false, false),
            "of a part nothing is met"
        );
    }

    #[test]
    fn where_far_more_was_rejected_than_integrated_many_look_and_no_answer_is_believed() {
        let doubted = Panel::new(1, after(50), true, false);
        let distrusted = Panel::new(1, after(51), true, false);
        assert_eq!((doubted.voters, distrusted.voters), (15, 31));
        assert_eq!(waves(distrusted, &[0]), [3, 4, 4, 4, 4, 4, 4, 4]);
        assert_eq!(waves(distrusted, &[2, 2]), [3, 4], "four of thirty-one may not object");
        assert_eq!((distrusted.met(31, 28, 3), distrusted.met(31, 27, 4)), (Some(true), Some(false)));
        assert_eq!(Panel::new(1, after(51), true, true), distrusted, "an answer changes nothing");
        let five = |rejected| Panel::new(1, TrackRecord { rejected, integrated: 5 }, true, false);
        assert_eq!((five(12).voters, five(13).voters), (7, 17));
        assert_eq!((five(13).met(17, 16, 1), five(13).met(17, 15, 2)), (Some(true), Some(false)));
        let one = Panel::new(1, TrackRecord { rejected: 8, integrated: 1 }, true, false);
        assert_eq!(one.voters, 5, "so few say nothing of the roles yet");
        let many = |rejected| Panel::new(1, TrackRecord { rejected, integrated: 100 }, true, false);
        assert_eq!(
            (many(80).voters, many(81).voters),
            (15, 31),
            "so many say something, however much was integrated"
        );
        assert_eq!(
            waves(Panel::new(1, after(usize::MAX), false, false), &[0]),
            [3],
            "nobody approves of a part"
        );
        assert_eq!(waves(Panel::new(1, after(usize::MAX), true, false), &[0]).iter().sum::<u32>(), 31);
    }
}
