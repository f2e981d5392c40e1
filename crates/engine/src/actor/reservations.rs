//! The expected usage of running requests, by session.
//!
//! The orchestrator adds and removes requests, and passes the sums to `mission::permit`, which decides. It refuses
//! nothing and counts no usage. It is not in the journal: after a restart no request is running.

use std::collections::{HashMap, VecDeque};

use mission::TaskId;
use mission::budget::Reserved;
use mission::permit::Request;

/// The most requests of one session that are kept separately. A session has one running request, or two for a
/// moment.
const MAX_OF_SESSION: usize = 16;

#[derive(Default)]
pub(crate) struct Reservations {
    by_session: HashMap<String, VecDeque<(Option<TaskId>, Reserved)>>,
}

impl Reservations {
    /// A request is sent.
    pub fn add(&mut self, session: String, request: Request) {
        let of_session = self.by_session.entry(session).or_default();
        if of_session.len() >= MAX_OF_SESSION {
            of_session.pop_front();
        }
        of_session.push_back((request.task, request.expected));
    }

    /// Removes the answered requests of a session: their usage is known.
    pub fn answered(&mut self, session: &str, requests: u32) {
        if let Some(of_session) = self.by_session.get_mut(session) {
            let known = (requests as usize).min(of_session.len());
            of_session.drain(..known);
        }
    }

    /// Removes all requests of a session.
    pub fn end(&mut self, session: &str) {
        self.by_session.remove(session);
    }

    /// The expected usage of all running requests, and of those for one task.
    pub fn under_way(&self, task: Option<&TaskId>) -> (Reserved, Reserved) {
        let (mut all, mut own) = (Reserved::default(), Reserved::default());
        for (of, reserved) in self.by_session.values().flatten() {
            all.add(reserved);
            if task.is_some() && of.as_ref() == task {
                own.add(reserved);
            }
        }
        (all, own)
    }
}

#[cfg(test)]
mod tests {
    use mission::Role;

    use super::*;

    fn request(task: &str, tokens: u64) -> Request {
        let expected = Reserved { requests: 1, tokens, cost_usd: 0.5 };
        Request { role: Role::Coder, task: Some(task.into()), expected, of_prompt: 0 }
    }

    #[test]
    fn what_is_answered_or_over_is_not_reserved() {
        let mut all = Reservations::default();
        all.add("s1".into(), request("a", 10));
        all.add("s2".into(), request("b", 20));
        all.add("s2".into(), request("b", 30));
        let tokens = |all: &Reservations, task: &str| {
            let (mission, own) = all.under_way(Some(&task.to_string()));
            (mission.requests, mission.tokens, own.tokens)
        };
        assert_eq!(tokens(&all, "b"), (3, 60, 50));
        all.answered("s2", 1);
        assert_eq!(tokens(&all, "b"), (2, 40, 30));
        all.answered("s2", 9);
        all.end("s1");
        assert_eq!(tokens(&all, "a"), (0, 0, 0));
    }
}
